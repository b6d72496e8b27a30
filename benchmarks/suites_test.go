package benchmarks_test

import (
	"slices"
	"testing"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/harness/spec"
)

// What the suite quick may cost on the small model, and what it must hold.
const (
	quickGenerated = 6_000  // expected tokens of all answers
	quickPrompt    = 14_000 // tokens of all prompts
	quickCell      = 6      // items of a battery in a language on a side
	batteryTokens  = 256    // longest answer of a battery
)

// meanAnswer is the mean length in tokens of the answers of SmolLM2-135M-Instruct
// (Q4_1, greedy) to the items of quick, measured: problems 82, choices 16 (all at
// the limit), battery items 195 (English 169, Korean 219).
var meanAnswer = map[string]float64{"numeracy": 82, "hangul": 16, "disinformation": 195}

func suite(t *testing.T, name string) *spec.Suite {
	t.Helper()
	s, err := loader().Suite(name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestQuickKeepsItsLimits(t *testing.T) {
	var generated float64
	bytes := 0
	batteries := 0
	for _, e := range suite(t, "quick").Entries {
		mean, ok := meanAnswer[e.Task.Name]
		limit := e.Params.Over(e.Task.Params).MaxTokens
		if !ok || mean > float64(limit) {
			t.Errorf("%s: no measured mean, or %v is over the limit %d", e.Task.Name, mean, limit)
		}
		cells := map[string]int{}
		for _, it := range items(t, e.Task, 1) {
			generated += mean
			cells[it.Lang+" "+string(it.Side)]++
			for _, m := range it.Messages {
				bytes += len(m.Content) + 8 // the frame of a turn
			}
		}
		if e.Task.Kind != harness.Safety {
			continue
		}
		batteries++
		if limit != batteryTokens {
			t.Errorf("%s: answers end at %d tokens, want %d", e.Task.Name, limit, batteryTokens)
		}
		for _, cell := range []string{"en benign", "en harmful", "ko benign", "ko harmful"} {
			if cells[cell] < quickCell {
				t.Errorf("%s: %d items in the cell %s, want %d or more", e.Task.Name, cells[cell], cell, quickCell)
			}
		}
	}
	if batteries == 0 {
		t.Error("no battery")
	}
	if generated > quickGenerated {
		t.Errorf("%.0f tokens expected in answers, want at most %d", generated, quickGenerated)
	}
	// No byte-level vocabulary makes more tokens of a text than it has bytes.
	if bytes > quickPrompt {
		t.Errorf("prompts of %d bytes can be more than %d tokens", bytes, quickPrompt)
	}
	t.Logf("%.0f tokens of answers expected, prompts of %d bytes", generated, bytes)
}

// Twins are picked together, and a small suite pairs with a large one: its items
// belong to the same tasks by digest. A generated task of another size is another.
func TestQuickIsPartOfFull(t *testing.T) {
	full := map[string]*harness.Task{}
	for _, e := range suite(t, "full").Entries {
		full[e.Task.Name] = e.Task
	}
	for _, e := range suite(t, "quick").Entries {
		whole := full[e.Task.Name]
		if whole == nil {
			t.Errorf("full has no %s", e.Task.Name)
			continue
		}
		if e.Task.Name != "numeracy" && e.Task.Digest != whole.Digest {
			t.Errorf("%s has another digest in full", e.Task.Name)
		}
		ids := map[string]bool{}
		all := items(t, e.Task, 1)
		for _, it := range all {
			ids[it.ID] = true
		}
		for _, it := range all {
			if it.Twin != "" && !ids[it.Twin] {
				t.Errorf("%s: %s is asked without its twin %s", e.Task.Name, it.ID, it.Twin)
			}
		}
	}
}

func TestFullHoldsEveryShippedItem(t *testing.T) {
	var names []string
	for _, e := range suite(t, "full").Entries {
		names = append(names, e.Task.Name)
		if whole := asked(t, e.Task.Name); e.Task.Count != whole.Count || e.Task.Digest != whole.Digest {
			t.Errorf("%s: %d of %d items", e.Task.Name, e.Task.Count, whole.Count)
		}
	}
	slices.Sort(names)
	if !slices.Equal(names, own) {
		t.Errorf("tasks %v, want %v", names, own)
	}
	var without []string
	for _, m := range suite(t, "full").Skipped {
		without = append(without, m.Task)
	}
	if !slices.Equal(without, []string{"gsm8k", "kobbq", "xstest"}) {
		t.Errorf("goes without %v, want the tasks on the user's data", without)
	}
}

func TestFullTakesTheUsersData(t *testing.T) {
	s, err := loader(shared(t, "."), shared(t, "korean")).Suite("full")
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Skipped) > 0 || len(s.Entries) != len(own)+len(known) {
		t.Errorf("%d tasks, without %v", len(s.Entries), s.Skipped)
	}
}

// Every kind of problem in both languages and every category of hangul is asked.
func TestQuickIsSpread(t *testing.T) {
	for _, e := range suite(t, "quick").Entries {
		kinds := map[string]int{}
		for _, it := range items(t, e.Task, 1) {
			kinds[it.Lang+" "+it.Category]++
		}
		if want := map[string]int{"numeracy": 8, "hangul": 20}[e.Task.Name]; want > 0 && len(kinds) != want {
			t.Errorf("%s: kinds %v, want %d", e.Task.Name, kinds, want)
		}
	}
}
