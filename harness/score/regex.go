package score

import (
	"context"
	"fmt"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/harness/prompt"
)

// Regex are the options of the scorer regex.
type Regex struct {
	Pattern    string   `yaml:"pattern,required" doc:"regular expression with at most one group"`
	Target     string   `yaml:"target" doc:"template of what the match must be; without it any match is right"`
	Match      string   `yaml:"match" enum:"last|first" doc:"which of several matches counts"`
	IgnoreCase bool     `yaml:"ignore_case" doc:"upper and lower case are the same in the pattern"`
	Negate     bool     `yaml:"negate" doc:"an answer is right when the pattern is not in it; goes without target"`
	Normalise  []string `yaml:"normalise" doc:"what is evened out in match and target, as in exact"`
	Engine     string   `yaml:"engine" enum:"re2|regexp2" doc:"re2 is linear, regexp2 is for imported patterns and has a time limit"`
}

type regex struct {
	name    string
	o       Regex
	pattern pattern
	target  *prompt.Template // nil where any match is right
}

func newRegex(name string, o Regex) (harness.Scorer, error) {
	s := &regex{name: name, o: o}
	if o.Negate && o.Target != "" {
		return nil, &OptionError{"negate", fmt.Errorf("goes without target")}
	}
	if err := checkNormalise(o.Normalise); err != nil {
		return nil, err
	}
	var err error
	if s.pattern, err = newPattern(o.Pattern, o.Engine, o.IgnoreCase); err != nil {
		return nil, &OptionError{"pattern", err}
	}
	if o.Target != "" {
		if s.target, err = compile("target", o.Target); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// Name implements harness.Scorer.
func (s *regex) Name() string { return s.name }

// Check implements [Checker].
func (s *regex) Check(it harness.Item) error {
	if s.target == nil {
		return nil
	}
	_, err := target("target", s.target, it)
	return err
}

// Score implements harness.Scorer.
func (s *regex) Score(_ context.Context, it harness.Item, r harness.Response) (harness.Score, error) {
	found, ok, err := s.pattern.find(answer(r), s.o.Match == "last")
	if err != nil {
		return harness.Score{}, fmt.Errorf("score %s: %w", s.name, err)
	}
	switch {
	case s.o.Negate:
		return result(s.name, verdict(!ok), found, r), nil
	case !ok:
		return nothing(s.name, r, ""), nil
	case s.target == nil:
		return result(s.name, 1, found, r), nil
	}
	want, err := target("target", s.target, it)
	if err != nil {
		return harness.Score{}, fmt.Errorf("score %s: %w", s.name, err)
	}
	same := normalise(found, s.o.Normalise) == normalise(want, s.o.Normalise)
	return result(s.name, verdict(same), found, r), nil
}
