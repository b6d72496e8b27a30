package stats

import (
	"math"
	"slices"
)

// minKProb is the mean of the lowest share k of a text's token log-probabilities (Shi et al.
// 2024), and how many tokens were averaged: floor(k·n), at least one. Texts seen in training
// have few very unlikely tokens. It ranks texts; the threshold must come from texts known to
// be unseen.
func minKProb(logProbs []float64, k float64) (mean float64, count int) {
	n := len(logProbs)
	if n == 0 {
		return math.NaN(), 0
	}
	count = min(max(1, int(math.Floor(k*float64(n)*(1+1e-12)))), n)
	sorted := slices.Clone(logProbs)
	slices.Sort(sorted)
	for _, v := range sorted[:count] {
		mean += v / float64(count)
	}
	return mean, count
}

// orderPValue is the p-value of the log-likelihood of a benchmark in its published order
// against shuffled orders (Oren et al. 2023), small where a model has trained on the file:
// (1 + the number of shuffled orders at least as likely)/(m + 1).
func orderPValue(canonical float64, shuffled []float64) float64 {
	atLeast := 1.0
	for _, s := range shuffled {
		if s >= canonical || tied(s, canonical) {
			atLeast++
		}
	}
	return atLeast / float64(len(shuffled)+1)
}

// shardedOrderTest is the one-sided one-sample t-test over shards of a benchmark: of the
// log-likelihood of the published order less the mean over shuffles.
func shardedOrderTest(differences []float64) (t, p float64) {
	n := float64(len(differences))
	if n < 2 {
		return math.NaN(), math.NaN()
	}
	se := math.Sqrt(variance(differences) / n)
	if !(se > 0) {
		return math.NaN(), math.NaN()
	}
	t = mean(differences) / se
	return t, tTail(t, n-1)
}
