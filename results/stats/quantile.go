package stats

import (
	"math"
	"slices"
)

// Quantile is the p-quantile of x by linear interpolation between order statistics (type 7
// of Hyndman and Fan 1996, the default of NumPy and R). NaN for no data, a missing value or p
// outside [0, 1].
func Quantile(x []float64, p float64) float64 {
	if len(x) == 0 || slices.ContainsFunc(x, math.IsNaN) || !(p >= 0 && p <= 1) {
		return math.NaN()
	}
	sorted := slices.Clone(x)
	slices.Sort(sorted)
	return sortedQuantile(sorted, p)
}

// sortedQuantile is type 7 on ascending data.
func sortedQuantile(x []float64, p float64) float64 {
	h := p * float64(len(x)-1)
	lo := int(math.Floor(h))
	lo = max(0, min(lo, len(x)-1))
	hi := min(lo+1, len(x)-1)
	return x[lo] + (h-float64(lo))*(x[hi]-x[lo])
}

// quantileType is the p-quantile of ascending x by any of the nine definitions of Hyndman
// and Fan (1996), with R's guard against rounding. NaN for another type.
func quantileType(x []float64, p float64, kind int) float64 {
	n := float64(len(x))
	const fuzz = 4 * 2.220446049250313e-16
	at := func(k float64) float64 { // 1-based order statistic, held at the ends
		return x[int(max(1, min(n, k)))-1]
	}
	if kind >= 1 && kind <= 3 {
		np := n * p
		if kind == 3 {
			np -= 0.5
		}
		j := math.Floor(np + fuzz)
		up := np > j+fuzz
		switch {
		case kind == 2 && !up:
			return (at(j) + at(j+1)) / 2
		case kind == 3 && !up && math.Mod(j, 2) == 0, kind == 1 && !up:
			return at(j)
		}
		return at(j + 1)
	}
	var a, b float64
	switch kind {
	case 4:
		a, b = 0, 1
	case 5:
		a, b = 0.5, 0.5
	case 6:
		a, b = 0, 0
	case 7:
		a, b = 1, 1
	case 8:
		a, b = 1./3, 1./3
	case 9:
		a, b = 3./8, 3./8
	default:
		return math.NaN()
	}
	np := a + p*(n+1-a-b)
	j := math.Floor(np + fuzz)
	g := np - j
	if math.Abs(g) < fuzz {
		g = 0
	}
	if g == 0 {
		return at(j)
	}
	return at(j) + g*(at(j+1)-at(j))
}

// orderCI is a distribution-free interval of a quantile by order statistics.
type orderCI struct {
	Lower, Upper int     // ranks from 1; 0 and n+1 mean that there is no bound on that side
	Coverage     float64 // actual confidence
}

// quantileRanks gives the ranks of the order statistics that bound the q-quantile of n
// independent observations with at least the given confidence, half of the error on each
// side: P(X_(l) ≤ quantile < X_(u)) = F(u−1) − F(l−1) for F of Binomial(n, q). The 99th
// percentile of 100 latencies has no upper bound, and Upper says so. Ranks are −1 and the
// coverage NaN for inputs out of range.
func quantileRanks(n int, q, confidence float64) orderCI {
	if n < 1 || n > maxExactInt || !(q > 0 && q < 1) || !(confidence > 0 && confidence < 1) {
		return orderCI{-1, -1, math.NaN()}
	}
	tail := (1 - confidence) / 2
	cdf := func(k int) float64 { return math.Exp(logBinomialAtMost(k, n, q)) }
	above := func(k int) float64 { return math.Exp(logBinomialAtLeast(k+1, n, q)) }
	// The largest l with F(l−1) ≤ tail, the smallest u with 1 − F(u−1) ≤ tail.
	lower := smallestInt(0, n, func(k int) bool { return cdf(k) > tail })
	upper := smallestInt(0, n, func(k int) bool { return above(k) <= tail }) + 1
	c := orderCI{Lower: lower, Upper: upper}
	c.Coverage = 1 - above(upper-1) - cdf(lower-1)
	return c
}
