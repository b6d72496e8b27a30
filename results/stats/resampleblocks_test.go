package stats

import (
	"math"
	"slices"
	"testing"
)

// Resampling by blocks is resampling: each resample has n draws, each score is drawn
// Binomial(n, 1/n) times, and any set of scores Binomial(n, share) times.
func TestBlocksDrawLikeSingleDraws(t *testing.T) {
	const n, reps = 3001, 4000
	counts := make([]int, newBlocks(make([]float64, n)).count())
	if total := drawnByBlocks(slices.Repeat([]float64{1}, n), counts, 50); total[0] != n || total[49] != n {
		t.Errorf("resamples have %v and %v draws, want %d", total[0], total[49], n)
	}
	for _, hot := range []int{0, 255, 256, 1500, 2815, 2816, 3000} {
		x := make([]float64, n)
		x[hot] = 1
		observed := make([]float64, 5)
		for _, times := range drawnByBlocks(x, counts, reps) {
			observed[min(int(times), 4)]++
		}
		var chi2 float64
		rest := float64(reps)
		for k, o := range observed {
			want := reps * binomialPMF(k, n, 1.0/n)
			if k == 4 {
				want = rest
			}
			rest -= want
			chi2 += square(o-want) / want
		}
		if p := chi2Tail(chi2, 4); p < 1e-4 {
			t.Errorf("score %d is drawn %v times (0, 1, … 4 or more): p = %v", hot, observed, p)
		}
	}
	for _, span := range [][2]int{{0, 100}, {0, 1500}, {200, 900}, {2700, 3001}} {
		x := make([]float64, n)
		for i := span[0]; i < span[1]; i++ {
			x[i] = 1
		}
		got := drawnByBlocks(x, counts, reps)
		share := float64(span[1]-span[0]) / n
		want := n * share * (1 - share)
		if z := (mean(got) - n*share) / math.Sqrt(want/reps); math.Abs(z) > 4 {
			t.Errorf("scores %v: mean count %v, want %v", span, mean(got), n*share)
		}
		if v := variance(got); math.Abs(v/want-1) > 4*math.Sqrt(2.0/reps) {
			t.Errorf("scores %v: variance of the count %v, want %v", span, v, want)
		}
	}
}

func drawnByBlocks(x []float64, counts []int, reps int) []float64 {
	b := newBlocks(x)
	sums := make([]float64, reps)
	for r := range sums {
		rng := newStream(9, streamBootstrap, uint64(r))
		sums[r] = b.resampledSum(&rng, counts)
	}
	return sums
}

// The bounds from draws by blocks are those of the law without draws.
func TestBlocksAgreeWithInversion(t *testing.T) {
	x := Obs{Values: benchScores(5000)}
	for _, method := range []BootstrapMethod{Percentile, Basic, BCa} {
		law := Bootstrap{Method: method}.Mean(x, 0.95)
		drawn := Bootstrap{Method: method, MonteCarlo: true, Replicates: 20000}.Mean(x, 0.95)
		if tol := 0.03 * law.SE * 2; math.Abs(law.Lower-drawn.Lower) > tol || math.Abs(law.Upper-drawn.Upper) > tol {
			t.Errorf("%s: law %v, drawn %v", method, law.Interval(), drawn.Interval())
		}
	}
}

func TestBlocksAreFreeOfWorkers(t *testing.T) {
	x := benchScores(4000)
	one, many := make([]float64, 500), make([]float64, 500)
	resampleMeans(x, one, 3, 1)
	resampleMeans(x, many, 3, 64)
	if !slices.Equal(one, many) {
		t.Error("64 workers draw other resamples than one")
	}
}
