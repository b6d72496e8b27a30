package stats

import (
	"math"
)

// roganGladen is a prevalence corrected for the known errors of a judge.
type roganGladen struct {
	raw, theta, se float64
	ci             Interval
	bad            bool // sensitivity + specificity <= 1: the judge is no better than a coin
}

// correctRate is the estimator of Rogan and Gladen (1978) from judge positives x of n,
// specificity tn of m0 human negatives and sensitivity tp of m1 human positives, with
// the delta-method standard error and the interval of Lang and Reiczigel (2014) in the
// form of Lee et al. (2025). It assumes that the two error rates carry over from the
// calibration set.
func correctRate(x, n, tn, m0, tp, m1, level float64) roganGladen {
	nan := math.NaN()
	out := roganGladen{raw: nan, theta: nan, se: nan, ci: Interval{nan, nan}}
	if !(n > 0 && m0 > 0 && m1 > 0) {
		out.bad = true
		return out
	}
	p, sp, se := x/n, tn/m0, tp/m1
	youden := se + sp - 1
	if youden <= 1e-12 {
		out.bad = true
		return out
	}
	out.raw = (p + sp - 1) / youden
	out.theta = clamp(out.raw, 0, 1)
	out.se = math.Sqrt(p*(1-p)/n+square(1-out.raw)*sp*(1-sp)/m0+square(out.raw)*se*(1-se)/m1) / youden
	out.ci = langReiczigel(x, n, tn, m0, tp, m1, level)
	return out
}

// langReiczigel is the interval: Agresti-Coull for the rate, Laplace for both error
// rates, and a shift towards where their uncertainty pulls.
func langReiczigel(x, n, tn, m0, tp, m1, level float64) Interval {
	z := twoSidedZ(level)
	p := (x + z*z/2) / (n + z*z)
	sp, se := (tn+1)/(m0+2), (tp+1)/(m1+2)
	youden := se + sp - 1
	if youden <= 1e-12 {
		return Interval{0, 1}
	}
	theta := (p + sp - 1) / youden
	vp := p * (1 - p) / (n + z*z)
	v0 := sp * (1 - sp) / (m0 + 2)
	v1 := se * (1 - se) / (m1 + 2)
	shift := 2 * z * z * (-(1-theta)*v0 + theta*v1)
	half := z * math.Sqrt(vp+square(1-theta)*v0+square(theta)*v1) / youden
	return Interval{clamp(theta+shift-half, 0, 1), clamp(theta+shift+half, 0, 1)}
}

// ppiMean is a prediction-powered mean.
type ppiMean struct {
	lambda, unclipped float64
	estimate, se      float64
}

// predictionPowered is the PPI++ mean (Angelopoulos et al. 2023): human labels y with
// the judge's scores f on the same items, and the judge's scores on unlabelled ones.
// lambda NaN asks for the one with the least variance, clipped to [0, 1]. Variances
// divide by n, but that of all judge scores in lambda by n-1, as in the authors' code.
func predictionPowered(y, f, unlabelled []float64, lambda float64) ppiMean {
	n, m := float64(len(y)), float64(len(unlabelled))
	out := ppiMean{lambda: lambda, unclipped: lambda}
	if math.IsNaN(lambda) {
		out.unclipped = covariance0(y, f) / ((1 + n/m) * pooledVariance(f, unlabelled))
		out.lambda = clamp(out.unclipped, 0, 1)
		if math.IsNaN(out.unclipped) || m == 0 { // a constant judge tells nothing
			out.lambda, out.unclipped = 0, 0
		}
	}
	rectifier := make([]float64, len(y))
	for i := range y {
		rectifier[i] = y[i] - out.lambda*f[i]
	}
	out.estimate = mean(rectifier)
	v := covariance0(rectifier, rectifier) / n
	if m > 0 && out.lambda != 0 {
		out.estimate += out.lambda * mean(unlabelled)
		v += square(out.lambda) * covariance0(unlabelled, unlabelled) / m
	}
	out.se = math.Sqrt(v)
	return out
}

// covariance0 is the covariance that divides by n.
func covariance0(x, y []float64) float64 {
	mx, my := mean(x), mean(y)
	var s float64
	for i := range x {
		s += (x[i] - mx) * (y[i] - my)
	}
	return s / float64(len(x))
}

// pooledVariance is the variance of two samples laid together, dividing by n-1.
func pooledVariance(a, b []float64) float64 {
	all := make([]float64, 0, len(a)+len(b))
	return variance(append(append(all, a...), b...))
}
