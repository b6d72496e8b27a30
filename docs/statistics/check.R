# The numbers of docs/STATISTICS.md, from their formulas in base R. Run it here:
#   Rscript check.R
show <- function(what, ...) cat(sprintf("%-34s", what), signif(c(...), 5), "\n")
cr2 <- function(x, cluster) { # mean, CR2 error, Satterthwaite's df, interval, p
  n <- length(x); s <- tapply(x - mean(x), cluster, sum); k <- tapply(x, cluster, length); w <- k / n
  se <- sqrt(sum(s^2 / (1 - w))) / n
  m <- (diag(k) - outer(k, k) / n) / sqrt(outer(1 - w, 1 - w))
  df <- sum(diag(m))^2 / sum(m^2)
  c(mean = mean(x), lower = mean(x) - qt(.975, df) * se, upper = mean(x) + qt(.975, df) * se,
    se = se, df = df, p = 2 * pt(-abs(mean(x) / se), df))
}
mde <- function(r) (qt(.975, r["df"]) + qnorm(.8)) * r["se"]

# stats ci
show("wilson 81 of 263", 81 / 263, prop.test(81, 263, correct = FALSE)$conf.int)
show("clopper-pearson", binom.test(81, 263)$conf.int)
scores <- read.csv("scores.csv")
show("alpha by topic", cr2(scores$alpha, scores$topic)[1:4])
epochs <- read.csv("epochs.csv"); q <- tapply(epochs$score, epochs$question, mean)
show("epochs", mean(q), t.test(q)$conf.int, sd(q) / sqrt(length(q)))

# stats compare
m <- merge(read.csv("old.csv"), read.csv("new.csv"), by = "id")
r <- cr2(m$score.y - m$score.x, m$topic.y); a <- cr2(m$score.y, m$topic.y)["se"]; b <- cr2(m$score.x, m$topic.y)["se"]
show("new - old", r[c(1:3, 6)]); show("MDE, correlation", mde(r), (a^2 + b^2 - r["se"]^2) / (2 * a * b))
show("cohen's h", 2 * asin(sqrt(mean(m$score.y))) - 2 * asin(sqrt(mean(m$score.x))))
up <- sum(scores$gamma > scores$alpha); down <- sum(scores$gamma < scores$alpha); n <- nrow(scores); k <- min(up, down)
tango <- function(d) { # score statistic of a true difference d
  b <- -up - down + (2 * n - up + down) * d; c <- -down * d * (1 - d)
  p <- (sqrt(b^2 - 8 * n * c) - b) / (4 * n)
  (up - down - n * d) / sqrt(n * (2 * p + d * (1 - d)))
}
d <- (up - down) / n
show("gamma - alpha", d, uniroot(function(x) tango(x) - qnorm(.975), c(-.9, d - 1e-6), tol = 1e-9)$root,
  uniroot(function(x) tango(x) + qnorm(.975), c(d + 1e-6, .9), tol = 1e-9)$root)
show("mcnemar mid-p", 2 * pbinom(k, up + down, .5) - dbinom(k, up + down, .5))
show("MDE", (qnorm(.975) + qnorm(.8)) * sd(scores$gamma - scores$alpha) / sqrt(n))
pairs <- with(scores, list(cr2(beta - alpha, topic), cr2(gamma - alpha, topic), cr2(gamma - beta, topic)))
holm <- p.adjust(sapply(pairs, function(r) r["p"]), "holm")
for (i in 1:3) show(c("beta - alpha", "gamma - alpha", "gamma - beta")[i], pairs[[i]][c(1:3, 6)], holm[i], mde(pairs[[i]]))

# stats rank: the critical value of all three pairs, and the ratios that it decides on
x <- scores[c("alpha", "beta", "gamma")]; se <- function(v) cr2(v, scores$topic)["se"]
v <- outer(1:3, 1:3, Vectorize(function(i, j) (se(x[[i]])^2 + se(x[[j]])^2 - if (i == j) 0 else se(x[[i]] - x[[j]])^2) / 2))
set.seed(1); z <- matrix(rnorm(3e5), ncol = 3) %*% chol(v)
top <- pmax(abs(z[, 1] - z[, 2]) / se(x[[1]] - x[[2]]), abs(z[, 1] - z[, 3]) / se(x[[1]] - x[[3]]), abs(z[, 2] - z[, 3]) / se(x[[2]] - x[[3]]))
c0 <- quantile(top, .95)
show("critical value, normal and t", c0, qt(pnorm(c0), 59)); show("ratios", sapply(pairs, function(r) r["mean"] / r["se"]))
g <- read.csv("games.csv"); names <- sort(unique(c(g$model_a, g$model_b)))
d <- outer(g$model_a, names, "==") - outer(g$model_b, names, "==")
y <- ifelse(g$winner == "tie", .5, g$winner == "model_a")
fit <- suppressWarnings(glm(y ~ d[, -1] - 1, family = binomial)); p <- fitted(fit)
bread <- solve(t(d[, -1]) %*% (d[, -1] * p * (1 - p))); meat <- t(d[, -1]) %*% (d[, -1] * (y - p)^2)
centre <- diag(4) - 1 / 4; s <- centre %*% c(0, coef(fit)); pad <- rbind(0, diag(3))
err <- sqrt(diag(centre %*% pad %*% bread %*% meat %*% bread %*% t(pad) %*% centre)); elo <- 400 / log(10)
for (i in 1:4) show(paste("elo of", names[i]), round(1000 + elo * (s[i] + c(0, -1, 1) * qnorm(.975) * err[i])))

# stats power
show("items for 0.03", ceiling((qnorm(.975) + qnorm(.8))^2 * (1 / 9) / .03^2)); show("MDE of 500", (qnorm(.975) + qnorm(.8)) * sqrt(.21 / 500))
show("299 clean trials", .99^299, .99^298); show("passes, at the limit and true", pbinom(1, 300, c(.005, .02)))

# stats gate
show("upper bound of 0 in 299", qbeta(.95, 1, 299))
failed <- read.csv("outcomes.csv")$failed; x <- cumsum(failed); n <- seq_along(x); limit <- .01
log_e <- lbeta(1 + x, 1 + n - x) + pbeta(limit, 1 + x, 1 + n - x, log.p = TRUE) - log(limit) - x * log(limit) - (n - x) * log1p(-limit)
stop <- which(log_e >= log(20))[1]
show("passes at row, failures", stop, x[stop])
cs <- function(p) lbeta(1 + x[stop], 1 + stop - x[stop]) - x[stop] * log(p) - (stop - x[stop]) * log1p(-p) - log(20)
show("valid at any time", uniroot(cs, c(1e-12, x[stop] / stop), tol = 1e-14)$root, uniroot(cs, c(x[stop] / stop, .5), tol = 1e-12)$root)

# stats agreement
l <- read.csv("labels.csv"); t <- table(l$ann, l$ben) / nrow(l); r <- rowSums(t); c <- colSums(t)
po <- sum(diag(t)); pe <- sum(r * c); kappa <- (po - pe) / (1 - pe)
th <- sum(t * ifelse(diag(2) == 1, (1 - outer(r, c, "+") * (1 - kappa))^2, (1 - kappa)^2 * outer(c, r, "+")^2))
show("agreement, kappa", po, kappa, kappa - qnorm(.975) * sqrt((th - (kappa - pe * (1 - kappa))^2) / ((1 - pe)^2 * nrow(l))))
both <- (r + c) / 2; show("AC1", (po - 2 * prod(both)) / (1 - 2 * prod(both)))
k <- 2 * nrow(l) * both; show("alpha", 1 - (1 - po) / (1 - sum(k * (k - 1)) / (sum(k) * (sum(k) - 1))))

# stats ci --judge: PPI++ of 0/1 labels drawn alike
j <- read.csv("judged.csv"); h <- !is.na(j$label); y <- j$label[h]; f <- j$verdict[h]; n <- sum(h)
lambda <- min(1, max(0, cov(y, f) / var(f))); est <- mean(y) + lambda * (mean(j$verdict) - mean(f))
e <- y - mean(y) - lambda * (f - mean(f)); lev <- pmin(.3, 1 / n + (f - mean(f))^2 / sum((f - mean(f))^2)); p <- n / nrow(j)
v <- (1 - p) * (n - 1) / n^3 * sum((e / (1 - lev))^2); q <- qt(.975, n - 2)
shift <- (1 - p) / (6 * n^3 * v) * sum(e^3) * (3 * q^2 * (1 - p) - (q^2 - 1) * (1 - 2 * p))
show("corrected", est, est + shift + c(-1, 1) * q * sqrt(v), sqrt(v)); show("judge, labels alone, errors", mean(j$verdict), mean(y), sum(y != f))

# stats irt: marginal likelihood with a log-normal (0.1, 0.5), d = -ab ~ N(0, 3): the mode in (a, d)
ans <- t(as.matrix(read.csv("answers.csv", row.names = 1))); items <- ncol(ans); node <- seq(-6, 6, .1); w <- dnorm(node) * .1
eta <- function(u) outer(node, exp(u[1:items])) + rep(u[items + 1:items], each = length(node))
lik <- function(u) { e <- eta(u); l <- ans %*% t(plogis(e, log.p = TRUE)) + (1 - ans) %*% t(plogis(-e, log.p = TRUE)); sweep(exp(l), 2, w, "*") }
prior <- function(u) sum(dlnorm(exp(u[1:items]), .1, .5, log = TRUE)) + sum(dnorm(u[items + 1:items], 0, 3, log = TRUE))
target <- function(u) -sum(log(rowSums(lik(u)))) - prior(u)
slope <- function(u) { # Fisher's identity
  post <- lik(u); post <- post / rowSums(post); res <- t(post) %*% ans - colSums(post) * plogis(eta(u))
  -c(colSums(res * node) * exp(u[1:items]) - (u[1:items] - .1) / .25 - 1, colSums(res) - u[items + 1:items] / 9)
}
u <- optim(rep(0, 2 * items), target, slope, method = "BFGS", control = list(maxit = 500, reltol = 1e-14))$par
a <- exp(u[1:items]); b <- -u[items + 1:items] / a; names(b) <- colnames(ans); o <- order(b)
show("log-likelihood", sum(log(rowSums(lik(u))))); show("hardest", max(b))
for (i in o[1:5]) show(paste("item", colnames(ans)[i], "b, a"), b[i], a[i])
post <- lik(u); post <- post / rowSums(post); eap <- post %*% node; psd <- sqrt(post %*% node^2 - eap^2)
for (i in 1:2) show(paste("ability", rownames(ans)[i]), eap[i], psd[i])
show("ablest model", which.max(eap))
