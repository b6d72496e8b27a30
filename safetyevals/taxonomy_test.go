package safetyevals

import (
	"fmt"
	"strings"
	"testing"
)

func TestTaxonomyNamesWhatIsUntested(t *testing.T) {
	tax, err := ReadTaxonomy()
	if err != nil {
		t.Fatal(err)
	}
	for name, scheme := range tax.Taxonomies {
		for code, titles := range scheme.Classes {
			if titles["en"] == "" || titles["ko"] == "" || titles["en"] == titles["ko"] {
				t.Errorf("class %s of %s is not titled in both languages: %v", code, name, titles)
			}
		}
		if scheme.Title["en"] == "" || scheme.Title["ko"] == "" {
			t.Errorf("%s is not titled in both languages", name)
		}
	}
	for name, codes := range tax.Untested {
		if name == "other" {
			continue
		}
		for _, c := range codes {
			if tax.Taxonomies[name].Classes[fmt.Sprint(c)] == nil {
				t.Errorf("untested %v is no class of %s", c, name)
			}
		}
	}
	for _, battery := range []string{"misuse", "biochem", "disinformation"} {
		texts := tax.UntestedOf(battery, false)
		if len(texts) != len(tax.Taxonomies)+len(tax.Untested["other"]) {
			t.Errorf("%s: %d texts", battery, len(texts))
		}
		for _, x := range texts {
			if x["en"] == "" || x["ko"] == "" {
				t.Errorf("%s: %v lacks a language", battery, x)
			}
		}
		if under := tax.UntestedOf(battery, true); len(under) != len(texts)-1 || strings.Contains(fmt.Sprint(under), "jailbreaks") {
			t.Errorf("%s under attack: %v", battery, under)
		}
		if !strings.Contains(fmt.Sprint(texts), "suicide and self-harm") {
			t.Errorf("%s: suicide and self-harm is not among %v", battery, texts)
		}
	}
	if tax.UntestedOf("sums", false) != nil {
		t.Error("the crosswalk speaks of a task that it does not know")
	}
}
