package stats

import (
	"math"
	"slices"
	"testing"
)

// choices calls f with every way to mark k of n.
func choices(n, k int, f func(marked []bool)) {
	for code := range 1 << n {
		marked := make([]bool, n)
		count := 0
		for i := range n {
			if code>>i&1 == 1 {
				marked[i] = true
				count++
			}
		}
		if count == k {
			f(marked)
		}
	}
}

// The exact p-values of two-sample tests against all ways to deal the pooled values.
func TestTwoSampleTestsAgainstEnumeration(t *testing.T) {
	for seed := range uint64(30) {
		rng := newStream(seed, streamSimulation, 3)
		m, n := 1+int(rng.intn(6)), 1+int(rng.intn(6))
		pool := make([]float64, m+n)
		for i := range pool {
			pool[i] = float64(rng.intn(12)) // ties on purpose
		}
		d, p, exact := kolmogorovSmirnov(pool[:m], pool[m:])
		if !exact {
			t.Fatal("a small sample is not exact")
		}
		var ways, extreme float64
		choices(m+n, m, func(marked []bool) {
			var a, b []float64
			for i, v := range pool {
				if marked[i] {
					a = append(a, v)
				} else {
					b = append(b, v)
				}
			}
			ways++
			if slowKS(a, b) >= d-1e-12 {
				extreme++
			}
		})
		near(t, "statistic", d, slowKS(pool[:m], pool[m:]), 1e-12)
		near(t, "p", p, extreme/ways, 1e-12)
	}
}

func slowKS(a, b []float64) float64 {
	var widest float64
	for _, at := range append(slices.Clone(a), b...) {
		gap := 0.0
		for _, v := range a {
			if v <= at {
				gap += 1 / float64(len(a))
			}
		}
		for _, v := range b {
			if v <= at {
				gap -= 1 / float64(len(b))
			}
		}
		widest = max(widest, math.Abs(gap))
	}
	return widest
}

func TestKolmogorovLimit(t *testing.T) {
	rng := newStream(1, streamSimulation, 4)
	a, b := make([]float64, 700), make([]float64, 600)
	for i := range a {
		a[i] = rng.normal()
	}
	for i := range b {
		b[i] = rng.normal() + 0.08
	}
	d, p, _ := kolmogorovSmirnov(a, b)
	if limit := kolmogorovLimit(d * math.Sqrt(700*600/1300.)); math.Abs(limit-p) > 0.03 {
		t.Errorf("exact %v, limit law %v", p, limit)
	}
}

func TestSignedRankAgainstEnumeration(t *testing.T) {
	for seed := range uint64(30) {
		rng := newStream(seed, streamSimulation, 5)
		n := 1 + int(rng.intn(10))
		a, zero := make([]float64, n), make([]float64, n)
		for i := range a {
			a[i] = float64(rng.intn(9)) - 4
		}
		w, p, _ := signedRank(a, zero)
		var abs []float64
		for _, v := range a {
			if v != 0 {
				abs = append(abs, math.Abs(v))
			}
		}
		if len(abs) == 0 {
			continue
		}
		ranks, _ := midranks(abs)
		centre := sum(ranks) / 2
		var ways, extreme float64
		for code := range 1 << len(abs) {
			var plus float64
			for i, r := range ranks {
				plus += r * float64(code>>i&1)
			}
			ways++
			if math.Abs(plus-centre) >= math.Abs(w-centre)-1e-9 {
				extreme++
			}
		}
		near(t, "p", p, extreme/ways, 1e-12)
		_, mirrored, _ := signedRank(zero, a)
		near(t, "sides swapped", mirrored, p, 1e-12)
	}
}

func TestGatekeepersOfTwoModels(t *testing.T) {
	rng := newStream(2, streamSimulation, 6)
	items := newTable(nil, 80, 2)
	var b, c float64
	for _, row := range items {
		row[0], row[1] = float64(rng.intn(2)), float64(rng.intn(2))
		b += row[0] * (1 - row[1])
		c += row[1] * (1 - row[0])
	}
	near(t, "cochran's q of two models is mcnemar's", cochranQ(items).stat, (b-c)*(b-c)/(b+c), 1e-12)
	near(t, "friedman of two models is the sign test", friedman(items).stat, (b-c)*(b-c)/(b+c), 1e-12)
	table := [][]float64{{31, 12}, {22, 35}}
	test, or := mantelHaenszel([][][]float64{table})
	near(t, "one stratum", test.stat, chiSquareTable(table).stat*99/100, 1e-12)
	near(t, "odds ratio", or, 31*35/(12*22.), 1e-12)
}

func TestDistances(t *testing.T) {
	a, b, c := []float64{1, 4, 2, 8}, []float64{3, 3, 7}, []float64{0, 9, 9, 1, 5}
	near(t, "symmetric", wasserstein(a, b), wasserstein(b, a), 1e-12)
	if wasserstein(a, c) > wasserstein(a, b)+wasserstein(b, c)+1e-12 {
		t.Error("triangle inequality")
	}
	shifted := []float64{3.5, 6.5, 4.5, 10.5}
	near(t, "shift", wasserstein(a, shifted), 2.5, 1e-12)
	p, q := []float64{0.5, 0.5, 0}, []float64{0.25, 0.25, 0.5}
	d := divergences(p, q)
	near(t, "kl", d.kl, math.Ln2, 1e-12)
	near(t, "tv", d.tv, 0.5, 1e-12)
	if !math.IsInf(divergences(q, p).kl, 1) || !math.IsInf(d.psi, 1) {
		t.Error("a share that vanished must make KL and PSI infinite")
	}
	if same := divergences(p, p); same != (divergence{}) {
		t.Errorf("distance to itself %+v", same)
	}
}

func TestDriftSeesAShift(t *testing.T) {
	rng := newStream(3, streamSimulation, 7)
	a, b := make([]float64, 500), make([]float64, 500)
	for i := range a {
		a[i], b[i] = rng.normal(), rng.normal()
	}
	same, err := Drift(a, b)
	if err != nil {
		t.Fatal(err)
	}
	for i := range b {
		b[i] += 0.5
	}
	moved, err := Drift(a, b)
	if err != nil {
		t.Fatal(err)
	}
	if !(same.P > 0.01 && moved.P < 1e-6) || !(moved.PSI > same.PSI && moved.JSD > same.JSD && moved.Wasserstein > 0.3) {
		t.Errorf("same %+v, moved %+v", same, moved)
	}
}

func TestCalibrationProperties(t *testing.T) {
	rng := newStream(4, streamSimulation, 8)
	n := 400
	c, y := make([]float64, n), make([]float64, n)
	for i := range c {
		c[i] = math.Round(rng.float64()*20) / 20
		if rng.float64() < c[i] {
			y[i] = 1
		}
	}
	r, err := Calibration(c, y, 10, 0.95, 1)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "murphy's identity", r.Reliability-r.Resolution+r.Uncertainty, r.Brier, 1e-12)
	if r.P < 0.01 || math.Abs(r.ECE-r.NullECE) > 0.04 {
		t.Errorf("calibrated forecasts: ece %v, null %v, p %v", r.ECE, r.NullECE, r.P)
	}
	bold := slices.Clone(c)
	flipped := make([]float64, n)
	for i := range bold {
		bold[i] = clamp(1.4*(bold[i]-0.5)+0.5, 0, 1)
		flipped[i] = 1 - y[i]
	}
	over, err := Calibration(bold, y, 10, 0.95, 1)
	if err != nil {
		t.Fatal(err)
	}
	if over.P > 0.05 {
		t.Errorf("overconfident forecasts: p %v", over.P)
	}
	auc, se := auroc(c, y)
	mirror, mirrorSE := auroc(c, flipped)
	near(t, "labels swapped", mirror, 1-auc, 1e-12)
	near(t, "error of labels swapped", mirrorSE, se, 1e-9)
	cubed := make([]float64, n)
	for i := range c {
		cubed[i] = 5 * c[i] * c[i] * c[i]
	}
	again, _ := auroc(cubed, y)
	near(t, "monotone transform", again, auc, 1e-12)
}

func TestCalibrationBinsOnPaper(t *testing.T) {
	for b := 1; b <= 10; b++ {
		edge := float64(b) / 10
		if got := calibrationBin(edge, 10); got != b-1 {
			t.Errorf("%v falls into bin %d, want %d: bins are closed on the right", edge, got, b-1)
		}
	}
	if calibrationBin(0, 10) != 0 || calibrationBin(0.1+0.2, 10) != 2 {
		t.Error("0 belongs to the first bin and 0.1+0.2 to the third")
	}
}

func TestScoresOfClasses(t *testing.T) {
	s := scoreClasses([]int{0, 0, 1, 1, 2}, []int{0, 1, 1, 1, 0}, 4)
	near(t, "f1 of 0", s.f1[0], 0.5, 1e-12)
	near(t, "f1 of 1", s.f1[1], 0.8, 1e-12)
	if s.f1[2] != 0 || !math.IsNaN(s.f1[3]) {
		t.Errorf("a missed class scores 0 and an absent one NaN: %v", s.f1)
	}
	near(t, "balanced accuracy", s.balanced, (0.5+1+0)/3, 1e-12)
}
