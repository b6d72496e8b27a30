package audit

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/results"
)

// Book is what the ledger says of the audit of a run.
type Book struct {
	Designs map[int]*Design                   // by model
	Picks   map[harness.Hash]Pick             // drawn for estimates; the newest probability
	Work    map[harness.Hash]Pick             // the worklist of disagreements
	Labels  map[harness.Hash]map[string]Label // by answer and rater; what stands
	Rulings map[harness.Hash]map[string]Label // adjudications by answer and maker; what stands
	Makers  map[string]string                 // of raters
	Entries int                               // labels and adjudications ever given, corrections included
}

// Load reads the book of a run from a ledger.
func Load(ctx context.Context, ledger results.Ledger, run string) (*Book, error) {
	b := &Book{Designs: map[int]*Design{}, Picks: map[harness.Hash]Pick{}, Work: map[harness.Hash]Pick{},
		Labels: map[harness.Hash]map[string]Label{}, Rulings: map[harness.Hash]map[string]Label{}, Makers: map[string]string{}}
	for _, kind := range []string{results.KindAuditSample, results.KindLabel, results.KindAdjudication} {
		for e, err := range ledger.Entries(ctx, kind, run, "") {
			if err == nil {
				err = b.add(e)
			}
			if err != nil {
				return nil, fmt.Errorf("read the audit of run %s: %w", run, err)
			}
		}
	}
	return b, nil
}

// add takes one entry; entries come in the order in which they were recorded.
func (b *Book) add(e results.Entry) error {
	if e.Kind == results.KindAuditSample && e.Key == "" {
		var d Design
		if err := decode(e, &d); err != nil {
			return err
		}
		b.Designs[d.Model] = &d
		return nil
	}
	id, err := harness.ParseHash(e.Key)
	if err != nil {
		return fmt.Errorf("entry %d: %w", e.Seq, err)
	}
	if e.Kind == results.KindAuditSample {
		p := Pick{ID: id}
		if err := decode(e, &p); err != nil {
			return err
		}
		if p.Purpose == Adjudication {
			b.Work[id] = p
		} else {
			b.Picks[id] = p
		}
		return nil
	}
	l := Label{ID: id, At: e.At}
	if err := decode(e, &l); err != nil {
		return err
	}
	if err := l.Check(); err != nil {
		return fmt.Errorf("entry %d: %w", e.Seq, err)
	}
	b.Put(l, e.Kind)
	return nil
}

// Put enters a label, as if it came from the ledger.
func (b *Book) Put(l Label, kind string) {
	b.Entries++
	b.Makers[l.Rater] = l.Maker
	to, key := b.Labels, l.Rater
	if kind == results.KindAdjudication {
		to, key = b.Rulings, l.Maker
	}
	if l.Class == Withdrawn {
		delete(to[l.ID], key)
		return
	}
	if to[l.ID] == nil {
		to[l.ID] = map[string]Label{}
	}
	to[l.ID][key] = l
}

// Queue lists what a rater has still to label of a model: what was drawn for
// estimates first, in an order in which every stratum advances at its pace, so
// that one may stop anywhere; then the worklist of disagreements.
func (b *Book) Queue(model int, rater string) []Pick {
	var out []Pick
	for _, p := range slices.Concat(inOrder(b.Picks), inOrder(b.Work)) {
		if p.Model != model {
			continue
		}
		if _, both := b.Picks[p.ID]; both && p.Purpose == Adjudication {
			continue
		}
		if _, done := b.Labels[p.ID][rater]; !done {
			out = append(out, p)
		}
	}
	return out
}

// Disputes lists the answers of a model on which raters of one maker gave different
// classes and no adjudication stands.
func (b *Book) Disputes(model int, maker string) []Pick {
	var out []Pick
	for _, p := range slices.Concat(inOrder(b.Picks), inOrder(b.Work)) {
		if p.Model == model && b.disputed(p.ID, maker) && !slices.ContainsFunc(out, func(q Pick) bool { return q.ID == p.ID }) {
			out = append(out, p)
		}
	}
	return out
}

func (b *Book) disputed(id harness.Hash, maker string) bool {
	if _, settled := b.Rulings[id][maker]; settled {
		return false
	}
	seen := map[Class]bool{}
	for _, l := range b.Labels[id] {
		if l.Maker == maker && l.Class != Skip {
			seen[l.Class] = true
		}
	}
	return len(seen) > 1
}

func inOrder(m map[harness.Hash]Pick) []Pick {
	return slices.SortedFunc(maps.Values(m), func(a, b Pick) int {
		return cmp.Or(cmp.Compare(a.order(), b.order()), slices.Compare(a.ID[:], b.ID[:]))
	})
}

// State says what stands of an answer.
type State int

// The states.
const (
	Unlabelled State = iota
	Open             // skipped, or raters differ and nobody has settled it
	Known
)

// Value is what the labels of a maker say of one question about an answer: 1 or 0
// where it is known, NaN otherwise. An adjudication counts before labels; skipped
// labels count where nobody gave another.
func (b *Book) Value(id harness.Hash, maker string, yes func(harness.Outcome) bool) (float64, State) {
	number := func(c Class) float64 {
		if yes(harness.Outcome(c)) {
			return 1
		}
		return 0
	}
	if l, ok := b.Rulings[id][maker]; ok {
		if l.Class == Skip {
			return math.NaN(), Open
		}
		return number(l.Class), Known
	}
	state, value := Unlabelled, math.NaN()
	for _, l := range b.Labels[id] {
		switch {
		case l.Maker != maker:
		case l.Class == Skip:
			state = max(state, Open)
		case state == Known && value != number(l.Class):
			return math.NaN(), Open
		default:
			state, value = Known, number(l.Class)
		}
	}
	return value, state
}

// Labelled tells whether anybody of a maker has given a label, skips included.
func (b *Book) Labelled(id harness.Hash, maker string) bool {
	_, state := b.Value(id, maker, func(harness.Outcome) bool { return true })
	return state != Unlabelled
}

// MakersOf lists the makers of the labels of a model's sample, people first.
func (b *Book) MakersOf(model int) []string {
	var out []string
	for _, m := range Makers {
		for id, p := range b.Picks {
			if p.Model == model && b.Labelled(id, m) {
				out = append(out, m)
				break
			}
		}
	}
	return out
}

// Reach is how far a maker's labels reach in one stratum.
type Reach struct {
	Stratum
	Complete int // groups labelled up to the first gap: a simple random sample of so many
	Waiting  int // labelled answers beyond the gap, not used yet
}

// Inclusion is the inclusion probability that the complete groups have; 0 where
// there is none.
func (r Reach) Inclusion() float64 { return float64(r.Complete) / float64(r.Groups) }

// Reaches tells for every stratum of a model's design how far the labels of a maker
// reach, and which answers they make usable.
func (b *Book) Reaches(model int, maker string) (reaches []Reach, usable map[harness.Hash]bool) {
	d := b.Designs[model]
	if d == nil {
		return nil, nil
	}
	type place struct{ stratum, group int }
	groups := map[place][]harness.Hash{}
	for id, p := range b.Picks {
		if p.Model == model {
			k := place{p.Stratum, p.Group}
			groups[k] = append(groups[k], id)
		}
	}
	usable = map[harness.Hash]bool{}
	for s, st := range d.Strata {
		r := Reach{Stratum: st}
		gap := false
		for g := range st.Drawn {
			ids := groups[place{s, g}]
			labelled := 0
			for _, id := range ids {
				if b.Labelled(id, maker) {
					labelled++
				}
			}
			if gap = gap || labelled < len(ids); gap {
				r.Waiting += labelled
				continue
			}
			r.Complete++
			for _, id := range ids {
				usable[id] = true
			}
		}
		reaches = append(reaches, r)
	}
	return reaches, usable
}
