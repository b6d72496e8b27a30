package stats

import "math"

// varianceComponents says where the spread of repeated answers comes from (one-way random
// effects; Miller 2024): whether more questions or more epochs would help.
type varianceComponents struct {
	Questions int
	Mean      float64 // mean of question means
	MSB, MSW  float64 // mean squares between and within questions
	Between   float64 // (MSB − MSW)/K, may be negative
	Within    float64 // MSW
	SE        float64 // standard error of Mean: that of the question means
	ICC       float64 // Between/(Between + Within)
	SELimit   float64 // standard error as epochs go to infinity: √(max(Between, 0)/questions)
}

// varianceParts splits the variance of scores[question][epoch]. Questions may differ in their
// number of epochs; then K is n₀ = (N − ΣK²/N)/(questions − 1). What fewer than two questions
// or a single epoch leave undefined is NaN.
func varianceParts(scores [][]float64) varianceComponents {
	var means []float64
	var total, rows, squares, within float64
	for _, q := range scores {
		if len(q) == 0 {
			continue
		}
		k := float64(len(q))
		m := mean(q)
		means = append(means, m)
		total += k * m
		rows += k
		squares += k * k
		for _, v := range q {
			within += (v - m) * (v - m)
		}
	}
	n := float64(len(means))
	c := varianceComponents{Questions: len(means), Mean: mean(means)}
	var between float64
	i := 0
	for _, q := range scores {
		if len(q) > 0 {
			d := means[i] - total/rows
			between += float64(len(q)) * d * d
			i++
		}
	}
	c.MSB = ratioOrNaN(between, n-1)
	c.MSW = ratioOrNaN(within, rows-n)
	k := ratioOrNaN(rows-squares/rows, n-1)
	c.Within = c.MSW
	c.Between = (c.MSB - c.MSW) / k
	c.SE = standardError(means)
	c.ICC = c.Between / (c.Between + c.Within)
	c.SELimit = math.Sqrt(math.Max(c.Between, 0) / n)
	return c
}

// ratioOrNaN is a/b, NaN unless b > 0.
func ratioOrNaN(a, b float64) float64 {
	if !(b > 0) {
		return math.NaN()
	}
	return a / b
}
