package stats

import (
	"math"
	"math/cmplx"
	"slices"

	"gonum.org/v1/gonum/dsp/fourier"
)

// Many scores lie on a lattice: 0/1, tenths, quarters, counts. Sums of them are then whole
// numbers of steps, their distributions under resampling are finite, and a convolution gives
// them exactly where others draw at random.

// lattice writes values as base + step·code with whole codes ≥ 0.
type lattice struct {
	base, step float64
	codes      []int
	width      int // the largest code
}

// maxLatticeWidth bounds the codes that are worth tabulating.
const maxLatticeWidth = 1 << 20

// findLattice looks for the coarsest lattice of decimal or simple fractional scores. Equal
// decimals that differ in their last bit get one code.
func findLattice(values []float64) (lattice, bool) {
	if len(values) == 0 {
		return lattice{}, false
	}
	lo, hi := slices.Min(values), slices.Max(values)
	if !isFinite(lo) || !isFinite(hi) || !isFinite(hi-lo) {
		return lattice{}, false
	}
	for _, scale := range latticeScales {
		if (hi-lo)*scale > maxLatticeWidth {
			continue
		}
		if codes, ok := wholeCodes(values, lo, scale); ok {
			return newLattice(codes, lo, scale), true
		}
	}
	return lattice{}, false
}

// latticeScales are the denominators tried: fractions up to 64ths, then decimals.
var latticeScales = func() []float64 {
	var s []float64
	for d := 1; d <= 64; d++ {
		s = append(s, float64(d))
	}
	return append(s, 100, 1e3, 1e4, 1e5, 1e6)
}()

func wholeCodes(values []float64, lo, scale float64) ([]int, bool) {
	tol := 1e-9 * max(1, math.Abs(lo)*scale*1e-3)
	for _, v := range values {
		if c := (v - lo) * scale; math.Abs(c-math.Round(c)) > tol {
			return nil, false
		}
	}
	codes := make([]int, len(values))
	for i, v := range values {
		codes[i] = int(math.Round((v - lo) * scale))
	}
	return codes, true
}

func newLattice(codes []int, lo, scale float64) lattice {
	g := 0
	for _, c := range codes {
		g = gcd(g, c)
	}
	g = max(g, 1)
	l := lattice{base: lo, step: float64(g) / scale, codes: codes}
	for i := range codes {
		codes[i] /= g
		l.width = max(l.width, codes[i])
	}
	return l
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// zeroLattice is findLattice with base 0, for values of either sign: codes are whole
// multiples of step.
func zeroLattice(values []float64) (codes []int, step float64, ok bool) {
	abs := make([]float64, len(values)+1) // the last is the zero that fixes the base
	for i, v := range values {
		abs[i] = math.Abs(v)
	}
	l, ok := findLattice(abs)
	if !ok {
		return nil, 0, false
	}
	codes = l.codes[:len(values)]
	for i, v := range values {
		if v < 0 {
			codes[i] = -codes[i]
		}
	}
	return codes, l.step, true
}

// pmf is a probability mass function on the whole numbers first, first+1, ….
type pmf struct {
	first int
	p     []float64
}

// convolve is the distribution of the sum of two independent variables.
func (a pmf) convolve(b pmf) pmf {
	out := pmf{first: a.first + b.first, p: make([]float64, len(a.p)+len(b.p)-1)}
	for i, pa := range a.p {
		if pa == 0 {
			continue
		}
		row := out.p[i : i+len(b.p)]
		for j, pb := range b.p {
			row[j] += pa * pb
		}
	}
	return out
}

// power is the distribution of the sum of n independent copies: by repeated squaring where
// that is cheap, and relative accuracy reaches into the tails, else by FFT with absolute
// accuracy 1e-15 on a window of 12 standard deviations.
func (a pmf) power(n int) pmf {
	if n == 0 {
		return pmf{p: []float64{1}}
	}
	if w := float64(len(a.p)-1) * float64(n); w*w < 3e7 || len(a.p) == 1 {
		return a.powerDirect(n)
	}
	return a.powerFFT(n)
}

func (a pmf) powerDirect(n int) pmf {
	out, square := pmf{p: []float64{1}}, a
	for {
		if n&1 == 1 {
			out = out.convolve(square)
		}
		if n >>= 1; n == 0 {
			return out
		}
		square = square.convolve(square)
	}
}

func (a pmf) powerFFT(n int) pmf {
	var m, v float64
	for k, p := range a.p {
		m += p * float64(k)
	}
	for k, p := range a.p {
		v += p * (float64(k) - m) * (float64(k) - m)
	}
	total := (len(a.p) - 1) * n
	half := int(12*math.Sqrt(v*float64(n))) + len(a.p)
	size := nextPow2(min(total+1, 2*half+1))
	start := min(max(0, int(m*float64(n))-size/2), max(0, total+1-size))
	seq := make([]float64, size)
	for k, p := range a.p {
		seq[k%size] += p
	}
	fft := fourier.NewFFT(size)
	coef := fft.Coefficients(nil, seq)
	for i, c := range coef {
		coef[i] = intPower(c, n)
	}
	fft.Sequence(seq, coef)
	out := pmf{first: n*a.first + start, p: make([]float64, min(size, total+1-start))}
	for k := range out.p {
		out.p[k] = max(0, seq[(start+k)%size]/float64(size))
	}
	return out
}

func nextPow2(n int) int {
	p := 1
	for p < n {
		p *= 2
	}
	return p
}

// intPower is c^n, by polar form: repeated squaring would lose a digit for each factor 10 of n.
func intPower(c complex128, n int) complex128 {
	r, theta := cmplx.Polar(c)
	if r == 0 {
		return 0
	}
	return cmplx.Rect(math.Exp(float64(n)*math.Log(r)), math.Mod(float64(n)*theta, 2*math.Pi))
}

// quantile is inf{k: F(k) ≥ prob}, with a tolerance for the rounding of F.
func (a pmf) quantile(prob float64) int {
	var f float64
	for k, p := range a.p {
		f += p
		if f >= prob*(1-1e-12)-1e-15 && f > 0 {
			return a.first + k
		}
	}
	return a.first + len(a.p) - 1
}

// split is P(X < k) and P(X ≤ k).
func (a pmf) split(k int) (below, atMost float64) {
	for i, p := range a.p {
		switch {
		case a.first+i < k:
			below += p
		case a.first+i == k:
			return below, below + p
		}
	}
	return below, below
}
