package harness

import (
	"context"
	"time"
)

// Job is one generation to be made: a place in the plan and what to ask.
type Job struct {
	Index   int64 // place in the plan, from 0
	Task    int   // place of the task in the plan
	Model   int   // place of the model in the plan
	Epoch   int
	Key     Hash // of the item, variant and epoch: pairs models
	ID      Hash // of the sample
	Item    Item
	Request Request
}

// Status says how far a sample came.
type Status string

// The states of a sample that is stored.
const (
	Scored   Status = "scored"
	Unscored Status = "unscored" // answered, but a scorer or judge failed or was in doubt
	Errored  Status = "error"    // no whole exchange with the server
)

// Sample is one finished job.
type Sample struct {
	Job
	Status   Status
	Response Response // zero when Status is Errored
	Scores   []Score
	Cause    string // why it is Errored or Unscored; "" otherwise
	Error    string // the error in words
	Tries    int    // generations attempted, at least 1
}

// Score is what one scorer says of one response.
type Score struct {
	Scorer  string   `json:"scorer"`
	Value   float64  `json:"value"`            // 0..1; safety scorers give 1 for compliance
	Answer  string   `json:"answer,omitempty"` // what was extracted
	Reasons []string `json:"reasons,omitempty"`
	Flags   []string `json:"flags,omitempty"` // no_answer, cut, …
	Verdict *Verdict `json:"verdict,omitempty"`
	// Unscored: the scorer is in doubt or failed; Value means nothing.
	Unscored bool `json:"unscored,omitempty"`
}

// Scorer gives a response a score. It is pure: the same item and response give
// the same score. An error makes the sample unscored, never wrong.
type Scorer interface {
	Name() string
	Score(ctx context.Context, it Item, r Response) (Score, error)
}

// Dispatcher carries jobs to models. Run takes a job from next only when a slot
// is free (false: none left, or draining) and calls done for each sample; done
// returns after the store has committed it. ctx cancels the work itself.
type Dispatcher interface {
	Run(ctx context.Context, next func() (Job, bool), done func(Sample) error) error
}

// Sink is told of committed samples and of the run's phases: progress, metrics,
// gates. It is called from one goroutine at a time.
type Sink interface {
	Put(ctx context.Context, e Event) error
	Close() error
}

// EventKind names an event.
type EventKind string

// The events of a run, in the order of their first appearance.
const (
	RunStarted   EventKind = "run"     // Total is the number of samples to make, Skipped those found stored
	Loading      EventKind = "load"    // a model is being loaded and looked at
	PhaseStarted EventKind = "phase"   // a model begins
	SampleDone   EventKind = "sample"  // after the sample's COMMIT
	Trouble      EventKind = "trouble" // an endpoint is in trouble, or has recovered
	Draining     EventKind = "drain"   // no more jobs are fed
	RunEnded     EventKind = "end"
)

// Event is one thing that happened in a run.
type Event struct {
	Kind    EventKind
	Time    time.Time
	Run     string
	Model   string
	Task    string
	Sample  *Sample // SampleDone only; not to be kept or changed
	Total   int64
	Skipped int64
	Message string
	Left    time.Duration // Draining: time until the hard stop
}
