package stats

import (
	"math"
	"slices"
	"strings"
)

// JudgeAudit holds a judge's verdicts on items and human labels on a probability sample
// of them. All lists have one entry for each item.
type JudgeAudit struct {
	Judge     []float64 // verdict 0 or 1, or a score from 0 to 1; NaN where the judge failed
	Human     []float64 // label from 0 to 1, NaN where no person labelled the item
	Inclusion []float64 // probability with which the item was chosen for labelling; nil: all alike
	Clusters  []int32   // nil: every item stands alone
	// Population asks about the population behind the items. False, the default, asks
	// about these items: what people would have said of all of them.
	Population bool
	// Known gives the judge's errors on another, human-labelled set, and is used only
	// where no item has a human label. Errors of a judge do not carry over between
	// models: it is a last resort.
	Known *JudgeErrors
}

// JudgeErrors counts a judge's verdicts on items with a human label.
type JudgeErrors struct {
	TruePositives, Positives int // items that people call 1: how many the judge did too
	TrueNegatives, Negatives int // items that people call 0
}

// JudgeEstimate is a rate corrected for the errors of a judge.
type JudgeEstimate struct {
	Estimate
	Labelled   int     // items with a human label
	Raw        float64 // the judge's own rate over all items, uncorrected
	LabelsOnly float64 // the rate over the human labels, the judge left out
	Errors     int     // labelled items on which judge and human differ
	Lambda     float64 // weight of the judge in PPI++, NaN elsewhere
}

// JudgeCorrected estimates the rate that people would have found, from a judge's verdicts
// on all items and people's labels on a random sample. It answers "what is the true
// rate, given that the judge errs?", and chooses the method by this rule:
//
//  1. No labels, known errors: Rogan and Gladen (1978) with the interval of Lang and
//     Reiczigel (2014).
//  2. 0/1 labels drawn alike without clusters, with fewer than 10 labelled events,
//     non-events or, to a judge that has both verdicts, judge errors: the exact
//     hypergeometric interval of the labels where events are few, else
//     post-stratification by verdict with Wilson intervals and MOVER (Zou and Donner
//     2008), or the labels alone where that is over 5 % wider than theirs.
//  3. Few events and unequal probabilities: post-stratification by verdict and
//     probability with exact intervals and MOVER.
//  4. Few events in clusters: the labels alone with the interval of Korn and Graubard
//     (1998), which is exact for the number of independent labels that they are worth.
//  5. Otherwise PPI++ (Angelopoulos et al. 2023) as a weighted difference estimator with
//     finite-population correction, CR2 over clusters, and a t quantile.
//
// A method that may cover more than the level says so in its name: "(conservative)" where it
// is exact, so at least the level at every rate; "(few judge errors, at times conservative)" by
// post-stratification, whose verdicts without any error still leave room for some; "(coarse
// labels, at times conservative)" where one label moves the estimate by more than a quarter of
// its standard error. Coverage then jumps by more than 1.5 points from one rate to the next,
// and no interval holds the level.
//
// It assumes that Inclusion is what was really done; labels that someone picked are not a
// sample. Constant or random judges do no harm: their weight goes to 0.
func JudgeCorrected(a JudgeAudit, level float64) JudgeEstimate {
	s, reason := newAudit(a, level)
	if reason.Given() {
		return JudgeEstimate{Estimate: undefinedEstimate(len(a.Judge), len(a.Judge), level, reason),
			Raw: math.NaN(), LabelsOnly: math.NaN(), Lambda: math.NaN()}
	}
	out := JudgeEstimate{Labelled: s.n, Raw: s.raw, LabelsOnly: s.labelsOnly(), Errors: s.errors, Lambda: math.NaN()}
	switch {
	case s.n == 0:
		out.Estimate = s.known(a.Known)
	case s.fewEvents() && s.alike && s.alone:
		out.Estimate = s.exactLabels()
	case s.binary && s.alone && (s.fewEvents() || s.fewErrors()):
		out.Estimate = s.postStratified()
		if alone, _ := s.ppi(0); !s.fewEvents() && out.Interval().Width() > 1.05*alone.Interval().Width() {
			out.Estimate = alone
		}
	case s.fewEvents():
		out.Estimate = s.kornGraubard()
	default:
		out.Estimate, out.Lambda = s.ppi(math.NaN())
	}
	s.keepWidth(&out.Estimate)
	s.nameCoarse(&out.Estimate)
	return out
}

// audit is a checked JudgeAudit.
type audit struct {
	JudgeAudit
	level   float64
	items   int
	n       int // labelled
	events  int // labelled 1
	errors  int // labelled items with a verdict that differs
	raw     float64
	fill    float64 // stands for the verdicts of a judge that failed
	binary  bool    // labels and verdicts are 0 or 1
	varied  bool    // the judge gave more than one verdict
	alike   bool    // equal inclusion probabilities
	alone   bool    // no clusters
	pi      []float64
	failed  int
	touched int // clusters with a label
}

const judgeFew = 10 // events, non-events or errors below which no normal law is trusted

func newAudit(a JudgeAudit, level float64) (audit, Reason) {
	s := audit{JudgeAudit: a, level: level, items: len(a.Judge), binary: true, alike: true, alone: true}
	if reason := s.check(); reason.Given() {
		return s, reason
	}
	s.countVerdicts()
	s.pi = make([]float64, s.items)
	share := float64(s.n) / float64(s.items)
	for i := range s.pi {
		s.pi[i] = share
		if a.Inclusion != nil {
			s.pi[i] = a.Inclusion[i]
			s.alike = s.alike && math.Abs(a.Inclusion[i]-a.Inclusion[0]) < 1e-12
		}
	}
	if s.alike { // the size of the sample is fixed: condition on it
		for i := range s.pi {
			s.pi[i] = share
		}
	}
	s.alone = a.Clusters == nil || !repeats(a.Clusters)
	return s, Reason{}
}

// repeats reports whether two items share a cluster.
func repeats(clusters []int32) bool {
	sorted := slices.Clone(clusters)
	slices.Sort(sorted)
	return len(slices.Compact(sorted)) < len(clusters)
}

func (s *audit) check() Reason {
	a := s.JudgeAudit
	switch {
	case !(s.level > 0 && s.level < 1):
		return Because(ReasonLevel, "the level is not between 0 and 1")
	case s.items == 0:
		return Because(ReasonNoData, "no items")
	case a.Human != nil && len(a.Human) != s.items:
		return badInput("%d human labels for %d items: want one entry each, NaN for none", len(a.Human), s.items)
	case a.Inclusion != nil && len(a.Inclusion) != s.items:
		return badInput("%d inclusion probabilities for %d items", len(a.Inclusion), s.items)
	case a.Clusters != nil && len(a.Clusters) != s.items:
		return badInput("%d clusters for %d items", len(a.Clusters), s.items)
	}
	for i, f := range a.Judge {
		if f < 0 || f > 1 {
			return badInput("verdict %d is %v: want 0 to 1", i, f)
		}
		if a.Human == nil || math.IsNaN(a.Human[i]) {
			continue
		}
		if !(a.Human[i] >= 0 && a.Human[i] <= 1) {
			return badInput("label %d is %v: want 0 to 1", i, a.Human[i])
		}
		if a.Inclusion != nil && !(a.Inclusion[i] >= 1e-9 && a.Inclusion[i] <= 1) {
			return badInput("item %d is labelled with inclusion probability %v: want 1e-9 to 1", i, a.Inclusion[i])
		}
	}
	return Reason{}
}

// label returns the human label of an item, if any.
func (s *audit) label(i int) (float64, bool) {
	if s.Human == nil || math.IsNaN(s.Human[i]) {
		return 0, false
	}
	return s.Human[i], true
}

// countVerdicts fills the counts.
func (s *audit) countVerdicts() {
	var total, judged float64
	first := math.NaN()
	clusters := map[int32]bool{}
	for i, f := range s.Judge {
		if math.IsNaN(f) {
			s.failed++
		} else {
			total += f
			judged++
			if math.IsNaN(first) {
				first = f
			}
			s.varied = s.varied || f != first
			s.binary = s.binary && (f == 0 || f == 1)
		}
		y, labelled := s.label(i)
		if !labelled {
			continue
		}
		s.n++
		s.binary = s.binary && (y == 0 || y == 1)
		if y == 1 {
			s.events++
		}
		if !math.IsNaN(f) && y != f {
			s.errors++
		}
		if s.Clusters != nil {
			clusters[s.Clusters[i]] = true
		}
	}
	s.raw, s.touched = total/judged, len(clusters)
	s.fill = s.raw
	if math.IsNaN(s.fill) {
		s.fill = 0
	}
}

func (s *audit) fewEvents() bool {
	return s.binary && min(s.events, s.n-s.events) < judgeFew
}

func (s *audit) fewErrors() bool { return s.varied && s.errors < judgeFew }

// labelsOnly is the weighted mean of the labels.
func (s *audit) labelsOnly() float64 {
	var sum, weight float64
	for i := range s.Judge {
		if y, ok := s.label(i); ok {
			sum += y / s.pi[i]
			weight += 1 / s.pi[i]
		}
	}
	return sum / weight
}

// known corrects by errors measured elsewhere.
func (s *audit) known(e *JudgeErrors) Estimate {
	if e == nil {
		return undefinedEstimate(s.items, s.items, s.level, Because(ReasonNoLabels, "no human labels and no known judge errors"))
	}
	if e.TruePositives < 0 || e.TrueNegatives < 0 || e.TruePositives > e.Positives || e.TrueNegatives > e.Negatives {
		return undefinedEstimate(s.items, s.items, s.level, badInput("the counts of known judge errors are impossible"))
	}
	if !s.binary {
		return undefinedEstimate(s.items, s.items, s.level, badInput("known errors need verdicts of 0 or 1"))
	}
	n := float64(s.items - s.failed)
	r := correctRate(s.raw*n, n, float64(e.TrueNegatives), float64(e.Negatives), float64(e.TruePositives), float64(e.Positives), s.level)
	if r.bad {
		return undefinedEstimate(s.items, s.items, s.level, Because(ReasonJudge, "sensitivity + specificity is at most 1: this judge tells nothing"))
	}
	out := Estimate{N: s.items, Clusters: s.items, Value: r.theta, SE: r.se, DF: math.Inf(1), Lower: r.ci.Lower,
		Upper: r.ci.Upper, Level: s.level, Method: "rogan-gladen, lang-reiczigel interval"}
	out.Lower, out.Upper = math.Min(out.Lower, out.Value), math.Max(out.Upper, out.Value)
	out.Warnings = warn(out.Warnings, WarnTransported, "the judge's errors were measured on other answers: they may differ on these")
	if r.raw != r.theta {
		out.Warnings = warn(out.Warnings, WarnClipped, "the corrected rate %.3g left [0, 1]: the judge's errors have changed", r.raw)
	}
	if !s.alone {
		out.Warnings = warn(out.Warnings, WarnClustersIgnored, "this method knows no clusters: the interval is too narrow")
	}
	return out
}

// exactLabels is the hypergeometric interval of the labels alone, for the items, or
// Clopper and Pearson's for the population.
func (s *audit) exactLabels() Estimate {
	out := Estimate{N: s.items, Clusters: s.items, Value: float64(s.events) / float64(s.n), SE: math.NaN(), DF: math.NaN(),
		Level: s.level, Method: "labels alone, exact hypergeometric (conservative)"}
	ci := s.exactCell(s.items, s.n, s.events, (1+s.level)/2)
	if s.Population {
		out.Method = "labels alone, clopper-pearson (conservative)"
	}
	out.Lower, out.Upper = ci.Lower, ci.Upper
	out.Warnings = warn(out.Warnings, WarnFewEvents, "%d of %d labels are events: under %d on one side, so the judge is left out", s.events, s.n, judgeFew)
	return out
}

// exactCell is the exact two-sided interval of the rate of a cell of items of which n
// were labelled and x of them 1, each tail of the given one-sided confidence.
func (s *audit) exactCell(items, n, x int, confidence float64) Interval {
	if n == 0 {
		return unitInterval
	}
	if s.Population && 2*confidence-1 < 1 {
		return ClopperPearson(x, n, 2*confidence-1)
	}
	if s.Population {
		return unitInterval
	}
	if confidence >= 1 { // no doubt allowed: all that the labels leave open
		return Interval{float64(x) / float64(items), float64(items-n+x) / float64(items)}
	}
	upper := finitePopulationUpper(items, n, x, confidence)
	lower := items - finitePopulationUpper(items, n, n-x, confidence)
	return Interval{float64(lower) / float64(items), float64(upper) / float64(items)}
}

// auditCell is the items of one verdict and one inclusion probability.
type auditCell struct {
	items, n, x int
}

// cells sorts the items by verdict and, where it differs, by probability. A cell without
// labels is joined with the next of the same probability, or failing that any.
func (s *audit) cells() []auditCell {
	type key struct{ verdict, pi float64 }
	at := map[key]int{}
	var cells []auditCell
	for i, f := range s.Judge {
		k := key{2, s.pi[i]}
		if !math.IsNaN(f) {
			k.verdict = f
		}
		c, known := at[k]
		if !known {
			c = len(cells)
			at[k] = c
			cells = append(cells, auditCell{})
		}
		cells[c].items++
		if y, ok := s.label(i); ok {
			cells[c].n++
			cells[c].x += int(y)
		}
	}
	var joined []auditCell
	var loose auditCell
	for _, c := range cells {
		if c.n == 0 {
			loose.items += c.items
			continue
		}
		joined = append(joined, c)
	}
	if loose.items > 0 {
		joined = append(joined, loose)
	}
	return joined
}

// postStratified estimates each verdict's true rate and adds the parts up; the interval
// combines the parts' intervals by MOVER.
func (s *audit) postStratified() Estimate {
	out := Estimate{N: s.items, Clusters: s.items, SE: math.NaN(), DF: math.NaN(), Level: s.level,
		Method: "post-stratified by verdict, wilson and mover (few judge errors, at times conservative)"}
	exact := s.fewEvents()
	if exact {
		out.Method = "post-stratified by verdict and probability, exact and mover (conservative)"
	}
	var down, up float64
	for _, c := range s.cells() {
		weight := float64(c.items) / float64(s.items)
		p := 0.5
		if c.n > 0 {
			p = float64(c.x) / float64(c.n)
		}
		ci := s.wilsonCell(c)
		if exact {
			ci = s.exactCell(c.items, c.n, c.x, (1+s.level)/2)
		}
		out.Value += weight * p
		down += square(weight * (p - ci.Lower))
		up += square(weight * (ci.Upper - p))
		if c.n == 0 {
			out.Warnings = warn(out.Warnings, WarnNoLabels, "%d items with one verdict have no label: their rate may be anything", c.items)
		}
	}
	out.Lower, out.Upper = math.Max(0, out.Value-math.Sqrt(down)), math.Min(1, out.Value+math.Sqrt(up))
	if s.errors < judgeFew {
		out.Warnings = warn(out.Warnings, WarnFewEvents, "the judge erred on %d of %d labels: too few for a normal law", s.errors, s.n)
	}
	return out
}

// wilsonCell is Wilson's interval with the labels' share of a finite cell taken into
// account by an effective sample size.
func (s *audit) wilsonCell(c auditCell) Interval {
	n := float64(c.n)
	if c.n == 0 {
		return unitInterval
	}
	if !s.Population {
		if c.n == c.items {
			p := float64(c.x) / n
			return Interval{p, p}
		}
		n *= float64(c.items-1) / float64(c.items-c.n)
	}
	return wilsonScore(float64(c.x)/float64(c.n), n, twoSidedZ(s.level))
}

// leastSpread is the standard deviation of the count of labelled events below which labels
// are coarse. A label more or less at either end of an interval changes its coverage by the
// density there, φ(1.96)/sd = 0.058/sd: by 1.5 points at 4.
const leastSpread = 4

// nameCoarse names an interval of few possible counts. Weights, clusters and graded labels
// blur the counts.
func (s *audit) nameCoarse(e *Estimate) {
	if !s.binary || !s.alike || !s.alone || s.n == 0 || strings.Contains(e.Method, "conservative") {
		return
	}
	p := float64(s.events) / float64(s.n)
	v := float64(s.n) * p * (1 - p)
	if !s.Population {
		v *= 1 - float64(s.n)/float64(s.items)
	}
	if v < leastSpread*leastSpread {
		e.Method += " (coarse labels, at times conservative)"
	}
}

// keepWidth sees to it that no interval has zero width: half an item to both sides.
func (s *audit) keepWidth(e *Estimate) {
	if e.Upper > e.Lower || math.IsNaN(e.Lower+e.Upper) {
		return
	}
	half := 0.5 / float64(s.items)
	e.Lower, e.Upper = math.Max(0, e.Lower-half), math.Min(1, e.Upper+half)
	e.Method += ", widened by half an item (conservative)"
}
