package stats

import "math"

// differences are a_i − b_i. The lengths must agree.
func differences(a, b []float64) []float64 {
	d := make([]float64, len(a))
	for i := range d {
		d[i] = a[i] - b[i]
	}
	return d
}

// pairedT compares the means of paired scores by Student's t: the mean difference with its
// standard error, t, n−1 degrees of freedom and two-sided p-value. NaN for fewer than two
// pairs or lengths that differ.
func pairedT(a, b []float64) tTest {
	d := differences(a, b)
	return newTTest(mean(d), standardError(d), float64(len(d)-1))
}

// ratioEstimate is the ratio of the means of paired scores, mean(a)/mean(b), with its interval
// on the log scale (delta method).
type ratioEstimate struct {
	LogRatio, SE float64
	Interval     Interval
}

// pairedRatio estimates mean(a)/mean(b) of paired scores with positive means. All is NaN where
// a mean is not positive, the lengths differ or there are fewer than two pairs.
func pairedRatio(a, b []float64, level float64) ratioEstimate {
	nan := math.NaN()
	if len(a) != len(b) {
		return ratioEstimate{nan, nan, undefinedInterval}
	}
	ma, mb := mean(a), mean(b)
	if !(ma > 0 && mb > 0) {
		return ratioEstimate{nan, nan, undefinedInterval}
	}
	u := make([]float64, len(a)) // influence of each pair on the log ratio
	for i := range u {
		u[i] = a[i]/ma - b[i]/mb
	}
	r := ratioEstimate{LogRatio: math.Log(ma / mb), SE: standardError(u)}
	half := twoSidedZ(level) * r.SE
	r.Interval = Interval{math.Exp(r.LogRatio - half), math.Exp(r.LogRatio + half)}
	return r
}

// millerSE is Miller's (2024) clustered standard error: SE_CLT² + n⁻²·Σ_c Σ_{i≠j}(s_i−s̄)(s_j−s̄).
func millerSE(scores []float64, m ClusteredMean) float64 {
	n := float64(len(scores))
	ss := variance(scores) * (n - 1)
	return math.Sqrt(max(0, ss/(n*(n-1))+m.CR0*m.CR0-ss/(n*n)))
}
