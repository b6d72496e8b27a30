package stats

import "math"

// IndependentProportion assumes that each value is 0 or 1 and that samples are independent:
// "what share of items does the model pass?" where no items share a source.
type IndependentProportion struct {
	// Exact asks for Clopper-Pearson in place of Wilson: coverage of at least the level at
	// every true rate. Gates use it.
	Exact bool
}

var notBinary = Because(ReasonGraded, "a value is neither 0 nor 1: the scores are graded")

// Summary gives the share of ones with Wilson's or the exact interval.
func (p IndependentProportion) Summary(o Obs, level float64) Estimate {
	s := gather(o)
	if e, ok := noProportion(s, level); ok {
		return e
	}
	e := s.estimate(level)
	e.Clusters = s.n
	x := roundInt(s.total)
	e.SE = bernoulliSE(e.Value, float64(s.n))
	i := Wilson(x, s.n, level)
	e.Method, e.DF = "wilson", math.Inf(1)
	if p.Exact {
		i = ClopperPearson(x, s.n, level)
		e.Method, e.DF = "clopper-pearson", math.NaN()
	}
	e.Lower, e.Upper = i.Lower, i.Upper
	e.Warnings = warnFewEvents(e.Warnings, x, s.n)
	if o.Clusters != nil && !s.alone {
		e.Warnings = warn(e.Warnings, WarnClustered, "samples share clusters, which this assumption ignores")
	}
	return e
}

// noProportion is the estimate of data that have no share of ones.
func noProportion(s sample, level float64) (Estimate, bool) {
	switch {
	case !(level > 0 && level < 1):
		return undefinedEstimate(s.n, s.clusters, level, badLevel), true
	case s.reason.Code == ReasonNoData:
		e := undefinedEstimate(0, 0, level, s.reason)
		e.Lower, e.Upper, e.Method = 0, 1, "whole range"
		return e, true
	case s.reason.Given():
		return undefinedEstimate(s.n, s.clusters, level, s.reason), true
	case !s.binary:
		return undefinedEstimate(s.n, s.clusters, level, notBinary), true
	}
	return Estimate{}, false
}

func warnFewEvents(ws []Warning, x, n int) []Warning {
	if few := min(x, n-x); few < 10 {
		ws = warn(ws, WarnFewEvents, "only %d of the rarer outcome among %d: the interval is approximate below 10", few, n)
	}
	return ws
}

// Compare compares two independent sets by Miettinen and Nurminen's score interval and test.
// Where both models answered the same items, PairedProportion sees smaller differences.
func (p IndependentProportion) Compare(a, b Obs, level float64) Comparison {
	sa, sb := gather(a), gather(b)
	if reason := noComparison(sa, sb, level); reason.Given() {
		return undefinedComparison(sa.n+sb.n, sa.clusters+sb.clusters, level, reason)
	}
	c := unpairedComparison(sa, sb, level)
	c.Clusters = c.N
	xa, xb := roundInt(sa.total), roundInt(sb.total)
	t := twoProportions{float64(xa), float64(sa.n), float64(xb), float64(sb.n)}
	i := miettinenNurminen(xa, sa.n, xb, sb.n, level)
	c.Lower, c.Upper, c.Method = i.Lower, i.Upper, "miettinen-nurminen score"
	_, z := t.z(0)
	c.P, c.Test = twoSidedNormalP(z), "miettinen-nurminen score"
	c.SE = math.Hypot(bernoulliSE(c.A, t.n1), bernoulliSE(c.B, t.n2))
	c.DF = math.Inf(1)
	c.MDE = minimumDetectable(twoSidedZ(level), c.SE)
	c.Effect, c.EffectName = cohenH(c.A, c.B), "cohen_h"
	c.Warnings = warnFewEvents(warnFewEvents(c.Warnings, xa, sa.n), xb, sb.n)
	return c
}

// noComparison says why two unpaired sets of outcomes cannot be compared.
func noComparison(a, b sample, level float64) Reason {
	switch {
	case !(level > 0 && level < 1):
		return badLevel
	case a.reason.Given():
		return a.reason.Of(PartA)
	case b.reason.Given():
		return b.reason.Of(PartB)
	case !a.binary || !b.binary:
		return notBinary
	}
	return Reason{}
}

// unpairedComparison is the part of an unpaired comparison that no method changes.
func unpairedComparison(a, b sample, level float64) Comparison {
	c := undefinedComparison(a.n+b.n, a.clusters+b.clusters, level, Reason{})
	c.A, c.B = a.total/float64(a.n), b.total/float64(b.n)
	c.Difference = c.A - c.B
	if m := a.missing + b.missing; m > 0 {
		c.Warnings = warn(c.Warnings, WarnMissing, "left out, not finite: %s", countOf(m, "value"))
	}
	return c
}

// ClusteredProportion assumes that each value is 0 or 1 and that samples of one cluster may
// be alike, while clusters are independent: passages with several questions, one seed prompt
// in several languages or attacks.
//
// Summary uses CR2 with Satterthwaite's t where there are many effective events, which are the
// rarer outcomes over the design effect. Where there are fewer, the spread between clusters is
// hardly seen, and it is taken from the beta-binomial law at each rate that the interval may
// hold, or from CR2 where that says more by over one standard error: Wilson's score interval
// for as many independent samples as the clusters are then worth. With fewer than 10 of the
// rarer outcome, or 3 effective ones, it is Clopper and Pearson's for that number, as Korn and
// Graubard (1998) have it. With fewer than 20 clusters, or where it would have no width, it is
// Clopper and Pearson's with each cluster counted as one trial, which holds however alike the
// samples of a cluster are. Method names the interval, with "(conservative)" where it covers
// more than the level.
type ClusteredProportion struct{}

// Where the methods of ClusteredProportion change over.
const (
	enoughClusters = 20
	linearEvents   = 60 // effective events from which on the linear interval holds
	scoreEvents    = 3  // effective events below which a score interval leaves out too much near 0
	linearPairs    = 60 // effective discordant pairs above which the linear interval holds
	effectivePairs = 6  // effective discordant pairs below which only the exact one does
)

// Summary gives the share of ones with an interval that respects clusters.
func (ClusteredProportion) Summary(o Obs, level float64) Estimate {
	s := gather(o)
	if e, ok := noProportion(s, level); ok {
		return e
	}
	if s.alone {
		return IndependentProportion{}.Summary(o, level)
	}
	e := s.estimate(level)
	m := s.Mean()
	e.SE, e.DF = m.CR2, m.DF
	if s.clusters < 2 {
		e.Reason = Because(ReasonOneCluster, "one cluster: no standard error")
	}
	e.Warnings = warnFewEvents(warnFewClusters(e.Warnings, s.clusters), roundInt(s.total), s.n)
	effective := math.Min(e.Value, 1-e.Value) * m.worth()
	var i Interval
	switch {
	case m.flat() || s.clusters < enoughClusters:
		i, e.Method = s.exactByCluster(level)
		e.DF = math.NaN()
		e.Warnings = warn(e.Warnings, WarnFallback, "too few clusters, or all alike: each cluster counted as one trial, which is conservative")
	case effective < linearEvents || math.Min(s.total, float64(s.n)-s.total) < 10:
		i = s.betaBinomial(&e, m, level)
	default:
		i, e.Method = m.Interval(level), "cr2 satterthwaite t"
		e.Warnings = clip(&i, 0, 1, e.Warnings)
	}
	e.Lower, e.Upper = i.Lower, i.Upper
	return e
}

// worth is the number of independent samples that would know a proportion as well.
func (m ClusteredMean) worth() float64 { return m.Mean * (1 - m.Mean) / (m.CR2 * m.CR2) }

// betaBinomial is the interval of few effective events, and names itself in e.
func (s sample) betaBinomial(e *Estimate, m ClusteredMean, level float64) Interval {
	b := newBetaBinomial(s.ClusterSums)
	b.observe(b.n/m.worth(), m.DF)
	few := math.Min(s.total, float64(s.n)-s.total)
	if effective := few / b.n * m.worth(); few < 10 || !(effective >= scoreEvents) {
		e.DF, e.Method = math.NaN(), "korn-graubard of beta-binomial clusters (conservative)"
		e.Warnings = warn(e.Warnings, WarnFallback, "%d of the rarer outcome, worth %.2g if independent: an exact interval for the independent samples that the clusters are worth, which is conservative", roundInt(few), effective)
		return b.interval(func(worth float64) Interval { return clopperPearson(e.Value*worth, worth, level) })
	}
	e.DF, e.Method = math.Inf(1), "beta-binomial score"
	return b.interval(func(worth float64) Interval { return wilsonScore(e.Value, worth, twoSidedZ(level)) })
}

// flat reports clusters whose means show no spread beyond rounding, or cannot.
func (m ClusteredMean) flat() bool {
	return !(m.CR0 > 1e-13*max(math.Abs(m.Mean), 1e-3))
}

// exactByCluster is Clopper-Pearson with as many trials as there are clusters (Kish's
// effective number where they differ in size): exact where the samples of a cluster are all
// alike, conservative else.
func (s sample) exactByCluster(level float64) (Interval, string) {
	p, k := s.total/float64(s.n), s.effectiveClusters()
	i := clopperPearson(p*k, k, level)
	switch {
	case s.total == 0:
		return i, "clopper-pearson on clusters with any success"
	case s.total == float64(s.n):
		return i, "clopper-pearson on clusters with any failure"
	}
	return i, "clopper-pearson on clusters (conservative)"
}

func warnFewClusters(ws []Warning, clusters int) []Warning {
	if clusters < enoughClusters {
		ws = warn(ws, WarnFewClusters, "only %s: between-cluster spread is poorly known below %d", countOf(clusters, "cluster"), enoughClusters)
	}
	return ws
}

// clip cuts an interval to the range of the score, and says so.
func clip(i *Interval, lo, hi float64, ws []Warning) []Warning {
	if i.Lower < lo || i.Upper > hi {
		ws = warn(ws, WarnClipped, "the interval left the range of the score and was cut to it")
		i.Lower, i.Upper = max(lo, i.Lower), min(hi, i.Upper)
	}
	return ws
}

// Compare compares two sets with clusters of their own, by CR2 errors and Welch's degrees of
// freedom. Where both models answered the same items use PairedProportion.
func (ClusteredProportion) Compare(a, b Obs, level float64) Comparison {
	sa, sb := gather(a), gather(b)
	if reason := noComparison(sa, sb, level); reason.Given() {
		return undefinedComparison(sa.n+sb.n, sa.clusters+sb.clusters, level, reason)
	}
	if sa.alone && sb.alone {
		return IndependentProportion{}.Compare(a, b, level)
	}
	c := unpairedComparison(sa, sb, level)
	c.Effect, c.EffectName = cohenH(c.A, c.B), "cohen_h"
	c.Warnings = warnFewClusters(c.Warnings, min(sa.clusters, sb.clusters))
	ma, mb := sa.Mean(), sb.Mean()
	if min(sa.clusters, sb.clusters) < enoughClusters || ma.flat() || mb.flat() {
		return c.squareAndAdd(sa, sb, level)
	}
	return c.welch(ma, mb, level, -1, 1)
}

// squareAndAdd is Newcombe's hybrid of the two exact-by-cluster intervals.
func (c Comparison) squareAndAdd(a, b sample, level float64) Comparison {
	ia, _ := a.exactByCluster(level)
	ib, _ := b.exactByCluster(level)
	c.Lower = max(-1, c.Difference-math.Hypot(c.A-ia.Lower, ib.Upper-c.B))
	c.Upper = min(1, c.Difference+math.Hypot(ia.Upper-c.A, c.B-ib.Lower))
	c.Method = "square-and-add of clopper-pearson on clusters"
	ka, kb := a.effectiveClusters(), b.effectiveClusters()
	_, z := twoProportions{c.A * ka, ka, c.B * kb, kb}.z(0)
	c.P, c.Test = twoSidedNormalP(z), "miettinen-nurminen score on clusters"
	c.Warnings = warn(c.Warnings, WarnFallback, "too few clusters for a cluster-robust comparison: each cluster counted as one trial, which is conservative")
	return c
}

// welch fills in the interval and the test of two independent clustered means.
func (c Comparison) welch(a, b ClusteredMean, level, lo, hi float64) Comparison {
	va, vb := a.CR2*a.CR2, b.CR2*b.CR2
	t := newTTest(c.Difference, math.Sqrt(va+vb), (va+vb)*(va+vb)/(va*va/a.DF+vb*vb/b.DF))
	i := t.interval(level)
	c.Warnings = clip(&i, lo, hi, c.Warnings)
	c.Lower, c.Upper, c.SE, c.DF = i.Lower, i.Upper, t.SE, t.DF
	c.Method, c.P, c.Test = "cr2 welch t", t.P, "cr2 welch t"
	c.MDE = minimumDetectable(twoSidedT(level, t.DF), t.SE)
	return c.explained()
}

// PairedProportion assumes that each value is 0 or 1 and that the i-th values of a and b
// belong to the same item; items of one cluster may be alike.
//
// Without clusters the interval is Tango's and the test McNemar's mid-p. With clusters they
// are CR2 with Satterthwaite's t on the differences, and, with fewer than 20 clusters or too
// few discordant pairs, exact intervals on clusters and an exact sign flip of clusters.
type PairedProportion struct{}

// Summary is that of ClusteredProportion: pairing says nothing about one model.
func (PairedProportion) Summary(o Obs, level float64) Estimate {
	return ClusteredProportion{}.Summary(o, level)
}

// Compare gives the difference of the shares of ones, a − b.
func (PairedProportion) Compare(a, b Obs, level float64) Comparison {
	p := gatherPairs(a, b)
	switch {
	case !(level > 0 && level < 1):
		p.reason = badLevel
	case !p.reason.Given() && !(p.a.binary && p.b.binary):
		p.reason = notBinary
	}
	if p.reason.Given() {
		return undefinedComparison(p.diff.n, p.diff.clusters, level, p.reason)
	}
	return p.compareProportions(p.a.Mean().CR2, p.b.Mean().CR2, level)
}

// compareProportions compares checked binary pairs; seA and seB are the standard errors of
// the two shares.
func (p pairs) compareProportions(seA, seB, level float64) Comparison {
	c := p.comparison(level)
	c.Effect, c.EffectName = cohenH(c.A, c.B), "cohen_h"
	m := p.diff.Mean()
	c.SE, c.Correlation = m.CR2, pairingCorrelation(seA, seB, m.CR2)
	if p.diff.alone {
		return c.tango(p, level)
	}
	c.Warnings = warnFewClusters(c.Warnings, p.diff.clusters)
	up, down := p.discordant()
	n := float64(p.diff.n)
	perPair := (up+down)/n - m.Mean*m.Mean // variance of a difference if pairs were independent
	effective := perPair / (m.CR2 * m.CR2) // effective number of pairs
	events := (up + down) / n * effective
	switch {
	case p.diff.clusters < enoughClusters || m.flat() || up+down <= 10 || !(events >= effectivePairs):
		return c.discordantClusters(p, level)
	case events < linearPairs:
		i := tangoInterval(up/n*effective, down/n*effective, effective, twoSidedT(level, m.DF))
		c = c.pairedT(m, level, -1, 1)
		c.Lower, c.Upper, c.Method = i.Lower, i.Upper, "cr2 satterthwaite t, tango score form"
		return c
	}
	return c.pairedT(m, level, -1, 1)
}

// tango fills in the comparison of independent pairs.
func (c Comparison) tango(p pairs, level float64) Comparison {
	counts := p.counts
	if counts.N() == 0 { // sums of clusters of one
		for i := range p.a.Sums {
			counts.add(p.a.Sums[i], p.b.Sums[i])
		}
	}
	c.Clusters = c.N
	i := counts.Tango(level)
	c.Method = "tango score"
	_, c.P = McNemar(counts.AOnly, counts.BOnly)
	c.Test = "mcnemar mid-p"
	c.MDE = minimumDetectable(twoSidedZ(level), c.SE)
	if d := counts.AOnly + counts.BOnly; d <= 10 {
		i = discordantExact(float64(counts.AOnly), float64(counts.BOnly), float64(counts.N()), level)
		c.Method = "clopper-pearson on pairs, a-only and b-only"
		c.Warnings = warn(c.Warnings, WarnFewEvents, "pairs that differ: only %d", d)
		c.Warnings = warn(c.Warnings, WarnFallback, "too few differing pairs for a score interval: exact intervals, which are conservative")
	}
	c.Lower, c.Upper = i.Lower, i.Upper
	return c
}

// discordant counts pairs, or cluster sums where only these are known, that favour a and b.
func (p pairs) discordant() (up, down float64) {
	if p.counts.N() > 0 {
		return float64(p.counts.AOnly), float64(p.counts.BOnly)
	}
	for _, d := range p.diff.Sums {
		up += max(d, 0)
		down += max(-d, 0)
	}
	return up, down
}

// discordantClusters fills in the conservative comparison of few clusters.
func (c Comparison) discordantClusters(p pairs, level float64) Comparison {
	up, down := p.discordant()
	k := p.diff.effectiveClusters()
	n := float64(p.diff.n)
	i := discordantExact(up/n*k, down/n*k, k, level)
	c.Lower, c.Upper = i.Lower, i.Upper
	c.Method = "clopper-pearson on clusters, a-only and b-only"
	c.P, c.Test = signFlipOrNaN(p.diff.Sums)
	c.MDE = minimumDetectable(twoSidedZ(level), c.SE)
	c.Warnings = warn(c.Warnings, WarnFallback, "too few clusters or differing pairs for a cluster-robust comparison: exact intervals on clusters, which are conservative")
	return c
}

// pairedT fills in the interval and the test of a mean difference.
func (c Comparison) pairedT(m ClusteredMean, level, lo, hi float64) Comparison {
	t := newTTest(m.Mean, m.CR2, m.DF)
	i := t.interval(level)
	c.Warnings = clip(&i, lo, hi, c.Warnings)
	c.Lower, c.Upper, c.SE, c.DF = i.Lower, i.Upper, t.SE, t.DF
	c.Method, c.P, c.Test = "cr2 satterthwaite t, paired", t.P, "cr2 satterthwaite t, paired"
	c.MDE = minimumDetectable(twoSidedT(level, t.DF), t.SE)
	return c.explained()
}
