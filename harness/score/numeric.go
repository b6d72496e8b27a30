package score

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/harness/prompt"
)

// Numeric are the options of the scorer numeric.
type Numeric struct {
	Pattern   string  `yaml:"pattern" doc:"regular expression with at most one group that holds the number; without it any number in the answer counts"`
	Target    string  `yaml:"target" doc:"template of the right number"`
	Match     string  `yaml:"match" enum:"last|first" doc:"which of several numbers counts"`
	Tolerance float64 `yaml:"tolerance" doc:"largest absolute difference that is still right"`
	Relative  float64 `yaml:"relative" doc:"largest difference relative to the target that is still right"`
	Korean    bool    `yaml:"korean" doc:"also read Korean numbers such as 3만 2천 and 삼백이십"`
	Engine    string  `yaml:"engine" enum:"re2|regexp2" doc:"engine of the pattern: re2 is linear, regexp2 is for imported patterns and has a time limit"`
}

type numeric struct {
	name    string
	o       Numeric
	pattern pattern
	target  *prompt.Template
}

func newNumeric(name string, o Numeric) (harness.Scorer, error) {
	s := &numeric{name: name, o: o}
	var err error
	if s.target, err = compile("target", o.Target); err != nil {
		return nil, err
	}
	if o.Pattern != "" {
		if s.pattern, err = newPattern(o.Pattern, o.Engine, false); err != nil {
			return nil, &OptionError{"pattern", err}
		}
	}
	for option, v := range map[string]float64{"tolerance": o.Tolerance, "relative": o.Relative} {
		if v < 0 || math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, &OptionError{option, fmt.Errorf("%v is no tolerance: want 0 or more", v)}
		}
	}
	return s, nil
}

// Name implements harness.Scorer.
func (s *numeric) Name() string { return s.name }

// Check implements [Checker].
func (s *numeric) Check(it harness.Item) error {
	want, err := target("target", s.target, it)
	if err != nil {
		return err
	}
	if _, ok := parseNumber(want, s.o.Korean); !ok {
		return &OptionError{"target", fmt.Errorf("%q is not a number", clip(want))}
	}
	return nil
}

// Score implements harness.Scorer.
func (s *numeric) Score(_ context.Context, it harness.Item, r harness.Response) (harness.Score, error) {
	t, err := target("target", s.target, it)
	if err != nil {
		return harness.Score{}, fmt.Errorf("score %s: %w", s.name, err)
	}
	want, ok := parseNumber(t, s.o.Korean)
	if !ok {
		return harness.Score{}, fmt.Errorf("score %s: target %q is not a number", s.name, clip(t))
	}
	text, ok := answer(r), true
	if s.pattern != nil {
		if text, ok, err = s.pattern.find(text, s.o.Match == "last"); err != nil {
			return harness.Score{}, fmt.Errorf("score %s: %w", s.name, err)
		}
	}
	if !ok {
		return nothing(s.name, r, ""), nil
	}
	found, ok := findNumber(text, s.o.Match == "last", s.o.Korean)
	if !ok {
		return nothing(s.name, r, ""), nil
	}
	return result(s.name, verdict(s.equal(found, want)), found, r), nil
}

// equal compares two numbers in canonical form.
func (s *numeric) equal(have, want string) bool {
	if have == want {
		return true
	}
	if s.o.Tolerance == 0 && s.o.Relative == 0 {
		return false
	}
	a, errA := strconv.ParseFloat(have, 64)
	b, errB := strconv.ParseFloat(want, 64)
	if errA != nil || errB != nil {
		return false
	}
	// A few units in the last place: the bounds are written in decimal.
	bound := math.Max(s.o.Tolerance, s.o.Relative*math.Abs(b))
	return math.Abs(a-b) <= bound+4e-16*math.Max(math.Abs(a), math.Abs(b))
}

// parseNumber reads a text that is one number, with a unit at most, and returns
// its canonical decimal form.
func parseNumber(text string, korean bool) (string, bool) {
	return findNumber(strings.TrimSpace(text), true, korean)
}
