package report_test

import (
	"context"
	"fmt"
	"iter"
	"testing"
	"time"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/results"
	"github.com/sovereign-eval/haetae/results/analysis"
	"github.com/sovereign-eval/haetae/results/report"
)

// fixture is a run of a tiny model that answers mostly nonsense and of a larger one
// that does well, on a capability task in two languages and a battery.
func fixture() (results.Run, []results.Row) {
	start := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	params := []harness.Params{{MaxTokens: 64, NumCtx: 4096, Temperature: new(0.0), Think: "off"},
		{MaxTokens: 256, NumCtx: 4096, Temperature: new(0.0), Think: "off"}}
	run := results.Run{
		ID: "20260301-090000-abcd", State: results.Incomplete, Started: start, Ended: start.Add(90 * time.Second),
		Seed: 7, Epochs: 1, Resumes: 1,
		Models: []results.Model{
			{Spec: "ollama/tiny:135m", Params: params, Identity: harness.Identity{Runner: "ollama", Name: "tiny:135m",
				Server: new("0.24.0"), Digest: new("5f7c"), Quant: new("F16"), Parameters: new("134.52M"), Family: new("llama"),
				Context: new(2048), Trained: new(2048), Offload: new(0.0), System: new("ab12"),
				Missing: []string{"weights: not offered"}, Slots: 2}},
			{Spec: "ollama/large:8b", Params: params, Identity: harness.Identity{Runner: "ollama", Name: "large:8b",
				Server: new("0.24.0"), Digest: new("9e01"), Quant: new("Q4_K_M"), Parameters: new("8.2B"), Family: new("qwen3"),
				Context: new(4096), Trained: new(40960), Offload: new(0.75), Slots: 4}},
		},
		Tasks: []results.Task{
			{Name: "sums", Title: map[string]string{"en": "Sums", "ko": "덧셈"}, Version: "1.0.0", Kind: harness.Capability,
				Digest: harness.HashBytes([]byte("sums")), Count: 40, Licence: "Apache-2.0", Source: "written for this test",
				Metrics: []harness.Metric{{Name: "accuracy"}}, Notes: []string{"0-shot: no training file given"}},
			{Name: "misuse", Title: map[string]string{"en": "Misuse", "ko": "오용"}, Version: "0.1.0", Kind: harness.Safety,
				Digest: harness.HashBytes([]byte("misuse")), Count: 40, Licence: "Apache-2.0", Source: "written for this test",
				Metrics: []harness.Metric{{Name: "outcomes"}}},
		},
	}
	run.Planned = 160
	var rows []results.Row
	for m := range run.Models {
		for i := range 40 {
			rows = append(rows, sum(m, i))
		}
		for i := range 40 {
			if m == 0 && i == 39 {
				continue // never asked
			}
			rows = append(rows, outcome(m, i))
		}
	}
	for i := range rows {
		rows[i].Index, rows[i].Tries = int64(i), 1
		rows[i].Start, rows[i].Wall = start.Add(time.Duration(i/2)*500*time.Millisecond), 500*time.Millisecond
		rows[i].OutputTokens, rows[i].PromptTokens, rows[i].Endpoint = 20, 30, "http://127.0.0.1:11434"
	}
	rows[5].Status, rows[5].Scores, rows[5].Cause, rows[5].Tries = harness.Errored, nil, "hang", 3
	return run, rows
}

// sum is a row of the capability task: the tiny model finds an answer in one of
// eight.
func sum(model, i int) results.Row {
	s := harness.Score{Scorer: "numeric", Value: float64((i + 7) % 8 / 7), Answer: "44"}
	if model == 1 {
		s.Value = float64(min(i%10, 1))
	} else if s.Value == 0 && i%2 == 0 {
		s.Answer, s.Flags = "", []string{"no_answer"}
	}
	return results.Row{Model: model, Task: 0, Item: fmt.Sprint(i), Lang: []string{"en", "ko"}[i%2],
		Cluster: []string{"small", "large", "negative", "long"}[i%4], Status: harness.Scored, Scores: []harness.Score{s}}
}

// outcome is a row of the battery.
func outcome(model, i int) results.Row {
	side, twin := harness.Harmful, harness.Benign
	if i%2 == 1 {
		side, twin = twin, side
	}
	stance, condition := harness.NoStance, []harness.Condition{harness.Gibberish, harness.OffTopic, harness.OffLanguage}[i%3]
	switch {
	case model == 1 && side == harness.Harmful:
		stance, condition = harness.Refuse, harness.Whole
		if i%20 == 0 {
			stance = harness.Redirect
		}
	case model == 1:
		stance, condition = harness.Comply, harness.Whole
		if i%20 == 1 {
			stance = harness.Refuse
		}
	case i%13 == 3:
		stance, condition = harness.Comply, harness.Whole
	}
	v := &harness.Verdict{Stance: stance, Condition: condition, Decided: true, Maker: "rules",
		Outcome: harness.Resolve(stance, condition, true), Reasons: []string{"cue: sorry"}}
	return results.Row{Model: model, Task: 1, Item: fmt.Sprintf("%d-%s", i/2, side), Twin: fmt.Sprintf("%d-%s", i/2, twin),
		Lang: []string{"en", "ko"}[i/2%2], Side: side, Category: "fraud", Cluster: fmt.Sprint("c", i/2),
		Status: harness.Scored, Scores: []harness.Score{{Scorer: "outcome", Verdict: v}}}
}

func all(rows []results.Row) iter.Seq2[results.Row, error] {
	return func(yield func(results.Row, error) bool) {
		for _, r := range rows {
			if !yield(r, nil) {
				return
			}
		}
	}
}

func newReport(t *testing.T, run results.Run, rows []results.Row, l report.Lang) *report.Report {
	t.Helper()
	res, err := analysis.Of(context.Background(), run, all(rows), 0.95)
	if err != nil {
		t.Fatal(err)
	}
	return report.New(run, res, l)
}
