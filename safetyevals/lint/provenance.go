package lint

import (
	"slices"
	"strings"
)

// minCanary is the fewest characters that make a canary unlikely by chance: as
// many as a GUID has.
const minCanary = 36

// reviews are the states that an item's review can be in. They say who read it:
// nobody yet, or a reader of this kind.
var reviews = []string{"pending-human", "human", "model", "synthetic"}

// provenance checks that every item says where it is from, who wrote it and who
// reviewed it.
func (b *battery) provenance() {
	for _, field := range []string{"source", "author", "review"} {
		have := 0
		for _, r := range b.rows {
			if value(r, field) != "" {
				have++
			}
		}
		if have == 0 {
			b.noProvenance(field)
			continue
		}
		for _, r := range b.rows {
			v := value(r, field)
			if v == "" {
				b.mistake("provenance", r.id, "has no %s, while others have: give it in every row", field)
			} else if field == "review" && !slices.Contains(reviews, v) {
				b.mistake("provenance", r.id, "has the review %q: want %s", v, strings.Join(reviews, ", "))
			}
		}
	}
}

// noProvenance speaks of a field that no item has. The task's own source and
// authors stand in for those of its items.
func (b *battery) noProvenance(field string) {
	switch {
	case field == "source" && b.task.Source != "":
	case field == "author" && len(b.declared.Authors) > 0:
	case field == "author":
		b.warn("provenance", "nobody is named as the author of the items: give authors in the task, or author in every row")
	case field == "review":
		b.warn("provenance", "no item says whether a person reviewed it: give review in every row (%s)", strings.Join(reviews, ", "))
	default:
		b.warn("provenance", "no item says where it is from: give source in the task, or in every row")
	}
}

// canary checks that every row carries the task's canary, which is in no
// prompt.
func (b *battery) canary() {
	want := b.declared.Canary
	have := 0
	for _, r := range b.rows {
		if v := value(r, "canary"); v != "" {
			have++
			if want == "" {
				want = v
			}
		}
	}
	switch {
	case want == "":
		b.warn("canary", "there is no canary: give canary in the task and in every row, a text with a GUID that marks the items in training data")
		return
	case have == 0:
		b.mistake("canary", "", "the task's canary is in no row: give it in every row, in a field canary")
		return
	case b.declared.Canary == "":
		b.mistake("canary", "", "the rows carry a canary and the task does not: give canary in the task")
	case characters(want) < minCanary:
		b.mistake("canary", "", "the canary has %d characters: want at least %d, such as a GUID", characters(want), minCanary)
	}
	for _, r := range b.rows {
		switch v := value(r, "canary"); {
		case v == "":
			b.mistake("canary", r.id, "has no canary, while others have: give the task's in every row")
		case v != want:
			b.mistake("canary", r.id, "has another canary than the task: give the task's in every row")
		case strings.Contains(r.text, want):
			b.mistake("canary", r.id, "shows its canary to the model: take it out of the prompt")
		}
	}
}

// value is a field of the row as text, "" where it is none.
func value(r row, field string) string {
	s, _ := r.Fields[field].(string)
	return strings.TrimSpace(s)
}
