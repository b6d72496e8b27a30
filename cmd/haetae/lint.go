package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/harness/spec"
	"github.com/sovereign-eval/haetae/results/report"
	"github.com/sovereign-eval/haetae/safetyevals/lint"
)

func (a *app) lintCmd() *cobra.Command {
	var data []string
	cmd := &cobra.Command{
		Use:   "lint PATH...",
		Short: "Check tasks and suites, with all their data",
		Long: `Lint reads tasks, suites, or every one below a folder, with all their data, and
prints each mistake as file:line: message. The exit code is 1 when there is one.

Of safety batteries it also checks twins, duplicates (within a battery and
between those named together), sentence frames, balance, length, language,
provenance, canary and content, and how far the prompts alone tell harmful from
benign.`,
		Example: "  haetae lint ./sums\n  haetae lint misuse biochem",
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return harness.Usage(errors.New("no path is named"), "Give the folder of a task, for example: haetae lint ./sums")
			}
			l := &linter{loader: loader(data), seen: map[string]bool{}}
			for _, arg := range args {
				errs := l.loader.Lint(arg)
				l.errors = append(l.errors, errs...)
				if len(errs) > 0 {
					continue
				}
				if err := l.batteriesOf(cmd.Context(), arg); err != nil {
					return err
				}
			}
			l.between()
			return a.lint(l, len(args))
		},
	}
	cmd.Flags().StringArrayVar(&data, "data", nil, "folder with data files that are not shipped (repeatable)")
	return cmd
}

func (a *app) lint(l *linter, paths int) error {
	switch {
	case a.asJSON:
		if err := json.NewEncoder(a.out).Encode(map[string]any{
			"errors": listed(l.errors), "warnings": listed(l.warnings), "batteries": l.separations(false), "variants": l.separations(true), "readings": l.agreements(),
		}); err != nil {
			return err
		}
	default:
		for _, e := range l.errors {
			fmt.Fprintln(a.out, report.Clean(e.Error()))
		}
		for _, w := range l.warnings {
			w.Msg = "warning: " + w.Msg
			fmt.Fprintln(a.out, report.Clean(w.Error()))
		}
		if len(l.errors) > 0 {
			break
		}
		for _, s := range slices.Concat(l.separations(false), l.separations(true)) {
			fmt.Fprintln(a.out, report.Clean(s.String()))
		}
		for _, g := range l.agreements() {
			fmt.Fprintln(a.out, report.Clean(g.String()))
		}
		fmt.Fprintf(a.out, "%d checked, no mistakes\n", paths)
	}
	if len(l.errors) > 0 {
		return silent{harness.ExitError}
	}
	return nil
}

func listed(all spec.Errors) []map[string]any {
	list := []map[string]any{}
	for _, e := range all {
		list = append(list, map[string]any{"file": e.File, "line": e.Line, "message": e.Msg})
	}
	return list
}

// linter collects what is wrong with the tasks that are named.
type linter struct {
	loader    *spec.Loader
	seen      map[string]bool // digests of the batteries
	batteries []linted
	errors    spec.Errors
	warnings  spec.Errors
}

// linted is a battery that was checked.
type linted struct {
	lint.Battery
	report   lint.Report
	readings []lint.Agreement
	spec     string         // its task.yaml as people call it
	data     string         // its data file as people call it
	lines    map[string]int // item -> line of the data file
}

// batteriesOf checks the safety tasks that an argument names: itself, those of
// a suite, or those of every file below a folder. What cannot be opened was
// reported before, or lacks data that is not shipped.
func (l *linter) batteriesOf(ctx context.Context, arg string) error {
	for _, file := range taskFiles(arg) {
		s, err := l.loader.Open(file)
		if err != nil {
			continue
		}
		for _, e := range s.Entries {
			t := &e.Whole // a battery is checked whole, with its variants
			if t.Kind != harness.Safety || l.seen[t.Digest.String()] {
				continue
			}
			l.seen[t.Digest.String()] = true
			if err := l.battery(ctx, t); err != nil {
				return err
			}
		}
	}
	return nil
}

// taskFiles are the tasks and suites below a folder; anything else stands for
// itself.
func taskFiles(arg string) []string {
	if info, err := os.Stat(arg); err != nil || !info.IsDir() {
		return []string{arg}
	}
	var out []string
	// A folder that cannot be read was reported by the loader.
	_ = filepath.WalkDir(arg, func(file string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		inSuites := filepath.Base(filepath.Dir(file)) == "suites" && filepath.Ext(file) == ".yaml"
		if base := filepath.Base(file); base == "task.yaml" || base == "suite.yaml" || inSuites {
			out = append(out, file)
		}
		return nil
	})
	return out
}

// battery checks one safety task.
func (l *linter) battery(ctx context.Context, t *harness.Task) error {
	b := linted{Battery: lint.Battery{Task: t}}
	for it, err := range t.Items(ctx, 0) {
		if err != nil {
			return err
		}
		if b.Items = append(b.Items, it); len(b.Items) > lint.MaxItems {
			break
		}
	}
	f := l.dataOf(t)
	b.spec, b.data = f.spec, f.data
	b.lines = linesOf(f, b.Items)
	b.report = lint.Inspect(t, b.Items)
	for _, x := range b.report.Findings {
		l.find(&b, x)
	}
	disputed, err := l.contested(f, b.Items)
	if err != nil {
		return err
	}
	if b.readings, err = l.readings(f, &b, disputed); err != nil {
		return err
	}
	l.batteries = append(l.batteries, b)
	return nil
}

// find files a finding under the place of its item.
func (l *linter) find(b *linted, x lint.Finding) {
	e := spec.Error{File: b.spec, Msg: x.Message}
	if x.Item != "" {
		e.File, e.Line = cmp.Or(b.data, b.spec), b.lines[x.Item]
	}
	if x.Warning {
		l.warnings = append(l.warnings, e)
	} else {
		l.errors = append(l.errors, e)
	}
}

// between compares the batteries that are named together.
func (l *linter) between() {
	var all []lint.Battery
	for _, b := range l.batteries {
		all = append(all, b.Battery)
	}
	for _, x := range lint.Between(all...) {
		for i := range l.batteries {
			if b := &l.batteries[i]; b.Task.Digest == x.Digest {
				l.find(b, x)
				break
			}
		}
	}
}

// contested checks the list of disputed items beside the data, if there is one,
// and returns them.
func (l *linter) contested(f dataFile, items []harness.Item) ([]harness.Item, error) {
	text, err := f.beside(lint.ContestedFile)
	if text == nil || err != nil {
		return nil, err
	}
	found, err := lint.Contested(bytes.NewReader(text), items)
	l.lineFindings(f, lint.ContestedFile, found)
	return lint.Disputes(bytes.NewReader(text)), err
}

// readings checks the record of who read the items beside the data, if there is
// one.
func (l *linter) readings(f dataFile, b *linted, contested []harness.Item) ([]lint.Agreement, error) {
	text, err := f.beside(lint.ReadingsFile)
	if text == nil || err != nil {
		return nil, err
	}
	found, agreed, err := lint.Readings(bytes.NewReader(text), b.Task, b.Items, contested)
	l.lineFindings(f, lint.ReadingsFile, found)
	return agreed, err
}

// lineFindings files what is wrong with a file beside the data.
func (l *linter) lineFindings(f dataFile, name string, found []lint.LineFinding) {
	for _, x := range found {
		e := spec.Error{File: path.Join(path.Dir(f.data), name), Line: x.Line, Msg: x.Message}
		if x.Warning {
			l.warnings = append(l.warnings, e)
		} else {
			l.errors = append(l.errors, e)
		}
	}
}

// dataFile is where a task and its rows stand.
type dataFile struct {
	spec string // the task's file as people call it
	data string // the data file as people call it; "" when the rows are generated
	fsys fs.FS  // holds the data file; nil when it was not found
	name string // of the data file in fsys
}

// beside reads a file in the folder of the data file, nil where there is none.
func (f dataFile) beside(name string) ([]byte, error) {
	if f.fsys == nil {
		return nil, nil
	}
	text, err := fs.ReadFile(f.fsys, path.Join(path.Dir(f.name), name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return text, err
}

// dataOf finds the data file of a task as the loader does: beside the task, then
// in the folders given by --data.
func (l *linter) dataOf(t *harness.Task) dataFile {
	var s struct {
		Data struct{ File string }
	}
	// The specification of a task that was read is JSON.
	_ = json.Unmarshal(t.Spec, &s)
	file := s.Data.File
	if name, ok := strings.CutPrefix(t.Path, "builtin:"); ok {
		f := dataFile{spec: name + "/task.yaml"}
		for _, fsys := range l.loader.Builtin {
			if at := path.Join(name, file); file != "" && exists(fsys, at) {
				f.fsys, f.name, f.data = fsys, at, at
				return f
			}
		}
		return l.given(f, t.Name, file)
	}
	f := dataFile{spec: t.Path}
	dir := path.Dir(t.Path)
	if fsys := os.DirFS(dir); file != "" && exists(fsys, file) {
		f.fsys, f.name, f.data = fsys, file, path.Join(dir, file)
		return f
	}
	return l.given(f, t.Name, file)
}

// given looks for a data file in the folders given by --data.
func (l *linter) given(f dataFile, task, file string) dataFile {
	for _, dir := range l.loader.DataDirs {
		for _, at := range []string{path.Join(task, file), file} {
			if fsys := os.DirFS(dir); file != "" && exists(fsys, at) {
				f.fsys, f.name, f.data = fsys, at, filepath.Join(dir, at)
				return f
			}
		}
	}
	return f
}

func exists(fsys fs.FS, name string) bool {
	info, err := fs.Stat(fsys, name)
	return err == nil && info.Mode().IsRegular()
}

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

// separation is how far the prompts of a battery in one language give their
// side away, for people and programs.
type separation struct {
	variants     bool
	Task         string          `json:"task"`
	Lang         string          `json:"lang"`
	Clusters     int             `json:"clusters"`
	Harmful      int             `json:"harmful"`
	Benign       int             `json:"benign"`
	WordAUC      *float64        `json:"word_auc"`
	CharacterAUC *float64        `json:"character_auc"`
	Filter       *keywordsFilter `json:"filter"`
	Reason       string          `json:"reason,omitempty"`
}

// keywordsFilter is the better of the two filters, taken for a model.
type keywordsFilter struct {
	Features string  `json:"features"`
	Harmful  float64 `json:"harmful_refused"`
	Benign   float64 `json:"benign_refused"`
	J        float64 `json:"j"`
}

// separations are those of the plain items of the batteries, or of their variants
// that were written by hand.
func (l *linter) separations(variants bool) []separation {
	out := []separation{}
	for _, b := range l.batteries {
		of := b.report.Separations
		if variants {
			of = b.report.Variants
		}
		for _, s := range of {
			x := separation{variants: variants, Task: b.Task.Name, Lang: s.Lang, Clusters: s.Clusters, Harmful: s.Harmful, Benign: s.Benign, Reason: s.Reason}
			if s.Reason == "" {
				name, f := s.Best()
				x.WordAUC, x.CharacterAUC = &s.Word.AUC, &s.Character.AUC
				x.Filter = &keywordsFilter{name, f.Harmful, f.Benign, f.J()}
			}
			out = append(out, x)
		}
	}
	return out
}

// String is the separation in a line.
func (s separation) String() string {
	head := s.Task
	if s.variants {
		head += " variants"
	}
	head = strings.TrimSpace(head + " " + s.Lang)
	if s.Filter == nil {
		return fmt.Sprintf("%s: prompts alone: n/a (%s)", head, s.Reason)
	}
	return fmt.Sprintf("%s: %d clusters, %d harmful and %d benign rows, prompts alone: AUC %.2f by words, %.2f by characters (at most %.2f); a filter of %s n-grams refuses %.0f %% of the harmful and %.0f %% of the benign, J %.2f",
		head, s.Clusters, s.Harmful, s.Benign, *s.WordAUC, *s.CharacterAUC, lint.MaxAUC, s.Filter.Features, 100*s.Filter.Harmful, 100*s.Filter.Benign, s.Filter.J)
}
