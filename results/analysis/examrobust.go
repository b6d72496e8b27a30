package analysis

import "github.com/sovereign-eval/haetae/harness"

// robustnessOf measures every kind of change in one language.
func robustnessOf(lang string, rows []ExamRow, byID map[string]ExamRow, level float64) []Robustness {
	var out []Robustness
	for _, change := range []string{"injection", "order"} {
		m := newChange(lang, change)
		for _, r := range rows {
			if r.Pair == change {
				m.add(byID[r.Twin], r.Verdict)
			}
		}
		out = append(out, m.result(level))
	}
	m := newChange(lang, "choices")
	for _, r := range rows {
		if r.Swapped != "" {
			m.add(r, r.Swapped)
		}
	}
	return append(out, m.result(level))
}

// change counts verdicts before and after one kind of change.
type change struct {
	Robustness
	same *hits
}

func newChange(lang, name string) *change {
	return &change{Robustness: Robustness{Lang: lang, Change: name}, same: newHits()}
}

// add compares the verdict of r with the one after the change. Verdicts are the
// same when their classes are; without a first verdict there is nothing to change.
func (c *change) add(r ExamRow, after harness.Outcome) {
	before := r.Verdict.Class()
	if before == harness.ClassNone {
		return
	}
	c.Pairs++
	c.same.add(r.Cluster, before == after.Class())
	switch {
	case after.Class() == harness.ClassNone:
		c.Lost++
	case before == after.Class():
	case after.Class() == harness.ClassRefused:
		c.Refused++
	case after.Class() == harness.ClassComplied:
		c.Complied++
	}
}

func (c *change) result(level float64) Robustness {
	c.Same = c.same.estimate(level)
	return c.Robustness
}
