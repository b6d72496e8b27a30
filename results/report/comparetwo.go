package report

import (
	"math"
	"strings"

	"github.com/sovereign-eval/haetae/results/analysis"
)

// twoSides has a line for each figure, with its small print below.
func (c Comparison) twoSides(x analysis.Compared, figures []analysis.ComparedFigure, about string) table {
	l := c.Lang
	out := table{title: l.say("cmp.about"), columns: []column{{l.say(about), false}, {"OLD", true}, {"NEW", true}, {"NEW−OLD", true},
		{l.say("c.interval", level(c.Level)), true}, {l.say("cmp.p", l.correction(c.Correction)), true}}}
	for _, f := range figures {
		p, name := f.Pairs[0], l.comparedName(f)
		if f.Attack != "" {
			name = attackedName(f)
		}
		out.rows = append(out.rows, []string{name, estimateOf(l, f, p.Comparison.B), estimateOf(l, f, p.Comparison.A),
			c.shown(f, p, 1), l.span(p.Comparison.Lower, p.Comparison.Upper), l.pvalue(p.Adjusted)})
		out.details = append(out.details, c.detail(x, f, p))
	}
	return out
}

// shown is the difference where one is shown, and ~ where none is.
func (c Comparison) shown(f analysis.ComparedFigure, p analysis.Pair, sign float64) string {
	switch {
	case p.NotAssessable && f.Attack != "":
		return c.Lang.say("attack.not")
	case p.NotAssessable:
		return c.Lang.say("cmp.na.side")
	case math.IsNaN(p.Adjusted):
		return c.Lang.say("na")
	case p.Significant():
		return points(sign*p.Comparison.Difference, true)
	}
	return "~"
}

// detail is the small print of a pair.
func (c Comparison) detail(x analysis.Compared, f analysis.ComparedFigure, p analysis.Pair) string {
	l, k := c.Lang, p.Comparison
	if f.Why != nil && p.NotAssessable && math.IsNaN(k.Difference) {
		return strings.Join(c.whys(x, f), " ")
	}
	s := []string{l.say("cmp.detail", l.sample(k.N, k.Clusters), l.say("dir."+string(f.Direction)), l.pvalue(k.P), l.points(k.MDE), l.plain(k.Correlation), l.method(k.Method))}
	return strings.Join(c.appendAnswer(s, f, p), "; ")
}

// whys say of each side that is not assessable why.
func (c Comparison) whys(x analysis.Compared, f analysis.ComparedFigure) []string {
	var out []string
	for side, w := range f.Why {
		if w != nil {
			out = append(out, x.Sides[side].Name+": "+c.Lang.warning(*w))
		}
	}
	return out
}

// appendAnswer adds what a pair shows of the margin, what its missing scores could
// change, and why a figure is undefined.
func (c Comparison) appendAnswer(s []string, f analysis.ComparedFigure, p analysis.Pair) []string {
	l := c.Lang
	if !math.IsNaN(c.Margin) {
		s = append(s, c.verdict(f, p))
	}
	if f.LostAny > 0 {
		s = append(s, l.say("cmp.bounds", f.LostAny, points(p.Low, true), points(p.High, true), l.span(p.Lower, p.Upper)))
	}
	if reason := p.Comparison.Reason; reason.Given() {
		s = append(s, l.say("cmp.undefined", l.reason(reason)))
	}
	return s
}

// verdict answers the question of the margin in a sentence.
func (c Comparison) verdict(f analysis.ComparedFigure, p analysis.Pair) string {
	l, v := c.Lang, f.NoWorse(p, c.Margin)
	question := l.say("cmp.noworse", points(c.Margin, false)) + ": "
	switch v {
	case analysis.NoWorse:
		return question + l.say("verdict.no_worse", stripped((1-c.Level)/2))
	case analysis.NoWorseScored:
		return question + l.say("verdict.no_worse_scored", f.LostAny)
	case analysis.CannotShow:
		s := question + l.say("verdict.cannot_show", l.points(p.Detectable()))
		if n := p.ItemsFor(c.Margin); !math.IsNaN(n) && n < 1e9 {
			s += l.say("cmp.items", grouped(n))
		}
		return s
	}
	return question + l.say("verdict."+string(v))
}
