package report

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/sovereign-eval/haetae/results/analysis"
	"github.com/sovereign-eval/haetae/results/stats"
)

// CompareSchema names the form of the JSON comparison; docs/schema/compare.schema.json
// describes it.
const CompareSchema = "haetae-compare/1"

// writeJSON writes the comparison as one JSON document, in English whatever its
// language. Undefined numbers are null.
func (c Comparison) writeJSON(w io.Writer) error {
	pairs, ranks := []any{}, []any{}
	english := c
	english.Lang = English
	for _, x := range c.Compared {
		for i := range x.Sides {
			for k := i + 1; k < len(x.Sides); k++ {
				pairs = append(pairs, english.pairJSON(x, i, k))
			}
		}
		if len(x.Sides) > 2 {
			ranks = append(ranks, english.ranksJSON(x)...)
		}
	}
	runs, old, now := c.runs(), "", ""
	if len(runs) > 0 {
		old, now = runs[0], runs[len(runs)-1]
	}
	t := c.Tally()
	doc := object{"schema": CompareSchema, "run": now, "old_run": old, "runs": strs(runs), "level": c.Level, "correction": c.Correction,
		"compared": c.Family, "compared_under_attack": c.AttackFamily, "margin": finite(c.Margin), "pairs": pairs, "ranks": ranks,
		"summary": object{"pairs": t.Pairs, "better": t.Better, "worse": t.Poorer, "none_shown": t.Alike, "not_assessable": t.NotAssessable, "not_understood": t.NotUnderstood, "incomplete": t.Incomplete,
			"no_worse": nil, "gate": nil}}
	if !math.IsNaN(c.Margin) {
		v := object{}
		for _, k := range verdicts {
			v[string(k)] = t.Verdicts[k]
		}
		doc["summary"].(object)["no_worse"] = v
	}
	if c.Gated {
		doc["summary"].(object)["gate"] = t.Gate()
	}
	out, err := json.MarshalIndent(doc, "", "  ")
	if err != nil {
		return fmt.Errorf("encode comparison: %w", err)
	}
	_, err = w.Write(append(escape(out), '\n'))
	return err
}

var verdicts = [...]analysis.Verdict{analysis.NoWorse, analysis.NoWorseScored, analysis.Worse, analysis.CannotShow, analysis.NotShown, analysis.NoVerdict}

// pairJSON is what two sides say.
func (c Comparison) pairJSON(x analysis.Compared, i, k int) object {
	diffs, tasks, warnings, onlyOld, onlyNew := []any{}, []any{}, []any{}, []string{}, []string{}
	for _, f := range x.Differences {
		if f.Values[i] != f.Values[k] {
			diffs = append(diffs, object{"fact": f.Fact, "task": f.Task, "old": f.Values[i], "new": f.Values[k]})
		}
	}
	for _, w := range x.Warnings {
		if len(w.Args) > 0 && (w.Args[0] == x.Sides[i].Name || w.Args[0] == x.Sides[k].Name) {
			warnings = append(warnings, object{"code": w.Code, "message": c.warning(x, w)})
		}
	}
	for _, t := range x.Tasks {
		tasks = append(tasks, c.taskJSON(x, t, i, k))
	}
	for _, p := range x.Partly {
		onlyOld, onlyNew = appendIf(onlyOld, p, i, k), appendIf(onlyNew, p, k, i)
	}
	return object{"old": x.Sides[i].Model, "new": x.Sides[k].Model, "old_run": x.Sides[i].Run, "new_run": x.Sides[k].Run,
		"differences": diffs, "tasks": tasks, "warnings": warnings, "tasks_only_old": onlyOld, "tasks_only_new": onlyNew}
}

// appendIf adds a task that the first side has and the second does not.
func appendIf(list []string, p analysis.PartlyAsked, has, lacks int) []string {
	found, other := false, false
	for _, side := range p.Has {
		found, other = found || side == has, other || side == lacks
	}
	if found && !other {
		return append(list, p.Task)
	}
	return list
}

func (c Comparison) taskJSON(x analysis.Compared, t analysis.ComparedTask, i, k int) object {
	figures := []any{}
	for _, f := range t.All() {
		for _, p := range f.Pairs {
			if p.First == i && p.Second == k {
				figures = append(figures, c.figureJSON(x, f, p))
			}
		}
	}
	only := func(side int) object {
		return object{"items": t.Absent[side].N, "first": strs(t.Absent[side].Names)}
	}
	return object{"task": t.Task, "matched": t.Matched, "only_old": only(k), "only_new": only(i), "figures": figures}
}

func (c Comparison) figureJSON(x analysis.Compared, f analysis.ComparedFigure, p analysis.Pair) object {
	k := p.Comparison
	warnings := []any{}
	for _, w := range f.Warnings {
		warnings = append(warnings, object{"code": w.Code, "message": c.warning(x, w)})
	}
	o := object{"metric": f.Metric, "language": f.Lang, "attack": f.Attack, "where": f.Where, "direction": f.Direction, "lower_is_better": f.Direction == analysis.LowerIsBetter,
		"assessable": !p.NotAssessable, "assumption": f.Assumption.String(), "old": finite(k.B), "new": finite(k.A), "difference": finite(k.Difference),
		"lower": finite(k.Lower), "upper": finite(k.Upper), "level": k.Level, "method": k.Method, "test": k.Test, "p": finite(k.P), "p_corrected": finite(p.Adjusted),
		"significant": p.Significant(), "change": f.Change(p), "n": k.N, "clusters": k.Clusters, "mde": finite(k.MDE), "correlation": finite(k.Correlation),
		"effect": finite(k.Effect), "effect_name": k.EffectName, "no_score_old": f.Lost[p.First], "no_score_new": f.Lost[p.Second],
		"no_score_any": f.LostAny, "no_score_all": f.LostAll, "outside_of_choices": f.Outside,
		"all_matched": object{"low": finite(p.Low), "high": finite(p.High), "lower": finite(p.Lower), "upper": finite(p.Upper)},
		"no_worse":    nil, "verdict": nil, "warnings": warnings}
	if f.Where == nil {
		o["where"] = object{}
	}
	if !math.IsNaN(c.Margin) {
		v := f.NoWorse(p, c.Margin)
		o["verdict"], o["no_worse"] = v, v == analysis.NoWorse
	}
	addReason(o, c.reasonOf(x, f, p, undefinedReason(p, o)))
	return o
}

// reasonOf names the sides that cannot be assessed, and why, where some cannot; else
// the reason is the one given.
func (c Comparison) reasonOf(x analysis.Compared, f analysis.ComparedFigure, p analysis.Pair, r stats.Reason) stats.Reason {
	if whys := c.whys(x, f); p.NotAssessable && len(whys) > 0 {
		r.Text, r.Part = strings.Join(whys, " "), ""
		for _, side := range []int{p.First, p.Second} {
			if f.Why[side] != nil {
				r.Code = f.Why[side].Code
			}
		}
	}
	return r
}

// undefinedReason says why numbers of a figure are null; zero where none is.
func undefinedReason(p analysis.Pair, o object) stats.Reason {
	var null []string
	for _, k := range []string{"old", "new", "difference", "lower", "upper", "p", "p_corrected", "mde", "correlation", "effect"} {
		if o[k] == nil && (k != "effect" || o["effect_name"] != "none") {
			null = append(null, k)
		}
	}
	switch {
	case p.Comparison.Reason.Given():
		return p.Comparison.Reason
	case len(null) == 0:
		return stats.Reason{}
	}
	return stats.Because(stats.ReasonNoSpread, "no spread in the scores: %s undefined", strings.Join(null, ", "))
}

// ranksJSON are the places of all sides, figure by figure.
func (c Comparison) ranksJSON(x analysis.Compared) []any {
	var out []any
	for _, t := range x.Tasks {
		for _, f := range t.All() {
			models := []any{}
			for i, s := range x.Sides {
				e := f.Estimates[i]
				o := object{"model": s.Model, "run": s.Run, "estimate": finite(e.Value), "lower": finite(e.Lower), "upper": finite(e.Upper),
					"method": e.Method, "assessable": !f.NotAssessable[i], "reason": nil, "reason_code": nil, "rank_best": nil, "rank_worst": nil}
				if f.Why[i] != nil {
					o["reason"], o["reason_code"] = c.Lang.warning(*f.Why[i]), f.Why[i].Code
				}
				if f.Ranks != nil && f.Ranks.Intervals[i].Lower > 0 {
					o["rank_best"], o["rank_worst"] = f.Ranks.Intervals[i].Lower, f.Ranks.Intervals[i].Upper
				}
				models = append(models, o)
			}
			o := object{"task": t.Task, "metric": f.Metric, "language": f.Lang, "attack": f.Attack, "where": f.Where, "direction": f.Direction, "n": f.N,
				"clusters": f.Clusters, "method": nil, "models": models}
			if f.Where == nil {
				o["where"] = object{}
			}
			if f.Ranks != nil {
				o["method"] = f.Ranks.Method
			}
			out = append(out, o)
		}
	}
	return out
}

// compareColumns are the columns of the CSV form: one row per task, metric, language
// and pair. Undefined numbers are empty, with their reason.
var compareColumns = []string{"task", "metric", "language", "where", "direction", "old_model", "old_run", "new_model", "new_run", "old", "new", "difference",
	"lower", "upper", "level", "p", "p_corrected", "change", "verdict", "mde", "correlation", "n", "clusters", "method", "test", "no_score_any",
	"all_low", "all_high", "all_lower", "all_upper", "assessable", "reason", "attack"}

func (c Comparison) writeCSV(w io.Writer) error {
	rows := [][]string{compareColumns}
	for _, x := range c.Compared {
		for _, t := range x.Tasks {
			for _, f := range t.All() {
				for _, p := range f.Pairs {
					rows = append(rows, c.csvRow(x, f, p))
				}
			}
		}
	}
	return csv.NewWriter(w).WriteAll(rows)
}

func (c Comparison) csvRow(x analysis.Compared, f analysis.ComparedFigure, p analysis.Pair) []string {
	k, old, now, verdict := p.Comparison, x.Sides[p.First], x.Sides[p.Second], ""
	if !math.IsNaN(c.Margin) {
		verdict = string(f.NoWorse(p, c.Margin))
	}
	row := []string{Cell(f.Task), Cell(f.Metric), Cell(f.Lang), Cell(where(f.Where)), string(f.Direction), Cell(old.Model), Cell(old.Run), Cell(now.Model), Cell(now.Run)}
	for _, v := range []float64{k.B, k.A, k.Difference, k.Lower, k.Upper, k.Level, k.P, p.Adjusted} {
		row = append(row, csvNumber(v))
	}
	row = append(row, string(f.Change(p)), verdict, csvNumber(k.MDE), csvNumber(k.Correlation), strconv.Itoa(k.N), strconv.Itoa(k.Clusters),
		Cell(k.Method), Cell(k.Test), strconv.Itoa(f.LostAny))
	for _, v := range []float64{p.Low, p.High, p.Lower, p.Upper} {
		row = append(row, csvNumber(v))
	}
	reason := c.reasonOf(x, f, p, k.Reason)
	return append(row, strconv.FormatBool(!p.NotAssessable), Cell(reason.String()), Cell(f.Attack))
}
