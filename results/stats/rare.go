package stats

import "math"

// ZeroFailureSize is the smallest number of trials that, passed without a failure, show a
// failure rate below maxRate with the given confidence: the smallest n with (1−maxRate)^n ≤
// 1 − confidence; 299 for 1 % at 95 %. It is −1 for a rate or confidence outside (0, 1).
func ZeroFailureSize(maxRate, confidence float64) int {
	return FailureSize(maxRate, confidence, 0)
}

// FailureSize is the smallest number of trials in which up to failures failures still show a
// failure rate below maxRate: the smallest n with P(Binomial(n, maxRate) ≤ failures) ≤
// 1 − confidence. It is −1 where there is none below 2^53 or an input is out of range.
func FailureSize(maxRate, confidence float64, failures int) int {
	if !(maxRate > 0 && maxRate < 1) || !(confidence > 0 && confidence < 1) || failures < 0 || failures > 1<<40 {
		return -1
	}
	target := math.Log1p(-confidence) + 1e-13
	enough := func(n int) bool {
		if failures == 0 {
			return float64(n)*math.Log1p(-maxRate) <= target
		}
		return logBinomialAtMost(failures, n, maxRate) <= target
	}
	lo, hi := failures+1, 2*(failures+1)
	for !enough(hi) {
		if hi > maxExactInt/4 {
			return -1
		}
		lo, hi = hi, 2*hi
	}
	return smallestInt(lo, hi, enough)
}

// poissonUpper is Garwood's (1936) exact upper bound of a Poisson mean after seeing events
// events: divide it by the exposure for a rate.
func poissonUpper(events int, confidence float64) float64 {
	if events < 0 || !(confidence > 0 && confidence < 1) {
		return math.NaN()
	}
	return gammaQuantile(confidence, 1-confidence, float64(events)+1)
}

// maxPopulation bounds the sums over a hypergeometric law: some 100,000 terms.
const maxPopulation = 10_000_000_000

// finitePopulationUpper bounds the failures in a fixed benchmark of population items of which
// n were drawn without replacement and failures of them failed: the largest total for which
// so few failures in the draw have a probability above 1 − confidence (hypergeometric,
// exact). It is −1 where the counts are impossible or the population is above maxPopulation.
func finitePopulationUpper(population, n, failures int, confidence float64) int {
	if failures < 0 || failures > n || n > population || population > maxPopulation || !(confidence > 0 && confidence < 1) {
		return -1
	}
	alpha := 1 - confidence
	lo, hi := failures, population-(n-failures)
	first := smallestInt(lo+1, hi+1, func(total int) bool {
		return hypergeometricAtMost(failures, n, total, population) <= alpha
	})
	return first - 1
}
