//go:build unix

package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/sovereign-eval/haetae/runners/runnertest"
)

// gated is a server that answers the first few requests and holds all further
// ones until open.
func gated(t *testing.T, free int) (s *runnertest.Server, open func()) {
	gate := make(chan struct{})
	open = sync.OnceFunc(func() { close(gate) })
	t.Cleanup(open)
	s = runnertest.NewServer()
	s.Script = func(n int, _ runnertest.Seen) runnertest.Fault {
		if n >= free {
			<-gate
		}
		return runnertest.Normal
	}
	return s, open
}

// TestFirstSignalDrains: nothing more is fed, what is in flight is finished and
// kept, and the way to go on is told.
func TestFirstSignalDrains(t *testing.T) {
	const n = 40
	for _, sig := range []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP} {
		s, open := gated(t, 4)
		m := alive(t, s)
		dir, args := measuring(t, n, m.url())
		p := follow(t, dir, args...)
		p.until("sample", 4)
		p.signal(sig)
		p.until("drain", 1)
		asked := s.Calls()
		open()
		p.end(130)
		run := p.events[0].Run
		p.says("error", "interrupted by "+sig.String(), "haetae run --resume "+run)
		if !strings.HasPrefix(p.out.String(), "run "+run+"\n") {
			t.Errorf("%v: stdout begins with %.40q", sig, p.out.String())
		}
		if got := len(p.acked()); got < 5 || got > asked {
			t.Errorf("%v: %d samples are acknowledged, 4 were when the signal came and %d had been asked", sig, got, asked)
		}
		if s.Calls() > asked+1 { // one may have been on its way
			t.Errorf("%v: %d requests after the signal", sig, s.Calls()-asked)
		}
		rows := kept(t, dir)
		for _, id := range p.acked() {
			if _, ok := rows[id]; !ok {
				t.Errorf("%v: sample %s was acknowledged and is gone", sig, id)
			}
		}
		if got := countsOf(t, dir); got != after(n, len(rows)) {
			t.Errorf("%v: %+v", sig, got)
		}
		if got := state(t, dir); got != "interrupted" {
			t.Errorf("%v: the run is %s", sig, got)
		}
		p = follow(t, dir, "run", "--resume", run)
		p.end(0)
		if got, want := resultOf(t, dir), undisturbed(t, n); got != want {
			t.Errorf("%v: the result after the resume differs:\n%s\n%s", sig, got, want)
		}
	}
}

// TestSecondSignalCancels at once: the server never answers.
func TestSecondSignalCancels(t *testing.T) {
	s, _ := gated(t, 4)
	m := alive(t, s)
	dir, args := measuring(t, 40, m.url())
	p := follow(t, dir, append(args, "--drain", "1h")...)
	p.until("sample", 4)
	p.signal(os.Interrupt)
	p.until("drain", 1)
	p.signal(syscall.SIGTERM)
	p.end(130)
	p.says("error", "haetae run --resume ")
	if got := countsOf(t, dir); got != after(40, 4) {
		t.Errorf("%+v", got)
	}
}

// TestDrainIsBounded by --drain, with a visible countdown.
func TestDrainIsBounded(t *testing.T) {
	s, _ := gated(t, 4)
	m := alive(t, s)
	dir, args := measuring(t, 40, m.url())
	p := follow(t, dir, append(args, "--drain", "1s")...)
	p.until("sample", 4)
	p.signal(os.Interrupt)
	p.until("drain", 2)
	p.end(130)
	if got := countsOf(t, dir); got != after(40, 4) {
		t.Errorf("%+v", got)
	}
}

// TestInterruptWhileLoading ends a run whose model is not loaded yet, and leaves
// one that can be resumed.
func TestInterruptWhileLoading(t *testing.T) {
	s := runnertest.NewServer()
	s.LoadDelay = time.Hour
	m := alive(t, s)
	dir, args := measuring(t, 4, m.url())
	p := follow(t, dir, args...)
	p.until("run", 1)
	p.signal(os.Interrupt)
	p.end(130)
	p.says("error", "interrupted", "haetae run --resume ")
	if got := state(t, dir); got != "interrupted" {
		t.Errorf("the run is %s", got)
	}
	s2 := alive(t, runnertest.NewServer())
	want(t, 0, dir, "run", "--resume", "last", "--endpoint", s2.url())
}

// TestInterruptBeforeTheRun: the server accepts and says nothing. Nothing is
// left behind.
func TestInterruptBeforeTheRun(t *testing.T) {
	asked := make(chan struct{}, 10)
	m := alive(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		asked <- struct{}{}
		<-r.Context().Done()
	}))
	dir, args := measuring(t, 4, m.url())
	p := follow(t, dir, args...)
	<-asked
	p.signal(os.Interrupt)
	p.end(130)
	p.says("error", "interrupted")
	if _, err := os.Stat(filepath.Join(dir, "haetae.db")); err == nil || p.out.Len() > 0 {
		t.Errorf("something is left: %v, stdout %q", err, p.out.String())
	}
}
