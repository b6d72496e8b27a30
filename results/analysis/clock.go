package analysis

import (
	"encoding/json"
	"maps"
	"slices"
	"time"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/results"
)

// Circumstances are what a run cost and how it went: nothing that a figure
// depends on.
type Circumstances struct {
	Tries     int64            // generations attempted
	Retries   int64            // of Tries, those after a sample's first
	Causes    map[string]int64 // why samples were errored or unscored
	Flags     map[string]int64 // remarks of the runners, such as "cold"
	Endpoints []Endpoint       // sorted by address
	Phases    []Phase          // one per model that has rows, in plan order
}

// Endpoint is the share of one server.
type Endpoint struct {
	Address string
	Samples int64
}

// Phase is the speed of one model. Run.Meta may tell it as
// {"phases":[{"model","slots","samples","span_ns","busy_ns","prompt_tokens",
// "output_tokens","canaries","flips"}]}, several of one model being added (one
// per resume); what it does not tell is measured from the rows.
type Phase struct {
	Model        string        `json:"model"`
	Slots        int           `json:"slots"` // 0 when unknown
	Samples      int64         `json:"samples"`
	Span         time.Duration `json:"span_ns"` // time in which at least one call was open
	Busy         time.Duration `json:"busy_ns"` // sum of the calls' wall times
	PromptTokens int64         `json:"prompt_tokens"`
	OutputTokens int64         `json:"output_tokens"`
	Canaries     int           `json:"canaries"`
	Flips        int           `json:"flips"` // canaries that answered otherwise the second time
}

// SlotUse is the share of the slots' time that calls filled; false when unknown.
func (p Phase) SlotUse() (float64, bool) {
	if p.Slots <= 0 || p.Span <= 0 {
		return 0, false
	}
	return min(1, float64(p.Busy)/(float64(p.Slots)*float64(p.Span))), true
}

// Rate is samples and generated tokens per second; false when unknown.
func (p Phase) Rate() (samples, tokens float64, ok bool) {
	if p.Span <= 0 || p.Samples == 0 {
		return 0, 0, false
	}
	s := p.Span.Seconds()
	return float64(p.Samples) / s, float64(p.OutputTokens) / s, true
}

// clock gathers times while rows stream through.
type clock struct {
	run       results.Run
	c         Circumstances
	endpoints map[string]int64
	phases    []Phase
	spans     []spans
}

func newClock(run results.Run) *clock {
	c := &clock{run: run, endpoints: map[string]int64{}, phases: make([]Phase, len(run.Models)),
		spans: make([]spans, len(run.Models))}
	c.c.Causes, c.c.Flags = map[string]int64{}, map[string]int64{}
	for i, m := range run.Models {
		c.phases[i].Model = m.Spec
	}
	return c
}

func (c *clock) add(row *results.Row) {
	c.c.Tries += int64(row.Tries)
	c.c.Retries += int64(max(row.Tries-1, 0))
	if row.Cause != "" && row.Status != harness.Scored {
		count(c.c.Causes, row.Cause)
	}
	for _, f := range row.Flags {
		count(c.c.Flags, f)
	}
	if row.Endpoint != "" {
		count(c.endpoints, row.Endpoint)
	}
	p := &c.phases[row.Model]
	p.Samples++
	p.PromptTokens += int64(max(row.PromptTokens, 0))
	p.OutputTokens += int64(max(row.OutputTokens, 0))
	if row.Wall > 0 && !row.Start.IsZero() {
		p.Busy += row.Wall
		c.spans[row.Model].add(row.Start, row.Start.Add(row.Wall))
	}
}

func (c *clock) result() Circumstances {
	for _, a := range slices.Sorted(maps.Keys(c.endpoints)) {
		c.c.Endpoints = append(c.c.Endpoints, Endpoint{a, c.endpoints[a]})
	}
	told := c.told()
	for i, p := range c.phases {
		p.Span = c.spans[i].total()
		if t, ok := told[p.Model]; ok {
			p.Slots, p.Canaries, p.Flips = t.Slots, t.Canaries, t.Flips
			if t.Samples == p.Samples && t.Span > 0 { // else it tells of a part only
				p.Span, p.Busy = t.Span, t.Busy
			}
		}
		if p.Slots == 0 {
			p.Slots = c.run.Models[i].Identity.Slots
		}
		if p.Samples > 0 {
			c.c.Phases = append(c.c.Phases, p)
		}
	}
	return c.c
}

// told reads the phases that the run's metadata holds, added by model.
func (c *clock) told() map[string]Phase {
	var meta struct {
		Phases []Phase `json:"phases"`
	}
	if err := json.Unmarshal(c.run.Meta, &meta); err != nil {
		return nil // absent, or of another shape: the rows tell enough
	}
	out := map[string]Phase{}
	for _, p := range meta.Phases {
		t := out[p.Model]
		t.Slots = max(t.Slots, p.Slots)
		t.Samples += p.Samples
		t.Span += p.Span
		t.Busy += p.Busy
		t.Canaries += p.Canaries
		t.Flips += p.Flips
		out[p.Model] = t
	}
	return out
}

// spans is a union of time intervals, sorted and disjoint. Intervals that lie
// closer than a second are joined, so that the list stays short.
type spans []span

type span struct{ from, to time.Time }

const joined = time.Second

func (s *spans) add(from, to time.Time) {
	l := *s
	i, _ := slices.BinarySearchFunc(l, from, func(a span, t time.Time) int {
		if a.to.Add(joined).Before(t) {
			return -1
		}
		return 1
	})
	j := i
	for j < len(l) && !l[j].from.After(to.Add(joined)) {
		if l[j].from.Before(from) {
			from = l[j].from
		}
		if l[j].to.After(to) {
			to = l[j].to
		}
		j++
	}
	*s = slices.Replace(l, i, j, span{from, to})
}

func (s spans) total() time.Duration {
	var d time.Duration
	for _, x := range s {
		d += x.to.Sub(x.from)
	}
	return d
}
