package score

import (
	"context"
	"fmt"
	"strings"

	"golang.org/x/text/unicode/norm"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/harness/prompt"
)

// Includes are the options of the scorer includes.
type Includes struct {
	Target     string   `yaml:"target" doc:"template of the text that a right answer holds"`
	Targets    []string `yaml:"targets" doc:"further such texts, by templates"`
	All        bool     `yaml:"all" doc:"the answer must hold all of them, not just one"`
	IgnoreCase bool     `yaml:"ignore_case" doc:"upper and lower case are the same"`
}

type includes struct {
	name    string
	o       Includes
	targets []*prompt.Template
}

func newIncludes(name string, o Includes) (harness.Scorer, error) {
	targets, err := compileAll(o.Target, "targets", o.Targets)
	if err != nil {
		return nil, err
	}
	return &includes{name: name, o: o, targets: targets}, nil
}

// Name implements harness.Scorer.
func (s *includes) Name() string { return s.name }

// Check implements [Checker].
func (s *includes) Check(it harness.Item) error {
	for _, t := range s.targets {
		want, err := target("target", t, it)
		if err != nil {
			return err
		}
		if want == "" {
			return &OptionError{"target", fmt.Errorf("is empty: every answer would hold it")}
		}
	}
	return nil
}

// Score implements harness.Scorer.
func (s *includes) Score(_ context.Context, it harness.Item, r harness.Response) (harness.Score, error) {
	text := s.even(answer(r))
	if strings.TrimSpace(text) == "" {
		return nothing(s.name, r, ""), nil
	}
	held := ""
	n := 0
	for _, t := range s.targets {
		want, err := target("target", t, it)
		if err != nil {
			return harness.Score{}, fmt.Errorf("score %s: %w", s.name, err)
		}
		if want = s.even(want); want != "" && strings.Contains(text, want) {
			held = want
			n++
		}
	}
	ok := n == len(s.targets) || n > 0 && !s.o.All
	return result(s.name, verdict(ok), held, r), nil
}

func (s *includes) even(text string) string {
	text = norm.NFC.String(strings.ToValidUTF8(text, "\uFFFD"))
	if s.o.IgnoreCase {
		return strings.ToLower(text)
	}
	return text
}
