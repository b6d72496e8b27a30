package report

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/results/analysis"
	"github.com/sovereign-eval/haetae/results/audit"
	"github.com/sovereign-eval/haetae/results/stats"
)

// audits is what people's labels say of the rates; labels of other makers stand
// under a heading that says what they are.
func (r *Report) audits() document {
	l := r.Lang
	var d document
	for _, a := range r.Result.Audits {
		title := l.say("h.audit")
		if a.Maker != audit.Human {
			title = l.say("h.audit.other", l.say("maker."+a.Maker))
		}
		if len(r.Run.Models) > 1 {
			title += " · " + r.Run.Models[a.Model].Spec
		}
		d = append(d, heading{2, title})
		if a.Maker != audit.Human {
			d = append(d, para{text: l.say("a.other"), alert: true})
		}
		d = append(d, para{text: l.say("a.about", level(r.Result.Level))}, r.auditTable(a))
		d = append(d, r.agreement(a))
		if told := r.auditNotes(a); len(told) > 0 {
			d = append(d, told)
		}
	}
	return d
}

// auditTable has three rates side by side.
func (r *Report) auditTable(a analysis.Audit) table {
	l := r.Lang
	t := table{title: l.say("c.detail"), columns: []column{{l.say("c.task"), false}, {l.say("c.lang"), false}, {l.say("c.rate"), false},
		{l.say("a.raw"), true}, {l.say("audited." + a.Maker), true}, {l.say("corrected." + a.Maker), true}}}
	for _, c := range a.Cells {
		for _, x := range c.Rates {
			t.rows = append(t.rows, []string{r.taskName(c.Task), l.language(c.Lang), l.metric(x.Metric),
				l.estimate(x.Metric, x.Raw), l.estimate(x.Metric, x.Audited), l.estimate(x.Metric, x.Corrected)})
			detail := l.say("a.detail", c.Labelled, c.Drawn, c.Answers, c.Open, x.Errors, c.Halve, l.method(x.Corrected.Method))
			if c.Labelled == 0 {
				detail = l.say("a.detail.none", c.Drawn, c.Answers)
			}
			t.details = append(t.details, detail)
		}
	}
	return t
}

func (r *Report) taskName(task int) string {
	if task < 0 {
		return r.Lang.say("all")
	}
	return r.Run.Tasks[task].Name
}

// estimate is a value with its interval, or why there is none.
func (l Lang) estimate(metric string, e stats.Estimate) string {
	if math.IsNaN(e.Value) && math.IsNaN(e.Lower) {
		s := l.say("na")
		if e.Reason.Given() {
			s += " (" + l.reason(e.Reason) + ")"
		}
		return s
	}
	return l.number(metric, e.Value) + " " + l.interval(metric, e)
}

// agreement says how far the raters agree.
func (r *Report) agreement(a analysis.Audit) facts {
	l := r.Lang
	f := facts{{l.say("a.raters"), strings.Join(a.Raters, ", ")}, {l.say("a.labels"), strconv.Itoa(a.Entries)}}
	g := a.Agreement
	if g.Units == 0 {
		return append(f, [2]string{l.say("a.agreement"), l.say("a.one")})
	}
	show := func(e stats.Estimate) string {
		if math.IsNaN(e.Value) {
			return l.say("na")
		}
		s := strconv.FormatFloat(e.Value, 'f', 2, 64)
		if math.IsNaN(e.Lower) || math.IsNaN(e.Upper) {
			return s
		}
		return s + fmt.Sprintf(" [%.2f, %.2f]", e.Lower, e.Upper)
	}
	return append(f, [2]string{l.say("a.agreement"), l.say("a.kappas", g.Units, percent(g.Percent.Value), show(g.Kappa), show(g.AC1), show(g.Alpha))},
		[2]string{l.say("a.disputes"), strconv.Itoa(a.Disputes)})
}

// auditNotes are the warnings of an audit, each once, with the places where it holds.
func (r *Report) auditNotes(a analysis.Audit) list {
	l := r.Lang
	var told gathered
	for _, c := range a.Cells {
		where := r.taskName(c.Task) + " · " + l.language(c.Lang) + " · " + l.say(string(c.Side))
		if c.Waiting > 0 {
			told.add(l.say("a.waiting", c.Waiting), where)
		}
		if c.Open > 0 {
			told.add(l.say("a.open", c.Open), where)
		}
		for _, x := range c.Rates {
			for _, w := range x.Corrected.Warnings {
				if w.Code != analysis.WarnOpenLabels {
					told.add(l.warning(analysis.Warning{Code: analysis.WarnStats + w.Code, Args: []string{w.Message}}), where)
				}
			}
		}
	}
	return told.list()
}

// auditNeeds lists the cells by category with what they need.
func (r *Report) auditNeeds(a analysis.Audit) table {
	l := r.Lang
	t := table{columns: []column{{l.say("c.task"), false}, {l.say("c.lang"), false}, {l.say("a.side"), false}, {l.say("s.category"), false},
		{l.say("a.answers"), true}, {l.say("a.labelled"), true}, {l.say("a.need"), true}}}
	for _, n := range a.Finer {
		need := strconv.Itoa(n.Missing())
		if n.Missing() < 0 {
			need = l.say("a.never", analysis.MinAudit)
		}
		t.rows = append(t.rows, []string{r.taskName(n.Task), l.language(n.Lang), l.say(string(n.Side)), n.Category,
			strconv.Itoa(n.Answers), strconv.Itoa(n.Labelled), need})
	}
	return t
}

// WriteAudit writes the audits of a report with what finer cells still need, as
// text or as one JSON document.
func (r *Report) WriteAudit(w io.Writer, asJSON bool, o Options) error {
	if asJSON {
		b, err := json.Marshal(object{"run": r.Run.ID, "level": r.Result.Level, "audits": r.auditsJSON()})
		if err != nil {
			return fmt.Errorf("encode audit: %w", err)
		}
		if b, err = sortKeys(b); err != nil {
			return err
		}
		_, err = w.Write(append(escape(b), '\n'))
		return err
	}
	if err := writeText(w, r.auditStatus(), r.Lang, o); err != nil {
		return fmt.Errorf("write audit: %w", err)
	}
	return nil
}

func (r *Report) auditStatus() document {
	l := r.Lang
	d := append(document{facts{{l.say("k.run"), r.Run.ID}}}, r.audits()...)
	if len(r.Result.Audits) == 0 {
		d = append(d, para{text: l.say("a.empty")})
	}
	for _, a := range r.Result.Audits {
		if a.Maker == audit.Human {
			d = append(d, heading{2, l.say("h.finer")}, para{text: l.say("a.finer", analysis.MinAudit)}, r.auditNeeds(a))
		}
	}
	return d
}

// auditsJSON is the audits of the JSON report.
func (r *Report) auditsJSON() []any {
	out := []any{}
	for _, a := range r.Result.Audits {
		cells, finer := []any{}, []any{}
		for _, c := range a.Cells {
			rates := []any{}
			for _, x := range c.Rates {
				rates = append(rates, object{"metric": x.Metric, "judge_errors": x.Errors, "raw": estimateJSON(x.Raw),
					"audited": estimateJSON(x.Audited), "corrected": estimateJSON(x.Corrected)})
			}
			cells = append(cells, object{"task": r.taskJSON(c.Task), "language": c.Lang, "side": c.Side, "answers": c.Answers, "drawn": c.Drawn,
				"labelled": c.Labelled, "open": c.Open, "waiting": c.Waiting, "halve": c.Halve, "rates": rates})
		}
		for _, n := range a.Finer {
			o := object{"task": r.taskJSON(n.Task), "language": n.Lang, "side": n.Side, "category": n.Category, "answers": n.Answers,
				"labelled": n.Labelled, "missing": nil}
			if m := n.Missing(); m >= 0 {
				o["missing"] = m
			}
			finer = append(finer, o)
		}
		g := a.Agreement
		agreement := object{"units": g.Units, "percent": nil, "kappa": nil, "ac1": nil, "alpha": nil}
		if g.Units > 0 {
			agreement = object{"units": g.Units, "percent": estimateJSON(g.Percent), "kappa": estimateJSON(g.Kappa),
				"ac1": estimateJSON(g.AC1), "alpha": estimateJSON(g.Alpha)}
		}
		out = append(out, object{"model": r.Run.Models[a.Model].Spec, "maker": a.Maker, "is_audit": a.Maker == audit.Human, "cells": cells,
			"finer": finer, "agreement": agreement, "raters": strs(a.Raters), "disputes": a.Disputes, "entries": a.Entries})
	}
	return out
}

// taskJSON is the name of a task, null for all together.
func (r *Report) taskJSON(task int) any {
	if task < 0 {
		return nil
	}
	return r.Run.Tasks[task].Name
}

func estimateJSON(e stats.Estimate) object {
	o := object{"estimate": finite(e.Value), "lower": finite(e.Lower), "upper": finite(e.Upper), "level": e.Level, "n": e.N,
		"clusters": e.Clusters, "method": e.Method}
	addReason(o, e.Reason)
	told := []any{}
	for _, w := range e.Warnings {
		told = append(told, object{"code": w.Code, "message": w.Message})
	}
	o["warnings"] = told
	return o
}

// auditRows are the audits in the CSV form: the metric is followed by the kind of
// estimate, the maker of the labels stands in the column where.
func (r *Report) auditRows() [][]string {
	var rows [][]string
	for _, a := range r.Result.Audits {
		for _, c := range a.Cells {
			for _, x := range c.Rates {
				for _, e := range []struct {
					kind string
					stats.Estimate
				}{{"audited", x.Audited}, {"corrected", x.Corrected}} {
					kind := e.kind
					if a.Maker != audit.Human {
						kind = a.Maker + "_labels_" + e.kind
					}
					rows = append(rows, r.auditRow(a, c, x.Metric+":"+kind, e.Estimate))
				}
			}
		}
	}
	return rows
}

func (r *Report) auditRow(a analysis.Audit, c analysis.AuditCell, metric string, e stats.Estimate) []string {
	m := r.Run.Models[a.Model]
	var told []string
	for _, w := range e.Warnings {
		told = append(told, w.Message)
	}
	lower := strings.HasPrefix(metric, analysis.HarmfulCompliance) || strings.HasPrefix(metric, analysis.OverRefusal)
	cells := map[string]string{"model": Cell(m.Spec), "model_digest": Cell(m.Identity.ModelDigest()), "kind": string(harness.Safety),
		"language": Cell(c.Lang), "metric": Cell(metric), "where": "labels=" + a.Maker, "lower_is_better": strconv.FormatBool(lower),
		"planned": strconv.Itoa(c.Answers), "scored": strconv.Itoa(c.Labelled), "unscored": strconv.Itoa(c.Answers - c.Labelled), "errored": "0", "undone": "0",
		"estimate": csvNumber(e.Value), "lower": csvNumber(e.Lower), "upper": csvNumber(e.Upper), "level": csvNumber(e.Level), "method": Cell(e.Method),
		"n": strconv.Itoa(e.N), "clusters": strconv.Itoa(e.Clusters), "reason": Cell(e.Reason.String()), "warnings": Cell(strings.Join(told, " "))}
	if c.Task >= 0 {
		t := r.Run.Tasks[c.Task]
		cells["task"], cells["task_version"], cells["task_digest"] = Cell(t.Name), Cell(t.Version), t.Digest.String()
	}
	row := make([]string, len(csvColumns))
	for i, column := range csvColumns {
		row[i] = cells[column]
	}
	return row
}
