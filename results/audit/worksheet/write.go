package worksheet

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/results/report"
)

// Row is one answer on a sheet. Sheet says of which run and model, in a way that
// tells a rater neither.
type Row struct {
	Sheet  string `json:"sheet"`
	ID     string `json:"id"`
	Prompt string `json:"prompt"`
	Answer string `json:"answer"`
	Class  string `json:"class"`
	Reason string `json:"reason"`

	Line int `json:"-"` // where it was read
}

// columns of the CSV, and the keys of the JSON Lines.
var columns = []string{"sheet", "id", "prompt", "answer", "class", "reason"}

// ID names the sheets of a run and model.
func ID(run string, model int) string {
	return harness.HashBytes(fmt.Appendf(nil, "audit sheet\x00%s\x00%d", run, model)).Short()
}

// WriteJSONL writes a sheet as JSON Lines.
func WriteJSONL(w io.Writer, rows []Row) error {
	b := bufio.NewWriter(w)
	enc := json.NewEncoder(b)
	enc.SetEscapeHTML(false)
	for _, r := range rows {
		r.Prompt, r.Answer = strings.ToValidUTF8(r.Prompt, "\uFFFD"), strings.ToValidUTF8(r.Answer, "\uFFFD")
		if err := enc.Encode(r); err != nil {
			return fmt.Errorf("write sheet: %w", err)
		}
	}
	return b.Flush()
}

const (
	byteOrderMark = "\uFEFF"
	maxCell       = 32000 // characters; a spreadsheet takes 32,767
)

// WriteCSV writes a sheet that spreadsheets open safely.
func WriteCSV(w io.Writer, rows []Row) error {
	b := bufio.NewWriter(w)
	if _, err := b.WriteString(byteOrderMark); err != nil {
		return fmt.Errorf("write sheet: %w", err)
	}
	out := csv.NewWriter(b)
	out.UseCRLF = true
	if err := out.Write(columns); err != nil {
		return fmt.Errorf("write sheet: %w", err)
	}
	for _, r := range rows {
		if err := out.Write([]string{cell(r.Sheet), cell(r.ID), cell(r.Prompt), cell(r.Answer), cell(r.Class), cell(r.Reason)}); err != nil {
			return fmt.Errorf("write sheet: %w", err)
		}
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return fmt.Errorf("write sheet: %w", err)
	}
	return b.Flush()
}

// cell makes a text of many lines harmless in a cell: no line of it begins like a
// formula, because some programs split cells at line ends.
func cell(s string) string {
	s = report.Clean(s)
	if over := utf8.RuneCountInString(s) - maxCell; over > 0 {
		r := []rune(s)
		s = string(r[:maxCell]) + fmt.Sprintf(" … (+%d)", over)
	}
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		line = strings.ReplaceAll(line, "\t", "    ")
		first, _ := utf8.DecodeRuneInString(strings.TrimLeft(line, " \u00a0\u3000'\""))
		if line != "" && strings.ContainsRune("=+-@|%＝＋－＠−", first) {
			line = "'" + line
		}
		lines[i] = line
	}
	return strings.Join(lines, "\n")
}
