package stats

import (
	"math"
	"slices"
	"testing"
)

// slowAlpha is Krippendorff's alpha by the textbook: the coincidence matrix, then every
// cell times its difference.
func slowAlpha(byRater [][]float64, scale Scale) float64 {
	r := compileRatings(byRater)
	v := len(r.values)
	o := newSquare(v)
	for u := range r.units() {
		codes := r.unit(u)
		for i, c := range codes {
			for j, k := range codes {
				if i != j {
					o[c][k] += 1 / float64(len(codes)-1)
				}
			}
		}
	}
	n, total := make([]float64, v), 0.0
	for c := range o {
		n[c] = sum(o[c])
		total += n[c]
	}
	diff := func(c, k int) float64 {
		a, b := r.values[c], r.values[k]
		switch scale {
		case OrdinalScale:
			lo, hi := min(c, k), max(c, k)
			return square(sum(n[lo:hi+1]) - (n[c]+n[k])/2)
		case IntervalScale:
			return square(a - b)
		case RatioScale:
			return square((a - b) / (a + b))
		}
		return 1
	}
	var seen, expected float64
	for c := range o {
		for k := range o {
			if c != k {
				seen += o[c][k] * diff(c, k)
				expected += n[c] * n[k] * diff(c, k)
			}
		}
	}
	return 1 - (total-1)*seen/expected
}

func TestAlphaAgainstTheTextbook(t *testing.T) {
	for seed := range uint64(40) {
		rng := newStream(seed, streamSimulation, 0)
		raters, units, values := 2+int(rng.intn(5)), 5+int(rng.intn(40)), 2+rng.intn(9)
		x := newTable(nil, raters, units)
		for r := range x {
			for u := range x[r] {
				x[r][u] = float64(1 + rng.intn(values))
				if rng.float64() < 0.2 {
					x[r][u] = math.NaN()
				}
			}
		}
		for _, scale := range []Scale{NominalScale, OrdinalScale, IntervalScale, RatioScale} {
			want := slowAlpha(x, scale)
			near(t, "packed "+string(scale), alphaOf(x, scale), want, 1e-10)
			near(t, "general "+string(scale), krippendorffAlpha(compileRatings(x), scale, nil), want, 1e-10)
		}
	}
}

func TestPackedUnitsEqualSortedOnes(t *testing.T) {
	x := [][]float64{{0, 15, 3, 3, math.NaN()}, {0, 1, 3, math.NaN(), 2}, {0, 15, 4, 3, math.NaN()}}
	packed, ok := packUnits(x, true)
	if !ok {
		t.Fatal("whole numbers below 16 were not packed")
	}
	sorted := countRated(compileRatings(x))
	for _, scale := range []Scale{NominalScale, OrdinalScale, RatioScale} {
		near(t, string(scale), krippendorffAlpha(packed.kinds, scale, packed.weight),
			krippendorffAlpha(sorted.kinds, scale, sorted.weight), 1e-13)
	}
	if !slices.Equal(packed.kind, sorted.kind) {
		t.Errorf("kinds of units: packed %v, sorted %v", packed.kind, sorted.kind)
	}
	for _, bad := range []float64{-1, 16, 0.5, math.Inf(1)} {
		if _, ok := packUnits([][]float64{{bad}, {1}}, true); ok {
			t.Errorf("rating %v was packed", bad)
		}
	}
}

func TestAlphaIsOneOnlyWhereAllAgree(t *testing.T) {
	same := []float64{1, 2, 3, 1, 2}
	other := []float64{1, 2, 3, 1, 3}
	for _, scale := range []Scale{NominalScale, OrdinalScale, IntervalScale, RatioScale} {
		if a := alphaOf([][]float64{same, same}, scale); a != 1 {
			t.Errorf("%s: full agreement gives %v", scale, a)
		}
		if a := alphaOf([][]float64{same, other}, scale); !(a < 1) {
			t.Errorf("%s: a disagreement gives %v", scale, a)
		}
	}
	if a := alphaOf([][]float64{{1, 1}, {1, 1}}, NominalScale); !math.IsNaN(a) {
		t.Errorf("one value only gives %v, want NaN", a)
	}
}

func TestAgreementIgnoresOrder(t *testing.T) {
	rng := newStream(3, streamSimulation, 0)
	x := newTable(nil, 3, 60)
	for u := range 60 {
		truth := float64(rng.intn(3))
		for r := range x {
			x[r][u] = truth
			if rng.float64() < 0.3 {
				x[r][u] = float64(rng.intn(3))
			}
		}
	}
	a, err := Agreement(x, NominalScale, 0.95, 1)
	if err != nil {
		t.Fatal(err)
	}
	y := [][]float64{slices.Clone(x[2]), slices.Clone(x[0]), slices.Clone(x[1])}
	for _, row := range y {
		slices.Reverse(row)
	}
	b, err := Agreement(y, NominalScale, 0.95, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, pair := range [][2]Estimate{{a.Percent, b.Percent}, {a.Kappa, b.Kappa}, {a.AC1, b.AC1}, {a.Alpha, b.Alpha}} {
		near(t, "reordered "+pair[0].Method, pair[1].Value, pair[0].Value, 1e-12)
		if !(pair[0].Lower < pair[0].Value && pair[0].Value < pair[0].Upper) {
			t.Errorf("%s: %v outside [%v, %v]", pair[0].Method, pair[0].Value, pair[0].Lower, pair[0].Upper)
		}
	}
}

func TestAgreementWithoutDisagreementHasWidth(t *testing.T) {
	x := make([]float64, 40)
	for u := range x {
		x[u] = float64(u % 2)
	}
	a, err := Agreement([][]float64{x, x}, NominalScale, 0.95, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range []Estimate{a.Percent, a.Kappa, a.AC1, a.Alpha} {
		if e.Value != 1 || !(e.Lower < 1) || e.Upper != 1 {
			t.Errorf("%s: %v [%v, %v], want 1 with room below", e.Method, e.Value, e.Lower, e.Upper)
		}
	}
}

func TestKappaSwapsRaters(t *testing.T) {
	table := [][]float64{{20, 5, 1}, {3, 30, 4}, {2, 6, 9}}
	flipped := newSquare(3)
	for i := range table {
		for j := range table {
			flipped[j][i] = table[i][j]
		}
	}
	for _, kind := range []string{"none", "linear", "quadratic"} {
		w, _ := agreementWeights(kind, 3)
		a, b := weightedKappa(table, w), weightedKappa(flipped, w)
		near(t, kind+" kappa", b.kappa, a.kappa, 1e-13)
		near(t, kind+" se", b.se, a.se, 1e-12)
	}
}

func TestKappaErrorAgainstResampling(t *testing.T) {
	table := [][]float64{{70, 12}, {9, 59}}
	w, _ := agreementWeights("none", 2)
	k := weightedKappa(table, w)
	var x []float64
	for r := range 4000 {
		rng := newStream(9, streamBootstrap, uint64(r))
		draw := newSquare(2)
		for range 150 {
			switch u := rng.intn(150); {
			case u < 70:
				draw[0][0]++
			case u < 82:
				draw[0][1]++
			case u < 91:
				draw[1][0]++
			default:
				draw[1][1]++
			}
		}
		x = append(x, weightedKappa(draw, w).kappa)
	}
	if sd := math.Sqrt(variance(x)); math.Abs(sd/k.se-1) > 0.05 {
		t.Errorf("standard error %v, resampled %v", k.se, sd)
	}
}

// slowTau counts all pairs.
func slowTau(x, y []float64) float64 {
	var concordant, nx, ny float64
	for i := range x {
		for j := range i {
			a, b := float64(compareFloat(x[i], x[j])), float64(compareFloat(y[i], y[j]))
			concordant += a * b
			nx += a * a
			ny += b * b
		}
	}
	return concordant / math.Sqrt(nx*ny)
}

func TestKendallAgainstAllPairs(t *testing.T) {
	for seed := range uint64(50) {
		rng := newStream(seed, streamSimulation, 1)
		n := 2 + int(rng.intn(60))
		x, y := make([]float64, n), make([]float64, n)
		for i := range x {
			x[i], y[i] = float64(rng.intn(8)), float64(rng.intn(8))
		}
		near(t, "tau-b", kendallTauB(x, y), slowTau(x, y), 1e-12)
		near(t, "tau-b swapped", kendallTauB(y, x), slowTau(x, y), 1e-12)
	}
}

func TestDawidSkeneFindsTheGoodJudge(t *testing.T) {
	rng := newStream(4, streamSimulation, 2)
	labels := newTable(nil, 600, 3)
	for i := range labels {
		truth := float64(rng.intn(2))
		for j, errs := range []float64{0.05, 0.2, 0.3} {
			labels[i][j] = truth
			if rng.float64() < errs {
				labels[i][j] = 1 - truth
			}
		}
	}
	p, err := JudgePanel(labels)
	if err != nil {
		t.Fatal(err)
	}
	for j, want := range []float64{0.95, 0.8, 0.7} {
		if math.Abs(p.Sensitivity[j]-want) > 0.06 || math.Abs(p.Specificity[j]-want) > 0.06 {
			t.Errorf("judge %d: sensitivity %.3f, specificity %.3f, want about %v", j, p.Sensitivity[j], p.Specificity[j], want)
		}
	}
}
