package storetest

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/sovereign-eval/haetae/results"
)

// entry makes an entry with every field set but Seq.
func entry(kind, run, key string, i int) results.Entry {
	return results.Entry{Kind: kind, Run: run, Key: key, At: time.Unix(1_800_000_000, int64(i)).UTC(),
		Body: json.RawMessage(fmt.Sprintf(`{"n": %d, "text": "그것은 \u0000 '; DROP TABLE run; --"}`, i))}
}

// sameEntries compares all but Seq, and that Seq rises.
func sameEntries(t *testing.T, got, want []results.Entry) {
	t.Helper()
	if d := cmp.Diff(want, got, cmpopts.EquateEmpty(), cmpopts.IgnoreFields(results.Entry{}, "Seq"), cmpopts.EquateApproxTime(0)); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	for i := 1; i < len(got); i++ {
		if got[i].Seq <= got[i-1].Seq {
			t.Errorf("entry %d has the place %d, the one before it %d", i, got[i].Seq, got[i-1].Seq)
		}
	}
}

func testLedger(t *testing.T, s results.Store) {
	ctx := t.Context()
	must(t, s.Create(ctx, NewRun("a")))
	must(t, s.Create(ctx, NewRun("b")))
	sameEntries(t, All(t, s.Entries(ctx, "", "", "")), nil)
	must(t, s.Record(ctx))
	all := []results.Entry{
		entry("label", "a", "s1", 0), entry("label", "a", "s2", 1), entry("verdict", "a", "s1", 2), entry("label", "b", "s1", 3),
		entry("exam", "", "judge", 4), entry("label", "a", "s1", 5), entry("한글 '%_", "a", "", 6),
	}
	must(t, s.Record(ctx, all[:4]...))
	for _, e := range all[4:] {
		must(t, s.Record(ctx, e))
	}
	for _, c := range []struct {
		kind, run, key string
		want           []int
	}{
		{"", "", "", []int{0, 1, 2, 3, 4, 5, 6}}, {"label", "", "", []int{0, 1, 3, 5}}, {"", "a", "", []int{0, 1, 2, 5, 6}},
		{"", "", "s1", []int{0, 2, 3, 5}}, {"label", "a", "", []int{0, 1, 5}}, {"", "a", "s1", []int{0, 2, 5}},
		{"label", "a", "s1", []int{0, 5}}, {"exam", "", "judge", []int{4}}, {"한글 '%_", "", "", []int{6}}, {"label", "a", "s", nil}, {"%", "", "", nil},
	} {
		var want []results.Entry
		for _, i := range c.want {
			want = append(want, all[i])
		}
		t.Run(fmt.Sprintf("%s,%s,%s", c.kind, c.run, c.key), func(t *testing.T) {
			sameEntries(t, All(t, s.Entries(t.Context(), c.kind, c.run, c.key)), want)
		})
	}
	before := time.Now()
	must(t, s.Record(ctx, results.Entry{Kind: "now", Body: []byte("null")}))
	if got := All(t, s.Entries(ctx, "now", "", "")); len(got) != 1 || got[0].At.Before(before) || got[0].At.After(time.Now()) {
		t.Errorf("an entry without a time has got %v", got)
	}
	for _, err := range s.Entries(ctx, "", "nobody", "") {
		wantErr(t, err, results.ErrNotFound)
	}
}

// testLedgerOrder reads more than a page of a backend, and writes meanwhile.
func testLedgerOrder(t *testing.T, s results.Store) {
	ctx := t.Context()
	must(t, s.Create(ctx, NewRun("r")))
	var want []results.Entry
	for i := range 700 {
		want = append(want, entry("label", "r", fmt.Sprint(i%7), i))
	}
	must(t, s.Record(ctx, want...))
	sameEntries(t, All(t, s.Entries(ctx, "", "", "")), want)
	n := 0
	for e, err := range s.Entries(ctx, "label", "r", "3") {
		must(t, err)
		must(t, s.Record(ctx, results.Entry{Kind: "note", Run: "r", Key: e.Key, Body: []byte(`1`)}))
		n++
	}
	if n != 100 {
		t.Errorf("%d entries of a key, want 100", n)
	}
	for range s.Entries(ctx, "", "", "") {
		break
	}
}

func testLedgerAllOrNothing(t *testing.T, s results.Store) {
	ctx := t.Context()
	must(t, s.Create(ctx, NewRun("r")))
	good := entry("label", "r", "k", 0)
	must(t, s.Record(ctx, good))
	noKind, noBody, badBody, twoBodies := good, good, good, good
	noKind.Kind, noBody.Body, badBody.Body, twoBodies.Body = "", nil, json.RawMessage(`{`), json.RawMessage(`{} {}`)
	for name, bad := range map[string]results.Entry{"no kind": noKind, "no body": noBody, "bad body": badBody, "two bodies": twoBodies} {
		if s.Record(ctx, good, bad, good) == nil {
			t.Errorf("%s: recorded", name)
		}
	}
	stranger := good
	stranger.Run = "nobody"
	wantErr(t, s.Record(ctx, good, stranger), results.ErrNotFound)
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	want := []results.Entry{good}
	if s.Record(cancelled, good, good) == nil { // what it says must be true
		want = []results.Entry{good, good, good}
	}
	sameEntries(t, All(t, s.Entries(ctx, "", "", "")), want)
}

// testLedgerConcurrent records beside appends; entries of one call stay together.
func testLedgerConcurrent(t *testing.T, s results.Store) {
	ctx := t.Context()
	must(t, s.Create(ctx, NewRun("r")))
	const writers, each = 8, 20
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				if err := s.Append(ctx, "r", Sample(w*each+i)); err != nil {
					t.Error(err)
				}
				key := fmt.Sprintf("%d-%d", w, i)
				if err := s.Record(ctx, entry("pair", "r", key, 0), entry("pair", "r", key, 1)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	got := All(t, s.Entries(ctx, "pair", "r", ""))
	if len(got) != 2*writers*each {
		t.Fatalf("%d entries, want %d", len(got), 2*writers*each)
	}
	for i := 0; i < len(got); i += 2 {
		if got[i].Key != got[i+1].Key {
			t.Errorf("the entries of %s were torn apart", got[i].Key)
		}
	}
}
