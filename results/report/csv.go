package report

import (
	"encoding/csv"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/sovereign-eval/haetae/results/analysis"
)

// csvColumns are the columns of the CSV form: one row per task, model, language
// and metric. Undefined numbers are empty, with their reason.
var csvColumns = []string{"model", "model_digest", "task", "task_version", "task_digest", "kind", "language", "metric", "where",
	"lower_is_better", "planned", "scored", "unscored", "errored", "undone", "estimate", "lower", "upper", "level",
	"method", "n", "clusters", "effective_n", "best", "worst", "assessable", "system_prompt", "attack", "reason", "warnings"}

func (r *Report) writeCSV(w io.Writer) error {
	out := csv.NewWriter(w)
	rows := [][]string{csvColumns}
	for _, c := range r.Result.Cells {
		for _, f := range c.Figures {
			rows = append(rows, r.csvRow(c, f, "", true))
		}
		for _, x := range c.Attacks {
			for _, f := range x.Rates {
				rows = append(rows, r.csvRow(c, f, x.Attack, x.Understood))
			}
		}
		for _, p := range c.Pairs {
			for _, f := range p.Figures {
				f.Metric, f.Lang = f.Metric+"_difference", p.B+" - "+p.A
				rows = append(rows, r.csvRow(c, f, "", true))
			}
		}
	}
	return out.WriteAll(append(rows, r.auditRows()...))
}

// csvRow is one figure. understood is false for one under an attack that the model
// does not understand: it says nothing, and is not assessable.
func (r *Report) csvRow(c analysis.Cell, f analysis.Figure, attack string, understood bool) []string {
	m, t := r.Run.Models[c.Model], r.Run.Tasks[c.Task]
	var told []string
	for _, w := range append(append([]analysis.Warning{}, c.Warnings...), f.Warnings...) {
		told = append(told, strings.TrimSuffix(English.warning(w), "."))
	}
	e := f.Estimate
	row := []string{Cell(m.Spec), Cell(m.Identity.ModelDigest()), Cell(t.Name), Cell(t.Version), t.Digest.String(),
		Cell(string(t.Kind)), Cell(f.Lang), Cell(f.Metric), Cell(where(f.Where)), strconv.FormatBool(f.LowerIsBetter)}
	for _, n := range []int64{f.Planned, f.Scored, f.Unscored, f.Errored, f.Undone} {
		row = append(row, strconv.FormatInt(n, 10))
	}
	row = append(row, csvNumber(e.Value), csvNumber(e.Lower), csvNumber(e.Upper), csvNumber(e.Level), Cell(e.Method),
		strconv.Itoa(e.N), strconv.Itoa(e.Clusters), csvEffective(f.Effective), csvNumber(f.Best), csvNumber(f.Worst),
		strconv.FormatBool(!f.NotAssessable && understood), string(c.System), Cell(attack), Cell(e.Reason.String()), Cell(strings.Join(told, "; ")))
	return row
}

// where writes what a figure selects, as field=value.
func where(m map[string]string) string {
	var out []string
	for _, k := range slices.Sorted(maps.Keys(m)) {
		out = append(out, k+"="+m[k])
	}
	return strings.Join(out, " ")
}

// csvEffective is empty where the number is not computed.
func csvEffective(v float64) string {
	if v <= 0 {
		return ""
	}
	return csvNumber(v)
}

func csvNumber(v float64) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return ""
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

// Cell makes a string harmless in a cell of a spreadsheet: it is cleaned as by
// [Line], and a string that a spreadsheet would take for a formula, also after
// spaces and in full-width characters, gets an apostrophe in front.
func Cell(s string) string {
	s = Line(s, 0)
	first, _ := utf8.DecodeRuneInString(strings.TrimLeft(s, " \u00a0\u3000'\""))
	if strings.ContainsRune("=+-@|%＝＋－＠−", first) && s != "" {
		return "'" + s
	}
	return s
}
