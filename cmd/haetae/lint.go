package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
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
			byPlace(l.errors)
			byPlace(l.warnings)
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

// byPlace sorts by line within each file, and keeps the files as they came.
func byPlace(all spec.Errors) {
	files := map[string]int{}
	for _, e := range all {
		if _, ok := files[e.File]; !ok {
			files[e.File] = len(files)
		}
	}
	slices.SortStableFunc(all, func(x, y spec.Error) int {
		return cmp.Or(cmp.Compare(files[x.File], files[y.File]), cmp.Compare(x.Line, y.Line))
	})
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
	files, _ := spec.Files(arg) // a folder that cannot be read was reported by the loader
	for _, file := range files {
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
