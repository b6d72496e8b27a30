package main

import (
	"fmt"
	"strings"

	"github.com/sovereign-eval/haetae/safetyevals/lint"
)

// separation is how far the prompts of a battery in one language give their
// side away, for people and programs.
type separation struct {
	variants     bool
	Task         string          `json:"task"`
	Lang         string          `json:"lang"`
	Clusters     int             `json:"clusters"`
	Harmful      int             `json:"harmful"`
	Benign       int             `json:"benign"`
	WordAUC      *float64        `json:"word_auc"`
	CharacterAUC *float64        `json:"character_auc"`
	Filter       *keywordsFilter `json:"filter"`
	Reason       string          `json:"reason,omitempty"`
}

// keywordsFilter is the better of the two filters, taken for a model.
type keywordsFilter struct {
	Features string  `json:"features"`
	Harmful  float64 `json:"harmful_refused"`
	Benign   float64 `json:"benign_refused"`
	J        float64 `json:"j"`
}

// separations are those of the plain items of the batteries, or of their variants
// that were written by hand.
func (l *linter) separations(variants bool) []separation {
	out := []separation{}
	for _, b := range l.batteries {
		of := b.report.Separations
		if variants {
			of = b.report.Variants
		}
		for _, s := range of {
			x := separation{variants: variants, Task: b.Task.Name, Lang: s.Lang, Clusters: s.Clusters, Harmful: s.Harmful, Benign: s.Benign, Reason: s.Reason}
			if s.Reason == "" {
				name, f := s.Best()
				x.WordAUC, x.CharacterAUC = &s.Word.AUC, &s.Character.AUC
				x.Filter = &keywordsFilter{name, f.Harmful, f.Benign, f.J()}
			}
			out = append(out, x)
		}
	}
	return out
}

// String is the separation in a line.
func (s separation) String() string {
	head := s.Task
	if s.variants {
		head += " variants"
	}
	head = strings.TrimSpace(head + " " + s.Lang)
	if s.Filter == nil {
		return fmt.Sprintf("%s: prompts alone: n/a (%s)", head, s.Reason)
	}
	return fmt.Sprintf("%s: %d clusters, %d harmful and %d benign rows, prompts alone: AUC %.2f by words, %.2f by characters (at most %.2f); a filter of %s n-grams refuses %.0f %% of the harmful and %.0f %% of the benign, J %.2f",
		head, s.Clusters, s.Harmful, s.Benign, *s.WordAUC, *s.CharacterAUC, lint.MaxAUC, s.Filter.Features, 100*s.Filter.Harmful, 100*s.Filter.Benign, s.Filter.J)
}
