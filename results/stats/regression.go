package stats

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// regressionFit is an ordinary least-squares fit with robust standard errors.
type regressionFit struct {
	Coef []float64 // of the columns of the design, in their order
	CR1  []float64 // clustered, with Stata's factor G/(G−1)·(n−1)/(n−k); NaN without clusters
	HC3  []float64 // MacKinnon and White (1985): residuals over 1 − leverage
}

// leastSquares regresses y on the columns of x (rows of equal length; add a column of ones
// for an intercept), by QR. clusters, where not nil, gives the cluster of each row. It is an
// error where the lengths differ, there are fewer rows than columns, or the columns are
// linearly dependent (condition above 1e12).
func leastSquares(x [][]float64, y []float64, clusters []int32) (regressionFit, error) {
	n := len(y)
	if len(x) != n || n == 0 || clusters != nil && len(clusters) != n {
		return regressionFit{}, errors.New("least squares: x, y and clusters differ in length or are empty")
	}
	k := len(x[0])
	if k == 0 || n < k {
		return regressionFit{}, fmt.Errorf("least squares: %d rows for %d columns: want more rows", n, k)
	}
	design := mat.NewDense(n, k, nil)
	for i, row := range x {
		if len(row) != k {
			return regressionFit{}, fmt.Errorf("least squares row %d: %d columns, want %d", i, len(row), k)
		}
		for j, v := range row {
			if !isFinite(v) || !isFinite(y[i]) {
				return regressionFit{}, fmt.Errorf("least squares row %d: a value is not finite", i)
			}
			design.Set(i, j, v)
		}
	}
	var qr mat.QR
	qr.Factorize(design)
	if c := qr.Cond(); !(c < 1e12) {
		return regressionFit{}, fmt.Errorf("least squares: the columns are linearly dependent (condition %.3g)", c)
	}
	var coef mat.VecDense
	if err := qr.SolveVecTo(&coef, false, mat.NewVecDense(n, y)); err != nil {
		return regressionFit{}, fmt.Errorf("least squares: %w", err)
	}
	bread, err := inverseGram(&qr, k)
	if err != nil {
		return regressionFit{}, fmt.Errorf("least squares: %w", err)
	}
	return robustErrors(design, y, coef.RawVector().Data, bread, clusters), nil
}

// inverseGram is (XᵀX)⁻¹ = R⁻¹R⁻ᵀ.
func inverseGram(qr *mat.QR, k int) (*mat.Dense, error) {
	var r mat.Dense
	qr.RTo(&r)
	var inv, bread mat.Dense
	if err := inv.Inverse(r.Slice(0, k, 0, k)); err != nil {
		return nil, err
	}
	bread.Mul(&inv, inv.T())
	return &bread, nil
}

// robustErrors are the sandwich standard errors of a fit.
func robustErrors(x *mat.Dense, y, coef []float64, bread *mat.Dense, clusters []int32) regressionFit {
	n, k := x.Dims()
	hc3 := mat.NewSymDense(k, nil)
	var scores [][]float64 // of each cluster, in the order of first appearance
	at := map[int32]int{}
	for i := range n {
		row := x.RawRowView(i)
		rv := mat.NewVecDense(k, row)
		resid := y[i] - mat.Dot(rv, mat.NewVecDense(k, coef))
		leverage := mat.Inner(rv, bread, rv)
		hc3.SymRankOne(hc3, math.Pow(resid/(1-leverage), 2), rv)
		if clusters == nil {
			continue
		}
		c, ok := at[clusters[i]]
		if !ok {
			c = len(scores)
			at[clusters[i]] = c
			scores = append(scores, make([]float64, k))
		}
		for j, v := range row {
			scores[c][j] += resid * v
		}
	}
	fit := regressionFit{Coef: coef, HC3: sandwich(bread, hc3, 1)}
	meat := mat.NewSymDense(k, nil)
	for _, s := range scores {
		meat.SymRankOne(meat, 1, mat.NewVecDense(k, s))
	}
	g, fn := float64(len(scores)), float64(n)
	fit.CR1 = sandwich(bread, meat, ratioOrNaN(g, g-1)*ratioOrNaN(fn-1, fn-float64(k)))
	return fit
}

// sandwich is √diag(bread·meat·bread·factor).
func sandwich(bread *mat.Dense, meat mat.Symmetric, factor float64) []float64 {
	var left, v mat.Dense
	left.Mul(bread, meat)
	v.Mul(&left, bread)
	k, _ := v.Dims()
	se := make([]float64, k)
	for j := range se {
		se[j] = math.Sqrt(v.At(j, j) * factor)
	}
	return se
}

// regressionCases holds least squares.
func regressionCases() map[string]caseFunc {
	return map[string]caseFunc{"ols_robust": leastSquaresCase}
}

// leastSquaresCase regresses y on x with an intercept; x is a list of numbers or of rows.
func leastSquaresCase(in args) (output, error) {
	list, y := in.list("x"), in.floats("y")
	rows := make([][]float64, len(list))
	for i, v := range list {
		rows[i] = []float64{1}
		if _, nested := v.([]any); nested {
			rows[i] = append(rows[i], toFloats(index("x", i), v)...)
		} else {
			rows[i] = append(rows[i], toFloat(index("x", i), v))
		}
	}
	sameLength("x", len(rows), "y", len(y))
	var clusters []int32
	if in.has("clusters") {
		clusters = in.clusters(len(y))
	}
	fit, err := leastSquares(rows, y, clusters)
	if err != nil {
		return nil, err
	}
	return output{"coef": fit.Coef, "se_cr1_stata": fit.CR1, "se_hc3": fit.HC3}, nil
}
