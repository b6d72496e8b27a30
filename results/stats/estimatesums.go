package stats

import (
	"fmt"
	"math"
)

// Estimates are independent estimates, such as of one figure by several benchmarks.
type Estimates []Estimate

// Pool is the weighted mean of independent estimates: parts[i] counts with weights[i], which
// are not negative and sum to 1. Its interval keeps the asymmetry of theirs: the distance of
// each bound is the root of the sum of squared weighted distances (MOVER; Zou and Donner 2008).
// It holds at the level of the parts, which is level. SE and DF are undefined. An undefined part
// leaves the mean undefined and an undefined interval the interval, with that part's reason; so
// do weights of another number or sum.
func (parts Estimates) Pool(weights []float64, level float64) Estimate {
	e := undefinedEstimate(0, 0, level, Reason{})
	var total float64
	for i, w := range weights {
		if total += w; !(w >= 0) {
			e.Reason = badInput("weight %d is %v", i, w)
			return e
		}
	}
	if len(parts) != len(weights) || !(math.Abs(total-1) < 1e-9) || !(level > 0 && level < 1) {
		e.Reason = badInput("%d weights that sum to %v for %d estimates at level %v", len(weights), total, len(parts), level)
		return e
	}
	var value, down, up float64
	low, high := math.Inf(1), math.Inf(-1)
	for i, p := range parts {
		e.N, e.Clusters = e.N+p.N, e.Clusters+p.Clusters
		value += weights[i] * p.Value
		down += square(weights[i] * (p.Value - p.Lower))
		up += square(weights[i] * (p.Upper - p.Value))
		low, high = min(low, p.Lower), max(high, p.Upper)
		if !e.Reason.Given() && !isFinite(p.Value+p.Lower+p.Upper) {
			e.Reason = p.Reason
		}
	}
	if !isFinite(value) {
		if !e.Reason.Given() {
			e.Reason = badInput("the weighted mean of the estimates is %v", value)
		}
		return e
	}
	e.Value, e.Method = value, "weighted, square-and-add of the batteries' intervals"
	e.Lower, e.Upper = max(low, value-math.Sqrt(down)), min(high, value+math.Sqrt(up))
	if !(e.Lower <= e.Upper) {
		if !e.Reason.Given() {
			e.Reason = badInput("the interval of an estimate is no interval")
		}
		e.Lower, e.Upper, e.Reason = math.NaN(), math.NaN(), e.Reason.Of(PartInterval)
	}
	return e
}

// ModelEstimates are estimates of each of some models, such as rates that labels have corrected.
type ModelEstimates []Estimates

// RankSums puts intervals on the places of models by the sum of their estimates, as
// [RankIntervals] does; the largest sum is first. It is for figures of which only estimates are
// known, and returns the sums and the report. Errors of different models count as independent
// too. The variance of an estimate is that of a normal law with an interval as wide as its own
// on the wider side: (max(Upper − Value, Value − Lower)/z)², z by its Level. It is an error to
// give models without estimates, or an estimate, bound or level that is undefined.
func (models ModelEstimates) RankSums(level float64, seed uint64) (sums []float64, r RankReport, err error) {
	cov := newSquare(len(models))
	for m, parts := range models {
		if len(parts) == 0 {
			return nil, RankReport{}, fmt.Errorf("rank sums of estimates: model %d has none", m)
		}
		var sum float64
		for i, e := range parts {
			half := max(e.Upper-e.Value, e.Value-e.Lower) / twoSidedZ(e.Level)
			if !(half >= 0) {
				return nil, RankReport{}, fmt.Errorf("rank sums of estimates: model %d, estimate %d: %v in [%v, %v] at level %v", m, i, e.Value, e.Lower, e.Upper, e.Level)
			}
			sum += e.Value
			cov[m][m] += half * half
		}
		sums = append(sums, sum)
	}
	if r, err = RankIntervals(sums, cov, level, seed); err != nil {
		return nil, RankReport{}, fmt.Errorf("rank sums of estimates: %w", err)
	}
	return sums, r, nil
}
