package spec

import (
	"errors"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"strconv"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/harness/prompt"
)

// choiceProgram puts the choices of a row in order and labels them. It sets the
// fields choices and labels (lists in the order shown), correct (the label of
// the right answer) and those of mark.
type choiceProgram struct {
	from     computed
	answer   *prompt.Template
	answerIs string
	labels   prompt.Labels
	order    string
	marks    []mark
}

type mark struct {
	field string
	path  string
	of    *prompt.Template
}

// order is the fields of a row with its choices in one order.
type order struct {
	name   string
	fields harness.Fields
}

func (c *choiceProgram) orders(f harness.Fields, id string, n int, seed int64) ([]order, error) {
	v, err := c.from.value(f)
	if err != nil {
		return nil, err
	}
	list, ok := v.([]any)
	if !ok || len(list) < 2 {
		return nil, &atPath{"choices.from", errors.New("the value is not a list of two choices or more; |list reads one from text")}
	}
	if len(list) > len(c.labels) {
		return nil, &atPath{"choices.from", fmt.Errorf("%d choices are more than there are labels", len(list))}
	}
	answer, err := c.place(c.answer, "choices.answer", f, list)
	if err != nil {
		return nil, err
	}
	var marked []int
	for _, m := range c.marks {
		k, err := c.place(m.of, m.path, f, list)
		if err != nil {
			return nil, err
		}
		marked = append(marked, k)
	}
	var out []order
	for _, p := range c.permutations(len(list), answer, id, n, seed) {
		g := f
		if c.order == "cyclic" {
			g = maps.Clone(f)
		}
		c.set(g, list, p, answer, marked)
		o := order{fields: g}
		if c.order == "cyclic" {
			o.name = "order" + strconv.Itoa(p[0]+1)
		}
		out = append(out, o)
	}
	return out, nil
}

// set writes the fields for the order p: place shown -> place in list.
func (c *choiceProgram) set(f harness.Fields, list []any, p []int, answer int, marked []int) {
	shown, labels := make([]any, len(p)), make([]any, len(p))
	for i, k := range p {
		shown[i], labels[i] = list[k], c.labels[i]
		if k == answer {
			f["correct"] = c.labels[i]
		}
		for j, m := range marked {
			if k == m {
				f[c.marks[j].field] = c.labels[i]
			}
		}
	}
	f["choices"], f["labels"] = shown, labels
}

// place finds which choice a template names.
func (c *choiceProgram) place(t *prompt.Template, path string, f harness.Fields, list []any) (int, error) {
	s, err := t.Render(f)
	if err != nil {
		return 0, &atPath{path, err}
	}
	k := -1
	switch c.answerIs {
	case "label":
		k = slices.Index(c.labels, s)
	case "index", "number":
		if k, err = strconv.Atoi(s); err != nil {
			k = -1
		} else if c.answerIs == "number" {
			k--
		}
	default:
		for i, v := range list {
			if scalarText(v) != s {
				continue
			}
			if k >= 0 {
				return 0, &atPath{path, fmt.Errorf("choices %d and %d are both %q", k+1, i+1, s)}
			}
			k = i
		}
	}
	if k < 0 || k >= len(list) {
		return 0, &atPath{path, fmt.Errorf("%q is none of the %d choices (by %s)", s, len(list), c.answerIs)}
	}
	return k, nil
}

// permutations returns the orders to ask, each as place shown -> place in list.
//
// rotate draws, for each block of as many rows as there are choices, in which
// order the right answer takes the places: each place once a block.
func (c *choiceProgram) permutations(n, answer int, id string, row int, seed int64) [][]int {
	switch c.order {
	case "cyclic":
		all := make([][]int, n)
		for r := range all {
			all[r] = rotation(n, r)
		}
		return all
	case "rotate":
		at := shuffled(n, uint64(seed), uint64(row/n))[row%n]
		return [][]int{rotation(n, (answer-at+n)%n)}
	case "shuffle":
		h := fnv.New64a()
		h.Write([]byte(id))
		return [][]int{shuffled(n, uint64(seed), h.Sum64())}
	}
	return [][]int{rotation(n, 0)}
}

func rotation(n, by int) []int {
	p := make([]int, n)
	for i := range p {
		p[i] = (i + by) % n
	}
	return p
}

// shuffled is a permutation that depends on its arguments only (Fisher-Yates;
// the bias of the remainder is below 2^-58 for at most 26 choices).
func shuffled(n int, seed, stream uint64) []int {
	p := rotation(n, 0)
	for i := n - 1; i > 0; i-- {
		j := int(prompt.Mix(prompt.Mix(seed, stream), uint64(i)) % uint64(i+1))
		p[i], p[j] = p[j], p[i]
	}
	return p
}

func names(f harness.Fields) []string { return slices.Sorted(maps.Keys(f)) }
