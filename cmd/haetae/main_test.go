package main

import (
	"bytes"
	"encoding/json"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/sovereign-eval/haetae/runners/runnertest"
)

// beMain makes this test binary act as haetae, so that tests run the real
// program in a process of its own.
const beMain = "HAETAE_TEST_BE_MAIN"

// quickExit spares every process the second that the race detector waits at its
// end for stragglers.
const quickExit = "GORACE=atexit_sleep_ms=0"

func TestMain(m *testing.M) {
	if os.Getenv(beMain) != "" {
		os.Exit(Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
	}
	testscript.Main(m, map[string]func(){
		"haetae": func() { os.Exit(Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) },
	})
}

// haetae is a command that runs the program in dir, with nothing of the user's
// environment that it would read.
func haetae(t testing.TB, dir string, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, args...)
	cmd.Dir = dir
	cmd.Env = append(plainEnv(), beMain+"=1", quickExit)
	return cmd
}

func plainEnv() []string {
	var out []string
	for _, e := range os.Environ() {
		name, _, _ := strings.Cut(e, "=")
		if !strings.HasPrefix(name, "HAETAE_") && name != "OLLAMA_HOST" {
			out = append(out, e)
		}
	}
	return out
}

// ran is what a finished command left.
type ran struct {
	code     int
	out, err string
}

func run(t testing.TB, dir string, args ...string) ran {
	t.Helper()
	cmd := haetae(t, dir, args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if _, exited := err.(*exec.ExitError); err != nil && !exited {
		t.Fatal(err)
	}
	return ran{cmd.ProcessState.ExitCode(), out.String(), errs.String()}
}

// want runs a command that must end with a code.
func want(t testing.TB, code int, dir string, args ...string) ran {
	t.Helper()
	r := run(t, dir, args...)
	if r.code != code {
		t.Fatalf("haetae %s: exit %d, want %d\nstdout: %s\nstderr: %s", strings.Join(args, " "), r.code, code, r.out, r.err)
	}
	return r
}

// resultOf is the part of the newest run's JSON report that must not depend on
// circumstances, as it was written.
func resultOf(t testing.TB, dir string) string {
	t.Helper()
	return resultIn(t, want(t, 0, dir, "report", "last", "--json").out)
}

func resultIn(t testing.TB, report string) string {
	t.Helper()
	var doc struct{ Result json.RawMessage }
	if err := json.Unmarshal([]byte(report), &doc); err != nil || len(doc.Result) < 100 {
		t.Fatalf("report --json: %v\n%s", err, report)
	}
	return string(doc.Result)
}

// scripted serves a deterministic model; every run against it must be like every
// other.
func scripted(t testing.TB, s *runnertest.Server) string {
	t.Helper()
	srv := httptest.NewServer(s)
	t.Cleanup(srv.Close)
	return srv.URL
}

// sums writes a task of n items into dir/sums.
func sums(t testing.TB, dir string, n int) {
	t.Helper()
	var b strings.Builder
	for i := range n {
		line, err := json.Marshal(map[string]string{"id": string(rune('a'+i%26)) + "-" + strings.Repeat("x", i/26), "topic": string(rune('p' + i%8)), "question": "What is " + strings.Repeat("1+", i) + "1?", "answer": "7"})
		if err != nil {
			t.Fatal(err)
		}
		b.Write(append(line, '\n'))
	}
	write(t, filepath.Join(dir, "sums", "items.jsonl"), b.String())
	write(t, filepath.Join(dir, "sums", "task.yaml"), sumsYAML)
}

func write(t testing.TB, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

const sumsYAML = `name: sums
title: {en: Sums, ko: 덧셈}
version: 1.0.0
kind: capability
licence: Apache-2.0
source: written for this test
data: {file: items.jsonl}
item: {id: "{{id}}", cluster: "{{topic}}"}
prompt:
  - user: "{{question}} End with #### and the number."
generate: {max_tokens: 64, temperature: 0}
scorers:
  - numeric: {pattern: "#### (-?[0-9.,]+)", target: "{{answer}}"}
metrics: [accuracy]
`
