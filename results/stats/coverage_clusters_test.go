package stats

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
)

// clusterWorld is a population of clusters of beta-binomial outcomes.
type clusterWorld struct {
	clusters, size int
	rate, icc      float64
	unequal        bool // sizes uniform on 1 … 2·size−1
}

func (w clusterWorld) draw(r *rand.Rand) Obs {
	o := Obs{Sums: make([]float64, w.clusters), Sizes: make([]int, w.clusters)}
	for c := range o.Sums {
		k := w.size
		if w.unequal {
			k = 1 + r.IntN(2*w.size-1)
		}
		p := w.rate
		if w.icc > 0 {
			s := (1 - w.icc) / w.icc
			p = distuv.Beta{Alpha: w.rate * s, Beta: (1 - w.rate) * s, Src: r}.Rand()
		}
		for range k {
			if r.Float64() < p {
				o.Sums[c]++
			}
		}
		o.Sizes[c] = k
	}
	return o
}

// cr1z is the clustered interval of other tools: CR1 with a normal quantile.
func cr1z(o Obs) Interval {
	m := ClusterSums{o.Sums, o.Sizes}.Mean()
	half := twoSidedZ(0.95) * m.CR1
	return Interval{m.Mean - half, m.Mean + half}
}

// naiveNormal takes all samples for independent.
func naiveNormal(o Obs) Interval {
	m := ClusterSums{o.Sums, o.Sizes}.Mean()
	half := twoSidedZ(0.95) * bernoulliSE(m.Mean, float64(m.N))
	return Interval{m.Mean - half, m.Mean + half}
}

// TestCoverageOfClusters simulates clustered proportions: never below 95 − 1.5 %, and at least
// 95 % (within the error of the simulation) outside of the region where 20 clusters and 10
// successes and failures are expected.
func TestCoverageOfClusters(t *testing.T) {
	reps, counts, sizes := 400, []int{4, 10, 20, 50}, []int{5}
	rates, iccs := []float64{0.02, 0.1, 0.5, 0.9}, []float64{0, 0.3}
	if *full {
		reps, counts, sizes = 2000, []int{4, 10, 20, 50, 200}, []int{2, 5, 20}
		rates, iccs = []float64{0.005, 0.02, 0.1, 0.3, 0.5, 0.9, 0.98, 0.995}, []float64{0, 0.1, 0.3, 0.8}
	}
	table := coverageTable{name: "clusters", title: fmt.Sprintf("Seeded, %d simulations a cell; inside: at least 20 clusters, and 10 successes and failures are expected.", reps),
		methods: []string{"ClusteredProportion", "CR1 with z (peers)", "unclustered (peers)"}}
	slack := 3 * math.Sqrt(0.05*0.95/float64(reps))
	for _, unequal := range []bool{false, true} {
		for _, g := range counts {
			for _, size := range sizes {
				for _, rate := range rates {
					for _, icc := range iccs {
						w := clusterWorld{g, size, rate, icc, unequal}
						row := w.coverage(reps)
						table.rows = append(table.rows, row)
						least := 0.95
						if row.inside {
							least = 0.935
						}
						if row.coverage[0] < least-slack {
							t.Errorf("%s: coverage %v", row.cell, row.coverage[0])
						}
					}
				}
			}
		}
	}
	table.publish(t)
}

func (w clusterWorld) coverage(reps int) coverageRow {
	r := rand.New(rand.NewPCG(uint64(w.clusters*1000+w.size), math.Float64bits(w.rate+w.icc)))
	events := float64(w.clusters*w.size) * math.Min(w.rate, 1-w.rate)
	row := coverageRow{
		cell:     fmt.Sprintf("%d clusters of %d, rate %g, icc %g, unequal %v", w.clusters, w.size, w.rate, w.icc, w.unequal),
		coverage: make([]float64, 3), inside: w.clusters >= 20 && events >= 10,
	}
	for range reps {
		o := w.draw(r)
		e := ClusteredProportion{}.Summary(o, 0.95)
		own := e.Interval()
		if saysConservative(e.Method, e.Warnings) {
			row.named += 1 / float64(reps)
		}
		row.width += own.Width() / float64(reps)
		for k, i := range []Interval{own, cr1z(o), naiveNormal(o)} {
			if i.Lower-1e-12 <= w.rate && w.rate <= i.Upper+1e-12 {
				row.coverage[k] += 1 / float64(reps)
			}
		}
	}
	return row
}
