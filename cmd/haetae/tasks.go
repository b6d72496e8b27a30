package main

import (
	"fmt"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/harness/spec"
)

// choice is what the arguments of run and plan name.
type choice struct {
	tasks  []*harness.Task
	params []harness.Params // of the suites, one per task
	epochs int              // of the suites; 0 where they do not say
	from   []string         // the suite that each task comes from
	notes  []string         // what the suites left out, and why
}

// choose opens every argument and lines up its tasks.
func choose(args, data []string) (choice, error) {
	var c choice
	l := loader(data)
	for _, arg := range args {
		s, err := l.Open(arg)
		if err != nil {
			return c, err
		}
		if err := c.add(s); err != nil {
			return c, err
		}
	}
	return c, nil
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
	}
	return nil
}

// wish resolves the parameters asked for: flag, then suite, then task.
func (c *choice) wish(flags harness.Params) []harness.Params {
	var out []harness.Params
	for i, t := range c.tasks {
		out = append(out, flags.Over(c.params[i]).Over(t.Params))
	}
	return out
}
