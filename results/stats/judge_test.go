package stats

import (
	"math"
	"slices"
	"strings"
	"testing"
)

// auditOf is a set of items with the true rate, of a judge with the given errors, of which
// n have a label.
func auditOf(items, n int, rate, miss, falseAlarm float64, seed uint64) (JudgeAudit, float64) {
	rng := newStream(seed, streamSimulation, 9)
	a := JudgeAudit{Judge: make([]float64, items), Human: make([]float64, items)}
	truth := make([]float64, items)
	for i := range truth {
		if rng.float64() < rate {
			truth[i] = 1
		}
		flip := falseAlarm
		if truth[i] == 1 {
			flip = miss
		}
		a.Judge[i] = truth[i]
		if rng.float64() < flip {
			a.Judge[i] = 1 - truth[i]
		}
		a.Human[i] = math.NaN()
	}
	label(&rng, &a, truth, n)
	return a, mean(truth)
}

// label labels n random items.
func label(rng *wyrand, a *JudgeAudit, truth []float64, n int) {
	order := make([]int, len(truth))
	for i := range order {
		order[i] = i
		a.Human[i] = math.NaN()
	}
	for k := range n {
		o := k + int(rng.intn(uint32(len(order)-k)))
		order[k], order[o] = order[o], order[k]
		a.Human[order[k]] = truth[order[k]]
	}
}

func TestJudgeMethodByRule(t *testing.T) {
	for _, tc := range []struct {
		name              string
		items, n          int
		rate, miss, alarm float64
		want              string
	}{
		{"few events", 1000, 100, 0.02, 0.1, 0.1, "exact hypergeometric"},
		{"good judge", 1000, 100, 0.5, 0.01, 0.01, "post-stratified"},
		{"usual judge", 2000, 400, 0.4, 0.15, 0.1, "ppi++"},
		{"inverted judge", 2000, 400, 0.4, 1, 1, "labels alone"},
	} {
		a, _ := auditOf(tc.items, tc.n, tc.rate, tc.miss, tc.alarm, 1)
		e := JudgeCorrected(a, 0.95)
		if !strings.Contains(e.Method, tc.want) {
			t.Errorf("%s: method %q, want %q in it", tc.name, e.Method, tc.want)
		}
		if e.Labelled != tc.n || !(e.Upper > e.Lower) {
			t.Errorf("%s: %+v", tc.name, e)
		}
	}
	known := JudgeCorrected(JudgeAudit{Judge: []float64{1, 0, 1, 1, 0, 0, 1, 0}, Known: &JudgeErrors{90, 100, 95, 100}}, 0.95)
	if !strings.Contains(known.Method, "rogan-gladen") {
		t.Errorf("known errors only: %q", known.Method)
	}
	useless := JudgeCorrected(JudgeAudit{Judge: []float64{1, 0, 1, 1}, Known: &JudgeErrors{40, 100, 60, 100}}, 0.95)
	if !math.IsNaN(useless.Value) || !useless.Reason.Given() {
		t.Errorf("a coin as judge: %+v, want NaN with a reason", useless.Estimate)
	}
}

func TestJudgeMirrorsAndIgnoresOrder(t *testing.T) {
	for _, tc := range []struct {
		n           int
		rate, wrong float64
	}{{60, 0.05, 0.1}, {100, 0.5, 0.02}, {300, 0.3, 0.15}} {
		a, _ := auditOf(800, tc.n, tc.rate, tc.wrong, tc.wrong, 2)
		e := JudgeCorrected(a, 0.95)
		mirror := JudgeAudit{Judge: slices.Clone(a.Judge), Human: slices.Clone(a.Human)}
		for i := range mirror.Judge {
			mirror.Judge[i], mirror.Human[i] = 1-mirror.Judge[i], 1-mirror.Human[i]
		}
		slices.Reverse(mirror.Judge)
		slices.Reverse(mirror.Human)
		m := JudgeCorrected(mirror, 0.95)
		near(t, e.Method+" value", 1-m.Value, e.Value, 1e-9)
		near(t, e.Method+" lower", 1-m.Upper, e.Lower, 1e-9)
		near(t, e.Method+" upper", 1-m.Lower, e.Upper, 1e-9)
	}
}

// Equal probabilities and single clusters are the same design in other words.
func TestJudgeDesignsInOtherWords(t *testing.T) {
	a, _ := auditOf(1000, 300, 0.4, 0.15, 0.1, 3)
	plain := JudgeCorrected(a, 0.95)
	b := a
	b.Inclusion = slices.Repeat([]float64{0.3}, 1000)
	b.Clusters = make([]int32, 1000)
	for i := range b.Clusters {
		b.Clusters[i] = int32(i)
	}
	same := JudgeCorrected(b, 0.95)
	near(t, "lower", same.Lower, plain.Lower, 1e-12)
	near(t, "upper", same.Upper, plain.Upper, 1e-12)
	b.Population = true
	wider := JudgeCorrected(b, 0.95)
	if !(wider.SE > plain.SE) || wider.Value != plain.Value {
		t.Errorf("population %+v, items %+v: want one value and a larger error", wider.Estimate, plain.Estimate)
	}
}

// Coverage of designs that no exact formula reaches: unequal probabilities, clusters, and
// both, over redrawn labels.
func TestJudgeCoverageOfDesigns(t *testing.T) {
	if testing.Short() {
		t.Skip("a simulation of seconds: left out by -short")
	}
	const runs = 800
	for _, design := range []string{"unequal", "clusters", "population"} {
		missed := 0
		for r := range runs {
			rng := newStream(31, streamSimulation, uint64(r))
			if !judgeRunCovers(&rng, design) {
				missed++
			}
		}
		rate := float64(missed) / runs
		if slack := 3 * math.Sqrt(0.05*0.95/runs); rate > 0.05+0.015+slack {
			t.Errorf("%s: %d of %d intervals miss the rate", design, missed, runs)
		}
	}
}

func judgeRunCovers(rng *wyrand, design string) bool {
	const items, size = 1200, 4
	a := JudgeAudit{Judge: make([]float64, items), Human: make([]float64, items), Population: design == "population"}
	truth := make([]float64, items)
	var shared float64
	for i := range truth {
		if i%size == 0 {
			shared = 0.8 * rng.normal()
		}
		p := 0.35
		if design == "clusters" {
			p = logistic(shared - 0.6)
		}
		if rng.float64() < p {
			truth[i] = 1
		}
		a.Judge[i] = truth[i]
		if rng.float64() < 0.15 {
			a.Judge[i] = 1 - truth[i]
		}
		a.Human[i] = math.NaN()
	}
	target := mean(truth)
	switch design {
	case "unequal":
		a.Inclusion = make([]float64, items)
		for i, f := range a.Judge {
			a.Inclusion[i] = 0.1 + 0.3*f
			if rng.float64() < a.Inclusion[i] {
				a.Human[i] = truth[i]
			}
		}
	case "clusters":
		a.Clusters = make([]int32, items)
		for c := range items / size {
			chosen := rng.float64() < 0.25
			for i := c * size; i < (c+1)*size; i++ {
				a.Clusters[i] = int32(c)
				if chosen {
					a.Human[i] = truth[i]
				}
			}
		}
	default:
		target = 0.35
		label(rng, &a, truth, 300)
	}
	return JudgeCorrected(a, 0.95).Interval().Contains(target)
}

func TestPPIWithoutAJudgeIsTheMeanOfLabels(t *testing.T) {
	y, f, u := []float64{1, 0, 1, 1}, []float64{0.9, 0.2, 0.6, 0.7}, []float64{0.1, 0.8, 0.5}
	none := predictionPowered(y, f, u, 0)
	near(t, "lambda 0", none.estimate, 0.75, 1e-15)
	full := predictionPowered(y, f, u, 1)
	near(t, "lambda 1", full.estimate, mean(u)+mean(y)-mean(f), 1e-12)
	best := predictionPowered(y, f, u, math.NaN())
	if !(best.se <= full.se && best.se <= none.se*(1+1e-12)) {
		t.Errorf("tuned error %v, untuned %v and %v", best.se, none.se, full.se)
	}
}
