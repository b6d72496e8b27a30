package stats

import (
	"math"
	"testing"
)

// twoArms draws clustered items of two arms with two sides; binary values unless graded.
func twoArms(seed uint64, items, clusters int, graded bool) (k Contrast, a, b Obs) {
	rng := newStream(seed, streamSimulation, 0)
	value := func(p float64) float64 {
		v := rng.float64()
		switch {
		case graded:
			return (v + p) / 2
		case v < p:
			return 1
		}
		return 0
	}
	k.Max = 1
	for i := range items {
		k.Arms = append(k.Arms, int8(rng.intn(2)))
		a.Clusters = append(a.Clusters, int32(i%clusters))
		shift := .2 * float64(k.Arms[i])
		a.Values, b.Values = append(a.Values, value(.7-shift)), append(b.Values, value(.4+shift))
	}
	return k, a, b
}

// gap is the mean of the first arm less that of the second.
func gap(k Contrast, x []float64) float64 {
	var arms [2][]float64
	for i, v := range x {
		arms[k.Arms[i]] = append(arms[k.Arms[i]], v)
	}
	return mean(arms[0]) - mean(arms[1])
}

// influences are by how much the gap moves when the weight of a cluster's items grows.
func influences(k Contrast, o Obs, clusters int) []float64 {
	const h = 1e-6
	out := make([]float64, clusters)
	for c := range out {
		var sum, n [2]float64
		for i, v := range o.Values {
			w := 1.0
			if int(o.Clusters[i]) == c {
				w += h
			}
			sum[k.Arms[i]] += w * v
			n[k.Arms[i]] += w
		}
		out[c] = (sum[0]/n[0] - sum[1]/n[1] - gap(k, o.Values)) / h
	}
	return out
}

// Error and interval of a contrast, and of two, are those of the numerical influence of each
// cluster.
func TestContrastIsItsInfluences(t *testing.T) {
	const clusters = 30
	for _, graded := range []bool{false, true} {
		k, a, b := twoArms(5, 300, clusters, graded)
		e, c := k.Summary(a, .95), k.Compare(a, b, .95)
		b.Clusters = a.Clusters
		ia, ib := influences(k, a, clusters), influences(k, b, clusters)
		var one, two float64
		for g := range ia {
			one += square(ia[g]) / (1 - 1./clusters)
			two += square(ia[g]-ib[g]) / (1 - 1./clusters)
		}
		if math.Abs(e.Value-gap(k, a.Values)) > 1e-12 || math.Abs(e.SE-math.Sqrt(one)) > 1e-5 || e.Method != "cr2 satterthwaite t, linearised" {
			t.Errorf("graded %v: %+v, want se %v", graded, e, math.Sqrt(one))
		}
		want := gap(k, a.Values) - gap(k, b.Values)
		half := TQuantile(.975, clusters-1) * math.Sqrt(two)
		if math.Abs(c.Difference-want) > 1e-12 || math.Abs(c.SE-math.Sqrt(two)) > 1e-5 || math.Abs(c.Upper-want-half) > 1e-4 {
			t.Errorf("graded %v: %+v, want %v ± %v", graded, c, want, half)
		}
	}
}

// With few clusters the interval is that of one arm less that of the other, each at half of the
// error rate, and p is where it touches 0.
func TestContrastOfFewClusters(t *testing.T) {
	for _, graded := range []bool{false, true} {
		k, a, b := twoArms(6, 120, 12, graded)
		c := k.Compare(a, b, .9)
		lower, upper := 0.0, 0.0
		for arm := range int8(2) {
			var x, y Obs
			for i := range k.Arms {
				if k.Arms[i] == arm {
					x.Values, y.Values, x.Clusters = append(x.Values, a.Values[i]), append(y.Values, b.Values[i]), append(x.Clusters, a.Clusters[i])
				}
			}
			d := PairedScore{0, 1}.Compare(x, y, .95)
			if !graded {
				d = PairedProportion{}.Compare(x, y, .95)
			}
			if arm == 0 {
				lower, upper = lower+d.Lower, upper+d.Upper
			} else {
				lower, upper = lower-d.Upper, upper-d.Lower
			}
		}
		if math.Abs(c.Lower-lower) > 1e-12 || math.Abs(c.Upper-upper) > 1e-12 || c.Test != "inverted interval" {
			t.Errorf("graded %v: %+v, want [%v, %v]", graded, c, lower, upper)
		}
		if at := k.Compare(a, b, 1-c.P); c.P < 1 && math.Min(math.Abs(at.Lower), math.Abs(at.Upper)) > 1e-6 {
			t.Errorf("graded %v: at p = %v the interval is %v", graded, c.P, at.Interval())
		}
	}
}

// What fits no contrast has a reason, and values that are missing leave the item out.
func TestContrastOfGaps(t *testing.T) {
	k, a, b := twoArms(7, 100, 25, false)
	full := k.Compare(a, b, .95)
	k.Arms, a.Clusters = append(k.Arms, 1), append(a.Clusters, 3)
	a.Values, b.Values = append(a.Values, math.NaN()), append(b.Values, 1)
	if c := k.Compare(a, b, .95); c.Difference != full.Difference || c.Lower != full.Lower || len(c.Warnings) != len(full.Warnings)+1 {
		t.Errorf("%+v, without the gap %+v", c, full)
	}
	one := Obs{Values: []float64{1, 0}}
	for want, k := range map[string]Contrast{ReasonNoData: {Arms: []int8{0, 0}}, ReasonInput: {Arms: []int8{0, 2}}} {
		if c, e := k.Compare(one, one, .95), k.Summary(one, .95); c.Reason.Code != want || e.Reason.Code != want {
			t.Errorf("%v: %v, %v, want %s", k, c.Reason, e.Reason, want)
		}
	}
}

// The sum of shares over clusters that it shares has the error of its numerical influences;
// one share alone is that of clusters.
func TestSumOfShares(t *testing.T) {
	const clusters = 40
	k, a, _ := twoArms(8, 400, clusters, false)
	terms := WeightedShares{{Weight: 1, Sums: make([]float64, clusters), Sizes: make([]int, clusters)}, {Weight: -1, Sums: make([]float64, clusters), Sizes: make([]int, clusters)}}
	for i, v := range a.Values {
		terms[k.Arms[i]].Sums[a.Clusters[i]] += v
		terms[k.Arms[i]].Sizes[a.Clusters[i]]++
	}
	e := terms.Sum(.5, .95)
	var v float64
	for _, x := range influences(k, a, clusters) {
		v += x * x / (1 - 1./clusters)
	}
	half := TQuantile(.975, e.DF) * e.SE
	if math.Abs(e.Value-.5-gap(k, a.Values)) > 1e-12 || math.Abs(e.SE-math.Sqrt(v)) > 1e-5 || math.Abs(e.Upper-e.Value-half) > 1e-12 || e.Clusters != clusters || e.N != 400 {
		t.Errorf("%+v, want se %v", e, math.Sqrt(v))
	}
	same := WeightedShares{terms[0]}.Sum(0, .95)
	if m := (ClusterSums{terms[0].Sums, terms[0].Sizes}).Mean(); math.Abs(same.SE-m.CR2) > 1e-12 || math.Abs(same.Value-m.Mean) > 1e-12 || math.Abs(same.Upper-m.Interval(.95).Upper) > 1e-12 {
		t.Errorf("one share: %+v, want %+v", same, m)
	}
}

// Shares at 0 or 1 get added intervals, and counts that cannot be a reason.
func TestSumOfSharesAtTheEdges(t *testing.T) {
	terms := WeightedShares{{Weight: 1, Ones: 50, Alone: 50}, {Weight: -1, Ones: 10, Alone: 40}}
	e := terms.Sum(0, .95)
	x, y := Wilson(50, 50, .975), Wilson(10, 40, .975)
	if e.Value != .75 || math.Abs(e.Lower-(x.Lower-y.Upper)) > 1e-12 || math.Abs(e.Upper-(x.Upper-y.Lower)) > 1e-12 || e.Method != "bonferroni of wilson" {
		t.Errorf("%+v, want %v less %v", e, x, y)
	}
	for _, bad := range []WeightedShares{nil, {{Weight: 1}}, {{Weight: 1, Ones: 3, Alone: 2}}, {{Weight: 1, Sums: []float64{.5}, Sizes: []int{1}}},
		{{Weight: 1, Sums: []float64{1}}}, {{Weight: math.NaN(), Alone: 3}}} {
		if e := bad.Sum(0, .95); !e.Reason.Given() || !math.IsNaN(e.Value) {
			t.Errorf("%+v: %+v", bad, e)
		}
	}
	if e := terms.Sum(0, 0); e.Reason.Code != ReasonLevel {
		t.Errorf("level 0: %+v", e)
	}
}

// FuzzContrast feeds arms, values and counts of any kind.
func FuzzContrast(f *testing.F) {
	f.Add([]byte{0, 4, 4, 0, 4, 4, 4, 0, 0}, []byte{4, 4, 0, 0, 4, 4, 4, 0, 4}, uint8(3), .95)
	f.Add([]byte{0, 4, 0, 4}, []byte{4, 0, 4, 0}, uint8(0), .5)
	f.Add([]byte{1, 2, 3, 4, 250, 0, 0, 0, 0, 0, 0, 0xf8, 0x7f}, []byte{5, 1, 2, 3, 4}, uint8(2), math.NaN())
	f.Fuzz(func(t *testing.T, da, db []byte, groups uint8, level float64) {
		a, b := Obs{Values: fuzzFloats(da)}, Obs{Values: fuzzFloats(db)}
		n := min(len(a.Values), len(b.Values), 30) // p asks for both arms thirty times
		a.Values, b.Values = a.Values[:n], b.Values[:n]
		k := Contrast{}
		var terms WeightedShares
		for i := range n {
			k.Arms = append(k.Arms, int8(da[i]%2))
			if groups > 0 {
				a.Clusters = append(a.Clusters, int32(i)%int32(groups))
			}
			if i%5 == 4 && len(terms) < 4 {
				terms = append(terms, WeightedShare{Weight: a.Values[i], Sums: b.Values[i-4 : i], Sizes: []int{1, int(da[i]), 2, 0}, Ones: int(db[i]), Alone: int(da[i])})
			}
		}
		checkEstimate(t, "contrast", k.Summary(a, level), math.Inf(-1), math.Inf(1))
		checkComparison(t, "contrasts", k.Compare(a, b, level), math.Inf(1))
		checkEstimate(t, "sum of shares", terms.Sum(0, level), math.Inf(-1), math.Inf(1))
	})
}
