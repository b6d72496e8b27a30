package stats

import (
	"encoding/json"
	"fmt"
	"math"
)

// Interval is a closed interval [Lower, Upper]. Both are NaN where it is undefined.
type Interval struct {
	Lower, Upper float64
}

// Contains reports whether v lies in the interval.
func (i Interval) Contains(v float64) bool { return i.Lower <= v && v <= i.Upper }

// Width is Upper − Lower.
func (i Interval) Width() float64 { return i.Upper - i.Lower }

// Warning is a caveat that belongs to a number: a stable code for programs and a sentence
// for people.
type Warning struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

func (w Warning) String() string { return w.Message }

// Codes of the warnings that this package gives.
const (
	WarnFewClusters = "few_clusters" // fewer than 20 clusters
	WarnFewEvents   = "few_events"   // fewer than 10 successes or failures
	WarnSmallSample = "small_sample" // too few samples for the method's approximation
	WarnConstant    = "constant"     // no spread in the data: the usual interval has zero width
	WarnClipped     = "clipped"      // the interval left the range of the score and was cut
	WarnFallback    = "fallback"     // the usual method does not hold here; a conservative one was used
	WarnClustered   = "clustered"    // the data have clusters that the assumption ignores
	WarnMissing     = "missing"      // values that are not finite were left out

	WarnNotConverged    = "not_converged"    // an iteration that had not settled
	WarnTransported     = "transported"      // errors measured on other answers
	WarnClustersIgnored = "clusters_ignored" // the method knows no clusters
	WarnNoLabels        = "no_labels"        // items of one verdict without a label
)

// Estimate is one number with what it takes to believe it.
type Estimate struct {
	N        int       // samples used
	Clusters int       // independent groups among them; N where each sample stands alone
	Value    float64   // the point estimate, NaN where undefined
	SE       float64   // its standard error, NaN where the method has none
	DF       float64   // degrees of freedom of the t quantile, +Inf for normal, NaN for exact methods
	Lower    float64   // lower bound of the interval
	Upper    float64   // upper bound of the interval
	Level    float64   // nominal confidence of the interval, such as 0.95
	Method   string    // name of the interval's method
	Reason   Reason    // why a number is NaN; zero where all are defined
	Warnings []Warning // what a reader must know before believing it
}

// Interval returns the bounds of e.
func (e Estimate) Interval() Interval { return Interval{e.Lower, e.Upper} }

// Comparison is the difference of two sets of observations, a − b.
type Comparison struct {
	N           int       // pairs, or samples of both sets where they are unpaired
	Clusters    int       // independent groups
	A, B        float64   // point estimates of the two sets
	Difference  float64   // A − B
	SE          float64   // standard error of the difference
	DF          float64   // degrees of freedom of its t quantile, +Inf for normal, NaN for exact
	Lower       float64   // interval of the difference
	Upper       float64   //
	Level       float64   // nominal confidence of the interval
	Method      string    // name of the interval's method
	P           float64   // two-sided p-value of "no difference"
	Test        string    // name of the test that gave P
	Effect      float64   // standardised effect: Cohen's h for proportions, d for scores
	EffectName  string    // which effect size Effect is
	MDE         float64   // smallest difference seen with 80 % power at this level
	Correlation float64   // of the paired scores: what pairing saved; NaN where unpaired
	Reason      Reason    // why a number is NaN
	Warnings    []Warning // what a reader must know
}

// Interval returns the bounds of the difference.
func (c Comparison) Interval() Interval { return Interval{c.Lower, c.Upper} }

// Significant reports whether the p-value is below 1 − Level. It is false where P is undefined.
func (c Comparison) Significant() bool { return c.P < 1-c.Level }

// NoWorseThan reports whether a is shown to be no worse than b by margin (≥ 0, in units of
// the score, higher is better): the lower bound of a − b lies above −margin. The one-sided
// error rate is (1 − Level)/2.
func (c Comparison) NoWorseThan(margin float64) bool { return c.Lower > -margin }

// Equivalent reports whether the whole interval lies within ±margin (two one-sided tests).
func (c Comparison) Equivalent(margin float64) bool {
	return c.Lower > -margin && c.Upper < margin
}

// Obs are observations of one model on one metric, either one value for each sample or
// sums over clusters.
//
//   - Values has one score for each sample. Clusters gives the cluster of each sample and
//     has the length of Values, or is nil where every sample is independent.
//   - Sums and Sizes hold the same data pre-aggregated: the sum of the scores and the
//     number of samples of each cluster. They are used where Values is nil.
//
// For paired assumptions the i-th value (or cluster) of a and b belong to the same item,
// and the clusters of a are used.
type Obs struct {
	Values   []float64
	Clusters []int32
	Sums     []float64
	Sizes    []int
}

// Assumption says what observations are, and so which statistics hold for them. Summary
// estimates the mean of one set; Compare estimates the difference of two, a − b. level is
// the confidence of the interval, such as 0.95. Neither returns an error: where a number is
// undefined it is NaN and Reason says why.
type Assumption interface {
	Summary(o Obs, level float64) Estimate
	Compare(a, b Obs, level float64) Comparison
}

// warn appends a warning.
func warn(ws []Warning, code, format string, args ...any) []Warning {
	return append(ws, Warning{Code: code, Message: fmt.Sprintf(format, args...)})
}

// countOf is a count with its noun.
func countOf(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// undefinedEstimate is an estimate of which nothing is known but the reason.
func undefinedEstimate(n, clusters int, level float64, reason Reason) Estimate {
	nan := math.NaN()
	return Estimate{N: n, Clusters: clusters, Value: nan, SE: nan, DF: nan,
		Lower: nan, Upper: nan, Level: level, Method: "none", Reason: reason}
}

// undefinedComparison is a comparison of which nothing is known but the reason.
func undefinedComparison(n, clusters int, level float64, reason Reason) Comparison {
	nan := math.NaN()
	return Comparison{N: n, Clusters: clusters, A: nan, B: nan, Difference: nan, SE: nan, DF: nan,
		Lower: nan, Upper: nan, Level: level, Method: "none", P: nan, Test: "none", Effect: nan,
		EffectName: "none", MDE: nan, Correlation: nan, Reason: reason}
}

// finite turns a number that JSON cannot hold into null.
func finite(v float64) *float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return &v
}

// estimateJSON is the form of an estimate in JSON.
type estimateJSON struct {
	N        int       `json:"n"`
	Clusters int       `json:"clusters"`
	Estimate *float64  `json:"estimate"`
	SE       *float64  `json:"se"`
	DF       *float64  `json:"df"`
	Lower    *float64  `json:"lower"`
	Upper    *float64  `json:"upper"`
	Level    *float64  `json:"level"`
	Method   string    `json:"method"`
	Reason   string    `json:"reason,omitempty"`
	Code     string    `json:"reason_code,omitempty"`
	Args     []string  `json:"reason_args,omitempty"`
	Nulls    nulls     `json:"null_reasons,omitempty"`
	Warnings []Warning `json:"warnings,omitempty"`
}

// nulls says why numbers are null in JSON although Reason is not about them, by their names.
type nulls map[string]string

// note explains a number that JSON writes as null.
func (n nulls) note(name string, v float64, why string) {
	switch {
	case math.IsInf(v, 0) && name == "df":
		n[name] = infiniteDF
	case finite(v) == nil:
		n[name] = why
	}
}

const (
	infiniteDF = "infinite: the quantile is that of a normal law"
	noDF       = "the method has no degrees of freedom"
	noSE       = "the method gives no standard error"
)

// nulls explains what is null although the estimate and its interval are defined.
func (e Estimate) nulls() nulls {
	if e.Reason.Given() {
		return nil
	}
	n := nulls{}
	n.note("se", e.SE, noSE)
	n.note("df", e.DF, noDF)
	return n
}

// nulls explains what is null although the difference and its interval are defined.
func (c Comparison) nulls() nulls {
	if c.Reason.Given() {
		return nil
	}
	n := nulls{}
	n.note("se", c.SE, noSE)
	n.note("df", c.DF, noDF)
	n.note("p", c.P, "the data allow no test")
	n.note("effect", c.Effect, "the scores have no spread to measure a difference by")
	n.note("mde", c.MDE, "the differences have no spread that tells an error")
	n.note("correlation", c.Correlation, "the scores are not paired, or those of a side have no spread")
	return n
}

// MarshalJSON writes undefined numbers as null, beside their reason.
func (e Estimate) MarshalJSON() ([]byte, error) {
	return json.Marshal(estimateJSON{e.N, e.Clusters, finite(e.Value), finite(e.SE), finite(e.DF), finite(e.Lower),
		finite(e.Upper), finite(e.Level), e.Method, e.Reason.String(), e.Reason.Code, e.Reason.Args, e.nulls(), e.Warnings})
}

// UnmarshalJSON reads what MarshalJSON wrote: null as NaN. A sentence without a code, as
// older records have it, is a reason too.
func (e *Estimate) UnmarshalJSON(b []byte) error {
	var x estimateJSON
	if err := json.Unmarshal(b, &x); err != nil {
		return err
	}
	number := func(v *float64) float64 {
		if v == nil {
			return math.NaN()
		}
		return *v
	}
	*e = Estimate{N: x.N, Clusters: x.Clusters, Value: number(x.Estimate), SE: number(x.SE), DF: number(x.DF), Lower: number(x.Lower),
		Upper: number(x.Upper), Level: number(x.Level), Method: x.Method, Warnings: x.Warnings}
	if x.Nulls["df"] == infiniteDF {
		e.DF = math.Inf(1)
	}
	if x.Reason != "" {
		e.Reason = Reason{Code: x.Code, Args: x.Args, Text: x.Reason}
		if x.Code == "" {
			e.Reason = Because(ReasonRecorded, "%s", x.Reason)
		}
	}
	return nil
}

// MarshalJSON writes undefined numbers as null, beside their reason.
func (c Comparison) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		N           int       `json:"n"`
		Clusters    int       `json:"clusters"`
		A           *float64  `json:"a"`
		B           *float64  `json:"b"`
		Difference  *float64  `json:"difference"`
		SE          *float64  `json:"se"`
		DF          *float64  `json:"df"`
		Lower       *float64  `json:"lower"`
		Upper       *float64  `json:"upper"`
		Level       *float64  `json:"level"`
		Method      string    `json:"method"`
		P           *float64  `json:"p"`
		Test        string    `json:"test"`
		Effect      *float64  `json:"effect"`
		EffectName  string    `json:"effect_name"`
		MDE         *float64  `json:"mde"`
		Correlation *float64  `json:"correlation"`
		Reason      string    `json:"reason,omitempty"`
		Code        string    `json:"reason_code,omitempty"`
		Nulls       nulls     `json:"null_reasons,omitempty"`
		Warnings    []Warning `json:"warnings,omitempty"`
	}{c.N, c.Clusters, finite(c.A), finite(c.B), finite(c.Difference), finite(c.SE), finite(c.DF),
		finite(c.Lower), finite(c.Upper), finite(c.Level), c.Method, finite(c.P), c.Test,
		finite(c.Effect), c.EffectName, finite(c.MDE), finite(c.Correlation), c.Reason.String(), c.Reason.Code, c.nulls(), c.Warnings})
}
