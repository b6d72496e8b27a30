package prompt

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/sovereign-eval/haetae/harness"
)

var row = harness.Fields{
	"q": "2 + 2?", "n": json.Number("4"), "yes": true, "none": nil, "list": []any{"a", json.Number("2"), "c"},
	"py": `['손자', "it's", 3]`, "meta": map[string]any{"source": "book", "tags": []any{"x", "y"}}, "Best Answer": " four ", "질문": "무엇?",
	"sol": "work\n#### 18", "f": 1.5, "asked": `Q: {q}\na {a} b {b} {x y} {} {1} \t`, "brace": "{q}", "nested": "{brace}|{brace}",
}

func TestRender(t *testing.T) {
	for src, want := range map[string]string{
		"":                                    "",
		"plain {text} }} {":                   "plain {text} }} {",
		"{{q}}":                               "2 + 2?",
		"{{ q }} = {{n}} {{yes}} {{f}}":       "2 + 2? = 4 true 1.5",
		`\{{q}} {{q}}`:                        "{{q}} 2 + 2?",
		"{{meta.source}}/{{meta.tags.1}}":     "book/y",
		`{{"Best Answer"|trim}}`:              "four",
		"{{질문}}":                              "무엇?",
		"{{list|join}}":                       "a, 2, c",
		`{{list|join:" / "}}`:                 "a / 2 / c",
		"{{list|letters}}":                    "A. a\nB. 2\nC. c",
		"{{list|letters:'(A) '}}":             "(A) a\n(B) 2\n(C) c",
		"{{list|letters:'①'}}":                "①a\n②2\n③c",
		"{{list|letters:'1) '}}":              "1) a\n2) 2\n3) c",
		"{{list|first}}{{list|last}}":         "ac",
		"{{list|length}}{{q|length}}":         "36",
		"{{py|list|last}}":                    "3",
		"{{py|list|join:','}}":                "손자,it's,3",
		`{{none|default:"nothing"|upper}}`:    "NOTHING",
		`{{missing|default:''}}`:              "",
		"{{sol|after:'#### '}}":               "18",
		`{{sol|before:"\n"}}`:                 "work",
		`{{sol|match:'#### (\d+)'}}`:          "18",
		`{{q|match:'[0-9]'}}`:                 "2",
		`{{n|map:"4=four, 5=five"}}`:          "four",
		"{{list|json}}":                       `["a",2,"c"]`,
		"{{q|lower|upper}}":                   "2 + 2?",
		`{{asked|fill:"a=list.0, b=list.1"}}`: "Q: 2 + 2?\na a b 2 {x y} {} {1} \\t",
		`{{nested|fill}}`:                     "{q}|{q}",
	} {
		got, err := MustCompile(src).Render(row)
		if err != nil || got != want {
			t.Errorf("%s: %q, %v; want %q", src, got, err, want)
		}
	}
}

func TestRenderErrors(t *testing.T) {
	for src, want := range map[string]string{
		"{{missing}}":          `unknown field "missing"; the row has Best Answer, asked, brace, f, list, meta, n, nested, none, py, q, sol, yes, 질문`,
		"{{asked|fill}}":       `{{asked|fill}}: fill: unknown field "a"; the row has Best Answer, asked, brace, f, list, meta, n, nested, none, py, q, sol, yes, 질문`,
		"{{meta.nothing}}":     `unknown field "meta.nothing"; the row has source, tags`,
		"{{none}}":             `{{none}}: the value is null; write |default:"…" to allow that`,
		"{{list}}x":            `{{list}}: the value is a list, which is no text; use a part of it, |join or |letters`,
		"{{q.x}}":              `{{q.x}}: nothing inside a text`,
		"{{list.7}}":           `{{list.7}}: no position "7" in a list of 3`,
		"{{q|join}}":           `{{q|join}}: join: the value is a text, not a list`,
		"{{q|list}}":           `{{q|list}}: list: parse list "2 + 2?": no [ … ]`,
		"{{q|match:'z'}}":      `{{q|match:'z'}}: match: "2 + 2?" does not match z`,
		"{{q|after:'z'}}":      `{{q|after:'z'}}: after: "2 + 2?" does not hold "z"`,
		"{{q|map:'a=b'}}":      `{{q|map:'a=b'}}: map: no entry for "2 + 2?"`,
		"{{sol|before:'\\n'}}": `{{sol|before:'\n'}}: before: "work\n#### 18" does not hold "\\n"`,
	} {
		if _, err := MustCompile(src).Render(row); err == nil || err.Error() != want {
			t.Errorf("%s: %v\nwant %s", src, err, want)
		}
	}
	for src, want := range map[string]string{
		"{{":                "{{}}: expected a name",
		"{{}}":              "{{}}: expected a name",
		"{{q":               "{{q}}: expected }} or |",
		"{{q r}}":           "{{q r}}: expected }} or |",
		"{{q|}}":            "{{q|}}: expected a name",
		"{{q|fill:'a'}}":    "{{q|fill:'a'}}: filter fill: \"a\" is not of the form place=field",
		"{{q|before}}":      `{{q|before}}: filter before needs an argument: |before:"…"`,
		"{{q|trim:'x'}}":    "{{q|trim:'x'}}: filter trim takes no argument",
		"{{q|match:'('}}":   "{{q|match:'('}}: error parsing regexp: missing closing ): `(`",
		"{{q|map:'x'}}":     `{{q|map:'x'}}: filter map: "x" is not of the form old=new`,
		"{{q|letters:'x'}}": `{{q|letters:'x'}}: filter letters: "x" shows no first label (A, a, 1, ①, 가 or ㄱ)`,
		`{{"q}}`:            `{{"q}}: a string does not end`,
		"{{q.}}":            "{{q.}}: expected a name",
		"{{q|uper}}":        `{{q|uper}}: unknown filter "uper"; filters are after, before, default, fill, first, join, json, last, length, letters, list, lower, map, match, trim, upper`,
	} {
		if _, err := Compile(src); err == nil || err.Error() != want {
			t.Errorf("Compile(%s): %v, want %s", src, err, want)
		}
	}
	if _, err := Compile(strings.Repeat("x", MaxSource+1)); err == nil {
		t.Error("a template of any length is compiled")
	}
	_, err := MustCompile("{{missing}}").Render(row)
	if u, ok := errors.AsType[*UnknownField](err); !ok || u.Field != "missing" {
		t.Errorf("%v", err)
	}
}

func TestValueKeepsTheType(t *testing.T) {
	v, err := MustCompile("{{py|list}}").Value(row)
	if list, ok := v.([]any); err != nil || !ok || len(list) != 3 || list[2] != json.Number("3") {
		t.Errorf("%v, %v", v, err)
	}
	if v, err := MustCompile("x{{n}}").Value(row); err != nil || v != "x4" {
		t.Errorf("%v, %v", v, err)
	}
}

func TestParseList(t *testing.T) {
	for s, want := range map[string]string{
		`['a', 'b']`:          "a b",
		`["a","b\n"]`:         "a b\n",
		` [ 'it\'s' , -2.5 ]`: "it's -2.5",
		`[]`:                  "",
		`['a',]`:              "a",
	} {
		got, err := ParseList(s)
		var parts []string
		for _, v := range got {
			parts = append(parts, fmt.Sprint(v))
		}
		if err != nil || strings.Join(parts, " ") != want {
			t.Errorf("%s: %v, %v", s, got, err)
		}
	}
	for _, s := range []string{"", "[", "x", "['a'", "['a' 'b']", "[a]", "['a']x", "['\\x']", "null", "[1][2]"} {
		if got, err := ParseList(s); err == nil {
			t.Errorf("%s: %v, want an error", s, got)
		}
	}
}

func TestChat(t *testing.T) {
	turns := []Turn{{"system", MustCompile("Be short.")}, {"user", MustCompile("{{q}}")}}
	c, err := NewChat(turns)
	if err != nil {
		t.Fatal(err)
	}
	shot := []Turn{{"user", MustCompile("{{q}}")}, {"assistant", MustCompile("{{n}}")}}
	withShots, err := c.WithShots(shot, []harness.Fields{{"q": "1+1", "n": "2"}})
	if err != nil {
		t.Fatal(err)
	}
	m, err := withShots.Messages(row)
	if got := fmt.Sprint(m); err != nil || got != "[{system Be short.} {user 1+1} {assistant 2} {user 2 + 2?}]" {
		t.Errorf("%s, %v", got, err)
	}
	if m, err := c.Messages(row); err != nil || len(m) != 2 {
		t.Errorf("shots changed the chat without them: %v, %v", m, err)
	}
	_, err = c.Messages(harness.Fields{})
	if te, ok := errors.AsType[*TurnError](err); !ok || te.Turn != 1 {
		t.Errorf("%v", err)
	}
	for _, bad := range [][]Turn{nil, {{"assistant", turns[0].Text}}, {{"user", turns[0].Text}, {"system", turns[0].Text}, {"user", turns[0].Text}}, {{"tool", turns[0].Text}}} {
		if _, err := NewChat(bad); err == nil {
			t.Errorf("%v: no error", bad)
		}
	}
}

func TestPicker(t *testing.T) {
	pick := func(seed int64) string {
		p := NewPicker(5, seed)
		for i := range 1000 {
			p.Add(harness.Fields{"i": i})
		}
		return fmt.Sprint(p.Rows())
	}
	if a, again := pick(1), pick(1); a != again || a == pick(2) {
		t.Error("the choice does not depend on the seed alone")
	}
	// Each row is as likely as any other: chi-squared over 20 rows, 5 of them
	// chosen by each of 4,000 seeds; the 99.9 % point with 19 degrees is 43.8.
	counts := make([]float64, 20)
	for seed := range int64(4000) {
		p := NewPicker(5, seed)
		for i := range counts {
			p.Add(harness.Fields{"i": i})
		}
		for _, r := range p.Rows() {
			counts[r["i"].(int)]++
		}
	}
	chi := 0.0
	for _, c := range counts {
		chi += (c - 1000) * (c - 1000) / 1000
	}
	if chi > 43.8 {
		t.Errorf("chi-squared %v of %v", chi, counts)
	}
}

func FuzzTemplate(f *testing.F) {
	for _, s := range []string{"{{q}}", `\{{x}} {{list|letters:"(A) "}}`, "{{a.b|default:'x'|match:'(.)'}}", "{{py|list|join}}"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, src string) {
		c, err := Compile(src)
		if err != nil {
			return
		}
		a, err := c.Render(row)
		if err != nil {
			return
		}
		b, err := c.Append([]byte("x"), row)
		if err != nil || string(b) != "x"+a {
			t.Errorf("%q: Append %q, %v; Render %q", src, b, err, a)
		}
	})
}

func FuzzParseList(f *testing.F) {
	f.Add(`['a', "b", 3]`)
	f.Fuzz(func(t *testing.T, s string) { _, _ = ParseList(s) })
}

func ExampleTemplate_Render() {
	t, err := Compile("{{question}}\n{{choices|letters}}\nAnswer:")
	if err != nil {
		fmt.Println(err)
		return
	}
	text, err := t.Render(harness.Fields{"question": "2 + 2?", "choices": []any{"3", "4"}})
	fmt.Println(text, err)
	// Output:
	// 2 + 2?
	// A. 3
	// B. 4
	// Answer: <nil>
}

func BenchmarkMessages(b *testing.B) {
	c, err := NewChat([]Turn{{"user", MustCompile("{{question}} End with #### and the number.")}})
	if err != nil {
		b.Fatal(err)
	}
	f := harness.Fields{"question": "Question 12345: what is 12345 plus 42?"}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Messages(f); err != nil {
			b.Fatal(err)
		}
	}
}
