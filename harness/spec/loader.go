package spec

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/harness/score"
)

// Loader reads tasks and suites. Its fields are set before use and not changed;
// then it is safe for concurrent use.
type Loader struct {
	Scorers    map[string]score.Factory
	Metrics    map[string]MetricInfo
	Generators map[string]Generator
	// Builtin are the shipped tasks and suites: every folder with a task.yaml,
	// and every *.yaml in a folder called suites.
	Builtin []fs.FS
	// DataDirs are the folders given by --data.
	DataDirs []string
	// Transforms are the attacks that a suite can ask for by name, in the order of
	// reports.
	Transforms []Transform
	// Attacks take the place of those that suites ask for; nil leaves them, and an
	// empty list asks for none.
	Attacks []string
	// Limit is the number of first items that are asked of each opened task, each
	// with its attacks; 0 is all.
	Limit int
}

// Generator makes the rows of a task from a seed.
type Generator interface {
	// Version changes whenever the same arguments make other rows.
	Version() string
	// Check complains about options that it does not know.
	Check(options map[string]any) error
	// Rows makes n rows. The same arguments make the same rows.
	Rows(n int, seed int64, options map[string]any) iter.Seq2[harness.Fields, error]
}

// The names of the files.
const (
	taskName  = "task.yaml"
	suiteName = "suite.yaml"
	suitesDir = "suites"
)

// Task reads and checks a task, by the name of a shipped one, or by the path of
// its file or folder. Data that is missing is a [*MissingData]; mistakes in the
// files are [Errors].
func (l *Loader) Task(arg string) (*harness.Task, error) {
	p, suite, err := l.locate(arg)
	if err != nil {
		return nil, err
	}
	if suite {
		return nil, fmt.Errorf("read task %s: it is a suite", arg)
	}
	return l.task(p, overrides{})
}

// locate finds a task or suite by path or name.
func (l *Loader) locate(arg string) (p place, suite bool, err error) {
	if info, err := os.Stat(arg); err == nil {
		return onDisk(arg, info.IsDir())
	}
	if strings.ContainsAny(arg, `/\`) || strings.HasSuffix(arg, ".yaml") || strings.HasSuffix(arg, ".yml") {
		return place{}, false, harness.Usage(fmt.Errorf("read %s: %w", arg, fs.ErrNotExist),
			"Give the name of a task or suite (haetae list tasks, haetae list suites), or the path of one.")
	}
	tasks, suites := l.shipped()
	if p, ok := suites[arg]; ok {
		return p, true, nil
	}
	if p, ok := tasks[arg]; ok {
		return p, false, nil
	}
	known := slices.Concat(slices.Collect(maps.Keys(tasks)), slices.Collect(maps.Keys(suites)))
	hint := "See haetae list tasks and haetae list suites, or give the path of a task."
	if n := Nearest(arg, known); n != "" {
		hint = fmt.Sprintf("Did you mean %q? ", n) + hint
	}
	return place{}, false, harness.Usage(fmt.Errorf("unknown task or suite %q", arg), "%s", hint)
}

// onDisk makes the place of a file or folder.
func onDisk(arg string, dir bool) (place, bool, error) {
	folder, file := arg, ""
	if !dir {
		folder, file = filepath.Split(arg)
		folder = filepath.Clean(folder)
	}
	p := place{fsys: os.DirFS(folder), dir: ".", file: file, label: filepath.ToSlash(filepath.Clean(folder))}
	if !dir {
		return p, isSuite(p), nil
	}
	for _, f := range []string{taskName, suiteName} {
		if _, err := fs.Stat(p.fsys, f); err == nil {
			p.file = f
			return p, f == suiteName, nil
		}
	}
	return p, false, harness.Usage(fmt.Errorf("read %s: no task.yaml and no suite.yaml in this folder", arg),
		"Give the folder that holds the file, or the file itself.")
}

// isSuite tells a suite from a task by name, and by its key tasks where the
// name does not tell.
func isSuite(p place) bool {
	if p.file == suiteName || path.Base(p.label) == suitesDir {
		return true
	}
	if p.file == taskName {
		return false
	}
	text, err := readFile(p)
	if err != nil {
		return false
	}
	root, err := parseYAML(text)
	if err != nil {
		return false
	}
	for i := 0; i+1 < len(root.Content); i += 2 {
		if root.Content[i].Value == "tasks" {
			return true
		}
	}
	return false
}

// shipped lists the built-in tasks and suites by name.
func (l *Loader) shipped() (tasks, suites map[string]place) {
	tasks, suites = map[string]place{}, map[string]place{}
	for _, fsys := range l.Builtin {
		// An embedded file system cannot fail to list itself.
		_ = fs.WalkDir(fsys, ".", func(file string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() {
				return err
			}
			dir, base := path.Dir(file), path.Base(file)
			p := place{fsys: fsys, dir: dir, file: base, label: dir, shipped: true}
			switch {
			case base == taskName:
				tasks[path.Base(dir)] = p
			case base == suiteName:
				suites[path.Base(dir)] = p
			case path.Base(dir) == suitesDir && path.Ext(base) == ".yaml":
				suites[strings.TrimSuffix(base, ".yaml")] = p
			}
			return nil
		})
	}
	return tasks, suites
}

func readFile(p place) ([]byte, error) {
	f, err := p.fsys.Open(path.Join(p.dir, p.file))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", p.path(), cause(err))
	}
	defer f.Close()
	// One byte more than is allowed tells the decoder that the file is too long.
	b, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", p.path(), cause(err))
	}
	return b, nil
}

// cause drops the path that a fs.PathError repeats.
func cause(err error) error {
	if pe, ok := errors.AsType[*fs.PathError](err); ok {
		return pe.Err
	}
	return err
}
