package analysis

import "github.com/sovereign-eval/haetae/results/stats"

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
	switch {
	case x.arms != nil:
		return stats.Contrast{Arms: x.arms, Min: lo, Max: hi}
	case x.binary:
		return stats.PairedProportion{}
	}
	return stats.PairedScore{Min: lo, Max: hi}
}

// compare compares every pair of rows, the later less the earlier.
func (x matrix) compare(lo, hi, level float64) ([]stats.PairComparison, error) {
	last := len(x.scores) - 1
	if x.binary && x.arms == nil && len(x.scores[0]) > 0 { // the fast way for many
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
	return x.assumption(lo, hi).Compare(stats.Obs{Values: x.scores[second], Clusters: x.clusters}, stats.Obs{Values: x.scores[first]}, level)
}

// estimate is that of one row.
func (x matrix) estimate(row int, lo, hi, level float64) stats.Estimate {
	if x.binary && x.bothArms() {
		return x.contrast(row, level)
	}
	return x.assumption(lo, hi).Summary(stats.Obs{Values: x.scores[row], Clusters: x.clusters}, level)
}
