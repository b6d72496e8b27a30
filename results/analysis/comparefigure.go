package analysis

import (
	"cmp"
	"math"
	"math/bits"
	"slices"
	"strconv"

	"github.com/sovereign-eval/haetae/results/stats"
)

// view is one slot, over all items or those of one language.
type view struct {
	*join
	slot *slot
	lang string
	part bool // only the items of lang
}

// figure compares the sides of a view.
func (v view) figure(level float64, seed uint64) (ComparedFigure, error) {
	s := v.slot
	f := ComparedFigure{Task: v.task.Name, Metric: s.name, Lang: v.lang, Attack: s.attack, Where: s.where, Direction: s.Direction,
		NotAssessable: make([]bool, v.sides), Why: make([]*Warning, v.sides), Lost: make([]int, v.sides), Estimates: make([]stats.Estimate, v.sides)}
	var active []int
	for side := range v.sides {
		f.Why[side] = v.excluded(side)
		if f.NotAssessable[side] = f.Why[side] != nil; !f.NotAssessable[side] {
			active = append(active, side)
		}
	}
	placed := v.sides > 2 && len(active) > 1
	if !placed { // the numbers are kept for the record
		active = active[:0]
		for side := range v.sides {
			active = append(active, side)
		}
	}
	x := v.common(&f, active)
	if err := f.fill(x, active, s, level); err != nil {
		return f, err
	}
	for i := range f.Pairs {
		p := &f.Pairs[i]
		p.NotAssessable = f.NotAssessable[p.First] || f.NotAssessable[p.Second]
		v.bound(p, f.LostAny, x, level)
	}
	if s.strict {
		f.undefine(level)
	}
	if placed && x.arms == nil {
		if err := f.rank(x, active, level, seed); err != nil {
			return f, err
		}
	}
	f.warn()
	return f, nil
}

// undefine takes the numbers of the sides that cannot be assessed.
func (f *ComparedFigure) undefine(level float64) {
	reasons := map[string]stats.Reason{WarnFewUsable: tooFewUsable, WarnOneSide: oneSideOnly, WarnNotUnderstood: notUnderstood}
	for side, w := range f.Why {
		if w != nil {
			f.Estimates[side] = undefined(0, 0, level, reasons[w.Code])
		}
	}
	for i := range f.Pairs {
		if p := &f.Pairs[i]; p.NotAssessable {
			nan, why := math.NaN(), cmp.Or(f.Why[p.Second], f.Why[p.First])
			p.Comparison = stats.Comparison{A: f.Estimates[p.Second].Value, B: f.Estimates[p.First].Value, Difference: nan, SE: nan, DF: nan,
				Lower: nan, Upper: nan, Level: level, Method: "none", P: nan, Test: "none", Effect: nan, EffectName: "none", MDE: nan, Correlation: nan, Reason: reasons[why.Code]}
			p.Low, p.High, p.Lower, p.Upper = nan, nan, nan, nan
		}
	}
}

// common gathers the items that every active side has a score of, and counts those
// that it leaves out.
func (v view) common(f *ComparedFigure, active []int) matrix {
	m := matrix{scores: make([][]float64, len(active)), binary: !v.slot.graded}
	shared := false
	values := make([]float64, len(active))
	for e := range v.members() {
		missing := 0
		for i, side := range active {
			x, ok := v.slot.columns[side].value(e)
			if values[i] = x; !ok {
				missing++
				f.Lost[side]++
			}
		}
		if missing > 0 {
			f.LostAny++
			f.LostAll += int(indicator(missing == len(active)))
			continue
		}
		for i, x := range values {
			m.scores[i] = append(m.scores[i], x)
			m.binary = m.binary && (x == 0 || x == 1)
		}
		code := v.code(e)
		shared = shared || v.entries[e].cluster != alone
		m.clusters = append(m.clusters, code)
		if v.slot.arms != nil {
			m.arms = append(m.arms, v.slot.arms[e])
		}
	}
	f.Outside = v.outside()
	if !shared {
		m.clusters = nil
	}
	f.Assumption = Assumed{Binary: m.binary, Clustered: shared, Contrast: m.arms != nil}
	return m
}

// code numbers the cluster of an item; one that stands alone is its own.
func (v view) code(e int) int32 {
	if c := v.entries[e].cluster; c != alone {
		return c
	}
	return int32(len(v.numbers.clusters) + e)
}

// members are the items of a view that all sides have and that no side leaves out.
func (v view) members() func(yield func(int) bool) {
	whole := uint64(1)<<v.sides - 1
	return func(yield func(int) bool) {
		for e, in := range v.slot.within {
			if !in || v.entries[e].seen != whole || v.part && v.entries[e].lang != v.langs[v.lang] || v.left(e) != 0 {
				continue
			}
			if !yield(e) {
				return
			}
		}
	}
}

// left are the sides whose answers to an item are left out by definition.
func (v view) left(e int) uint64 {
	if e >= len(v.slot.outside) {
		return 0
	}
	out := v.slot.outside[e]
	for mask := out; mask != 0; mask &= mask - 1 {
		side := bits.TrailingZeros64(mask)
		if _, ok := v.slot.columns[side].value(e); ok { // another epoch was answered
			out &^= 1 << side
		}
	}
	return out
}

// outside counts the items that are left out by definition.
func (v view) outside() int {
	n := 0
	for e := range v.slot.outside {
		if v.slot.outside[e] != 0 && v.left(e) != 0 && !(v.part && v.entries[e].lang != v.langs[v.lang]) && bits.OnesCount64(v.entries[e].seen) == v.sides {
			n++
		}
	}
	return n
}

// fill sets the estimates and the pairs.
func (f *ComparedFigure) fill(x matrix, active []int, s *slot, level float64) error {
	for side := range f.Estimates {
		f.Estimates[side] = undefined(0, 0, level, tooFewUsable)
	}
	for i, side := range active {
		f.Estimates[side] = x.estimate(i, s.low, s.high, level)
	}
	pairs, err := x.compare(s.low, s.high, level)
	if err != nil {
		return err
	}
	for _, p := range pairs {
		f.Pairs = append(f.Pairs, Pair{First: active[p.First], Second: active[p.Second], Comparison: p.Comparison, Adjusted: undefinedP})
		f.N, f.Clusters = p.N, p.Clusters
	}
	return nil
}

// bound fills in what the missing scores of a pair could change.
func (v view) bound(p *Pair, lost int, x matrix, level float64) {
	c := p.Comparison
	p.Low, p.High, p.Lower, p.Upper = c.Difference, c.Difference, c.Lower, c.Upper
	if lost == 0 {
		return
	}
	first, second := v.columnsOf(p)
	least := v.extreme(first, second, true, x.binary, level)
	most := v.extreme(first, second, false, x.binary, level)
	p.Low, p.Lower, p.High, p.Upper = least.Difference, least.Lower, most.Difference, most.Upper
}

// filled is one side of a pair on all items that both have, with every missing score
// as low, and as high, as it can be.
type filled struct {
	low, high []float64
	clusters  []int32
	arms      []int8
}

// columnsOf are both sides of a pair on all members of the view.
func (v view) columnsOf(p *Pair) (first, second filled) {
	for e := range v.members() {
		for _, side := range []struct {
			at int
			to *filled
		}{{p.First, &first}, {p.Second, &second}} {
			low, ok := v.slot.columns[side.at].value(e)
			high := low
			if !ok {
				low, high = v.slot.low, v.slot.high
			}
			side.to.low, side.to.high = append(side.to.low, low), append(side.to.high, high)
		}
		first.clusters = append(first.clusters, v.code(e))
		if v.slot.arms != nil {
			first.arms = append(first.arms, v.slot.arms[e])
		}
	}
	return first, second
}

// extreme compares two filled columns where the difference second − first is least, or
// most. Items of the second mean of a contrast are subtracted, and so filled the other
// way round.
func (v view) extreme(first, second filled, least, binary bool, level float64) stats.Comparison {
	old, now := slices.Clone(first.high), slices.Clone(second.low)
	for i := range old {
		if least == (first.arms != nil && first.arms[i] == 1) {
			old[i], now[i] = first.low[i], second.high[i]
		}
	}
	x := matrix{scores: [][]float64{old, now}, arms: first.arms, binary: binary}
	if v.shared(first) {
		x.clusters = first.clusters
	}
	return x.compared(0, 1, v.slot.low, v.slot.high, level)
}

// shared tells whether any member shares its cluster.
func (v view) shared(f filled) bool {
	return slices.ContainsFunc(f.clusters, func(c int32) bool { return int(c) < len(v.numbers.clusters) })
}

// warn collects the caveats of a figure: each once, whatever the pairs.
func (f *ComparedFigure) warn() {
	seen := map[string]bool{}
	for _, p := range f.Pairs {
		for _, w := range p.Comparison.Warnings {
			if !seen[w.Code] {
				seen[w.Code] = true
				f.Warnings = append(f.Warnings, Warning{WarnStats + w.Code, []string{w.Message}})
			}
		}
	}
	if f.LostAny > 0 {
		args := []string{strconv.Itoa(f.LostAny), strconv.Itoa(f.N + f.LostAny)}
		for _, n := range f.Lost {
			args = append(args, strconv.Itoa(n))
		}
		f.Warnings = append(f.Warnings, Warning{WarnLost, args})
	}
	if f.Outside > 0 {
		f.Warnings = append(f.Warnings, Warning{WarnOutside, []string{strconv.Itoa(f.Outside)}})
	}
}
