package stats

import "math"

// Contrast assumes that each value belongs to an item of one of two arms, and is about the mean
// of the first arm less that of the second: "is the gap between two kinds of items the same in
// both models?" Arms holds 0 or 1 for each item, in the order of Obs.Values; items of both arms
// may share clusters. Min and Max are the range of a value, as in GradedScore. Observations
// come as Values; sums by cluster do not tell the arms.
//
// Each side is linearised into one value for each item, N/n_arm·(v − mean_arm) + contrast, with
// a minus for the second arm: its mean is the contrast, and its deviations by cluster are those
// of the Taylor linearisation. Of two sides the difference of their values is that of their
// contrasts, with everything that a cluster shares: both arms and both models.
type Contrast struct {
	Arms     []int8
	Min, Max float64
}

// armItems are the items of a contrast that every side has a finite value of.
type armItems struct {
	sides    [][]float64
	arms     []int8
	clusters []int32
	missing  int
	lo, hi   float64 // of a value
	reason   Reason
}

// gather checks and keeps items.
func (k Contrast) gather(level float64, clusters []int32, sides ...[]float64) armItems {
	x := armItems{sides: make([][]float64, len(sides))}
	if !(level > 0 && level < 1) {
		x.reason = badLevel
		return x
	}
	for _, s := range sides {
		if len(s) != len(k.Arms) || clusters != nil && len(clusters) != len(s) {
			x.reason = badInput("values, arms and clusters differ in length")
			return x
		}
	}
	low, high := math.Inf(1), math.Inf(-1)
	var n [2]int
	for i, arm := range k.Arms {
		whole := true
		for _, s := range sides {
			whole = whole && isFinite(s[i])
		}
		switch {
		case arm != 0 && arm != 1:
			x.reason = badInput("arm %d is %d: want 0 or 1", i, arm)
			return x
		case !whole:
			x.missing++
			continue
		}
		n[arm]++
		x.arms = append(x.arms, arm)
		for m, s := range sides {
			x.sides[m] = append(x.sides[m], s[i])
			low, high = min(low, s[i]), max(high, s[i])
		}
		if clusters != nil {
			x.clusters = append(x.clusters, clusters[i])
		}
	}
	if n[0] == 0 || n[1] == 0 {
		x.reason = Because(ReasonNoData, "no data")
	}
	x.lo, x.hi = GradedScore{k.Min, k.Max}.bounds(low, high)
	return x
}

// linearised is one value of a side for each item.
func (x armItems) linearised(side int) []float64 {
	var sum, n [2]float64
	for i, v := range x.sides[side] {
		sum[x.arms[i]] += v
		n[x.arms[i]]++
	}
	mean := [2]float64{sum[0] / n[0], sum[1] / n[1]}
	all, contrast := n[0]+n[1], mean[0]-mean[1]
	weight := [2]float64{all / n[0], -all / n[1]}
	out := make([]float64, len(x.arms))
	for i, v := range x.sides[side] {
		arm := x.arms[i]
		out[i] = weight[arm]*(v-mean[arm]) + contrast
	}
	return out
}

// arm are the values of one arm of a side.
func (x armItems) arm(which int8, side int) Obs {
	var o Obs
	for i, v := range x.sides[side] {
		if x.arms[i] != which {
			continue
		}
		o.Values = append(o.Values, v)
		if x.clusters != nil {
			o.Clusters = append(o.Clusters, x.clusters[i])
		}
	}
	return o
}

// Summary gives the contrast of one side by CR2 and Satterthwaite's t on its linearised values.
// Of zeros and ones [WeightedShares.Sum] says more where a share is 0 or 1.
func (k Contrast) Summary(o Obs, level float64) Estimate {
	x := k.gather(level, o.Clusters, o.Values)
	if x.reason.Given() {
		return undefinedEstimate(0, 0, level, x.reason)
	}
	width := x.hi - x.lo
	e := GradedScore{-width, width}.Summary(Obs{Values: x.linearised(0), Clusters: x.clusters}, level)
	if x.missing > 0 {
		e.Warnings = warn(e.Warnings, WarnMissing, "left out, not finite: %s", countOf(x.missing, "value"))
	}
	if !math.IsNaN(e.Lower) {
		e.Method += ", linearised"
		e.Lower, e.Upper = max(e.Lower, -width), min(e.Upper, width)
	}
	return e
}

// Compare gives the difference of two contrasts, a − b, of the same items.
//
// Student's t on the clusters' influences says little with fewer than 20 clusters or where 10
// items or fewer differ between the sides, and nothing where none of an arm does. There each arm
// is compared for itself as PairedProportion or PairedScore says, whose intervals hold in such
// cases, at half of the error rate, and the intervals are subtracted (Bonferroni): that is
// conservative whatever the arms share. P is then the smallest error rate whose interval
// leaves out 0, to nine digits.
func (k Contrast) Compare(a, b Obs, level float64) Comparison {
	x := k.gather(level, a.Clusters, a.Values, b.Values)
	if x.reason.Given() {
		return undefinedComparison(0, 0, level, x.reason)
	}
	width := x.hi - x.lo
	c := PairedScore{-width, width}.Compare(Obs{Values: x.linearised(0), Clusters: x.clusters}, Obs{Values: x.linearised(1)}, level)
	if math.IsNaN(c.Difference) {
		return c
	}
	c.Effect, c.EffectName = math.NaN(), "none"
	if c.SE > 0 && c.Clusters >= enoughClusters && x.differing() {
		c.Method += ", linearised"
		c.Test += ", linearised"
		c.Lower, c.Upper = max(c.Lower, -2*width), min(c.Upper, 2*width)
	} else {
		c = x.subtracted(c)
	}
	if x.missing > 0 {
		c.Warnings = warn(c.Warnings, WarnMissing, "left out, not finite: %s", countOf(x.missing, "item"))
	}
	return c.explained()
}

// differing tells whether enough items tell the sides apart, in each arm and in both, for
// Student's t to hold.
func (x armItems) differing() bool {
	var n [2]int
	for i, arm := range x.arms {
		if x.sides[0][i] != x.sides[1][i] {
			n[arm]++
		}
	}
	return n[0] > 0 && n[1] > 0 && n[0]+n[1] > 10
}

// subtracted fills in the intervals of both arms, one less the other.
func (x armItems) subtracted(c Comparison) Comparison {
	width := x.hi - x.lo
	var arms [2][2]Obs
	for arm := range arms {
		arms[arm] = [2]Obs{x.arm(int8(arm), 0), x.arm(int8(arm), 1)}
	}
	at := func(level float64) (plus, minus Comparison) {
		each := 1 - (1-level)/2
		return x.compareArm(arms[0], each), x.compareArm(arms[1], each)
	}
	plus, minus := at(c.Level)
	c.Reason, c.DF = Reason{}, math.NaN()
	c.Warnings = append(plus.Warnings, minus.Warnings...)
	c.Lower, c.Upper = max(plus.Lower-minus.Upper, -2*width), min(plus.Upper-minus.Lower, 2*width)
	c.Method = "bonferroni of " + plus.Method
	if minus.Method != plus.Method {
		c.Method += " + " + minus.Method
	}
	c.Test = "inverted interval"
	if math.IsNaN(c.Lower + c.Upper) {
		c.Lower, c.Upper, c.P, c.Reason = math.NaN(), math.NaN(), math.NaN(), plus.Reason
		if !c.Reason.Given() {
			c.Reason = minus.Reason
		}
		return c
	}
	c.P = smallestError(func(level float64) bool {
		plus, minus := at(level)
		return plus.Lower-minus.Upper > 0 || plus.Upper-minus.Lower < 0
	})
	return c
}

// compareArm compares both sides in one arm by the assumption of plain means.
func (x armItems) compareArm(sides [2]Obs, level float64) Comparison {
	a, b := gather(sides[0]), gather(sides[1])
	if a.binary && b.binary {
		return PairedProportion{}.Compare(sides[0], sides[1], level)
	}
	return PairedScore{x.lo, x.hi}.Compare(sides[0], sides[1], level)
}

// smallestError is the smallest error rate at which something is shown, which is then shown at
// every larger one; 1 where it is shown at none below.
func smallestError(shown func(level float64) bool) float64 {
	low, high := 0.0, 1.0 // of the error rate: shown at high, not at low
	for range 30 {
		if mid := (low + high) / 2; shown(1 - mid) {
			high = mid
		} else {
			low = mid
		}
	}
	return high
}

var _ Assumption = Contrast{}
