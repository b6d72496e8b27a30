package stats

import (
	"math"
	"math/cmplx"
)

// A sum of many independent terms has a characteristic function that is a product, and falls
// as fast as a normal one. A few dozen of its values give the whole law of the sum as a
// Fourier series (Davies 1973; Abate and Whitt 1992), so that resampled means and randomly
// signed sums of continuous scores need no draws: the result is the limit of infinitely many.

const (
	inversionReach = 12.0 // the series has the period 2·inversionReach standard deviations
	inversionTerms = 40   // frequencies π·k/inversionReach; a normal law is below 1e-20 there
	// No term may exceed this part of the standard deviation of the sum: by Bernstein's
	// inequality less than 1e-15 then lies out of reach.
	inversionLargest = 0.25

	// Near-lattice scores make lumps, and lumps make the characteristic function rise again,
	// with peaks at least as wide as the first. Probes two standard widths on either side of
	// each other find those of lumps more than 0.016 standard deviations apart; finer ones
	// move no bound by more than a third of the noise of 9,999 draws.
	inversionProbes = 100
	probeStep       = 4.0
	probeLimit      = 1e-3
)

// invertedLaw is the law of a standardised sum: F(z) on ±inversionReach.
type invertedLaw struct {
	terms [inversionTerms]complex128 // the characteristic function at π·k/inversionReach, k from 1
}

// sumLaw is the cumulative distribution of a sum with mean 0 by its characteristic function:
// of walks along step, 2·step, …, of the unstandardised argument. ok is false where the law
// is too lumpy or too skew for the series.
func sumLaw(walk func(step float64, out []complex128), sd, largest float64) (l invertedLaw, ok bool) {
	if !(sd > 0) || !isFinite(sd) || !(largest <= inversionLargest*sd) {
		return l, false
	}
	walk(math.Pi/inversionReach/sd, l.terms[:])
	if cmplx.Abs(l.terms[inversionTerms-1]) > 1e-13 {
		return l, false
	}
	probes := make([]complex128, inversionProbes)
	walk(probeStep/sd, probes)
	for k, p := range probes {
		// The first two probes, at 4 and 8 standard widths, still see the first peak.
		if a := cmplx.Abs(p); k > 1 && a > probeLimit || a != a {
			return l, false
		}
	}
	return l, true
}

// cdf is P(Z ≤ z).
func (l *invertedLaw) cdf(z float64) float64 {
	if z <= -inversionReach {
		return 0
	}
	if z >= inversionReach {
		return 1
	}
	// ∫ of the density's series from −reach to z, term by term.
	turn := cmplx.Rect(1, -math.Pi*z/inversionReach)
	at, end := complex(1, 0), 1.0
	f := (z + inversionReach) / (2 * inversionReach)
	for k, phi := range l.terms {
		at *= turn
		end = -end
		f -= imag(phi*(at-complex(end, 0))) / (math.Pi * float64(k+1))
	}
	return max(0, min(1, f))
}

// quantile is the z at which the law reaches p.
func (l *invertedLaw) quantile(p float64) float64 {
	lo, hi := -inversionReach, inversionReach
	for range 60 {
		if mid := lo + (hi-lo)/2; l.cdf(mid) < p {
			lo = mid
		} else {
			hi = mid
		}
	}
	return lo + (hi-lo)/2
}

// rotation is a point on the circle and the turn that each step makes.
type rotation struct{ cos, sin, turnCos, turnSin float64 }

func rotations(x []float64, step float64) []rotation {
	turns := make([]rotation, len(x))
	for i, v := range x {
		sin, cos := math.Sincos(step * v)
		turns[i] = rotation{1, 0, cos, sin}
	}
	return turns
}

// meanTurns fills out with (mean of exp(i·k·step·x))ⁿ for k from 1: the characteristic
// function of the sum of n draws with replacement from the n values x.
func meanTurns(x []float64, step float64, out []complex128) {
	turns := rotations(x, step)
	n := float64(len(x))
	for k := range out {
		var c, s float64
		for i := range turns {
			t := &turns[i]
			t.cos, t.sin = t.cos*t.turnCos-t.sin*t.turnSin, t.sin*t.turnCos+t.cos*t.turnSin
			c += t.cos
			s += t.sin
		}
		out[k] = intPower(complex(c/n, s/n), len(x))
	}
}

// cosineProducts fills out with Π cos(k·step·x) for k from 1: the characteristic function of
// the sum of x with random signs.
func cosineProducts(x []float64, step float64, out []complex128) {
	turns := rotations(x, step)
	for k := range out {
		product := 1.0
		for i := range turns {
			t := &turns[i]
			t.cos, t.sin = t.cos*t.turnCos-t.sin*t.turnSin, t.sin*t.turnCos+t.cos*t.turnSin
			product *= t.cos
		}
		out[k] = complex(product, 0)
	}
}

// invertedMean is the law of the mean of n draws from n scores, as a bootstrapLaw.
type invertedMean struct {
	law      invertedLaw
	mean, sd float64 // of the resampled mean
}

// invertMean is the law of the resampled mean of x; false where the series does not fit.
func invertMean(x []float64) (invertedMean, bool) {
	m := mean(x)
	d := make([]float64, len(x))
	var squares, largest float64
	for i, v := range x {
		d[i] = v - m
		squares += d[i] * d[i]
		largest = max(largest, math.Abs(d[i]))
	}
	sd := math.Sqrt(squares) // of the sum of n draws: √n·√(Σd²/n)
	law, ok := sumLaw(func(step float64, out []complex128) { meanTurns(d, step, out) }, sd, largest)
	return invertedMean{law, m, sd / float64(len(x))}, ok
}

func (l invertedMean) quantile(p float64) float64 {
	if !(p >= 0 && p <= 1) {
		return math.NaN()
	}
	return l.mean + l.sd*l.law.quantile(p)
}

func (l invertedMean) position() float64 { return l.law.cdf(0) }

// leastInvertedP is the smallest p-value that the series resolves to a thousandth.
const leastInvertedP = 1e-9

// signFlipInverted is the two-sided p-value of random signs of d by the series; false where
// it does not fit or p is too small for it.
func signFlipInverted(d []float64) (float64, bool) {
	var obs, squares, scale, largest float64
	for _, v := range d {
		obs += v
		squares += v * v
		scale += math.Abs(v)
		largest = max(largest, math.Abs(v))
	}
	sd := math.Sqrt(squares)
	law, ok := sumLaw(func(step float64, out []complex128) { cosineProducts(d, step, out) }, sd, largest)
	if !ok {
		return 0, false
	}
	z := (math.Abs(obs) - scale*tieTolerance) / sd
	if z <= 0 {
		return 1, true
	}
	p := 2 * law.cdf(-z)
	return p, p >= leastInvertedP
}
