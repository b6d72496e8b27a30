package pool

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/sovereign-eval/haetae/harness"
)

// server is one endpoint in a run. The run's mutex guards the fields below it.
type server struct {
	*run
	Endpoint
	workers int
	slots   chan struct{} // a token for each generation in flight

	paused bool
	lost   bool
	since  time.Time // of the trouble; zero when the latest generation was whole
	probes int       // since then
}

func newServer(r *run, e Endpoint) *server {
	e.Slots = max(e.Slots, 1)
	pending := r.opts.Pending
	if pending <= 0 {
		pending = max(2*e.Slots, 32)
	}
	return &server{run: r, Endpoint: e, workers: e.Slots + 1 + pending, slots: make(chan struct{}, e.Slots+1)}
}

// work is one worker: it holds a slot while it takes and generates, and none
// while it waits for done, so that there are more workers than slots.
func (s *server) work() {
	for {
		a, ok := s.take(s)
		if !ok {
			return
		}
		s.serve(a)
	}
}

func (s *server) acquire() bool {
	select {
	case s.slots <- struct{}{}:
		return true
	case <-s.ctx.Done():
		return false
	}
}

// serve carries one attempt to its end: a sample, another endpoint, or a drop.
// It is called with a slot and gives it back.
func (s *server) serve(a attempt) {
	for {
		resp, err := s.Model.Generate(s.ctx, a.job.Request)
		if err == nil {
			s.well()
			<-s.slots
			s.finish(harness.Sample{Job: a.job, Response: resp, Tries: a.tries + 1})
			return
		}
		if s.ctx.Err() != nil {
			<-s.slots
			return // dropped: stays open
		}
		a.fault = harness.AsFault(err)
		kind := s.judge(&a)
		<-s.slots
		switch {
		case kind == harness.EndpointFault:
			s.pause(a.fault)
			s.giveBack(a)
			return
		case kind == harness.FinalFault || a.tries >= s.opts.Tries:
			s.finish(errored(a))
			return
		}
		if !s.retry(&a) {
			return
		}
	}
}

// judge decides whose trouble a fault is and charges the sample for its own.
func (s *server) judge(a *attempt) harness.FaultKind {
	f := a.fault
	if f.Kind == harness.SampleFault && f.Cause == "hang" {
		if err := s.probe(s.ctx); err != nil && s.ctx.Err() == nil {
			a.fault = harness.AsFault(err)
			return harness.EndpointFault
		}
	}
	if f.Kind != harness.EndpointFault {
		a.tries++
	}
	return f.Kind
}

// retry waits before the next try and gets a slot for it. False: the attempt
// went to another endpoint, or the run has ended.
func (s *server) retry(a *attempt) bool {
	s.retries.Add(1)
	s.opts.OnTrouble(Event{Kind: Retry, Endpoint: s.Name, Cause: a.fault.Cause, Err: a.fault})
	if s.opts.Sleep(s.ctx, s.opts.Backoff.delay(a.tries, s.opts.Random())) != nil || !s.acquire() {
		return false
	}
	s.mu.Lock()
	out := s.paused || s.lost
	s.mu.Unlock()
	if out {
		<-s.slots
		s.giveBack(*a)
	}
	return !out
}

// well notes a whole generation: trouble, if there was any, is over, or starts
// anew if the endpoint was paused while this one was on its way.
func (s *server) well() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.probes, s.since = 0, (time.Time{}); s.paused {
		s.since = s.opts.Now()
	}
}

func (s *server) probe(ctx context.Context) error {
	p, ok := s.Model.(harness.Prober)
	if !ok {
		return nil
	}
	return p.Probe(ctx)
}

// pause stops feeding the endpoint and starts its recovery, unless another
// worker has done so.
func (s *server) pause(f *harness.Fault) {
	s.mu.Lock()
	if s.paused || s.lost {
		s.mu.Unlock()
		return
	}
	s.paused = true
	if s.since.IsZero() {
		s.since = s.opts.Now()
	}
	s.mu.Unlock()
	s.opts.OnTrouble(Event{Kind: Paused, Endpoint: s.Name, Cause: f.Cause, Err: f})
	s.recovery.Go(func() { s.recover(f) })
}

// recover probes the endpoint until it answers and is what it was, or until
// ServerWait has passed since its last whole generation.
func (s *server) recover(f *harness.Fault) {
	s.mu.Lock()
	left := s.opts.ServerWait - s.opts.Now().Sub(s.since)
	s.mu.Unlock()
	err := error(f)
	for left > 0 {
		s.mu.Lock()
		s.probes++
		n := s.probes
		s.mu.Unlock()
		d := min(s.opts.Probe.delay(n, s.opts.Random()), left)
		if s.opts.Sleep(s.ctx, d) != nil {
			return
		}
		if err = s.healthy(left); err == nil {
			s.resume()
			return
		}
		if s.ctx.Err() != nil {
			return
		}
		if errors.Is(err, harness.ErrVoid) {
			s.cancel(fmt.Errorf("endpoint %s: %w", s.Name, err))
			return
		}
		s.mu.Lock()
		left = s.opts.ServerWait - s.opts.Now().Sub(s.since)
		s.mu.Unlock()
	}
	s.lose(err)
}

// healthy probes and verifies within the time that is left.
func (s *server) healthy(left time.Duration) error {
	ctx, cancel := context.WithTimeout(s.ctx, left)
	defer cancel()
	if err := s.probe(ctx); err != nil {
		return err
	}
	return s.opts.Verify(ctx, s.Endpoint)
}

func (s *server) resume() {
	s.mu.Lock()
	s.paused = false
	lasted := s.opts.Now().Sub(s.since)
	s.changed.Broadcast()
	s.mu.Unlock()
	s.opts.OnTrouble(Event{Kind: Resumed, Endpoint: s.Name, For: lasted})
}

// lose gives the endpoint up. The last one lost ends the run, and does so
// before its workers see that they can go: the run must not look finished.
func (s *server) lose(err error) {
	s.mu.Lock()
	s.alive--
	last := s.alive == 0
	lasted := s.opts.Now().Sub(s.since)
	s.mu.Unlock()
	s.opts.OnTrouble(Event{Kind: Lost, Endpoint: s.Name, Err: err, For: lasted})
	if last {
		s.cancel(&harness.HintError{Exit: harness.ExitIncomplete,
			Err:  fmt.Errorf("endpoint %s: %w for %s: %w", s.Name, ErrServerWait, lasted.Round(time.Second), err),
			Hint: "start the server again and resume the run with --resume; nothing that was acknowledged is lost"})
	}
	s.mu.Lock()
	s.lost = true
	s.changed.Broadcast()
	s.mu.Unlock()
}
