package analysis

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/results"
)

// Of analyses the rows of a run at a confidence level such as 0.95. rows come
// from [results.Store].Rows in plan order and are not held. The error is the
// first of the rows', that of ctx, or a level outside (0, 1); a run without any
// row is no error: everything planned is then undone.
func Of(ctx context.Context, run results.Run, rows iter.Seq2[results.Row, error], level float64) (Result, error) {
	return OfWith(ctx, run, rows, level, Evidence{})
}

// OfWith is [Of] with what is known of the judgements beside the rows.
func OfWith(ctx context.Context, run results.Run, rows iter.Seq2[results.Row, error], level float64, ev Evidence) (Result, error) {
	if !(level > 0 && level < 1) {
		return Result{}, fmt.Errorf("analyse run %s: level %v: want a number between 0 and 1, such as 0.95", run.ID, level)
	}
	p := newPlan(run)
	for _, c := range p.cells {
		c.evidence = ev
	}
	clock := newClock(run)
	var extra int64
	for row, err := range rows {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return Result{}, fmt.Errorf("analyse run %s: %w", run.ID, err)
		}
		c := p.cell(row)
		if c == nil {
			extra++
			continue
		}
		c.add(&row)
		clock.add(&row)
	}
	res := Result{Level: level, Circumstances: clock.result()}
	for _, c := range p.cells {
		cell := c.result(p, level)
		res.Counts = res.Counts.Add(cell.Counts)
		res.Cells = append(res.Cells, cell)
	}
	res.Orders = p.orders(res.Cells, level)
	res.Pooled = pooled(run, res.Cells, level)
	res.Warnings = runWarnings(run, res.Counts, extra)
	return res, nil
}

// plan is the grid of models and tasks while rows stream through it.
type plan struct {
	run   results.Run
	cells []*accumulator // models outside, tasks inside
}

func newPlan(run results.Run) *plan {
	p := &plan{run: run}
	for m := range run.Models {
		for t := range run.Tasks {
			p.cells = append(p.cells, newAccumulator(run, m, t, int64(run.Repeats(t))*int64(run.Tasks[t].Count)))
		}
	}
	return p
}

// cell returns the accumulator of a row; nil for a row that the plan does not have.
func (p *plan) cell(row results.Row) *accumulator {
	if row.Model < 0 || row.Model >= len(p.run.Models) || row.Task < 0 || row.Task >= len(p.run.Tasks) {
		return nil
	}
	return p.cells[row.Model*len(p.run.Tasks)+row.Task]
}

// planned returns how many samples a part of a task has in the plan, as a model
// that was asked everything shows; false when no model was.
func (p *plan) planned(task int, key partKey) (int64, bool) {
	for m := range p.run.Models {
		c := p.cells[m*len(p.run.Tasks)+task]
		if c.rows == c.planned {
			return c.partCounts(key).Planned, true
		}
	}
	return 0, false
}

// accumulator gathers one cell.
type accumulator struct {
	run         results.Run
	model, task int
	planned     int64
	rows        int64
	epochs      int
	counts      Counts              // of the rows seen
	parts       map[partKey]*Counts // of the rows seen
	clusters    clusters
	metrics     []*metric
	safety      map[sideKey]*sides // by language and attack
	attacks     []string           // asked for, in order
	attacked    int64              // rows under an attack
	queries     map[queryKey]*query
	items       map[uint64]scoredItem  // plain items with a verdict, where models are ordered
	texts       map[harness.Hash]int64 // answers of safety tasks that do not decline, by their bytes
	evidence    Evidence
	flags       map[string]int64
	makers      map[string]bool
	noVerdict   int64
	noSide      int64
	badScores   int64
}

func newAccumulator(run results.Run, model, task int, planned int64) *accumulator {
	t := run.Tasks[task]
	a := &accumulator{run: run, model: model, task: task, planned: planned, epochs: run.Repeats(task),
		parts: map[partKey]*Counts{}, clusters: clusters{}, flags: map[string]int64{}, makers: map[string]bool{}}
	if t.Kind == harness.Safety {
		a.safety = map[sideKey]*sides{}
		a.attacks = attacksOf(t)
		if t.Battery != nil && t.Battery.Floor != nil {
			a.items = map[uint64]scoredItem{}
		}
	}
	for _, m := range t.Metrics {
		if t.Kind == harness.Safety && safetyMetric(m.Name) {
			continue // always computed
		}
		a.metrics = append(a.metrics, &metric{Metric: m})
	}
	return a
}

// attacksOf are the variants of a task that are reported apart.
func attacksOf(t results.Task) []string {
	if t.Battery == nil {
		return nil
	}
	var out []string
	for _, x := range t.Battery.Attacks {
		out = append(out, x.Name)
	}
	return out
}

// add takes one row.
func (a *accumulator) add(row *results.Row) {
	a.rows++
	status := row.Status
	cluster := a.cluster(row)
	if a.safety != nil {
		status = a.addSafety(row, cluster)
	}
	a.counts.add(status)
	attacked := harness.AttackOf(row.Variant, a.attacks) != ""
	if attacked {
		a.attacked++
	} else {
		a.part(partKey{lang: row.Lang}, status)
	}
	a.countFlags(row)
	for _, m := range a.metrics {
		if _, named := m.Where["variant"]; !attacked || named { // figures are those of plain items, unless one asks for a variant
			m.add(a, row, cluster)
		}
	}
}

// partKey names a part of a task that is reported for itself: a language, a side of
// it, or a kind of context.
type partKey struct {
	lang    string
	side    harness.Side
	context string
	attack  string
}

// part counts a row in one of the parts that it belongs to.
func (a *accumulator) part(key partKey, status harness.Status) {
	c := a.parts[key]
	if c == nil {
		c = &Counts{}
		a.parts[key] = c
	}
	c.add(status)
}

func (a *accumulator) partCounts(key partKey) Counts {
	if c := a.parts[key]; c != nil {
		return *c
	}
	return Counts{}
}

// counted returns the counts of a part of the cell over all planned samples, and
// how many undone samples may or may not belong to it.
func (a *accumulator) counted(p *plan, key partKey) (c Counts, unplaced int64) {
	c = a.partCounts(key)
	if a.rows >= a.planned {
		return c, 0
	}
	n, ok := p.planned(a.task, key)
	if !ok {
		return c, a.planned - a.rows
	}
	c.undone(n)
	return c, 0
}

// cluster numbers the source of a row. See the package comment.
func (a *accumulator) cluster(row *results.Row) int {
	kind, name := source(row, a.epochs > 1 || a.safety != nil)
	if kind == 0 {
		return alone
	}
	return a.clusters.of(kind, name)
}

// source is what a row shares with others of its task: a cluster (kind c) or an
// item (kind i); kind 0 where it stands alone. Repeated says that a plain item can
// have several rows.
func source(row *results.Row, repeated bool) (kind byte, name string) {
	switch {
	case row.Cluster != "":
		return 'c', row.Cluster
	case row.Twin != "":
		return 'i', min(row.Item, row.Twin)
	case row.Variant != "" || repeated:
		return 'i', row.Item
	}
	return 0, ""
}

// maxFlags bounds how many different flags or causes are counted.
const maxFlags = 64

// countFlags counts what scorers remark. Remarks of the runner, such as a cold
// start, are circumstances.
func (a *accumulator) countFlags(row *results.Row) {
	var names []string
	for _, s := range row.Scores {
		for _, f := range s.Flags {
			if !isField(f) {
				names = append(names, f)
			}
		}
	}
	slices.Sort(names) // a sample counts once, however many scorers say the same
	for _, f := range slices.Compact(names) {
		count(a.flags, f)
	}
}

// count adds one to a name, unless that would be one name too many.
func count(m map[string]int64, name string) {
	if _, ok := m[name]; ok || len(m) < maxFlags {
		m[name]++
	}
}

// result turns what was gathered into a cell.
func (a *accumulator) result(p *plan, level float64) Cell {
	a.counts.undone(a.planned)
	c := Cell{Model: a.model, Task: a.task, Counts: a.counts, Flags: a.flags,
		Makers: slices.Sorted(maps.Keys(a.makers)), System: systemOf(a.run, a.model, a.task)}
	for _, m := range a.metrics {
		c.Figures = append(c.Figures, m.figures(a, p, level)...)
	}
	if a.safety != nil {
		c.Safety = a.groups(p, level)
		for _, g := range c.Safety {
			c.Figures = append(append(c.Figures, g.Rates...), g.Repeats...)
		}
		c.Pairs = a.pairs(c.Safety, level)
		c.Attacks = a.underAttacks(p, level)
		c.Bypasses = a.bypasses()
	}
	c.Warnings = a.warnings(c)
	return c
}

func (c *Counts) add(s harness.Status) {
	c.Planned++
	switch s {
	case harness.Scored:
		c.Scored++
	case harness.Errored:
		c.Errored++
	default:
		c.Unscored++
	}
}

// undone raises the counts to what was planned: the rest was never asked. It does
// nothing where more was seen than planned.
func (c *Counts) undone(planned int64) {
	if rest := planned - c.Planned; rest > 0 {
		c.Planned += rest
		c.Errored += rest
		c.Undone += rest
	}
}

// Add returns the sum of both counts.
func (c Counts) Add(d Counts) Counts {
	return Counts{c.Planned + d.Planned, c.Scored + d.Scored, c.Unscored + d.Unscored,
		c.Errored + d.Errored, c.Undone + d.Undone}
}
