package spec

import (
	"context"
	"fmt"
	"iter"
	"slices"

	"github.com/sovereign-eval/haetae/harness"
)

// AllAttacks is the word for every attack that there is.
const AllAttacks = "all"

// Transform is an attack that a suite can ask for: it makes a variant of an item.
type Transform struct {
	Name string
	// Make gives the variant, with the item's ID, cluster, side and twin, and with
	// the transform's name as its variant. It is false where the transform does not
	// suit the item, such as one that is written for another language.
	Make func(harness.Item) (harness.Item, bool)
}

// form gives a task the form in which it is asked: variants of its data that are
// attacks only where they are wanted, then the selection of the suite, then the
// limit, and last the transforms of every plain item that is left. It returns the
// attacks that the task knows among those wanted.
func (l *Loader) form(t *harness.Task, wanted []string, narrow func(*harness.Task) error) ([]string, error) {
	if l.Attacks != nil {
		wanted = l.Attacks
	}
	own := t.Attacks
	t.Attacks = nil
	var transforms []Transform
	if t.Kind == harness.Safety {
		for _, name := range own {
			if asks(wanted, name) {
				t.Attacks = append(t.Attacks, name)
			}
		}
		for _, x := range l.Transforms {
			if asks(wanted, x.Name) {
				transforms, t.Attacks = append(transforms, x), append(t.Attacks, x.Name)
			}
		}
	}
	drop := slices.DeleteFunc(slices.Clone(own), func(name string) bool { return slices.Contains(t.Attacks, name) })
	if err := leaveOut(t, drop); err != nil {
		return nil, err
	}
	if narrow != nil {
		if err := narrow(t); err != nil {
			return nil, err
		}
	}
	l.cut(t)
	return t.Attacks, transform(t, transforms)
}

func asks(wanted []string, name string) bool {
	return slices.Contains(wanted, name) || slices.Contains(wanted, AllAttacks)
}

// leaveOut makes the task yield and count only items of other variants.
func leaveOut(t *harness.Task, variants []string) error {
	if len(variants) == 0 {
		return nil
	}
	all := t.Items
	t.Items = func(ctx context.Context, seed int64) iter.Seq2[harness.Item, error] {
		return func(yield func(harness.Item, error) bool) {
			for it, err := range all(ctx, seed) {
				if err == nil && harness.AttackOf(it.Variant, variants) != "" {
					continue
				}
				if !yield(it, err) || err != nil {
					return
				}
			}
		}
	}
	return recount(t)
}

// cut keeps the first items only.
func (l *Loader) cut(t *harness.Task) {
	if l.Limit < 1 || l.Limit >= t.Count {
		return
	}
	all, limit := t.Items, l.Limit
	t.Count = limit
	t.Items = func(ctx context.Context, seed int64) iter.Seq2[harness.Item, error] {
		return func(yield func(harness.Item, error) bool) {
			left := limit
			for it, err := range all(ctx, seed) {
				if !yield(it, err) || err != nil {
					return
				}
				if left--; left == 0 {
					return
				}
			}
		}
	}
}

// transform makes the task yield every plain item with its attacks behind it.
func transform(t *harness.Task, transforms []Transform) error {
	if len(transforms) == 0 {
		return nil
	}
	all, attacks := t.Items, t.Attacks
	t.Items = func(ctx context.Context, seed int64) iter.Seq2[harness.Item, error] {
		return func(yield func(harness.Item, error) bool) {
			for it, err := range all(ctx, seed) {
				if !yield(it, err) || err != nil {
					return
				}
				if harness.AttackOf(it.Variant, attacks) != "" {
					continue
				}
				for _, x := range transforms {
					if v, ok := x.Make(it); ok && !yield(v, nil) {
						return
					}
				}
			}
		}
	}
	return recount(t)
}

// recount counts the items of a task that yields others than its data has.
func recount(t *harness.Task) error {
	n := 0
	for _, err := range t.Items(context.Background(), 0) {
		if err != nil {
			return err
		}
		n++
	}
	t.Count = n
	if n == 0 {
		return fmt.Errorf("no item is left without its attacks")
	}
	return nil
}

// checkAttacks reports names that no task of the suite knows.
func (l *Loader) checkAttacks(d *decoder, f *suiteFile, s *Suite) {
	if l.Attacks != nil || len(d.errs) > 0 {
		return
	}
	check := func(at string, names []string) {
		for i, name := range names {
			if name == AllAttacks || slices.Contains(s.Attacks, name) {
				continue
			}
			d.at(fmt.Sprintf("%s.%d", at, i), "attacks: no safety task here knows %q%s", name, didYouMean(name, l.AttackNames(s)))
		}
	}
	check("attacks", f.Attacks)
	for i := range f.Tasks {
		check(fmt.Sprintf("tasks.%d.attacks", i), f.Tasks[i].Attacks)
	}
}

// AttackNames are the names that a suite or --attack can ask of the tasks of s.
func (l *Loader) AttackNames(s *Suite) []string {
	var out []string
	for _, x := range l.Transforms {
		out = append(out, x.Name)
	}
	for _, e := range s.Entries {
		out = union(out, e.Whole.Attacks)
	}
	return out
}

func union(a, b []string) []string {
	for _, s := range b {
		if !slices.Contains(a, s) {
			a = append(a, s)
		}
	}
	return a
}
