package harness

import (
	"context"
	"time"
)

// Model generates answers: one runner's view of one model on one endpoint.
// Generate returns a whole answer or a [*Fault]; it never returns a part of an
// answer as if it were whole. It is safe for concurrent use.
type Model interface {
	Generate(ctx context.Context, req Request) (Response, error)
}

// Describer is a Model that can say what exactly it is.
type Describer interface {
	Describe(ctx context.Context) (Identity, error)
}

// Warmer is a Model that must be loaded before it is timed. Load returns when
// a generation can start without loading anything.
type Warmer interface {
	Load(ctx context.Context, p Params) error
}

// Prober is a Model whose server can be asked whether it is alive. Probe is
// cheap and generates nothing.
type Prober interface {
	Probe(ctx context.Context) error
}

// Request asks for one generation.
type Request struct {
	Messages []Message
	Params   Params
	Seed     int64
}

// Finish says how a generation ended.
type Finish string

// The ways in which a whole generation ends.
const (
	FinishStop   Finish = "stop"   // the model ended its answer
	FinishLength Finish = "length" // the token limit or the context was reached
	FinishRepeat Finish = "repeat" // the server gave up on a model that repeats itself
	FinishSize   Finish = "size"   // cancelled by us: over 1 MiB of answer
)

// Response is one whole answer with the server's own counts and times.
// Counts that a server does not report are -1; times are 0.
type Response struct {
	Text     string // the answer, raw: it may hold invalid UTF-8
	Thinking string // the reasoning that the server separated from the answer
	Finish   Finish
	Sent     []byte // the exact request body

	PromptTokens int
	OutputTokens int
	Load         time.Duration // server: loading the model
	Prompt       time.Duration // server: evaluating the prompt
	Eval         time.Duration // server: generating

	Endpoint   string
	Start      time.Time
	FirstToken time.Duration // client: until the first piece of the answer
	Wall       time.Duration // client: the whole call
	Flags      []string      // remarks of the runner, such as "cold" or "thinking_leak"
}

// Identity is what a model on an endpoint is, as the server tells it. A fact
// that the server does not offer is nil and has an entry in Missing.
type Identity struct {
	Runner string `json:"runner"` // ollama, openai
	Name   string `json:"name"`   // as asked for

	Server     *string  `json:"server"`     // server version
	Digest     *string  `json:"digest"`     // of the manifest: weights, template and parameters
	Weights    *string  `json:"weights"`    // SHA-256 of the weight file
	Show       *string  `json:"show"`       // hash of the sorted description
	Template   *string  `json:"template"`   // hash of a fixed conversation as the server renders it
	Family     *string  `json:"family"`     // architecture family
	Parameters *string  `json:"parameters"` // such as "8.2B"
	Quant      *string  `json:"quant"`      // quantization level
	Context    *int     `json:"context"`    // context in force, tokens
	Trained    *int     `json:"trained"`    // trained context, tokens
	Offload    *float64 `json:"offload"`    // share of the model in GPU memory, 0..1
	Thinking   *bool    `json:"thinking"`   // the model can reason before it answers
	System     *string  `json:"system"`     // hash of a built-in system prompt; nil when there is none
	Missing    []string `json:"missing"`    // facts that the server does not offer, with the reason
	Warnings   []string `json:"warnings"`   // what a reader must know about this endpoint
	Slots      int      `json:"-"`          // generations served at a time, as measured or told
	SlotsFrom  string   `json:"-"`          // flag, measured or assumed
	Address    string   `json:"-"`          // endpoint
	Dialect    string   `json:"-"`          // runner-specific protocol variant, such as "0.30"
	Own        *Params  `json:"-"`          // samplers that the model declares for itself; nil where none is known
}

// Facts returns the digest of everything in the identity that shapes answers.
// A difference between start and end of a run, or between endpoints, means that
// two different things were measured.
func (i Identity) Facts() Hash {
	i.Warnings, i.Missing = nil, nil
	h, err := HashJSON(i)
	if err != nil { // plain data: cannot fail
		panic(err)
	}
	return h
}

// ModelDigest is the digest that stands for the model in a sample's identity:
// the manifest's, else the runner and name, which is all that is known then.
func (i Identity) ModelDigest() string {
	if i.Digest != nil {
		return *i.Digest
	}
	return i.Runner + "/" + i.Name
}

// Difference is one fact in which two identities differ.
type Difference struct {
	Fact     string `json:"fact"`
	Old, New string
}
