package stats

import (
	"math"
	"runtime"
	"slices"
)

// BootstrapMethod says how resampled means become an interval.
type BootstrapMethod string

// The methods of Bootstrap.
const (
	Percentile  BootstrapMethod = "percentile"
	Basic       BootstrapMethod = "basic"
	BCa         BootstrapMethod = "bca"         // bias-corrected and accelerated (Efron 1987)
	Studentized BootstrapMethod = "studentized" // bootstrap t
)

// Bootstrap estimates a mean by resampling. Where the scores are 0/1 or lie on a lattice and
// are not clustered, the distribution of the resampled mean is computed exactly (the limit of
// infinitely many resamples) by binomial tails or convolution, and the method says so; that of
// many continuous scores by inversion of its characteristic function, to many more digits than
// draws give. With
// clusters whole clusters are resampled. Data without spread have no bootstrap interval: the
// fallback of GradedScore takes its place, never an interval of zero width.
type Bootstrap struct {
	Method     BootstrapMethod // default BCa
	Replicates int             // default 9,999; at most 1,000,000
	Seed       uint64
	Workers    int  // goroutines, default GOMAXPROCS; the result does not depend on it
	MonteCarlo bool // resample even where the exact distribution is known
}

func (b Bootstrap) withDefaults() Bootstrap {
	if b.Method == "" {
		b.Method = BCa
	}
	if b.Replicates <= 0 {
		b.Replicates = 9999
	}
	b.Replicates = min(b.Replicates, 1_000_000)
	if b.Workers <= 0 {
		b.Workers = runtime.GOMAXPROCS(0)
	}
	b.Workers = min(b.Workers, 64)
	return b
}

// Mean gives the mean of the observations with a bootstrap interval.
func (b Bootstrap) Mean(o Obs, level float64) Estimate {
	b = b.withDefaults()
	if x, ok := b.countable(o, level); ok {
		return b.binomial(x, len(o.Values), level)
	}
	s := gather(o)
	switch {
	case s.reason.Given():
		return undefinedEstimate(s.n, s.clusters, level, s.reason)
	case !(level > 0 && level < 1):
		return undefinedEstimate(s.n, s.clusters, level, badLevel)
	case s.n > math.MaxInt32:
		return undefinedEstimate(s.n, s.clusters, level, Because(ReasonResamples, "too many samples to resample"))
	}
	m := s.Mean()
	if m.flat() {
		return GradedScore{}.Summary(o, level)
	}
	e := s.estimate(level)
	e.SE = m.CR0
	e.Warnings = warnFewClusters(e.Warnings, s.clusters)
	if s.alone && !b.MonteCarlo && b.Method != Studentized {
		if l, ok := findLattice(s.Sums); ok && l.width <= 1<<14 && l.width*s.n <= 1<<26 {
			return b.exact(e, l, level)
		}
		if law, ok := invertMean(s.Sums); ok {
			return b.inverted(e, law, s.Sums, level)
		}
	}
	return b.monteCarlo(e, s, level)
}

// PairedDifference gives the mean of a − b with a bootstrap interval over pairs, or over
// clusters of pairs. P is that of SignFlip.
func (b Bootstrap) PairedDifference(a, c Obs, level float64) Comparison {
	p := gatherPairs(a, c)
	if p.reason.Given() {
		return undefinedComparison(p.diff.n, p.diff.clusters, level, p.reason)
	}
	out := p.comparison(level)
	m := p.diff.Mean()
	if m.flat() {
		return PairedScore{}.Compare(a, c, level)
	}
	e := b.Mean(Obs{Sums: p.diff.Sums, Sizes: p.diff.Sizes}, level)
	t := SignFlip(p.diff.Sums, b.Seed)
	out.SE, out.Lower, out.Upper, out.Method = m.CR2, e.Lower, e.Upper, e.Method
	out.P, out.Test, out.Reason = t.P, t.Method, e.Reason
	out.Correlation = pairingCorrelation(p.a.Mean().CR2, p.b.Mean().CR2, m.CR2)
	out.Effect, out.EffectName = cohenD(out.Difference, p.a.variance, p.b.variance), "cohen_d"
	out.MDE = minimumDetectable(twoSidedZ(level), m.CR2)
	out.Warnings = append(out.Warnings, e.Warnings...)
	return out.explained()
}

// bootstrapLaw is the distribution of a resampled statistic, exact or by replicates.
type bootstrapLaw interface {
	// quantile is the p-quantile of the law.
	quantile(p float64) float64
	// position is P(T* < observed) + ½P(T* = observed).
	position() float64
}

// interval turns a law into bounds.
func (m BootstrapMethod) interval(law bootstrapLaw, observed, acceleration, level float64) Interval {
	tail := (1 - level) / 2
	switch m {
	case Percentile:
		return Interval{law.quantile(tail), law.quantile(1 - tail)}
	case Basic:
		return Interval{2*observed - law.quantile(1-tail), 2*observed - law.quantile(tail)}
	}
	a := newBCaLevels(law.position(), acceleration, level)
	return Interval{law.quantile(a.Alpha1), law.quantile(a.Alpha2)}
}

// bcaLevels are the corrected tail probabilities of a BCa interval.
type bcaLevels struct{ Z0, A, Alpha1, Alpha2 float64 }

// newBCaLevels is Efron's (1987) correction for median bias, z0 = Φ⁻¹(position), and
// acceleration a: α_i = Φ(z0 + (z0+z_i)/(1 − a(z0+z_i))).
func newBCaLevels(position, a, level float64) bcaLevels {
	z0, z := NormalQuantile(position), twoSidedZ(level)
	alpha := func(z float64) float64 { return normalCDF(z0 + (z0+z)/(1-a*(z0+z))) }
	return bcaLevels{z0, a, alpha(-z), alpha(z)}
}

// acceleration is Σd³/(6(Σd²)^1.5) of the deviations d (or jackknife influences): closed form
// for a mean, no jackknife needed.
func acceleration(d []float64, weights []float64) float64 {
	var s2, s3 float64
	for i, v := range d {
		w := 1.0
		if weights != nil {
			w = weights[i]
		}
		s2 += w * v * v
		s3 += w * v * v * v
	}
	return s3 / (6 * math.Pow(s2, 1.5))
}

// latticeLaw is the exact law of the mean of n resampled lattice scores.
type latticeLaw struct {
	lattice
	sum      pmf // of the codes
	observed int
	n        int
}

func newLatticeLaw(l lattice) latticeLaw {
	one := pmf{p: make([]float64, l.width+1)}
	observed := 0
	share := 1 / float64(len(l.codes))
	for _, c := range l.codes {
		one.p[c] += share
		observed += c
	}
	n := len(l.codes)
	return latticeLaw{lattice: l, sum: one.power(n), observed: observed, n: n}
}

func (l latticeLaw) value(code int) float64 {
	return l.base + l.step*float64(code)/float64(l.n)
}

func (l latticeLaw) quantile(p float64) float64 { return l.value(l.sum.quantile(p)) }

func (l latticeLaw) position() float64 {
	below, atMost := l.sum.split(l.observed)
	return (below + atMost) / 2
}

// binomialLaw is the exact law of a resampled proportion: Binomial(n, x/n)/n.
type binomialLaw struct{ x, n int }

func (b binomialLaw) quantile(p float64) float64 {
	return float64(binomialQuantile(p, b.n, float64(b.x)/float64(b.n))) / float64(b.n)
}

func (b binomialLaw) position() float64 {
	p := float64(b.x) / float64(b.n)
	below := math.Exp(logBinomialAtMost(b.x-1, b.n, p))
	return below + binomialPMF(b.x, b.n, p)/2
}

// exact is the interval from the exact law.
func (b Bootstrap) exact(e Estimate, l lattice, level float64) Estimate {
	var law bootstrapLaw
	name := "exact convolution"
	if l.width == 1 && l.base == 0 && l.step == 1 {
		x := 0
		for _, c := range l.codes {
			x += c
		}
		law, name = binomialLaw{x, len(l.codes)}, "exact binomial"
	} else {
		law = newLatticeLaw(l)
	}
	d := make([]float64, len(l.codes))
	for i, c := range l.codes {
		d[i] = l.base + l.step*float64(c) - e.Value
	}
	i := b.Method.interval(law, e.Value, acceleration(d, nil), level)
	e.Lower, e.Upper = i.Lower, i.Upper
	e.Method = "bootstrap " + string(b.Method) + ", " + name
	return e.explained()
}

// countable counts the ones of 0/1 scores that stand alone, of which nothing else matters;
// ok is false for all others, and where all are alike.
func (b Bootstrap) countable(o Obs, level float64) (ones int, ok bool) {
	if o.Clusters != nil || b.MonteCarlo || b.Method == Studentized || len(o.Values) > math.MaxInt32 || !(level > 0 && level < 1) {
		return 0, false
	}
	for _, v := range o.Values {
		if v != 0 && v != 1 {
			return 0, false
		}
		ones += int(v)
	}
	return ones, 0 < ones && ones < len(o.Values)
}

// binomial is the interval from x ones among n scores.
func (b Bootstrap) binomial(x, n int, level float64) Estimate {
	e := undefinedEstimate(n, n, level, Reason{})
	p := float64(x) / float64(n)
	e.Value, e.SE = p, bernoulliSE(p, float64(n))
	e.Warnings = warnFewClusters(e.Warnings, n)
	skew := acceleration([]float64{1 - p, -p}, []float64{float64(x), float64(n - x)})
	i := b.Method.interval(binomialLaw{x, n}, p, skew, level)
	e.Lower, e.Upper = i.Lower, i.Upper
	e.Method = "bootstrap " + string(b.Method) + ", exact binomial"
	return e.explained()
}

// inverted is the interval from the law by Fourier inversion.
func (b Bootstrap) inverted(e Estimate, law invertedMean, x []float64, level float64) Estimate {
	d := make([]float64, len(x))
	for i, v := range x {
		d[i] = v - e.Value
	}
	i := b.Method.interval(law, e.Value, acceleration(d, nil), level)
	e.Lower, e.Upper = i.Lower, i.Upper
	e.Method = "bootstrap " + string(b.Method) + ", fourier inversion"
	return e.explained()
}

// replicateLaw is the law of a statistic by resampling; values are ascending.
type replicateLaw struct {
	values   []float64
	observed float64
}

func (r replicateLaw) quantile(p float64) float64 {
	if math.IsNaN(p) {
		return math.NaN()
	}
	return sortedQuantile(r.values, p)
}

// position counts values equal to the observed within rounding as ties: on discrete scores
// many are.
func (r replicateLaw) position() float64 {
	tol := tieTolerance * math.Abs(r.observed)
	below, _ := slices.BinarySearch(r.values, r.observed-tol)
	atMost, _ := slices.BinarySearch(r.values, math.Nextafter(r.observed+tol, math.Inf(1)))
	return float64(below+atMost) / (2 * float64(len(r.values)))
}

// monteCarlo is the interval from resampled values or clusters.
func (b Bootstrap) monteCarlo(e Estimate, s sample, level float64) Estimate {
	means := make([]float64, b.Replicates)
	e.Method = "bootstrap " + string(b.Method)
	if !s.alone {
		e.Method = "cluster " + e.Method
	}
	if b.Method == Studentized {
		return b.studentized(e, s, means, level)
	}
	if s.alone {
		resampleMeans(s.Sums, means, b.Seed, b.Workers)
	} else {
		resampleClusters(s.ClusterSums, means, nil, b.Seed, b.Workers)
	}
	slices.Sort(means)
	d := make([]float64, len(s.Sums))
	for c := range d {
		d[c] = s.Sums[c] - float64(s.Sizes[c])*e.Value
	}
	i := b.Method.interval(replicateLaw{means, e.Value}, e.Value, acceleration(d, nil), level)
	e.Lower, e.Upper = i.Lower, i.Upper
	if math.IsNaN(e.Lower + e.Upper) {
		e.Reason = Because(ReasonResamples, "all resamples fall on one side of the estimate")
	}
	return e.explained()
}

// studentized is the bootstrap t: quantiles of (m* − m)/se*, with se* from the clusters of
// each resample.
func (b Bootstrap) studentized(e Estimate, s sample, ts []float64, level float64) Estimate {
	resampleClusters(s.ClusterSums, nil, ts, b.Seed, b.Workers)
	ts = slices.DeleteFunc(ts, func(t float64) bool { return !isFinite(t) })
	if len(ts) < b.Replicates*9/10 {
		e.Lower, e.Upper = math.NaN(), math.NaN()
		e.Reason = Because(ReasonResamples, "more than a tenth of the resamples have no spread")
		return e
	}
	slices.Sort(ts)
	tail := (1 - level) / 2
	e.Lower = e.Value - sortedQuantile(ts, 1-tail)*e.SE
	e.Upper = e.Value - sortedQuantile(ts, tail)*e.SE
	return e.explained()
}
