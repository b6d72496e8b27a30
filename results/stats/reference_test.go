package stats

import (
	"encoding/json"
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"testing"
)

// referenceCase is a case of cases.json with its expected output.
type referenceCase struct {
	ID       string          `json:"id"`
	Stat     string          `json:"stat"`
	Input    json.RawMessage `json:"input"`
	Expected map[string]any  `json:"expected"`
	RTol     float64         `json:"rtol"`
}

// TestReferenceCases runs every published case through RunCases, from the copy in testdata
// and from the shared folder where there is one.
func TestReferenceCases(t *testing.T) {
	paths := []string{"testdata/cases.json", filepath.FromSlash("../../../shared/reference/cases.json")}
	for _, path := range paths {
		t.Run(filepath.Dir(path), func(t *testing.T) {
			raw, err := os.ReadFile(path)
			if errors.Is(err, fs.ErrNotExist) && path != paths[0] {
				t.Skip("no shared reference folder beside this checkout")
			}
			if err != nil {
				t.Fatal(err)
			}
			checkReference(t, raw)
		})
	}
}

func checkReference(t *testing.T, raw []byte) {
	var cases []referenceCase
	if err := json.Unmarshal(raw, &cases); err != nil {
		t.Fatal(err)
	}
	out, err := RunCases(raw)
	if err != nil {
		t.Fatal(err)
	}
	var results []struct {
		ID     string         `json:"id"`
		Output map[string]any `json:"output"`
		Error  string         `json:"error"`
	}
	if err := json.Unmarshal(out, &results); err != nil {
		t.Fatal(err)
	}
	if len(results) != len(cases) {
		t.Fatalf("%d results for %d cases", len(results), len(cases))
	}
	for i, c := range cases {
		r := results[i]
		if r.ID != c.ID || r.Error != "" {
			t.Errorf("%s: got id %q, error %q", c.ID, r.ID, r.Error)
			continue
		}
		for key, want := range c.Expected {
			if got, ok := r.Output[key]; !ok {
				t.Errorf("%s: output has no %q", c.ID, key)
			} else {
				checkValue(t, c.ID+" "+key, got, want, c.RTol)
			}
		}
	}
}

// checkValue holds got to want by the rule |x − e| ≤ rtol·max(|e|, 1e-12) + 1e-14.
func checkValue(t *testing.T, what string, got, want any, rtol float64) {
	t.Helper()
	switch want := want.(type) {
	case float64:
		x, ok := got.(float64)
		if !ok || !(math.Abs(x-want) <= rtol*math.Max(math.Abs(want), 1e-12)+1e-14) {
			t.Errorf("%s = %v, want %v", what, got, want)
		}
	case []any:
		list, ok := got.([]any)
		if !ok || len(list) != len(want) {
			t.Errorf("%s = %v, want %v", what, got, want)
			return
		}
		for i := range want {
			checkValue(t, what, list[i], want[i], rtol)
		}
	default:
		if got != want {
			t.Errorf("%s = %v, want %v", what, got, want)
		}
	}
}

func TestTablesAreDisjoint(t *testing.T) {
	seen := map[string]bool{}
	for _, table := range caseTables() {
		for name := range table() {
			if seen[name] {
				t.Errorf("%s is in two tables", name)
			}
			seen[name] = true
		}
	}
}
