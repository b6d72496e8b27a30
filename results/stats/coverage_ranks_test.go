package stats

import (
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"testing"
)

// rankWorld is a population of items, in clusters that are alike, which models with the given
// rates of success answer: by thresholds on latent normals that share the item's and its
// cluster's difficulty, or with the latent itself as a graded score.
type rankWorld struct {
	rates           []float64
	clusters, items int // items of a cluster
	graded          bool
}

func (w rankWorld) draw(r *rand.Rand) (scores [][]float64, clusters []int32) {
	scores = make([][]float64, len(w.rates))
	for c := range w.clusters {
		shared := r.NormFloat64()
		own := make([]float64, len(w.rates))
		for m := range own {
			own[m] = r.NormFloat64()
		}
		for range w.items {
			item := r.NormFloat64()
			for m, p := range w.rates {
				latent := 0.5*shared + 0.4*own[m] + 0.5*item + math.Sqrt(0.34)*r.NormFloat64()
				v := NormalQuantile(p) - latent
				if !w.graded {
					v = float64(btoi(v > 0))
				}
				scores[m] = append(scores[m], v)
			}
			clusters = append(clusters, int32(c))
		}
	}
	if w.items == 1 {
		clusters = nil
	}
	return scores, clusters
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// holds tells whether every model's true places, all of a tie's, lie in its interval.
func (w rankWorld) holds(ranks []RankInterval) bool {
	for m, p := range w.rates {
		best, worst := 1, len(w.rates)
		for _, q := range w.rates {
			switch {
			case q > p:
				best++
			case q < p:
				worst--
			}
		}
		if ranks[m].Lower > best || ranks[m].Upper < worst {
			return false
		}
	}
	return true
}

// seeded is a generator whose seed is a text.
func seeded(text string) *rand.Rand {
	h := fnv.New64a()
	_, _ = h.Write([]byte(text)) // never fails
	return rand.New(rand.NewPCG(h.Sum64(), 1))
}

// pairwiseZ is what other tools print: a paired normal test of each pair at 5 %, uncorrected.
func pairwiseZ(scores [][]float64, clusters []int32) []RankInterval {
	better := newBoolSquare(len(scores))
	for i := range scores {
		for j := range scores {
			m := SumClusters(differences(scores[i], scores[j]), clusters).Mean()
			better[i][j] = m.Mean > twoSidedZ(0.95)*m.CR1
		}
	}
	return rankSets(better)
}

// differing is the smallest number of items on which two models are expected to differ, by a
// large sample.
func (w rankWorld) differing() float64 {
	if w.graded {
		return math.Inf(1)
	}
	big := w
	big.clusters = 4000
	scores, _ := big.draw(rand.New(rand.NewPCG(5, 5)))
	least := math.Inf(1)
	for i := range scores {
		for j := range i {
			c := countPairs(packBits(scores[i]), packBits(scores[j]), len(scores[i]))
			least = min(least, float64(c.AOnly+c.BOnly)/float64(c.N()))
		}
	}
	return least * float64(w.clusters*w.items)
}

func (w rankWorld) coverage(t *testing.T, reps int) coverageRow {
	t.Helper()
	kind := "0/1"
	if w.graded {
		kind = "graded"
	}
	row := coverageRow{cell: fmt.Sprintf("%s, rates %v, %d clusters of %d", kind, w.rates, w.clusters, w.items),
		coverage: make([]float64, 2), inside: w.clusters >= enoughClusters && w.differing() >= 20}
	r := seeded(row.cell)
	for range reps {
		scores, clusters := w.draw(r)
		rep, err := RankScores(scores, clusters, false, 0.95, 1)
		if err != nil {
			t.Fatal(err)
		}
		for k, ranks := range [][]RankInterval{rep.Intervals, pairwiseZ(scores, clusters)} {
			if w.holds(ranks) {
				row.coverage[k] += 1 / float64(reps)
			}
		}
		if saysConservative(rep.Method, rep.Warnings) {
			row.named += 1 / float64(reps)
		}
		for _, i := range rep.Intervals {
			row.width += float64(i.Upper-i.Lower+1) / float64(reps*len(scores))
		}
	}
	return row
}

// TestCoverageOfRanks simulates the places of models, tied ones among them: with at least 95 %
// (93.5 % inside, within the error of the simulation) all places are right at once.
func TestCoverageOfRanks(t *testing.T) {
	reps := 150
	worlds := []rankWorld{
		{[]float64{0.9, 0.9, 0.9}, 40, 1, false},
		{[]float64{0.99, 0.99}, 100, 1, false},
		{[]float64{0.7, 0.7, 0.75}, 25, 4, false},
		{[]float64{0.6, 0.6}, 5, 4, false},
		{[]float64{0.5, 0.5}, 8, 1, true},
	}
	if *full {
		reps, worlds = 1000, nil
		for _, rates := range [][]float64{{0.6, 0.6}, {0.9, 0.9}, {0.99, 0.99}, {0.7, 0.7, 0.7}, {0.99, 0.95, 0.95, 0.9}, {0.7, 0.75, 0.8, 0.8, 0.85}} {
			for _, clusters := range []int{5, 10, 20, 60, 200} {
				for _, items := range []int{1, 4} {
					worlds = append(worlds, rankWorld{rates, clusters, items, false})
				}
				if rates[0] < 0.9 { // graded scores have no edge
					worlds = append(worlds, rankWorld{rates, clusters, 1, true})
				}
			}
		}
	}
	table := coverageTable{name: "ranks", title: fmt.Sprintf("Seeded, %d simulations a cell; a cell counts where all places of all models, and all of a tie's, are in their sets. Mean width: places in a set.", reps),
		methods: []string{"RankScores", "uncorrected paired z (peers)"}}
	for _, w := range worlds {
		table.hold(t, w.coverage(t, reps), reps)
	}
	table.publish(t)
}

// hold adds a cell of reps simulations, whose first method must cover 95 % (93.5 % inside) within
// three standard errors of the simulation.
func (table *coverageTable) hold(t *testing.T, row coverageRow, reps int) {
	t.Helper()
	table.rows = append(table.rows, row)
	least := 0.95
	if row.inside {
		least = 0.935
	}
	if row.coverage[0] < least-3*math.Sqrt(0.05*0.95/float64(reps)) {
		t.Errorf("%s: coverage %v", row.cell, row.coverage[0])
	}
}
