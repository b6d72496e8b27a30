package stats

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// sumWorld is a population of clusters of items of two kinds, which models answer with the
// given rates of success: by thresholds on latent normals that share the cluster's and the
// item's difficulty.
type sumWorld struct {
	first, second   []float64
	clusters, items int // items of a kind in a cluster: 1, or uniform on 1 … 2·items−1
}

func (w sumWorld) draw(r *rand.Rand) [][]TwoRates {
	models := make([][]TwoRates, len(w.first))
	for range w.clusters {
		var of [2]int
		for kind := range of {
			of[kind] = 1 + r.IntN(2*w.items-1)
		}
		a, b := w.successes(w.first, of[0], r), w.successes(w.second, of[1], r)
		for m := range models {
			models[m] = append(models[m], TwoRates{a[m], float64(of[0]), b[m], float64(of[1])})
		}
	}
	return models
}

// successes draws what every model gets right of n items of one cluster.
func (w sumWorld) successes(rates []float64, n int, r *rand.Rand) []float64 {
	right, own := make([]float64, len(rates)), make([]float64, len(rates))
	shared := r.NormFloat64()
	for m := range own {
		own[m] = r.NormFloat64()
	}
	for range n {
		item := r.NormFloat64()
		for m, p := range rates {
			if 0.5*shared+0.45*own[m]+0.5*item+math.Sqrt(0.2975)*r.NormFloat64() < NormalQuantile(p) {
				right[m]++
			}
		}
	}
	return right
}

// plainSums ranks by linearised errors alone, normal, with nothing added at the boundary.
func plainSums(models [][]TwoRates) []RankInterval {
	g := float64(len(models[0]))
	cov, sums, influence := newSquare(len(models)), make([]float64, len(models)), make([][]float64, len(models))
	for m, clusters := range models {
		sums[m], influence[m], _ = linearisedSum(clusters)
	}
	for x := range models {
		for y := range models {
			cov[x][y] = dot(influence[x], influence[y]) * g / (g - 1)
		}
	}
	r, err := RankIntervals(sums, cov, 0.95, 1)
	if err != nil {
		return nil
	}
	return r.Intervals
}

func (w sumWorld) coverage(t *testing.T, reps int) coverageRow {
	t.Helper()
	sums := make([]float64, len(w.first))
	for m := range sums {
		sums[m] = math.Round((w.first[m]+w.second[m])*1e6) / 1e6
	}
	truth := rankWorld{rates: sums}
	row := coverageRow{cell: fmt.Sprintf("rates %v and %v, %d clusters of %d and %d", w.first, w.second, w.clusters, w.items, w.items),
		coverage: make([]float64, 2), inside: true}
	events := math.Inf(1)
	for m := range sums {
		events = min(events, float64(w.clusters*w.items)*min(w.first[m], 1-w.first[m], w.second[m], 1-w.second[m]))
	}
	row.inside = w.clusters >= enoughClusters && events >= 10
	r := seeded(row.cell)
	for range reps {
		models := w.draw(r)
		_, rep, err := RankRateSums(models, 0.95, 1)
		if err != nil {
			t.Fatal(err)
		}
		for k, ranks := range [][]RankInterval{rep.Intervals, plainSums(models)} {
			if ranks != nil && truth.holds(ranks) {
				row.coverage[k] += 1 / float64(reps)
			}
		}
		for _, i := range rep.Intervals {
			row.width += float64(i.Upper-i.Lower+1) / float64(reps*len(models))
		}
	}
	return row
}

// TestCoverageOfRateSums simulates the places of models by the sum of two rates, at 0 and 1
// too: all places are right at once in at least 95 % (93.5 % inside), within the error of the
// simulation.
func TestCoverageOfRateSums(t *testing.T) {
	reps := 150
	worlds := []sumWorld{
		{[]float64{1, 1}, []float64{0.95, 0.95}, 20, 1},
		{[]float64{0.9, 0.9, 0.9}, []float64{0.7, 0.7, 0.7}, 30, 2},
		{[]float64{1, 0.8}, []float64{0.79, 0.99}, 60, 1},
		{[]float64{0.6, 0.6}, []float64{0.6, 0.6}, 5, 4},
	}
	if *full {
		reps, worlds = 1000, nil
		for _, rates := range [][2][]float64{
			{{0.5, 0.5}, {0.5, 0.5}}, {{0.9, 0.9}, {0.7, 0.7}}, {{0.98, 0.98}, {0.98, 0.98}}, {{1, 1}, {0.95, 0.95}}, {{1, 1}, {0.8, 0.8}},
			{{1, 0.8}, {0.79, 0.99}}, {{0.995, 0.995, 0.995}, {0.8, 0.8, 0.8}}, {{0.99, 0.95, 0.9, 0.9}, {0.8, 0.84, 0.9, 0.85}},
		} {
			for _, clusters := range []int{5, 10, 20, 60, 200} {
				for _, items := range []int{1, 4} {
					worlds = append(worlds, sumWorld{rates[0], rates[1], clusters, items})
				}
			}
		}
	}
	table := coverageTable{name: "ranks of sums", title: fmt.Sprintf("Seeded, %d simulations a cell; a cell counts where all places of all models, and all of a tie's, are in their sets. Inside: 20 clusters, and 10 events and non-events of every rate are expected. Mean width: places in a set.", reps),
		methods: []string{"RankRateSums", "without it: normal, nothing added at 0 and 1"}}
	for _, w := range worlds {
		table.hold(t, w.coverage(t, reps), reps)
	}
	table.publish(t)
}
