package report_test

import (
	"bytes"
	"encoding/csv"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/results"
	"github.com/sovereign-eval/haetae/results/report"
)

// evil is text as a model or a server may send it.
const evil = "=cmd|x!A1\x1b[2J\x1b]0;owned\a\u202eback\u2066\u200bzero\u009b31m\r\x7f<img src=x onerror=alert(1)>[a](javascript:x)|`x`\xff\xfe\u2028\U000e0041"

// hostileFixture has evil text in every place that others can fill.
func hostileFixture() (results.Run, []results.Row) {
	run, rows := fixture()
	run.Reason, run.State = evil, results.Void
	id := &run.Models[0].Identity
	id.Name, id.Server, id.Digest, id.Quant, id.Parameters, id.Family = evil, new(evil), new(evil), new(evil), new(evil), new(evil)
	id.Missing, id.Warnings = []string{evil}, []string{evil}
	end := *id
	end.Server = new("x" + evil)
	run.Models[0].Spec, run.Models[0].End = evil, &end
	for i := range run.Tasks {
		t := &run.Tasks[i]
		t.Name, t.Version, t.Licence, t.Source, t.Notes = evil, evil, evil, evil, []string{evil}
		t.Title = map[string]string{"en": evil, "ko": evil}
	}
	run.Tasks[0].Metrics = []harness.Metric{{Name: evil, Where: map[string]string{evil: evil}}, {Name: "accuracy"}}
	for i := range rows {
		r := &rows[i]
		r.Lang, r.Cluster, r.Category, r.Item, r.Endpoint, r.Cause, r.Error = evil, evil, evil, evil, evil, evil, evil
		r.Flags = []string{evil}
		for j := range r.Scores {
			s := &r.Scores[j]
			s.Answer, s.Reasons, s.Flags = evil, []string{evil}, []string{evil}
			if s.Verdict != nil {
				s.Verdict.Maker, s.Verdict.Reasons = evil, []string{evil}
			}
		}
	}
	return run, rows
}

// harmless checks that nothing in a text can move a terminal or hide.
func harmless(t *testing.T, name, text string) {
	t.Helper()
	if !utf8.ValidString(text) {
		t.Errorf("%s: invalid UTF-8", name)
	}
	for _, r := range text {
		if r != '\n' && r != ' ' && r != '\t' && !unicode.IsPrint(r) && !unicode.Is(unicode.Zs, r) && r != 0xfe0f && r != 0x200d {
			t.Errorf("%s: U+%04X in the output", name, r)
			return
		}
	}
}

func TestHostileTextIsHarmless(t *testing.T) {
	run, rows := hostileFixture()
	for _, f := range report.Formats {
		for _, l := range []report.Lang{report.English, report.Korean} {
			var b bytes.Buffer
			if err := newReport(t, run, rows, l).Write(&b, f, report.Options{}); err != nil {
				t.Fatal(err)
			}
			harmless(t, string(f), b.String())
			if f == report.MarkDown {
				for _, raw := range []string{"<img", "[a](", "|`x`"} {
					if strings.Contains(b.String(), raw) {
						t.Errorf("Markdown holds %s", raw)
					}
				}
			}
			if f != report.CSV {
				continue
			}
			table, err := csv.NewReader(&b).ReadAll()
			if err != nil {
				t.Fatal(err)
			}
			for _, row := range table {
				for _, c := range row {
					if strings.HasPrefix(c, "=") {
						t.Errorf("CSV cell %q starts a formula", c)
					}
				}
			}
		}
	}
}

func TestClean(t *testing.T) {
	for in, want := range map[string]string{
		"plain":                   "plain",
		"한국어 ABC":                 "한국어 ABC",
		"two\nlines\ttab":         "two\nlines\ttab",
		"dos\r\nline":             "dos\nline",
		"over\rwrite":             "over␍write",
		"\x1b[31mred":             "␛[31mred",
		"\x00\x07\x7f":            "␀␇␡",
		"a\u202eb":                "a⟨U+202E⟩b",
		"\u200b\ufeff\u00ad":      "⟨U+200B⟩⟨U+FEFF⟩⟨U+00AD⟩",
		"\u009b31m":               "⟨U+009B⟩31m",
		"\xffraw":                 "\uFFFDraw",
		"\u3164filler":            "⟨U+3164⟩filler",
		"e\u0301":                 "e\u0301",
		"👩\u200d👩":                "👩\u200d👩",
		"a\u200db":                "a⟨U+200D⟩b",
		"z" + mark(9):             "z" + mark(4),
		"\U000e0041\ue000":        "⟨U+E0041⟩⟨U+E000⟩",
		strings.Repeat("x", 2003): strings.Repeat("x", 2000) + "… (+3)",
	} {
		if got := report.Clean(in); got != want {
			t.Errorf("Clean(%q) = %q, want %q", in, got, want)
		}
	}
}

func mark(n int) string { return strings.Repeat("\u0300", n) }

func TestLine(t *testing.T) {
	for _, c := range []struct {
		in    string
		width int
		want  string
	}{
		{"a\nb\tc", 0, "a␊b c"},
		{"한국어", 6, "한국어"},
		{"한국어", 5, "한국…"},
		{"한국어", 4, "한…"},
		{"abcdef", 3, "ab…"},
	} {
		if got := report.Line(c.in, c.width); got != c.want {
			t.Errorf("Line(%q, %d) = %q, want %q", c.in, c.width, got, c.want)
		}
	}
}

func TestCell(t *testing.T) {
	for in, want := range map[string]string{
		"plain": "plain", "": "", "=1+1": "'=1+1", "+1": "'+1", "-1": "'-1", "@SUM(A1)": "'@SUM(A1)", " =1": "' =1",
		"\t=1": "' =1", "＝1": "'＝1", "\u3000=1": "'\u3000=1", "'=1": "''=1", "\"=1": "'\"=1", "a=1": "a=1", "\n=1": "␊=1",
	} {
		if got := report.Cell(in); got != want {
			t.Errorf("Cell(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestWidth(t *testing.T) {
	for in, want := range map[string]int{"abc": 3, "한글": 4, "ＡＢ": 4, "e\u0301": 1, "한": 2, "█░": 2, "": 0} {
		if got := report.Width(in); got != want {
			t.Errorf("Width(%q) = %d, want %d", in, got, want)
		}
	}
}

func FuzzClean(f *testing.F) {
	f.Add(evil)
	f.Add("한국어 \u1112\u1161\u11ab")
	f.Fuzz(func(t *testing.T, s string) {
		for name, out := range map[string]string{"Clean": report.Clean(s), "Line": report.Line(s, 40), "Markdown": report.Markdown(s), "Cell": report.Cell(s)} {
			harmless(t, name, out)
			for _, line := range strings.Split(out, "\n") {
				if n := report.Width(line); n > 2100 && name == "Clean" || n > 40 && name == "Line" {
					t.Errorf("%s: a line of %d columns", name, n)
				}
			}
			if name != "Clean" && slices.Contains([]byte(out), '\n') {
				t.Errorf("%s: a line feed", name)
			}
		}
	})
}
