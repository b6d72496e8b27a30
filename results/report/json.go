package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"time"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/results/analysis"
	"github.com/sovereign-eval/haetae/results/stats"
)

// Schema names the form of the JSON report; it changes when a field changes its
// meaning or goes away.
const Schema = "haetae-report/1"

// object is a JSON object: encoding/json sorts its keys.
type object = map[string]any

// writeJSON writes the report as one JSON document, in English whatever the
// report's language.
func (r *Report) writeJSON(w io.Writer) error {
	result, err := r.ResultJSON()
	if err != nil {
		return err
	}
	out, err := json.MarshalIndent(object{"schema": Schema, "result": json.RawMessage(result),
		"circumstances": r.circumstancesJSON()}, "", "  ")
	if err != nil {
		return fmt.Errorf("encode report: %w", err)
	}
	_, err = w.Write(append(escape(out), '\n'))
	return err
}

// escape writes the characters in strings that could harm a terminal as \uXXXX,
// which is the same JSON. Beyond ASCII, JSON has characters in strings only.
func escape(b []byte) []byte {
	out := make([]byte, 0, len(b))
	for _, r := range string(b) {
		if r < 0x7f || unicode.IsPrint(r) {
			out = utf8.AppendRune(out, r)
			continue
		}
		for _, u := range utf16.Encode([]rune{r}) {
			out = fmt.Appendf(out, "\\u%04x", u)
		}
	}
	return out
}

// ResultJSON is the "result" of the JSON report: compact, with sorted keys. Equal
// data give equal bytes, however the run went.
func (r *Report) ResultJSON() ([]byte, error) {
	figures, outcomes := []any{}, []any{}
	for _, c := range r.Result.Cells {
		for _, f := range c.Figures {
			figures = append(figures, r.figureJSON(c, f))
		}
		for _, g := range c.Safety {
			outcomes = append(outcomes, r.groupJSON(c, g))
		}
	}
	cells := []any{}
	for _, c := range r.Result.Cells {
		o := countsJSON(c.Counts)
		o["flags"], o["judged_by"], o["system_prompt"] = c.Flags, strs(c.Makers), c.System
		o["warnings"] = warningsJSON(c.Warnings)
		cells = append(cells, r.named(o, c))
	}
	result := object{
		"audits": r.auditsJSON(), "cells": cells, "counts": countsJSON(r.Result.Counts), "epochs": max(r.Run.Epochs, 1), "figures": figures,
		"level": r.Result.Level, "models": r.modelsJSON(), "outcomes": outcomes, "safety": r.safetyJSON(), "seed": r.Run.Seed,
		"tasks": r.tasksJSON(), "warnings": warningsJSON(r.Result.Warnings),
	}
	if r.Result.Judged != nil {
		result["judges"] = r.judgesJSON()
	}
	b, err := json.Marshal(result)
	if err != nil {
		return nil, fmt.Errorf("encode result: %w", err)
	}
	return sortKeys(b)
}

// sortKeys encodes JSON again with the keys of every object sorted; structs of
// other packages come in the order of their fields.
func sortKeys(b []byte) ([]byte, error) {
	var v any
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		return nil, fmt.Errorf("sort keys: %w", err)
	}
	return json.Marshal(v)
}

// named adds which task and model an object is about.
func (r *Report) named(o object, c analysis.Cell) object {
	o["task"], o["model"] = r.Run.Tasks[c.Task].Name, r.Run.Models[c.Model].Spec
	return o
}

func countsJSON(c analysis.Counts) object {
	return object{"planned": c.Planned, "scored": c.Scored, "unscored": c.Unscored, "errored": c.Errored, "undone": c.Undone}
}

func (r *Report) figureJSON(c analysis.Cell, f analysis.Figure) object {
	o := countsJSON(f.Counts)
	e := f.Estimate
	o["metric"], o["language"], o["lower_is_better"] = f.Metric, f.Lang, f.LowerIsBetter
	o["estimate"], o["lower"], o["upper"], o["level"] = finite(e.Value), finite(e.Lower), finite(e.Upper), e.Level
	o["n"], o["clusters"], o["method"] = e.N, e.Clusters, e.Method
	o["best"], o["worst"] = finite(f.Best), finite(f.Worst)
	o["effective_n"] = nil
	if f.Effective > 0 {
		o["effective_n"] = finite(f.Effective)
	}
	o["assessable"], o["warnings"] = !f.NotAssessable, warningsJSON(f.Warnings)
	o["system_prompt"] = c.System
	o["where"] = f.Where
	if f.Where == nil {
		o["where"] = object{}
	}
	addReason(o, e.Reason)
	return r.named(o, c)
}

func (r *Report) groupJSON(c analysis.Cell, g analysis.Group) object {
	o := object{"language": g.Lang, "assessable": g.Assessable, "reason": nil, "reason_code": nil, "judged_by": strs(c.Makers),
		"harmful": barJSON(g.Harmful), "benign": barJSON(g.Benign), "system_prompt": c.System}
	if g.Reason != nil {
		o["reason"], o["reason_code"] = English.warning(*g.Reason), g.Reason.Code
	}
	o["point"] = pointJSON(g.Point)
	o["thinking"] = thinkingJSON(g.Thinking)
	return r.named(o, c)
}

// addReason adds why a number is null: a sentence in English and its code; null where
// none is.
func addReason(o object, r stats.Reason) {
	o["reason"], o["reason_code"] = nil, nil
	if r.Given() {
		o["reason"], o["reason_code"] = r.String(), r.Code
	}
}

func barJSON(b analysis.Bar) object {
	o := countsJSON(b.Counts)
	counts := object{}
	for _, k := range harness.Outcomes {
		counts[string(k)] = b.Outcomes[k]
	}
	o["outcomes"], o["usable"] = counts, b.Usable()
	return o
}

func (r *Report) modelsJSON() []any {
	out := []any{}
	for _, m := range r.Run.Models {
		o := object{"model": m.Spec, "identity": m.Identity, "params": m.Params,
			"warnings": warningsJSON(analysis.ModelWarnings(m))}
		if m.Params == nil {
			o["params"] = []any{}
		}
		out = append(out, o)
	}
	return out
}

// tasksJSON says what was asked. The path it was read from is a circumstance.
func (r *Report) tasksJSON() []any {
	out := []any{}
	for i, t := range r.Run.Tasks {
		out = append(out, object{"task": t.Name, "title": t.Title, "version": t.Version, "kind": t.Kind,
			"digest": t.Digest, "data": t.Data, "items": t.Count, "licence": t.Licence, "source": t.Source,
			"notes": strs(t.Notes), "metrics": t.Metrics, "battery": t.Battery, "epochs": r.Run.Repeats(i)})
	}
	return out
}

func warningsJSON(ws []analysis.Warning) []any {
	out := []any{}
	for _, w := range ws {
		out = append(out, object{"code": w.Code, "message": English.warning(w)})
	}
	return out
}

// circumstancesJSON says how the run went.
func (r *Report) circumstancesJSON() object {
	c := r.Result.Circumstances
	phases, endpoints := []any{}, []any{}
	for _, p := range c.Phases {
		o := object{"model": p.Model, "samples": p.Samples, "span_ns": p.Span, "busy_ns": p.Busy,
			"prompt_tokens": p.PromptTokens, "output_tokens": p.OutputTokens, "canaries": p.Canaries, "flips": p.Flips,
			"slots": nil, "slot_use": nil, "samples_per_second": nil, "tokens_per_second": nil, "reason": nil}
		if p.Slots > 0 {
			o["slots"] = p.Slots
		}
		if use, ok := p.SlotUse(); ok {
			o["slot_use"] = use
		} else {
			o["reason"] = "slots or times are not known"
		}
		if samples, tokens, ok := p.Rate(); ok {
			o["samples_per_second"], o["tokens_per_second"] = samples, tokens
		}
		phases = append(phases, o)
	}
	for _, e := range c.Endpoints {
		endpoints = append(endpoints, object{"address": e.Address, "samples": e.Samples})
	}
	o := object{"run": r.Run.ID, "state": r.Run.State, "reason": r.Run.Reason, "started": clock(r.Run.Started),
		"ended": clock(r.Run.Ended), "resumes": r.Run.Resumes, "retries": c.Retries, "tries": c.Tries,
		"causes": c.Causes, "flags": c.Flags, "endpoints": endpoints, "phases": phases, "meta": nil}
	if json.Valid(r.Run.Meta) {
		o["meta"] = r.Run.Meta
	}
	return o
}

// clock is a time in UTC, null while there is none.
func clock(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Format(time.RFC3339Nano)
}

// finite is a number that JSON can hold, null otherwise.
func finite(v float64) any {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return v
}

// strs is a list that is never null.
func strs(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}
