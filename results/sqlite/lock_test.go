//go:build unix

package sqlite

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sovereign-eval/haetae/results"
	"github.com/sovereign-eval/haetae/results/storetest"
)

// children are what the test binary does as another process.
var children = map[string]func(path string) error{
	"hold":       childHold,
	"append":     func(path string) error { return childAppend(path, 1<<40) },
	"append-320": func(path string) error { return childAppend(path, 320) },
}

// childHold opens the store, says so, and closes it when its input ends.
func childHold(path string) error {
	s, err := Open(path, Options{})
	if err != nil {
		return err
	}
	fmt.Println("open")
	_, _ = io.Copy(io.Discard, os.Stdin)
	return s.Close()
}

// childAppend appends samples from 16 goroutines, those below limit that are not
// yet there, and prints the index of each after Append has returned.
func childAppend(path string, limit int64) error {
	s, err := Open(path, Options{})
	if err != nil {
		return err
	}
	ctx := context.Background()
	if _, err := s.Run(ctx, "r"); err != nil {
		if err := s.Create(ctx, storetest.NewRun("r")); err != nil {
			return err
		}
	}
	next := int64(0)
	for d, err := range s.Done(ctx, "r") {
		if err != nil {
			return err
		}
		next = max(next, d.Index+1)
	}
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			for {
				mu.Lock()
				i := next
				next++
				mu.Unlock()
				if i >= limit {
					return
				}
				if err := s.Append(ctx, "r", storetest.Sample(int(i))); err != nil {
					fmt.Println("error", err)
					return
				}
				fmt.Println("ack", i) // one write(2)
			}
		})
	}
	wg.Wait()
	return s.Close()
}

type child struct {
	cmd *exec.Cmd
	in  io.Closer
	out *bufio.Scanner
}

// spawn starts this test binary as a child, through an optional wrapper command.
func spawn(t *testing.T, mode, path string, wrapper ...string) *child {
	t.Helper()
	exe, err := os.Executable()
	must(t, err)
	args := append(wrapper, exe)
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env = append(os.Environ(), childEnv+"="+mode+" "+path)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	must(t, err)
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	c := &child{cmd, in, bufio.NewScanner(out)}
	t.Cleanup(func() { c.kill() })
	return c
}

// kill ends the child with SIGKILL and returns what it had still written.
func (c *child) kill() (rest []string) {
	if c.cmd.ProcessState != nil {
		return nil
	}
	_ = c.cmd.Process.Kill()
	for c.out.Scan() {
		rest = append(rest, c.out.Text())
	}
	_ = c.cmd.Wait()
	return rest
}

func TestSecondWriter(t *testing.T) {
	path := filledFile(t, 5)
	c := spawn(t, "hold", path)
	c.out.Scan()
	_, err := Open(path, Options{})
	wantRefusal(t, err, results.ErrLocked, path)
	if pid := fmt.Sprint(c.cmd.Process.Pid); !strings.Contains(err.Error(), pid) {
		t.Errorf("error %q does not name process %s", err, pid)
	}
	whole(t, path, 5) // reading is allowed

	freed := make(chan error)
	go func() {
		s, err := Open(path, Options{Wait: time.Minute})
		if err == nil {
			err = s.Close()
		}
		freed <- err
	}()
	must(t, c.in.Close())
	must(t, <-freed)
}

func TestKilledHolderFreesTheLock(t *testing.T) {
	path := filledFile(t, 5)
	c := spawn(t, "hold", path)
	c.out.Scan()
	c.kill()
	s := opened(t, path, Options{})
	appendAll(t, s, 5, 10)
	must(t, s.Close())
	whole(t, path, 10)
}

func TestSecondWriterInOneProcess(t *testing.T) {
	path := filledFile(t, 5)
	s := opened(t, path, Options{})
	_, err := Open(path, Options{})
	wantRefusal(t, err, results.ErrLocked, path)
	appendAll(t, s, 5, 10)
	must(t, s.Close())
	whole(t, path, 10)
}

// TestKill kills a writing process again and again: what it had acknowledged
// must be there, whole, and nothing twice.
func TestKill(t *testing.T) {
	path := filepath.Join(t.TempDir(), "haetae.db")
	rng := rand.New(rand.NewPCG(1, 2))
	acked := map[int64]bool{}
	for round := range 24 {
		c := spawn(t, "append", path)
		for range rng.IntN(150) { // 0: while it opens
			if !c.out.Scan() {
				t.Fatalf("round %d: the child ended by itself", round)
			}
			collect(t, acked, c.out.Text())
		}
		for _, line := range c.kill() {
			collect(t, acked, line)
		}
		if round%8 == 0 {
			verifyKilled(t, path, acked)
		}
	}
	verifyKilled(t, path, acked)
	whole(t, path, -1)
	t.Logf("%d acknowledged samples", len(acked))
}

func collect(t *testing.T, acked map[int64]bool, line string) {
	t.Helper()
	var i int64
	if _, err := fmt.Sscanf(line, "ack %d", &i); err != nil {
		t.Fatalf("the child says %q", line)
	}
	acked[i] = true
}

func verifyKilled(t *testing.T, path string, acked map[int64]bool) {
	t.Helper()
	if len(acked) == 0 {
		return
	}
	s, err := Open(path, Options{Wait: time.Minute})
	must(t, err)
	defer func() { must(t, s.Close()) }()
	seen := map[int64]bool{}
	for row, err := range s.Rows(t.Context(), "r", results.Query{}) {
		must(t, err)
		if seen[row.Index] {
			t.Errorf("sample %d is there twice", row.Index)
		}
		seen[row.Index] = true
		body, err := s.Body(t.Context(), row.ResponseHash)
		must(t, err)
		if want := storetest.Sample(int(row.Index)).Response.Text; string(body) != want {
			t.Errorf("sample %d has another answer", row.Index)
		}
	}
	for i := range acked {
		if !seen[i] {
			t.Errorf("acknowledged sample %d is missing", i)
		}
	}
}
