package analysis

import (
	"math"

	"github.com/sovereign-eval/haetae/results/stats"
)

// matrix holds the scores that are compared: the items that every active side has a
// score of.
type matrix struct {
	scores   [][]float64 // by active side, item
	clusters []int32     // nil where every item stands alone
	arms     []int8      // nil for a plain mean
	binary   bool
}

// assumption says what the scores are.
func (x matrix) assumption(lo, hi float64) stats.Assumption {
	if x.binary {
		return stats.PairedProportion{}
	}
	return stats.PairedScore{Min: lo, Max: hi}
}

// compare compares every pair of rows, the later less the earlier.
func (x matrix) compare(lo, hi, level float64) ([]stats.PairComparison, error) {
	last := len(x.scores) - 1
	if x.binary && len(x.scores[0]) > 0 { // the fast way for many
		turned := make([][]float64, len(x.scores))
		for i, s := range x.scores {
			turned[last-i] = s
		}
		found, err := stats.CompareAll(turned, x.clusters, level, stats.Holm)
		if err != nil {
			return nil, err
		}
		out := make([]stats.PairComparison, 0, len(found))
		for k := len(found) - 1; k >= 0; k-- {
			p := found[k]
			p.First, p.Second = last-p.Second, last-p.First
			out = append(out, p)
		}
		return out, nil
	}
	var out []stats.PairComparison
	for i := range x.scores {
		for k := i + 1; k <= last; k++ {
			out = append(out, stats.PairComparison{First: i, Second: k, Comparison: x.compared(i, k, lo, hi, level)})
		}
	}
	return out, nil
}

// compared compares two rows, the second less the first.
func (x matrix) compared(first, second int, lo, hi, level float64) stats.Comparison {
	c := x.assumption(lo, hi).Compare(stats.Obs{Values: x.scores[second], Clusters: x.clusters}, stats.Obs{Values: x.scores[first]}, level)
	if x.arms == nil || math.IsNaN(c.Lower) {
		return c
	}
	c.Method += ", linearised"
	c.Test += ", linearised"
	c.Effect, c.EffectName = math.NaN(), "none"
	c.Lower, c.Upper = max(c.Lower, lo-hi), min(c.Upper, hi-lo)
	return c
}

// estimate is that of one row.
func (x matrix) estimate(row int, lo, hi, level float64) stats.Estimate {
	e := x.assumption(lo, hi).Summary(stats.Obs{Values: x.scores[row], Clusters: x.clusters}, level)
	if x.arms != nil && !math.IsNaN(e.Lower) {
		e.Method += ", linearised"
		e.Lower, e.Upper = max(e.Lower, lo), min(e.Upper, hi)
	}
	return e
}

// linearised turns a contrast, the mean of one arm less that of the other, into the
// mean of one value for each item, so that items of both arms keep their clusters:
//
//	z = ±N/n_arm·(v − mean_arm) + contrast
//
// with + in the first arm and − in the second. Its mean is the contrast, and its
// deviations by cluster are those of the Taylor linearisation, as for the contrasts of
// [Of]. A plain mean stays as it is. lo and hi are the range of a value, and those
// returned that of the mean.
func (x matrix) linearised(lo, hi float64) (matrix, float64, float64) {
	if x.arms == nil {
		return x, lo, hi
	}
	out := matrix{scores: make([][]float64, len(x.scores)), clusters: x.clusters, arms: x.arms}
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
