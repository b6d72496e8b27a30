package stats

import "math"

// Design describes a planned paired comparison of two models in the terms of Miller (2024,
// arXiv:2411.00640).
type Design struct {
	Omega2  float64 // variance over questions of the difference of the two models' expected scores
	Sigma2A float64 // mean variance of a score of A about its expectation, from sampling an answer
	Sigma2B float64 // the same of B
	KA, KB  int     // answers sampled for each question
	Alpha   float64 // two-sided error rate, such as 0.05
	Power   float64 // probability of seeing the difference, such as 0.8
	Inflate float64 // design effect of questions in clusters, see [DesignEffect]; 0 stands for 1
	Student bool    // add the z²_{α/2}/2 questions that Student's t needs because it does not know the spread (Guenther 1981)
}

// inflation is the design effect, and lost the independent questions that the test costs.
func (d Design) inflation() (effect, lost float64) {
	effect = d.Inflate
	if effect == 0 {
		effect = 1
	}
	if z := twoSidedZ(1 - d.Alpha); d.Student {
		lost = z * z / 2
	}
	return effect, lost
}

// unitVariance is the variance of the mean difference over one question.
func (d Design) unitVariance() float64 {
	return d.Omega2 + d.Sigma2A/float64(d.KA) + d.Sigma2B/float64(d.KB)
}

func (d Design) factor() float64 { return twoSidedZ(1-d.Alpha) + NormalQuantile(d.Power) }

// Questions is the number of questions with which a true difference delta is seen:
// (z_{α/2}+z_β)²(ω²+σ²_A/K_A+σ²_B/K_B)/δ², with what Inflate and Student add, as a real number.
// NaN for designs that make no sense.
func (d Design) Questions(delta float64) float64 {
	if delta == 0 || d.bad() {
		return math.NaN()
	}
	f := d.factor() / delta
	effect, lost := d.inflation()
	return (f*f*d.unitVariance() + lost) * effect
}

// MDE is the smallest true difference that n questions see. NaN for designs that make no sense,
// and where Student's t is left with one independent question or none.
func (d Design) MDE(n int) float64 {
	if n < 1 || d.bad() {
		return math.NaN()
	}
	effect, lost := d.inflation()
	left := float64(n)/effect - lost
	if d.Student && left <= 1 {
		return math.NaN()
	}
	return d.factor() * math.Sqrt(d.unitVariance()/left)
}

func (d Design) bad() bool {
	return d.KA < 1 || d.KB < 1 || !(d.Inflate >= 0) || math.IsInf(d.Inflate, 1) || !(d.unitVariance() >= 0) ||
		!(d.Alpha > 0 && d.Alpha < 1) || !(d.Power > 0 && d.Power < 1)
}

// GatePlan is an exact one-sided gate on a failure rate: pass with at most MaxFailures in n.
type GatePlan struct {
	MaxFailures int     // −1 where no outcome can pass
	Power       float64 // probability of passing at the true rate
	Alpha       float64 // probability of passing at the forbidden rate
}

// PlanGate finds the gate on n trials that passes a model with failure rate forbidden or
// worse with probability at most alpha, and its power at trueRate (exact binomial).
func PlanGate(n int, forbidden, trueRate, alpha float64) GatePlan {
	if n < 0 || !(forbidden >= 0 && forbidden <= 1) || !(trueRate >= 0 && trueRate <= 1) || !(alpha > 0 && alpha < 1) {
		return GatePlan{-1, math.NaN(), math.NaN()}
	}
	limit := math.Log(alpha) + 1e-13
	c := smallestInt(0, n, func(k int) bool { return logBinomialAtMost(k, n, forbidden) > limit }) - 1
	plan := GatePlan{MaxFailures: c}
	if c >= 0 {
		plan.Power, _ = binomialTails(c, n, trueRate)
		plan.Alpha, _ = binomialTails(c, n, forbidden)
	}
	return plan
}
