package stats

import "math"

// countedUnits are units compressed to the distinct multisets of ratings that they got.
type countedUnits struct {
	kinds  ratedUnits // one unit of each kind
	weight []float64  // how many units are of the kind
	kind   []int32    // kind of each unit with two or more ratings, in order
}

const (
	packedRaters   = 15 // a unit's counts of 16 categories are 16 nibbles of one word
	packedKinds    = 2048
	packedSlotBits = 13
	packedSlots    = 1 << packedSlotBits // four for each kind
)

// packUnits compresses ratings that are whole numbers below 16, of at most 15 raters, in
// one pass: a unit becomes the word Σ 16^rating, and equal words are counted in a hash
// table. ok is false where the ratings do not fit, or fall into too many kinds for
// compression to pay. The kind of each unit is left out unless asked for.
func packUnits(byRater [][]float64, each bool) (out countedUnits, ok bool) {
	units := 0
	for _, r := range byRater {
		units = max(units, len(r))
	}
	if len(byRater) > packedRaters || units == 0 {
		return out, false
	}
	words, ok := packWords(byRater, units)
	if !ok {
		return out, false
	}
	keys, slots := make([]uint64, packedSlots), make([]int32, packedSlots)
	var distinct []uint64
	if each {
		out.kind = make([]int32, 0, units)
	}
	for _, w := range words {
		if nibbleSum(w) < 2 {
			continue
		}
		at := w * goldenGamma >> (64 - packedSlotBits)
		for keys[at] != 0 && keys[at] != w {
			at = (at + 1) % packedSlots
		}
		if keys[at] == 0 {
			if len(distinct) == packedKinds {
				return out, false
			}
			keys[at], slots[at] = w, int32(len(distinct))
			distinct = append(distinct, w)
			out.weight = append(out.weight, 0)
		}
		out.weight[slots[at]]++
		if each {
			out.kind = append(out.kind, slots[at])
		}
	}
	out.kinds = unpackKinds(distinct)
	return out, true
}

// packWords writes each unit as a word. A whole number added to 2^52 stands in the low bits
// of the sum; whatever is not whole, or not below 16, shows up in spoilt.
func packWords(byRater [][]float64, units int) (words []uint64, ok bool) {
	words = make([]uint64, units)
	const shift = 0x1p52
	low := math.Float64bits(shift)
	var spoilt uint64
	for _, row := range byRater {
		for u, v := range row {
			if v != v {
				continue
			}
			shifted := v + shift
			c := math.Float64bits(shifted) - low
			spoilt |= c>>4 | math.Float64bits(v) ^ math.Float64bits(shifted-shift)
			words[u] += 1 << (4 * (c & 15))
		}
		if spoilt != 0 {
			return nil, false
		}
	}
	return words, true
}

// nibbleSum is the number of ratings of a word. It is at most 15, so it fits the top
// nibble of the product by 0x1111….
func nibbleSum(w uint64) uint64 { return w * 0x1111111111111111 >> 60 }

// unpackKinds turns words into units over the values that occur.
func unpackKinds(words []uint64) ratedUnits {
	var seen uint64
	for _, w := range words {
		seen |= w
	}
	r := ratedUnits{start: make([]int32, 1, len(words)+1)}
	var code [16]int32
	for c := range code {
		if seen>>(4*c)&15 != 0 {
			code[c] = int32(len(r.values))
			r.values = append(r.values, float64(c))
		}
	}
	for _, w := range words {
		for c := range code {
			for range w >> (4 * c) & 15 {
				r.codes = append(r.codes, code[c])
			}
		}
		r.start = append(r.start, int32(len(r.codes)))
	}
	return r
}

// countUnits compresses any ratings: packed where they fit, else by sorting each unit.
func countUnits(byRater [][]float64) countedUnits {
	if c, ok := packUnits(byRater, true); ok {
		return c
	}
	return countRated(compileRatings(byRater))
}

// alphaOf is Krippendorff's alpha of ratings by rater.
func alphaOf(byRater [][]float64, scale Scale) float64 {
	if c, ok := packUnits(byRater, false); ok {
		return krippendorffAlpha(c.kinds, scale, c.weight)
	}
	r := compileRatings(byRater)
	if r.units() == 0 {
		return math.NaN()
	}
	return krippendorffAlpha(r, scale, nil)
}
