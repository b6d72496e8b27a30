package stats

import (
	"math"
	"testing"
)

// betaBinomialLogPMF is the law as the doc comment of betaBinomial states it, up to C(n, y).
func betaBinomialLogPMF(y, n int, mu, gamma float64) (l float64) {
	for j := range y {
		l += math.Log(mu + float64(j)*gamma)
	}
	for j := range n - y {
		l += math.Log(1 - mu + float64(j)*gamma)
	}
	for j := range n {
		l -= math.Log(1 + float64(j)*gamma)
	}
	return l
}

func betaBinomialLogLik(s ClusterSums, mu, gamma float64) (l float64) {
	for c, n := range s.Sizes {
		l += betaBinomialLogPMF(roundInt(s.Sums[c]), n, mu, gamma)
	}
	return l
}

var clusterExamples = []ClusterSums{
	{Sums: []float64{0, 1, 3, 0, 5, 2, 0, 0}, Sizes: []int{5, 5, 5, 5, 5, 5, 5, 5}},
	{Sums: []float64{0, 12, 0, 1, 0, 0}, Sizes: []int{20, 13, 7, 30, 1, 2}},
	{Sums: []float64{40, 900, 3, 77}, Sizes: []int{400, 1000, 300, 77}}, // long runs: integrals
}

// The slope is the derivative of the log-likelihood, in long runs too.
func TestBetaBinomialSlope(t *testing.T) {
	for i, s := range clusterExamples {
		b := newBetaBinomial(s)
		for _, mu := range []float64{0.003, 0.2, 0.9} {
			for _, gamma := range []float64{1e-4, 0.05, 1, 30} {
				h := 1e-4 * gamma
				want := (betaBinomialLogLik(s, mu, gamma+h) - betaBinomialLogLik(s, mu, gamma-h)) / (2 * h)
				if got := b.slope(mu, gamma); math.Abs(got-want) > 1e-4*(1+math.Abs(want)) {
					t.Errorf("example %d, μ = %v, γ = %v: slope %v, want %v", i, mu, gamma, got, want)
				}
			}
		}
	}
}

// The design effect is that of the likeliest of many ρ.
func TestBetaBinomialDesignEffect(t *testing.T) {
	for i, s := range clusterExamples {
		b := newBetaBinomial(s)
		for _, mu := range []float64{0.02, 0.2, 0.7} {
			best, most := 0.0, betaBinomialLogLik(s, mu, 0)
			for k := 1; k < 1000; k++ {
				rho := float64(k) / 1000
				if l := betaBinomialLogLik(s, mu, rho/(1-rho)); l > most {
					best, most = rho, l
				}
			}
			if got := (b.designEffect(mu) - 1) / (b.kish - 1); math.Abs(got-best) > 0.001 {
				t.Errorf("example %d, μ = %v: ρ = %v, want %v", i, mu, got, best)
			}
		}
	}
	alike := newBetaBinomial(ClusterSums{Sums: []float64{0, 4, 0, 4, 4}, Sizes: []int{4, 4, 4, 4, 4}})
	if d := alike.designEffect(0.5); d != 4 {
		t.Errorf("clusters of 4 copies: design effect %v, want 4", d)
	}
}

// Each bound is the bound of the interval for the samples that clusters are worth there, the
// interval lies between those for n samples and for clusters of copies, and failures give the
// mirror image.
func TestBetaBinomialInterval(t *testing.T) {
	for i, s := range clusterExamples {
		b := newBetaBinomial(s)
		var total float64
		mirror := ClusterSums{Sizes: s.Sizes}
		for c, y := range s.Sums {
			total += y
			mirror.Sums = append(mirror.Sums, float64(s.Sizes[c])-y)
		}
		p := total / b.n
		within := func(p float64) func(float64) Interval {
			return func(worth float64) Interval { return clopperPearson(p*worth, worth, 0.95) }
		}
		got := b.interval(within(p))
		lower, upper := within(p)(b.n/b.designEffect(got.Lower)).Lower, within(p)(b.n/b.designEffect(got.Upper)).Upper
		if math.Abs(lower-got.Lower) > 1e-7 || math.Abs(upper-got.Upper) > 1e-7 {
			t.Errorf("example %d: %v, but the bounds there are %v and %v", i, got, lower, upper)
		}
		least, most := within(p)(b.n), within(p)(b.n/b.kish)
		if !(most.Lower <= got.Lower && got.Lower <= least.Lower && least.Upper <= got.Upper && got.Upper <= most.Upper) {
			t.Errorf("example %d: %v is not between %v and %v", i, got, least, most)
		}
		m := newBetaBinomial(mirror).interval(within(1 - p))
		if math.Abs(m.Lower-(1-got.Upper)) > 1e-7 || math.Abs(m.Upper-(1-got.Lower)) > 1e-7 {
			t.Errorf("example %d: %v, of failures %v", i, got, m)
		}
	}
}

// The numbers are those of the R code in docs/STATISTICS.md.
func TestBetaBinomialScoreAsInR(t *testing.T) {
	o := Obs{Sums: []float64{3, 1, 4, 0, 2, 0, 5, 1, 0, 2, 1, 0, 0, 3, 0, 1, 0, 2, 0, 0, 1, 0, 4, 0}, Sizes: make([]int, 24)}
	for c := range o.Sizes {
		o.Sizes[c] = 6
	}
	e := ClusteredProportion{}.Summary(o, 0.95)
	if math.Abs(e.Lower-0.1276311) > 1e-7 || math.Abs(e.Upper-0.3387646) > 1e-7 || e.Method != "beta-binomial score" {
		t.Errorf("[%v, %v] by %s", e.Lower, e.Upper, e.Method)
	}
}

// What CR2 sees counts where it is more than the law's, and the interval stays around the rate.
func TestBetaBinomialObserves(t *testing.T) {
	b := newBetaBinomial(clusterExamples[0])
	b.observe(12, 2)
	if got, want := b.designEffect(0.2), 12*math.Exp(-1); got != want {
		t.Errorf("design effect %v, want %v", got, want)
	}
	p := 11.0 / 40
	got := b.interval(func(worth float64) Interval { return wilsonScore(p, worth, 1.96) })
	if want := wilsonScore(p, 40/(12*math.Exp(-1)), 1.96); math.Abs(got.Lower-want.Lower)+math.Abs(got.Upper-want.Upper) > 1e-7 {
		t.Errorf("%v, want %v", got, want)
	}
}

// A cluster of any size costs no more than its distinct counts.
func TestBetaBinomialOfHugeClusters(t *testing.T) {
	o := Obs{}
	for c := range 40 {
		o.Sums, o.Sizes = append(o.Sums, float64(c%3)), append(o.Sizes, 1<<40)
	}
	e := ClusteredProportion{}.Summary(o, 0.95)
	if !(e.Lower > 0 && e.Lower < e.Value && e.Value < e.Upper && e.Upper < 1) {
		t.Errorf("%+v", e)
	}
}

// Beyond which counts the method changes over, and that it says so.
func TestClusteredProportionMethodByRule(t *testing.T) {
	clusters := func(n, size int, sums ...float64) Obs {
		o := Obs{Sums: make([]float64, n), Sizes: make([]int, n)}
		copy(o.Sums, sums)
		for c := range o.Sizes {
			o.Sizes[c] = size
		}
		return o
	}
	spread := make([]float64, 100)
	for c := range spread {
		spread[c] = float64(c % 3)
	}
	for _, tc := range []struct {
		name, method string
		obs          Obs
		warned       bool
	}{
		{"few clusters", "clopper-pearson on clusters (conservative)", clusters(19, 4, spread[:19]...), true},
		{"no event", "clopper-pearson on clusters with any success", clusters(40, 4), true},
		{"9 events", "korn-graubard of beta-binomial clusters (conservative)", clusters(40, 4, 3, 3, 3), true},
		{"alike", "korn-graubard of beta-binomial clusters (conservative)", clusters(40, 20, 18, 0, 17), true},
		{"some events", "beta-binomial score", clusters(40, 4, spread[:40]...), false},
		{"many events", "cr2 satterthwaite t", clusters(100, 4, spread...), false},
	} {
		e := ClusteredProportion{}.Summary(tc.obs, 0.95)
		if e.Method != tc.method || warnsOfFallback(e.Warnings) != tc.warned || !(e.Lower < e.Upper) {
			t.Errorf("%s: %s, %v, [%v, %v]", tc.name, e.Method, e.Warnings, e.Lower, e.Upper)
		}
	}
}
