package stats

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
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

// designEffect is what the clusters divide the number of samples by: 1 + (Σn_c²/Σn_c − 1)·ρ for
// the sizes that are expected.
func (w clusterWorld) designEffect() float64 {
	size := float64(w.size)
	if w.unequal { // E n²/E n, n uniform on 1 … 2·size−1
		size = (4*size - 1) / 3
	}
	return DesignEffect(size, w.icc)
}

// oracle is Wilson's interval for the number of independent samples that these are worth, by
// somebody who knows the intraclass correlation.
func (w clusterWorld) oracle(o Obs) Interval {
	m := ClusterSums{o.Sums, o.Sizes}.Mean()
	return wilsonScore(m.Mean, float64(m.N)/w.designEffect(), twoSidedZ(0.95))
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

// clusterMethods are the columns of that table: ours, what others print, and what could be done
// by somebody who knows how alike the samples of a cluster are.
var clusterMethods = []string{"ClusteredProportion", "CR1 with z (peers)", "unclustered (peers)", "told the ICC (oracle)"}

// TestCoverageOfClusters simulates clustered proportions: within 95 ± 1.5 % inside of the region
// where 20 clusters and 10 successes and failures are expected (above it only where many of
// the intervals say that they are conservative), and at least 95 % outside, each within the
// error of the simulation.
func TestCoverageOfClusters(t *testing.T) {
	reps, counts, sizes := 400, []int{4, 10, 20, 50}, []int{5}
	rates, iccs := []float64{0.02, 0.1, 0.5, 0.9}, []float64{0, 0.3}
	if *full {
		reps, counts, sizes = 2000, []int{4, 10, 20, 50, 200}, []int{2, 5, 20}
		rates, iccs = []float64{0.005, 0.02, 0.1, 0.3, 0.5, 0.9, 0.98, 0.995}, []float64{0, 0.1, 0.3, 0.8}
	}
	table := coverageTable{name: "clusters", methods: clusterMethods, clustered: true,
		title: fmt.Sprintf("Seeded, %d simulations a cell; inside: at least 20 clusters, and 10 successes and failures are expected.", reps)}
	var worlds []clusterWorld
	for _, unequal := range []bool{false, true} {
		for _, g := range counts {
			for _, size := range sizes {
				for _, rate := range rates {
					for _, icc := range iccs {
						worlds = append(worlds, clusterWorld{g, size, rate, icc, unequal})
					}
				}
			}
		}
	}
	table.rows = onAllCores(worlds, func(w clusterWorld) coverageRow { return w.coverage(reps) })
	for _, row := range table.rows {
		row.checkClusters(t, reps)
	}
	table.publish(t)
}

// onAllCores simulates each cell, which has a seed of its own, on whatever core is free.
func onAllCores[W any](worlds []W, simulate func(W) coverageRow) []coverageRow {
	rows := make([]coverageRow, len(worlds))
	var next atomic.Int64
	var done sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		done.Go(func() {
			for k := next.Add(1) - 1; int(k) < len(worlds); k = next.Add(1) - 1 {
				rows[k] = simulate(worlds[k])
			}
		})
	}
	done.Wait()
	return rows
}

func (r coverageRow) checkClusters(t *testing.T, reps int) {
	t.Helper()
	slack := 3 * math.Sqrt(0.05*0.95/float64(reps))
	least := 0.95
	if r.inside {
		least = 0.935
	}
	if c := r.coverage[0]; c < least-slack || r.inside && c > 0.965+slack && r.named < 0.2 {
		t.Errorf("%s: coverage %v, %.0f %% named conservative", r.cell, c, 100*r.named)
	}
}

func (w clusterWorld) coverage(reps int) coverageRow {
	r := rand.New(rand.NewPCG(uint64(w.clusters*1000+w.size), math.Float64bits(w.rate+w.icc)))
	events := float64(w.clusters*w.size) * math.Min(w.rate, 1-w.rate)
	row := coverageRow{
		cell:     fmt.Sprintf("%d clusters of %d, rate %g, icc %g, unequal %v", w.clusters, w.size, w.rate, w.icc, w.unequal),
		coverage: make([]float64, len(clusterMethods)), inside: w.clusters >= 20 && events >= 10-1e-9,
		events: events / w.designEffect(),
	}
	for range reps {
		o := w.draw(r)
		e := ClusteredProportion{}.Summary(o, 0.95)
		own := e.Interval()
		if saysConservative(e.Method, e.Warnings) {
			row.named += 1 / float64(reps)
		}
		row.width += own.Width() / float64(reps)
		for k, i := range []Interval{own, cr1z(o), naiveNormal(o), w.oracle(o)} {
			if i.Lower-1e-12 <= w.rate && w.rate <= i.Upper+1e-12 {
				row.coverage[k] += 1 / float64(reps)
			}
		}
	}
	return row
}
