package stats

import "math"

// PassAtK is the unbiased estimate of the probability that at least one of k answers is
// right, from correct of n: 1 − C(n−c, k)/C(n, k) (Chen et al. 2021). NaN for k > n, k < 1 or
// impossible counts.
func PassAtK(n, correct, k int) float64 {
	switch {
	case correct < 0 || correct > n || k < 1 || k > n:
		return math.NaN()
	case n-correct < k:
		return 1
	case correct == 0:
		return 0
	}
	return -math.Expm1(logChooseRatio(n-correct, n, k))
}

// PassHatK is the unbiased estimate of the probability that all of k answers are right:
// C(c, k)/C(n, k) (Yao et al. 2024). NaN as PassAtK.
func PassHatK(n, correct, k int) float64 {
	switch {
	case correct < 0 || correct > n || k < 1 || k > n:
		return math.NaN()
	case correct < k:
		return 0
	}
	return math.Exp(logChooseRatio(correct, n, k))
}

// logChooseRatio is ln[C(m, k)/C(n, k)] for k ≤ m ≤ n, as a product of the fewest factors.
func logChooseRatio(m, n, k int) float64 {
	steps := min(k, n-m)
	if steps > 1e6 {
		return logChoose(m, k) - logChoose(n, k)
	}
	var s float64
	if k <= n-m {
		for j := range k {
			s += math.Log1p(-float64(n-m) / float64(n-j))
		}
		return s
	}
	for j := range n - m {
		s += math.Log1p(-float64(k) / float64(n-j))
	}
	return s
}

// passK summarises repeated answers to many tasks.
type passK struct {
	At, SEAt   float64 // pass@k and its standard error over tasks
	Hat, SEHat float64 // pass^k and its standard error over tasks
}

// passSuite averages pass@k and pass^k over tasks; tasks[i] is [n, correct]. Standard errors
// are over tasks, never over answers. A task with fewer than k answers makes all NaN.
func passSuite(tasks [][2]int, k int) passK {
	at, hat := make([]float64, len(tasks)), make([]float64, len(tasks))
	for i, t := range tasks {
		at[i], hat[i] = PassAtK(t[0], t[1], k), PassHatK(t[0], t[1], k)
	}
	return passK{mean(at), standardError(at), mean(hat), standardError(hat)}
}

// Trials are the numbers of independent trials of some items.
type Trials []int64

// ExpectedHits is how many items are hit at least once where each trial hits with probability p:
// Σ 1 − (1−p)^trials[i], accurate where p is small. It answers "how many finds would chance
// alone give?". NaN for a negative number of trials or p outside [0, 1].
func (trials Trials) ExpectedHits(p float64) float64 {
	if !(p >= 0 && p <= 1) {
		return math.NaN()
	}
	hits := make([]float64, len(trials))
	for i, n := range trials {
		switch {
		case n < 0:
			return math.NaN()
		case n > 0: // 0 · log 0 is no number
			hits[i] = -math.Expm1(float64(n) * math.Log1p(-p))
		}
	}
	return sum(hits)
}
