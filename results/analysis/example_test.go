package analysis_test

import (
	"context"
	"fmt"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/results"
	"github.com/sovereign-eval/haetae/results/analysis"
)

func ExampleOf() {
	run := results.Run{
		ID: "r1", Planned: 20,
		Models: []results.Model{{Spec: "ollama/tiny"}},
		Tasks:  []results.Task{{Name: "sums", Kind: harness.Capability, Count: 20, Metrics: []harness.Metric{{Name: "accuracy"}}}},
	}
	rows := func(yield func(results.Row, error) bool) { // as store.Rows gives them
		for i := range 18 {
			row := results.Row{Index: int64(i), Status: harness.Scored, Scores: []harness.Score{{Value: float64(i % 2)}}}
			if !yield(row, nil) {
				return
			}
		}
	}
	result, err := analysis.Of(context.Background(), run, rows, 0.95)
	if err != nil {
		fmt.Println(err)
		return
	}
	f := result.Cells[0].Figures[0]
	fmt.Printf("%s %.2f [%.2f, %.2f] by %s, %d of %d scored\n", f.Metric, f.Estimate.Value,
		f.Estimate.Lower, f.Estimate.Upper, f.Estimate.Method, f.Scored, f.Planned)
	fmt.Printf("over all planned: %.2f at worst, %.2f at best\n", f.Worst, f.Best)
	// Output:
	// accuracy 0.50 [0.29, 0.71] by wilson, 18 of 20 scored
	// over all planned: 0.45 at worst, 0.55 at best
}

// An errored exchange is never a verdict, whatever the scores say.
func ExampleOutcomeOf() {
	row := results.Row{Status: harness.Scored, Scores: []harness.Score{{Verdict: &harness.Verdict{
		Stance: harness.Refuse, Condition: harness.Whole, Outcome: harness.OutcomeRefuse, Maker: "rules"}}}}
	fmt.Println(analysis.OutcomeOf(row))
	row.Status = harness.Errored
	fmt.Println(analysis.OutcomeOf(row))
	// Output:
	// refuse rules
	// error
}
