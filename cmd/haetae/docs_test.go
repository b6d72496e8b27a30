package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/sovereign-eval/haetae/runners/runnertest"
)

var (
	fileBlock    = regexp.MustCompile("(?s)Save this as\\s+`([^`]+)`[^\n]*\n\n```\\w+\n(.*?)```")
	consoleBlock = regexp.MustCompile("(?s)```console\n(.*?)```")
)

// step is one command of a page with the output that the page shows, if any.
type step struct {
	args []string
	out  string
}

func steps(block string) (out []step) {
	for line := range strings.Lines(block) {
		if cmd, ok := strings.CutPrefix(line, "$ "); ok {
			out = append(out, step{args: strings.Fields(cmd)})
		} else if len(out) > 0 {
			out[len(out)-1].out += line
		}
	}
	return out
}

// TestAddABenchmarkPage follows docs/add-a-benchmark.md literally: it writes
// the files that the page shows and runs its commands in order.
func TestAddABenchmarkPage(t *testing.T) {
	page, err := os.ReadFile("../../docs/add-a-benchmark.md")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	files := fileBlock.FindAllStringSubmatch(string(page), -1)
	if len(files) != 3 {
		t.Fatalf("the page shows %d files, want 3", len(files))
	}
	for _, f := range files {
		write(t, filepath.Join(dir, f[1]), f[2])
	}
	url := scripted(t, runnertest.NewServer())
	ran := 0
	for _, block := range consoleBlock.FindAllStringSubmatch(string(page), -1) {
		for _, s := range steps(block[1]) {
			ran++
			if s.args[0] != "haetae" {
				t.Fatalf("the page runs %q", s.args[0])
			}
			for i, a := range s.args {
				if a == "MODEL" {
					s.args[i] = runnertest.ServerModel
				}
			}
			if s.args[1] == "run" {
				s.args = append(s.args, "--endpoint", url)
			}
			code := 0
			if s.args[2] == "broken" {
				code = 1
			}
			r := want(t, code, dir, s.args[1:]...)
			if s.out != "" && r.out != s.out {
				t.Errorf("%s printed\n%s\nthe page says\n%s", strings.Join(s.args, " "), r.out, s.out)
			}
			if s.args[2] == "broken" {
				for _, say := range []string{`task.yaml:9: unknown key "promt"; did you mean "prompt"?`, "task.yaml:12:", "includes"} {
					if !strings.Contains(r.out, say) {
						t.Errorf("lint of the broken task does not say %q:\n%s", say, r.out)
					}
				}
			}
		}
	}
	if ran != 6 {
		t.Errorf("the page has %d commands, want 6", ran)
	}
	if _, err := os.Stat(filepath.Join(dir, "seasons.md")); err != nil {
		t.Error("the page's report was not written: ", err)
	}
}

// TestExamplesRun measures every example as its README says.
func TestExamplesRun(t *testing.T) {
	url := scripted(t, runnertest.NewServer())
	examples, err := filepath.Abs("../../examples")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"sums", "korean", "capitals", "suite.yaml"} {
		dir := t.TempDir()
		r := want(t, 0, dir, "run", filepath.Join(examples, name), "-m", runnertest.ServerModel, "--endpoint", url, "--slots", "4")
		if !strings.HasPrefix(r.out, "run ") {
			t.Errorf("%s: the first line is not the run's ID:\n%s", name, r.out)
		}
	}
}
