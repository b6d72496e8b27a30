package stats

import (
	"math"

	"gonum.org/v1/gonum/mathext"
)

// This file holds the boundaries and e-values of sequential analysis as plain
// functions. [Gate] and [ConfidenceSequence] are built on them.

// obrienFlemingSpent is the two-sided alpha that an O'Brien-Fleming type spending
// function (Lan and DeMets 1983) has spent at information fraction t.
func obrienFlemingSpent(t, alpha float64) float64 {
	if t <= 0 {
		return 0
	}
	return 2 * normalSurvival(-NormalQuantile(alpha/2)/math.Sqrt(math.Min(t, 1)))
}

// pocockSpent is the alpha that a Pocock type spending function has spent.
func pocockSpent(t, alpha float64) float64 {
	if t <= 0 {
		return 0
	}
	return alpha * math.Log1p((math.E-1)*math.Min(t, 1))
}

// logMixtureE is the log of Robbins's (1970) e-value against a success rate of p0: the
// likelihood averaged over a Beta(a, b) prior, divided by that at p0.
func logMixtureE(s, n, p0, a, b float64) float64 {
	return logBeta(a+s, b+n-s) - logBeta(a, b) - xlogy(s, p0) - xlog1py(n-s, -p0)
}

// xlogy is x·log y, and 0 where x is 0.
func xlogy(x, y float64) float64 {
	if x == 0 {
		return 0
	}
	return x * math.Log(y)
}

// xlog1py is x·log(1+y), and 0 where x is 0.
func xlog1py(x, y float64) float64 {
	if x == 0 {
		return 0
	}
	return x * math.Log1p(y)
}

// logBelowE is the log of the e-value for H0: rate >= p0 after s failures in n, the
// likelihood ratio averaged over alternatives uniform on (0, p0).
func logBelowE(s, n, p0 float64) float64 {
	lower, _ := logIncBeta(1+s, 1+n-s, p0, 1-p0)
	return logBeta(1+s, 1+n-s) + lower - math.Log(p0) - xlogy(s, p0) - xlog1py(n-s, -p0)
}

// logAboveE is the log of the e-value for H0: rate <= p0, the likelihood ratio averaged
// over alternatives uniform on (p0, 1).
func logAboveE(s, n, p0 float64) float64 {
	_, upper := logIncBeta(1+s, 1+n-s, p0, 1-p0)
	return logBeta(1+s, 1+n-s) + upper - math.Log1p(-p0) - xlogy(s, p0) - xlog1py(n-s, -p0)
}

// stopBelow is the smallest n at which H0: rate >= p0 is rejected if exactly s failures
// are seen, -1 where that is beyond 1e15. The e-value grows with every success.
func stopBelow(s int, p0, alpha float64) int {
	if s < 0 || s > 1e12 {
		return -1
	}
	target := -math.Log(alpha)
	enough := func(n int) bool { return logBelowE(float64(s), float64(n), p0) >= target-1e-12 }
	hi := s + 1
	for !enough(hi) {
		if hi > 1e15 {
			return -1
		}
		hi *= 2
	}
	return smallestInt(s, hi, enough)
}

// stopAllIn is the smallest n at which the all-in bet against H0: rate >= p0 wins if
// nothing fails: (1-p0)^-n >= 1/alpha.
func stopAllIn(p0, alpha float64) int {
	n := math.Log(alpha) / math.Log1p(-p0)
	return int(math.Ceil(n - 1e-12*n))
}

// betPath is the wealth of a bettor who stakes the fraction lambda against H0 on each
// outcome: Π(1-λ(x-p0)) for H0: rate >= p0, Π(1+λ(x-p0)) for H0: rate <= p0. Wealth
// never falls below 0.
func betPath(x []float64, p0, lambda float64, below bool) []float64 {
	path := make([]float64, len(x))
	e := 1.0
	for i, v := range x {
		gain := lambda * (v - p0)
		if below {
			gain = -gain
		}
		e *= math.Max(0, 1+gain)
		path[i] = e
	}
	return path
}

// anytimeP is the p-value that holds at any time (Ville): one over the largest wealth.
func anytimeP(path []float64) float64 {
	largest := 1.0
	for _, e := range path {
		largest = math.Max(largest, e)
	}
	return 1 / largest
}

// sprt is Wald's (1945) sequential probability ratio test of p1 against p0: the path of
// the log likelihood ratio and its approximate boundaries.
func sprt(x []float64, p0, p1, alpha, beta float64) (path []float64, lower, upper float64) {
	path = make([]float64, len(x))
	hit, miss := math.Log(p1/p0), math.Log1p(-p1)-math.Log1p(-p0)
	var hits, misses float64
	for i, v := range x {
		if v > 0 {
			hits++
		} else {
			misses++
		}
		path[i] = xTimes(hits, hit) + xTimes(misses, miss)
	}
	return path, math.Log(beta / (1 - alpha)), math.Log((1 - beta) / alpha)
}

// xTimes is n·v with 0·∞ = 0.
func xTimes(n, v float64) float64 {
	if n == 0 {
		return 0
	}
	return n * v
}

// mixtureInterval is the set of success rates that no e-value rejects: it holds at all
// sample sizes at once with probability 1-alpha. logE(p) must fall to its minimum at
// the observed rate and rise on both sides.
func mixtureInterval(s, n, alpha float64, logE func(p float64) float64) Interval {
	if n == 0 {
		return Interval{0, 1}
	}
	target := -math.Log(alpha)
	hat := s / n
	out := Interval{0, 1}
	if s > 0 {
		out.Lower = bisect(0, hat, func(p float64) bool { return logE(p) < target })
	}
	if s < n {
		out.Upper = bisect(hat, 1, func(p float64) bool { return logE(p) >= target })
	}
	return out
}

// normalMixtureRho tunes the two-sided normal mixture boundary to be tightest at
// intrinsic time v (Howard et al. 2021, section 3.2).
func normalMixtureRho(v, alpha float64) float64 {
	l := -2 * math.Log(alpha)
	return v / (l + math.Log1p(l))
}

// normalMixtureBound is the two-sided normal mixture boundary of Howard, Ramdas,
// McAuliffe and Sekhon (2021, eq. 14) on |S_t| at intrinsic time v.
func normalMixtureBound(v, alpha, rho float64) float64 {
	return math.Sqrt((v + rho) * (math.Log1p(v/rho) - 2*math.Log(alpha)))
}

// polyStitchBound is the polynomial stitched boundary of Howard et al. (2021, eq. 10)
// at intrinsic time v >= vMin, with scale c, exponent s and spacing eta.
func polyStitchBound(v, alpha, vMin, c, s, eta float64) float64 {
	v = math.Max(v, vMin)
	quarter := math.Pow(eta, 0.25)
	k1 := (quarter + 1/quarter) / math.Sqrt2
	k2 := (math.Sqrt(eta) + 1) / 2
	l := s*math.Log(math.Log(eta*v/vMin)) + math.Log(mathext.Zeta(s, 1)/(alpha*math.Pow(math.Log(eta), s)))
	return math.Sqrt(k1*k1*v*l+square(k2*c*l)) + k2*c*l
}

// tunedBernoulliLogE is the log of the beta-binomial mixture of Howard et al. (2021)
// against a success rate of p, its prior tuned to be tightest at tOpt trials.
func tunedBernoulliLogE(s, n, p, tOpt, alphaOpt float64) float64 {
	variance := p * (1 - p)
	r := math.Max(normalMixtureRho(tOpt*variance, alphaOpt)-variance, 1e-3*variance)
	return logMixtureE(s, n, p, r/(1-p), r/p)
}

// empiricalBernsteinLower is the lower confidence sequence of Waudby-Smith and Ramdas
// (2024, theorem 2) for the mean of values in [0, 1]: predictable plug-in bets, at most
// truncation, from a variance that starts at ¼ around a mean that starts at ½. As in the
// authors' confseq package, deviations are from the plain running mean (0 before the first
// value), bounds below 0 are 0, and no running maximum is taken: the whole sequence holds at
// once with probability 1-alpha, so a caller may take one.
func empiricalBernsteinLower(x []float64, alpha, truncation float64) []float64 {
	out := make([]float64, len(x))
	var sum, dev, betSum, betX, psi, mean float64
	logA := -math.Log(alpha)
	for i, v := range x {
		t := float64(i + 1)
		variance := (0.25 + dev) / t
		lambda := math.Min(truncation, math.Sqrt(2*logA/(variance*t*math.Log1p(t))))
		psi += square(v-mean) * (-math.Log1p(-lambda) - lambda)
		betSum += lambda
		betX += lambda * v
		out[i] = math.Max(0, (betX-logA-psi)/betSum)
		sum += v
		mean = sum / t
		dev += square(v - (0.5+sum)/(t+1))
	}
	return out
}
