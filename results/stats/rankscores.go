package stats

import (
	"fmt"
	"math"
	"slices"
)

// RankScores puts intervals on the places of models that answered the same items: scores[m][i]
// is the score of model m on item i, clusters the cluster of each item (nil: independent
// items). It answers "which places may each model truly hold?" as [RankIntervals] does, from
// the scores themselves, and chooses the method by this rule:
//
//   - With 20 clusters or more, and enough differences between any two models for an error:
//     RankIntervals on the means, with cov(a, b) = (se²(a) + se²(b) − se²(a−b))/2 of the CR2
//     errors. Its critical value c becomes that of Student's t with as many degrees of freedom
//     as the means have: the t with a two-sided tail of 2(1 − Φ(c)).
//   - Otherwise a model stands behind another only where [CompareAll] shows it after Holm's
//     correction. Its paired tests are exact where differences are few, and all places hold at
//     once too, because a pair that is not different is called so with at most the stated error.
//
// An item that any model left without a finite score is left out for all. lowerIsBetter puts
// the lowest mean first. The intervals are in the order of the models. It is an error to give
// fewer than two models, lists of different lengths, or no common item.
func RankScores(scores [][]float64, clusters []int32, lowerIsBetter bool, level float64, seed uint64) (RankReport, error) {
	pairs, err := CompareAll(scores, clusters, level, Holm)
	if err != nil {
		return RankReport{}, fmt.Errorf("rank scores: %w", err)
	}
	sign := 1.0
	if lowerIsBetter {
		sign = -1
	}
	if !slices.ContainsFunc(pairs, uncertain) {
		return rankByErrors(scores, clusters, pairs, sign, level, seed)
	}
	better := newBoolSquare(len(scores))
	for _, p := range pairs {
		if p.Significant() {
			ahead := sign*p.Difference > 0
			better[p.First][p.Second], better[p.Second][p.First] = ahead, !ahead
		}
	}
	r := RankReport{Intervals: rankSets(better), Critical: math.NaN(), Steps: 1, Level: level, Method: "holm-corrected paired tests"}
	r.Warnings = warn(r.Warnings, WarnFallback, "too few clusters or differing items for normal errors: places rest on corrected paired tests")
	return r, nil
}

// uncertain reports a pair whose standard error is no ground for a place.
func uncertain(p PairComparison) bool {
	return !(p.SE > 0) || p.Clusters < enoughClusters ||
		slices.ContainsFunc(p.Warnings, func(w Warning) bool { return w.Code == WarnFallback })
}

// rankByErrors ranks by the means and their errors. The models and the pairs speak of the same
// items, those that all models have a score of.
func rankByErrors(scores [][]float64, clusters []int32, pairs []PairComparison, sign, level float64, seed uint64) (RankReport, error) {
	scores, clusters, _ = commonItems(scores, clusters)
	towards, cov, df := make([]float64, len(scores)), newSquare(len(scores)), math.Inf(1)
	for m, x := range scores {
		e := SumClusters(x, clusters).Mean()
		towards[m], cov[m][m], df = sign*e.Mean, e.CR2*e.CR2, min(df, e.DF)
	}
	for _, p := range pairs {
		i, j := p.First, p.Second
		cov[i][j] = (cov[i][i] + cov[j][j] - p.SE*p.SE) / 2
		cov[j][i] = cov[i][j]
	}
	return rankMeans(towards, cov, df, level, seed)
}
