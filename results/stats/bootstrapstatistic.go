package stats

import (
	"math"
	"slices"
)

// BootstrapStatistic is the bootstrap interval of any statistic of n independent units. stat
// computes it on a resample, given as n indexes that it must not keep; it is called from
// several goroutines. BCa uses the jackknife, n more calls. It is NaN with a reason where the
// statistic is not finite on the data. Percentile, Basic and BCa are known.
func (b Bootstrap) BootstrapStatistic(n int, stat func(index []int32) float64, level float64) Estimate {
	b = b.withDefaults()
	if n < 1 || n > math.MaxInt32 || !(level > 0 && level < 1) || b.Method == Studentized {
		return undefinedEstimate(n, n, level, Because(ReasonResamples, "nothing to resample, a level outside 0 to 1, or no error to studentize by"))
	}
	all := make([]int32, n)
	for i := range all {
		all[i] = int32(i)
	}
	e := undefinedEstimate(n, n, level, Reason{})
	if e.Value = stat(all); !isFinite(e.Value) {
		e.Reason = Because(ReasonStatistic, "the statistic is undefined on the data")
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
		e.Reason = Because(ReasonStatistic, "the statistic is undefined on the resamples")
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
		e.Reason = Because(ReasonResamples, "all resamples are equal or fall on one side of the estimate")
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
