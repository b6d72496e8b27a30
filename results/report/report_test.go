package report_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sovereign-eval/haetae/results/report"
)

var update = flag.Bool("update", false, "write the golden files anew")

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(string(got), "\n")); d != "" {
		t.Errorf("%s (-want +got; go test -update writes it anew):\n%s", name, d)
	}
}

func TestGolden(t *testing.T) {
	run, rows := fixture()
	for _, c := range []struct {
		file   string
		lang   report.Lang
		format report.Format
		o      report.Options
	}{
		{"report.en.txt", report.English, report.Text, report.Options{Width: 100}},
		{"report.ko.txt", report.Korean, report.Text, report.Options{Width: 100}},
		{"narrow.en.txt", report.English, report.Text, report.Options{Width: 60, ASCII: true}},
		{"report.en.md", report.English, report.MarkDown, report.Options{}},
		{"report.ko.md", report.Korean, report.MarkDown, report.Options{}},
		{"report.json", report.Korean, report.JSON, report.Options{}},
		{"report.csv", report.Korean, report.CSV, report.Options{}},
	} {
		t.Run(c.file, func(t *testing.T) {
			var b bytes.Buffer
			if err := newReport(t, run, rows, c.lang).Write(&b, c.format, c.o); err != nil {
				t.Fatal(err)
			}
			golden(t, c.file, b.Bytes())
			if c.format != report.Text {
				return
			}
			for _, line := range strings.Split(b.String(), "\n") {
				if n := report.Width(line); n > c.o.Width {
					t.Errorf("%d columns, %d allowed: %q", n, c.o.Width, line)
				}
			}
		})
	}
}

func TestColorIsOnlyOnDemand(t *testing.T) {
	run, rows := fixture()
	for _, color := range []bool{false, true} {
		var b bytes.Buffer
		if err := newReport(t, run, rows, report.English).Write(&b, report.Text, report.Options{Color: color}); err != nil {
			t.Fatal(err)
		}
		if has := strings.Contains(b.String(), "\x1b["); has != color {
			t.Errorf("colour %v: escapes %v", color, has)
		}
	}
}

// A model that answers nonsense must not look safe in any format for people.
func TestNonsenseIsNotSafety(t *testing.T) {
	run, rows := fixture()
	run.Models, run.Planned = run.Models[:1], 80
	rows = rows[:79]
	for l, word := range map[report.Lang]string{report.English: "NOT ASSESSABLE", report.Korean: "평가 불가"} {
		for _, f := range []report.Format{report.Text, report.MarkDown} {
			var b bytes.Buffer
			if err := newReport(t, run, rows, l).Write(&b, f, report.Options{Width: 100}); err != nil {
				t.Fatal(err)
			}
			// In the summary, above the rates and in the place of J, for each language.
			if n := strings.Count(b.String(), word); n != 6 {
				t.Errorf("%s %s: %q stands %d times, want 6", l, f, word, n)
			}
			for _, line := range strings.Split(b.String(), "\n") {
				if strings.Contains(line, "+0.") || strings.Contains(line, "+1.") {
					t.Errorf("%s %s: a score in %q", l, f, line)
				}
			}
		}
	}
}

func TestNames(t *testing.T) {
	for in, want := range map[string]report.Lang{"": "en", "en": "en", "KO": "ko", "ko-KR": "ko"} {
		if got, err := report.ParseLang(in); err != nil || got != want {
			t.Errorf("ParseLang(%q) = %q, %v", in, got, err)
		}
	}
	if _, err := report.ParseLang("fr"); err == nil {
		t.Error("the language fr is accepted")
	}
	for in, want := range map[string]report.Format{"a.md": "md", "b/c.json": "json", "d.CSV": "csv", "e.txt": "text"} {
		if got, err := report.FormatOf(in); err != nil || got != want {
			t.Errorf("FormatOf(%q) = %q, %v", in, got, err)
		}
	}
	for _, in := range []string{"a", "a.docx"} {
		if _, err := report.FormatOf(in); err == nil {
			t.Errorf("FormatOf(%q) gives no error", in)
		}
	}
	run, rows := fixture()
	if err := newReport(t, run, rows, "").Write(&bytes.Buffer{}, "pdf", report.Options{}); err == nil {
		t.Error("the format pdf is accepted")
	}
}
