package exam

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/sovereign-eval/haetae/harness"
)

// Source says how to read a labelled file that is not the bundled exam.
type Source struct {
	Name string // part of the items' IDs
	// Columns says which column is which field; see Fields. Where a row holds the
	// answers of several models, response and class have a star for the name of the
	// model, as in *_response and *_action: each is an answer of its own.
	Columns map[string]string
	Classes map[string]Outcome // value of the class column -> outcome
	Lang    string             // of rows without a lang column
	Side    Side               // of rows without a side column; "" leaves it open
	Sides   map[string]Side    // value of the side column -> side; nil: the sides' own names
	// LabelMaker says who labelled the file: human, model or synthetic. It has no
	// default: a figure against human labels is another thing than one against a
	// model's.
	LabelMaker string
}

// Outcome is the outcome that a label stands for; Skip leaves the row out.
type Outcome = harness.Outcome

// Skip is the outcome of labels that say neither a stance nor the lack of one.
const Skip = harness.OutcomeUnscored

// Fields lists what a column can be read as. prompt, response and class are
// needed; id is the number of the row where no column gives it, and cluster the
// prompt.
var Fields = []string{"prompt", "response", "class", "id", "cluster", "lang", "side", "kind"}

// Sources are the files that Haetae knows by name.
//
// XSTest (Röttger et al., NAACL 2024): model_completions of version 2 with the
// annotators' final label. PyRIT: refusal.csv, where off-topic answers count as
// refusals. Do-Not-Answer (Wang et al., EACL 2024): the table as published, saved as CSV or
// JSON Lines, with the answers of six models beside each question and the action
// codes of its reviewers (the card reports them as its human evaluation); codes 2
// and 3 (both sides of a matter, a disclaimer or the advice to ask an expert) mix
// answers with and without the product and are left out.
var Sources = map[string]Source{
	"xstest": {Name: "xstest", Lang: "en", LabelMaker: "human",
		Columns: map[string]string{"prompt": "prompt", "response": "completion", "class": "final_label", "id": "id", "kind": "type", "side": "type"},
		Sides:   xstestSides,
		Classes: map[string]Outcome{"1_full_compliance": harness.OutcomeComply, "2_full_refusal": harness.OutcomeRefuse, "3_partial_refusal": harness.OutcomePartial}},
	"pyrit": {Name: "pyrit", Lang: "en", LabelMaker: "human",
		Columns: map[string]string{"prompt": "objective", "response": "assistant_response", "class": "human_score"},
		Classes: map[string]Outcome{"0": harness.OutcomeComply, "1": harness.OutcomeRefuse}},
	"do-not-answer": {Name: "do-not-answer", Lang: "en", LabelMaker: "human", Side: Harmful,
		Columns: map[string]string{"prompt": "question", "response": "*_response", "class": "*_action", "id": "id"},
		Classes: map[string]Outcome{"0": harness.OutcomeRefuse, "1": harness.OutcomeRedirect, "2": Skip, "3": Skip, "4": harness.OutcomeRefuse, "5": harness.OutcomeComply}},
}

// xstestSides are the sides of XSTest's types of prompt: a contrast is unsafe, its
// safe counterpart sounds like it.
var xstestSides = map[string]Side{
	"homonyms": Borderline, "figurative_language": Borderline, "safe_targets": Borderline, "safe_contexts": Borderline, "definitions": Borderline,
	"real_group_nons_discr": Borderline, "nons_group_real_discr": Borderline, "historical_events": Borderline, "privacy_public": Borderline, "privacy_fictional": Borderline,
	"contrast_homonyms": Harmful, "contrast_figurative_language": Harmful, "contrast_safe_targets": Harmful, "contrast_safe_contexts": Harmful,
	"contrast_definitions": Harmful, "contrast_discr": Harmful, "contrast_historical_events": Harmful, "contrast_privacy": Harmful,
}

// Check tells what is missing or unknown in a source.
func (s Source) Check() error {
	for field := range s.Columns {
		if !slices.Contains(Fields, field) {
			return fmt.Errorf("labelled file %s: column for %q: want one of %s", s.Name, field, strings.Join(Fields, ", "))
		}
	}
	for _, field := range Fields[:3] {
		if s.Columns[field] == "" {
			return fmt.Errorf("labelled file %s: no column is the %s: name it, as in %s=COLUMN", s.Name, field, field)
		}
	}
	if s.starred() != strings.Contains(s.Columns["class"], "*") {
		return fmt.Errorf("labelled file %s: response is %q and class %q: a star stands in both or in neither", s.Name, s.Columns["response"], s.Columns["class"])
	}
	if len(s.Classes) == 0 {
		return fmt.Errorf("labelled file %s: no classes: say what each label means, as in LABEL=refuse", s.Name)
	}
	for label, o := range s.Classes {
		if o.Class() == harness.ClassNone && o != Skip {
			return fmt.Errorf("labelled file %s: label %q means %q, which is no outcome of an answer", s.Name, label, o)
		}
	}
	switch s.LabelMaker {
	case "human", "model", "synthetic":
		return nil
	}
	return fmt.Errorf("labelled file %s: label maker %q: say human, model or synthetic", s.Name, s.LabelMaker)
}

// ReadFile reads a labelled file: .csv with a heading, or .jsonl. It returns the
// items, and how many rows have a label that the source skips. Any fault ends it,
// with file, line and remedy, and then nothing is read.
func (s Source) ReadFile(path string) (items []Item, skipped int, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, fmt.Errorf("read labelled file: %w", err)
	}
	defer f.Close()
	switch ext := strings.ToLower(filepath.Ext(path)); ext {
	case ".csv":
		return s.ReadCSV(f, path)
	case ".jsonl":
		return s.ReadJSONL(f, path)
	default:
		return nil, 0, fmt.Errorf("read labelled file %s: ending %q: want .csv or .jsonl", path, ext)
	}
}

// row is one row of a file with its line, by column.
type row struct {
	line   int
	values map[string]string
}

// read makes items of rows until io.EOF. next names the file and line in its own
// errors.
func (s Source) read(name string, next func() (row, error)) ([]Item, int, error) {
	if err := s.Check(); err != nil {
		return nil, 0, err
	}
	var items []Item
	skipped, lines := 0, map[string]int{}
	for n := 1; ; n++ {
		r, err := next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, 0, err
		}
		got, err := s.answers(r, n)
		if err != nil {
			return nil, 0, fmt.Errorf("read labelled file %s:%d: %w", name, r.line, err)
		}
		for _, it := range got {
			if first, twice := lines[it.ID]; twice {
				return nil, 0, fmt.Errorf("read labelled file %s:%d: id %q stands in line %d too: every row needs its own", name, r.line, it.ID, first)
			}
			lines[it.ID] = r.line
			if it.Outcome == Skip {
				skipped++
				continue
			}
			items = append(items, it)
		}
	}
	if len(items) == 0 {
		return nil, 0, fmt.Errorf("read labelled file %s: no row with a label", name)
	}
	return items, skipped, nil
}

// answers makes the items of the n-th row: one, or one for each model where the
// columns have a star.
func (s Source) answers(r row, n int) ([]Item, error) {
	if !s.starred() {
		it, err := s.item(r, n)
		return []Item{it}, err
	}
	before, after, _ := strings.Cut(s.Columns["response"], "*")
	var names []string
	for column := range r.values {
		rest, starts := strings.CutPrefix(column, before)
		if name, ends := strings.CutSuffix(rest, after); starts && ends && name != "" {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("no column %q for the response", s.Columns["response"])
	}
	slices.Sort(names)
	var items []Item
	for _, name := range names {
		one := s
		one.Columns = maps.Clone(s.Columns)
		for _, field := range []string{"response", "class"} {
			one.Columns[field] = strings.Replace(s.Columns[field], "*", name, 1)
		}
		it, err := one.item(r, n)
		if err != nil {
			return nil, err
		}
		it.ID += "/" + name
		items = append(items, it)
	}
	return items, nil
}

// starred tells whether a row holds the answers of several models.
func (s Source) starred() bool { return strings.Contains(s.Columns["response"], "*") }

// item makes the item of the n-th row.
func (s Source) item(r row, n int) (Item, error) {
	get := func(field string) (string, error) {
		column := s.Columns[field]
		if column == "" {
			return "", nil
		}
		v, ok := r.values[column]
		if !ok {
			return "", fmt.Errorf("no column %q for the %s", column, field)
		}
		if !utf8.ValidString(v) {
			return "", fmt.Errorf("column %q is not UTF-8: save the file as UTF-8", column)
		}
		return v, nil
	}
	value := map[string]string{}
	for _, field := range Fields {
		v, err := get(field)
		if err != nil {
			return Item{}, err
		}
		value[field] = v
	}
	if strings.TrimSpace(value["prompt"]) == "" {
		return Item{}, errors.New("the prompt is empty")
	}
	o, known := s.Classes[strings.TrimSpace(value["class"])]
	if !known {
		return Item{}, fmt.Errorf("label %q in column %q is unknown: want %s", value["class"], s.Columns["class"], labels(s.Classes))
	}
	side, err := s.side(value["side"])
	if err != nil {
		return Item{}, err
	}
	id := cmp.Or(value["id"], fmt.Sprint(n))
	return Item{ID: s.Name + "/" + id, Cluster: s.Name + "/" + cmp.Or(value["cluster"], value["prompt"]),
		Lang: cmp.Or(value["lang"], s.Lang), Side: side, Kind: value["kind"], Prompt: value["prompt"], Response: value["response"],
		Finish: harness.FinishStop, Outcome: o, Maker: "unknown", LabelMaker: s.LabelMaker}, nil
}

// side reads the value of a side column.
func (s Source) side(v string) (Side, error) {
	if v == "" {
		return s.Side, nil
	}
	if s.Sides != nil {
		if side, ok := s.Sides[v]; ok {
			return side, nil
		}
		return "", fmt.Errorf("side %q is unknown: want %s", v, labels(s.Sides))
	}
	switch side := Side(v); side {
	case Harmful, Benign, Borderline:
		return side, nil
	}
	return "", fmt.Errorf("side %q is unknown: want harmful, benign or borderline", v)
}

// labels lists the keys of a map for people.
func labels[V any](m map[string]V) string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, fmt.Sprintf("%q", k))
	}
	slices.Sort(keys)
	return strings.Join(keys, ", ")
}

// ParseColumns reads "prompt=COLUMN,response=COLUMN,class=COLUMN".
func ParseColumns(s string) (map[string]string, error) {
	return pairs("columns", s)
}

// ParseClasses reads "LABEL=OUTCOME,…", where an outcome may also be a class
// (refused, complied) or skip.
func ParseClasses(s string) (map[string]Outcome, error) {
	names, err := pairs("classes", s)
	if err != nil {
		return nil, err
	}
	classes := map[string]Outcome{}
	for label, name := range names {
		o := Outcome(name)
		switch name {
		case string(harness.ClassRefused):
			o = harness.OutcomeRefuse
		case string(harness.ClassComplied):
			o = harness.OutcomeComply
		case "skip":
			o = Skip
		default:
			if o.Class() == harness.ClassNone {
				return nil, fmt.Errorf("classes: label %q means %q: want an outcome (refuse, redirect, partial, comply, incoherent, off_language, truncated), refused, complied or skip", label, name)
			}
		}
		classes[label] = o
	}
	return classes, nil
}

// pairs reads "a=b,c=d" with every key once.
func pairs(what, s string) (map[string]string, error) {
	m := map[string]string{}
	for part := range strings.SplitSeq(s, ",") {
		k, v, ok := strings.Cut(part, "=")
		k, v = strings.TrimSpace(k), strings.TrimSpace(v)
		if !ok || k == "" || v == "" {
			return nil, fmt.Errorf("%s: %q: want NAME=VALUE, separated by commas", what, part)
		}
		if _, twice := m[k]; twice {
			return nil, fmt.Errorf("%s: %q stands twice", what, k)
		}
		m[k] = v
	}
	return m, nil
}
