//go:build unix

package sqlite

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/results"
	"github.com/sovereign-eval/haetae/results/storetest"
)

// longRequest is the sample i with a request of the usual length.
func longRequest(i, task int) harness.Sample {
	s := storetest.Sample(i)
	s.Model, s.Task = 0, task
	s.Response.Sent = fmt.Appendf(nil, `{"task":%d,"shots":%q,"question":"what is %d?"}`, task, strings.Repeat("a few words that recur. ", 20), i)
	return s
}

// TestDictionary: requests come back whole with more dictionaries than are held
// at once, in the handle that wrote them, in a reader, after Recover; and few
// bytes are kept of each.
func TestDictionary(t *testing.T) {
	path := filepath.Join(t.TempDir(), "haetae.db")
	w := opened(t, path, Options{})
	ctx := t.Context()
	must(t, w.Create(ctx, storetest.NewRun("r")))
	const tasks, each = maxDecoders + 4, 10
	for i := range tasks * each {
		must(t, w.Append(ctx, "r", longRequest(i, i/each)))
	}
	read := func(s *Store) {
		t.Helper()
		for i := range tasks * each {
			want := longRequest(i, i/each).Response.Sent
			got, err := s.Body(ctx, harness.HashBytes(want))
			must(t, err)
			if string(got) != string(want) {
				t.Fatalf("request %d came back as another", i)
			}
		}
	}
	read(w)
	r := opened(t, path, Options{ReadOnly: true})
	read(r)
	must(t, r.read(ctx, func(c *conn) error {
		n, err := c.number(ctx, "SELECT count(*) FROM body WHERE dict IS NOT NULL AND length(data) < 48")
		if want := int64(tasks * (each - 1)); n != want {
			t.Errorf("%d requests have a dictionary, want %d", n, want)
		}
		return err
	}))
	must(t, r.Close())
	must(t, w.Close())
	whole(t, path, tasks*each)
	to := filepath.Join(t.TempDir(), "new.db")
	if _, err := Recover(ctx, path, to); err != nil {
		t.Fatal(err)
	}
	read(opened(t, to, Options{}))

	edit(t, path, "DELETE FROM body WHERE dict IS NULL AND n IN (SELECT dict FROM body)")
	s := opened(t, path, Options{ReadOnly: true})
	_, err := s.Body(ctx, harness.HashBytes(longRequest(1, 0).Response.Sent))
	wantRefusal(t, err, results.ErrCorrupt, path)
}

// TestDictionaryOfAFailedCommit: what was rolled back is nobody's dictionary.
func TestDictionaryOfAFailedCommit(t *testing.T) {
	path := filepath.Join(t.TempDir(), "haetae.db")
	s := opened(t, path, Options{})
	ctx := t.Context()
	must(t, s.Create(ctx, storetest.NewRun("r")))
	must(t, s.exclusive(ctx, func() error { return s.writer.exec("PRAGMA max_page_count = 1") }))
	n, err := 0, error(nil)
	for task := 0; err == nil; task++ {
		n++
		err = s.Append(ctx, "r", longRequest(n, task))
	}
	if !errors.Is(err, results.ErrFull) {
		t.Fatal(err)
	}
	must(t, s.exclusive(ctx, func() error { return s.writer.exec("PRAGMA max_page_count = 1000000") }))
	for i := n + 1; i < n+5; i++ {
		must(t, s.Append(ctx, "r", longRequest(i, n-1)))
	}
	must(t, s.Close())
	whole(t, path, int64(n-1+4))
}
