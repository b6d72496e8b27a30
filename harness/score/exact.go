package score

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/harness/prompt"
)

// Exact are the options of the scorer exact.
type Exact struct {
	Target    string   `yaml:"target" doc:"template of the right answer"`
	Targets   []string `yaml:"targets" doc:"further right answers, by templates"`
	Pattern   string   `yaml:"pattern" doc:"regular expression with at most one group that holds the answer; without it the whole answer counts"`
	Match     string   `yaml:"match" enum:"last|first" doc:"which of several matches counts"`
	Normalise []string `yaml:"normalise" doc:"what is evened out on both sides: trim, nfc, nfkc, lower, spaces, no_spaces, punctuation, articles; trim and nfc unless given"`
	Engine    string   `yaml:"engine" enum:"re2|regexp2" doc:"engine of the pattern: re2 is linear, regexp2 is for imported patterns and has a time limit"`
}

type exact struct {
	name    string
	o       Exact
	pattern pattern
	targets []*prompt.Template
}

func newExact(name string, o Exact) (harness.Scorer, error) {
	s := &exact{name: name, o: o}
	var err error
	if s.targets, err = compileAll(o.Target, "targets", o.Targets); err != nil {
		return nil, err
	}
	if err := checkNormalise(o.Normalise); err != nil {
		return nil, err
	}
	if o.Pattern != "" {
		if s.pattern, err = newPattern(o.Pattern, o.Engine, false); err != nil {
			return nil, &OptionError{"pattern", err}
		}
	}
	return s, nil
}

// compileAll compiles the option target and a list of others.
func compileAll(target, option string, more []string) ([]*prompt.Template, error) {
	t, err := compile("target", target)
	if err != nil {
		return nil, err
	}
	out := []*prompt.Template{t}
	for _, src := range more {
		t, err := compile(option, src)
		if err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	return out, nil
}

// Name implements harness.Scorer.
func (s *exact) Name() string { return s.name }

// Check implements [Checker].
func (s *exact) Check(it harness.Item) error {
	for _, t := range s.targets {
		want, err := target("target", t, it)
		if err != nil {
			return err
		}
		if normalise(want, s.o.Normalise) == "" {
			return &OptionError{"target", fmt.Errorf("%q is empty after normalisation", clip(want))}
		}
	}
	return nil
}

// Score implements harness.Scorer.
func (s *exact) Score(_ context.Context, it harness.Item, r harness.Response) (harness.Score, error) {
	found, ok := answer(r), true
	if s.pattern != nil {
		var err error
		if found, ok, err = s.pattern.find(found, s.o.Match == "last"); err != nil {
			return harness.Score{}, fmt.Errorf("score %s: %w", s.name, err)
		}
	}
	have := normalise(found, s.o.Normalise)
	if !ok || have == "" {
		return nothing(s.name, r, ""), nil
	}
	for _, t := range s.targets {
		want, err := target("target", t, it)
		if err != nil {
			return harness.Score{}, fmt.Errorf("score %s: %w", s.name, err)
		}
		if have == normalise(want, s.o.Normalise) {
			return result(s.name, 1, found, r), nil
		}
	}
	return result(s.name, 0, found, r), nil
}

var normaliseSteps = []string{"trim", "nfc", "nfkc", "lower", "spaces", "no_spaces", "punctuation", "articles"}

func checkNormalise(steps []string) error {
	for _, n := range steps {
		if !slices.Contains(normaliseSteps, n) {
			return &OptionError{"normalise", fmt.Errorf("unknown step %q; steps are %s", n, strings.Join(normaliseSteps, ", "))}
		}
	}
	return nil
}

// normalise applies the steps in their fixed order, whatever the order given.
func normalise(s string, steps []string) string {
	on := func(step string) bool { return slices.Contains(steps, step) }
	s = strings.ToValidUTF8(s, "\uFFFD")
	if on("nfkc") {
		s = norm.NFKC.String(s)
	} else if on("nfc") {
		s = norm.NFC.String(s)
	}
	if on("lower") {
		s = strings.ToLower(s)
	}
	if on("punctuation") {
		s = strings.Map(func(r rune) rune {
			if unicode.IsPunct(r) || unicode.IsSymbol(r) {
				return -1
			}
			return r
		}, s)
	}
	if on("articles") {
		s = withoutArticles(s)
	}
	switch {
	case on("no_spaces"):
		s = strings.Join(strings.Fields(s), "")
	case on("spaces"):
		s = strings.Join(strings.Fields(s), " ")
	case on("trim"):
		s = strings.TrimSpace(s)
	}
	return s
}

func withoutArticles(s string) string {
	words := strings.Fields(s)
	return strings.Join(slices.DeleteFunc(words, func(w string) bool {
		return strings.EqualFold(w, "a") || strings.EqualFold(w, "an") || strings.EqualFold(w, "the")
	}), " ")
}
