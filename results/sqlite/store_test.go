//go:build unix

package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/results"
	"github.com/sovereign-eval/haetae/results/storetest"
)

// childEnv makes the test binary a process that works on a store: "MODE PATH".
const childEnv = "HAETAE_STORE_TEST_CHILD"

func TestMain(m *testing.M) {
	if job := os.Getenv(childEnv); job != "" {
		mode, path, _ := strings.Cut(job, " ")
		if err := children[mode](path); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

func TestConformance(t *testing.T) {
	storetest.Run(t, func(t *testing.T) results.Store {
		s, err := Open(filepath.Join(t.TempDir(), "haetae.db"), Options{})
		if err != nil {
			t.Fatal(err)
		}
		return s
	})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func opened(t *testing.T, path string, o Options) *Store {
	t.Helper()
	s, err := Open(path, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// filledFile makes a closed store with one run "r" of n samples.
func filledFile(t *testing.T, n int) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "haetae.db")
	s := opened(t, path, Options{})
	must(t, s.Create(t.Context(), storetest.NewRun("r")))
	appendAll(t, s, 0, n)
	must(t, s.Close())
	return path
}

// appendAll appends the samples from..to-1 of run "r".
func appendAll(t *testing.T, s *Store, from, to int) {
	t.Helper()
	errs := make(chan error, to-from)
	for i := from; i < to; i++ {
		go func() { errs <- s.Append(context.Background(), "r", storetest.Sample(i)) }()
	}
	for range to - from {
		must(t, <-errs)
	}
}

// wantRefusal checks an error's sentinel, and that path and remedy are there.
func wantRefusal(t *testing.T, err, want error, path string) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("error %v, want %v", err, want)
		return
	}
	if !strings.Contains(err.Error(), path) {
		t.Errorf("error %q does not name %s", err, path)
	}
	if h, ok := errors.AsType[*harness.HintError](err); !ok || h.Hint == "" {
		t.Errorf("error %q has no remedy", err)
	}
}

// whole fails the test unless a full check finds n samples and no problem.
func whole(t *testing.T, path string, n int64) {
	t.Helper()
	s, err := Open(path, Options{ReadOnly: true})
	must(t, err)
	defer func() { must(t, s.Close()) }()
	h, err := s.Check(t.Context())
	must(t, err)
	if len(h.Problems) > 0 || n >= 0 && h.Samples != n {
		t.Errorf("%d samples, want %d; problems: %q", h.Samples, n, h.Problems)
	}
}

func TestCloseLeavesOneFile(t *testing.T) {
	path := filledFile(t, 10)
	entries, err := os.ReadDir(filepath.Dir(path))
	must(t, err)
	if len(entries) != 1 {
		t.Errorf("files beside the store: %v", entries)
	}
	whole(t, path, 10)
}

func TestReadOnlyHandle(t *testing.T) {
	path := filledFile(t, 10)
	s := opened(t, path, Options{ReadOnly: true})
	err := s.Append(t.Context(), "r", storetest.Sample(99))
	wantRefusal(t, err, results.ErrReadOnly, path)
	if got := len(storetest.All(t, s.Rows(t.Context(), "r", results.Query{}))); got != 10 {
		t.Errorf("%d rows, want 10", got)
	}
}

// TestReaderBesideWriter: a reader in another handle sees what is committed,
// in tail or index, as it comes.
func TestReaderBesideWriter(t *testing.T) {
	path := filledFile(t, 20)
	w := opened(t, path, Options{})
	r := opened(t, path, Options{ReadOnly: true})
	ctx := t.Context()
	for n := 20; n < 80; n += 20 {
		appendAll(t, w, n, n+20)
		if n == 40 {
			must(t, w.exclusive(ctx, func() error { return errors.Join(w.writer.mergeIDs(), w.tails.mergeBodies(w.writer.conn)) }))
		}
		rows := storetest.All(t, r.Rows(ctx, "r", results.Query{}))
		if len(rows) != n+20 {
			t.Fatalf("the reader sees %d rows, want %d", len(rows), n+20)
		}
		for _, row := range rows {
			body, err := r.Body(ctx, row.ResponseHash)
			must(t, err)
			if want := storetest.Sample(int(row.Index)).Response.Text; string(body) != want {
				t.Fatalf("body of %d: %q, want %q", row.Index, body, want)
			}
			if got := storetest.All(t, r.Rows(ctx, "r", results.Query{ID: row.ID.String()})); len(got) != 1 {
				t.Fatalf("%d rows have the ID of %d", len(got), row.Index)
			}
		}
	}
}

// TestUniqueAcrossMerge: the law holds for samples in memory, in the index, and
// after the store was opened again.
func TestUniqueAcrossMerge(t *testing.T) {
	path := filepath.Join(t.TempDir(), "haetae.db")
	for round := range 3 {
		s := opened(t, path, Options{})
		ctx := t.Context()
		if round == 0 {
			must(t, s.Create(ctx, storetest.NewRun("r")))
		}
		appendAll(t, s, round*50, round*50+50)
		must(t, s.exclusive(ctx, s.writer.mergeIDs))
		appendAll(t, s, 1000+round*50, 1000+round*50+50)
		for _, i := range []int{0, round * 50, round*50 + 49, 1000 + round*50} {
			dup := storetest.Sample(i)
			dup.Index = 5000
			if err := s.Append(ctx, "r", dup); !errors.Is(err, results.ErrExists) {
				t.Errorf("round %d: sample %d again: %v", round, i, err)
			}
		}
		must(t, s.Close())
	}
	whole(t, path, 300)
}

// TestBodiesOnce: equal bodies are stored once, within a transaction, across
// merges and across openings.
func TestBodiesOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "haetae.db")
	ctx := t.Context()
	for round := range 3 {
		s := opened(t, path, Options{})
		run := storetest.NewRun(fmt.Sprint("r", round))
		must(t, s.Create(ctx, run))
		for i := range 40 {
			must(t, s.Append(ctx, run.ID, storetest.Sample(i)))
			if i == 20 {
				must(t, s.exclusive(ctx, func() error { return s.tails.mergeBodies(s.writer.conn) }))
			}
		}
		must(t, s.Close())
	}
	s := opened(t, path, Options{ReadOnly: true})
	h, err := s.Check(ctx)
	must(t, err)
	if h.Bodies != 3*40 || h.Samples != 3*40 || len(h.Problems) > 0 {
		t.Errorf("%+v: want 120 samples, 120 bodies", h)
	}
}

func TestHashesThatShareTheirHead(t *testing.T) {
	path := filledFile(t, 3)
	s := opened(t, path, Options{})
	h := harness.HashBytes([]byte(storetest.Sample(0).Response.Text))
	h[31] ^= 1
	if _, err := s.Body(t.Context(), h); !errors.Is(err, results.ErrNotFound) {
		t.Errorf("a body with the same first 8 bytes: %v", err)
	}
}
