package ollama

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/sovereign-eval/haetae/harness"
)

// numKeep is sent because every option is; it has no effect while shift is
// false.
const numKeep = 4

// profile is everything but messages and seed of a request: the parts that all
// requests with the same parameters share, encoded once.
type profile struct {
	params harness.Params // as asked for; the key of the cache
	facts  *facts
	head   []byte // up to and with "messages":[
	tail   []byte // from ] on, up to and with "seed":
	end    []byte // what closes the body
	// context is the number of tokens that a prompt must stay under.
	context int
	think   string // as sent: "", off, on, low, medium or high
	flags   []string
}

// newProfile encodes p for a model with the given facts. Open fields are filled
// from [harness.DefaultParams].
func newProfile(name string, keepAlive time.Duration, f *facts, p harness.Params) (*profile, error) {
	asked := p
	p = p.Over(harness.DefaultParams())
	if err := checkParams(p); err != nil {
		return nil, err
	}
	think, flags, err := resolveThink(f, p.Think)
	if err != nil {
		return nil, err
	}
	r := &profile{params: asked, facts: f, context: f.context(p.NumCtx), think: think, flags: flags}
	r.head = append(appendString([]byte(`{"model":`), name), `,"messages":[`...)
	t := append([]byte(`],"stream":true,"keep_alive":`), keepAliveSeconds(keepAlive)...)
	t = append(t, `,"truncate":false,"shift":false`...)
	if think != "" {
		t = append(append(t, `,"think":`...), thinkValue(think)...)
	}
	predict := p.MaxTokens
	if think != "" && think != "off" {
		predict += p.ThinkTokens
	}
	r.tail = appendOptions(append(t, `,"options":`...), f, p, predict)
	r.end = []byte("}}")
	if p.Schema != nil {
		if !json.Valid(p.Schema) {
			return nil, errors.New("schema: not JSON")
		}
		r.end = append(append([]byte(`},"format":`), p.Schema...), '}')
	}
	return r, nil
}

// appendOptions appends the options object without its last value, the seed.
// The names are the JSON names of api.Options, which a test holds them to.
func appendOptions(t []byte, f *facts, p harness.Params, predict int) []byte {
	integer := func(name string, v int) {
		t = append(append(append(t, '"'), name...), `":`...)
		t = append(strconv.AppendInt(t, int64(v), 10), ',')
	}
	number := func(name string, v float64) {
		t = append(append(append(t, '"'), name...), `":`...)
		t = append(appendFloat(t, v), ',')
	}
	t = append(t, '{')
	integer("num_ctx", p.NumCtx)
	integer("num_batch", p.NumBatch)
	integer("num_keep", numKeep)
	integer("num_predict", predict)
	number("temperature", *p.Temperature)
	integer("top_k", *p.TopK)
	number("top_p", *p.TopP)
	number("min_p", *p.MinP)
	number("typical_p", *p.TypicalP)
	number("repeat_penalty", *p.RepeatPenalty)
	integer("repeat_last_n", *p.RepeatLastN)
	number("presence_penalty", *p.Presence)
	number("frequency_penalty", *p.Frequency)
	if f.dialect.draft {
		integer("draft_num_predict", 0)
	}
	if len(p.Stop) > 0 {
		t = append(t, `"stop":[`...)
		for i, s := range stops(p.Stop, f.stops) {
			if i > 0 {
				t = append(t, ',')
			}
			t = appendString(t, s)
		}
		t = append(t, `],`...)
	}
	return append(t, `"seed":`...)
}

// stops returns the asked stop strings and the model's own: a list in the
// request replaces the model's, which ends its turns.
func stops(asked, model []string) []string {
	out := append([]string(nil), asked...)
next:
	for _, m := range model {
		for _, s := range out {
			if s == m {
				continue next
			}
		}
		out = append(out, m)
	}
	return out
}

// body encodes a whole request.
func (r *profile) body(messages []harness.Message, seed int64) []byte {
	n := len(r.head) + len(r.tail) + len(r.end) + 24
	for i := range messages {
		n += len(messages[i].Content) + len(messages[i].Content)/8 + 48
	}
	b := append(make([]byte, 0, n), r.head...)
	for i := range messages {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(append(b, `{"role":`...), messages[i].Role)
		b = appendString(append(b, `,"content":`...), messages[i].Content)
		b = append(b, '}')
	}
	b = strconv.AppendInt(append(b, r.tail...), seed, 10)
	return append(b, r.end...)
}

func checkParams(p harness.Params) error {
	switch {
	case p.MaxTokens <= 0:
		return fmt.Errorf("max_tokens %d: must be positive, since a server takes 0 for no limit", p.MaxTokens)
	case p.NumCtx <= 0:
		return fmt.Errorf("num_ctx %d: must be positive", p.NumCtx)
	case p.NumBatch <= 0:
		return fmt.Errorf("num_batch %d: must be positive", p.NumBatch)
	case p.ThinkTokens < 0:
		return fmt.Errorf("think_tokens %d: must not be negative", p.ThinkTokens)
	}
	for _, f := range []*float64{p.Temperature, p.TopP, p.MinP, p.TypicalP, p.RepeatPenalty, p.Presence, p.Frequency} {
		if math.IsNaN(*f) || math.IsInf(*f, 0) {
			return errors.New("a sampling parameter is not finite")
		}
	}
	return nil
}

// resolveThink decides what is sent for think. Models without the capability
// get nothing; models with it always get a value, since silence turns it on.
// Models of the gpt-oss family cannot stop thinking: off becomes low, flagged.
func resolveThink(f *facts, asked string) (sent string, flags []string, err error) {
	switch asked {
	case "":
		asked = "off"
	case "off", "on", "low", "medium", "high":
	default:
		return "", nil, fmt.Errorf("think %q: must be off, on, low, medium or high", asked)
	}
	switch {
	case f.thinking && asked == "off" && f.alwaysThinks:
		return "low", []string{"think_low"}, nil
	case f.thinking:
		return asked, nil, nil
	case asked == "off":
		return "", nil, nil
	}
	return "", nil, fmt.Errorf("think %q: the model cannot think", asked)
}

func thinkValue(think string) string {
	switch think {
	case "off":
		return "false"
	case "on":
		return "true"
	}
	return `"` + think + `"`
}

// keepAliveSeconds writes a duration as the number that servers of all versions
// take: seconds, or -1 for as long as the server runs.
func keepAliveSeconds(d time.Duration) string {
	if d < 0 {
		return "-1"
	}
	return strconv.FormatInt(int64(math.Ceil(d.Seconds())), 10)
}

// same tells whether two parameter sets would be sent alike, cheaply: by the
// values, and by the identity of what pointers share.
func same(a, b *harness.Params) bool {
	return a.MaxTokens == b.MaxTokens && a.NumCtx == b.NumCtx && a.NumBatch == b.NumBatch &&
		equal(a.Temperature, b.Temperature) && equal(a.TopK, b.TopK) && equal(a.TopP, b.TopP) &&
		equal(a.MinP, b.MinP) && equal(a.TypicalP, b.TypicalP) && equal(a.RepeatPenalty, b.RepeatPenalty) &&
		equal(a.RepeatLastN, b.RepeatLastN) && equal(a.Presence, b.Presence) && equal(a.Frequency, b.Frequency) &&
		a.Think == b.Think && a.ThinkTokens == b.ThinkTokens && a.Sampling == b.Sampling && sameStrings(a.Stop, b.Stop) && bytes.Equal(a.Schema, b.Schema)
}

func equal[T comparable](a, b *T) bool {
	return a == b || a != nil && b != nil && *a == *b
}

func sameStrings(a, b []string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}
