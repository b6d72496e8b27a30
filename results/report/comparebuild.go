package report

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/sovereign-eval/haetae/results/analysis"
	"github.com/sovereign-eval/haetae/results/stats"
)

// document builds the comparison for people: what is shown, the tables, then what a
// reader must know before believing them.
func (c Comparison) document() document {
	l := c.Lang
	d := document{heading{1, l.say("cmp.title")}}
	for _, x := range c.Compared {
		d = append(d, c.sides(x))
	}
	d = append(d, c.glance())
	for _, x := range c.Compared {
		d = append(d, c.alerts(x)...)
	}
	for _, x := range c.Compared {
		d = append(d, c.tasks(x)...)
	}
	for _, x := range c.Compared {
		d = append(d, c.differing(x)...)
	}
	d = append(d, c.warnings()...)
	return append(d, heading{2, l.say("cmp.reading")}, c.notes())
}

// sides name what is compared.
func (c Comparison) sides(x analysis.Compared) facts {
	var f facts
	for _, s := range x.Sides {
		f = append(f, [2]string{s.Name, s.Model + " (" + c.Lang.say("k.run") + " " + s.Run + ")"})
	}
	return f
}

// glance says in few words what is shown; what does not occur is not told.
func (c Comparison) glance() list {
	l, t := c.Lang, c.Tally()
	out := list{l.say("cmp.glance", t.Pairs) + ": " + l.counted([]count{{"cmp.better", t.Better}, {"cmp.worse", t.Poorer},
		{"cmp.alike", t.Alike}, {"cmp.unassessable", t.NotAssessable}})}
	if t.NotUnderstood > 0 {
		out = append(out, l.say("cmp.deaf", t.NotUnderstood))
	}
	if !math.IsNaN(c.Margin) {
		var counts []count
		for _, v := range verdicts {
			counts = append(counts, count{"short." + string(v), t.Verdicts[v]})
		}
		out = append(out, l.say("cmp.noworse", points(c.Margin, false))+": "+l.counted(counts))
	}
	if c.Gated {
		out = append(out, l.say("gate."+string(t.Gate())))
	}
	return out
}

// count is a message with a number.
type count struct {
	key string
	n   int
}

// counted lists the counts that are not zero.
func (l Lang) counted(counts []count) string {
	var out []string
	for _, c := range counts {
		if c.n > 0 {
			out = append(out, l.say(c.key)+" "+strconv.Itoa(c.n))
		}
	}
	if out == nil {
		return l.say("none")
	}
	return strings.Join(out, ", ")
}

// alerts say at the top what spoils a comparison; the values follow below.
func (c Comparison) alerts(x analysis.Compared) document {
	l := c.Lang
	var d document
	if len(x.Differences) > 0 {
		var names []string
		for _, f := range x.Differences {
			if name := l.fact(f.Fact); !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
		d = append(d, para{l.say("cmp.differ", strings.Join(names, ", ")), true})
	}
	for _, w := range x.Warnings {
		d = append(d, para{c.warning(x, w), true})
	}
	return d
}

// differing is the table of what differs besides chance.
func (c Comparison) differing(x analysis.Compared) document {
	if len(x.Differences) == 0 {
		return nil
	}
	l := c.Lang
	t := table{columns: []column{{l.say("cmp.fact"), false}, {l.say("c.task"), false}}}
	for _, s := range x.Sides {
		t.columns = append(t.columns, column{s.Name, false})
	}
	for _, f := range x.Differences {
		row := []string{l.fact(f.Fact), f.Task}
		for _, v := range f.Values {
			row = append(row, Line(v, max(48/len(x.Sides), 10)))
		}
		t.rows = append(t.rows, row)
	}
	return document{heading{2, l.say("cmp.h.differ")}, t}
}

// tasks are the tables of all tasks.
func (c Comparison) tasks(x analysis.Compared) document {
	var d document
	for _, t := range x.Tasks {
		title := t.Task
		if len(c.Compared) > 1 {
			title += " · " + x.Sides[0].Model
		}
		d = append(d, heading{2, title})
		switch {
		case len(t.Figures)+len(t.Attacks) == 0:
			d = append(d, para{text: c.Lang.say("cmp.nothing")})
		case len(x.Sides) == 2:
			d = append(d, c.twoSides(x, t.Figures, "c.metric"))
			if len(t.Attacks) > 0 {
				d = append(d, heading{3, c.Lang.say("cmp.attacks")}, c.twoSides(x, t.Attacks, "attack"))
			}
		default:
			for _, f := range t.All() {
				d = append(d, c.manySides(x, f)...)
			}
		}
		if u := c.unmatched(x, t); len(u) > 0 {
			d = append(d, u)
		}
	}
	return d
}

// unmatched counts what has no partner, and names the first of it.
func (c Comparison) unmatched(x analysis.Compared, t analysis.ComparedTask) list {
	l := c.Lang
	var out list
	for side, u := range t.Absent {
		if u.N == 0 {
			continue
		}
		names := strings.Join(u.Names, ", ")
		if rest := u.N - len(u.Names); rest > 0 {
			names += l.say("cmp.more", rest)
		}
		out = append(out, l.say("cmp.absent", x.Sides[side].Name, u.N, names))
	}
	return out
}

// notes say how the tables are to be read.
func (c Comparison) notes() list {
	l := c.Lang
	family := l.say("cmp.note.family", c.Family, l.correction(c.Correction), level(c.Level))
	if c.Correction == stats.BH || c.Correction == stats.BY {
		family = l.say("cmp.note.fdr", c.Family, l.correction(c.Correction), stripped(1-c.Level))
	}
	out := list{l.say("cmp.note.numbers"), family, l.say("cmp.note.mde")}
	for _, x := range c.Compared {
		if len(x.Sides) > 2 {
			out = append(out, l.say("cmp.note.ranks", level(c.Level)), l.say("cmp.note.matrix"))
			break
		}
	}
	bias, j, attacks := false, false, false
	c.each(func(f *analysis.ComparedFigure, _ *analysis.Pair) {
		bias, j, attacks = bias || f.Direction == analysis.ZeroIsBest, j || f.Metric == analysis.J, attacks || f.Attack != ""
	})
	if bias {
		out = append(out, l.say("cmp.note.zero"))
	}
	if j {
		out = append(out, l.say("cmp.note.j"))
	}
	if attacks {
		out = append(out, l.say("cmp.note.attacks", c.AttackFamily))
	}
	if !math.IsNaN(c.Margin) {
		out = append(out, l.say("cmp.note.margin", stripped((1-c.Level)/2)))
	}
	return out
}

// warnings lists the caveats of the figures and the tasks that some side lacks.
func (c Comparison) warnings() document {
	l := c.Lang
	var told gathered
	for _, x := range c.Compared {
		for _, p := range x.Partly {
			var has []string
			for _, side := range p.Has {
				has = append(has, x.Sides[side].Name)
			}
			told.add(l.say("cmp.partly", p.Task, strings.Join(has, ", ")), "")
		}
		for _, t := range x.Tasks {
			for _, f := range t.All() {
				c.tellFigure(&told, x, f)
			}
		}
	}
	if told.order == nil {
		return nil
	}
	return document{heading{2, l.say("h.warnings")}, told.list()}
}

// tellFigure gathers the caveats of a figure.
func (c Comparison) tellFigure(told *gathered, x analysis.Compared, f analysis.ComparedFigure) {
	place := f.Task + " · " + c.Lang.comparedName(f)
	for _, w := range f.Warnings {
		if has("g." + w.Code) {
			told.add(c.Lang.say("g."+w.Code), place)
			continue
		}
		told.add(c.warning(x, w), place)
	}
	var few []string
	for side, not := range f.NotAssessable {
		if not {
			few = append(few, x.Sides[side].Name)
		}
	}
	switch {
	case few == nil:
	case f.Attack != "":
		told.add(c.Lang.say("cmp.few.attack", strings.Join(few, ", ")), place)
	default:
		told.add(c.Lang.say("cmp.few", strings.Join(few, ", ")), place)
	}
}

// warning says a warning of a comparison.
func (c Comparison) warning(x analysis.Compared, w analysis.Warning) string {
	l := c.Lang
	arg := func(i int) string {
		if i < len(w.Args) {
			return w.Args[i]
		}
		return ""
	}
	switch w.Code {
	case analysis.WarnLost:
		var parts []string
		for i, s := range x.Sides {
			if n := arg(2 + i); n != "" && n != "0" {
				parts = append(parts, s.Name+" "+n)
			}
		}
		return l.say("w.lost_pairs", arg(0), arg(1), strings.Join(parts, ", "))
	case analysis.WarnState:
		return l.say("w.run_state", arg(0), l.say("state."+arg(1)))
	case analysis.WarnEnd:
		return l.say("w.side_changed", arg(0), l.fact("model "+arg(1)), arg(2), arg(3))
	}
	return l.warning(w)
}
