package storetest

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/results"
)

// Sample makes a whole sample, different for every i and alike for the same i.
func Sample(i int) harness.Sample {
	return harness.Sample{
		Job: harness.Job{
			Index: int64(i), Model: i % 3, Task: i % 2, Epoch: 1 + i%4,
			Key: sha256.Sum256(fmt.Appendf(nil, "key %d", i)),
			ID:  sha256.Sum256(fmt.Appendf(nil, "id %d", i)),
			Item: harness.Item{
				ID: fmt.Sprintf("item-%d", i), Variant: "polite", Cluster: fmt.Sprintf("c%d", i/4), Lang: "ko",
				Side: harness.Harmful, Category: "fraud", Twin: fmt.Sprintf("twin-%d", i),
			},
		},
		Status: harness.Scored,
		Tries:  1 + i%3,
		Scores: []harness.Score{
			{Scorer: "outcome", Value: 0.25, Answer: "답", Reasons: []string{"a", "b"}, Flags: []string{"cut"},
				Verdict: &harness.Verdict{Stance: harness.Refuse, Condition: harness.Whole, Outcome: harness.OutcomeRefuse,
					Refusal: 0.875, Decided: true, Maker: "rules", Reasons: []string{"r"}}},
			{Scorer: "exact", Value: 1},
		},
		Response: harness.Response{
			Text: fmt.Sprintf("answer %d: %s", i, strings.Repeat("그것은 도울 수 없습니다. ", 5)), Thinking: fmt.Sprintf("thought %d", i),
			Finish: harness.FinishStop, Sent: fmt.Appendf(nil, `{"prompt":"what is %d?","seed":%d}`, i, i),
			PromptTokens: 10 + i, OutputTokens: 20 + i, Load: 1, Prompt: 2 * time.Millisecond, Eval: 3 * time.Second,
			Endpoint: "http://127.0.0.1:11434", Start: time.Unix(1_800_000_000, int64(i)), FirstToken: 4 * time.Microsecond,
			Wall: 5 * time.Second, Flags: []string{"cold"},
		},
	}
}

// Row is the row that a sample becomes; its Seq is the store's own.
func Row(s harness.Sample) results.Row {
	r := s.Response
	row := results.Row{
		Index: s.Index, ID: s.ID, Key: s.Key, Model: s.Model, Task: s.Task, Epoch: s.Epoch,
		Item: s.Item.ID, Variant: s.Item.Variant, Cluster: s.Item.Cluster, Lang: s.Item.Lang,
		Side: s.Item.Side, Category: s.Item.Category, Twin: s.Item.Twin,
		Status: s.Status, Cause: s.Cause, Error: s.Error, Scores: s.Scores, Tries: s.Tries,
		Finish: r.Finish, PromptTokens: r.PromptTokens, OutputTokens: r.OutputTokens,
		Load: r.Load, Prompt: r.Prompt, Eval: r.Eval, FirstToken: r.FirstToken, Wall: r.Wall,
		Start: r.Start, Endpoint: r.Endpoint, Flags: r.Flags,
	}
	if len(r.Sent) > 0 {
		row.RequestHash = harness.HashBytes(r.Sent)
	}
	if r.Text != "" || s.Status != harness.Errored {
		row.ResponseHash = harness.HashBytes([]byte(r.Text))
	}
	if r.Thinking != "" {
		row.ThinkingHash = harness.HashBytes([]byte(r.Thinking))
	}
	return row
}

// NewRun makes a run with every field set.
func NewRun(id string) results.Run {
	digest := "sha256:feed"
	return results.Run{
		ID: id, State: results.Running, Started: time.Unix(1_800_000_000, 123), Seed: -7, Epochs: 2, Planned: 1000,
		Protocol: json.RawMessage(`{"suite":"quick"}`), Meta: json.RawMessage(`{"slots":4}`), Reason: "none", Resumes: 1,
		Models: []results.Model{{Spec: "ollama/qwen3:8b", Identity: harness.Identity{Runner: "ollama", Name: "qwen3:8b", Digest: &digest},
			Params: []harness.Params{harness.DefaultParams()}}},
		Tasks: []results.Task{{Name: "sums", Title: map[string]string{"en": "Sums", "ko": "덧셈"}, Version: "1.0.0", Kind: harness.Capability,
			Digest: harness.HashBytes([]byte("t")), Count: 9, Spec: json.RawMessage(`{"a":1}`), Metrics: []harness.Metric{{Name: "accuracy"}}}},
	}
}

// Failed makes the sample i as it is when the server never answered whole.
func Failed(i int) harness.Sample {
	s := Sample(i)
	s.Status, s.Cause, s.Error, s.Scores, s.Tries = harness.Errored, "cut", "unexpected EOF", nil, 3
	s.Response = harness.Response{}
	return s
}

// noise is text that does not compress.
func noise(n int) string {
	var b []byte
	for h := sha256.Sum256([]byte("noise")); len(b) < n; h = sha256.Sum256(h[:]) {
		b = append(b, h[:]...)
	}
	return string(b[:n])
}
