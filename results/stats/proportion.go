package stats

import "math"

// unitInterval is the whole range of a proportion: what is known with no data.
var unitInterval = Interval{0, 1}

// badCounts reports counts or a level that no proportion has.
func badCounts(x, n int, level float64) bool {
	return x < 0 || n < 0 || x > n || !(level > 0 && level < 1)
}

var undefinedInterval = Interval{math.NaN(), math.NaN()}

// Wilson is the score interval of x successes among n independent trials, at the given
// two-sided level (Wilson 1927; Brown, Cai and DasGupta 2001). Its average coverage is close
// to the level at any n, its minimum is below it. With n = 0 it is [0, 1]; for counts that no
// proportion has it is NaN.
func Wilson(x, n int, level float64) Interval {
	if badCounts(x, n, level) {
		return undefinedInterval
	}
	if n == 0 {
		return unitInterval
	}
	i := wilsonScore(float64(x)/float64(n), float64(n), twoSidedZ(level))
	if x == 0 {
		i.Lower = 0
	}
	if x == n {
		i.Upper = 1
	}
	return i
}

// wilsonScore is Wilson's interval for a proportion p of an effective, maybe fractional n.
func wilsonScore(p, n, z float64) Interval {
	z2 := z * z / n
	centre := (p + z2/2) / (1 + z2)
	half := z * math.Sqrt(p*(1-p)/n+z2/(4*n)) / (1 + z2)
	return Interval{max(0, centre-half), min(1, centre+half)}
}

// ClopperPearson is the exact interval of x successes among n independent trials: it covers
// with at least the given two-sided level whatever the true proportion (Clopper and Pearson
// 1934). Use it for gates. With n = 0 it is [0, 1]; for counts that no proportion has, NaN.
func ClopperPearson(x, n int, level float64) Interval {
	if badCounts(x, n, level) {
		return undefinedInterval
	}
	return clopperPearson(float64(x), float64(n), level)
}

// clopperPearson takes effective, maybe fractional counts.
func clopperPearson(x, n, level float64) Interval {
	i := unitInterval
	tail := (1 - level) / 2
	if x > 0 {
		i.Lower, _ = betaQuantile(tail, 1-tail, x, n-x+1)
	}
	if x < n {
		_, i.Upper = betaQuantile(tail, 1-tail, n-x, x+1)
	}
	return i
}

// UpperBound is the one-sided exact upper bound of a failure rate after x failures in n
// trials (Clopper-Pearson): 1 − (1−level)^(1/n) with none, near 3/n at 95 %.
func UpperBound(x, n int, level float64) float64 {
	switch {
	case badCounts(x, n, level):
		return math.NaN()
	case x == n:
		return 1
	}
	_, upper := betaQuantile(1-level, level, float64(n-x), float64(x)+1)
	return upper
}

// jeffreys is the equal-tailed interval of the Beta(½, ½) posterior, with its lower bound set
// to 0 where x = 0 and its upper to 1 where x = n (Brown, Cai and DasGupta 2001, 4.1.2).
func jeffreys(x, n int, level float64) Interval {
	if badCounts(x, n, level) {
		return undefinedInterval
	}
	i := jeffreysPosterior(x, n, level)
	if x == 0 {
		i.Lower = 0
	}
	if x == n {
		i.Upper = 1
	}
	return i
}

// jeffreysPosterior is Jeffreys' interval without the change at the ends.
func jeffreysPosterior(x, n int, level float64) Interval {
	return betaInterval(float64(x)+0.5, float64(n-x)+0.5, level)
}

// betaInterval is the equal-tailed interval of Beta(a, b).
func betaInterval(a, b, level float64) Interval {
	tail := (1 - level) / 2
	lower, _ := betaQuantile(tail, 1-tail, a, b)
	_, upper := betaQuantile(tail, 1-tail, b, a)
	return Interval{lower, upper}
}

// agrestiCoull is the interval of Agresti and Coull (1998), a normal interval around Wilson's
// centre, cut to [0, 1].
func agrestiCoull(x, n int, level float64) Interval {
	if badCounts(x, n, level) {
		return undefinedInterval
	}
	if n == 0 {
		return unitInterval
	}
	z := twoSidedZ(level)
	nt := float64(n) + z*z
	p := (float64(x) + z*z/2) / nt
	half := z * math.Sqrt(p*(1-p)/nt)
	return Interval{max(0, p-half), min(1, p+half)}
}

// midPInterval is the Clopper-Pearson interval with half the probability of the observed count in
// each tail (Lancaster 1949; Newcombe 1998, method 6): shorter, with an average coverage
// near the level and a minimum below it.
func midPInterval(x, n int, level float64) Interval {
	if badCounts(x, n, level) {
		return undefinedInterval
	}
	i := unitInterval
	if x > 0 {
		_, i.Lower = midPRoot(n-x, n, level)
	}
	if x < n {
		i.Upper, _ = midPRoot(x, n, level)
	}
	return i
}

// midPRoot is the p (and 1 − p) at which P(X < x) + ½P(X = x) is the tail probability; it
// decreases in p. The root is found in the logit of p, where both ends keep their digits.
func midPRoot(x, n int, level float64) (p, q float64) {
	logTail := math.Log((1 - level) / 2)
	k, m := float64(x), float64(n)
	u := bisect(-745, 745, func(u float64) bool {
		p, q := logistic(u), logistic(-u)
		below := math.Inf(-1)
		if x > 0 {
			_, below = logIncBeta(k, m-k+1, p, q)
		}
		return logAddExp(below, logBinomialDensity(k, m, p, q)-math.Ln2) <= logTail
	})
	return logistic(u), logistic(-u)
}

// logAddExp is ln(e^a + e^b).
func logAddExp(a, b float64) float64 {
	if a < b {
		a, b = b, a
	}
	if math.IsInf(b, -1) {
		return a
	}
	return a + math.Log1p(math.Exp(b-a))
}
