package sqlite

import (
	"encoding/binary"
	"math/bits"

	"github.com/sovereign-eval/haetae/harness"
)

// filter is a Bloom filter over hashes: has never says no of a hash that was
// added. At the capacity it was made for it errs in 1 of 100 cases, with four
// probes taken from the hash itself, which is random already.
type filter struct {
	words []uint64
	mask  uint64
}

// newFilter makes a filter for n hashes: 16 bits for each, at most 32 MiB.
func newFilter(n int64) filter {
	n = min(max(n, 1<<12), 1<<24)
	size := uint64(1) << bits.Len64(uint64(n)*12-1)
	return filter{words: make([]uint64, size/64), mask: size - 1}
}

func (f filter) add(h harness.Hash) {
	for i := 0; i < len(h); i += 8 {
		b := binary.LittleEndian.Uint64(h[i:]) & f.mask
		f.words[b/64] |= 1 << (b % 64)
	}
}

func (f filter) has(h harness.Hash) bool {
	for i := 0; i < len(h); i += 8 {
		b := binary.LittleEndian.Uint64(h[i:]) & f.mask
		if f.words[b/64]&(1<<(b%64)) == 0 {
			return false
		}
	}
	return true
}
