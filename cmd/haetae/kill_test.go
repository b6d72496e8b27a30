package main

import (
	"bufio"
	"encoding/json"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sovereign-eval/haetae/runners/runnertest"
)

// killRounds is how often a process is killed: HAETAE_KILLS sets it.
func killRounds(t *testing.T) int {
	if n, err := strconv.Atoi(os.Getenv("HAETAE_KILLS")); err == nil {
		return n
	}
	if testing.Short() {
		return 5
	}
	return 50
}

// TestKilledAtAnyMoment kills the real process with SIGKILL at random moments
// and resumes it until it finishes. Whatever was acknowledged on its pipe is in
// the record exactly once, and the result is that of an uninterrupted run.
func TestKilledAtAnyMoment(t *testing.T) {
	const items = 120
	s := runnertest.NewServer()
	s.PieceDelay = 200 * time.Microsecond
	url := scripted(t, s)
	task := t.TempDir()
	sums(t, task, items)
	args := []string{"run", filepath.Join(task, "sums"), "-m", "ollama/" + runnertest.ServerModel, "--endpoint", url, "--slots", "8", "--progress", "json"}

	whole := t.TempDir()
	want(t, 0, whole, args...)
	result := resultOf(t, whole)

	rng := rand.New(rand.NewPCG(1, uint64(time.Now().UnixNano())))
	kills, resumed := 0, 0
	for rounds := killRounds(t); kills < rounds; {
		dir := t.TempDir()
		acked := map[string]int{}
		for finished := false; !finished; {
			cmd := haetae(t, dir, append(args, "--resume", "last")...)
			moment := rng.IntN(2 * items) // acknowledgements until the kill; often none is left
			finished = ackUntil(t, cmd, acked, moment, time.Duration(rng.IntN(3000))*time.Microsecond)
			if !finished {
				kills++
			}
			resumed++
		}
		checkRecord(t, dir, acked, items)
		if got := resultOf(t, dir); got != result {
			t.Fatalf("result after kills differs from the uninterrupted one:\n%s\n%s", got, result)
		}
		if t.Failed() {
			return
		}
	}
	t.Logf("%d kills in %d starts", kills, resumed)
}

// ackUntil runs the process, counts its acknowledgements, and kills it a moment
// after the given number of them. It tells whether the process ended by itself.
func ackUntil(t *testing.T, cmd *exec.Cmd, acked map[string]int, moment int, after time.Duration) bool {
	t.Helper()
	pipe, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var kill sync.Once
	seen := 0
	lines := bufio.NewReader(pipe)
	for {
		line, err := lines.ReadString('\n')
		if err == io.EOF { // a torn last line acknowledges nothing
			break
		} else if err != nil {
			t.Fatal(err)
		}
		var e struct{ Event, ID, Message string }
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Errorf("stderr is not JSON Lines: %q", line)
		}
		switch e.Event {
		case "sample":
			acked[e.ID]++
			seen++
		case "error":
			t.Errorf("the process complains: %s", e.Message)
		}
		if seen >= moment {
			kill.Do(func() { time.AfterFunc(after, func() { _ = cmd.Process.Kill() }) })
		}
	}
	_ = cmd.Wait() // the state tells
	if code := cmd.ProcessState.ExitCode(); code > 0 {
		t.Fatalf("exit %d", code)
	}
	return cmd.ProcessState.ExitCode() == 0
}

// checkRecord compares the acknowledgements with the record of the newest run.
func checkRecord(t *testing.T, dir string, acked map[string]int, items int) {
	t.Helper()
	kept := map[string]int{}
	for line := range strings.Lines(want(t, 0, dir, "show", "last", "--json", "--limit", "0").out) {
		var row struct{ ID string }
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			t.Fatal(err)
		}
		kept[row.ID]++
	}
	if len(kept) != items {
		t.Errorf("%d samples are kept, want %d", len(kept), items)
	}
	for id, n := range kept {
		if n != 1 {
			t.Errorf("sample %s is kept %d times", id, n)
		}
	}
	for id, n := range acked {
		if kept[id] == 0 {
			t.Errorf("sample %s was acknowledged and is gone", id)
		}
		if n != 1 {
			t.Errorf("sample %s was acknowledged %d times", id, n)
		}
	}
}
