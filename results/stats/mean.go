package stats

import "math"

// mean is the arithmetic mean, NaN of nothing. The second pass removes the rounding of the
// first.
func mean(x []float64) float64 {
	n := float64(len(x))
	m := sum(x) / n
	if math.IsNaN(m) || math.IsInf(m, 0) {
		return m
	}
	var rest float64
	for _, v := range x {
		rest += v - m
	}
	return m + rest/n
}

// sum adds with Neumaier's compensation, so that the order of the terms does not show.
func sum(x []float64) float64 {
	var s, c float64
	for _, v := range x {
		t := s + v
		if math.Abs(s) >= math.Abs(v) {
			c += (s - t) + v
		} else {
			c += (v - t) + s
		}
		s = t
	}
	if math.IsInf(s, 0) || math.IsNaN(c) {
		return s
	}
	return s + c
}

// variance is the sample variance Σ(x−x̄)²/(n−1), two-pass; NaN for fewer than two values.
func variance(x []float64) float64 {
	if len(x) < 2 {
		return math.NaN()
	}
	m := mean(x)
	var ss, s float64
	for _, v := range x {
		d := v - m
		ss += d * d
		s += d
	}
	n := float64(len(x))
	return (ss - s*s/n) / (n - 1)
}

// standardError is √(variance/n); NaN for fewer than two values, where no spread is seen.
func standardError(x []float64) float64 {
	return math.Sqrt(variance(x) / float64(len(x)))
}

// bernoulliSE is √(p(1−p)/n), the standard error of a proportion.
func bernoulliSE(p, n float64) float64 { return math.Sqrt(p * (1 - p) / n) }

// missingBounds are the mean of the scored values with Manski's bounds over all: every
// missing one (NaN) at the lowest score, or every one at the highest.
func missingBounds(scores []float64, lowest, highest float64) (scored, missing int, complete, worst, best float64) {
	var total float64
	for _, v := range scores {
		if math.IsNaN(v) {
			missing++
			continue
		}
		scored++
		total += v
	}
	n := float64(scored + missing)
	complete = total / float64(scored)
	worst = (total + lowest*float64(missing)) / n
	best = (total + highest*float64(missing)) / n
	return scored, missing, complete, worst, best
}

// fpcError is the standard error of a mean of n drawn without replacement from a fixed
// benchmark of population items: sd/√n·√((N−n)/(N−1)).
func fpcError(sd, n, population float64) float64 {
	if n < 1 || population < n {
		return math.NaN()
	}
	if population == n {
		return 0
	}
	return sd / math.Sqrt(n) * math.Sqrt((population-n)/(population-1))
}
