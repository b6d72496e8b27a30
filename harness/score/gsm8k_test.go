package score

import (
	"bufio"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/sovereign-eval/haetae/harness"
)

// The last-number filter reproduces is_correct of the model solutions of four
// systems that were published with GSM8K.
func TestGSM8KSolutions(t *testing.T) {
	f, err := os.Open("../../../shared/data/gsm8k/example_model_solutions.jsonl")
	if err != nil {
		t.Skipf("the data of GSM8K is not here: %v", err)
	}
	defer f.Close()
	s, err := newNumeric("numeric", Numeric{Target: "{{answer}}", Match: "last"})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var row map[string]json.RawMessage
		var truth string
		if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(row["ground_truth"], &truth); err != nil {
			t.Fatal(err)
		}
		it := harness.Item{Fields: harness.Fields{"answer": truth[strings.LastIndex(truth, "A:")+2:]}}
		for _, system := range []string{"6b_finetuning", "6b_verification", "175b_finetuning", "175b_verification"} {
			var sol struct {
				Correct  bool `json:"is_correct"`
				Solution string
			}
			if err := json.Unmarshal(row[system], &sol); err != nil {
				t.Fatal(err)
			}
			got, err := s.Score(t.Context(), it, harness.Response{Text: sol.Solution})
			if err != nil || (got.Value == 1) != sol.Correct {
				t.Errorf("%s %q: %+v, %v; want %v", system, sol.Solution, got, err, sol.Correct)
			}
			n++
		}
	}
	if err := lines.Err(); err != nil || n < 2000 {
		t.Errorf("%d solutions read, %v", n, err)
	}
}
