package stats_test

import (
	"fmt"

	"github.com/sovereign-eval/haetae/results/stats"
)

func ExampleIndependentProportion() {
	scores := make([]float64, 263) // 81 of 263 items passed
	for i := range 81 {
		scores[i] = 1
	}
	e := stats.IndependentProportion{}.Summary(stats.Obs{Values: scores}, 0.95)
	fmt.Printf("%.3f [%.3f, %.3f] %s, n = %d\n", e.Value, e.Lower, e.Upper, e.Method, e.N)
	// Output: 0.308 [0.255, 0.366] wilson, n = 263
}

func ExampleClusteredProportion() {
	// Five passages with three questions each, every answer right: no spread to estimate from.
	o := stats.Obs{Sums: []float64{3, 3, 3, 3, 3}, Sizes: []int{3, 3, 3, 3, 3}}
	e := stats.ClusteredProportion{}.Summary(o, 0.95)
	fmt.Printf("%.2f [%.3f, %.3f] %s\n", e.Value, e.Lower, e.Upper, e.Method)
	for _, w := range e.Warnings {
		fmt.Println(w.Code)
	}
	// Output:
	// 1.00 [0.478, 1.000] clopper-pearson on clusters with any failure
	// few_clusters
	// few_events
	// fallback
}

func ExamplePairedProportion() {
	var a, b stats.Obs
	add := func(n int, x, y float64) {
		for range n {
			a.Values, b.Values = append(a.Values, x), append(b.Values, y)
		}
	}
	add(36, 1, 1) // both right
	add(12, 1, 0) // only a
	add(2, 0, 1)  // only b
	c := stats.PairedProportion{}.Compare(a, b, 0.95)
	fmt.Printf("a - b = %.2f [%.3f, %.3f] %s\n", c.Difference, c.Lower, c.Upper, c.Method)
	fmt.Printf("p = %.4f by %s, significant: %v\n", c.P, c.Test, c.Significant())
	fmt.Printf("no worse by 0.05: %v\n", c.NoWorseThan(0.05))
	// Output:
	// a - b = 0.20 [0.061, 0.345] tango score
	// p = 0.0074 by mcnemar mid-p, significant: true
	// no worse by 0.05: true
}

func ExampleGradedScore() {
	o := stats.Obs{Values: []float64{0.91, 0.35, 0.62, 0.77, 0.12, 0.45}, Clusters: []int32{1, 1, 2, 2, 3, 3}}
	e := stats.GradedScore{}.Summary(o, 0.95)
	fmt.Printf("%.3f ± %.3f (df %.1f), %d clusters\n", e.Value, e.SE, e.DF, e.Clusters)
	// Output: 0.537 ± 0.127 (df 2.0), 3 clusters
}

func ExampleUpperBound() {
	fmt.Printf("no failure in 300: below %.4f\n", stats.UpperBound(0, 300, 0.95))
	fmt.Println("trials to show less than 1 %:", stats.ZeroFailureSize(0.01, 0.95))
	// Output:
	// no failure in 300: below 0.0099
	// trials to show less than 1 %: 299
}

func ExamplePlanGate() {
	g := stats.PlanGate(300, 0.02, 0.005, 0.05)
	fmt.Printf("pass with at most %d failures; power %.3f, alpha %.4f\n", g.MaxFailures, g.Power, g.Alpha)
	// Output: pass with at most 1 failures; power 0.557, alpha 0.0166
}

func ExampleDesign() {
	d := stats.Design{Omega2: 1. / 9, KA: 1, KB: 1, Alpha: 0.05, Power: 0.8}
	fmt.Printf("questions to see 3 points: %.1f\n", d.Questions(0.03))
	fmt.Printf("198 questions see %.3f\n", d.MDE(198))
	// Output:
	// questions to see 3 points: 969.0
	// 198 questions see 0.066
}

func ExampleAdjustP() {
	p, err := stats.AdjustP([]float64{0.01, 0.04, 0.03}, stats.Holm)
	fmt.Printf("%.2f %v\n", p, err)
	// Output: [0.03 0.06 0.06] <nil>
}

func ExampleCompareAll() {
	scores := [][]float64{
		{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1},
		{1, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1},
		{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1},
	}
	pairs, err := stats.CompareAll(scores, nil, 0.95, stats.Holm)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, p := range pairs {
		fmt.Printf("%d - %d: %.2f, adjusted p %.4f, significant: %v\n", p.First, p.Second, p.Difference, p.Adjusted, p.Significant())
	}
	// Output:
	// 0 - 1: 0.08, adjusted p 0.5000, significant: false
	// 0 - 2: 0.83, adjusted p 0.0029, significant: true
	// 1 - 2: 0.75, adjusted p 0.0039, significant: true
}

func ExampleBootstrap() {
	scores := make([]float64, 100)
	for i := range 83 {
		scores[i] = 1
	}
	e := stats.Bootstrap{Method: stats.BCa}.Mean(stats.Obs{Values: scores}, 0.95)
	fmt.Printf("[%.2f, %.2f] %s\n", e.Lower, e.Upper, e.Method)
	// Output: [0.75, 0.89] bootstrap bca, exact binomial
}

func ExampleSignFlip() {
	t := stats.SignFlip([]float64{0.1, 0.2, -0.1, 0.3, 0.2}, 1)
	fmt.Printf("p = %.4f (%.0f of %.0f), %s\n", t.P, t.Count, t.Total, t.Method)
	// Output: p = 0.1875 (6 of 32), sign flip, exact by dynamic programming
}

func ExamplePassAtK() {
	fmt.Printf("%.4f %.4f\n", stats.PassAtK(10, 3, 5), stats.PassHatK(10, 8, 5))
	// Output: 0.9167 0.2222
}

func ExampleRunCases() {
	out, err := stats.RunCases([]byte(`[
		{"id": "a", "stat": "wilson", "input": {"successes": 0, "n": 0, "confidence": 0.95}},
		{"id": "b", "stat": "wilson", "input": {"successes": 5, "n": 3}},
		{"id": "c", "stat": "pass_k", "input": {"n": 2, "correct": 1, "k": 3}}
	]`))
	fmt.Printf("%s%v\n", out, err)
	// Output:
	// [{"id":"a","output":{"lower":0,"upper":1}},{"id":"b","error":"wilson: successes is 5 of n = 3: want successes <= n"},{"id":"c","output":{"pass_at_k":"NaN","pass_hat_k":"NaN"}}]
	// <nil>
}
