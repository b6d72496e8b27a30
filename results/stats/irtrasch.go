package stats

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// raschCML is a conditional maximum likelihood fit of the Rasch model (Andersen 1972):
// easiness parameters that sum to 0 and need no assumption about abilities.
type raschCML struct {
	easiness []float64
	logLik   float64 // conditional on the scores
}

// fitRaschCML fits complete answers (0 or 1). Rows with all or no items right say
// nothing and are left out; an item that all or none of the rest got right has no
// finite easiness, which is an error.
func fitRaschCML(answers [][]float64, weights []float64) (raschCML, error) {
	items := len(answers[0])
	right, byScore := make([]float64, items), make([]float64, items+1)
	var total float64
	for i, row := range answers {
		score := 0
		for _, y := range row {
			score += int(y)
		}
		if score == 0 || score == items {
			continue
		}
		byScore[score] += weights[i]
		total += weights[i]
		for j, y := range row {
			right[j] += weights[i] * y
		}
	}
	for j, r := range right {
		if r == 0 || r == total {
			return raschCML{}, fmt.Errorf("item %d was answered alike by all rows that count: no finite easiness", j)
		}
	}
	fit := raschCML{easiness: make([]float64, items)}
	for j, r := range right {
		fit.easiness[j] = math.Log(r / (total - r))
	}
	return fit.newton(right, byScore)
}

// newton climbs the conditional likelihood, which is concave, with a ridge along the
// direction of a common shift, in which it is flat.
func (f raschCML) newton(right, byScore []float64) (raschCML, error) {
	n := len(right)
	f.centre()
	f.logLik = f.value(right, byScore)
	for range 200 {
		grad, hess := f.derivatives(right, byScore)
		var chol mat.Cholesky
		if !chol.Factorize(hess) {
			return f, errors.New("fit rasch model: the information is singular")
		}
		var step mat.VecDense
		if err := chol.SolveVecTo(&step, grad); err != nil && !isCondition(err) {
			return f, fmt.Errorf("solve newton step: %w", err)
		}
		largest := mat.Norm(&step, math.Inf(1))
		for scale := math.Min(1, 3/largest); scale > 1e-9; scale /= 2 {
			next := raschCML{easiness: make([]float64, n)}
			for j := range n {
				next.easiness[j] = f.easiness[j] + scale*step.AtVec(j)
			}
			next.centre()
			next.logLik = next.value(right, byScore)
			if next.logLik >= f.logLik-1e-12*math.Abs(f.logLik) {
				f = next
				break
			}
		}
		if largest < 1e-11 {
			return f, nil
		}
	}
	return f, errors.New("fit rasch model: no convergence in 200 steps")
}

func (f *raschCML) centre() {
	var mean float64
	for _, e := range f.easiness {
		mean += e / float64(len(f.easiness))
	}
	for j := range f.easiness {
		f.easiness[j] -= mean
	}
}

// value is Σ right·easiness - Σ byScore[r]·log γ_r.
func (f raschCML) value(right, byScore []float64) float64 {
	var ll float64
	for j, r := range right {
		ll += r * f.easiness[j]
	}
	gamma, scale := symmetricFunctions(f.easiness, nil)
	for r, n := range byScore {
		if n > 0 {
			ll -= n * (math.Log(gamma[r]) + float64(r)*scale)
		}
	}
	return ll
}

// symmetricFunctions returns the elementary symmetric functions γ_0 … γ_n of exp(easiness),
// without the items in skip, by the summation algorithm (all terms positive, so
// stable). γ_r is returned divided by exp(r·scale), which keeps it in range.
func symmetricFunctions(easiness []float64, skip map[int]bool) (gamma []float64, scale float64) {
	for _, e := range easiness {
		scale = math.Max(scale, e)
	}
	gamma = make([]float64, len(easiness)+1)
	gamma[0] = 1
	done := 0
	for j, e := range easiness {
		if skip[j] {
			continue
		}
		done++
		x := math.Exp(e - scale)
		for r := done; r >= 1; r-- {
			gamma[r] += gamma[r-1] * x
		}
	}
	return gamma, scale
}

// derivatives returns the gradient, and the negative Hessian plus a multiple of 11ᵀ.
func (f raschCML) derivatives(right, byScore []float64) (*mat.VecDense, *mat.SymDense) {
	n := len(right)
	grad, hess := mat.NewVecDense(n, append([]float64(nil), right...)), mat.NewSymDense(n, nil)
	gamma, scale := symmetricFunctions(f.easiness, nil)
	x := make([]float64, n)
	single := make([][]float64, n)
	for j, e := range f.easiness {
		x[j] = math.Exp(e - scale)
		single[j], _ = symmetricFunctions(f.easiness, map[int]bool{j: true})
	}
	ridge := 0.0
	for j := range n {
		for k := j; k < n; k++ {
			var pair []float64
			if k > j && n <= exactPairs {
				pair, _ = symmetricFunctions(f.easiness, map[int]bool{j: true, k: true})
			}
			var h float64
			for r, count := range byScore {
				if count == 0 || r == 0 {
					continue
				}
				pj, pk := x[j]*single[j][r-1]/gamma[r], x[k]*single[k][r-1]/gamma[r]
				switch {
				case j == k:
					grad.SetVec(j, grad.AtVec(j)-count*pj)
					h += count * pj * (1 - pj)
				case pair != nil && r > 1:
					h += count * (x[j]*x[k]*pair[r-2]/gamma[r] - pj*pk)
				case pair != nil:
					h -= count * pj * pk
				}
			}
			hess.SetSym(j, k, h)
		}
		ridge += hess.At(j, j) / float64(n*n)
	}
	for j := range n {
		for k := j; k < n; k++ {
			hess.SetSym(j, k, hess.At(j, k)+ridge)
		}
	}
	return grad, hess
}

// exactPairs is the largest number of items whose Hessian uses the joint probability
// of pairs; above it the diagonal leads to the same maximum in more steps.
const exactPairs = 80
