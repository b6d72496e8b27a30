package spec

import (
	"context"
	"fmt"
	"testing"

	"github.com/sovereign-eval/haetae/harness"
)

func TestExamples(t *testing.T) {
	if errs := loader().Lint("../../examples"); len(errs) > 0 {
		t.Fatal(errs)
	}
	s, err := loader().Open("../../examples")
	if err != nil {
		t.Fatal(err)
	}
	counts := map[string]int{}
	for _, e := range s.Entries {
		counts[e.Task.Name] = e.Task.Count
	}
	if got := fmt.Sprint(counts); got != "map[capitals:32 korean:24 sums:36]" {
		t.Error(got)
	}
	// The right answer stands as often in each place.
	places := map[any]int{}
	for _, it := range collect(t, s.Entries[1].Task, 7) {
		places[it.Fields["correct"]]++
		got, err := s.Entries[1].Task.Scorers[0].Score(t.Context(), it, harness.Response{Text: fmt.Sprintf("%s입니다.", it.Fields["correct"])})
		if err != nil || got.Value != 1 {
			t.Errorf("%s: %+v, %v", it.ID, got, err)
		}
	}
	if got := fmt.Sprint(places); got != "map[A:6 B:6 C:6 D:6]" {
		t.Error(got)
	}
}

func ExampleLoader_Task() {
	task, err := loader().Task("../../examples/sums")
	if err != nil {
		fmt.Println(err)
		return
	}
	for item, err := range task.Items(context.Background(), 1) {
		fmt.Println(item.ID, item.Messages[0].Content, err)
		break
	}
	// Output: 1 What is 2 plus 42? End with #### and the number. <nil>
}
