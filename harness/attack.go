package harness

import (
	"slices"
	"strings"
)

// Names of the fields that an attack adds to an item, for scorers.
const (
	FieldRequest    = "attack_request"     // the prompt before the attack
	FieldAnswerLang = "attack_answer_lang" // the language that an answer was asked for in, where it is not the item's
)

// Asked is what an item asks for and in which language an answer belongs: the
// last user turn and the item's language, or what they were before an attack
// rewrote the turn and asked for another language.
func (it Item) Asked() (request, lang string) {
	request, lang = "", it.Lang
	for _, m := range it.Messages {
		if m.Role == "user" {
			request = m.Content
		}
	}
	if s, ok := it.Fields[FieldRequest].(string); ok {
		request = s
	}
	if s, ok := it.Fields[FieldAnswerLang].(string); ok {
		lang = s
	}
	return request, lang
}

// AttackOf is the attack that a variant is, among those of a task: its whole name,
// or what stands behind the last "+" or "/" of it; "" for a plain item.
func AttackOf(variant string, attacks []string) string {
	if variant == "" {
		return ""
	}
	if i := strings.LastIndexAny(variant, "+/"); !slices.Contains(attacks, variant) && i >= 0 {
		variant = variant[i+1:]
	}
	if slices.Contains(attacks, variant) {
		return variant
	}
	return ""
}
