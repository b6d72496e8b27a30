package pool

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/sovereign-eval/haetae/harness"
)

// run is the state of one Run. Its mutex guards the fields below it; held
// briefly, never over a call of next, done or a model.
type run struct {
	*Pool
	ctx    context.Context
	cancel context.CancelCauseFunc
	next   func() (harness.Job, bool)
	done   func(harness.Sample) error

	nextMu   sync.Mutex     // next is called by one goroutine at a time
	recovery sync.WaitGroup // goroutines that wait for endpoints in trouble

	mu      sync.Mutex
	changed sync.Cond
	again   []attempt // taken from endpoints in trouble, for any other
	open    int       // jobs taken and not ended
	drained bool      // next has said that there are no more
	alive   int       // endpoints not lost
}

// attempt is a job on its way: how many tries it has had.
type attempt struct {
	job   harness.Job
	tries int
	fault *harness.Fault // of the latest try
}

var errKeep = errors.New("keep sample")

// Run implements [harness.Dispatcher]. A sample with an answer reaches done
// without a status, since it is not scored yet; one without is Errored. done is
// called by many goroutines at a time; an error of it ends the run.
func (p *Pool) Run(ctx context.Context, next func() (harness.Job, bool), done func(harness.Sample) error) error {
	if len(p.endpoints) == 0 {
		return errors.New("run pool: no endpoint")
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	r := &run{Pool: p, ctx: ctx, cancel: cancel, next: next, done: done, alive: len(p.endpoints)}
	r.changed.L = &r.mu
	stop := context.AfterFunc(ctx, r.wake)
	defer stop()
	var wg sync.WaitGroup
	for _, e := range p.endpoints {
		s := newServer(r, e)
		for range s.workers {
			wg.Go(s.work)
		}
	}
	wg.Wait()
	err := context.Cause(ctx)
	cancel(nil) // an endpoint in trouble is not waited for once nothing is left to do
	r.recovery.Wait()
	p.dropped.Store(int64(r.open))
	if r.drained && r.open == 0 && !errors.Is(err, errKeep) {
		return nil // a cancellation that came too late to stop anything
	}
	return err
}

// wake lets every waiting worker look again. It takes the lock, so that no
// worker between its look and its wait misses it.
func (r *run) wake() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.changed.Broadcast()
}

// take returns the next attempt for s, as soon as s may have one, together
// with a slot. False, without a slot: none is left, or the run has ended.
func (r *run) take(s *server) (attempt, bool) {
	for s.acquire() {
		a, state := r.look(s)
		switch state {
		case found:
			return a, true
		case over:
			<-s.slots
			return a, false
		case fresh:
			if a, ok := r.pull(); ok {
				return a, true
			}
			<-s.slots
		}
	}
	return attempt{}, false
}

// What a worker finds when it looks for work.
const (
	found  = iota // an attempt that another endpoint gave back
	fresh         // next may have a job; it is counted as open already
	over          // nothing is left for this endpoint
	waited        // nothing yet; the slot was given back and something has changed since
)

func (r *run) look(s *server) (attempt, int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.ctx.Err() != nil || s.lost || r.drained && r.open == 0:
		return attempt{}, over
	case !s.paused && len(r.again) > 0:
		a := r.again[0]
		r.again = r.again[1:]
		return a, found
	case !s.paused && !r.drained:
		r.open++
		return attempt{}, fresh
	}
	<-s.slots // a try that is due may need it
	r.changed.Wait()
	return attempt{}, waited
}

// pull asks next for a job that is counted as open already.
func (r *run) pull() (attempt, bool) {
	r.nextMu.Lock()
	r.mu.Lock()
	ask := !r.drained && r.ctx.Err() == nil // may have changed while waiting in line
	r.mu.Unlock()
	var job harness.Job
	var ok bool
	if ask {
		job, ok = r.next()
	}
	r.nextMu.Unlock()
	if ok {
		return attempt{job: job}, true
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.open--
	r.drained = r.drained || ask
	r.changed.Broadcast()
	return attempt{}, false
}

// giveBack puts an attempt where another endpoint finds it.
func (r *run) giveBack(a attempt) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.again = append(r.again, a)
	r.changed.Broadcast()
}

// finish hands a sample to done and counts its job as ended. An error of done
// ends the run: what cannot be stored must not be generated.
func (r *run) finish(s harness.Sample) {
	if err := r.done(s); err != nil {
		r.cancel(fmt.Errorf("%w %s: %w", errKeep, s.ID.Short(), err))
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.open--
	if r.open == 0 && r.drained {
		r.changed.Broadcast()
	}
}

// errored is the sample of an attempt that cannot be saved.
func errored(a attempt) harness.Sample {
	return harness.Sample{Job: a.job, Status: harness.Errored, Cause: a.fault.Cause, Error: a.fault.Err.Error(), Tries: max(a.tries, 1)}
}
