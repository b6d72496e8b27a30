package harness

import (
	"context"
	"encoding/json"
	"iter"
)

// Kind says what a task measures.
type Kind string

// The kinds of task.
const (
	Capability Kind = "capability" // how well a model answers
	Safety     Kind = "safety"     // what a model refuses and what it helps with
)

// Side is the side of a safety item. Capability items have none.
type Side string

// The sides of a safety item.
const (
	Harmful Side = "harmful" // the safe answer declines
	Benign  Side = "benign"  // the right answer helps
)

// Task is one benchmark or battery, read and checked.
type Task struct {
	Name    string
	Title   map[string]string // language code -> title
	Version string
	Kind    Kind
	Licence string
	Source  string

	Digest     Hash // of the resolved specification and of the data
	DataDigest Hash // of the data file's bytes; zero when the data is generated
	Path       string
	Spec       json.RawMessage // the resolved specification, kept with the run
	Count      int             // items, all variants counted, before any limit
	Languages  []string        // languages of the items, sorted; empty when undeclared

	Params  Params // what the task asks for; zero fields are open
	Scorers []Scorer
	Metrics []Metric
	Notes   []string // facts that a report must state, such as "0-shot: no training file given"
	Epochs  int      // repetitions of each item; 0 where the plan says
	// Attacks name the variants that are forms of attack on an item, or hand-written
	// registers and dialects of it: they are reported apart and enter no rate of the
	// plain items. An item that has a variant of its own carries the name after "+".
	Attacks []string

	// Items yields the items in their order. It can be called many times and
	// holds no more than a few items in memory. seed decides what the task
	// derives by chance, such as the order of choices. An error ends it.
	Items func(ctx context.Context, seed int64) iter.Seq2[Item, error]
}

// Item is one row of a task's data in one variant, rendered and ready to ask.
type Item struct {
	ID       string
	Variant  string // "" when the row has one form
	Cluster  string // rows that share a source; "" when the item stands alone
	Lang     string // BCP 47 code of the prompt, such as "ko"; "" when undeclared
	Side     Side   // safety items only
	Category string // hazard, subject or topic; "" when undeclared
	Twin     string // ID of the item on the other side; "" when there is none
	Messages []Message
	Fields   Fields // the row, for scorers
}

// Source names what the item shares with others of its task: its cluster; without
// one, its twin, by the smaller ID of the two; else the item itself.
func (it *Item) Source() string {
	switch {
	case it.Cluster != "":
		return it.Cluster
	case it.Twin != "":
		return min(it.ID, it.Twin)
	}
	return it.ID
}

// Fields are the values of a row by name: strings, float64, bool, nil, lists
// and maps as encoding/json gives them, numbers as json.Number.
type Fields map[string]any

// Metric is an aggregate of one scorer's values over the samples of a task.
type Metric struct {
	Name   string            `json:"name"`
	Scorer string            `json:"scorer,omitempty"` // the scorer it aggregates; "" is the first
	Where  map[string]string `json:"where,omitempty"`  // field -> value that an item must have
	// LowerIsBetter: code never guesses the direction from a name.
	LowerIsBetter bool `json:"lower_is_better,omitempty"`
	// Graded: scores take more than the values 0 and 1.
	Graded bool `json:"graded,omitempty"`
}

// Message is one turn of a conversation.
type Message struct {
	Role    string `json:"role"` // system, user or assistant
	Content string `json:"content"`
}

// Params are the generation parameters of a request. Every field is sent, so
// that no server default decides a measurement; a nil pointer or zero field is
// open and is resolved by flag, suite, task and default, in this order, before
// the first call.
type Params struct {
	MaxTokens     int      `json:"max_tokens,omitempty"` // new tokens, > 0 once resolved
	NumCtx        int      `json:"num_ctx,omitempty"`    // context in tokens
	NumBatch      int      `json:"num_batch,omitempty"`
	Temperature   *float64 `json:"temperature,omitempty"`
	TopK          *int     `json:"top_k,omitempty"`
	TopP          *float64 `json:"top_p,omitempty"`
	MinP          *float64 `json:"min_p,omitempty"`
	TypicalP      *float64 `json:"typical_p,omitempty"`
	RepeatPenalty *float64 `json:"repeat_penalty,omitempty"`
	RepeatLastN   *int     `json:"repeat_last_n,omitempty"`
	Presence      *float64 `json:"presence_penalty,omitempty"`
	Frequency     *float64 `json:"frequency_penalty,omitempty"`
	Stop          []string `json:"stop,omitempty"`
	Think         string   `json:"think,omitempty"`        // off, on, low, medium, high; "" where the model has none
	ThinkTokens   int      `json:"think_tokens,omitempty"` // added to MaxTokens
	// Schema is a JSON schema that the answer must follow; nil is free text.
	Schema json.RawMessage `json:"schema,omitempty"`
	// Sampling says where open samplers come from: "" is the neutral defaults of
	// [DefaultParams], [OwnSampling] what the model declares for itself.
	Sampling string `json:"sampling,omitempty"`
}

// OwnSampling asks for the samplers that a model declares for itself. They are
// read before the first call and sent like any others.
const OwnSampling = "model"

// WithoutSamplers returns p with every sampler open.
func (p Params) WithoutSamplers() Params {
	p.Temperature, p.TopK, p.TopP, p.MinP, p.TypicalP = nil, nil, nil, nil, nil
	p.RepeatPenalty, p.RepeatLastN, p.Presence, p.Frequency = nil, nil, nil, nil
	return p
}

// UsualSampling are the samplers of a model that is asked for its own and declares
// none: the defaults that Ollama documents for a model file.
func UsualSampling() Params {
	return Params{Temperature: new(0.8), TopK: new(40), TopP: new(0.9), MinP: new(0.0)}
}

// Over returns p with its open fields filled from base.
func (p Params) Over(base Params) Params {
	fill(&p.MaxTokens, base.MaxTokens)
	fill(&p.NumCtx, base.NumCtx)
	fill(&p.NumBatch, base.NumBatch)
	fill(&p.Temperature, base.Temperature)
	fill(&p.TopK, base.TopK)
	fill(&p.TopP, base.TopP)
	fill(&p.MinP, base.MinP)
	fill(&p.TypicalP, base.TypicalP)
	fill(&p.RepeatPenalty, base.RepeatPenalty)
	fill(&p.RepeatLastN, base.RepeatLastN)
	fill(&p.Presence, base.Presence)
	fill(&p.Frequency, base.Frequency)
	if p.Stop == nil {
		p.Stop = base.Stop
	}
	fill(&p.Think, base.Think)
	fill(&p.ThinkTokens, base.ThinkTokens)
	if p.Schema == nil {
		p.Schema = base.Schema
	}
	fill(&p.Sampling, base.Sampling)
	return p
}

// DefaultParams are the values that stand where flag, suite and task are
// silent: greedy decoding with every sampler neutral. NumCtx 4096 is lowered to
// a model's trained context by the engine.
func DefaultParams() Params {
	return Params{
		MaxTokens: 256, NumCtx: 4096, NumBatch: 512,
		Temperature: new(0.0), TopK: new(40), TopP: new(1.0), MinP: new(0.0), TypicalP: new(1.0),
		RepeatPenalty: new(1.0), RepeatLastN: new(64), Presence: new(0.0), Frequency: new(0.0),
		Think: "off",
	}
}

func fill[T comparable](dst *T, base T) {
	var zero T
	if *dst == zero {
		*dst = base
	}
}
