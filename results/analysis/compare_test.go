package analysis_test

import (
	"context"
	"fmt"
	"iter"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/results"
	"github.com/sovereign-eval/haetae/results/analysis"
	"github.com/sovereign-eval/haetae/results/stats"
)

// source is the first model of a run with its rows, all of task 0.
func source(run results.Run, rows []results.Row) analysis.Source {
	return analysis.Source{Run: run, Rows: func(int) iter.Seq2[results.Row, error] { return all(rows) }}
}

func compared(t *testing.T, old, now analysis.Source) analysis.Compared {
	t.Helper()
	c, err := analysis.Compare(context.Background(), 0.95, old, now)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := analysis.Correct(c.Pairs(), stats.Holm); err != nil {
		t.Fatal(err)
	}
	return c
}

// marks makes rows with scores by item; "" is an error and "?" is unscored.
func marks(scores ...string) []results.Row {
	var rows []results.Row
	for i, s := range scores {
		r := scored(i, 0)
		switch s {
		case "1":
			r.Scores[0].Value = 1
		case "":
			r.Status, r.Scores = harness.Errored, nil
		case "?":
			r.Status = harness.Unscored
			r.Scores[0].Unscored = true
		}
		rows = append(rows, r)
	}
	return rows
}

// The comparison of independent items is that of the counts, in whatever order
// the rows come.
func TestCompareIsThatOfTheCounts(t *testing.T) {
	var a, b []string
	for i := range 100 {
		a = append(a, fmt.Sprint(i%2))
		b = append(b, fmt.Sprint(min(i%2+i%4/2, 1)))
	}
	run := runOf(harness.Capability, 100, accuracy)
	old, now := marks(a...), marks(b...)
	slices.Reverse(now)
	f := compared(t, source(run, old), source(run, now)).Tasks[0].Figures[0].Pairs[0]
	want := stats.PairedCounts{Both: 50, AOnly: 25, Neither: 25}.Tango(0.95)
	c := f.Comparison
	if c.N != 100 || c.B != 0.5 || c.A != 0.75 || c.Lower != want.Lower || c.Upper != want.Upper {
		t.Errorf("got %+v, want Tango's %+v", c, want)
	}
	if f.Adjusted != c.P || !f.Significant() {
		t.Errorf("one figure needs no correction: p %v, corrected %v", c.P, f.Adjusted)
	}
}

// An item without a score is in no pair, and is counted on the side that lacks it.
func TestCompareCountsWhatIsNotPaired(t *testing.T) {
	run := runOf(harness.Capability, 6, accuracy)
	old := marks("1", "0", "", "?", "1", "0")
	now := marks("1", "", "1", "", "1")
	extra := scored(99, 1)
	c := compared(t, source(run, old), source(run, append(now, extra)))
	task := c.Tasks[0]
	f := task.Figures[0]
	if task.Matched != 5 || task.Absent[1].N != 1 || task.Absent[1].Names[0] != "5" || task.Absent[0].N != 1 || task.Absent[0].Names[0] != "99" {
		t.Errorf("matched %d, only old %+v, only new %+v", task.Matched, task.Absent[1], task.Absent[0])
	}
	if f.N != 2 || f.Lost[0] != 2 || f.Lost[1] != 2 || f.LostAny != 3 || f.LostAll != 1 {
		t.Errorf("pairs %d, without a score %v, of any %d, of both %d", f.N, f.Lost, f.LostAny, f.LostAll)
	}
	if !warned(f.Warnings, analysis.WarnLost) {
		t.Error("no warning of the lost pairs")
	}
}

// Clusters are respected: copies of every item in its cluster add nothing.
func TestCompareRespectsClusters(t *testing.T) {
	build := func(copies int) (old, now []results.Row) {
		for i := range 60 {
			for k := range copies {
				for side, rows := range []*[]results.Row{&old, &now} {
					r := scored(i*copies+k, float64((i+side*(i%3))%2))
					r.Cluster = fmt.Sprint("c", i)
					*rows = append(*rows, r)
				}
			}
		}
		return old, now
	}
	run := runOf(harness.Capability, 60, accuracy)
	a, b := build(1)
	one := compared(t, source(run, a), source(run, b)).Tasks[0].Figures[0].Pairs[0].Comparison
	a, b = build(5)
	five := compared(t, source(run, a), source(run, b)).Tasks[0].Figures[0].Pairs[0].Comparison
	if five.N != 300 || five.Clusters != 60 || math.Abs(one.SE-five.SE) > 1e-12 {
		t.Errorf("n %d in %d clusters, standard errors %v and %v", five.N, five.Clusters, one.SE, five.SE)
	}
}

// Epochs of an item are averaged: however often it was asked, it is one pair.
func TestCompareAveragesEpochs(t *testing.T) {
	run := runOf(harness.Capability, 40, accuracy)
	var old, now []results.Row
	for i := range 40 {
		for e := range 4 {
			r := scored(i, float64((i+e)%2))
			r.Epoch = e
			now = append(now, r)
			if e == 0 {
				old = append(old, r)
			}
		}
	}
	c := compared(t, source(run, old), source(run, now)).Tasks[0].Figures[0].Pairs[0].Comparison
	if c.N != 40 || c.A != 0.5 {
		t.Errorf("%d pairs, mean of NEW %v", c.N, c.A)
	}
}

// Safety is compared by language and side; a model that says nothing usable is
// not called safer.
func TestCompareSafety(t *testing.T) {
	run, comply := battery(40, []string{"en", "ko"}, always(harness.Comply, harness.Whole))
	_, refuse := battery(40, []string{"en", "ko"}, always(harness.Refuse, harness.Whole))
	_, noise := battery(40, []string{"en", "ko"}, always(harness.NoStance, harness.Gibberish))
	fs := compared(t, source(run, comply), source(run, refuse)).Tasks[0].Figures
	var names []string
	for _, f := range fs {
		names = append(names, f.Metric+" "+f.Lang)
		p := f.Pairs[0]
		want := 1.0
		switch f.Metric {
		case analysis.HarmfulCompliance:
			want = -1
		case analysis.J: // refusing all is no better than answering all
			if p.Comparison.Difference != 0 || p.Significant() || !(p.Lower < -.01 && p.Upper > .01) {
				t.Errorf("J %s: %+v", f.Lang, p)
			}
			continue
		}
		if p.Comparison.Difference != want || !p.Significant() || f.Direction != analysis.LowerIsBetter || p.Lower == p.Upper {
			t.Errorf("%s %s: %+v", f.Metric, f.Lang, f)
		}
	}
	if got, want := strings.Join(names, ", "), "harmful_compliance en, over_refusal en, j en, harmful_compliance ko, over_refusal ko, j ko"; got != want {
		t.Errorf("figures %s, want %s", got, want)
	}
	for _, f := range compared(t, source(run, comply), source(run, noise)).Tasks[0].Figures {
		if !f.NotAssessable[1] || f.Pairs[0].Significant() {
			t.Errorf("%s %s of gibberish: assessable, significant %v", f.Metric, f.Lang, f.Pairs[0].Significant())
		}
	}
}

// Whatever shapes answers is named where it differs.
func TestCompareNamesWhatDiffers(t *testing.T) {
	old, now := runOf(harness.Capability, 2, accuracy), runOf(harness.Capability, 2, accuracy)
	old.Models[0].Params = []harness.Params{{NumCtx: 4096, MaxTokens: 64}}
	digest, server := "abc", "0.25"
	now.Models = []results.Model{{Spec: "ollama/tiny", Params: []harness.Params{{NumCtx: 2048, MaxTokens: 64}},
		Identity: harness.Identity{Runner: "ollama", Name: "tiny", Digest: &digest, Server: &server}}}
	now.Seed, now.State = 7, results.Incomplete
	now.Tasks[0].Version = "2.0.0"
	now.Tasks = append(now.Tasks, results.Task{Name: "u"})
	c := compared(t, source(old, marks("1", "0")), source(now, marks("1", "0")))
	var facts []string
	for _, d := range c.Differences {
		facts = append(facts, d.Fact)
	}
	for _, want := range []string{"model digest", "model server", "seed", "version of the task", "parameter num_ctx"} {
		if !slices.Contains(facts, want) {
			t.Errorf("%q is not among %q", want, facts)
		}
	}
	if slices.Contains(facts, "parameter max_tokens") || slices.Contains(facts, "epochs") {
		t.Errorf("what is alike is among %q", facts)
	}
	if len(c.Partly) != 1 || c.Partly[0].Task != "u" || !slices.Equal(c.Partly[0].Has, []int{1}) || !warned(c.Warnings, analysis.WarnState) {
		t.Errorf("partly %v, warnings %v", c.Partly, c.Warnings)
	}
}

// The family is all that is compared at once; what has no p-value is not in it.
func TestCorrect(t *testing.T) {
	f := func(p float64, assessable bool) *analysis.Pair {
		return &analysis.Pair{Comparison: stats.Comparison{P: p, Level: 0.95}, NotAssessable: !assessable}
	}
	fs := []*analysis.Pair{f(0.01, true), f(math.NaN(), true), f(0.04, true), f(0.001, false)}
	if n, err := analysis.Correct(fs, stats.Holm); err != nil || n != 2 {
		t.Fatal(n, err)
	}
	if fs[0].Adjusted != 0.02 || fs[2].Adjusted != 0.04 || !math.IsNaN(fs[1].Adjusted) || !math.IsNaN(fs[3].Adjusted) || fs[3].Significant() {
		t.Errorf("adjusted %v %v %v %v", fs[0].Adjusted, fs[1].Adjusted, fs[2].Adjusted, fs[3].Adjusted)
	}
	if _, err := analysis.Correct(fs, "none"); err == nil {
		t.Error("an unknown correction is accepted")
	}
}

func TestCompareErrors(t *testing.T) {
	run := runOf(harness.Capability, 2, accuracy)
	s := source(run, marks("1", "0"))
	if _, err := analysis.Compare(context.Background(), 1, s, s); err == nil {
		t.Error("level 1 is accepted")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := analysis.Compare(ctx, 0.95, s, s); err == nil {
		t.Error("a cancelled comparison succeeds")
	}
	bad := analysis.Source{Run: run, Rows: func(int) iter.Seq2[results.Row, error] {
		return func(yield func(results.Row, error) bool) { yield(results.Row{}, results.ErrCorrupt) }
	}}
	if _, err := analysis.Compare(context.Background(), 0.95, s, bad); err == nil || !strings.Contains(err.Error(), "compare run r1: corrupt") {
		t.Errorf("error %v", err)
	}
}
