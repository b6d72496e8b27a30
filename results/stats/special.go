package stats

import (
	"math"

	"gonum.org/v1/gonum/mathext"
)

// Tails are computed as themselves and never as one minus the other side, in logarithms
// where they may be smaller than 1e-308. The prefactors of the incomplete beta and gamma
// functions use Loader's saddle-point form (2000), which keeps 13 digits at shapes of 1e9
// where the difference of log-gammas loses all of them.

const (
	halfLog2Pi = 0.918938533204672741780329736406 // ln(2π)/2
	tinyCF     = 1e-300                           // stands for 0 in Lentz's continued fractions
	epsCF      = 1e-16
)

// normalCDF is P(Z ≤ z) for a standard normal Z, accurate in the lower tail.
func normalCDF(z float64) float64 { return 0.5 * math.Erfc(-z/math.Sqrt2) }

// normalSurvival is P(Z > z), accurate in the upper tail.
func normalSurvival(z float64) float64 { return 0.5 * math.Erfc(z/math.Sqrt2) }

// NormalQuantile is z with P(Z ≤ z) = p (Wichura 1988, AS 241). It is NaN outside [0, 1].
func NormalQuantile(p float64) float64 {
	if !(p >= 0 && p <= 1) {
		return math.NaN()
	}
	if p > 0 && p < 1e-307 { // where the rational approximation stops short
		part, exp := math.Frexp(p) // the logarithm of a subnormal number is wrong on amd64
		return normalTailQuantile(math.Log(part) + float64(exp)*math.Ln2)
	}
	return mathext.NormalQuantile(p)
}

// normalTailQuantile is z with ln P(Z ≤ z) = logP far out, logP < −700: Newton's method on the
// asymptotic series of the tail.
func normalTailQuantile(logP float64) float64 {
	z := -math.Sqrt(-2 * logP)
	for range 6 {
		r := 1 / (z * z)
		series := 1 - r*(1-r*(3-r*(15-r*(105-r*945))))
		gap := -z*z/2 - halfLog2Pi - math.Log(-z) + math.Log(series) - logP
		z += gap / z // the slope of ln Φ is close to −z
	}
	return z
}

func normalPDF(z float64) float64 { return math.Exp(-z*z/2 - halfLog2Pi) }

// twoSidedZ is the z of a two-sided interval with the given level: 1.96 for 0.95.
func twoSidedZ(level float64) float64 { return -NormalQuantile((1 - level) / 2) }

// twoSidedNormalP is P(|Z| ≥ |z|).
func twoSidedNormalP(z float64) float64 { return math.Erfc(math.Abs(z) / math.Sqrt2) }

// stirlingError is ln Γ(a) − [(a−½)ln a − a + ½ln 2π]: what Stirling's formula misses.
func stirlingError(a float64) float64 {
	if a < 15 {
		lg, _ := math.Lgamma(a)
		return lg - (a-0.5)*math.Log(a) + a - halfLog2Pi
	}
	r := 1 / (a * a)
	return (1./12 - r*(1./360-r*(1./1260-r*(1./1680-r*(1./1188-r*691./360360))))) / a
}

// deviance is x ln(x/m) + m − x, without cancellation where x is close to m (Loader's bd0).
func deviance(x, m float64) float64 {
	if x == 0 {
		return m
	}
	d := x - m
	if math.IsNaN(d) { // the series below would not end
		return d
	}
	if math.Abs(d) >= 0.1*(x+m) {
		return x*math.Log(x/m) + m - x
	}
	v := d / (x + m)
	s := d * v
	term := 2 * x * v
	v *= v
	for j := 3.0; ; j += 2 {
		term *= v
		next := s + term/j
		if next == s {
			return s
		}
		s = next
	}
}

// logBetaKernel is ln[x^a y^b / B(a,b)] for x + y = 1.
func logBetaKernel(a, b, x, y float64) float64 {
	n := a + b
	return 0.5*math.Log(a/n) + 0.5*math.Log(b) - halfLog2Pi +
		stirlingError(n) - stirlingError(a) - stirlingError(b) -
		deviance(a, n*x) - deviance(b, n*y)
}

// logIncBeta returns ln I_x(a,b) and ln[1 − I_x(a,b)] for a, b > 0 and x + y = 1. Both are
// needed as given: a caller that holds y exactly must not have it rounded through 1 − x.
func logIncBeta(a, b, x, y float64) (lower, upper float64) {
	switch {
	case math.IsNaN(a + b + x + y):
		return math.NaN(), math.NaN()
	case x <= 0:
		return math.Inf(-1), 0
	case y <= 0:
		return 0, math.Inf(-1)
	}
	if min(a, b) > 1e9 {
		return logIncBetaUniform(a, b, x, y)
	}
	if b*x > a*y {
		u, l := logIncBeta2(b, a, y, x)
		return l, u
	}
	return logIncBeta2(a, b, x, y)
}

// logIncBeta2 is logIncBeta on the side of the mode where the fraction converges.
func logIncBeta2(a, b, x, y float64) (lower, upper float64) {
	lower = min(0, logBetaKernel(a, b, x, y)+math.Log(betaFraction(a, b, x, y)))
	return lower, log1mExp(lower)
}

// log1mExp is ln(1 − e^l) for l ≤ 0.
func log1mExp(l float64) float64 {
	if l > -math.Ln2 {
		return math.Log(-math.Expm1(l))
	}
	return math.Log1p(-math.Exp(l))
}

// betaFraction is the continued fraction of DiDonato and Morris (1992, TOMS 708), whose
// terms are free of cancellation where a·y ≥ b·x, by Lentz's method.
func betaFraction(a, b, x, y float64) float64 {
	lambda := a*y - b*x + 1
	f := nonZero(a * lambda / (a + 1))
	c, d := f, 0.0
	limit := 1000 + int(20*math.Sqrt(min(max(a, b), 1e10)))
	for i := 1; i < limit; i++ {
		m := float64(i)
		e := a + 2*m - 1
		num := (a + m - 1) / e * ((a + b + m - 1) / e) * m * (b - m) * x * x
		den := m + m*(b-m)*x/e + (a+m)*(lambda+m*(1+y))/(e+2)
		d = 1 / nonZero(den+num*d)
		c = nonZero(den + num/c)
		f *= c * d
		if math.Abs(c*d-1) < 4*epsCF {
			break
		}
	}
	return 1 / f
}

func nonZero(v float64) float64 {
	if math.Abs(v) < tinyCF {
		return tinyCF
	}
	return v
}

// logIncBetaUniform is Temme's expansion (1979) with its first correction: the error is of
// the order 1/min(a,b), below 1e-9, where the continued fraction would take too long.
func logIncBetaUniform(a, b, x, y float64) (lower, upper float64) {
	n := a + b
	p, q := a/n, b/n
	half := (deviance(a, n*x) + deviance(b, n*y)) / n
	eta := math.Copysign(math.Sqrt(2*half), x-p)
	c0 := (1 - 2*p) / (3 * math.Sqrt(p*q))
	if math.Abs(eta) > 1e-5 {
		c0 = 1/eta - math.Sqrt(p*q)/(x-p)
	}
	r := math.Exp(-n*half) / math.Sqrt(2*math.Pi*n) * c0
	lo := 0.5*math.Erfc(-eta*math.Sqrt(n/2)) + r
	up := 0.5*math.Erfc(eta*math.Sqrt(n/2)) - r
	return math.Log(max(0, min(1, lo))), math.Log(max(0, min(1, up)))
}

// incBeta is the regularised incomplete beta function I_x(a,b) = P(Beta(a,b) ≤ x) for
// a, b > 0. Relative error is below 1e-12 in both tails for shapes up to 1e9. It is NaN for
// a or b ≤ 0.
func incBeta(a, b, x float64) float64 {
	if !(a > 0 && b > 0) {
		return math.NaN()
	}
	lower, _ := logIncBeta(a, b, x, 1-x)
	return math.Exp(lower)
}

// incBetaUpper is 1 − I_x(a,b), accurate where it is small.
func incBetaUpper(a, b, x float64) float64 {
	_, upper := logIncBeta(a, b, x, 1-x)
	return math.Exp(upper)
}

// betaQuantileAt is x with I_x(a,b) = p for a, b > 0 and 0 ≤ p ≤ 1; NaN otherwise.
func betaQuantileAt(p, a, b float64) float64 {
	x, _ := betaQuantile(p, 1-p, a, b)
	return x
}

// betaQuantile returns x and 1 − x, each to full relative accuracy, with I_x(a,b) = p and
// q = 1 − p.
func betaQuantile(p, q, a, b float64) (x, y float64) {
	u := betaLogitQuantile(p, q, a, b)
	if math.IsNaN(u) {
		return u, u
	}
	return logistic(u), logistic(-u)
}

// logistic is 1/(1+e^−u), accurate relative to itself down to the smallest numbers.
func logistic(u float64) float64 {
	if u < 0 {
		e := math.Exp(u)
		return e / (1 + e)
	}
	return 1 / (1 + math.Exp(-u))
}

// betaLogitQuantile is the logit of the quantile. In the logit the tail probability is
// log-concave, so Newton's method on its logarithm converges from the left of the root
// without a step to spare, and a step from the right lands on the left.
func betaLogitQuantile(p, q, a, b float64) float64 {
	switch {
	case math.IsNaN(p+q+a+b) || p < 0 || q < 0 || a <= 0 || b <= 0 || math.IsInf(a+b, 1):
		return math.NaN()
	case p == 0:
		return math.Inf(-1)
	case q == 0:
		return math.Inf(1)
	case p > q:
		return -betaLogitQuantile(q, p, b, a)
	}
	target := math.Log(p)
	u := betaLogitStart(target, p, a, b)
	if math.IsInf(u, 0) { // a shape so small that the quantile is 0 or 1 in any digits
		return u
	}
	return newtonLogTail(u, func(u float64) (g, slope float64) {
		x, y := logistic(u), logistic(-u)
		if x == 0 { // below the smallest number only the leading term is left
			g = a*u - math.Log(a) - logBeta(a, b)
			return g - target, a
		}
		lower, _ := logIncBeta(a, b, x, y)
		return lower - target, math.Exp(logBetaKernel(a, b, x, y) - lower)
	})
}

// betaLogitStart is a first guess: the leading power of the lower tail where that is far
// from the mean, else a normal in the logit.
func betaLogitStart(logP, p, a, b float64) float64 {
	normal := math.Log(a/b) + NormalQuantile(p)*math.Sqrt(1/a+1/b)
	power := (logP + math.Log(a) + logBeta(a, b)) / a
	if a < 1 || power < normal-2 {
		return power
	}
	return normal
}

// newtonLogTail solves g(u) = 0 for an increasing concave g.
func newtonLogTail(u float64, g func(u float64) (value, slope float64)) float64 {
	for range 200 {
		v, slope := g(u)
		if v == 0 || math.IsNaN(v) {
			return u
		}
		if !(slope > 0) { // so far right that the tail is 1: go back
			u -= 1 + math.Abs(u)/2
			continue
		}
		step := v / slope
		if step > 40 { // from where the tail is nearly 1 a tangent overshoots wildly
			step = 40
		}
		next := u - step
		if next == u || math.Abs(step) < 2e-16*math.Abs(u) || math.Abs(step) < 1e-17 {
			return next
		}
		u = next
	}
	return u
}

// logBeta is ln B(a,b).
func logBeta(a, b float64) float64 {
	if min(a, b) < 10 {
		small, large := min(a, b), max(a, b)
		ls, _ := math.Lgamma(small)
		if large < 10 {
			ll, _ := math.Lgamma(large)
			ln, _ := math.Lgamma(small + large)
			return ls + ll - ln
		}
		// ln Γ(large) − ln Γ(large+small), by Stirling without the common part.
		return ls + stirlingError(large) - stirlingError(large+small) +
			small - small*math.Log(large) - (large+small-0.5)*math.Log1p(small/large)
	}
	n := a + b
	return halfLog2Pi + stirlingError(a) + stirlingError(b) - stirlingError(n) +
		(a-0.5)*math.Log(a/n) + b*math.Log(b/n) - 0.5*math.Log(b)
}

// logIncGamma returns ln P(a,x) and ln Q(a,x), the lower and upper regularised incomplete
// gamma functions, for a > 0.
func logIncGamma(a, x float64) (lower, upper float64) {
	switch {
	case math.IsNaN(a + x):
		return math.NaN(), math.NaN()
	case x <= 0:
		return math.Inf(-1), 0
	case math.IsInf(x, 1):
		return 0, math.Inf(-1)
	case a > 1e10:
		return logIncGammaUniform(a, x)
	}
	kernel := logGammaKernel(a, x)
	if x < a+1 {
		lower = min(0, kernel-math.Log(a)+math.Log(gammaSeries(a, x)))
		return lower, log1mExp(lower)
	}
	upper = min(0, kernel+math.Log(gammaFraction(a, x)))
	return log1mExp(upper), upper
}

// logGammaKernel is ln[x^a e^−x / Γ(a)].
func logGammaKernel(a, x float64) float64 {
	return 0.5*math.Log(a) - halfLog2Pi - stirlingError(a) - deviance(a, x)
}

func gammaSeries(a, x float64) float64 {
	sum, term := 1.0, 1.0
	for k := 1.0; k < 1e7; k++ {
		term *= x / (a + k)
		sum += term
		if term < sum*epsCF/4 {
			break
		}
	}
	return sum
}

func gammaFraction(a, x float64) float64 {
	b := x + 1 - a
	c, d := 1/tinyCF, 1/nonZero(b)
	h := d
	for i := 1.0; i < 1e7; i++ {
		an := -i * (i - a)
		b += 2
		d = 1 / nonZero(an*d+b)
		c = nonZero(b + an/c)
		h *= d * c
		if math.Abs(d*c-1) < 4*epsCF {
			break
		}
	}
	return h
}

// logIncGammaUniform is Temme's expansion with its first correction, for a > 1e10.
func logIncGammaUniform(a, x float64) (lower, upper float64) {
	half := deviance(a, x) / a
	eta := math.Copysign(math.Sqrt(2*half), x-a)
	c0 := -1. / 3
	if math.Abs(eta) > 1e-5 {
		c0 = a/(x-a) - 1/eta
	}
	r := math.Exp(-a*half) / math.Sqrt(2*math.Pi*a) * c0
	lo := 0.5*math.Erfc(-eta*math.Sqrt(a/2)) - r
	up := 0.5*math.Erfc(eta*math.Sqrt(a/2)) + r
	return math.Log(max(0, min(1, lo))), math.Log(max(0, min(1, up)))
}

// gammaQuantile is x with P(a,x) = p, q = 1 − p, for a > 0.
func gammaQuantile(p, q, a float64) float64 {
	switch {
	case math.IsNaN(p+q+a) || p < 0 || q < 0 || a <= 0 || math.IsInf(a, 1):
		return math.NaN()
	case p == 0:
		return 0
	case q == 0:
		return math.Inf(1)
	}
	// ln x has a log-concave density: Newton on whichever log tail is smaller.
	sign, target := 1.0, math.Log(p)
	if q < p {
		sign, target = -1, math.Log(q)
	}
	cube := 1 - 1/(9*a) + NormalQuantile(p)/(3*math.Sqrt(a))
	u := math.Log(a) + 3*math.Log(max(cube, 1e-3))
	if lg, _ := math.Lgamma(a + 1); a < 1 && sign > 0 {
		u = min(u, (target+lg)/a)
	}
	v := newtonLogTail(sign*u, func(v float64) (float64, float64) {
		x := math.Exp(sign * v)
		if x == 0 {
			lg, _ := math.Lgamma(a + 1)
			return a*v - lg - target, a
		}
		lower, upper := logIncGamma(a, x)
		tail := lower
		if sign < 0 {
			tail = upper
		}
		return tail - target, math.Exp(logGammaKernel(a, x) - tail)
	})
	return math.Exp(sign * v)
}
