package stats_test

import (
	"errors"
	"fmt"

	"github.com/sovereign-eval/haetae/results/stats"
)

func ExampleNewGate() {
	g, err := stats.NewGate(stats.GateSpec{Limit: 0.2, Alpha: 0.05})
	if err != nil {
		fmt.Println(err)
		return
	}
	n := 0
	for g.Status().State == stats.GateOpen {
		if _, err := g.Observe(false); err != nil { // not a failure
			fmt.Println(err)
		}
		n++
	}
	_, err = g.Observe(false)
	fmt.Println(g.Status().State, "after", n, errors.Is(err, stats.ErrGateDecided))
	// Output: pass after 20 true
}

func ExampleNewClusterGate() {
	g, err := stats.NewClusterGate(stats.GateSpec{Limit: 0.2, Alpha: 0.05})
	if err != nil {
		fmt.Println(err)
		return
	}
	for g.Status().State == stats.GateOpen {
		if _, err := g.Observe(0); err != nil { // no sample of the cluster failed
			fmt.Println(err)
		}
	}
	s := g.Status()
	fmt.Println(s.State, "after", s.N, "clusters")
	// Output: pass after 20 clusters
}

func ExampleCountGames() {
	b, err := stats.CountGames(2, []stats.Game{{A: 0, B: 1, Score: 1}, {A: 1, B: 0, Score: 0.5}})
	fmt.Println(b.Wins, b.Ties, err)
	// Output: [[0 1] [0 0]] [[0 1] [1 0]] <nil>
}

func ExampleBootstrapBradleyTerry() {
	b := stats.Battles{Wins: [][]float64{{0, 30, 40}, {10, 0, 30}, {5, 15, 0}}}
	draws, err := stats.BootstrapBradleyTerry(b, 200, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	first := 0
	for _, theta := range draws {
		if theta[0] > theta[1] && theta[0] > theta[2] {
			first++
		}
	}
	fmt.Println("the first model leads in", first, "of", len(draws), "draws")
	// Output: the first model leads in 200 of 200 draws
}

func ExampleCalibration() {
	confidence := []float64{0.9, 0.8, 0.9, 0.6, 0.3, 0.2, 0.9, 0.7, 0.4, 0.1}
	outcome := []float64{1, 1, 1, 0, 0, 0, 1, 1, 1, 0}
	r, err := stats.Calibration(confidence, outcome, 5, 0.95, 1)
	fmt.Printf("ece %.3f, brier %.3f, auroc %.3f, %v\n", r.ECE, r.Brier, r.AUROC.Value, err)
	// Output: ece 0.200, brier 0.102, auroc 0.958, <nil>
}

func ExampleDrift() {
	before := []float64{10, 12, 11, 13, 12, 11, 10, 12, 13, 11}
	after := []float64{14, 15, 13, 16, 15, 14, 17, 15, 14, 16}
	r, err := stats.Drift(before, after)
	fmt.Printf("ks %.2f, p %.4f, moved by %.1f, %v\n", r.KS, r.P, r.Wasserstein, err)
	// Output: ks 0.90, p 0.0001, moved by 3.4, <nil>
}

func ExampleJudgePanel() {
	// A row for each item, a column for each judge; the third judge is a coin.
	labels := [][]float64{{1, 1, 1}, {1, 1, 0}, {1, 1, 1}, {0, 0, 0}, {0, 0, 1}, {0, 0, 0}, {1, 1, 0}, {0, 0, 1}}
	r, err := stats.JudgePanel(labels)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("prevalence %.2f, sensitivity of the third %.2f\n", r.Prevalence, r.Sensitivity[2])
	// Output: prevalence 0.50, sensitivity of the third 0.50
}

func ExampleFitIRT() {
	answers := [][]float64{
		{1, 0, 0, 0}, {1, 1, 0, 0}, {1, 1, 1, 0}, {1, 1, 1, 1}, {1, 0, 0, 0}, {0, 0, 0, 0}, {1, 1, 0, 1}, {1, 1, 1, 0},
	}
	data := stats.IRTData{Answers: answers}
	fit, err := stats.FitIRT(data, stats.IRTOptions{Rasch: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	b := fit.B() // difficulties
	fmt.Printf("converged %v; from %.1f to %.1f\n", fit.Converged, b[0], b[3])
	ability, err := fit.Bank().Ability([]float64{1, 1, 0, 0})
	fmt.Printf("ability %.2f ± %.2f, %v\n", ability.EAP, ability.PSD, err)
	items, err := fit.ItemFit(data)
	fmt.Println(len(items), "items checked,", err)
	// Output:
	// converged true; from -1.4 to 0.8
	// ability -0.04 ± 0.46, <nil>
	// 4 items checked, <nil>
}
