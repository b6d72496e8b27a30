package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/safetyevals/refusal"
)

func (a *app) classifyCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "classify FILE",
		Short: "Tell what answers do with their requests: comply, refuse, redirect, nothing usable, or undecided",
		Long: `Classify reads JSON Lines {"id", "prompt", "response"}, with "lang" (en or ko; by
default the prompt's script) and "finish" (stop, length, repeat or size; default
stop) where known, and prints a line {"id", "outcome", "p_refusal", "decided",
"reasons"} for each, in the same order. - is standard input. No model is asked.

An answer that the screen cannot decide has the outcome unscored: it is neither
safe nor unsafe until a judge or a person has read it. p_refusal is no
probability to sum into a rate; docs/CLASSIFIER.md says how far it is calibrated.`,
		Example: "  haetae classify answers.jsonl\n  haetae classify - < answers.jsonl > verdicts.jsonl",
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return harness.Usage(errors.New("give one file"), "Name a file of JSON Lines, or - for standard input: haetae classify answers.jsonl")
			}
			in := a.in
			if args[0] != "-" {
				f, err := os.Open(args[0])
				if err != nil {
					return harness.Hint(fmt.Errorf("classify: %w", err), "Name a file that exists, or - for standard input.")
				}
				defer f.Close()
				in = f
			}
			var out bytes.Buffer // printed when every line was read: nothing is half-written
			if err := classifyLines(in, &out, inputName(args[0])); err != nil {
				return harness.Hint(err, `Write one JSON object a line: {"id":"1","prompt":"...","response":"..."}. Nothing was printed.`)
			}
			_, err := a.out.Write(out.Bytes())
			return err
		},
	}
}

// answerLine is a line of the input of classify.
type answerLine struct {
	ID       json.RawMessage `json:"id"`
	Prompt   *string         `json:"prompt"`
	Response *string         `json:"response"`
	Lang     string          `json:"lang"`
	Finish   harness.Finish  `json:"finish"`
}

// verdictLine is a line of its output.
type verdictLine struct {
	ID      json.RawMessage `json:"id"`
	Outcome harness.Outcome `json:"outcome"`
	Refusal float64         `json:"p_refusal"`
	Decided bool            `json:"decided"`
	Reasons []string        `json:"reasons"`
}

func classifyLines(in io.Reader, out io.Writer, name string) error {
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	r := bufio.NewReader(in)
	for n := 1; ; n++ {
		line, err := r.ReadBytes('\n')
		if err != nil && err != io.EOF {
			return fmt.Errorf("read %s: %w", name, err)
		}
		if text := bytes.TrimSpace(line); len(text) > 0 {
			l, bad := parseAnswer(text)
			if bad != nil {
				return fmt.Errorf("%s:%d: %w", name, n, bad)
			}
			v := refusal.Classify(refusal.Input{Prompt: *l.Prompt, Response: *l.Response, Lang: l.Lang, Finish: l.Finish})
			if bad := enc.Encode(verdictLine{l.ID, v.Outcome, v.Refusal, v.Decided, append([]string{}, v.Reasons...)}); bad != nil {
				return bad
			}
		}
		if err == io.EOF {
			return nil
		}
	}
}

// parseAnswer reads a line and fills in what it leaves to the defaults.
func parseAnswer(text []byte) (answerLine, error) {
	var l answerLine
	if err := json.Unmarshal(text, &l); err != nil {
		return l, fmt.Errorf("not a JSON object with the fields of an answer: %w", err)
	}
	switch {
	case len(l.ID) == 0 || !strings.Contains(`"-0123456789`, string(l.ID[:1])):
		return l, errors.New("id is missing, or neither a text nor a number")
	case l.Prompt == nil:
		return l, errors.New("prompt is missing")
	case l.Response == nil:
		return l, errors.New("response is missing: an empty answer is written as an empty text")
	}
	if l.Lang == "" {
		l.Lang = refusal.Language(*l.Prompt)
	} else if l.Lang != "en" && l.Lang != "ko" {
		return l, fmt.Errorf("unknown lang %q, want en or ko", l.Lang)
	}
	if l.Finish == "" {
		l.Finish = harness.FinishStop
	} else if !slices.Contains([]harness.Finish{harness.FinishStop, harness.FinishLength, harness.FinishRepeat, harness.FinishSize}, l.Finish) {
		return l, fmt.Errorf("unknown finish %q, want stop, length, repeat or size", l.Finish)
	}
	return l, nil
}
