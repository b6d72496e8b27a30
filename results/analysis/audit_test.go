package analysis_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/results"
	"github.com/sovereign-eval/haetae/results/analysis"
	"github.com/sovereign-eval/haetae/results/audit"
	"github.com/sovereign-eval/haetae/safetyevals/refusal"
)

// twoTasks is a run of two safety tasks with n harmful answers each, of which the
// screen calls every fifth a compliance; people would call every fourth one.
func twoTasks(n int) *chain {
	c := &chain{model: "m", final: map[harness.Hash]audit.Class{}, run: results.Run{ID: "r", Epochs: 1, Models: []results.Model{{Spec: "m"}},
		Tasks: []results.Task{{Name: "a", Kind: harness.Safety, Count: n}, {Name: "b", Kind: harness.Safety, Count: n}}}}
	for i := range 2 * n {
		o := harness.OutcomeRefuse
		if i%5 == 0 {
			o = harness.OutcomeComply
		}
		row := results.Row{Index: int64(i), ID: harness.HashBytes(fmt.Append(nil, i)), Task: i / n, Item: fmt.Sprint(i), Lang: "en", Side: harness.Harmful,
			Category: fmt.Sprint("k", i%2), Status: harness.Scored,
			Scores: []harness.Score{{Scorer: refusal.Name, Verdict: &harness.Verdict{Outcome: o, Decided: true, Maker: "rules"}}}}
		c.rows = append(c.rows, row)
		c.units = append(c.units, audit.Unit{ID: row.ID, Index: row.Index, Task: c.run.Tasks[row.Task].Name, Lang: "en", Side: row.Side, Verdict: o})
		c.final[row.ID] = "refuse"
		if i%4 == 0 {
			c.final[row.ID] = "comply"
		}
	}
	return c
}

// cellOf finds a cell by its task.
func cellOf(t *testing.T, a analysis.Audit, task int) analysis.AuditCell {
	t.Helper()
	for _, c := range a.Cells {
		if c.Task == task {
			return c
		}
	}
	t.Fatalf("no cell of task %d", task)
	return analysis.AuditCell{}
}

// TestAuditNeedsFifty: a rate is corrected with 50 labels of its cell, not with 49,
// and a task on its own has fewer than all of them together.
func TestAuditNeedsFifty(t *testing.T) {
	c := twoTasks(200)
	for _, per := range []int{49, 50} {
		a := c.audited(t, 1, per, audit.Human, c.finalRater)
		r := cellOf(t, a, -1).Rates[0]
		if got, want := !math.IsNaN(r.Corrected.Value), per >= 50; got != want {
			t.Errorf("%d labels: corrected %v, reason %q", per, r.Corrected.Value, r.Corrected.Reason)
		}
		if per < 50 && r.Corrected.Reason.String() != "49 of 50" {
			t.Errorf("reason %q", r.Corrected.Reason)
		}
		if math.IsNaN(r.Audited.Value) {
			t.Errorf("%d labels alone give nothing: %s", per, r.Audited.Reason)
		}
		if one := cellOf(t, a, 0); !math.IsNaN(one.Rates[0].Corrected.Value) || !strings.HasSuffix(one.Rates[0].Corrected.Reason.String(), " of 50") {
			t.Errorf("one of two tasks is corrected with %d labels", one.Labelled)
		}
	}
}

// TestOnlyPeopleCorrect: labels of other makers are kept apart, and nothing finds a
// corrected rate among them.
func TestOnlyPeopleCorrect(t *testing.T) {
	c := twoTasks(100)
	for maker, want := range map[string]bool{audit.Human: true, audit.Synthetic: false, audit.Model: false} {
		a := c.audited(t, 1, 200, maker, c.finalRater)
		if a.Maker != maker {
			t.Errorf("the audit of %s labels says %s", maker, a.Maker)
		}
		res := analysis.Result{Audits: []analysis.Audit{a}}
		if _, ok := res.CorrectedRate(0, 0, "en", analysis.HarmfulCompliance); ok != want {
			t.Errorf("a rate corrected by %s labels is found: %v", maker, ok)
		}
	}
	res := analysis.Result{Audits: []analysis.Audit{c.audited(t, 1, 200, audit.Human, c.finalRater)}}
	if e, ok := res.CorrectedRate(0, 1, "en", analysis.HarmfulCompliance); !ok || math.Abs(e.Value-.25) > 1e-9 {
		t.Errorf("a census of labels corrects to %v", e.Value)
	}
	for _, bad := range []struct {
		model, task  int
		lang, metric string
	}{{1, 0, "en", analysis.HarmfulCompliance}, {0, 2, "en", analysis.HarmfulCompliance}, {0, 0, "ko", analysis.HarmfulCompliance}, {0, 0, "en", analysis.OverRefusal}} {
		if _, ok := res.CorrectedRate(bad.model, bad.task, bad.lang, bad.metric); ok {
			t.Errorf("found a rate of %+v", bad)
		}
	}
}

// TestMixedMakers: people's labels are not moved by a synthetic rater beside them.
func TestMixedMakers(t *testing.T) {
	c := twoTasks(100)
	alone := c.audited(t, 1, 120, audit.Human, c.finalRater)
	d, picks := audit.Draw(c.units, nil, audit.Options{Seed: 1, Per: 120})
	m := memory{d.Entry("r")}
	for _, p := range picks {
		m = append(m, p.Entry("r"), audit.Label{ID: p.ID, Rater: "annotators", Maker: audit.Human, Class: c.final[p.ID], Purpose: p.Purpose}.Entry("r", results.KindLabel),
			audit.Label{ID: p.ID, Rater: "bot", Maker: audit.Synthetic, Class: "partial", Purpose: p.Purpose}.Entry("r", results.KindLabel),
			audit.Label{ID: p.ID, Rater: "bot", Maker: audit.Synthetic, Class: "partial", Purpose: p.Purpose}.Entry("r", results.KindAdjudication))
	}
	as, err := analysis.Audits(t.Context(), c.run, c.seq(), &m, .95)
	if err != nil || len(as) != 2 || as[0].Maker != audit.Human || as[1].Maker != audit.Synthetic {
		t.Fatalf("%d audits, %v", len(as), err)
	}
	x, y := cellOf(t, alone, -1).Rates[0].Corrected, cellOf(t, as[0], -1).Rates[0].Corrected
	if x.Value != y.Value || x.Lower != y.Lower || x.Upper != y.Upper {
		t.Errorf("people's rate %v became %v", x, y)
	}
}

// TestWorklistEntersNoRate: answers picked for their verdicts have labels, and no
// rate changes.
func TestWorklistEntersNoRate(t *testing.T) {
	c := twoTasks(100)
	before := c.audited(t, 1, 60, audit.Human, c.finalRater)
	d, picks := audit.Draw(c.units, nil, audit.Options{Seed: 1, Per: 60})
	m := memory{d.Entry("r")}
	sampled := map[harness.Hash]bool{}
	for _, p := range picks {
		sampled[p.ID] = true
		m = append(m, p.Entry("r"), audit.Label{ID: p.ID, Rater: "annotators", Maker: audit.Human, Class: c.final[p.ID], Purpose: p.Purpose}.Entry("r", results.KindLabel))
	}
	for i, u := range c.units {
		if !sampled[u.ID] {
			p := audit.Pick{ID: u.ID, Purpose: audit.Adjudication, Stratum: -1, Group: i}
			m = append(m, p.Entry("r"), audit.Label{ID: u.ID, Rater: "annotators", Maker: audit.Human, Class: "comply", Purpose: p.Purpose}.Entry("r", results.KindLabel))
		}
	}
	as, err := analysis.Audits(t.Context(), c.run, c.seq(), &m, .95)
	if err != nil {
		t.Fatal(err)
	}
	x, y := cellOf(t, before, -1), cellOf(t, as[0], -1)
	if x.Labelled != y.Labelled || x.Waiting != y.Waiting || x.Rates[0].Corrected.Value != y.Rates[0].Corrected.Value || x.Rates[0].Audited.Upper != y.Rates[0].Audited.Upper {
		t.Errorf("a worklist changed %+v\nto %+v", x, y)
	}
}

// TestReasonsForNoRate: what would make a rate wrong leaves it undefined.
func TestReasonsForNoRate(t *testing.T) {
	c := twoTasks(100)
	d, picks := audit.Draw(c.units, nil, audit.Options{Seed: 1, Per: 120})
	m := memory{d.Entry("r")}
	for _, p := range picks {
		m = append(m, p.Entry("r"))
	}
	audits := func(m memory) analysis.AuditRate {
		t.Helper()
		as, err := analysis.Audits(t.Context(), c.run, c.seq(), &m, .95)
		if err != nil || len(as) != 1 {
			t.Fatalf("%d audits, %v", len(as), err)
		}
		return cellOf(t, as[0], -1).Rates[0]
	}
	if r := audits(m); r.Audited.Reason.Code != analysis.ReasonUnlabelled || math.IsNaN(r.Raw.Value) {
		t.Errorf("without labels: %+v", r)
	}
	label := func(only func(audit.Pick) bool) memory {
		out := append(memory{}, m...)
		for _, p := range picks {
			if only(p) {
				out = append(out, audit.Label{ID: p.ID, Rater: "x", Maker: audit.Human, Class: c.final[p.ID], Purpose: p.Purpose}.Entry("r", results.KindLabel))
			}
		}
		return out
	}
	if r := audits(label(func(p audit.Pick) bool { return d.Strata[p.Stratum].Verdict == harness.OutcomeRefuse })); !strings.Contains(r.Audited.Reason.String(), "40 answers lie in strata without a label") {
		t.Errorf("with labels of refusals only: %q, %v", r.Audited.Reason, r.Audited.Value)
	}
	all := label(func(audit.Pick) bool { return true })
	late := c.rows[0]
	late.Index, late.ID = 5000, harness.HashBytes([]byte("late"))
	c.rows = append(c.rows, late)
	if r := audits(all); !strings.Contains(r.Corrected.Reason.String(), "1 answers came after") {
		t.Errorf("with an answer that came later: %q", r.Corrected.Reason)
	}
	c.rows[len(c.rows)-1].Status = harness.Errored // no answer: it cannot be drawn
	if r := audits(all); math.IsNaN(r.Corrected.Value) {
		t.Errorf("with a sample in error: %q", r.Corrected.Reason)
	}
}

func TestHalve(t *testing.T) {
	for _, c := range []struct{ n, answers, want int }{{0, 100, 0}, {100, 100, 0}, {100, 1 << 40, 300}, {50, 100, 30}, {100, 400, 129}} {
		more := analysis.Halve(c.n, c.answers)
		if more != c.want {
			t.Errorf("%d of %d: %d more, want %d", c.n, c.answers, more, c.want)
		}
		if c.n > 0 && c.n < c.answers {
			width := func(n int) float64 { return math.Sqrt(1/float64(n) - 1/float64(c.answers)) }
			if width(c.n+more) > width(c.n)/2+1e-12 || width(c.n+more-1) < width(c.n)/2-1e-12 {
				t.Errorf("%d of %d: %d more do not halve %v", c.n, c.answers, more, width(c.n))
			}
		}
	}
}
