package stats

import "math"

// crossTable counts the pairs of category codes that two raters gave to the same
// items: table[i][j] items were coded i by the first and j by the second.
func crossTable(a, b []int, q int) [][]float64 {
	table := make([][]float64, q)
	for i := range table {
		table[i] = make([]float64, q)
	}
	for i := range a {
		table[a[i]][b[i]]++
	}
	return table
}

// agreementWeights returns the q x q matrix of partial credit for a pair of
// categories: identity for "none", 1-|i-j|/(q-1) for "linear" (also "equal") and
// 1-((i-j)/(q-1))² for "quadratic" (also "squared") (Cohen 1968; Fleiss and Cohen 1973).
func agreementWeights(kind string, q int) ([][]float64, bool) {
	w := make([][]float64, q)
	for i := range w {
		w[i] = make([]float64, q)
		for j := range w[i] {
			d := 0.0
			if q > 1 {
				d = math.Abs(float64(i-j)) / float64(q-1)
			}
			switch kind {
			case "", "none", "identity", "unweighted":
				if i == j {
					w[i][j] = 1
				}
			case "linear", "equal":
				w[i][j] = 1 - d
			case "quadratic", "squared":
				w[i][j] = 1 - d*d
			default:
				return nil, false
			}
		}
	}
	return w, true
}

// kappaResult holds Cohen's kappa with its parts.
type kappaResult struct {
	observed, expected, kappa, se float64
}

// margins returns the total, row and column shares of a table of counts.
func margins(table [][]float64) (n float64, row, col []float64) {
	q := len(table)
	row, col = make([]float64, q), make([]float64, q)
	for i := range table {
		for j, c := range table[i] {
			n += c
			row[i] += c
			col[j] += c
		}
	}
	for i := range row {
		row[i] /= n
		col[i] /= n
	}
	return n, row, col
}

// weightedKappa is Cohen's (1960, 1968) kappa of a square table with the
// large-sample standard error of Fleiss, Cohen and Everitt (1969). Where chance
// agreement is 1 the kappa is 0/0 and everything but the agreement is NaN.
func weightedKappa(table, w [][]float64) kappaResult {
	n, row, col := margins(table)
	r := kappaResult{observed: math.NaN(), expected: math.NaN(), kappa: math.NaN(), se: math.NaN()}
	if !(n > 0) {
		return r
	}
	rowW, colW := make([]float64, len(row)), make([]float64, len(row))
	r.observed, r.expected = 0, 0
	for i := range table {
		for j, c := range table[i] {
			r.observed += w[i][j] * c
			r.expected += w[i][j] * row[i] * col[j]
			rowW[i] += w[i][j] * col[j]
			colW[j] += w[i][j] * row[i]
		}
	}
	r.observed /= n
	if 1-r.expected < 1e-14 {
		return r
	}
	r.kappa = (r.observed - r.expected) / (1 - r.expected)
	var sum float64
	for i := range table {
		for j, c := range table[i] {
			d := w[i][j] - (rowW[i]+colW[j])*(1-r.kappa)
			sum += c / n * d * d
		}
	}
	centre := r.kappa - r.expected*(1-r.kappa)
	r.se = math.Sqrt(math.Max(0, sum-centre*centre)/n) / (1 - r.expected)
	return r
}

// gwetResult holds Gwet's AC1 or AC2 with its parts.
type gwetResult struct {
	observed, expected, ac float64
}

// gwetAC is Gwet's (2008, 2014) AC1, or AC2 for weights other than the identity, of
// units given as counts of raters per category. Units with one rating only inform
// the prevalence of the categories. It needs at least two declared categories.
func gwetAC(counts [][]float64, w [][]float64) gwetResult {
	q := len(w)
	r := gwetResult{math.NaN(), math.NaN(), math.NaN()}
	if q < 2 {
		return r
	}
	share := make([]float64, q)
	var observed, pairs, units, weightSum float64
	for _, unit := range counts {
		m := 0.0
		for _, c := range unit {
			m += c
		}
		if m < 1 {
			continue
		}
		units++
		for k, c := range unit {
			share[k] += c / m
		}
		if m < 2 {
			continue
		}
		pairs++
		var agree float64
		for k, c := range unit {
			if c == 0 {
				continue
			}
			var credit float64
			for l, d := range unit {
				credit += w[k][l] * d
			}
			agree += c * (credit - 1)
		}
		observed += agree / (m * (m - 1))
	}
	if pairs == 0 {
		return r
	}
	r.observed, r.expected = observed/pairs, 0
	for k := range share {
		share[k] /= units
		r.expected += share[k] * (1 - share[k])
		for l := range share {
			weightSum += w[k][l]
		}
	}
	r.expected *= weightSum / float64(q*(q-1))
	r.ac = (r.observed - r.expected) / (1 - r.expected)
	return r
}

// pairCounts writes the labels of two raters as counts per category.
func pairCounts(a, b []int, q int) [][]float64 {
	counts := make([][]float64, len(a))
	flat := make([]float64, q*len(a))
	for i := range a {
		counts[i] = flat[i*q : (i+1)*q]
		counts[i][a[i]]++
		counts[i][b[i]]++
	}
	return counts
}

// fleissKappa is Fleiss's (1971) kappa of counts of raters per category, each unit
// with at least two ratings; units with fewer are left out. Unequal numbers of
// ratings use the mean of the units' own agreement and the pooled shares.
func fleissKappa(counts [][]float64) (pBar, pe, kappa float64) {
	if len(counts) == 0 {
		return math.NaN(), math.NaN(), math.NaN()
	}
	share := make([]float64, len(counts[0]))
	var units, ratings float64
	for _, unit := range counts {
		var m, same float64
		for _, c := range unit {
			m += c
			same += c * (c - 1)
		}
		if m < 2 {
			continue
		}
		units++
		ratings += m
		pBar += same / (m * (m - 1))
		for k, c := range unit {
			share[k] += c
		}
	}
	if units == 0 {
		return math.NaN(), math.NaN(), math.NaN()
	}
	pBar /= units
	for _, s := range share {
		pe += s / ratings * s / ratings
	}
	if 1-pe < 1e-14 {
		return pBar, pe, math.NaN()
	}
	return pBar, pe, (pBar - pe) / (1 - pe)
}

// matthews is the correlation of a 2 x 2 table (Matthews 1975): NaN where a margin
// is empty.
func matthews(t [][]float64) float64 {
	a, b, c, d := t[0][0], t[0][1], t[1][0], t[1][1]
	den := math.Sqrt(a+b) * math.Sqrt(c+d) * math.Sqrt(a+c) * math.Sqrt(b+d)
	if !(den > 0) {
		return math.NaN()
	}
	return (a*d - b*c) / den
}

// intraclass holds the six intraclass correlations of Shrout and Fleiss (1979).
type intraclass struct {
	icc1, icc2, icc3, icc1k, icc2k, icc3k float64
}

// intraclassCorrelations computes them from a complete table of subjects by raters.
func intraclassCorrelations(x [][]float64) intraclass {
	nan := math.NaN()
	n := len(x)
	if n < 2 || len(x[0]) < 2 {
		return intraclass{nan, nan, nan, nan, nan, nan}
	}
	k := len(x[0])
	grand := 0.0
	rowMean, colMean := make([]float64, n), make([]float64, k)
	for i := range x {
		for j, v := range x[i] {
			rowMean[i] += v / float64(k)
			colMean[j] += v / float64(n)
			grand += v / float64(n*k)
		}
	}
	var ssRow, ssCol, ssErr float64
	for i := range x {
		ssRow += float64(k) * square(rowMean[i]-grand)
		for j, v := range x[i] {
			ssErr += square(v - rowMean[i] - colMean[j] + grand)
		}
	}
	for j := range colMean {
		ssCol += float64(n) * square(colMean[j]-grand)
	}
	fn, fk := float64(n), float64(k)
	bms := ssRow / (fn - 1)
	jms := ssCol / (fk - 1)
	ems := ssErr / ((fn - 1) * (fk - 1))
	wms := (ssCol + ssErr) / (fn * (fk - 1))
	return intraclass{
		icc1:  (bms - wms) / (bms + (fk-1)*wms),
		icc2:  (bms - ems) / (bms + (fk-1)*ems + fk*(jms-ems)/fn),
		icc3:  (bms - ems) / (bms + (fk-1)*ems),
		icc1k: (bms - wms) / bms,
		icc2k: (bms - ems) / (bms + (jms-ems)/fn),
		icc3k: (bms - ems) / bms,
	}
}

func square(x float64) float64 { return x * x }
