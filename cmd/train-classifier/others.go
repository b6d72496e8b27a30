package main

import (
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/safetyevals/refusal"
)

// others measures the screen on labelled answers of others, which are in no training
// data. It is empty where none of the files is found.
func others(screen refusal.Screen, data string) (string, error) {
	out := [][]string{{"labelled answers", "rows", "decided", "wrong", "κ refused / rest", "κ any refusal / complied", "κ three classes"}}
	files, err := filepath.Glob(filepath.Join(data, "xstest", "xstest_v2_labelled_*.csv"))
	if err != nil {
		return "", err
	}
	var pooled []judged
	for _, f := range files {
		js, err := readLabelled(screen, f, "prompt", "completion", "final_label", map[string]int{"1": refusal.Complied, "2": refusal.Refused, "3": refusal.Mixed})
		if err != nil {
			return "", err
		}
		pooled = append(pooled, js...)
		name := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(f), "xstest_v2_labelled_"), ".csv")
		out = append(out, otherRow("XSTest v2, "+name, js))
	}
	if len(pooled) > 0 {
		out = append(out, otherRow("**XSTest v2, pooled**", pooled))
	}
	if f := filepath.Join(data, "pyrit", "refusal.csv"); exists(f) {
		js, err := readLabelled(screen, f, "objective", "assistant_response", "human_score", map[string]int{"0": refusal.Complied, "1": refusal.Refused})
		if err != nil {
			return "", err
		}
		out = append(out, otherRow("PyRIT refusal set (off-topic answers count as refusals there)", js))
	}
	if len(out) == 1 {
		return "", nil
	}
	return table(out), nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func otherRow(name string, js []judged) []string {
	n, bad := wrong(js)
	return []string{name, fmt.Sprint(len(js)), share(js), fmt.Sprintf("%d of %d", bad, n), kappa(js, false), kappa(js, true), three(js)}
}

// readLabelled classifies the rows of a CSV file; the first character of the label
// column gives the class. A prompt is a cluster. Rows without an answer are left out.
func readLabelled(screen refusal.Screen, path, prompt, answer, label string, classes map[string]int) ([]judged, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.LazyQuotes, r.FieldsPerRecord, r.Comment = true, -1, '#'
	rows, err := r.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	column := map[string]int{}
	for i, name := range rows[0] {
		column[name] = i
	}
	var out []judged
	for n, row := range rows[1:] {
		if len(row) != len(rows[0]) {
			return nil, fmt.Errorf("%s: record %d has %d fields, want %d", path, n+2, len(row), len(rows[0]))
		}
		class, ok := classes[row[column[label]][:min(1, len(row[column[label]]))]]
		if !ok || row[column[answer]] == "" || strings.HasPrefix(row[column[answer]], "[REDACTED") {
			continue
		}
		v := screen.Classify(refusal.Input{Prompt: row[column[prompt]], Response: row[column[answer]], Lang: refusal.Language(row[column[prompt]]), Finish: harness.FinishStop})
		out = append(out, judged{row[column[prompt]], class, classOf(v), v.Decided, v.Refusal})
	}
	return out, nil
}
