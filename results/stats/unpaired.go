package stats

import (
	"math"
	"slices"
)

// newcombe is the hybrid score interval of p1 − p2 for x1 of n1 and x2 of n2 independent
// trials (Newcombe 1998, Statistics in Medicine 17:873, method 10).
func newcombe(x1, n1, x2, n2 int, level float64) Interval {
	if badCounts(x1, n1, level) || badCounts(x2, n2, level) || n1 == 0 || n2 == 0 {
		return undefinedInterval
	}
	p1, p2 := float64(x1)/float64(n1), float64(x2)/float64(n2)
	w1, w2 := Wilson(x1, n1, level), Wilson(x2, n2, level)
	d := p1 - p2
	return Interval{
		Lower: max(-1, d-math.Hypot(p1-w1.Lower, w2.Upper-p2)),
		Upper: min(1, d+math.Hypot(w1.Upper-p1, p2-w2.Lower)),
	}
}

// twoProportions are two independent proportions and their score statistics.
type twoProportions struct{ x1, n1, x2, n2 float64 }

func (t twoProportions) diff() float64 { return t.x1/t.n1 - t.x2/t.n2 }

// constrained is the maximum likelihood estimate of (p1, p2) under p1 − p2 = delta: the root
// of the score, which decreases in p1. (Its cubic, solved in closed form, loses half of the
// digits near double roots.)
func (t twoProportions) constrained(delta float64) (p1, p2 float64) {
	score := func(p float64) float64 {
		return share(t.x1, p) - share(t.n1-t.x1, 1-p) + share(t.x2, p-delta) - share(t.n2-t.x2, 1-p+delta)
	}
	p1 = bisect(max(0, delta), min(1, 1+delta), func(p float64) bool { return score(p) <= 0 })
	return p1, p1 - delta
}

// share is k/p, 0 where k is 0.
func share(k, p float64) float64 {
	if k == 0 {
		return 0
	}
	return k / max(p, 1e-300)
}

// z is the score statistic of H0: p1 − p2 = delta (Farrington and Manning 1990); minus is
// Miettinen and Nurminen's (1985) with the variance factor N/(N−1).
func (t twoProportions) z(delta float64) (fm, mn float64) {
	p1, p2 := t.constrained(delta)
	v := p1*(1-p1)/t.n1 + p2*(1-p2)/t.n2
	num := t.diff() - delta
	if math.Abs(num) < 1e-15 {
		return 0, 0
	}
	fm = num / math.Sqrt(max(v, 0))
	n := t.n1 + t.n2
	return fm, fm * math.Sqrt((n-1)/n)
}

// miettinenNurminen is the score interval of p1 − p2 for x1 of n1 and x2 of n2 independent
// trials (Miettinen and Nurminen 1985).
func miettinenNurminen(x1, n1, x2, n2 int, level float64) Interval {
	if badCounts(x1, n1, level) || badCounts(x2, n2, level) || n1 == 0 || n2 == 0 {
		return undefinedInterval
	}
	t := twoProportions{float64(x1), float64(n1), float64(x2), float64(n2)}
	crit := twoSidedZ(level)
	d := t.diff()
	i := Interval{-1, 1}
	if d > -1 {
		i.Lower = bisect(-1, d, func(delta float64) bool { _, z := t.z(delta); return z <= crit })
	}
	if d < 1 {
		i.Upper = bisect(d, 1, func(delta float64) bool { _, z := t.z(delta); return z <= -crit })
	}
	return i
}

// twoProportionZ is the pooled z test of p1 = p2 and its two-sided p-value. z is NaN where
// both proportions are 0 or both are 1.
func twoProportionZ(x1, n1, x2, n2 float64) (z, p float64) {
	pool := (x1 + x2) / (n1 + n2)
	z = (x1/n1 - x2/n2) / math.Sqrt(pool*(1-pool)*(1/n1+1/n2))
	return z, twoSidedNormalP(z)
}

// fisherExact is the two-sided p-value of a 2×2 table [[a, b], [c, d]]: the probability of
// all tables with the same margins that are no likelier than this one, within a relative
// 1e-7 (as R and SciPy do). NaN for negative counts; 1 for an empty margin.
func fisherExact(a, b, c, d int) float64 {
	if min(a, b, c, d) < 0 {
		return math.NaN()
	}
	n, marked, total := a+b, a+c, a+b+c+d
	lo, hi := max(0, n-(total-marked)), min(n, marked)
	if lo == hi {
		return 1
	}
	limit := logHypergeometricPMF(a, n, marked, total) + math.Log1p(1e-7)
	pmf := func(k int) float64 { return logHypergeometricPMF(k, n, marked, total) }
	mode := min(hi, max(lo, int(float64(n+1)*float64(marked+1)/float64(total+2))))
	// The probabilities rise to the mode and fall after it: two tails, each one sum.
	left := smallestInt(lo, mode, func(k int) bool { return pmf(k) > limit }) // first that is likelier
	if pmf(left) <= limit {
		return 1
	}
	right := smallestInt(mode, hi+1, func(k int) bool { return k > hi || pmf(k) <= limit })
	return min(1, hypergeometricSum(left-1, lo, -1, n, marked, total)+hypergeometricSum(right, hi, 1, n, marked, total))
}

// tTest is the result of a t test.
type tTest struct {
	Diff, SE, T, DF, P float64
}

func (t tTest) interval(level float64) Interval {
	half := twoSidedT(level, t.DF) * t.SE
	return Interval{t.Diff - half, t.Diff + half}
}

// newTTest tests diff = 0. A difference without spread has no t.
func newTTest(diff, se, df float64) tTest {
	t := diff / se
	return tTest{diff, se, t, df, twoSidedTP(t, df)}
}

// welchT compares the means of two independent samples with unequal variances (Welch 1947).
func welchT(a, b []float64) tTest {
	na, nb := float64(len(a)), float64(len(b))
	va, vb := variance(a)/na, variance(b)/nb
	df := (va + vb) * (va + vb) / (va*va/(na-1) + vb*vb/(nb-1))
	return newTTest(mean(a)-mean(b), math.Sqrt(va+vb), df)
}

// mannWhitney is the U of a over b (ties count ½) and its two-sided p-value: exact, given the
// ties, up to some 10⁸ steps, else normal with correction for ties and continuity.
func mannWhitney(a, b []float64) (u, p float64, exact bool) {
	ranks, tie := midranks(append(slices.Clone(a), b...))
	na, nb := len(a), len(b)
	var sum float64
	for _, r := range ranks[:na] {
		sum += r
	}
	fa, fb := float64(na), float64(nb)
	u = sum - fa*(fa+1)/2
	if tie == 0 && float64(na)*float64(nb)*min(fa, fb) < 1e7 {
		extreme := int(math.Round(max(u, fa*fb-u)))
		return u, min(1, 2*mannWhitneyTail(extreme, na, nb)), true
	}
	n := fa + fb
	if tie > 0 && n*n*n*min(fa, fb) < 2e8 {
		codes := make([]int, len(ranks)) // midranks are whole halves
		for i, r := range ranks {
			codes[i] = int(2*r) - 2
		}
		if nb < na { // the sum of one side gives that of the other
			codes = append(codes[na:], codes[:na]...)
		}
		return u, permuteLattice(codes, min(na, nb)).TwoSided, true
	}
	sd := math.Sqrt(fa * fb / 12 * (n + 1 - tie/(n*(n-1))))
	z := max(0, math.Abs(u-fa*fb/2)-0.5) / sd
	return u, twoSidedNormalP(z), false
}

// mannWhitneyTail is P(U ≥ u) without ties, from the distribution of U: the number of
// partitions in a box, by the Gaussian binomial's recursion.
func mannWhitneyTail(u, na, nb int) float64 {
	if na > nb {
		na, nb = nb, na
	}
	size := na * nb
	w := make([]float64, size+1) // coefficients of Π (1−q^(nb+i))/(1−q^i), scaled to sum to 1
	w[0] = 1
	for i := 1; i <= na; i++ {
		scale := float64(i) / float64(nb+i)
		for k := size; k >= nb+i; k-- {
			w[k] -= w[k-nb-i]
		}
		for k := i; k <= size; k++ {
			w[k] += w[k-i]
		}
		for k := range w {
			w[k] *= scale
		}
	}
	var tail float64
	for k := size; k >= max(u, 0); k-- { // w is symmetric and small at the ends
		tail += w[size-k]
	}
	return tail
}

// midranks gives ranks from 1, ties sharing their mean, and Σ(t³ − t) over groups of ties.
// Values within a relative 1e-9 of the largest magnitude's rounding are ties.
func midranks(x []float64) (ranks []float64, ties float64) {
	order := make([]int, len(x))
	var scale float64
	for i, v := range x {
		order[i] = i
		scale = max(scale, math.Abs(v))
	}
	slices.SortStableFunc(order, func(i, j int) int { return compareFloat(x[i], x[j]) })
	ranks = make([]float64, len(x))
	tol := scale * tieTolerance
	for i := 0; i < len(order); {
		j := i + 1
		for j < len(order) && x[order[j]]-x[order[j-1]] <= tol {
			j++
		}
		for _, k := range order[i:j] {
			ranks[k] = float64(i+j+1) / 2
		}
		t := float64(j - i)
		ties += t*t*t - t
		i = j
	}
	return ranks, ties
}

// tieTolerance is how far two numbers that are equal in decimals may differ in binary,
// relative to the largest of them.
const tieTolerance = 1e-12

func compareFloat(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// cohenH is the effect size 2·asin√p1 − 2·asin√p2 of two proportions.
func cohenH(p1, p2 float64) float64 {
	return 2*math.Asin(math.Sqrt(p1)) - 2*math.Asin(math.Sqrt(p2))
}

// cliffsDelta is P(a > b) − P(a < b), by sorting b.
func cliffsDelta(a, b []float64) float64 {
	if len(a) == 0 || len(b) == 0 {
		return math.NaN()
	}
	sorted := slices.Clone(b)
	slices.Sort(sorted)
	var net float64
	for _, v := range a {
		lo, _ := slices.BinarySearch(sorted, v)
		hi := lo
		for hi < len(sorted) && sorted[hi] == v {
			hi++
		}
		net += float64(lo) - float64(len(sorted)-hi)
	}
	return net / (float64(len(a)) * float64(len(b)))
}
