package prompt

import (
	"cmp"
	"slices"

	"github.com/sovereign-eval/haetae/harness"
)

// Picker chooses k rows of a stream, every row with the same chance, by seed
// alone: the same rows whatever the Go version or the number of workers. It
// holds at most k rows.
type Picker struct {
	k    int
	seed uint64
	n    uint64
	kept []ranked
}

type ranked struct {
	rank, index uint64
	row         harness.Fields
}

// NewPicker chooses k rows by seed.
func NewPicker(k int, seed int64) *Picker { return &Picker{k: k, seed: uint64(seed)} }

// Add shows the picker the next row. The row is kept or forgotten, not changed.
func (p *Picker) Add(row harness.Fields) {
	r := ranked{rank: Mix(p.seed, p.n), index: p.n, row: row}
	p.n++
	i, _ := slices.BinarySearchFunc(p.kept, r, func(a, b ranked) int {
		return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(a.index, b.index))
	})
	if i >= p.k {
		return
	}
	p.kept = slices.Insert(p.kept, i, r)
	if len(p.kept) > p.k {
		p.kept = p.kept[:p.k]
	}
}

// Rows returns the chosen rows in an order by chance.
func (p *Picker) Rows() []harness.Fields {
	out := make([]harness.Fields, len(p.kept))
	for i := range p.kept {
		out[i] = p.kept[i].row
	}
	return out
}

// Mix is a number that looks random and depends on its arguments only: the
// finalizer of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014) over their
// combination.
func Mix(seed, n uint64) uint64 {
	return mix64(mix64(seed+0x9e3779b97f4a7c15) ^ (n+1)*0x9e3779b97f4a7c15)
}

func mix64(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
