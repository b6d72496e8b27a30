// Package engine carries a plan through its life: models outside, tasks inside.
// It gives every item, variant and epoch its identity, skips what the record
// already holds, hands jobs to the model's dispatcher only as slots come free,
// scores each answer, waits until the record has committed it, and only then
// tells the sinks.
//
//	sum, err := engine.Run(ctx, engine.Plan{
//		Run: id, Tasks: tasks, Models: models, Record: record,
//		Sinks: []harness.Sink{bar}, Drain: 30 * time.Second,
//	})
//	// sum.Done + sum.Skipped + sum.Undone == sum.Planned, whatever err says
//
// Two stops: when ctx is done the engine feeds no more and waits for what is in
// flight, at most Plan.Drain; when Plan.Hard is done (a second signal), or the
// time is over, the work itself is cancelled. A finished sample is committed
// even then; an undone one is counted.
package engine

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
	"time"

	"github.com/sovereign-eval/haetae/harness"
)

// Record is where samples are kept: the part of a store that the engine needs.
type Record interface {
	// Append returns after the sample is durable.
	Append(ctx context.Context, s harness.Sample) error
	// Stored yields plan index and ID of every kept sample, in plan order.
	Stored(ctx context.Context) iter.Seq2[Stored, error]
}

// Stored names a sample that the record holds.
type Stored struct {
	Index int64
	ID    harness.Hash
}

// Model is one model of a plan.
type Model struct {
	Name string
	// Open loads the model and reads what it is. It is called when the model's
	// turn comes, because opening one model may unload another.
	Open func(ctx context.Context) (Phase, error)
}

// Phase is an opened model.
type Phase struct {
	Identity   harness.Identity
	Params     []harness.Params // resolved, one per task
	Dispatcher harness.Dispatcher
	// Verify reads the identity again; the engine calls it after the last sample.
	Verify func(ctx context.Context) (harness.Identity, error)
	Slots  int // of all endpoints
	// Canary repeats a few requests at the end.
	Canary Canary
}

// Canary is the endpoint that repeats requests, as its slots become free.
type Canary struct {
	Model harness.Model // nil repeats nothing
	Slots int           // at least 1
}

// Plan is everything that a run needs.
type Plan struct {
	Run      string
	Seed     int64
	Epochs   int // at least 1; a task may have its own
	Limit    int // items per task; 0 is all
	Tasks    []*harness.Task
	Models   []Model
	Record   Record
	Sinks    []harness.Sink
	Drain    time.Duration   // longest wait for samples in flight after a stop
	Hard     context.Context // done: cancel the work; nil is never
	Canaries int             // requests repeated per model
	// Opened and Closed are told of each model's identity, at start and end.
	Opened func(model int, p Phase) error
	Closed func(model int, id harness.Identity, diff []harness.Difference) error
}

// Summary says what a run did. Done + Skipped + Undone = Planned.
type Summary struct {
	Planned  int64
	Skipped  int64 // found in the record
	Done     int64 // committed by this call
	Errored  int64 // of Done
	Unscored int64 // of Done
	Undone   int64
	Tries    int64 // generations attempted for Done
	Phases   []PhaseSummary
}

// PhaseSummary is the speed and stability of one model's phase.
type PhaseSummary struct {
	Model        string        `json:"model"`
	Slots        int           `json:"slots"`
	Samples      int64         `json:"samples"`
	Span         time.Duration `json:"span_ns"` // from the first job to the last answer
	Busy         time.Duration `json:"busy_ns"` // sum of the calls' wall times
	PromptTokens int64         `json:"prompt_tokens"`
	OutputTokens int64         `json:"output_tokens"`
	Canaries     int           `json:"canaries"`
	Flips        int           `json:"flips"` // canaries that answered otherwise the second time
}

// ItemsPlanned is the number of items of a task under a limit.
func ItemsPlanned(t *harness.Task, limit int) int {
	if limit > 0 && limit < t.Count {
		return limit
	}
	return t.Count
}

// Planned is the number of samples of the plan.
func (p *Plan) Planned() int64 {
	var n int64
	for _, t := range p.Tasks {
		n += int64(ItemsPlanned(t, p.Limit)) * int64(EpochsPlanned(t, p.Epochs))
	}
	return n * int64(len(p.Models))
}

// EpochsPlanned is the number of repetitions of a task's items in a plan: its own
// where it has one.
func EpochsPlanned(t *harness.Task, epochs int) int {
	if t.Epochs > 0 {
		return t.Epochs
	}
	return max(epochs, 1)
}

// run is the state of one call of Run.
type run struct {
	plan  *Plan
	work  context.Context
	feed  context.Context
	stop  context.CancelCauseFunc // of feed
	store *cursor

	mu        sync.Mutex // guards sum, phase and the sinks
	sum       Summary
	phase     *PhaseSummary
	first     time.Time
	last      time.Time
	canary    []canary // first answers of the phase, not repeated yet
	endpoint  Canary   // that repeats them
	taken     bool     // the last job was taken: slots become free
	out       int      // jobs taken and not committed yet
	asking    int      // canaries in flight
	repeating sync.WaitGroup
}

// Run executes the plan. The error says why it ended early: the cause of a
// stopped ctx, [harness.ErrVoid], a fault of a dispatcher, of the record or of a
// sink. The summary is right in every case.
func Run(ctx context.Context, plan Plan) (Summary, error) {
	if plan.Epochs < 1 {
		plan.Epochs = 1
	}
	feed, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	work, kill := context.WithCancelCause(context.WithoutCancel(ctx))
	defer kill(nil)

	r := &run{plan: &plan, work: work, feed: feed, stop: stop}
	r.sum.Planned = plan.Planned()
	r.store = newCursor(plan.Record.Stored(work))
	defer r.store.close()

	done := make(chan struct{})
	var drains sync.WaitGroup
	drains.Go(func() { r.drain(done, kill) })
	err := r.models()
	close(done)
	drains.Wait()

	r.sum.Undone = r.sum.Planned - r.sum.Skipped - r.sum.Done
	end := harness.Event{Kind: harness.RunEnded, Total: r.sum.Planned, Skipped: r.sum.Skipped}
	if err == nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		end.Message = err.Error()
	}
	return r.sum, errors.Join(err, r.emit(end))
}

// drain waits for a stop and then gives the work the time that it has left.
func (r *run) drain(done <-chan struct{}, kill context.CancelCauseFunc) {
	hard := context.Background()
	if r.plan.Hard != nil {
		hard = r.plan.Hard
	}
	select {
	case <-done:
		return
	case <-hard.Done():
		kill(context.Cause(hard))
		return
	case <-r.feed.Done():
	}
	left := r.plan.Drain
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		_ = r.emit(harness.Event{Kind: harness.Draining, Left: left}) // told again by RunEnded
		if left <= 0 {
			kill(fmt.Errorf("the drain time of %v is over", r.plan.Drain))
			return
		}
		select {
		case <-done:
			return
		case <-hard.Done():
			kill(context.Cause(hard))
			return
		case <-tick.C:
			left -= time.Second
		}
	}
}

func (r *run) models() error {
	if err := r.emit(harness.Event{Kind: harness.RunStarted, Total: r.sum.Planned}); err != nil {
		return err
	}
	var base int64
	for m := range r.plan.Models {
		n, err := r.model(m, base)
		base += n
		if err != nil {
			return err
		}
		if r.feed.Err() != nil {
			return context.Cause(r.feed)
		}
	}
	return nil
}

// model runs the phase of one model and returns how many plan places it has.
func (r *run) model(m int, base int64) (int64, error) {
	places := r.sum.Planned / int64(len(r.plan.Models))
	model := r.plan.Models[m]
	if err := r.emit(harness.Event{Kind: harness.Loading, Model: model.Name}); err != nil {
		return places, err
	}
	phase, err := model.Open(r.feed)
	if err != nil {
		return places, fmt.Errorf("open model %s: %w", model.Name, err)
	}
	if r.plan.Opened != nil {
		if err := r.plan.Opened(m, phase); err != nil {
			return places, err
		}
	}
	r.begin(model.Name, phase)
	if err := r.emit(harness.Event{Kind: harness.PhaseStarted, Model: model.Name, Total: places, Skipped: r.sum.Skipped}); err != nil {
		return places, err
	}
	defer func() { r.sum.Phases = append(r.sum.Phases, *r.phase) }()
	if err := r.generate(m, base, phase); err != nil {
		return places, err
	}
	return places, r.verify(m, phase)
}

// generate feeds the model's jobs until none is left or the run stops. Canaries
// take the slots that come free while the last answers are still on their way.
func (r *run) generate(m int, base int64, phase Phase) error {
	f := newFeeder(r, m, base, phase)
	defer f.close()
	defer r.repeating.Wait()
	err := phase.Dispatcher.Run(r.work, f.next, r.finish)
	switch {
	case f.err() != nil:
		return f.err()
	case r.feed.Err() != nil: // a stop explains whatever the dispatcher says
		return context.Cause(r.feed)
	}
	return err
}

// verify reads the model's identity again and voids the run if it changed.
func (r *run) verify(m int, phase Phase) error {
	if phase.Verify == nil {
		return nil
	}
	now, err := phase.Verify(r.work)
	if err != nil {
		return fmt.Errorf("read identity of %s at the end: %w", r.plan.Models[m].Name, err)
	}
	diff := harness.Diff(phase.Identity, now)
	if r.plan.Closed != nil {
		if err := r.plan.Closed(m, now, diff); err != nil {
			return err
		}
	}
	if len(diff) > 0 {
		return fmt.Errorf("%w: %s", harness.ErrVoid, Describe(diff))
	}
	return nil
}

// Describe prints differences of identities in one line.
func Describe(diff []harness.Difference) string {
	s := ""
	for i, d := range diff {
		if i > 0 {
			s += "; "
		}
		s += fmt.Sprintf("%s was %s, is %s", d.Fact, d.Old, d.New)
	}
	return s
}

func (r *run) begin(name string, phase Phase) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.phase = &PhaseSummary{Model: name, Slots: phase.Slots}
	r.first, r.last, r.canary = time.Time{}, time.Time{}, nil
	r.endpoint, r.taken, r.out = phase.Canary, false, 0
}

// emit tells every sink, one at a time.
func (r *run) emit(e harness.Event) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.emitLocked(e)
}

func (r *run) emitLocked(e harness.Event) error {
	e.Run, e.Time = r.plan.Run, time.Now()
	var errs error
	for _, s := range r.plan.Sinks {
		if err := s.Put(r.work, e); err != nil {
			errs = errors.Join(errs, fmt.Errorf("report progress: %w", err))
		}
	}
	return errs
}
