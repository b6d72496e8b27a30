package stats

import (
	"math"
	"math/bits"
)

// poissonTable draws Poisson variates of one mean from one random word each, by Walker's
// (1977) alias method in Vose's (1991) form: the word's top bits choose a slot, the rest its
// value or the alias. Values beyond nine standard deviations, of probability below 1e-17, are
// left out.
type poissonTable struct {
	first int  // value of slot 0
	bits  uint // log2 of the number of slots
	slots []uint64
}

// A slot holds its alias in the low bits and above them the share, of 2^52, of draws that
// keep the slot's own value: as fine as the rounding of the probabilities.
const (
	aliasBits = 12
	aliasMask = 1<<aliasBits - 1
	keepAll   = 1<<(64-aliasBits) - 1
)

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
	t.slots = make([]uint64, n)
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
		t.slots[s] = min(uint64(p[s]*(keepAll+1)), keepAll)<<aliasBits | uint64(l)
		if p[l] -= 1 - p[s]; p[l] < 1 {
			large = large[:len(large)-1]
			small = append(small, l)
		}
	}
	for _, k := range append(small, large...) { // full, up to rounding
		t.slots[k] = keepAll<<aliasBits | uint64(k)
	}
}

// draw is one variate. The choice between value and alias is a coin that no branch
// predicts, so it is made without one.
func (t *poissonTable) draw(rng *wyrand) float64 {
	w := rng.Uint64()
	k := w >> (64 - t.bits)
	slot := t.slots[k]
	_, keeps := bits.Sub64(w<<t.bits>>aliasBits, slot>>aliasBits, 0)
	k ^= (k ^ slot&aliasMask) & (keeps - 1)
	return float64(t.first + int(k))
}
