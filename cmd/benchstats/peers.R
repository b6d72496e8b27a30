# The same work in R, on the data in the folder that is the first argument. Reads names of
# figures, one a line, and answers each with one JSON object a line, as peers.py does.

data <- commandArgs(trailingOnly = TRUE)[1]
resamples <- 9999

load_column <- function(name) {
  path <- file.path(data, paste0(name, ".f64"))
  readBin(path, "double", file.size(path) / 8, size = 8, endian = "little")
}

bootstrap <- function(kind, method) {
  values <- load_column(kind)
  function() {
    set.seed(1)
    drawn <- boot::boot(values, function(x, i) mean(x[i]), R = resamples)
    # The influence of each score is known: without it boot would regress on all of them.
    found <- boot::boot.ci(drawn, type = method, L = values - mean(values))
    if (method == "perc") found$percent[4] else found$bca[4]
  }
}

clustered_error <- function() {
  columns <- matrix(load_column("clusters"), ncol = 2)
  scores <- columns[, 1]
  groups <- columns[, 2]
  function() sqrt(sandwich::vcovCL(lm(scores ~ 1), cluster = groups, type = "HC0"))[1, 1]
}

figures <- list(
  "R/bootstrap/graded/percentile" = list("boot", function() bootstrap("graded", "perc")),
  "R/bootstrap/graded/bca" = list("boot", function() bootstrap("graded", "bca")),
  "R/bootstrap/binary/percentile" = list("boot", function() bootstrap("binary", "perc")),
  "R/bootstrap/binary/bca" = list("boot", function() bootstrap("binary", "bca")),
  "R/clustered-se" = list("sandwich", clustered_error)
)

quoted <- function(text) paste0('"', gsub('"', "'", gsub("[\n\\\\]", " ", text)), '"')

answer <- function(name) {
  peer <- figures[[name]][[1]]
  tryCatch({
    work <- figures[[name]][[2]]()
    seconds <- sum(system.time(found <- work())[c("user.self", "sys.self")])
    version <- as.character(packageVersion(peer))
    sprintf('{"name":"%s","peer":"R %s","version":"%s","seconds":%.6f,"answer":%.12g}', name, peer, version, seconds, found)
  }, error = function(e) {
    sprintf('{"name":"%s","peer":"R %s","error":%s}', name, peer, quoted(conditionMessage(e)))
  })
}

input <- file("stdin", "r")
while (length(name <- readLines(input, 1)) > 0) {
  cat(answer(name), "\n", sep = "")
  flush(stdout())
}
