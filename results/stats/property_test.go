package stats

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// The invariants of the statistics, on random data from fixed seeds.

func testRand(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 1)) }

func randomScores(r *rand.Rand, n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = math.Round(r.Float64()*100) / 100
	}
	return x
}

func randomBits(r *rand.Rand, n int, p float64) []float64 {
	x := make([]float64, n)
	for i := range x {
		if r.Float64() < p {
			x[i] = 1
		}
	}
	return x
}

func randomClusters(r *rand.Rand, n, groups int) []int32 {
	c := make([]int32, n)
	for i := range c {
		c[i] = int32(r.IntN(groups))
	}
	return c
}

func TestMeanIsFreeOfOrder(t *testing.T) {
	r := testRand(1)
	for range 50 {
		x, c := randomScores(r, 60), randomClusters(r, 60, 9)
		want := GradedScore{}.Summary(Obs{Values: x, Clusters: c}, 0.95)
		order := r.Perm(60)
		rename := r.Perm(9)
		y, d := make([]float64, 60), make([]int32, 60)
		for i, j := range order {
			y[i], d[i] = x[j], int32(rename[c[j]])*1000003
		}
		got := GradedScore{}.Summary(Obs{Values: y, Clusters: d}, 0.95)
		near(t, "lower", got.Lower, want.Lower, 1e-12)
		near(t, "upper", got.Upper, want.Upper, 1e-12)
		near(t, "df", got.DF, want.DF, 1e-12)
	}
}

func TestDuplicatesInsideClustersChangeNothing(t *testing.T) {
	r := testRand(2)
	x, c := randomScores(r, 40), randomClusters(r, 40, 7)
	once := SumClusters(x, c).Mean()
	twice := SumClusters(append(slices.Clone(x), x...), append(slices.Clone(c), c...)).Mean()
	near(t, "cr0", twice.CR0, once.CR0, 1e-12)
	near(t, "cr2", twice.CR2, once.CR2, 1e-12)
}

func TestSingletonClustersAreIndependent(t *testing.T) {
	r := testRand(3)
	x := randomScores(r, 33)
	c := make([]int32, 33)
	for i := range c {
		c[i] = int32(i)
	}
	m := SumClusters(x, c).Mean()
	near(t, "cr0·√(n/(n−1))", m.CR0*math.Sqrt(33./32), standardError(x), 1e-12)
	near(t, "cr2", m.CR2, standardError(x), 1e-12)
	near(t, "df", m.DF, 32, 1e-12)
}

// TestSatterthwaiteAgainstMatrix holds the linear form of the degrees of freedom to its
// definition by G×G matrices.
func TestSatterthwaiteAgainstMatrix(t *testing.T) {
	r := testRand(4)
	for range 30 {
		g := 2 + r.IntN(12)
		s := ClusterSums{make([]float64, g), make([]int, g)}
		var n float64
		for c := range s.Sums {
			s.Sizes[c] = 1 + r.IntN(9)
			s.Sums[c] = r.Float64()
			n += float64(s.Sizes[c])
		}
		var trace, square float64
		for i := range s.Sizes {
			for j := range s.Sizes {
				ni, nj := float64(s.Sizes[i]), float64(s.Sizes[j])
				m := -ni * nj / n
				if i == j {
					m += ni
				}
				m /= math.Sqrt((1 - ni/n) * (1 - nj/n))
				square += m * m
				if i == j {
					trace += m
				}
			}
		}
		near(t, "df", s.Mean().DF, trace*trace/square, 1e-10)
	}
}

func TestSwapNegates(t *testing.T) {
	r := testRand(5)
	assumptions := []Assumption{IndependentProportion{}, ClusteredProportion{}, PairedProportion{}, GradedScore{}, PairedScore{}, RepeatedEpochs{}}
	for _, n := range []int{12, 80, 400} {
		for _, groups := range []int{5, 40, 0} {
			a, b := Obs{Values: randomBits(r, n, 0.7)}, Obs{Values: randomBits(r, n, 0.6)}
			if groups > 0 {
				a.Clusters = randomClusters(r, n, groups)
				b.Clusters = a.Clusters
			}
			for _, as := range assumptions {
				ab, ba := as.Compare(a, b, 0.9), as.Compare(b, a, 0.9)
				near(t, "p", ba.P, ab.P, 1e-9)
				for _, v := range [][2]float64{{ab.Difference, ba.Difference}, {ab.Lower, ba.Upper}, {ab.Upper, ba.Lower}, {ab.Effect, ba.Effect}} {
					if math.Abs(v[0]+v[1]) > 1e-9 {
						t.Errorf("%T n=%d groups=%d: swap gives %v and %v", as, n, groups, v[0], v[1])
					}
				}
			}
		}
	}
}

func TestIntervalsMirrorAndNest(t *testing.T) {
	methods := map[string]func(x, n int, level float64) Interval{
		"wilson": Wilson, "clopper-pearson": ClopperPearson, "jeffreys": jeffreys, "agresti-coull": agrestiCoull, "mid-p": midPInterval,
	}
	for _, n := range []int{1, 2, 7, 30, 250} {
		for x := 0; x <= n; x++ {
			for name, f := range methods {
				a, b := f(x, n, 0.95), f(n-x, n, 0.95)
				if math.Abs(a.Lower+b.Upper-1) > 1e-12 || math.Abs(a.Upper+b.Lower-1) > 1e-12 {
					t.Errorf("%s(%d, %d) = %v does not mirror %v", name, x, n, a, b)
				}
				if p := float64(x) / float64(n); !a.Contains(p) || a.Lower < 0 || a.Upper > 1 || !(a.Width() > 0) {
					t.Errorf("%s(%d, %d) = %v", name, x, n, a)
				}
				if w := f(x, n, 0.99); w.Lower > a.Lower || w.Upper < a.Upper {
					t.Errorf("%s(%d, %d): 99 %% interval does not hold the 95 %% one", name, x, n)
				}
			}
			cp, mid := ClopperPearson(x, n, 0.95), midPInterval(x, n, 0.95)
			if mid.Lower < cp.Lower || mid.Upper > cp.Upper {
				t.Errorf("mid-p %v leaves clopper-pearson %v at %d of %d", mid, cp, x, n)
			}
		}
	}
}

func TestCorrectionsAreOrdered(t *testing.T) {
	r := testRand(6)
	for range 100 {
		p := make([]float64, 1+r.IntN(30))
		for i := range p {
			p[i] = math.Pow(r.Float64(), 3)
		}
		adjusted := map[Correction][]float64{}
		for _, c := range []Correction{Bonferroni, Sidak, Holm, Hochberg, Hommel, BH, BY} {
			adjusted[c], _ = AdjustP(p, c)
		}
		const eps = 1e-12
		for i, raw := range p {
			bonf, holm, hoch, homm := adjusted[Bonferroni][i], adjusted[Holm][i], adjusted[Hochberg][i], adjusted[Hommel][i]
			bh, by, sidak := adjusted[BH][i], adjusted[BY][i], adjusted[Sidak][i]
			if raw > bh+eps || bh > by+eps || bh > homm+eps || homm > hoch+eps || hoch > holm+eps || holm > bonf+eps || sidak > bonf+eps {
				t.Fatalf("order broken for p=%v: bh %v by %v hommel %v hochberg %v holm %v bonferroni %v", raw, bh, by, homm, hoch, holm, bonf)
			}
		}
	}
}

func TestPassAtOneIsTheRate(t *testing.T) {
	for n := 1; n < 20; n++ {
		for c := 0; c <= n; c++ {
			near(t, "pass@1", PassAtK(n, c, 1), float64(c)/float64(n), 1e-12)
			near(t, "pass^1", PassHatK(n, c, 1), float64(c)/float64(n), 1e-12)
		}
	}
	near(t, "long product", PassAtK(3_000_000_000, 1_200_000_000, 2), 1-0.6*0.6, 1e-8)
}

func TestSignFlipMethodsAgree(t *testing.T) {
	r := testRand(7)
	for range 40 {
		d := make([]float64, 3+r.IntN(12))
		codes := make([]int, len(d))
		for i := range d {
			codes[i] = 1 + r.IntN(9)
			if r.IntN(3) == 0 {
				codes[i] = -codes[i]
			}
			d[i] = float64(codes[i]) / 10
		}
		want := signFlipHalves(d).P
		got, ok := signFlipLattice(codes)
		if !ok {
			t.Fatal("no lattice")
		}
		near(t, "dynamic programming", got.P, want, 1e-12)
		weights, total, obs, ss := make([]int, len(d)), 0, 0, 0.0
		for i, c := range codes {
			weights[i] = abs(c)
			total += weights[i]
			obs += c
			ss += float64(c * c)
		}
		if obs != 0 {
			near(t, "fft", signFlipFFT(weights, total, abs(obs), math.Sqrt(ss)), want, 1e-9)
		}
		if mc := signFlipMonteCarlo(d, 20000, 5); math.Abs(mc-want) > 5*math.Sqrt(want*(1-want)/20000)+1e-4 {
			t.Errorf("monte carlo %v, exact %v", mc, want)
		}
	}
}

func TestSignFlipOnBinaryIsMcNemar(t *testing.T) {
	r := testRand(8)
	for range 40 {
		n := 5 + r.IntN(400)
		a, b := randomBits(r, n, 0.6), randomBits(r, n, 0.5)
		var c PairedCounts
		for i := range a {
			c.add(a[i], b[i])
		}
		exact, midP := McNemar(c.AOnly, c.BOnly)
		near(t, "sign flip", SignFlip(differences(a, b), 1).P, exact, 1e-12)
		if midP > exact {
			t.Errorf("mid-p %v above exact %v", midP, exact)
		}
	}
}

func TestTwoSampleMethodsAgree(t *testing.T) {
	r := testRand(9)
	for range 20 {
		a, b := randomScores(r, 4+r.IntN(4)), randomScores(r, 4+r.IntN(4))
		pool := append(slices.Clone(a), b...)
		exact := permuteTwoSamples(a, b, 0)
		enumerated := permuteEnumerate(pool, len(a))
		near(t, "two-sided", exact.TwoSided, enumerated.TwoSided, 1e-10)
		near(t, "greater", exact.Greater, enumerated.Greater, 1e-10)
		mc := permuteMonteCarlo(pool, len(a), 20000, 3)
		if math.Abs(mc.Greater-enumerated.Greater) > 0.02 {
			t.Errorf("monte carlo %v, exact %v", mc.Greater, enumerated.Greater)
		}
	}
}

func TestLatticeBootstrapIsBinomial(t *testing.T) {
	x := append(make([]float64, 17), slices.Repeat([]float64{1}, 83)...)
	l, ok := findLattice(x)
	if !ok {
		t.Fatal("no lattice")
	}
	exact, convolved := binomialLaw{83, 100}, newLatticeLaw(l)
	near(t, "position", convolved.position(), exact.position(), 1e-10)
	for _, p := range []float64{0.001, 0.025, 0.3, 0.975} {
		near(t, "quantile", convolved.quantile(p), exact.quantile(p), 1e-12)
	}
	one := pmf{p: []float64{0.17, 0.83}}
	direct, fft := one.powerDirect(100), one.powerFFT(100)
	for k, v := range fft.p {
		if math.Abs(v-direct.p[fft.first+k]) > 1e-14 {
			t.Errorf("fft %v, direct %v at %d", v, direct.p[fft.first+k], k)
		}
	}
}

// Counted ones give what scores that are added up one by one give.
func TestCountedBootstrapIsTheGeneralOne(t *testing.T) {
	r := testRand(21)
	for _, n := range []int{2, 5, 19, 40, 1000} {
		x := randomBits(r, n, 0.7)
		x[0], x[1] = 0, 1
		sizes := slices.Repeat([]int{1}, n)
		for _, method := range []BootstrapMethod{Percentile, Basic, BCa} {
			b := Bootstrap{Method: method}
			counted, general := b.Mean(Obs{Values: x}, 0.9), b.Mean(Obs{Sums: x, Sizes: sizes}, 0.9)
			near(t, "value", counted.Value, general.Value, 1e-14)
			near(t, "error", counted.SE, general.SE, 1e-12)
			if counted.Interval() != general.Interval() || counted.Method != general.Method || len(counted.Warnings) != len(general.Warnings) {
				t.Errorf("n = %d: counted %+v, general %+v", n, counted, general)
			}
		}
	}
}

func TestBootstrapIsFreeOfWorkers(t *testing.T) {
	r := testRand(10)
	x := make([]float64, 500)
	for i := range x {
		x[i] = r.NormFloat64()
	}
	for _, method := range []BootstrapMethod{Percentile, Basic, BCa, Studentized} {
		for _, clusters := range [][]int32{nil, randomClusters(r, 500, 40)} {
			one := Bootstrap{Method: method, Seed: 9, Replicates: 2000, Workers: 1}.Mean(Obs{Values: x, Clusters: clusters}, 0.95)
			many := Bootstrap{Method: method, Seed: 9, Replicates: 2000, Workers: 64}.Mean(Obs{Values: x, Clusters: clusters}, 0.95)
			if one.Lower != many.Lower || one.Upper != many.Upper || !(one.Lower < one.Value && one.Value < one.Upper) {
				t.Errorf("%s: 1 worker %v, 64 workers %v", method, one.Interval(), many.Interval())
			}
			t1 := GradedScore{Min: -10, Max: 10}.Summary(Obs{Values: x, Clusters: clusters}, 0.95)
			if math.Abs(one.Lower-t1.Lower) > 0.3*t1.Interval().Width() {
				t.Errorf("%s: bootstrap %v far from t %v", method, one.Interval(), t1.Interval())
			}
		}
	}
}

func TestResamplingAgreesWithExactLaw(t *testing.T) {
	r := testRand(11)
	x := make([]float64, 300)
	for i := range x {
		x[i] = float64(r.IntN(5)) / 4
	}
	for _, method := range []BootstrapMethod{Percentile, Basic, BCa} {
		exact := Bootstrap{Method: method}.Mean(Obs{Values: x}, 0.95)
		drawn := Bootstrap{Method: method, MonteCarlo: true, Replicates: 100000}.Mean(Obs{Values: x}, 0.95)
		if math.Abs(exact.Lower-drawn.Lower) > 0.002 || math.Abs(exact.Upper-drawn.Upper) > 0.002 {
			t.Errorf("%s: exact %v, drawn %v", method, exact.Interval(), drawn.Interval())
		}
	}
}

func TestConstrainedRatesSolveTheScore(t *testing.T) {
	r := testRand(12)
	for range 200 {
		n1, n2 := 1+r.IntN(60), 1+r.IntN(60)
		v := twoProportions{float64(r.IntN(n1 + 1)), float64(n1), float64(r.IntN(n2 + 1)), float64(n2)}
		delta := 1.8*r.Float64() - 0.9
		p1, p2 := v.constrained(delta)
		best := v.logLikelihood(p1, p2)
		for _, step := range []float64{-1e-4, 1e-4} {
			q := p1 + step
			if q > max(0, delta) && q < min(1, 1+delta) && v.logLikelihood(q, q-delta) > best+1e-9 {
				t.Fatalf("%+v delta %v: %v is likelier than %v", v, delta, q, p1)
			}
		}
	}
}

func (t twoProportions) logLikelihood(p1, p2 float64) float64 {
	term := func(k, p float64) float64 {
		if k == 0 {
			return 0
		}
		return k * math.Log(p)
	}
	return term(t.x1, p1) + term(t.n1-t.x1, 1-p1) + term(t.x2, p2) + term(t.n2-t.x2, 1-p2)
}

func TestBeatsAgainstClosedForm(t *testing.T) {
	for _, c := range [][4]int{{8, 2, 6, 4}, {0, 10, 3, 20}, {30, 5, 100, 60}, {1, 1, 1, 1}} {
		p, q := posteriorLaw{float64(c[0] + 1), float64(c[1] + 1)}, posteriorLaw{float64(c[2] + 1), float64(c[3] + 1)}
		var want float64 // Σ_i<aP B(aQ+i, bP+bQ)/((bP+i) B(1+i, bP) B(aQ, bQ))
		for i := range int(p.A) {
			fi := float64(i)
			want += math.Exp(logBeta(q.A+fi, p.B+q.B)-logBeta(1+fi, p.B)-logBeta(q.A, q.B)) / (p.B + fi)
		}
		near(t, "P(p > q)", p.Beats(q), want, 1e-10)
		near(t, "P(q > p)", q.Beats(p), 1-want, 1e-9)
	}
	near(t, "alike", posteriorLaw{3e7, 5e7}.Beats(posteriorLaw{3e7, 5e7}), 0.5, 1e-9)
}

func TestOrderStatisticsCover(t *testing.T) {
	for _, n := range []int{1, 10, 100, 1000} {
		for _, q := range []float64{0.5, 0.9, 0.99} {
			c := quantileRanks(n, q, 0.95)
			if c.Coverage < 0.95-1e-12 || c.Lower < 0 || c.Upper > n+1 {
				t.Errorf("quantileRanks(%d, %v) = %+v", n, q, c)
			}
		}
	}
	if c := quantileRanks(100, 0.99, 0.95); c.Upper != 101 {
		t.Errorf("the 99th percentile of 100 has an upper rank %d, want 101 (unbounded)", c.Upper)
	}
}

func TestSampleSizesAreSmallest(t *testing.T) {
	for _, rate := range []float64{0.5, 0.1, 0.01, 0.001} {
		for failures := range 4 {
			n := FailureSize(rate, 0.95, failures)
			at, _ := binomialTails(failures, n, rate)
			before, _ := binomialTails(failures, n-1, rate)
			if at > 0.05+1e-12 || before <= 0.05 {
				t.Errorf("FailureSize(%v, 0.95, %d) = %d: tail %v, one fewer %v", rate, failures, n, at, before)
			}
		}
	}
	if n := ZeroFailureSize(0.01, 0.95); n != 299 {
		t.Errorf("ZeroFailureSize(1 %%) = %d, want 299", n)
	}
}

// TestLemireDrawsAreUniform checks the inlined draws of the bootstrap kernel: resampled sums
// of one-hot data are counts of Binomial(n, 1/n).
func TestLemireDrawsAreUniform(t *testing.T) {
	const n, reps = 7, 20000
	var chi2 float64
	for hot := range n {
		x := make([]float64, n)
		x[hot] = 1
		var total float64
		for r := range reps {
			rng := newStream(1, streamBootstrap, uint64(r))
			total += drawnSum(x, n, &rng)
		}
		chi2 += (total - reps) * (total - reps) / reps
	}
	if p := chi2Tail(chi2, n-1); p < 1e-4 {
		t.Errorf("draws are not uniform: chi-squared %v, p %v", chi2, p)
	}
}

func TestStreamsDiffer(t *testing.T) {
	seen := map[uint64]bool{}
	for seed := range uint64(20) {
		for stream := range uint64(5) {
			for r := range uint64(50) {
				s := streamState(seed, stream, r)
				if seen[s] {
					t.Fatalf("stream (%d, %d, %d) repeats", seed, stream, r)
				}
				seen[s] = true
			}
		}
	}
	g := newStream(1, streamBootstrap, 0)
	if got := []uint64{g.Uint64(), g.Uint64()}; got[0] == got[1] {
		t.Errorf("generator repeats: %v", got)
	}
}

func TestMannWhitneyIsExact(t *testing.T) {
	r := testRand(13)
	for range 20 {
		a, b := randomScores(r, 3+r.IntN(4)), randomScores(r, 3+r.IntN(4))
		for i := range a {
			a[i] = math.Round(a[i] * 10) // ties
		}
		for i := range b {
			b[i] = math.Round(b[i]*10) + 0.5*float64(r.IntN(2))
		}
		ranks, _ := midranks(append(slices.Clone(a), b...))
		want := permuteEnumerate(ranks, len(a)).TwoSided
		_, p, exact := mannWhitney(a, b)
		if !exact {
			t.Fatal("not exact")
		}
		near(t, "p", p, want, 1e-10)
	}
}

func TestHighestDensityIsShortest(t *testing.T) {
	for _, p := range []posteriorLaw{{8, 4}, {1.5, 30}, {300, 2.2}, {40, 40}, {3e5, 2e6}} {
		h, e := p.HighestDensity(0.9), p.EqualTails(0.9)
		near(t, "mass", p.Below(h.Upper)-p.Below(h.Lower), 0.9, 1e-9)
		if h.Width() > e.Width()*(1+1e-12) {
			t.Errorf("%+v: highest density %v is wider than equal tails %v", p, h, e)
		}
		lo, hi := p.logDensity(math.Log(h.Lower/(1-h.Lower))), p.logDensity(math.Log(h.Upper/(1-h.Upper)))
		if math.Abs(lo-hi) > 1e-6 {
			t.Errorf("%+v: log densities %v and %v at the ends of %v", p, lo, hi, h)
		}
	}
}
