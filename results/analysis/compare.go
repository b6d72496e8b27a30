package analysis

import (
	"context"
	"fmt"
	"iter"
	"math"
	"slices"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/results"
	"github.com/sovereign-eval/haetae/results/stats"
)

// Source is one model of one run, as a side of a comparison.
type Source struct {
	Run   results.Run
	Model int                                          // place in Run.Models
	Rows  func(task int) iter.Seq2[results.Row, error] // of this model in one task, in plan order
}

func (s Source) model() results.Model { return s.Run.Models[s.Model] }

// Compared is the difference of two sources, NEW − OLD.
type Compared struct {
	Old, New         string // models as asked for
	Differences      []SideDifference
	Tasks            []ComparedTask // in the order of NEW
	OnlyOld, OnlyNew []string       // tasks that only one side has
	Warnings         []Warning
}

// ComparedTask is one task that both sides have.
type ComparedTask struct {
	Task             string
	Matched          int // items that both sides have
	OnlyOld, OnlyNew Unmatched
	Figures          []PairedFigure
}

// Unmatched counts the items that only one side has, and names the first of them.
type Unmatched struct {
	N     int
	Names []string // at most 5
}

// PairedFigure is one metric on the items that both sides have a score of.
type PairedFigure struct {
	Task, Metric, Lang string
	Where              map[string]string
	LowerIsBetter      bool
	Assumption         string           // what the pairs are taken to be
	Comparison         stats.Comparison // a is NEW, b is OLD
	Adjusted           float64          // p corrected for the number of figures; see Correct
	// Items that both sides have, without a score on one side or both: they are in no
	// pair.
	NoOld, NoNew, NoBoth int
	// NotAssessable: too few usable answers on one side to compare at all.
	NotAssessable bool
	Warnings      []Warning
}

// Significant tells whether a difference is shown, after the correction.
func (f PairedFigure) Significant() bool {
	return !f.NotAssessable && f.Adjusted < 1-f.Comparison.Level
}

// Codes of warnings about comparisons.
const (
	WarnLost    = "lost_pairs"    // 1 no score in OLD 2 in NEW 3 in both 4 matched items
	WarnMatched = "unmatched"     // 1 side 2 items 3 names
	WarnState   = "run_state"     // 1 side 2 state
	WarnEnd     = "side_changed"  // 1 side 2 fact 3 old 4 new
	WarnNoTask  = "task_unpaired" // 1 side 2 task
)

// Compare pairs two sources item by item and compares their metrics at a
// confidence level such as 0.95. An item is paired by its task, item, variant,
// language and side; several epochs of it are averaged first. Items of one
// cluster may be alike. It answers "does NEW differ from OLD?" without guessing
// where scores are missing: such items are counted, never scored as wrong.
//
// What is kept of a task is one number per item and metric of OLD, and the pairs.
// Correct must be called on the figures before they are read.
func Compare(ctx context.Context, old, now Source, level float64) (Compared, error) {
	if !(level > 0 && level < 1) {
		return Compared{}, fmt.Errorf("compare runs: level %v: want a number between 0 and 1, such as 0.95", level)
	}
	c := Compared{Old: old.model().Spec, New: now.model().Spec, Differences: differences(old, now)}
	c.Warnings = sideWarnings(old, now)
	for t, task := range now.Run.Tasks {
		o := slices.IndexFunc(old.Run.Tasks, func(x results.Task) bool { return x.Name == task.Name })
		if o < 0 {
			c.OnlyNew = append(c.OnlyNew, task.Name)
			continue
		}
		j := newJoin(task)
		if err := j.read(ctx, old.Rows(o), j.addOld); err != nil {
			return c, fmt.Errorf("compare run %s: %w", old.Run.ID, err)
		}
		if err := j.read(ctx, now.Rows(t), j.addNew); err != nil {
			return c, fmt.Errorf("compare run %s: %w", now.Run.ID, err)
		}
		c.Tasks = append(c.Tasks, j.result(level))
	}
	for _, task := range old.Run.Tasks {
		if !slices.ContainsFunc(now.Run.Tasks, func(x results.Task) bool { return x.Name == task.Name }) {
			c.OnlyOld = append(c.OnlyOld, task.Name)
		}
	}
	return c, nil
}

// Correct sets the adjusted p-values of one family of figures: all that are
// compared at once. Figures without a p-value, or that are not assessable, are
// not among them.
func Correct(figures []*PairedFigure, by stats.Correction) error {
	var p []float64
	var at []*PairedFigure
	for _, f := range figures {
		f.Adjusted = math.NaN()
		if !f.NotAssessable && !math.IsNaN(f.Comparison.P) {
			p, at = append(p, f.Comparison.P), append(at, f)
		}
	}
	adjusted, err := stats.AdjustP(p, by)
	if err != nil {
		return fmt.Errorf("correct %d p-values: %w", len(p), err)
	}
	for i, f := range at {
		f.Adjusted = adjusted[i]
	}
	return nil
}

// sideWarnings are what a reader must know of the runs themselves.
func sideWarnings(old, now Source) []Warning {
	var out []Warning
	for _, s := range []struct {
		name string
		Source
	}{{"OLD", old}, {"NEW", now}} {
		if s.Run.State != results.Complete {
			out = append(out, Warning{WarnState, []string{s.name, string(s.Run.State)}})
		}
		if m := s.model(); m.End != nil {
			for _, d := range harness.Diff(m.Identity, *m.End) {
				out = append(out, Warning{WarnEnd, []string{s.name, d.Fact, d.Old, d.New}})
			}
		}
	}
	return out
}
