package stats

import (
	"errors"
	"math"
	"slices"
	"testing"
)

// slowLogLik is the marginal log-likelihood on a fixed, fine, wide grid with nothing
// clever.
func slowLogLik(data IRTData, a, d []float64) float64 {
	const h = 0.01
	var total float64
	for i, row := range data.Answers {
		var like float64
		for k := -900; k <= 900; k++ {
			th := h * float64(k)
			p := h * normalPDF(th)
			for j, y := range row {
				switch y {
				case 1:
					p *= logistic(a[j]*th + d[j])
				case 0:
					p *= 1 - logistic(a[j]*th+d[j])
				}
			}
			like += p
		}
		w := 1.0
		if data.Weights != nil {
			w = data.Weights[i]
		}
		total += w * math.Log(like)
	}
	return total
}

// withGaps takes answers away.
func withGaps(d IRTData, share float64) IRTData {
	rng := newStream(8, streamSimulation, 0)
	for _, row := range d.Answers {
		for j := range row {
			if rng.float64() < share {
				row[j] = math.NaN()
			}
		}
	}
	return d
}

func TestIRTLikelihoodAgainstABruteGrid(t *testing.T) {
	for _, tc := range []struct {
		name string
		data IRTData
		opt  IRTOptions
	}{
		{"2pl", answerSheet(60, 12), IRTOptions{}},
		{"2pl with gaps", withGaps(answerSheet(60, 12), 0.2), IRTOptions{}},
		{"rasch", answerSheet(60, 12), IRTOptions{Rasch: true}},
		{"few persons, many items", answerSheet(12, 80), IRTOptions{}},
	} {
		fit, err := FitIRT(tc.data, tc.opt)
		if err != nil {
			t.Fatal(err)
		}
		if !fit.Converged {
			t.Errorf("%s: no convergence in %d cycles", tc.name, fit.Cycles)
		}
		near(t, tc.name, fit.LogLik, slowLogLik(tc.data, fit.A, fit.D), 1e-9)
	}
}

// At the optimum every derivative of the log posterior is 0: by central differences of
// the brute-force likelihood plus the log priors.
func TestIRTGradientIsZero(t *testing.T) {
	data := answerSheet(40, 6)
	fit, err := FitIRT(data, IRTOptions{Tolerance: 1e-10})
	if err != nil {
		t.Fatal(err)
	}
	slope, intercept := Normal{0.1, 0.5}, Normal{0, 3}
	post := func(a, d []float64) float64 {
		lp := slowLogLik(data, a, d)
		for j := range a {
			lp += slope.logPDF(math.Log(a[j])) - math.Log(a[j]) + intercept.logPDF(d[j])
		}
		return lp
	}
	near(t, "log posterior", fit.LogPost, post(fit.A, fit.D), 1e-10)
	const h = 1e-4
	for j := range fit.A {
		for _, x := range [][]float64{fit.A, fit.D} {
			old := x[j]
			x[j] = old + h
			up := post(fit.A, fit.D)
			x[j] = old - h
			down := post(fit.A, fit.D)
			x[j] = old
			if g := (up - down) / (2 * h); math.Abs(g) > 1e-5 {
				t.Errorf("item %d: derivative %v at the optimum", j, g)
			}
		}
	}
}

func TestIRTErrorsFromCurvature(t *testing.T) {
	data := IRTData{Answers: [][]float64{{0, 0}, {0, 1}, {1, 0}, {1, 1}}, Weights: []float64{90, 60, 70, 180}}
	fit, err := FitIRT(data, IRTOptions{Tolerance: 1e-10, StandardErrors: true})
	if err != nil {
		t.Fatal(err)
	}
	x := append(slices.Clone(fit.A), fit.D...)
	post := func(v []float64) float64 {
		lp := slowLogLik(data, v[:2], v[2:])
		for j := range 2 {
			lp += Normal{0.1, 0.5}.logPDF(math.Log(v[j])) - math.Log(v[j]) + Normal{0, 3}.logPDF(v[2+j])
		}
		return lp
	}
	const h = 1e-3
	hess := newSquare(4)
	for i := range 4 {
		for j := range 4 {
			at := func(si, sj float64) float64 {
				v := slices.Clone(x)
				v[i] += si * h
				v[j] += sj * h
				return post(v)
			}
			hess[i][j] = -(at(1, 1) - at(1, -1) - at(-1, 1) + at(-1, -1)) / (4 * h * h)
		}
	}
	info := symOf(hess)
	cov := invertSym(info)
	for j := range 2 {
		near(t, "se of slope", fit.SEA[j], math.Sqrt(cov.At(j, j)), 1e-3)
		near(t, "se of intercept", fit.SED[j], math.Sqrt(cov.At(2+j, 2+j)), 1e-3)
	}
}

func TestIRTRecoversItems(t *testing.T) {
	rng := newStream(3, streamSimulation, 0) // as in answerSheet: the true items come first
	const items = 20
	a, d := make([]float64, items), make([]float64, items)
	for j := range items {
		a[j], d[j] = math.Exp(0.1+0.5*rng.normal()), 1.5*rng.normal()
	}
	fit, err := FitIRT(answerSheet(3000, items), IRTOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if r := pearson(a, fit.A); r < 0.95 {
		t.Errorf("correlation of true and fitted slopes %v", r)
	}
	if r := pearson(d, fit.D); r < 0.99 {
		t.Errorf("correlation of true and fitted intercepts %v", r)
	}
}

func TestIRTIgnoresTheOrderOfPersonsAndCountsOfRows(t *testing.T) {
	data := answerSheet(50, 8)
	fit, err := FitIRT(data, IRTOptions{Tolerance: 1e-9})
	if err != nil {
		t.Fatal(err)
	}
	twice := IRTData{Answers: slices.Clone(data.Answers), Weights: make([]float64, 50)}
	slices.Reverse(twice.Answers)
	for i := range twice.Weights {
		twice.Weights[i] = 1
	}
	again, err := FitIRT(twice, IRTOptions{Tolerance: 1e-9})
	if err != nil {
		t.Fatal(err)
	}
	for j := range fit.A {
		near(t, "slope", again.A[j], fit.A[j], 1e-6)
		near(t, "intercept", again.D[j], fit.D[j], 1e-6)
	}
}

func TestIRTRefuses(t *testing.T) {
	for name, d := range map[string]IRTData{
		"no rows":       {},
		"one item":      {Answers: [][]float64{{1}, {0}}},
		"ragged":        {Answers: [][]float64{{1, 0}, {0}}},
		"graded":        {Answers: [][]float64{{1, 0.5}, {0, 1}}},
		"bad weight":    {Answers: [][]float64{{1, 0}, {0, 1}}, Weights: []float64{1, -1}},
		"weights count": {Answers: [][]float64{{1, 0}, {0, 1}}, Weights: []float64{1}},
	} {
		if _, err := FitIRT(d, IRTOptions{}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func testBank() ItemBank {
	return ItemBank{A: []float64{0.9, 1.1, 1.7, 0.8, 0.7, 1.3, 2, 0.5}, B: []float64{-1.5, -0.5, -0.8, 0.2, -2, 1, 0.4, 2.2}}
}

// A right answer in place of a wrong one raises every estimate, whatever the others.
func TestAbilityGrowsWithEachAnswer(t *testing.T) {
	bank := testBank()
	for code := range 1 << 8 {
		y := make([]float64, 8)
		for j := range y {
			y[j] = float64(code >> j & 1)
		}
		low, err := bank.Ability(y)
		if err != nil {
			t.Fatal(err)
		}
		for j := range y {
			if y[j] == 1 {
				continue
			}
			y[j] = 1
			high, err := bank.Ability(y)
			if err != nil {
				t.Fatal(err)
			}
			y[j] = 0
			if !(high.EAP > low.EAP && high.MAP > low.MAP && high.MLE > low.MLE) {
				t.Errorf("pattern %08b, item %d: ability %+v does not grow to %+v", code, j, low, high)
			}
		}
	}
}

func TestMarginalLikelihoodsSumToOne(t *testing.T) {
	bank := testBank()
	var total, mean float64
	for code := range 1 << 8 {
		y := make([]float64, 8)
		for j := range y {
			y[j] = float64(code >> j & 1)
		}
		ab, err := bank.Ability(y)
		if err != nil {
			t.Fatal(err)
		}
		total += ab.Marginal
		mean += ab.Marginal * ab.EAP
	}
	near(t, "sum of marginal likelihoods", total, 1, 1e-12)
	if math.Abs(mean) > 1e-12 {
		t.Errorf("mean of posterior means %v, want the prior mean 0", mean)
	}
}

func TestAbilityOfAllRight(t *testing.T) {
	y := []float64{1, 1, 1, 1, 1, 1, 1, 1}
	ab, err := testBank().Ability(y)
	if err != nil {
		t.Fatal(err)
	}
	if !math.IsInf(ab.MLE, 1) || !math.IsInf(ab.SEMLE, 1) || math.IsInf(ab.WLE, 0) || math.IsNaN(ab.WLE) {
		t.Errorf("all right: %+v, want an infinite MLE and a finite WLE", ab)
	}
}

func TestNextItem(t *testing.T) {
	bank := testBank()
	if j, err := bank.NextItem(0, nil); err != nil || j != 6 {
		t.Errorf("first item %d, %v, want 6", j, err)
	}
	all := slices.Repeat([]bool{true}, 8)
	if _, err := bank.NextItem(0, all); !errors.Is(err, ErrNoItem) {
		t.Errorf("nothing left: %v, want ErrNoItem", err)
	}
}

func TestRaschConditionalAgainstBrute(t *testing.T) {
	data := answerSheet(300, 6)
	weights := slices.Repeat([]float64{1}, 300)
	fit, err := fitRaschCML(data.Answers, weights)
	if err != nil {
		t.Fatal(err)
	}
	gamma := make([]float64, 7)
	for code := range 1 << 6 {
		e, r := 0.0, 0
		for j := range 6 {
			if code>>j&1 == 1 {
				e += fit.easiness[j]
				r++
			}
		}
		gamma[r] += math.Exp(e)
	}
	var ll float64
	for _, row := range data.Answers {
		e, r := 0.0, 0
		for j, y := range row {
			e += y * fit.easiness[j]
			r += int(y)
		}
		if r > 0 && r < 6 {
			ll += e - math.Log(gamma[r])
		}
	}
	near(t, "conditional log-likelihood", fit.logLik, ll, 1e-11)
}

func TestRaschConditionalOfManyItems(t *testing.T) {
	data := answerSheet(400, 120)
	fit, err := fitRaschCML(data.Answers, slices.Repeat([]float64{1}, 400))
	if err != nil {
		t.Fatal(err)
	}
	if s := sum(fit.easiness); math.Abs(s) > 1e-9 {
		t.Errorf("easiness sums to %v", s)
	}
}

// Items that follow the model fit; one whose answers are coin tosses where it should
// discriminate does not.
func TestItemFit(t *testing.T) {
	data := answerSheet(2000, 15)
	rng := newStream(77, streamSimulation, 0)
	fit, err := FitIRT(data, IRTOptions{})
	if err != nil {
		t.Fatal(err)
	}
	good, err := fit.ItemFit(data)
	if err != nil {
		t.Fatal(err)
	}
	small := 0
	for j, f := range good {
		if math.Abs(f.Infit-1) > 0.1 || math.Abs(f.Outfit-1) > 0.25 {
			t.Errorf("item %d: infit %v, outfit %v, want about 1", j, f.Infit, f.Outfit)
		}
		if f.P < 0.05 {
			small++
		}
	}
	if small > 4 {
		t.Errorf("%d of 15 items that follow the model have P below 0.05", small)
	}
	for _, row := range data.Answers {
		row[4] = float64(rng.intn(2))
	}
	bad, err := fit.ItemFit(data) // fitted before the answers were spoilt
	if err != nil {
		t.Fatal(err)
	}
	if bad[4].P > 1e-4 {
		t.Errorf("spoilt item: %+v, want a small P", bad[4])
	}
}
