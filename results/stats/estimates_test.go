package stats

import (
	"math"
	"testing"
)

// kappaOf is Cohen's kappa by its definition: what agrees, less what would by chance.
func kappaOf(truth, verdict []int) float64 {
	var agree, chance float64
	n := float64(len(truth))
	for i := range truth {
		if truth[i] == verdict[i] {
			agree++
		}
		for j := range verdict {
			if truth[i] == verdict[j] {
				chance++
			}
		}
	}
	return (agree/n - chance/n/n) / (1 - chance/n/n)
}

// Kappa and its jackknife are those of the definition, with every cluster left out in turn.
func TestClusteredKappaIsTheJackknife(t *testing.T) {
	rng := newStream(3, streamSimulation, 0)
	for trial := range 20 {
		var truth, verdict []int
		var clusters []int32
		for i := range 60 {
			a := int(3 * rng.float64())
			b := a
			if rng.float64() < .4 {
				b = int(3 * rng.float64())
			}
			truth, verdict, clusters = append(truth, 7*a-5), append(verdict, 7*b-5), append(clusters, int32(i%(8+trial)))
		}
		e := RatedPairs{truth, verdict, clusters}.Kappa(.9)
		if want := kappaOf(truth, verdict); math.Abs(e.Value-want) > 1e-12 || e.N != 60 || e.Clusters != 8+trial {
			t.Errorf("kappa %+v, want %v", e, want)
		}
		g := float64(e.Clusters)
		var sum, squares float64
		for c := range e.Clusters {
			var a, b []int
			for i := range truth {
				if int(clusters[i]) != c {
					a, b = append(a, truth[i]), append(b, verdict[i])
				}
			}
			k := kappaOf(a, b)
			sum, squares = sum+k, squares+k*k
		}
		se := math.Sqrt((g - 1) / g * (squares - sum*sum/g))
		half := TQuantile(.95, g-1) * se
		if math.Abs(e.SE-se) > 1e-9 || math.Abs(e.Upper-math.Min(1, e.Value+half)) > 1e-9 || math.Abs(e.Lower-math.Max(-1, e.Value-half)) > 1e-9 {
			t.Errorf("%+v, want se %v and ± %v", e, se, half)
		}
	}
}

// Kappa without disagreement, without variety, and where a cluster holds all variety.
func TestClusteredKappaAtTheEdges(t *testing.T) {
	e := RatedPairs{[]int{0, 1, 0, 1}, []int{0, 1, 0, 1}, []int32{5, 5, 9, 9}}.Kappa(.95)
	if low := 2*ClopperPearson(2, 2, .95).Lower - 1; e.Value != 1 || e.Upper != 1 || math.Abs(e.Lower-low) > 1e-12 {
		t.Errorf("%+v, want a lower bound of %v", e, low)
	}
	for want, in := range map[string][2][]int{
		ReasonOneClass:     {{1, 1, 1}, {1, 1, 1}},
		ReasonOneVerdict:   {{1, 0, 1}, {1, 1, 1}},
		ReasonOneClassLeft: {{1, 1, 0, 1}, {1, 1, 0, 0}},
		ReasonNoData:       {{}, {}},
		ReasonInput:        {{1}, {}},
	} {
		clusters := []int32{0, 1, 2, 2}[:len(in[0])]
		if e := (RatedPairs{in[0], in[1], clusters}.Kappa(.95)); e.Reason.Code != want || !math.IsNaN(e.Lower) {
			t.Errorf("%v: %+v, want %s", in, e, want)
		}
	}
	if e := (RatedPairs{[]int{1, 0}, []int{1, 0}, nil}.Kappa(1)); e.Reason.Code != ReasonLevel {
		t.Errorf("level 1: %+v", e)
	}
}

// One estimate of weight 1 is itself, of equal normal ones the interval shrinks with the root
// of their number, and no bound leaves the parts'.
func TestPool(t *testing.T) {
	one := Estimate{N: 9, Clusters: 3, Value: .4, Lower: .1, Upper: .6, Level: .95}
	if e := (Estimates{one}.Pool([]float64{1}, .95)); e.Value != .4 || math.Abs(e.Lower-.1) > 1e-15 || math.Abs(e.Upper-.6) > 1e-15 || e.N != 9 || e.Clusters != 3 {
		t.Errorf("of one: %+v", e)
	}
	e := Estimates{one, one, one, one}.Pool([]float64{.25, .25, .25, .25}, .95)
	if math.Abs(e.Lower-.25) > 1e-15 || math.Abs(e.Upper-.5) > 1e-15 || e.N != 36 {
		t.Errorf("of four: %+v, want half the width", e)
	}
	two := Estimate{Value: -.2, Lower: -1, Upper: 0}
	e = Estimates{one, two}.Pool([]float64{.7, .3}, .95)
	if want := .22 - math.Sqrt(.49*.09+.09*.64); math.Abs(e.Value-.22) > 1e-15 || math.Abs(e.Lower-want) > 1e-15 {
		t.Errorf("of two: %+v, want %v", e, want)
	}
	gap := undefinedEstimate(0, 0, .95, Because(ReasonNoData, "no data"))
	half := gap
	half.Value = .5
	if e := (Estimates{one, gap}.Pool([]float64{.5, .5}, .95)); e.Reason.Code != ReasonNoData || !math.IsNaN(e.Value) {
		t.Errorf("with an undefined part: %+v", e)
	}
	if e := (Estimates{one, half}.Pool([]float64{.5, .5}, .95)); e.Reason.Part != PartInterval || e.Value != .45 || !math.IsNaN(e.Lower) {
		t.Errorf("with an undefined interval: %+v", e)
	}
	for _, weights := range [][]float64{{1}, {.5, .6}, {1.5, -.5}, {math.NaN(), 1}} {
		if e := (Estimates{one, one}.Pool(weights, .95)); e.Reason.Code != ReasonInput {
			t.Errorf("weights %v: %+v", weights, e)
		}
	}
}

// Sums of normal estimates rank as RankIntervals does with the variances that they came from.
func TestRankSumsOfEstimates(t *testing.T) {
	var models ModelEstimates
	var sums []float64
	var cov [][]float64
	for m := range 4 {
		parts, sum, v := Estimates{}, 0.0, 0.0
		for i := range 2 {
			value, se := .1*float64(m*m+i), .02+.01*float64(m)
			half := 1.959963984540054 * se
			parts = append(parts, Estimate{Value: value, Lower: value - half/2, Upper: value + half, Level: .95})
			sum, v = sum+value, v+se*se
		}
		models, sums, cov = append(models, parts), append(sums, sum), append(cov, make([]float64, 4))
		cov[m][m] = v
	}
	got, r, err := models.RankSums(.9, 7)
	want, err2 := RankIntervals(sums, cov, .9, 7)
	if err != nil || err2 != nil {
		t.Fatal(err, err2)
	}
	for m := range sums {
		if math.Abs(got[m]-sums[m]) > 1e-15 || r.Intervals[m] != want.Intervals[m] {
			t.Errorf("model %d: %v at %v, want %v at %v", m, got[m], r.Intervals[m], sums[m], want.Intervals[m])
		}
	}
	if r.Intervals[3] != (RankInterval{1, 1}) {
		t.Errorf("the best is at %v", r.Intervals[3])
	}
	models[1][0].Upper = math.NaN()
	for _, bad := range []ModelEstimates{models, {{}}, nil} {
		if _, _, err := bad.RankSums(.9, 7); err == nil {
			t.Errorf("%v are ranked", bad)
		}
	}
}

// Hits of few trials are those of every outcome, added up.
func TestExpectedHits(t *testing.T) {
	trials := []int64{0, 1, 3, 5}
	for _, p := range []float64{0, 1e-12, .3, 1} {
		var want float64
		for _, n := range trials {
			for outcome := range 1 << n {
				q := 1.0
				for k := range n {
					if outcome>>k&1 == 1 {
						q *= p
					} else {
						q *= 1 - p
					}
				}
				if outcome > 0 {
					want += q
				}
			}
		}
		if got := Trials(trials).ExpectedHits(p); math.Abs(got-want) > 1e-12*want {
			t.Errorf("p = %v: %v, want %v", p, got, want)
		}
	}
	if !math.IsNaN(Trials{-1}.ExpectedHits(.5)) || !math.IsNaN(Trials(trials).ExpectedHits(1.5)) {
		t.Error("impossible counts have a number")
	}
}

// FuzzEstimates feeds what works on estimates and on codes.
func FuzzEstimates(f *testing.F) {
	f.Add([]byte{4, 0, 8, 0, 0, 4, 2, 2, 2}, []byte{4, 4}, uint8(2), .95)
	f.Add([]byte{0, 4, 0, 4, 4, 4}, []byte{0, 4, 4}, uint8(0), .5)
	f.Add([]byte{}, []byte{}, uint8(1), math.NaN())
	f.Add([]byte{4, 4, 4, 0, 0, 0}, []byte{200, 0, 0, 0, 0, 0, 0, 0xf8, 0x7f, 2}, uint8(3), .9)
	f.Fuzz(func(t *testing.T, da, db []byte, groups uint8, level float64) {
		x, weights := fuzzFloats(da), fuzzFloats(db)
		var parts []Estimate
		for i := 0; i+2 < len(x); i += 3 {
			parts = append(parts, Estimate{Value: x[i], Lower: x[i+1], Upper: x[i+2], Level: level})
		}
		checkEstimate(t, "pool", Estimates(parts).Pool(weights, level), math.Inf(-1), math.Inf(1))
		var trials []int64
		var truth, verdict []int
		var clusters []int32
		for i := range min(len(da), len(db)) {
			trials = append(trials, int64(int8(da[i])))
			truth, verdict = append(truth, int(da[i]), int(da[i]%3)), append(verdict, int(db[i]), int(db[i]%2))
			if groups > 0 {
				clusters = append(clusters, int32(da[i])%int32(groups), int32(i))
			}
		}
		checkEstimate(t, "kappa", RatedPairs{truth, verdict, clusters}.Kappa(level), -1, 1)
		if h := Trials(trials).ExpectedHits(level); h < 0 || h > float64(len(trials)) {
			t.Errorf("%v hits of %d", h, len(trials))
		}
		var models ModelEstimates
		for len(parts) > 1 && len(models) < 4 {
			models, parts = append(models, parts[:2]), parts[2:]
		}
		if sums, r, err := models.RankSums(level, 1); err == nil {
			for m, i := range r.Intervals {
				if math.IsNaN(sums[m]) || i.Lower < 1 || i.Upper > len(models) || i.Lower > i.Upper {
					t.Errorf("model %d: %v at %v", m, sums[m], i)
				}
			}
		}
	})
}
