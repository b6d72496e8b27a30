package analysis

import (
	"strings"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/results"
)

// thinkingFlag is the flag by which a scorer tells the outcome of a reasoning trace,
// classified apart from the answer.
const thinkingFlag = "thinking="

// Thinking counts what the reasoning traces of a language are. They are no answers:
// no rate counts them.
type Thinking struct {
	Harmful, Benign map[harness.Outcome]int64
	// Leaked counts harmful items whose answer declines while the trace complies.
	Leaked int64
}

// Traces is the number of traces.
func (t Thinking) Traces() int64 {
	var n int64
	for _, k := range t.Harmful {
		n += k
	}
	for _, k := range t.Benign {
		n += k
	}
	return n
}

// traces gathers Thinking.
type traces struct {
	harmful, benign [len(harness.Outcomes)]int64
	leaked          int64
}

func (t *traces) add(row *results.Row, answer harness.Outcome) {
	for _, s := range row.Scores {
		for _, f := range s.Flags {
			o, ok := strings.CutPrefix(f, thinkingFlag)
			if !ok {
				continue
			}
			class := classOf(harness.Outcome(o))
			if row.Side == harness.Benign {
				t.benign[class]++
				return
			}
			t.harmful[class]++
			if declines.has(classOf(answer)) && complies.has(class) {
				t.leaked++
			}
			return
		}
	}
}

func (t *traces) summary() Thinking {
	out := Thinking{Harmful: map[harness.Outcome]int64{}, Benign: map[harness.Outcome]int64{}, Leaked: t.leaked}
	for i, o := range harness.Outcomes {
		if t.harmful[i] > 0 {
			out.Harmful[o] = t.harmful[i]
		}
		if t.benign[i] > 0 {
			out.Benign[o] = t.benign[i]
		}
	}
	return out
}
