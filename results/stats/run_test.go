package stats

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
)

// errorOf runs cases and returns the error of the last.
func errorOf(t *testing.T, cases string) string {
	t.Helper()
	out, err := RunCases([]byte(cases))
	if err != nil {
		return err.Error()
	}
	var results []struct{ Error string }
	if err := json.Unmarshal(out, &results); err != nil || len(results) == 0 {
		t.Fatalf("results %s: %v", out, err)
	}
	return results[len(results)-1].Error
}

// A case that cannot be computed says what was expected, where, and what to write instead.
func TestErrorsOfCases(t *testing.T) {
	for _, tc := range []struct{ name, cases, want string }{
		{"not JSON", "[{\"id\":1},\n {\"id\" 2}]", `read cases: not JSON at line 2, column 8: `},
		{"cut", `[{"id":1`, `read cases: not JSON at line 1, column `},
		{"not a list", `{"id":1}`, `read cases: the document is an object: want a JSON list of {"id", "stat", "input"}`},
		{"a number", `[7]`, `case 1: it is a number: want an object {"id", "stat", "input"}`},
		{"a list", `[{"id":1},[1]]`, `case 2: it is a list: want an object {"id", "stat", "input"}`},
		{"null", `[null]`, `case 1: it is null: want an object {"id", "stat", "input"}`},
		{"no stat", `[{"id":1,"input":{}}]`, `case 1: it has no "stat": name a statistic, such as "wilson"`},
		{"stat of another type", `[{"id":1,"stat":["wilson"]}]`, `case 1: stat is a list: want the name of a statistic, such as "wilson"`},
		{"unknown stat", `[{"id":1,"stat":"wilsom"}]`, `unknown statistic "wilsom": nearest is "wilson"`},
		{"input a list", `[{"id":1,"stat":"wilson","input":[81,263]}]`, `wilson input: it is a list: want an object of named values, such as {"successes": 81, "n": 263}`},
		{"input a string", `[{"id":1,"stat":"wilson","input":"81"}]`, `wilson input: it is a string: want an object of named values`},
		{"no input", `[{"id":1,"stat":"wilson"}]`, `wilson: missing input "successes" (got nothing)`},
		{"misspelt key", `[{"id":1,"stat":"wilson","input":{"sucesses":81,"n":263}}]`, `wilson: missing input "successes" (got n, sucesses)`},
		{"null", `[{"id":1,"stat":"wilson","input":{"successes":null,"n":263}}]`, `wilson: successes is null: want a number`},
		{"an object", `[{"id":1,"stat":"wilson","input":{"successes":{"a":1},"n":263}}]`, `wilson: successes is an object: want a number`},
		{"a word", `[{"id":1,"stat":"wilson","input":{"successes":"many","n":263}}]`, `wilson: successes is "many": want a number`},
		{"too large", `[{"id":1,"stat":"wilson","input":{"successes":1e999,"n":263}}]`, `wilson: successes is 1e999: not a number that fits 64 bits`},
		{"a fraction", `[{"id":1,"stat":"wilson","input":{"successes":1.5,"n":263}}]`, `wilson: successes is 1.5: want a whole number`},
		{"not a list", `[{"id":1,"stat":"p_adjust","input":{"p":0.5}}]`, `p_adjust: p is 0.5: want a list`},
	} {
		if got := errorOf(t, tc.cases); !strings.HasPrefix(got, tc.want) {
			t.Errorf("%s: %q, want %q", tc.name, got, tc.want)
		}
	}
}

// One bad case of any kind stops no other, and keeps its own ID.
func TestBadCasesStopNoOther(t *testing.T) {
	out, err := RunCases([]byte(`[7, {"id":{"any":1},"stat":3}, {"id":"good","stat":"wilson","input":{"successes":81,"n":263}}]`))
	if err != nil {
		t.Fatal(err)
	}
	var results []caseResult
	if err := json.Unmarshal(out, &results); err != nil || len(results) != 3 {
		t.Fatalf("results %s: %v", out, err)
	}
	for i, id := range []string{`null`, `{"any":1}`, `"good"`} {
		if string(results[i].ID) != id || (results[i].Error == "") != (i == 2) {
			t.Errorf("result %d: id %s, error %q", i, results[i].ID, results[i].Error)
		}
	}
}

// notForPeople is notation of Go's, or of a fault of ours.
var notForPeople = regexp.MustCompile(`map\[|<nil>|unmarshal|runtime|internal|%!|json:|json\.|float64|gonum|mat:|goroutine`)

// Every input of every statistic, left out or of another type or size, gives an answer or an
// error in words.
func TestErrorsAreInWords(t *testing.T) {
	raw, err := os.ReadFile("testdata/cases.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Stat  string                     `json:"stat"`
		Input map[string]json.RawMessage `json:"input"`
	}
	if err := json.Unmarshal(raw, &cases); err != nil {
		t.Fatal(err)
	}
	bad := []string{`"text"`, `{"a":1}`, `[]`, `[1,"x"]`, `[null]`, `[[1]]`, `-1`, `0`, `1.5`, `1e300`, `true`, `null`, `"NaN"`, `"+Inf"`, `[{}]`}
	if testing.Short() {
		bad = []string{`"text"`, `[null]`, `-1`, `"NaN"`, `{"a":1}`}
	}
	seen := map[string]bool{}
	for _, c := range cases {
		if seen[c.Stat] {
			continue
		}
		seen[c.Stat] = true
		for key, good := range c.Input {
			for _, value := range append([]string{""}, bad...) {
				delete(c.Input, key)
				if value != "" {
					c.Input[key] = json.RawMessage(value)
				}
				input, err := json.Marshal(c.Input)
				if err != nil {
					t.Fatal(err)
				}
				if got := errorOf(t, fmt.Sprintf(`[{"id":1,"stat":%q,"input":%s}]`, c.Stat, input)); notForPeople.MatchString(got) {
					t.Errorf("%s with %s = %s: %q", c.Stat, key, value, got)
				}
				c.Input[key] = good
			}
		}
	}
}
