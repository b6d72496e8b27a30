package stats

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"
)

// Where the mean share is exactly the limit, both e-values have mean 1 at every time:
// all sequences of shares from {0, ½, 1} are enumerated.
func TestClusterGateIsAMartingale(t *testing.T) {
	const limit, steps = 0.2, 6
	shares, chances := []float64{0, .5, 1}, []float64{.7, .2, .1} // mean 0.2
	for _, bet := range []GateBet{MixtureBet, AllInBet} {
		var below, above float64
		ways := int(math.Pow(3, steps))
		for way := range ways {
			p := 1.0
			b, a := newBets(limit, true, bet), newBets(limit, false, bet)
			for i, w := 0, way; i < steps; i, w = i+1, w/3 {
				p *= chances[w%3]
				b.add(shares[w%3])
				a.add(shares[w%3])
			}
			below, above = below+p*math.Exp(b.logE(0)), above+p*math.Exp(a.logE(0))
		}
		if math.Abs(below-1) > 1e-12 || math.Abs(above-1) > 1e-12 {
			t.Errorf("%s: mean e-values %v below, %v above, want 1", bet, below, above)
		}
	}
}

// Clusters of failures that come together pass a gate fed sample by sample far too
// often, and one fed cluster by cluster at most with probability alpha.
func TestClusterGateBoundsErrors(t *testing.T) {
	const limit, alpha, size, clusters, runs = 0.1, 0.05, 5, 40, 600
	r := rand.New(rand.NewPCG(1, 2))
	var byCluster, bySample, failed int
	for range runs {
		c, err := NewClusterGate(GateSpec{Limit: limit, Alpha: alpha})
		if err != nil {
			t.Fatal(err)
		}
		s, err := NewGate(GateSpec{Limit: limit, Alpha: alpha})
		if err != nil {
			t.Fatal(err)
		}
		for range clusters {
			share := 0.0
			if r.Float64() < limit { // the whole cluster fails
				share = 1
			}
			_, err := c.Observe(share)
			if err != nil && !errors.Is(err, ErrGateDecided) {
				t.Fatal(err)
			}
			for range size {
				if _, err := s.Observe(share == 1); err != nil && !errors.Is(err, ErrGateDecided) {
					t.Fatal(err)
				}
			}
		}
		byCluster += oneIf(c.Status().State == GatePassed)
		failed += oneIf(c.Status().State == GateFailed)
		bySample += oneIf(s.Status().State == GatePassed)
	}
	if byCluster > int(1.5*alpha*runs) || failed > int(1.5*alpha*runs) {
		t.Errorf("at the limit %d of %d pass and %d fail, want at most %v each", byCluster, runs, failed, alpha*runs)
	}
	if bySample < 3*int(alpha*runs) {
		t.Errorf("only %d of %d pass sample by sample: the case shows nothing", bySample, runs)
	}
}

func oneIf(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// For clusters of one sample the gate decides nearly when Gate does.
func TestClusterGateOfSingles(t *testing.T) {
	for _, bet := range []GateBet{MixtureBet, AllInBet} {
		plan := GateSpec{Limit: .02, Bet: bet}
		c, err := NewClusterGate(plan)
		if err != nil {
			t.Fatal(err)
		}
		g, err := NewGate(plan)
		if err != nil {
			t.Fatal(err)
		}
		want, got := g.Status().CleanToPass, c.Status().CleanToPass
		if bet == AllInBet && got != want || math.Abs(float64(got-want)) > .02*float64(want) {
			t.Errorf("%s: %d clean clusters pass, %d clean samples", bet, got, want)
		}
		for i := range got {
			state, err := c.Observe(0)
			if err != nil || (state == GatePassed) != (i == got-1) {
				t.Fatalf("%s: cluster %d of %d: %s (%v)", bet, i+1, got, state, err)
			}
		}
		if _, err := c.Observe(0); !errors.Is(err, ErrGateDecided) {
			t.Errorf("a decided gate takes more: %v", err)
		}
	}
}

// The confidence sequence holds the true mean at all times together with its level.
func TestBoundedSequenceCovers(t *testing.T) {
	const runs, n, mean, alpha = 200, 60, 0.3, 0.1
	r := rand.New(rand.NewPCG(4, 5))
	missed := 0
	for range runs {
		var sum float64
		out := false
		for i := 1; i <= n; i++ {
			sum += []float64{0, .5, 1}[oneIf(r.Float64() < .4)+oneIf(r.Float64() < .2)] // mean 0.3
			out = out || !boundedSequence(sum, i, alpha).Contains(mean)
		}
		missed += oneIf(out)
	}
	if missed > int(1.5*alpha*runs) {
		t.Errorf("%d of %d sequences leave the mean out, want at most %v", missed, runs, alpha*runs)
	}
}

func TestClusterGateRejects(t *testing.T) {
	for _, plan := range []GateSpec{{}, {Limit: .1, Pool: 50}, {Limit: 1}, {Limit: .1, Bet: "none"}} {
		if _, err := NewClusterGate(plan); err == nil {
			t.Errorf("plan %+v is accepted", plan)
		}
	}
	g, err := NewClusterGate(GateSpec{Limit: .1, MaxSamples: 1})
	if err != nil {
		t.Fatal(err)
	}
	for _, share := range []float64{-.1, 1.1, math.NaN(), math.Inf(1)} {
		if _, err := g.Observe(share); err == nil {
			t.Errorf("share %v is accepted", share)
		}
	}
	if _, err := g.Observe(.5); err != nil {
		t.Fatal(err)
	}
	if _, err := g.Observe(0); err == nil {
		t.Error("a cluster beyond the plan is taken")
	}
	if s := g.Status(); s.N != 1 || s.Failures != 1 || s.CleanToPass != -1 || s.SamplesUnused != 0 {
		t.Errorf("status %+v", s)
	}
}

func FuzzClusterGate(f *testing.F) {
	f.Add(.01, .05, []byte{0, 1, 255})
	f.Fuzz(func(t *testing.T, limit, alpha float64, shares []byte) {
		for _, bet := range []GateBet{MixtureBet, AllInBet} {
			g, err := NewClusterGate(GateSpec{Limit: limit, Alpha: alpha, Bet: bet})
			if err != nil {
				return
			}
			for _, b := range shares[:min(len(shares), 200)] {
				if _, err := g.Observe(float64(b) / 255); err != nil {
					break
				}
			}
			s := g.Status()
			if math.IsNaN(s.EPass) || math.IsNaN(s.EFail) || !(s.Rate.Lower <= s.Rate.Upper) || s.Rate.Lower < 0 || s.Rate.Upper > 1 {
				t.Errorf("limit %v, alpha %v: %+v", limit, alpha, s)
			}
		}
	})
}
