package stats

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"
)

// An e-value has mean 1 under the boundary of its null hypothesis: by enumeration of all
// counts, each weighted by its probability.
func TestEValuesHaveMeanOne(t *testing.T) {
	for _, p0 := range []float64{0.01, 0.2, 0.5, 0.9} {
		for n := 1; n <= 15; n++ {
			var below, above, mixture float64
			for s := 0; s <= n; s++ {
				p := binomialPMF(s, n, p0)
				x, m := float64(s), float64(n)
				below += p * math.Exp(logBelowE(x, m, p0))
				above += p * math.Exp(logAboveE(x, m, p0))
				mixture += p * math.Exp(logMixtureE(x, m, p0, 2, 3))
			}
			name := fmt.Sprintf("p0=%v n=%d", p0, n)
			near(t, name+" below", below, 1, 1e-10)
			near(t, name+" above", above, 1, 1e-10)
			near(t, name+" mixture", mixture, 1, 1e-10)
		}
	}
}

func TestPoolEValuesHaveMeanOne(t *testing.T) {
	const pool, limit = 40, 0.1
	for n := 1; n <= 15; n++ {
		var below, above float64
		for s := 0; s <= n; s++ {
			b, a := poolLogE(s, n, pool, limit)
			p := math.Exp(logHypergeometricPMF(s, n, 4, pool)) // 4 of 40 is the boundary of both
			if p > 0 {
				below += p * math.Exp(b)
				above += p * math.Exp(a)
			}
		}
		near(t, fmt.Sprintf("below n=%d", n), below, 1, 1e-10)
		// Beyond 4 samples more failures than the boundary holds may be seen: that
		// part of the alternatives has no mass here, and the mean is below 1.
		if n <= 4 {
			near(t, fmt.Sprintf("above n=%d", n), above, 1, 1e-10)
		} else if above > 1 {
			t.Errorf("above n=%d has mean %v", n, above)
		}
	}
}

func TestBetHasMeanOne(t *testing.T) {
	const n, p0 = 12, 0.3
	for _, below := range []bool{true, false} {
		var total float64
		for code := range 1 << n {
			x, prob := make([]float64, n), 1.0
			for i := range x {
				x[i] = float64(code >> i & 1)
				prob *= x[i]*p0 + (1-x[i])*(1-p0)
			}
			total += prob * betPath(x, p0, 0.7, below)[n-1]
		}
		near(t, "mean wealth", total, 1, 1e-12)
	}
}

// wrongDecision is the probability that a gate ever reaches the state, for outcomes that
// fail with probability p, by following all counts for n samples.
func wrongDecision(t *testing.T, spec GateSpec, p float64, n int, want GateState) float64 {
	t.Helper()
	reach := map[int]float64{0: 1} // probability of an open gate by failures
	var decided float64
	for m := 1; m <= n; m++ {
		next := map[int]float64{}
		for s, prob := range reach {
			for _, fail := range []bool{false, true} {
				q, k := 1-p, s
				if fail {
					q, k = p, s+1
				}
				g, err := NewGate(spec)
				if err != nil {
					t.Fatal(err)
				}
				g.n, g.failed = m-1, s
				state, err := g.Observe(fail)
				if err != nil {
					t.Fatal(err)
				}
				switch state {
				case want:
					decided += prob * q
				case GateOpen:
					next[k] += prob * q
				}
			}
		}
		reach = next
	}
	return decided
}

func TestGateErrorsAreBounded(t *testing.T) {
	for _, bet := range []GateBet{MixtureBet, AllInBet} {
		spec := GateSpec{Limit: 0.1, Alpha: 0.05, AlphaFail: 0.1, Bet: bet}
		if p := wrongDecision(t, spec, 0.1, 300, GatePassed); p > 0.05 || p < 0.005 {
			t.Errorf("%s: a model at the limit passes with probability %v, want at most 0.05 and not 0", bet, p)
		}
		if p := wrongDecision(t, spec, 0.1, 300, GateFailed); p > 0.1 || p < 0.005 {
			t.Errorf("%s: a model at the limit fails with probability %v, want at most 0.1 and not 0", bet, p)
		}
	}
}

func TestGateDecides(t *testing.T) {
	for _, tc := range []struct {
		bet   GateBet
		stops int
	}{{AllInBet, 299}, {MixtureBet, 449}} {
		g, err := NewGate(GateSpec{Limit: 0.01, Bet: tc.bet})
		if err != nil {
			t.Fatal(err)
		}
		if got := g.Status().CleanToPass; got != tc.stops {
			t.Errorf("%s: clean samples to pass = %d, want %d", tc.bet, got, tc.stops)
		}
		n, state := 0, GateOpen
		for state == GateOpen {
			n++
			if state, err = g.Observe(false); err != nil {
				t.Fatal(err)
			}
		}
		if n != tc.stops || state != GatePassed {
			t.Errorf("%s: %s after %d clean samples, want a pass after %d", tc.bet, state, n, tc.stops)
		}
		if _, err := g.Observe(false); !errors.Is(err, ErrGateDecided) {
			t.Errorf("%s: after the decision: %v, want ErrGateDecided", tc.bet, err)
		}
	}
}

func TestGateFailsABadModel(t *testing.T) {
	g, err := NewGate(GateSpec{Limit: 0.05})
	if err != nil {
		t.Fatal(err)
	}
	state := GateOpen
	for range 10 {
		if state, _ = g.Observe(true); state != GateOpen {
			break
		}
	}
	if state != GateFailed {
		t.Errorf("ten failures in a row leave the gate %s", state)
	}
}

func TestGateOnAPoolKnowsWhenItIsCertain(t *testing.T) {
	g, err := NewGate(GateSpec{Limit: 0.5, Pool: 6, Alpha: 1e-9, AlphaFail: 1e-9})
	if err != nil {
		t.Fatal(err)
	}
	state := GateOpen
	for n := 0; state == GateOpen; n++ {
		if n == 6 {
			t.Fatal("all of the pool was seen and the gate is open")
		}
		if state, err = g.Observe(false); err != nil {
			t.Fatal(err)
		}
	}
	if g.n != 4 || state != GatePassed { // of 6, 4 clean leave at most 2 failures
		t.Errorf("%s after %d of 6, want a pass after 4", state, g.n)
	}
}

func TestNewGateRefuses(t *testing.T) {
	for _, spec := range []GateSpec{{}, {Limit: 1}, {Limit: math.NaN()}, {Limit: 0.1, Alpha: 2},
		{Limit: 0.1, Bet: "martingale"}, {Limit: 0.1, Pool: -1}} {
		if _, err := NewGate(spec); err == nil {
			t.Errorf("NewGate(%+v) gave no error", spec)
		}
	}
}

func TestTunedSequenceOfNoFailures(t *testing.T) {
	tuned := mixtureInterval(0, 300, 0.05, func(p float64) float64 { return tunedBernoulliLogE(0, 300, p, 300, 0.05) })
	plain := ConfidenceSequence(0, 300, 0.95)
	if tuned.Lower != 0 || plain.Lower != 0 || !(tuned.Upper < plain.Upper) || !(tuned.Upper > 0.0122) {
		t.Errorf("0 of 300: tuned %v, plain %v, want both from 0, the tuned one shorter and above the fixed-sample 0.0122", tuned, plain)
	}
}

func TestConfidenceSequenceProperties(t *testing.T) {
	for n := 1; n <= 60; n++ {
		for s := 0; s <= n; s++ {
			e, m := ConfidenceSequence(s, n, 0.95), ConfidenceSequence(n-s, n, 0.95)
			near(t, "mirrored", 1-m.Lower, e.Upper, 1e-9)
			if !(e.Lower <= e.Value && e.Value <= e.Upper) {
				t.Fatalf("%d of %d: %v outside [%v, %v]", s, n, e.Value, e.Lower, e.Upper)
			}
			if fixed := Wilson(s, n, 0.95); e.Interval().Width() < fixed.Width() {
				t.Errorf("%d of %d: a sequence is narrower than Wilson's interval", s, n)
			}
		}
	}
}

func TestEmpiricalBernsteinCovers(t *testing.T) {
	const runs, n, alpha = 400, 300, 0.05
	missed := 0
	for r := range runs {
		rng := newStream(11, streamSimulation, uint64(r))
		x := make([]float64, n)
		for i := range x {
			x[i] = rng.float64() * rng.float64() // mean ¼
		}
		path := empiricalBernsteinLower(x, alpha, 0.5)
		if slices.Max(path) > 0.25 {
			missed++
		}
	}
	if float64(missed) > runs*alpha+3*math.Sqrt(runs*alpha*(1-alpha)) {
		t.Errorf("the bound was above the mean in %d of %d runs, want at most 5 %%", missed, runs)
	}
}

// The bounds of predmix_empbern_lower_cs of the confseq package (0.0.11, its defaults), on data
// whose bets are below the truncation and whose bound falls after a failure.
func TestEmpiricalBernsteinAgreesWithConfseq(t *testing.T) {
	x := []float64{1, 1, 1, 1, 0, 1, 0.5, 1, 1, 0.25, 1, 1, 0, 1, 1, 0.75, 1, 1, 1, 1}
	path := empiricalBernsteinLower(x, 0.3, 0.9)
	for at, want := range map[int]float64{1: 0, 5: 0, 10: 0.2403253588396107, 20: 0.46430282447233706} {
		if got := path[at-1]; math.Abs(got-want) > 1e-12 {
			t.Errorf("bound after %d values is %v, want %v", at, got, want)
		}
	}
}
