package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/results/analysis"
)

// safety is the evidence of every battery: a summary, then bars and rates by
// language. Refusal always stands beside over-refusal.
func (r *Report) safety() document {
	l := r.Lang
	var d document
	for _, c := range r.Result.Cells {
		for _, g := range c.Safety {
			d = append(d, r.group(c, g)...)
		}
	}
	if d == nil {
		return nil
	}
	head := document{heading{2, l.say("h.safety")}, para{text: l.say("scope") + " " + l.say("r.legend")}, heading{3, l.say("h.summary")}, r.summary()}
	if len(r.baselines()) > 0 {
		head = append(head, para{text: l.say("baseline.note")})
	}
	head = append(append(head, legend{}), d...)
	for _, part := range []document{r.planes(), r.orders(), r.pooled(), r.languages(), r.attacks(), r.untested()} {
		head = append(head, part...)
	}
	return head
}

// summary has one line for each battery, model and language.
func (r *Report) summary() table {
	l := r.Lang
	t := table{columns: []column{{l.say("c.task"), false}, {l.say("c.lang"), false}, {l.say("c.harmful.complied"), true},
		{l.say("c.harmful.declined"), true}, {l.say("c.benign.complied"), true}, {l.say("c.benign.declined"), true},
		{l.say("c.usable"), true}, {l.say("c.j"), true}}}
	many := len(r.Run.Models) > 1
	if many {
		t.columns = append([]column{{l.say("c.model"), false}}, t.columns...)
	}
	for _, c := range r.Result.Cells {
		for _, g := range c.Safety {
			row := append([]string{r.Run.Tasks[c.Task].Name, l.language(g.Lang)}, l.glance(g)...)
			if many {
				row = append([]string{r.Run.Models[c.Model].Spec}, row...)
			}
			t.rows = append(t.rows, row)
		}
		if !many { // below each task, else below all models
			t.rows = append(t.rows, r.filters(c.Task, many)...)
		}
	}
	for task := range r.Run.Tasks {
		if many {
			t.rows = append(t.rows, r.filters(task, many)...)
		}
	}
	return t
}

// filters are the rows of the filters of prompts alone of a task. named: they stand
// in a table with a column of models.
func (r *Report) filters(task int, named bool) [][]string {
	l := r.Lang
	var out [][]string
	for _, b := range r.baselinesOf(task) {
		row := []string{b.name, l.language(b.Lang)}
		if named {
			row = []string{b.name, r.Run.Tasks[task].Name, l.language(b.Lang)}
		}
		if b.Reason != "" {
			out = append(out, append(row, "–", "–", "–", "–", "–", l.say("na")))
			continue
		}
		out = append(out, append(row, percent(1-b.Harmful)+" %", percent(b.Harmful)+" %", percent(1-b.Benign)+" %", percent(b.Benign)+" %",
			"–", l.number(analysis.J, b.Harmful-b.Benign)))
	}
	return out
}

// glance is the summary of a group. One that is not assessable has no rates in it.
func (l Lang) glance(g analysis.Group) []string {
	var out []string
	for _, metric := range []string{analysis.HarmfulCompliance, analysis.HarmfulRefusal, analysis.BenignHelped, analysis.OverRefusal} {
		if !g.Assessable {
			out = append(out, "–")
			continue
		}
		out = append(out, l.number(metric, g.Rate(metric).Estimate.Value))
	}
	out = append(out, fmt.Sprintf("%d/%d", g.Harmful.Usable()+g.Benign.Usable(), g.Harmful.Planned+g.Benign.Planned))
	if !g.Assessable {
		return append(out, l.say("na.line"))
	}
	return append(out, l.number(analysis.J, g.Rate(analysis.J).Estimate.Value))
}

// group is one battery in one language.
func (r *Report) group(c analysis.Cell, g analysis.Group) document {
	l := r.Lang
	d := document{heading{3, r.where(c) + " · " + l.language(g.Lang)}}
	if !g.Assessable {
		why := l.say("na.line") + ". " + l.warning(*g.Reason)
		if g.Reason.Code == analysis.WarnFewUsable {
			why += " " + l.say("na.why")
		}
		d = append(d, para{text: why, alert: true})
	}
	d = append(d, bars{"", g.Harmful, g.Benign}, r.rates(g))
	h, b, j := g.Rate(analysis.HarmfulCompliance), g.Rate(analysis.BenignHelped), g.Rate(analysis.J)
	d = append(d, para{text: l.say("r.size", h.Scored, h.Estimate.Clusters, l.effective(h), l.method(h.Estimate.Method),
		b.Scored, b.Estimate.Clusters, l.effective(b), l.method(b.Estimate.Method), l.method(j.Estimate.Method), l.say("system."+string(c.System)))})
	d = append(d, r.apart(c, g)...)
	var told list
	for _, f := range g.Rates {
		for _, w := range f.Warnings {
			if has("g."+w.Code) || f.Metric == analysis.J || f.Metric == analysis.Acceptable {
				continue // told with the warnings, or of the sides
			}
			place := r.sideOf(f.Metric)
			if w.Code == analysis.WarnZeroOf {
				place = l.metric(f.Metric)
			}
			if s := place + ": " + l.warning(w); !slices.Contains(told, s) {
				told = append(told, s)
			}
		}
	}
	if len(told) > 0 {
		d = append(d, told)
	}
	return d
}

// sideOf names the items that a rate is about.
func (r *Report) sideOf(metric string) string {
	switch metric {
	case analysis.HarmfulCompliance, analysis.HarmfulRefusal, analysis.NoUsableHarmful:
		return r.Lang.say("harmful")
	case analysis.OverRefusal, analysis.BenignHelped, analysis.NoUsableBenign:
		return r.Lang.say("benign")
	}
	return r.Lang.metric(metric)
}

// rates sets what the model did with harmful items beside what it did with benign
// ones.
func (r *Report) rates(g analysis.Group) table {
	l := r.Lang
	cell := func(metric string) string {
		f := g.Rate(metric)
		s := l.number(metric, f.Estimate.Value)
		if f.Estimate.Value == f.Estimate.Value {
			s += " " + l.interval(metric, f.Estimate)
		} else if f.Estimate.Reason.Given() {
			s += " (" + l.reason(f.Estimate.Reason) + ")"
		}
		if hasCases(f) {
			s = l.say("cell.worst", s, l.number(metric, f.Worst))
		}
		return s
	}
	t := table{columns: []column{{l.say("c.rate"), false}, {l.say("c.harmful"), true}, {l.say("c.benign"), true}}}
	t.rows = [][]string{
		{l.say("r.comply"), cell(analysis.HarmfulCompliance), cell(analysis.BenignHelped)},
		{l.say("r.decline"), cell(analysis.HarmfulRefusal), cell(analysis.OverRefusal)},
		{l.say("r.unusable"), cell(analysis.NoUsableHarmful), cell(analysis.NoUsableBenign)},
	}
	j := cell(analysis.J)
	if !g.Assessable {
		j = l.say("na.line")
	}
	acceptable := cell(analysis.Acceptable)
	if !g.Assessable {
		acceptable = "–"
	}
	t.rows = append(t.rows, []string{l.say("r.j"), j, ""}, []string{l.say("r.acceptable"), acceptable, ""})
	return t
}

// signs are how outcomes are drawn, in the order of harness.Outcomes.
var (
	signs      = [...]string{"█", "▓", "▒", "░", "·", "~", "…", "?", "×"}
	asciiSigns = [...]string{"#", "+", "%", "o", ".", "~", "_", "?", "x"}
	colors     = [...]string{"34", "36", "33", "35", "90", "90", "90", "31", "31"}
)

// cells shares a bar of n cells out among the outcomes, in their order: by largest
// remainder, and at least one cell for what occurred, so that no outcome is hidden.
func cells(b analysis.Bar, n int) [len(harness.Outcomes)]int {
	var out [len(harness.Outcomes)]int
	if b.Planned == 0 {
		return out
	}
	var rest [len(harness.Outcomes)]float64
	used := 0
	for i, o := range harness.Outcomes {
		exact := float64(b.Outcomes[o]) * float64(n) / float64(b.Planned)
		out[i] = int(exact)
		if b.Outcomes[o] > 0 {
			out[i] = max(out[i], 1)
		}
		rest[i] = exact - float64(out[i])
		used += out[i]
	}
	for ; used < n; used++ {
		i := furthest(rest[:], func(i int) bool { return b.Outcomes[harness.Outcomes[i]] > 0 }, 1)
		out[i]++
		rest[i]--
	}
	for ; used > n; used-- {
		i := furthest(rest[:], func(i int) bool { return out[i] > 1 }, -1)
		if i < 0 {
			break // fewer cells than outcomes
		}
		out[i]--
		rest[i]++
	}
	return out
}

// furthest is the place of the largest sign·v among those that may be chosen; −1
// without any.
func furthest(v []float64, may func(int) bool, sign float64) int {
	best := -1
	for i := range v {
		if may(i) && (best < 0 || sign*v[i] > sign*v[best]) {
			best = i
		}
	}
	return best
}

// outcomeCounts lists the outcomes that occurred, with their numbers.
func (l Lang) outcomeCounts(b analysis.Bar) string {
	var out []string
	for _, o := range harness.Outcomes {
		if n := b.Outcomes[o]; n > 0 {
			out = append(out, fmt.Sprintf("%s %d", l.say("o."+string(o)), n))
		}
	}
	if out == nil {
		return l.say("none")
	}
	return strings.Join(out, ", ")
}
