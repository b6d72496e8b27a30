package spec

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/sovereign-eval/haetae/harness"
)

// Listing describes a task or suite without reading its data.
type Listing struct {
	Name    string
	Title   map[string]string
	Kind    harness.Kind // "" for a suite
	Version string
	Licence string
	Source  string
	Path    string
	Tasks   []string     // of a suite
	Missing *MissingData // what is not there; nil when the task can be asked
	Err     error        // the file cannot be read
}

// Tasks lists the shipped tasks by name.
func (l *Loader) Tasks() []Listing {
	tasks, _ := l.shipped()
	return list(tasks, l.describeTask)
}

// Suites lists the shipped suites by name.
func (l *Loader) Suites() []Listing {
	_, suites := l.shipped()
	return list(suites, l.describeSuite)
}

// Describe is the listing of one task or suite, by name or path.
func (l *Loader) Describe(arg string) (Listing, error) {
	p, suite, err := l.locate(arg)
	if err != nil {
		return Listing{}, err
	}
	name := strings.TrimSuffix(path.Base(p.path()), ".yaml")
	if suite {
		return l.describeSuite(name, p), nil
	}
	return l.describeTask(name, p), nil
}

func list(places map[string]place, describe func(string, place) Listing) []Listing {
	var out []Listing
	for name, p := range places {
		out = append(out, describe(name, p))
	}
	slices.SortFunc(out, func(a, b Listing) int { return strings.Compare(a.Name, b.Name) })
	return out
}

func (l *Loader) describeTask(name string, p place) Listing {
	b, err := l.read(p, overrides{})
	if err != nil {
		return Listing{Name: name, Path: p.path(), Err: err}
	}
	f := &b.file
	out := Listing{Name: f.Name, Title: f.Title, Kind: harness.Kind(f.Kind), Version: f.Version, Licence: f.Licence,
		Source: f.Source, Path: shownPath(p, f.Name), Err: b.errs.err()}
	if f.Name == "" {
		out.Name = name
	}
	for _, x := range b.needs() {
		_, err := l.find(p, f.Name, x.file)
		if m, ok := errors.AsType[*MissingData](err); ok && out.Missing == nil {
			m.Obtain = x.obtain
			out.Missing = m
		}
	}
	return out
}

func (l *Loader) describeSuite(name string, p place) Listing {
	f, d, err := l.decodeSuite(p)
	if err != nil {
		return Listing{Name: name, Path: p.path(), Err: err}
	}
	out := Listing{Name: f.Name, Title: f.Title, Version: f.Version, Path: shownPath(p, f.Name), Err: d.errs.err()}
	for _, e := range f.Tasks {
		out.Tasks = append(out.Tasks, e.Task)
	}
	return out
}

// Lint checks a task or suite with its data, or every one below a folder. Data
// that is missing is reported as a mistake of line 0 only where the task does
// not say where to obtain it.
func (l *Loader) Lint(arg string) Errors {
	files, err := Files(arg)
	if err != nil {
		return Errors{{File: arg, Msg: cause(err).Error()}}
	}
	if len(files) == 0 {
		return Errors{{File: arg, Msg: "no task.yaml and no suite.yaml in this folder"}}
	}
	var out Errors
	for _, f := range files {
		out = append(out, l.lintOne(f)...)
	}
	return out
}

// Files lists the tasks and suites below a folder; anything else stands for itself.
// With an error it returns those found before.
func Files(arg string) ([]string, error) {
	if info, err := os.Stat(arg); err != nil || !info.IsDir() {
		return []string{arg}, nil
	}
	var files []string
	err := filepath.WalkDir(arg, func(file string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		base := filepath.Base(file)
		inSuites := filepath.Base(filepath.Dir(file)) == suitesDir && filepath.Ext(base) == ".yaml"
		if base == taskName || base == suiteName || inSuites {
			files = append(files, file)
		}
		return nil
	})
	return files, err
}

func (l *Loader) lintOne(arg string) Errors {
	p, suite, err := l.locate(arg)
	if err == nil && suite {
		_, err = l.suite(p)
	} else if err == nil {
		_, err = l.task(p, overrides{})
	}
	if err == nil {
		return nil
	}
	if errs, ok := errors.AsType[Errors](err); ok {
		return errs
	}
	if m, ok := errors.AsType[*MissingData](err); ok {
		if m.Obtain != "" {
			return nil
		}
		return Errors{{File: p.path(), Msg: m.Error() + ". " + m.Remedy()}}
	}
	return Errors{{File: arg, Msg: strings.TrimPrefix(err.Error(), "read "+arg+": ")}}
}
