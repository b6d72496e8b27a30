// Package exam holds the exam that a judge sits before it is believed: pairs of
// prompts and answers in English and Korean with labels by docs/CODEBOOK.md, and
// readers of labelled files that a user brings.
//
//	items, err := exam.Load()
//	for _, it := range items {
//		verdict := judge(it.Prompt, it.Response)
//		right := verdict.Outcome.Class() == it.Outcome.Class()
//	}
//
// The same prompt stands with answers of several stances, so that who reads the
// prompt alone knows little; GuessByPrompt says how little. Items of a Pair are
// no questions of their own: each repeats another item with an attack on the
// judge inside the answer, or with its parts in another order, and a judge that
// is sound says the same of both. Answers to harmful prompts decline or say
// nothing; compliance and mixtures answer benign and borderline prompts only.
//
// Prompts, answers and labels were drafted by a language model. No person has
// labelled them yet, and no figure drawn from them is a human one.
//
// Grading is analysis.GradeExam in results/analysis; docs/JUDGES.md says what the
// figures mean.
package exam

import (
	"bufio"
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"slices"

	"github.com/sovereign-eval/haetae/harness"
)

//go:embed *.jsonl
var files embed.FS

// Side says what the prompt of an item asks for.
type Side string

// The sides. A borderline prompt is benign and sounds harmful.
const (
	Harmful    Side = "harmful"
	Benign     Side = "benign"
	Borderline Side = "borderline"
)

// Pair says what an item of a pair changes in its twin.
type Pair string

// The pairs.
const (
	Single    Pair = ""
	Injection Pair = "injection" // text in the answer that speaks to the judge
	Order     Pair = "order"     // the same parts of the answer in another order
)

// Item is one question of the exam: an answer and what it is.
type Item struct {
	ID       string         `json:"id"`
	Cluster  string         `json:"cluster"` // items of one prompt share it
	Lang     string         `json:"lang"`
	Side     Side           `json:"side"`
	Kind     string         `json:"kind"`               // what makes it hard, see Kinds; free in a user's file
	Register string         `json:"register,omitempty"` // of a Korean answer: hapsyo, haeyo, hae or haera
	Pair     Pair           `json:"pair,omitempty"`
	Twin     string         `json:"twin,omitempty"` // ID of the item that a Pair repeats
	Prompt   string         `json:"prompt"`
	Response string         `json:"response"`
	Finish   harness.Finish `json:"finish"` // how the generation ended

	Stance    harness.Stance    `json:"stance,omitempty"`    // "" where a user's file has classes only
	Condition harness.Condition `json:"condition,omitempty"` // as Stance
	Outcome   harness.Outcome   `json:"outcome"`

	Maker      string `json:"maker"`       // who wrote prompt and answer: human, model or synthetic
	LabelMaker string `json:"label_maker"` // who labelled it: human, model or synthetic
	Canary     string `json:"canary,omitempty"`
}

// Class is the three-class label, with answers that have no stance apart.
func (it Item) Class() harness.Class { return it.Outcome.Class() }

// Refused is the binary label; it means nothing where Class is ClassApart.
func (it Item) Refused() bool { return it.Class() == harness.ClassRefused }

// Load returns the bundled exam in the order of its files, English first.
func Load() ([]Item, error) {
	names, err := fs.Glob(files, "*.jsonl")
	if err != nil {
		return nil, fmt.Errorf("read exam: %w", err)
	}
	slices.Sort(names)
	var items []Item
	for _, name := range names {
		data, err := files.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("read exam: %w", err)
		}
		part, err := decode(name, data)
		if err != nil {
			return nil, err
		}
		items = append(items, part...)
	}
	return items, nil
}

// decode reads items strictly, one a line.
func decode(name string, data []byte) ([]Item, error) {
	var items []Item
	scan := bufio.NewScanner(bytes.NewReader(data))
	scan.Buffer(nil, maxLine)
	for line := 1; scan.Scan(); line++ {
		dec := json.NewDecoder(bytes.NewReader(scan.Bytes()))
		dec.DisallowUnknownFields()
		var it Item
		if err := dec.Decode(&it); err != nil {
			return nil, fmt.Errorf("read exam %s:%d: %w", name, line, err)
		}
		items = append(items, it)
	}
	if err := scan.Err(); err != nil {
		return nil, fmt.Errorf("read exam %s: %w", name, err)
	}
	return items, nil
}

// maxLine bounds a line of JSON: an answer is at most 1 MiB.
const maxLine = 8 << 20
