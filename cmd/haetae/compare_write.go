package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/sovereign-eval/haetae/results/analysis"
	"github.com/sovereign-eval/haetae/results/report"
)

// writeDifference prints the comparison, or writes it to a file.
func (a *app) writeDifference(d difference, format string) error {
	write := func(w io.Writer) error {
		switch format {
		case "json":
			return d.writeJSON(w)
		case "md":
			_, err := io.WriteString(w, d.markdown())
			return err
		}
		_, err := io.WriteString(w, report.Clean(d.text()))
		return err
	}
	if d.o.file == "" {
		return write(a.out)
	}
	return writeFile(d.o.file, write)
}

// text is the comparison for a terminal of 80 columns or more.
func (d difference) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "run %s\n", d.now.ID)
	if d.old.ID != d.now.ID {
		fmt.Fprintf(&b, "against run %s\n", d.old.ID)
	}
	for _, c := range d.pairs {
		fmt.Fprintf(&b, "\nOLD  %s\nNEW  %s\n", c.Old, c.New)
		for _, w := range c.Warnings {
			b.WriteString("! " + strings.Join(fold(sentence(w), 78), "\n  ") + "\n")
		}
		if len(c.Differences) > 0 {
			b.WriteString("\n! The sides differ in what shapes answers or scores, besides chance:\n")
			t := grid{columns: []string{"  ", "OLD", "NEW"}}
			for _, x := range c.Differences {
				t.rows = append(t.rows, []string{"  " + strings.TrimSpace(x.Fact+" "+x.Task), report.Line(x.Old, 24), report.Line(x.New, 24)})
			}
			t.write(&b)
		}
		b.WriteByte('\n')
		d.textFigures(&b, c)
		for _, line := range unpaired(c) {
			b.WriteString("! " + strings.Join(fold(line, 78), "\n  ") + "\n")
		}
	}
	b.WriteByte('\n')
	for _, line := range d.notes() {
		b.WriteString(strings.Join(fold(line, 80), "\n") + "\n")
	}
	return b.String()
}

// textFigures sets one line for each figure, with its small print below.
func (d difference) textFigures(b *strings.Builder, c analysis.Compared) {
	t := grid{columns: []string{"", "OLD", "NEW", "NEW − OLD", percentOf(d.o.level) + " interval", "p", "p " + string(d.by)}}
	var details [][]string
	for _, task := range c.Tasks {
		for _, f := range task.Figures {
			t.rows = append(t.rows, d.cells(f))
			details = append(details, d.details(f))
		}
	}
	var lines strings.Builder
	t.write(&lines)
	for i, line := range strings.Split(strings.TrimRight(lines.String(), "\n"), "\n") {
		b.WriteString(line + "\n")
		if i == 0 {
			continue
		}
		for _, text := range details[i-1] {
			b.WriteString("    " + strings.Join(fold(text, 76), "\n    ") + "\n")
		}
	}
}

// cells are the columns of a figure.
func (d difference) cells(f analysis.PairedFigure) []string {
	c := f.Comparison
	return []string{figureName(f), points(c.B, false), points(c.A, false), verdict(f), "[" + points(c.Lower, true) + ", " + points(c.Upper, true) + "]", pvalue(c.P), pvalue(f.Adjusted)}
}

// verdict is the difference where one is shown, and ~ where none is.
func verdict(f analysis.PairedFigure) string {
	switch {
	case f.NotAssessable:
		return "not assessable"
	case math.IsNaN(f.Adjusted):
		return "n/a"
	case f.Significant():
		return points(f.Comparison.Difference, true)
	}
	return "~"
}

// details are the small print of a figure.
func (d difference) details(f analysis.PairedFigure) []string {
	c := f.Comparison
	better := "higher is better"
	if f.LowerIsBetter {
		better = "lower is better"
	}
	out := []string{fmt.Sprintf("n %s; %s; MDE %s; correlation %s; %s", samples(c.N, c.Clusters), better, points(c.MDE, false), num(c.Correlation), c.Method)}
	if !math.IsNaN(d.o.margin) {
		_, text := noWorse(c, d.o.margin, f.LowerIsBetter)
		if f.NotAssessable {
			text = "not shown: too few usable answers"
		}
		out = append(out, fmt.Sprintf("no worse by %s: %s", points(d.o.margin, false), text))
	}
	if c.Reason != "" {
		out = append(out, "undefined: "+c.Reason)
	}
	for _, w := range f.Warnings {
		out = append(out, "! "+sentence(w))
	}
	return out
}

// notes say how the table is to be read.
func (d difference) notes() []string {
	out := []string{
		"Numbers are percentages and points. " + fmt.Sprintf("~ no difference is shown at %s confidence after %s's correction for %s compared.", percentOf(d.o.level), title(string(d.by)), plural(d.tested(), "figure")),
		"Intervals are of each figure for itself. MDE is the true difference that such data show with 80 % power; correlation is that of the paired scores: the higher, the more pairing saves.",
	}
	if !math.IsNaN(d.o.margin) {
		out = append(out, fmt.Sprintf("No worse: the interval's bound is within the margin, at one-sided error rate %s for each figure. That all of them are no worse needs no correction.", percentOf((1-d.o.level)/2)))
	}
	return out
}

func title(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// tested is the number of figures that the correction counts.
func (d difference) tested() int {
	n := 0
	for _, f := range d.figures() {
		if !math.IsNaN(f.Adjusted) {
			n++
		}
	}
	return n
}

func figureName(f analysis.PairedFigure) string {
	name := f.Task + " " + f.Metric
	if f.Lang != "" {
		name += " " + f.Lang
	}
	for _, k := range slices.Sorted(maps.Keys(f.Where)) {
		name += " " + k + "=" + f.Where[k]
	}
	return name
}

// points writes a share in percent, with its sign where it is a difference.
func points(v float64, signed bool) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return "n/a"
	}
	s := strconv.FormatFloat(100*v, 'f', 1, 64)
	switch {
	case s == "-0.0":
		s = "0.0"
	case signed && v > 0 && s != "0.0":
		s = "+" + s
	}
	return minus(s)
}

// unpaired says what has no partner.
func unpaired(c analysis.Compared) []string {
	var out []string
	for _, t := range c.Tasks {
		for _, s := range []struct {
			name string
			analysis.Unmatched
		}{{"OLD", t.OnlyOld}, {"NEW", t.OnlyNew}} {
			if s.N > 0 {
				more := ""
				if rest := s.N - len(s.Names); rest > 0 {
					more = fmt.Sprintf(" and %d more", rest)
				}
				out = append(out, fmt.Sprintf("%s: %s only in %s, in no pair: %s%s", t.Task, plural(s.N, "item"), s.name, strings.Join(s.Names, ", "), more))
			}
		}
	}
	if len(c.OnlyOld) > 0 {
		out = append(out, "tasks only in OLD: "+strings.Join(c.OnlyOld, ", "))
	}
	if len(c.OnlyNew) > 0 {
		out = append(out, "tasks only in NEW: "+strings.Join(c.OnlyNew, ", "))
	}
	return out
}

// sentence says a warning of a comparison.
func sentence(w analysis.Warning) string {
	arg := func(i int) string {
		if i < len(w.Args) {
			return w.Args[i]
		}
		return ""
	}
	switch {
	case w.Code == analysis.WarnLost:
		return fmt.Sprintf("of %s matched items, %s lack a score in OLD, %s in NEW, %s in both: they are in no pair", arg(3), arg(0), arg(1), arg(2))
	case w.Code == analysis.WarnState:
		return fmt.Sprintf("run %s is %s", arg(0), arg(1))
	case w.Code == analysis.WarnEnd:
		return fmt.Sprintf("the server of %s changed while it was measured: %s, %s → %s", arg(0), arg(1), arg(2), arg(3))
	}
	return arg(0)
}

// markdown is the comparison as a page.
func (d difference) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Comparison\n\nNEW is run %s, OLD is run %s.\n", report.Markdown(d.now.ID), report.Markdown(d.old.ID))
	for _, c := range d.pairs {
		fmt.Fprintf(&b, "\n## %s against %s\n\n", report.Markdown(c.New), report.Markdown(c.Old))
		for _, w := range c.Warnings {
			fmt.Fprintf(&b, "- **%s**\n", report.Markdown(sentence(w)))
		}
		if len(c.Differences) > 0 {
			b.WriteString("\n**The sides differ in what shapes answers or scores, besides chance:**\n\n| fact | OLD | NEW |\n|---|---|---|\n")
			for _, x := range c.Differences {
				fmt.Fprintf(&b, "| %s | %s | %s |\n", report.Markdown(strings.TrimSpace(x.Fact+" "+x.Task)), report.Markdown(x.Old), report.Markdown(x.New))
			}
		}
		fmt.Fprintf(&b, "\n| figure | OLD | NEW | NEW − OLD | %s interval | p | p %s | about it |\n|---|---|---|---|---|---|---|---|\n", percentOf(d.o.level), d.by)
		for _, t := range c.Tasks {
			for _, f := range t.Figures {
				b.WriteString("|")
				for _, cell := range append(d.cells(f), strings.Join(d.details(f), " · ")) {
					b.WriteString(" " + report.Markdown(cell) + " |")
				}
				b.WriteByte('\n')
			}
		}
		for _, line := range unpaired(c) {
			fmt.Fprintf(&b, "\n- **%s**\n", report.Markdown(line))
		}
	}
	for _, line := range d.notes() {
		fmt.Fprintf(&b, "\n%s\n", report.Markdown(line))
	}
	return b.String()
}

// writeJSON writes one document; undefined numbers are null.
func (d difference) writeJSON(w io.Writer) error {
	pairs := []any{}
	for _, c := range d.pairs {
		pairs = append(pairs, d.pairJSON(c))
	}
	doc := map[string]any{"schema": "haetae-compare/1", "run": d.now.ID, "old_run": d.old.ID, "level": d.o.level,
		"correction": d.by, "compared": d.tested(), "margin": finiteOr(d.o.margin), "pairs": pairs}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(doc)
}

func (d difference) pairJSON(c analysis.Compared) map[string]any {
	diffs, tasks, warnings := []any{}, []any{}, []any{}
	for _, x := range c.Differences {
		diffs = append(diffs, map[string]any{"fact": x.Fact, "task": x.Task, "old": x.Old, "new": x.New})
	}
	for _, w := range c.Warnings {
		warnings = append(warnings, map[string]any{"code": w.Code, "message": sentence(w)})
	}
	for _, t := range c.Tasks {
		figures := []any{}
		for _, f := range t.Figures {
			figures = append(figures, d.figureJSON(f))
		}
		tasks = append(tasks, map[string]any{"task": t.Task, "matched": t.Matched, "only_old": unmatchedJSON(t.OnlyOld), "only_new": unmatchedJSON(t.OnlyNew), "figures": figures})
	}
	return map[string]any{"old": c.Old, "new": c.New, "differences": diffs, "tasks": tasks, "warnings": warnings,
		"tasks_only_old": list(c.OnlyOld), "tasks_only_new": list(c.OnlyNew)}
}

func unmatchedJSON(u analysis.Unmatched) map[string]any {
	return map[string]any{"items": u.N, "first": list(u.Names)}
}

// list is a list that is never null.
func list(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}

func (d difference) figureJSON(f analysis.PairedFigure) map[string]any {
	warnings := []any{}
	for _, w := range f.Warnings {
		warnings = append(warnings, map[string]any{"code": w.Code, "message": sentence(w)})
	}
	c := f.Comparison
	o := map[string]any{"metric": f.Metric, "language": f.Lang, "where": f.Where, "lower_is_better": f.LowerIsBetter, "assessable": !f.NotAssessable,
		"assumption": f.Assumption, "old": finiteOr(c.B), "new": finiteOr(c.A), "difference": finiteOr(c.Difference), "lower": finiteOr(c.Lower), "upper": finiteOr(c.Upper),
		"level": c.Level, "method": c.Method, "test": c.Test, "p": finiteOr(c.P), "p_corrected": finiteOr(f.Adjusted), "significant": f.Significant(),
		"n": c.N, "clusters": c.Clusters, "mde": finiteOr(c.MDE), "correlation": finiteOr(c.Correlation), "effect": finiteOr(c.Effect), "effect_name": c.EffectName,
		"no_score_old": f.NoOld, "no_score_new": f.NoNew, "no_score_both": f.NoBoth, "no_worse": nil, "reason": nil, "warnings": warnings}
	if f.Where == nil {
		o["where"] = map[string]string{}
	}
	if !math.IsNaN(d.o.margin) {
		shown, _ := noWorse(c, d.o.margin, f.LowerIsBetter)
		o["no_worse"] = shown && !f.NotAssessable
	}
	if c.Reason != "" {
		o["reason"] = c.Reason
	}
	return o
}
