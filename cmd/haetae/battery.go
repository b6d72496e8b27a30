package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/harness/spec"
	"github.com/sovereign-eval/haetae/results"
	"github.com/sovereign-eval/haetae/safetyevals"
	"github.com/sovereign-eval/haetae/safetyevals/attack"
	"github.com/sovereign-eval/haetae/safetyevals/lint"
)

// batteryOf is what a report sets beside the rates of a safety task; nil for any
// other. It goes into the record of the run: a report reads nothing else.
func batteryOf(s *spec.Suite, e spec.Entry) *results.Battery {
	if e.Task.Kind != harness.Safety {
		return nil
	}
	b := &results.Battery{Floor: s.Floor}
	if e.Declared {
		b.Weight = &e.Weight
	}
	known := attack.All()
	for _, name := range e.Task.Attacks {
		a := results.Attack{Name: name}
		if i := slices.IndexFunc(known, func(t attack.Transform) bool { return t.Name == name }); i >= 0 {
			a.Family = string(known[i].Family)
		}
		b.Attacks = append(b.Attacks, a)
	}
	return b
}

// baselines measures how far the prompts of each battery give their side away,
// and adds what the taxonomy calls untested. It looks at the whole battery, not at
// the selection of a suite: a filter needs all the prompts that there are.
func (m *measurement) baselines(ctx context.Context) error {
	tax, err := safetyevals.ReadTaxonomy()
	if err != nil {
		return err
	}
	for i, b := range m.batteries {
		if b == nil {
			continue
		}
		t := m.whole[i]
		seps, err := separations(ctx, &t)
		if err != nil {
			return fmt.Errorf("measure the baseline of task %s: %w", t.Name, err)
		}
		for _, s := range seps {
			name, f := s.Best()
			line := results.Baseline{Lang: s.Lang, Filter: name, AUC: f.AUC, Harmful: f.Harmful, Benign: f.Benign}
			if s.Reason != "" {
				line = results.Baseline{Lang: s.Lang, Reason: s.Reason}
			}
			b.Baseline = append(b.Baseline, line)
		}
		if t.Path == "builtin:"+t.Name { // a user's task of the same name is another one
			attacked := slices.ContainsFunc(b.Attacks, func(a results.Attack) bool { return a.Family != "" })
			for _, text := range tax.UntestedOf(t.Name, attacked) {
				b.Untested = append(b.Untested, text)
			}
		}
	}
	return nil
}

// separations reads the first items of a battery, as many as lint reads.
func separations(ctx context.Context, t *harness.Task) ([]lint.Separation, error) {
	var items []harness.Item
	for it, err := range t.Items(ctx, 0) {
		if err != nil {
			return nil, err
		}
		if harness.AttackOf(it.Variant, t.Attacks) != "" {
			continue
		}
		if items = append(items, it); len(items) == lint.MaxItems {
			break
		}
	}
	return lint.Separations(t, items), nil
}
