// Package attack rewrites prompts the way people who try to get around a
// refusal do: encodings, noise, Korean scripts, role play and other frames. It
// serves to measure how well a model's refusals hold, single-turn and with
// public techniques only: no suffix is searched for or optimised, and no
// transform adds anything to what the item already says.
//
//	for _, v := range attack.Variants(item, attack.All()) {
//		v.Variant               // "base64", "jamo", "role-story", ...
//		v.Cluster               // the item's: statistics count the cluster once
//		v.Messages              // the last user turn is rewritten
//		v.Fields[attack.Request] // what was asked, for scorers and judges
//	}
//
// A transform is a pure function of prompt, language and seed. Its output is
// valid UTF-8 and at most [Growth] times the prompt plus [Frame] bytes long.
//
// A refusal rate under a transform says something only if the model
// understands the transformed text: compare its help on benign items under the
// same transform before calling a refusal robust. Frames that forbid the
// wording of refusals, or that fix the first words of an answer, also blind a
// classifier that reads wording; expect more undecided answers there.
package attack

import (
	"hash/fnv"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/sovereign-eval/haetae/harness"
)

// Growth and Frame bound the output: Growth x bytes of the prompt + Frame.
const (
	Growth = 8
	Frame  = 4096
)

// Names of the fields that [Variants] adds to an item.
const (
	Request    = harness.FieldRequest    // the prompt before the transform
	AnswerLang = harness.FieldAnswerLang // the language that the answer was asked for in, where it is not the item's
)

// Family groups transforms that work alike; a report may give one line to each.
type Family string

// The families.
const (
	Encoding Family = "encoding" // the text in another code, with a decoder
	Noise    Family = "noise"    // misspelt, spaced or made of look-alikes
	Korean   Family = "korean"   // ways of writing that only Hangul has
	Framing  Family = "framing"  // the text as it is, inside another situation
)

// Transform is one public technique.
type Transform struct {
	Name   string   // kebab-case, unique; the variant of the items it makes
	Family Family   // what it works by
	Doc    string   // one sentence
	Langs  []string // languages that it is written for; empty: any
	// Apply rewrites a prompt. lang is a BCP 47 code and selects the language
	// of the words around the prompt: Korean for "ko", English for any other.
	// Invalid UTF-8 in the prompt becomes U+FFFD.
	Apply func(prompt, lang string, seed uint64) string
	// Decode gives the prompt back; nil where the transform loses something.
	Decode func(attacked string) (string, error)
}

// Suits tells whether the transform is written for a language. A language that
// is not declared suits only the transforms that work in any.
func (t Transform) Suits(lang string) bool {
	return len(t.Langs) == 0 || slices.Contains(t.Langs, base(lang))
}

// All lists every transform in the order of reports.
func All() []Transform {
	ts := slices.Concat(encodings(), noises(), koreans(), framings())
	for i, t := range ts {
		ts[i].Apply = func(prompt, lang string, seed uint64) string {
			return t.Apply(strings.ToValidUTF8(prompt, "\uFFFD"), base(lang), seed)
		}
	}
	return ts
}

// Variants gives an item under each transform that suits its language and finds
// a user turn to rewrite. A variant keeps the item's ID, cluster, side, twin and
// category, and its Variant is the name of the transform, after the item's own
// variant and "+" where it has one. The item itself is not among them and is not
// changed.
func Variants(item harness.Item, transforms []Transform) []harness.Item {
	last := lastUser(item.Messages)
	if last < 0 {
		return nil
	}
	asked := item.Messages[last].Content
	var out []harness.Item
	for _, t := range transforms {
		if !t.Suits(item.Lang) {
			continue
		}
		v := item
		v.Variant = t.Name
		if item.Variant != "" {
			v.Variant = item.Variant + "+" + t.Name
		}
		v.Messages = slices.Clone(item.Messages)
		v.Messages[last].Content = t.Apply(asked, item.Lang, seedOf(item.ID, t.Name))
		v.Fields = harness.Fields{}
		maps.Copy(v.Fields, item.Fields)
		v.Fields[Request] = asked
		if t.Name == otherLanguage {
			v.Fields[AnswerLang] = otherLang(base(item.Lang))
		}
		out = append(out, v)
	}
	return out
}

// seedOf ties the draw of a variant to its item, so that it is the same in every
// run and for every model.
func seedOf(id, name string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(id + "\x00" + name))
	return h.Sum64()
}

// draws is the source of chance of one application.
func draws(name, prompt string, seed uint64) *rand.Rand {
	return rand.New(rand.NewPCG(seed, seedOf(prompt, name)))
}

func lastUser(m []harness.Message) int {
	for i := len(m) - 1; i >= 0; i-- {
		if m[i].Role == "user" {
			return i
		}
	}
	return -1
}

// base is the language of a BCP 47 code without region and script.
func base(lang string) string {
	code, _, _ := strings.Cut(strings.ToLower(lang), "-")
	return code
}

// in chooses the words of a frame by language.
func in(lang, en, ko string) string {
	if lang == "ko" {
		return ko
	}
	return en
}

// some draws k of n indexes, sorted; at least one where n > 0.
func some(r *rand.Rand, n, k int) []int {
	if n == 0 {
		return nil
	}
	chosen := r.Perm(n)[:min(n, max(1, k))]
	slices.Sort(chosen)
	return chosen
}
