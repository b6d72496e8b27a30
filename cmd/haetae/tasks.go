package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/harness/spec"
	"github.com/sovereign-eval/haetae/results"
)

// choice is what the arguments of run and plan name.
type choice struct {
	tasks   []*harness.Task
	params  []harness.Params   // of the suites, one per task
	battery []*results.Battery // what a report sets beside the rates; nil for capability tasks
	whole   []harness.Task     // before the suites selected items, one per task
	epochs  int                // of the suites; 0 where they do not say
	from    []string           // the suite that each task comes from
	notes   []string           // what the suites left out, and why
}

// choose opens every argument of a protocol and lines up its tasks.
func choose(p protocol) (choice, error) {
	var c choice
	l := loader(p.Data)
	l.Attacks, l.Limit = attacksAsked(p.Attacks), p.Limit
	var used, known []string
	for _, arg := range p.Tasks {
		s, err := l.Open(arg)
		if err != nil {
			return c, err
		}
		if err := c.add(s); err != nil {
			return c, err
		}
		used, known = append(used, s.Attacks...), append(known, l.AttackNames(s)...)
	}
	for _, name := range l.Attacks {
		if name != spec.AllAttacks && !slices.Contains(used, name) {
			return c, harness.Usage(fmt.Errorf("--attack %s: no safety task of this run knows it", name), "%s",
				suggest(name, known, "haetae list transforms shows what there is."))
		}
	}
	if p.Epochs > 0 && p.EpochsGiven {
		for _, t := range c.tasks {
			t.Epochs = 0
		}
	}
	return c, nil
}

// noAttacks is the word that takes the attacks of a suite away.
const noAttacks = "none"

// attacksAsked reads --attack: nil where it is not given.
func attacksAsked(list []string) []string {
	if list == nil {
		return nil
	}
	out := []string{}
	for _, arg := range list {
		for name := range strings.SplitSeq(arg, ",") {
			if name = strings.TrimSpace(name); name != "" && name != noAttacks {
				out = append(out, name)
			}
		}
	}
	return out
}

func (c *choice) add(s *spec.Suite) error {
	if s.Epochs > 0 && c.epochs > 0 && s.Epochs != c.epochs {
		return harness.Usage(fmt.Errorf("suite %s repeats items %d times, another one %d times", s.Name, s.Epochs, c.epochs),
			"Say which with --epochs, or run them apart.")
	}
	c.epochs = max(c.epochs, s.Epochs)
	for _, m := range s.Skipped {
		c.notes = append(c.notes, fmt.Sprintf("suite %s goes without an optional task: %v. %s", s.Name, m, m.Remedy()))
	}
	for _, e := range s.Entries {
		for i, t := range c.tasks {
			if t.Name == e.Task.Name {
				return harness.Usage(fmt.Errorf("task %s is named twice, by %s and %s", t.Name, c.from[i], s.Name), "Name every task once in a run.")
			}
		}
		c.tasks = append(c.tasks, e.Task)
		c.params = append(c.params, e.Params)
		c.from = append(c.from, s.Name)
		c.whole = append(c.whole, e.Whole)
		c.battery = append(c.battery, batteryOf(s, e))
	}
	return nil
}

// wish resolves the parameters asked for: flag, then suite, then task. A suite
// that asks for the model's own sampling stands above the task's samplers.
func (c *choice) wish(flags harness.Params) []harness.Params {
	var out []harness.Params
	for i, t := range c.tasks {
		p := flags.Over(c.params[i])
		of := t.Params
		if p.Sampling == harness.OwnSampling {
			of = of.WithoutSamplers()
		}
		out = append(out, p.Over(of))
	}
	return out
}
