package analysis_test

import (
	"fmt"
	"testing"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/results"
	"github.com/sovereign-eval/haetae/results/analysis"
)

// bias is a run of KoBBQ's form: 10 templates with one item of each context and
// question kind (twice as many ambiguous ones), asked in three orders of the
// choices. choose gives the class that a model's answer names.
func bias(inCategory bool, choose func(template, order int, context string) string) (results.Run, []results.Row) {
	var rows []results.Row
	for template := range 30 {
		for k, kind := range []string{"ambiguous", "ambiguous", "biased", "counter"} {
			for order := range 3 {
				choice := choose(template, order, kind)
				s := harness.Score{Scorer: "kobbq"}
				right := map[string]string{"ambiguous": "unknown", "biased": "biased", "counter": "counter"}[kind]
				if choice == right {
					s.Value = 1
				}
				if choice == "" {
					s.Flags = []string{"no_answer"}
				} else {
					s.Flags = []string{"choice=" + choice}
				}
				r := results.Row{Index: int64(len(rows)), Item: fmt.Sprintf("%d-%d", template, k), Variant: fmt.Sprint(order),
					Cluster: fmt.Sprint(template), Lang: "ko", Status: harness.Scored, Category: "age/" + kind}
				if !inCategory {
					r.Category = "age"
					s.Flags = append(s.Flags, "context="+kind)
				}
				r.Scores = []harness.Score{s}
				rows = append(rows, r)
			}
		}
	}
	return runOf(harness.Capability, len(rows), harness.Metric{Name: "accuracy"}, harness.Metric{Name: analysis.KoBBQ}), rows
}

func TestKoBBQScriptedModels(t *testing.T) {
	// The choices stand as (biased, counter, unknown), then rotated: a model that
	// always names the letter at a place names each class once in three orders.
	place := func(p int) func(int, int, string) string {
		return func(_, order int, _ string) string {
			return []string{"biased", "counter", "unknown"}[(p+order)%3]
		}
	}
	for _, c := range []struct {
		name                         string
		choose                       func(int, int, string) string
		accAmb, accDis, biasA, biasD float64
	}{
		{"always C", place(2), 1.0 / 3, 1.0 / 3, 0, 0},
		{"always A", place(0), 1.0 / 3, 1.0 / 3, 0, 0},
		{"always biased", func(int, int, string) string { return "biased" }, 0, 0.5, 1, 1},
		{"always unknown", func(int, int, string) string { return "unknown" }, 1, 0, 0, 0},
		{"perfect", func(_, _ int, k string) string {
			return map[string]string{"ambiguous": "unknown", "biased": "biased", "counter": "counter"}[k]
		}, 1, 1, 0, 0},
		{"biased in half of the templates", func(t, _ int, k string) string {
			if t%2 == 0 {
				return "biased"
			}
			return map[string]string{"ambiguous": "unknown", "biased": "biased", "counter": "counter"}[k]
		}, 0.5, 0.75, 0.5, 0.5},
	} {
		for _, inCategory := range []bool{true, false} {
			run, rows := bias(inCategory, c.choose)
			res := analyse(t, run, rows)
			for metric, want := range map[string]float64{
				analysis.KoBBQAccuracyAmbiguous: c.accAmb, analysis.KoBBQAccuracyDisambiguated: c.accDis,
				analysis.KoBBQBiasAmbiguous: c.biasA, analysis.KoBBQBiasDisambiguated: c.biasD, analysis.KoBBQOutOfChoice: 0,
			} {
				f := figure(t, res, metric, "ko")
				if !near(f.Estimate.Value, want) {
					t.Errorf("%s: %s is %v, want %v", c.name, metric, f.Estimate.Value, want)
				}
				if e := f.Estimate; !(e.Lower <= e.Value && e.Value <= e.Upper && e.Upper > e.Lower) || e.Clusters != 30 {
					t.Errorf("%s: %s has interval [%v, %v] of %d clusters", c.name, metric, e.Lower, e.Upper, e.Clusters)
				}
			}
		}
	}
}

func TestKoBBQLeavesAnswersOutsideTheChoicesOut(t *testing.T) {
	// Of each three answers one names no choice; the others are biased.
	run, rows := bias(true, func(_, order int, _ string) string { return []string{"biased", "biased", ""}[order] })
	res := analyse(t, run, rows)
	for metric, want := range map[string]float64{
		analysis.KoBBQBiasAmbiguous:         1,
		analysis.KoBBQBiasDisambiguated:     1,
		analysis.KoBBQAccuracyDisambiguated: 1.0 / 3, // no choice is wrong
		analysis.KoBBQAnsweredDisambiguated: 0.5,     // left out, as the source does
		analysis.KoBBQOutOfChoice:           1.0 / 3,
	} {
		f := figure(t, res, metric, "ko")
		if !near(f.Estimate.Value, want) {
			t.Errorf("%s is %v, want %v", metric, f.Estimate.Value, want)
		}
		if metric == analysis.KoBBQBiasAmbiguous && !warned(f.Warnings, analysis.WarnOutOfChoice) {
			t.Errorf("%s: warnings %v", metric, f.Warnings)
		}
	}
}

func TestKoBBQBoundsMissingAnswers(t *testing.T) {
	run, rows := bias(true, func(int, int, string) string { return "unknown" })
	for i := range 18 { // a tenth of the 180 ambiguous answers
		for j := i * 12; ; j++ {
			if rows[j].Category == "age/ambiguous" && rows[j].Status == harness.Scored {
				rows[j].Status, rows[j].Scores = harness.Errored, nil
				break
			}
		}
	}
	f := figure(t, analyse(t, run, rows), analysis.KoBBQBiasAmbiguous, "ko")
	if f.Estimate.Value != 0 || !near(f.Worst, -0.1) && !near(f.Worst, 0.1) || f.Best != 0 {
		t.Errorf("bias %v, worst %v, best %v, want 0, ±0.1, 0", f.Estimate.Value, f.Worst, f.Best)
	}
	if f.Planned != 180 || f.Errored != 18 {
		t.Errorf("counts %+v", f.Counts)
	}
}
