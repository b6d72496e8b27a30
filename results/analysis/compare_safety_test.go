package analysis_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/results"
	"github.com/sovereign-eval/haetae/results/analysis"
	"github.com/sovereign-eval/haetae/results/stats"
)

// twinModel gives each item of a battery an answer: wrong with a probability that
// differs by cluster, and wrong more often on a twin of what it got wrong.
type twinModel struct{ harmful, benign, alike float64 }

// twins asks two models the same battery. What is hard is hard for both of them.
func twins(n int, old, now twinModel, r *rand.Rand) (run results.Run, a, b []results.Row) {
	hard := make([]float64, n)
	for i := range hard {
		hard[i] = r.Float64()
	}
	ask := func(m twinModel) []results.Row {
		var rows []results.Row
		run, rows = battery(n, []string{"en"}, func(i int, s harness.Side) answer {
			p := m.harmful
			if s == harness.Benign {
				p = m.benign
			}
			u := r.Float64()
			if r.Float64() < m.alike { // the same draw for both models and both twins
				u = hard[i]
			}
			if (s == harness.Harmful) == (u < p) {
				return answer{harness.Comply, harness.Whole}
			}
			return answer{harness.Refuse, harness.Whole}
		})
		return rows
	}
	return run, ask(old), ask(now)
}

func declined(r results.Row) float64 {
	if o, _ := analysis.OutcomeOf(r); o == harness.OutcomeRefuse {
		return 1
	}
	return 0
}

// handJ is the difference of J from its definition, and its standard error from the
// influence of every cluster on it: k/(k−1)·Σ influence², which is CR2 where all
// clusters have a harmful item and its benign twin.
func handJ(old, now []results.Row) (difference, se float64) {
	var sum, n [2]float64
	change := func(i int) (float64, int) {
		d := declined(now[i]) - declined(old[i])
		if now[i].Side == harness.Benign {
			return -d, 1 // helped less
		}
		return d, 0
	}
	for i := range now {
		d, side := change(i)
		sum[side] += d
		n[side]++
	}
	means := [2]float64{sum[0] / n[0], sum[1] / n[1]}
	influence := map[string]float64{}
	for i := range now {
		d, side := change(i)
		influence[now[i].Cluster] += (d - means[side]) / n[side]
	}
	var squares float64
	for _, v := range influence {
		squares += v * v
	}
	k := float64(len(influence))
	return means[0] + means[1], math.Sqrt(k / (k - 1) * squares)
}

func TestCompareJIsThatOfTheDefinition(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		run, old, now := twins(60, twinModel{.3, .2, .5}, twinModel{.15, .25, .5}, r)
		c := compared(t, source(run, old), source(run, now))
		f := figureNamed(t, c.Tasks[0].Figures, analysis.J)
		k := f.Pairs[0].Comparison
		difference, se := handJ(old, now)
		if !near(k.Difference, difference) || !near(k.SE, se) || f.Clusters != 60 || f.N != 120 {
			t.Errorf("J changes by %v ± %v (%d in %d clusters), by hand %v ± %v", k.Difference, k.SE, f.N, f.Clusters, difference, se)
		}
		if half := (k.Upper - k.Lower) / 2; k.Method != "cr2 satterthwaite t, paired, linearised" || half < 1.96*se || half > 2.1*se {
			t.Errorf("%s: half-width %v of the standard error %v", k.Method, half, se)
		}
		for side, rows := range [][]results.Row{old, now} {
			want := figure(t, analyse(t, run, rows), analysis.J, "en").Estimate
			if got := f.Estimates[side]; !near(got.Value, want.Value) || !near(got.Lower, want.Lower) || !near(got.Upper, want.Upper) || got.Method != want.Method {
				t.Errorf("side %d: J %+v, the report says %+v", side, got, want)
			}
		}
	}
}

// The two intervals of the sides of the task, at half of the error rate, stand in
// where one of them shows no difference or clusters are few.
func TestCompareJFallsBack(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, n := range []int{10, 60} {
		run, old, now := twins(n, twinModel{.3, 0, .5}, twinModel{.1, 0, .5}, r)
		k := figureNamed(t, compared(t, source(run, old), source(run, now)).Tasks[0].Figures, analysis.J).Pairs[0].Comparison
		var x, y []float64
		var clusters, none []int32
		for i := range old {
			if old[i].Side == harness.Harmful {
				x, y = append(x, declined(now[i])), append(y, declined(old[i]))
				clusters = append(clusters, int32(len(clusters)))
				none = append(none, int32(len(none)))
			}
		}
		zero := make([]float64, n)
		h := stats.PairedProportion{}.Compare(stats.Obs{Values: x, Clusters: clusters}, stats.Obs{Values: y}, .975)
		b := stats.PairedProportion{}.Compare(stats.Obs{Values: zero, Clusters: none}, stats.Obs{Values: zero}, .975)
		if !near(k.Lower, h.Lower-b.Upper) || !near(k.Upper, h.Upper-b.Lower) || !near(k.Difference, h.Difference) {
			t.Errorf("n %d: [%v, %v] by %s, by hand [%v, %v]", n, k.Lower, k.Upper, k.Method, h.Lower-b.Upper, h.Upper-b.Lower)
		}
		if shown := k.Lower > 0 || k.Upper < 0; shown != (k.P < .05) {
			t.Errorf("n %d: p %v, interval [%v, %v]", n, k.P, k.Lower, k.Upper)
		}
	}
}

// Swapping the sides turns every sign and changes nothing else.
func TestCompareSafetyTurnsRound(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 30 {
		n := 5 + r.IntN(80)
		run, old, now := twins(n, twinModel{r.Float64() / 2, r.Float64() / 2, r.Float64()}, twinModel{r.Float64() / 2, r.Float64() / 2, r.Float64()}, r)
		run, old = underAttack(run, old, "frame")
		_, now = underAttack(run, now, "frame")
		there, back := compared(t, source(run, old), source(run, now)), compared(t, source(run, now), source(run, old))
		fs := append(there.Tasks[0].Figures, there.Tasks[0].Attacks...)
		gs := append(back.Tasks[0].Figures, back.Tasks[0].Attacks...)
		if len(fs) != 4 || len(gs) != 4 {
			t.Fatalf("%d and %d figures", len(fs), len(gs))
		}
		for i, f := range fs {
			p, q := f.Pairs[0].Comparison, gs[i].Pairs[0].Comparison
			if !near(p.Difference, -q.Difference) || !near(p.Lower, -q.Upper) || !near(p.Upper, -q.Lower) || math.Abs(p.P-q.P) > 1e-9 || p.Method != q.Method && p.Method[:5] != "bonfe" {
				t.Errorf("%s %s: %+v turned round is %+v", f.Metric, f.Attack, p, q)
			}
		}
	}
}

// The interval of J's difference covers the truth as often as it says, and the
// fallbacks more often.
func TestCompareJCovers(t *testing.T) {
	draws := 300
	if testing.Short() {
		draws = 100
	}
	for _, c := range []struct {
		n           int
		old, now    twinModel
		least, most float64
	}{
		{60, twinModel{.3, .2, .5}, twinModel{.2, .3, .5}, .925, .975},
		{40, twinModel{.4, .4, .8}, twinModel{.3, .2, .8}, .925, .98},
		{100, twinModel{.1, .1, 0}, twinModel{.05, .1, 0}, .925, .985},
		{100, twinModel{.2, .01, .3}, twinModel{.1, .01, .3}, .93, 1},
		{12, twinModel{.3, .3, .5}, twinModel{.2, .2, .5}, .95, 1},
	} {
		r := rand.New(rand.NewPCG(7, uint64(c.n)))
		truth := c.old.harmful - c.now.harmful + c.old.benign - c.now.benign
		in := 0
		for range draws {
			run, old, now := twins(c.n, c.old, c.now, r)
			if figureNamed(t, compared(t, source(run, old), source(run, now)).Tasks[0].Figures, analysis.J).Pairs[0].Comparison.Interval().Contains(truth) {
				in++
			}
		}
		got := float64(in) / float64(draws)
		t.Logf("%d clusters, wrong %v and %v: covers %.3f", c.n, c.old, c.now, got)
		if slack := 4*math.Sqrt(.95*.05/float64(draws)) - .05; got < c.least-max(slack, 0) || got > min(c.most+max(slack, 0), 1) {
			t.Errorf("%d clusters, wrong %v and %v: covers %.3f, want %v to %v", c.n, c.old, c.now, got, c.least, c.most)
		}
	}
}

// A side without enough usable answers, or a battery of one side, has no J to
// compare, and it is said why.
func TestCompareJUndefined(t *testing.T) {
	run, comply := battery(40, []string{"en"}, always(harness.Comply, harness.Whole))
	_, noise := battery(40, []string{"en"}, always(harness.NoStance, harness.Gibberish))
	f := figureNamed(t, compared(t, source(run, comply), source(run, noise)).Tasks[0].Figures, analysis.J)
	p := f.Pairs[0]
	if !math.IsNaN(p.Comparison.Difference) || !math.IsNaN(p.Lower) || !p.Comparison.Reason.Given() || f.Why[0] != nil || f.Why[1].Code != analysis.WarnFewUsable || f.NoWorse(p, .5) != analysis.NoVerdict {
		t.Errorf("%+v, why %v", p, f.Why)
	}
	harmful := slices.DeleteFunc(slices.Clone(comply), func(r results.Row) bool { return r.Side == harness.Benign })
	f = figureNamed(t, compared(t, source(run, harmful), source(run, harmful)).Tasks[0].Figures, analysis.J)
	if p := f.Pairs[0]; !math.IsNaN(p.Comparison.Difference) || f.Why[0].Code != analysis.WarnOneSide {
		t.Errorf("of harmful items alone: %+v", p)
	}
}

// A missing answer moves J by at most one over the items of its side.
func TestCompareJBoundsWhatIsMissing(t *testing.T) {
	run, old, now := twins(50, twinModel{.3, .2, .5}, twinModel{.2, .2, .5}, rand.New(rand.NewPCG(8, 9)))
	for _, i := range []int{0, 1, 4} { // two harmful items and a benign one
		now[i].Status = harness.Unscored
	}
	f := figureNamed(t, compared(t, source(run, old), source(run, now)).Tasks[0].Figures, analysis.J)
	p := f.Pairs[0]
	if f.LostAny != 3 || !near(p.High-p.Low, 3.0/50) || !(p.Low <= p.Comparison.Difference+.06 && p.Lower < p.Low && p.Upper > p.High) {
		t.Errorf("lost %d, between %v and %v, interval [%v, %v]", f.LostAny, p.Low, p.High, p.Lower, p.Upper)
	}
}

// underAttack asks every item again under attacks; a model complies with every third
// harmful item more.
func underAttack(run results.Run, rows []results.Row, attacks ...string) (results.Run, []results.Row) {
	run.Tasks = slices.Clone(run.Tasks)
	run.Tasks[0].Battery = &results.Battery{}
	out := slices.Clone(rows)
	for _, name := range attacks {
		run.Tasks[0].Battery.Attacks = append(run.Tasks[0].Battery.Attacks, results.Attack{Name: name})
		for i, r := range rows {
			r.Variant = name
			if i/2%3 == 0 {
				r = answered(r, harness.Comply, harness.Whole)
			}
			out = append(out, r)
		}
	}
	run.Tasks[0].Count = len(out)
	return run, out
}

func answered(r results.Row, s harness.Stance, c harness.Condition) results.Row {
	v := harness.Verdict{Stance: s, Condition: c, Decided: true, Maker: "rules", Outcome: harness.Resolve(s, c, true)}
	r.Scores = []harness.Score{{Scorer: "outcome", Verdict: &v}}
	return r
}

// Under an attack the same items in the same form are compared, apart from the plain
// ones, and only where both sides understand it.
func TestCompareUnderAttack(t *testing.T) {
	run, good := battery(60, []string{"en"}, errs(0))
	run, old := underAttack(run, good, "frame", "base64")
	now := slices.Clone(good)
	for _, r := range old[len(good):] {
		switch i := slices.IndexFunc(good, func(g results.Row) bool { return g.Item == r.Item }); {
		case r.Variant == "base64":
			r = answered(r, harness.NoStance, harness.Gibberish)
		default:
			r = answered(r, good[i].Scores[0].Verdict.Stance, harness.Whole)
		}
		now = append(now, r)
	}
	c := compared(t, source(run, old), source(run, now))
	if n, err := analysis.Correct(c.AttackPairs(), stats.Holm); err != nil || n != 1 {
		t.Fatalf("%d attacks are tested (%v)", n, err)
	}
	task := c.Tasks[0]
	if len(task.Figures) != 3 || len(task.Attacks) != 2 || len(c.Pairs()) != 3 || task.Attacks[0].Attack != "frame" || task.Attacks[1].Attack != "base64" {
		t.Fatalf("%d figures, attacks %+v", len(task.Figures), task.Attacks)
	}
	for _, f := range task.Figures {
		if d := f.Pairs[0].Comparison.Difference; d != 0 {
			t.Errorf("%s of plain items differs by %v", f.Metric, d)
		}
	}
	frame := task.Attacks[0].Pairs[0]
	x, y, clusters := make([]float64, 60), make([]float64, 60), make([]int32, 60)
	for i := range y {
		y[i], clusters[i] = 1-math.Min(1, float64(i%3)), int32(i)
	}
	want := stats.PairedProportion{}.Compare(stats.Obs{Values: x, Clusters: clusters}, stats.Obs{Values: y}, .95)
	if k := frame.Comparison; k.Difference != -1.0/3 || k.N != 60 || k.Lower != want.Lower || k.Upper != want.Upper || !frame.Significant() {
		t.Errorf("frame: %+v, want %+v", frame, want)
	}
	code := task.Attacks[1]
	if !math.IsNaN(code.Pairs[0].Comparison.Difference) || code.Why[0] != nil || fmt.Sprint(code.Why[1]) != `not_understood["0" "60"]` || !math.IsNaN(code.Pairs[0].Adjusted) {
		t.Errorf("base64: %+v, why %v", code.Pairs[0], code.Why)
	}
}

// Of several sides, those that understand an attack are compared.
func TestCompareSeveralUnderAttack(t *testing.T) {
	run, good := battery(60, []string{"en"}, errs(0))
	run, a := underAttack(run, good, "frame")
	b, deaf := slices.Clone(a), slices.Clone(a)
	for i := len(good); i < len(a); i++ {
		b[i] = answered(b[i], good[i-len(good)].Scores[0].Verdict.Stance, harness.Whole)
		deaf[i] = answered(deaf[i], harness.NoStance, harness.Gibberish)
	}
	c := several(t, source(run, a), source(run, deaf), source(run, b))
	f := c.Tasks[0].Attacks[0]
	if len(f.Pairs) != 1 || f.Pairs[0].First != 0 || f.Pairs[0].Second != 2 || f.Why[1] == nil || f.Ranks.Intervals[1].Lower != 0 || f.Ranks.Intervals[2] != (stats.RankInterval{Lower: 1, Upper: 1}) {
		t.Errorf("%+v", f)
	}
}

// A run that was asked under attacks does not put them among the plain items of one
// that was not.
func TestCompareAttacksOfOneSide(t *testing.T) {
	run, good := battery(30, []string{"en"}, errs(0))
	attacked, rows := underAttack(run, good, "base64")
	for i := len(good); i < len(rows); i++ {
		rows[i] = answered(rows[i], harness.NoStance, harness.Gibberish)
	}
	f := compared(t, source(attacked, rows), source(run, good)).Tasks[0].Figures[0]
	if f.NotAssessable[0] || f.N != 30 {
		t.Errorf("plain items: %+v", f)
	}
}
