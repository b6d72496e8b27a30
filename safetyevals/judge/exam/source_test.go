package exam

import (
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/sovereign-eval/haetae/harness"
)

var small = Source{Name: "mine", Lang: "en", LabelMaker: "human",
	Columns: map[string]string{"prompt": "q", "response": "a", "class": "label"},
	Classes: map[string]Outcome{"no": harness.OutcomeRefuse, "yes": harness.OutcomeComply, "?": Skip}}

func TestReadCSV(t *testing.T) {
	items, skipped, err := small.ReadCSV(strings.NewReader("\ufeffq,a,label,more\n\"two\nlines\",Later.,no,x\nWhy?,Because.,yes,\nHm,,?,\n"), "f.csv")
	if err != nil {
		t.Fatal(err)
	}
	if len(items) != 2 || skipped != 1 {
		t.Fatalf("%d items, %d skipped", len(items), skipped)
	}
	want := Item{ID: "mine/1", Cluster: "mine/two\nlines", Lang: "en", Prompt: "two\nlines", Response: "Later.",
		Finish: harness.FinishStop, Outcome: harness.OutcomeRefuse, Maker: "unknown", LabelMaker: "human"}
	if items[0] != want {
		t.Errorf("got %+v\nwant %+v", items[0], want)
	}
	if items[1].ID != "mine/2" || items[1].Refused() {
		t.Errorf("second item %+v", items[1])
	}
}

func TestReadJSONL(t *testing.T) {
	s := small
	s.Columns = maps.Clone(s.Columns)
	s.Columns["side"], s.Columns["id"] = "s", "n"
	s.Classes = map[string]Outcome{"1": harness.OutcomeRefuse, "false": harness.OutcomeComply}
	items, _, err := s.ReadJSONL(strings.NewReader(`{"n":7,"q":"Why?","a":"No.","label":1,"s":"harmful","x":{"deep":[1]}}

{"n":"8","q":"Why?","a":null,"label":false,"s":"benign"}
`), "f.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	if len(items) != 2 || items[0].ID != "mine/7" || items[0].Side != Harmful || items[1].Response != "" {
		t.Errorf("%+v", items)
	}
}

// Do-Not-Answer as published: the answers of each model beside one question, each
// with its action code.
func TestReadDoNotAnswer(t *testing.T) {
	const table = "id,risk_area,types_of_harm,specific_harms,question,GPT4_response,GPT4_harmful,GPT4_action,llama2-7b-chat_response,llama2-7b-chat_harmful,llama2-7b-chat_action\n"
	s := Sources["do-not-answer"]
	items, skipped, err := s.ReadCSV(strings.NewReader(table+"0,a,b,c,Why?,No.,0,0,\"Some say so, some not.\",0,2\n1,a,b,c,How?,That is wrong.,0,1,I cannot know.,0,4\n"), "f.csv")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, it := range items {
		got = append(got, it.ID+" "+string(it.Outcome))
		if it.Cluster != "do-not-answer/"+it.Prompt || it.Side != Harmful || it.LabelMaker != "human" {
			t.Errorf("%+v", it)
		}
	}
	want := []string{"do-not-answer/0/GPT4 refuse", "do-not-answer/1/GPT4 redirect", "do-not-answer/1/llama2-7b-chat refuse"}
	if !slices.Equal(got, want) || skipped != 1 {
		t.Errorf("%v and %d skipped, want %v and 1", got, skipped, want)
	}
	for data, want := range map[string]string{
		table + "0,a,b,c,Why?,No.,0,0,Yes.,0,7\n":    `f.csv:2: label "7" in column "llama2-7b-chat_action" is unknown`,
		"id,question,GPT4_response\n0,Why?,No.\n":    `f.csv:2: no column "GPT4_action" for the class`,
		"id,question,response,action\n0,Why?,No,0\n": `f.csv:2: no column "*_response" for the response`,
	} {
		if items, _, err := s.ReadCSV(strings.NewReader(data), "f.csv"); err == nil || !strings.Contains(err.Error(), want) || items != nil {
			t.Errorf("%d items and error %v, want %q", len(items), err, want)
		}
	}
	s.Columns = maps.Clone(s.Columns)
	s.Columns["class"] = "GPT4_action"
	if s.Check() == nil {
		t.Error("one label for all models is accepted")
	}
}

// TestFaultsNameTheLine proves that a faulty file is refused as a whole.
func TestFaultsNameTheLine(t *testing.T) {
	for _, c := range []struct{ name, data, want string }{
		{"f.csv", "q,a,label\nWhy?,No.,no\nWhy?,No.,maybe\n", `f.csv:3: label "maybe"`},
		{"f.csv", "q,a,label\n,No.,no\n", "f.csv:2: the prompt is empty"},
		{"f.csv", "q,a\nWhy?,No.\n", `f.csv:2: no column "label"`},
		{"f.csv", "q,q,label\n", `column "q" stands twice`},
		{"f.csv", "q,a,label\nWhy?,No.\n", "line 2"},
		{"f.csv", "q,a,label\n\"Why?,No.,no\n", "line"},
		{"f.csv", "q,a,label\nWhy\xff?,No.,no\n", "f.csv:2: column \"q\" is not UTF-8"},
		{"f.csv", "q,a,label\n", "no row with a label"},
		{"f.csv", "", "heading"},
		{"f.jsonl", `{"q":"a","a":"b","label":"no"}` + "\n{", "f.jsonl:2:"},
		{"f.jsonl", `{"q":"a","q":"b","a":"","label":"no"}`, `f.jsonl:1: key "q" stands twice`},
		{"f.jsonl", `{"q":"a","a":"b","label":"no"}{}`, "more follows"},
		{"f.jsonl", `["q"]`, "not a JSON object"},
		{"f.jsonl", `{"q":"a","a":"b","label":["no"]}`, "is unknown"},
	} {
		read := small.ReadCSV
		if filepath.Ext(c.name) == ".jsonl" {
			read = small.ReadJSONL
		}
		items, _, err := read(strings.NewReader(c.data), c.name)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: error %v, want %q", c.data, err, c.want)
		}
		if items != nil {
			t.Errorf("%q: half imported: %v", c.data, items)
		}
	}
	double := small
	double.Columns = map[string]string{"prompt": "q", "response": "a", "class": "label", "id": "n"}
	if _, _, err := double.ReadCSV(strings.NewReader("n,q,a,label\n1,x,y,no\n1,x,y,no\n"), "f.csv"); err == nil || !strings.Contains(err.Error(), "f.csv:3") {
		t.Errorf("double id: %v", err)
	}
}

func TestSourcesAreChecked(t *testing.T) {
	for name, s := range Sources {
		if err := s.Check(); err != nil || s.Name != name {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, spoil := range []func(*Source){
		func(s *Source) { s.LabelMaker = "" },
		func(s *Source) { s.Classes = nil },
		func(s *Source) { s.Columns = map[string]string{"prompt": "q", "response": "a"} },
		func(s *Source) {
			s.Columns = map[string]string{"prompt": "q", "response": "a", "class": "c", "answer": "a"}
		},
		func(s *Source) { s.Classes = map[string]Outcome{"x": "maybe"} },
	} {
		s := small
		spoil(&s)
		if s.Check() == nil {
			t.Errorf("accepted %+v", s)
		}
	}
}

func TestParseMaps(t *testing.T) {
	columns, err := ParseColumns("prompt=q, response=a,class=l")
	if err != nil || columns["response"] != "a" {
		t.Errorf("%v %v", columns, err)
	}
	classes, err := ParseClasses("1=refused,0=complied,2=partial,9=skip")
	if err != nil || classes["1"] != harness.OutcomeRefuse || classes["9"] != Skip || classes["2"] != harness.OutcomePartial {
		t.Errorf("%v %v", classes, err)
	}
	for _, bad := range []string{"", "a", "=b", "a=", "a=refuse,a=comply", "a=sure"} {
		if _, err := ParseClasses(bad); err == nil {
			t.Errorf("%q accepted", bad)
		}
	}
}

// TestUsersFiles reads the labelled files beside the repository, where they are.
func TestUsersFiles(t *testing.T) {
	for _, c := range []struct {
		source, glob           string
		files, rows, refused   int
		partial, complied, out int
	}{
		{"xstest", "xstest/xstest_v2_labelled_*.csv", 3, 1350, 640, 94, 616, 0},
		{"pyrit", "pyrit/refusal.csv", 1, 105, 70, 0, 35, 0},
	} {
		t.Run(c.source, func(t *testing.T) {
			files, _ := filepath.Glob("../../../../shared/data/" + c.glob)
			if len(files) == 0 {
				t.Skipf("no %s in ../shared/data: the user's file is not here", c.glob)
			}
			if len(files) != c.files {
				t.Fatalf("%d files, want %d", len(files), c.files)
			}
			count, rows := map[harness.Class]int{}, 0
			for _, file := range files {
				items, skipped, err := Sources[c.source].ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				rows += len(items)
				for _, it := range items {
					count[it.Class()]++
				}
				if skipped != c.out {
					t.Errorf("%s: %d rows skipped", file, skipped)
				}
			}
			if rows != c.rows || count[harness.ClassRefused] != c.refused || count[harness.ClassPartial] != c.partial || count[harness.ClassComplied] != c.complied {
				t.Errorf("%d rows, %v", rows, count)
			}
		})
	}
}

func FuzzReadJSONL(f *testing.F) {
	f.Add(`{"q":"Why?","a":"No.","label":"no"}`)
	f.Add("{\"q\":\"x\",\"a\":null,\"label\":\"?\"}\n\n{\"q\":1,\"a\":true,\"label\":\"yes\"}")
	f.Fuzz(func(t *testing.T, data string) { checkRead(t, small.ReadJSONL, data) })
}

func FuzzReadCSV(f *testing.F) {
	f.Add("q,a,label\nWhy?,No.,no\n")
	f.Add("\ufeffq,a,label\n\"a\nb\",\"\"\"x\"\"\",yes\nc,d,?\n")
	f.Fuzz(func(t *testing.T, data string) { checkRead(t, small.ReadCSV, data) })
}

// checkRead demands that a file gives whole items with known labels, or nothing.
func checkRead(t *testing.T, read func(r io.Reader, name string) ([]Item, int, error), data string) {
	items, _, err := read(strings.NewReader(data), "f")
	if (err == nil) != (len(items) > 0) {
		t.Fatalf("%d items with error %v", len(items), err)
	}
	seen := map[string]bool{}
	for _, it := range items {
		if it.Outcome.Class() == harness.ClassNone || it.Prompt == "" || seen[it.ID] || it.LabelMaker != "human" {
			t.Fatalf("item %+v", it)
		}
		seen[it.ID] = true
	}
}
