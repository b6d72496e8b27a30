package analysis

import (
	"math"
	"slices"
	"strings"

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

// Below these numbers intervals that rest on approximations do not hold.
const (
	fewEvents   = 10
	fewClusters = 20
)

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

// combine estimates the sum of weighted means plus an offset, where the samples of
// all means may share clusters.
//
// The interval is that of the cluster-robust mean of the linearised residuals:
// a sample of mean i weighs weight_i/n_i, about that mean (Taylor linearisation; the
// covariance within clusters is kept). That says nothing of a share at 0 or 1, whose
// residuals vanish, and little with few clusters; there the intervals are added at a
// split error rate (Bonferroni), which is conservative whatever the dependence.
func combine(terms []term, offset, level float64) stats.Estimate {
	e := stats.Estimate{Value: offset, Level: level, Method: "cr2 satterthwaite t, linearised"}
	constant := false
	for _, t := range terms {
		n, sum := t.total()
		if e.N += int(n); n == 0 {
			e.Value = math.NaN()
		}
		e.Value += t.weight * sum / float64(n)
		constant = constant || t.constant()
	}
	if math.IsNaN(e.Value) {
		return undefined(e.N, 0, level, noneScored)
	}
	m := residuals(terms).Mean()
	e.Clusters, e.SE, e.DF = m.Clusters, m.CR2, m.DF
	if !(m.CR2 > 0) || math.IsNaN(m.DF) || m.Clusters < fewClusters || constant {
		return bonferroni(e, terms, offset)
	}
	i := m.Interval(level)
	e.Lower, e.Upper = e.Value+i.Lower, e.Value+i.Upper
	return clip(e, terms, offset)
}

// residuals returns the weighted deviations of every cluster, as sums over all
// samples of all means, whose mean is zero.
func residuals(terms []term) stats.ClusterSums {
	var n, clusters int64
	for _, t := range terms {
		k, _ := t.total()
		n, clusters = n+k, max(clusters, int64(len(t.sizes)))
	}
	sums, sizes := make([]float64, clusters), make([]int, clusters)
	var out stats.ClusterSums
	for _, t := range terms {
		k, sum := t.total()
		w, mean := t.weight*float64(n)/float64(k), sum/float64(k)
		for c, size := range t.sizes {
			sums[c] += w * (t.sums[c] - float64(size)*mean)
			sizes[c] += size
		}
		for _, v := range t.lone() {
			out.Sums, out.Sizes = append(out.Sums, w*(v-mean)), append(out.Sizes, 1)
		}
	}
	for c, size := range sizes {
		if size > 0 {
			out.Sums, out.Sizes = append(out.Sums, sums[c]), append(out.Sizes, size)
		}
	}
	return out
}

// bonferroni adds the weighted intervals of all means, each at its part of the error
// rate.
func bonferroni(e stats.Estimate, terms []term, offset float64) stats.Estimate {
	var methods []string
	e.Lower, e.Upper = offset, offset
	for _, t := range terms {
		x := proportion(t.tally, 1-(1-e.Level)/float64(len(terms)))
		lower, upper := t.weight*x.Lower, t.weight*x.Upper
		e.Lower, e.Upper = e.Lower+min(lower, upper), e.Upper+max(lower, upper)
		if !slices.Contains(methods, x.Method) {
			methods = append(methods, x.Method)
		}
		if !e.Reason.Given() && x.Reason.Given() {
			e.Reason = x.Reason.Of(stats.PartInterval)
		}
		for _, w := range x.Warnings {
			if !slices.ContainsFunc(e.Warnings, func(v stats.Warning) bool { return v.Code == w.Code }) {
				e.Warnings = append(e.Warnings, w)
			}
		}
	}
	e.Method = "bonferroni of " + strings.Join(methods, " + ")
	e.SE, e.DF = math.NaN(), math.NaN()
	if math.IsNaN(e.Lower) || math.IsNaN(e.Upper) {
		e.Lower, e.Upper = math.NaN(), math.NaN()
	} else {
		e.Reason = stats.Reason{}
	}
	return clip(e, terms, offset)
}

// clip cuts an interval at the ends of what a sum of weighted shares can be.
func clip(e stats.Estimate, terms []term, offset float64) stats.Estimate {
	low, high := offset, offset
	for _, t := range terms {
		low, high = low+math.Min(t.weight, 0), high+math.Max(t.weight, 0)
	}
	if e.Lower < low || e.Upper > high {
		e.Lower, e.Upper = math.Max(e.Lower, low), math.Min(e.Upper, high)
		e.Warnings = append(e.Warnings, stats.Warning{Code: stats.WarnClipped,
			Message: "the interval left the range of the statistic and was cut"})
	}
	return e
}
