package stats

import (
	"math"
	"testing"
)

// The interval is that of the formulas in docs/STATISTICS.md, on a sample small enough to
// follow: 40 of 100 answers labelled, verdicts that are right but for some.
func TestPPIBySkewnessAndLeverage(t *testing.T) {
	a := JudgeAudit{Judge: make([]float64, 100), Human: make([]float64, 100)}
	for i := range a.Judge {
		a.Judge[i], a.Human[i] = float64(min(1, i%4%3)), math.NaN()
		if i%5 < 2 {
			a.Human[i] = math.Abs(a.Judge[i] - float64(min(1, i%3%2)))
		}
	}
	got := JudgeCorrected(a, 0.95)
	n, pi := 0.0, 0.4
	var y, f []float64
	for i, h := range a.Human {
		if !math.IsNaN(h) {
			y, f, n = append(y, h), append(f, a.Judge[i]), n+1
		}
	}
	yf, ff := covariance0(y, f), covariance0(f, f)
	lambda := max(0, min(1, yf/ff))
	mean0, my, mf := mean(a.Judge), mean(y), mean(f)
	value := lambda*mean0 + my - lambda*mf
	var squares, cubes float64
	q := twoSidedT(0.95, n-2)
	for i := range y {
		e := y[i] - my - lambda*(f[i]-mf)
		h := min(0.3, 1/n+square(f[i]-mf)/(n*ff))
		squares += square(e / (1 - h))
		cubes += e * e * e * (3*q*q*(1-pi) - (q*q-1)*(1-2*pi))
	}
	v := (1 - pi) * (n - 1) / (n * n * n) * squares
	shift := (1 - pi) / (6 * n * n * n * v) * cubes
	for _, pair := range [][2]float64{{got.Value, value}, {got.SE, math.Sqrt(v)},
		{got.Lower, value + shift - q*math.Sqrt(v)}, {got.Upper, value + shift + q*math.Sqrt(v)}} {
		if math.Abs(pair[0]-pair[1]) > 1e-10 {
			t.Errorf("%+v: %v, want %v (shift %v, λ %v)", got.Estimate, pair[0], pair[1], shift, lambda)
		}
	}
	if math.Abs(shift) < 1e-4 || got.Errors < judgeFew || lambda == 0 {
		t.Errorf("the example shows nothing: shift %v, %d errors, λ %v", shift, got.Errors, lambda)
	}
}
