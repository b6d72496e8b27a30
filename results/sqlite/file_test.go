//go:build unix

package sqlite

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/results"
	"github.com/sovereign-eval/haetae/results/storetest"
)

// edit opens the file as a plain database, as another program would.
func edit(t *testing.T, path string, statements ...string) {
	t.Helper()
	c, err := connect(t.Context(), path, "mode=rwc")
	must(t, err)
	for _, q := range statements {
		must(t, c.exec(q))
	}
	must(t, c.Close())
}

// unchanged runs fn and fails the test when it changed a file.
func unchanged(t *testing.T, path string, fn func()) {
	t.Helper()
	before, err := os.ReadFile(path)
	must(t, err)
	fn()
	after, err := os.ReadFile(path)
	must(t, err)
	if !bytes.Equal(before, after) {
		t.Errorf("%s was changed", path)
	}
}

func TestRefusedFiles(t *testing.T) {
	write := func(content string) func(*testing.T, string) {
		return func(t *testing.T, path string) { must(t, os.WriteFile(path, []byte(content), 0o600)) }
	}
	for name, c := range map[string]struct {
		make func(*testing.T, string)
		want error
	}{
		"text":             {write(strings.Repeat("no database\n", 100)), results.ErrForeign},
		"a few bytes":      {write("x"), results.ErrForeign},
		"another program":  {func(t *testing.T, p string) { edit(t, p, "CREATE TABLE theirs (x)") }, results.ErrForeign},
		"another's header": {func(t *testing.T, p string) { edit(t, p, "PRAGMA application_id = 77", "PRAGMA user_version = 1") }, results.ErrForeign},
		"newer": {func(t *testing.T, p string) {
			must(t, os.Rename(filledFile(t, 1), p))
			edit(t, p, "PRAGMA user_version = 99")
		}, results.ErrNewer},
	} {
		for _, readOnly := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				path := filepath.Join(t.TempDir(), "file.db")
				c.make(t, path)
				unchanged(t, path, func() {
					_, err := Open(path, Options{ReadOnly: readOnly})
					wantRefusal(t, err, c.want, path)
				})
				entries, err := os.ReadDir(filepath.Dir(path))
				must(t, err)
				if !readOnly && len(entries) != 1 {
					t.Errorf("files were left: %v", entries)
				}
			})
		}
	}
}

func TestPlacesThatAreNoFile(t *testing.T) {
	dir := t.TempDir()
	for path, want := range map[string]string{
		dir:                              "folder",
		filepath.Join(dir, "no", "a.db"): "no such file or directory",
		"":                               "path is empty",
	} {
		_, err := Open(path, Options{})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Open(%q): %v, want %q", path, err, want)
			continue
		}
		if _, ok := errors.AsType[*harness.HintError](err); !ok {
			t.Errorf("Open(%q): no remedy in %v", path, err)
		}
	}
	missing := filepath.Join(dir, "missing.db")
	_, err := Open(missing, Options{ReadOnly: true})
	wantRefusal(t, err, results.ErrNotFound, missing)
}

func TestOddNames(t *testing.T) {
	for _, name := range []string{"a b?mode=memory#x%41.db", "한국어.db", "file:x.db", "it's.db"} {
		path := filepath.Join(t.TempDir(), name)
		s := opened(t, path, Options{})
		must(t, s.Create(t.Context(), storetest.NewRun("r")))
		must(t, s.Close())
		if _, err := os.Stat(path); err != nil {
			t.Errorf("%q was not made: %v", name, err)
		}
	}
}

// TestHalfMade: a kill while the store is made leaves an empty database, which
// the next opening fills.
func TestHalfMade(t *testing.T) {
	path := filepath.Join(t.TempDir(), "half.db")
	edit(t, path, "PRAGMA page_size = 8192", "PRAGMA journal_mode = WAL")
	s := opened(t, path, Options{})
	must(t, s.Create(t.Context(), storetest.NewRun("r")))
}

func TestTruncated(t *testing.T) {
	for _, keep := range []float64{0.1, 0.5, 0.9, 0.999} {
		path := filledFile(t, 400)
		fi, err := os.Stat(path)
		must(t, err)
		must(t, os.Truncate(path, int64(keep*float64(fi.Size()))))
		unchanged(t, path, func() {
			_, err := Open(path, Options{})
			wantRefusal(t, err, results.ErrCorrupt, path)
			h, _ := errors.AsType[*harness.HintError](err)
			if h == nil || !strings.Contains(h.Hint, "can still be read") && !strings.Contains(h.Hint, "Nothing of it") {
				t.Errorf("keep %v: the remedy does not say what is left: %+v", keep, h)
			}
		})
	}
}

// damage overwrites every page from the given one on, by a step.
func damage(t *testing.T, path string, from, step int) {
	t.Helper()
	b, err := os.ReadFile(path)
	must(t, err)
	for p := from; (p+1)*pageSize <= len(b); p += step {
		copy(b[p*pageSize:(p+1)*pageSize], bytes.Repeat([]byte{0xa5}, pageSize))
	}
	must(t, os.WriteFile(path, b, 0o600))
}

// TestDamagedPage: damage that opening does not meet is an error when it is
// met, and from then on nothing is written.
func TestDamagedPage(t *testing.T) {
	path := filledFile(t, 2000)
	fi, err := os.Stat(path)
	must(t, err)
	damage(t, path, int(fi.Size()/pageSize/2), 1<<30) // one page in the middle
	s := opened(t, path, Options{})
	unchanged(t, path, func() {
		var met error
		for row, err := range s.Rows(t.Context(), "r", results.Query{}) {
			if err == nil {
				_, err = s.Body(t.Context(), row.RequestHash)
			}
			if err == nil {
				_, err = s.Body(t.Context(), row.ResponseHash)
			}
			if met = err; met != nil {
				break
			}
		}
		wantRefusal(t, met, results.ErrCorrupt, path)
		wantRefusal(t, s.Append(t.Context(), "r", storetest.Sample(9999)), results.ErrCorrupt, path)
		must(t, s.Close())
	})
}

func TestChangedBody(t *testing.T) {
	path := filledFile(t, 3)
	edit(t, path, "UPDATE body SET data = CAST(X'00' || substr(data, 2) AS BLOB)")
	s := opened(t, path, Options{ReadOnly: true})
	_, err := s.Body(t.Context(), harness.HashBytes([]byte(storetest.Sample(1).Response.Text)))
	wantRefusal(t, err, results.ErrCorrupt, path)
	h, err := s.Check(t.Context())
	must(t, err)
	if len(h.Problems) != 9 {
		t.Errorf("problems: %q, want one for each of 9 bodies", h.Problems)
	}
}

func TestRecover(t *testing.T) {
	for name, hurt := range map[string]func(string){
		"whole":     func(string) {},
		"damaged":   func(p string) { damage(t, p, 12, 17) },
		"truncated": func(p string) { fi, _ := os.Stat(p); _ = os.Truncate(p, fi.Size()*3/4) },
	} {
		t.Run(name, func(t *testing.T) {
			const n = 400
			path := filledFile(t, n)
			hurt(path)
			to := filepath.Join(t.TempDir(), "new.db")
			var got Recovered
			unchanged(t, path, func() {
				var err error
				got, err = Recover(t.Context(), path, to)
				must(t, err)
			})
			if got.Runs != 1 || got.Samples < n/3 || name == "whole" && (got.Samples != n || got.Lost != 0) {
				t.Errorf("recovered %+v", got)
			}
			s := opened(t, to, Options{})
			for row, err := range s.Rows(t.Context(), "r", results.Query{}) {
				must(t, err)
				want := storetest.Row(storetest.Sample(int(row.Index)))
				if row.ID != want.ID || row.ResponseHash != want.ResponseHash || row.OutputTokens != want.OutputTokens {
					t.Fatalf("row %d came back as another", row.Index)
				}
			}
			must(t, s.Append(t.Context(), "r", storetest.Sample(5*n)))
			must(t, s.Close())
			if name == "whole" {
				whole(t, to, n+1)
			}
			_, err := Recover(t.Context(), path, to)
			if !errors.Is(err, results.ErrExists) {
				t.Errorf("recover into a store that exists: %v", err)
			}
		})
	}
}

// TestMigration: a step moves every row forward, all or nothing.
func TestMigration(t *testing.T) {
	path := filledFile(t, 5)
	ctx := context.Background()
	step := "ALTER TABLE sample ADD COLUMN energy INTEGER; UPDATE sample SET energy = 7"
	broken := append(append([]string(nil), migrations...), step, "NOT SQL")
	if _, err := openAs(path, Options{}, broken); err == nil {
		t.Fatal("a broken step was accepted")
	}
	whole(t, path, 5) // still the version that it was
	s, err := openAs(path, Options{}, broken[:len(migrations)+1])
	must(t, err)
	err = s.read(ctx, func(c *conn) error {
		n, err := c.number(ctx, "SELECT sum(energy) FROM sample")
		if n != 35 {
			t.Errorf("sum %d, want 35", n)
		}
		return err
	})
	must(t, err)
	must(t, s.Close())
	_, err = Open(path, Options{})
	wantRefusal(t, err, results.ErrNewer, path)
}

// oldFile makes a closed store of version 1 with one run "r" of n samples.
func oldFile(t *testing.T, n int) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "haetae.db")
	s, err := openAs(path, Options{}, migrations[:1])
	must(t, err)
	must(t, s.Create(t.Context(), storetest.NewRun("r")))
	appendAll(t, s, 0, n)
	must(t, s.Close())
	return path
}

// TestReaderOfAnOlderVersion: a reader takes a file without a ledger as it is.
func TestReaderOfAnOlderVersion(t *testing.T) {
	path := oldFile(t, 5)
	unchanged(t, path, func() {
		s, err := Open(path, Options{ReadOnly: true})
		must(t, err)
		if rows := storetest.All(t, s.Rows(t.Context(), "r", results.Query{})); len(rows) != 5 {
			t.Errorf("%d rows, want 5", len(rows))
		}
		if got := storetest.All(t, s.Entries(t.Context(), "", "", "")); len(got) != 0 {
			t.Errorf("a file without a ledger has entries: %v", got)
		}
		h, err := s.Check(t.Context())
		if err != nil || len(h.Problems) > 0 {
			t.Errorf("check: %v, %v", h.Problems, err)
		}
		must(t, s.Close())
	})
}

// TestForward brings a file of version 1 forward: what was there stays, and a
// reader that was open before sees the ledger of the new version.
func TestForward(t *testing.T) {
	path := oldFile(t, 5)
	r := opened(t, path, Options{ReadOnly: true})
	s := opened(t, path, Options{})
	must(t, s.Record(t.Context(), results.Entry{Kind: results.KindLabel, Run: "r", Key: "k", Body: []byte(`{}`)}))
	appendAll(t, s, 5, 9)
	if got := storetest.All(t, r.Entries(t.Context(), "", "r", "")); len(got) != 1 {
		t.Errorf("the reader sees %d entries, want 1", len(got))
	}
	must(t, r.Close())
	must(t, s.Close())
	whole(t, path, 9)
}

// TestForwardAllOrNothing: where a table of that name stands in the way, the
// file keeps its version and everything in it.
func TestForwardAllOrNothing(t *testing.T) {
	path := oldFile(t, 5)
	edit(t, path, "CREATE TABLE ledger_key (x)")
	if _, err := Open(path, Options{}); err == nil {
		t.Fatal("a step that cannot be done was done")
	}
	edit(t, path, "DROP TABLE ledger_key", "SELECT 1 FROM store")
	s, err := Open(path, Options{ReadOnly: true})
	must(t, err)
	must(t, s.read(t.Context(), func(c *conn) error {
		v, err := c.number(t.Context(), "PRAGMA user_version")
		n, err2 := c.number(t.Context(), "SELECT count(*) FROM sqlite_schema WHERE name LIKE 'ledger%'")
		if v != 1 || n != 0 {
			t.Errorf("version %d and %d parts of a ledger after a step that failed", v, n)
		}
		return errors.Join(err, err2)
	}))
	must(t, s.Close())
	whole(t, path, 5)
}

// TestLedgerOnlyGrows: the file itself refuses what is not an addition.
func TestLedgerOnlyGrows(t *testing.T) {
	path := filledFile(t, 1)
	s := opened(t, path, Options{})
	ctx := t.Context()
	must(t, s.Record(ctx, results.Entry{Kind: results.KindLabel, Run: "r", Key: "k", Body: []byte(`{"class":"comply"}`)}))
	for _, q := range []string{"UPDATE ledger SET body = '{}'", "DELETE FROM ledger", "INSERT OR REPLACE INTO ledger VALUES (1, 'label', 1, 'k', 0, '{}')", "DELETE FROM run"} {
		if err := s.exclusive(ctx, func() error { return s.writer.exec(q) }); !isConstraint(err) {
			t.Errorf("%s: %v, want a refusal", q, err)
		}
	}
	got := storetest.All(t, s.Entries(ctx, "", "", ""))
	if len(got) != 1 || string(got[0].Body) != `{"class":"comply"}` {
		t.Errorf("entries %v", got)
	}
	must(t, s.Close())
	to := filepath.Join(t.TempDir(), "new.db")
	rec, err := Recover(ctx, path, to)
	if err != nil || rec.Entries != 1 {
		t.Errorf("recovered %+v, %v", rec, err)
	}
	again := opened(t, to, Options{ReadOnly: true})
	if d := storetest.All(t, again.Entries(ctx, "", "r", "k")); len(d) != 1 || d[0].Seq != 1 || !d[0].At.Equal(got[0].At) {
		t.Errorf("recovered entries %v", d)
	}
}

// TestFull: no page can be added.
func TestFull(t *testing.T) {
	path := filledFile(t, 50)
	s := opened(t, path, Options{})
	ctx := t.Context()
	limit := func(pages string) {
		must(t, s.exclusive(ctx, func() error { return s.writer.exec("PRAGMA max_page_count = " + pages) }))
	}
	limit("1") // never below what there is
	stored, err := 50, error(nil)
	for err == nil {
		if err = s.Append(ctx, "r", storetest.Sample(stored)); err == nil {
			stored++
		}
		if stored > 1000 {
			t.Fatal("the limit does nothing")
		}
	}
	wantRefusal(t, err, results.ErrFull, path)
	if got := len(storetest.All(t, s.Done(ctx, "r"))); got != stored {
		t.Errorf("%d samples, want %d", got, stored)
	}
	limit("1000000") // there is room again
	appendAll(t, s, stored, stored+20)
	must(t, s.Close())
	whole(t, path, int64(stored)+20)
}
