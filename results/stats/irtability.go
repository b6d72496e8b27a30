package stats

import (
	"errors"
	"fmt"
	"math"
)

// ItemBank holds calibrated items of the two-parameter logistic model: slope A[j] and
// difficulty B[j], P(right | θ) = 1/(1+exp(-A(θ-B))).
type ItemBank struct {
	A, B []float64
}

// Ability is where a model stands on the ability scale, with N(0,1) for the
// population that the bank was calibrated on.
type Ability struct {
	EAP, PSD   float64 // posterior mean and standard deviation: the default report
	MAP        float64 // posterior mode
	MLE, SEMLE float64 // maximum likelihood; infinite where all answers are alike
	WLE        float64 // Warm's (1989) weighted likelihood: nearly unbiased, always finite
	Marginal   float64 // probability of the answers under the prior
	Answered   int
}

func (b ItemBank) check() error {
	if len(b.A) != len(b.B) {
		return fmt.Errorf("bank has %d slopes and %d difficulties", len(b.A), len(b.B))
	}
	const most = 1e4 // beyond, the curve is a step or lies outside any ability
	for j := range b.A {
		if !(math.Abs(b.A[j]) <= most && math.Abs(b.B[j]) <= most) {
			return fmt.Errorf("item %d: slope %v, difficulty %v: want numbers of size up to %g", j, b.A[j], b.B[j], most)
		}
	}
	return nil
}

// Ability estimates the ability behind answers (1 right, 0 wrong, NaN not asked) to
// the items of the bank. It answers "how good is this model, on the scale of the bank,
// from the items it has seen?". With no answer EAP and MAP are those of the prior and
// the likelihood estimates are NaN. It returns an error where the lengths differ or
// an answer is none of 1, 0 and NaN.
func (b ItemBank) Ability(answers []float64) (Ability, error) {
	if err := b.check(); err != nil {
		return Ability{}, fmt.Errorf("estimate ability: %w", err)
	}
	if len(answers) != len(b.A) {
		return Ability{}, fmt.Errorf("estimate ability: %d answers for %d items", len(answers), len(b.A))
	}
	var a, d, y []float64
	right := 0.0
	for j, v := range answers {
		if math.IsNaN(v) {
			continue
		}
		if v != 0 && v != 1 {
			return Ability{}, fmt.Errorf("estimate ability: answer %d is %v: want 1, 0 or NaN", j, v)
		}
		a, d, y = append(a, b.A[j]), append(d, -b.A[j]*b.B[j]), append(y, v)
		right += v
	}
	s := scoring{a: a, d: d, y: y}
	out := Ability{Answered: len(y)}
	out.MAP = s.mode()
	out.EAP, out.PSD, out.Marginal = s.moments(out.MAP)
	out.MLE, out.SEMLE, out.WLE = s.likelihoodEstimates()
	return out, nil
}

// scoring is the answers of one person to items with logits a·θ+d.
type scoring struct{ a, d, y []float64 }

// score returns the first derivative of the log-likelihood, the test information, and
// Warm's J = Σ P'P”/(PQ).
func (s scoring) score(theta float64) (slope, info, warm float64) {
	for j, a := range s.a {
		p := logistic(a*theta + s.d[j])
		v := a * a * p * (1 - p)
		slope += a * (s.y[j] - p)
		info += v
		warm += a * v * (1 - 2*p)
	}
	return slope, info, warm
}

func (s scoring) logLik(theta float64) float64 {
	var ll float64
	for j, a := range s.a {
		eta := a*theta + s.d[j]
		ll += s.y[j]*eta - softplus(eta)
	}
	return ll
}

// mode is the posterior mode under N(0,1): the root of a decreasing function.
func (s scoring) mode() float64 {
	bound := 1.0
	for j, a := range s.a {
		bound += math.Abs(a) * math.Max(s.y[j], 1-s.y[j])
	}
	return decreasingRoot(-bound, bound, func(t float64) float64 {
		slope, _, _ := s.score(t)
		return slope - t
	})
}

// decreasingRoot finds the root of a decreasing function by bisection, to the last bit.
func decreasingRoot(lo, hi float64, f func(float64) float64) float64 {
	if f(0) == 0 && lo <= 0 && hi >= 0 {
		return 0
	}
	return bisect(lo, hi, func(t float64) bool { return f(t) <= 0 })
}

// moments integrates the posterior by the trapezoidal rule around its mode. The step
// follows both the width of the posterior and the distance π/a at which the logistic
// curve has its poles, so the error is near rounding; the prior alone bounds the range.
func (s scoring) moments(mode float64) (mean, sd, marginal float64) {
	_, info, _ := s.score(mode)
	width := 1 / math.Sqrt(1+info)
	steepest := 1.0
	for _, a := range s.a {
		steepest = math.Max(steepest, math.Abs(a))
	}
	h := math.Max(math.Min(width/2, 0.5/steepest), 1e-3)
	peak := s.logLik(mode) - mode*mode/2
	var sum, m1, m2 float64
	add := func(theta float64) bool {
		p := math.Exp(s.logLik(theta) - theta*theta/2 - peak)
		d := theta - mode
		sum += p
		m1 += p * d
		m2 += p * d * d
		return p > 1e-22
	}
	add(mode)
	for k := 1; k < 20000 && add(mode+float64(k)*h); k++ {
	}
	for k := 1; k < 20000 && add(mode-float64(k)*h); k++ {
	}
	m1 /= sum
	return mode + m1, math.Sqrt(m2/sum - m1*m1), math.Exp(peak-halfLog2Pi) * sum * h
}

// likelihoodEstimates returns the maximum likelihood estimate with its standard error
// and Warm's estimate.
func (s scoring) likelihoodEstimates() (mle, se, wle float64) {
	if len(s.a) == 0 {
		return math.NaN(), math.NaN(), math.NaN()
	}
	limit := 1.0
	informative := false
	for j, a := range s.a {
		if a != 0 {
			informative = true
			limit = math.Max(limit, math.Abs(s.d[j]/a)+60/math.Abs(a))
		}
	}
	if !informative {
		return math.NaN(), math.NaN(), math.NaN()
	}
	mle = s.maximum(limit)
	se = math.Inf(1)
	if !math.IsInf(mle, 0) {
		_, info, _ := s.score(mle)
		se = 1 / math.Sqrt(info)
	}
	wle = decreasingRoot(-limit, limit, func(t float64) float64 {
		slope, info, warm := s.score(t)
		if info == 0 {
			return -t
		}
		return slope + warm/(2*info)
	})
	return mle, se, wle
}

// maximum is the maximum likelihood estimate: infinite where every answer points the
// same way.
func (s scoring) maximum(limit float64) float64 {
	up, down := true, true
	for j, a := range s.a {
		if a != 0 && (a > 0) == (s.y[j] == 1) {
			down = false
		} else if a != 0 {
			up = false
		}
	}
	switch {
	case up:
		return math.Inf(1)
	case down:
		return math.Inf(-1)
	}
	return decreasingRoot(-limit, limit, func(t float64) float64 {
		slope, _, _ := s.score(t)
		return slope
	})
}

// Information returns the Fisher information A²P(1-P) of each item at ability theta:
// how much an answer there tells. The standard error of a test is one over the root of
// the sum. Items of a bank with lists of unequal length give NaN.
func (b ItemBank) Information(theta float64) []float64 {
	info := make([]float64, len(b.A))
	for j, a := range b.A {
		if j >= len(b.B) {
			info[j] = math.NaN()
			continue
		}
		p := logistic(a * (theta - b.B[j]))
		info[j] = a * a * p * (1 - p)
	}
	return info
}

// ErrNoItem is returned by NextItem where no item may be asked.
var ErrNoItem = errors.New("no item is left that may be asked")

// NextItem chooses the item to ask a model whose ability is thought to be theta: of
// those not in blocked (asked already, over-exposed, or of a full content area: the
// caller's rule) the one with the most information, the first of equals. It is a pure
// function, so an adaptive test can be replayed from its answers.
func (b ItemBank) NextItem(theta float64, blocked []bool) (int, error) {
	best, bestInfo := -1, math.Inf(-1)
	for j, v := range b.Information(theta) {
		if j < len(blocked) && blocked[j] {
			continue
		}
		if v > bestInfo {
			best, bestInfo = j, v
		}
	}
	if best < 0 {
		return 0, fmt.Errorf("choose item: %w", ErrNoItem)
	}
	return best, nil
}
