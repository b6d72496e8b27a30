package stats

import "math"

// PairedCounts are the outcomes of two models on the same items: both succeed, only a, only
// b, neither.
type PairedCounts struct{ Both, AOnly, BOnly, Neither int }

// N is the number of pairs.
func (c PairedCounts) N() int { return c.Both + c.AOnly + c.BOnly + c.Neither }

// Difference is the rate of a minus the rate of b.
func (c PairedCounts) Difference() float64 {
	return float64(c.AOnly-c.BOnly) / float64(c.N())
}

func (c PairedCounts) bad(level float64) bool {
	return min(c.Both, c.AOnly, c.BOnly, c.Neither) < 0 || c.N() <= 0 || !(level > 0 && level < 1)
}

// Tango is the score interval of the difference of two paired proportions (Tango 1998,
// Statistics in Medicine 17:891). NaN without pairs.
func (c PairedCounts) Tango(level float64) Interval {
	if c.bad(level) {
		return undefinedInterval
	}
	return tangoInterval(float64(c.AOnly), float64(c.BOnly), float64(c.N()), twoSidedZ(level))
}

// tangoInterval inverts the score at a critical value, for effective, maybe fractional counts.
func tangoInterval(b, c, n, crit float64) Interval {
	d := (b - c) / n
	i := Interval{-1, 1}
	if d > -1 {
		i.Lower = bisect(-1, d, func(delta float64) bool { return tangoZ(b, c, n, delta) <= crit })
	}
	if d < 1 {
		i.Upper = bisect(d, 1, func(delta float64) bool { return tangoZ(b, c, n, delta) <= -crit })
	}
	return i
}

// tangoZ is the score statistic of H0: p_a − p_b = delta, for b pairs with only a, c with
// only b, of n.
func tangoZ(b, c, n, delta float64) float64 {
	num := b - c - n*delta
	if num == 0 {
		return 0
	}
	qa, qb, qc := 2*n, -b-c+(2*n-b+c)*delta, -c*delta*(1-delta)
	root := math.Sqrt(max(0, qb*qb-4*qa*qc))
	q := (root - qb) / (2 * qa)
	if qb > 0 { // the same root without the cancellation
		q = -2 * qc / (root + qb)
	}
	return num / math.Sqrt(max(0, n*(2*q+delta*(1-delta))))
}

// Newcombe10 is Newcombe's (1998, 17:2635) square-and-add interval of two Wilson intervals
// with the correlation φ, corrected for continuity where it is positive.
func (c PairedCounts) Newcombe10(level float64) Interval {
	if c.bad(level) {
		return undefinedInterval
	}
	n := c.N()
	xa, xb := c.Both+c.AOnly, c.Both+c.BOnly
	pa, pb := float64(xa)/float64(n), float64(xb)/float64(n)
	wa, wb := Wilson(xa, n, level), Wilson(xb, n, level)
	phi := c.phi()
	d := c.Difference()
	add := func(u, v float64) float64 { return math.Sqrt(max(0, u*u-2*phi*u*v+v*v)) }
	return Interval{
		Lower: max(-1, d-add(pa-wa.Lower, wb.Upper-pb)),
		Upper: min(1, d+add(wa.Upper-pa, pb-wb.Lower)),
	}
}

func (c PairedCounts) phi() float64 {
	xa, xb := float64(c.Both+c.AOnly), float64(c.Both+c.BOnly)
	n := float64(c.N())
	den := math.Sqrt(xa * (n - xa) * xb * (n - xb))
	if den == 0 {
		return 0
	}
	num := float64(c.Both)*float64(c.Neither) - float64(c.AOnly)*float64(c.BOnly)
	if num > 0 {
		num = max(num-n/2, 0)
	}
	return num / den
}

// BonettPrice is the Wald interval with one pair added to each discordant cell (Bonett and
// Price 2012).
func (c PairedCounts) BonettPrice(level float64) Interval {
	if c.bad(level) {
		return undefinedInterval
	}
	n := float64(c.N()) + 2
	p12, p21 := (float64(c.AOnly)+1)/n, (float64(c.BOnly)+1)/n
	half := twoSidedZ(level) * math.Sqrt((p12+p21-(p12-p21)*(p12-p21))/n)
	return Interval{max(-1, p12-p21-half), min(1, p12-p21+half)}
}

// discordantExact is a conservative interval of the difference: exact intervals of the rates
// of a-only and of b-only among k units, each at half of the error, subtracted.
func discordantExact(aOnly, bOnly, k, level float64) Interval {
	each := 1 - (1-level)/2
	a, b := clopperPearson(aOnly, k, each), clopperPearson(bOnly, k, each)
	return Interval{max(-1, a.Lower-b.Upper), min(1, a.Upper-b.Lower)}
}

// mcNemarTest holds the variants of McNemar's test.
type mcNemarTest struct {
	Exact, MidP          float64 // two-sided p-values
	Chi2, PChi2, CC, PCC float64 // statistics and p-values without and with continuity correction
}

// McNemar tests whether two models differ on paired binary outcomes, from the pairs that
// only a and only b got right. It returns the exact two-sided binomial p-value and the mid-p
// (Fagerland, Lydersen and Laake 2013), which is the one to report. Without discordant pairs
// both are 1; they are NaN for negative counts.
func McNemar(aOnly, bOnly int) (exact, midP float64) {
	t := mcNemar(aOnly, bOnly)
	return t.Exact, t.MidP
}

func mcNemar(aOnly, bOnly int) mcNemarTest {
	if aOnly < 0 || bOnly < 0 {
		nan := math.NaN()
		return mcNemarTest{nan, nan, nan, nan, nan, nan}
	}
	n, k := aOnly+bOnly, min(aOnly, bOnly)
	if n == 0 {
		return mcNemarTest{Exact: 1, MidP: 1, PChi2: 1, PCC: 1}
	}
	below, _ := binomialTails(k, n, 0.5)
	t := mcNemarTest{Exact: min(1, 2*below), MidP: min(1, 2*below-binomialPMF(k, n, 0.5))}
	d := math.Abs(float64(aOnly - bOnly))
	cc := max(0, d-1)
	t.Chi2, t.CC = d*d/float64(n), cc*cc/float64(n)
	t.PChi2, t.PCC = chi2Tail(t.Chi2, 1), chi2Tail(t.CC, 1)
	return t
}
