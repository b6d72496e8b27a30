package benchmarks_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/sovereign-eval/haetae/benchmarks"
	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/harness/spec"
)

// sumsOf are rows of GSM8K's form, made for this test.
func sumsOf(from, n int) string {
	var b strings.Builder
	for i := from; i < from+n; i++ {
		fmt.Fprintf(&b, `{"question":"Min has %d pens and buys 1,000 more. How many are there?","answer":"%d + 1000 = <<%d+1000=%d>>%d.\n#### 1,%03d"}`+"\n",
			i, i, i, i+1000, i+1000, i)
	}
	return b.String()
}

// The report says how many worked examples were shown.
func TestGSM8KWorkedExamples(t *testing.T) {
	none := with(t, benchmarks.Files, "gsm8k", map[string]string{"test.jsonl": sumsOf(1, 3)})
	if !slices.Contains(none.Notes, "0-shot: no training file given") {
		t.Errorf("notes %q do not say that no example was shown", none.Notes)
	}
	if m := items(t, none, 1)[0].Messages; len(m) != 1 {
		t.Errorf("%d messages without a training file, want 1", len(m))
	}
	five := with(t, benchmarks.Files, "gsm8k", map[string]string{"test.jsonl": sumsOf(1, 3), "train.jsonl": sumsOf(100, 40)})
	if !slices.Contains(five.Notes, "5-shot from train.jsonl") {
		t.Errorf("notes %q do not say that five examples were shown", five.Notes)
	}
	all := items(t, five, 1)
	m := all[0].Messages
	if len(m) != 11 || m[1].Role != "assistant" || !strings.Contains(m[1].Content, "\n#### 1,1") || !strings.HasPrefix(m[10].Content, "Min has 1 pens") {
		t.Errorf("messages %+v", m)
	}
	if !slices.Equal(m[:10], all[2].Messages[:10]) {
		t.Error("two items see different examples")
	}
	if none.Digest == five.Digest {
		t.Error("with and without examples the task has the same digest")
	}
}

func TestGSM8KScores(t *testing.T) {
	task := with(t, benchmarks.Files, "gsm8k", map[string]string{"test.jsonl": sumsOf(7, 1)})
	it := items(t, task, 1)[0]
	for text, want := range map[string][2]float64{
		"7 + 1000 = 1007\n#### 1007":           {1, 1},
		"#### 1,007":                           {1, 1},
		"There are 1,007 pens.":                {1, 0},
		"7 + 1000 = 1007, so there are 1008.":  {0, 0},
		"#### 1007\nThat is 7 more than 1000.": {0, 1},
		"I cannot tell.":                       {0, 0},
		"":                                     {0, 0},
	} {
		for i, s := range task.Scorers {
			got, err := s.Score(t.Context(), it, harness.Response{Text: text, Finish: harness.FinishStop})
			if err != nil || got.Value != want[i] {
				t.Errorf("%s of %q: %v, %v; want %v", s.Name(), text, got.Value, err, want[i])
			}
		}
	}
}

// The golden solutions score 1, and the last number of the published solutions
// of four systems gives the authors' label is_correct.
func TestGSM8KPublishedSolutions(t *testing.T) {
	dir := shared(t, "gsm8k")
	task := load(t, "gsm8k", dir)
	byQuestion := map[string]harness.Item{}
	for _, it := range items(t, task, 1) {
		byQuestion[it.Fields["question"].(string)] = it
		for _, s := range task.Scorers {
			if got, err := s.Score(t.Context(), it, harness.Response{Text: it.Fields["answer"].(string)}); err != nil || got.Value != 1 {
				t.Errorf("%s of the golden solution of %s: %v, %v", s.Name(), it.ID, got, err)
			}
		}
	}
	f, err := os.Open(filepath.Join(dir, "example_model_solutions.jsonl"))
	if err != nil {
		t.Skipf("the published solutions are not here: %v", err)
	}
	defer f.Close()
	agree, n := map[string]int{}, 0
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var row map[string]json.RawMessage
		var question string
		if err := errors.Join(json.Unmarshal(lines.Bytes(), &row), json.Unmarshal(row["question"], &question)); err != nil {
			t.Fatal(err)
		}
		it, ok := byQuestion[question]
		if !ok {
			t.Fatalf("no item asks %q", question)
		}
		n++
		for _, system := range []string{"6b_finetuning", "6b_verification", "175b_finetuning", "175b_verification"} {
			var sol struct {
				Correct  bool `json:"is_correct"`
				Solution string
			}
			if err := json.Unmarshal(row[system], &sol); err != nil {
				t.Fatal(err)
			}
			got, err := task.Scorers[0].Score(t.Context(), it, harness.Response{Text: sol.Solution, Finish: harness.FinishStop})
			if err != nil || (got.Value == 1) != sol.Correct {
				t.Errorf("%s on %s: %v, %v; the label is %v", system, it.ID, got.Value, err, sol.Correct)
				continue
			}
			agree[system]++
		}
	}
	if err := lines.Err(); err != nil || n < 600 {
		t.Errorf("%d problems with solutions, want 600 or more; %v", n, err)
	}
	t.Logf("agreement with is_correct, of %d solutions each: %v", n, agree)
}

func TestGSM8KWithoutDataSaysWhatToPutWhere(t *testing.T) {
	_, err := loader("somewhere").Task("gsm8k")
	m, ok := errors.AsType[*spec.MissingData](err)
	if !ok {
		t.Fatalf("%v", err)
	}
	for _, part := range []string{"test.jsonl", "train.jsonl", "--data DIR", "grade-school-math"} {
		if !strings.Contains(m.Remedy(), part) {
			t.Errorf("the remedy %q does not name %s", m.Remedy(), part)
		}
	}
}
