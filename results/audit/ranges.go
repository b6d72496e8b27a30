package audit

import (
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
)

// Ranges is a set of places in a plan, written as "0-5,7".
type Ranges [][2]int64

// RangesOf makes the set of the given places.
func RangesOf(places []int64) Ranges {
	sorted := slices.Clone(places)
	slices.Sort(sorted)
	var r Ranges
	for _, i := range slices.Compact(sorted) {
		if n := len(r); n > 0 && r[n-1][1] == i-1 {
			r[n-1][1] = i
			continue
		}
		r = append(r, [2]int64{i, i})
	}
	return r
}

// All yields the places in order.
func (r Ranges) All() iter.Seq[int64] {
	return func(yield func(int64) bool) {
		for _, p := range r {
			for i := p[0]; i <= p[1]; i++ {
				if !yield(i) {
					return
				}
			}
		}
	}
}

// Len is the number of places.
func (r Ranges) Len() int {
	n := int64(0)
	for _, p := range r {
		n += p[1] - p[0] + 1
	}
	return int(n)
}

// MarshalText implements encoding.TextMarshaler.
func (r Ranges) MarshalText() ([]byte, error) {
	var b []byte
	for i, p := range r {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, p[0], 10)
		if p[1] > p[0] {
			b = strconv.AppendInt(append(b, '-'), p[1], 10)
		}
	}
	return b, nil
}

// UnmarshalText implements encoding.TextUnmarshaler. The ranges must rise.
func (r *Ranges) UnmarshalText(text []byte) error {
	*r = nil
	if len(text) == 0 {
		return nil
	}
	last := int64(-1)
	for part := range strings.SplitSeq(string(text), ",") {
		low, high, two := strings.Cut(part, "-")
		if !two {
			high = low
		}
		a, err1 := strconv.ParseInt(low, 10, 64)
		b, err2 := strconv.ParseInt(high, 10, 64)
		if err1 != nil || err2 != nil || a <= last || b < a {
			return fmt.Errorf("read ranges: %.40q: want rising places such as 0-5,7", part)
		}
		*r = append(*r, [2]int64{a, b})
		last = b
	}
	return nil
}
