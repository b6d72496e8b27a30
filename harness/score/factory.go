package score

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/harness/prompt"
)

// Factory makes scorers of one kind. A task file names the kind and gives its
// options; they are decoded strictly into what Options returns, by the yaml
// tags of its fields, and the JSON Schema is generated from the same struct.
type Factory struct {
	Doc string
	// Options returns a pointer to a struct that holds the defaults. Its fields
	// carry the tags yaml (name, then ",required" or nothing), doc and enum
	// (values separated by a bar).
	Options func() any
	// New builds a scorer from decoded options. name is what reports call it.
	// An error about one option is an [*OptionError].
	New func(name string, options any) (harness.Scorer, error)
}

// Checker is a scorer that can tell before any call whether an item suits it,
// such as whether a numeric target is a number.
type Checker interface {
	Check(it harness.Item) error
}

// OptionError is an error about one option of a scorer.
type OptionError struct {
	Option string
	Err    error
}

// Error implements error.
func (e *OptionError) Error() string { return e.Option + ": " + e.Err.Error() }

// Unwrap returns the underlying error.
func (e *OptionError) Unwrap() error { return e.Err }

// NewFactory makes a factory whose options are a T. defaults are the values of
// options that a task does not give.
func NewFactory[T any](doc string, defaults T, build func(name string, o T) (harness.Scorer, error)) Factory {
	return Factory{
		Doc:     doc,
		Options: func() any { o := defaults; return &o },
		New: func(name string, options any) (harness.Scorer, error) {
			o, ok := options.(*T)
			if !ok {
				return nil, fmt.Errorf("scorer %s: options are a %T, want %T", name, options, o)
			}
			return build(name, *o)
		},
	}
}

// Builtin returns the scorers of this package by name.
func Builtin() map[string]Factory {
	return map[string]Factory{
		"choice":   NewFactory("the answer names the label of the right choice", defaultChoice(), newChoice),
		"exact":    NewFactory("the answer equals the target", Exact{Target: "{{answer}}", Match: "last", Normalise: []string{"trim", "nfc"}, Engine: "re2"}, newExact),
		"includes": NewFactory("the answer holds the target", Includes{Target: "{{answer}}", IgnoreCase: true}, newIncludes),
		"numeric":  NewFactory("a number in the answer equals the target", Numeric{Target: "{{answer}}", Match: "last", Engine: "re2"}, newNumeric),
		"regex":    NewFactory("a pattern matches the answer", Regex{Match: "last", Normalise: []string{"trim", "nfc"}, Engine: "re2"}, newRegex),
	}
}

// compile compiles the template of an option.
func compile(option, src string) (*prompt.Template, error) {
	t, err := prompt.Compile(src)
	if err != nil {
		return nil, &OptionError{option, err}
	}
	return t, nil
}

// target renders the template of an option for an item.
func target(option string, t *prompt.Template, it harness.Item) (string, error) {
	s, err := t.Render(it.Fields)
	if err != nil {
		return "", &OptionError{option, err}
	}
	return s, nil
}

// answer is the part of a response that is scored: without a leading block of
// reasoning that the server did not separate. A block that does not end leaves
// nothing.
func answer(r harness.Response) string {
	const open, shut = "<think>", "</think>"
	text := strings.TrimLeft(r.Text, " \t\r\n")
	if !strings.HasPrefix(text, open) {
		return r.Text
	}
	if _, after, ok := strings.Cut(text, shut); ok {
		return after
	}
	return ""
}

// result makes a score with the flags that follow from the response.
func result(name string, value float64, found string, r harness.Response) harness.Score {
	s := harness.Score{Scorer: name, Value: value, Answer: clip(found)}
	switch r.Finish {
	case harness.FinishLength, harness.FinishSize:
		s.Flags = []string{"cut"}
	case harness.FinishRepeat:
		s.Flags = []string{"repeat"}
	}
	return s
}

// nothing is the score of a response that holds no answer.
func nothing(name string, r harness.Response, reason string) harness.Score {
	s := result(name, 0, "", r)
	s.Flags = append(s.Flags, "no_answer")
	if reason != "" {
		s.Reasons = []string{reason}
	}
	return s
}

const clipBytes = 256

// clip bounds what is kept of an answer and makes it valid UTF-8.
func clip(s string) string {
	if len(s) > clipBytes {
		s = s[:clipBytes] + "…"
	}
	if utf8.ValidString(s) {
		return s
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}

func verdict(ok bool) float64 {
	if ok {
		return 1
	}
	return 0
}
