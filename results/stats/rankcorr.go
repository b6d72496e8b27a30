package stats

import (
	"math"
	"slices"
)

// tied reports whether two numbers that came from decimals are the same number.
func tied(a, b float64) bool {
	return a == b || math.Abs(a-b) <= 1e-9*math.Max(math.Abs(a), math.Abs(b))
}

// spearman is the correlation of midranks: NaN for constant input.
func spearman(x, y []float64) float64 {
	rx, _ := midranks(x)
	ry, _ := midranks(y)
	return pearson(rx, ry)
}

// pearson is the product-moment correlation by the two-pass formula: NaN where
// either side is constant or there are fewer than two points.
func pearson(x, y []float64) float64 {
	n := float64(len(x))
	var mx, my float64
	for i := range x {
		mx += x[i] / n
		my += y[i] / n
	}
	var sxy, sxx, syy float64
	for i := range x {
		dx, dy := x[i]-mx, y[i]-my
		sxy += dx * dy
		sxx += dx * dx
		syy += dy * dy
	}
	if !(sxx > 0) || !(syy > 0) {
		return math.NaN()
	}
	return sxy / math.Sqrt(sxx) / math.Sqrt(syy)
}

// kendallTauB is Kendall's (1945) tau-b with ties by Knight's (1966) merge sort,
// O(n log n): NaN where either side is constant.
func kendallTauB(x, y []float64) float64 {
	rx, _ := midranks(x)
	ry, _ := midranks(y)
	n := len(rx)
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		if c := compareFloat(rx[a], rx[b]); c != 0 {
			return c
		}
		return compareFloat(ry[a], ry[b])
	})
	sorted := make([]float64, n)
	for i, at := range order {
		sorted[i] = ry[at]
	}
	pairs := float64(n) * float64(n-1) / 2
	tiesX := tiedPairs(n, func(i, j int) bool { return rx[order[i]] == rx[order[j]] })
	tiesXY := tiedPairs(n, func(i, j int) bool {
		return rx[order[i]] == rx[order[j]] && ry[order[i]] == ry[order[j]]
	})
	swaps := mergeSwaps(sorted, make([]float64, n))
	tiesY := tiedPairs(n, func(i, j int) bool { return sorted[i] == sorted[j] })
	den := math.Sqrt(pairs-tiesX) * math.Sqrt(pairs-tiesY)
	if !(den > 0) {
		return math.NaN()
	}
	return (pairs - tiesX - tiesY + tiesXY - 2*swaps) / den
}

// tiedPairs counts pairs inside runs of equal neighbours.
func tiedPairs(n int, equal func(i, j int) bool) float64 {
	var pairs float64
	run := 1
	for i := 1; i <= n; i++ {
		if i < n && equal(i-1, i) {
			run++
			continue
		}
		pairs += float64(run) * float64(run-1) / 2
		run = 1
	}
	return pairs
}

// mergeSwaps sorts x and returns the number of inversions that it had.
func mergeSwaps(x, buf []float64) float64 {
	if len(x) < 2 {
		return 0
	}
	mid := len(x) / 2
	swaps := mergeSwaps(x[:mid], buf[:mid]) + mergeSwaps(x[mid:], buf[mid:])
	copy(buf, x)
	left, right := buf[:mid], buf[mid:len(x)]
	i, j := 0, 0
	for k := range x {
		if j == len(right) || i < len(left) && left[i] <= right[j] {
			x[k] = left[i]
			i++
			continue
		}
		x[k] = right[j]
		j++
		swaps += float64(len(left) - i)
	}
	return swaps
}
