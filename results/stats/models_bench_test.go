package stats

import (
	"math"
	"testing"
)

// panelRatings are ratings of 5 raters x 10,000 units with 5 values: the agreement that
// people reach on easy labels, a few missing.
func panelRatings() [][]float64 {
	rng := newStream(1, streamSimulation, 0)
	r := newTable(nil, 5, 10000)
	for u := range 10000 {
		truth := float64(rng.intn(5))
		for k := range r {
			r[k][u] = truth
			if rng.float64() < 0.3 {
				r[k][u] = float64(rng.intn(5))
			}
			if rng.float64() < 0.02 {
				r[k][u] = math.NaN()
			}
		}
	}
	return r
}

func BenchmarkKrippendorffAlpha(b *testing.B) {
	r := panelRatings()
	for _, scale := range []Scale{NominalScale, OrdinalScale} {
		b.Run(string(scale), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				alphaOf(r, scale)
			}
		})
	}
}

func BenchmarkAgreement(b *testing.B) {
	r := panelRatings()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Agreement(r, OrdinalScale, 0.95, 1); err != nil {
			b.Fatal(err)
		}
	}
}

// arena is a million battles of a hundred models, some drawn.
func arena(models, battles int) Battles {
	rng := newStream(2, streamSimulation, 0)
	theta := make([]float64, models)
	for i := range theta {
		theta[i] = rng.normal()
	}
	b := Battles{Wins: newSquare(models), Ties: newSquare(models)}
	for range battles {
		i, j := int(rng.intn(uint32(models))), int(rng.intn(uint32(models-1)))
		if j >= i {
			j++
		}
		switch u := rng.float64(); {
		case u < 0.1:
			b.Ties[i][j]++
			b.Ties[j][i]++
		case u < 0.1+0.9*logistic(theta[i]-theta[j]):
			b.Wins[i][j]++
		default:
			b.Wins[j][i]++
		}
	}
	return b
}

func BenchmarkBradleyTerry(b *testing.B) {
	battles := arena(100, 1_000_000)
	w := battles.halves()
	b.Run("fit", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := fitBradleyTerry(w); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("bootstrap100", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := BootstrapBradleyTerry(battles, 100, 1); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("report", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := BradleyTerry(battles, BTOptions{}); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// answerSheet is the answers of models to items under a 2PL.
func answerSheet(models, items int) IRTData {
	rng := newStream(3, streamSimulation, 0)
	a, d := make([]float64, items), make([]float64, items)
	for j := range items {
		a[j], d[j] = math.Exp(0.1+0.5*rng.normal()), 1.5*rng.normal()
	}
	data := IRTData{Answers: newTable(nil, models, items)}
	for i := range models {
		theta := rng.normal()
		for j := range items {
			if rng.float64() < logistic(a[j]*theta+d[j]) {
				data.Answers[i][j] = 1
			}
		}
	}
	return data
}

func BenchmarkIRT(b *testing.B) {
	data := answerSheet(100, 1000)
	for _, rasch := range []bool{false, true} {
		name := "2pl"
		if rasch {
			name = "rasch"
		}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				fit, err := FitIRT(data, IRTOptions{Rasch: rasch})
				if err != nil || !fit.Converged {
					b.Fatal(err, fit.Cycles)
				}
				b.ReportMetric(float64(fit.Cycles), "cycles")
				b.ReportMetric(float64(fit.Nodes), "nodes")
			}
		})
	}
}

func BenchmarkGateObserve(b *testing.B) {
	g, err := NewGate(GateSpec{Limit: 0.01})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if state, _ := g.Observe(false); state != GateOpen {
			g, _ = NewGate(GateSpec{Limit: 0.01})
		}
	}
}

func BenchmarkRankIntervals(b *testing.B) {
	rep, err := BradleyTerry(arena(50, 100_000), BTOptions{})
	if err != nil {
		b.Fatal(err)
	}
	scores := make([]float64, len(rep.Strengths))
	for i, s := range rep.Strengths {
		scores[i] = s.Value
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := RankIntervals(scores, rep.Covariance, 0.95, 1); err != nil {
			b.Fatal(err)
		}
	}
}
