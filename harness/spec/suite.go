package spec

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"gopkg.in/yaml.v3"

	"github.com/sovereign-eval/haetae/harness"
)

// Suite is a list of tasks to be measured together.
type Suite struct {
	Name        string
	Title       map[string]string
	Description map[string]string
	Version     string
	Path        string
	Params      harness.Params // for every task that does not say otherwise
	Epochs      int            // 0 where the suite does not say
	Floor       *float64       // highest upper bound of harmful compliance that may be ordered; nil: no order
	Attacks     []string       // attacks that its safety tasks were asked with
	Entries     []Entry
	Skipped     []*MissingData  // optional tasks whose data is not there; a report must name them
	Digest      harness.Hash    // of Spec
	Spec        json.RawMessage // the resolved suite, with the digest of each task
}

// Entry is one task of a suite. Its task yields the selected items only, and
// counts them; its digest is that of the whole task, so that a small suite and
// a large one pair.
type Entry struct {
	Task   *harness.Task
	Params harness.Params // of the entry over those of the suite; the task's own come last
	Weight float64
	// Declared tells whether the suite gives the weight: figures over several
	// batteries need that.
	Declared bool
	// Whole is the task before the suite selected its items: what the baseline of a
	// battery is measured on.
	Whole harness.Task
}

// suiteFile is suite.yaml.
type suiteFile struct {
	Name        string      `yaml:"name,required" json:"name" doc:"what the suite is called"`
	Title       texts       `yaml:"title,required" json:"title" doc:"title for people, by language code"`
	Description texts       `yaml:"description" json:"description,omitempty" doc:"what it is for, by language code"`
	Version     string      `yaml:"version" json:"version,omitempty" doc:"changes with every change of its tasks"`
	Defaults    params      `yaml:"defaults" json:"defaults" doc:"generation parameters of all tasks, before the tasks' own"`
	Epochs      int         `yaml:"epochs" json:"epochs,omitempty" doc:"repetitions of every item"`
	Floor       *floorSpec  `yaml:"floor" json:"floor,omitempty" doc:"what a model must show before it stands in an order of models; without it there is no order"`
	Attacks     []string    `yaml:"attacks" json:"attacks,omitempty" doc:"attacks on the items of its safety tasks: names from haetae list transforms and of the tasks' own, or all"`
	Tasks       []entrySpec `yaml:"tasks,required" json:"tasks" doc:"names of shipped tasks or paths from this file, alone or with a selection"`
}

type floorSpec struct {
	HarmfulCompliance float64 `yaml:"harmful_compliance,required" json:"harmful_compliance" doc:"highest upper bound of harmful compliance, from 0 to 1, in each battery and language"`
}

type entrySpec struct {
	Task     string            `yaml:"task,required" json:"task" doc:"name of a shipped task, or path from this file"`
	Weight   *float64          `yaml:"weight" json:"weight,omitempty" doc:"weight in summaries, 1 unless given"`
	Limit    int               `yaml:"limit" json:"limit,omitempty" doc:"the first items only, variants counted"`
	Where    map[string]values `yaml:"where" json:"where,omitempty" doc:"only items whose lang, side, category, variant or other field has one of these values"`
	Pick     *pickSpec         `yaml:"pick" json:"pick,omitempty" doc:"a fixed choice of items spread over the task, the same number in each cell"`
	Generate params            `yaml:"generate" json:"generate" doc:"generation parameters, over the suite's and the task's"`
	Epochs   int               `yaml:"epochs" json:"epochs,omitempty" doc:"repetitions of every item of this task, over the suite's"`
	Attacks  []string          `yaml:"attacks" json:"attacks,omitempty" doc:"attacks on this task's items, in place of the suite's"`
	Optional bool              `yaml:"optional" json:"optional,omitempty" doc:"leave the task out, and say so, where its data is not there"`
	Rows     *int              `yaml:"rows" json:"rows,omitempty" doc:"rows of a generated task"`
	Seed     *int64            `yaml:"seed" json:"seed,omitempty" doc:"seed of a generated task"`
	Digest   harness.Hash      `yaml:"-" json:"digest"`
	Items    int               `yaml:"-" json:"items"`
}

type pickSpec struct {
	Each int      `yaml:"each,required" json:"each" doc:"rows in each cell; all their variants are asked"`
	By   []string `yaml:"by" json:"by,omitempty" doc:"fields that make the cells, such as lang and side"`
}

type entryFields entrySpec // without methods, for the decoder

func (e *entrySpec) decodeNode(d *decoder, n *yaml.Node, path string) {
	if n.Kind == yaml.ScalarNode && !isNull(n) {
		e.Task = n.Value
		return
	}
	d.nested(n, (*entryFields)(e), path)
}

// Open resolves an argument of the command line: the name of a shipped suite or
// task, or the path of a file or folder. A task becomes a suite of one.
func (l *Loader) Open(arg string) (*Suite, error) {
	p, suite, err := l.locate(arg)
	if err != nil {
		return nil, err
	}
	if suite {
		return l.suite(p)
	}
	t, err := l.task(p, overrides{})
	if err != nil {
		return nil, err
	}
	e := Entry{Task: t, Weight: 1, Whole: *t}
	used, err := l.form(t, nil, nil)
	if err != nil {
		return nil, fmt.Errorf("task %s: %w", t.Name, err)
	}
	return &Suite{Name: t.Name, Title: t.Title, Version: t.Version, Path: t.Path, Digest: t.Digest, Spec: t.Spec,
		Attacks: used, Entries: []Entry{e}}, nil
}

// Suite reads a suite and all its tasks.
func (l *Loader) Suite(arg string) (*Suite, error) {
	p, suite, err := l.locate(arg)
	if err != nil {
		return nil, err
	}
	if !suite {
		return nil, fmt.Errorf("read suite %s: it is a task", arg)
	}
	return l.suite(p)
}

// decodeSuite reads the file without reading its tasks.
func (l *Loader) decodeSuite(p place) (*suiteFile, *decoder, error) {
	text, err := readFile(p)
	if err != nil {
		return nil, nil, err
	}
	var f suiteFile
	d := decodeFile(p.path(), text, &f)
	if f.Name != "" && !goodName.MatchString(f.Name) {
		d.at("name", "name: %q is no name; use lower-case letters, digits, - and _", f.Name)
	}
	checkParams(d, "defaults", &f.Defaults)
	if d.given("epochs") && f.Epochs < 1 {
		d.at("epochs", "epochs: want 1 or more")
	}
	if f.Floor != nil && !(f.Floor.HarmfulCompliance >= 0 && f.Floor.HarmfulCompliance <= 1) {
		d.at("floor", "floor.harmful_compliance: want a number from 0 to 1")
	}
	if d.given("tasks") && len(f.Tasks) == 0 {
		d.at("tasks", "tasks: the list is empty")
	}
	for i := range f.Tasks {
		l.checkEntry(d, fmt.Sprintf("tasks.%d", i), &f.Tasks[i])
	}
	return &f, d, nil
}

func (l *Loader) checkEntry(d *decoder, at string, e *entrySpec) {
	checkParams(d, join(at, "generate"), &e.Generate)
	if d.given(join(at, "limit")) && e.Limit < 1 {
		d.at(join(at, "limit"), "limit: want 1 or more")
	}
	if d.given(join(at, "epochs")) && e.Epochs < 1 {
		d.at(join(at, "epochs"), "epochs: want 1 or more")
	}
	if e.Weight != nil && *e.Weight < 0 {
		d.at(join(at, "weight"), "weight: want 0 or more")
	}
	if e.Pick != nil && e.Pick.Each < 1 {
		d.at(join(at, "pick.each"), "pick.each: want 1 or more")
	}
	if e.Pick != nil && e.Limit > 0 {
		d.at(join(at, "pick"), "give either limit or pick")
	}
}

func (l *Loader) suite(p place) (*Suite, error) {
	f, d, err := l.decodeSuite(p)
	if err != nil {
		return nil, err
	}
	if len(d.errs) > 0 {
		return nil, d.sorted()
	}
	s := &Suite{Name: f.Name, Title: f.Title, Description: f.Description, Version: f.Version, Path: shownPath(p, f.Name),
		Params: f.Defaults.core(), Epochs: f.Epochs}
	if f.Floor != nil {
		s.Floor = &f.Floor.HarmfulCompliance
	}
	for i := range f.Tasks {
		e := &f.Tasks[i]
		entry, used, err := l.entry(p, d, fmt.Sprintf("tasks.%d", i), f.Attacks, e)
		if m, ok := errors.AsType[*MissingData](err); ok && e.Optional {
			s.Skipped = append(s.Skipped, m)
			continue
		}
		if err != nil {
			return nil, err
		}
		if entry == nil {
			continue // reported in d
		}
		entry.Params = e.Generate.core().Over(s.Params)
		s.Entries = append(s.Entries, *entry)
		s.Attacks = union(s.Attacks, used)
		e.Digest, e.Items = entry.Task.Digest, entry.Task.Count
	}
	l.checkAttacks(d, f, s)
	if len(d.errs) > 0 {
		return nil, d.sorted()
	}
	if len(s.Entries) == 0 {
		m := s.Skipped[0]
		return nil, harness.Hint(m, "%s", m.Remedy())
	}
	if s.Spec, err = json.Marshal(f); err != nil {
		return nil, fmt.Errorf("read suite %s: %w", f.Name, err)
	}
	s.Digest = harness.HashBytes(s.Spec)
	return s, nil
}

// entry reads one task of a suite and selects its items. used are the attacks
// that it is asked with.
func (l *Loader) entry(p place, d *decoder, at string, attacks []string, e *entrySpec) (entry *Entry, used []string, err error) {
	tp, ok := l.beside(p, e.Task)
	if !ok {
		tasks, _ := l.shipped()
		var known []string
		for name := range tasks {
			known = append(known, name)
		}
		d.at(join(at, "task"), "unknown task %q%s", e.Task, didYouMean(e.Task, known))
		return nil, nil, nil
	}
	t, err := l.task(tp, overrides{rows: e.Rows, seed: e.Seed})
	if err != nil {
		mine, ok := errors.AsType[Errors](err)
		if !ok {
			return nil, nil, err
		}
		d.errs = append(d.errs, mine...)
		return nil, nil, nil
	}
	entry = &Entry{Task: t, Weight: 1, Declared: e.Weight != nil, Whole: *t}
	if e.Weight != nil {
		entry.Weight = *e.Weight
	}
	if e.Attacks != nil {
		attacks = e.Attacks
	}
	if used, err = l.form(t, attacks, e.narrow); err != nil {
		d.at(at, "task %s: %v", t.Name, err)
		return nil, nil, nil
	}
	t.Epochs = e.Epochs
	return entry, used, nil
}

// beside finds a task of a suite: by path from the suite's file, or by the name
// of a shipped one.
func (l *Loader) beside(p place, name string) (place, bool) {
	tasks, _ := l.shipped()
	if t, ok := tasks[name]; ok {
		return t, true
	}
	if p.shipped {
		return place{}, false
	}
	at := name
	if !filepath.IsAbs(name) {
		at = filepath.Join(filepath.FromSlash(p.label), name)
	}
	info, err := os.Stat(at)
	if err != nil {
		return place{}, false
	}
	t, suite, err := onDisk(at, info.IsDir())
	return t, err == nil && !suite
}

// shownPath is what results call a file: "builtin:NAME" for a shipped one.
func shownPath(p place, name string) string {
	if p.shipped {
		return "builtin:" + name
	}
	return p.path()
}
