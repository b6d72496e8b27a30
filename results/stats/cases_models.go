package stats

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
)

// modelCases are the reference statistics of item response models, battles and ranks.
func modelCases() map[string]caseFunc {
	return map[string]caseFunc{
		"irt_2pl_map":                   irtMAPCase,
		"irt_2pl_mml":                   irtMMLCase,
		"irt_2pl_se":                    irtSECase,
		"irt_ability":                   irtAbilityCase,
		"irt_cat_path":                  irtPathCase,
		"irt_information":               irtInformationCase,
		"irt_rasch_cml":                 raschCMLCase,
		"irt_rasch_mml":                 raschMMLCase,
		"bradley_terry":                 bradleyTerryCase,
		"bradley_terry_davidson":        davidsonCase,
		"bradley_terry_firth":           firthCase,
		"bradley_terry_ties":            bradleyTerryTiesCase,
		"elo_sequential":                eloCase,
		"logistic_regression":           logisticCase,
		"rank_ci":                       rankCICase,
		"rank_ci_stepdown":              rankStepdownCase,
		"rank_naive_arena":              rankNaiveCase,
		"studentized_range_inf":         studentizedRangeCase,
		"max_abs_z_equicorrelated_half": maxAbsZCase,
	}
}

// patterns reads rows of answers that end with how often each was given.
func patterns(in args) IRTData {
	var d IRTData
	for i, v := range in.list("patterns") {
		row := args{"row": v}.ratingRow(i)
		if len(row) < 3 {
			reject("patterns[%d]: want answers and then a count", i)
		}
		d.Answers = append(d.Answers, row[:len(row)-1])
		d.Weights = append(d.Weights, row[len(row)-1])
	}
	if err := checkIRT(d); err != nil {
		reject("patterns: %v", err)
	}
	return d
}

func exactFit(in args, opt IRTOptions) (IRTFit, error) {
	opt.Tolerance, opt.MaxCycles = 1e-10, 20000
	return FitIRT(patterns(in), opt)
}

func irtMMLCase(in args) (output, error) {
	fit, err := exactFit(in, IRTOptions{NoPriors: true})
	if err != nil {
		return nil, err
	}
	return output{"a": fit.A, "d": fit.D, "b": fit.B(), "loglik": fit.LogLik}, nil
}

func irtSECase(in args) (output, error) {
	fit, err := exactFit(in, IRTOptions{NoPriors: true, StandardErrors: true})
	if err != nil {
		return nil, err
	}
	return output{"se_a": fit.SEA, "se_d": fit.SED}, nil
}

func irtMAPCase(in args) (output, error) {
	opt := IRTOptions{LogSlope: textNormal(in.strOr("prior_a", "")), Intercept: textNormal(in.strOr("prior_d", ""))}
	fit, err := exactFit(in, opt)
	if err != nil {
		return nil, err
	}
	return output{"a": fit.A, "d": fit.D, "b": fit.B(), "loglik_at_map": fit.LogLik}, nil
}

var number = regexp.MustCompile(`[-+]?[0-9]*\.?[0-9]+(?:[eE][-+]?[0-9]+)?(\^2)?`)

// textNormal reads the two parameters of a prior given in words, such as
// "lognormal(meanlog=0.1, sdlog=0.5)", "N(0,3^2)" or, with a variance, "N(0,9)"; anything
// else is the default.
func textNormal(text string) Normal {
	found := number.FindAllStringSubmatch(text, -1)
	if len(found) != 2 {
		return Normal{}
	}
	var v [2]float64
	for i, f := range found {
		digits := f[0][:len(f[0])-len(f[1])]
		x, err := strconv.ParseFloat(digits, 64)
		if err != nil {
			return Normal{}
		}
		v[i] = x
	}
	if !(v[1] > 0) {
		return Normal{}
	}
	if variance := found[1][1] == "" && varianceText.MatchString(text); variance {
		v[1] = math.Sqrt(v[1])
	}
	return Normal{v[0], v[1]}
}

// varianceText is a normal law in the notation N(mean, variance), without words.
var varianceText = regexp.MustCompile(`N\(\s*[-+0-9.eE]+\s*,\s*[0-9.eE+-]+\s*\)`)

// abilityUnder estimates ability with a normal prior other than N(0,1): in units of the prior,
// where it is N(0,1), and back.
func abilityUnder(prior Normal, bank ItemBank, answers []float64) (Ability, error) {
	if prior == (Normal{}) || prior == (Normal{0, 1}) {
		return bank.Ability(answers)
	}
	scaled := ItemBank{A: make([]float64, len(bank.A)), B: make([]float64, len(bank.B))}
	for j := range bank.A {
		scaled.A[j], scaled.B[j] = bank.A[j]*prior.SD, (bank.B[j]-prior.Mean)/prior.SD
	}
	ab, err := scaled.Ability(answers)
	if err != nil {
		return Ability{}, err
	}
	for _, v := range []*float64{&ab.EAP, &ab.MAP, &ab.MLE, &ab.WLE} {
		*v = prior.Mean + prior.SD**v
	}
	ab.PSD *= prior.SD
	ab.SEMLE *= prior.SD
	return ab, nil
}

func raschMMLCase(in args) (output, error) {
	fit, err := exactFit(in, IRTOptions{Rasch: true})
	if err != nil {
		return nil, err
	}
	return output{"d": fit.D, "latent_var": fit.A[0] * fit.A[0], "loglik": fit.LogLik}, nil
}

func raschCMLCase(in args) (output, error) {
	d := patterns(in)
	for i, row := range d.Answers {
		for _, y := range row {
			if math.IsNaN(y) {
				reject("patterns[%d]: conditional likelihood needs complete answers", i)
			}
		}
	}
	fit, err := fitRaschCML(d.Answers, d.Weights)
	if err != nil {
		return nil, err
	}
	return output{"easiness_sum_zero": fit.easiness, "cond_loglik": fit.logLik}, nil
}

func bankInput(in args) ItemBank {
	b := ItemBank{A: in.floats("a"), B: in.floats("b")}
	if err := b.check(); err != nil {
		reject("%v", err)
	}
	return b
}

func irtAbilityCase(in args) (output, error) {
	ab, err := abilityUnder(textNormal(in.strOr("prior", "")), bankInput(in), in.nullable("responses"))
	if err != nil {
		return nil, err
	}
	return output{"eap": ab.EAP, "psd": ab.PSD, "marginal_likelihood": ab.Marginal,
		"map": ab.MAP, "mle": ab.MLE, "se_mle": ab.SEMLE, "wle": ab.WLE}, nil
}

func irtInformationCase(in args) (output, error) {
	info := bankInput(in).Information(in.float("theta"))
	total := sum(info)
	return output{"item_info": info, "test_info": total, "se": 1 / math.Sqrt(total)}, nil
}

func irtPathCase(in args) (output, error) {
	bank, answers := bankInput(in), in.nullable("answers")
	sameLength("a", len(bank.A), "answers", len(answers))
	steps, prior := in.count("steps"), textNormal(in.strOr("estimator", ""))
	theta := in.floatOr("start_theta", 0)
	given, asked := make([]float64, len(answers)), make([]bool, len(answers))
	for j := range given {
		given[j] = math.NaN()
	}
	order, estimates := []any{}, [][]float64{}
	for range min(steps, len(answers)) {
		j, err := bank.NextItem(theta, asked)
		if err != nil {
			return nil, err
		}
		asked[j], given[j] = true, answers[j]
		ab, err := abilityUnder(prior, bank, given)
		if err != nil {
			return nil, err
		}
		theta = ab.EAP
		order = append(order, j)
		estimates = append(estimates, []float64{ab.EAP, ab.PSD})
	}
	return output{"item_order": order, "eap_and_sd": estimates}, nil
}

func battlesInput(in args) Battles {
	b := Battles{Wins: in.rect("wins")}
	if in.has("ties") {
		b.Ties = in.rect("ties")
	}
	if err := checkBattles(b); err != nil {
		reject("%v", err)
	}
	return b
}

func bradleyTerryCase(in args) (output, error) {
	b := battlesInput(in)
	w := b.halves()
	components := winComponents(w)
	out := output{"mle_exists": len(components) == 1, "components": indexLists(components),
		"infinite": indexList(unboundedModels(w))}
	if len(components) > 1 {
		return out, nil
	}
	fit, err := fitBradleyTerry(w)
	if err != nil {
		return nil, err
	}
	for key, v := range fitOutput(fit, b) {
		out[key] = v
	}
	if len(w) == 2 {
		out["theta_diff"] = fit.theta[0] - fit.theta[1]
		out["elo_diff"] = eloPerLogit * (fit.theta[0] - fit.theta[1])
	}
	return out, nil
}

func fitOutput(fit btFit, b Battles) output {
	v := fit.covariance()
	robust := fit.sandwich(b)
	centred, vc := sumToZero(fit.theta, v)
	_, robustC := sumToZero(fit.theta, robust)
	elo := make([]float64, len(centred))
	for i, t := range centred {
		elo[i] = 1000 + eloPerLogit*t
	}
	return output{
		"theta_ref0": fit.theta, "theta_ref_biometrika": fit.theta, "theta_sum_zero": centred,
		"elo_mean1000": elo, "loglik": fit.loglik, "se": diagonalSE(v),
		"se_ref_mle": diagonalSE(v), "se_ref_sandwich": diagonalSE(robust),
		"se_sum_zero_mle": diagonalSE(vc), "se_sum_zero_sandwich": diagonalSE(robustC),
	}
}

func indexList(x []int) []any {
	out := make([]any, len(x))
	for i, v := range x {
		out[i] = v
	}
	return out
}

func indexLists(x [][]int) []any {
	out := make([]any, len(x))
	for i, v := range x {
		out[i] = indexList(v)
	}
	return out
}

func bradleyTerryTiesCase(in args) (output, error) {
	b := battlesInput(in)
	fit, err := fitBradleyTerry(b.halves())
	if err != nil {
		return nil, err
	}
	return fitOutput(fit, b), nil
}

func firthCase(in args) (output, error) {
	fit, err := fitFirth(battlesInput(in).halves())
	if err != nil {
		return nil, err
	}
	return output{"theta_ref0": fit.theta}, nil
}

func davidsonCase(in args) (output, error) {
	fit, err := fitDavidson(battlesInput(in))
	if err != nil {
		return nil, err
	}
	return output{"theta_ref0": fit.theta, "nu": fit.nu}, nil
}

func eloCase(in args) (output, error) {
	index := map[string]int{}
	var names []string
	var a, b []int
	var score []float64
	code := func(name string) int {
		if _, known := index[name]; !known {
			index[name] = len(names)
			names = append(names, name)
		}
		return index[name]
	}
	for i, v := range in.list("battles") {
		battle := args{"b": v}.labels("b")
		if len(battle) != 3 {
			reject("battles[%d]: want [model_a, model_b, winner]", i)
		}
		a, b = append(a, code(battle[0])), append(b, code(battle[1]))
		switch battle[2] {
		case "model_a":
			score = append(score, 1)
		case "model_b":
			score = append(score, 0)
		case "tie", "tie (bothbad)":
			score = append(score, 0.5)
		default:
			reject("battles[%d]: winner is %q: want model_a, model_b or tie", i, battle[2])
		}
	}
	ratings := eloRatings(len(names), a, b, score, in.floatOr("k", 4), in.floatOr("base", 10),
		in.floatOr("scale", 400), in.floatOr("init", 1000))
	out := output{}
	for i, name := range names {
		out[name] = ratings[i]
	}
	return out, nil
}

func logisticCase(in args) (output, error) {
	y := in.floats("y")
	var rows [][]float64
	for i, v := range in.list("x") {
		if list, ok := v.([]any); ok {
			rows = append(rows, toFloats(index("x", i), list))
		} else {
			rows = append(rows, []float64{toFloat(index("x", i), v)})
		}
		sameLength("x[0]", len(rows[0]), index("x", i), len(rows[i]))
	}
	sameLength("x", len(rows), "y", len(y))
	if len(y) == 0 {
		reject("y is empty")
	}
	for i, v := range y {
		if v != 0 && v != 1 {
			reject("y[%d] is %v: want 0 or 1", i, v)
		}
	}
	fit, err := fitLogistic(rows, y)
	if err != nil {
		return nil, err
	}
	out := output{"coef": fit.coef, "se": diagonalSE(fit.cov)}
	if in.has("clusters") {
		out["se_cluster_cr0"] = fit.clusterSE(in.clusters(len(y)))
	}
	return out, nil
}

// equalErrors reads scores with a common standard error or one for each.
func rankInput(in args) (theta []float64, cov [][]float64) {
	theta = in.floats("theta")
	cov = newSquare(len(theta))
	for i := range theta {
		if list, ok := in.value("se").([]any); ok {
			sameLength("theta", len(theta), "se", len(list))
			cov[i][i] = square(toFloat(index("se", i), list[i]))
		} else {
			cov[i][i] = square(in.float("se"))
		}
	}
	if err := checkRankInput(theta, cov, in.confidence("coverage")); err != nil {
		reject("%v", err)
	}
	return theta, cov
}

func rankOutput(critical float64, theta []float64, cov [][]float64) output {
	se, _ := pairErrors(cov)
	better := newBoolSquare(len(theta))
	for i := range theta {
		for j := range theta {
			better[i][j] = theta[i]-theta[j] > critical*se[i][j]
		}
	}
	lower, upper := []any{}, []any{}
	for _, r := range rankSets(better) {
		lower, upper = append(lower, r.Lower), append(upper, r.Upper)
	}
	return output{"critical_value": critical, "lower": lower, "upper": upper}
}

// pairsCritical is the critical value over some pairs, whatever the errors.
func pairsCritical(pairs [][2]int, cov [][]float64, level float64) float64 {
	if len(pairs) == 0 {
		return 0
	}
	if v, equal := equalIndependent(cov); equal && v > 0 {
		return equalPairsCritical(pairs, len(cov), level, 0)
	}
	se, _ := pairErrors(cov)
	return newMaxStatistic(cov, se, 0).quantile(pairs, level)
}

func rankCICase(in args) (output, error) {
	theta, cov := rankInput(in)
	return rankOutput(pairsCritical(allPairs(len(theta)), cov, in.confidence("coverage")), theta, cov), nil
}

func rankStepdownCase(in args) (output, error) {
	theta, cov := rankInput(in)
	var pairs [][2]int
	for i, p := range in.intMatrix("remaining_pairs") {
		if len(p) != 2 || p[0] == p[1] || min(p[0], p[1]) < 0 || max(p[0], p[1]) >= len(theta) {
			reject("remaining_pairs[%d]: want two different model indexes", i)
		}
		pairs = append(pairs, [2]int{p[0], p[1]})
	}
	critical := pairsCritical(pairs, cov, in.confidence("coverage"))
	// Pairs that are no longer in question were ordered by an earlier step.
	open := newBoolSquare(len(theta))
	for _, p := range pairs {
		open[p[0]][p[1]], open[p[1]][p[0]] = true, true
	}
	se, _ := pairErrors(cov)
	better := newBoolSquare(len(theta))
	for i := range theta {
		for j := range theta {
			d := theta[i] - theta[j]
			better[i][j] = d > 0 && (!open[i][j] || d > critical*se[i][j])
		}
	}
	out := output{"critical_value": critical}
	lower, upper := []any{}, []any{}
	for _, r := range rankSets(better) {
		lower, upper = append(lower, r.Lower), append(upper, r.Upper)
	}
	out["lower"], out["upper"] = lower, upper
	return out, nil
}

func rankNaiveCase(in args) (output, error) {
	lower, upper := in.floats("lower"), in.floats("upper")
	sameLength("lower", len(lower), "upper", len(upper))
	return output{"rank_ub": indexList(naiveRanks(lower, upper))}, nil
}

func studentizedRangeCase(in args) (output, error) {
	p := in.prob("p")
	var q []float64
	for _, k := range in.ints("k") {
		q = append(q, studentizedRangeQuantile(p, k))
	}
	return output{"q": q}, nil
}

func maxAbsZCase(in args) (output, error) {
	rho := in.floatOr("corr", 0.5)
	if !(rho >= 0 && rho <= 1) {
		reject("corr is %v: want a number from 0 to 1", rho)
	}
	out := output{}
	for _, k := range in.counts("comparisons") {
		out[fmt.Sprintf("crit%d", k)] = equicorrelatedQuantile(in.confidence("coverage"), k, rho)
	}
	return out, nil
}
