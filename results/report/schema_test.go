package report_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/results"
	"github.com/sovereign-eval/haetae/results/report"
)

// schema is the part of JSON Schema that docs/schema/report.schema.json uses. A
// keyword that is not here is an error, so that nothing is checked in appearance only.
type schema struct {
	Schema      string             `json:"$schema"`
	Title       string             `json:"title"`
	Description string             `json:"description"`
	Defs        map[string]*schema `json:"$defs"`
	Ref         string             `json:"$ref"`
	Type        any                `json:"type"`
	Const       any                `json:"const"`
	Enum        []any              `json:"enum"`
	Pattern     string             `json:"pattern"`
	Minimum     *float64           `json:"minimum"`
	Items       *schema            `json:"items"`
	Properties  map[string]*schema `json:"properties"`
	Required    []string           `json:"required"`
	Additional  json.RawMessage    `json:"additionalProperties"`
}

func readSchema(t *testing.T) *schema { return readSchemaOf(t, "report") }

func readSchemaOf(t *testing.T, name string) *schema {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", "docs", "schema", name+".schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	var s schema
	if err := d.Decode(&s); err != nil {
		t.Fatal(err)
	}
	return &s
}

// check returns what of v is against the schema.
func (s *schema) check(root *schema, path string, v any) []string {
	if s.Ref != "" {
		def, ok := root.Defs[strings.TrimPrefix(s.Ref, "#/$defs/")]
		if !ok {
			return []string{path + ": unknown " + s.Ref}
		}
		return def.check(root, path, v)
	}
	var bad []string
	if s.Type != nil && !s.hasType(v) {
		return []string{fmt.Sprintf("%s: %v is no %v", path, v, s.Type)}
	}
	if s.Const != nil && v != s.Const || s.Enum != nil && !slices.Contains(s.Enum, v) {
		bad = append(bad, fmt.Sprintf("%s: %v is none of %v%v", path, v, s.Const, s.Enum))
	}
	switch v := v.(type) {
	case string:
		if s.Pattern != "" && !regexp.MustCompile(s.Pattern).MatchString(v) {
			bad = append(bad, fmt.Sprintf("%s: %q does not match %s", path, v, s.Pattern))
		}
	case float64:
		if s.Minimum != nil && v < *s.Minimum {
			bad = append(bad, fmt.Sprintf("%s: %v is below %v", path, v, *s.Minimum))
		}
	case []any:
		for i, x := range v {
			if s.Items != nil {
				bad = append(bad, s.Items.check(root, fmt.Sprintf("%s[%d]", path, i), x)...)
			}
		}
	case map[string]any:
		bad = append(bad, s.checkObject(root, path, v)...)
	}
	return bad
}

func (s *schema) checkObject(root *schema, path string, v map[string]any) []string {
	var bad []string
	for _, k := range s.Required {
		if _, ok := v[k]; !ok {
			bad = append(bad, path+": no "+k)
		}
	}
	for k, x := range v {
		switch p := s.Properties[k]; {
		case p != nil:
			bad = append(bad, p.check(root, path+"."+k, x)...)
		case string(s.Additional) == "false":
			bad = append(bad, path+": unknown "+k)
		case len(s.Additional) > 0 && s.Additional[0] == '{':
			var more schema
			if err := json.Unmarshal(s.Additional, &more); err != nil {
				return append(bad, path+": "+err.Error())
			}
			bad = append(bad, more.check(root, path+"."+k, x)...)
		}
	}
	return bad
}

func (s *schema) hasType(v any) bool {
	types, ok := s.Type.([]any)
	if !ok {
		types = []any{s.Type}
	}
	for _, t := range types {
		f, number := v.(float64)
		switch {
		case t == "null" && v == nil, t == "number" && number, t == "integer" && number && f == float64(int64(f)):
			return true
		case v == nil:
		case t == "string" && reflect.TypeOf(v).Kind() == reflect.String,
			t == "boolean" && reflect.TypeOf(v).Kind() == reflect.Bool,
			t == "array" && reflect.TypeOf(v).Kind() == reflect.Slice,
			t == "object" && reflect.TypeOf(v).Kind() == reflect.Map:
			return true
		}
	}
	return false
}

func toJSON(t *testing.T, r *report.Report) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := r.Write(&b, report.JSON, report.Options{}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestJSONMeetsItsSchema(t *testing.T) {
	s := readSchema(t)
	full, rows := fixture()
	full.Meta = []byte(`{"phases":[],"flip_rate":0.1}`)
	full.Tasks[0].Metrics = append(full.Tasks[0].Metrics, harness.Metric{Name: "accuracy", Where: map[string]string{"lang": "ko"}},
		harness.Metric{Name: "kobbq_bias"})
	hostile, hostileRows := hostileFixture()
	bare := results.Run{ID: "x", State: results.Running}
	for name, c := range map[string]struct {
		run  results.Run
		rows []results.Row
	}{"full": {full, rows}, "no rows": {full, nil}, "bare": {bare, nil}, "hostile": {hostile, hostileRows}} {
		b := toJSON(t, newReport(t, c.run, c.rows, report.English))
		var v any
		if err := json.Unmarshal(b, &v); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, bad := range s.check(s, "", v) {
			t.Errorf("%s: %s", name, bad)
		}
		checkReasons(t, name, v)
	}
}

// checkReasons finds figures with an undefined number and no reason.
func checkReasons(t *testing.T, name string, v any) {
	t.Helper()
	for _, f := range v.(map[string]any)["result"].(map[string]any)["figures"].([]any) {
		f := f.(map[string]any)
		for _, k := range []string{"estimate", "lower", "upper", "best", "worst"} {
			if f[k] == nil && f["reason"] == nil {
				t.Errorf("%s: %v %v: %s is null without a reason", name, f["task"], f["metric"], k)
			}
		}
	}
}

// The result is the same bytes whatever the circumstances.
func TestResultIgnoresCircumstances(t *testing.T) {
	run, rows := fixture()
	one, err := newReport(t, run, rows, report.English).ResultJSON()
	if err != nil {
		t.Fatal(err)
	}
	run.ID, run.Started, run.Ended, run.Resumes, run.Meta = "other", run.Ended, run.Ended.AddDate(0, 0, 1), 9, []byte(`{"a":1}`)
	run.Models[0].Identity.Address, run.Models[0].Identity.Slots = "http://elsewhere", 64
	run.Tasks[0].Path = "/elsewhere"
	for i := range rows {
		r := &rows[i]
		r.Seq, r.Tries, r.Endpoint, r.Start, r.Wall = int64(1000-i), r.Tries+i, "http://elsewhere", run.Ended, 7
		r.Flags = []string{"cold"}
	}
	rows[5].Cause, rows[5].Error = "status_500", "another error"
	other := newReport(t, run, rows, report.Korean)
	two, err := other.ResultJSON()
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(one, two) {
		t.Errorf("results differ:\n%s\n%s", one, two)
	}
	for _, word := range []string{"other", "elsewhere", "cold", "status_500"} {
		if bytes.Contains(two, []byte(word)) {
			t.Errorf("the result holds %q", word)
		}
		if full := toJSON(t, other); word != "other" && !bytes.Contains(full, []byte(word)) && word != "elsewhere" {
			t.Errorf("the circumstances do not hold %q", word)
		}
	}
	rows[0].Scores[0].Value = 1 - rows[0].Scores[0].Value
	if three, err := newReport(t, run, rows, report.English).ResultJSON(); err != nil || bytes.Equal(one, three) {
		t.Errorf("another score gives the same result (%v)", err)
	}
}
