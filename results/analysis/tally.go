package analysis

import (
	"crypto/sha256"
	"encoding/binary"
	"maps"
	"math"
	"slices"

	"github.com/sovereign-eval/haetae/results/stats"
)

// alone is the cluster of a sample that shares its source with no other.
const alone = -1

// clusters numbers the clusters of one cell in the order of their appearance.
// It keeps 64 bits of a digest in place of each name: among a million clusters
// two meet with probability 3e-8, and would then count as one.
type clusters map[uint64]int32

func (c clusters) of(kind byte, name string) int {
	key := clusterKey(kind, name)
	i, ok := c[key]
	if !ok {
		i = int32(len(c))
		c[key] = i
	}
	return int(i)
}

// clusterKey is 64 bits of the digest of a name of a kind.
func clusterKey(kind byte, name string) uint64 {
	var buf [128]byte
	d := sha256.Sum256(append(append(buf[:0], kind), name...))
	return binary.BigEndian.Uint64(d[:])
}

// tally sums one value of a sample by cluster. Samples that stand alone are
// counted by value, so that a million of them take no memory.
type tally struct {
	solo  map[float64]int64
	sums  []float64 // by cluster
	sizes []int     // by cluster; 0 where this tally has no sample
}

func (t *tally) add(cluster int, v float64) { t.addMany(cluster, v, 1) }

// addMany adds k samples whose values sum to k·v.
func (t *tally) addMany(cluster int, v float64, k int64) {
	if k == 0 {
		return
	}
	if cluster == alone {
		if t.solo == nil {
			t.solo = map[float64]int64{}
		}
		t.solo[v] += k
		return
	}
	t.grow(cluster + 1)
	t.sums[cluster] += v * float64(k)
	t.sizes[cluster] += int(k)
}

// merge adds another tally of the same cell.
func (t *tally) merge(u tally) {
	for v, k := range u.solo {
		t.addMany(alone, v, k)
	}
	t.grow(len(u.sums))
	for c, k := range u.sizes {
		t.sums[c] += u.sums[c]
		t.sizes[c] += k
	}
}

// grow makes room for n clusters.
func (t *tally) grow(n int) {
	if more := n - len(t.sums); more > 0 {
		t.sums = append(t.sums, make([]float64, more)...)
		t.sizes = append(t.sizes, make([]int, more)...)
	}
}

// total returns the number of samples and the sum of their values.
func (t *tally) total() (n int64, sum float64) {
	for _, v := range slices.Sorted(maps.Keys(t.solo)) {
		n += t.solo[v]
		sum += v * float64(t.solo[v])
	}
	for i, k := range t.sizes {
		n += int64(k)
		sum += t.sums[i]
	}
	return n, sum
}

// binary tells whether the sums can be those of zeros and ones.
func (t *tally) binary() bool {
	for v := range t.solo {
		if v != 0 && v != 1 {
			return false
		}
	}
	for i, s := range t.sums {
		if s != math.Trunc(s) || s < 0 || s > float64(t.sizes[i]) {
			return false
		}
	}
	return true
}

// obs returns the sums of every cluster, each lone sample its own.
func (t *tally) obs() stats.Obs {
	var o stats.Obs
	for i, k := range t.sizes {
		if k > 0 {
			o.Sums, o.Sizes = append(o.Sums, t.sums[i]), append(o.Sizes, k)
		}
	}
	for _, v := range t.lone() {
		o.Sums, o.Sizes = append(o.Sums, v), append(o.Sizes, 1)
	}
	return o
}

// lone returns the values of the samples that stand alone, ascending.
func (t *tally) lone() []float64 {
	var out []float64
	for _, v := range slices.Sorted(maps.Keys(t.solo)) {
		out = append(out, slices.Repeat([]float64{v}, int(t.solo[v]))...)
	}
	return out
}

// classes counts samples by class, at most 9 of them, and by cluster.
type classes struct {
	solo [9]int64
	by   [][9]int32
}

func (c *classes) add(cluster, class int) {
	if cluster == alone {
		c.solo[class]++
		return
	}
	if more := cluster + 1 - len(c.by); more > 0 {
		c.by = append(c.by, make([][9]int32, more)...)
	}
	c.by[cluster][class]++
}

// count returns the number of samples of a class.
func (c *classes) count(class int) int64 {
	n := c.solo[class]
	for i := range c.by {
		n += int64(c.by[i][class])
	}
	return n
}

// set is a set of classes.
type set uint16

func setOf(classes ...int) set {
	var s set
	for _, c := range classes {
		s |= 1 << c
	}
	return s
}

func (s set) has(class int) bool { return s&(1<<class) != 0 }

// share is the tally of membership in hit among the samples whose class is in of.
func (c *classes) share(hit, of set) tally {
	var t tally
	for class := range c.solo {
		if of.has(class) {
			t.addMany(alone, member(hit, class), c.solo[class])
		}
	}
	for cluster := range c.by {
		for class, k := range c.by[cluster] {
			if of.has(class) {
				t.addMany(cluster, member(hit, class), int64(k))
			}
		}
	}
	return t
}

func member(hit set, class int) float64 {
	if hit.has(class) {
		return 1
	}
	return 0
}
