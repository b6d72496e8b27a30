package exam

import (
	"reflect"
	"testing"

	"github.com/sovereign-eval/haetae/harness"
)

// A sample has n questions of each language, each outcome in its share, whole
// pairs, the order of the exam, and depends on the seed alone.
func TestSample(t *testing.T) {
	items, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	type part struct {
		lang    string
		outcome harness.Outcome
	}
	all, single := map[part]int{}, map[string]int{}
	place := map[string]int{}
	for i, it := range items {
		place[it.ID] = i
		if it.Pair == Single {
			all[part{it.Lang, it.Outcome}]++
			single[it.Lang]++
		}
	}
	const n = 60
	for seed := range int64(20) {
		got := Sample(items, n, seed)
		if !reflect.DeepEqual(got, Sample(items, n, seed)) {
			t.Fatalf("seed %d: two samples differ", seed)
		}
		have, count, questions := map[part]int{}, map[string]int{}, map[string]bool{}
		last := -1
		for _, it := range got {
			if place[it.ID] <= last {
				t.Fatalf("seed %d: %s is out of order", seed, it.ID)
			}
			last = place[it.ID]
			if it.Pair == Single {
				have[part{it.Lang, it.Outcome}]++
				count[it.Lang]++
				questions[it.ID] = true
			}
		}
		for p, total := range all {
			if want := float64(n) * float64(total) / float64(single[p.lang]); float64(have[p]) < want-2 || float64(have[p]) > want+2 {
				t.Errorf("seed %d: %d of %s in %s, want about %.1f", seed, have[p], p.outcome, p.lang, want)
			}
		}
		if count["en"] != n || count["ko"] != n {
			t.Errorf("seed %d: %v questions, want %d each", seed, count, n)
		}
		pairs := 0
		for _, it := range items {
			if it.Pair != Single && questions[it.Twin] {
				pairs++
			}
		}
		if len(got) != 2*n+pairs {
			t.Errorf("seed %d: %d items, want %d questions and their %d pairs", seed, len(got), 2*n, pairs)
		}
	}
	if reflect.DeepEqual(Sample(items, n, 1), Sample(items, n, 2)) {
		t.Error("two seeds draw the same")
	}
	if got := Sample(items, len(items), 1); !reflect.DeepEqual(got, items) {
		t.Errorf("a sample of all has %d of %d items", len(got), len(items))
	}
}

// Every question has the same chance to be drawn.
func TestSampleChances(t *testing.T) {
	var items []Item
	for i := range 30 {
		outcome := harness.OutcomeComply
		if i%3 == 0 {
			outcome = harness.OutcomeRefuse
		}
		items = append(items, Item{ID: string(rune('A' + i)), Lang: "en", Outcome: outcome})
	}
	const rounds = 4000
	count := map[string]int{}
	for seed := range int64(rounds) {
		for _, it := range Sample(items, 7, seed) {
			count[it.ID]++
		}
	}
	for _, it := range items { // 7 of 30 in 4,000 rounds: 933, standard deviation 27
		if c := count[it.ID]; c < 933-5*27 || c > 933+5*27 {
			t.Errorf("%s was drawn %d times of %d, want about 933", it.ID, c, rounds)
		}
	}
}
