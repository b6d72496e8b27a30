package sqlite

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"sync"
	"unsafe"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/results"
)

// call is one thing that the writer is asked to do: to append a sample in a
// shared transaction, or anything else between two of them.
type call struct {
	run    string
	sample *harness.Sample
	scores []byte // JSON; nil when there are none
	flags  []byte // JSON; nil when there are none
	bodies [3]body

	do func() error // not an append: runs on the writer's goroutine

	err  error // of this append, until the commit
	done chan error
}

var calls = sync.Pool{New: func() any { return &call{done: make(chan error, 1)} }}

// Append implements [results.Store]. Hashing, compressing and encoding run on
// the caller's goroutine. Once the sample is handed to the writer the answer is
// awaited even if ctx ends: what was committed must not be reported as lost.
func (s *Store) Append(ctx context.Context, run string, sample harness.Sample) error {
	c := calls.Get().(*call)
	defer c.release()
	c.run, c.sample = run, &sample
	if err := c.encode(&sample); err != nil {
		return s.fail(fmt.Sprintf("append sample %s of run %s", sample.ID.Short(), run), err)
	}
	text := sample.Response.Text
	answered := text != "" || sample.Status != harness.Errored
	c.bodies[0].dict = s.dicts.get(dictKey{run, sample.Model, sample.Task})
	s.addBody(&c.bodies[0], sample.Response.Sent, len(sample.Response.Sent) > 0)
	s.addBody(&c.bodies[1], bytesOf(text), answered)
	s.addBody(&c.bodies[2], bytesOf(sample.Response.Thinking), sample.Response.Thinking != "")
	if err := s.send(ctx, c); err != nil {
		return s.fail(fmt.Sprintf("append sample %s of run %s", sample.ID.Short(), run), err)
	}
	return nil
}

func (c *call) release() {
	c.sample, c.do, c.err = nil, nil, nil
	for i := range c.bodies {
		b := &c.bodies[i]
		if cap(b.data) > 64<<10 {
			b.data = nil
		}
		*b = body{data: b.data[:0]}
	}
	calls.Put(c)
}

// encode writes what is stored as JSON.
func (c *call) encode(s *harness.Sample) (err error) {
	c.scores, c.flags = nil, nil
	if len(s.Scores) > 0 {
		if c.scores, err = encodeScores(s.Scores); err != nil {
			return err
		}
	}
	if len(s.Response.Flags) > 0 {
		c.flags, err = json.Marshal(s.Response.Flags)
	}
	return err
}

// encodeScores is JSON of scores. A value that means nothing is stored as 0; a
// value that is no number is refused.
func encodeScores(scores []harness.Score) ([]byte, error) {
	for i := range scores {
		if v := scores[i].Value; math.IsNaN(v) || math.IsInf(v, 0) {
			if !scores[i].Unscored {
				return nil, fmt.Errorf("score %q: the value %v is no number", scores[i].Scorer, v)
			}
			clean := append([]harness.Score(nil), scores...)
			clean[i].Value = 0
			return encodeScores(clean)
		}
	}
	return json.Marshal(scores)
}

func (s *Store) addBody(b *body, raw []byte, present bool) {
	if !present {
		return
	}
	b.hash, b.size = harness.HashBytes(raw), len(raw)
	if b.known = s.tails.knownBody(b.hash); !b.known {
		s.codec.pack(b, raw)
	}
}

// bytesOf views a string as bytes that nobody writes to.
func bytesOf(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }

// send hands a call to the writer and waits for its answer.
func (s *Store) send(ctx context.Context, c *call) error {
	if s.readOnly {
		return errReadOnlyHandle
	}
	s.closing.RLock()
	if s.closed {
		s.closing.RUnlock()
		return results.ErrClosed
	}
	select {
	case s.calls <- c:
		s.closing.RUnlock()
	case <-ctx.Done():
		s.closing.RUnlock()
		return context.Cause(ctx)
	}
	return <-c.done
}

// exclusive runs fn on the writer's goroutine, between two group commits.
func (s *Store) exclusive(ctx context.Context, fn func() error) error {
	c := &call{do: fn, done: make(chan error, 1)}
	return s.send(ctx, c)
}
