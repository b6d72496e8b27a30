package safetyevals

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// Taxonomy is taxonomy.yaml: the categories of the shipped batteries beside the
// nearest classes of public taxonomies, and what no battery touches.
//
//	tax, err := safetyevals.ReadTaxonomy()
//	for _, text := range tax.UntestedOf("misuse", false) {
//		fmt.Println(text["en"])
//	}
type Taxonomy struct {
	Version    string
	Taxonomies map[string]struct {
		Title   map[string]string            // by language
		Classes map[string]map[string]string // code -> title by language
	}
	// Batteries: battery -> category -> its title and the codes of each taxonomy.
	Batteries map[string]map[string]map[string]any
	Untested  map[string][]any // taxonomy -> codes; "other" -> texts by language
}

// ReadTaxonomy reads the taxonomy that is built in. An error means that the
// program was built with a broken file.
func ReadTaxonomy() (Taxonomy, error) {
	var t Taxonomy
	b, err := Files.ReadFile("taxonomy.yaml")
	if err != nil {
		return t, fmt.Errorf("read taxonomy: %w", err)
	}
	d := yaml.NewDecoder(bytes.NewReader(b))
	d.KnownFields(true)
	if err := d.Decode(&t); err != nil {
		return t, fmt.Errorf("read taxonomy: %w", err)
	}
	return t, nil
}

// UntestedOf returns what no battery covers, as texts by language: one for each
// taxonomy, then what no taxonomy names. attacked: the battery is asked under attack
// transforms, which is then not untested. It is nil for a battery that the
// crosswalk does not know: it says nothing of that one.
func (t Taxonomy) UntestedOf(battery string, attacked bool) []map[string]string {
	if t.Batteries[battery] == nil {
		return nil
	}
	var out []map[string]string
	for _, name := range slices.Sorted(maps.Keys(t.Taxonomies)) {
		if len(t.Untested[name]) == 0 {
			continue
		}
		tax, text := t.Taxonomies[name], map[string]string{}
		for lang, title := range tax.Title {
			var classes []string
			for _, code := range t.Untested[name] {
				class := tax.Classes[fmt.Sprint(code)][lang]
				if strings.ContainsAny(fmt.Sprint(code), "0123456789") { // people know these classes by their number
					class = fmt.Sprint(code, " ", class)
				}
				classes = append(classes, class)
			}
			text[lang] = title + ": " + strings.Join(classes, ", ")
		}
		out = append(out, text)
	}
	for _, other := range t.Untested["other"] {
		if m, ok := other.(map[string]any); ok {
			if attacked && m["unless"] == "attacked" {
				continue
			}
			text := map[string]string{}
			for lang, s := range m {
				if lang != "unless" {
					text[lang] = fmt.Sprint(s)
				}
			}
			out = append(out, text)
		}
	}
	return out
}
