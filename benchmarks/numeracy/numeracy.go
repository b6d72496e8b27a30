// Package numeracy makes word problems in Korean and English from a seed:
// operations, units, number words and dates. A new seed is a fresh set that no
// model can have seen; the same seed makes the same set for ever, or Version
// changes.
//
//	for row, err := range numeracy.Generator{}.Rows(100, 7, nil) {
//		fmt.Println(row["question"], row["answer"])
//	}
//
// Rows alternate between Korean and English and go round the kinds of problem.
// Each row has id, lang, kind, template, question, instruction and answer; answers are whole
// numbers, and no question recurs within 16,000 rows unless its template has no
// other numbers left. Rows of one template are one cluster: a model that fails a form of
// question fails it again.
package numeracy

import (
	"errors"
	"fmt"
	"iter"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"

	"github.com/sovereign-eval/haetae/harness"
)

// version changes whenever the same arguments make other rows.
const version = "1"

// Generator makes the rows of the task numeracy. It implements spec.Generator.
type Generator struct{}

// Version implements spec.Generator.
func (Generator) Version() string { return version }

// options that a task can give.
type options struct {
	langs []string
	kinds []string
}

// Kinds are the kinds of problem, in the order in which rows go round them.
var kinds = []string{"operations", "units", "number_words", "dates"}

func parse(raw map[string]any) (options, error) {
	o := options{langs: []string{"ko", "en"}, kinds: kinds}
	for _, key := range slices.Sorted(maps.Keys(raw)) {
		var known *[]string
		switch key {
		case "langs":
			known = &o.langs
		case "kinds":
			known = &o.kinds
		default:
			return o, fmt.Errorf("unknown option %q; langs and kinds are known", key)
		}
		list, ok := raw[key].([]any)
		if !ok || len(list) == 0 {
			return o, fmt.Errorf("%s: want a list of names", key)
		}
		var chosen []string
		for _, v := range list {
			s, ok := v.(string)
			if !ok || !slices.Contains(*known, s) || slices.Contains(chosen, s) {
				return o, fmt.Errorf("%s: %v is unknown or given twice; known are %v", key, v, *known)
			}
			chosen = append(chosen, s)
		}
		*known = chosen
	}
	return o, nil
}

// Check implements spec.Generator.
func (Generator) Check(raw map[string]any) error {
	_, err := parse(raw)
	return err
}

// Rows implements spec.Generator.
func (Generator) Rows(n int, seed int64, raw map[string]any) iter.Seq2[harness.Fields, error] {
	return func(yield func(harness.Fields, error) bool) {
		o, err := parse(raw)
		if err == nil && n < 0 {
			err = errors.New("a negative number of rows")
		}
		if err != nil {
			yield(nil, fmt.Errorf("make numeracy rows: %w", err))
			return
		}
		seen := map[string]bool{}
		for i := range n {
			if len(seen) == remembered {
				clear(seen)
			}
			r := fresh(i, seed, o, seen)
			if !yield(r, nil) {
				return
			}
		}
	}
}

const (
	remembered = 1 << 14 // questions that a new one must differ from, at least
	redraws    = 50      // of a question that was asked before, until it may recur
)

// fresh makes row i anew until its question was not asked lately. It depends on
// the rows before only, so that a longer set begins with the shorter one.
func fresh(i int, seed int64, o options, seen map[string]bool) harness.Fields {
	var r harness.Fields
	for try := range redraws {
		r = row(i, try, seed, o)
		if q := r["question"].(string); !seen[q] {
			seen[q] = true
			break
		}
	}
	return r
}

// row makes the given try of row i.
func row(i, try int, seed int64, o options) harness.Fields {
	lang := o.langs[i%len(o.langs)]
	round := i / len(o.langs)
	kind := o.kinds[round%len(o.kinds)]
	forms := templates[lang][kind]
	t := round / len(o.kinds) % len(forms)
	q, answer := forms[t](&draw{rand.New(rand.NewPCG(uint64(seed), uint64(i)|uint64(try)<<48))})
	return harness.Fields{
		"id": fmt.Sprintf("%s-%s-%06d", lang, kind, i), "lang": lang, "kind": kind,
		"template": fmt.Sprintf("%s-%s-%d", lang, kind, t), "question": q, "answer": strconv.Itoa(answer),
		"instruction": instructions[lang],
	}
}

// instructions ask for the form of answer that the task's scorer reads.
var instructions = map[string]string{
	"en": "Work it out briefly, then end with #### and the number.",
	"ko": "짧게 풀고, 마지막 줄에 ####과 숫자만 쓰세요.",
}

// form makes one problem and its answer.
type form func(*draw) (question string, answer int)

// templates are the problems by language and kind.
var templates = map[string]map[string][]form{
	"en": {"operations": enOperations, "units": enUnits, "number_words": enWords, "dates": enDates},
	"ko": {"operations": koOperations, "units": koUnits, "number_words": koWords, "dates": koDates},
}

// draw draws what a problem needs.
type draw struct{ *rand.Rand }

// from returns a number from lo to hi, both included.
func (d *draw) from(lo, hi int) int { return lo + d.IntN(hi-lo+1) }

// one returns one of the words.
func (d *draw) one(words ...string) string { return words[d.IntN(len(words))] }
