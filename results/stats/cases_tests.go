package stats

import "math"

// comparisonCases are comparisons of two models or more, paired and not, and their
// corrections for multiplicity.
func comparisonCases() map[string]caseFunc {
	return map[string]caseFunc{
		"paired_t":                    pairedTCase,
		"paired_ratio_delta":          pairedRatioCase,
		"paired_difference_clustered": pairedClusteredCase,
		"mcnemar":                     mcNemarCase,
		"paired_diff_ci":              pairedDiffCase,
		"newcombe_independent":        twoRatesCase(newcombe),
		"miettinen_nurminen_ci":       twoRatesCase(miettinenNurminen),
		"welch_t":                     welchCase,
		"fisher_exact":                fisherCase,
		"noninferiority_independent":  nonInferiorCase,
		"noninferiority_paired":       nonInferiorPairedCase,
		"tost_paired":                 tostCase,
		"p_adjust":                    adjustCase,
		"combine_pvalues":             combineCase,
		"power_n_miller":              powerCase,
		"mde":                         mdeCase,
		"safety_gate_exact_power":     gatePowerCase,
	}
}

// pairedLists reads a and b of equal length.
func pairedLists(in args) (a, b []float64) {
	a, b = in.floats("a"), in.floats("b")
	sameLength("a", len(a), "b", len(b))
	return a, b
}

func pairedTCase(in args) (output, error) {
	t := pairedT(pairedLists(in))
	return output{"t": t.T, "df": t.DF, "p": t.P, "ci": t.interval(in.confidence("confidence"))}, nil
}

func pairedRatioCase(in args) (output, error) {
	a, b := pairedLists(in)
	r := pairedRatio(a, b, in.confidence("confidence"))
	return output{"log_ratio": r.LogRatio, "se_log_ratio": r.SE, "ratio_ci": r.Interval}, nil
}

func pairedClusteredCase(in args) (output, error) {
	a, b := pairedLists(in)
	clusters := in.clusters(len(a))
	d := differences(a, b)
	m := SumClusters(d, clusters).Mean()
	return output{
		"diff": m.Mean, "se_paired": standardError(d),
		"se_unpaired": math.Hypot(standardError(a), standardError(b)),
		"correlation": pearson(a, b), "se_paired_clustered_miller": millerSE(d, m),
		"se_paired_cr0": m.CR0, "se_paired_cr1": m.CR1, "se_paired_cr2": m.CR2, "df_cr2": m.DF,
	}, nil
}

func mcNemarCase(in args) (output, error) {
	t := mcNemar(in.count("n_a_only"), in.count("n_b_only"))
	return output{"p_exact": t.Exact, "p_midp": t.MidP, "chi2": t.Chi2, "p_chi2": t.PChi2, "chi2_cc": t.CC, "p_chi2_cc": t.PCC}, nil
}

func pairedDiffCase(in args) (output, error) {
	c := PairedCounts{in.count("both"), in.count("a_only"), in.count("b_only"), in.count("neither")}
	level := in.confidence("confidence")
	return output{"diff": c.Difference(), "tango": c.Tango(level), "newcombe10": c.Newcombe10(level), "bonett_price": c.BonettPrice(level)}, nil
}

func twoRatesCase(f func(x1, n1, x2, n2 int, level float64) Interval) caseFunc {
	return func(in args) (output, error) {
		x1, n1 := in.ratio("a")
		x2, n2 := in.ratio("b")
		i := f(x1, n1, x2, n2, in.confidence("confidence"))
		return output{"lower": i.Lower, "upper": i.Upper}, nil
	}
}

func welchCase(in args) (output, error) {
	t := welchT(in.floats("a"), in.floats("b"))
	return output{"t": t.T, "df": t.DF, "p": t.P, "ci": t.interval(in.confidence("confidence"))}, nil
}

func fisherCase(in args) (output, error) {
	t := in.intMatrix("table")
	if len(t) != 2 || len(t[0]) != 2 || len(t[1]) != 2 {
		reject("table is not 2 x 2")
	}
	if min(t[0][0], t[0][1], t[1][0], t[1][1]) < 0 {
		reject("table has a negative count")
	}
	return output{"p_two_sided": fisherExact(t[0][0], t[0][1], t[1][0], t[1][1])}, nil
}

func nonInferiorCase(in args) (output, error) {
	x1, n1 := in.ratio("new")
	x2, n2 := in.ratio("old")
	margin := in.float("margin")
	if n1 == 0 || n2 == 0 || !(margin > -1 && margin < 1) {
		reject("want trials on both sides and a margin between -1 and 1")
	}
	t := twoProportions{float64(x1), float64(n1), float64(x2), float64(n2)}
	fm, mn := t.z(-margin)
	pNew, pOld := t.constrained(-margin)
	return output{
		"z_farrington_manning": fm, "p_fm": normalSurvival(fm),
		"z_miettinen_nurminen": mn, "p_mn": normalSurvival(mn),
		"mle_new": pNew, "mle_old": pOld,
	}, nil
}

func nonInferiorPairedCase(in args) (output, error) {
	b, c, n, margin := in.count("new_only"), in.count("old_only"), in.count("n"), in.float("margin")
	if b+c > n || n == 0 || !(margin > -1 && margin < 1) {
		reject("want new_only + old_only <= n and a margin between -1 and 1")
	}
	z := tangoZ(float64(b), float64(c), float64(n), -margin)
	return output{"z": z, "p_one_sided": normalSurvival(z)}, nil
}

func tostCase(in args) (output, error) {
	a, b := pairedLists(in)
	t := equivalence(differences(a, b), in.float("low"), in.float("high"))
	return output{"t_low": t.TLow, "p_low": t.PLow, "t_high": t.THigh, "p_high": t.PHigh, "p": t.P}, nil
}

func adjustCase(in args) (output, error) {
	adjusted, err := AdjustP(in.floats("p"), parseCorrection(in.str("method")))
	if err != nil {
		return nil, err
	}
	return output{"adjusted": adjusted}, nil
}

func combineCase(in args) (output, error) {
	p := in.floats("p")
	for i, v := range p {
		if !(v >= 0 && v <= 1) {
			reject("p[%d] is %v: want a number in [0, 1]", i, v)
		}
	}
	if len(p) == 0 {
		reject("p is empty")
	}
	c := combineP(p)
	return output{"fisher_stat": c.FisherStat, "fisher_p": c.Fisher, "stouffer_z": c.StoufferZ, "stouffer_p": c.Stouffer, "cauchy_p": c.Cauchy}, nil
}

// design reads Miller's parameters.
func design(in args) Design {
	d := Design{
		Omega2: in.float("omega2"), Sigma2A: in.floatOr("sigma2_a", 0), Sigma2B: in.floatOr("sigma2_b", 0),
		KA: in.intOr("k_a", 1), KB: in.intOr("k_b", 1),
		Alpha: in.floatOr("alpha", 0.05), Power: in.floatOr("power", 0.8),
	}
	if d.bad() {
		reject("want variances of 0 or more, k_a and k_b of 1 or more, alpha and power between 0 and 1")
	}
	return d
}

func powerCase(in args) (output, error) {
	n := design(in).Questions(in.float("delta"))
	return output{"n_real": n, "n": math.Ceil(n * (1 - 1e-13))}, nil
}

func mdeCase(in args) (output, error) {
	return output{"mde": design(in).MDE(in.count("n"))}, nil
}

func gatePowerCase(in args) (output, error) {
	g := PlanGate(in.count("n"), in.prob("p_null"), in.prob("p_true"), openRate(in, "alpha"))
	return output{"max_failures_to_pass": g.MaxFailures, "power": g.Power, "actual_alpha": g.Alpha}, nil
}
