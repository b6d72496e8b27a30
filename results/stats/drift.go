package stats

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// DriftReport compares a measurement of two runs: response lengths, latencies,
// confidences, scores.
type DriftReport struct {
	KS          float64 // largest gap of the distribution functions
	P           float64 // of the Kolmogorov-Smirnov test; exact where Method says so
	Method      string
	Wasserstein float64 // mean distance that the distribution moved, in units of the data
	PSI         float64 // population stability index over deciles of the first sample
	JSD         float64 // Jensen-Shannon divergence over the same bins, in nats
	Warnings    []Warning
}

// Drift answers "do these two sets of numbers come from one distribution?". It assumes
// independent samples; for the same items under two models compare pairs instead. It
// returns an error for an empty side or values that are not finite.
func Drift(before, after []float64) (DriftReport, error) {
	if len(before) == 0 || len(after) == 0 {
		return DriftReport{}, errors.New("measure drift: one side is empty")
	}
	for _, x := range [][]float64{before, after} {
		for i, v := range x {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return DriftReport{}, fmt.Errorf("measure drift: value %d is %v: want finite numbers", i, v)
			}
		}
	}
	r := DriftReport{Wasserstein: wasserstein(before, after), Method: "kolmogorov-smirnov, exact"}
	var exact bool
	r.KS, r.P, exact = kolmogorovSmirnov(before, after)
	if !exact {
		r.Method = "kolmogorov-smirnov, asymptotic"
	}
	p, q := decileShares(before, after)
	d := divergences(p, q)
	r.PSI, r.JSD = d.psi, d.jsd
	if len(before) < 100 || len(after) < 100 {
		r.Warnings = warn(r.Warnings, WarnSmallSample, "under 100 values on a side: the index over deciles is noisy")
	}
	return r, nil
}

// decileShares are the shares of both samples in bins cut at the deciles of the first,
// each count with ½ added so that an empty bin gives a large number and not infinity.
func decileShares(before, after []float64) (p, q []float64) {
	sorted := slices.Clone(before)
	slices.Sort(sorted)
	var cuts []float64
	for i := 1; i < 10; i++ {
		cut := sorted[min(i*len(sorted)/10, len(sorted)-1)]
		if len(cuts) == 0 || cut > cuts[len(cuts)-1] {
			cuts = append(cuts, cut)
		}
	}
	share := func(x []float64) []float64 {
		s := make([]float64, len(cuts)+1)
		total := 0.5 * float64(len(s))
		for i := range s {
			s[i] = 0.5
		}
		for _, v := range x {
			at, found := slices.BinarySearch(cuts, v)
			if found {
				at++
			}
			s[at]++
			total++
		}
		for i := range s {
			s[i] /= total
		}
		return s
	}
	return share(before), share(after)
}

// divergence holds distances of two discrete distributions, in nats.
type divergence struct{ psi, jsd, kl, tv float64 }

// divergences compares p with q: the population stability index, Jensen-Shannon and
// Kullback-Leibler KL(p‖q) divergences and total variation. A share that is 0 on one
// side only makes PSI infinite, and KL too if it is q's.
func divergences(p, q []float64) divergence {
	var d divergence
	for i := range p {
		m := (p[i] + q[i]) / 2
		d.tv += math.Abs(p[i]-q[i]) / 2
		if p[i] != q[i] {
			d.psi += (p[i] - q[i]) * math.Log(p[i]/q[i])
		}
		d.kl += relativeEntropy(p[i], q[i])
		d.jsd += (relativeEntropy(p[i], m) + relativeEntropy(q[i], m)) / 2
	}
	return d
}

func relativeEntropy(p, q float64) float64 {
	if p == 0 {
		return 0
	}
	return p * math.Log(p/q)
}

// wasserstein is the first Wasserstein distance of two samples: the area between their
// distribution functions.
func wasserstein(a, b []float64) float64 {
	a, b = slices.Clone(a), slices.Clone(b)
	slices.Sort(a)
	slices.Sort(b)
	var area float64
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		at := nextValue(a, b, i, j)
		for i < len(a) && a[i] == at {
			i++
		}
		for j < len(b) && b[j] == at {
			j++
		}
		if i == len(a) && j == len(b) {
			break
		}
		gap := math.Abs(float64(i)/float64(len(a)) - float64(j)/float64(len(b)))
		area += gap * (nextValue(a, b, i, j) - at)
	}
	return area
}

// nextValue is the smaller of a[i] and b[j], where an index at the end counts as +Inf.
func nextValue(a, b []float64, i, j int) float64 {
	switch {
	case i >= len(a):
		return b[j]
	case j >= len(b):
		return a[i]
	}
	return math.Min(a[i], b[j])
}

// kolmogorovSmirnov is the two-sample statistic D and P(D' >= D), exact given the ties of
// the pooled sample where the lattice of ranks is small enough, else by the limit law.
func kolmogorovSmirnov(a, b []float64) (d, p float64, exact bool) {
	a, b = slices.Clone(a), slices.Clone(b)
	slices.Sort(a)
	slices.Sort(b)
	m, n := len(a), len(b)
	var widest int64
	check := make([]bool, m+n+1) // positions of the pooled sample where a value ends
	for i, j := 0, 0; i < m || j < n; {
		at := nextValue(a, b, i, j)
		for i < m && a[i] == at {
			i++
		}
		for j < n && b[j] == at {
			j++
		}
		check[i+j] = true
		widest = max(widest, latticeGap(i, j, m, n))
	}
	d = float64(widest) / float64(m) / float64(n)
	if float64(m)*float64(n) > 2e7 {
		return d, kolmogorovLimit(d * math.Sqrt(float64(m)*float64(n)/float64(m+n))), false
	}
	return d, exitProbability(m, n, widest, check), true
}

// latticeGap is m·n·|i/m - j/n|, exactly.
func latticeGap(i, j, m, n int) int64 {
	g := int64(i)*int64(n) - int64(j)*int64(m)
	return max(g, -g)
}

// exitProbability walks all orders of m a's and n b's, equally likely, and sums the
// probability of the first time that the gap reaches the widest: every term is
// positive, so small p-values keep their digits.
func exitProbability(m, n int, widest int64, check []bool) float64 {
	if widest == 0 {
		return 1
	}
	row := make([]float64, n+1) // probability of reaching (i, j) without an exit
	var exit float64
	for i := 0; i <= m; i++ {
		for j := 0; j <= n; j++ {
			var p float64
			left := float64(m + n - i - j + 1)
			switch {
			case i == 0 && j == 0:
				p = 1
			default:
				if i > 0 {
					p += row[j] * float64(m-i+1) / left
				}
				if j > 0 {
					p += row[j-1] * float64(n-j+1) / left
				}
			}
			if check[i+j] && latticeGap(i, j, m, n) >= widest {
				exit += p
				p = 0
			}
			row[j] = p
		}
	}
	return math.Min(1, exit)
}

// kolmogorovLimit is the limit law P(sup|B| >= x) of the Brownian bridge.
func kolmogorovLimit(x float64) float64 {
	if x < 0.3 {
		return 1
	}
	var p float64
	for k := 1; k <= 100; k++ {
		term := 2 * math.Exp(-2*float64(k)*float64(k)*x*x)
		if k%2 == 0 {
			term = -term
		}
		p += term
	}
	return clamp(p, 0, 1)
}

// cusum is Page's (1954) one-sided cumulative sum, S = max(0, S + x - k).
func cusum(x []float64, k float64) []float64 {
	out := make([]float64, len(x))
	s := 0.0
	for i, v := range x {
		s = math.Max(0, s+v-k)
		out[i] = s
	}
	return out
}
