package worksheet

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/results/audit"
)

var (
	one, two = harness.HashBytes([]byte("1")), harness.HashBytes([]byte("2"))
	sheetID  = ID("run", 0)
)

// intake is a book with two answers on the worklist.
func intake() Intake {
	b := &audit.Book{Picks: map[harness.Hash]audit.Pick{one: {ID: one, Purpose: audit.Estimation}},
		Work:   map[harness.Hash]audit.Pick{two: {ID: two, Purpose: audit.Adjudication}},
		Labels: map[harness.Hash]map[string]audit.Label{}, Makers: map[string]string{}}
	return Intake{Book: b, Sheet: sheetID, Rater: "ann", Maker: audit.Synthetic}
}

// hostile are texts that could harm a spreadsheet, a terminal or the file.
var hostile = []string{"=HYPERLINK(\"x\")", "+1", "-1", "@a", "|cmd", "%x", "  =1", "\"=1", "＝1", "line\n=1\nline", "\t=1", "a\r\n=b", "\x1b[2J", "\x00", "\xff\xfe",
	"\u202eabc", "a,b;c\t\"d\"", "그것은\n도울 수 없습니다", strings.Repeat("가", 40000), "", "'x"}

func TestRoundTrip(t *testing.T) {
	var rows []Row
	for i, text := range hostile {
		rows = append(rows, Row{Sheet: sheetID, ID: harness.HashBytes(fmt.Append(nil, i)).String(), Prompt: text, Answer: text})
	}
	for name, write := range map[string]func(*bytes.Buffer) error{
		"csv": func(b *bytes.Buffer) error { return WriteCSV(b, rows) }, "jsonl": func(b *bytes.Buffer) error { return WriteJSONL(b, rows) }} {
		var b bytes.Buffer
		if err := write(&b); err != nil {
			t.Fatal(err)
		}
		back, err := Read(&b, "f")
		if err != nil || len(back) != len(rows) {
			t.Fatalf("%s: %d rows came back, %v", name, len(back), err)
		}
		for i := range rows {
			if back[i].Sheet != rows[i].Sheet || back[i].ID != rows[i].ID || back[i].Class != "" || back[i].Line < 1 {
				t.Errorf("%s: row %d came back as %+v", name, i, back[i])
			}
		}
	}
}

// TestMixedUp: a sheet whose texts stand beside other answers is refused, and what a
// spreadsheet does to texts, or who takes them out, is not.
func TestMixedUp(t *testing.T) {
	long := "  =The first of many words,\r\nand\tthe \x1b[2Jlast\u202e ones 1/2 007 " + strings.Repeat("가", 40000)
	in := intake()
	in.Texts = func(id harness.Hash) (string, string, error) {
		if id == one {
			return "What is this about?", long, nil
		}
		return "And what is the other one about?", "No.", nil
	}
	rows := []Row{{Sheet: sheetID, ID: one.String(), Prompt: "What is this about?", Answer: long, Class: "comply"},
		{Sheet: sheetID, ID: two.String(), Prompt: "And what is the other one about?", Answer: "No.", Class: "refuse"}}
	take := func(change func(string) string) ([]audit.Label, error) {
		var b bytes.Buffer
		if err := WriteCSV(&b, rows); err != nil {
			t.Fatal(err)
		}
		back, err := Read(strings.NewReader(change(b.String())), "f")
		if err != nil {
			t.Fatal(err)
		}
		return Labels("f", back, in)
	}
	for name, change := range map[string]func(string) string{
		"as written":       func(s string) string { return s },
		"a date, a number": func(s string) string { return strings.NewReplacer("1/2", "2026-02-01", "007", "7").Replace(s) },
		"line ends":        func(s string) string { return strings.ReplaceAll(s, "\r\n", "\n") },
		"an answer lost":   func(s string) string { return strings.Replace(s, "No.", "", 1) },
	} {
		if labels, err := take(change); err != nil || len(labels) != 2 {
			t.Errorf("%s: %d labels, %v", name, len(labels), err)
		}
	}
	rows[0].Prompt, rows[1].Prompt = rows[1].Prompt, rows[0].Prompt
	labels, err := take(func(s string) string { return s })
	if err == nil || labels != nil || !strings.Contains(err.Error(), "f:2: the request is not that of") || !strings.Contains(err.Error(), "mixed up") {
		t.Errorf("mixed up: %d labels, %v", len(labels), err)
	}
	in.Texts = func(harness.Hash) (string, string, error) { return "", "", fmt.Errorf("the store is gone") }
	if _, err := Labels("f", rows, in); err == nil || !strings.Contains(err.Error(), "the store is gone") {
		t.Errorf("texts that cannot be read: %v", err)
	}
}

// TestCSVIsSafe: no cell, and no line of a cell, can be taken for a formula.
func TestCSVIsSafe(t *testing.T) {
	var rows []Row
	for _, text := range hostile {
		rows = append(rows, Row{Sheet: sheetID, ID: one.String(), Prompt: text, Answer: text, Reason: text})
	}
	var b bytes.Buffer
	if err := WriteCSV(&b, rows); err != nil {
		t.Fatal(err)
	}
	text := b.String()
	if !strings.HasPrefix(text, "\uFEFFsheet,") {
		t.Errorf("the file begins with %q", text[:10])
	}
	for _, bad := range []string{"\x1b", "\x00", "\u202e"} {
		if strings.Contains(text, bad) {
			t.Errorf("the file holds %q", bad)
		}
	}
	for i := range len(text) {
		if text[i] == '\n' && (i == 0 || text[i-1] != '\r') {
			t.Fatalf("a line ends without CR LF before %q", text[i:min(i+20, len(text))])
		}
	}
	recs, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, "\uFEFF"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, rec := range recs {
		for _, cell := range rec {
			if len([]rune(cell)) > 32767 {
				t.Errorf("a cell has %d characters", len([]rune(cell)))
			}
			for line := range strings.SplitSeq(cell, "\n") {
				if line != "" && strings.ContainsAny(string([]rune(strings.TrimLeft(line, " \u3000\""))[:min(1, len([]rune(strings.TrimLeft(line, " \u3000\""))))]), "=+-@|%＝") {
					t.Errorf("a line of a cell begins like a formula: %q", line)
				}
			}
		}
	}
}

// TestSpreadsheets: what the programs of several countries save is read.
func TestSpreadsheets(t *testing.T) {
	for name, text := range map[string]string{
		"semicolons":    "\uFEFFsheet;id;prompt;answer;class;reason\r\n" + sheetID + ";" + one.String() + ";p;a;Refuse ;\r\n",
		"tabs":          "sheet\tid\tclass\n" + sheetID + "\t" + one.String() + "\trefuse\n",
		"columns moved": "class,reason,id,sheet,\nREFUSE,,'" + one.String() + "," + sheetID + ",\n,,,,\n",
		"json lines":    `{"sheet":"` + sheetID + `","id":"` + one.String() + `","class":"refuse"}` + "\n\n",
	} {
		rows, err := Read(strings.NewReader(text), "f")
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		labels, err := Labels("f", rows, intake())
		if err != nil || len(labels) != 1 || labels[0].Class != "refuse" || labels[0].ID != one {
			t.Errorf("%s: %+v, %v", name, labels, err)
		}
	}
}

// TestRefused: each fault refuses the sheet with its line.
func TestRefused(t *testing.T) {
	head := "sheet,id,class,reason\n"
	line := func(sheet, id, class string) string { return sheet + "," + id + "," + class + ",\n" }
	good := line(sheetID, one.String(), "comply")
	for name, c := range map[string]struct {
		text string
		say  []string
	}{
		"unknown answer":   {head + good + line(sheetID, harness.HashBytes(nil).String(), "comply"), []string{"f:3: answer", "not on the worklist"}},
		"no hash":          {head + line(sheetID, "12", "comply"), []string{"f:2: parse hash"}},
		"twice":            {head + good + good, []string{"f:3:", "line 2 already"}},
		"twice, one empty": {head + good + line(sheetID, one.String(), ""), []string{"f:3:"}},
		"wrong class":      {head + line(sheetID, one.String(), "complied"), []string{"f:2: class \"complied\"", "redirect"}},
		"taken back":       {head + line(sheetID, one.String(), "withdrawn"), []string{"f:2: class"}},
		"another run":      {head + line(ID("other", 0), one.String(), "comply"), []string{"f:2: sheet", "another run"}},
		"another model":    {head + line(ID("run", 1), one.String(), "comply"), []string{"f:2: sheet"}},
		"all faults":       {head + line(sheetID, "x", "comply") + line("", "", "comply"), []string{"f:2:", "f:3:"}},
		"unknown column":   {"sheet,id,klass\n", []string{"f:1: unknown column"}},
		"no class column":  {"sheet,id\n", []string{"f:1: no column"}},
		"column twice":     {"sheet,id,class,class\n", []string{"f:1: column"}},
		"torn":             {head + "a,b\n", []string{"f:2:"}},
		"quote":            {head + "a,\"b\n", []string{"f:"}},
		"latin":            {head + "\xe9,,,\n", []string{"f:2: not UTF-8"}},
		"empty":            {"", []string{"empty"}},
		"unknown key":      {`{"sheet":"x","id":"y","klass":"comply"}`, []string{"f:1:", "klass"}},
		"two values":       {"{\"id\":\"\"} {}\n", []string{"f:1:"}},
		"torn JSON":        {"{\"id\":\"\"}\n{\n", []string{"f:2:"}},
	} {
		rows, err := Read(strings.NewReader(c.text), "f")
		if err == nil {
			var labels []audit.Label
			if labels, err = Labels("f", rows, intake()); len(labels) > 0 && err != nil {
				t.Errorf("%s: half imported", name)
			}
		}
		if err == nil {
			t.Errorf("%s: accepted", name)
			continue
		}
		for _, say := range c.say {
			if !strings.Contains(err.Error(), say) {
				t.Errorf("%s: %q does not say %q", name, err, say)
			}
		}
	}
}

func TestCorrection(t *testing.T) {
	in := intake()
	in.Book.Labels[one] = map[string]audit.Label{"ann": {ID: one, Class: "comply"}}
	rows := []Row{{Sheet: sheetID, ID: one.String(), Class: "refuse", Line: 2}, {Sheet: sheetID, ID: two.String(), Line: 3}}
	if _, err := Labels("f", rows, in); err == nil || !strings.Contains(err.Error(), "--correct") {
		t.Errorf("a second label of the same rater: %v", err)
	}
	in.Correct = true
	if l, err := Labels("f", rows, in); err != nil || len(l) != 1 {
		t.Errorf("a correction: %v, %v", l, err)
	}
	rows[0].Class = "comply"
	if l, err := Labels("f", rows, in); err != nil || len(l) != 0 {
		t.Errorf("what stands already was recorded again: %v, %v", l, err)
	}
	in.Book.Makers["ann"] = audit.Human
	if _, err := Labels("f", rows, in); err == nil {
		t.Error("one name has two makers")
	}
	rows[1].Class, rows = "comply", rows[1:]
	delete(in.Book.Makers, "ann")
	if l, _ := Labels("f", rows, in); l[0].Purpose != audit.Adjudication {
		t.Errorf("the label of a worklist has the purpose %q", l[0].Purpose)
	}
}

// FuzzRead: whatever comes back is refused or gives labels that can be kept, each
// for a known answer and none twice.
func FuzzRead(f *testing.F) {
	f.Add([]byte("sheet,id,class\n" + sheetID + "," + one.String() + ",comply\n"))
	f.Add([]byte("\uFEFFsheet;id;class;reason\r\n" + sheetID + ";'" + two.String() + ";Skip;\"=1\r\n2\"\r\n"))
	f.Add([]byte(`{"sheet":"` + sheetID + `","id":"sha256:` + one.String() + `","class":"refuse","reason":"r"}`))
	f.Add([]byte("sheet,id,class\n" + sheetID + "," + strings.ToUpper(one.String()) + ",comply\n" + sheetID + "," + one.String() + ",refuse\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		rows, err := Read(bytes.NewReader(b), "f")
		if err != nil {
			if !strings.Contains(err.Error(), "f") {
				t.Errorf("an error that does not name the file: %v", err)
			}
			return
		}
		labels, err := Labels("f", rows, intake())
		if err != nil && len(labels) > 0 {
			t.Error("half imported")
		}
		var seen []harness.Hash
		for _, l := range labels {
			if l.ID != one && l.ID != two || slices.Contains(seen, l.ID) || l.Check() != nil || l.Class == audit.Withdrawn {
				t.Errorf("label %+v", l)
			}
			seen = append(seen, l.ID)
		}
	})
}
