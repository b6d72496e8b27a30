package stats_test

import (
	"fmt"
	"math"

	"github.com/sovereign-eval/haetae/results/stats"
)

// Two people label twelve answers as refused (1) or not (0).
func ExampleAgreement() {
	first := []float64{1, 1, 1, 0, 1, 1, 1, 1, 0, 1, 1, 1}
	second := []float64{1, 1, 1, 0, 1, 1, 0, 1, 1, 1, 1, 1}
	rep, err := stats.Agreement([][]float64{first, second}, stats.NominalScale, 0.95, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("agreement %.2f, kappa %.2f, AC1 %.2f\n", rep.Percent.Value, rep.Kappa.Value, rep.AC1.Value)
	// Output:
	// agreement 0.83, kappa 0.40, AC1 0.77
}

// A judge labels 40 answers, people label every fourth of them.
func ExampleJudgeCorrected() {
	judge, human := make([]float64, 40), make([]float64, 40)
	for i := range judge {
		judge[i] = float64(i % 2)
		human[i] = math.NaN()
		if i%4 == 1 {
			human[i] = 1 // the judge's 1s are right
		} else if i%4 == 0 && i < 20 {
			human[i] = 0
		}
	}
	e := stats.JudgeCorrected(stats.JudgeAudit{Judge: judge, Human: human}, 0.95)
	fmt.Printf("judge says %.2f, people %.2f [%.2f, %.2f]\n", e.Raw, e.Value, e.Lower, e.Upper)
	fmt.Println(e.Method)
	// Output:
	// judge says 0.50, people 0.67 [0.45, 0.82]
	// labels alone, exact hypergeometric (conservative)
}

// Three models play; a tie is half a win for both.
func ExampleBradleyTerry() {
	rep, err := stats.BradleyTerry(stats.Battles{
		Wins: [][]float64{{0, 60, 80}, {30, 0, 65}, {15, 25, 0}},
		Ties: [][]float64{{0, 10, 5}, {10, 0, 10}, {5, 10, 0}},
	}, stats.BTOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for i, s := range rep.Strengths {
		fmt.Printf("model %d: %.0f, rank %d to %d\n", i, stats.Elo(s.Value), rep.Ranks[i].Lower, rep.Ranks[i].Upper)
	}
	// Output:
	// model 0: 1125, rank 1 to 1
	// model 1: 1013, rank 2 to 2
	// model 2: 862, rank 3 to 3
}

func ExampleRankIntervals() {
	accuracy := []float64{0.81, 0.80, 0.62}
	variance := [][]float64{{4e-4, 0, 0}, {0, 4e-4, 0}, {0, 0, 4e-4}}
	rep, err := stats.RankIntervals(accuracy, variance, 0.95, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(rep.Intervals)
	// Output:
	// [{1 2} {1 2} {3 3}]
}

// Two models decline harmful requests alike; the second helps with more benign ones.
func ExampleRankRateSums() {
	cautious, helpful := make([]stats.TwoRates, 50), make([]stats.TwoRates, 50)
	for c := range cautious { // a harmful request and its benign twin
		cautious[c] = stats.TwoRates{First: 1, OfFirst: 1, OfSecond: 1}
		helpful[c] = stats.TwoRates{First: 1, OfFirst: 1, Second: 1, OfSecond: 1}
		if c%5 == 0 {
			cautious[c].Second, helpful[c].First = 1, 0
		}
	}
	sums, rep, err := stats.RankRateSums([][]stats.TwoRates{cautious, helpful}, 0.95, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.1f and %.1f hold places %v\n", sums[0], sums[1], rep.Intervals)
	// Output:
	// 1.2 and 1.8 hold places [{2 2} {1 1}]
}

// Four items cannot order two models, however far they are apart.
func ExampleRankScores() {
	old, now := []float64{1, 1, 1, 1}, []float64{0, 0, 0, 0}
	rep, err := stats.RankScores([][]float64{old, now}, nil, false, 0.95, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(rep.Intervals, rep.Method)
	// Output:
	// [{1 2} {1 2}] holm-corrected paired tests
}

// A gate on a failure rate of 1 %, fed clean samples.
func ExampleGate() {
	gate, err := stats.NewGate(stats.GateSpec{Limit: 0.01, Alpha: 0.05, Bet: stats.AllInBet})
	if err != nil {
		fmt.Println(err)
		return
	}
	state := stats.GateOpen
	for state == stats.GateOpen {
		if state, err = gate.Observe(false); err != nil {
			fmt.Println(err)
			return
		}
	}
	fmt.Println(state, "after", gate.Status().N)
	// Output:
	// pass after 299
}

func ExampleConfidenceSequence() {
	e := stats.ConfidenceSequence(83, 100, 0.95)
	fmt.Printf("%.2f [%.3f, %.3f], at any time\n", e.Value, e.Lower, e.Upper)
	// Output:
	// 0.83 [0.686, 0.928], at any time
}

// Calibrated items place a new model after five answers.
func ExampleItemBank_Ability() {
	bank := stats.ItemBank{A: []float64{1, 1.2, 0.8, 1.5, 1}, B: []float64{-1, 0, 0.5, 1, 2}}
	ab, err := bank.Ability([]float64{1, 1, 1, 0, 0})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("ability %.2f ± %.2f\n", ab.EAP, ab.PSD)
	next, err := bank.NextItem(ab.EAP, []bool{true, true, true, false, true})
	fmt.Println("ask item", next, err)
	// Output:
	// ability 0.42 ± 0.68
	// ask item 3 <nil>
}

func ExampleAnyDifference() {
	test, err := stats.AnyDifference([][]float64{
		{1, 1, 0}, {1, 0, 0}, {1, 1, 1}, {0, 1, 0}, {1, 1, 0}, {1, 0, 1},
		{0, 0, 0}, {1, 1, 0}, {1, 0, 0}, {1, 1, 1}, {1, 1, 0}, {0, 1, 0},
	})
	fmt.Printf("%s p = %.3f %v\n", test.Method, test.P, err)
	// Output:
	// cochran q p = 0.032 <nil>
}

func ExampleClassification() {
	truth := []int{1, 1, 0, 0, 0, 0, 0, 0, 0, 0}
	said := []int{1, 0, 0, 0, 0, 0, 0, 0, 0, 0}
	s, err := stats.Classification(truth, said, 0.95)
	fmt.Printf("accuracy %.2f, balanced %.2f, MCC %.2f %v\n", s.Accuracy.Value, s.BalancedAccuracy, s.MCC, err)
	// Output:
	// accuracy 0.90, balanced 0.75, MCC 0.67 <nil>
}
