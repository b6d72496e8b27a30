package report

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/sovereign-eval/haetae/results/analysis"
)

// maxPairTable is the number of pairs above which a figure's pairs are left to the
// JSON and CSV forms: the matrix shows their verdicts.
const maxPairTable = 10

// manySides is a figure of more than two sides: places and a matrix of differences,
// then every pair.
func (c Comparison) manySides(x analysis.Compared, f analysis.ComparedFigure) document {
	l := c.Lang
	about := l.say("cmp.figure", l.sample(f.N, f.Clusters), l.say("dir."+string(f.Direction)), l.method(methodsOf(f)))
	if f.Ranks != nil {
		about += "; " + l.say("cmp.ranked", l.method(f.Ranks.Method))
	}
	d := document{heading{3, l.comparedName(f)}, c.matrix(x, f), para{text: about}}
	switch n := len(f.Pairs); {
	case n > maxPairTable:
		d = append(d, para{text: l.say("cmp.pairs.elsewhere", n)})
	case n > 0:
		d = append(d, c.pairTable(x, f))
	}
	return d
}

// methodsOf names the methods of a figure's pairs.
func methodsOf(f analysis.ComparedFigure) string {
	var out []string
	for _, p := range f.Pairs {
		if !slices.Contains(out, p.Comparison.Method) {
			out = append(out, p.Comparison.Method)
		}
	}
	return strings.Join(out, "; ")
}

// matrix has a row for each side: its estimate, its places, and its difference to
// every other side, ~ where none is shown.
func (c Comparison) matrix(x analysis.Compared, f analysis.ComparedFigure) table {
	l := c.Lang
	t := table{columns: []column{{l.say("c.model"), false}, {l.say("c.estimate"), true}, {l.say("c.interval", level(c.Level)), true}, {l.say("cmp.rank"), true}}}
	for _, s := range x.Sides {
		t.columns = append(t.columns, column{"−" + s.Name, true})
	}
	for i, s := range x.Sides {
		e := f.Estimates[i]
		row := []string{s.Name, estimateOf(l, f, e.Value), rangeOf(l, f, e.Lower, e.Upper), l.places(f.Ranks, i)}
		for j := range x.Sides {
			row = append(row, c.versus(f, i, j))
		}
		t.rows = append(t.rows, row)
	}
	return t
}

// versus is the cell of the matrix in row i and column j: i − j.
func (c Comparison) versus(f analysis.ComparedFigure, i, j int) string {
	if i == j {
		return "·"
	}
	for _, p := range f.Pairs {
		switch {
		case p.First == j && p.Second == i:
			return c.shown(f, p, 1)
		case p.First == i && p.Second == j:
			return c.shown(f, p, -1)
		}
	}
	if f.Attack != "" { // one of both does not understand it
		return c.Lang.say("attack.not")
	}
	return c.Lang.say("na") // one of both is not assessable
}

// estimateOf writes a side's estimate: with its sign where it may be negative.
func estimateOf(l Lang, f analysis.ComparedFigure, v float64) string {
	if !isNumber(v) {
		return l.say("na")
	}
	return points(v, hasSign(f))
}

// hasSign tells whether the values of a figure may be negative.
func hasSign(f analysis.ComparedFigure) bool {
	return f.Direction == analysis.ZeroIsBest || signed(f.Metric)
}

// rangeOf writes the interval of an estimate.
func rangeOf(l Lang, f analysis.ComparedFigure, lower, upper float64) string {
	if !isNumber(lower) || !isNumber(upper) {
		return l.say("na")
	}
	sign := hasSign(f)
	return "[" + points(lower, sign) + ", " + points(upper, sign) + "]"
}

// pairTable has a line for each pair.
func (c Comparison) pairTable(x analysis.Compared, f analysis.ComparedFigure) table {
	l := c.Lang
	t := table{title: l.say("cmp.about"), columns: []column{{l.say("cmp.pair"), false}, {l.say("cmp.difference"), true},
		{l.say("c.interval", level(c.Level)), true}, {l.say("cmp.p", l.correction(c.Correction)), true}, {"MDE", true}}}
	for _, p := range f.Pairs {
		k := p.Comparison
		t.rows = append(t.rows, []string{x.Sides[p.Second].Name + " − " + x.Sides[p.First].Name, c.shown(f, p, 1),
			l.span(k.Lower, k.Upper), l.pvalue(p.Adjusted), l.points(k.MDE)})
		t.details = append(t.details, c.pairDetail(f, p))
	}
	return t
}

// pairDetail is the small print of one of many pairs.
func (c Comparison) pairDetail(f analysis.ComparedFigure, p analysis.Pair) string {
	l, k := c.Lang, p.Comparison
	s := []string{l.say("cmp.pair.detail", l.pvalue(k.P), l.plain(k.Correlation))}
	return strings.Join(c.appendAnswer(s, f, p), "; ")
}

// places writes the ranks that a side may hold.
func (l Lang) places(r *analysis.Ranking, side int) string {
	if r == nil || r.Intervals[side].Lower == 0 {
		return "–"
	}
	i := r.Intervals[side]
	if i.Lower == i.Upper {
		return strconv.Itoa(i.Lower)
	}
	return strconv.Itoa(i.Lower) + "–" + strconv.Itoa(i.Upper)
}

// points writes a share in percent, without a sign.
func (l Lang) points(v float64) string {
	if !isNumber(v) {
		return l.say("na")
	}
	return points(v, false)
}

// plain writes a number with two decimals.
func (l Lang) plain(v float64) string {
	if !isNumber(v) {
		return l.say("na")
	}
	return minus(strings.Replace(strconv.FormatFloat(v, 'f', 2, 64), "-0.00", "0.00", 1))
}

// pvalue writes a p-value with two digits.
func (l Lang) pvalue(p float64) string {
	switch {
	case math.IsNaN(p):
		return l.say("na")
	case p < 1e-4:
		return "< 0.0001"
	}
	return strconv.FormatFloat(p, 'g', 2, 64)
}

// points writes a share in percent, with its sign where it is a difference; n/a
// where it is undefined.
func points(v float64, sign bool) string {
	if !isNumber(v) {
		return "n/a"
	}
	s := strconv.FormatFloat(100*v, 'f', 1, 64)
	switch {
	case s == "-0.0":
		s = "0.0"
	case sign && v > 0 && s != "0.0":
		s = "+" + s
	}
	return minus(s)
}

// span writes an interval of points.
func (l Lang) span(lower, upper float64) string {
	if !isNumber(lower) || !isNumber(upper) {
		return l.say("na")
	}
	return "[" + points(lower, true) + ", " + points(upper, true) + "]"
}

func minus(s string) string { return strings.Replace(s, "-", "−", 1) }

// stripped writes a share in percent with as many digits as it needs.
func stripped(v float64) string {
	return strconv.FormatFloat(math.Round(v*1e6)/1e4, 'f', -1, 64)
}

// grouped writes a whole number with commas between thousands.
func grouped(n float64) string {
	s := strconv.FormatFloat(n, 'f', 0, 64)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func isNumber(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
