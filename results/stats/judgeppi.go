package stats

import "math"

// ppi is PPI++ as a survey estimator: the judge's mean over all items, plus the mean of
// label - λ·verdict over the sample, weighted by one over the inclusion probability.
// λ is the slope that makes the weighted variance least, kept in [0, 1]. A judge that
// failed on an item is given its own mean there, though any fixed value would do.
// lambda NaN asks for the best weight; 0 leaves the judge out.
func (s *audit) ppi(lambda float64) (Estimate, float64) {
	fit := s.regress(lambda)
	out := Estimate{N: s.items, Clusters: s.items, Level: s.level,
		Method: "ppi++ difference estimator, t"}
	if fit.lambda == 0 {
		out.Method = "labels alone (judge weight 0), t"
	}
	out.Value = fit.lambda*fit.judgeMean + fit.rectifier
	v, df := s.independentVariance(fit)
	if !s.alone {
		v, df = s.clusteredVariance(fit)
		out.Clusters = s.touched
		out.Method += " over clusters, CR2"
		if s.touched < 20 {
			out.Warnings = warn(out.Warnings, WarnFewClusters, "labels in %d clusters: fewer than 20", s.touched)
		}
	}
	if s.Population {
		v += s.populationVariance(fit)
	} else {
		out.Method += ", finite population"
	}
	if math.IsNaN(v) || !(df > 0) {
		return undefinedEstimate(s.items, out.Clusters, s.level, Because(ReasonFewLabels, "too few labels for a standard error")), fit.lambda
	}
	out.SE, out.DF = math.Sqrt(v), df
	t := twoSidedT(s.level, df)
	half := t * out.SE
	low, high := s.possible()
	if v == 0 && s.n < s.items {
		half = s.unseen()
		out.Method = "no spread among the labels: exact bound on what may differ (conservative)"
	}
	if math.IsNaN(half) { // hardly a degree of freedom
		half = math.Inf(1)
	}
	shift := 0.0
	if v > 0 && s.alone && !math.IsInf(half, 1) {
		if shift = clamp(s.skewness(fit, t)/v, -half/2, half/2); math.IsNaN(shift) {
			shift = 0
		}
	}
	out.Lower = clamp(out.Value+shift-half, low, high)
	out.Upper = clamp(out.Value+shift+half, low, high)
	out.Value = clamp(out.Value, low, high)
	if s.n < 50 {
		out.Warnings = warn(out.Warnings, WarnSmallSample, "%d labels: fewer than 50", s.n)
	}
	return out, fit.lambda
}

// unseen is an upper bound of the share of items, or clusters, that differ from all the
// labelled ones where those are alike.
func (s *audit) unseen() float64 {
	g := s.n
	if !s.alone {
		g = s.touched
	}
	return ClopperPearson(0, g, s.level).Upper
}

// kornGraubard is Clopper and Pearson's interval for the effective number of labels,
// p(1-p) over the design's variance of the labels' mean (Korn and Graubard 1998).
func (s *audit) kornGraubard() Estimate {
	fit := s.regress(0)
	p := clamp(fit.rectifier, 0, 1)
	v, _ := s.clusteredVariance(fit)
	out := Estimate{N: s.items, Clusters: s.touched, Value: p, SE: math.Sqrt(v), DF: math.NaN(), Level: s.level,
		Method: "labels alone in clusters, korn-graubard (conservative)"}
	worth := float64(s.touched)
	if v > 0 {
		worth = math.Min(p*(1-p)/v, float64(s.n))
	}
	ci := clopperPearson(p*worth, worth, s.level)
	low, high := s.possible()
	out.Lower, out.Upper = clamp(ci.Lower, low, high), clamp(ci.Upper, low, high)
	out.Value = clamp(p, low, high)
	out.Warnings = warn(out.Warnings, WarnFewEvents, "%d of %d labels are events: under %d on one side, so the judge is left out", s.events, s.n, judgeFew)
	if s.touched < 20 {
		out.Warnings = warn(out.Warnings, WarnFewClusters, "labels in %d clusters: fewer than 20", s.touched)
	}
	return out
}

// possible are the smallest and the largest rate that the labels leave open: for the
// items every unlabelled one may be 0 or 1.
func (s *audit) possible() (low, high float64) {
	if s.Population {
		return 0, 1
	}
	var sum float64
	for i := range s.Judge {
		if y, ok := s.label(i); ok {
			sum += y
		}
	}
	return sum / float64(s.items), (sum + float64(s.items-s.n)) / float64(s.items)
}

// regression is the fitted difference estimator.
type regression struct {
	lambda        float64
	judgeMean     float64 // over all items
	rectifier     float64 // weighted mean of label - λ·verdict over the sample
	labelVariance float64
	used          int     // parameters estimated
	centre, sff   float64 // of the labelled verdicts: their mean, and their weighted squares about it
}

func (s *audit) verdict(i int) float64 {
	if math.IsNaN(s.Judge[i]) {
		return s.fill
	}
	return s.Judge[i]
}

// regress fits λ, unless it is given, and the rectifier.
func (s *audit) regress(lambda float64) regression {
	var r regression
	var weight, y1, f1 float64
	for i := range s.Judge {
		r.judgeMean += s.verdict(i) / float64(s.items)
		if y, ok := s.label(i); ok {
			w := 1 / s.pi[i]
			weight += w
			y1 += w * y
			f1 += w * s.verdict(i)
		}
	}
	y1, f1 = y1/weight, f1/weight
	var syf, sff, syy float64
	for i := range s.Judge {
		y, ok := s.label(i)
		if !ok {
			continue
		}
		c := s.spread(i)
		dy, df := y-y1, s.verdict(i)-f1
		syf += c * dy * df
		sff += c * df * df
		syy += dy * dy / s.pi[i] / weight
	}
	r.used = 1
	r.centre, r.sff = f1, sff
	if sff > 0 && math.IsNaN(lambda) {
		r.lambda = clamp(syf/sff, 0, 1)
		r.used = 2
	}
	r.rectifier = y1 - r.lambda*f1
	r.labelVariance = syy * float64(s.n) / math.Max(1, float64(s.n-1))
	return r
}

// spread is an item's weight in the variance, (1-π)/π². In a census it is 1.
func (s *audit) spread(i int) float64 {
	if s.n == s.items {
		return 1
	}
	return (1 - s.pi[i]) / (s.pi[i] * s.pi[i])
}

// populationVariance is what the items add to the variance by being a sample
// themselves: of labels s²/N, over clusters CR2 of what the judge carries.
func (s *audit) populationVariance(r regression) float64 {
	if s.alone {
		return r.labelVariance / float64(s.items)
	}
	f := make([]float64, s.items)
	for i := range f {
		f[i] = r.lambda * s.verdict(i)
	}
	return square(SumClusters(f, s.Clusters).Mean().CR2)
}

// mostLeverage keeps one label from counting more than twice for the sway it has over λ.
const mostLeverage = 0.3

// leverage is by how much the fit follows a label: 1/n, and where λ is fitted above 0 what its
// verdict adds, which is much where few verdicts are like it.
func (s *audit) leverage(r regression, i int) float64 {
	h := 1 / float64(s.n)
	if r.lambda > 0 {
		h = math.Min(mostLeverage, h+s.spread(i)*square(s.verdict(i)-r.centre)/r.sff)
	}
	return h
}

// independentVariance is Σ(1-π)/π²·((e-ē)/(1-h))²·(n-1)/n, over the squared sum of the weights, by
// the leverage h of each label: the jackknife, in equal samples that of MacKinnon and White
// (1985, HC3). With no λ fitted it is (1-n/N)·s²/n. The number is the degrees of freedom left.
func (s *audit) independentVariance(r regression) (v, df float64) {
	var sum, weight, c1, c2 float64
	n := float64(s.n)
	for i := range s.Judge {
		y, ok := s.label(i)
		if !ok {
			continue
		}
		e := (y - r.lambda*s.verdict(i) - r.rectifier) / (1 - s.leverage(r, i))
		c := (1 - s.pi[i]) / (s.pi[i] * s.pi[i])
		sum += c * e * e * (n - 1) / n
		c1 += c
		c2 += c * c
		weight += 1 / s.pi[i]
	}
	df = n
	if c2 > 0 {
		df = c1 * c1 / c2
	}
	return sum / (weight * weight), df - float64(r.used)
}

// skewness is what to move a t interval by, times the variance v: where events are rare, an
// estimate that is too low comes with a standard error that is too small. It is
// (3t²C − (t²−1)M)/6 by the third central moment M of the estimator under the design,
// Σ(1-π)(1-2π)/π³·(e-ē)³ over the cubed sum of the weights, and its covariance C with v,
// Σ(1-π)²/π³·(e-ē)³ over the same: Johnson's (1978) interval, which has M(1+2t²)/6 as C = M for
// samples of an infinite population, by the Edgeworth expansion of finite ones (Babu and
// Singh 1985).
func (s *audit) skewness(r regression, t float64) float64 {
	var sum, weight float64
	for i := range s.Judge {
		y, ok := s.label(i)
		if !ok {
			continue
		}
		pi := s.pi[i]
		e := y - r.lambda*s.verdict(i) - r.rectifier
		sum += (1 - pi) / (pi * pi * pi) * (3*t*t*(1-pi) - (t*t-1)*(1-2*pi)) * e * e * e
		weight += 1 / pi
	}
	return sum / (6 * weight * weight * weight)
}

// clusteredVariance is CR2 on the residuals of the labelled clusters, with the
// finite-population correction of the share labelled.
func (s *audit) clusteredVariance(r regression) (v, df float64) {
	var e []float64
	var id []int32
	var weight float64
	for i := range s.Judge {
		if y, ok := s.label(i); ok {
			w := 1 / s.pi[i]
			e = append(e, w*(y-r.lambda*s.verdict(i)-r.rectifier))
			id = append(id, s.Clusters[i])
			weight += w
		}
	}
	m := SumClusters(e, id).Mean()
	se := m.CR2 * float64(len(e)) / weight
	v = se * se
	if !s.Population {
		v *= 1 - float64(s.n)/float64(s.items)
	}
	return v, m.DF - float64(r.used-1)
}
