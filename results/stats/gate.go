package stats

import (
	"errors"
	"fmt"
	"math"
)

// GateState is what a [Gate] says.
type GateState string

// The states of a gate.
const (
	GateOpen   GateState = "go_on" // not decided: feed more
	GatePassed GateState = "pass"  // the failure rate is shown to be below the limit
	GateFailed GateState = "fail"  // the failure rate is shown to be above the limit
)

// GateBet names how a [Gate] bets against "the failure rate is at least the limit".
type GateBet string

// The bets that a gate knows.
const (
	// MixtureBet averages over all rates below the limit: a few failures delay a pass
	// and do not prevent it. The default.
	MixtureBet GateBet = "mixture"
	// AllInBet passes soonest if nothing fails (299 clean samples for 1 % at 5 %), and
	// never passes after a single failure.
	AllInBet GateBet = "all_in"
)

// GateSpec fixes a gate before the first outcome.
type GateSpec struct {
	Limit      float64 // the failure rate that must not be reached, such as 0.01
	Alpha      float64 // chance at most of passing a model whose rate is at or above Limit (0: 0.05)
	AlphaFail  float64 // chance at most of failing a model whose rate is at or below Limit (0: 0.05)
	Bet        GateBet // "": MixtureBet
	Pool       int     // size of a fixed pool sampled without replacement; 0 for a stream
	MaxSamples int     // planned end; 0 for none. After it an open gate stays open
}

// Gate decides on a failure rate from outcomes fed one at a time, and may be looked at
// after each: the error rates hold whenever feeding stops (Ville 1939).
type Gate struct {
	plan    GateSpec
	n       int
	failed  int
	below   float64 // log e-value against rate >= limit
	above   float64 // log e-value against rate <= limit
	peakBel float64
	peakAbo float64
	state   GateState
}

// GateStatus is a gate's answer with the numbers behind it.
type GateStatus struct {
	State         GateState
	N, Failures   int
	EPass, EFail  float64  // e-values: EPass >= 1/Alpha passes, EFail >= 1/AlphaFail fails
	PPass, PFail  float64  // p-values valid at any time
	Rate          Interval // confidence sequence of the failure rate at 1-Alpha, valid at any time
	Method        string
	Guarantee     string
	CleanToPass   int // further samples, all clean, that would pass it; 0 once decided, -1 never
	SamplesUnused int // of MaxSamples or Pool
}

// ErrGateDecided is returned by Observe after the gate has decided.
var ErrGateDecided = errors.New("the gate has decided")

// NewGate makes a gate. It answers "is the failure rate below the limit?" with as few
// samples as the evidence allows. It assumes that outcomes come in random order from
// one population; shuffle the items by a committed seed. For a fixed pool, set Pool.
func NewGate(plan GateSpec) (*Gate, error) {
	if plan.Alpha == 0 {
		plan.Alpha = 0.05
	}
	if plan.AlphaFail == 0 {
		plan.AlphaFail = 0.05
	}
	if plan.Bet == "" {
		plan.Bet = MixtureBet
	}
	switch {
	case !(plan.Limit > 0 && plan.Limit < 1):
		return nil, fmt.Errorf("make gate: limit %v: want a rate between 0 and 1", plan.Limit)
	case !(plan.Alpha > 0 && plan.Alpha < 1) || !(plan.AlphaFail > 0 && plan.AlphaFail < 1):
		return nil, fmt.Errorf("make gate: alpha %v and %v: want numbers between 0 and 1", plan.Alpha, plan.AlphaFail)
	case plan.Bet != MixtureBet && plan.Bet != AllInBet:
		return nil, fmt.Errorf("make gate: bet %q: want %q or %q", plan.Bet, MixtureBet, AllInBet)
	case plan.Pool < 0 || plan.MaxSamples < 0 || plan.Pool > 1e6:
		return nil, fmt.Errorf("make gate: pool %d, max samples %d: want 0 or more, a pool up to a million", plan.Pool, plan.MaxSamples)
	}
	return &Gate{plan: plan, state: GateOpen}, nil
}

// Observe feeds one outcome: whether the sample failed. It returns the state, and
// ErrGateDecided where the gate had decided before: the outcome is then not counted.
func (g *Gate) Observe(failure bool) (GateState, error) {
	if g.state != GateOpen {
		return g.state, fmt.Errorf("observe outcome: %w", ErrGateDecided)
	}
	if g.unused() == 0 {
		return g.state, errors.New("observe outcome: all planned samples have been seen")
	}
	g.n++
	if failure {
		g.failed++
	}
	g.below, g.above = g.logE(g.failed, g.n)
	g.peakBel, g.peakAbo = math.Max(g.peakBel, g.below), math.Max(g.peakAbo, g.above)
	switch {
	case g.below >= -math.Log(g.plan.Alpha)-1e-12:
		g.state = GatePassed
	case g.above >= -math.Log(g.plan.AlphaFail)-1e-12:
		g.state = GateFailed
	}
	return g.state, nil
}

// logE returns the log e-values against "rate at least" and "rate at most" the limit.
func (g *Gate) logE(failures, n int) (below, above float64) {
	s, m, p := float64(failures), float64(n), g.plan.Limit
	if g.plan.Pool > 0 {
		below, above = poolLogE(failures, n, g.plan.Pool, p)
	} else {
		below, above = logBelowE(s, m, p), logAboveE(s, m, p)
	}
	if g.plan.Bet == AllInBet {
		below = math.Inf(-1)
		if failures == 0 {
			below = -g.allIn(n)
		}
	}
	return below, above
}

// allIn is the log probability that n samples are clean at the limit.
func (g *Gate) allIn(n int) float64 {
	if g.plan.Pool == 0 {
		return float64(n) * math.Log1p(-g.plan.Limit)
	}
	bad := poolBad(g.plan.Pool, g.plan.Limit)
	return logHypergeometricPMF(0, n, bad, g.plan.Pool)
}

// poolBad is the smallest number of failures in a pool that reaches the limit.
func poolBad(pool int, limit float64) int {
	return max(1, int(math.Ceil(float64(pool)*limit*(1-1e-12))))
}

// poolLogE are the e-values of a sample without replacement: the hypergeometric
// likelihood averaged over the allowed numbers of failures in the pool, divided by
// that at the boundary. Fewer failures in the pool make every next failure less
// likely, so the ratio is a supermartingale for every pool on the wrong side.
func poolLogE(failures, n, pool int, limit float64) (below, above float64) {
	bad := poolBad(pool, limit)
	most := int(math.Floor(float64(pool) * limit * (1 + 1e-12)))
	clean := n - failures
	switch {
	case failures >= bad: // certainly at or above the limit
		below = math.Inf(-1)
	case clean > pool-bad: // certainly below it
		below = math.Inf(1)
	default:
		below = meanLogHypergeometric(failures, n, pool, 0, bad-1) -
			logHypergeometricPMF(failures, n, bad, pool)
	}
	switch {
	case failures > most:
		above = math.Inf(1)
	case clean >= pool-most:
		above = math.Inf(-1)
	default:
		above = meanLogHypergeometric(failures, n, pool, most+1, pool) -
			logHypergeometricPMF(failures, n, most, pool)
	}
	return below, above
}

// meanLogHypergeometric is the log of the mean likelihood of failures in n over pools
// with lo … hi failures. Σ_K C(K,s)C(N-K,n-s) over all K is C(N+1,n+1), but a part of
// the range has no closed form, so it is summed.
func meanLogHypergeometric(failures, n, pool, lo, hi int) float64 {
	largest := math.Inf(-1)
	from, to := max(lo, failures), min(hi, pool-(n-failures))
	if from > to {
		return largest
	}
	mode := min(max(int(float64(failures)/float64(n)*float64(pool)), from), to)
	largest = logHypergeometricPMF(failures, n, mode, pool)
	// Neighbours differ by a ratio: L(k+1)/L(k) = (k+1)(N-k-n+s) / ((k+1-s)(N-k)).
	ratio := func(k int) float64 {
		return float64(k+1) * float64(pool-k-n+failures) / (float64(k+1-failures) * float64(pool-k))
	}
	sum := 1.0
	for k, v := mode, 1.0; k < to && v > 1e-18*sum; k++ {
		v *= ratio(k)
		sum += v
	}
	for k, v := mode-1, 1.0; k >= from && v > 1e-18*sum; k-- {
		v /= ratio(k)
		sum += v
	}
	return largest + math.Log(sum) - math.Log(float64(hi-lo+1))
}

func (g *Gate) unused() int {
	limit := math.MaxInt
	if g.plan.Pool > 0 {
		limit = g.plan.Pool
	}
	if g.plan.MaxSamples > 0 {
		limit = min(limit, g.plan.MaxSamples)
	}
	if limit == math.MaxInt {
		return -1
	}
	return limit - g.n
}

// Status says where the gate stands and what it guarantees.
func (g *Gate) Status() GateStatus {
	s := GateStatus{State: g.state, N: g.n, Failures: g.failed,
		EPass: math.Exp(g.below), EFail: math.Exp(g.above),
		PPass: math.Exp(-g.peakBel), PFail: math.Exp(-g.peakAbo),
		Method: "e-process, " + string(g.plan.Bet) + " bet", CleanToPass: g.cleanToPass(),
		SamplesUnused: max(0, g.unused())}
	if g.n == 0 {
		s.EPass, s.EFail = 1, 1
	}
	s.Rate = ConfidenceSequence(g.failed, g.n, 1-g.plan.Alpha).Interval()
	if g.plan.Pool > 0 {
		s.Method += fmt.Sprintf(", without replacement from %d", g.plan.Pool)
	}
	s.Guarantee = fmt.Sprintf("whenever feeding stops, a model with a failure rate of %g or more passes with probability at most %g, and one with %g or less fails with probability at most %g",
		g.plan.Limit, g.plan.Alpha, g.plan.Limit, g.plan.AlphaFail)
	return s
}

// cleanToPass is the number of further clean samples that would pass the gate.
func (g *Gate) cleanToPass() int {
	if g.state != GateOpen {
		return 0
	}
	target := -math.Log(g.plan.Alpha) - 1e-12
	enough := func(more int) bool {
		below, _ := g.logE(g.failed, g.n+more)
		return below >= target
	}
	most := g.unused()
	if most < 0 {
		most = 1 << 40
	}
	hi := min(1, most)
	for !enough(hi) {
		if hi >= most {
			return -1
		}
		hi = min(2*hi, most)
	}
	return smallestInt(1, hi, enough)
}

// ConfidenceSequence is an interval for a success rate that may be looked at after every
// sample: with the given probability it contains the true rate at all sample sizes at
// once, where a fixed-sample interval holds at one size chosen beforehand. It is the
// beta-binomial mixture of Robbins (1970) with a uniform prior, and assumes
// exchangeable 0/1 outcomes.
func ConfidenceSequence(successes, n int, level float64) Estimate {
	if n < 0 || successes < 0 || successes > n || !(level > 0 && level < 1) {
		return undefinedEstimate(n, n, level, badInput("need 0 <= successes <= n and a level between 0 and 1"))
	}
	s, m := float64(successes), float64(n)
	ci := mixtureInterval(s, m, 1-level, func(p float64) float64 { return logMixtureE(s, m, p, 1, 1) })
	e := Estimate{N: n, Clusters: n, Value: s / m, SE: math.NaN(), DF: math.NaN(),
		Lower: ci.Lower, Upper: ci.Upper, Level: level, Method: "beta-binomial mixture confidence sequence"}
	if n == 0 {
		e.Value, e.Reason = math.NaN(), Because(ReasonNoData, "no samples")
	}
	return e
}
