package stats

import (
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
)

// Coverage: how often the intervals hold the truth. Proportions and pairs are enumerated
// exactly, clusters are simulated from fixed seeds. `go test -run Coverage -v -full -timeout 1h` runs the
// whole grid and prints every cell as a table, the failing ones too, beside what other tools
// do; without -full a small part of the grid is checked.
var full = flag.Bool("full", false, "run the whole coverage grid and print it")

// coverageRow is one cell of the table.
type coverageRow struct {
	cell     string
	coverage []float64 // by method
	width    float64   // mean width of the first method
	inside   bool      // where the nominal level is promised, not only a lower limit
}

// coverageTable collects rows and prints them as Markdown.
type coverageTable struct {
	title   string
	methods []string
	rows    []coverageRow
}

func (c *coverageTable) print(t *testing.T) {
	if !*full {
		return
	}
	var b strings.Builder
	fmt.Fprintf(&b, "\n%s\n\n| cell | %s | width | region |\n|---|%s---|---|\n", c.title, strings.Join(c.methods, " | "), strings.Repeat("---|", len(c.methods)))
	for _, r := range c.rows {
		fmt.Fprintf(&b, "| %s |", r.cell)
		for _, v := range r.coverage {
			fmt.Fprintf(&b, " %.4f |", v)
		}
		region := "outside: warned, conservative"
		if r.inside {
			region = "nominal"
		}
		width := "n/a"
		if r.width > 0 {
			width = fmt.Sprintf("%.3f", r.width)
		}
		fmt.Fprintf(&b, " %s | %s |\n", width, region)
	}
	t.Log(b.String())
}

// waldInterval is the normal interval that most tools print.
func waldInterval(x, n int, level float64) Interval {
	p := float64(x) / float64(n)
	half := twoSidedZ(level) * bernoulliSE(p, float64(n))
	return Interval{p - half, p + half}
}

// percentileBinary is the percentile bootstrap of 0/1 scores with infinitely many resamples.
func percentileBinary(x, n int, level float64) Interval {
	return Percentile.interval(binomialLaw{x, n}, 0, 0, level)
}

func rateGrid() []float64 {
	var p []float64
	for k := 1; k < 200; k++ {
		p = append(p, float64(k)/200)
	}
	return p
}

// TestCoverageOfProportions enumerates the coverage of every interval of one proportion:
// Clopper-Pearson at least 95 % everywhere, Wilson 95 ± 1 % on average over the rates.
func TestCoverageOfProportions(t *testing.T) {
	sizes := []int{10, 20, 30, 50, 100, 200}
	if *full {
		sizes = append(sizes, 500, 1000, 2000)
	}
	methods := []string{"wilson", "clopper-pearson", "mid-p", "jeffreys", "normal (peers)", "percentile bootstrap (peers)"}
	intervals := []func(x, n int, level float64) Interval{Wilson, ClopperPearson, MidP, Jeffreys, waldInterval, percentileBinary}
	table := coverageTable{title: "Independent proportions, 95 %, exact by enumeration: mean over rates 0.005 to 0.995, then the minimum", methods: methods}
	for _, n := range sizes {
		means, minima := make([]float64, len(methods)), make([]float64, len(methods))
		for k, f := range intervals {
			means[k], minima[k] = binomialCoverage(n, f)
		}
		table.rows = append(table.rows,
			coverageRow{cell: fmt.Sprintf("n = %d, mean", n), coverage: means, inside: true},
			coverageRow{cell: fmt.Sprintf("n = %d, minimum", n), coverage: minima, inside: true})
		if minima[1] < 0.95-1e-9 {
			t.Errorf("clopper-pearson at n = %d covers %v at its worst rate", n, minima[1])
		}
		if n >= 20 && math.Abs(means[0]-0.95) > 0.01 {
			t.Errorf("wilson at n = %d covers %v on average", n, means[0])
		}
	}
	table.print(t)
}

// binomialCoverage is the mean and the minimum of the coverage over the grid of rates.
func binomialCoverage(n int, f func(x, n int, level float64) Interval) (mean, least float64) {
	all := make([]Interval, n+1)
	for x := range all {
		all[x] = f(x, n, 0.95)
	}
	least = 1
	grid := rateGrid()
	for _, p := range grid {
		var covered float64
		for x, i := range all {
			if i.Lower <= p && p <= i.Upper {
				covered += binomialPMF(x, n, p)
			}
		}
		mean += covered / float64(len(grid))
		least = min(least, covered)
	}
	return mean, least
}

// TestClopperPearsonIsExactForAllSmallN covers every n to 50 (fewer in short mode).
func TestClopperPearsonIsExactForAllSmallN(t *testing.T) {
	limit := 50
	if testing.Short() {
		limit = 20
	}
	for n := 1; n <= limit; n++ {
		if _, least := binomialCoverage(n, ClopperPearson); least < 0.95-1e-9 {
			t.Errorf("n = %d: minimum coverage %v", n, least)
		}
	}
}

// TestCoverageOfPairs enumerates independent pairs: at least 93.5 % where 10 or more pairs are
// expected to differ (and at most 96.5 % from 25 on; near 10 the conservative fallback for
// 10 or fewer takes part), at least 95 % where fewer are.
func TestCoverageOfPairs(t *testing.T) {
	sizes := []int{20, 50, 100}
	if *full {
		sizes = append(sizes, 200, 500)
	}
	table := coverageTable{title: "Paired proportions, 95 %, exact by enumeration", methods: []string{"PairedProportion", "normal (peers)"}}
	for _, n := range sizes {
		cache := map[[2]int]Interval{}
		for _, expected := range []float64{1, 3, 6, 9, 10, 15, 25, 50} {
			for _, share := range []float64{0.5, 0.75, 0.9} {
				if expected > float64(n)/2 {
					continue
				}
				row := pairCoverage(cache, n, expected/float64(n), share)
				row.cell = fmt.Sprintf("n = %d, %.0f differ, %.0f %% for a", n, expected, 100*share)
				row.inside = expected >= 10
				table.rows = append(table.rows, row)
				if c := row.coverage[0]; c < 0.935 || !row.inside && c < 0.95-1e-9 || expected >= 25 && c > 0.965 {
					t.Errorf("%s: coverage %v", row.cell, c)
				}
			}
		}
	}
	table.print(t)
}

// pairCoverage sums over all counts of pairs that only a and only b get right.
func pairCoverage(cache map[[2]int]Interval, n int, differ, share float64) coverageRow {
	row := coverageRow{coverage: make([]float64, 2)}
	truth := differ * (2*share - 1)
	for b := 0; b <= n; b++ {
		for c := 0; b+c <= n; c++ {
			p := math.Exp(logBinomialPMF(b+c, n, differ) + logBinomialPMF(b, b+c, share))
			if p < 1e-9 {
				continue
			}
			key := [2]int{b, c}
			i, ok := cache[key]
			if !ok {
				i = pairInterval(PairedCounts{Both: n - b - c, AOnly: b, BOnly: c})
				cache[key] = i
			}
			fn := float64(n)
			d := float64(b-c) / fn
			half := twoSidedZ(0.95) * math.Sqrt((float64(b+c)/fn-d*d)/fn)
			row.width += p * i.Width()
			if i.Contains(truth) {
				row.coverage[0] += p
			}
			if math.Abs(d-truth) <= half {
				row.coverage[1] += p
			}
		}
	}
	return row
}

// pairInterval is the interval of PairedProportion for independent pairs.
func pairInterval(c PairedCounts) Interval {
	n := c.N()
	p := pairs{counts: c}
	p.diff.n, p.diff.alone = n, true
	out := undefinedComparison(n, n, 0.95, "").tango(p, 0.95)
	return out.Interval()
}

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
	table := coverageTable{title: fmt.Sprintf("Clustered proportions, 95 %%, %d simulations a cell", reps),
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
	table.print(t)
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
		own := ClusteredProportion{}.Summary(o, 0.95).Interval()
		row.width += own.Width() / float64(reps)
		for k, i := range []Interval{own, cr1z(o), naiveNormal(o)} {
			if i.Lower-1e-12 <= w.rate && w.rate <= i.Upper+1e-12 {
				row.coverage[k] += 1 / float64(reps)
			}
		}
	}
	return row
}
