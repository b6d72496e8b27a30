package stats

import (
	"math"
	"strings"
)

// seriesCases are the reference statistics of sequential analysis, drift,
// contamination and tests over several models.
func seriesCases() map[string]caseFunc {
	return map[string]caseFunc{
		"alpha_spending":                    alphaSpendingCase,
		"beta_binomial_evalue":              betaBinomialECase,
		"confidence_sequence_beta_binomial": confidenceSequenceCase,
		"confseq_bernoulli_ci":              tunedSequenceCase,
		"confseq_normal_mixture_two_sided":  normalMixtureCase,
		"confseq_poly_stitching":            polyStitchCase,
		"empirical_bernstein_lower_cs":      empiricalBernsteinCase,
		"eprocess_allin_stop":               allInStopCase,
		"eprocess_bet":                      betCase,
		"evalue_one_sided_truncated":        truncatedECase,
		"evalue_truncated_stop":             truncatedStopCase,
		"sprt_bernoulli":                    sprtCase,
		"cusum_upper":                       cusumCase,
		"ks_two_sample_exact":               ksCase,
		"psi_jsd":                           divergenceCase,
		"wasserstein":                       wassersteinCase,
		"two_proportion_z":                  twoProportionCase,
		"chi2_contingency":                  chiSquareCase,
		"cochran_mantel_haenszel":           mantelHaenszelCase,
		"cochran_q":                         cochranQCase,
		"friedman":                          friedmanCase,
		"mann_whitney":                      mannWhitneyCase,
		"wilcoxon_signed_rank":              signedRankCase,
		"effect_sizes":                      effectSizesCase,
		"min_k_prob":                        minKCase,
		"sharded_order_test":                shardedCase,
		"permutation_rank_pvalue":           orderPValueCase,
	}
}

// open is a number strictly between 0 and 1 under key.
func open01(in args, key string) float64 {
	v := in.float(key)
	if !(v > 0 && v < 1) {
		reject("%s is %v: want a number between 0 and 1", key, v)
	}
	return v
}

// trials reads successes (or failures) among n.
func trials(in args, key string) (s, n float64) {
	x, m := in.count(key), in.count("n")
	if x > m {
		reject("%s is %d of %d", key, x, m)
	}
	return float64(x), float64(m)
}

func betaPrior(in args) (a, b float64) {
	if !in.has("prior") {
		return 1, 1
	}
	p := in.floats("prior")
	if len(p) != 2 || !(p[0] > 0) || !(p[1] > 0) {
		reject("prior: want two positive numbers")
	}
	return p[0], p[1]
}

func alphaSpendingCase(in args) (output, error) {
	t, alpha := in.float("information_fraction"), open01(in, "alpha")
	return output{"obrien_fleming": obrienFlemingSpent(t, alpha), "pocock": pocockSpent(t, alpha)}, nil
}

func betaBinomialECase(in args) (output, error) {
	s, n := trials(in, "successes")
	a, b := betaPrior(in)
	return output{"e_value": math.Exp(logMixtureE(s, n, in.prob("p0"), a, b))}, nil
}

func confidenceSequenceCase(in args) (output, error) {
	s, n := trials(in, "successes")
	a, b := betaPrior(in)
	ci := mixtureInterval(s, n, open01(in, "alpha"), func(p float64) float64 { return logMixtureE(s, n, p, a, b) })
	return output{"lower": ci.Lower, "upper": ci.Upper}, nil
}

func tunedSequenceCase(in args) (output, error) {
	s, n := trials(in, "successes")
	tOpt, alphaOpt := in.float("t_opt"), in.floatOr("alpha_opt", 0.05)
	ci := mixtureInterval(s, n, open01(in, "alpha"), func(p float64) float64 {
		return tunedBernoulliLogE(s, n, p, tOpt, alphaOpt)
	})
	return output{"lower": ci.Lower, "upper": ci.Upper}, nil
}

// scalarOrList applies f to a number or to each of a list.
func scalarOrList(in args, key string, f func(float64) float64) any {
	if _, ok := in.value(key).([]any); !ok {
		return f(in.float(key))
	}
	x := in.floats(key)
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = f(v)
	}
	return out
}

func normalMixtureCase(in args) (output, error) {
	rho := normalMixtureRho(in.float("v_opt"), in.floatOr("alpha_opt", 0.05))
	alpha := open01(in, "alpha")
	return output{"bound": scalarOrList(in, "v", func(v float64) float64 {
		return normalMixtureBound(v, alpha, rho)
	})}, nil
}

func polyStitchCase(in args) (output, error) {
	alpha, vMin, c := open01(in, "alpha"), in.float("v_min"), in.floatOr("c", 0)
	s, eta := in.floatOr("s", 1.4), in.floatOr("eta", 2)
	if !(vMin > 0) || !(s > 1) || !(eta > 1) {
		reject("want v_min above 0, s above 1 and eta above 1")
	}
	return output{"bound": scalarOrList(in, "v", func(v float64) float64 {
		return polyStitchBound(v, alpha, vMin, c, s, eta)
	})}, nil
}

func empiricalBernsteinCase(in args) (output, error) {
	x := in.floats("data")
	for i, v := range x {
		if !(v >= 0 && v <= 1) {
			reject("data[%d] is %v: want a number from 0 to 1", i, v)
		}
	}
	trunc := in.floatOr("truncation", 0.5)
	if !(trunc > 0 && trunc < 1) {
		reject("truncation is %v: want a number between 0 and 1", trunc)
	}
	path := empiricalBernsteinLower(x, open01(in, "alpha"), trunc)
	at := [][]float64{}
	for _, t := range []int{1, 5, 10, 20, 40} {
		if t <= len(path) {
			at = append(at, []float64{float64(t), path[t-1]})
		}
	}
	return output{"lower_at": at}, nil
}

func allInStopCase(in args) (output, error) {
	return output{"stop_n": stopAllIn(open01(in, "p0"), open01(in, "alpha"))}, nil
}

// zeroOne reads a sequence of outcomes.
func zeroOne(in args, key string) []float64 {
	x := in.floats(key)
	for i, v := range x {
		if !(v >= 0 && v <= 1) {
			reject("%s[%d] is %v: want a number from 0 to 1", key, i, v)
		}
	}
	return x
}

func betCase(in args) (output, error) {
	x, p0, lambda := zeroOne(in, "sequence"), in.prob("p0"), in.float("lam")
	below := true
	if h0 := strings.ReplaceAll(in.strOr("h0", "p>=p0"), " ", ""); strings.Contains(h0, "<") || strings.Contains(h0, "≤") {
		below = false
	}
	if !below { // stakes on the other side; the source writes them as negative
		lambda = math.Abs(lambda)
	}
	if most := 1 / (1 - p0); below && !(lambda >= 0 && lambda <= most*(1+1e-12)) {
		reject("lam is %v: want a stake from 0 to 1/(1-p0) = %v, beyond which wealth falls below 0", lambda, most)
	} else if most := 1 / p0; !below && !(lambda <= most*(1+1e-12)) {
		reject("lam is %v: want a stake of size up to 1/p0 = %v, beyond which wealth falls below 0", lambda, most)
	}
	path := betPath(x, p0, lambda, below)
	final := 1.0
	if len(path) > 0 {
		final = path[len(path)-1]
	}
	return output{"e_final": final, "path": path, "anytime_p": anytimeP(path)}, nil
}

func truncatedECase(in args) (output, error) {
	s, n := trials(in, "failures")
	p0 := open01(in, "p0")
	if h0 := in.strOr("h0", "p>=p0"); strings.Contains(h0, "<") || strings.Contains(h0, "≤") {
		return output{"e_value": math.Exp(logAboveE(s, n, p0))}, nil
	}
	return output{"e_value": math.Exp(logBelowE(s, n, p0))}, nil
}

func truncatedStopCase(in args) (output, error) {
	failures := in.intOr("failures", 0)
	if failures < 0 {
		reject("failures is %d: want 0 or more", failures)
	}
	n := stopBelow(failures, open01(in, "p0"), open01(in, "alpha"))
	return output{"stop_n": n}, nil
}

func sprtCase(in args) (output, error) {
	path, lower, upper := sprt(zeroOne(in, "sequence"), open01(in, "p0"), open01(in, "p1"),
		open01(in, "alpha"), open01(in, "beta"))
	final := 0.0
	if len(path) > 0 {
		final = path[len(path)-1]
	}
	return output{"llr_final": final, "llr_path": path, "upper": upper, "lower": lower}, nil
}

func cusumCase(in args) (output, error) {
	return output{"path": cusum(in.floats("x"), in.float("k"))}, nil
}

// twoSamples reads two samples that are not empty.
func twoSamples(in args) (a, b []float64) {
	a, b = in.floats("a"), in.floats("b")
	if len(a) == 0 || len(b) == 0 {
		reject("a and b: want at least one value in each")
	}
	for _, x := range [][]float64{a, b} {
		for _, v := range x {
			if math.IsNaN(v) {
				reject("a and b: want numbers, got NaN")
			}
		}
	}
	return a, b
}

func ksCase(in args) (output, error) {
	d, p, _ := kolmogorovSmirnov(twoSamples(in))
	return output{"d": d, "p_exact": p}, nil
}

func divergenceCase(in args) (output, error) {
	p, q := in.floats("p"), in.floats("q")
	sameLength("p", len(p), "q", len(q))
	shares("p", p)
	shares("q", q)
	d := divergences(p, q)
	return output{"psi": d.psi, "jsd_nats": d.jsd, "kl": d.kl, "total_variation": d.tv}, nil
}

// shares rejects a list that is no distribution; shares rounded on paper may miss 1 a little.
func shares(key string, p []float64) {
	total := 0.0
	for i, v := range p {
		if !(v >= 0 && v <= 1) {
			reject("%s[%d] is %v: want a share from 0 to 1, so divide counts by their sum", key, i, v)
		}
		total += v
	}
	if math.Abs(total-1) > 0.02 {
		reject("%s sums to %v: want shares that sum to 1, so divide counts by their sum", key, total)
	}
}

func wassersteinCase(in args) (output, error) {
	return output{"w1": wasserstein(twoSamples(in))}, nil
}

func twoProportionCase(in args) (output, error) {
	x1, n1 := in.ratio("a")
	x2, n2 := in.ratio("b")
	z, p := twoProportionZ(float64(x1), float64(n1), float64(x2), float64(n2))
	return output{"z": z, "p": p}, nil
}

func (t chiSquareTest) output(name string) output {
	return output{name: t.stat, "df": t.df, "p": t.p}
}

func chiSquareCase(in args) (output, error) {
	return chiSquareTable(in.rect("table")).output("chi2"), nil
}

func mantelHaenszelCase(in args) (output, error) {
	var tables [][][]float64
	for _, v := range in.list("tables") {
		tables = append(tables, pairTable(args{"table": v}, "table", 2))
	}
	test, or := mantelHaenszel(tables)
	return output{"chi2": test.stat, "p": test.p, "common_odds_ratio": or}, nil
}

func cochranQCase(in args) (output, error) {
	return cochranQ(in.rect("items_by_models")).output("q"), nil
}

func friedmanCase(in args) (output, error) {
	return friedman(in.rect("blocks")).output("chi2"), nil
}

func mannWhitneyCase(in args) (output, error) {
	u, p, _ := mannWhitney(twoSamples(in))
	return output{"u": u, "p_two_sided": p}, nil
}

func signedRankCase(in args) (output, error) {
	a, b := in.floats("a"), in.floats("b")
	sameLength("a", len(a), "b", len(b))
	w, p, _ := signedRank(a, b)
	return output{"w_plus": w, "p_two_sided": p}, nil
}

func effectSizesCase(in args) (output, error) {
	out := output{}
	if in.has("p1") {
		p1, p2 := in.prob("p1"), in.prob("p2")
		out["cohens_h"] = cohenH(p1, p2)
		out["odds_ratio"] = p1 / (1 - p1) / (p2 / (1 - p2))
	}
	if in.has("a") {
		out["cliffs_delta"] = cliffsDelta(in.floats("a"), in.floats("b"))
	}
	return out, nil
}

func minKCase(in args) (output, error) {
	m, count := minKProb(in.floats("token_logprobs"), in.prob("k"))
	return output{"min_k": m, "count": count}, nil
}

func shardedCase(in args) (output, error) {
	t, p := shardedOrderTest(in.floats("shard_differences"))
	return output{"t": t, "p_one_sided": p}, nil
}

func orderPValueCase(in args) (output, error) {
	return output{"p": orderPValue(in.float("canonical"), in.floats("shuffled"))}, nil
}
