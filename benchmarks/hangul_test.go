package benchmarks_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/sovereign-eval/haetae/harness"
)

func TestHangulItems(t *testing.T) {
	task := load(t, "hangul")
	if task.Count < 120 {
		t.Errorf("%d items, want 120 or more", task.Count)
	}
	area, category, ids := map[any]int{}, map[string]int{}, map[string]bool{}
	for _, it := range items(t, task, 1) {
		area[it.Fields["area"]]++
		category[it.Category]++
		ids[it.ID] = true
		if it.Lang != "ko" || it.Fields["review"] != "pending-human" || it.Fields["author"] == "" {
			t.Errorf("%s: lang %s, review %v", it.ID, it.Lang, it.Fields["review"])
		}
		choices := map[any]bool{}
		for _, c := range it.Fields["choices"].([]any) {
			choices[c] = true
		}
		if len(choices) != 4 {
			t.Errorf("%s: choices %v, want 4 different ones", it.ID, it.Fields["choices"])
		}
	}
	if len(ids) != task.Count || area["language"] < 60 || area["life"] < 60 || len(category) != 20 {
		t.Errorf("%d ids, areas %v, categories %v", len(ids), area, category)
	}
	for name, n := range category {
		if n < 6 {
			t.Errorf("category %s has %d items", name, n)
		}
	}
}

// Under every seed the right answer stands equally often in each place, and a
// seed changes where it stands.
func TestHangulPlacesAreBalanced(t *testing.T) {
	task := load(t, "hangul")
	orders := map[string]bool{}
	for seed := range int64(8) {
		var order strings.Builder
		places := map[string]int{}
		for _, it := range items(t, task, seed) {
			label := it.Fields["correct"].(string)
			if right := it.Fields["choices"].([]any)[label[0]-'A']; right != it.Fields["answer"] {
				t.Fatalf("%s: %s names %v, not %v", it.ID, label, right, it.Fields["answer"])
			}
			places[label]++
			order.WriteString(label)
		}
		for _, label := range []string{"A", "B", "C", "D"} {
			if places[label] != task.Count/4 {
				t.Errorf("seed %d: right answers by place %v, want %d each", seed, places, task.Count/4)
			}
		}
		orders[order.String()] = true
	}
	if len(orders) != 8 {
		t.Errorf("8 seeds make %d orders", len(orders))
	}
}

// The length of a choice does not give the answer away.
func TestHangulRightAnswersAreNotTheLongest(t *testing.T) {
	task := load(t, "hangul")
	longest := 0
	for _, it := range items(t, task, 1) {
		right := it.Fields["answer"].(string)
		alone := true
		for _, c := range it.Fields["choices"].([]any) {
			if s := c.(string); s != right && len([]rune(s)) >= len([]rune(right)) {
				alone = false
			}
		}
		if alone {
			longest++
		}
	}
	if share := float64(longest) / float64(task.Count); share > 0.25 {
		t.Errorf("the right answer is the longest in %.0f %% of the items, want at most 25 %%", 100*share)
	}
}

func TestHangulScripted(t *testing.T) {
	task := load(t, "hangul")
	all := items(t, task, 3)
	mark := func(say func(it harness.Item) string) float64 {
		sum := 0.0
		for _, it := range all {
			s, err := task.Scorers[0].Score(t.Context(), it, harness.Response{Text: say(it), Finish: harness.FinishStop})
			if err != nil {
				t.Fatal(err)
			}
			sum += s.Value
		}
		return sum / float64(len(all))
	}
	label := func(it harness.Item) string { return it.Fields["correct"].(string) }
	for name, c := range map[string]struct {
		say  func(harness.Item) string
		want float64
	}{
		"right letter":   {label, 1},
		"right sentence": {func(it harness.Item) string { return "정답은 " + label(it) + "입니다." }, 1},
		"right text":     {func(it harness.Item) string { return it.Fields["answer"].(string) }, 1},
		"always C":       {func(harness.Item) string { return "C" }, 0.25},
		"echo":           {func(it harness.Item) string { return it.Messages[len(it.Messages)-1].Content }, 0},
		"empty":          {func(harness.Item) string { return "" }, 0},
	} {
		if got := mark(c.say); got != c.want {
			t.Errorf("%s: accuracy %v, want %v", name, got, c.want)
		}
	}
}

// The prompt asks in Korean for a letter and shows four lettered lines.
func TestHangulPrompt(t *testing.T) {
	form := regexp.MustCompile(`(?s)^다음 문제의 답을 하나 고르세요\. .*\n\n.+\nA\. .+\nB\. .+\nC\. .+\nD\. .+\n정답:$`)
	for _, it := range items(t, load(t, "hangul"), 1) {
		if len(it.Messages) != 1 || !form.MatchString(it.Messages[0].Content) {
			t.Errorf("%s: %s", it.ID, fmt.Sprint(it.Messages))
		}
	}
}
