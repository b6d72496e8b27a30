package analysis

import (
	"fmt"
	"math"

	"github.com/sovereign-eval/haetae/results/stats"
)

// rank says which places each side may hold, where the metric has an order.
//
// Where every difference has an error and there are enough clusters, the places are
// those of [stats.RankIntervals]; else a side stands behind another where the exact
// paired test, corrected by Holm for the pairs of this figure, shows it: that holds
// for all sides at once too, and needs no normal errors.
func (f *ComparedFigure) rank(x matrix, active []int, level float64, seed uint64) error {
	if f.Direction == ZeroIsBest || f.N == 0 {
		return nil
	}
	r := &Ranking{Intervals: make([]stats.RankInterval, len(f.Estimates))}
	towards, cov, ok := f.covariance(x, active)
	var found []stats.RankInterval
	if ok {
		report, err := stats.RankIntervals(towards, cov, level, seed)
		if err != nil {
			return fmt.Errorf("%s: %w", f.Metric, err)
		}
		found, r.Method = report.Intervals, report.Method
	} else {
		var err error
		if found, err = f.holmRanks(active, level); err != nil {
			return err
		}
		r.Method = "holm-corrected paired tests"
	}
	for i, side := range active {
		r.Intervals[side] = found[i]
	}
	f.Ranks = r
	return nil
}

// covariance returns the means, higher ones better, and their covariance from the
// errors of the means and of their differences: cov(a, b) = (se²(a) + se²(b) −
// se²(a−b))/2. It is false where an error is unknown or too few clusters tell it.
func (f *ComparedFigure) covariance(x matrix, active []int) ([]float64, [][]float64, bool) {
	k := len(active)
	towards, cov := make([]float64, k), make([][]float64, k)
	place := map[int]int{}
	for i, side := range active {
		m := stats.SumClusters(x.scores[i], x.clusters).Mean()
		towards[i], cov[i], place[side] = m.Mean, make([]float64, k), i
		if f.Direction == LowerIsBetter {
			towards[i] = -m.Mean
		}
		cov[i][i] = m.CR2 * m.CR2
		if math.IsNaN(m.CR2) || m.Clusters < fewClusters {
			return nil, nil, false
		}
	}
	for _, p := range f.Pairs {
		se := p.Comparison.SE
		if !(se > 0) {
			return nil, nil, false
		}
		i, j := place[p.First], place[p.Second]
		cov[i][j] = (cov[i][i] + cov[j][j] - se*se) / 2
		cov[j][i] = cov[i][j]
	}
	return towards, cov, true
}

// holmRanks counts, for each side, those that are shown to be better and worse.
func (f *ComparedFigure) holmRanks(active []int, level float64) ([]stats.RankInterval, error) {
	ps := make([]float64, len(f.Pairs))
	for i, p := range f.Pairs {
		if ps[i] = p.Comparison.P; math.IsNaN(ps[i]) {
			ps[i] = 1
		}
	}
	adjusted, err := stats.AdjustP(ps, stats.Holm)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.Metric, err)
	}
	out := make([]stats.RankInterval, len(active))
	place := map[int]int{}
	for i, side := range active {
		out[i], place[side] = stats.RankInterval{Lower: 1, Upper: len(active)}, i
	}
	for i, p := range f.Pairs {
		if !(adjusted[i] < 1-level) {
			continue
		}
		ahead, behind := place[p.Second], place[p.First]
		if (p.Comparison.Difference > 0) == (f.Direction == LowerIsBetter) {
			ahead, behind = behind, ahead
		}
		out[ahead].Upper--
		out[behind].Lower++
	}
	return out, nil
}
