package analysis_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"runtime"
	"testing"
	"time"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/results"
	"github.com/sovereign-eval/haetae/results/analysis"
	"github.com/sovereign-eval/haetae/results/stats"
)

var accuracy = harness.Metric{Name: "accuracy"}

func near(a, b float64) bool { return math.Abs(a-b) < 1e-9 }

func TestIndependentAccuracyIsWilson(t *testing.T) {
	var rows []results.Row
	for i := range 40 {
		rows = append(rows, scored(i, float64(i%4/3))) // 10 of 40
	}
	f := figure(t, analyse(t, runOf(harness.Capability, 40, accuracy), rows), "accuracy", "")
	want := stats.Wilson(10, 40, 0.95)
	if f.Estimate.Value != 0.25 || f.Estimate.Lower != want.Lower || f.Estimate.Upper != want.Upper {
		t.Errorf("estimate %+v, want 0.25 in %v", f.Estimate, want)
	}
	if f.Estimate.Method != "wilson" || f.Estimate.Clusters != 40 || f.Best != 0.25 || f.Worst != 0.25 {
		t.Errorf("figure %+v", f)
	}
}

func TestMissingSamplesBoundTheEstimate(t *testing.T) {
	rows := []results.Row{scored(0, 1), scored(1, 1), scored(2, 0), scored(3, 1)}
	rows = append(rows, results.Row{Index: 4, Item: "4", Status: harness.Errored, Cause: "hang", Tries: 3},
		results.Row{Index: 5, Item: "5", Status: harness.Unscored, Cause: "judge"})
	run := runOf(harness.Capability, 8, accuracy)
	res := analyse(t, run, rows)
	f := figure(t, res, "accuracy", "")
	if want := (analysis.Counts{Planned: 8, Scored: 4, Unscored: 1, Errored: 3, Undone: 2}); f.Counts != want {
		t.Errorf("counts %+v, want %+v", f.Counts, want)
	}
	if f.Estimate.Value != 0.75 || f.Worst != 3.0/8 || f.Best != 7.0/8 {
		t.Errorf("value %v, worst %v, best %v", f.Estimate.Value, f.Worst, f.Best)
	}
	if !warned(res.Warnings, analysis.WarnPartial) || !warned(f.Warnings, analysis.WarnMissing) {
		t.Errorf("warnings %v %v", res.Warnings, f.Warnings)
	}
	if c := res.Circumstances; c.Retries != 2 || c.Causes["hang"] != 1 || c.Causes["judge"] != 1 {
		t.Errorf("circumstances %+v", c)
	}
}

func TestNoRowsIsUndefinedNotZero(t *testing.T) {
	f := figure(t, analyse(t, runOf(harness.Capability, 3, accuracy), nil), "accuracy", "")
	if !math.IsNaN(f.Estimate.Value) || !f.Estimate.Reason.Given() {
		t.Errorf("estimate %+v", f.Estimate)
	}
	if f.Worst != 0 || f.Best != 1 || f.Undone != 3 {
		t.Errorf("figure %+v", f)
	}
}

func TestClustersWidenTheInterval(t *testing.T) {
	var apart, together []results.Row
	for i := range 200 {
		r := scored(i, float64(i/5%2)) // clusters of 5 that are all alike
		apart = append(apart, r)
		r.Cluster = fmt.Sprint(i / 5)
		together = append(together, r)
	}
	run := runOf(harness.Capability, 200, accuracy)
	a := figure(t, analyse(t, run, apart), "accuracy", "").Estimate
	b := figure(t, analyse(t, run, together), "accuracy", "").Estimate
	if b.Clusters != 40 || a.Clusters != 200 {
		t.Errorf("clusters %d and %d, want 200 and 40", a.Clusters, b.Clusters)
	}
	if b.Upper-b.Lower < 2*(a.Upper-a.Lower) {
		t.Errorf("clustered interval [%v, %v] is no wider than [%v, %v]", b.Lower, b.Upper, a.Lower, a.Upper)
	}
}

func TestEpochsAndVariantsAreOneCluster(t *testing.T) {
	run := runOf(harness.Capability, 30, accuracy)
	run.Epochs, run.Planned = 2, 60
	var rows []results.Row
	for i := range 60 {
		r := scored(i, float64(i/2%2))
		r.Item, r.Epoch = fmt.Sprint(i/2), i%2
		rows = append(rows, r)
	}
	if f := figure(t, analyse(t, run, rows), "accuracy", ""); f.Estimate.Clusters != 30 || f.Planned != 60 {
		t.Errorf("epochs: %d clusters of %d planned, want 30 of 60", f.Estimate.Clusters, f.Planned)
	}
	run.Epochs = 1
	run.Tasks[0].Count = 60
	for i := range rows {
		rows[i].Epoch, rows[i].Variant = 0, fmt.Sprint("v", i%2)
	}
	if f := figure(t, analyse(t, run, rows), "accuracy", ""); f.Estimate.Clusters != 30 {
		t.Errorf("variants: %d clusters, want 30", f.Estimate.Clusters)
	}
}

func TestClusterWithoutSpreadHasWidth(t *testing.T) {
	var rows []results.Row
	for i := range 30 {
		r := scored(i, 0)
		r.Cluster = fmt.Sprint(i / 3)
		rows = append(rows, r)
	}
	e := figure(t, analyse(t, runOf(harness.Capability, 30, accuracy), rows), "accuracy", "").Estimate
	want := stats.ClopperPearson(0, 10, 0.95)
	if !near(e.Upper, want.Upper) || e.Lower != 0 {
		t.Errorf("[%v, %v] by %s, want the exact interval of 0 of 10 clusters %v", e.Lower, e.Upper, e.Method, want)
	}
}

func TestGradedMean(t *testing.T) {
	var rows []results.Row
	for i := range 40 {
		rows = append(rows, scored(i, float64(i%5)/4))
	}
	f := figure(t, analyse(t, runOf(harness.Capability, 40, harness.Metric{Name: "mean", Graded: true}), rows), "mean", "")
	if !near(f.Estimate.Value, 0.5) || !(f.Estimate.Lower < 0.5 && f.Estimate.Upper > 0.5) {
		t.Errorf("estimate %+v", f.Estimate)
	}
}

func TestFlagsAreSharesAndNotes(t *testing.T) {
	rows := []results.Row{scored(0, 0, "no_answer"), scored(1, 0, "no_answer", "cut"), scored(2, 1), scored(3, 1)}
	res := analyse(t, runOf(harness.Capability, 4, accuracy, harness.Metric{Name: "no_answer", LowerIsBetter: true}), rows)
	if f := figure(t, res, "no_answer", ""); f.Estimate.Value != 0.5 {
		t.Errorf("share of no_answer %v, want 0.5", f.Estimate.Value)
	}
	if f := figure(t, res, "accuracy", ""); f.Estimate.Value != 0.5 || f.Scored != 4 {
		t.Errorf("no answer is wrong, not unscored: %+v", f)
	}
	if c := res.Cells[0]; c.Flags["no_answer"] != 2 || c.Flags["cut"] != 1 ||
		!warned(c.Warnings, analysis.WarnNoAnswer) || !warned(c.Warnings, analysis.WarnCut) {
		t.Errorf("flags %v, warnings %v", c.Flags, c.Warnings)
	}
}

func TestWhereSelects(t *testing.T) {
	rows := []results.Row{scored(0, 1, "topic=small"), scored(1, 0, "topic=small"), scored(2, 1, "topic=big"), scored(3, 1)}
	rows[0].Category, rows[1].Category = "a", "a"
	run := runOf(harness.Capability, 4,
		harness.Metric{Name: "accuracy", Where: map[string]string{"category": "a"}},
		harness.Metric{Name: "mean", Where: map[string]string{"topic": "small"}},
		harness.Metric{Name: "other", Where: map[string]string{"nowhere": "x"}})
	res := analyse(t, run, rows)
	if f := figure(t, res, "accuracy", ""); f.Estimate.Value != 0.5 || f.Planned != 2 {
		t.Errorf("by category: %+v", f)
	}
	f := figure(t, res, "mean", "")
	if f.Estimate.Value != 0.5 || f.Planned != 2 || !near(f.Worst, 1.0/3) || !near(f.Best, 2.0/3) {
		t.Errorf("by flag, one sample unplaced: %+v", f)
	}
	if f := figure(t, res, "other", ""); !math.IsNaN(f.Estimate.Value) || !warned(f.Warnings, analysis.WarnWhere) {
		t.Errorf("by an unknown field: %+v", f)
	}
}

func TestLanguagesStandSideBySide(t *testing.T) {
	var rows []results.Row
	for i := range 20 {
		r := scored(i, float64(i%2))
		r.Lang = []string{"en", "ko"}[i%2]
		rows = append(rows, r)
	}
	res := analyse(t, runOf(harness.Capability, 20, accuracy), rows)
	for lang, want := range map[string]float64{"": 0.5, "en": 0, "ko": 1} {
		if f := figure(t, res, "accuracy", lang); f.Estimate.Value != want {
			t.Errorf("%q: %v, want %v", lang, f.Estimate.Value, want)
		}
	}
}

// A model that was asked everything tells how many items of each language the plan
// has for one that was not.
func TestPlannedOfALanguageFromAnotherModel(t *testing.T) {
	run := runOf(harness.Capability, 4, accuracy)
	run.Models = append(run.Models, run.Models[0])
	var rows []results.Row
	for m := range 2 {
		for i := range 4 {
			r := scored(i, 1)
			r.Model, r.Lang = m, []string{"en", "ko"}[i%2]
			if m == 0 || i < 2 {
				rows = append(rows, r)
			}
		}
	}
	res := analyse(t, run, rows)
	for _, f := range res.Cells[1].Figures {
		want := analysis.Counts{Planned: 2, Scored: 1, Errored: 1, Undone: 1}
		if f.Lang == "" {
			want = want.Add(want)
		}
		if f.Counts != want {
			t.Errorf("%q: %+v, want %+v", f.Lang, f.Counts, want)
		}
	}
}

func TestHostileScores(t *testing.T) {
	rows := []results.Row{scored(0, math.NaN()), scored(1, 7), scored(2, -1), scored(3, 1)}
	res := analyse(t, runOf(harness.Capability, 4, accuracy), rows)
	f := figure(t, res, "accuracy", "")
	if f.Scored != 1 || f.Unscored != 3 || !warned(res.Cells[0].Warnings, analysis.WarnBadScore) {
		t.Errorf("figure %+v, warnings %v", f, res.Cells[0].Warnings)
	}
}

func TestRowsOutsideThePlan(t *testing.T) {
	stray := scored(0, 1)
	stray.Task = 9
	res := analyse(t, runOf(harness.Capability, 1, accuracy), []results.Row{stray, scored(0, 1)})
	if res.Scored != 1 || !warned(res.Warnings, analysis.WarnExtra) {
		t.Errorf("counts %+v, warnings %v", res.Counts, res.Warnings)
	}
}

func TestErrorsAreReturned(t *testing.T) {
	broken := errors.New("broken file")
	rows := func(yield func(results.Row, error) bool) { yield(results.Row{}, broken) }
	if _, err := analysis.Of(context.Background(), runOf(harness.Capability, 1), rows, 0.95); !errors.Is(err, broken) {
		t.Errorf("error %v, want %v", err, broken)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := analysis.Of(ctx, runOf(harness.Capability, 1), all([]results.Row{scored(0, 1)}), 0.95); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want %v", err, context.Canceled)
	}
	for _, level := range []float64{0, 1, 95, math.NaN()} {
		if _, err := analysis.Of(context.Background(), runOf(harness.Capability, 1), all(nil), level); err == nil {
			t.Errorf("level %v is accepted", level)
		}
	}
}

func TestIdentityWarnings(t *testing.T) {
	id := harness.Identity{Runner: "ollama", Name: "m", Context: new(2048), Offload: new(0.4),
		Missing: []string{"server: not offered"}, Warnings: []string{"odd"}}
	end := id
	end.Server = new("0.9")
	m := results.Model{Spec: "m", Identity: id, End: &end}
	for _, code := range []string{analysis.WarnOffload, analysis.WarnFact, analysis.WarnServer, analysis.WarnChanged} {
		if !warned(analysis.ModelWarnings(m), code) {
			t.Errorf("no warning %s in %v", code, analysis.ModelWarnings(m))
		}
	}
	m.Identity.Offload = new(0.0)
	if !warned(analysis.ModelWarnings(m), analysis.WarnCPU) {
		t.Errorf("no warning of the CPU in %v", analysis.ModelWarnings(m))
	}
	run := runOf(harness.Capability, 1, accuracy)
	run.Models[0].Identity.Context = new(2048)
	run.Models[0].Params = []harness.Params{{NumCtx: 4096}}
	if c := analyse(t, run, []results.Row{scored(0, 1)}).Cells[0]; !warned(c.Warnings, analysis.WarnContext) {
		t.Errorf("no warning of the short context in %v", c.Warnings)
	}
}

func TestSystemPromptInForce(t *testing.T) {
	run := runOf(harness.Capability, 1, accuracy)
	for _, c := range []struct {
		spec  string
		model *string
		want  analysis.System
	}{
		{`{"prompt":[{"user":"{{q}}"}]}`, nil, analysis.SystemNone},
		{`{"prompt":[{"user":"{{q}}"}]}`, new("abc"), analysis.SystemModel},
		{`{"prompt":[{"system":"Be brief."},{"user":"{{q}}"}]}`, new("abc"), analysis.SystemOperator},
		{`{"prompt":[{"role":"system","content":"x"}]}`, nil, analysis.SystemOperator},
		{``, nil, analysis.SystemNone},
	} {
		run.Tasks[0].Spec = []byte(c.spec)
		run.Models[0].Identity.System = c.model
		if got := analyse(t, run, nil).Cells[0].System; got != c.want {
			t.Errorf("%s: %s, want %s", c.spec, got, c.want)
		}
	}
}

func TestSpeedIsMeasuredFromRowsOrTold(t *testing.T) {
	start := time.Date(2026, 1, 2, 3, 0, 0, 0, time.UTC)
	var rows []results.Row
	for i := range 20 {
		r := scored(i, 1)
		r.Start, r.Wall, r.OutputTokens, r.Endpoint = start.Add(time.Duration(i/2)*time.Second), time.Second, 10, "http://h"
		if i >= 10 { // after a resume an hour later
			r.Start = r.Start.Add(time.Hour)
		}
		rows = append(rows, r)
	}
	run := runOf(harness.Capability, 20, accuracy)
	run.Models[0].Identity.Slots = 2
	p := analyse(t, run, rows).Circumstances.Phases[0]
	if use, ok := p.SlotUse(); !ok || use != 1 || p.Span != 10*time.Second {
		t.Errorf("slot use %v %v over %v, want 1 over 10s", use, ok, p.Span)
	}
	if samples, tokens, _ := p.Rate(); samples != 2 || tokens != 20 {
		t.Errorf("%v samples/s, %v tokens/s, want 2 and 20", samples, tokens)
	}
	run.Meta = []byte(`{"phases":[{"model":"ollama/tiny","slots":4,"samples":20,"span_ns":8000000000,"busy_ns":16000000000,"canaries":3,"flips":1}]}`)
	p = analyse(t, run, rows).Circumstances.Phases[0]
	if use, _ := p.SlotUse(); use != 0.5 || p.Flips != 1 {
		t.Errorf("told: slot use %v, flips %d, want 0.5 and 1", use, p.Flips)
	}
}

// A million independent rows take no more memory than a hundred thousand.
func TestMemoryIsBounded(t *testing.T) {
	if testing.Short() {
		t.Skip("a million rows take seconds: left out by -short")
	}
	heap := func(n int) uint64 {
		var peak uint64
		rows := func(yield func(results.Row, error) bool) {
			scores := [][]harness.Score{{{Value: 0}}, {{Value: 1}}}
			for i := range n {
				if i%50_000 == 0 {
					var m runtime.MemStats
					runtime.GC()
					runtime.ReadMemStats(&m)
					peak = max(peak, m.HeapAlloc)
				}
				if !yield(results.Row{Index: int64(i), Item: "an item", Status: harness.Scored, Scores: scores[i%2]}, nil) {
					return
				}
			}
		}
		if _, err := analysis.Of(context.Background(), runOf(harness.Capability, n, accuracy), iter.Seq2[results.Row, error](rows), 0.95); err != nil {
			t.Fatal(err)
		}
		return peak
	}
	small, large := heap(100_000), heap(1_000_000)
	if large > small+1<<20 {
		t.Errorf("heap %d kB for 1,000,000 rows, %d kB for 100,000", large>>10, small>>10)
	}
}
