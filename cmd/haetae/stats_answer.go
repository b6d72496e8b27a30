package main

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/sovereign-eval/haetae/results/report"
	"github.com/sovereign-eval/haetae/results/stats"
)

// answer is what a command of stats says: a headline, what it rests on, tables
// where there are several numbers, and warnings.
type answer struct {
	question   string
	assumption string
	headline   string
	facts      [][2]string
	tables     []grid
	warnings   []stats.Warning
	result     any // for --json
}

// grid is a table for people.
type grid struct {
	columns []string
	rows    [][]string
	text    bool // the last column holds text
}

func (x *answer) fact(name, format string, args ...any) {
	x.facts = append(x.facts, [2]string{name, fmt.Sprintf(format, args...)})
}

// say prints an answer, or one JSON document with the same content.
func (a *app) say(x answer) error {
	if a.asJSON {
		if x.warnings == nil {
			x.warnings = []stats.Warning{}
		}
		enc := json.NewEncoder(a.out)
		enc.SetIndent("", "  ")
		return enc.Encode(map[string]any{"question": x.question, "assumption": x.assumption,
			"answer": x.headline, "result": x.result, "warnings": x.warnings})
	}
	var b strings.Builder
	width := look(a.out).Width
	if width <= 0 {
		width = 80
	}
	b.WriteString(strings.Join(fold(x.headline, width), "\n") + "\n\n")
	facts := append([][2]string{{"question", x.question}, {"assumption", x.assumption}}, x.facts...)
	name := 0
	for _, f := range facts {
		name = max(name, report.Width(f[0]))
	}
	for _, f := range facts {
		for i, line := range fold(f[1], width-name-2) {
			head := ""
			if i == 0 {
				head = f[0]
			}
			b.WriteString(strings.TrimRight(padded(head, name)+"  "+line, " ") + "\n")
		}
	}
	for _, t := range x.tables {
		b.WriteByte('\n')
		t.write(&b)
	}
	if len(x.warnings) > 0 {
		b.WriteByte('\n')
	}
	for _, w := range x.warnings {
		b.WriteString("! " + strings.Join(fold(w.Message, width-2), "\n  ") + "\n")
	}
	_, err := fmt.Fprint(a.out, report.Clean(b.String()))
	return err
}

// write sets a table with texts to the left and numbers to the right.
func (g grid) write(b *strings.Builder) {
	widths := make([]int, len(g.columns))
	all := append([][]string{g.columns}, g.rows...)
	for _, row := range all {
		for i, c := range row {
			widths[i] = max(widths[i], report.Width(report.Line(c, 60)))
		}
	}
	for _, row := range all {
		var line strings.Builder
		for i, c := range row {
			c = report.Line(c, 60)
			gap := strings.Repeat(" ", widths[i]-report.Width(c))
			switch {
			case i == 0:
				line.WriteString(c + gap)
			case g.text && i == len(row)-1:
				line.WriteString("  " + c)
			default:
				line.WriteString("  " + gap + c)
			}
		}
		b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
}

// noBreak holds a number and its percent sign together while text is folded.
const noBreak = "\x00"

func padded(s string, width int) string {
	return s + strings.Repeat(" ", max(width-report.Width(s), 0))
}

// fold breaks text at spaces into lines of at most width columns; a longer word
// has a line of its own.
func fold(s string, width int) []string {
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(strings.ReplaceAll(s, " %", noBreak+"%")) {
		word = strings.ReplaceAll(word, noBreak, " ")
		if line != "" && report.Width(line)+1+report.Width(word) > width {
			lines = append(lines, line)
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(lines, line)
}

// num writes a number with four decimals, or four digits where it is small or
// large; n/a where it is undefined.
func num(v float64) string {
	switch abs := math.Abs(v); {
	case math.IsNaN(v):
		return "n/a"
	case abs < 1e-14: // rounding
		return "0.0000"
	case math.IsInf(v, 0) || v != 0 && (abs < 0.02 || abs >= 1e7):
		return minus(strconv.FormatFloat(v, 'g', 4, 64))
	case abs >= 1000:
		return minus(strconv.FormatFloat(v, 'f', 1, 64))
	}
	return minus(strconv.FormatFloat(v, 'f', 4, 64))
}

// signedNum writes a difference with its sign.
func signedNum(v float64) string {
	if v > 0 {
		return "+" + num(v)
	}
	return num(v)
}

func minus(s string) string { return strings.ReplaceAll(s, "-", "−") }

// pvalue writes a p-value with two digits.
func pvalue(p float64) string {
	switch {
	case math.IsNaN(p):
		return "n/a"
	case p < 1e-4:
		return "< 0.0001"
	}
	return strconv.FormatFloat(p, 'g', 2, 64)
}

// pIs writes a p-value with its name.
func pIs(p float64) string {
	if text := pvalue(p); strings.HasPrefix(text, "<") {
		return "p " + text
	}
	return "p = " + pvalue(p)
}

// between writes the bounds of an interval.
func between(lower, upper float64) string {
	if math.IsNaN(lower) || math.IsNaN(upper) {
		return "[n/a]"
	}
	return "[" + num(lower) + ", " + num(upper) + "]"
}

// plural writes a count with its noun.
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// percentOf writes a level or a share as a short percentage.
func percentOf(v float64) string {
	places := 1e4
	if v > 0 && v < 1e-4 { // keep three digits
		places = math.Pow(10, 2-math.Floor(math.Log10(100*v)))
	}
	return strconv.FormatFloat(math.Round(100*v*places)/places, 'f', -1, 64) + " %"
}

// samples writes how many there are, and in how many clusters.
func samples(n, clusters int) string {
	if clusters == n || clusters == 0 {
		return strconv.Itoa(n)
	}
	return fmt.Sprintf("%d in %s", n, plural(clusters, "cluster"))
}

// estimated fills an answer with an estimate.
func (x *answer) estimated(e stats.Estimate) {
	x.headline = fmt.Sprintf("%s %s at %s confidence", num(e.Value), between(e.Lower, e.Upper), percentOf(e.Level))
	x.fact("method", "%s", e.Method)
	x.fact("n", "%s", samples(e.N, e.Clusters))
	x.fact("standard error", "%s", num(e.SE))
	if e.Reason.Given() {
		x.fact("undefined", "%s", e.Reason)
	}
	x.warnings = append(x.warnings, e.Warnings...)
	x.result = e
}

// warn adds a caveat of the command's own.
func (x *answer) warn(code, format string, args ...any) {
	w := stats.Warning{Code: code, Message: fmt.Sprintf(format, args...)}
	if !slices.Contains(x.warnings, w) {
		x.warnings = append(x.warnings, w)
	}
}

// finiteOr is a number that JSON can hold, null otherwise.
func finiteOr(v float64) any {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return v
}

// explained adds why its numbers are null, by their names, to an object for JSON.
func explained(object map[string]any, why map[string]string) map[string]any {
	reasons := map[string]string{}
	for name, text := range why {
		if v, there := object[name]; there && v == nil {
			reasons[name] = text
		}
	}
	if len(reasons) > 0 {
		object["null_reasons"] = reasons
	}
	return object
}
