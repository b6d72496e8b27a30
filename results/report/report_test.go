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
