package stats

import (
	"fmt"
	"math/bits"
)

// PairComparison is the comparison of two of several models.
type PairComparison struct {
	First, Second int // indexes of the models; Comparison is First − Second
	Comparison
	Adjusted float64 // P corrected for the number of pairs
}

// Significant reports whether the corrected p-value is below 1 − Level.
func (p PairComparison) Significant() bool { return p.Adjusted < 1-p.Level }

// CompareAll compares every pair of models on the same items: scores[m][i] is the score of
// model m on item i, clusters the cluster of each item (nil: independent items). Pairs are
// compared as PairedProportion or, where a score is neither 0 nor 1, as PairedScore says, and
// their p-values are corrected for the number of pairs. An item that any model left without a
// finite score is left out for all, so that all pairs speak of the same items. It is an error
// to give fewer than two models or lists of different lengths.
//
// The scores of each model are added up by cluster, or packed into bits, once; a pair then
// costs one pass over the clusters.
func CompareAll(scores [][]float64, clusters []int32, level float64, by Correction) ([]PairComparison, error) {
	if len(scores) < 2 {
		return nil, fmt.Errorf("compare models: %d given: want two or more", len(scores))
	}
	for m, x := range scores {
		if len(x) != len(scores[0]) || clusters != nil && len(clusters) != len(x) {
			return nil, fmt.Errorf("compare models: model %d has %d scores, model 0 has %d, clusters %d: want equal lengths", m, len(x), len(scores[0]), len(clusters))
		}
	}
	if !(level > 0 && level < 1) {
		return nil, fmt.Errorf("compare models: level is %v: want a number between 0 and 1", level)
	}
	scores, clusters, missing := commonItems(scores, clusters)
	if len(scores[0]) == 0 {
		return nil, fmt.Errorf("compare models: no item has a score of every model")
	}
	all := newModelSums(scores, clusters)
	var out []PairComparison
	var ps []float64
	for i := range scores {
		for j := i + 1; j < len(scores); j++ {
			c := all.compare(i, j, level)
			if missing > 0 {
				c.Warnings = warn(c.Warnings, WarnMissing, "left out, without a finite score of every model: %s", countOf(missing, "item"))
			}
			out = append(out, PairComparison{First: i, Second: j, Comparison: c})
			ps = append(ps, nanAsOne(c.P))
		}
	}
	adjusted, err := AdjustP(ps, by)
	if err != nil {
		return nil, fmt.Errorf("compare models: %w", err)
	}
	for k := range out {
		out[k].Adjusted = adjusted[k]
	}
	return out, nil
}

// nanAsOne counts an undefined p-value among the tests without rejecting anything.
func nanAsOne(p float64) float64 {
	if !(p >= 0 && p <= 1) {
		return 1
	}
	return p
}

// commonItems keeps the items on which every model has a finite score.
func commonItems(scores [][]float64, clusters []int32) ([][]float64, []int32, int) {
	drop := make([]bool, len(scores[0]))
	missing := 0
	for _, x := range scores {
		for i, v := range x {
			if !drop[i] && !isFinite(v) {
				drop[i] = true
				missing++
			}
		}
	}
	if missing == 0 {
		return scores, clusters, 0
	}
	kept := make([][]float64, len(scores))
	var keptClusters []int32
	for i, d := range drop {
		if d {
			continue
		}
		for m := range scores {
			kept[m] = append(kept[m], scores[m][i])
		}
		if clusters != nil {
			keptClusters = append(keptClusters, clusters[i])
		}
	}
	return kept, keptClusters, missing
}

// modelSums are the models' scores, reduced to what their comparison needs.
type modelSums struct {
	models []sample
	se     []float64  // CR2 of each model's mean
	bits   [][]uint64 // one bit an item where all scores are 0 or 1
	items  int
	lo, hi float64
}

func newModelSums(scores [][]float64, clusters []int32) *modelSums {
	s := &modelSums{items: len(scores[0])}
	binary := true
	for m, x := range scores {
		g := gather(Obs{Values: x, Clusters: clusters})
		s.models = append(s.models, g)
		s.se = append(s.se, g.Mean().CR2)
		binary = binary && g.binary
		if m == 0 {
			s.lo, s.hi = g.lo, g.hi
		}
		s.lo, s.hi = min(s.lo, g.lo), max(s.hi, g.hi)
	}
	if binary {
		for _, x := range scores {
			s.bits = append(s.bits, packBits(x))
		}
	}
	return s
}

// packBits sets a bit for each 1.
func packBits(x []float64) []uint64 {
	words := make([]uint64, (len(x)+63)/64)
	for i, v := range x {
		if v == 1 {
			words[i/64] |= 1 << (i % 64)
		}
	}
	return words
}

func (s *modelSums) compare(i, j int, level float64) Comparison {
	p := pairs{a: s.models[i], b: s.models[j]}
	if s.bits != nil {
		p.counts = countPairs(s.bits[i], s.bits[j], s.items)
	}
	p.diff = p.a
	p.diff.Sums = differences(p.a.Sums, p.b.Sums)
	p.diff.total = p.a.total - p.b.total
	if s.bits != nil {
		return p.compareProportions(s.se[i], s.se[j], level)
	}
	lo, hi := GradedScore{}.bounds(s.lo, s.hi)
	return p.compareScores(s.se[i], s.se[j], hi-lo, level)
}

// countPairs counts the four outcomes of pairs, 64 at a time.
func countPairs(a, b []uint64, items int) PairedCounts {
	var c PairedCounts
	for w, x := range a {
		y := b[w]
		c.Both += bits.OnesCount64(x & y)
		c.AOnly += bits.OnesCount64(x &^ y)
		c.BOnly += bits.OnesCount64(y &^ x)
	}
	c.Neither = items - c.Both - c.AOnly - c.BOnly
	return c
}
