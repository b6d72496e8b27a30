package stats

import "math"

// GradedScore assumes scores on any scale, independent between clusters: rubric grades,
// partial credit, log-probabilities, lengths. Min and Max are the range of the scale; both 0
// means that it is [0, 1] if all scores lie in it, and unknown else. The interval is CR2 with
// Satterthwaite's t (the plain t interval where each sample stands alone), cut to the range.
// Scores without spread have no t interval: where the range is known the exact interval of
// bounded means by cluster takes its place, else it is undefined.
type GradedScore struct{ Min, Max float64 }

// bounds is the range of the scale, infinite where unknown.
func (g GradedScore) bounds(lo, hi float64) (float64, float64) {
	switch {
	case g.Min < g.Max:
		return min(g.Min, lo), max(g.Max, hi)
	case lo >= 0 && hi <= 1:
		return 0, 1
	}
	return math.Inf(-1), math.Inf(1)
}

// Summary gives the mean score.
func (g GradedScore) Summary(o Obs, level float64) Estimate {
	s := gather(o)
	if !s.reason.Given() && !(level > 0 && level < 1) {
		s.reason = badLevel
	}
	if s.reason.Given() {
		return undefinedEstimate(s.n, s.clusters, level, s.reason)
	}
	e := s.estimate(level)
	m := s.Mean()
	if m.overflows() {
		return undefinedEstimate(s.n, s.clusters, level, overflowed)
	}
	e.SE, e.DF = m.CR2, m.DF
	lo, hi := g.bounds(s.lo, s.hi)
	e.Warnings = warnFewClusters(e.Warnings, s.clusters)
	if m.flat() {
		return e.flatScore(s, level, lo, hi)
	}
	i := m.Interval(level)
	e.Warnings = clip(&i, lo, hi, e.Warnings)
	e.Lower, e.Upper, e.Method = i.Lower, i.Upper, "cr2 satterthwaite t"
	if s.alone {
		e.Method = "t"
	}
	return e.explained()
}

// flatScore is the estimate where clusters show no spread: one cluster, or all alike.
func (e Estimate) flatScore(s sample, level, lo, hi float64) Estimate {
	e.DF = math.NaN()
	if s.clusters < 2 {
		e.Reason = Because(ReasonOneCluster, "one cluster: no standard error")
	} else {
		e.Warnings = warn(e.Warnings, WarnConstant, "all clusters have the same mean: no spread to estimate an error from")
	}
	if math.IsInf(lo, -1) {
		e.SE = math.NaN()
		e.Reason = Because(ReasonNoSpread, "no spread between clusters and no known range: the interval is undefined")
		return e
	}
	width, k := hi-lo, s.effectiveClusters()
	i := clopperPearson(max(0, min(1, (e.Value-lo)/width))*k, k, level)
	e.Lower, e.Upper = lo+width*i.Lower, lo+width*i.Upper
	e.Lower, e.Upper = min(e.Lower, e.Value), max(e.Upper, e.Value)
	e.Method = "clopper-pearson on clusters, scaled to the range"
	e.Warnings = warn(e.Warnings, WarnFallback, "each cluster counted as one trial, which is conservative")
	return e.explained()
}

// Compare compares the means of two independent sets by Welch's t, with CR2 errors. Where
// both models answered the same items PairedScore sees smaller differences.
func (g GradedScore) Compare(a, b Obs, level float64) Comparison {
	sa, sb := gather(a), gather(b)
	if reason := noScores(sa, sb, level); reason.Given() {
		return undefinedComparison(sa.n+sb.n, sa.clusters+sb.clusters, level, reason)
	}
	c := unpairedComparison(sa, sb, level)
	c.Effect, c.EffectName = cohenD(c.Difference, sa.variance, sb.variance), "cohen_d"
	c.Warnings = warnFewClusters(c.Warnings, min(sa.clusters, sb.clusters))
	ma, mb := sa.Mean(), sb.Mean()
	switch {
	case ma.overflows() || mb.overflows() || !isFinite(c.Difference):
		return undefinedComparison(c.N, c.Clusters, level, overflowed)
	case min(sa.clusters, sb.clusters) < 2:
		c.Reason = Because(ReasonOneCluster, "one cluster: no standard error")
		return c
	case ma.flat() && mb.flat():
		c.Reason = Because(ReasonNoSpread, "no spread between clusters: the comparison is undefined")
		return c
	}
	lo, hi := g.bounds(min(sa.lo, sb.lo), max(sa.hi, sb.hi))
	return c.welch(ma, mb, level, lo-hi, hi-lo)
}

// overflows reports scores so large that their sum or its error has no number.
func (m ClusteredMean) overflows() bool {
	return !isFinite(m.Mean) || m.Clusters > 1 && !isFinite(m.CR2)
}

func noScores(a, b sample, level float64) Reason {
	if a.binary && b.binary {
		return noComparison(a, b, level)
	}
	a.binary, b.binary = true, true
	return noComparison(a, b, level)
}

// cohenD is the difference over the root mean square of the two standard deviations.
func cohenD(diff, varA, varB float64) float64 {
	sd := math.Sqrt((varA + varB) / 2)
	if !(sd > 0) {
		return math.NaN()
	}
	return diff / sd
}

// PairedScore assumes graded scores of which the i-th of a and b belong to the same item;
// items of one cluster may be alike. Min and Max are as in GradedScore.
type PairedScore struct{ Min, Max float64 }

// Summary is that of GradedScore.
func (p PairedScore) Summary(o Obs, level float64) Estimate {
	return GradedScore(p).Summary(o, level)
}

// Compare gives the mean difference a − b by CR2 with Satterthwaite's t. Differences without
// spread get an exact sign flip and, where the range is known, exact bounds by cluster.
func (p PairedScore) Compare(a, b Obs, level float64) Comparison {
	g := gatherPairs(a, b)
	if !g.reason.Given() && !(level > 0 && level < 1) {
		g.reason = badLevel
	}
	if g.reason.Given() {
		return undefinedComparison(g.diff.n, g.diff.clusters, level, g.reason)
	}
	lo, hi := GradedScore(p).bounds(min(g.a.lo, g.b.lo), max(g.a.hi, g.b.hi))
	return g.compareScores(g.a.Mean().CR2, g.b.Mean().CR2, hi-lo, level)
}

// compareScores compares checked graded pairs on a scale of the given width; seA and seB are
// the standard errors of the two means.
func (p pairs) compareScores(seA, seB, width, level float64) Comparison {
	c := p.comparison(level)
	m := p.diff.Mean()
	if m.overflows() || !isFinite(c.A-c.B) {
		return undefinedComparison(p.diff.n, p.diff.clusters, level, overflowed)
	}
	c.SE, c.Correlation = m.CR2, pairingCorrelation(seA, seB, m.CR2)
	c.Effect, c.EffectName = cohenD(c.Difference, p.a.variance, p.b.variance), "cohen_d"
	c.Warnings = warnFewClusters(c.Warnings, p.diff.clusters)
	if m.flat() {
		return c.flatPairs(p, level, width)
	}
	return c.pairedT(m, level, -width, width)
}

// flatPairs is the comparison where no cluster differs from another.
func (c Comparison) flatPairs(g pairs, level, width float64) Comparison {
	c.P, c.Test = signFlipOrNaN(g.diff.Sums)
	c.Warnings = warn(c.Warnings, WarnConstant, "all clusters differ by the same amount: no spread to estimate an error from")
	if math.IsInf(width, 1) {
		c.SE = math.NaN()
		c.Reason = Because(ReasonNoSpread, "no spread between clusters and no known range: the interval is undefined")
		return c
	}
	k := g.diff.effectiveClusters()
	up, down := max(c.Difference, 0)/width, max(-c.Difference, 0)/width
	i := discordantExact(min(1, up)*k, min(1, down)*k, k, level)
	c.Lower, c.Upper = width*i.Lower, width*i.Upper
	c.Method = "clopper-pearson on clusters, scaled to the range"
	c.Warnings = warn(c.Warnings, WarnFallback, "each cluster counted as one trial, which is conservative")
	return c.explained()
}

// RepeatedEpochs assumes that each question was asked several times: Clusters (or Sizes)
// are the questions and values their epochs. Questions count alike however often each was
// asked, and rows of one question are never taken as independent: the estimate is the mean
// of question means with the t interval over questions.
type RepeatedEpochs struct{ Min, Max float64 }

// questionMeans turns epochs into one score for each question.
func questionMeans(o Obs) Obs {
	s := gather(o)
	means := make([]float64, len(s.Sums))
	for i, k := range s.Sizes {
		means[i] = s.Sums[i] / float64(k)
	}
	return Obs{Values: means}
}

// Summary gives the mean over questions.
func (r RepeatedEpochs) Summary(o Obs, level float64) Estimate {
	if s := gather(o); s.reason.Given() {
		return undefinedEstimate(s.n, s.clusters, level, s.reason)
	}
	e := GradedScore(r).Summary(questionMeans(o), level)
	e.Clusters, e.N = e.N, gather(o).n
	return e
}

// Compare pairs the questions of a and b, which must be the same in the same order.
func (r RepeatedEpochs) Compare(a, b Obs, level float64) Comparison {
	sa, sb := gather(a), gather(b)
	if reason := noScores(sa, sb, level); reason.Given() {
		return undefinedComparison(sa.n+sb.n, sa.clusters, level, reason)
	}
	c := PairedScore(r).Compare(questionMeans(a), questionMeans(b), level)
	c.Clusters, c.N = c.N, sa.n+sb.n
	return c
}

var (
	_ Assumption = IndependentProportion{}
	_ Assumption = ClusteredProportion{}
	_ Assumption = PairedProportion{}
	_ Assumption = GradedScore{}
	_ Assumption = PairedScore{}
	_ Assumption = RepeatedEpochs{}
)
