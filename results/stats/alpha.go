package stats

import (
	"math"
	"slices"
)

// Scale is the level of measurement of ratings: it says which disagreements are
// worse than others in Krippendorff's alpha.
type Scale string

// The levels of measurement that [Agreement] knows.
const (
	NominalScale  Scale = "nominal"  // labels: any two that differ disagree alike
	OrdinalScale  Scale = "ordinal"  // ranks: disagreement grows with the ratings between
	IntervalScale Scale = "interval" // numbers: disagreement is the squared difference
	RatioScale    Scale = "ratio"    // amounts with a true zero: squared relative difference
)

// ratedUnits are ratings compiled for agreement statistics: the distinct values in
// ascending order, and for each unit with two or more ratings the codes it got.
type ratedUnits struct {
	values []float64
	codes  []int32 // all pairable ratings, unit after unit
	start  []int32 // unit u has codes[start[u]:start[u+1]]
}

// compileRatings turns ratings by rater (NaN where a rater gave none) into units.
// Units with fewer than two ratings cannot be paired and are left out.
func compileRatings(byRater [][]float64) ratedUnits {
	units := 0
	total := 0
	for _, r := range byRater {
		units = max(units, len(r))
		total += len(r)
	}
	all := ratedUnits{codes: make([]int32, 0, total), start: make([]int32, 1, units+1)}
	flat := make([]float64, 0, total)
	for u := range units {
		from := len(flat)
		for _, r := range byRater {
			if u < len(r) && !math.IsNaN(r[u]) {
				flat = append(flat, r[u])
			}
		}
		if len(flat)-from < 2 {
			flat = flat[:from]
			continue
		}
		all.start = append(all.start, int32(len(flat)))
	}
	all.values, all.codes = encodeValues(flat, all.codes)
	return all
}

// encodeValues replaces each value by its index among the sorted distinct values.
// Few distinct values, the usual case, need no sort of the whole.
func encodeValues(x []float64, codes []int32) ([]float64, []int32) {
	const few = 64
	var distinct []float64
	for _, v := range x {
		if at, found := slices.BinarySearch(distinct, v); !found {
			if len(distinct) == few {
				distinct = slices.Clone(x)
				slices.Sort(distinct)
				distinct = slices.Compact(distinct)
				break
			}
			distinct = slices.Insert(distinct, at, v)
		}
	}
	for _, v := range x {
		at, _ := slices.BinarySearch(distinct, v)
		codes = append(codes, int32(at))
	}
	return distinct, codes
}

func (r ratedUnits) units() int { return len(r.start) - 1 }

func (r ratedUnits) unit(u int) []int32 { return r.codes[r.start[u]:r.start[u+1]] }

// positions places each distinct value on the line on which squared differences
// are the disagreement: the values themselves, or for ordinal data the mid-ranks,
// because Krippendorff's ordinal difference of two values is the difference of
// their mid-ranks.
func (r ratedUnits) positions(scale Scale, count []float64) []float64 {
	if scale == IntervalScale {
		return r.values
	}
	pos := make([]float64, len(count))
	var below float64
	for k, c := range count {
		pos[k] = below + c/2
		below += c
	}
	return pos
}

// krippendorffAlpha is Krippendorff's (2011) alpha of compiled ratings. weight says
// how often each unit counts (nil: once), which is what a bootstrap over units
// needs. It is NaN where fewer than two values were seen: 0/0.
//
// It never builds the coincidence matrix: for interval and ordinal data the sum of
// squared differences over pairs is m·Σy²-(Σy)², so a unit costs its ratings.
func krippendorffAlpha(r ratedUnits, scale Scale, weight []float64) float64 {
	count := make([]float64, len(r.values))
	var total float64
	for u := range r.units() {
		w := unitWeight(weight, u)
		for _, c := range r.unit(u) {
			count[c] += w
		}
		total += w * float64(len(r.unit(u)))
	}
	seen := 0
	for _, c := range count {
		if c > 0 {
			seen++
		}
	}
	if seen < 2 {
		return math.NaN()
	}
	var pos []float64
	if scale == IntervalScale || scale == OrdinalScale {
		pos = r.positions(scale, count)
	}
	var observed float64
	for u := range r.units() {
		if w := unitWeight(weight, u); w != 0 {
			codes := r.unit(u)
			observed += w * r.disagreement(codes, scale, pos) / float64(len(codes)-1)
		}
	}
	expected := r.expectedDisagreement(count, total, scale, pos)
	return 1 - (total-1)*observed/expected
}

func unitWeight(weight []float64, u int) float64 {
	if weight == nil {
		return 1
	}
	return weight[u]
}

// disagreement sums the squared difference over the ordered pairs of one unit.
func (r ratedUnits) disagreement(codes []int32, scale Scale, pos []float64) float64 {
	if pos != nil {
		var s, ss float64
		for _, c := range codes[1:] {
			d := pos[c] - pos[codes[0]]
			s += d
			ss += d * d
		}
		return 2 * (float64(len(codes))*ss - s*s)
	}
	var sum float64
	for i, c := range codes {
		for _, k := range codes[:i] {
			if c != k {
				sum += r.difference(int(c), int(k), scale)
			}
		}
	}
	return 2 * sum
}

// difference is the squared difference of two codes on the nominal and ratio scales.
func (r ratedUnits) difference(c, k int, scale Scale) float64 {
	if scale == NominalScale {
		return 1
	}
	a, b := r.values[c], r.values[k]
	if a+b == 0 {
		return 1
	}
	return square((a - b) / (a + b))
}

// expectedDisagreement sums the squared difference over all ordered pairs of ratings.
func (r ratedUnits) expectedDisagreement(count []float64, total float64, scale Scale, pos []float64) float64 {
	var sum float64
	switch {
	case scale == NominalScale:
		for _, c := range count {
			sum += c * (total - c)
		}
	case pos != nil:
		var mean float64
		for k, c := range count {
			mean += c * pos[k] / total
		}
		for k, c := range count {
			sum += c * square(pos[k]-mean)
		}
		sum *= 2 * total
	default:
		for k, c := range count {
			for l, d := range count[:k] {
				if c > 0 && d > 0 {
					sum += 2 * c * d * r.difference(k, l, scale)
				}
			}
		}
	}
	return sum
}
