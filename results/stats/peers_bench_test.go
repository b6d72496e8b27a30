package stats

import (
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// dataFolder names the environment variable of a folder in which BenchmarkPeers leaves the
// data of its workloads, for the same work by other programs: `make bench-stats` sets it.
const dataFolder = "HAETAE_BENCH_DATA"

// keep writes columns one after another, float64 in little-endian order, to NAME.f64.
func keep(b *testing.B, name string, columns ...[]float64) {
	dir := os.Getenv(dataFolder)
	if dir == "" {
		return
	}
	var raw []byte
	for _, column := range columns {
		for _, v := range column {
			raw = binary.LittleEndian.AppendUint64(raw, math.Float64bits(v))
		}
	}
	if err := os.WriteFile(filepath.Join(dir, name+".f64"), raw, 0o644); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkPeers is the work that `make bench-stats` times beside scipy, statsmodels and
// krippendorff, on the same data: n = 10,000 and B = 9,999 unless the name says. Each
// reports as "answer" the number that a peer must find too, and the processor time that it took,
// which other programs on the machine hardly change.
func BenchmarkPeers(b *testing.B) {
	b.Run("bootstrap", peerBootstrap)
	b.Run("sign-flip", peerSignFlip)
	b.Run("clustered-se", peerClusteredSE)
	b.Run("bradley-terry", peerBradleyTerry)
	b.Run("krippendorff", peerKrippendorff)
}

func peerBootstrap(b *testing.B) {
	for _, data := range []struct {
		name   string
		values []float64
	}{{"graded", benchScores(10000)}, {"binary", randomBits(testRand(3), 10000, 0.8)}} {
		keep(b, data.name, data.values)
		for _, method := range []BootstrapMethod{Percentile, BCa} {
			for _, drawn := range []bool{false, true} {
				name := fmt.Sprintf("%s/%s", data.name, method)
				if drawn {
					name += "/drawn"
				}
				b.Run(name, func(b *testing.B) {
					var e Estimate
					spent := cpuClock(b)
					for b.Loop() {
						e = Bootstrap{Method: method, MonteCarlo: drawn, Workers: 1}.Mean(Obs{Values: data.values}, 0.95)
					}
					spent()
					b.ReportMetric(e.Lower, "answer")
				})
			}
		}
	}
}

func peerSignFlip(b *testing.B) {
	first, second, d := benchScores(10000), make([]float64, 10000), make([]float64, 10000)
	r := testRand(8)
	for i := range second {
		second[i] = 0.8*first[i] + 0.2*r.Float64() + 0.001
		d[i] = first[i] - second[i]
	}
	keep(b, "pairs", first, second)
	b.Run("inverted", func(b *testing.B) {
		var t SignFlipTest
		spent := cpuClock(b)
		for b.Loop() {
			t = SignFlip(d, 1)
		}
		spent()
		b.ReportMetric(t.P, "answer")
	})
	b.Run("drawn", func(b *testing.B) {
		var p float64
		spent := cpuClock(b)
		for b.Loop() {
			p = signFlipMonteCarlo(d, 9999, 1)
		}
		spent()
		b.ReportMetric(p, "answer")
	})
}

func peerClusteredSE(b *testing.B) {
	x, c := benchScores(1_000_000), randomClusters(testRand(5), 1_000_000, 50_000)
	codes := make([]float64, len(c))
	for i, v := range c {
		codes[i] = float64(v)
	}
	keep(b, "clusters", x, codes)
	var se float64
	spent := cpuClock(b)
	for b.Loop() {
		se = SumClusters(x, c).Mean().CR1
	}
	spent()
	b.ReportMetric(se, "answer")
}

func peerBradleyTerry(b *testing.B) {
	battles := arena(100, 1_000_000)
	keep(b, "wins", battles.Wins...)
	keep(b, "ties", battles.Ties...)
	var spread float64
	spent := cpuClock(b)
	for b.Loop() {
		draws, err := BootstrapBradleyTerry(battles, 100, 1)
		if err != nil {
			b.Fatal(err)
		}
		spread = 0
		for _, theta := range draws {
			spread += (theta[0] - theta[1]) / float64(len(draws))
		}
	}
	spent()
	b.ReportMetric(spread, "answer") // the mean difference of the first two models
}

func peerKrippendorff(b *testing.B) {
	r := panelRatings()
	keep(b, "ratings", r...)
	for _, scale := range []Scale{NominalScale, OrdinalScale} {
		b.Run(string(scale), func(b *testing.B) {
			var alpha float64
			spent := cpuClock(b)
			for b.Loop() {
				alpha = alphaOf(r, scale)
			}
			spent()
			b.ReportMetric(alpha, "answer")
		})
	}
}

// BenchmarkCores is what takes workers, with one and with two, between two looks at what two
// copies of the same work gain that share nothing.
func BenchmarkCores(b *testing.B) {
	graded := Obs{Values: benchScores(10000)}
	clustered := Obs{Values: graded.Values, Clusters: randomClusters(testRand(4), 10000, 500)}
	total := func(index []int32) float64 {
		var s float64
		for _, i := range index {
			s += graded.Values[i]
		}
		return s
	}
	for _, k := range []struct {
		name string
		run  func(Bootstrap)
	}{
		{"resampled", func(o Bootstrap) { o.MonteCarlo = true; o.Mean(graded, 0.95) }},
		{"studentized", func(o Bootstrap) { o.Method = Studentized; o.Mean(graded, 0.95) }},
		{"clusters", func(o Bootstrap) { o.Mean(clustered, 0.95) }},
		{"statistic", func(o Bootstrap) { o.BootstrapStatistic(10000, total, 0.95) }},
	} {
		copies := func(b *testing.B) { benchmarkCopies(b, func() { k.run(Bootstrap{Method: Percentile, Workers: 1}) }) }
		b.Run(k.name+"/before", copies)
		for _, workers := range []int{1, 2} {
			b.Run(fmt.Sprintf("%s/workers=%d", k.name, workers), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					k.run(Bootstrap{Method: Percentile, Workers: workers})
				}
			})
		}
		b.Run(k.name+"/after", copies)
	}
}

// benchmarkCopies reports as "cores" how much more of some work two goroutines do in the
// time of one when each works for itself: near 2 where two cores are free, and less where
// other programs, or cores that share their units, leave less.
func benchmarkCopies(b *testing.B, work func()) {
	var one, two time.Duration
	for b.Loop() {
		start := time.Now()
		work()
		one += time.Since(start)
		start = time.Now()
		var wg sync.WaitGroup
		wg.Go(work)
		wg.Go(work)
		wg.Wait()
		two += time.Since(start)
	}
	b.ReportMetric(2*float64(one)/float64(two), "cores")
}
