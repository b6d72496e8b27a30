package score

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/harness/prompt"
)

// Choice are the options of the scorer choice.
type Choice struct {
	Target  string            `yaml:"target" doc:"template of the label of the right choice"`
	Labels  string            `yaml:"labels" enum:"A|a|1|①|가|ㄱ" doc:"first label; without it the field labels of the item counts, else A"`
	Count   int               `yaml:"count" doc:"how many choices there are, where the item has no field choices"`
	Text    bool              `yaml:"text" doc:"the text of a choice names it as well as its label"`
	Classes map[string]string `yaml:"classes" doc:"name the choice by what it means, as the flag choice=NAME: name and template of the label, or \"*\" for any other choice"`
}

func defaultChoice() Choice { return Choice{Target: "{{correct}}", Text: true} }

type choice struct {
	name    string
	o       Choice
	target  *prompt.Template
	classes []class
}

type class struct {
	name string
	of   *prompt.Template // nil for any other choice
}

func newChoice(name string, o Choice) (harness.Scorer, error) {
	s := &choice{name: name, o: o}
	var err error
	if s.target, err = compile("target", o.Target); err != nil {
		return nil, err
	}
	if o.Count < 0 || o.Count > 26 || o.Count == 1 {
		return nil, &OptionError{"count", fmt.Errorf("%d choices: want 2 to 26", o.Count)}
	}
	var rest []class
	for _, n := range slices.Sorted(maps.Keys(o.Classes)) {
		if o.Classes[n] == "*" {
			rest = append(rest, class{name: n})
			continue
		}
		t, err := compile("classes."+n, o.Classes[n])
		if err != nil {
			return nil, err
		}
		s.classes = append(s.classes, class{n, t})
	}
	if len(rest) > 1 {
		return nil, &OptionError{"classes", fmt.Errorf("only one class can be any other choice")}
	}
	s.classes = append(s.classes, rest...)
	return s, nil
}

// Name implements harness.Scorer.
func (s *choice) Name() string { return s.name }

// Check implements [Checker].
func (s *choice) Check(it harness.Item) error {
	labels, _, err := s.choices(it)
	if err != nil {
		return err
	}
	want, err := target("target", s.target, it)
	if err != nil {
		return err
	}
	if !slices.Contains(labels, want) {
		return &OptionError{"target", fmt.Errorf("%q is none of the labels %s", clip(want), strings.Join(labels, ", "))}
	}
	for _, c := range s.classes {
		if c.of == nil {
			continue
		}
		if _, err := target("classes."+c.name, c.of, it); err != nil {
			return err
		}
	}
	return nil
}

// choices returns the labels of an item, and the texts of its choices where it
// has them.
func (s *choice) choices(it harness.Item) (labels, texts []string, err error) {
	texts = stringList(it.Fields["choices"])
	n := s.o.Count
	if n == 0 {
		n = len(texts)
	}
	switch {
	case s.o.Labels != "":
		labels = prompt.Alphabets[s.o.Labels]
	case it.Fields["labels"] != nil:
		labels = stringList(it.Fields["labels"])
		n = len(labels)
	default:
		labels = prompt.Alphabets["A"]
	}
	if n < 2 || n > len(labels) {
		return nil, nil, &OptionError{"count", fmt.Errorf("the item has %d choices; give choices in the task, or count here", n)}
	}
	if len(texts) != n {
		texts = nil
	}
	return labels[:n], texts, nil
}

// stringList is a list of texts; nil for anything else.
func stringList(v any) []string {
	list, ok := v.([]any)
	if !ok {
		return nil
	}
	out := make([]string, len(list))
	for i, x := range list {
		out[i] = fmt.Sprint(x)
	}
	return out
}

// Score implements harness.Scorer.
func (s *choice) Score(_ context.Context, it harness.Item, r harness.Response) (harness.Score, error) {
	fail := func(err error) (harness.Score, error) {
		return harness.Score{}, fmt.Errorf("score %s: %w", s.name, err)
	}
	labels, texts, err := s.choices(it)
	if err != nil {
		return fail(err)
	}
	want, err := target("target", s.target, it)
	if err != nil {
		return fail(err)
	}
	if !s.o.Text {
		texts = nil
	}
	k, why := extractChoice(answer(r), labels, texts)
	if k < 0 {
		return nothing(s.name, r, why), nil
	}
	out := result(s.name, verdict(labels[k] == want), labels[k], r)
	out.Reasons = []string{why}
	name, err := s.classOf(labels[k], it)
	if err != nil {
		return fail(err)
	}
	if name != "" {
		out.Flags = append(out.Flags, "choice="+name)
	}
	return out, nil
}

// classOf names the class of a chosen label.
func (s *choice) classOf(label string, it harness.Item) (string, error) {
	for _, c := range s.classes {
		if c.of == nil {
			return c.name, nil
		}
		l, err := target("classes."+c.name, c.of, it)
		if err != nil {
			return "", err
		}
		if l == label {
			return c.name, nil
		}
	}
	return "", nil
}
