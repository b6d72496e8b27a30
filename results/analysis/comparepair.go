package analysis

import (
	"math"

	"github.com/sovereign-eval/haetae/results/stats"
)

// ComparedFigure is one metric on the items that every side has a score of.
type ComparedFigure struct {
	Task, Metric, Lang string // Lang "" stands for all languages together, or none declared
	Attack             string // "" for plain items
	Where              map[string]string
	Direction          Direction
	Assumption         Assumed
	N, Clusters        int
	Estimates          []stats.Estimate // by side, each for itself
	NotAssessable      []bool           // by side: too few usable answers to compare at all, or an attack that it does not understand
	Why                []*Warning       // by side: why it is not assessable; nil where it is
	Lost               []int            // by side: items that all sides have and it has no score of
	LostAny            int              // items that lack a score of any side: they are in no pair
	LostAll            int              // of these, items that no side has a score of
	Outside            int              // items left out because a side named none of the choices (KoBBQ bias)
	Pairs              []Pair           // the later side less the earlier
	Ranks              *Ranking         // of more than two sides; nil where there is no order
	Warnings           []Warning
}

// Direction says which values of a metric are good, as its task declares.
type Direction string

// The directions.
const (
	HigherIsBetter Direction = "higher"
	LowerIsBetter  Direction = "lower"
	ZeroIsBest     Direction = "zero" // a bias: the nearer to 0 the better
)

// Assumed is what the values of a figure are taken to be.
type Assumed struct {
	Binary    bool // each is 0 or 1; graded otherwise
	Clustered bool // items that share a source may be alike; independent otherwise
	Contrast  bool // the difference of two means over different items, linearised
}

// Ranking are the places that each side may truly hold, right for all sides at once
// at the level of the comparison; 1 is best.
type Ranking struct {
	Intervals []stats.RankInterval // by side; zero where it is not assessable
	Method    string
}

// Pair compares two sides of a figure.
type Pair struct {
	First, Second int              // places in Compared.Sides
	Comparison    stats.Comparison // a is Second, b is First: Second − First
	Adjusted      float64          // p corrected for the size of the family; see Correct
	NotAssessable bool
	// Low and High bound the difference over all items that both sides have: every
	// score that is missing is taken to be as low, or as high, as it can be. They equal
	// the difference where nothing is missing.
	Low, High float64
	// Lower and Upper are an interval of the difference over all items that both sides
	// have, whatever the missing scores are. They are those of Comparison where nothing
	// is missing.
	Lower, Upper float64
}

var undefinedP = math.NaN()

// tested tells whether the pair belongs to the family of tests.
func (p Pair) tested() bool { return !p.NotAssessable && !math.IsNaN(p.Comparison.P) }

// Significant reports whether a difference is shown after the correction.
func (p Pair) Significant() bool { return !p.NotAssessable && p.Adjusted < 1-p.Comparison.Level }

// Change is what a shown difference means.
type Change string

// The changes.
const (
	Better   Change = "better"
	Poorer   Change = "worse"
	NoChange Change = "none shown"
)

// Change says whether Second is shown to be better or worse than First.
func (f ComparedFigure) Change(p Pair) Change {
	c := p.Comparison
	up := c.Difference > 0
	switch f.Direction {
	case LowerIsBetter:
		up = !up
	case ZeroIsBest:
		up = math.Abs(c.A) < math.Abs(c.B)
	}
	switch {
	case !p.Significant():
		return NoChange
	case up:
		return Better
	}
	return Poorer
}

// Verdict answers "is Second no worse than First by the margin?".
type Verdict string

// The verdicts. NoWorseScored is shown on the scored items only: the scores that are
// missing could overturn it. CannotShow: the data detect no difference as small as
// the margin. NotShown leaves the question open for other reasons.
const (
	NoWorse       Verdict = "no_worse"
	NoWorseScored Verdict = "no_worse_scored"
	Worse         Verdict = "worse"
	CannotShow    Verdict = "cannot_show"
	NotShown      Verdict = "not_shown"
	NoVerdict     Verdict = "undefined" // no interval, or not assessable
)

// NoWorse decides whether Second is shown to be no worse than First by a margin ≥ 0
// in units of the score. The interval's bound towards worse must lie within the
// margin, at a one-sided error rate of (1 − level)/2, and must do so whatever the
// missing scores are. For a bias, whose best value is 0, the whole interval must lie
// within ±margin: then the bias is no further from 0 by more than that.
func (f ComparedFigure) NoWorse(p Pair, margin float64) Verdict {
	c := p.Comparison
	switch {
	case p.NotAssessable || math.IsNaN(c.Lower) || math.IsNaN(c.Upper):
		return NoVerdict
	case f.within(p.Lower, p.Upper, margin):
		return NoWorse
	case f.beyond(p, margin):
		return Worse
	case f.within(c.Lower, c.Upper, margin):
		return NoWorseScored
	case p.Detectable() > margin:
		return CannotShow
	}
	return NotShown
}

// within tells whether an interval excludes that Second is worse by the margin.
func (f ComparedFigure) within(lower, upper, margin float64) bool {
	switch f.Direction {
	case LowerIsBetter:
		return upper < margin
	case ZeroIsBest:
		return -margin < lower && upper < margin
	}
	return lower > -margin
}

// beyond tells whether Second is shown to be worse by more than the margin.
func (f ComparedFigure) beyond(p Pair, margin float64) bool {
	c := p.Comparison
	switch f.Direction {
	case LowerIsBetter:
		return c.Lower > margin
	case ZeroIsBest: // on one side of 0 the distance from it is the value itself
		old := f.Estimates[p.First]
		return old.Lower >= 0 && c.Lower > margin || old.Upper <= 0 && c.Upper < -margin
	}
	return c.Upper < -margin
}

// Detectable is the MDE or, where the scores have no spread to tell it, half of the
// interval: even two sides that scored alike would leave a difference as large open.
func (p Pair) Detectable() float64 {
	c := p.Comparison
	if math.IsNaN(c.MDE) {
		return (c.Upper - c.Lower) / 2
	}
	return c.MDE
}

// ItemsFor is about how many items like these would detect a difference as small as
// the margin: n·(MDE/margin)², because errors shrink with the root of n. NaN where
// the margin is 0 or the MDE is undefined.
func (p Pair) ItemsFor(margin float64) float64 {
	if !(margin > 0) {
		return math.NaN()
	}
	r := p.Comparison.MDE / margin
	return math.Ceil(float64(p.Comparison.N) * r * r)
}

// String states the assumption in English.
func (a Assumed) String() string {
	s := "paired graded scores"
	switch {
	case a.Contrast:
		s = "a difference of two means of paired scores, linearised"
	case a.Binary:
		s = "paired outcomes, each 0 or 1"
	}
	if a.Clustered {
		return s + "; items that share a source may be alike"
	}
	return s + "; items are independent"
}
