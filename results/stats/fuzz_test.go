package stats

import (
	"encoding/binary"
	"encoding/json"
	"math"
	"os"
	"slices"
	"testing"
)

// The fuzz targets feed any bytes, read as numbers, to every exported entry: no panic, no
// hang, no negative width, no bound outside its range.

// fuzzFloats reads bytes as a mix of small whole numbers and raw floats, NaN and Inf among them.
func fuzzFloats(data []byte) []float64 {
	var out []float64
	for len(data) > 0 && len(out) < 400 {
		if data[0] < 200 || len(data) < 9 {
			out = append(out, float64(data[0]%8)/4)
			data = data[1:]
			continue
		}
		out = append(out, math.Float64frombits(binary.LittleEndian.Uint64(data[1:9])))
		data = data[9:]
	}
	return out
}

func checkInterval(t *testing.T, what string, lower, upper, lo, hi float64) {
	t.Helper()
	if math.IsNaN(lower) || math.IsNaN(upper) {
		return
	}
	if lower > upper || lower < lo-1e-9 || upper > hi+1e-9 {
		t.Errorf("%s: [%v, %v] is not an interval in [%v, %v]", what, lower, upper, lo, hi)
	}
}

func checkEstimate(t *testing.T, what string, e Estimate, lo, hi float64) {
	t.Helper()
	checkInterval(t, what, e.Interval().Lower, e.Interval().Upper, lo, hi)
	if e.Value < lo-1e-9 || e.Value > hi+1e-9 {
		t.Errorf("%s: %v lies outside of [%v, %v]", what, e.Value, lo, hi)
	}
	checkWarnings(t, what, e.Warnings)
	if math.IsNaN(e.Value+e.Lower+e.Upper) && !e.Reason.Given() {
		t.Errorf("%s: undefined without a reason: %+v", what, e)
	}
	checkReason(t, what, e.Reason)
	checkMethod(t, what, e.Method)
	if e.Method == "" || e.N < 0 || e.Clusters < 0 {
		t.Errorf("%s: %+v", what, e)
	}
	raw, err := e.MarshalJSON()
	if err != nil {
		t.Errorf("%s: %v", what, err)
	}
	var back Estimate
	if err := back.UnmarshalJSON(raw); err != nil {
		t.Errorf("%s: %v", what, err)
	}
	if again, err := back.MarshalJSON(); err != nil || string(again) != string(raw) || back.Reason.Code != e.Reason.Code {
		t.Errorf("%s: %s comes back as %s (%v)", what, raw, again, err)
	}
}

// checkReason finds a reason without a sentence, and a part that does not show.
func checkReason(t *testing.T, what string, r Reason) {
	t.Helper()
	if r.Given() && (r.Text == "" || r.Of(PartInterval).String() == r.Text || Because(r.Code, "%s", r.Text).Text != r.Text) {
		t.Errorf("%s: reason %+v", what, r)
	}
}

func checkComparison(t *testing.T, what string, c Comparison, width float64) {
	t.Helper()
	checkInterval(t, what, c.Lower, c.Upper, -width, width)
	if c.P < 0 || c.P > 1+1e-9 {
		t.Errorf("%s: p = %v", what, c.P)
	}
	if math.IsNaN(c.Difference+c.Lower+c.Upper) && !c.Reason.Given() {
		t.Errorf("%s: undefined without a reason: %+v", what, c)
	}
	checkReason(t, what, c.Reason)
	checkMethod(t, what, c.Method)
	checkMethod(t, what, c.Test)
	if c.Significant() && !(c.P < 1-c.Level) || c.Interval().Width() < 0 {
		t.Errorf("%s: p = %v, %v, significant %v", what, c.P, c.Interval(), c.Significant())
	}
	if c.Equivalent(0.1) && !c.NoWorseThan(0.1) {
		t.Errorf("%s: equivalent, yet worse: %+v", what, c)
	}
	checkWarnings(t, what, c.Warnings)
	if _, err := c.MarshalJSON(); err != nil {
		t.Errorf("%s: %v", what, err)
	}
}

func checkWarnings(t *testing.T, what string, warnings []Warning) {
	t.Helper()
	for _, w := range warnings {
		if w.Code == "" || w.Message == "" || w.String() == "" {
			t.Errorf("%s: empty warning %+v", what, w)
		}
	}
}

func FuzzProportion(f *testing.F) {
	f.Add(0, 10, 0.95, 1.0)
	f.Add(5, 5, 0.5, 0.3)
	f.Add(-1, 1<<62, math.NaN(), math.Inf(1))
	f.Fuzz(func(t *testing.T, x, n int, level, v float64) {
		for name, fn := range map[string]func(int, int, float64) Interval{
			"wilson": Wilson, "clopper-pearson": ClopperPearson, "jeffreys": jeffreys, "agresti-coull": agrestiCoull, "mid-p": midPInterval,
		} {
			i := fn(x, n, level)
			checkInterval(t, name, i.Lower, i.Upper, 0, 1)
			if i.Width() < 0 || i.Contains(v) != (i.Lower <= v && v <= i.Upper) {
				t.Errorf("%s of %d in %d at %v: %v", name, x, n, level, i)
			}
		}
		if d, e := DesignEffect(v, level), Elo(v); v == v && level == level && (math.IsNaN(d) || math.IsNaN(e)) && math.Abs(v)+math.Abs(level) < 1e300 {
			t.Errorf("design effect %v, elo %v of %v", d, e, v)
		}
		UpperBound(x, n, level)
		poissonUpper(x, level)
		ZeroFailureSize(v, level)
		FailureSize(v, level, x)
		finitePopulationUpper(n, x, x/2, level)
		quantileRanks(n, v, level)
		PlanGate(n%100000, v, level, 0.05)
		PassAtK(n, x, 3)
		PassHatK(n, x, 3)
		binomialTails(x, n, v)
		McNemar(x, n)
		fisherExact(x, n, n, x)
		newcombe(x, n, n, x, level)
		miettinenNurminen(x%1000, n%1000, n%500, n%1000, level)
		pairedBeats(x, n, v, level)
		p := betaPosterior(x, n, v, level)
		p.EqualTails(level)
		p.HighestDensity(level)
		p.Below(v)
		p.Beats(betaPosterior(n, x, level, v))
		d := Design{Omega2: v, Sigma2A: v, Sigma2B: level, KA: x, KB: n, Alpha: level, Power: level, Inflate: v, Student: x%2 == 0}
		d.MDE(n)
		d.Questions(v)
		TQuantile(level, v)
		NormalQuantile(v)
		betaQuantileAt(level, v, 1+v*v)
		incBeta(v, level, level)
		cohenH(v, level)
		if x%64 == 1 { // slow
			studentizedRangeQuantile(level, x%50)
		}
		c := PairedCounts{Both: x % 1000, AOnly: n % 1000, BOnly: 3, Neither: x % 7}
		if d := c.Difference(); c.N() > 0 && min(c.Both, c.AOnly, c.Neither) >= 0 && math.Abs(d) > 1 {
			t.Errorf("difference %v of %+v", d, c)
		}
		for _, i := range []Interval{c.Tango(level), c.Newcombe10(level), c.BonettPrice(level)} {
			checkInterval(t, "paired", i.Lower, i.Upper, -1, 1)
		}
	})
}

func FuzzAssumptions(f *testing.F) {
	f.Add([]byte{0, 4, 4, 0, 4, 4, 4}, []byte{4, 4, 0, 0, 4, 4, 4}, uint8(3), 0.95)
	f.Add([]byte{1, 2, 3, 4, 250, 0, 0, 0, 0, 0, 0, 0xf8, 0x7f}, []byte{5}, uint8(0), 0.5)
	f.Add([]byte{4, 4, 4, 4}, []byte{4, 4, 4, 4}, uint8(2), 0.99)
	f.Add([]byte{}, []byte{}, uint8(1), math.NaN())
	f.Add([]byte{0, 4, 0, 4, 4, 0, 0, 4}, []byte{0, 4, 4, 4}, uint8(3), -0.5)
	f.Fuzz(func(t *testing.T, da, db []byte, groups uint8, level float64) {
		a, b := Obs{Values: fuzzFloats(da)}, Obs{Values: fuzzFloats(db)}
		if groups > 0 {
			a.Clusters, b.Clusters = make([]int32, len(a.Values)), make([]int32, len(b.Values))
			for i := range a.Clusters {
				a.Clusters[i] = int32(i) % int32(groups) * 77777777
			}
			for i := range b.Clusters {
				b.Clusters[i] = int32(i) % int32(groups)
			}
		}
		s := SumClusters(a.Values, a.Clusters)
		if i := s.Mean().Interval(level); i.Width() < 0 {
			t.Errorf("cluster interval %v", i)
		}
		sums := Obs{Sums: s.Sums, Sizes: s.Sizes}
		for _, as := range []Assumption{IndependentProportion{}, IndependentProportion{Exact: true}, ClusteredProportion{}, PairedProportion{}} {
			for _, o := range []Obs{a, b, sums, {Sums: b.Values, Sizes: []int{1, 2, 3}}} {
				checkEstimate(t, "summary", as.Summary(o, level), 0, 1)
			}
			checkComparison(t, "compare", as.Compare(a, b, level), 1)
			checkComparison(t, "compare sums", as.Compare(sums, sums, level), 1)
		}
		inf := math.Inf(1)
		for _, as := range []Assumption{GradedScore{}, PairedScore{}, RepeatedEpochs{}} {
			checkEstimate(t, "summary", as.Summary(a, level), -inf, inf)
			checkComparison(t, "compare", as.Compare(a, b, level), inf)
			checkComparison(t, "compare sums", as.Compare(sums, sums, level), inf)
		}
		methods := []BootstrapMethod{Percentile, Basic, BCa, Studentized, "other"}
		m := methods[(len(da)+len(db))%len(methods)]
		boot := Bootstrap{Method: m, Replicates: 50, Workers: 2}
		checkEstimate(t, string(m), boot.Mean(a, level), -inf, inf)
		checkComparison(t, string(m), boot.PairedDifference(a, b, level), inf)
	})
}

func FuzzSamples(f *testing.F) {
	f.Add([]byte{0, 4, 4, 0}, []byte{4, 4, 0, 0}, 0.95)
	f.Add([]byte{255, 1, 2, 3, 4, 5, 6, 7, 8}, []byte{1}, math.Inf(-1))
	f.Fuzz(func(t *testing.T, da, db []byte, v float64) {
		a, b := fuzzFloats(da), fuzzFloats(db)
		if p := SignFlip(a, 1).P; p < 0 || p > 1 {
			t.Errorf("sign flip p = %v", p)
		}
		if p, _ := PermutationTest(a[:min(len(a), 30)], b[:min(len(b), 30)], 1); p < 0 || p > 1+1e-9 {
			t.Errorf("permutation p = %v", p)
		}
		Quantile(a, v)
		pairedRatio(a, b, v)
		varianceParts([][]float64{a, b, nil, {v}})
		weightedSuite(a, b, a)
		for _, c := range []Correction{Holm, Hommel, BH, BY, Sidak, "?"} {
			if adjusted, err := AdjustP(a, c); err == nil {
				for i, p := range adjusted {
					if p < a[i]-1e-12 || p > 1 {
						t.Errorf("%s: %v adjusted to %v", c, a[i], p)
					}
				}
			}
		}
		rows := make([][]float64, len(a))
		for i := range rows {
			rows[i] = []float64{1, a[i]}
		}
		if _, err := leastSquares(rows, b, nil); err == nil && len(a) != len(b) {
			t.Error("least squares took lists of different lengths")
		}
		Bootstrap{Replicates: 20}.BootstrapStatistic(len(a), func(index []int32) float64 {
			var s float64
			for _, i := range index {
				s += a[i]
			}
			return s / v
		}, 0.9)
	})
}

func FuzzRunCases(f *testing.F) {
	raw, err := os.ReadFile("testdata/cases.json")
	if err != nil {
		f.Fatal(err)
	}
	var cases []json.RawMessage
	if err := json.Unmarshal(raw, &cases); err != nil {
		f.Fatal(err)
	}
	for _, c := range cases {
		if len(c) < 3000 {
			f.Add([]byte(c))
		}
	}
	f.Add([]byte(`{"id":1,"stat":"wilson","input":{"successes":"NaN","n":1e300}}`))
	f.Add([]byte(`{"stat":"no_such","input":[]}`))
	f.Add([]byte(`7`))
	f.Fuzz(func(t *testing.T, data []byte) {
		out, err := RunCases(append(append([]byte("["), data...), ']'))
		if err != nil {
			return
		}
		var results []struct {
			Output map[string]any `json:"output"`
			Error  *string        `json:"error"`
		}
		if err := json.Unmarshal(out, &results); err != nil {
			t.Fatalf("result is not JSON: %v\n%s", err, out)
		}
		for _, r := range results {
			if r.Output == nil && r.Error == nil {
				t.Errorf("a case has neither output nor error: %s", out)
			}
		}
	})
}

// Every null of the JSON of an estimate or comparison has its reason in the document.
func TestNullsHaveReasons(t *testing.T) {
	same, none := []float64{1, 1, 1, 1, 0}, []float64{2, 2, 2, 2, 2}
	var values []json.Marshaler
	for _, a := range []Assumption{IndependentProportion{}, IndependentProportion{Exact: true}, ClusteredProportion{}, PairedProportion{}, GradedScore{}, PairedScore{Min: 0, Max: 4}, RepeatedEpochs{}} {
		for _, x := range [][]float64{same, none, nil} {
			for _, clusters := range [][]int32{nil, slices.Clone([]int32{0, 0, 1, 1, 2}[:len(x)])} {
				o := Obs{Values: x, Clusters: clusters}
				values = append(values, a.Summary(o, 0.95), a.Compare(o, o, 0.95))
			}
		}
	}
	for _, v := range values {
		b, err := v.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		var got map[string]any
		if err := json.Unmarshal(b, &got); err != nil {
			t.Fatal(err)
		}
		nulls, _ := got["null_reasons"].(map[string]any)
		for name, x := range got {
			if x == nil && got["reason"] == nil && nulls[name] == nil {
				t.Errorf("%s is null without a reason: %s", name, b)
			}
		}
	}
}
