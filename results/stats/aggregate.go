package stats

import "math"

// weightedSuite is Σw·m/Σw over the independent tasks of a suite and its standard error
// √(Σw²·se²)/Σw. NaN where the lengths differ or the weights do not sum to more than 0.
func weightedSuite(means, ses, weights []float64) (mean, se float64) {
	if len(means) != len(ses) || len(means) != len(weights) {
		return math.NaN(), math.NaN()
	}
	var m, v, total float64
	for i, w := range weights {
		m += w * means[i]
		v += w * w * ses[i] * ses[i]
		total += w
	}
	if !(total > 0) {
		return math.NaN(), math.NaN()
	}
	return m / total, math.Sqrt(v) / total
}

// microMacro are the pooled (micro) and the equal-weight (macro) mean of the tasks of a
// suite, with standard errors that keep the tasks fixed.
func microMacro(successes, n []int) (micro, macro, seMicro, seMacro float64) {
	var x, total, v, vMacro float64
	for i, k := range n {
		p, size := float64(successes[i])/float64(k), float64(k)
		x += float64(successes[i])
		total += size
		v += size * p * (1 - p)
		vMacro += p * (1 - p) / size
		macro += p
	}
	tasks := float64(len(n))
	return x / total, macro / tasks, math.Sqrt(v) / total, math.Sqrt(vMacro) / tasks
}

// weightedMean is the Hájek mean Σwx/Σw with its linearised standard errors, over items and
// over clusters (as R's survey::svymean).
func weightedMean(scores, weights []float64, clusters []int32) (mean, se, seClustered float64) {
	var total, wx float64
	for i, w := range weights {
		total += w
		wx += w * scores[i]
	}
	mean = wx / total
	u := make([]float64, len(scores))
	var ss float64
	for i, w := range weights {
		u[i] = w * (scores[i] - mean) / total
		ss += u[i] * u[i]
	}
	n := float64(len(scores))
	se = math.Sqrt(ss * ratioOrNaN(n, n-1))
	var sc float64
	sums := SumClusters(u, clusters)
	for _, s := range sums.Sums {
		sc += s * s
	}
	g := float64(len(sums.Sums))
	return mean, se, math.Sqrt(sc * ratioOrNaN(g, g-1))
}
