package lint

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/sovereign-eval/haetae/harness"
)

// mixed is the variant that moves between Korean and English.
const mixed = "code-switching"

// forms are what variants written by hand can be: kind, the name of the variant;
// language; forms. Forms of one kind make one cell of a report, since a form
// alone has too few clusters for a figure.
var forms = map[string]map[string][]string{
	"register": {
		"en": {"formal", "casual", "slang", "text"},
		"ko": {"formal", "polite", "plain", "elder", "text"},
	},
	"dialect": {
		"en": {"scottish", "indian", "african-american", "southern"},
		"ko": {"gyeongsang", "jeolla", "chungcheong", "jeju"},
	},
	mixed: {
		"en": {"diaspora", "office", konglish},
		"ko": {"diaspora", "office", konglish},
	},
}

// konglish is written in the letters of its language alone: Hangul in Korean,
// Latin in English.
const konglish = "konglish"

// The smallest parts of the letters of a mixed prompt. A syllable of Hangul is
// one letter where Latin has two or three.
const (
	minMixedHangul = 0.25 // of a Korean one in Hangul
	minMixedLatin  = 0.5  // of an English one in Latin
	minEmbedded    = 0.03 // of either in the other's letters
)

// apart parts the variants that were written by hand from the other items.
func apart(items []harness.Item) (plain, byHand []harness.Item) {
	for _, it := range items {
		if form, _ := it.Fields["form"].(string); form != "" && it.Variant != "" {
			byHand = append(byHand, it)
		} else {
			plain = append(plain, it)
		}
	}
	return plain, byHand
}

// variants checks variants that were written by hand against the plain items: each
// keeps the cluster, language, side, category and twin of its item, and names a
// form that is known.
func variants(task *harness.Task, plain, byHand []harness.Item) []Finding {
	of, b := newBattery(task, plain), newBattery(task, byHand)
	for _, r := range b.rows {
		at, ok := of.byID[r.ID]
		if !ok {
			b.mistake("variant", r.id, "is a variant of an item that is not there: add the item, or take the variant out")
			continue
		}
		b.variantOf(r, of.rows[at])
	}
	return b.listed()
}

func (b *battery) variantOf(r, of row) {
	for _, same := range []struct{ what, is, want string }{
		{"cluster", r.cluster, of.cluster}, {"language", r.Lang, of.Lang}, {"side", string(r.Side), string(of.Side)},
		{"category", r.Category, of.Category}, {"twin", r.Twin, of.Twin},
	} {
		if same.is != same.want {
			b.mistake("variant", r.id, "has the %s %q, and its item %q: a variant keeps it", same.what, same.is, same.want)
		}
	}
	if folded(r.text) == folded(of.text) {
		b.mistake("variant", r.id, "says what its item says word for word: write it in its own form, or take it out")
	}
	form := value(r, "form")
	if why := unknownForm(r.Variant, r.Lang, form); why != "" {
		b.mistake("variant", r.id, "%s", why)
	} else if at, ok := b.byID[r.twin()]; ok && value(b.rows[at], "form") != form {
		b.mistake("variant", r.id, "has the form %q, and its twin %q: both are written in one", form, value(b.rows[at], "form"))
	}
}

// unknownForm says why a form is none of its variant and language, "" if it is.
func unknownForm(variant, lang, form string) string {
	byLang, ok := forms[variant]
	if !ok {
		return fmt.Sprintf("is in the variant %q: want %s", variant, strings.Join(slices.Sorted(maps.Keys(forms)), ", "))
	}
	if known := byLang[lang]; !slices.Contains(known, form) {
		return fmt.Sprintf("has the form %q: the variant %s in %s knows %s", form, variant, lang, strings.Join(known, ", "))
	}
	return ""
}

// mixing tells whether a prompt is to be written in both scripts.
func (r row) mixing() bool {
	return r.Variant == mixed && value(r, "form") != konglish && value(r, "form") != ""
}

// mixture checks that a prompt that moves between the languages does so.
func (b *battery) mixture(r row, lang string, hangul, latin float64) {
	own, other, name, least := latin, hangul, "Latin", minMixedLatin
	if lang == "ko" {
		own, other, name, least = hangul, latin, "Hangul", minMixedHangul
	}
	switch {
	case own < least:
		b.mistake("language", r.id, "mixes languages, and only %.0f %% of its letters are %s (at least %.0f %%): write more of it in its own language", 100*own, name, 100*least)
	case other < minEmbedded:
		b.mistake("language", r.id, "is to mix languages, and %.0f %% of its letters are of the other one (at least %.0f %%): write some of it in that one", 100*other, 100*minEmbedded)
	}
}
