package main

import (
	"context"
	"slices"

	"github.com/sovereign-eval/haetae/results"
)

// usualShare is the share of the token limit that answers use where nothing is
// known of the model: what the small model of make demo used in the suite quick.
const usualShare = 0.8

// pastRows bounds how many samples of a task are read for its mean length.
const pastRows = 500

// past is what the newest run of a model tells about the next one.
type past struct {
	pace  float64            // seconds per generated token, all slots together; 0 unknown
	means map[string]float64 // task -> generated tokens per sample
}

// expected estimates the new tokens of a task with a number of samples and a
// limit for all of them.
func (p past) expected(task string, samples, limit int64) int64 {
	if mean, ok := p.means[task]; ok {
		return min(int64(mean*float64(samples)+.5), limit)
	}
	return int64(usualShare*float64(limit) + .5)
}

// readPast looks for the newest run of one of the models. A store that is not
// there, or cannot be read, tells nothing.
func readPast(ctx context.Context, path string, models []string) past {
	var p past
	store, err := openStore(path, true)
	if err != nil {
		return p
	}
	defer store.Close()
	runs, err := store.Runs(ctx)
	if err != nil {
		return p
	}
	for _, r := range slices.Backward(runs) {
		m := slices.IndexFunc(r.Models, func(m results.Model) bool { return slices.Contains(models, m.Spec) })
		if m < 0 {
			continue
		}
		if p.pace = pace(r, r.Models[m].Spec); p.pace > 0 {
			p.means = meanTokens(ctx, store, r, m)
			return p
		}
	}
	return p
}

// pace is the seconds per generated token of a model's phases in a run.
func pace(r results.Run, model string) float64 {
	var seconds float64
	var tokens int64
	for _, ph := range oldMeta(r.Meta).Phases {
		if ph.Model == model {
			seconds += ph.Span.Seconds()
			tokens += ph.OutputTokens
		}
	}
	if tokens == 0 {
		return 0
	}
	return seconds / float64(tokens)
}

func meanTokens(ctx context.Context, store results.Store, r results.Run, model int) map[string]float64 {
	means := map[string]float64{}
	for t, task := range r.Tasks {
		n, sum := 0, 0
		for row, err := range store.Rows(ctx, r.ID, results.Query{Model: &model, Task: &t, Limit: pastRows}) {
			if err != nil {
				break
			}
			if row.OutputTokens >= 0 && !row.ResponseHash.IsZero() {
				n, sum = n+1, sum+row.OutputTokens
			}
		}
		if n > 0 {
			means[task.Name] = float64(sum) / float64(n)
		}
	}
	return means
}
