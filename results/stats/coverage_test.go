package stats

import (
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Coverage: how often the intervals hold the truth. Proportions and pairs are enumerated
// exactly, clusters and judges simulated from fixed seeds. `make coverage` runs the whole grid
// and writes every cell, the failing ones too, beside what other tools do, into the pages
// between their markers; without -full a small part of the grid is checked.
var (
	full  = flag.Bool("full", false, "run the whole coverage grid and print it")
	pages = flag.String("pages", "", "write the tables of -full into the pages of this `folder`")
)

// coverageRow is one cell of a table.
type coverageRow struct {
	cell     string
	coverage []float64 // by method
	width    float64   // mean width of the first method
	inside   bool      // where 95 ± 1.5 % is wanted, not only a lower limit
	events   float64   // effective events expected, where samples of a cluster are alike; else 0
	named    float64   // share of the intervals that say they are conservative
}

// regions are the names of the parts of a table, in the order of its summary.
var regions = []string{"inside", "inside by rows only", "outside"}

// region says what is wanted of a cell, and of how much information: "inside by rows only" has
// rows enough, in clusters so alike that they are worth fewer than 10 events.
func (r coverageRow) region() string {
	switch {
	case !r.inside:
		return "outside"
	case r.events > 0 && r.events < 10-1e-9:
		return "inside by rows only"
	}
	return "inside"
}

// band says how the first method does against 95 ± 1.5 %.
func (r coverageRow) band() string {
	switch c := r.coverage[0]; {
	case c < 0.935:
		return "below"
	case c > 0.965:
		return "above"
	}
	return "within"
}

// coverageTable collects rows and prints them as Markdown.
type coverageTable struct {
	name, title string
	methods     []string
	rows        []coverageRow
	bare        bool // rows are summaries without width, band and region
	clustered   bool // rows say how many effective events they expect
}

// markdown is every cell.
func (c *coverageTable) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n| cell | %s |", c.title, strings.Join(c.methods, " | "))
	if !c.bare {
		b.WriteString(" mean width | 95 ± 1.5 % | named conservative | region |")
	}
	if c.clustered {
		b.WriteString(" effective events |")
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(c.methods)))
	if !c.bare {
		b.WriteString("---|---|---|---|")
	}
	if c.clustered {
		b.WriteString("---|")
	}
	b.WriteByte('\n')
	for _, r := range c.rows {
		fmt.Fprintf(&b, "| %s |", r.cell)
		for _, v := range r.coverage {
			fmt.Fprintf(&b, " %.4f |", v)
		}
		if !c.bare {
			fmt.Fprintf(&b, " %.3f | %s | %.0f %% | %s |", r.width, r.band(), 100*r.named, r.region())
		}
		if c.clustered {
			fmt.Fprintf(&b, " %.1f |", r.events)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// summary counts the cells of each region and of each peer.
func (c *coverageTable) summary() string {
	var b strings.Builder
	fmt.Fprintf(&b, "| region | method | cells | minimum | mean | maximum | below 93.5 %% | above 96.5 %% |\n|---|---|---|---|---|---|---|---|\n")
	for _, region := range regions {
		for k, method := range c.methods {
			least, most, total, cells, below, above := 1.0, 0.0, 0.0, 0, 0, 0
			for _, r := range c.rows {
				if r.region() != region {
					continue
				}
				v := r.coverage[k]
				least, most, total, cells = min(least, v), max(most, v), total+v, cells+1
				if v < 0.935 {
					below++
				}
				if v > 0.965 {
					above++
				}
			}
			if cells == 0 {
				continue
			}
			fmt.Fprintf(&b, "| %s | %s | %d | %.4f | %.4f | %.4f | %d | %d |\n", region, method, cells, least, total/float64(cells), most, below, above)
		}
	}
	return b.String()
}

// publish prints the table of a full run, and writes it where asked: all cells into
// statistics/coverage.md, their summary, or a bare table itself, into STATISTICS.md.
func (c *coverageTable) publish(t *testing.T) {
	t.Helper()
	if !*full {
		return
	}
	t.Log("\n" + c.markdown())
	if *pages == "" {
		return
	}
	short := c.summary()
	if c.bare {
		short = c.markdown()
	}
	for path, text := range map[string]string{"statistics/coverage.md": c.markdown(), "STATISTICS.md": short} {
		if err := writeGenerated(filepath.Join(*pages, path), c.name, text); err != nil {
			t.Error(err)
		}
	}
}

// generatedMarkers are the lines around the generated part of a page of this name.
func generatedMarkers(name string) (begin, end string) {
	return "<!-- make coverage: " + name + " -->\n", "<!-- end of " + name + " -->\n"
}

// writeGenerated replaces the part of a page between its markers.
func writeGenerated(path, name, text string) error {
	raw, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	begin, end := generatedMarkers(name)
	before, rest, found := strings.Cut(string(raw), begin)
	_, after, ended := strings.Cut(rest, end)
	if !found || !ended {
		return fmt.Errorf("write %s: no lines %q and %q", path, strings.TrimSpace(begin), strings.TrimSpace(end))
	}
	return os.WriteFile(path, []byte(before+begin+"\n"+text+"\n"+end+after), 0o644)
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
	intervals := []func(x, n int, level float64) Interval{Wilson, ClopperPearson, midPInterval, jeffreys, waldInterval, percentileBinary}
	table := coverageTable{name: "proportions", bare: true, methods: methods,
		title: "Exact by enumeration: the mean and the minimum over the rates 0.005, 0.010, …, 0.995."}
	for _, n := range sizes {
		means, minima := make([]float64, len(methods)), make([]float64, len(methods))
		for k, f := range intervals {
			means[k], minima[k] = binomialCoverage(n, f)
		}
		table.rows = append(table.rows,
			coverageRow{cell: fmt.Sprintf("n = %d, mean", n), coverage: means},
			coverageRow{cell: fmt.Sprintf("n = %d, minimum", n), coverage: minima})
		if minima[1] < 0.95-1e-9 {
			t.Errorf("clopper-pearson at n = %d covers %v at its worst rate", n, minima[1])
		}
		if n >= 20 && math.Abs(means[0]-0.95) > 0.01 {
			t.Errorf("wilson at n = %d covers %v on average", n, means[0])
		}
	}
	table.publish(t)
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
		sizes = append(sizes, 10, 200, 500, 1000, 2000)
	}
	table := coverageTable{name: "pairs", methods: []string{"PairedProportion", "normal (peers)"},
		title: "Exact by enumeration; inside: at least 10 of the n pairs are expected to differ."}
	for _, n := range sizes {
		cache := map[[2]int]Comparison{}
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
	table.publish(t)
}

// pairCoverage sums over all counts of pairs that only a and only b get right.
func pairCoverage(cache map[[2]int]Comparison, n int, differ, share float64) coverageRow {
	row := coverageRow{coverage: make([]float64, 2)}
	truth := differ * (2*share - 1)
	for b := 0; b <= n; b++ {
		for c := 0; b+c <= n; c++ {
			p := math.Exp(logBinomialPMF(b+c, n, differ) + logBinomialPMF(b, b+c, share))
			if p < 1e-9 {
				continue
			}
			key := [2]int{b, c}
			e, ok := cache[key]
			if !ok {
				e = pairComparison(PairedCounts{Both: n - b - c, AOnly: b, BOnly: c})
				cache[key] = e
			}
			i := e.Interval()
			if saysConservative(e.Method, e.Warnings) {
				row.named += p
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

// saysConservative reports whether an interval names itself so, in its method or by the
// warning of a fallback.
func saysConservative(method string, warnings []Warning) bool {
	return strings.Contains(method, "conservative") || warnsOfFallback(warnings)
}

func warnsOfFallback(warnings []Warning) bool {
	return slices.ContainsFunc(warnings, func(w Warning) bool { return w.Code == WarnFallback })
}

// pairComparison is that of PairedProportion for independent pairs.
func pairComparison(c PairedCounts) Comparison {
	n := c.N()
	p := pairs{counts: c}
	p.diff.n, p.diff.alone = n, true
	return undefinedComparison(n, n, 0.95, Reason{}).tango(p, 0.95)
}
