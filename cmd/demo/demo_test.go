//go:build unix

package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sovereign-eval/haetae/runners/ollama/provision"
)

// fakeHaetae writes its arguments to $CALLS, makes its store, lists one run of
// the state in $STATE, and ends a run with $CODE.
const fakeHaetae = `#!/bin/sh
echo "$@" >> "$CALLS"
case "$1" in
run) : >> "$STORE"; exit "${CODE:-0}" ;;
list) echo '{"runs":[{"state":"complete"},{"state":"'"$STATE"'"}]}' ;;
report) shift 6; : > "$2" ;;
esac
`

// bench is a demo with a fake haetae and a fake server that has the model.
type bench struct {
	demo
	calls string
	url   string
}

func newBench(t *testing.T) *bench {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("/api/version", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"version":"0.24.0"}`) })
	mux.HandleFunc("/api/tags", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `{"models":[{"name":%q,"digest":"d1"}]}`, provision.SmolLM2.Name)
	})
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	dir := t.TempDir()
	t.Setenv("HAETAE_CACHE", filepath.Join(dir, "cache"))
	t.Setenv("OLLAMA_HOST", srv.URL)
	cache, err := provision.Open(nil)
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{calls: filepath.Join(dir, "calls"), url: srv.URL, demo: demo{
		cache: cache, haetae: filepath.Join(dir, "haetae"), dir: filepath.Join(dir, "out"), suites: []string{"quick", "batteries"},
	}}
	t.Setenv("CALLS", b.calls)
	t.Setenv("STORE", b.store())
	t.Setenv("STATE", "complete")
	b.install(t, fakeHaetae)
	return b
}

func (b *bench) install(t *testing.T, script string) {
	t.Helper()
	if err := os.WriteFile(b.haetae, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
}

// again runs the demo and returns its code and the run command that it gave.
func (b *bench) again(t *testing.T) (code int, ran string) {
	t.Helper()
	_ = os.Remove(b.calls)
	code = b.run()
	data, err := os.ReadFile(b.calls)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		if strings.HasPrefix(line, "run ") {
			ran = strings.TrimSpace(line)
		}
	}
	return code, ran
}

func TestDemoRunsReportsAndResumes(t *testing.T) {
	b := newBench(t)
	want := "run quick batteries -m ollama/smollm2:135m --endpoint " + b.url + " --store " + b.store()
	if code, ran := b.again(t); code != 0 || ran != want {
		t.Errorf("first demo: exit %d, ran %q; want %q", code, ran, want)
	}
	for _, name := range []string{"report.md", "report.json"} {
		if _, err := os.Stat(filepath.Join(b.dir, name)); err != nil {
			t.Error(err)
		}
	}
	if code, ran := b.again(t); code != 0 || ran != want+" --resume last" {
		t.Errorf("second demo: exit %d, ran %q; want it resumed", code, ran)
	}
	t.Setenv("STATE", "void")
	if _, ran := b.again(t); ran != want {
		t.Errorf("demo after a void run: ran %q; want a new run", ran)
	}
	t.Setenv("STATE", "interrupted")
	b.install(t, fakeHaetae+"# another build\n")
	if _, ran := b.again(t); ran != want {
		t.Errorf("demo with another haetae: ran %q; want a new run", ran)
	}
}

func TestDemoExitCodes(t *testing.T) {
	b := newBench(t)
	for _, c := range []struct {
		code    int
		reports bool
	}{{exitIncomplete, true}, {exitError, false}, {exitInterrupted, false}} {
		t.Setenv("CODE", fmt.Sprint(c.code))
		report := filepath.Join(b.dir, "report.md")
		_ = os.Remove(report)
		code, _ := b.again(t)
		_, err := os.Stat(report)
		if code != c.code || (err == nil) != c.reports {
			t.Errorf("haetae ended with %d: the demo ended with %d, report: %v", c.code, code, err == nil)
		}
	}
}

func TestDemoWithoutHaetae(t *testing.T) {
	b := newBench(t)
	b.haetae += "-missing"
	if code := b.run(); code != exitError {
		t.Errorf("exit %d, want %d", code, exitError)
	}
}

func TestRunUsage(t *testing.T) {
	t.Setenv("HAETAE_CACHE", t.TempDir())
	for _, args := range [][]string{{"serve"}, {"serve", "ls"}, {"extra"}, {"--nonsense"}} {
		if code := run(args); code != exitUsage {
			t.Errorf("run(%q) = %d, want %d", args, code, exitUsage)
		}
	}
	t.Setenv(provision.EnvTestKind, "newest")
	if code := run([]string{"serve", "--", "true"}); code != exitUsage {
		t.Errorf("an unknown kind: exit %d, want %d", code, exitUsage)
	}
}

// A stop signal reaches the command once, and its exit code comes back.
func TestCommandPassesSignalsOn(t *testing.T) {
	dir := t.TempDir()
	script := `trap 'echo got >> got; exit 130' TERM
kill -TERM ` + fmt.Sprint(os.Getpid()) + `
while :; do read -r line < fifo || :; done`
	t.Chdir(dir)
	if code := command("/bin/sh", []string{"-c", "mkfifo fifo; " + script}); code != exitInterrupted {
		t.Errorf("exit %d, want %d", code, exitInterrupted)
	}
	got, _ := os.ReadFile("got")
	if string(got) != "got\n" {
		t.Errorf("the command saw %q, want one signal", got)
	}
	if code := command("/bin/sh", []string{"-c", "kill -KILL $$"}); code != 128+9 {
		t.Errorf("a killed command: exit %d, want 137", code)
	}
	if code := command(filepath.Join(dir, "none"), nil); code != exitError {
		t.Errorf("no such command: exit %d, want %d", code, exitError)
	}
}
