package pool

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/sovereign-eval/haetae/harness"
)

// Endpoint is one server that serves the model.
type Endpoint struct {
	Name  string // for people, such as its address
	Model harness.Model
	Slots int // generations that it serves at a time; at least 1
}

// Options of a [Pool]. The zero value is ready to use.
type Options struct {
	Tries      int           // generations a sample may cost; 0 stands for 3
	Backoff    Backoff       // between the tries of a sample; 200ms to 10s by default
	Probe      Backoff       // between probes of an endpoint in trouble; 250ms to 15s by default
	ServerWait time.Duration // how long an endpoint may be in trouble; 0 stands for 10 minutes
	// Pending bounds the answers of an endpoint that wait for done to return;
	// 0 stands for twice its slots, at least 32.
	Pending int
	// Verify is called when an endpoint answers again, before it gets jobs. An
	// error that is [harness.ErrVoid] ends the run; another one counts as trouble.
	Verify func(ctx context.Context, e Endpoint) error
	// OnTrouble is told of endpoints in trouble, from many goroutines.
	OnTrouble func(Event)
	// Sleep waits for d or until ctx ends; nil stands for real time.
	Sleep func(ctx context.Context, d time.Duration) error
	// Now is the clock; nil stands for time.Now.
	Now func() time.Time
	// Random returns a number in [0,1) for the jitter; nil stands for math/rand.
	Random func() float64
}

// EventKind says what happened to an endpoint.
type EventKind string

// What can happen to an endpoint, and to a sample on it.
const (
	Paused  EventKind = "paused"  // in trouble: gets no more jobs
	Resumed EventKind = "resumed" // answers again, and is what it was
	Lost    EventKind = "lost"    // in trouble for longer than ServerWait
	Retry   EventKind = "retry"   // a sample lost a try and will be asked again
)

// Event is one thing that happened to an endpoint.
type Event struct {
	Kind     EventKind
	Endpoint string
	Cause    string // of the fault
	Err      error
	For      time.Duration // Resumed, Lost: how long the trouble lasted
}

// String says it in words.
func (e Event) String() string {
	switch e.Kind {
	case Paused:
		return fmt.Sprintf("endpoint %s paused: %v", e.Endpoint, e.Err)
	case Resumed:
		return fmt.Sprintf("endpoint %s answers again after %s", e.Endpoint, e.For.Round(time.Millisecond))
	case Lost:
		return fmt.Sprintf("endpoint %s given up after %s: %v", e.Endpoint, e.For.Round(time.Millisecond), e.Err)
	}
	return fmt.Sprintf("endpoint %s: asking again: %v", e.Endpoint, e.Err)
}

// Backoff is a pause that doubles from Min to Max, of which the upper half is
// chance, so that clients do not return all at once.
type Backoff struct{ Min, Max time.Duration }

// delay returns the pause before attempt n, n from 1.
func (b Backoff) delay(n int, random float64) time.Duration {
	d := b.Min
	for ; n > 1 && d < b.Max; n-- {
		d *= 2
	}
	d = min(d, b.Max)
	return d/2 + time.Duration(random*float64(d/2))
}

// ErrServerWait is the cause when the last endpoint stayed in trouble for
// longer than ServerWait. The run can be resumed.
var ErrServerWait = errors.New("no endpoint answers")

// Pool implements [harness.Dispatcher]. A pool serves one Run at a time.
type Pool struct {
	endpoints []Endpoint
	opts      Options
	dropped   atomic.Int64
	retries   atomic.Int64
}

var _ harness.Dispatcher = (*Pool)(nil)

// New returns a pool over endpoints that serve the same model; see [Agree].
func New(endpoints []Endpoint, o Options) *Pool {
	o.defaults()
	return &Pool{endpoints: endpoints, opts: o}
}

func (o *Options) defaults() {
	if o.Tries <= 0 {
		o.Tries = 3
	}
	if o.Backoff == (Backoff{}) {
		o.Backoff = Backoff{200 * time.Millisecond, 10 * time.Second}
	}
	if o.Probe == (Backoff{}) {
		o.Probe = Backoff{250 * time.Millisecond, 15 * time.Second}
	}
	if o.ServerWait == 0 {
		o.ServerWait = 10 * time.Minute
	}
	if o.Verify == nil {
		o.Verify = func(context.Context, Endpoint) error { return nil }
	}
	if o.OnTrouble == nil {
		o.OnTrouble = func(Event) {}
	}
	if o.Sleep == nil {
		o.Sleep = sleep
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Random == nil {
		o.Random = rand.Float64
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Dropped is the number of jobs that were in flight when a Run was cancelled
// and whose answers are lost.
func (p *Pool) Dropped() int64 { return p.dropped.Load() }

// Retries is the number of tries that samples lost.
func (p *Pool) Retries() int64 { return p.retries.Load() }

// Agree compares the identities that endpoints gave and refuses the first one
// whose facts differ from those of the first endpoint, by name. endpoints and
// identities are in the same order.
func Agree(endpoints []Endpoint, identities []harness.Identity) error {
	for i := range identities {
		diff := harness.Diff(identities[0], identities[i])
		if len(diff) == 0 {
			continue
		}
		d := diff[0]
		err := fmt.Errorf("endpoint %s: serves another model than %s: %s is %s there and %s here",
			endpoints[i].Name, endpoints[0].Name, d.Fact, d.Old, d.New)
		return harness.Hint(err, "give only endpoints of the same server version, model digest, options and hardware class, or measure them apart")
	}
	return nil
}
