package analysis

import (
	"fmt"
	"math"
	"slices"

	"github.com/sovereign-eval/haetae/results/stats"
)

// reasonNone is why a figure without any scored sample is undefined.
const reasonNone = "no scored samples"

// proportion estimates the share of ones in t, whose values are 0 or 1: Wilson
// where samples stand alone, cluster-robust where they share sources.
func proportion(t tally, level float64) stats.Estimate {
	n, sum := t.total()
	switch {
	case n == 0:
		return undefined(0, 0, level, reasonNone)
	case len(t.sizes) > 0:
		return stats.ClusteredProportion{}.Summary(t.obs(), level)
	}
	// What IndependentProportion does, on two counts: a million values would be
	// 16 MB for nothing.
	i := stats.Wilson(int(sum), int(n), level)
	p := sum / float64(n)
	e := stats.Estimate{N: int(n), Clusters: int(n), Value: p, SE: math.Sqrt(p * (1 - p) / float64(n)),
		DF: math.Inf(1), Lower: i.Lower, Upper: i.Upper, Level: level, Method: "wilson"}
	if few := min(sum, float64(n)-sum); few < fewEvents {
		e.Warnings = append(e.Warnings, stats.Warning{Code: stats.WarnFewEvents, Message: fmt.Sprintf(
			"only %.0f of the rarer outcome among %d: the interval is approximate below %d", few, n, fewEvents)})
	}
	return e
}

// Below these numbers intervals that rest on approximations do not hold.
const (
	fewEvents   = 10
	fewClusters = 20
)

// mean estimates the mean of t, whose values are graded.
func mean(t tally, level float64) stats.Estimate {
	if n, _ := t.total(); n == 0 {
		return undefined(0, 0, level, reasonNone)
	}
	return stats.GradedScore{Min: 0, Max: 1}.Summary(t.obs(), level)
}

func undefined(n, clusters int, level float64, reason string) stats.Estimate {
	nan := math.NaN()
	return stats.Estimate{N: n, Clusters: clusters, Value: nan, SE: nan, DF: nan, Lower: nan, Upper: nan,
		Level: level, Method: "none", Reason: reason}
}

// contrast estimates mean(a) + sign·mean(b) + offset, where a and b may share
// clusters, such as a harmful item and its benign twin, or are two indicators of
// the same samples.
//
// The interval is that of the cluster-robust mean of the linearised residuals:
// a sample of a weighs 1/n_a and one of b sign/n_b, each about its own mean
// (Taylor linearisation; the covariance within clusters is kept). That says
// nothing of a share at 0 or 1, whose residuals vanish, and little with few
// clusters; there the two intervals are added at a split error rate
// (Bonferroni), which is conservative whatever the dependence.
func contrast(a, b tally, sign, offset, level float64) stats.Estimate {
	na, sa := a.total()
	nb, sb := b.total()
	if na == 0 || nb == 0 {
		return undefined(int(na+nb), 0, level, reasonNone)
	}
	ma, mb := sa/float64(na), sb/float64(nb)
	e := stats.Estimate{N: int(na + nb), Value: ma + sign*mb + offset, Level: level, Method: "cr2 satterthwaite t, linearised"}
	m := residuals(a, b, ma, mb, sign).Mean()
	e.Clusters, e.SE, e.DF = m.Clusters, m.CR2, m.DF
	if !(m.CR2 > 0) || math.IsNaN(m.DF) || m.Clusters < fewClusters || a.constant() || b.constant() {
		return bonferroni(e, a, b, sign, offset)
	}
	i := m.Interval(level)
	e.Lower, e.Upper = e.Value+i.Lower, e.Value+i.Upper
	return clip(e, offset, sign)
}

// residuals returns the weighted deviations of every cluster, as sums over all
// samples of a and b whose mean is zero.
func residuals(a, b tally, ma, mb, sign float64) stats.ClusterSums {
	na, _ := a.total()
	nb, _ := b.total()
	n := float64(na + nb)
	wa, wb := n/float64(na), sign*n/float64(nb)
	var out stats.ClusterSums
	for c := range max(len(a.sizes), len(b.sizes)) {
		var sum float64
		var size int
		if c < len(a.sizes) {
			sum += wa * (a.sums[c] - float64(a.sizes[c])*ma)
			size += a.sizes[c]
		}
		if c < len(b.sizes) {
			sum += wb * (b.sums[c] - float64(b.sizes[c])*mb)
			size += b.sizes[c]
		}
		if size > 0 {
			out.Sums, out.Sizes = append(out.Sums, sum), append(out.Sizes, size)
		}
	}
	lone := func(t tally, w, m float64) {
		for _, v := range t.lone() {
			out.Sums, out.Sizes = append(out.Sums, w*(v-m)), append(out.Sizes, 1)
		}
	}
	lone(a, wa, ma)
	lone(b, wb, mb)
	return out
}

// bonferroni adds the intervals of both means, each at half the error rate.
func bonferroni(e stats.Estimate, a, b tally, sign, offset float64) stats.Estimate {
	half := 1 - (1-e.Level)/2
	x, y := proportion(a, half), proportion(b, half)
	lower, upper := y.Lower, y.Upper
	if sign < 0 {
		lower, upper = upper, lower
	}
	e.Method = "bonferroni of " + x.Method
	if y.Method != x.Method {
		e.Method += " and " + y.Method
	}
	e.Warnings = append(e.Warnings, x.Warnings...)
	for _, w := range y.Warnings {
		if !slices.ContainsFunc(e.Warnings, func(v stats.Warning) bool { return v.Code == w.Code }) {
			e.Warnings = append(e.Warnings, w)
		}
	}
	e.SE, e.DF = math.NaN(), math.NaN()
	e.Lower, e.Upper = x.Lower+sign*lower+offset, x.Upper+sign*upper+offset
	if math.IsNaN(e.Lower) || math.IsNaN(e.Upper) {
		e.Lower, e.Upper, e.Reason = math.NaN(), math.NaN(), "interval undefined: "+x.Reason
	}
	return clip(e, offset, sign)
}

// clip cuts an interval at the ends of what a contrast of two shares can be.
func clip(e stats.Estimate, offset, sign float64) stats.Estimate {
	low, high := offset+math.Min(sign, 0), offset+1+math.Max(sign, 0)
	if e.Lower < low || e.Upper > high {
		e.Lower, e.Upper = math.Max(e.Lower, low), math.Min(e.Upper, high)
		e.Warnings = append(e.Warnings, stats.Warning{Code: stats.WarnClipped,
			Message: "the interval left the range of the statistic and was cut"})
	}
	return e
}
