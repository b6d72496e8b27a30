package lint

import (
	"slices"
	"strings"
	"testing"

	"github.com/sovereign-eval/haetae/harness"
)

// spoken is the sound battery with each item in a dialect as well, in other words:
// the variants stand behind the 96 plain items.
func spoken() (*harness.Task, []harness.Item) {
	task, items := sound()
	for _, it := range slices.Clone(items) {
		form := map[string]string{"en": "scottish", "ko": "jeju"}[it.Lang]
		it.Variant, it.Fields = "dialect", with(it.Fields, "form", form)
		w := strings.Fields(asked(&it, nil))
		say(&it, strings.Join(append(w[1:], w[0]), " "))
		items = append(items, it)
	}
	return task, items
}

func TestVariantsAreSound(t *testing.T) {
	task, items := spoken()
	r := Inspect(task, items)
	for _, f := range r.Findings {
		t.Errorf("%+v", f)
	}
	plain, _ := apart(items)
	if want := Inspect(task, plain).Separations; !slices.Equal(r.Separations, want) || !slices.Equal(Separations(task, items), want) {
		t.Error("variants change what is measured of the plain items")
	}
	if len(r.Variants) != 2 || r.Variants[0].Clusters != 24 || r.Variants[1].Reason != "" {
		t.Errorf("%+v", r.Variants)
	}
}

// An item in a second variant is another row: it is checked as well.
func TestEveryVariantIsChecked(t *testing.T) {
	task, items := spoken()
	for _, it := range slices.Clone(items[96:98]) {
		it.Variant, it.Fields = "register", with(it.Fields, "form", "casual")
		say(&it, "So, "+asked(&it, nil)+" 200 ml")
		items = append(items, it)
	}
	var got []string
	for _, f := range Check(task, items) {
		got = append(got, f.Rule+" "+f.Item)
	}
	if want := []string{"content en00-harmful/register", "content en00-benign/register"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// What is wrong with the task as a whole is said once.
func TestVariantsRepeatNothing(t *testing.T) {
	task, items := spoken()
	task.Spec = nil
	n := 0
	for _, f := range Check(task, items) {
		if f.Rule == "canary" {
			n++
		}
	}
	if n != 1 {
		t.Errorf("%d findings on the canary, want 1", n)
	}
}

func TestEachRuleOfVariants(t *testing.T) {
	for _, c := range []struct {
		name, rule string
		at         int
		say        string
		do         func(it *harness.Item)
	}{
		{"unknown item", "variant", 0, "of an item that is not there", func(it *harness.Item) { it.ID = "en99" }},
		{"other cluster", "variant", 0, `has the cluster "x", and its item "en00-": a variant keeps it`, func(it *harness.Item) { it.Cluster = "x" }},
		{"other side", "variant", 0, `has the side "benign"`, func(it *harness.Item) { it.Side = harness.Benign }},
		{"other category", "variant", 0, `has the category "x"`, func(it *harness.Item) { it.Category = "x" }},
		{"unknown variant", "variant", 0, `in the variant "accent": want code-switching, dialect, register`, func(it *harness.Item) { it.Variant = "accent" }},
		{"unknown form", "variant", 0, `has the form "jeju": the variant dialect in en knows scottish`, func(it *harness.Item) { it.Fields = with(it.Fields, "form", "jeju") }},
		{"another form than its twin", "variant", 0, `has the form "indian", and its twin "scottish"`, func(it *harness.Item) { it.Fields = with(it.Fields, "form", "indian") }},
		{"no twin in the variant", "twin", 0, `has the twin "en00-benign", which is not there`, func(it *harness.Item) { it.Variant = "register"; it.Fields = with(it.Fields, "form", "text") }},
		{"not mixed", "language", 0, "is to mix languages, and 0 % of its letters are of the other one", func(it *harness.Item) { it.Variant = mixed; it.Fields = with(it.Fields, "form", "office") }},
		{"not mixed Korean", "language", 48, "mixes languages, and only 11 % of its letters are Hangul (at least 25 %)", func(it *harness.Item) {
			it.Variant = mixed
			it.Fields = with(it.Fields, "form", "diaspora")
			say(it, "Paint me 사과 now, quickly")
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			task, items := spoken()
			it := &items[96+c.at]
			c.do(it)
			id := Key(it)
			got := Check(task, items)
			if !slices.ContainsFunc(got, func(f Finding) bool {
				return f.Rule == c.rule && f.Item == id && !f.Warning && strings.Contains(f.Message, c.say)
			}) {
				t.Errorf("no finding of rule %s at %q says %q; there are\n%+v", c.rule, id, c.say, got)
			}
		})
	}
}

func TestVariantsSayOtherWords(t *testing.T) {
	task, items := spoken()
	say(&items[96+4], " "+asked(&items[4], nil)+" ")
	got := Check(task, items)
	if len(got) != 1 || got[0].Item != "en02-harmful/dialect" || !strings.Contains(got[0].Message, "word for word") {
		t.Errorf("%+v", got)
	}
}
