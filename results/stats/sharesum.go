package stats

import (
	"math"
	"slices"
	"strings"
)

// WeightedShare is a share of ones as a term of a sum: its samples, each 0 or 1, by cluster, and
// its weight. Cluster c of every term of a sum is the same one, so that terms may share
// clusters; a term that is shorter than another has no samples in the rest.
type WeightedShare struct {
	Weight      float64
	Sums        []float64 // ones in each cluster
	Sizes       []int     // samples in each cluster, 0 where it has none
	Ones, Alone int       // of the samples that share a cluster with no other, the ones and all
}

// WeightedShares are the terms of a sum of shares.
type WeightedShares []WeightedShare

// Sum estimates Σ weight·share + offset, such as the difference of two rates or J: "how large
// is the contrast?" where the samples of all terms may share clusters.
//
// The interval is that of the cluster-robust mean of the linearised residuals: a sample of term
// i weighs weight_i/n_i, about that share (Taylor linearisation; the covariance within clusters
// is kept), by CR2 and Satterthwaite's t. That says nothing of a share at 0 or 1, whose
// residuals vanish, and little with fewer than 20 clusters; there the intervals of the shares,
// ClusteredProportion's or Wilson's, are added at a split error rate (Bonferroni), which is
// conservative whatever the dependence. It is cut to what such a sum can be. A term without
// samples or with impossible counts leaves it undefined, with a reason.
func (terms WeightedShares) Sum(offset, level float64) Estimate {
	e := Estimate{Value: offset, Level: level, Method: "cr2 satterthwaite t, linearised"}
	constant := false
	low, high := offset, offset
	for _, t := range terms {
		n, sum := t.total()
		e.N += n
		if reason := t.reason(level); reason.Given() {
			return undefinedEstimate(e.N, 0, level, reason)
		}
		e.Value += t.Weight * sum / float64(n)
		constant = constant || sum == 0 || sum == float64(n)
		low, high = low+min(t.Weight, 0), high+max(t.Weight, 0)
	}
	if len(terms) == 0 || !isFinite(low) || !isFinite(high) {
		return undefinedEstimate(e.N, 0, level, badInput("%d terms that sum to [%v, %v]", len(terms), low, high))
	}
	m := terms.residuals().Mean()
	e.Clusters, e.SE, e.DF = m.Clusters, m.CR2, m.DF
	var i Interval
	if !(m.CR2 > 0) || math.IsNaN(m.DF) || m.Clusters < enoughClusters || constant {
		i = terms.addIntervals(&e, offset)
	} else {
		i = m.Interval(level)
		i = Interval{e.Value + i.Lower, e.Value + i.Upper}
	}
	if i.Lower < low || i.Upper > high {
		i = Interval{max(i.Lower, low), min(i.Upper, high)}
		e.Warnings = warn(e.Warnings, WarnClipped, "the interval left the range of the statistic and was cut")
	}
	e.Lower, e.Upper = i.Lower, i.Upper
	return e.explained()
}

// reason says why a term has no share.
func (t WeightedShare) reason(level float64) Reason {
	if !(level > 0 && level < 1) {
		return badLevel
	}
	if len(t.Sums) != len(t.Sizes) || t.Alone < 0 || t.Ones < 0 || t.Ones > t.Alone {
		return badInput("impossible counts of a share")
	}
	for c, k := range t.Sizes {
		if k < 0 || !(t.Sums[c] >= 0 && t.Sums[c] <= float64(k)) || t.Sums[c] != math.Trunc(t.Sums[c]) {
			return badInput("impossible counts of a share")
		}
	}
	if n, _ := t.total(); n == 0 {
		return Because(ReasonNoData, "no data")
	}
	return Reason{}
}

// total is the number of samples and that of ones.
func (t WeightedShare) total() (n int, ones float64) {
	n, ones = t.Alone, float64(t.Ones)
	for _, k := range t.Sizes {
		n += k
	}
	for _, s := range t.Sums {
		ones += s
	}
	return n, ones
}

// eachAlone calls f for the samples that stand alone, zeros first.
func (t WeightedShare) eachAlone(f func(v float64)) {
	for range t.Alone - t.Ones {
		f(0)
	}
	for range t.Ones {
		f(1)
	}
}

// proportion estimates the share of one term.
func (t WeightedShare) proportion(level float64) Estimate {
	if len(t.Sizes) == 0 { // two counts say all
		return IndependentProportion{}.Summary(Obs{Sums: []float64{float64(t.Ones)}, Sizes: []int{t.Alone}}, level)
	}
	var o Obs
	for c, k := range t.Sizes {
		if k > 0 {
			o.Sums, o.Sizes = append(o.Sums, t.Sums[c]), append(o.Sizes, k)
		}
	}
	t.eachAlone(func(v float64) { o.Sums, o.Sizes = append(o.Sums, v), append(o.Sizes, 1) })
	return ClusteredProportion{}.Summary(o, level)
}

// residuals are the weighted deviations of every cluster, as sums over all samples of all
// terms, whose mean is zero.
func (terms WeightedShares) residuals() ClusterSums {
	n, clusters := 0, 0
	for _, t := range terms {
		k, _ := t.total()
		n, clusters = n+k, max(clusters, len(t.Sizes))
	}
	all := ClusterSums{Sums: make([]float64, clusters), Sizes: make([]int, clusters)}
	for _, t := range terms {
		k, ones := t.total()
		w, share := t.Weight*float64(n)/float64(k), ones/float64(k)
		for c, size := range t.Sizes {
			all.Sums[c] += w * (t.Sums[c] - float64(size)*share)
			all.Sizes[c] += size
		}
		t.eachAlone(func(v float64) {
			all.Sums, all.Sizes = append(all.Sums, w*(v-share)), append(all.Sizes, 1)
		})
	}
	return all // Mean leaves empty clusters out
}

// addIntervals adds the weighted intervals of all terms, each at its part of the error rate,
// and names them in e.
func (terms WeightedShares) addIntervals(e *Estimate, offset float64) Interval {
	var methods []string
	i := Interval{offset, offset}
	for _, t := range terms {
		x := t.proportion(1 - (1-e.Level)/float64(len(terms)))
		lower, upper := t.Weight*x.Lower, t.Weight*x.Upper
		i.Lower, i.Upper = i.Lower+min(lower, upper), i.Upper+max(lower, upper)
		if !slices.Contains(methods, x.Method) {
			methods = append(methods, x.Method)
		}
		if !e.Reason.Given() && math.IsNaN(x.Lower+x.Upper) {
			e.Reason = x.Reason.Of(PartInterval)
		}
		for _, w := range x.Warnings {
			if !slices.ContainsFunc(e.Warnings, func(v Warning) bool { return v.Code == w.Code }) {
				e.Warnings = append(e.Warnings, w)
			}
		}
	}
	e.Method = "bonferroni of " + strings.Join(methods, " + ")
	e.SE, e.DF = math.NaN(), math.NaN()
	if math.IsNaN(i.Lower + i.Upper) {
		return undefinedInterval
	}
	return i
}
