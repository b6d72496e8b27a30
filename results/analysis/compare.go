package analysis

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strconv"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/results"
	"github.com/sovereign-eval/haetae/results/stats"
)

// Source is one model of one run, as a side of a comparison.
type Source struct {
	Run   results.Run
	Model int                                          // place in Run.Models
	Rows  func(task int) iter.Seq2[results.Row, error] // of this model in one task, in plan order
	// Judges are the judges of the run and the rule that combines them; "none" without.
	Judges string
}

func (s Source) model() results.Model { return s.Run.Models[s.Model] }

// MaxSides is the largest number of sources that are compared at once.
const MaxSides = 64

// Compared is what two or more sources say of the same items.
type Compared struct {
	Sides       []Side
	Differences []SideDifference
	Tasks       []ComparedTask // in the order of the last side
	Partly      []PartlyAsked  // tasks that some sides do not have
	Warnings    []Warning
}

// Side names one source of a comparison.
type Side struct {
	Name  string // OLD and NEW of two; A, B, C … of more
	Model string // as asked for
	Run   string // its ID
}

// PartlyAsked is a task that not all sides have.
type PartlyAsked struct {
	Task string
	Has  []int // places in Compared.Sides
}

// ComparedTask is one task that all sides have.
type ComparedTask struct {
	Task    string
	Kind    harness.Kind
	Matched int         // items that all sides have
	Absent  []Unmatched // by side: items that it lacks and another side has
	Figures []ComparedFigure
	Attacks []ComparedFigure // harmful compliance under each attack, in the order asked for; see [Compared.AttackPairs]
}

// All are the figures of plain items, then those under attack.
func (t ComparedTask) All() []ComparedFigure { return slices.Concat(t.Figures, t.Attacks) }

// Unmatched counts items that have no partner, and names the first of them.
type Unmatched struct {
	N     int
	Names []string // at most 5
}

// Codes of the warnings of comparisons, beside those of results.
const (
	WarnLost    = "lost_pairs"         // 1 items without a score of every side 2 matched items 3… those of each side
	WarnOutside = "outside_of_choices" // 1 items where a side named none of the choices
	WarnState   = "run_state"          // 1 side 2 state
	WarnEnd     = "side_changed"       // 1 side 2 fact 3 was 4 became
)

// Compare pairs the rows of two or more sources by item: task, item, variant,
// language and side of the item. Of two sources the first is OLD and the second
// NEW, and the difference is NEW − OLD; of more, every pair is compared, the later
// less the earlier. Epochs of one item are averaged first, so that an item counts
// once however often it was asked. Nothing is guessed where scores are missing: such
// items are counted, never scored as wrong, and every pair says what they could
// change.
//
// Of more than two sides the pairs of a figure speak of the items that every side
// has a score of. What is kept of a task is one number for each item, metric and
// side. [Correct] must be called on Pairs and on AttackPairs before they are read.
func Compare(ctx context.Context, level float64, sources ...Source) (Compared, error) {
	switch {
	case !(level > 0 && level < 1):
		return Compared{}, fmt.Errorf("compare runs: level %v: want a number between 0 and 1, such as 0.95", level)
	case len(sources) < 2 || len(sources) > MaxSides:
		return Compared{}, fmt.Errorf("compare runs: %d sources: want 2 to %d", len(sources), MaxSides)
	}
	c := Compared{Sides: sidesOf(sources), Differences: differences(sources)}
	c.Warnings = sideWarnings(c.Sides, sources)
	for _, task := range sources[len(sources)-1].Run.Tasks {
		places := placesOf(sources, task.Name)
		if slices.Contains(places, -1) {
			continue
		}
		j := newJoin(task, attacksOfAll(sources, places), len(sources))
		for s, source := range sources {
			if err := j.read(ctx, source.Rows(places[s]), s); err != nil {
				return c, fmt.Errorf("compare run %s: %w", source.Run.ID, err)
			}
		}
		t, err := j.result(level, uint64(sources[0].Run.Seed))
		if err != nil {
			return c, fmt.Errorf("compare task %s: %w", task.Name, err)
		}
		c.Tasks = append(c.Tasks, t)
	}
	c.Partly = partly(sources)
	return c, nil
}

// sidesOf names the sources.
func sidesOf(sources []Source) []Side {
	var out []Side
	for i, s := range sources {
		name := []string{"OLD", "NEW"}[min(i, 1)]
		switch {
		case len(sources) > 26:
			name = strconv.Itoa(i + 1)
		case len(sources) > 2:
			name = string(rune('A' + i))
		}
		out = append(out, Side{name, s.model().Spec, s.Run.ID})
	}
	return out
}

// placesOf are the places of a task in the runs of all sources; -1 where one has
// no such task.
func placesOf(sources []Source, task string) []int {
	var out []int
	for _, s := range sources {
		out = append(out, slices.IndexFunc(s.Run.Tasks, func(t results.Task) bool { return t.Name == task }))
	}
	return out
}

// partly lists the tasks that some sides do not have, in the order of their first
// appearance.
func partly(sources []Source) []PartlyAsked {
	var out []PartlyAsked
	for _, s := range sources {
		for _, t := range s.Run.Tasks {
			if slices.ContainsFunc(out, func(p PartlyAsked) bool { return p.Task == t.Name }) {
				continue
			}
			var has []int
			for i, place := range placesOf(sources, t.Name) {
				if place >= 0 {
					has = append(has, i)
				}
			}
			if len(has) < len(sources) {
				out = append(out, PartlyAsked{t.Name, has})
			}
		}
	}
	return out
}

// sideWarnings are what a reader must know of the runs themselves.
func sideWarnings(sides []Side, sources []Source) []Warning {
	var out []Warning
	for i, s := range sources {
		if s.Run.State != results.Complete {
			out = append(out, Warning{WarnState, []string{sides[i].Name, string(s.Run.State)}})
		}
		if m := s.model(); m.End != nil {
			for _, d := range harness.Diff(m.Identity, *m.End) {
				out = append(out, Warning{WarnEnd, []string{sides[i].Name, d.Fact, d.Old, d.New}})
			}
		}
	}
	return out
}

// Pairs are all pairs of all figures of plain items.
func (c *Compared) Pairs() []*Pair {
	var out []*Pair
	for t := range c.Tasks {
		out = pairsOf(out, c.Tasks[t].Figures)
	}
	return out
}

// AttackPairs are all pairs under attack: a family of tests of their own, so that
// attacks, which may be many, cost the main comparison no power.
func (c *Compared) AttackPairs() []*Pair {
	var out []*Pair
	for t := range c.Tasks {
		out = pairsOf(out, c.Tasks[t].Attacks)
	}
	return out
}

func pairsOf(out []*Pair, figures []ComparedFigure) []*Pair {
	for f := range figures {
		for p := range figures[f].Pairs {
			out = append(out, &figures[f].Pairs[p])
		}
	}
	return out
}

// Correct sets the adjusted p-values of one family of pairs: all that are compared
// at once. Pairs without a p-value, or that are not assessable, are not among them.
// It returns the size of the family.
func Correct(pairs []*Pair, by stats.Correction) (int, error) {
	var p []float64
	var at []*Pair
	for _, x := range pairs {
		x.Adjusted = undefinedP
		if x.tested() {
			p, at = append(p, x.Comparison.P), append(at, x)
		}
	}
	adjusted, err := stats.AdjustP(p, by)
	if err != nil {
		return 0, fmt.Errorf("correct %d p-values: %w", len(p), err)
	}
	for i, x := range at {
		x.Adjusted = adjusted[i]
	}
	return len(at), nil
}
