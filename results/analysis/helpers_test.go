package analysis_test

import (
	"context"
	"fmt"
	"iter"
	"testing"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/results"
	"github.com/sovereign-eval/haetae/results/analysis"
)

// all yields rows as a store does.
func all(rows []results.Row) iter.Seq2[results.Row, error] {
	return func(yield func(results.Row, error) bool) {
		for _, r := range rows {
			if !yield(r, nil) {
				return
			}
		}
	}
}

// runOf is a run of one model and one task with count items.
func runOf(kind harness.Kind, count int, metrics ...harness.Metric) results.Run {
	return results.Run{
		ID: "r1", State: results.Complete, Epochs: 1, Planned: int64(count),
		Models: []results.Model{{Spec: "ollama/tiny", Identity: harness.Identity{Runner: "ollama", Name: "tiny"}}},
		Tasks:  []results.Task{{Name: "t", Kind: kind, Count: count, Metrics: metrics}},
	}
}

func analyse(t *testing.T, run results.Run, rows []results.Row) analysis.Result {
	t.Helper()
	res, err := analysis.Of(context.Background(), run, all(rows), 0.95)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range res.Cells {
		for _, f := range c.Figures {
			if f.Planned != f.Scored+f.Unscored+f.Errored {
				t.Errorf("%s %s: planned %d ≠ scored %d + unscored %d + errored %d", f.Metric, f.Lang, f.Planned, f.Scored, f.Unscored, f.Errored)
			}
		}
	}
	return res
}

// figure finds a figure of the first cell.
func figure(t *testing.T, res analysis.Result, metric, lang string) analysis.Figure {
	t.Helper()
	for _, f := range res.Cells[0].Figures {
		if f.Metric == metric && f.Lang == lang {
			return f
		}
	}
	t.Fatalf("no figure %s in language %q", metric, lang)
	return analysis.Figure{}
}

// scored is a row with a score.
func scored(i int, value float64, flags ...string) results.Row {
	return results.Row{Index: int64(i), Item: fmt.Sprint(i), Status: harness.Scored,
		Scores: []harness.Score{{Scorer: "s", Value: value, Flags: flags}}}
}

func warned(ws []analysis.Warning, code string) bool {
	for _, w := range ws {
		if w.Code == code {
			return true
		}
	}
	return false
}
