package stats

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// labelCases are the reference statistics of agreement, classification and judges.
func labelCases() map[string]caseFunc {
	return map[string]caseFunc{
		"agreement_2x2":      agreement2x2Case,
		"agreement_edge":     agreementEdgeCase,
		"cohen_kappa":        cohenKappaCase,
		"dawid_skene_binary": dawidSkeneCase,
		"fleiss_kappa":       fleissKappaCase,
		"gwet_ac1":           gwetPairCase,
		"gwet_ac1_counts":    gwetCountsCase,
		"gwet_ac2":           gwetPairCase,
		"icc":                iccCase,
		"kendall_tau_b":      kendallCase,
		"krippendorff_alpha": krippendorffCase,
		"spearman_ties":      spearmanCase,
		"f1":                 f1Case,
		"auroc_delong":       aurocCase,
		"ece":                eceCase,
		"ece_adaptive":       adaptiveECECase,
		"brier_and_murphy":   murphyCase,
		"log_loss":           logLossCase,
		"rogan_gladen":       roganGladenCase,
		"ppi_mean":           ppiCase,
	}
}

// pairTable is a square table of counts under key.
func pairTable(in args, key string, size int) [][]float64 {
	t := in.rect(key)
	if len(t) == 0 || len(t) != len(t[0]) || size > 0 && len(t) != size {
		reject("%s: want a square table of counts", key)
	}
	total := 0.0
	for _, row := range t {
		for _, c := range row {
			if !(c >= 0) || math.IsInf(c, 0) {
				reject("%s: want counts of at least 0, got %v", key, c)
			}
			total += c
		}
	}
	if total == 0 {
		reject("%s is empty", key)
	}
	return t
}

func agreement2x2Case(in args) (output, error) {
	t := pairTable(in, "table", 2)
	w, _ := agreementWeights("none", 2)
	k := weightedKappa(t, w)
	n := t[0][0] + t[0][1] + t[1][0] + t[1][1]
	share := (2*t[0][0] + t[0][1] + t[1][0]) / (2 * n)
	pe := 2 * share * (1 - share)
	return output{"percent_agreement": k.observed, "kappa": k.kappa, "kappa_se": k.se,
		"gwet_ac1": (k.observed - pe) / (1 - pe), "mcc": matthews(t)}, nil
}

// coded is the labels of lists as indexes into their categories: those at the key
// categories, or the distinct labels in ascending order.
func coded(in args, keys ...string) (lists [][]int, categories []string) {
	if in.has("categories") {
		categories = canonicalLabels(in.labels("categories"))
	} else {
		for _, key := range keys {
			categories = append(categories, canonicalLabels(in.labels(key))...)
		}
		slices.SortFunc(categories, compareLabels)
		categories = slices.Compact(categories)
	}
	index := map[string]int{}
	for i, c := range categories {
		if _, twice := index[c]; twice {
			reject("categories names category %q twice", c)
		}
		index[c] = i
	}
	for _, key := range keys {
		labels := canonicalLabels(in.labels(key))
		if len(labels) == 0 {
			reject("%s is empty", key)
		}
		sameLength(keys[0], len(in.list(keys[0])), key, len(labels))
		codes := make([]int, len(labels))
		for i, l := range labels {
			code, ok := index[l]
			if !ok {
				reject("%s is %q: not among the categories", index2(key, i), l)
			}
			codes[i] = code
		}
		lists = append(lists, codes)
	}
	return lists, categories
}

func index2(key string, i int) string { return key + "[" + strconv.Itoa(i) + "]" }

// canonicalLabels writes numbers in one way, so that 1 and 1.0 are one label.
func canonicalLabels(labels []string) []string {
	for i, l := range labels {
		if f, err := strconv.ParseFloat(l, 64); err == nil {
			labels[i] = strconv.FormatFloat(f, 'g', -1, 64)
		}
	}
	return labels
}

// compareLabels orders numbers by value, before words in alphabetical order.
func compareLabels(a, b string) int {
	x, errX := strconv.ParseFloat(a, 64)
	y, errY := strconv.ParseFloat(b, 64)
	switch {
	case errX == nil && errY == nil:
		return compareFloat(x, y)
	case errX == nil:
		return -1
	case errY == nil:
		return 1
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func agreementEdgeCase(in args) (output, error) {
	lists, categories := coded(in, "rater1", "rater2")
	q := max(2, len(categories))
	w, _ := agreementWeights("none", q)
	k := weightedKappa(crossTable(lists[0], lists[1], q), w)
	ratings := compileRatings([][]float64{floatCodes(lists[0]), floatCodes(lists[1])})
	return output{"kappa": k.kappa, "percent_agreement": k.observed,
		"gwet_ac1":           gwetAC(pairCounts(lists[0], lists[1], q), w).ac,
		"krippendorff_alpha": krippendorffAlpha(ratings, NominalScale, nil)}, nil
}

func floatCodes(codes []int) []float64 {
	out := make([]float64, len(codes))
	for i, c := range codes {
		out[i] = float64(c)
	}
	return out
}

func caseWeights(in args, q int) [][]float64 {
	kind := in.strOr("weights", "none")
	w, ok := agreementWeights(kind, q)
	if !ok {
		reject("weights is %q: want none, linear or quadratic", kind)
	}
	return w
}

func cohenKappaCase(in args) (output, error) {
	lists, categories := coded(in, "rater1", "rater2")
	k := weightedKappa(crossTable(lists[0], lists[1], len(categories)), caseWeights(in, len(categories)))
	return output{"observed": k.observed, "expected": k.expected, "kappa": k.kappa, "se": k.se}, nil
}

func gwetPairCase(in args) (output, error) {
	lists, categories := coded(in, "rater1", "rater2")
	q := len(categories)
	return gwetOutput(gwetAC(pairCounts(lists[0], lists[1], q), caseWeights(in, q))), nil
}

func gwetOutput(g gwetResult) output {
	return output{"observed": g.observed, "expected": g.expected, "ac1": g.ac, "ac2": g.ac}
}

func countsInput(in args) [][]float64 {
	counts := in.rect("counts")
	if len(counts) == 0 || len(counts[0]) == 0 {
		reject("counts is empty")
	}
	for i, row := range counts {
		for _, c := range row {
			if !(c >= 0) || math.IsInf(c, 0) {
				reject("counts[%d]: want counts of at least 0, got %v", i, c)
			}
		}
	}
	return counts
}

func gwetCountsCase(in args) (output, error) {
	counts := countsInput(in)
	return gwetOutput(gwetAC(counts, caseWeights(in, len(counts[0])))), nil
}

func fleissKappaCase(in args) (output, error) {
	p, pe, k := fleissKappa(countsInput(in))
	return output{"p_bar": p, "p_e": pe, "kappa": k}, nil
}

func iccCase(in args) (output, error) {
	x := in.rect("subjects_by_raters")
	c := intraclassCorrelations(x)
	return output{"ICC1": c.icc1, "ICC2": c.icc2, "ICC3": c.icc3,
		"ICC1k": c.icc1k, "ICC2k": c.icc2k, "ICC3k": c.icc3k}, nil
}

func xyInput(in args) (x, y []float64) {
	x, y = in.floats("x"), in.floats("y")
	sameLength("x", len(x), "y", len(y))
	return x, y
}

func kendallCase(in args) (output, error) {
	x, y := xyInput(in)
	return output{"tau_b": kendallTauB(x, y)}, nil
}

func spearmanCase(in args) (output, error) {
	x, y := xyInput(in)
	return output{"rho": spearman(x, y)}, nil
}

func krippendorffCase(in args) (output, error) {
	scale := Scale(in.strOr("level", "nominal"))
	switch scale {
	case NominalScale, OrdinalScale, IntervalScale, RatioScale:
	default:
		reject("level is %q: want nominal, ordinal, interval or ratio", scale)
	}
	missing, codes := in.strOr("missing", "null"), map[string]float64{}
	var ratings [][]float64
	for i, row := range in.list("ratings_by_rater") {
		list := slices.Clone(toList(index("ratings_by_rater", i), row))
		for j, v := range list {
			if v == missing {
				list[j] = nil
			}
		}
		if scale == NominalScale {
			ratings = append(ratings, nominalCodes(list, codes))
		} else {
			ratings = append(ratings, args{"row": list}.ratingRow(i))
		}
	}
	return output{"alpha": alphaOf(ratings, scale)}, nil
}

// nominalCodes gives each label, in words or numbers, a number of its own: nominal agreement
// only asks whether two labels are equal. NaN stands for a missing one.
func nominalCodes(row []any, codes map[string]float64) []float64 {
	out := make([]float64, len(row))
	for i, v := range row {
		if v == nil || v == "NaN" {
			out[i] = math.NaN()
			continue
		}
		label := canonicalLabels([]string{toLabel(v)})[0]
		if _, known := codes[label]; !known {
			codes[label] = float64(len(codes))
		}
		out[i] = codes[label]
	}
	return out
}

// ratingRow is one rater's ratings, NaN for null.
func (a args) ratingRow(i int) []float64 {
	list := toList(index("ratings_by_rater", i), a["row"])
	out := make([]float64, len(list))
	for j, v := range list {
		if v == nil {
			out[j] = math.NaN()
			continue
		}
		out[j] = toFloat(index(index("ratings_by_rater", i), j), v)
	}
	return out
}

func dawidSkeneCase(in args) (output, error) {
	var labels [][]float64
	for i, row := range in.list("labels_items_by_judges") {
		r := args{"row": row}.ratingRow(i)
		if i > 0 {
			sameLength("row 0", len(labels[0]), index("row", i), len(r))
		}
		for _, v := range r {
			if v != 0 && v != 1 && !math.IsNaN(v) {
				reject("labels_items_by_judges: want 0, 1 or null, got %v", v)
			}
		}
		labels = append(labels, r)
	}
	ds := dawidSkene(labels)
	return output{"prevalence": ds.prevalence, "sensitivity": ds.sensitivity,
		"specificity": ds.specificity, "posterior": ds.posterior}, nil
}

func f1Case(in args) (output, error) {
	lists, categories := coded(in, "truth", "pred")
	if in.has("positive") {
		positive := canonicalLabels([]string{toLabel(in.value("positive"))})[0]
		k := slices.Index(categories, positive)
		if k < 0 {
			return output{"f1": math.NaN(), "macro": math.NaN(), "weighted": math.NaN(),
				"balanced_accuracy": scoreClasses(lists[0], lists[1], len(categories)).balanced}, nil
		}
		s := scoreClasses(lists[0], lists[1], len(categories))
		return output{"f1": s.f1[k], "macro": s.macro, "weighted": s.weighted, "balanced_accuracy": s.balanced}, nil
	}
	s := scoreClasses(lists[0], lists[1], len(categories))
	return output{"f1": s.f1, "macro": s.macro, "weighted": s.weighted, "balanced_accuracy": s.balanced}, nil
}

// forecasts is a list of scores with 0/1 labels under the given keys.
func forecasts(in args, score string) (x, y []float64) {
	x, y = in.floats(score), in.floats("label")
	sameLength(score, len(x), "label", len(y))
	for i, v := range y {
		if v != 0 && v != 1 {
			reject("label[%d] is %v: want 0 or 1", i, v)
		}
	}
	return x, y
}

func confidences(in args) (x, y []float64) {
	x, y = forecasts(in, "confidence")
	for i, c := range x {
		if !(c >= 0 && c <= 1) {
			reject("confidence[%d] is %v: want a number from 0 to 1", i, c)
		}
	}
	return x, y
}

func aurocCase(in args) (output, error) {
	auc, se := auroc(forecasts(in, "score"))
	return output{"auc": auc, "se_delong": se}, nil
}

func binsInput(in args) int {
	bins := in.intOr("bins", 10)
	if bins < 1 {
		reject("bins is %d: want at least 1", bins)
	}
	return bins
}

func eceCase(in args) (output, error) {
	x, y := confidences(in)
	if len(x) == 0 {
		return output{"ece": math.NaN(), "mce": math.NaN()}, nil
	}
	if edges := strings.ReplaceAll(in.strOr("edges", ""), " ", ""); strings.HasPrefix(edges, "[lo,hi)") {
		reject("edges is %q: bins are (lo,hi], the first closed on both sides", in.str("edges"))
	}
	ece, mce := calibrationError(x, y, binsInput(in))
	return output{"ece": ece, "mce": mce}, nil
}

func adaptiveECECase(in args) (output, error) {
	x, y := confidences(in)
	if len(x) == 0 {
		return output{"ece": math.NaN()}, nil
	}
	return output{"ece": adaptiveECE(x, y, binsInput(in))}, nil
}

func murphyCase(in args) (output, error) {
	x, y := confidences(in)
	if len(x) == 0 {
		return output{"brier": math.NaN(), "reliability": math.NaN(), "resolution": math.NaN(), "uncertainty": math.NaN()}, nil
	}
	brier, rel, res, unc := murphy(x, y)
	return output{"brier": brier, "reliability": rel, "resolution": res, "uncertainty": unc}, nil
}

func logLossCase(in args) (output, error) {
	x, y := confidences(in)
	if len(x) == 0 {
		return output{"log_loss": math.NaN()}, nil
	}
	return output{"log_loss": logLoss(x, y)}, nil
}

func roganGladenCase(in args) (output, error) {
	x, n := in.ratio("judge_positive")
	tn, m0 := in.ratio("specificity")
	tp, m1 := in.ratio("sensitivity")
	r := correctRate(float64(x), float64(n), float64(tn), float64(m0), float64(tp), float64(m1), in.confidence("confidence"))
	return output{"theta_raw": r.raw, "theta": r.theta, "se_delta": r.se, "ci_lang_reiczigel": r.ci, "error": r.bad}, nil
}

func ppiCase(in args) (output, error) {
	y, f, u := in.floats("human"), in.floats("judge_on_human"), in.floats("judge_unlabeled")
	sameLength("human", len(y), "judge_on_human", len(f))
	if len(y) == 0 {
		reject("human is empty: no labels, no correction")
	}
	r := predictionPowered(y, f, u, in.floatOr("lam", math.NaN()))
	half := twoSidedZ(in.confidence("confidence")) * r.se
	return output{"lam": r.lambda, "lam_unclipped": r.unclipped, "estimate": r.estimate, "se": r.se,
		"ci": Interval{r.estimate - half, r.estimate + half}}, nil
}
