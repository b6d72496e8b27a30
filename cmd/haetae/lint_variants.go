package main

import (
	"context"
	"fmt"
	"path"
	"strings"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/harness/spec"
	"github.com/sovereign-eval/haetae/safetyevals/lint"
)

// variants checks a task that says variants_of against that battery.
func (l *linter) variants(ctx context.Context, b *linted) error {
	name := lint.VariantsOf(b.Task)
	if name == "" {
		return nil
	}
	of, err := l.variantsOf(b.Task, name)
	if err != nil {
		l.errors = append(l.errors, spec.Error{File: b.spec, Msg: fmt.Sprintf("variants_of: %v", err)})
		return nil
	}
	base := lint.Battery{Task: of}
	for it, err := range of.Items(ctx, 0) {
		if err != nil {
			return err
		}
		if base.Items = append(base.Items, it); len(base.Items) > lint.MaxItems {
			break
		}
	}
	for _, x := range lint.Variants(base, b.Battery) {
		l.find(b, x)
	}
	return nil
}

// variantsOf reads the battery of a task of variants: in a folder beside the
// task's own, else a shipped one.
func (l *linter) variantsOf(t *harness.Task, name string) (*harness.Task, error) {
	if !strings.HasPrefix(t.Path, "builtin:") {
		if of, err := l.loader.Task(path.Join(path.Dir(t.Path), "..", name)); err == nil {
			return of, nil
		}
	}
	return l.loader.Task(name)
}
