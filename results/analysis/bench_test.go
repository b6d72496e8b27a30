package analysis_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/results"
	"github.com/sovereign-eval/haetae/results/analysis"
)

// BenchmarkOf is the cost of one row, with and without clusters, and of a battery.
func BenchmarkOf(b *testing.B) {
	sums := make([]results.Row, 30_000)
	for i := range sums {
		sums[i] = scored(i, float64(i%2))
	}
	clustered := make([]results.Row, len(sums))
	for i, r := range sums {
		r.Cluster = fmt.Sprint(i % 50)
		clustered[i] = r
	}
	run, rows := battery(5_000, []string{"en", "ko"}, always(harness.Refuse, harness.Whole))
	for _, c := range []struct {
		name string
		run  results.Run
		rows []results.Row
	}{
		{"independent", runOf(harness.Capability, len(sums), accuracy), sums},
		{"clustered", runOf(harness.Capability, len(sums), accuracy), clustered},
		{"battery", run, rows},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := analysis.Of(context.Background(), c.run, all(c.rows), 0.95); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(c.rows)), "ns/row")
		})
	}
}

// BenchmarkCompare is the cost of one row of a comparison, of two and of ten models.
func BenchmarkCompare(b *testing.B) {
	for _, models := range []int{2, 10} {
		run := runOf(harness.Capability, 30_000, accuracy)
		var sources []analysis.Source
		for m := range models {
			sources = append(sources, source(run, drawn(30_000, .5, uint64(m))))
		}
		b.Run(fmt.Sprint(models), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := analysis.Compare(context.Background(), 0.95, sources...); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(models*30_000), "ns/row")
		})
	}
}
