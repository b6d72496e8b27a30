package analysis

import (
	"math"

	"github.com/sovereign-eval/haetae/results/stats"
)

// proportion estimates the share of ones in t, whose values are 0 or 1: Wilson
// where samples stand alone, cluster-robust where they share sources.
func proportion(t tally, level float64) stats.Estimate {
	n, sum := t.total()
	switch {
	case n == 0:
		return undefined(0, 0, level, noneScored)
	case len(t.sizes) > 0:
		return stats.ClusteredProportion{}.Summary(t.obs(), level)
	}
	return stats.IndependentProportion{}.Summary(stats.Obs{Sums: []float64{sum}, Sizes: []int{int(n)}}, level)
}

// mean estimates the mean of t, whose values are graded.
func mean(t tally, level float64) stats.Estimate {
	if n, _ := t.total(); n == 0 {
		return undefined(0, 0, level, noneScored)
	}
	return stats.GradedScore{Min: 0, Max: 1}.Summary(t.obs(), level)
}

func undefined(n, clusters int, level float64, reason stats.Reason) stats.Estimate {
	nan := math.NaN()
	return stats.Estimate{N: n, Clusters: clusters, Value: nan, SE: nan, DF: nan, Lower: nan, Upper: nan,
		Level: level, Method: "none", Reason: reason}
}

// contrast estimates mean(a) + sign·mean(b) + offset, where a and b may share
// clusters, such as a harmful item and its benign twin, or are two indicators of
// the same samples. See [combine].
func contrast(a, b tally, sign, offset, level float64) stats.Estimate {
	return combine([]term{{a, 1}, {b, sign}}, offset, level)
}

// term is a mean with its weight in a sum of means.
type term struct {
	tally
	weight float64
}

// combine estimates the sum of weighted shares plus an offset, where the samples of all
// of them may share clusters.
func combine(terms []term, offset, level float64) stats.Estimate {
	var shares stats.WeightedShares
	empty, all := false, 0
	for _, t := range terms {
		n, _ := t.total()
		all, empty = all+int(n), empty || n == 0
		alone := t.solo[0] + t.solo[1]
		shares = append(shares, stats.WeightedShare{Weight: t.weight, Sums: t.sums, Sizes: t.sizes, Ones: int(t.solo[1]), Alone: int(alone)})
	}
	if empty {
		return undefined(all, 0, level, noneScored)
	}
	return shares.Sum(offset, level)
}
