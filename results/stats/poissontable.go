package stats

import "math"

// poissonTable draws Poisson variates of one mean from one random word each, by Walker's
// (1977) alias method in Vose's (1991) form: the word's top bits choose a slot, the rest its
// value or the alias. Values beyond nine standard deviations, of probability below 1e-17, are
// left out.
type poissonTable struct {
	first int // value of slot 0
	bits  int // log2 of the number of slots
	slots []aliasSlot
}

// aliasSlot gives its own value where the rest of the word is below keep.
type aliasSlot struct {
	keep  uint64
	alias int32
}

// tabledMean bounds the means, whole numbers, of which tables are made: each is at most 16 kB.
const tabledMean = 1024

func newPoissonTable(mu float64) *poissonTable {
	reach := 9 * math.Sqrt(mu)
	t := &poissonTable{first: int(max(0, mu-reach-5))}
	count := int(mu+reach+25) - t.first
	for 1<<t.bits < count {
		t.bits++
	}
	p := poissonWindow(mu, t.first, count)
	p = append(p, make([]float64, 1<<t.bits-count)...)
	t.fill(p)
	return t
}

// poissonWindow is the mass function on first, first+1, …, scaled to add up to 1.
func poissonWindow(mu float64, first, count int) []float64 {
	p := make([]float64, count)
	mode := int(mu) - first
	p[mode] = 1
	for k := mode + 1; k < count; k++ {
		p[k] = p[k-1] * mu / float64(first+k)
	}
	for k := mode; k > 0; k-- {
		p[k-1] = p[k] * float64(first+k) / mu
	}
	total := sum(p)
	for k := range p {
		p[k] /= total
	}
	return p
}

// fill pairs each slot that has less than its share with one that has more.
func (t *poissonTable) fill(p []float64) {
	n := len(p)
	t.slots = make([]aliasSlot, n)
	var small, large []int32
	for k := range p {
		if p[k] *= float64(n); p[k] < 1 {
			small = append(small, int32(k))
		} else {
			large = append(large, int32(k))
		}
	}
	for len(small) > 0 && len(large) > 0 {
		s, l := small[len(small)-1], large[len(large)-1]
		small = small[:len(small)-1]
		t.slots[s] = aliasSlot{uint64(p[s] * 0x1p63 * 2), l}
		if p[l] -= 1 - p[s]; p[l] < 1 {
			large = large[:len(large)-1]
			small = append(small, l)
		}
	}
	for _, k := range append(small, large...) { // full, up to rounding
		t.slots[k] = aliasSlot{math.MaxUint64, k}
	}
}

// draw is one variate.
func (t *poissonTable) draw(rng *wyrand) float64 {
	w := rng.Uint64()
	k := int32(w >> (64 - t.bits))
	if s := &t.slots[k]; w<<t.bits >= s.keep {
		k = s.alias
	}
	return float64(t.first + int(k))
}
