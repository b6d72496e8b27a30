package analysis

import (
	"slices"

	"github.com/sovereign-eval/haetae/results/stats"
)

// bothArms tells whether there are items of either mean of a contrast.
func (x matrix) bothArms() bool { return slices.Contains(x.arms, 0) && slices.Contains(x.arms, 1) }

// contrast estimates the contrast of one row of zeros and ones, as reports do.
func (x matrix) contrast(row int, level float64) stats.Estimate {
	var arms [2]tally
	numbers := map[int32]int{}
	for i, v := range x.scores[row] {
		cluster := alone
		if x.clusters != nil {
			k, ok := numbers[x.clusters[i]]
			if !ok {
				k = len(numbers)
				numbers[x.clusters[i]] = k
			}
			cluster = k
		}
		arms[x.arms[i]].add(cluster, v)
	}
	return contrast(arms[0], arms[1], -1, 0, level)
}
