package harness

import (
	"encoding/json"
	"fmt"
	"slices"
)

// Diff lists the facts that shape answers in which two identities differ, by
// name. It is empty exactly when their [Identity.Facts] are equal.
func Diff(old, new Identity) []Difference {
	a, b := facts(old), facts(new)
	var out []Difference
	for name, v := range a {
		if w := b[name]; v != w {
			out = append(out, Difference{Fact: name, Old: v, New: w})
		}
	}
	slices.SortFunc(out, func(x, y Difference) int {
		if x.Fact < y.Fact {
			return -1
		}
		return 1
	})
	return out
}

func facts(i Identity) map[string]string {
	i.Warnings, i.Missing = nil, nil
	b, err := json.Marshal(i)
	if err != nil { // plain data: cannot fail
		panic(err)
	}
	var m map[string]any
	if err := json.Unmarshal(b, &m); err != nil {
		panic(err)
	}
	out := make(map[string]string, len(m))
	for k, v := range m {
		if v == nil {
			out[k] = "not offered"
			continue
		}
		out[k] = fmt.Sprint(v)
	}
	return out
}
