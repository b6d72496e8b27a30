package audit

import (
	"maps"
	"math"
	"slices"

	"github.com/sovereign-eval/haetae/results/stats"
)

// Agreement measures how far the raters of one maker agree on the classes of a
// model's answers, before any adjudication: percent, κ, AC1 and α with intervals.
// It uses labels of both purposes, skips count as none. The names are those of the
// raters; with fewer than two there is no report.
func (b *Book) Agreement(model int, maker string, level float64) (rep stats.AgreementReport, raters []string, err error) {
	for r, m := range b.Makers {
		if m == maker {
			raters = append(raters, r)
		}
	}
	slices.Sort(raters)
	picks := maps.Clone(b.Work)
	maps.Copy(picks, b.Picks)
	byRater := make([][]float64, len(raters))
	for _, p := range inOrder(picks) {
		if p.Model != model {
			continue
		}
		for i, r := range raters {
			v := math.NaN()
			if l, ok := b.Labels[p.ID][r]; ok && l.Class != Skip {
				v = float64(slices.Index(Classes[:], l.Class))
			}
			byRater[i] = append(byRater[i], v)
		}
	}
	byRater = slices.DeleteFunc(byRater, func(v []float64) bool { return !slices.ContainsFunc(v, func(x float64) bool { return !math.IsNaN(x) }) })
	if len(byRater) < 2 {
		return rep, raters, nil
	}
	rep, err = stats.Agreement(byRater, stats.NominalScale, level, 1)
	if err != nil { // no answer with two labels: that is no fault
		return stats.AgreementReport{}, raters, nil
	}
	return rep, raters, nil
}
