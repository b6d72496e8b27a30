package stats

import "math"

// intervalCases are intervals of one proportion, rare events, means and clusters.
func intervalCases() map[string]caseFunc {
	return map[string]caseFunc{
		"wilson":                       proportionCase(Wilson),
		"clopper_pearson":              proportionCase(ClopperPearson),
		"agresti_coull":                proportionCase(agrestiCoull),
		"midp_ci":                      proportionCase(midPInterval),
		"jeffreys":                     jeffreysCase,
		"proportion_edge":              proportionEdgeCase,
		"cp_upper_onesided":            upperBoundCase,
		"zero_failure_sample_size":     zeroFailureCase,
		"c_failure_sample_size":        failureSizeCase,
		"poisson_upper":                poissonUpperCase,
		"finite_population_upper":      finitePopulationCase,
		"finite_population_correction": fpcCase,
		"mean_se":                      meanCase,
		"variance":                     varianceCase,
		"missing_bounds":               missingCase,
		"clustered_se":                 clusteredCase,
		"design_effect":                designEffectCase,
		"weighted_mean_linearised":     weightedMeanCase,
		"suite_weighted_aggregate":     weightedSuiteCase,
		"micro_macro":                  microMacroCase,
		"variance_components":          componentsCase,
		"quantile_ci_order_stat":       orderStatCase,
	}
}

// counted reads successes (or another key) among n.
func counted(in args, key string) (x, n int) {
	x, n = in.count(key), in.count("n")
	if x > n {
		reject("%s is %d of n = %d: want %s <= n", key, x, n, key)
	}
	return x, n
}

func proportionCase(f func(x, n int, level float64) Interval) caseFunc {
	return func(in args) (output, error) {
		x, n := counted(in, "successes")
		i := f(x, n, in.confidence("confidence"))
		return output{"lower": i.Lower, "upper": i.Upper}, nil
	}
}

func jeffreysCase(in args) (output, error) {
	if in.boolOr("modified", true) {
		return proportionCase(jeffreys)(in)
	}
	return proportionCase(jeffreysPosterior)(in)
}

func proportionEdgeCase(in args) (output, error) {
	x, n := counted(in, "successes")
	level := in.confidence("confidence")
	return output{
		"wilson":                   Wilson(x, n, level),
		"clopper_pearson":          ClopperPearson(x, n, level),
		"jeffreys_prior_quantiles": jeffreysPosterior(x, n, level),
		"estimate":                 float64(x) / float64(n),
	}, nil
}

func upperBoundCase(in args) (output, error) {
	x, n := counted(in, "events")
	out := output{"upper": UpperBound(x, n, in.confidence("confidence")), "rule_of_three": nil}
	if x == 0 {
		out["rule_of_three"] = 3 / float64(n)
	}
	return out, nil
}

// openRate is a rate strictly between 0 and 1.
func openRate(in args, key string) float64 {
	v := in.float(key)
	if !(v > 0 && v < 1) {
		reject("%s is %v: want a number between 0 and 1", key, v)
	}
	return v
}

func zeroFailureCase(in args) (output, error) {
	n := FailureSize(openRate(in, "max_rate"), in.confidence("confidence"), in.intOr("failures", 0))
	if n < 0 {
		reject("no sample size below 2^53 will do")
	}
	return output{"n": n}, nil
}

func failureSizeCase(in args) (output, error) {
	p, c := openRate(in, "max_rate"), in.count("failures")
	n := FailureSize(p, in.confidence("confidence"), c)
	if n < 0 {
		reject("no sample size below 2^53 will do")
	}
	at, _ := binomialTails(c, n, p)
	before, _ := binomialTails(c, n-1, p)
	return output{"n": n, "tail_at_n": at, "tail_at_n_minus_1": before}, nil
}

func poissonUpperCase(in args) (output, error) {
	return output{"upper_rate_times_exposure": poissonUpper(in.count("events"), in.confidence("confidence"))}, nil
}

func finitePopulationCase(in args) (output, error) {
	total := in.count("population")
	if total > maxPopulation {
		reject("population is %d: want at most %d", total, maxPopulation)
	}
	most := finitePopulationUpper(total, in.count("n"), in.count("failures"), in.confidence("confidence"))
	if most < 0 {
		reject("want failures <= n <= population")
	}
	return output{"max_total_failures": most, "max_rate": float64(most) / float64(total)}, nil
}

func fpcCase(in args) (output, error) {
	n, total := in.count("n"), in.count("population")
	if n > total {
		reject("n is %d: want no more than population = %d", n, total)
	}
	return output{"se": fpcError(in.float("sd"), float64(n), float64(total))}, nil
}

func meanCase(in args) (output, error) {
	x := in.floats("scores")
	m, se := mean(x), standardError(x)
	bernoulli := bernoulliSE(m, float64(len(x)))
	if len(x) < 2 {
		bernoulli = math.NaN()
	}
	return output{"mean": m, "se": se, "se_sample": se, "se_bernoulli": bernoulli}, nil
}

func varianceCase(in args) (output, error) {
	return output{"variance": variance(in.floats("scores"))}, nil
}

func missingCase(in args) (output, error) {
	scored, missing, complete, worst, best := missingBounds(in.nullable("scores"), in.floatOr("lowest", 0), in.floatOr("highest", 1))
	return output{"n_scored": scored, "n_missing": missing, "mean_complete": complete, "worst_case": worst, "best_case": best}, nil
}

func clusteredCase(in args) (output, error) {
	x := in.floats("scores")
	m := SumClusters(x, in.clusters(len(x))).Mean()
	return output{
		"mean": m.Mean, "n": m.N, "clusters": m.Clusters,
		"se_clt": standardError(x), "se_miller": millerSE(x, m),
		"se_cr0": m.CR0, "se_cr1": m.CR1, "se_cr2": m.CR2, "se_cr3_clubSandwich": m.CR3,
		"df_satterthwaite_cr2": m.DF, "ci95_cr2": m.Interval(in.confidence("confidence")),
		"se_reported": m.CR2,
	}, nil
}

func designEffectCase(in args) (output, error) {
	deff := DesignEffect(in.float("cluster_size"), in.float("icc"))
	return output{"deff": deff, "n_eff": in.float("n") / deff}, nil
}

func weightedMeanCase(in args) (output, error) {
	x, w := in.floats("scores"), in.floats("weights")
	sameLength("scores", len(x), "weights", len(w))
	out := output{}
	var clusters []int32
	if in.has("clusters") {
		clusters = in.clusters(len(x))
	}
	m, se, clustered := weightedMean(x, w, clusters)
	out["mean"], out["se"], out["se_clustered"] = m, se, clustered
	return out, nil
}

func weightedSuiteCase(in args) (output, error) {
	m, s, w := in.floats("means"), in.floats("ses"), in.floats("weights")
	sameLength("means", len(m), "ses", len(s))
	sameLength("means", len(m), "weights", len(w))
	mean, se := weightedSuite(m, s, w)
	half := twoSidedZ(in.confidence("confidence")) * se
	return output{"mean": mean, "se": se, "ci95": Interval{mean - half, mean + half}}, nil
}

func microMacroCase(in args) (output, error) {
	x, n := in.counts("successes"), in.counts("n")
	sameLength("successes", len(x), "n", len(n))
	for i := range x {
		if x[i] > n[i] {
			reject("successes[%d] is %d of n = %d", i, x[i], n[i])
		}
	}
	micro, macro, seMicro, seMacro := microMacro(x, n)
	return output{"micro": micro, "macro": macro, "se_micro_stratified": seMicro, "se_macro_bernoulli": seMacro}, nil
}

func componentsCase(in args) (output, error) {
	c := varianceParts(in.matrix("scores_by_question"))
	return output{
		"mean": c.Mean, "msb": c.MSB, "msw": c.MSW,
		"var_between": c.Between, "var_within": c.Within, "se_mean": c.SE, "icc": c.ICC,
		"se_if_K_infinite": c.SELimit,
		"var_between_raw":  c.Between, "var_between_truncated": math.Max(c.Between, 0),
	}, nil
}

func orderStatCase(in args) (output, error) {
	n := in.count("n")
	if n < 1 {
		reject("n is %d: want 1 or more", n)
	}
	c := quantileRanks(n, openRate(in, "q"), in.confidence("confidence"))
	return output{"lower_rank": c.Lower, "upper_rank": c.Upper, "coverage": c.Coverage}, nil
}
