package analysis

import (
	"fmt"

	"github.com/sovereign-eval/haetae/results/stats"
)

// rank says which places each side may hold, where the metric has an order, by
// [stats.RankScores] on the items that every active side has a score of.
func (f *ComparedFigure) rank(x matrix, active []int, level float64, seed uint64) error {
	if f.Direction == ZeroIsBest || f.N == 0 {
		return nil
	}
	report, err := stats.RankScores(x.scores, x.clusters, f.Direction == LowerIsBetter, level, seed)
	if err != nil {
		return fmt.Errorf("%s: %w", f.Metric, err)
	}
	r := &Ranking{Intervals: make([]stats.RankInterval, len(f.Estimates)), Method: report.Method}
	for i, side := range active {
		r.Intervals[side] = report.Intervals[i]
	}
	f.Ranks = r
	return nil
}
