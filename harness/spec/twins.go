package spec

import (
	"fmt"

	"github.com/sovereign-eval/haetae/harness"
)

// maxTwins is how many items with twins are checked. Batteries are far smaller;
// beyond it twins are taken as they are given.
const maxTwins = 200_000

// twins checks that the twin of every item is there, on the other side, and
// names the item as its own twin.
type twins struct {
	items map[string]twin
	order []string // first sight
}

type twin struct {
	of   string
	side harness.Side
	line int
}

func (t *twins) add(it *harness.Item, line int) {
	if it.Side == "" || len(t.items) >= maxTwins {
		return
	}
	if t.items == nil {
		t.items = map[string]twin{}
	}
	if _, seen := t.items[it.ID]; !seen {
		t.order = append(t.order, it.ID)
		t.items[it.ID] = twin{it.Twin, it.Side, line}
	}
}

func (t *twins) check(file string) Errors {
	var out Errors
	if len(t.items) >= maxTwins {
		return nil
	}
	for _, id := range t.order {
		x := t.items[id]
		if x.of == "" {
			continue
		}
		other, ok := t.items[x.of]
		msg := ""
		switch {
		case !ok:
			msg = fmt.Sprintf("item %q: its twin %q is not there", id, x.of)
		case other.side == x.side:
			msg = fmt.Sprintf("item %q: its twin %q is %s as well", id, x.of, x.side)
		case other.of != id:
			msg = fmt.Sprintf("item %q: its twin %q names %q as its own", id, x.of, other.of)
		default:
			continue
		}
		if out = append(out, Error{file, x.line, msg}); len(out) >= maxRowErrs {
			break
		}
	}
	return out
}
