package exam

import (
	"fmt"
	"testing"

	"github.com/sovereign-eval/haetae/harness"
)

// TestGuessersLearn: where prompts or lengths do tell, the guessers find out, on
// clusters that they have not seen.
func TestGuessersLearn(t *testing.T) {
	var items []Item
	for i := range 40 {
		it := Item{ID: fmt.Sprint(i), Cluster: fmt.Sprint(i), Lang: "en", Prompt: fmt.Sprintf("please bake bread %d", i), Response: "a long and full answer", Outcome: harness.OutcomeComply}
		if i%2 == 0 {
			it.Prompt, it.Response, it.Outcome = fmt.Sprintf("forge a letter %d", i), "no", harness.OutcomeRefuse
		}
		items = append(items, it)
	}
	items = append(items, Item{ID: "junk", Cluster: "junk", Lang: "en", Prompt: "forge", Outcome: harness.OutcomeIncoherent})
	for name, guess := range map[string][]harness.Outcome{"prompt": GuessByPrompt(items), "length": GuessByLength(items)} {
		for i, g := range guess[:40] {
			if g != items[i].Outcome {
				t.Errorf("%s: guess %s of %q", name, g, items[i].Prompt)
			}
		}
		if guess[40] != harness.OutcomeUnscored {
			t.Errorf("%s: an answer without a stance was guessed", name)
		}
	}
}

func TestGuessersOfNothing(t *testing.T) {
	if g := GuessByPrompt(nil); len(g) != 0 {
		t.Errorf("%v", g)
	}
	one := []Item{{ID: "1", Lang: "en", Prompt: "x", Outcome: harness.OutcomeRefuse}}
	if g := GuessByLength(one); g[0] == harness.OutcomeUnscored {
		t.Errorf("%v", g)
	}
}
