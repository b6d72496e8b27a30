package stats

import (
	"math"
	"strings"
	"testing"
)

// continuous are scores on no lattice: skewed by the power, the rest lifted off a point mass.
func continuous(seed uint64, n int, power, mass float64) []float64 {
	r := testRand(seed)
	x := make([]float64, n)
	for i := range x {
		if x[i] = math.Pow(r.Float64(), power); r.Float64() < mass {
			x[i] = 0
		}
	}
	return x
}

// The slow way: scores rounded to millionths, whose exact law is a convolution.
func TestInvertedMeanIsTheConvolution(t *testing.T) {
	for _, n := range []int{200, 300, 2000} {
		for _, power := range []float64{1, 3} {
			x := continuous(uint64(n), n, power, 0.2)
			codes := make([]int, n)
			for i, v := range x {
				codes[i] = int(math.Round(v * 1e4))
				x[i] = float64(codes[i]) / 1e4
			}
			l := newLattice(codes, 0, 1e4)
			slow := newLatticeLaw(l)
			fast, ok := invertMean(x)
			if !ok {
				t.Fatalf("n=%d: the series does not fit", n)
			}
			// A lattice quantile is the first step at or above: half a step off on average.
			step := l.step / float64(n)
			for _, p := range []float64{1e-6, 0.001, 0.025, 0.3, 0.5, 0.9, 0.975, 0.9999} {
				if a, b := fast.quantile(p), slow.quantile(p); math.Abs(a-b) > 1.01*step {
					t.Errorf("n=%d power %v: quantile %v is %v, by convolution %v, %.2f steps apart", n, power, p, a, b, math.Abs(a-b)/step)
				}
			}
			if a, b := fast.position(), slow.position(); math.Abs(a-b) > 1e-5 {
				t.Errorf("n=%d: position %v, by convolution %v", n, a, b)
			}
		}
	}
}

func TestInvertedMeanIsTheLimitOfDraws(t *testing.T) {
	x := continuous(5, 400, 4, 0.5)
	for _, method := range []BootstrapMethod{Percentile, Basic, BCa} {
		fast := Bootstrap{Method: method}.Mean(Obs{Values: x}, 0.95)
		slow := Bootstrap{Method: method, MonteCarlo: true, Replicates: 200_000}.Mean(Obs{Values: x}, 0.95)
		if !strings.HasSuffix(fast.Method, "fourier inversion") {
			t.Fatalf("method is %q", fast.Method)
		}
		// 200,000 draws place a bound within 0.006 standard errors (one sigma).
		if tol := 0.03 * fast.SE; math.Abs(fast.Lower-slow.Lower) > tol || math.Abs(fast.Upper-slow.Upper) > tol {
			t.Errorf("%s: inverted [%v, %v], drawn [%v, %v]", method, fast.Lower, fast.Upper, slow.Lower, slow.Upper)
		}
	}
}

// Lumpy or very skew scores are left to other methods.
func TestInversionRefusesWhatItCannotDo(t *testing.T) {
	r := testRand(7)
	lumps, outlier := make([]float64, 300), make([]float64, 300)
	for i := range lumps {
		lumps[i] = float64(r.IntN(2)) + 1e-5*r.Float64()
		outlier[i] = r.Float64()
	}
	outlier[0] = 100
	for name, x := range map[string][]float64{"lumps": lumps, "outlier": outlier, "few": continuous(8, 12, 1, 0), "flat": make([]float64, 50), "infinite": {math.Inf(1), 0, 1}} {
		if _, ok := invertMean(x); ok {
			t.Errorf("%s: the series was used for the mean", name)
		}
		if name == "lumps" || name == "outlier" || name == "few" {
			for i := range x {
				x[i] -= 0.4
			}
		}
		if _, ok := signFlipInverted(x); ok && name != "lumps" {
			t.Errorf("%s: the series was used for the signs", name)
		}
	}
}

func TestSignFlipInvertedIsEnumeration(t *testing.T) {
	for seed := range uint64(20) {
		d := continuous(seed, 30, 1, 0)
		for i := range d {
			d[i] -= 0.3 + 0.01*float64(seed)
		}
		slow := signFlipHalves(d)
		fast, ok := signFlipInverted(d)
		if !ok {
			continue // a difference above a quarter of the spread
		}
		if math.Abs(fast-slow.P) > 1e-6 {
			t.Errorf("seed %d: inverted %v, enumerated %v", seed, fast, slow.P)
		}
	}
}

func TestSignFlipInvertedIsTheLattice(t *testing.T) {
	for seed := range uint64(10) {
		d := continuous(seed, 500, 1, 0)
		weights := make([]int, len(d))
		total, obs, squares := 0, 0, 0.0
		for i := range d {
			d[i] = math.Round((d[i] - 0.46 - 0.004*float64(seed)) * 200)
			weights[i] = abs(int(d[i]))
			total += weights[i]
			obs += int(d[i])
			squares += d[i] * d[i]
		}
		// The series counts half of the patterns that equal the observed sum. Sums of one parity
		// occur, two steps apart.
		sd := math.Sqrt(squares)
		slow := (signFlipFFT(weights, total, abs(obs), sd) + signFlipFFT(weights, total, abs(obs)+2, sd)) / 2
		fast, ok := signFlipInverted(d)
		if !ok || math.Abs(fast-slow) > 1e-4*slow {
			t.Errorf("seed %d: inverted %v (%v), by fft %v", seed, fast, ok, slow)
		}
	}
}
