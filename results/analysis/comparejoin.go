package analysis

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"iter"
	"slices"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/results"
)

// join pairs the items of one task: the rows of each side stream into tables by item.
type join struct {
	task    results.Task
	sides   int
	numbers *accumulator // gives clusters
	metrics []metric     // read values
	attacks []string     // variants that enter no rate, of all sides
	slots   []slot
	places  map[slotKey]int
	entries []entry
	at      map[pairKey]int32
	langs   map[string]int32
	usable  []map[string]*[2]share // by side of the comparison, language, and side of the item
	helped  []map[sideKey]*share   // by side of the comparison: benign controls under an attack
}

// pairKey is 128 bits of a digest of what names an item.
type pairKey [16]byte

// entry is an item.
type entry struct {
	item    string
	cluster int32  // alone, or its number
	lang    int32  // its number
	seen    uint64 // a bit for each side
}

// share counts answers, and those that are usable: that take a stance, or help.
type share struct{ planned, usable int64 }

func (s *share) add(usable bool) {
	s.planned++
	if usable {
		s.usable++
	}
}

// shareOf is the share with a key, made if there is none.
func shareOf[K comparable, S any](m map[K]*S, key K) *S {
	s := m[key]
	if s == nil {
		s = new(S)
		m[key] = s
	}
	return s
}

// slotKey names a figure, whatever the language.
type slotKey struct {
	metric int // place in the task's metrics; -1 for what is always computed
	name   string
	attack string // "" for plain items
}

// slot holds the scores of one metric: a column for each side.
type slot struct {
	slotKey
	scale
	where   map[string]string
	graded  bool
	apart   bool // a safety line: each language for itself only, and only of sides that can be assessed
	strict  bool // undefined where a side cannot be assessed, and without an order of its own
	columns []column
	arms    []int8   // by entry: which mean it belongs to, of a contrast; nil for a plain mean
	within  []bool   // by entry: the item belongs here, as any side says
	outside []uint64 // by entry: sides whose answer is left out by definition
}

// scale is what the values of a metric may be, and which of them are good.
type scale struct {
	low, high float64
	Direction
}

// column sums an item's scores over epochs.
type column struct {
	n   []int32
	sum []float64
}

func newJoin(task results.Task, attacks []string, sides int) *join {
	j := &join{task: task, sides: sides, attacks: attacks, places: map[slotKey]int{}, at: map[pairKey]int32{}, langs: map[string]int32{},
		numbers: &accumulator{clusters: clusters{}, epochs: 1}, usable: make([]map[string]*[2]share, sides), helped: make([]map[sideKey]*share, sides)}
	for _, m := range task.Metrics {
		j.metrics = append(j.metrics, metric{Metric: m})
	}
	for i := range j.usable {
		j.usable[i], j.helped[i] = map[string]*[2]share{}, map[sideKey]*share{}
	}
	return j
}

func (j *join) read(ctx context.Context, rows iter.Seq2[results.Row, error], side int) error {
	for row, err := range rows {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return err
		}
		j.add(&row, side)
	}
	return nil
}

// add takes one row of a side.
func (j *join) add(row *results.Row, side int) {
	e := j.entry(row)
	j.entries[e].seen |= 1 << side
	if j.task.Kind == harness.Safety {
		j.addSafety(e, row, side)
	}
	for m, metric := range j.task.Metrics {
		switch {
		case j.task.Kind == harness.Safety && safetyMetric(metric.Name):
		case metric.Name == KoBBQ:
			j.addKoBBQ(e, m, row, side)
		default:
			j.addMetric(e, m, row, side)
		}
	}
}

// entry is the place of a row's item.
func (j *join) entry(row *results.Row) int {
	key := keyOf(row)
	i, ok := j.at[key]
	if !ok {
		lang, known := j.langs[row.Lang]
		if !known {
			lang = int32(len(j.langs))
			j.langs[row.Lang] = lang
		}
		i = int32(len(j.entries))
		j.at[key] = i
		j.entries = append(j.entries, entry{item: row.Item, cluster: int32(j.numbers.cluster(row)), lang: lang})
	}
	return int(i)
}

// keyOf digests what names an item, whatever the run, model and epoch.
func keyOf(row *results.Row) pairKey {
	h := sha256.New()
	for _, s := range []string{row.Item, row.Variant, row.Lang, string(row.Side)} {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(s)))
		h.Write(n[:])
		h.Write([]byte(s))
	}
	return pairKey(h.Sum(nil)[:16])
}

// slot returns the slot with a key, made as the example says if there is none.
func (j *join) slot(key slotKey, example slot) *slot {
	s, ok := j.places[key]
	if !ok {
		s = len(j.slots)
		j.places[key] = s
		example.slotKey, example.columns = key, make([]column, j.sides)
		j.slots = append(j.slots, example)
	}
	return &j.slots[s]
}

// put adds a score of an item; without one it only says that the item belongs here.
func (s *slot) put(e, side int, v float64, ok bool) {
	s.within = grown(s.within, e)
	s.within[e] = true
	if ok {
		c := &s.columns[side]
		c.n, c.sum = grown(c.n, e), grown(c.sum, e)
		c.n[e]++
		c.sum[e] += v
	}
}

// belong says which mean of a contrast an item enters.
func (s *slot) belong(e int, arm int8) {
	s.arms = grown(s.arms, e)
	s.arms[e] = arm
}

// leave says that a side's answer to an item is left out by definition.
func (s *slot) leave(e, side int) {
	s.within, s.outside = grown(s.within, e), grown(s.outside, e)
	s.within[e] = true
	s.outside[e] |= 1 << side
}

// grown makes room for place i.
func grown[T any](x []T, i int) []T {
	if more := i + 1 - len(x); more > 0 {
		x = append(x, make([]T, more)...)
	}
	return x
}

// value is an item's mean score of a side over epochs.
func (c *column) value(e int) (float64, bool) {
	if e >= len(c.n) || c.n[e] == 0 {
		return 0, false
	}
	return c.sum[e] / float64(c.n[e]), true
}

func (j *join) addMetric(e, m int, row *results.Row, side int) {
	metric := j.task.Metrics[m]
	s := scoreOf(row, metric.Scorer)
	if ok, _ := matches(metric.Where, row, s); !ok {
		return // a row that does not tell belongs where the other side says
	}
	direction := HigherIsBetter
	if metric.LowerIsBetter {
		direction = LowerIsBetter
	}
	v, status := j.metrics[m].value(j.numbers, row, s)
	j.slot(slotKey{metric: m, name: metric.Name}, slot{scale: scale{0, 1, direction}, where: metric.Where, graded: metric.Graded}).
		put(e, side, v, status == harness.Scored)
}

// result compares what was paired.
func (j *join) result(level float64, seed uint64) (ComparedTask, error) {
	out := ComparedTask{Task: j.task.Name, Kind: j.task.Kind, Absent: make([]Unmatched, j.sides)}
	whole := uint64(1)<<j.sides - 1
	for i := range j.entries {
		e := &j.entries[i]
		if e.seen == whole {
			out.Matched++
		}
		for side := range j.sides {
			if e.seen&(1<<side) == 0 {
				out.Absent[side].add(e.item)
			}
		}
	}
	for _, v := range j.views() {
		f, err := v.figure(level, seed)
		if err != nil {
			return out, err
		}
		if f.Attack != "" {
			out.Attacks = append(out.Attacks, f)
			continue
		}
		out.Figures = append(out.Figures, f)
	}
	return out, nil
}

func (u *Unmatched) add(name string) {
	if u.N++; len(u.Names) < 5 {
		u.Names = append(u.Names, name)
	}
}

// views are the figures to be: every metric over all items, then by language where
// there is more than one; what is never pooled only by language.
func (j *join) views() []view {
	var out []view
	for s := range j.slots {
		langs := j.languages(&j.slots[s])
		if len(langs) > 1 && !j.slots[s].apart {
			langs = append([]string{""}, langs...)
		}
		for _, lang := range langs {
			out = append(out, view{j, &j.slots[s], lang, lang != ""})
		}
		if len(langs) == 1 {
			out[len(out)-1].part = false // the one language is all
		}
	}
	slices.SortStableFunc(out, func(a, b view) int {
		return cmp.Or(cmp.Compare(a.slot.metric, b.slot.metric), cmp.Compare(slices.Index(j.attacks, a.slot.attack), slices.Index(j.attacks, b.slot.attack)),
			cmp.Compare(a.lang, b.lang), cmp.Compare(slices.Index(Rates[:], a.slot.name), slices.Index(Rates[:], b.slot.name)), cmp.Compare(a.slot.name, b.slot.name))
	})
	return out
}

// languages are those of a slot's items, sorted.
func (j *join) languages(s *slot) []string {
	seen := map[int32]bool{}
	for e, in := range s.within {
		if in {
			seen[j.entries[e].lang] = true
		}
	}
	var out []string
	for lang, number := range j.langs {
		if seen[number] {
			out = append(out, lang)
		}
	}
	slices.Sort(out)
	return out
}
