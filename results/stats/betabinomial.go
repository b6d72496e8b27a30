package stats

import (
	"math"
	"slices"
)

// betaBinomial is the law of clusters whose own rates are spread by a beta law: of a cluster of
// n samples y are 1 with probability
//
//	C(n, y) · Π_{j<y}(μ+jγ) · Π_{j<n−y}(1−μ+jγ) / Π_{j<n}(1+jγ),
//
// where μ is the rate and γ = ρ/(1−ρ) the overdispersion of an intraclass correlation ρ
// (Skellam 1948; in R: VGAM::dbetabinom with prob = μ, rho = ρ). It serves to say how much less
// n samples are worth than independent ones where too few events are seen for the spread of
// the clusters to say so: a rate held higher than the data show needs clusters more alike,
// else more of them would show an event.
type betaBinomial struct {
	ones, zeros, sizes []run
	n                  float64 // samples
	kish               float64 // Σn_c²/Σn_c: what clusters of copies divide n by
	least              float64 // the least design effect that is believed
}

// run says that so many clusters count the factors j of from ≤ j < to.
type run struct{ from, to, clusters float64 }

func newBetaBinomial(s ClusterSums) betaBinomial {
	var ones, zeros, sizes []float64
	var b betaBinomial
	for c, k := range s.Sizes {
		n, y := float64(k), s.Sums[c]
		ones, zeros, sizes = append(ones, y), append(zeros, n-y), append(sizes, n)
		b.n += n
		b.kish += n * n
	}
	b.kish /= b.n
	b.ones, b.zeros, b.sizes = runsOf(ones), runsOf(zeros), runsOf(sizes)
	return b
}

// runsOf says how many of the counts exceed j, for all j from 1 on; that of j = 0 tells nothing
// of γ.
func runsOf(counts []float64) []run {
	slices.Sort(counts)
	var out []run
	at := 1.0
	for i, v := range counts {
		if v > at {
			out = append(out, run{at, v, float64(len(counts) - i)})
			at = v
		}
	}
	return out
}

// slope is the derivative of the log-likelihood in γ.
func (b betaBinomial) slope(mu, gamma float64) float64 {
	return sumOfShares(b.ones, mu, gamma) + sumOfShares(b.zeros, 1-mu, gamma) - sumOfShares(b.sizes, 1, gamma)
}

// directTerms is the number of terms that are added one by one before an integral stands in.
const directTerms = 64

// sumOfShares is Σ j/(a+jγ) over runs. The tail of a long run is Euler and Maclaurin's
// midpoint integral, by Gauss and Legendre on pieces of growing length: clusters may be huge.
func sumOfShares(runs []run, a, gamma float64) float64 {
	share := func(j float64) float64 { return j / (a + j*gamma) }
	var total float64
	for _, r := range runs {
		var sum float64
		j := r.from
		for ; j < r.to && j < r.from+directTerms; j++ {
			sum += share(j)
		}
		if j < r.to {
			lo, hi := j-0.5, r.to-0.5
			for x := lo; x < hi; {
				next := min(hi, 1.5*x)
				sum += gaussLegendre5(x, next, share)
				x = next
			}
			sum -= (a/square(a+hi*gamma) - a/square(a+lo*gamma)) / 24
		}
		total += r.clusters * sum
	}
	return total
}

// gaussLegendre5 integrates f from lo to hi by the five-point rule.
func gaussLegendre5(lo, hi float64, f func(float64) float64) float64 {
	mid, half := (lo+hi)/2, (hi-lo)/2
	sum := 128.0 / 225 * f(mid)
	for _, p := range [2][2]float64{{0.5384693101056831, 0.47862867049936647}, {0.9061798459386640, 0.23692688505618908}} {
		sum += p[1] * (f(mid-p[0]*half) + f(mid+p[0]*half))
	}
	return half * sum
}

// Values of ln γ between which the overdispersion is looked for: ρ from 2·10⁻⁹ to 0.9999.
const leastLogGamma, mostLogGamma = -20, 9.2

// observe takes the design effect that the spread of the clusters shows, with degrees of freedom
// df, one standard error of its logarithm lower for the least that is believed: clusters may
// follow another law, of which a few are all alike and most not at all.
func (b *betaBinomial) observe(effect, df float64) {
	if l := effect * math.Exp(-math.Sqrt(2/df)); l > b.least {
		b.least = l
	}
}

// designEffect is by how much clusters inflate the variance of the rate where that is mu, no
// less than what is observed.
func (b betaBinomial) designEffect(mu float64) float64 {
	return max(b.least, b.likeliestEffect(mu))
}

// likeliestEffect is 1 + (Σn_c²/Σn_c − 1)·ρ for the ρ that is likeliest where the rate is mu.
// ρ is at least 0.
func (b betaBinomial) likeliestEffect(mu float64) float64 {
	slope := func(u float64) float64 { return b.slope(mu, math.Exp(u)) }
	switch {
	case !(slope(leastLogGamma) > 0):
		return 1
	case slope(mostLogGamma) >= 0:
		return b.kish
	}
	return 1 + (b.kish-1)*logistic(fallingRoot(leastLogGamma, mostLogGamma, 1e-8, slope))
}

// interval holds the rates μ that lie in within(n/d(μ)), for the design effect d of each: an
// interval of a proportion from so many independent samples.
func (b betaBinomial) interval(within func(worth float64) Interval) Interval {
	least, most := within(b.n/max(b.kish, b.least)), within(b.n/max(1, b.least))
	bound := func(lo, hi float64, of func(Interval) float64) float64 {
		if !(lo < hi) {
			return lo
		}
		return fallingRoot(lo, hi, 1e-9*(hi-lo), func(mu float64) float64 {
			return of(within(b.n/b.designEffect(mu))) - mu
		})
	}
	return Interval{
		bound(least.Lower, most.Lower, func(i Interval) float64 { return i.Lower }),
		bound(most.Upper, least.Upper, func(i Interval) float64 { return i.Upper }),
	}
}

// fallingRoot is where f falls through 0 between lo and hi, to within the tolerance: by the
// false position in which the end that stays counts half (Dowell and Jarratt 1971, Illinois),
// and by halves where that is slow.
func fallingRoot(lo, hi, tolerance float64, f func(float64) float64) float64 {
	flo, fhi := f(lo), f(hi)
	if !(flo > 0) {
		return lo
	}
	if !(fhi < 0) {
		return hi
	}
	for k, last := 0, 0.0; hi-lo > tolerance && k < 200; k++ {
		mid := lo + (hi-lo)*flo/(flo-fhi)
		if k%3 == 2 || !(mid > lo && mid < hi) {
			mid = lo + (hi-lo)/2
		}
		v := f(mid)
		switch {
		case v > 0:
			if lo, flo = mid, v; last > 0 {
				fhi /= 2
			}
		case v < 0:
			if hi, fhi = mid, v; last < 0 {
				flo /= 2
			}
		default:
			return mid
		}
		last = v
	}
	return lo + (hi-lo)/2
}
