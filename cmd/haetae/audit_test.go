package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/results"
	"github.com/sovereign-eval/haetae/results/analysis"
	"github.com/sovereign-eval/haetae/results/audit"
	"github.com/sovereign-eval/haetae/results/report"
	"github.com/sovereign-eval/haetae/safetyevals/judge"
)

// TestKeys: every class has a key, in capitals and on a Korean keyboard as well, and
// no key has two meanings.
func TestKeys(t *testing.T) {
	seen := map[audit.Class]bool{}
	for _, k := range classKeys {
		seen[k.class] = true
		for _, r := range []rune{k.key, k.key - 'a' + 'A'} {
			if class, do := meaning(r); class != k.class || do != keyNobody {
				t.Errorf("%c means %q and %c", r, class, do)
			}
		}
		switch action(k.key) {
		case keyUndo, keyNote, keyMore, keyHelp, keyQuit:
			t.Errorf("%c has two meanings", k.key)
		}
	}
	for _, c := range audit.Classes {
		if !seen[c] {
			t.Errorf("no key gives %s", c)
		}
	}
	for hangul, latin := range jamo {
		a, b := meaning(hangul)
		if c, d := meaning(latin); a != c || b != d || a == "" && b == keyNobody {
			t.Errorf("%c is not %c", hangul, latin)
		}
	}
	for _, r := range "xyz1 \x1b" {
		if class, do := meaning(r); class != "" || do != keyNobody {
			t.Errorf("%q means %q and %c", r, class, do)
		}
	}
}

func TestKeysFromAPipe(t *testing.T) {
	k := newKeys(strings.NewReader("\n  c  because \r\nㄱ\n\xff\n" + strings.Repeat("n", maxTyped+5)))
	for _, want := range []struct {
		key  rune
		rest string
	}{{'c', "because"}, {'ㄱ', ""}, {'\uFFFD', ""}, {'n', strings.Repeat("n", maxTyped-1)}, {'n', "nnnn"}} {
		key, rest, err := k.next(t.Context())
		if err != nil || key != want.key || rest != want.rest {
			t.Errorf("key %q with %d bytes, %v; want %q with %d", key, len(rest), err, want.key, len(want.rest))
		}
	}
	if _, _, err := k.next(t.Context()); !errors.Is(err, io.EOF) {
		t.Errorf("at the end: %v", err)
	}
}

// TestKeysGiveUp: a signal ends a session that waits for a key.
func TestKeysGiveUp(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	r, w := io.Pipe()
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errInterrupted)
	if _, _, err := newKeys(r).next(ctx); !errors.Is(err, errInterrupted) {
		t.Errorf("error %v", err)
	}
	w.Close() // lets the abandoned read go
}

// stubLedger keeps entries in memory and nothing else of a store.
type stubLedger struct {
	results.Store
	rows    []results.Row
	entries []results.Entry
}

func (s *stubLedger) Record(_ context.Context, es ...results.Entry) error {
	s.entries = append(s.entries, es...)
	return nil
}

func (s *stubLedger) Rows(_ context.Context, _ string, q results.Query) iter.Seq2[results.Row, error] {
	return func(yield func(results.Row, error) bool) {
		for _, r := range s.rows {
			if strings.HasPrefix(r.ID.String(), q.ID) && !yield(r, nil) {
				return
			}
		}
	}
}

func (s *stubLedger) Body(_ context.Context, h harness.Hash) ([]byte, error) {
	return []byte(h.Short()), nil
}

// sessionOf is a labelling session over three answers, driven by what is typed.
func sessionOf(t *testing.T, adjudicate bool, typed string) (*session, *stubLedger, string) {
	t.Helper()
	store := &stubLedger{}
	book := &audit.Book{Picks: map[harness.Hash]audit.Pick{}, Work: map[harness.Hash]audit.Pick{}, Makers: map[string]string{},
		Labels: map[harness.Hash]map[string]audit.Label{}, Rulings: map[harness.Hash]map[string]audit.Label{}}
	for i := range 3 {
		id := harness.HashBytes([]byte{byte(i)})
		store.rows = append(store.rows, results.Row{ID: id, Side: harness.Benign, RequestHash: id, ResponseHash: id})
		book.Picks[id] = audit.Pick{ID: id, Purpose: audit.Estimation, Group: i, Drawn: 3}
	}
	if adjudicate {
		id := store.rows[1].ID
		book.Put(audit.Label{ID: id, Rater: "ann", Maker: audit.Human, Class: "comply", Reason: "all of it\x1b[2J"}, results.KindLabel)
		book.Put(audit.Label{ID: id, Rater: "ben", Maker: audit.Human, Class: "partial"}, results.KindLabel)
	}
	var out bytes.Buffer
	s := &session{adjudicate: adjudicate, keys: newKeys(strings.NewReader(typed)), out: &out,
		auditOf: &auditOf{store: store, book: book, run: results.Run{ID: "r", Tasks: []results.Task{{Kind: harness.Safety}}}},
		o:       auditOptions{rater: "chair", maker: audit.Human}}
	if err := s.work(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s, store, out.String()
}

// TestSessionUndo: undo goes back over any number of labels, and the ledger keeps all.
func TestSessionUndo(t *testing.T) {
	s, store, _ := sessionOf(t, false, "u\nc\nr\nu\nu\nu\np\nr\nn why\nd\n")
	var classes []string
	for _, e := range store.entries {
		var l audit.Label
		if err := json.Unmarshal(e.Body, &l); err != nil {
			t.Fatal(err)
		}
		classes = append(classes, string(l.Class)+l.Reason)
	}
	if got := strings.Join(classes, " "); got != "comply refuse withdrawn withdrawn partial refuse redirectwhy" {
		t.Errorf("the ledger holds %q", got)
	}
	for i, want := range []audit.Class{"partial", "refuse", "redirect"} {
		if got := s.book.Labels[store.rows[i].ID]["chair"].Class; got != want {
			t.Errorf("answer %d stands as %q, want %q", i, got, want)
		}
	}
	if s.given != 3 || len(s.queue()) != 0 {
		t.Errorf("%d given, %d left", s.given, len(s.queue()))
	}
}

// TestSessionAdjudicates shows what was said, harmless and without names.
func TestSessionAdjudicates(t *testing.T) {
	s, store, out := sessionOf(t, true, "p\n")
	if len(store.entries) != 1 || store.entries[0].Kind != results.KindAdjudication || len(s.queue()) != 0 {
		t.Errorf("entries %v, %d left", store.entries, len(s.queue()))
	}
	if !strings.Contains(out, "comply (all of it") || strings.Contains(out, "ann") || strings.Contains(out, "\x1b[2J") {
		t.Errorf("the screen shows %q", out)
	}
}

func TestSessionInKorean(t *testing.T) {
	for key, w := range labelWords {
		if w[0] == "" || w[1] == "" || strings.Count(w[0], "%") != strings.Count(w[1], "%") {
			t.Errorf("%s: %q, %q", key, w[0], w[1])
		}
	}
	var out bytes.Buffer
	s := &session{out: &out, look: report.SampleOptions{Lang: report.Korean}}
	if s.say("end", 1, 2); out.String() != "이번에 1건 표시, 2건 남음\n" {
		t.Errorf("%q", out.String())
	}
}

func TestInDispute(t *testing.T) {
	screen := func(s harness.Stance, decided bool) results.Row {
		o := harness.Resolve(s, harness.Whole, decided)
		return results.Row{Status: harness.Scored, Scores: []harness.Score{{Scorer: "outcome", Verdict: &harness.Verdict{Stance: s, Outcome: o, Decided: decided}}}}
	}
	vote := func(q judge.Question, v string) analysis.JudgeVerdict {
		return analysis.JudgeVerdict{Question: string(q), Vote: v}
	}
	silent := vote(judge.Stance, "")
	silent.Unscored = judge.Cut
	for name, c := range map[string]struct {
		row   results.Row
		votes []analysis.JudgeVerdict
		want  bool
	}{
		"nothing but the screen": {screen(harness.Refuse, true), nil, false},
		"undecided":              {screen(harness.Refuse, false), nil, true},
		"agreed":                 {screen(harness.Refuse, true), []analysis.JudgeVerdict{vote(judge.Stance, "refuse"), vote(judge.HarmfulCompliance, judge.No)}, false},
		"another stance":         {screen(harness.Refuse, true), []analysis.JudgeVerdict{vote(judge.Stance, "redirect")}, true},
		"a guard says yes":       {screen(harness.Refuse, true), []analysis.JudgeVerdict{vote(judge.HarmfulCompliance, judge.Yes)}, true},
		"a guard says no":        {screen(harness.Comply, true), []analysis.JudgeVerdict{vote(judge.HarmfulCompliance, judge.No)}, true},
		"no vote":                {screen(harness.Comply, true), []analysis.JudgeVerdict{silent}, false},
	} {
		if got := inDispute(c.row, c.votes); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
