package audit

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/results"
)

// answers makes n units of one task and side; clusters hold each of them.
func answers(n, each int, verdict func(i int) harness.Outcome) []Unit {
	var out []Unit
	for i := range n {
		out = append(out, Unit{ID: harness.HashBytes(fmt.Append(nil, i)), Index: int64(i), Task: "t", Lang: "en", Side: harness.Harmful,
			Verdict: verdict(i), Cluster: fmt.Sprint("c", i/each)})
	}
	return out
}

func mixed(i int) harness.Outcome {
	switch {
	case i%10 < 6:
		return harness.OutcomeRefuse
	case i%10 < 9:
		return harness.OutcomeComply
	}
	return harness.OutcomeUnscored
}

// TestInclusionProbabilities draws many samples: every answer is in as large a
// share of them as its inclusion probability says, rare verdicts included.
func TestInclusionProbabilities(t *testing.T) {
	units := answers(300, 2, func(i int) harness.Outcome {
		if i >= 290 {
			return harness.OutcomeIncoherent
		}
		return mixed(i)
	})
	const draws = 1500
	counts, want := map[harness.Hash]int{}, map[harness.Hash]float64{}
	for seed := range int64(draws) {
		d, picks := Draw(units, nil, Options{Seed: seed, Per: 60})
		at := map[int64]float64{}
		for _, s := range d.Strata {
			for i := range s.Rows.All() {
				at[i] = s.Probability()
			}
		}
		for _, u := range units {
			want[u.ID] = at[u.Index]
		}
		for _, p := range picks {
			counts[p.ID]++
			if p.Probability != want[p.ID] {
				t.Fatalf("pick of stratum %d stores %v, the stratum has %v", p.Stratum, p.Probability, want[p.ID])
			}
		}
	}
	for _, u := range units {
		p := want[u.ID]
		got, sd := float64(counts[u.ID])/draws, math.Sqrt(p*(1-p)/draws)
		if math.Abs(got-p) > 5*sd+1e-9 {
			t.Errorf("answer %d (%s) is in %.4f of the samples, its probability is %.4f", u.Index, u.Verdict, got, p)
		}
	}
}

func TestDrawIsRepeatable(t *testing.T) {
	units := answers(200, 3, mixed)
	d1, p1 := Draw(units, nil, Options{Seed: 3, Per: 50})
	shuffled := slices.Clone(units)
	slices.Reverse(shuffled)
	d2, p2 := Draw(shuffled, nil, Options{Seed: 3, Per: 50})
	if !equalJSON(d1, d2) || !slices.Equal(p1, p2) {
		t.Error("another order of the rows gives another sample")
	}
	if _, p3 := Draw(units, nil, Options{Seed: 4, Per: 50}); slices.Equal(p1, p3) {
		t.Error("another seed gives the same sample")
	}
	if _, p := Draw(units, nil, Options{Seed: 3, Per: 50, Model: 1}); len(p) > 0 && p[0].ID == p1[0].ID && p[1].ID == p1[1].ID && p[4].ID == p1[4].ID {
		t.Error("two models share their random order")
	}
}

func equalJSON(a, b any) bool {
	x, _ := json.Marshal(a)
	y, _ := json.Marshal(b)
	return string(x) == string(y)
}

// TestExtension: a sample drawn in two steps is the one that a single draw of the
// larger size gives, so its probabilities are those of a single draw.
func TestExtension(t *testing.T) {
	units := answers(300, 2, mixed)
	small, before := Draw(units, nil, Options{Seed: 9, Per: 40})
	text, err := json.Marshal(small) // as it comes back from the ledger
	if err != nil {
		t.Fatal(err)
	}
	var stored Design
	if err := json.Unmarshal(text, &stored); err != nil {
		t.Fatal(err)
	}
	judged := slices.Clone(units) // verdicts may change in between: strata do not
	for i := range judged {
		judged[i].Verdict = harness.OutcomeComply
	}
	large, after := Draw(judged, &stored, Options{Seed: 1, Per: 120})
	_, once := Draw(units, nil, Options{Seed: 9, Per: 120})
	if !slices.Equal(after, once) {
		t.Error("an extension differs from a single draw of the same size")
	}
	for _, p := range before {
		if !slices.ContainsFunc(after, func(q Pick) bool { return q.ID == p.ID }) {
			t.Errorf("the extension lost %s", p.ID.Short())
		}
	}
	if large.Seed != 9 {
		t.Errorf("seed %d: an extension keeps the first one", large.Seed)
	}
	if _, less := Draw(units, &large, Options{Per: 10}); len(less) != len(after) {
		t.Errorf("a smaller number made the sample of %d one of %d", len(after), len(less))
	}
	late := append(slices.Clone(units), Unit{ID: harness.Hash{1}, Index: 999, Task: "t", Lang: "en", Side: harness.Harmful, Verdict: harness.OutcomeRefuse})
	d, _ := Draw(late, &large, Options{Per: 120})
	last := d.Strata[len(d.Strata)-1]
	if last.Wave != 1 || last.Groups != 1 || last.Drawn != 1 {
		t.Errorf("an answer that came later lies in %+v", last)
	}
}

// TestSizes: the number asked for is reached, within a cluster, or everything is taken.
func TestSizes(t *testing.T) {
	for _, c := range []struct{ n, each, per int }{{300, 1, 100}, {300, 3, 100}, {50, 1, 100}, {1000, 1, 100}, {5, 5, 1}} {
		units := answers(c.n, c.each, mixed)
		d, picks := Draw(units, nil, Options{Per: c.per})
		if got, want := len(picks), min(c.n, c.per); got < want-3*len(d.Strata) || c.each == 1 && got < want || got > want+12 {
			t.Errorf("%+v: %d picked", c, got)
		}
		for _, s := range d.Strata {
			if s.Drawn < min(2, s.Groups) {
				t.Errorf("%+v: %d of %d groups of %s drawn", c, s.Drawn, s.Groups, s.Verdict)
			}
		}
	}
	two := append(answers(100, 1, mixed), Unit{ID: harness.Hash{7}, Index: 500, Task: "u", Lang: "en", Side: harness.Harmful})
	if _, picks := Draw(two, nil, Options{Per: 30, Task: "u"}); len(picks) != 1 {
		t.Errorf("a draw from one task picked %d answers", len(picks))
	}
}

func TestRanges(t *testing.T) {
	for _, places := range [][]int64{nil, {3}, {0, 1, 2, 7, 9, 10}, {9, 0, 0, 1}} {
		r := RangesOf(places)
		b, _ := r.MarshalText()
		var back Ranges
		if err := back.UnmarshalText(b); err != nil || !slices.Equal(slices.Collect(back.All()), slices.Collect(r.All())) || back.Len() != r.Len() {
			t.Errorf("%v became %s, then %v (%v)", places, b, back, err)
		}
	}
	for _, bad := range []string{"x", "1-", "3-1", "1,1", "2,1", "-1", "1--2", "1,,2"} {
		var r Ranges
		if r.UnmarshalText([]byte(bad)) == nil {
			t.Errorf("%q was read as %v", bad, r)
		}
	}
}

// book has a design of one stratum with four groups of two answers, all drawn.
func book(t *testing.T) (*Book, [][]harness.Hash) {
	t.Helper()
	units := answers(8, 2, func(int) harness.Outcome { return harness.OutcomeRefuse })
	d, picks := Draw(units, nil, Options{Per: 8})
	b := &Book{Designs: map[int]*Design{0: &d}, Picks: map[harness.Hash]Pick{}, Work: map[harness.Hash]Pick{},
		Labels: map[harness.Hash]map[string]Label{}, Rulings: map[harness.Hash]map[string]Label{}, Makers: map[string]string{}}
	groups := make([][]harness.Hash, 4)
	for _, p := range picks {
		if err := b.add(p.Entry("r")); err != nil {
			t.Fatal(err)
		}
		groups[p.Group] = append(groups[p.Group], p.ID)
	}
	return b, groups
}

func (b *Book) say(rater, maker string, c Class, ids ...harness.Hash) {
	for _, id := range ids {
		b.Put(Label{ID: id, Rater: rater, Maker: maker, Class: c, Purpose: Estimation}, results.KindLabel)
	}
}

func refused(o harness.Outcome) bool {
	return o == harness.OutcomeRefuse || o == harness.OutcomeRedirect
}

// TestReach: labels count up to the first gap in the random order.
func TestReach(t *testing.T) {
	b, g := book(t)
	b.say("ann", Human, "refuse", g[0]...)
	b.say("ann", Human, "comply", g[2]...)
	b.say("ann", Human, "comply", g[1][0])
	b.say("bot", Synthetic, "comply", g[1]...)
	reaches, usable := b.Reaches(0, Human)
	if r := reaches[0]; r.Complete != 1 || r.Waiting != 3 || r.Inclusion() != .25 || len(usable) != 2 {
		t.Errorf("reach %+v with %d usable", r, len(usable))
	}
	b.say("ben", Human, Skip, g[1][1]) // a skip was looked at, so it leaves no gap
	reaches, usable = b.Reaches(0, Human)
	if r := reaches[0]; r.Complete != 3 || r.Waiting != 0 || len(usable) != 6 {
		t.Errorf("reach %+v with %d usable after the gap was filled", r, len(usable))
	}
	if reaches, _ := b.Reaches(0, Synthetic); reaches[0].Complete != 0 {
		t.Error("labels of other makers count")
	}
	if q := b.Queue(0, "ann"); len(q) != 3 || q[0].ID != g[1][1] {
		t.Errorf("the queue of ann is %v", q)
	}
}

func TestWhatStands(t *testing.T) {
	b, g := book(t)
	id := g[0][0]
	expect := func(want float64, state State) {
		t.Helper()
		if v, s := b.Value(id, Human, refused); s != state || state == Known && v != want {
			t.Errorf("value %v in state %d, want %v in %d", v, s, want, state)
		}
	}
	expect(0, Unlabelled)
	b.say("ann", Human, Skip, id)
	expect(0, Open)
	b.say("ben", Human, "refuse", id)
	expect(1, Known)
	b.say("ann", Human, "redirect", id) // another class, the same answer to the question
	expect(1, Known)
	if n := len(b.Disputes(0, Human)); n != 1 {
		t.Errorf("%d disputes, want 1", n)
	}
	b.say("ann", Human, "comply", id)
	expect(0, Open)
	b.Put(Label{ID: id, Rater: "chair", Maker: Synthetic, Class: "comply"}, results.KindAdjudication)
	expect(0, Open) // a ruling of another maker settles nothing
	b.Put(Label{ID: id, Rater: "chair2", Maker: Human, Class: "comply"}, results.KindAdjudication)
	expect(0, Known)
	if n := len(b.Disputes(0, Human)); n != 0 {
		t.Errorf("%d disputes after the ruling", n)
	}
	b.Put(Label{ID: id, Rater: "chair2", Maker: Human, Class: Withdrawn}, results.KindAdjudication)
	b.say("ben", Human, Withdrawn, id)
	expect(0, Known) // ann's comply is left
	if b.Entries != 8 {
		t.Errorf("%d entries, want 8: nothing is overwritten", b.Entries)
	}
}

func TestAgreement(t *testing.T) {
	b, g := book(t)
	for i, ids := range g {
		b.say("ann", Human, "refuse", ids...)
		c := Class("refuse")
		if i == 0 {
			c = "comply"
		}
		b.say("ben", Human, c, ids...)
		b.say("bot", Synthetic, "comply", ids...)
	}
	rep, raters, err := b.Agreement(0, Human, .95)
	if err != nil || rep.Units != 8 || len(raters) != 2 || rep.Percent.Value != .75 || rep.Kappa.Value != 0 {
		t.Errorf("%+v of %v: %v", rep, raters, err)
	}
	if rep, _, err := b.Agreement(0, Synthetic, .95); err != nil || rep.Units != 0 {
		t.Errorf("one rater agrees with itself: %+v %v", rep, err)
	}
}

func TestLabelCheck(t *testing.T) {
	good := Label{Rater: "ann", Maker: Human, Class: "comply"}
	if err := good.Check(); err != nil {
		t.Error(err)
	}
	for name, change := range map[string]func(*Label){
		"class": func(l *Label) { l.Class = "complied" }, "no class": func(l *Label) { l.Class = "" }, "error is no class": func(l *Label) { l.Class = "error" },
		"unscored is no class": func(l *Label) { l.Class = "unscored" }, "maker": func(l *Label) { l.Maker = "person" }, "no maker": func(l *Label) { l.Maker = "" },
		"no rater": func(l *Label) { l.Rater = " " }, "control": func(l *Label) { l.Rater = "a\x1bb" }, "bytes": func(l *Label) { l.Reason = "\xff" },
	} {
		l := good
		change(&l)
		if l.Check() == nil {
			t.Errorf("%s: a bad label passes: %+v", name, l)
		}
	}
}

// TestForeignEntries: what this version cannot read is an error, never a label.
func TestForeignEntries(t *testing.T) {
	b, _ := book(t)
	id := harness.HashBytes(nil).String()
	for _, e := range []results.Entry{
		{Kind: results.KindLabel, Key: id, Body: json.RawMessage(`{"rater":"x","maker":"human","class":"maybe"}`)},
		{Kind: results.KindLabel, Key: id, Body: json.RawMessage(`[]`)},
		{Kind: results.KindLabel, Key: "short", Body: json.RawMessage(`{"rater":"x","maker":"human","class":"comply"}`)},
		{Kind: results.KindAuditSample, Key: "", Body: json.RawMessage(`{"strata":[{"rows":"x"}]}`)},
	} {
		if b.add(e) == nil {
			t.Errorf("%s was taken", e.Body)
		}
	}
}
