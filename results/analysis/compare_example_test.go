package analysis_test

import (
	"context"
	"fmt"
	"iter"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/results"
	"github.com/sovereign-eval/haetae/results/analysis"
	"github.com/sovereign-eval/haetae/results/stats"
)

// OLD gets every second item right, NEW three of four.
func ExampleCompare() {
	run := results.Run{ID: "r1", State: results.Complete, Models: []results.Model{{Spec: "old"}, {Spec: "new"}},
		Tasks: []results.Task{{Name: "sums", Kind: harness.Capability, Count: 200, Metrics: []harness.Metric{{Name: "accuracy"}}}}}
	side := func(model int, right func(i int) bool) analysis.Source {
		return analysis.Source{Run: run, Model: model, Rows: func(int) iter.Seq2[results.Row, error] { // as store.Rows gives them
			return func(yield func(results.Row, error) bool) {
				for i := range 200 {
					s := harness.Score{}
					if right(i) {
						s.Value = 1
					}
					if !yield(results.Row{Model: model, Item: fmt.Sprint(i), Status: harness.Scored, Scores: []harness.Score{s}}, nil) {
						return
					}
				}
			}
		}}
	}
	c, err := analysis.Compare(context.Background(), 0.95, side(0, func(i int) bool { return i%2 == 0 }), side(1, func(i int) bool { return i%4 != 1 }))
	if err != nil {
		fmt.Println(err)
		return
	}
	family, err := analysis.Correct(c.Pairs(), stats.Holm)
	if err != nil {
		fmt.Println(err)
		return
	}
	f := c.Tasks[0].Figures[0]
	p := f.Pairs[0]
	fmt.Printf("%s %+.2f [%.2f, %.2f] by %s\n", f.Metric, p.Comparison.Difference, p.Comparison.Lower, p.Comparison.Upper, p.Comparison.Method)
	fmt.Printf("%s, one of %d compared; no worse by 0.02: %s\n", f.Change(p), family, f.NoWorse(p, 0.02))
	// Output:
	// accuracy +0.25 [0.20, 0.31] by tango score
	// better, one of 1 compared; no worse by 0.02: no_worse
}
