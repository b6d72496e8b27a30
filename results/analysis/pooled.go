package analysis

import (
	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/results"
	"github.com/sovereign-eval/haetae/results/stats"
)

// Pooled is J of a model over all batteries of a run in one language, with the
// weights that the suite declares. Languages are never pooled.
type Pooled struct {
	Model    int
	Lang     string
	Tasks    []int
	Weights  []float64 // they sum to 1
	Estimate stats.Estimate
}

// pooled returns nothing unless every safety task of the run has a declared weight and
// there are at least two.
func pooled(run results.Run, cells []Cell, level float64) []Pooled {
	var tasks []int
	var total float64
	for t, task := range run.Tasks {
		if task.Kind != harness.Safety {
			continue
		}
		if task.Battery == nil || task.Battery.Weight == nil {
			return nil
		}
		tasks, total = append(tasks, t), total+*task.Battery.Weight
	}
	if len(tasks) < 2 || !(total > 0) {
		return nil
	}
	var out []Pooled
	for m := range run.Models {
		at := func(t int) Cell { return cells[m*len(run.Tasks)+t] }
		for _, g := range at(tasks[0]).Safety {
			p := Pooled{Model: m, Lang: g.Lang}
			var parts stats.Estimates
			whole := true
			for _, t := range tasks {
				p.Tasks, p.Weights = append(p.Tasks, t), append(p.Weights, *run.Tasks[t].Battery.Weight/total)
				h, ok := at(t).group(g.Lang)
				whole = whole && ok && h.Assessable
				parts = append(parts, h.Rate(J).Estimate)
			}
			p.Estimate = undefined(0, 0, level, stats.Because(ReasonBattery, "a battery is not assessable"))
			if whole {
				p.Estimate = parts.Pool(p.Weights, level)
			}
			out = append(out, p)
		}
	}
	return out
}

// group returns the evidence of a language.
func (c Cell) group(lang string) (Group, bool) {
	for _, g := range c.Safety {
		if g.Lang == lang {
			return g, true
		}
	}
	return Group{}, false
}
