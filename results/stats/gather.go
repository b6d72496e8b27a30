package stats

import "math"

// sample is what the assumptions work on: observations checked, without missing values, and
// added up by cluster.
type sample struct {
	ClusterSums
	n        int
	clusters int
	total    float64
	alone    bool    // every cluster has one score
	lo, hi   float64 // range of the scores, of cluster means where only sums are known
	variance float64 // of the scores; NaN where only sums are known
	binary   bool    // every score is 0 or 1, as far as is known
	missing  int     // values left out
	reason   Reason  // why there is nothing to work on
}

// gather checks and adds up observations.
func gather(o Obs) sample {
	if o.Values == nil && (o.Sums != nil || o.Sizes != nil) {
		return gatherSums(o)
	}
	s := sample{lo: math.Inf(1), hi: math.Inf(-1), binary: true, variance: math.NaN()}
	if o.Clusters != nil && len(o.Clusters) != len(o.Values) {
		s.reason = badInput("values and clusters differ in length")
		return s
	}
	values, clusters := o.Values, o.Clusters
	if s.missing = countMissing(values); s.missing > 0 {
		values, clusters = dropMissing(values, clusters)
	}
	for _, v := range values {
		s.lo, s.hi = min(s.lo, v), max(s.hi, v)
		s.binary = s.binary && (v == 0 || v == 1)
	}
	s.variance = variance(values)
	s.ClusterSums = SumClusters(values, clusters)
	return s.finish()
}

func gatherSums(o Obs) sample {
	s := sample{lo: math.Inf(1), hi: math.Inf(-1), binary: true, variance: math.NaN()}
	if len(o.Sums) != len(o.Sizes) {
		s.reason = badInput("sums and sizes differ in length")
		return s
	}
	for c, k := range o.Sizes {
		v := o.Sums[c]
		if k < 0 || k == 0 && v != 0 {
			s.reason = badInput("a cluster has a sum but no samples")
			return s
		}
		if k > 0 && !isFinite(v) {
			s.reason = badInput("a cluster has a sum that is not finite")
			return s
		}
		if k == 0 {
			continue
		}
		m := v / float64(k)
		s.lo, s.hi = min(s.lo, m), max(s.hi, m)
		s.binary = s.binary && v == math.Trunc(v) && v >= 0 && v <= float64(k)
		s.Sums, s.Sizes = append(s.Sums, v), append(s.Sizes, k)
	}
	return s.finish()
}

// finish counts what was gathered.
func (s sample) finish() sample {
	s.alone = true
	for c, k := range s.Sizes {
		s.n += k
		s.total += s.Sums[c]
		s.alone = s.alone && k == 1
	}
	s.clusters = len(s.Sizes)
	if s.n == 0 && !s.reason.Given() {
		s.reason = Because(ReasonNoData, "no data")
	}
	return s
}

func isFinite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

func countMissing(values []float64) (missing int) {
	for _, v := range values {
		if !isFinite(v) {
			missing++
		}
	}
	return missing
}

func dropMissing(values []float64, clusters []int32) ([]float64, []int32) {
	keptValues := make([]float64, 0, len(values))
	var keptClusters []int32
	for i, v := range values {
		if !isFinite(v) {
			continue
		}
		keptValues = append(keptValues, v)
		if clusters != nil {
			keptClusters = append(keptClusters, clusters[i])
		}
	}
	return keptValues, keptClusters
}

// estimate is the part of an Estimate that does not depend on the method.
func (s sample) estimate(level float64) Estimate {
	e := undefinedEstimate(s.n, s.clusters, level, Reason{})
	e.Value = s.total / float64(s.n)
	if s.missing > 0 {
		e.Warnings = warn(e.Warnings, WarnMissing, "left out, not finite: %s", countOf(s.missing, "value"))
	}
	return e
}

// pairs are two sets of observations on the same items.
type pairs struct {
	a, b, diff sample
	counts     PairedCounts // where binary, unclustered data allow it
	reason     Reason
}

// gatherPairs matches a and b value by value or cluster by cluster, and leaves out pairs of
// which either is missing.
func gatherPairs(a, b Obs) pairs {
	if a.Values == nil && a.Sums != nil {
		return gatherPairedSums(a, b)
	}
	switch {
	case len(a.Values) != len(b.Values):
		return pairs{reason: badInput("a and b differ in length: pair them first")}
	case a.Clusters != nil && len(a.Clusters) != len(a.Values):
		return pairs{reason: badInput("values and clusters differ in length")}
	}
	va, vb, clusters, missing := commonValues(a.Values, b.Values, a.Clusters)
	d := make([]float64, len(va))
	var counts PairedCounts
	for i, v := range va {
		d[i] = v - vb[i]
		counts.add(v, vb[i])
	}
	p := pairs{
		a:      gather(Obs{Values: va, Clusters: clusters}),
		b:      gather(Obs{Values: vb, Clusters: clusters}),
		diff:   gather(Obs{Values: d, Clusters: clusters}),
		counts: counts,
	}
	p.diff.missing = missing
	p.reason = p.diff.reason
	return p
}

func (c *PairedCounts) add(a, b float64) {
	switch {
	case a == 1 && b == 1:
		c.Both++
	case a == 1:
		c.AOnly++
	case b == 1:
		c.BOnly++
	default:
		c.Neither++
	}
}

// commonValues keeps the pairs of which both values are finite.
func commonValues(a, b []float64, clusters []int32) (va, vb []float64, kept []int32, missing int) {
	for i := range a {
		if !isFinite(a[i]) || !isFinite(b[i]) {
			missing++
		}
	}
	if missing == 0 {
		return a, b, clusters, 0
	}
	for i := range a {
		if !isFinite(a[i]) || !isFinite(b[i]) {
			continue
		}
		va, vb = append(va, a[i]), append(vb, b[i])
		if clusters != nil {
			kept = append(kept, clusters[i])
		}
	}
	return va, vb, kept, missing
}

func gatherPairedSums(a, b Obs) pairs {
	if len(a.Sizes) != len(b.Sizes) || len(a.Sums) != len(b.Sums) {
		return pairs{reason: badInput("a and b differ in their number of clusters: pair them first")}
	}
	for c := range a.Sizes {
		if a.Sizes[c] != b.Sizes[c] {
			return pairs{reason: badInput("a cluster differs in size between a and b: pair them first")}
		}
	}
	p := pairs{a: gather(a), b: gather(b)}
	for _, side := range []sample{p.a, p.b} {
		if side.reason.Given() {
			p.reason = side.reason
			return p
		}
	}
	d := make([]float64, len(p.a.Sums))
	for c := range d {
		d[c] = p.a.Sums[c] - p.b.Sums[c]
	}
	p.diff = gather(Obs{Sums: d, Sizes: p.a.Sizes})
	p.reason = p.diff.reason
	return p
}

// comparison is the part of a Comparison that does not depend on the method.
func (p pairs) comparison(level float64) Comparison {
	c := undefinedComparison(p.diff.n, p.diff.clusters, level, Reason{})
	n := float64(p.diff.n)
	c.A, c.B, c.Difference = p.a.total/n, p.b.total/n, p.diff.total/n
	if p.diff.missing > 0 {
		c.Warnings = warn(c.Warnings, WarnMissing, "left out, with a value that is not finite: %s", countOf(p.diff.missing, "pair"))
	}
	return c
}

// pairingCorrelation is ρ from SE² = SE_a² + SE_b² − 2ρ·SE_a·SE_b: what pairing saved.
func pairingCorrelation(seA, seB, seDiff float64) float64 {
	den := 2 * seA * seB
	if !(den > 0) {
		return math.NaN()
	}
	return max(-1, min(1, (seA*seA+seB*seB-seDiff*seDiff)/den))
}

// minimumDetectable is the difference that a comparison with standard error se sees with 80 %
// power: (critical value + z_0.8)·se. NaN where se is 0 or undefined.
func minimumDetectable(crit, se float64) float64 {
	if !(se > 0) {
		return math.NaN()
	}
	return (crit + NormalQuantile(0.8)) * se
}

// overflowed is the reason of bounds that no rule above explains.
var overflowed = Because(ReasonOverflow, "the scores are too large or too small for the arithmetic")

// explained gives undefined bounds a reason where they have none yet.
func (e Estimate) explained() Estimate {
	if math.IsNaN(e.Value+e.Lower+e.Upper) && !e.Reason.Given() {
		e.Reason = overflowed
	}
	return e
}

// explained gives undefined bounds a reason where they have none yet.
func (c Comparison) explained() Comparison {
	if math.IsNaN(c.Difference+c.Lower+c.Upper) && !c.Reason.Given() {
		c.Reason = overflowed
	}
	return c
}
