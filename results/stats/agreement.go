package stats

import (
	"fmt"
	"math"
	"slices"
)

// AgreementReport says how far raters (people, or judges) gave the same labels.
type AgreementReport struct {
	Units, Raters int
	Percent       Estimate // mean share of pairs of raters that agree on a unit
	Kappa         Estimate // Cohen's kappa of two raters, else Fleiss's
	AC1           Estimate // Gwet's AC1 (AC2 with quadratic weights off the nominal scale)
	Alpha         Estimate // Krippendorff's alpha
	Warnings      []Warning
}

// Agreement measures the agreement of ratings by rater: byRater[r][u] is what rater r
// gave unit u, NaN for nothing. It answers "would another rater have said the same?".
// Labels are numbers: code categories as 0, 1, 2, …. All four measures are given
// because kappa and alpha collapse where nearly all labels are alike, as refusals
// are, and AC1 does not. Intervals resample units (1,000 seeded draws); kappa of two
// raters has the standard error of Fleiss, Cohen and Everitt (1969). Where all pairs
// agree the lower bounds come from the exact interval of units with a disagreement.
// It returns an error for fewer than two raters or no unit with two ratings.
func Agreement(byRater [][]float64, scale Scale, level float64, seed uint64) (AgreementReport, error) {
	if !(level > 0 && level < 1) {
		return AgreementReport{}, fmt.Errorf("measure agreement: level %v: want a number between 0 and 1", level)
	}
	switch scale {
	case NominalScale, OrdinalScale, IntervalScale, RatioScale:
	default:
		return AgreementReport{}, fmt.Errorf("measure agreement: scale %q: want nominal, ordinal, interval or ratio", scale)
	}
	for r, row := range byRater {
		for u, v := range row {
			if math.IsInf(v, 0) {
				return AgreementReport{}, fmt.Errorf("measure agreement: rater %d unit %d: rating is infinite", r, u)
			}
		}
	}
	counted := countUnits(byRater)
	if len(byRater) < 2 || len(counted.kind) == 0 {
		return AgreementReport{}, fmt.Errorf("measure agreement: %d raters, %d units with two ratings: need two raters and one unit", len(byRater), len(counted.kind))
	}
	panel := newPanel(counted, scale)
	rep := AgreementReport{Units: len(counted.kind), Raters: len(byRater)}
	panel.report(&rep, level, seed)
	if len(byRater) == 2 {
		rep.Kappa = cohenEstimate(byRater, scale, level)
	}
	if len(counted.kinds.values) == 1 {
		rep.Warnings = warn(rep.Warnings, WarnConstant, "only one value was ever given: kappa and alpha are undefined")
	}
	if rep.Units < 30 {
		rep.Warnings = warn(rep.Warnings, WarnSmallSample, "%d units: resampled intervals are too narrow below about 30", rep.Units)
	}
	return rep, nil
}

// panel holds compressed units with what each kind adds to the measures, so that one
// draw of a bootstrap costs the number of kinds.
type panel struct {
	units   ratedUnits // one of each distinct kind
	weight  []float64  // how many units are of the kind
	kind    []int32    // kind of each unit
	agree   []float64  // weighted agreement of the pairs of a kind
	exact   []float64  // unweighted, for Fleiss's kappa
	share   [][]float64
	weights [][]float64
	scale   Scale
}

func newPanel(c countedUnits, scale Scale) *panel {
	kind := "none"
	if scale != NominalScale {
		kind = "quadratic"
	}
	p := &panel{scale: scale, units: c.kinds, weight: c.weight, kind: c.kind}
	q := max(2, len(c.kinds.values))
	if q <= maxWeighted {
		p.weights, _ = agreementWeights(kind, q)
	}
	for k := range c.weight {
		p.addKind(c.kinds.unit(k), q)
	}
	return p
}

// countRated compresses units by their sorted codes.
func countRated(rated ratedUnits) countedUnits {
	c := countedUnits{kinds: ratedUnits{values: rated.values, start: []int32{0}}}
	index := map[string]int32{}
	var key []byte
	for u := range rated.units() {
		codes := slices.Clone(rated.unit(u))
		slices.Sort(codes)
		key = key[:0]
		for _, c := range codes {
			key = append(key, byte(c), byte(c>>8), byte(c>>16), byte(c>>24))
		}
		k, known := index[string(key)]
		if !known {
			k = int32(len(c.weight))
			index[string(key)] = k
			c.kinds.codes = append(c.kinds.codes, codes...)
			c.kinds.start = append(c.kinds.start, int32(len(c.kinds.codes)))
			c.weight = append(c.weight, 0)
		}
		c.weight[k]++
		c.kind = append(c.kind, k)
	}
	return c
}

// maxWeighted is the largest number of distinct values for which measures that need a
// table of categories are computed; measurements have alpha and percent agreement.
const maxWeighted = 256

// addKind stores the agreement and the shares of a new kind of unit.
func (p *panel) addKind(codes []int32, q int) {
	var agree, same float64
	for i, c := range codes {
		for _, d := range codes[:i] {
			if c == d {
				same += 2
			}
			if p.weights != nil {
				agree += 2 * p.weights[c][d]
			}
		}
	}
	m := float64(len(codes))
	p.agree = append(p.agree, agree/(m*(m-1)))
	p.exact = append(p.exact, same/(m*(m-1)))
	if p.weights == nil {
		return
	}
	share := make([]float64, q)
	for _, c := range codes {
		share[c] += 1 / m
	}
	p.share = append(p.share, share)
}

// measures holds the four statistics of one draw of units.
type measures struct{ percent, kappa, ac, alpha float64 }

// measure computes them with each kind of unit counted as weight says.
func (p *panel) measure(weight []float64) measures {
	var total, exact, agree, ratings float64
	for k, w := range weight {
		total += w
		exact += w * p.exact[k]
		agree += w * p.agree[k]
		ratings += w * float64(len(p.units.unit(k)))
	}
	out := measures{percent: exact / total, kappa: math.NaN(), ac: math.NaN(),
		alpha: krippendorffAlpha(p.units, p.scale, weight)}
	if p.weights == nil {
		return out
	}
	var peAC, peFleiss, credit float64
	for c := range p.weights {
		var pi, pooled float64
		for k, w := range weight {
			pi += w * p.share[k][c] / total
			pooled += w * p.share[k][c] * float64(len(p.units.unit(k))) / ratings
		}
		peAC += pi * (1 - pi)
		peFleiss += pooled * pooled
		credit += sum(p.weights[c])
	}
	q := float64(len(p.weights))
	peAC *= credit / (q * (q - 1))
	out.ac = (agree/total - peAC) / (1 - peAC)
	if 1-peFleiss > 1e-14 {
		out.kappa = (out.percent - peFleiss) / (1 - peFleiss)
	}
	return out
}

const agreementDraws = 1000

// report fills the estimates with percentile intervals over resampled units.
func (p *panel) report(rep *AgreementReport, level float64, seed uint64) {
	point := p.measure(p.weight)
	draws := make([]measures, agreementDraws)
	weight := make([]float64, len(p.weight))
	n := uint32(len(p.kind))
	for r := range draws {
		rng := newStream(seed, streamBootstrap, uint64(r))
		clear(weight)
		for range n {
			weight[p.kind[rng.intn(n)]]++
		}
		draws[r] = p.measure(weight)
	}
	estimate := func(method string, pick func(measures) float64) Estimate {
		e := undefinedEstimate(rep.Units, rep.Units, level, Reason{})
		e.Value, e.Method = pick(point), method
		if math.IsNaN(e.Value) {
			e.Reason = Because(ReasonChance, "chance agreement is 1 or there are too many values for categories")
			return e
		}
		e.Lower, e.Upper, e.SE = percentileOf(draws, pick, level)
		if point.percent == 1 {
			p.certain(&e, point, level)
		}
		return e
	}
	rep.Percent = estimate("bootstrap of units, percentile", func(m measures) float64 { return m.percent })
	rep.Kappa = estimate("fleiss, bootstrap of units, percentile", func(m measures) float64 { return m.kappa })
	rep.AC1 = estimate("gwet, bootstrap of units, percentile", func(m measures) float64 { return m.ac })
	rep.Alpha = estimate("krippendorff, bootstrap of units, percentile", func(m measures) float64 { return m.alpha })
}

// certain replaces the interval of zero width that resampling gives where no pair
// disagrees: the share of agreeing units is at least the exact bound, and each
// coefficient is (share - chance)/(1 - chance).
func (p *panel) certain(e *Estimate, point measures, level float64) {
	n := len(p.kind)
	low := ClopperPearson(n, n, level).Lower
	chance := 0.0
	if e.Value == point.kappa || e.Value == point.alpha || e.Value == point.ac {
		chance = p.chance(e.Method)
	}
	e.Lower, e.Upper, e.SE = (low-chance)/(1-chance), 1, math.NaN()
	e.Method = "clopper-pearson of units with any disagreement"
	e.Warnings = warn(e.Warnings, WarnFallback, "no pair disagreed: the lower bound is that of the exact interval")
}

// chance is the agreement by chance that the named coefficient subtracts.
func (p *panel) chance(method string) float64 {
	if method[0] == 'b' || p.weights == nil {
		return 0
	}
	total := float64(len(p.kind))
	var squares, spread float64
	for c := range p.weights {
		var pi float64
		for k, w := range p.weight {
			pi += w * p.share[k][c] / total
		}
		squares += pi * pi
		spread += pi * (1 - pi)
	}
	if method[0] == 'g' {
		return spread / float64(len(p.weights)-1)
	}
	return squares
}

// percentileOf is the percentile interval (type 7) and the standard deviation of
// draws, undefined ones left out.
func percentileOf(draws []measures, pick func(measures) float64, level float64) (lower, upper, sd float64) {
	var x []float64
	for _, d := range draws {
		if v := pick(d); !math.IsNaN(v) {
			x = append(x, v)
		}
	}
	if len(x) < 2 {
		return math.NaN(), math.NaN(), math.NaN()
	}
	slices.Sort(x)
	return sortedQuantile(x, (1-level)/2), sortedQuantile(x, (1+level)/2), math.Sqrt(variance(x))
}

// cohenEstimate is Cohen's kappa of the units that both raters rated.
func cohenEstimate(byRater [][]float64, scale Scale, level float64) Estimate {
	var a, b []float64
	for u := range min(len(byRater[0]), len(byRater[1])) {
		if x, y := byRater[0][u], byRater[1][u]; !math.IsNaN(x + y) {
			a, b = append(a, x), append(b, y)
		}
	}
	values, codes := encodeValues(append(slices.Clone(a), b...), nil)
	q := len(values)
	if q > maxWeighted {
		return undefinedEstimate(len(a), len(a), level, badInput("too many distinct values for categories"))
	}
	first, second := make([]int, len(a)), make([]int, len(a))
	for i := range a {
		first[i], second[i] = int(codes[i]), int(codes[len(a)+i])
	}
	kind := "none"
	if scale != NominalScale {
		kind = "quadratic"
	}
	w, _ := agreementWeights(kind, q)
	k := weightedKappa(crossTable(first, second, q), w)
	if math.IsNaN(k.kappa) {
		return undefinedEstimate(len(a), len(a), level, Because(ReasonChance, "one value only: chance agreement is 1 and kappa 0/0"))
	}
	half := twoSidedZ(level) * k.se
	e := Estimate{N: len(a), Clusters: len(a), Value: k.kappa, SE: k.se, DF: math.Inf(1), Level: level,
		Lower: math.Max(-1, k.kappa-half), Upper: math.Min(1, k.kappa+half), Method: "cohen, normal, weights " + kind}
	if k.se < 1e-9 {
		low := ClopperPearson(len(a), len(a), level).Lower
		e.Lower, e.SE = math.Min(k.kappa, (low-k.expected)/(1-k.expected)), math.NaN()
		e.Method = "cohen, clopper-pearson of units with any disagreement"
		e.Warnings = warn(e.Warnings, WarnFallback, "no spread in the table: the lower bound is that of the exact interval")
	}
	return e
}

// PanelReport is what a panel of judges says about the truth behind its labels.
type PanelReport struct {
	Prevalence               float64
	Sensitivity, Specificity []float64 // by judge
	Posterior                []float64 // P(1) by item
	Warnings                 []Warning
}

// JudgePanel estimates the truth behind 0/1 labels of items by three or more judges
// (NaN where a judge gave none), and each judge's errors, without any human label
// (Dawid and Skene 1979). It assumes that judges err independently given the truth,
// which judges of one family do not: it can rank judges, and it replaces no audit.
func JudgePanel(labels [][]float64) (PanelReport, error) {
	for i, row := range labels {
		if len(row) != len(labels[0]) || len(row) < 2 {
			return PanelReport{}, fmt.Errorf("estimate panel: item %d has %d labels: want the same number, at least 2, for each", i, len(row))
		}
		for j, v := range row {
			if v != 0 && v != 1 && !math.IsNaN(v) {
				return PanelReport{}, fmt.Errorf("estimate panel: item %d judge %d: label %v: want 0, 1 or NaN", i, j, v)
			}
		}
	}
	if len(labels) == 0 {
		return PanelReport{}, fmt.Errorf("estimate panel: no items")
	}
	f := dawidSkene(labels)
	r := PanelReport{Prevalence: f.prevalence, Sensitivity: f.sensitivity, Specificity: f.specificity, Posterior: f.posterior}
	if len(labels[0]) < 3 {
		r.Warnings = warn(r.Warnings, WarnSmallSample, "two judges cannot tell prevalence from error: the estimates depend on the start")
	}
	if !f.converged {
		r.Warnings = warn(r.Warnings, WarnNotConverged, "the estimates still moved at the last step")
	}
	return r, nil
}
