package stats

import "math"

// binomialTails returns P(X ≤ k) and P(X ≥ k) for X ~ Binomial(n, p), each accurate where it
// is small. They are NaN for n < 0 or p outside [0, 1].
func binomialTails(k, n int, p float64) (atMost, atLeast float64) {
	if n < 0 || !(p >= 0 && p <= 1) {
		return math.NaN(), math.NaN()
	}
	return math.Exp(logBinomialAtMost(k, n, p)), math.Exp(logBinomialAtLeast(k, n, p))
}

func logBinomialAtMost(k, n int, p float64) float64 {
	switch {
	case k < 0:
		return math.Inf(-1)
	case k >= n:
		return 0
	}
	_, upper := logIncBeta(float64(k)+1, float64(n-k), p, 1-p)
	return upper
}

func logBinomialAtLeast(k, n int, p float64) float64 {
	switch {
	case k <= 0:
		return 0
	case k > n:
		return math.Inf(-1)
	}
	lower, _ := logIncBeta(float64(k), float64(n-k)+1, p, 1-p)
	return lower
}

// binomialPMF is P(X = k), by Loader's saddle-point formula.
func binomialPMF(k, n int, p float64) float64 { return math.Exp(logBinomialPMF(k, n, p)) }

func logBinomialPMF(k, n int, p float64) float64 {
	if k < 0 || k > n {
		return math.Inf(-1)
	}
	return logBinomialDensity(float64(k), float64(n), p, 1-p)
}

// logBinomialDensity is ln[C(n,k) p^k q^(n−k)] for real 0 ≤ k ≤ n.
func logBinomialDensity(k, n, p, q float64) float64 {
	switch {
	case p == 0 && k == 0, q == 0 && k == n:
		return 0
	case p == 0 || q == 0:
		return math.Inf(-1)
	case k == 0:
		if p < 0.1 {
			return n * math.Log1p(-p)
		}
		return n * math.Log(q)
	case k == n:
		if q < 0.1 {
			return n * math.Log1p(-q)
		}
		return n * math.Log(p)
	}
	lc := stirlingError(n) - stirlingError(k) - stirlingError(n-k) - deviance(k, n*p) - deviance(n-k, n*q)
	return lc - halfLog2Pi - 0.5*math.Log(k) - 0.5*math.Log1p(-k/n)
}

// binomialQuantile is the smallest k with P(X ≤ k) ≥ prob·(1−1e-13): the inverse of the
// distribution function, with a tolerance for its rounding.
func binomialQuantile(prob float64, n int, p float64) int {
	if prob <= 0 {
		return 0
	}
	target := math.Log(prob) - 1e-13
	return smallestInt(0, n, func(k int) bool { return logBinomialAtMost(k, n, p) >= target })
}

// smallestInt is the smallest k in [lo, hi] for which the monotone ok holds; hi if none does.
func smallestInt(lo, hi int, ok func(int) bool) int {
	for lo < hi {
		mid := lo + (hi-lo)/2
		if ok(mid) {
			hi = mid
		} else {
			lo = mid + 1
		}
	}
	return lo
}

// logHypergeometricPMF is ln P(X = k) for k marked items in a draw of n from a population of
// total items of which marked are marked.
func logHypergeometricPMF(k, n, marked, total int) float64 {
	if k < 0 || k > n || k > marked || n-k > total-marked {
		return math.Inf(-1)
	}
	if n == 0 || n == total || marked == 0 || marked == total {
		return 0
	}
	p, q := float64(n)/float64(total), float64(total-n)/float64(total)
	return logBinomialDensity(float64(k), float64(marked), p, q) +
		logBinomialDensity(float64(n-k), float64(total-marked), p, q) -
		logBinomialDensity(float64(n), float64(total), p, q)
}

// hypergeometricAtMost is P(X ≤ k), summed from the largest term down.
func hypergeometricAtMost(k, n, marked, total int) float64 {
	low := max(0, n-(total-marked))
	k = min(k, n, marked)
	if k < low {
		return 0
	}
	mode := int(float64(n+1) * float64(marked+1) / float64(total+2))
	if k > mode {
		return 1 - hypergeometricSum(k+1, min(n, marked), 1, n, marked, total)
	}
	return hypergeometricSum(k, low, -1, n, marked, total)
}

// hypergeometricSum adds the probabilities from k to end in steps of ±1, by the ratio of
// neighbours, until they no longer count.
func hypergeometricSum(k, end, step, n, marked, total int) float64 {
	if (end-k)*step < 0 {
		return 0
	}
	first := logHypergeometricPMF(k, n, marked, total)
	sum, term := 1.0, 1.0
	for k != end {
		num := float64(marked-k) * float64(n-k)
		den := float64(k+1) * float64(total-marked-n+k+1)
		if step < 0 {
			num, den = float64(k)*float64(total-marked-n+k), float64(marked-k+1)*float64(n-k+1)
		}
		term *= num / den
		k += step
		sum += term
		if term < sum*1e-17 {
			break
		}
	}
	return math.Exp(first + math.Log(sum))
}

// poissonBinomial is the distribution of the number of successes of independent trials with
// probabilities p: element k is P(X = k). Exact, by convolution, O(n²).
func poissonBinomial(p []float64) []float64 {
	pmf := make([]float64, 1, len(p)+1)
	pmf[0] = 1
	for _, pi := range p {
		pmf = append(pmf, 0)
		for k := len(pmf) - 1; k > 0; k-- {
			pmf[k] = pmf[k]*(1-pi) + pmf[k-1]*pi
		}
		pmf[0] *= 1 - pi
	}
	return pmf
}

// tTail is P(T ≥ t) for Student's t with df degrees of freedom (any real df > 0).
func tTail(t, df float64) float64 {
	switch {
	case math.IsNaN(t) || !(df > 0):
		return math.NaN()
	case math.IsInf(df, 1):
		return normalSurvival(t)
	case t < 0:
		return 1 - tTail(-t, df)
	}
	tt := t * t
	lower, _ := logIncBeta(df/2, 0.5, df/(df+tt), tt/(df+tt))
	return 0.5 * math.Exp(lower)
}

// twoSidedTP is P(|T| ≥ |t|).
func twoSidedTP(t, df float64) float64 { return 2 * tTail(math.Abs(t), df) }

// TQuantile is t with P(T ≤ t) = p for Student's t with df > 0 degrees of freedom, which need
// not be whole; +Inf degrees give the normal quantile. It is NaN for p outside [0, 1].
func TQuantile(p, df float64) float64 {
	switch {
	case !(p >= 0 && p <= 1) || !(df > 0):
		return math.NaN()
	case df > 1e12:
		return NormalQuantile(p)
	case p < 0.5:
		return -tQuantileUpper(p, df)
	}
	return tQuantileUpper(1-p, df)
}

// tQuantileUpper is t with P(T ≥ t) = q for q ≤ ½: df/(df+t²) is Beta(df/2, ½), and the
// logit of its quantile gives t² without cancellation.
func tQuantileUpper(q, df float64) float64 {
	if q == 0.5 {
		return 0
	}
	u := betaLogitQuantile(2*q, 1-2*q, df/2, 0.5)
	return math.Sqrt(df) * math.Exp(-u/2)
}

// twoSidedT is the t of a two-sided interval with the given level.
func twoSidedT(level, df float64) float64 { return -TQuantile((1-level)/2, df) }

// chi2Tail is P(X ≥ x) for a chi-squared variable with df degrees of freedom.
func chi2Tail(x, df float64) float64 {
	if !(df > 0) {
		return math.NaN()
	}
	_, upper := logIncGamma(df/2, x/2)
	return math.Exp(upper)
}

// fTail is P(F ≥ f) for an F variable with d1 and d2 degrees of freedom.
func fTail(f, d1, d2 float64) float64 {
	if !(d1 > 0 && d2 > 0) {
		return math.NaN()
	}
	if f <= 0 {
		return 1
	}
	lower, _ := logIncBeta(d2/2, d1/2, d2/(d2+d1*f), d1*f/(d2+d1*f))
	return math.Exp(lower)
}

// studentizedRangeCDF is P(range of k independent standard normals ≤ q): the integral of
// k φ(z) [Φ(z) − Φ(z−q)]^(k−1), by the trapezoidal rule, which is exact to rounding for an
// integrand that dies at both ends like e^(−z²/2).
func studentizedRangeCDF(q float64, k int) float64 {
	if q <= 0 {
		return 0
	}
	const step, lo = 1. / 64, -9.0
	n := int((9 + min(q, 30) - lo) / step)
	var sum float64
	for i := range n {
		z := lo + step*float64(i)
		p := normalCDF(z) - normalCDF(z-q)
		if z > 0 {
			p = normalSurvival(z-q) - normalSurvival(z)
		}
		sum += normalPDF(z) * math.Pow(p, float64(k-1))
	}
	return min(1, float64(k)*step*sum)
}

// studentizedRangeQuantile is q with P(range of k standard normals ≤ q) = p.
func studentizedRangeQuantile(p float64, k int) float64 {
	switch {
	case !(p >= 0 && p <= 1) || k < 2:
		return math.NaN()
	case p == 1:
		return math.Inf(1)
	}
	return bisect(0, 80, func(q float64) bool { return studentizedRangeCDF(q, k) >= p })
}

// bisect is the point of [lo, hi] where the monotone ok turns true, to the last bit.
func bisect(lo, hi float64, ok func(float64) bool) float64 {
	for range 200 {
		mid := lo + (hi-lo)/2
		if mid <= lo || mid >= hi {
			break
		}
		if ok(mid) {
			hi = mid
		} else {
			lo = mid
		}
	}
	return hi
}
