package stats

import (
	"fmt"
	"math"
)

// ItemFit says how well the model describes one item.
type ItemFit struct {
	Infit, Outfit float64 // mean squares around 1: below, too predictable; above, too noisy
	SX2, DF, P    float64 // Orlando and Thissen's (2000) S-X²; NaN for gaps or over 200 items
}

// ItemFit checks each item of the fit against the data that it was fitted to. It answers
// "which items does the model get wrong?": infit (weighted by information) and outfit are
// mean squared residuals (Wright and Masters 1982), expected over the posterior of
// ability; S-X² compares the share right among rows of each total score with what the
// model expects there. With many items some P are small by chance: correct them.
func (f IRTFit) ItemFit(data IRTData) ([]ItemFit, error) {
	if err := checkIRT(data); err != nil {
		return nil, fmt.Errorf("check item fit: %w", err)
	}
	if len(f.A) != len(data.Answers[0]) || len(f.D) != len(f.A) {
		return nil, fmt.Errorf("check item fit: fit of %d items, answers to %d", len(f.A), len(data.Answers[0]))
	}
	em := newIRTEM(data, IRTOptions{NoPriors: true})
	em.evaluateAt(append(append([]float64(nil), f.A...), f.D...))
	out := em.meanSquares()
	if len(em.groups) == 1 && em.items <= 200 && em.items > 2 && allTrue(em.groups[0]) {
		em.scoreFit(out)
		return out, nil
	}
	for j := range out {
		out[j].SX2, out[j].DF, out[j].P = math.NaN(), math.NaN(), math.NaN()
	}
	return out, nil
}

func allTrue(x []bool) bool {
	for _, v := range x {
		if !v {
			return false
		}
	}
	return true
}

// meanSquares fills infit and outfit.
func (em *irtEM) meanSquares() []ItemFit {
	out := make([]ItemFit, em.items)
	variance, asked := make([]float64, em.items), make([]float64, em.items)
	y := make([]float64, em.items)
	for _, row := range em.rows {
		clear(y)
		for _, j := range row.right {
			y[j] = 1
		}
		post := em.posterior(row)
		for j := range em.items {
			if !em.groups[row.group][j] {
				continue
			}
			asked[j] += row.weight
			for k, w := range post {
				if w < 1e-12 {
					continue
				}
				p := em.prob[j][k]
				v := math.Max(p*(1-p), 1e-12)
				r := square(y[j] - p)
				out[j].Infit += row.weight * w * r
				out[j].Outfit += row.weight * w * r / v
				variance[j] += row.weight * w * v
			}
		}
	}
	for j := range out {
		out[j].Infit /= variance[j]
		out[j].Outfit /= asked[j]
	}
	return out
}

// scoreFit fills S-X².
func (em *irtEM) scoreFit(out []ItemFit) {
	n := em.items
	rows, right := make([]float64, n+1), newTable(nil, n, n+1)
	for _, row := range em.rows {
		s := len(row.right)
		rows[s] += row.weight
		for _, j := range row.right {
			right[j][s] += row.weight
		}
	}
	all := em.scoreMass(-1)
	for j := range out {
		rest := em.scoreMass(j)
		out[j].SX2, out[j].DF, out[j].P = scoreChiSquare(rows, right[j], all, rest)
	}
}

// scoreMass is, for each total score of the items but one, its probability (skip < 0), or
// the probability that the rest has that score and the skipped item is right. The
// distribution of the score at a node is Lord and Wingersky's (1984) recursion.
func (em *irtEM) scoreMass(skip int) []float64 {
	mass, at := make([]float64, em.items+1), make([]float64, em.items+1)
	for k := range em.nodes() {
		clear(at)
		at[0] = 1
		top := 0
		for j := range em.items {
			if j == skip {
				continue
			}
			p := em.prob[j][k]
			top++
			for s := top; s > 0; s-- {
				at[s] = at[s]*(1-p) + at[s-1]*p
			}
			at[0] *= 1 - p
		}
		w := em.h * normalPDF(em.theta(k))
		if skip >= 0 {
			w *= em.prob[skip][k]
		}
		for s, v := range at {
			mass[s] += w * v
		}
	}
	return mass
}

// scoreChiSquare joins scores until at least one right and one wrong answer are
// expected, then sums (O-E)²/(E(1-E)) over the groups. Two parameters were fitted.
func scoreChiSquare(rows, right, all, rest []float64) (stat, df, p float64) {
	var n, seen, expected float64
	groups := 0
	flush := func() {
		share := expected / n
		stat += square(seen-expected) / (n * share * (1 - share))
		groups++
		n, seen, expected = 0, 0, 0
	}
	for s := 1; s < len(rows)-1; s++ {
		if rows[s] == 0 || all[s] == 0 {
			continue
		}
		n += rows[s]
		seen += right[s]
		expected += rows[s] * rest[s-1] / all[s]
		if expected >= 1 && n-expected >= 1 {
			flush()
		}
	}
	df = float64(groups - 2)
	if df < 1 {
		return math.NaN(), df, math.NaN()
	}
	return stat, df, chi2Tail(stat, df)
}
