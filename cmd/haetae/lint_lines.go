package main

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/safetyevals/lint"
)

// linesOf tells the line of each item: by position where every row makes an
// item, else by the row's field id. An item that is not found has no line.
func linesOf(f dataFile, items []harness.Item) map[string]int {
	out := map[string]int{}
	if f.fsys == nil {
		return out
	}
	r, err := f.fsys.Open(f.name)
	if err != nil {
		return out
	}
	defer r.Close()
	var rows []rowLine
	switch strings.ToLower(path.Ext(f.name)) {
	case ".jsonl", ".ndjson":
		rows = jsonLines(r)
	case ".csv":
		rows = tableLines(r, ',')
	case ".tsv":
		rows = tableLines(r, '\t')
	}
	var ids []string
	for i := range items {
		key := lint.Key(&items[i])
		if _, again := out[key]; !again {
			out[key] = 0
			ids = append(ids, key)
		}
	}
	for i, row := range rows {
		if len(rows) == len(ids) {
			out[ids[i]] = row.line
		} else if _, ok := out[row.id]; ok {
			out[row.id] = row.line
		}
	}
	return out
}

// rowLine is a row of a data file: where it stands and its field id.
type rowLine struct {
	line int
	id   string
}

func jsonLines(r io.Reader) []rowLine {
	var out []rowLine
	scan := bufio.NewScanner(r)
	scan.Buffer(nil, 16<<20)
	for line := 1; scan.Scan(); line++ {
		if len(strings.TrimSpace(scan.Text())) == 0 {
			continue
		}
		var row struct {
			ID any `json:"id"`
		}
		// A row without an id keeps its place.
		_ = json.Unmarshal(scan.Bytes(), &row)
		out = append(out, rowLine{line, fmt.Sprint(row.ID)})
	}
	return out
}

func tableLines(r io.Reader, comma rune) []rowLine {
	t := csv.NewReader(r)
	t.Comma, t.FieldsPerRecord = comma, -1
	header, err := t.Read()
	if err != nil {
		return nil
	}
	at := -1
	for i, h := range header {
		if strings.TrimSpace(strings.TrimPrefix(h, "\ufeff")) == "id" {
			at = i
		}
	}
	var out []rowLine
	for {
		rec, err := t.Read()
		if err != nil {
			return out
		}
		line, _ := t.FieldPos(0)
		x := rowLine{line: line}
		if at >= 0 && at < len(rec) {
			x.id = rec[at]
		}
		out = append(out, x)
	}
}
