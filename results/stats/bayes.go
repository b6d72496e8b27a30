package stats

import "math"

// posteriorLaw is a Beta(A, B) belief about a rate.
type posteriorLaw struct{ A, B float64 }

// betaPosterior updates a Beta(a0, b0) prior with x successes among n: the answer for small
// samples (Bowyer, Aitchison and Ivanova 2025). Beta(1, 1) is the uniform prior.
func betaPosterior(x, n int, a0, b0 float64) posteriorLaw {
	return posteriorLaw{float64(x) + a0, float64(n-x) + b0}
}

func (p posteriorLaw) bad() bool { return !(p.A > 0 && p.B > 0) || math.IsInf(p.A+p.B, 1) }

// Mean is A/(A+B).
func (p posteriorLaw) Mean() float64 { return p.A / (p.A + p.B) }

// SD is the standard deviation.
func (p posteriorLaw) SD() float64 {
	n := p.A + p.B
	return math.Sqrt(p.A/n*(p.B/n)) / math.Sqrt(n+1)
}

// EqualTails is the interval with half of 1 − level beyond each end.
func (p posteriorLaw) EqualTails(level float64) Interval {
	if p.bad() || !(level > 0 && level < 1) {
		return undefinedInterval
	}
	return betaInterval(p.A, p.B, level)
}

// HighestDensity is the shortest interval with the given probability. NaN where the density
// is high at both ends (A < 1 and B < 1): the shortest set is no interval.
func (p posteriorLaw) HighestDensity(level float64) Interval {
	rest := 1 - level
	switch {
	case p.bad() || !(level > 0 && level < 1) || p.A < 1 && p.B < 1:
		return undefinedInterval
	case p.A == 1 && p.B == 1:
		return p.EqualTails(level)
	case p.A <= 1:
		x, _ := betaQuantile(level, rest, p.A, p.B)
		return Interval{0, x}
	case p.B <= 1:
		x, _ := betaQuantile(rest, level, p.A, p.B)
		return Interval{x, 1}
	}
	// Both ends have the same density; moving the interval right raises that of the lower end
	// and lowers that of the upper.
	ends := func(t float64) (ulo, uhi float64) {
		return betaLogitQuantile(t, 1-t, p.A, p.B), betaLogitQuantile(t+level, rest-t, p.A, p.B)
	}
	t := bisect(0, rest, func(t float64) bool {
		lo, hi := ends(t)
		return p.logDensity(lo) >= p.logDensity(hi)
	})
	lo, hi := ends(t)
	return Interval{logistic(lo), logistic(hi)}
}

// logDensity is ln[x^(A−1)(1−x)^(B−1)] at the logit u of x.
func (p posteriorLaw) logDensity(u float64) float64 {
	return -(p.A-1)*math.Log1p(math.Exp(-u)) - (p.B-1)*math.Log1p(math.Exp(u))
}

// Below is the probability that the rate is below limit: I_limit(A, B).
func (p posteriorLaw) Below(limit float64) float64 {
	if p.bad() {
		return math.NaN()
	}
	return incBeta(p.A, p.B, limit)
}

// Beats is the probability that a rate with belief p exceeds an independent one with belief
// q. The trapezoidal rule over the logit of the narrower belief is exact to rounding, and its
// cost does not grow with the counts.
func (p posteriorLaw) Beats(q posteriorLaw) float64 {
	if p.bad() || q.bad() || min(p.A, p.B, q.A, q.B) < 1e-3 {
		return math.NaN()
	}
	if p.logitSD() <= q.logitSD() {
		return p.expect(func(x, y float64) float64 { // q below x
			lower, _ := logIncBeta(q.A, q.B, x, y)
			return lower
		})
	}
	return q.expect(func(x, y float64) float64 { // p above x
		_, upper := logIncBeta(p.A, p.B, x, y)
		return upper
	})
}

// logitSD is close to the standard deviation of the logit of the rate.
func (p posteriorLaw) logitSD() float64 { return math.Sqrt(1/p.A + 1/p.B) }

// expect is the mean of e^logF(x, 1−x) under p.
func (p posteriorLaw) expect(logF func(x, y float64) float64) float64 {
	h := min(p.logitSD(), 1) / 8
	mode := math.Log(p.A / p.B)
	at := func(u float64) (value, density float64) {
		x, y := logistic(u), logistic(-u)
		if x == 0 || y == 0 {
			return 0, 0
		}
		k := logBetaKernel(p.A, p.B, x, y)
		return math.Exp(k + logF(x, y)), math.Exp(k)
	}
	total, peak := at(mode)
	for _, step := range []float64{h, -h} {
		for i := 1; i < 1e6; i++ {
			v, density := at(mode + float64(i)*step)
			total += v
			if density < peak*1e-18 && v <= total*1e-18 {
				break
			}
		}
	}
	return max(0, min(1, total*h))
}

// pairedBeats is the probability that a is better than b on paired binary outcomes under a
// Dirichlet prior with weights priorA and priorB for the pairs that only one gets right:
// P(π_a > π_b) = 1 − I_½(aOnly + priorA, bOnly + priorB).
func pairedBeats(aOnly, bOnly int, priorA, priorB float64) float64 {
	a, b := float64(aOnly)+priorA, float64(bOnly)+priorB
	if !(a > 0 && b > 0) {
		return math.NaN()
	}
	return incBetaUpper(a, b, 0.5)
}
