package stats

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// orderTestResult is evidence on whether a model has seen a benchmark in its published
// order.
type orderTestResult struct {
	P        float64 // small: the published order is more likely than chance
	T        float64 // t statistic of the sharded test, NaN for the plain one
	N        int     // shuffles, or shards
	Method   string
	Warnings []Warning
}

// orderTest compares the log-likelihood of a benchmark in its published order with that of
// shuffled orders (Oren et al. 2023). It answers "has the model trained on this file?" and
// assumes only that order carries no meaning. With m shuffles P is at least 1/(m+1).
func orderTest(canonical float64, shuffled []float64) (orderTestResult, error) {
	if len(shuffled) == 0 {
		return orderTestResult{}, errors.New("test order: no shuffled orders")
	}
	for i, v := range append([]float64{canonical}, shuffled...) {
		if math.IsNaN(v) {
			return orderTestResult{}, fmt.Errorf("test order: log-likelihood %d is NaN", i)
		}
	}
	r := orderTestResult{P: orderPValue(canonical, shuffled), T: math.NaN(), N: len(shuffled), Method: "permutation, ties count against"}
	if r.N < 99 {
		r.Warnings = warn(r.Warnings, WarnSmallSample, "%d shuffles: P cannot be below %.3g", r.N, 1/float64(r.N+1))
	}
	return r, nil
}

// shardedOrder is the sharded form of the order test: for each shard of the benchmark,
// the log-likelihood of the published order less the mean over shuffles. It needs fewer
// shuffles and assumes that the shard differences are roughly normal.
func shardedOrder(differences []float64) (orderTestResult, error) {
	for i, v := range differences {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return orderTestResult{}, fmt.Errorf("test order: difference %d is %v: want finite numbers", i, v)
		}
	}
	t, p := shardedOrderTest(differences)
	if math.IsNaN(t) {
		return orderTestResult{}, errors.New("test order: need at least two shards whose differences vary")
	}
	r := orderTestResult{P: p, T: t, N: len(differences), Method: "one-sided t over shards"}
	if r.N < 10 {
		r.Warnings = warn(r.Warnings, WarnSmallSample, "%d shards: the t law is rough below 10", r.N)
	}
	return r, nil
}

// minKMean is the mean of the lowest share k of a text's token log-probabilities (Shi et
// al. 2024): texts seen in training have few very unlikely tokens. It ranks texts; the
// threshold must come from texts known to be unseen. NaN for no tokens or k outside
// (0, 1].
func minKMean(logProbs []float64, k float64) float64 {
	if !(k > 0 && k <= 1) || slices.ContainsFunc(logProbs, math.IsNaN) {
		return math.NaN()
	}
	m, _ := minKProb(logProbs, k)
	return m
}

// minKProb also returns how many tokens were averaged: floor(k·n), at least one.
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

// orderPValue is (1 + the number of shuffled orders at least as likely)/(m + 1).
func orderPValue(canonical float64, shuffled []float64) float64 {
	atLeast := 1.0
	for _, s := range shuffled {
		if s >= canonical || tied(s, canonical) {
			atLeast++
		}
	}
	return atLeast / float64(len(shuffled)+1)
}

// shardedOrderTest is the one-sided one-sample t-test over shards.
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
