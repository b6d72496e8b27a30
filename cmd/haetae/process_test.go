package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"
)

// mortal serves a handler on a fixed loopback address. It can die and return.
type mortal struct {
	handler http.Handler

	mu   sync.Mutex
	addr string
	srv  *http.Server
}

func (m *mortal) url() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return "http://" + m.addr
}

func (m *mortal) up() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.addr == "" {
		m.addr = "127.0.0.1:0"
	}
	l, err := net.Listen("tcp", m.addr)
	if err != nil {
		return err
	}
	m.addr = l.Addr().String()
	m.srv = &http.Server{Handler: m.handler}
	go m.srv.Serve(l) //nolint:errcheck // ends with down
	return nil
}

// down breaks all connections; new ones are refused.
func (m *mortal) down() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.srv != nil {
		_ = m.srv.Close() // ends with the test
		m.srv = nil
	}
}

// alive starts a mortal server that ends with the test.
func alive(t testing.TB, h http.Handler) *mortal {
	t.Helper()
	m := &mortal{handler: h}
	if err := m.up(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.down)
	return m
}

// event is a line that --progress json writes.
type event struct {
	Event, Run, ID, Item, Status, Cause, Message, Hint string
	Total, Skipped                                     int64
}

// process is a running haetae whose progress a test follows.
type process struct {
	t      testing.TB
	cmd    *exec.Cmd
	out    bytes.Buffer
	lines  chan event
	events []event // seen so far
}

// patience bounds every wait for a process: far more than any needs.
const patience = 10 * time.Minute

// follow starts haetae with --progress json.
func follow(t testing.TB, dir string, args ...string) *process {
	t.Helper()
	return followed(t, haetae(t, dir, append(args, "--progress", "json")...))
}

func followed(t testing.TB, cmd *exec.Cmd) *process {
	t.Helper()
	p := &process{t: t, cmd: cmd, lines: make(chan event, 10_000)}
	p.cmd.Stdout = &p.out
	pipe, err := p.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.cmd.Process.Kill() }) // has ended in a test that passes
	go func() {
		defer close(p.lines)
		for s := bufio.NewScanner(pipe); s.Scan(); {
			var e event
			if err := json.Unmarshal(s.Bytes(), &e); err != nil {
				e = event{Event: "garbage", Message: s.Text()}
			}
			p.lines <- e
		}
	}()
	return p
}

// until waits for the n-th event of a kind, counted from the start.
func (p *process) until(kind string, n int) event {
	p.t.Helper()
	for _, e := range p.events {
		if e.Event == kind {
			if n--; n == 0 {
				return e
			}
		}
	}
	limit := time.After(patience)
	for {
		select {
		case e, ok := <-p.lines:
			if !ok {
				p.t.Fatalf("the process ended before %q: %+v\n%s", kind, p.events, p.out.String())
			}
			p.events = append(p.events, e)
			if e.Event == kind {
				if n--; n == 0 {
					return e
				}
			}
		case <-limit:
			p.t.Fatalf("no event %q: %+v", kind, p.events)
		}
	}
}

// untilSays waits for an event of a kind whose message holds a word.
func (p *process) untilSays(kind, word string) {
	p.t.Helper()
	for n := 1; ; n++ {
		if e := p.until(kind, n); strings.Contains(e.Message, word) {
			return
		}
	}
}

func (p *process) signal(s os.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatal(err)
	}
}

// end waits for the end and returns the exit code and the samples acknowledged.
func (p *process) end(code int) {
	p.t.Helper()
	limit := time.After(patience)
	for open := true; open; {
		select {
		case e, ok := <-p.lines:
			if open = ok; ok {
				p.events = append(p.events, e)
			}
		case <-limit:
			p.t.Fatalf("the process does not end: %+v", p.events)
		}
	}
	err := p.cmd.Wait()
	if _, exited := errors.AsType[*exec.ExitError](err); err != nil && !exited {
		p.t.Fatal(err)
	}
	if got := p.cmd.ProcessState.ExitCode(); got != code {
		p.t.Fatalf("exit %d, want %d\nevents: %+v\nstdout: %s", got, code, p.events, p.out.String())
	}
	for _, e := range p.events {
		if e.Event == "garbage" {
			p.t.Errorf("stderr is not JSON Lines: %q", e.Message)
		}
	}
}

func (p *process) acked() (ids []string) {
	for _, e := range p.events {
		if e.Event == "sample" {
			ids = append(ids, e.ID)
		}
	}
	return ids
}

// says fails unless an event of a kind, or its hint, says every word.
func (p *process) says(kind string, words ...string) {
	p.t.Helper()
	var all []string
	for _, e := range p.events {
		if e.Event != kind {
			continue
		}
		text := e.Message + " " + e.Hint
		all = append(all, text)
		missing := false
		for _, w := range words {
			missing = missing || !strings.Contains(text, w)
		}
		if !missing {
			return
		}
	}
	p.t.Errorf("no event %q says %q: %q", kind, words, all)
}

// kept are the rows of the newest run.
type keptRow struct {
	ID, Item, Status, Cause, Error, Answer, Endpoint string
	Tries                                            int
	Scores                                           []struct{ Value float64 }
}

func kept(t testing.TB, dir string) map[string]keptRow {
	t.Helper()
	rows := map[string]keptRow{}
	for line := range strings.Lines(want(t, 0, dir, "show", "last", "--json", "--limit", "0").out) {
		var row keptRow
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			t.Fatal(err)
		}
		if _, twice := rows[row.ID]; twice {
			t.Errorf("sample %s is kept twice", row.ID)
		}
		rows[row.ID] = row
	}
	return rows
}

// state is the state of the newest run.
func state(t testing.TB, dir string) string {
	t.Helper()
	var doc struct{ Runs []struct{ State string } }
	if err := json.Unmarshal([]byte(want(t, 0, dir, "list", "runs", "--json").out), &doc); err != nil || len(doc.Runs) == 0 {
		t.Fatalf("list runs: %v", err)
	}
	return doc.Runs[len(doc.Runs)-1].State
}

// counts are those of the newest run's report; Undone is a part of Errored.
type counts struct{ Planned, Scored, Unscored, Errored, Undone int }

// after are the counts of a run of which some samples are not done.
func after(planned, scored int) counts {
	return counts{Planned: planned, Scored: scored, Errored: planned - scored, Undone: planned - scored}
}

func countsOf(t testing.TB, dir string) counts {
	t.Helper()
	var doc struct{ Counts counts }
	if err := json.Unmarshal([]byte(resultOf(t, dir)), &doc); err != nil {
		t.Fatal(err)
	}
	return doc.Counts
}
