// Package results says what is kept of a run: the run itself, one narrow row
// per sample, and the bodies (requests and answers) by their hash. Store is the
// one interface to a place that keeps them; results/sqlite is the default, and
// every backend passes the conformance suite of results/storetest. What people
// and judges say about rows stands beside them in a Ledger that only grows.
//
//	run := results.Run{ID: id, Started: time.Now(), State: results.Running, Protocol: protocol}
//	err := store.Create(ctx, run)            // refuses an ID that exists
//	err = store.Append(ctx, id, sample)      // returns after COMMIT
//	for row, err := range store.Rows(ctx, id, results.Query{}) { … }
//
// The store is the record: nothing counts as done before Append has returned.
package results

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"time"

	"github.com/sovereign-eval/haetae/harness"
)

// State is the state of a run.
type State string

// The states of a run. Only Complete and Void are final: the others resume.
const (
	Running     State = "running"     // in progress, or its process died
	Interrupted State = "interrupted" // stopped by a signal
	Incomplete  State = "incomplete"  // ended with errors or undone samples
	Complete    State = "complete"
	Void        State = "void" // the server changed while it was measured
)

// Run is one execution of a protocol.
type Run struct {
	ID       string
	State    State
	Started  time.Time
	Ended    time.Time // zero while it runs
	Seed     int64
	Epochs   int
	Planned  int64           // samples in the plan
	Protocol json.RawMessage // everything fixed before the first call; see harness/spec
	Models   []Model
	Tasks    []Task
	Resumes  int
	Meta     json.RawMessage // measured circumstances: slots, throughput, flip rate, retries
	Reason   string          // why it is void or incomplete
}

// Model is one model of a run, with the identity read at its start.
type Model struct {
	Spec     string            `json:"spec"` // as asked for, such as "ollama/qwen3:8b"
	Identity harness.Identity  `json:"identity"`
	Params   []harness.Params  `json:"params"` // resolved, one per task in plan order
	End      *harness.Identity `json:"end,omitempty"`
}

// Task is one task of a run.
type Task struct {
	Name    string            `json:"name"`
	Title   map[string]string `json:"title"`
	Version string            `json:"version"`
	Kind    harness.Kind      `json:"kind"`
	Digest  harness.Hash      `json:"digest"`
	Data    harness.Hash      `json:"data"`
	Path    string            `json:"path"`  // where it was read; "builtin:NAME" for shipped tasks
	Count   int               `json:"count"` // items in the plan, after the limit
	Licence string            `json:"licence"`
	Source  string            `json:"source"`
	Spec    json.RawMessage   `json:"spec"`
	Metrics []harness.Metric  `json:"metrics"`
	Notes   []string          `json:"notes,omitempty"`
	Epochs  int               `json:"epochs,omitempty"`  // where it differs from the run's
	Battery *Battery          `json:"battery,omitempty"` // safety tasks only
}

// Repeats is the number of repetitions of the task's items in a run.
func (r Run) Repeats(task int) int {
	if e := r.Tasks[task].Epochs; e > 0 {
		return e
	}
	return max(r.Epochs, 1)
}

// Battery is what was fixed for a safety task before the first call and what a
// report must set beside its rates.
type Battery struct {
	// Floor is the highest upper bound of harmful compliance with which a model may
	// stand in an order; nil where the suite declares none: then there is no order.
	Floor *float64 `json:"floor,omitempty"`
	// Weight is the task's weight in a figure over several batteries; nil where the
	// suite declares none: then there is no such figure.
	Weight   *float64   `json:"weight,omitempty"`
	Attacks  []Attack   `json:"attacks,omitempty"`  // variants that are reported apart
	Baseline []Baseline `json:"baseline,omitempty"` // one per language
	Untested []Text     `json:"untested,omitempty"` // what the taxonomy says no battery covers
}

// Attack is one form of attack that was asked for.
type Attack struct {
	Name   string `json:"name"`
	Family string `json:"family,omitempty"` // "" for variants written by hand
}

// Baseline is how well the best filter of prompts alone does on a battery: a model
// that does no better has shown no more than a list of words knows.
type Baseline struct {
	Lang    string  `json:"lang"`
	Filter  string  `json:"filter"`           // word or character
	AUC     float64 `json:"auc"`              // that a harmful prompt scores above a benign one
	Harmful float64 `json:"harmful"`          // share of harmful prompts that it would refuse
	Benign  float64 `json:"benign"`           // share of benign prompts that it would refuse
	Reason  string  `json:"reason,omitempty"` // why there are no figures
}

// Text is a text by language code.
type Text map[string]string

// Row is the narrow record of one sample: facts only, bodies by hash.
type Row struct {
	Seq      int64 // commit order within the store
	Index    int64 // place in the plan
	ID, Key  harness.Hash
	Model    int // place in Run.Models
	Task     int // place in Run.Tasks
	Epoch    int
	Item     string
	Variant  string
	Cluster  string
	Lang     string
	Side     harness.Side
	Category string
	Twin     string

	Status harness.Status
	Cause  string
	Error  string
	Scores []harness.Score
	Tries  int

	Finish       harness.Finish
	PromptTokens int
	OutputTokens int
	Load         time.Duration
	Prompt       time.Duration
	Eval         time.Duration
	FirstToken   time.Duration
	Wall         time.Duration
	Start        time.Time
	Endpoint     string
	Flags        []string

	RequestHash  harness.Hash // body: the exact request; zero when none was sent
	ResponseHash harness.Hash // body: the raw answer; zero when there is none
	ThinkingHash harness.Hash // body: separated reasoning; zero when there is none
}

// Query selects rows. Zero fields select everything. Rows come in plan order.
type Query struct {
	Model    *int
	Task     *int
	Status   harness.Status
	ID       string // prefix of a sample ID
	After    int64  // only Index > After when HasAfter
	HasAfter bool
	Limit    int
}

// Sentinels of every store. A sample ID or run ID is not found or exists
// already; a store is locked, newer, corrupt, foreign, full, read-only or closed.
// What a person can do about it comes with the error: harness.HintError.
var (
	ErrNotFound  = errors.New("not found")
	ErrAmbiguous = errors.New("ambiguous")
	ErrExists    = errors.New("exists already")
	ErrLocked    = errors.New("in use by another process")
	ErrNewer     = errors.New("written by a newer version")
	ErrCorrupt   = errors.New("corrupt")
	ErrForeign   = errors.New("not a store") // a file of another program
	ErrFull      = errors.New("no space left")
	ErrReadOnly  = errors.New("read-only")
	ErrClosed    = errors.New("the store is closed")
)

// Store keeps runs, and what is said about them. Implementations are safe for
// concurrent use.
type Store interface {
	Ledger
	// Create adds a run; ErrExists if the ID is taken.
	Create(ctx context.Context, r Run) error
	// Update replaces what changes in a run: State, Ended, Resumes, Meta, Reason, Models.
	Update(ctx context.Context, r Run) error
	// Run returns one run by ID, unique prefix, or "last"; ErrNotFound or ErrAmbiguous.
	Run(ctx context.Context, id string) (Run, error)
	// Runs returns all runs, oldest first.
	Runs(ctx context.Context) ([]Run, error)
	// Append commits one sample and returns after COMMIT. Concurrent calls share
	// a transaction. A sample ID or a place in the plan that the run already holds
	// is ErrExists. When ctx ends first, nothing is stored; once the commit has
	// begun its outcome is returned. An empty answer is kept as a body of 0 bytes.
	Append(ctx context.Context, run string, s harness.Sample) error
	// Rows yields the rows of a run, named by its whole ID, in plan order, without
	// holding them or a lock: the loop may call the store. A row that is committed
	// meanwhile may appear or not.
	Rows(ctx context.Context, run string, q Query) iter.Seq2[Row, error]
	// Done yields index, sample ID and status of every stored sample in plan order:
	// all that resume needs.
	Done(ctx context.Context, run string) iter.Seq2[Done, error]
	// Forget removes errored rows of a run, so that a resume asks them again.
	// It returns how many it removed; their record stays in the run's history.
	Forget(ctx context.Context, run string) (int64, error)
	// Rescore replaces the status, cause and scores of one stored sample.
	Rescore(ctx context.Context, run string, id harness.Hash, status harness.Status, cause string, scores []harness.Score) error
	// Body returns a stored body by its hash.
	Body(ctx context.Context, h harness.Hash) ([]byte, error)
	// Close returns when all is stored. Every call after it gives ErrClosed, a
	// second Close nil.
	Close() error
}

// Done is what a resume needs to know of a stored sample.
type Done struct {
	Index  int64
	ID     harness.Hash
	Status harness.Status
}
