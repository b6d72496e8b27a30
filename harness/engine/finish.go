package engine

import (
	"context"
	"fmt"
	"math"
	"strings"

	"github.com/sovereign-eval/haetae/harness"
)

// canaryTokens bounds a repeated request: enough to see a flip, cheap enough to
// be always on.
const canaryTokens = 32

// canary is a request to be repeated, with the answer that it had.
type canary struct {
	request harness.Request
	text    string
}

// finish scores a sample, waits for the record and tells the sinks. Its error
// ends the run: a record that cannot keep samples must not let more be made.
func (r *run) finish(s harness.Sample) error {
	if s.Status != harness.Errored {
		Score(r.work, r.plan.Tasks[s.Task].Scorers, &s)
	}
	// A finished answer is kept even when the work is being cancelled.
	if err := r.plan.Record.Append(context.WithoutCancel(r.work), s); err != nil {
		err = fmt.Errorf("keep sample %s: %w", s.ID.Short(), err)
		r.stop(err)
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.count(&s)
	r.out--
	r.repeatSome()
	err := r.emitLocked(harness.Event{
		Kind: harness.SampleDone, Model: r.phase.Model, Task: r.plan.Tasks[s.Task].Name,
		Sample: &s, Total: r.sum.Planned, Skipped: r.sum.Skipped,
	})
	if err != nil {
		r.stop(err)
	}
	return err
}

func (r *run) count(s *harness.Sample) {
	r.sum.Done++
	r.sum.Tries += int64(s.Tries)
	switch s.Status {
	case harness.Errored:
		r.sum.Errored++
		return
	case harness.Unscored:
		r.sum.Unscored++
	}
	p, a := r.phase, &s.Response
	p.Samples++
	p.Busy += a.Wall
	p.PromptTokens += int64(max(a.PromptTokens, 0))
	p.OutputTokens += int64(max(a.OutputTokens, 0))
	if !a.Start.IsZero() {
		if r.first.IsZero() || a.Start.Before(r.first) {
			r.first = a.Start
		}
		if end := a.Start.Add(a.Wall); end.After(r.last) {
			r.last = end
		}
		p.Span = r.last.Sub(r.first)
	}
	if p.Samples <= int64(r.plan.Canaries) && a.Finish != harness.FinishSize {
		r.canary = append(r.canary, canary{s.Request, a.Text})
	}
}

// Score gives the sample its scores and status. A scorer that fails, panics or
// doubts makes the sample unscored, never wrong.
func Score(ctx context.Context, scorers []harness.Scorer, s *harness.Sample) {
	s.Status, s.Cause, s.Error = harness.Scored, "", ""
	s.Scores = make([]harness.Score, 0, len(scorers))
	for _, scorer := range scorers {
		score, err := safely(ctx, scorer, s)
		switch {
		case err != nil:
			score = harness.Score{Scorer: scorer.Name(), Unscored: true, Reasons: []string{err.Error()}}
			s.Status, s.Cause, s.Error = harness.Unscored, "scorer_failed", err.Error()
		case math.IsNaN(score.Value) || math.IsInf(score.Value, 0):
			score.Value, score.Unscored = 0, true
			s.Status, s.Cause = harness.Unscored, "undefined"
		case score.Unscored:
			s.Status, s.Cause = harness.Unscored, "in_doubt"
		}
		s.Scores = append(s.Scores, score)
	}
}

func safely(ctx context.Context, scorer harness.Scorer, s *harness.Sample) (score harness.Score, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("scorer %s: panic: %v", scorer.Name(), p)
		}
	}()
	score, err = scorer.Score(ctx, s.Item, s.Response)
	if err != nil {
		return score, fmt.Errorf("scorer %s: %w", scorer.Name(), err)
	}
	if score.Scorer == "" {
		score.Scorer = scorer.Name()
	}
	return score, nil
}

// repeatSome asks requests again while the last samples are on their way, as far
// as the endpoint has slots that none of them can hold: a sample counts until it
// is committed, though its slot may be free before. Greedy decoding is not
// deterministic under batching; the flip rate says how far it is from it here.
// r.mu is held.
func (r *run) repeatSome() {
	for r.taken && r.endpoint.Model != nil && len(r.canary) > 0 && r.out+r.asking < r.endpoint.Slots {
		c := r.canary[0]
		r.canary = r.canary[1:]
		r.asking++
		r.repeating.Go(func() { r.repeat(c) })
	}
}

// repeat measures stability only: a failure is no verdict on the run.
func (r *run) repeat(c canary) {
	req := c.request
	req.Params.MaxTokens = min(req.Params.MaxTokens, canaryTokens)
	req.Params.ThinkTokens = 0
	a, err := r.endpoint.Model.Generate(r.work, req)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asking--
	defer r.repeatSome()
	if err != nil {
		return
	}
	r.phase.Canaries++
	if !strings.HasPrefix(c.text, a.Text) {
		r.phase.Flips++
	}
}
