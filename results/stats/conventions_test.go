package stats

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"
)

// answer runs one case, given as the JSON of its statistic and input.
func answer(t *testing.T, stat, input string) (map[string]any, string) {
	t.Helper()
	raw, err := RunCases([]byte(`[{"id": 1, "stat": "` + stat + `", "input": ` + input + `}]`))
	if err != nil {
		t.Fatal(err)
	}
	var results []struct {
		Output map[string]any `json:"output"`
		Error  string         `json:"error"`
	}
	if err := json.Unmarshal(raw, &results); err != nil {
		t.Fatal(err)
	}
	return results[0].Output, results[0].Error
}

// The posterior of two answers under N(1, 2²), by a sum over 60,001 points from -30 to 30 in
// NumPy, whichever way the prior is written.
func TestAbilityTakesItsPriorFromTheCase(t *testing.T) {
	for _, prior := range []string{"N(1,2^2)", "N(1, 4)", "normal(mean=1, sd=2)"} {
		out, fault := answer(t, "irt_ability", `{"a": [1, 1.5], "b": [0, 1], "responses": [1, 0], "prior": "`+prior+`"}`)
		if fault != "" {
			t.Fatalf("%s: %s", prior, fault)
		}
		for key, want := range map[string]float64{
			"eap": 0.44750994892013346, "psd": 1.1300351222553664, "marginal_likelihood": 0.21947099412139373,
		} {
			if got, _ := out[key].(float64); math.Abs(got-want) > 1e-10 {
				t.Errorf("%s: %s is %v, want %v", prior, key, out[key], want)
			}
		}
	}
}

// Labels in words with a marker for a missing one: 1 − D_o/D_e from the coincidence matrix by
// hand, D_o = 2/6 and D_e = 22/30 (a three times, b once, c twice).
func TestNominalAlphaTakesWords(t *testing.T) {
	out, fault := answer(t, "krippendorff_alpha",
		`{"ratings_by_rater": [["a", "b", "c", "a"], ["a", "c", "c", "*"], ["*", "*", "*", "*"]], "level": "nominal", "missing": "*"}`)
	if got, _ := out["alpha"].(float64); fault != "" || math.Abs(got-6./11) > 1e-12 {
		t.Errorf("alpha is %v (%s), want 6/11", out["alpha"], fault)
	}
}

// A whole number is the same seed or name however it is written.
func TestWholeNumbersAreOneLabel(t *testing.T) {
	for _, seed := range []string{"1234567", "1234567.0", "1.234567e6", `"1234567"`} {
		out, fault := answer(t, "rng_splitmix64", `{"seed": `+seed+`}`)
		if words, _ := out["uint64"].([]any); fault != "" || len(words) != 5 || words[0] != "6457827717110365317" {
			t.Errorf("seed %s gives %v (%s)", seed, out, fault)
		}
	}
	out, _ := answer(t, "clustered_se", `{"scores": [1, 0, 1, 1], "clusters": [1, 1.0, 2, 2.0]}`)
	if out["clusters"] != 2.0 {
		t.Errorf("clusters are %v, want 2", out["clusters"])
	}
}

// 1 − I_½(4.5, 7.5), by SciPy's betainc.
func TestDirichletPriorOfOneWeight(t *testing.T) {
	for _, prior := range []string{"Dirichlet(0.5)", "Dirichlet(0.5, 0.5, 0.5, 0.5)"} {
		out, fault := answer(t, "paired_dirichlet_prob", `{"n_a_only": 4, "n_b_only": 7, "prior": "`+prior+`"}`)
		if got, _ := out["prob_A_better"].(float64); fault != "" || math.Abs(got-0.18342140301845222) > 1e-12 {
			t.Errorf("%s: %v (%s), want 0.1834", prior, out["prob_A_better"], fault)
		}
	}
}

// A bet on the other side may be written with either sign: 1 + ½(1 − 0.1), then less 5 %.
func TestBetAgainstLowRates(t *testing.T) {
	for _, lam := range []string{"0.5", "-0.5"} {
		out, fault := answer(t, "eprocess_bet", `{"sequence": [1, 0], "p0": 0.1, "lam": `+lam+`, "h0": "p<=p0"}`)
		if got, _ := out["e_final"].(float64); fault != "" || math.Abs(got-1.3775) > 1e-12 {
			t.Errorf("lam %s: wealth is %v (%s), want 1.3775", lam, out["e_final"], fault)
		}
	}
}

// What a case asks for and cannot have is an error with a remedy, not another number.
func TestCasesRefuseWhatTheyDoNotCompute(t *testing.T) {
	for _, c := range []struct{ stat, input, want string }{
		{"eprocess_bet", `{"sequence": [1, 0], "p0": 0.1, "lam": 5, "h0": "p>=p0"}`, "want a stake"},
		{"eprocess_bet", `{"sequence": [1, 0], "p0": 0.1, "lam": 11, "h0": "p<=p0"}`, "want a stake"},
		{"psi_jsd", `{"p": [30, 25], "q": [0.4, 0.6]}`, "divide counts"},
		{"psi_jsd", `{"p": [0.3, 0.25], "q": [0.4, 0.6]}`, "sum to 1"},
		{"bootstrap_ideal_mean", `{"data": [1, 2, 4], "statistic": "median"}`, "mean only"},
		{"paired_dirichlet_prob", `{"n_a_only": 4, "n_b_only": 7, "prior": "Dirichlet(1,1)"}`, "one weight or four"},
		{"ece", `{"confidence": [0.5], "label": [1], "bins": 10, "edges": "[lo, hi)"}`, "(lo,hi]"},
	} {
		if _, fault := answer(t, c.stat, c.input); !strings.Contains(fault, c.want) {
			t.Errorf("%s %s: error %q, want %q in it", c.stat, c.input, fault, c.want)
		}
	}
}

// qnorm of R 4.2.2, down to the smallest positive double.
func TestNormalQuantileOfSubnormals(t *testing.T) {
	for p, want := range map[float64]float64{5e-324: -38.467405617144337, 1e-310: -37.663060331949517, 9e-308: -37.482141625277968} {
		if got := NormalQuantile(p); math.Abs(got/want-1) > 1e-10 {
			t.Errorf("quantile of %g is %v, want %v", p, got, want)
		}
	}
}

// Three of five scores with two ones, by hand: 3 of 10 assignments give both ones to the first
// sample and 1 of 10 none; and the hypergeometric law agrees with the table of subsets.
func TestPermutationOfTwoValues(t *testing.T) {
	got := permuteTwoSamples([]float64{1, 1, 0}, []float64{0, 0}, 0)
	if math.Abs(got.TwoSided-0.4) > 1e-14 || math.Abs(got.Greater-0.3) > 1e-14 {
		t.Errorf("p-values are %v and %v, want 0.4 and 0.3", got.TwoSided, got.Greater)
	}
	for n := 2; n <= 12; n++ {
		for m := 1; m < n; m++ {
			for pattern := 1; pattern < 1<<n-1; pattern += 3 {
				codes := make([]int, n)
				for i := range codes {
					codes[i] = pattern >> i & 1
				}
				a, b := permuteBinary(codes, m), permuteLattice(codes, m)
				if math.Abs(a.TwoSided-b.TwoSided) > 1e-12 || math.Abs(a.Greater-b.Greater) > 1e-12 {
					t.Fatalf("%v, first %d: %v and %v, the table says %v and %v", codes, m, a.TwoSided, a.Greater, b.TwoSided, b.Greater)
				}
			}
		}
	}
}

// The same data in tens of copies: ties leave the exact test exact, whichever side is the
// larger one, and its p-value near that of the normal law.
func TestMannWhitneyIsExactGivenTies(t *testing.T) {
	var a, b []float64
	for i := range 60 {
		a = append(a, float64(i%7))
		if i < 50 {
			b = append(b, float64(i%8)+0.5*float64(i%2))
		}
	}
	u, p, exact := mannWhitney(a, b)
	v, q, _ := mannWhitney(b, a)
	if !exact || math.Abs(p-q) > 1e-12 || u+v != 3000 {
		t.Errorf("exact %v, p %v and %v, U %v and %v", exact, p, q, u, v)
	}
	ranks, tie := midranks(append(slices.Clone(a), b...))
	var w float64
	for _, r := range ranks[:60] {
		w += r
	}
	sd := math.Sqrt(60 * 50 / 12. * (111 - tie/(110*109)))
	if z := (math.Abs(w-60*111/2.) - 0.25) / sd; math.Abs(p-twoSidedNormalP(z)) > 0.01 {
		t.Errorf("p is %v, the normal law says %v", p, twoSidedNormalP(z))
	}
}

// Scores beyond the arithmetic are undefined, and for that reason: not infinite, and not for
// want of spread.
func TestOverflowIsNamed(t *testing.T) {
	top := math.MaxFloat64
	for _, x := range [][]float64{{top, top, top}, {top, -top, top}, {1e200, -1e200, 0}} {
		a, b := Obs{Values: x}, Obs{Values: []float64{-x[0], x[1] / 2, -x[2]}}
		for _, as := range []Assumption{GradedScore{}, PairedScore{}, RepeatedEpochs{}, GradedScore{-top, top}} {
			if e := as.Summary(a, .95); e.Reason.Code != ReasonOverflow || !math.IsNaN(e.Value) {
				t.Errorf("%T of %v: %+v", as, x, e)
			}
			if c := as.Compare(a, b, .95); c.Reason.Code != ReasonOverflow || !math.IsNaN(c.Difference) {
				t.Errorf("%T of %v and %v: %+v", as, a.Values, b.Values, c)
			}
		}
	}
}
