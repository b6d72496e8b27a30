package spec

import (
	"cmp"
	"context"
	"fmt"
	"hash/fnv"
	"iter"
	"slices"
	"strings"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/harness/prompt"
)

// maxCells bounds how many cells a pick may make.
const maxCells = 4096

// narrow makes the task yield and count only the items that the entry selects.
func (e *entrySpec) narrow(t *harness.Task) error {
	if e.Where == nil && e.Pick == nil && e.Limit == 0 {
		return nil
	}
	keep, err := e.choose(t)
	if err != nil {
		return err
	}
	all := t.Items
	t.Items = func(ctx context.Context, seed int64) iter.Seq2[harness.Item, error] {
		return func(yield func(harness.Item, error) bool) {
			left := e.Limit
			for it, err := range all(ctx, seed) {
				if err == nil && (!matches(e.Where, &it) || keep != nil && !keep[it.ID]) {
					continue
				}
				if !yield(it, err) || err != nil {
					return
				}
				if left--; left == 0 {
					return
				}
			}
		}
	}
	n, langs := 0, []string{}
	for it, err := range t.Items(context.Background(), 0) {
		if err != nil {
			return err
		}
		n++
		if it.Lang != "" && !slices.Contains(langs, it.Lang) {
			langs = append(langs, it.Lang)
		}
	}
	slices.Sort(langs)
	t.Count, t.Languages = n, langs
	if n == 0 {
		return fmt.Errorf("no item is selected")
	}
	return nil
}

// choose returns the identifiers that pick selects, nil where there is none:
// in each cell the first item of each cluster, then the second, clusters in the
// order of a hash. So the choice is spread over clusters, and items that share
// one, such as a harmful item and its benign twin or the same item in two
// languages, are picked together.
func (e *entrySpec) choose(t *harness.Task) (map[string]bool, error) {
	if e.Pick == nil {
		return nil, nil
	}
	type ranked struct {
		nth  int // of its cluster in the cell
		rank uint64
		id   string
	}
	cells := map[string][]ranked{}
	seen := map[string]int{} // items of a cluster in a cell
	for it, err := range t.Items(context.Background(), 0) {
		if err != nil {
			return nil, err
		}
		if !matches(e.Where, &it) {
			continue
		}
		key, err := cellOf(e.Pick.By, &it)
		if err != nil {
			return nil, err
		}
		list := cells[key]
		if slices.ContainsFunc(list, func(r ranked) bool { return r.id == it.ID }) {
			continue // another variant
		}
		source := it.Source()
		r := ranked{seen[key+"\x00"+source], rank(source), it.ID}
		seen[key+"\x00"+source]++
		i, _ := slices.BinarySearchFunc(list, r, func(a, b ranked) int {
			return cmp.Or(cmp.Compare(a.nth, b.nth), cmp.Compare(a.rank, b.rank), strings.Compare(a.id, b.id))
		})
		if i >= e.Pick.Each {
			continue
		}
		if cells[key] = slices.Insert(list, i, r); len(cells[key]) > e.Pick.Each {
			cells[key] = cells[key][:e.Pick.Each]
		}
		if len(cells) > maxCells {
			return nil, fmt.Errorf("pick.by %s makes more than %d cells", strings.Join(e.Pick.By, ", "), maxCells)
		}
	}
	keep := map[string]bool{}
	for key, list := range cells {
		if len(list) < e.Pick.Each {
			return nil, fmt.Errorf("pick: %d items are fewer than %d in the cell %s", len(list), e.Pick.Each, cmp.Or(key, "of all"))
		}
		for _, r := range list {
			keep[r.id] = true
		}
	}
	return keep, nil
}

// rank orders sources by chance, the same way in every cell.
func rank(source string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(source))
	return prompt.Mix(h.Sum64(), 0)
}

func cellOf(by []string, it *harness.Item) (string, error) {
	parts := make([]string, len(by))
	for i, field := range by {
		v, ok := fact(field, it)
		if !ok {
			return "", fmt.Errorf("pick.by: item %s has no %q", it.ID, field)
		}
		parts[i] = field + "=" + v
	}
	return strings.Join(parts, " "), nil
}

func matches(where map[string]values, it *harness.Item) bool {
	for field, want := range where {
		if v, ok := fact(field, it); !ok || !has(want, v) {
			return false
		}
	}
	return true
}

// fact returns a fact of an item by name, or a plain field of its row.
func fact(field string, it *harness.Item) (string, bool) {
	switch field {
	case "lang":
		return it.Lang, it.Lang != ""
	case "side":
		return string(it.Side), it.Side != ""
	case "category":
		return it.Category, it.Category != ""
	case "variant":
		return it.Variant, true
	case "cluster":
		return it.Cluster, it.Cluster != ""
	case "item", "id":
		return it.ID, true
	}
	v, ok := it.Fields[field]
	return scalarText(v), ok
}
