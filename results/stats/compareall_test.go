package stats

import (
	"math"
	"testing"
)

// TestCompareAllIsEachPair holds the packed comparison of many models to the plain one of two.
func TestCompareAllIsEachPair(t *testing.T) {
	r := testRand(21)
	for _, clusters := range [][]int32{nil, randomClusters(r, 300, 12), randomClusters(r, 300, 60)} {
		for _, graded := range []bool{false, true} {
			scores := make([][]float64, 5)
			for m := range scores {
				scores[m] = randomBits(r, 300, 0.5+0.08*float64(m))
				if graded {
					scores[m] = randomScores(r, 300)
				}
			}
			all, err := CompareAll(scores, clusters, 0.95, Holm)
			if err != nil {
				t.Fatal(err)
			}
			if len(all) != 10 {
				t.Fatalf("%d pairs of 5 models", len(all))
			}
			for _, p := range all {
				a, b := Obs{Values: scores[p.First], Clusters: clusters}, Obs{Values: scores[p.Second], Clusters: clusters}
				want := PairedProportion{}.Compare(a, b, 0.95)
				if graded {
					want = PairedScore{}.Compare(a, b, 0.95)
				}
				if p.Method != want.Method || p.Test != want.Test || len(p.Warnings) != len(want.Warnings) {
					t.Errorf("method %q %q, want %q %q", p.Method, p.Test, want.Method, want.Test)
				}
				for _, v := range [][2]float64{{p.Difference, want.Difference}, {p.Lower, want.Lower}, {p.Upper, want.Upper},
					{p.P, want.P}, {p.SE, want.SE}, {p.MDE, want.MDE}, {p.Correlation, want.Correlation}, {p.Effect, want.Effect}} {
					if math.Abs(v[0]-v[1]) > 1e-9 {
						t.Errorf("pair %d, %d: got %v, want %v (%s)", p.First, p.Second, v[0], v[1], want.Method)
					}
				}
				if p.Adjusted < p.P {
					t.Errorf("adjusted %v below raw %v", p.Adjusted, p.P)
				}
			}
		}
	}
}

func TestCompareAllLeavesOutItemsForAll(t *testing.T) {
	a := []float64{1, 0, 1, math.NaN(), 1, 0, 1, 1}
	b := []float64{1, 1, math.Inf(1), 0, 1, 0, 0, 1}
	all, err := CompareAll([][]float64{a, b, a}, nil, 0.95, Holm)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range all {
		if p.N != 6 || len(p.Warnings) == 0 {
			t.Errorf("pair %d, %d: n = %d, warnings %v", p.First, p.Second, p.N, p.Warnings)
		}
	}
	if _, err := CompareAll([][]float64{a}, nil, 0.95, Holm); err == nil {
		t.Error("one model was compared")
	}
	if _, err := CompareAll([][]float64{a, b[:3]}, nil, 0.95, Holm); err == nil {
		t.Error("lists of different lengths were compared")
	}
}
