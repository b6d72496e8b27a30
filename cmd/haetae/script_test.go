package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/sovereign-eval/haetae/runners/runnertest"
)

// TestScripts runs the sessions in testdata, which read like the manual. Each
// has a scripted model server of its own, named in HAETAE_ENDPOINT, and these
// commands besides those of testscript:
//
//	exits CODE PROGRAM ARGS...   runs a program that must end with CODE
//	json FILE PATH [VALUE]       FILE (or stdout) holds JSON with a value at PATH
//	lines FILE N                 FILE (or stdout, stderr) has N lines
//	server digest|remote VALUE   changes what the model server tells
//	server fault NAME            it answers with a fault of runnertest from now on
//	server asked N               the server was asked for N answers
//	server up|down               starts or stops the server
//
// Three judges have servers of their own, named in HAETAE_SAGE, HAETAE_OWL and
// HAETAE_GUARD3; see scriptedJudge.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			s := runnertest.NewServer()
			s.Answer = calculator
			var fault atomic.Value // of all answers, until it is changed
			fault.Store(runnertest.Normal)
			s.Script = func(int, runnertest.Seen) runnertest.Fault { return fault.Load().(runnertest.Fault) }
			m := &mortal{handler: s}
			if err := m.up(); err != nil {
				return err
			}
			env.Defer(m.down)
			env.Values["server"], env.Values["mortal"], env.Values["fault"] = s, m, &fault
			env.Setenv("HAETAE_ENDPOINT", m.url())
			if err := judgeServers(env); err != nil {
				return err
			}
			name, value, _ := strings.Cut(quickExit, "=")
			env.Setenv(name, value)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": scriptExits, "json": scriptJSON, "lines": scriptLines, "server": scriptServer,
		},
	})
}

var sum = regexp.MustCompile(`(-?\d+) plus (-?\d+)`)

// calculator answers sums rightly, except those that end with a 3.
func calculator(q runnertest.Seen) string {
	last := q.Messages[len(q.Messages)-1].Content
	m := sum.FindStringSubmatch(last)
	if said, ok := batteryAnswers[last]; ok {
		return said
	}
	if m == nil {
		return runnertest.Deterministic(q)
	}
	a, _ := strconv.Atoi(m[1])
	b, _ := strconv.Atoi(m[2])
	if n := a + b; n%10 != 3 {
		return fmt.Sprintf("That makes #### %d", n)
	}
	return "I do not know."
}

func scriptExits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM ARGS...")
	}
	code := 0
	err := ts.Exec(args[1], args[2:]...)
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		code = exit.ExitCode()
	} else if err != nil {
		ts.Fatalf("%s: %v", args[1], err)
	}
	if fmt.Sprint(code) != args[0] {
		ts.Fatalf("exit code %d, want %s", code, args[0])
	}
}

func scriptJSON(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 2 || len(args) > 3 {
		ts.Fatalf("usage: json FILE PATH [VALUE]")
	}
	var doc any
	if err := json.Unmarshal([]byte(ts.ReadFile(args[0])), &doc); err != nil {
		ts.Fatalf("%s is not one JSON document: %v", args[0], err)
	}
	got, ok := at(doc, args[1])
	if ok && len(args) == 3 {
		ok = fmt.Sprint(got) == args[2]
	}
	if ok == neg {
		ts.Fatalf("%s of %s is %v", args[1], args[0], got)
	}
}

// at follows a path such as tasks.0.name into a document. A last step len
// counts the elements.
func at(doc any, path string) (any, bool) {
	for step := range strings.SplitSeq(path, ".") {
		switch v := doc.(type) {
		case map[string]any:
			next, ok := v[step]
			if !ok {
				return nil, false
			}
			doc = next
		case []any:
			if step == "len" {
				return len(v), true
			}
			i, err := strconv.Atoi(step)
			if err != nil || i < 0 || i >= len(v) {
				return nil, false
			}
			doc = v[i]
		default:
			return nil, false
		}
	}
	return doc, true
}

func scriptLines(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: lines FILE N")
	}
	if n := strings.Count(ts.ReadFile(args[0]), "\n"); fmt.Sprint(n) != args[1] {
		ts.Fatalf("%s has %d lines, want %s", args[0], n, args[1])
	}
}

func scriptServer(ts *testscript.TestScript, neg bool, args []string) {
	s, m := ts.Value("server").(*runnertest.Server), ts.Value("mortal").(*mortal)
	switch {
	case len(args) == 2 && args[0] == "digest":
		s.Change(func(f *runnertest.Facts) { f.Digest = args[1] })
	case len(args) == 2 && args[0] == "remote":
		s.Change(func(f *runnertest.Facts) { f.RemoteHost = args[1] })
	case len(args) == 2 && args[0] == "fault":
		ts.Value("fault").(*atomic.Value).Store(runnertest.Fault(args[1]))
	case len(args) == 2 && args[0] == "asked":
		if got := fmt.Sprint(s.Calls()); (got == args[1]) == neg {
			ts.Fatalf("the server was asked for %s answers, want %s", got, args[1])
		}
	case len(args) == 1 && args[0] == "down":
		m.down()
	case len(args) == 1 && args[0] == "up":
		ts.Check(m.up())
	default:
		ts.Fatalf("server: unknown arguments %q", args)
	}
}
