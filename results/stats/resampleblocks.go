package stats

import (
	"math"
	"math/bits"
)

// Drawing from many scores costs what it costs to fetch them: beyond a few thousand they
// no longer fit the first cache. Blocks of 256 do, and in a block each byte of a random
// word is a draw, without a multiplication or a rejection. How many draws fall into each
// block is multinomial, so a resample by blocks has the law of one by single draws.

const (
	blockSize  = 256
	leastBlock = 8 * blockSize // scores below which single draws are as fast
	// The Poisson counts of the blocks add up to this many standard deviations less than
	// n, so that one in 30,000 resamples has too many and draws its counts again.
	blockSlack = 4.0
)

// blocks resamples the sum of many scores.
type blocks struct {
	x          []float64
	full, rest *poissonTable // draws in a block of 256, and in the shorter last one
}

// newBlocks prepares x; nil where it is too short for blocks to help.
func newBlocks(x []float64) *blocks {
	n := len(x)
	if n < leastBlock {
		return nil
	}
	rate := 1 - blockSlack/math.Sqrt(float64(n))
	b := &blocks{x: x, full: newPoissonTable(rate * blockSize)}
	if r := n % blockSize; r > 0 {
		b.rest = newPoissonTable(rate * float64(r))
	}
	return b
}

// count is the number of blocks.
func (b *blocks) count() int { return (len(b.x) + blockSize - 1) / blockSize }

// share draws how many of the n draws fall into each block and returns how many are left,
// to fall anywhere. Independent Poisson counts are multinomial given their total N, and so
// are N multinomial draws with n − N more; a total above n is drawn again, whatever the
// counts in it.
func (b *blocks) share(rng *wyrand, counts []int) (left int) {
	for {
		left = len(b.x)
		for k := range counts {
			law := b.full
			if k == len(counts)-1 && b.rest != nil {
				law = b.rest
			}
			counts[k] = int(law.draw(rng))
			left -= counts[k]
		}
		if left >= 0 {
			return left
		}
	}
}

// resampledSum is the sum of len(x) draws with replacement from x; counts is scratch.
func (b *blocks) resampledSum(rng *wyrand, counts []int) float64 {
	left := b.share(rng, counts)
	total := drawnSum(b.x, left, rng)
	last := len(counts) - 1
	if b.rest != nil {
		total += drawnSum(b.x[last*blockSize:], counts[last], rng)
		last--
	}
	for k := range counts[:last+1] {
		block := (*[blockSize]float64)(b.x[k*blockSize:])
		total += byteSum(block, counts[k]/8, rng)
		for w, d := rng.Uint64(), counts[k]%8; d > 0; d-- {
			total += block[uint8(w)]
			w >>= 8
		}
	}
	return total
}

// byteSum is the sum of 8 draws from a block for each of some random words.
func byteSum(block *[blockSize]float64, words int, rng *wyrand) float64 {
	var s0, s1, s2, s3 float64
	state := rng.state
	for range words {
		state += wyIncrement
		hi, lo := bits.Mul64(state, state^wyMask)
		w := hi ^ lo
		s0 += block[uint8(w)]
		s1 += block[uint8(w>>8)]
		s2 += block[uint8(w>>16)]
		s3 += block[uint8(w>>24)]
		s0 += block[uint8(w>>32)]
		s1 += block[uint8(w>>40)]
		s2 += block[uint8(w>>48)]
		s3 += block[uint8(w>>56)]
	}
	rng.state = state
	return s0 + s1 + (s2 + s3)
}
