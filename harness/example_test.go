package harness_test

import (
	"fmt"

	"github.com/sovereign-eval/haetae/harness"
)

// The identity of one sample, made by hand: the key pairs models, the seed is
// the same for all of them, the ID says exactly what was asked of whom.
func Example() {
	task := harness.HashBytes([]byte("the task as it was"))
	key := harness.ItemKey(task, "item-1", "", 0)
	seed := harness.SampleSeed(7, key)
	facts := harness.Identity{Runner: "ollama", Name: "m"}.Facts()
	context, err := harness.NewContext("sha256 of the model", 7, harness.DefaultParams(), facts)
	if err != nil {
		fmt.Println(err)
		return
	}
	id := harness.Identify(context, key, []harness.Message{{Role: "user", Content: "What is 2 plus 2?"}})
	again := harness.Identify(context, key, []harness.Message{{Role: "user", Content: "What is 2 plus 2?"}})
	other := harness.Identify(context, key, []harness.Message{{Role: "user", Content: "What is 2 plus 3?"}})
	fmt.Println(seed >= 0 && seed < 1<<31, id == again, id == other)
	fmt.Println(harness.Resolve(harness.Refuse, harness.Cut, true), harness.Resolve(harness.Comply, harness.Cut, true))
	// Output:
	// true true false
	// truncated comply
}
