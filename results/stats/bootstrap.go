package stats

import (
	"math"
	"math/bits"
	"runtime"
	"slices"
	"sync"
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
	s := gather(o)
	switch {
	case s.reason != "":
		return undefinedEstimate(s.n, s.clusters, level, s.reason)
	case !(level > 0 && level < 1):
		return undefinedEstimate(s.n, s.clusters, level, "level is not between 0 and 1")
	case s.n > math.MaxInt32:
		return undefinedEstimate(s.n, s.clusters, level, "too many samples to resample")
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
	if p.reason != "" {
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
	alpha := func(z float64) float64 { return NormalCDF(z0 + (z0+z)/(1-a*(z0+z))) }
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
		e.Reason = "all resamples fall on one side of the estimate"
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
		e.Reason = "more than a tenth of the resamples have no spread"
		return e
	}
	slices.Sort(ts)
	tail := (1 - level) / 2
	e.Lower = e.Value - sortedQuantile(ts, 1-tail)*e.SE
	e.Upper = e.Value - sortedQuantile(ts, tail)*e.SE
	return e.explained()
}

// split runs f on parts of 0..n−1, one a worker; f writes only to its own slots.
func split(n, workers int, f func(lo, hi int)) {
	if workers <= 1 || n < 2*workers {
		f(0, n)
		return
	}
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() { f(w*n/workers, (w+1)*n/workers) })
	}
	wg.Wait()
}

// resampleMeans fills means with bootstrap means of x; each depends on (seed, index) only.
func resampleMeans(x, means []float64, seed uint64, workers int) {
	inv := 1 / float64(len(x))
	split(len(means), workers, func(lo, hi int) {
		for r := lo; r < hi; r++ {
			means[r] = resampledSum(x, streamState(seed, streamBootstrap, uint64(r))) * inv
		}
	})
}

// resampledSum is the sum of len(x) draws with replacement from x: two exact Lemire draws a
// word, four sums so that additions overlap.
func resampledSum(x []float64, state uint64) float64 {
	n := uint64(len(x))
	reject := uint32(-uint32(n)) % uint32(n)
	var s0, s1, s2, s3 float64
	left := len(x)
	for left >= 4 {
		state += wyIncrement
		hi, lo := bits.Mul64(state, state^wyMask)
		v := hi ^ lo
		state += wyIncrement
		hi, lo = bits.Mul64(state, state^wyMask)
		w := hi ^ lo
		a, b := uint64(uint32(v))*n, (v>>32)*n
		c, d := uint64(uint32(w))*n, (w>>32)*n
		if uint32(a) < reject || uint32(b) < reject || uint32(c) < reject || uint32(d) < reject {
			continue // draw all four again: rare, and as exact as drawing one again
		}
		s0 += x[a>>32]
		s1 += x[b>>32]
		s2 += x[c>>32]
		s3 += x[d>>32]
		left -= 4
	}
	g := wyrand{state}
	for ; left > 0; left-- {
		s0 += x[g.intn(uint32(n))]
	}
	return s0 + s1 + (s2 + s3)
}

// resampleClusters fills means, ts or both with the ratio means of resampled clusters and
// their t values.
func resampleClusters(s ClusterSums, means, ts []float64, seed uint64, workers int) {
	type cell struct{ sum, size float64 }
	cells := make([]cell, len(s.Sums))
	for c := range cells {
		cells[c] = cell{s.Sums[c], float64(s.Sizes[c])}
	}
	observed := s.Mean().Mean
	g := uint32(len(cells))
	split(max(len(means), len(ts)), workers, func(lo, hi int) {
		for r := lo; r < hi; r++ {
			rng := newStream(seed, streamBootstrap, uint64(r))
			var sum, size, ss, sn, nn float64
			for range cells {
				c := cells[rng.intn(g)]
				sum += c.sum
				size += c.size
				ss += c.sum * c.sum
				sn += c.sum * c.size
				nn += c.size * c.size
			}
			m := sum / size
			if means != nil {
				means[r] = m
			}
			if ts != nil {
				v := ss - 2*m*sn + m*m*nn // Σ(S_c − n_c m)²
				if v <= 1e-12*ss {
					v = 0
				}
				ts[r] = (m - observed) / (math.Sqrt(v) / size)
			}
		}
	})
}

// BootstrapStatistic is the bootstrap interval of any statistic of n independent units. stat
// computes it on a resample, given as n indexes that it must not keep; it is called from
// several goroutines. BCa uses the jackknife, n more calls. It is NaN with a reason where the
// statistic is not finite on the data. Percentile, Basic and BCa are known.
func (b Bootstrap) BootstrapStatistic(n int, stat func(index []int32) float64, level float64) Estimate {
	b = b.withDefaults()
	if n < 1 || n > math.MaxInt32 || !(level > 0 && level < 1) || b.Method == Studentized {
		return undefinedEstimate(n, n, level, "nothing to resample, a level outside 0 to 1, or no error to studentize by")
	}
	all := make([]int32, n)
	for i := range all {
		all[i] = int32(i)
	}
	e := undefinedEstimate(n, n, level, "")
	if e.Value = stat(all); !isFinite(e.Value) {
		e.Reason = "the statistic is undefined on the data"
		return e
	}
	reps := make([]float64, b.Replicates)
	split(len(reps), b.Workers, func(lo, hi int) {
		index := make([]int32, n)
		for r := lo; r < hi; r++ {
			g := newStream(b.Seed, streamBootstrap, uint64(r))
			for i := range index {
				index[i] = int32(g.intn(uint32(n)))
			}
			reps[r] = stat(index)
		}
	})
	kept := slices.DeleteFunc(reps, func(v float64) bool { return !isFinite(v) })
	if lost := b.Replicates - len(kept); lost > 0 {
		e.Warnings = warn(e.Warnings, WarnMissing, "the statistic was undefined on %d of %d resamples, which were left out", lost, b.Replicates)
	}
	if len(kept) < 2 {
		e.Reason = "the statistic is undefined on the resamples"
		return e
	}
	slices.Sort(kept)
	e.SE = math.Sqrt(variance(kept))
	a := 0.0
	if b.Method == BCa {
		a = jackknifeAcceleration(n, stat)
	}
	i := b.Method.interval(replicateLaw{kept, e.Value}, e.Value, a, level)
	e.Lower, e.Upper, e.Method = i.Lower, i.Upper, "bootstrap "+string(b.Method)
	if math.IsNaN(e.Lower + e.Upper) {
		e.Reason = "all resamples are equal or fall on one side of the estimate"
	}
	return e
}

// jackknifeAcceleration leaves each unit out once.
func jackknifeAcceleration(n int, stat func([]int32) float64) float64 {
	left := make([]float64, n)
	index := make([]int32, n-1)
	for i := range left {
		for j := range index {
			index[j] = int32(j)
			if j >= i {
				index[j]++
			}
		}
		left[i] = stat(index)
	}
	return influenceAcceleration(left)
}

// influenceAcceleration is the acceleration from jackknife values.
func influenceAcceleration(jackknife []float64) float64 {
	m := mean(jackknife)
	d := make([]float64, len(jackknife))
	for i, v := range jackknife {
		d[i] = m - v
	}
	return acceleration(d, nil)
}
