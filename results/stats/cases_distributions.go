package stats

import (
	"math"
	"regexp"
	"strconv"
	"strings"
)

// distributionCases are tails, quantiles, posteriors and pass@k.
func distributionCases() map[string]caseFunc {
	return map[string]caseFunc{
		"norm_quantiles":        normQuantilesCase,
		"t_quantiles":           tQuantilesCase,
		"chi2_f_tails":          chi2FCase,
		"beta_quantiles_hard":   betaQuantilesCase,
		"binomial_tails":        binomialTailsCase,
		"poisson_binomial":      poissonBinomialCase,
		"beta_posterior":        betaPosteriorCase,
		"beta_hdi":              betaHDICase,
		"posterior_prob_below":  posteriorBelowCase,
		"prob_A_beats_B_indep":  beatsCase,
		"paired_dirichlet_prob": pairedBeatsCase,
		"pass_k":                passKCase,
		"pass_k_suite":          passSuiteCase,
	}
}

// tuples reads a list of lists of width numbers each.
func tuples(in args, key string, width int) [][]float64 {
	m := in.matrix(key)
	for i, row := range m {
		if len(row) != width {
			reject("%s has %d values: want %d", index(key, i), len(row), width)
		}
	}
	return m
}

func normQuantilesCase(in args) (output, error) {
	var q []float64
	for _, p := range in.floats("p") {
		q = append(q, NormalQuantile(p))
	}
	return output{"q": q}, nil
}

func tQuantilesCase(in args) (output, error) {
	var q []float64
	for _, v := range tuples(in, "p_df", 2) {
		q = append(q, TQuantile(v[0], v[1]))
	}
	return output{"q": q}, nil
}

func chi2FCase(in args) (output, error) {
	var c, f []float64
	if in.has("chi2") {
		for _, v := range tuples(in, "chi2", 2) {
			c = append(c, chi2Tail(v[0], v[1]))
		}
	}
	if in.has("f") {
		for _, v := range tuples(in, "f", 3) {
			f = append(f, fTail(v[0], v[1], v[2]))
		}
	}
	return output{"chi2_sf": c, "f_sf": f}, nil
}

func betaQuantilesCase(in args) (output, error) {
	var q []float64
	for _, v := range tuples(in, "p_a_b", 3) {
		q = append(q, betaQuantileAt(v[0], v[1], v[2]))
	}
	return output{"q": q}, nil
}

func binomialTailsCase(in args) (output, error) {
	var ge, le []float64
	for i, v := range tuples(in, "k_n_p", 3) {
		key := index("k_n_p", i)
		atMost, atLeast := binomialTails(wholeNumber(key, v[0]), wholeNumber(key, v[1]), v[2])
		ge, le = append(ge, atLeast), append(le, atMost)
	}
	return output{"sf_ge_k": ge, "cdf_le_k": le}, nil
}

func poissonBinomialCase(in args) (output, error) {
	p := in.floats("p")
	if len(p) > 20000 {
		reject("p has %d values: want 20,000 or fewer", len(p))
	}
	for i, v := range p {
		if !(v >= 0 && v <= 1) {
			reject("p[%d] is %v: want a number in [0, 1]", i, v)
		}
	}
	pmf := poissonBinomial(p)
	out := output{"pmf": pmf}
	if in.has("k") {
		k := in.int("k")
		out["cdf_k"] = math.Min(1, sum(pmf[:max(0, min(k+1, len(pmf)))]))
	}
	return out, nil
}

// prior reads [a, b], Beta(1, 1) by default.
func prior(in args) (a, b float64) {
	if !in.has("prior") {
		return 1, 1
	}
	p := in.floats("prior")
	if len(p) != 2 || !(p[0] > 0 && p[1] > 0) || math.IsInf(p[0]+p[1], 1) {
		reject("prior is not [a, b] with a, b > 0")
	}
	return p[0], p[1]
}

func posterior(in args, key string) posteriorLaw {
	x, n := counted(in, key)
	a, b := prior(in)
	return betaPosterior(x, n, a, b)
}

func betaPosteriorCase(in args) (output, error) {
	p := posterior(in, "successes")
	return output{"mean": p.Mean(), "sd": p.SD(), "eti": p.EqualTails(in.confidence("level"))}, nil
}

func betaHDICase(in args) (output, error) {
	return output{"hdi": posterior(in, "successes").HighestDensity(in.confidence("level"))}, nil
}

func posteriorBelowCase(in args) (output, error) {
	return output{"prob_theta_below": posterior(in, "failures").Below(in.prob("threshold"))}, nil
}

func beatsCase(in args) (output, error) {
	x1, n1 := in.ratio("a")
	x2, n2 := in.ratio("b")
	a, b := prior(in)
	return output{"prob": betaPosterior(x1, n1, a, b).Beats(betaPosterior(x2, n2, a, b))}, nil
}

var dirichletText = regexp.MustCompile(`(?i)dirichlet\s*\(([^)]*)\)`)

// pairedBeatsCase reads the weights of the two discordant cells from a prior written as
// Dirichlet(both, a only, b only, neither); 1 each by default.
func pairedBeatsCase(in args) (output, error) {
	a, b := 1.0, 1.0
	if m := dirichletText.FindStringSubmatch(in.strOr("prior", "")); m != nil {
		parts := strings.Split(m[1], ",")
		if len(parts) == 1 { // one weight for all cells
			parts = []string{m[1], m[1], m[1], m[1]}
		}
		if len(parts) == 4 {
			pa, errA := strconv.ParseFloat(strings.TrimSpace(parts[1]), 64)
			pb, errB := strconv.ParseFloat(strings.TrimSpace(parts[2]), 64)
			if errA != nil || errB != nil || !(pa > 0 && pb > 0) {
				reject("prior %q: want Dirichlet(a,b,c,d) of numbers above 0", in.str("prior"))
			}
			a, b = pa, pb
		} else {
			reject("prior %q: want one weight or four", in.str("prior"))
		}
	}
	return output{"prob_A_better": pairedBeats(in.count("n_a_only"), in.count("n_b_only"), a, b)}, nil
}

func passKCase(in args) (output, error) {
	c, n := counted(in, "correct")
	k := in.int("k")
	return output{"pass_at_k": PassAtK(n, c, k), "pass_hat_k": PassHatK(n, c, k)}, nil
}

func passSuiteCase(in args) (output, error) {
	var tasks [][2]int
	for i, v := range tuples(in, "tasks", 2) {
		n, c := wholeNumber(index("tasks", i), v[0]), wholeNumber(index("tasks", i), v[1])
		if c < 0 || c > n {
			reject("tasks[%d] is [%d, %d]: want [n, correct] with 0 <= correct <= n", i, n, c)
		}
		tasks = append(tasks, [2]int{n, c})
	}
	s := passSuite(tasks, in.int("k"))
	return output{"pass_at_k": s.At, "se_pass_at_k": s.SEAt, "pass_hat_k": s.Hat, "se_pass_hat_k": s.SEHat}, nil
}
