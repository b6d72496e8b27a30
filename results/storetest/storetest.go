// Package storetest is the conformance suite of results.Store. Every backend
// runs it:
//
//	func TestStore(t *testing.T) {
//		storetest.Run(t, func(t *testing.T) results.Store {
//			s, err := sqlite.Open(filepath.Join(t.TempDir(), "haetae.db"), sqlite.Options{})
//			…
//			return s // the suite closes it
//		})
//	}
//
// open is called once for each part of the suite and gives an empty store.
package storetest

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"math"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/results"
)

// Run checks a backend.
func Run(t *testing.T, open func(t *testing.T) results.Store) {
	for _, part := range []struct {
		name string
		test func(*testing.T, results.Store)
	}{
		{"runs", testRuns},
		{"find a run", testFind},
		{"update", testUpdate},
		{"sample", testSample},
		{"hostile bytes", testHostile},
		{"errored sample", testErrored},
		{"a sample once", testUnique},
		{"same sample in two runs", testTwoRuns},
		{"unknown run", testUnknownRun},
		{"plan order", testOrder},
		{"query", testQuery},
		{"prefix", testPrefix},
		{"while reading", testWhileReading},
		{"stop early", testStopEarly},
		{"done", testDone},
		{"forget", testForget},
		{"rescore", testRescore},
		{"bodies", testBodies},
		{"no number", testNoNumber},
		{"concurrent", testConcurrent},
		{"cancelled", testCancelled},
		{"ledger", testLedger},
		{"ledger order", testLedgerOrder},
		{"ledger all or nothing", testLedgerAllOrNothing},
		{"ledger at once", testLedgerConcurrent},
		{"closed", testClosed},
	} {
		t.Run(part.name, func(t *testing.T) {
			s := open(t)
			t.Cleanup(func() {
				if err := s.Close(); err != nil {
					t.Errorf("close: %v", err)
				}
			})
			part.test(t, s)
		})
	}
}

// All collects what an iterator yields and fails the test on an error.
func All[T any](t *testing.T, seq iter.Seq2[T, error]) []T {
	t.Helper()
	var out []T
	for v, err := range seq {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, v)
	}
	return out
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantErr(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("error %v, want %v", err, want)
	}
}

// same compares by value: times by the moment, empty lists as none, and Seq not at all.
func same(t *testing.T, got, want any) {
	t.Helper()
	opts := []cmp.Option{cmpopts.EquateEmpty(), cmpopts.IgnoreFields(results.Row{}, "Seq"), cmpopts.EquateApproxTime(0)}
	if d := cmp.Diff(want, got, opts...); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

// filled makes the run "r" with n samples, appended in a scrambled order.
func filled(t *testing.T, s results.Store, n int) []results.Row {
	t.Helper()
	must(t, s.Create(t.Context(), NewRun("r")))
	rows := make([]results.Row, n)
	var wg sync.WaitGroup
	var failed atomic.Value
	for w := range 64 {
		wg.Go(func() {
			for i := w; i < n; i += 64 {
				place := (i*7919 + 13) % n
				sample := Sample(place)
				if place%5 == 4 {
					sample = Failed(place)
				}
				rows[place] = Row(sample)
				if err := s.Append(context.WithoutCancel(t.Context()), "r", sample); err != nil {
					failed.Store(err)
				}
			}
		})
	}
	wg.Wait()
	if err := failed.Load(); err != nil {
		t.Fatal(err)
	}
	return rows
}

func testRuns(t *testing.T, s results.Store) {
	ctx := t.Context()
	runs, err := s.Runs(ctx)
	must(t, err)
	same(t, runs, []results.Run{})
	a, b := NewRun("b-first"), results.Run{ID: "a-second", State: results.Running}
	must(t, s.Create(ctx, a))
	must(t, s.Create(ctx, b))
	wantErr(t, s.Create(ctx, a), results.ErrExists)
	runs, err = s.Runs(ctx)
	must(t, err)
	same(t, runs, []results.Run{a, b})
	if s.Create(ctx, results.Run{}) == nil {
		t.Error("a run without an ID was created")
	}
	if s.Create(ctx, results.Run{ID: "last"}) == nil {
		t.Error(`a run named "last" was created`)
	}
}

func testFind(t *testing.T, s results.Store) {
	ctx := t.Context()
	_, err := s.Run(ctx, "last")
	wantErr(t, err, results.ErrNotFound)
	for _, id := range []string{"abc", "abcd", "abX", "%"} {
		must(t, s.Create(ctx, NewRun(id)))
	}
	for query, want := range map[string]string{"abc": "abc", "abcd": "abcd", "abX": "abX", "last": "%", "%": "%"} {
		r, err := s.Run(ctx, query)
		must(t, err)
		if r.ID != want {
			t.Errorf("Run(%q) is %q, want %q", query, r.ID, want)
		}
	}
	for query, want := range map[string]error{"ab": results.ErrAmbiguous, "ABC": results.ErrNotFound, "": results.ErrNotFound, "_": results.ErrNotFound, "zz": results.ErrNotFound} {
		_, err := s.Run(ctx, query)
		wantErr(t, err, want)
	}
}

func testUpdate(t *testing.T, s results.Store) {
	ctx := t.Context()
	r := NewRun("r")
	must(t, s.Create(ctx, r))
	changed := r
	changed.State, changed.Ended, changed.Resumes, changed.Reason = results.Void, time.Unix(1_800_000_009, 0), 3, "weights changed"
	changed.Meta, changed.Models = json.RawMessage(`{"flips":0.5}`), append([]results.Model(nil), r.Models...)
	changed.Models[0].End = &harness.Identity{Name: "other"}
	fixed := changed
	fixed.Seed, fixed.Planned, fixed.Protocol = 99, 1, json.RawMessage(`{}`)
	must(t, s.Update(ctx, fixed))
	got, err := s.Run(ctx, "r")
	must(t, err)
	same(t, got, changed) // what is fixed before the first call stays
	wantErr(t, s.Update(ctx, NewRun("nobody")), results.ErrNotFound)
}

func testSample(t *testing.T, s results.Store) {
	ctx := t.Context()
	must(t, s.Create(ctx, NewRun("r")))
	sample := Sample(1)
	must(t, s.Append(ctx, "r", sample))
	rows := All(t, s.Rows(ctx, "r", results.Query{}))
	same(t, rows, []results.Row{Row(sample)})
	for h, want := range map[harness.Hash]string{
		rows[0].RequestHash: string(sample.Response.Sent), rows[0].ResponseHash: sample.Response.Text, rows[0].ThinkingHash: sample.Response.Thinking,
	} {
		b, err := s.Body(ctx, h)
		must(t, err)
		same(t, string(b), want)
	}
}

func testHostile(t *testing.T, s results.Store) {
	ctx := t.Context()
	must(t, s.Create(ctx, NewRun("r")))
	sample := Sample(0)
	sample.Response.Text = "\xff\x00\x1b[31m" + strings.Repeat("\u202e", 9) + "'; DROP TABLE run; --"
	sample.Item.ID, sample.Cause, sample.Error = "a'\x00b", "x\"y", "\xfe\n"
	must(t, s.Append(ctx, "r", sample))
	rows := All(t, s.Rows(ctx, "r", results.Query{}))
	same(t, rows, []results.Row{Row(sample)})
	b, err := s.Body(ctx, rows[0].ResponseHash)
	must(t, err)
	same(t, string(b), sample.Response.Text)
}

func testErrored(t *testing.T, s results.Store) {
	ctx := t.Context()
	must(t, s.Create(ctx, NewRun("r")))
	must(t, s.Append(ctx, "r", Failed(0)))
	empty := Sample(1)
	empty.Response.Text, empty.Response.Thinking = "", ""
	must(t, s.Append(ctx, "r", empty))
	rows := All(t, s.Rows(ctx, "r", results.Query{}))
	same(t, rows, []results.Row{Row(Failed(0)), Row(empty)})
	if !rows[0].ResponseHash.IsZero() || !rows[0].RequestHash.IsZero() {
		t.Error("a sample without an exchange has bodies")
	}
	b, err := s.Body(ctx, rows[1].ResponseHash)
	if err != nil || len(b) != 0 { // an empty answer is an answer
		t.Errorf("body of an empty answer: %q, %v", b, err)
	}
}

func testUnique(t *testing.T, s results.Store) {
	ctx := t.Context()
	must(t, s.Create(ctx, NewRun("r")))
	must(t, s.Append(ctx, "r", Sample(1)))
	wantErr(t, s.Append(ctx, "r", Sample(1)), results.ErrExists)
	moved := Sample(2)
	moved.ID = Sample(1).ID
	wantErr(t, s.Append(ctx, "r", moved), results.ErrExists)
	twice := Sample(1)
	twice.ID = Sample(3).ID
	wantErr(t, s.Append(ctx, "r", twice), results.ErrExists)
	near := Sample(4) // differs in the last byte only
	near.ID = Sample(1).ID
	near.ID[31] ^= 1
	must(t, s.Append(ctx, "r", near))
	same(t, All(t, s.Rows(ctx, "r", results.Query{})), []results.Row{Row(Sample(1)), Row(near)})
}

func testTwoRuns(t *testing.T, s results.Store) {
	ctx := t.Context()
	for _, run := range []string{"a", "b"} {
		must(t, s.Create(ctx, NewRun(run)))
		must(t, s.Append(ctx, run, Sample(1)))
		same(t, All(t, s.Rows(ctx, run, results.Query{})), []results.Row{Row(Sample(1))})
	}
}

func testUnknownRun(t *testing.T, s results.Store) {
	ctx := t.Context()
	wantErr(t, s.Append(ctx, "nobody", Sample(1)), results.ErrNotFound)
	for _, err := range s.Rows(ctx, "nobody", results.Query{}) {
		wantErr(t, err, results.ErrNotFound)
	}
	for _, err := range s.Done(ctx, "nobody") {
		wantErr(t, err, results.ErrNotFound)
	}
	_, err := s.Forget(ctx, "nobody")
	wantErr(t, err, results.ErrNotFound)
	wantErr(t, s.Rescore(ctx, "nobody", harness.Hash{}, harness.Scored, "", nil), results.ErrNotFound)
	_, err = s.Body(ctx, harness.HashBytes([]byte("nothing")))
	wantErr(t, err, results.ErrNotFound)
}

func testOrder(t *testing.T, s results.Store) {
	want := filled(t, s, 1100) // more than a page of a backend
	got := All(t, s.Rows(t.Context(), "r", results.Query{}))
	same(t, got, want)
	seqs := map[int64]bool{}
	for _, r := range got {
		seqs[r.Seq] = true
	}
	if len(seqs) != len(want) {
		t.Errorf("%d rows have %d places in the commit order", len(want), len(seqs))
	}
}

func testQuery(t *testing.T, s results.Store) {
	all := filled(t, s, 60)
	two, one := 2, 1
	for name, c := range map[string]struct {
		q    results.Query
		keep func(results.Row) bool
	}{
		"model":  {results.Query{Model: &two}, func(r results.Row) bool { return r.Model == 2 }},
		"task":   {results.Query{Task: &one}, func(r results.Row) bool { return r.Task == 1 }},
		"both":   {results.Query{Task: &one, Model: &two}, func(r results.Row) bool { return r.Task == 1 && r.Model == 2 }},
		"status": {results.Query{Status: harness.Errored}, func(r results.Row) bool { return r.Status == harness.Errored }},
		"after":  {results.Query{After: 30, HasAfter: true}, func(r results.Row) bool { return r.Index > 30 }},
		"first":  {results.Query{After: 0, HasAfter: true}, func(r results.Row) bool { return r.Index > 0 }},
		"limit":  {results.Query{Limit: 7}, func(r results.Row) bool { return r.Index < 7 }},
		"page":   {results.Query{After: 9, HasAfter: true, Limit: 5}, func(r results.Row) bool { return r.Index > 9 && r.Index < 15 }},
	} {
		t.Run(name, func(t *testing.T) {
			var want []results.Row
			for _, r := range all {
				if c.keep(r) {
					want = append(want, r)
				}
			}
			same(t, All(t, s.Rows(t.Context(), "r", c.q)), want)
		})
	}
}

func testPrefix(t *testing.T, s results.Store) {
	ctx := t.Context()
	must(t, s.Create(ctx, NewRun("r")))
	a, b := Sample(0), Sample(1)
	a.ID, b.ID = harness.Hash{0xab, 0xcd, 1}, harness.Hash{0xab, 0xce, 2}
	must(t, s.Append(ctx, "r", a))
	must(t, s.Append(ctx, "r", b))
	for prefix, want := range map[string][]results.Row{
		"": {Row(a), Row(b)}, "a": {Row(a), Row(b)}, "abc": {Row(a), Row(b)}, "abcd": {Row(a)}, "ABCE": {Row(b)},
		a.ID.String(): {Row(a)}, "f": nil, "x": nil, a.ID.String() + "0": nil, "' OR 1": nil,
	} {
		same(t, All(t, s.Rows(ctx, "r", results.Query{ID: prefix})), want)
	}
}

// testWhileReading writes and reads within the loop over rows.
func testWhileReading(t *testing.T, s results.Store) {
	ctx := t.Context()
	want := filled(t, s, 1100)
	n := 0
	for r, err := range s.Rows(ctx, "r", results.Query{}) {
		must(t, err)
		if r.Status != harness.Errored {
			_, err := s.Body(ctx, r.ResponseHash)
			must(t, err)
			if n%25 == 0 {
				must(t, s.Rescore(ctx, "r", r.ID, harness.Unscored, "doubt", nil))
			}
		}
		n++
	}
	if n != len(want) {
		t.Errorf("saw %d rows of %d", n, len(want))
	}
}

func testStopEarly(t *testing.T, s results.Store) {
	filled(t, s, 50)
	for range 20 { // more often than a backend has connections
		for range s.Rows(t.Context(), "r", results.Query{}) {
			break
		}
		for range s.Done(t.Context(), "r") {
			break
		}
	}
}

func testDone(t *testing.T, s results.Store) {
	rows := filled(t, s, 300)
	var want []results.Done
	for _, r := range rows {
		want = append(want, results.Done{Index: r.Index, ID: r.ID, Status: r.Status})
	}
	same(t, All(t, s.Done(t.Context(), "r")), want)
}

func testForget(t *testing.T, s results.Store) {
	ctx := t.Context()
	rows := filled(t, s, 50)
	errored := 0
	for _, r := range rows {
		if r.Status == harness.Errored {
			errored++
		}
	}
	for round := range 2 { // an error can come again
		n, err := s.Forget(ctx, "r")
		must(t, err)
		if n != int64(errored) {
			t.Errorf("round %d: forgot %d samples, want %d", round, n, errored)
		}
		for _, d := range All(t, s.Done(ctx, "r")) {
			if d.Status == harness.Errored {
				t.Errorf("errored sample %d is still there", d.Index)
			}
		}
		for i, r := range rows {
			if r.Status == harness.Errored {
				must(t, s.Append(ctx, "r", Failed(i)))
			}
		}
	}
	same(t, All(t, s.Rows(ctx, "r", results.Query{})), rows)
	n, err := s.Forget(ctx, "r")
	must(t, err)
	same(t, n, int64(errored))
	n, err = s.Forget(ctx, "r")
	must(t, err)
	same(t, n, int64(0))
}

func testRescore(t *testing.T, s results.Store) {
	ctx := t.Context()
	rows := filled(t, s, 20)
	scores := []harness.Score{{Scorer: "judge", Value: 0.5, Unscored: true}}
	must(t, s.Rescore(ctx, "r", rows[3].ID, harness.Unscored, "judge", scores))
	rows[3].Status, rows[3].Cause, rows[3].Scores = harness.Unscored, "judge", scores
	must(t, s.Rescore(ctx, "r", rows[5].ID, harness.Scored, "", nil))
	rows[5].Scores = nil
	same(t, All(t, s.Rows(ctx, "r", results.Query{})), rows)
	wantErr(t, s.Rescore(ctx, "r", harness.HashBytes([]byte("no such sample")), harness.Scored, "", nil), results.ErrNotFound)
}

func testBodies(t *testing.T, s results.Store) {
	ctx := t.Context()
	must(t, s.Create(ctx, NewRun("r")))
	texts := []string{"", "x", strings.Repeat("ab", 20), strings.Repeat("가", 1<<18), noise(1 << 16), noise(40)}
	for i, text := range append(texts, texts...) { // all twice
		sample := Sample(i)
		sample.Response.Text = text
		must(t, s.Append(ctx, "r", sample))
	}
	for _, text := range texts {
		b, err := s.Body(ctx, harness.HashBytes([]byte(text)))
		must(t, err)
		if string(b) != text {
			t.Errorf("a body of %d bytes came back as %d others", len(text), len(b))
		}
	}
}

func testNoNumber(t *testing.T, s results.Store) {
	ctx := t.Context()
	must(t, s.Create(ctx, NewRun("r")))
	bad := Sample(0)
	bad.Scores = []harness.Score{{Scorer: "x", Value: math.NaN()}}
	if s.Append(ctx, "r", bad) == nil {
		t.Error("a score that is no number was stored")
	}
	bad.Scores[0].Unscored = true // then the value means nothing
	must(t, s.Append(ctx, "r", bad))
	if bad.Scores[0].Value == 0 {
		t.Error("the caller's score was changed")
	}
}

// testConcurrent appends from many goroutines, each sample by two of them:
// exactly one of the two must succeed.
func testConcurrent(t *testing.T, s results.Store) {
	ctx := t.Context()
	must(t, s.Create(ctx, NewRun("r")))
	const n, pairs = 600, 32
	var stored, refused atomic.Int64
	var wg sync.WaitGroup
	for w := range 2 * pairs {
		wg.Go(func() {
			for i := w / 2; i < n; i += pairs {
				switch err := s.Append(ctx, "r", Sample(i)); {
				case err == nil:
					stored.Add(1)
				case errors.Is(err, results.ErrExists):
					refused.Add(1)
				default:
					t.Error(err)
				}
			}
		})
		if w%8 == 0 {
			wg.Go(func() {
				for _, err := range s.Done(ctx, "r") {
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
	}
	wg.Wait()
	if stored.Load() != n || refused.Load() != n {
		t.Errorf("%d stored and %d refused, want %d each", stored.Load(), refused.Load(), n)
	}
	if got := len(All(t, s.Done(ctx, "r"))); got != n {
		t.Errorf("%d samples, want %d", got, n)
	}
}

// testCancelled: what a cancelled call says must be true.
func testCancelled(t *testing.T, s results.Store) {
	must(t, s.Create(t.Context(), NewRun("r")))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := s.Append(ctx, "r", Sample(0))
	if err != nil && !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want context.Canceled", err)
	}
	if got := len(All(t, s.Done(t.Context(), "r"))); (err == nil) != (got == 1) {
		t.Errorf("Append said %v and %d samples are stored", err, got)
	}
}

func testClosed(t *testing.T, s results.Store) {
	ctx := t.Context()
	must(t, s.Create(ctx, NewRun("r")))
	must(t, s.Close())
	wantErr(t, s.Append(ctx, "r", Sample(0)), results.ErrClosed)
	wantErr(t, s.Create(ctx, NewRun("s")), results.ErrClosed)
	wantErr(t, s.Record(ctx, results.Entry{Kind: "k", Body: []byte("1")}), results.ErrClosed)
	for _, err := range s.Entries(ctx, "", "", "") {
		wantErr(t, err, results.ErrClosed)
	}
	_, err := s.Runs(ctx)
	wantErr(t, err, results.ErrClosed)
	for _, err := range s.Rows(ctx, "r", results.Query{}) {
		wantErr(t, err, results.ErrClosed)
	}
}
