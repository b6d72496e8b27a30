package stats

import (
	"errors"
	"fmt"
	"math"
)

// TwoRates is what a model did in one cluster of a task with two kinds of items, such as
// harmful and benign requests: First successes of OfFirst items of the first kind, Second of
// OfSecond of the other.
type TwoRates struct{ First, OfFirst, Second, OfSecond float64 }

// RankRateSums puts intervals on the places of models by the sum of two rates over the same
// clusters, models[m][c] being model m in cluster c. It answers "which model is best on both
// kinds of items together?", and returns the sums and the report of [RankIntervals].
//
// The covariance is that of the linearised sums: with p and q the two rates, the influence of
// cluster c is (First−OfFirst·p)/ΣOfFirst + (Second−OfSecond·q)/ΣOfSecond, and the covariance
// of two models G/(G−1) times the sum over the G clusters of the products of their influences.
// Critical values are those of Student's t with K−1 degrees of freedom, K being Kish's number of
// equal clusters, (Σn)²/Σn², of the kind of items that has the fewer.
//
// A rate that was observed as 0 or 1 has no influence, which is no proof that the true one is
// 0 or 1. It adds c(1−c)/(G+4) to the variance of its model, without covariance, where
// c = 2/(G+4) is Agresti and Coull's (1998) centre for no event in the G clusters that have
// such items. So no place rests on a variance of zero; how well that holds was simulated, see
// docs/STATISTICS.md. It is an error to give no models, lists of different lengths, fewer than
// two clusters, or only one with items of a kind, counts that are impossible, or a model that
// has no items of a kind.
func RankRateSums(models [][]TwoRates, level float64, seed uint64) (sums []float64, r RankReport, err error) {
	if err := checkRates(models); err != nil {
		return nil, RankReport{}, fmt.Errorf("rank sums of rates: %w", err)
	}
	influence := make([][]float64, len(models))
	extra := make([]float64, len(models))
	for m, clusters := range models {
		var sum float64
		sum, influence[m], extra[m] = linearisedSum(clusters)
		sums = append(sums, sum)
	}
	g := float64(len(models[0]))
	cov := newSquare(len(models))
	for x := range models {
		for y := range models {
			cov[x][y] = dot(influence[x], influence[y]) * g / (g - 1)
		}
		cov[x][x] += extra[x]
	}
	r, err = rankMeans(sums, cov, equalClusters(models[0])-1, level, seed)
	return sums, r, err
}

func checkRates(models [][]TwoRates) error {
	if len(models) == 0 {
		return errors.New("no models")
	}
	for m, clusters := range models {
		if len(clusters) != len(models[0]) || len(clusters) < 2 {
			return fmt.Errorf("model %d has %d clusters, model 0 has %d: want the same two or more", m, len(clusters), len(models[0]))
		}
		var first, second float64
		for c, u := range clusters {
			if !(u.First >= 0 && u.First <= u.OfFirst && u.Second >= 0 && u.Second <= u.OfSecond && u.OfFirst+u.OfSecond < 1e15) {
				return fmt.Errorf("model %d, cluster %d: %v of %v and %v of %v: impossible", m, c, u.First, u.OfFirst, u.Second, u.OfSecond)
			}
			first, second = first+u.OfFirst, second+u.OfSecond
		}
		if first == 0 || second == 0 {
			return fmt.Errorf("model %d has no items of one kind", m)
		}
	}
	return nil
}

// linearisedSum is the sum of a model's two rates, the influence of each cluster on it, and
// what rates of 0 or 1 add to its variance.
func linearisedSum(clusters []TwoRates) (sum float64, influence []float64, extra float64) {
	var s TwoRates
	var with [2]float64 // clusters with items of a kind
	for _, u := range clusters {
		s.First, s.OfFirst, s.Second, s.OfSecond = s.First+u.First, s.OfFirst+u.OfFirst, s.Second+u.Second, s.OfSecond+u.OfSecond
		with[0], with[1] = with[0]+math.Min(u.OfFirst, 1), with[1]+math.Min(u.OfSecond, 1)
	}
	p, q := s.First/s.OfFirst, s.Second/s.OfSecond
	for _, u := range clusters {
		influence = append(influence, (u.First-u.OfFirst*p)/s.OfFirst+(u.Second-u.OfSecond*q)/s.OfSecond)
	}
	return p + q, influence, atBoundary(p, with[0]) + atBoundary(q, with[1])
}

// equalClusters is Kish's number of equal clusters of the kind of items that has the fewer.
func equalClusters(clusters []TwoRates) float64 {
	var n, squares [2]float64
	for _, u := range clusters {
		for kind, k := range [2]float64{u.OfFirst, u.OfSecond} {
			n[kind] += k
			squares[kind] += k * k
		}
	}
	return min(n[0]*n[0]/squares[0], n[1]*n[1]/squares[1])
}

// atBoundary is the variance of a rate that was observed as 0 or 1 in g clusters; 0 for any
// other.
func atBoundary(p, g float64) float64 {
	if p > 0 && p < 1 {
		return 0
	}
	centre := 2 / (g + 4)
	return centre * (1 - centre) / (g + 4)
}
