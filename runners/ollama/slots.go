package ollama

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/sovereign-eval/haetae/harness"
)

const (
	slotTokens = 16 // length of a probing generation
	maxSlots   = 64 // the largest burst
)

// Slots measures from outside how many generations the server serves at a
// time, which it does not tell: it sends a burst of short generations and counts
// how many were between first token and end at once. A burst that was served
// whole is followed by one twice as large, up to 64. from is "measured", or
// "assumed" where the answers were too short to overlap, or some failed: n is then
// what was seen, at least 1, and the run that follows deals with whatever troubles
// the server. An error is one that no further try can mend.
//
// The model must be loaded. A server with a single slot is asked for 4
// generations of 16 tokens, one with n slots for at most about 4n.
func (m *Model) Slots(ctx context.Context, p harness.Params) (n int, from string, err error) {
	p.MaxTokens, p.ThinkTokens, p.Stop = slotTokens, 0, nil
	for burst := 4; ; burst *= 2 {
		spans, err := m.burst(ctx, p, burst)
		if err != nil {
			return 0, "", fmt.Errorf("measure slots: %w", err)
		}
		peak, enough := overlap(spans)
		if len(spans) < burst {
			return max(n, peak, 1), "assumed", nil
		}
		if !enough {
			return max(n, 1), "assumed", nil
		}
		n = max(n, peak)
		if n < burst || burst >= min(maxSlots, m.opts.Slots) {
			return n, "measured", nil
		}
	}
}

// span is the time from first token to end of one generation.
type span struct {
	from, to time.Time
	tokens   int
}

// burst sends n generations at once. Their prompts differ from the first word,
// so that none waits for the cache of another.
func (m *Model) burst(ctx context.Context, p harness.Params, n int) ([]span, error) {
	var (
		wg    sync.WaitGroup
		mu    sync.Mutex
		spans []span
		first error
	)
	for i := range n {
		wg.Go(func() {
			text := fmt.Sprintf("%d %c. Count upwards from %d, one number a line, and do not stop.", 7*i+3, 'A'+rune(i%26), 100*i+1)
			r, err := m.Generate(ctx, harness.Request{Messages: []harness.Message{{Role: "user", Content: text}}, Params: p, Seed: int64(i)})
			mu.Lock()
			defer mu.Unlock()
			switch {
			case ctx.Err() != nil:
				first = context.Cause(ctx)
			case err != nil && harness.AsFault(err).Kind == harness.FinalFault:
				first = err
			case err == nil && r.FirstToken > 0:
				spans = append(spans, span{r.Start.Add(r.FirstToken), r.Start.Add(r.Wall), r.OutputTokens})
			}
		})
	}
	wg.Wait()
	return spans, first
}

// overlap returns the largest number of spans at one time. enough is false
// when most spans are too short to tell anything: under four tokens, or
// delivered whole.
func overlap(spans []span) (peak int, enough bool) {
	type edge struct {
		at    time.Time
		delta int
	}
	var edges []edge
	long := 0
	for _, s := range spans {
		if s.tokens >= 4 && s.to.Sub(s.from) >= 5*time.Millisecond {
			long++
			edges = append(edges, edge{s.from, 1}, edge{s.to, -1})
		}
	}
	slices.SortFunc(edges, func(a, b edge) int {
		if c := a.at.Compare(b.at); c != 0 {
			return c
		}
		return a.delta - b.delta // an end before a start
	})
	now := 0
	for _, e := range edges {
		now += e.delta
		peak = max(peak, now)
	}
	return peak, long*2 > len(spans) && long > 1
}
