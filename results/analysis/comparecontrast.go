package analysis

import (
	"math"

	"github.com/sovereign-eval/haetae/results/stats"
)

// linearised turns a contrast, the mean of one arm less that of the other, into the
// mean of one value for each item, so that items of both arms keep their clusters:
//
//	z = ±N/n_arm·(v − mean_arm) + contrast
//
// with + in the first arm and − in the second. Its mean is the contrast, and its
// deviations by cluster are those of the Taylor linearisation, as for the contrasts of
// [Of]. Of two sides the difference of their values is that of their contrasts, with
// everything that a cluster shares: both sides of the task and both models. A plain
// mean stays as it is. lo and hi are the range of a value, and those returned that of
// the mean.
func (x matrix) linearised(lo, hi float64) (matrix, float64, float64) {
	if x.arms == nil {
		return x, lo, hi
	}
	out := matrix{scores: make([][]float64, len(x.scores)), clusters: x.clusters, arms: x.arms, raw: &x}
	for r, row := range x.scores {
		var sum, n [2]float64
		for i, v := range row {
			sum[x.arms[i]] += v
			n[x.arms[i]]++
		}
		if n[0] == 0 || n[1] == 0 { // no contrast: nothing to compare
			return matrix{scores: make([][]float64, len(x.scores)), arms: x.arms}, lo - hi, hi - lo
		}
		mean := [2]float64{sum[0] / n[0], sum[1] / n[1]}
		contrast, weight := mean[0]-mean[1], [2]float64{float64(len(row)) / n[0], -float64(len(row)) / n[1]}
		for i, v := range row {
			arm := x.arms[i]
			out.scores[r] = append(out.scores[r], weight[arm]*(v-mean[arm])+contrast)
		}
	}
	return out, lo - hi, hi - lo
}

// contrasted finishes the comparison c of two linearised rows, from the rows as they
// were.
//
// Student's t on the clusters' influences says little with few clusters, or where few
// items of an arm differ between the sides, and nothing where none does. There each
// arm is compared for itself by the assumption of plain means, whose intervals hold in
// such cases, at half of the error rate, and the intervals are subtracted
// (Bonferroni): that is conservative whatever the arms share. p is then the smallest
// error rate whose interval leaves out 0.
func (x matrix) contrasted(c stats.Comparison, first, second int, lo, hi, level float64) stats.Comparison {
	c.Effect, c.EffectName = math.NaN(), "none"
	if c.SE > 0 && c.Clusters >= fewClusters && x.differing(first, second) {
		c.Method += ", linearised"
		c.Test += ", linearised"
		c.Lower, c.Upper = max(c.Lower, lo-hi), min(c.Upper, hi-lo)
		return c
	}
	arms := [2]matrix{x.arm(0), x.arm(1)}
	at := func(level float64) (plus, minus stats.Comparison) {
		each := 1 - (1-level)/2
		return arms[0].compared(first, second, 0, hi, each), arms[1].compared(first, second, 0, hi, each)
	}
	plus, minus := at(level)
	c.Warnings = append(plus.Warnings, minus.Warnings...)
	c.Lower, c.Upper, c.DF = max(plus.Lower-minus.Upper, lo-hi), min(plus.Upper-minus.Lower, hi-lo), math.NaN()
	c.Method = "bonferroni of " + plus.Method
	if minus.Method != plus.Method {
		c.Method += " + " + minus.Method
	}
	c.Test = "inverted interval"
	c.P = smallestError(func(level float64) bool {
		plus, minus := at(level)
		return plus.Lower-minus.Upper > 0 || plus.Upper-minus.Lower < 0
	})
	if math.IsNaN(c.Lower) || math.IsNaN(c.Upper) {
		c.Lower, c.Upper, c.P = math.NaN(), math.NaN(), math.NaN()
		c.Reason = plus.Reason
	}
	return c
}

// smallestError is the smallest error rate at which something is shown, which is then
// shown at every larger one; 1 where it is shown at none below.
func smallestError(shown func(level float64) bool) float64 {
	low, high := 0.0, 1.0 // of the error rate: shown at high, not at low
	for range 30 {
		if mid := (low + high) / 2; shown(1 - mid) {
			high = mid
		} else {
			low = mid
		}
	}
	return high
}

// differing tells whether enough items tell the sides apart, in each arm and in both,
// for Student's t to hold.
func (x matrix) differing(first, second int) bool {
	var n [2]int
	for i, arm := range x.arms {
		if x.scores[first][i] != x.scores[second][i] {
			n[arm]++
		}
	}
	return n[0] > 0 && n[1] > 0 && n[0]+n[1] > fewEvents
}

// arm is one mean of a contrast.
func (x matrix) arm(which int8) matrix {
	out := matrix{scores: make([][]float64, len(x.scores)), binary: true}
	for i, arm := range x.arms {
		if arm != which {
			continue
		}
		for r := range x.scores {
			v := x.scores[r][i]
			out.scores[r] = append(out.scores[r], v)
			out.binary = out.binary && (v == 0 || v == 1)
		}
		if x.clusters != nil {
			out.clusters = append(out.clusters, x.clusters[i])
		}
	}
	return out
}

// contrast estimates the contrast of one row of zeros and ones, as reports do.
func (x matrix) contrast(row int, level float64) stats.Estimate {
	var arms [2]tally
	numbers := map[int32]int{}
	for i, v := range x.scores[row] {
		cluster := alone
		if x.clusters != nil {
			k, ok := numbers[x.clusters[i]]
			if !ok {
				k = len(numbers)
				numbers[x.clusters[i]] = k
			}
			cluster = k
		}
		arms[x.arms[i]].add(cluster, v)
	}
	return contrast(arms[0], arms[1], -1, 0, level)
}
