package stats

import (
	"regexp"
	"slices"
	"strings"
)

// A Method or Test is a code made of words: parts of one method are joined by ", ", with
// notes in brackets behind, intervals that are added by " + ", and what was done besides
// by "; ". A word may open with what it is made of ("bonferroni of "), close with what it
// was done to (" of clusters"), or hold a whole number, written %d in the list.

// methodWords are all words of the codes of this package and of results/analysis.
var methodWords = [...]string{
	"none", "exact", "t", "normal", "asymptotic", "conservative", "at times conservative",
	"wilson", "clopper-pearson", "whole range", "miettinen-nurminen score", "miettinen-nurminen score on clusters", "tango score", "mcnemar mid-p",
	"cr2 satterthwaite t", "cr2 welch t", "tango score form", "paired", "linearised",
	"clopper-pearson on pairs", "clopper-pearson on clusters", "clopper-pearson on clusters with any success",
	"clopper-pearson on clusters with any failure", "a-only and b-only", "scaled to the range",
	"square-and-add of clopper-pearson on clusters", "bonferroni of", "inverted interval",
	"beta-binomial score", "korn-graubard of beta-binomial clusters",

	"sign flip", "of clusters", "sign flip of clusters: none differs", "no difference", "permutation", "exact binomial", "exact convolution",
	"exact by dynamic programming", "exact by fft", "exact enumeration", "fourier inversion", "monte carlo",
	"bootstrap percentile", "bootstrap basic", "bootstrap bca", "bootstrap studentized", "cluster bootstrap percentile",
	"cluster bootstrap basic", "cluster bootstrap bca", "cluster bootstrap studentized",

	"labels alone", "labels alone in clusters", "exact hypergeometric", "korn-graubard", "judge weight 0", "coarse labels",
	"few judge errors", "post-stratified by verdict", "post-stratified by verdict and probability", "wilson and mover",
	"exact and mover", "ppi++ difference estimator", "t over clusters", "CR2", "finite population", "widened by half an item",
	"no spread among the labels: exact bound on what may differ", "rogan-gladen", "lang-reiczigel interval", "open labels both ways",

	"cohen", "fleiss", "gwet", "krippendorff", "bootstrap of units", "percentile", "jackknife by cluster", "weights none",
	"weights linear", "weights quadratic", "clopper-pearson of units with any disagreement", "clopper-pearson of clusters without disagreement",
	"delong", "logit scale", "kolmogorov-smirnov", "friedman", "cochran q",

	"bradley-terry", "bradley-terry with davidson's ties", "firth's penalty", "information errors", "sandwich errors",
	"cluster sandwich errors", "step-down", "gaussian draws", "exact for equal independent errors", "holm-corrected paired tests",
	"J by cluster", "corrected J", "weighted", "square-and-add of the batteries' intervals",

	"e-process", "e-process on cluster means", "mixture bet", "all_in bet", "without replacement from %d",
	"beta-binomial mixture confidence sequence",
}

// MethodWords lists the words of which every Method and Test is made, for names in any
// language.
func MethodWords() []string { return slices.Clone(methodWords[:]) }

var (
	methodParts  = regexp.MustCompile(`; |, | \+ | \(|\)`)
	methodNumber = regexp.MustCompile(`\b[0-9]+$`)
)

// RenameMethod gives every word of a Method or Test another name, and keeps what joins
// them. A number in a word is %d for name, and comes back in the place of %d.
func RenameMethod(code string, name func(word string) string) string {
	var b strings.Builder
	from := 0
	for _, at := range append(methodParts.FindAllStringIndex(code, -1), []int{len(code), len(code)}) {
		if from < at[0] {
			b.WriteString(renameWord(code[from:at[0]], name))
		}
		b.WriteString(code[at[0]:at[1]])
		from = at[1]
	}
	return b.String()
}

// renameWord renames one word, with what opens or closes it.
func renameWord(word string, name func(string) string) string {
	known := func(w string) bool { return slices.Contains(methodWords[:], w) }
	if known(word) {
		return name(word)
	}
	if rest, ok := strings.CutPrefix(word, "bonferroni of "); ok {
		return name("bonferroni of") + ": " + renameWord(rest, name)
	}
	if rest, ok := strings.CutSuffix(word, " of clusters"); ok {
		return renameWord(rest, name) + " (" + name("of clusters") + ")"
	}
	if n := methodNumber.FindString(word); n != "" {
		return strings.Replace(name(strings.TrimSuffix(word, n)+"%d"), "%d", n, 1)
	}
	return name(word)
}
