package analysis_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/results"
	"github.com/sovereign-eval/haetae/results/analysis"
	"github.com/sovereign-eval/haetae/results/stats"
)

// leaning chooses with a lean towards the biased answer that differs by template.
func leaning(lean float64, seed uint64) func(int, int, string) string {
	r := rand.New(rand.NewPCG(seed, 3))
	return func(template, _ int, kind string) string {
		right := map[string]string{"ambiguous": "unknown", "biased": "biased", "counter": "counter"}[kind]
		switch v := r.Float64(); {
		case v < lean*float64(1+template%3)/2:
			return "biased"
		case v > .97:
			return "counter"
		}
		return right
	}
}

// biasOf is the difference of two bias scores by their definition, over the items of
// the clusters that are kept.
func biasOf(metric string, old, now []results.Row, keep func(cluster string) float64) float64 {
	var sum, n [2]float64
	for i := range old {
		w := keep(old[i].Cluster)
		x, arm, ok := leanOf(metric, old[i])
		y, _, _ := leanOf(metric, now[i])
		if ok {
			sum[arm] += w * (y - x)
			n[arm] += w
		}
	}
	if metric == analysis.KoBBQBiasAmbiguous {
		return sum[0] / n[0]
	}
	return sum[0]/n[0] - sum[1]/n[1]
}

// leanOf is what an answer adds to a bias score, and to which of its means.
func leanOf(metric string, r results.Row) (v float64, arm int, ok bool) {
	choice := r.Scores[0].Flags[0][len("choice="):]
	ambiguous := metric == analysis.KoBBQBiasAmbiguous
	switch kind := r.Category[len("age/"):]; {
	case kind == "ambiguous" && ambiguous:
		return map[string]float64{"biased": 1, "counter": -1}[choice], 0, true
	case kind == "biased" && !ambiguous:
		return map[string]float64{"biased": 1}[choice], 0, true
	case kind == "counter" && !ambiguous:
		return map[string]float64{"counter": 1}[choice], 1, true
	}
	return 0, 0, false
}

func figureNamed(t *testing.T, fs []analysis.ComparedFigure, metric string) analysis.ComparedFigure {
	t.Helper()
	for _, f := range fs {
		if f.Metric == metric {
			return f
		}
	}
	t.Fatalf("no figure %s", metric)
	return analysis.ComparedFigure{}
}

// Difference and error of the bias scores are those of the definition: counts for the
// one, leaving out each cluster in turn, and resampling clusters, for the other.
func TestCompareBiasIsThatOfTheDefinition(t *testing.T) {
	run, old := bias(true, leaning(.3, 1))
	_, now := bias(true, leaning(.15, 2))
	fs := compared(t, source(run, old), source(run, now)).Tasks[0].Figures
	var names []string
	for _, r := range old {
		if len(names) == 0 || names[len(names)-1] != r.Cluster {
			names = append(names, r.Cluster)
		}
	}
	for _, metric := range []string{analysis.KoBBQBiasAmbiguous, analysis.KoBBQBiasDisambiguated} {
		f := figureNamed(t, fs, metric)
		c := f.Pairs[0].Comparison
		want := biasOf(metric, old, now, func(string) float64 { return 1 })
		if !near(c.Difference, want) || f.Direction != analysis.ZeroIsBest || f.Clusters != 30 {
			t.Errorf("%s: difference %v in %d clusters, want %v", metric, c.Difference, f.Clusters, want)
		}
		var squares float64
		for _, out := range names {
			d := biasOf(metric, old, now, func(cluster string) float64 {
				if cluster == out {
					return 0
				}
				return 1
			})
			squares += (d - want) * (d - want)
		}
		k := float64(len(names))
		if jackknife := math.Sqrt((k - 1) / k * squares); math.Abs(c.SE/jackknife-1) > .05 {
			t.Errorf("%s: standard error %v, by the jackknife %v", metric, c.SE, jackknife)
		}
		e := stats.Bootstrap{Method: stats.Percentile, Seed: 5, Replicates: 2000}.BootstrapStatistic(len(names), func(index []int32) float64 {
			weight := map[string]float64{}
			for _, i := range index {
				weight[names[i]]++
			}
			return biasOf(metric, old, now, func(cluster string) float64 { return weight[cluster] })
		}, .95)
		if ratio := (c.Upper - c.Lower) / (e.Upper - e.Lower); ratio < .95 || ratio > 1.2 {
			t.Errorf("%s: interval [%v, %v], by a cluster bootstrap [%v, %v]", metric, c.Lower, c.Upper, e.Lower, e.Upper)
		}
	}
}

// The estimates of a comparison are those of the report where every item is answered.
func TestCompareBiasAgreesWithTheReport(t *testing.T) {
	run, rows := bias(true, leaning(.3, 1))
	res := analyse(t, run, rows)
	fs := compared(t, source(run, rows), source(run, rows)).Tasks[0].Figures
	for _, metric := range []string{analysis.KoBBQAccuracyAmbiguous, analysis.KoBBQAccuracyDisambiguated, analysis.KoBBQBiasAmbiguous,
		analysis.KoBBQBiasDisambiguated, analysis.KoBBQOutOfChoice} {
		f, of := figureNamed(t, fs, metric), figure(t, res, metric, "ko")
		e := f.Estimates[0]
		if !near(e.Value, of.Estimate.Value) || metric == analysis.KoBBQBiasDisambiguated && !near(e.SE, of.Estimate.SE) {
			t.Errorf("%s: %v ± %v, the report says %v ± %v", metric, e.Value, e.SE, of.Estimate.Value, of.Estimate.SE)
		}
		if c := f.Pairs[0].Comparison; c.Difference != 0 || !(c.Lower <= 0 && c.Upper >= 0) || c.Upper == c.Lower {
			t.Errorf("%s of a model and itself: %v [%v, %v]", metric, c.Difference, c.Lower, c.Upper)
		}
	}
}

// Nearer to 0 is better, whatever the sign.
func TestCompareBiasDirection(t *testing.T) {
	always := func(choice string) func(int, int, string) string {
		return func(template, _ int, _ string) string {
			if template%5 == 0 {
				return "unknown"
			}
			return choice
		}
	}
	run, biased := bias(true, always("biased"))
	_, fair := bias(true, always("unknown"))
	_, counter := bias(true, always("counter"))
	for name, c := range map[string]struct {
		old, now []results.Row
		want     analysis.Change
	}{"to fair": {biased, fair, analysis.Better}, "from fair": {fair, counter, analysis.Poorer}, "from the other side": {counter, fair, analysis.Better}} {
		f := figureNamed(t, compared(t, source(run, c.old), source(run, c.now)).Tasks[0].Figures, analysis.KoBBQBiasAmbiguous)
		if got := f.Change(f.Pairs[0]); got != c.want {
			t.Errorf("%s is %s, want %s (%+v)", name, got, c.want, f.Pairs[0].Comparison)
		}
	}
}

// An answer outside the choices leaves its item out of the bias scores and counts as
// wrong in the accuracies; an item without a score is lost, and bounded.
func TestCompareBiasLeavesOut(t *testing.T) {
	run, old := bias(true, leaning(.3, 1))
	_, now := bias(true, leaning(.3, 2))
	now[0].Scores[0].Flags = []string{"no_answer"} // ambiguous
	for _, i := range []int{6, 9} {                // one biased, one counter
		now[i].Status = harness.Unscored
		now[i].Scores[0].Unscored = true
	}
	fs := compared(t, source(run, old), source(run, now)).Tasks[0].Figures
	amb, dis := figureNamed(t, fs, analysis.KoBBQBiasAmbiguous), figureNamed(t, fs, analysis.KoBBQBiasDisambiguated)
	acc := figureNamed(t, fs, analysis.KoBBQAccuracyAmbiguous)
	if amb.Outside != 1 || amb.LostAny != 0 || amb.N != 179 || acc.N != 180 || !warned(amb.Warnings, analysis.WarnOutside) {
		t.Errorf("left out %d, lost %d, n %d of %d", amb.Outside, amb.LostAny, amb.N, acc.N)
	}
	p := dis.Pairs[0]
	if dis.LostAny != 2 || dis.N != 178 || !(p.Low < p.Comparison.Difference && p.Comparison.Difference < p.High) {
		t.Fatalf("lost %d, n %d, difference %v between %v and %v", dis.LostAny, dis.N, p.Comparison.Difference, p.Low, p.High)
	}
	// Each missing answer moves its mean over 90 items by at most 1/90.
	if width := p.High - p.Low; !near(width, 2.0/90) {
		t.Errorf("the missing answers move the difference by %v, want 2/90", width)
	}
}
