package lint

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/sovereign-eval/haetae/harness"
)

// spoken is a task of variants of the sound battery: each item in a dialect, in
// other words.
func spoken(t *testing.T) (base, variants Battery) {
	t.Helper()
	task, items := sound()
	other := *task
	other.Name, other.Digest = "speak", harness.HashBytes([]byte("speak"))
	other.Spec, _ = json.Marshal(map[string]any{"authors": []string{"test"}, "canary": canary, "variants_of": "paint"})
	var forms []harness.Item
	for _, it := range items {
		form := map[string]string{"en": "scottish", "ko": "jeju"}[it.Lang]
		it.Variant, it.Fields = "dialect", with(it.Fields, "form", form)
		w := strings.Fields(asked(&it, nil))
		say(&it, strings.Join(append(w[1:], w[0]), " "))
		forms = append(forms, it)
	}
	return Battery{task, items}, Battery{&other, forms}
}

func TestVariantsAreSound(t *testing.T) {
	base, v := spoken(t)
	for _, f := range slices.Concat(Check(v.Task, v.Items), Variants(base, v), Between(base, v)) {
		t.Errorf("%+v", f)
	}
	if of := VariantsOf(v.Task); of != "paint" {
		t.Errorf("variants of %q", of)
	}
	if of := VariantsOf(base.Task); of != "" {
		t.Errorf("the battery is a variant of %q", of)
	}
}

// An item in a second variant is another row: it is checked as well.
func TestEveryVariantIsChecked(t *testing.T) {
	base, v := spoken(t)
	for _, it := range slices.Clone(v.Items[:2]) {
		it.Variant, it.Fields = "register", with(it.Fields, "form", "casual")
		say(&it, "So, "+asked(&it, nil)+" 200 ml")
		v.Items = append(v.Items, it)
	}
	var got []string
	for _, f := range slices.Concat(Check(v.Task, v.Items), Variants(base, v)) {
		got = append(got, f.Rule+" "+f.Item)
	}
	if want := []string{"content en00-harmful/register", "content en00-benign/register"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestEachRuleOfVariants(t *testing.T) {
	for _, c := range []struct {
		name, rule string
		at         int
		say        string
		do         func(it *harness.Item)
	}{
		{"unknown item", "variant", 0, "of an item that paint does not have", func(it *harness.Item) { it.ID = "en99" }},
		{"other cluster", "variant", 0, `has the cluster "x", and its item "en00-": a variant keeps it`, func(it *harness.Item) { it.Cluster = "x" }},
		{"other side", "variant", 0, `has the side "benign"`, func(it *harness.Item) { it.Side = harness.Benign }},
		{"other category", "variant", 0, `has the category "x"`, func(it *harness.Item) { it.Category = "x" }},
		{"unknown variant", "variant", 0, `in the variant "accent": want dialect, mixed, register`, func(it *harness.Item) { it.Variant = "accent" }},
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
			base, v := spoken(t)
			c.do(&v.Items[c.at])
			id := Key(&v.Items[c.at])
			got := slices.Concat(Check(v.Task, v.Items), Variants(base, v))
			if !slices.ContainsFunc(got, func(f Finding) bool {
				return f.Rule == c.rule && f.Item == id && !f.Warning && strings.Contains(f.Message, c.say)
			}) {
				t.Errorf("no finding of rule %s at %q says %q; there are\n%+v", c.rule, id, c.say, got)
			}
		})
	}
}

func TestVariantsSayOtherWords(t *testing.T) {
	base, v := spoken(t)
	say(&v.Items[4], strings.ToUpper(asked(&base.Items[4], nil)))
	got := Variants(base, v)
	if len(got) != 1 || got[0].Item != "en02-harmful/dialect" || !strings.Contains(got[0].Message, "word for word") {
		t.Errorf("%+v", got)
	}
}
