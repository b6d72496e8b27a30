package stats_test

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/sovereign-eval/haetae/results/stats"
)

func ExampleWilson() {
	i := stats.Wilson(81, 263, 0.95)
	fmt.Printf("[%.4f, %.4f], %.4f wide\n", i.Lower, i.Upper, i.Width())
	// Output: [0.2553, 0.3662], 0.1109 wide
}

func ExampleClopperPearson() {
	i := stats.ClopperPearson(0, 300, 0.95)
	fmt.Printf("[%.4f, %.4f]\n", i.Lower, i.Upper)
	// Output: [0.0000, 0.0122]
}

func ExampleInterval() {
	i := stats.Interval{Lower: 0.25, Upper: 0.5}
	fmt.Println(i.Contains(0.3), i.Contains(0.6), i.Width())
	// Output: true false 0.25
}

func ExampleEstimate() {
	e := stats.IndependentProportion{}.Summary(stats.Obs{}, 0.95)
	fmt.Println(e.Value, e.Reason, e.Interval())
	raw, err := json.Marshal(e) // JSON knows no NaN
	fmt.Println(string(raw[:20]), err)
	// Output:
	// NaN no data {0 1}
	// {"n":0,"clusters":0, <nil>
}

func ExampleComparison() {
	before := stats.Obs{Values: []float64{0.2, 0.4, 0.3, 0.5, 0.6, 0.1, 0.4, 0.5}}
	after := stats.Obs{Values: []float64{0.3, 0.5, 0.4, 0.7, 0.6, 0.2, 0.5, 0.5}}
	c := stats.PairedScore{}.Compare(after, before, 0.95)
	fmt.Printf("%.3f [%.3f, %.3f]\n", c.Difference, c.Lower, c.Upper)
	fmt.Println("different:", c.Significant(), "no worse by 0.05:", c.NoWorseThan(0.05), "equal within 0.05:", c.Equivalent(0.05))
	// Output:
	// 0.087 [0.034, 0.141]
	// different: true no worse by 0.05: true equal within 0.05: false
}

func ExampleWarning() {
	e := stats.ClusteredProportion{}.Summary(stats.Obs{Sums: []float64{3, 1, 2}, Sizes: []int{4, 4, 4}}, 0.95)
	fmt.Println(e.Warnings[0].Code)
	fmt.Println(e.Warnings[0].String())
	// Output:
	// few_clusters
	// only 3 clusters: between-cluster spread is poorly known below 20
}

func ExampleRepeatedEpochs() {
	// Three questions, each asked twice: the question is the unit, not the answer.
	o := stats.Obs{Values: []float64{1, 1, 0, 1, 0, 0}, Clusters: []int32{0, 0, 1, 1, 2, 2}}
	e := stats.RepeatedEpochs{}.Summary(o, 0.95)
	fmt.Printf("%.2f over %d questions: %s\n", e.Value, e.Clusters, e.Method)
	// Output: 0.50 over 3 questions: t
}

func ExampleSumClusters() {
	s := stats.SumClusters([]float64{1, 0, 1, 1}, []int32{7, 7, 9, 9})
	fmt.Println(s.Sums, s.Sizes)
	m := s.Mean()
	fmt.Printf("mean %.2f, CR2 %.3f with %.1f degrees of freedom\n", m.Mean, m.CR2, m.DF)
	// Output:
	// [1 2] [2 2]
	// mean 0.75, CR2 0.250 with 1.0 degrees of freedom
}

func ExampleClusteredMean() {
	m := stats.SumClusters([]float64{1, 0, 1, 1, 0, 1}, []int32{0, 0, 1, 1, 2, 2}).Mean()
	i := m.Interval(0.95) // may leave the range of the scores
	fmt.Printf("[%.2f, %.2f]\n", i.Lower, i.Upper)
	// Output: [-0.05, 1.38]
}

func ExamplePairedCounts() {
	c := stats.PairedCounts{Both: 43, AOnly: 8, BOnly: 1, Neither: 3}
	fmt.Printf("%d pairs, difference %.4f\n", c.N(), c.Difference())
	for _, i := range []stats.Interval{c.Tango(0.95), c.Newcombe10(0.95), c.BonettPrice(0.95)} {
		fmt.Printf("[%.4f, %.4f]\n", i.Lower, i.Upper)
	}
	// Output:
	// 55 pairs, difference 0.1273
	// [0.0256, 0.2476]
	// [0.0173, 0.2455]
	// [0.0133, 0.2323]
}

func ExampleMcNemar() {
	exact, midP := stats.McNemar(8, 1)
	fmt.Printf("exact %.4f, mid-p %.4f\n", exact, midP)
	// Output: exact 0.0391, mid-p 0.0215
}

func ExamplePermutationTest() {
	p, method := stats.PermutationTest([]float64{3, 4, 5}, []float64{1, 2, 2}, 1)
	fmt.Printf("%.2f by %s\n", p, method)
	// Output: 0.10 by permutation, exact by dynamic programming
}

func ExampleQuantile() {
	fmt.Println(stats.Quantile([]float64{4, 1, 3, 2}, 0.5))
	// Output: 2.5
}

func ExampleTQuantile() {
	fmt.Printf("%.3f, not %.3f\n", stats.TQuantile(0.975, 2.8), 1.96)
	// Output: 3.315, not 1.960
}

func ExampleNormalQuantile() {
	fmt.Printf("%.3f\n", stats.NormalQuantile(0.975))
	// Output: 1.960
}

func ExampleDesignEffect() {
	// Five questions a passage whose answers correlate by 0.2.
	fmt.Printf("%.1f\n", stats.DesignEffect(5, 0.2))
	// Output: 1.8
}

func ExampleElo() {
	fmt.Printf("%.1f\n", stats.Elo(1)) // of log odds of 1
	// Output: 1173.7
}

func ExampleZeroFailureSize() {
	fmt.Println(stats.ZeroFailureSize(0.01, 0.95), "clean trials show a rate below 1 %")
	// Output: 299 clean trials show a rate below 1 %
}

func ExampleFailureSize() {
	fmt.Println(stats.FailureSize(0.01, 0.95, 2), "trials with at most 2 failures do")
	// Output: 628 trials with at most 2 failures do
}

func ExamplePassHatK() {
	// 8 of 10 answers to a task are right: all of 3 more would be.
	fmt.Printf("%.3f\n", stats.PassHatK(10, 8, 3))
	// Output: 0.467
}

// A reason is a code with its numbers, for words in any language, and a sentence.
func ExampleBecause() {
	r := stats.Because("few_labels", "%d of %d", 31, 50)
	fmt.Println(r.Code, r.Args, r)
	fmt.Println(r.Of(stats.PartInterval))
	// Output:
	// few_labels [31 50] 31 of 50
	// interval undefined: 31 of 50
}

// Reports in other languages name the words of a method.
func ExampleRenameMethod() {
	korean := map[string]string{"wilson": "윌슨 점수 구간", "bonferroni of": "본페로니 결합"}
	fmt.Println(stats.RenameMethod("bonferroni of wilson", func(word string) string { return korean[word] }))
	// Output: 본페로니 결합: 윌슨 점수 구간
}

func ExampleMethodWords() {
	fmt.Println(slices.Contains(stats.MethodWords(), "wilson"))
	// Output: true
}
