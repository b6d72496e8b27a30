package stats

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// This file holds the tests that look at several models or strata at once, and the
// signed-rank test of pairs.

// chiSquareTest is a chi-square statistic with its degrees of freedom and p-value.
type chiSquareTest struct {
	stat float64
	df   int
	p    float64
}

func newChiSquare(stat float64, df int) chiSquareTest {
	if df < 1 || math.IsNaN(stat) {
		return chiSquareTest{math.NaN(), df, math.NaN()}
	}
	return chiSquareTest{stat, df, chi2Tail(stat, float64(df))}
}

// chiSquareTable is Pearson's test of independence of a table of counts, without
// continuity correction. Empty rows and columns are left out.
func chiSquareTable(table [][]float64) chiSquareTest {
	row := make([]float64, len(table))
	var col []float64
	var total float64
	for i, r := range table {
		if i == 0 {
			col = make([]float64, len(r))
		}
		for j, c := range r {
			row[i] += c
			col[j] += c
			total += c
		}
	}
	var stat float64
	for i, r := range table {
		for j, c := range r {
			if e := row[i] * col[j] / total; e > 0 {
				stat += square(c-e) / e
			}
		}
	}
	return newChiSquare(stat, (positives(row)-1)*(positives(col)-1))
}

func positives(x []float64) int {
	n := 0
	for _, v := range x {
		if v > 0 {
			n++
		}
	}
	return n
}

// mantelHaenszel is the Cochran-Mantel-Haenszel test over strata of 2 x 2 tables,
// without continuity correction, and the common odds ratio.
func mantelHaenszel(tables [][][]float64) (test chiSquareTest, oddsRatio float64) {
	var diff, variance, num, den float64
	for _, t := range tables {
		a, b, c, d := t[0][0], t[0][1], t[1][0], t[1][1]
		n := a + b + c + d
		if n < 2 {
			continue
		}
		diff += a - (a+b)*(a+c)/n
		variance += (a + b) * (c + d) * (a + c) * (b + d) / (n * n * (n - 1))
		num += a * d / n
		den += b * c / n
	}
	if !(variance > 0) {
		return newChiSquare(math.NaN(), 1), num / den
	}
	return newChiSquare(diff*diff/variance, 1), num / den
}

// cochranQ tests whether k models have one success rate on the same items (0 or 1).
func cochranQ(items [][]float64) chiSquareTest {
	if len(items) == 0 {
		return newChiSquare(math.NaN(), 0)
	}
	k := float64(len(items[0]))
	col := make([]float64, len(items[0]))
	var total, rowSquares float64
	for _, row := range items {
		var r float64
		for j, y := range row {
			col[j] += y
			r += y
		}
		total += r
		rowSquares += r * r
	}
	var spread float64
	for _, c := range col {
		spread += square(c - total/k)
	}
	den := k*total - rowSquares
	if !(den > 0) {
		return newChiSquare(math.NaN(), len(col)-1)
	}
	return newChiSquare(k*(k-1)*spread/den, len(col)-1)
}

// friedman tests whether k models rank alike over blocks (suites, items), with midranks
// and the correction for ties.
func friedman(blocks [][]float64) chiSquareTest {
	if len(blocks) == 0 {
		return newChiSquare(math.NaN(), 0)
	}
	k, n := float64(len(blocks[0])), float64(len(blocks))
	sum := make([]float64, len(blocks[0]))
	var ties float64
	for _, row := range blocks {
		ranks, t := midranks(row)
		ties += t
		for j, r := range ranks {
			sum[j] += r
		}
	}
	var spread float64
	for _, s := range sum {
		spread += square(s - n*(k+1)/2)
	}
	den := n*k*(k+1) - ties/(k-1)
	if !(den > 1e-9) {
		return newChiSquare(math.NaN(), len(sum)-1)
	}
	return newChiSquare(12*spread/den, len(sum)-1)
}

// signedRank is Wilcoxon's signed-rank statistic W+ of pairs a - b with midranks, zero
// differences left out, and its two-sided p-value: exact by enumeration of all signs
// (a recursion on twice the ranks, which are whole), for more than exactSignedRank
// pairs normal with correction for ties and continuity.
func signedRank(a, b []float64) (wPlus, p float64, exact bool) {
	var scale float64
	for i := range a {
		scale = math.Max(scale, math.Max(math.Abs(a[i]), math.Abs(b[i])))
	}
	var abs []float64
	var positive []bool
	for i := range a {
		d := a[i] - b[i]
		if math.Abs(d) <= scale*tieTolerance {
			continue
		}
		abs, positive = append(abs, math.Abs(d)), append(positive, d > 0)
	}
	n := len(abs)
	if n == 0 {
		return 0, 1, true
	}
	ranks := signedMidranks(abs, scale*tieTolerance*4)
	var total, squares float64
	for i, r := range ranks {
		total += r
		squares += r * r
		if positive[i] {
			wPlus += r
		}
	}
	if n > exactSignedRank {
		z := math.Max(0, math.Abs(wPlus-total/2)-0.5) / math.Sqrt(squares/4)
		return wPlus, twoSidedNormalP(z), false
	}
	return wPlus, signedRankTail(ranks, wPlus, total), true
}

const exactSignedRank = 300

// signedMidranks are midranks of values whose equality is blurred by tol.
func signedMidranks(abs []float64, tol float64) []float64 {
	order := make([]int, len(abs))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return compareFloat(abs[i], abs[j]) })
	ranks := make([]float64, len(abs))
	for i := 0; i < len(order); {
		j := i + 1
		for j < len(order) && abs[order[j]]-abs[order[j-1]] <= tol {
			j++
		}
		for _, k := range order[i:j] {
			ranks[k] = float64(i+j+1) / 2
		}
		i = j
	}
	return ranks
}

// signedRankTail is P(|W+ - total/2| >= the observed distance) over all signs.
func signedRankTail(ranks []float64, wPlus, total float64) float64 {
	size := int(math.Round(2 * total))
	mass := make([]float64, size+1)
	mass[0] = 1
	reach := 0
	for _, r := range ranks {
		step := int(math.Round(2 * r))
		for k := reach; k >= 0; k-- {
			mass[k] /= 2
			mass[k+step] += mass[k]
		}
		reach += step
	}
	observed := int(math.Round(2 * wPlus))
	extreme := min(observed, size-observed)
	var tail float64
	for _, m := range mass[:extreme+1] {
		tail += m
	}
	if 2*extreme == size {
		return 1
	}
	return math.Min(1, 2*tail)
}

// GlobalTest is one test of "all models are alike".
type GlobalTest struct {
	Statistic float64
	DF        int
	P         float64
	Method    string
	Reason    Reason // why P is NaN
}

// AnyDifference tests whether models that answered the same items differ at all:
// scores[i][m] is the score of model m on item i. Cochran's Q (1950) for scores of 0 and
// 1, Friedman's (1937) rank test with ties otherwise. Ask it before comparing pairs; the
// items must be independent, so with clusters give cluster means.
func AnyDifference(scores [][]float64) (GlobalTest, error) {
	binary := true
	for i, row := range scores {
		if len(row) != len(scores[0]) || len(row) < 2 {
			return GlobalTest{}, fmt.Errorf("test for any difference: item %d has %d scores: want one for each of at least 2 models", i, len(row))
		}
		for m, v := range row {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return GlobalTest{}, fmt.Errorf("test for any difference: item %d model %d: score %v: leave the item out", i, m, v)
			}
			binary = binary && (v == 0 || v == 1)
		}
	}
	if len(scores) == 0 {
		return GlobalTest{}, errors.New("test for any difference: no items")
	}
	test, method := friedman(scores), "friedman"
	if binary {
		test, method = cochranQ(scores), "cochran q"
	}
	out := GlobalTest{Statistic: test.stat, DF: test.df, P: test.p, Method: method}
	if math.IsNaN(out.P) {
		out.Reason = Because(ReasonAlike, "no item tells any two models apart")
	}
	return out, nil
}
