package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/results"
	"github.com/sovereign-eval/haetae/results/analysis"
)

// document builds the report for people.
func (r *Report) document() document {
	var d document
	d = append(d, heading{1, r.Lang.say("title")}, r.overview())
	d = append(d, r.models()...)
	d = append(d, r.capability()...)
	d = append(d, r.safety()...)
	d = append(d, r.judges()...)
	d = append(d, r.audits()...)
	d = append(d, r.warnings()...)
	d = append(d, r.notes()...)
	return append(d, r.circumstances()...)
}

func (r *Report) overview() facts {
	l, c := r.Lang, r.Result.Counts
	return facts{
		{l.say("k.run"), r.Run.ID},
		{l.say("f.state"), l.say("state." + string(r.Run.State))},
		{l.say("f.samples"), l.counts(c)},
		{l.say("f.setup"), l.say("seed", r.Run.Seed, max(r.Run.Epochs, 1)) + ", " + l.say("level", level(r.Result.Level))},
	}
}

func (l Lang) counts(c analysis.Counts) string {
	s := l.say("counts", c.Planned, c.Scored, c.Unscored, c.Errored)
	if c.Undone > 0 {
		s += l.say("counts.undone", c.Undone)
	}
	return s
}

// level writes a confidence level in percent, such as 95 or 99.9.
func level(v float64) string { return strconv.FormatFloat(100*v, 'g', 6, 64) }

// models lists every model as it was tested.
func (r *Report) models() document {
	l := r.Lang
	d := document{heading{2, l.say("h.tested")}}
	for i, m := range r.Run.Models {
		id := m.Identity
		f := facts{
			{l.say("f.model"), m.Spec},
			{l.say("f.digest"), opt(l, id.Digest, same)},
			{l.say("f.build"), l.say("v.build", opt(l, id.Parameters, same), opt(l, id.Quant, same), opt(l, id.Family, same))},
			{l.say("f.server"), strings.TrimSpace(id.Runner + " " + opt(l, id.Server, same))},
			{l.say("f.context"), l.say("v.context", opt(l, id.Context, strconv.Itoa), opt(l, id.Trained, strconv.Itoa))},
			{l.say("f.offload"), opt(l, id.Offload, func(v float64) string {
				if v <= 0 {
					return l.say("v.offload.cpu")
				}
				return l.say("v.offload", percent(v))
			})},
			{l.say("f.system"), r.systems(i)},
		}
		if len(m.Params) > 0 {
			f = append(f, [2]string{l.say("f.params"), l.params(m.Params)})
		}
		d = append(d, f)
		if w := analysis.ModelWarnings(m); len(w) > 0 {
			var sentences list
			for _, w := range w {
				sentences = append(sentences, l.warning(w))
			}
			d = append(d, sentences)
		}
	}
	return d
}

// systems says which system prompts were in force for a model, with the tasks
// where they differ.
func (r *Report) systems(model int) string {
	byKind := map[analysis.System][]string{}
	var order []analysis.System
	for _, c := range r.Result.Cells {
		if c.Model == model {
			if byKind[c.System] == nil {
				order = append(order, c.System)
			}
			byKind[c.System] = append(byKind[c.System], r.Run.Tasks[c.Task].Name)
		}
	}
	var out []string
	for _, s := range order {
		text := r.Lang.say("system." + string(s))
		if len(order) > 1 {
			text += " (" + strings.Join(byKind[s], ", ") + ")"
		}
		out = append(out, text)
	}
	return strings.Join(out, "; ")
}

// params writes the resolved generation parameters, which differ between tasks in
// the number of new tokens at most.
func (l Lang) params(ps []harness.Params) string {
	low, high := ps[0].MaxTokens, ps[0].MaxTokens
	for _, p := range ps {
		low, high = min(low, p.MaxTokens), max(high, p.MaxTokens)
	}
	tokens := strconv.Itoa(low)
	if high != low {
		tokens += "–" + strconv.Itoa(high)
	}
	think := ps[0].Think
	if think == "" {
		think = l.say("none")
	}
	return l.say("v.params", opt(l, ps[0].Temperature, func(t float64) string {
		return strconv.FormatFloat(t, 'g', -1, 64)
	}), ps[0].NumCtx, think, tokens)
}

// capability is the table of all figures that are not safety rates.
func (r *Report) capability() document {
	l := r.Lang
	t := table{title: l.say("c.detail"), columns: []column{{l.say("c.task"), false}, {l.say("c.metric"), false},
		{l.say("c.lang"), false}, {l.say("c.estimate"), true}, {l.say("c.interval", level(r.Result.Level)), true}}}
	many := len(r.Run.Models) > 1
	if many {
		t.columns = append([]column{{l.say("c.model"), false}}, t.columns...)
	}
	for _, c := range r.Result.Cells {
		for _, f := range c.Figures {
			if analysis.IsRate(f.Metric) && c.Safety != nil {
				continue
			}
			row := []string{r.Run.Tasks[c.Task].Name, l.figure(f), l.scope(f, c),
				l.number(f.Metric, f.Estimate.Value), l.interval(f.Metric, f.Estimate)}
			if many {
				row = append([]string{r.Run.Models[c.Model].Spec}, row...)
			}
			t.rows = append(t.rows, row)
			t.details = append(t.details, l.detail(f))
		}
	}
	if len(t.rows) == 0 {
		return nil
	}
	return document{heading{2, l.say("h.capability")}, t}
}

// scope is the language of a figure.
func (l Lang) scope(f analysis.Figure, c analysis.Cell) string {
	if f.Lang != "" {
		return l.language(f.Lang)
	}
	for _, g := range c.Figures {
		if g.Metric == f.Metric && g.Lang != "" {
			return l.say("all")
		}
	}
	return "–"
}

// detail is the small print of a figure.
func (l Lang) detail(f analysis.Figure) string {
	s := l.say("detail", f.Planned, f.Scored, f.Unscored, f.Errored, f.Estimate.Clusters, l.method(f.Estimate.Method))
	if f.Estimate.Reason.Given() {
		s += "; " + l.reason(f.Estimate.Reason)
	}
	if hasCases(f) {
		s += "; " + l.say("detail.cases", l.number(f.Metric, f.Best), l.number(f.Metric, f.Worst))
	}
	return s
}

// hasCases tells whether something is missing that could change the figure.
func hasCases(f analysis.Figure) bool { return f.Best < f.Worst || f.Worst < f.Best }

// warnings lists what a reader must know, each sentence once with the places where
// it holds; what is told beside a battery's rates is not told again.
func (r *Report) warnings() document {
	l := r.Lang
	var told gathered
	for _, w := range r.Result.Warnings {
		told.add(l.warning(w), "")
	}
	for _, c := range r.Result.Cells {
		where := r.where(c)
		for _, w := range c.Warnings {
			told.add(l.warning(w), where)
		}
		for _, f := range c.Figures {
			rate := c.Safety != nil && analysis.IsRate(f.Metric)
			place := where
			if !rate {
				place += " · " + l.figure(f)
				if f.Lang != "" {
					place += " · " + l.language(f.Lang)
				}
			}
			for _, w := range f.Warnings {
				switch {
				case has("g." + w.Code):
					told.add(l.say("g."+w.Code), where)
				case !rate:
					told.add(l.warning(w), place)
				}
			}
		}
	}
	if told.order == nil {
		return nil
	}
	return document{heading{2, l.say("h.warnings")}, told.list()}
}

// gathered are sentences with the places where they hold, in the order of their
// first appearance.
type gathered struct {
	order  []string
	places map[string][]string
}

func (g *gathered) add(sentence, place string) {
	if g.places == nil {
		g.places = map[string][]string{}
	}
	p, ok := g.places[sentence]
	if !ok {
		g.order = append(g.order, sentence)
	}
	if place != "" && !slices.Contains(p, place) {
		p = append(p, place)
	}
	g.places[sentence] = p
}

func (g *gathered) list() list {
	var out list
	for _, s := range g.order {
		if p := g.places[s]; len(p) > 0 {
			s = strings.TrimRight(s, ".") + " (" + strings.Join(p, "; ") + ")"
		}
		out = append(out, s)
	}
	return out
}

// where names a cell.
func (r *Report) where(c analysis.Cell) string {
	name := r.Run.Tasks[c.Task].Name
	if len(r.Run.Models) > 1 {
		name += " · " + r.Run.Models[c.Model].Spec
	}
	return name
}

// notes lists the tasks and what they ask to be told.
func (r *Report) notes() document {
	l := r.Lang
	if len(r.Run.Tasks) == 0 {
		return document{para{text: l.say("tasks.none")}}
	}
	t := table{columns: []column{{l.say("c.task"), false}, {l.say("c.version"), false}, {l.say("f.digest"), false},
		{l.say("c.items"), true}, {l.say("c.licence"), false}}, title: l.say("c.source")}
	var notes list
	for _, k := range r.Run.Tasks {
		t.rows = append(t.rows, []string{k.Name, k.Version, k.Digest.Short(), strconv.Itoa(k.Count), k.Licence})
		t.details = append(t.details, l.title(k)+" · "+l.say("c.source")+": "+k.Source)
		for _, n := range k.Notes {
			notes = append(notes, k.Name+": "+n)
		}
	}
	d := document{heading{2, l.say("h.notes")}, t}
	if len(notes) > 0 {
		d = append(d, notes)
	}
	return d
}

// title is the task's title in the report's language, else in English, else its name.
func (l Lang) title(t results.Task) string {
	for _, lang := range []string{string(l), "en"} {
		if s := t.Title[lang]; s != "" {
			return s
		}
	}
	return t.Name
}

// circumstances say how the run went.
func (r *Report) circumstances() document {
	l, c := r.Lang, r.Result.Circumstances
	const layout = "2006-01-02 15:04:05 MST"
	f := facts{}
	if !r.Run.Started.IsZero() {
		when := l.say("v.time.open", r.Run.Started.UTC().Format(layout))
		if !r.Run.Ended.IsZero() {
			when = l.say("v.time", r.Run.Started.UTC().Format(layout), r.Run.Ended.UTC().Format(layout),
				r.Run.Ended.Sub(r.Run.Started).Round(1e8).String())
		}
		f = append(f, [2]string{l.say("k.time"), when})
	}
	for _, p := range c.Phases {
		f = append(f, [2]string{l.say("k.speed", p.Model), l.speed(p)})
	}
	f = append(f, [2]string{l.say("k.resumes"), l.say("v.resumes", r.Run.Resumes, c.Retries, c.Tries)})
	if len(c.Causes) > 0 {
		f = append(f, [2]string{l.say("k.causes"), tallies(c.Causes)})
	}
	if len(c.Flags) > 0 {
		f = append(f, [2]string{l.say("k.flags"), tallies(c.Flags)})
	}
	if len(c.Endpoints) > 0 {
		var list []string
		for _, e := range c.Endpoints {
			list = append(list, fmt.Sprintf("%s (%d)", e.Address, e.Samples))
		}
		f = append(f, [2]string{l.say("k.endpoints"), strings.Join(list, ", ")})
	}
	return document{heading{2, l.say("h.circumstances")}, f}
}

func (l Lang) speed(p analysis.Phase) string {
	samples, tokens, ok := p.Rate()
	s := l.say("na")
	if ok {
		s = l.say("v.speed", strconv.FormatFloat(samples, 'f', 1, 64), strconv.FormatFloat(tokens, 'f', 1, 64))
	}
	if use, ok := p.SlotUse(); ok {
		s += l.say("v.slots", p.Slots, percent(use))
	} else {
		s += l.say("v.slots.unknown")
	}
	if p.Canaries > 0 {
		s += l.say("v.flips", p.Flips, p.Canaries)
	}
	return s
}

// tallies writes counts by name, sorted.
func tallies(m map[string]int64) string {
	var names []string
	for n := range m {
		names = append(names, n)
	}
	slices.Sort(names)
	for i, n := range names {
		names[i] = fmt.Sprintf("%s %d", n, m[n])
	}
	return strings.Join(names, ", ")
}
