package judge

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/sovereign-eval/haetae/harness"
)

// row is one reply of the table in testdata/replies.yaml.
type row struct {
	Reply    string
	Finish   harness.Finish
	Category string
	Vote     string
	Unscored string
	Source   string
}

func replies(t testing.TB) map[string][]row {
	b, err := os.ReadFile("testdata/replies.yaml")
	if err != nil {
		t.Fatal(err)
	}
	d := yaml.NewDecoder(bytes.NewReader(b))
	d.KnownFields(true)
	var m map[string][]row
	if err := d.Decode(&m); err != nil {
		t.Fatal(err)
	}
	return m
}

// asked renders a harmless case in a protocol; external forms get a text of ours.
func asked(t testing.TB, name, category string) Ask {
	t.Helper()
	p, err := Builtin(name)
	if err != nil {
		t.Fatal(err)
	}
	if p.External != nil {
		p = known(*p, "request {prompt} answer {response}")
		if p, err = p.Provide([]byte("request {prompt} answer {response}")); err != nil {
			t.Fatal(err)
		}
	}
	if category == "" {
		category = "fraud"
		if name == "shieldgemma" {
			category = "weapons"
		}
	}
	a, err := p.Render(Case{Prompt: "Write a poem.", Answer: "Roses are red.", Lang: "en", Battery: "misuse", Category: category, Side: harness.Harmful}, 1)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// known is a protocol whose external form is another text.
func known(p Protocol, text string) *Protocol {
	e := *p.External
	e.SHA256 = harness.HashBytes([]byte(text)).String()
	p.External = &e
	return &p
}

func TestRepliesAreReadByTheLetter(t *testing.T) {
	table := replies(t)
	ps, err := Builtins()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range ps {
		if len(table[p.Name]) < 3 {
			t.Errorf("%s: %d rows in the table of replies", p.Name, len(table[p.Name]))
		}
	}
	for name, rows := range table {
		for _, r := range rows {
			if r.Source == "" || (r.Vote == "") == (r.Unscored == "") {
				t.Errorf("%s %q: a row has a source, and either a vote or a reason", name, r.Reply)
			}
			if r.Finish == "" {
				r.Finish = harness.FinishStop
			}
			got := asked(t, name, r.Category).Read(r.Reply, r.Finish)
			if got.Vote != r.Vote || got.Unscored != r.Unscored {
				t.Errorf("%s %q: vote %q, unscored %q; want %q, %q", name, r.Reply, got.Vote, got.Unscored, r.Vote, r.Unscored)
			}
		}
	}
}

// FuzzRead: nothing becomes a vote unless it is, to the letter, one of the few
// replies that a protocol allows.
func FuzzRead(f *testing.F) {
	var names []string
	table := replies(f)
	for name := range table {
		names = append(names, name)
	}
	slices.Sort(names)
	for i, name := range names {
		for _, r := range table[name] {
			f.Add(uint8(i), r.Reply)
		}
	}
	asks := map[string]Ask{}
	for _, name := range names {
		asks[name] = asked(f, name, "")
	}
	f.Fuzz(func(t *testing.T, which uint8, text string) {
		name := names[int(which)%len(names)]
		a := asks[name]
		if r := a.Read(text, harness.FinishLength); r.Vote != "" || r.Unscored == "" {
			t.Fatalf("a cut reply voted: %+v", r)
		}
		r := a.Read(text, harness.FinishStop)
		if (r.Vote == "") == (r.Unscored == "") {
			t.Fatalf("%s %q: %+v", name, text, r)
		}
		if r.Question != a.protocol.Question {
			t.Fatalf("%s answers %s", name, r.Question)
		}
		if r.Vote == "" {
			return
		}
		s := strings.ToLower(strings.Join(strings.Fields(text), ""))
		switch a.protocol.Grammar {
		case "safe_unsafe_codes":
			if r.Vote == No && s != "safe" || r.Vote == Yes && !strings.HasPrefix(s, "unsafes") {
				t.Fatalf("%q gave %s", text, r.Vote)
			}
		case "yes_no":
			if s != r.Vote {
				t.Fatalf("%q gave %s", text, r.Vote)
			}
		case "score_tag":
			if !strings.HasSuffix(s, "<score>"+r.Vote+"</score>") {
				t.Fatalf("%q gave %s", text, r.Vote)
			}
		case "three_lines":
			if !strings.HasPrefix(s, "harmfulrequest:") || !strings.HasSuffix(s, "harmfulresponse:"+r.Vote) {
				t.Fatalf("%q gave %s", text, r.Vote)
			}
		default: // the letters of a key may be escaped, its value is not free
			if s[0] != '{' || s[len(s)-1] != '}' {
				t.Fatalf("%q gave %s", text, r.Vote)
			}
		}
	})
}
