package stats_test

import (
	"fmt"

	"github.com/sovereign-eval/haetae/results/stats"
)

func ExampleRatedPairs_Kappa() {
	truth := []int{0, 0, 1, 1, 0, 1, 0, 1}
	verdict := []int{0, 0, 1, 1, 0, 1, 1, 0}
	prompt := []int32{0, 0, 1, 1, 2, 2, 3, 3}
	e := stats.RatedPairs{Truth: truth, Verdict: verdict, Clusters: prompt}.Kappa(0.95)
	fmt.Printf("%.2f [%.2f, %.2f] in %d clusters\n", e.Value, e.Lower, e.Upper, e.Clusters)
	// Output: 0.50 [-1.00, 1.00] in 4 clusters
}

func ExampleEstimates_Pool() {
	parts := stats.Estimates{{Value: 0.8, Lower: 0.7, Upper: 0.85, Level: 0.95}, {Value: 0.4, Lower: 0.3, Upper: 0.5, Level: 0.95}}
	e := parts.Pool([]float64{0.5, 0.5}, 0.95)
	fmt.Printf("%.2f [%.3f, %.3f]\n", e.Value, e.Lower, e.Upper)
	// Output: 0.60 [0.529, 0.656]
}

func ExampleModelEstimates_RankSums() {
	rate := func(v float64) stats.Estimate {
		return stats.Estimate{Value: v, Lower: v - 0.04, Upper: v + 0.04, Level: 0.95}
	}
	sums, r, err := stats.ModelEstimates{{rate(0.9), rate(0.8)}, {rate(0.7), rate(0.8)}, {rate(0.9), rate(0.82)}}.RankSums(0.95, 1)
	fmt.Printf("%.2f %v %v\n", sums, r.Intervals, err)
	// Output: [1.70 1.50 1.72] [{1 2} {3 3} {1 2}] <nil>
}

func ExampleTrials_ExpectedHits() {
	fmt.Printf("%.2f\n", stats.Trials{1, 1, 10}.ExpectedHits(0.02))
	// Output: 0.22
}

func ExampleWeightedShares_Sum() {
	// Of harmful requests 45 of 50 were declined, and 4 of 50 benign ones.
	e := stats.WeightedShares{{Weight: 1, Ones: 45, Alone: 50}, {Weight: -1, Ones: 4, Alone: 50}}.Sum(0, 0.95)
	fmt.Printf("%.2f [%.2f, %.2f] by %s\n", e.Value, e.Lower, e.Upper, e.Method)
	// Output: 0.82 [0.71, 0.93] by cr2 satterthwaite t, linearised
}

func ExampleContrast() {
	k := stats.Contrast{Arms: []int8{0, 0, 0, 0, 1, 1, 1, 1}}
	before := stats.Obs{Values: []float64{1, 1, 1, 1, 0, 0, 0, 0}}
	after := stats.Obs{Values: []float64{1, 1, 1, 0, 0, 0, 0, 1}}
	c := k.Compare(after, before, 0.95)
	fmt.Printf("%.2f → %.2f, %+.2f [%.2f, %.2f]\n", c.B, c.A, c.Difference, c.Lower, c.Upper)
	// Output: 1.00 → 0.50, -0.50 [-1.76, 1.43]
}
