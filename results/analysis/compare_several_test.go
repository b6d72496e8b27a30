package analysis_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/results"
	"github.com/sovereign-eval/haetae/results/analysis"
	"github.com/sovereign-eval/haetae/results/stats"
)

// drawn are rows of a model that is right with a probability, on items that share
// clusters and differ in difficulty; the same seed draws the same difficulties.
func drawn(items int, right float64, model uint64) []results.Row {
	hard, luck := rand.New(rand.NewPCG(7, 7)), rand.New(rand.NewPCG(model, 1))
	var rows []results.Row
	for i := range items {
		r := scored(i, 0)
		r.Lang, r.Cluster = []string{"en", "ko"}[i%2], fmt.Sprint("c", i/4)
		if hard.Float64()*.7+luck.Float64()*.3 < right {
			r.Scores[0].Value = 1
		}
		rows = append(rows, r)
	}
	return rows
}

func several(t *testing.T, sources ...analysis.Source) analysis.Compared {
	t.Helper()
	c, err := analysis.Compare(context.Background(), 0.95, sources...)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := analysis.Correct(c.Pairs(), stats.Holm); err != nil {
		t.Fatal(err)
	}
	return c
}

// Every pair of many is what a comparison of just these two gives, where no score is
// missing.
func TestCompareManyIsEveryPair(t *testing.T) {
	for _, graded := range []bool{false, true} {
		run := runOf(harness.Capability, 240, harness.Metric{Name: "accuracy", Graded: graded})
		var sources []analysis.Source
		for m := range 4 {
			sources = append(sources, source(run, drawn(240, .4+.1*float64(m), uint64(m))))
		}
		for f, figure := range several(t, sources...).Tasks[0].Figures {
			if len(figure.Pairs) != 6 {
				t.Fatalf("%d pairs of 4 models", len(figure.Pairs))
			}
			for _, p := range figure.Pairs {
				two := several(t, sources[p.First], sources[p.Second]).Tasks[0].Figures[f].Pairs[0]
				if fmt.Sprint(two.Comparison) != fmt.Sprint(p.Comparison) {
					t.Errorf("%s %q, %d and %d:\n%+v\n%+v", figure.Metric, figure.Lang, p.First, p.Second, p.Comparison, two.Comparison)
				}
				if want := figure.Estimates[p.Second].Value - figure.Estimates[p.First].Value; !near(want, p.Comparison.Difference) {
					t.Errorf("difference %v, of the estimates %v", p.Comparison.Difference, want)
				}
			}
		}
	}
}

// The figure of a language is that of a comparison of its rows alone.
func TestCompareByLanguage(t *testing.T) {
	run := runOf(harness.Capability, 240, accuracy)
	a, b := drawn(240, .4, 1), drawn(240, .6, 2)
	fs := compared(t, source(run, a), source(run, b)).Tasks[0].Figures
	if len(fs) != 3 || fs[0].Lang != "" || fs[0].N != 240 {
		t.Fatalf("%d figures, the first of %q", len(fs), fs[0].Lang)
	}
	for _, f := range fs[1:] {
		only := func(rows []results.Row) []results.Row {
			return slices.DeleteFunc(slices.Clone(rows), func(r results.Row) bool { return r.Lang != f.Lang })
		}
		alone := compared(t, source(run, only(a)), source(run, only(b))).Tasks[0].Figures
		if len(alone) != 1 || alone[0].Lang != f.Lang || fmt.Sprint(alone[0].Pairs[0].Comparison) != fmt.Sprint(f.Pairs[0].Comparison) {
			t.Errorf("%s: %+v, alone %+v", f.Lang, f.Pairs[0].Comparison, alone[0].Pairs[0].Comparison)
		}
	}
}

// Low and High are the least and greatest difference of all ways to fill in the
// missing scores, and the interval holds the interval of every one of them.
func TestCompareBoundsMissingScores(t *testing.T) {
	run := runOf(harness.Capability, 24, accuracy)
	old, now := drawn(24, .5, 1), drawn(24, .6, 2)
	var holes []*results.Row
	for i := range 3 {
		holes = append(holes, &old[5*i], &now[7*i])
	}
	for _, r := range holes {
		r.Status = harness.Unscored
		r.Scores[0].Unscored = true
	}
	p := compared(t, source(run, old), source(run, now)).Tasks[0].Figures[0].Pairs[0]
	low, high, lower, upper := math.Inf(1), math.Inf(-1), math.Inf(1), math.Inf(-1)
	for way := range 1 << len(holes) {
		for i, r := range holes {
			r.Status, r.Scores[0].Unscored, r.Scores[0].Value = harness.Scored, false, float64(way>>i&1)
		}
		c := compared(t, source(run, old), source(run, now)).Tasks[0].Figures[0].Pairs[0].Comparison
		low, high = min(low, c.Difference), max(high, c.Difference)
		lower, upper = min(lower, c.Lower), max(upper, c.Upper)
	}
	if !near(p.Low, low) || !near(p.High, high) {
		t.Errorf("difference between %v and %v, want %v and %v", p.Low, p.High, low, high)
	}
	if p.Lower > lower+1e-9 || p.Upper < upper-1e-9 {
		t.Errorf("interval [%v, %v], of all ways [%v, %v]", p.Lower, p.Upper, lower, upper)
	}
	if c := p.Comparison; !(p.Low <= c.Difference && c.Difference <= p.High && p.Lower <= c.Lower && c.Upper <= p.Upper) {
		t.Errorf("%+v does not hold the scored pairs", p)
	}
}

// Models that differ clearly have one rank each; alike ones share theirs. Few clusters
// leave it to the corrected paired tests.
func TestCompareRanks(t *testing.T) {
	run := runOf(harness.Capability, 400, accuracy)
	shares := []float64{.2, .5, .5, .8}
	var sources []analysis.Source
	for m, share := range shares {
		sources = append(sources, source(run, drawn(400, share, uint64(m+10))))
	}
	f := several(t, sources...).Tasks[0].Figures[0]
	want := []stats.RankInterval{{Lower: 4, Upper: 4}, {Lower: 2, Upper: 3}, {Lower: 2, Upper: 3}, {Lower: 1, Upper: 1}}
	if f.Ranks == nil || !reflect.DeepEqual(f.Ranks.Intervals, want) {
		t.Errorf("ranks %+v, want %v", f.Ranks, want)
	}
	if f.Ranks.Method != "step-down, gaussian draws, t" {
		t.Errorf("ranks by %s, want the critical values of Student's t", f.Ranks.Method)
	}
	run.Tasks[0].Metrics[0].LowerIsBetter = true
	low := several(t, sources...).Tasks[0].Figures[0]
	for i, r := range low.Ranks.Intervals {
		if turned := (stats.RankInterval{Lower: 5 - want[i].Upper, Upper: 5 - want[i].Lower}); r != turned {
			t.Errorf("model %d, lower is better: ranks %v, want %v", i, r, turned)
		}
	}
	var few []analysis.Source
	for m, share := range shares {
		few = append(few, source(run, drawn(64, share, uint64(m+10))))
	}
	f = several(t, few...).Tasks[0].Figures[0]
	if f.Clusters != 16 || f.Ranks.Method != "holm-corrected paired tests" {
		t.Fatalf("%d clusters, ranks by %s", f.Clusters, f.Ranks.Method)
	}
	checkHolmRanks(t, f)
}

// checkHolmRanks counts by hand who is shown to be ahead of whom, lower being better.
func checkHolmRanks(t *testing.T, f analysis.ComparedFigure) {
	t.Helper()
	var ps []float64
	for _, p := range f.Pairs {
		ps = append(ps, p.Comparison.P)
	}
	adjusted, err := stats.AdjustP(ps, stats.Holm)
	if err != nil {
		t.Fatal(err)
	}
	shown := 0
	for side := range f.Estimates {
		lower, upper := 1, len(f.Estimates)
		for i, p := range f.Pairs {
			if adjusted[i] >= .05 || p.First != side && p.Second != side {
				continue
			}
			shown++
			if best := p.Comparison.Difference < 0; best == (p.Second == side) {
				upper--
			} else {
				lower++
			}
		}
		if want := (stats.RankInterval{Lower: lower, Upper: upper}); f.Ranks.Intervals[side] != want {
			t.Errorf("side %d: ranks %v, want %v", side, f.Ranks.Intervals[side], want)
		}
	}
	if shown == 0 {
		t.Error("nothing is shown: the test says nothing")
	}
}

// A model that is not assessable takes no place and is in no pair; what differs is
// told for every side.
func TestCompareManyLeavesOutTheUnassessable(t *testing.T) {
	run, comply := battery(40, []string{"en"}, always(harness.Comply, harness.Whole))
	_, refuse := battery(40, []string{"en"}, always(harness.Refuse, harness.Whole))
	_, noise := battery(40, []string{"en"}, always(harness.NoStance, harness.Gibberish))
	other := run
	other.Seed = 99
	c := several(t, source(run, comply), source(run, noise), source(other, refuse))
	for _, f := range c.Tasks[0].Figures {
		if len(f.Pairs) != 1 || f.Pairs[0].First != 0 || f.Pairs[0].Second != 2 || !f.NotAssessable[1] || (f.Ranks == nil) != (f.Metric == analysis.J) || f.Ranks != nil && f.Ranks.Intervals[1].Lower != 0 {
			t.Errorf("%s: pairs %+v, ranks %+v", f.Metric, f.Pairs, f.Ranks)
		}
		if want := map[string]analysis.Change{analysis.HarmfulCompliance: analysis.Better, analysis.OverRefusal: analysis.Poorer, analysis.J: analysis.NoChange}[f.Metric]; f.Change(f.Pairs[0]) != want {
			t.Errorf("%s: refusing all is %s, want %s", f.Metric, f.Change(f.Pairs[0]), want)
		}
	}
	if d := c.Differences; len(d) != 1 || d[0].Fact != "seed" || !slices.Equal(d[0].Values, []string{"0", "0", "99"}) {
		t.Errorf("differences %v", d)
	}
	if c.Sides[0].Name != "A" || c.Sides[2].Name != "C" {
		t.Errorf("sides %v", c.Sides)
	}
}

// The answer to the question of the margin, for all directions.
func TestNoWorse(t *testing.T) {
	pair := func(lower, upper, mde float64) analysis.Pair {
		return analysis.Pair{Second: 1, Lower: lower, Upper: upper, Comparison: stats.Comparison{N: 100, Lower: lower, Upper: upper, MDE: mde}}
	}
	lost := pair(-.01, .03, .02)
	lost.Lower, lost.Upper = -.2, .2
	off := pair(-.01, .03, .02)
	off.NotAssessable = true
	nan := math.NaN()
	for i, c := range []struct {
		direction analysis.Direction
		pair      analysis.Pair
		old       [2]float64 // interval of the old estimate
		want      analysis.Verdict
	}{
		{analysis.HigherIsBetter, pair(-.01, .09, .02), [2]float64{}, analysis.NoWorse},
		{analysis.HigherIsBetter, pair(-.09, .01, .04), [2]float64{}, analysis.NotShown},
		{analysis.HigherIsBetter, pair(-.09, .01, .06), [2]float64{}, analysis.CannotShow},
		{analysis.HigherIsBetter, pair(-.09, -.06, .01), [2]float64{}, analysis.Worse},
		{analysis.HigherIsBetter, pair(-.05, .1, .04), [2]float64{}, analysis.NotShown}, // the bound is not within
		{analysis.HigherIsBetter, pair(-.2, .2, nan), [2]float64{}, analysis.CannotShow},
		{analysis.HigherIsBetter, lost, [2]float64{}, analysis.NoWorseScored},
		{analysis.HigherIsBetter, off, [2]float64{}, analysis.NoVerdict},
		{analysis.HigherIsBetter, pair(nan, nan, nan), [2]float64{}, analysis.NoVerdict},
		{analysis.LowerIsBetter, pair(-.09, .01, .02), [2]float64{}, analysis.NoWorse},
		{analysis.LowerIsBetter, pair(.06, .09, .02), [2]float64{}, analysis.Worse},
		{analysis.ZeroIsBest, pair(-.04, .04, .03), [2]float64{.1, .2}, analysis.NoWorse},
		{analysis.ZeroIsBest, pair(-.2, -.1, .02), [2]float64{-.3, -.2}, analysis.Worse},
		{analysis.ZeroIsBest, pair(-.2, -.1, .02), [2]float64{.1, .2}, analysis.NotShown}, // towards 0, perhaps past it
		{analysis.ZeroIsBest, pair(.1, .2, .02), [2]float64{.1, .2}, analysis.Worse},
	} {
		f := analysis.ComparedFigure{Direction: c.direction, Estimates: []stats.Estimate{{Lower: c.old[0], Upper: c.old[1]}, {}}}
		if got := f.NoWorse(c.pair, .05); got != c.want {
			t.Errorf("case %d: %s, want %s", i, got, c.want)
		}
	}
	if n := pair(0, 0, .1).ItemsFor(.05); n != 400 {
		t.Errorf("half the detectable difference needs %v items, want 400", n)
	}
}

func TestCompareTooManySides(t *testing.T) {
	s := source(runOf(harness.Capability, 2, accuracy), marks("1", "0"))
	for _, k := range []int{0, 1, analysis.MaxSides + 1} {
		if _, err := analysis.Compare(context.Background(), .95, slices.Repeat([]analysis.Source{s}, k)...); err == nil {
			t.Errorf("%d sides are compared", k)
		}
	}
	c := several(t, slices.Repeat([]analysis.Source{s}, analysis.MaxSides)...)
	if n := len(c.Tasks[0].Figures[0].Pairs); n != analysis.MaxSides*(analysis.MaxSides-1)/2 {
		t.Errorf("%d pairs", n)
	}
}
