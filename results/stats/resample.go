package stats

import (
	"math"
	"math/bits"
	"sync"
)

// split runs f on parts of 0..n−1, one a worker; f writes only to its own slots.
func split(n, workers int, f func(lo, hi int)) {
	if workers <= 1 || n < 2*workers {
		f(0, n)
		return
	}
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() { f(w*n/workers, (w+1)*n/workers) })
	}
	wg.Wait()
}

// resampleMeans fills means with bootstrap means of x; each depends on (seed, index) only.
func resampleMeans(x, means []float64, seed uint64, workers int) {
	inv := 1 / float64(len(x))
	blocks := newBlocks(x)
	split(len(means), workers, func(lo, hi int) {
		var counts []int
		if blocks != nil {
			counts = make([]int, blocks.count())
		}
		for r := lo; r < hi; r++ {
			rng := newStream(seed, streamBootstrap, uint64(r))
			if blocks != nil {
				means[r] = blocks.resampledSum(&rng, counts) * inv
			} else {
				means[r] = drawnSum(x, len(x), &rng) * inv
			}
		}
	})
}

// drawnSum is the sum of some draws with replacement from x: two exact Lemire draws a word,
// four sums so that additions overlap.
func drawnSum(x []float64, draws int, rng *wyrand) float64 {
	n := uint64(len(x))
	reject := uint32(-uint32(n)) % uint32(n)
	var s0, s1, s2, s3 float64
	state := rng.state
	for draws >= 4 {
		state += wyIncrement
		hi, lo := bits.Mul64(state, state^wyMask)
		v := hi ^ lo
		state += wyIncrement
		hi, lo = bits.Mul64(state, state^wyMask)
		w := hi ^ lo
		a, b := uint64(uint32(v))*n, (v>>32)*n
		c, d := uint64(uint32(w))*n, (w>>32)*n
		if uint32(a) < reject || uint32(b) < reject || uint32(c) < reject || uint32(d) < reject {
			continue // draw all four again: rare, and as exact as drawing one again
		}
		s0 += x[a>>32]
		s1 += x[b>>32]
		s2 += x[c>>32]
		s3 += x[d>>32]
		draws -= 4
	}
	rng.state = state
	for ; draws > 0; draws-- {
		s0 += x[rng.intn(uint32(n))]
	}
	return s0 + s1 + (s2 + s3)
}

// resampleClusters fills means, ts or both with the ratio means of resampled clusters and
// their t values.
func resampleClusters(s ClusterSums, means, ts []float64, seed uint64, workers int) {
	type cell struct{ sum, size float64 }
	cells := make([]cell, len(s.Sums))
	for c := range cells {
		cells[c] = cell{s.Sums[c], float64(s.Sizes[c])}
	}
	observed := s.Mean().Mean
	g := uint32(len(cells))
	split(max(len(means), len(ts)), workers, func(lo, hi int) {
		for r := lo; r < hi; r++ {
			rng := newStream(seed, streamBootstrap, uint64(r))
			var sum, size, ss, sn, nn float64
			for range cells {
				c := cells[rng.intn(g)]
				sum += c.sum
				size += c.size
				ss += c.sum * c.sum
				sn += c.sum * c.size
				nn += c.size * c.size
			}
			m := sum / size
			if means != nil {
				means[r] = m
			}
			if ts != nil {
				v := ss - 2*m*sn + m*m*nn // Σ(S_c − n_c m)²
				if v <= 1e-12*ss {
					v = 0
				}
				ts[r] = (m - observed) / (math.Sqrt(v) / size)
			}
		}
	})
}
