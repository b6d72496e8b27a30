package stats

import (
	"fmt"
	"testing"
)

// The workloads of the speed targets: n = 10,000 and B = 9,999 unless the name says.

func benchScores(n int) []float64 {
	r := testRand(1)
	x := make([]float64, n)
	for i := range x {
		x[i] = r.Float64()
	}
	return x
}

func BenchmarkBootstrapGraded(b *testing.B) {
	x := Obs{Values: benchScores(10000)}
	for _, method := range []BootstrapMethod{Percentile, BCa, Studentized} {
		for _, workers := range []int{1, 2} {
			b.Run(fmt.Sprintf("%s/workers=%d", method, workers), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					Bootstrap{Method: method, Workers: workers}.Mean(x, 0.95)
				}
			})
		}
	}
}

func BenchmarkBootstrapLattice(b *testing.B) {
	r := testRand(2)
	x := make([]float64, 10000)
	for i := range x {
		x[i] = float64(r.IntN(11)) / 10
	}
	b.ReportAllocs()
	for b.Loop() {
		Bootstrap{Method: BCa}.Mean(Obs{Values: x}, 0.95)
	}
}

func BenchmarkBootstrapBinary(b *testing.B) {
	x := randomBits(testRand(3), 10000, 0.8)
	for _, method := range []BootstrapMethod{Percentile, BCa} {
		b.Run(string(method), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Bootstrap{Method: method}.Mean(Obs{Values: x}, 0.95)
			}
		})
	}
}

func BenchmarkClusterBootstrap(b *testing.B) {
	x := Obs{Values: benchScores(10000), Clusters: randomClusters(testRand(4), 10000, 500)}
	b.ReportAllocs()
	for b.Loop() {
		Bootstrap{Method: Percentile, Workers: 1}.Mean(x, 0.95)
	}
}

func BenchmarkSignFlip(b *testing.B) {
	d := benchScores(10000)
	for i := range d {
		d[i] -= 0.49
	}
	b.Run("monte carlo/B=9999", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			signFlipMonteCarlo(d, 9999, 1)
		}
	})
	lattice := make([]float64, len(d))
	for i, v := range d {
		lattice[i] = float64(int(v*20)) / 10
	}
	b.Run("lattice exact", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			SignFlip(lattice, 1)
		}
	})
}

func BenchmarkTwoSamplePermutation(b *testing.B) {
	x := benchScores(20000)
	b.ReportAllocs()
	for b.Loop() {
		permuteMonteCarlo(x, 10000, 9999, 1)
	}
}

func BenchmarkClusterSE(b *testing.B) {
	x, c := benchScores(1_000_000), randomClusters(testRand(5), 1_000_000, 50_000)
	b.ReportAllocs()
	for b.Loop() {
		SumClusters(x, c).Mean()
	}
}

func BenchmarkWilson(b *testing.B) {
	for b.Loop() {
		Wilson(81, 263, 0.95)
	}
}

func BenchmarkClopperPearson(b *testing.B) {
	for _, n := range []int{263, 1_000_000} {
		b.Run(fmt.Sprintf("n=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				ClopperPearson(n/3, n, 0.95)
			}
		})
	}
}

// BenchmarkFiftyModels is a cluster-robust comparison of every pair of 50 models on 100,000
// items in 10,000 clusters, with Holm.
func BenchmarkFiftyModels(b *testing.B) {
	r := testRand(6)
	clusters := randomClusters(r, 100_000, 10_000)
	scores := make([][]float64, 50)
	for m := range scores {
		scores[m] = randomBits(r, 100_000, 0.5+0.005*float64(m))
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := CompareAll(scores, clusters, 0.95, Holm); err != nil {
			b.Fatal(err)
		}
	}
}
