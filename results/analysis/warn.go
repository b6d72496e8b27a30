package analysis

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/results"
)

// SmallN is the number of scored samples below which a figure is called small.
const SmallN = 30

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// percent writes a share with one decimal and no sign.
func percent(share float64) string { return strconv.FormatFloat(100*share, 'f', 1, 64) }

// figureWarnings are the warnings of one figure, those of its estimate first.
func figureWarnings(f Figure, unplaced int64) []Warning {
	var out []Warning
	for _, w := range f.Estimate.Warnings {
		out = append(out, Warning{WarnStats + w.Code, []string{w.Message}})
	}
	if n := f.Estimate.N; n > 0 && n < SmallN {
		out = append(out, Warning{WarnSmall, []string{strconv.Itoa(n)}})
	}
	if !f.Complete() {
		out = append(out, Warning{WarnMissing, []string{itoa(f.Unscored), itoa(f.Errored), itoa(f.Planned)}})
	}
	if unplaced > 0 {
		out = append(out, Warning{WarnUnplaced, []string{itoa(unplaced)}})
	}
	return out
}

// warnings are those of the cell as a whole.
func (a *accumulator) warnings(c Cell) []Warning {
	var out []Warning
	add := func(code string, args ...string) { out = append(out, Warning{code, args}) }
	out = append(out, a.contextWarnings()...)
	for _, g := range c.Safety {
		if g.Harmful.Usable()+g.Benign.Usable() == 0 {
			add(WarnNoUsable, g.Lang)
		}
	}
	if c.Safety != nil && !slices.Equal(c.Makers, []string{"human"}) && c.Scored > 0 {
		add(WarnNotAudited, strings.Join(c.Makers, ", "))
	}
	for _, n := range []struct {
		code string
		n    int64
	}{{WarnNoVerdict, a.noVerdict}, {WarnNoSide, a.noSide}, {WarnBadScore, a.badScores}} {
		if n.n > 0 {
			add(n.code, itoa(n.n))
		}
	}
	if same, all := a.sameAnswer(); all >= SmallN && same >= MaxSame*float64(all) {
		add(WarnSameAnswer, itoa(int64(same)), itoa(all))
	}
	answers := a.rows - (a.counts.Errored - a.counts.Undone)
	if n := c.Flags["no_answer"]; n > 0 {
		add(WarnNoAnswer, itoa(n), itoa(answers))
	}
	if n := c.Flags["cut"]; n > 0 {
		add(WarnCut, itoa(n), itoa(answers))
	}
	return out
}

// MaxSame is the share of answers that do not decline above which one and the same
// text is remarked upon: it cannot be the answer to different requests.
const MaxSame = 0.2

// maxTexts bounds how many different texts of a task are counted.
const maxTexts = 1 << 16

// sameAnswer counts the most frequent text among the answers that do not decline, and
// these answers.
func (a *accumulator) sameAnswer() (same float64, all int64) {
	for _, n := range a.texts {
		same, all = max(same, float64(n)), all+n
	}
	return same / float64(a.epochs), all / int64(a.epochs)
}

// contextWarnings compares the context in force with the one asked for.
func (a *accumulator) contextWarnings() []Warning {
	m := a.run.Models[a.model]
	if a.task >= len(m.Params) || m.Identity.Context == nil {
		return nil
	}
	if asked, have := m.Params[a.task].NumCtx, *m.Identity.Context; have < asked {
		return []Warning{{WarnContext, []string{strconv.Itoa(have), strconv.Itoa(asked)}}}
	}
	return nil
}

// ModelWarnings are what a reader must know about a model and its server.
func ModelWarnings(m results.Model) []Warning {
	var out []Warning
	add := func(code string, args ...string) { out = append(out, Warning{code, args}) }
	id := m.Identity
	if id.Offload != nil {
		switch share := *id.Offload; {
		case share <= 0:
			add(WarnCPU)
		case share < 1:
			add(WarnOffload, percent(share))
		}
	}
	for _, f := range id.Missing {
		add(WarnFact, f)
	}
	for _, w := range id.Warnings {
		add(WarnServer, w)
	}
	if m.End != nil {
		for _, d := range harness.Diff(id, *m.End) {
			add(WarnChanged, d.Fact, d.Old, d.New)
		}
	}
	return out
}

// runWarnings are those of the run as a whole.
func runWarnings(run results.Run, c Counts, extra int64) []Warning {
	var out []Warning
	add := func(code string, args ...string) { out = append(out, Warning{code, args}) }
	if run.State == results.Void {
		add(WarnVoid, run.Reason)
	}
	if c.Undone > 0 {
		add(WarnPartial, itoa(c.Undone), itoa(c.Planned))
	}
	if run.Planned > 0 && run.Planned != c.Planned {
		add(WarnPlan, itoa(run.Planned), itoa(c.Planned))
	}
	if extra > 0 {
		add(WarnExtra, itoa(extra))
	}
	return out
}

// systemOf tells which system prompt was in force. A task's own takes the place
// of the model's.
func systemOf(run results.Run, model, task int) System {
	var spec struct {
		Prompt []map[string]any `json:"prompt"`
	}
	if err := json.Unmarshal(run.Tasks[task].Spec, &spec); err == nil { // a spec of another shape has no prompt that we know
		for _, turn := range spec.Prompt {
			if _, ok := turn["system"]; ok || turn["role"] == "system" || turn["Role"] == "system" {
				return SystemOperator
			}
		}
	}
	if run.Models[model].Identity.System != nil {
		return SystemModel
	}
	return SystemNone
}

// String is for tests and logs; reports have sentences.
func (w Warning) String() string { return fmt.Sprintf("%s%q", w.Code, w.Args) }
