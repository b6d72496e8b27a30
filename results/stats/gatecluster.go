package stats

import (
	"errors"
	"fmt"
	"math"
)

// ClusterGate decides on a failure rate from clusters fed one at a time: the share of
// the samples of each cluster that failed. Clusters are independent, and whatever is
// alike within one does no harm, which is where a [Gate] fed sample by sample would
// pass too often. Every cluster counts once, whatever its size: the rate is the mean of
// the clusters' shares.
//
// The e-value against "the rate is at least m" is a mixture of bets that the rate is q:
//
//	mean over q < m of the product over clusters of (y·q/m + (1−y)·(1−q)/(1−m))
//
// for shares y. Each factor has mean at most 1 where the mean of y is at least m, so the
// product is a test supermartingale (Waudby-Smith and Ramdas 2024) and the error rate
// holds whenever feeding stops (Ville 1939). For clusters of one sample it is the
// likelihood ratio that Gate averages.
type ClusterGate struct {
	plan         GateSpec
	below, above bets
	n            int
	sum          float64
	failed       int // clusters with any failure
	state        GateState
	peakBelow    float64
	peakAbove    float64
}

// bets are the log wealths of several bets on a rate q against the limit m.
type bets struct {
	fail, clean []float64 // factors of a failure, q/m, and of a clean sample, (1−q)/(1−m)
	wealth      []float64 // log
}

const betsOnGrid = 64

// newBets bets on rates below or above the limit. Any fixed grid keeps the guarantee;
// this one is denser near the limit above it, where rates are told apart last.
func newBets(limit float64, below bool, kind GateBet) bets {
	var b bets
	for k := range betsOnGrid {
		at := (float64(k) + .5) / betsOnGrid
		q := limit * at
		switch {
		case !below:
			q = limit + (1-limit)*at*at
		case kind == AllInBet:
			q = 0
		}
		b.fail, b.clean = append(b.fail, q/limit), append(b.clean, (1-q)/(1-limit))
		b.wealth = append(b.wealth, 0)
		if below && kind == AllInBet {
			break
		}
	}
	return b
}

// add takes the share of failures of a cluster.
func (b bets) add(y float64) {
	for k := range b.wealth {
		b.wealth[k] += math.Log(y*b.fail[k] + (1-y)*b.clean[k])
	}
}

// logE is the log of the mean wealth after more clean clusters.
func (b bets) logE(more int) float64 {
	most := math.Inf(-1)
	for k, w := range b.wealth {
		most = max(most, w+float64(more)*math.Log(b.clean[k]))
	}
	if math.IsInf(most, -1) {
		return most
	}
	var sum float64
	for k, w := range b.wealth {
		sum += math.Exp(w + float64(more)*math.Log(b.clean[k]) - most)
	}
	return most + math.Log(sum/float64(len(b.wealth)))
}

// NewClusterGate makes a gate on clusters. It takes the plans of [NewGate] but for a
// pool: MaxSamples counts clusters.
func NewClusterGate(plan GateSpec) (*ClusterGate, error) {
	g, err := NewGate(plan)
	if err != nil {
		return nil, err
	}
	if plan.Pool > 0 {
		return nil, errors.New("make gate: a pool with clusters: want a stream of clusters, or a pool of independent samples")
	}
	return &ClusterGate{plan: g.plan, state: GateOpen, below: newBets(plan.Limit, true, g.plan.Bet), above: newBets(plan.Limit, false, g.plan.Bet)}, nil
}

// Observe feeds the share of failures of one cluster, from 0 to 1. It returns the
// state, and ErrGateDecided where the gate had decided before.
func (g *ClusterGate) Observe(share float64) (GateState, error) {
	switch {
	case g.state != GateOpen:
		return g.state, fmt.Errorf("observe cluster: %w", ErrGateDecided)
	case !(share >= 0 && share <= 1):
		return g.state, fmt.Errorf("observe cluster: share of failures %v: want a number from 0 to 1", share)
	case g.plan.MaxSamples > 0 && g.n >= g.plan.MaxSamples:
		return g.state, errors.New("observe cluster: all planned clusters have been seen")
	}
	g.n++
	g.sum += share
	if share > 0 {
		g.failed++
	}
	g.below.add(share)
	g.above.add(share)
	below, above := g.below.logE(0), g.above.logE(0)
	g.peakBelow, g.peakAbove = max(g.peakBelow, below), max(g.peakAbove, above)
	switch {
	case below >= -math.Log(g.plan.Alpha)-1e-12:
		g.state = GatePassed
	case above >= -math.Log(g.plan.AlphaFail)-1e-12:
		g.state = GateFailed
	}
	return g.state, nil
}

// Status says where the gate stands: N counts clusters, Failures those with any
// failure, and CleanToPass clusters. Rate is a confidence sequence of the mean share.
func (g *ClusterGate) Status() GateStatus {
	s := GateStatus{State: g.state, N: g.n, Failures: g.failed,
		EPass: math.Exp(g.below.logE(0)), EFail: math.Exp(g.above.logE(0)), PPass: math.Exp(-g.peakBelow), PFail: math.Exp(-g.peakAbove),
		Method: "e-process on cluster means, " + string(g.plan.Bet) + " bet", CleanToPass: g.cleanToPass()}
	if g.plan.MaxSamples > 0 {
		s.SamplesUnused = g.plan.MaxSamples - g.n
	}
	s.Rate = boundedSequence(g.sum, g.n, g.plan.Alpha)
	s.Guarantee = fmt.Sprintf("clusters are independent and samples within one may be alike; whenever feeding stops, a model whose mean failure share over clusters is %g or more passes with probability at most %g, and one with %g or less fails with probability at most %g",
		g.plan.Limit, g.plan.Alpha, g.plan.Limit, g.plan.AlphaFail)
	return s
}

// boundedSequence is the confidence sequence of the mean of values in [0, 1]: that of
// outcomes of 0 and 1 with the same sum. It holds because a likelihood ratio (q/m)^y
// ((1−q)/(1−m))^(1−y) is convex in y, so a value between 0 and 1 never adds more than an
// outcome of the same mean (Hoeffding 1963).
func boundedSequence(sum float64, n int, alpha float64) Interval {
	return mixtureInterval(sum, float64(n), alpha, func(p float64) float64 { return logMixtureE(sum, float64(n), p, 1, 1) })
}

// cleanToPass is the number of further clean clusters that would pass the gate; −1
// where none would.
func (g *ClusterGate) cleanToPass() int {
	if g.state != GateOpen {
		return 0
	}
	enough := func(more int) bool { return g.below.logE(more) >= -math.Log(g.plan.Alpha)-1e-12 }
	most := 1 << 40
	if g.plan.MaxSamples > 0 {
		most = g.plan.MaxSamples - g.n
	}
	if most < 1 || !enough(most) {
		return -1
	}
	return smallestInt(1, most, enough)
}
