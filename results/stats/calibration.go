package stats

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// CalibrationReport says whether stated confidences mean what they say.
type CalibrationReport struct {
	N           int
	ECE, MCE    float64 // expected and maximum calibration error over equal-width bins
	AdaptiveECE float64 // the same over bins of equal count
	Brier       float64 // = Reliability - Resolution + Uncertainty
	Reliability float64
	Resolution  float64
	Uncertainty float64
	LogLoss     float64
	AUROC       Estimate // area under the ROC curve with DeLong's standard error
	NullECE     float64  // mean ECE of a perfectly calibrated model with these confidences
	P           float64  // share of calibrated models with an ECE at least as large
	Warnings    []Warning
}

// Calibration measures confidences (0 … 1) against outcomes (0 or 1) in the given
// number of bins (10 or 15 are usual). It answers "does 80 % confidence mean right in
// 80 % of cases?". ECE is biased upwards in small samples, so the report says what a
// perfectly calibrated model would show: NullECE and P come from 999 seeded draws of
// outcomes at the stated confidences. Sources: Guo et al. (2017), Murphy (1973),
// DeLong et al. (1988).
func Calibration(confidence, outcome []float64, bins int, level float64, seed uint64) (CalibrationReport, error) {
	if err := checkForecasts(confidence, outcome); err != nil {
		return CalibrationReport{}, fmt.Errorf("measure calibration: %w", err)
	}
	if bins < 1 || bins > 1e6 {
		return CalibrationReport{}, fmt.Errorf("measure calibration: %d bins: want at least 1, usually 10", bins)
	}
	r := CalibrationReport{N: len(outcome)}
	r.ECE, r.MCE = calibrationError(confidence, outcome, bins)
	r.AdaptiveECE = adaptiveECE(confidence, outcome, bins)
	r.Brier, r.Reliability, r.Resolution, r.Uncertainty = murphy(confidence, outcome)
	r.LogLoss = logLoss(confidence, outcome)
	r.AUROC = aurocEstimate(confidence, outcome, level)
	r.NullECE, r.P = calibrationNull(confidence, bins, r.ECE, seed)
	if r.N < 10*bins {
		r.Warnings = warn(r.Warnings, WarnSmallSample, "%d outcomes in %d bins: compare ECE with NullECE, not with 0", r.N, bins)
	}
	return r, nil
}

func checkForecasts(confidence, outcome []float64) error {
	if len(confidence) != len(outcome) {
		return fmt.Errorf("%d confidences for %d outcomes", len(confidence), len(outcome))
	}
	if len(outcome) == 0 {
		return errors.New("no outcomes")
	}
	for i, c := range confidence {
		if !(c >= 0 && c <= 1) {
			return fmt.Errorf("confidence %d is %v: want a number from 0 to 1", i, c)
		}
		if outcome[i] != 0 && outcome[i] != 1 {
			return fmt.Errorf("outcome %d is %v: want 0 or 1", i, outcome[i])
		}
	}
	return nil
}

// calibrationBin is the bin of a confidence among right-closed bins (lo, hi] of equal
// width, the first closed on both sides. Edges are compared as bins/n, so that 0.3
// falls into the third of ten bins as on paper.
func calibrationBin(c float64, bins int) int {
	b := int(math.Ceil(c*float64(bins))) - 1
	b = min(max(b, 0), bins-1)
	if b > 0 && (c <= float64(b)/float64(bins) || tied(c, float64(b)/float64(bins))) {
		b--
	} else if b < bins-1 && c > float64(b+1)/float64(bins) && !tied(c, float64(b+1)/float64(bins)) {
		b++
	}
	return b
}

// calibrationError returns the expected and the maximum calibration error.
func calibrationError(confidence, outcome []float64, bins int) (ece, mce float64) {
	sums := make(map[int]*[3]float64, min(bins, len(outcome)))
	order := make([]int, 0, min(bins, len(outcome)))
	for i, c := range confidence {
		b := calibrationBin(c, bins)
		if sums[b] == nil {
			sums[b] = &[3]float64{}
			order = append(order, b)
		}
		sums[b][0]++
		sums[b][1] += c
		sums[b][2] += outcome[i]
	}
	slices.Sort(order)
	for _, b := range order {
		s := sums[b]
		ece += math.Abs(s[1]-s[2]) / float64(len(outcome))
		mce = math.Max(mce, math.Abs(s[1]-s[2])/s[0])
	}
	return ece, mce
}

// adaptiveECE is the calibration error over bins of equal count in the order of
// confidence, equal ones staying in the order given. Where the count is not divisible,
// the first bins hold one more.
func adaptiveECE(confidence, outcome []float64, bins int) float64 {
	n := len(outcome)
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return compareFloat(confidence[a], confidence[b]) })
	var ece float64
	for b, from := 0, 0; b < bins && from < n; b++ {
		to := from + n/bins
		if b < n%bins {
			to++
		}
		var gap float64
		for _, i := range order[from:to] {
			gap += confidence[i] - outcome[i]
		}
		ece += math.Abs(gap) / float64(n)
		from = to
	}
	return ece
}

// murphy splits the Brier score over the distinct confidences: BS = REL - RES + UNC.
func murphy(confidence, outcome []float64) (brier, reliability, resolution, uncertainty float64) {
	n := float64(len(outcome))
	order := make([]int, len(outcome))
	var base float64
	for i, y := range outcome {
		order[i] = i
		base += y / n
		brier += square(confidence[i]-y) / n
	}
	slices.SortStableFunc(order, func(a, b int) int { return compareFloat(confidence[a], confidence[b]) })
	for from := 0; from < len(order); {
		to, hits := from, 0.0
		f := confidence[order[from]]
		for to < len(order) && confidence[order[to]] == f {
			hits += outcome[order[to]]
			to++
		}
		m := float64(to - from)
		reliability += m / n * square(f-hits/m)
		resolution += m / n * square(hits/m-base)
		from = to
	}
	return brier, reliability, resolution, base * (1 - base)
}

// logLoss is the mean negative log-likelihood in nats: infinite where something held
// impossible happened.
func logLoss(confidence, outcome []float64) float64 {
	var sum float64
	for i, c := range confidence {
		if outcome[i] == 1 {
			sum -= math.Log(c)
		} else {
			sum -= math.Log1p(-c)
		}
	}
	return sum / float64(len(outcome))
}

// auroc is the area under the ROC curve, ties counting one half, with the standard
// error of DeLong, DeLong and Clarke-Pearson (1988) from midranks.
func auroc(score, label []float64) (auc, se float64) {
	var pos, neg []float64
	for i, y := range label {
		if y > 0 {
			pos = append(pos, score[i])
		} else {
			neg = append(neg, score[i])
		}
	}
	m, n := len(pos), len(neg)
	if m == 0 || n == 0 {
		return math.NaN(), math.NaN()
	}
	all, _ := midranks(append(slices.Clone(pos), neg...))
	rp, _ := midranks(pos)
	rn, _ := midranks(neg)
	vp, vn := make([]float64, m), make([]float64, n)
	for i := range vp {
		vp[i] = (all[i] - rp[i]) / float64(n)
		auc += all[i] - rp[i] // halves, so the sum is exact
	}
	auc /= float64(m) * float64(n)
	for j := range vn {
		vn[j] = 1 - (all[m+j]-rn[j])/float64(m)
	}
	if m < 2 || n < 2 {
		return auc, math.NaN()
	}
	var sp, sn float64
	for _, v := range vp {
		sp += square(v-auc) / float64(m-1)
	}
	for _, v := range vn {
		sn += square(v-auc) / float64(n-1)
	}
	return auc, math.Sqrt(sp/float64(m) + sn/float64(n))
}

// aurocEstimate puts a logit-scale interval around the area, which stays inside [0, 1].
func aurocEstimate(score, label []float64, level float64) Estimate {
	n := len(label)
	auc, se := auroc(score, label)
	if math.IsNaN(auc) {
		return undefinedEstimate(n, n, level, Because(ReasonStatistic, "one class only: no ROC curve"))
	}
	e := Estimate{N: n, Clusters: n, Value: auc, SE: se, DF: math.Inf(1), Lower: math.NaN(),
		Upper: math.NaN(), Level: level, Method: "delong, logit scale"}
	if !(se > 0) || auc == 0 || auc == 1 {
		e.Reason = Because(ReasonNoSpread, "no spread in the placements: the interval is undefined")
		return e
	}
	half := twoSidedZ(level) * se / (auc * (1 - auc))
	u := math.Log(auc / (1 - auc))
	e.Lower, e.Upper = logistic(u-half), logistic(u+half)
	return e
}

// calibrationNull draws outcomes at the stated confidences and returns the mean ECE and
// the share of draws, with the data counted in, whose ECE is at least the observed.
func calibrationNull(confidence []float64, bins int, observed float64, seed uint64) (mean, p float64) {
	const draws = 999
	y := make([]float64, len(confidence))
	larger := 1.0
	for r := range draws {
		rng := newStream(seed, streamSimulation, uint64(r))
		for i, c := range confidence {
			y[i] = 0
			if rng.float64() < c {
				y[i] = 1
			}
		}
		ece, _ := calibrationError(confidence, y, bins)
		mean += ece / draws
		if ece >= observed*(1-1e-12) {
			larger++
		}
	}
	return mean, larger / (draws + 1)
}
