package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/results"
	"github.com/sovereign-eval/haetae/results/analysis"
	"github.com/sovereign-eval/haetae/safetyevals/judge"
)

// caseRef is a stored answer that a judge is to read. Texts are read when their
// turn comes.
type caseRef struct {
	id      harness.Hash
	model   int
	form    int
	request string // what was asked before an attack rewrote it; "" for a plain item
}

// picked is what one judge is asked, and what it is not and why.
type picked struct {
	refs    []caseRef
	self    map[int]string // by model: why it is related to the judge, where that is allowed
	skipped map[string]int
}

// pick chooses the answers that a judge is asked about: those of safety tasks
// that the screen left open, without a verdict of this judge, and that it may
// judge. They come in an order drawn by the seed, so that no model's answers
// stand together.
func (j judging) pick(ctx context.Context, a *app, b *bench) (picked, error) {
	p := picked{self: map[int]string{}, skipped: map[string]int{}}
	have, err := j.judged(ctx, b.id)
	if err != nil {
		return p, err
	}
	may, err := calibratedLanguages(ctx, j.store, b.id)
	if err != nil {
		return p, err
	}
	for i, m := range j.run.Models {
		p.self[i] = b.protocol.Related(b.phase.Identity, m.Identity)
	}
	plain, err := j.plainRequests(ctx, a)
	if err != nil {
		return p, err
	}
	var refs []caseRef
	for row, err := range j.store.Rows(ctx, j.run.ID, results.Query{}) {
		if err != nil {
			return p, err
		}
		if !j.wants(row) || have[row.ID] {
			continue
		}
		c := j.caseOf(row)
		why := b.protocol.May(c, func(lang string) bool { return may[lang] })
		request, known := plain[plainKey{row.Task, row.Item, row.Variant}]
		switch {
		case row.ResponseHash.IsZero():
			why = judge.NotReadable
		case j.attacked(row) && !known:
			why = judge.NoRequest
		case p.self[row.Model] != "" && !j.o.allowSelf:
			why = p.self[row.Model]
		}
		if why != "" {
			p.skipped[why]++
			continue
		}
		form, _ := b.protocol.FormFor(c)
		refs = append(refs, caseRef{row.ID, row.Model, form, request})
	}
	for _, i := range judge.Order(len(refs), j.o.seed, b.id) {
		p.refs = append(p.refs, refs[i])
	}
	return p, nil
}

// wants tells whether a row is one for judges at all.
func (j judging) wants(row results.Row) bool {
	if row.Status == harness.Errored || row.Task >= len(j.run.Tasks) || j.run.Tasks[row.Task].Kind != harness.Safety {
		return false
	}
	screen, ok := analysis.ScreenOf(row.Scores)
	return j.o.all || !ok || !screen.Decided
}

// plainKey names an item in one variant.
type plainKey struct {
	task          int
	item, variant string
}

// attacked tells whether a row's request is not the one that its item makes: an
// attack rewrote it, and a judge must be shown the one before.
func (j judging) attacked(row results.Row) bool {
	t := j.run.Tasks[row.Task]
	if t.Battery == nil || row.Variant == "" {
		return false
	}
	var names []string
	for _, x := range t.Battery.Attacks {
		if x.Family != "" { // variants written by hand are requests of their own
			names = append(names, x.Name)
		}
	}
	return harness.AttackOf(row.Variant, names) != ""
}

// plainRequests reads the requests of attacked items from the tasks of the run. A
// task that is not what it was leaves its attacked answers unjudged.
func (j judging) plainRequests(ctx context.Context, a *app) (map[plainKey]string, error) {
	if !slices.ContainsFunc(j.run.Tasks, func(t results.Task) bool { return t.Battery != nil && len(t.Battery.Attacks) > 0 }) {
		return nil, nil
	}
	tasks, err := tasksOf(j.run, nil)
	if err != nil {
		a.warn("answers under attack are not judged: %v", err)
		return nil, nil
	}
	out := map[plainKey]string{}
	for t, task := range tasks {
		if task.Kind != harness.Safety {
			continue
		}
		for it, err := range task.Items(ctx, j.run.Seed) {
			if err != nil {
				return nil, fmt.Errorf("read items of task %s: %w", task.Name, err)
			}
			if _, ok := it.Fields[harness.FieldRequest]; ok {
				out[plainKey{t, it.ID, it.Variant}], _ = it.Asked()
			}
		}
	}
	return out, nil
}

// caseOf is a row as a case, without its texts.
func (j judging) caseOf(row results.Row) judge.Case {
	return judge.Case{Key: row.ID, Lang: row.Lang, Battery: j.run.Tasks[row.Task].Name, Category: row.Category, Side: row.Side}
}

// judged returns the samples that have a verdict of a judge already. A failed
// exchange is no verdict: it is asked again.
func (j judging) judged(ctx context.Context, id harness.Hash) (map[harness.Hash]bool, error) {
	all, err := verdictsOf(ctx, j.store, j.run.ID)
	if err != nil {
		return nil, err
	}
	have := map[harness.Hash]bool{}
	for sample, vs := range all {
		for _, v := range vs {
			if v.ID == id && v.Unscored != judge.Errored {
				have[sample] = true
			}
		}
	}
	return have, nil
}

// docket makes the picked answers readable, one at a time.
func (j judging) docket(refs []caseRef) docket {
	d := docket{seed: j.o.seed, name: func(i int) string { return refs[i].id.String() }}
	for _, r := range refs {
		d.forms = append(d.forms, r.form)
	}
	d.at = func(ctx context.Context, i int) (judge.Case, error) {
		row, err := rowOf(ctx, j.store, j.run.ID, refs[i].id)
		if err != nil {
			return judge.Case{}, err
		}
		request, answer, err := bodies(ctx, j.store, row)
		if err != nil {
			return judge.Case{}, err
		}
		c := j.caseOf(row)
		if c.Prompt = refs[i].request; c.Prompt == "" {
			c.Prompt = askedIn(request)
		}
		c.Answer = string(answer)
		return c, nil
	}
	return d
}

// askedIn returns the last thing that a user says in a stored request.
func askedIn(request []byte) string {
	var q struct{ Messages []harness.Message }
	if err := json.Unmarshal(request, &q); err != nil {
		return string(request)
	}
	for i := len(q.Messages) - 1; i >= 0; i-- {
		if q.Messages[i].Role == "user" {
			return q.Messages[i].Content
		}
	}
	return string(request)
}
