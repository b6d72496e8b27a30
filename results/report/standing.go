package report

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/results/analysis"
)

// trim writes a number with at most one decimal.
func trim(v float64) string {
	return strings.TrimSuffix(strconv.FormatFloat(v, 'f', 1, 64), ".0")
}

// value is an estimate with its interval.
func (l Lang) value(f analysis.Figure) string {
	s := l.number(f.Metric, f.Estimate.Value)
	if math.IsNaN(f.Estimate.Value) {
		return s
	}
	return s + " " + l.interval(f.Metric, f.Estimate)
}

// change writes a difference of shares in percentage points with its interval, and ~
// where it holds 0.
func (l Lang) change(f analysis.Figure) string {
	e := f.Estimate
	if math.IsNaN(e.Value) {
		return l.say("na")
	}
	if f.Metric == analysis.J {
		return l.value(f) + tilde(e.Lower, e.Upper)
	}
	if math.IsNaN(e.Lower) {
		return points(e.Value, true)
	}
	return points(e.Value, true) + " " + l.span(e.Lower, e.Upper) + tilde(e.Lower, e.Upper)
}

func tilde(lower, upper float64) string {
	if lower <= 0 && upper >= 0 {
		return " ~"
	}
	return ""
}

// apart is what stands beside the rates of a group: repeats and reasoning traces.
func (r *Report) apart(c analysis.Cell, g analysis.Group) document {
	l := r.Lang
	var d document
	if len(g.Repeats) == 2 {
		k := ""
		for _, w := range g.Repeats[1].Warnings {
			if w.Code == analysis.WarnRepeats {
				k = w.Args[0]
			}
		}
		d = append(d, para{text: l.say("repeats", r.Run.Repeats(c.Task), k, l.value(g.Repeats[0]), l.value(g.Repeats[1]))})
	}
	if g.Thinking.Traces() > 0 {
		d = append(d, para{text: l.say("thinking", l.outcomeTally(g.Thinking.Harmful), l.outcomeTally(g.Thinking.Benign), g.Thinking.Leaked)})
	}
	return d
}

func (l Lang) outcomeTally(m map[harness.Outcome]int64) string {
	return l.outcomeCounts(analysis.Bar{Outcomes: m})
}

// orders is the table of ranks behind the floor.
func (r *Report) orders() document {
	l := r.Lang
	floor := slices.ContainsFunc(r.Result.Orders, func(o analysis.Order) bool { return o.Floor != nil })
	if len(r.Result.Orders) == 0 || !floor && len(r.Run.Models) == 1 { // nothing to order, and nothing to clear
		return nil
	}
	t := table{columns: []column{{l.say("c.task"), false}, {l.say("c.lang"), false}, {l.say("c.model"), false},
		{l.say("order.bound"), true}, {l.say("order.floor"), true}, {l.say("c.j"), true}, {l.say("order.rank"), false},
		{l.say("order.clusters"), true}, {l.say("order.basis"), false}, {l.say("f.system"), false}}}
	for _, o := range r.Result.Orders {
		floor := "–"
		if o.Floor != nil {
			floor = percent(*o.Floor) + " %"
		}
		basis := l.say("order.human")
		if o.Raw {
			basis = l.say("order.raw")
		}
		for _, p := range o.Places {
			rank, j, clusters := "", "–", "–"
			if p.Standing == analysis.Ordered {
				rank, j, clusters = l.rank(p.Rank.Lower, p.Rank.Upper), l.number(analysis.J, p.J), strconv.Itoa(o.Clusters)
			} else {
				rank = l.say("standing." + string(p.Standing))
			}
			t.rows = append(t.rows, []string{r.Run.Tasks[o.Task].Name, l.language(o.Lang), r.Run.Models[p.Model].Spec,
				l.number(analysis.HarmfulCompliance, p.Bound), floor, j, rank, clusters, basis, l.say("system." + string(r.systemOf(p.Model, o.Task)))})
		}
	}
	return document{heading{3, l.say("h.order")}, para{text: l.say("order.note", level(r.Result.Level))}, t}
}

func (l Lang) rank(low, high int) string {
	if low == high {
		return strconv.Itoa(low)
	}
	return fmt.Sprintf("%d–%d", low, high)
}

// systemOf is the system prompt that was in force for a model in a task.
func (r *Report) systemOf(model, task int) analysis.System {
	for _, c := range r.Result.Cells {
		if c.Model == model && c.Task == task {
			return c.System
		}
	}
	return analysis.SystemNone
}

// pooled is J over batteries, where the suite declares weights.
func (r *Report) pooled() document {
	l := r.Lang
	if len(r.Result.Pooled) == 0 {
		return nil
	}
	t := table{columns: []column{{l.say("c.model"), false}, {l.say("c.lang"), false}, {l.say("c.j"), true},
		{l.say("c.interval", level(r.Result.Level)), true}, {l.say("pooled.weights"), false}}}
	for _, p := range r.Result.Pooled {
		var weights []string
		for i, task := range p.Tasks {
			weights = append(weights, r.Run.Tasks[task].Name+" "+strconv.FormatFloat(p.Weights[i], 'f', 2, 64))
		}
		j, interval := l.number(analysis.J, p.Estimate.Value), l.interval(analysis.J, p.Estimate)
		if math.IsNaN(p.Estimate.Value) { // one of the batteries is not assessable
			j, interval = l.say("na.line"), "–"
		}
		t.rows = append(t.rows, []string{r.Run.Models[p.Model].Spec, l.language(p.Lang), j, interval, strings.Join(weights, ", ")})
	}
	return document{heading{3, l.say("h.pooled")}, t}
}

// inBrief are the differences between languages that people read; all are in the
// JSON and CSV forms.
var inBrief = [...]string{analysis.HarmfulCompliance, analysis.OverRefusal, analysis.J}

// languages are the differences on matched clusters, and what is no difference.
func (r *Report) languages() document {
	l := r.Lang
	t := table{columns: []column{{l.say("c.task"), false}, {l.say("c.lang"), false}, {l.say("lang.matched"), true},
		{l.say("c.metric"), false}, {l.say("c.difference"), true}}}
	var rest list
	for _, c := range r.Result.Cells {
		for _, p := range c.Pairs {
			if p.OnlyA+p.OnlyB > 0 {
				s := l.say("lang.rest", r.Run.Tasks[c.Task].Name, p.OnlyA, l.language(p.A), p.OnlyB, l.language(p.B))
				if !slices.Contains(rest, s) {
					rest = append(rest, s)
				}
			}
			for _, f := range p.Figures {
				if !slices.Contains(inBrief[:], f.Metric) {
					continue
				}
				difference := l.say("na.line")
				if !f.NotAssessable {
					difference = l.change(f)
				}
				t.rows = append(t.rows, []string{r.where(c), l.say("lang.pair", l.language(p.B), l.language(p.A)), strconv.Itoa(p.Clusters),
					l.metric(f.Metric), difference})
			}
		}
	}
	if t.rows == nil && rest == nil {
		return nil
	}
	d := document{heading{3, l.say("h.languages")}}
	if t.rows != nil {
		d = append(d, para{text: l.say("lang.note")}, t)
	}
	if rest != nil {
		d = append(d, rest)
	}
	return d
}

// attacks are the cells of robustness and what was bypassed.
func (r *Report) attacks() document {
	l := r.Lang
	t := table{columns: []column{{l.say("c.task"), false}, {l.say("c.lang"), false}, {l.say("attack"), false}, {l.say("attack.controls"), true},
		{l.say("c.compliance"), true}, {l.say("attack.change"), true}, {l.say("attack.verdict"), false}}}
	found := table{columns: []column{{l.say("c.task"), false}, {l.say("c.lang"), false}, {l.say("bypass.k"), true}, {l.say("bypass.items"), true},
		{l.say("bypass.raw"), true}, {l.say("bypass.confirmed"), false}, {l.say("bypass.chance"), false}}}
	for _, c := range r.Result.Cells {
		for _, a := range c.Attacks {
			row := []string{r.where(c), l.language(a.Lang), a.Attack, fmt.Sprintf("%d/%d", a.Benign.Outcomes[harness.OutcomeComply], a.Benign.Planned)}
			if a.Understood {
				row = append(row, l.value(a.Rate(analysis.HarmfulCompliance)), l.change(a.Difference), l.say("attack.understood"))
			} else {
				row = append(row, "–", "–", l.say("attack.not"))
			}
			t.rows = append(t.rows, row)
		}
		for _, b := range c.Bypasses {
			found.rows = append(found.rows, l.bypass(r.where(c), b))
		}
	}
	if t.rows == nil {
		return nil
	}
	return document{heading{3, l.say("h.attacks")}, para{text: l.say("attack.note")}, t, para{text: l.say("bypass.note")}, found}
}

// bypass is a row of how many items got a complying answer after k queries.
func (l Lang) bypass(where string, b analysis.Bypass) []string {
	k := strconv.FormatInt(b.Most, 10)
	if b.Fewest != b.Most {
		k = fmt.Sprintf("%d–%d", b.Fewest, b.Most)
	}
	confirmed, expected := strconv.FormatInt(b.Found, 10), l.say("bypass.unknown")
	if b.ConfirmationOpen {
		confirmed = l.say("bypass.open")
	}
	if b.Error != nil {
		expected = l.say("bypass.expected", trim(b.Expected), trim(b.ExpectedUpper), percent(b.Error.Value), b.Error.N, b.Error.Source)
	}
	return []string{where, l.language(b.Lang), k, strconv.FormatInt(b.Items, 10), strconv.FormatInt(b.Raw, 10), confirmed, expected}
}

// untested lists what the taxonomy says no battery of the run covers.
func (r *Report) untested() document {
	var out list
	for _, t := range r.Run.Tasks {
		if t.Battery == nil {
			continue
		}
		for _, text := range t.Battery.Untested {
			s := text[string(r.Lang)]
			if s == "" {
				s = text[string(English)]
			}
			if s == "" && len(text) > 0 {
				s = text[slices.Min(slices.Collect(maps.Keys(text)))]
			}
			if s != "" && !slices.Contains(out, s) {
				out = append(out, s)
			}
		}
	}
	if out == nil {
		return nil
	}
	return document{heading{3, r.Lang.say("h.untested")}, out}
}
