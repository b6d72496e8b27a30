package stats

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// fitFirth maximises the Bradley-Terry likelihood penalised by Jeffreys's prior
// (Firth 1993): bias-reduced, and finite for undefeated models. Each step is a Newton
// step on the data in which half of each pair's leverage is added to both its sides.
func fitFirth(w [][]float64) (btFit, error) {
	m := len(w)
	theta := make([]float64, m)
	work := newBTWork(m)
	adjusted := newSquare(m)
	cov := mat.NewSymDense(m-1, nil)
	for iter := 1; iter <= 2000; iter++ {
		work.score(w, theta)
		if !work.chol.Factorize(work.hess) {
			return btFit{}, fmt.Errorf("fit strengths with firth's penalty: models were never compared: %w", ErrNotConnected)
		}
		if err := work.chol.InverseTo(cov); err != nil && !isCondition(err) {
			return btFit{}, fmt.Errorf("invert information: %w", err)
		}
		firthCounts(w, theta, cov, adjusted)
		work.gradientOnly(adjusted, theta)
		if err := work.chol.SolveVecTo(work.step, work.grad); err != nil && !isCondition(err) {
			return btFit{}, fmt.Errorf("solve newton step: %w", err)
		}
		largest := 0.0
		for i := range m - 1 {
			largest = math.Max(largest, math.Abs(work.step.AtVec(i)))
		}
		scale := math.Min(1, 2/largest)
		for i := 1; i < m; i++ {
			theta[i] += scale * work.step.AtVec(i-1)
		}
		if largest < 1e-12 {
			return btFit{theta: theta, info: work.chol, loglik: btLogLik(w, theta), iters: iter}, nil
		}
	}
	return btFit{}, errors.New("fit strengths with firth's penalty: no convergence in 2000 steps")
}

// firthCounts adds half of each pair's leverage to the wins of both sides.
func firthCounts(w [][]float64, theta []float64, cov *mat.SymDense, out [][]float64) {
	for i := range w {
		for j := i + 1; j < len(w); j++ {
			n := w[i][j] + w[j][i]
			p := logistic(theta[i] - theta[j])
			variance := refCov(cov, i, i) + refCov(cov, j, j) - 2*refCov(cov, i, j)
			h := n * p * (1 - p) * variance
			out[i][j] = w[i][j] + h/2
			out[j][i] = w[j][i] + h/2
		}
	}
}

// gradientOnly sets the score of counts, leaving the information alone.
func (k *btWork) gradientOnly(w [][]float64, theta []float64) {
	grad := k.grad.RawVector().Data
	clear(grad)
	for i := range w {
		for j := i + 1; j < len(w); j++ {
			n := w[i][j] + w[j][i]
			if n == 0 {
				continue
			}
			g := w[i][j] - n*logistic(theta[i]-theta[j])
			grad[j-1] -= g
			if i > 0 {
				grad[i-1] += g
			}
		}
	}
}

// davidsonFit holds strengths with model 0 as the reference, and the tie parameter.
type davidsonFit struct {
	theta  []float64
	nu     float64
	cov    *mat.SymDense // of theta[1:] and log nu
	loglik float64
}

// fitDavidson maximises Davidson's (1970) likelihood, in which i and j tie with
// probability nu·sqrt(pi_i pi_j)/(pi_i + pi_j + nu·sqrt(pi_i pi_j)). In (theta, log nu)
// it is an exponential family, so Newton's method has one maximum to find.
func fitDavidson(b Battles) (davidsonFit, error) {
	m := len(b.Wins)
	x := make([]float64, m+1) // theta, then log nu
	var ties, games float64
	for i := range m {
		for j := range m {
			if i != j {
				ties += b.tie(i, j) / 2
				games += b.Wins[i][j]
			}
		}
	}
	if ties == 0 || games == 0 {
		return davidsonFit{}, errors.New("fit ties: need both ties and decided games; leave ties out where there are none")
	}
	x[m] = math.Log(2 * ties / games)
	ll := davidsonLogLik(b, x)
	chol := &mat.Cholesky{}
	for range 200 {
		grad, hess := davidsonScore(b, x)
		if !chol.Factorize(hess) {
			return davidsonFit{}, fmt.Errorf("fit strengths with ties: %w", ErrNotConnected)
		}
		var step mat.VecDense
		if err := chol.SolveVecTo(&step, grad); err != nil && !isCondition(err) {
			return davidsonFit{}, fmt.Errorf("solve newton step: %w", err)
		}
		largest := mat.Norm(&step, math.Inf(1))
		next, nextLL := []float64(nil), math.Inf(-1)
		for scale := math.Min(1, 5/largest); scale > 1e-8; scale /= 2 {
			next = append([]float64(nil), x...)
			for i := range m {
				next[i+1] += scale * step.AtVec(i)
			}
			if nextLL = davidsonLogLik(b, next); nextLL >= ll-1e-12*math.Abs(ll) {
				break
			}
		}
		x, ll = next, nextLL
		if largest < 1e-10 {
			cov := mat.NewSymDense(m, nil)
			if err := chol.InverseTo(cov); err != nil && !isCondition(err) {
				return davidsonFit{}, fmt.Errorf("invert information: %w", err)
			}
			return davidsonFit{theta: x[:m:m], nu: math.Exp(x[m]), cov: cov, loglik: ll}, nil
		}
	}
	return davidsonFit{}, errors.New("fit strengths with ties: newton did not converge in 200 steps")
}

// davidsonProbs returns the probabilities that i wins, j wins, and that they tie.
func davidsonProbs(x []float64, i, j int) (pi, pj, pt float64) {
	d := (x[i] - x[j]) / 2
	a, b, t := math.Exp(d), math.Exp(-d), math.Exp(x[len(x)-1])
	total := a + b + t
	return a / total, b / total, t / total
}

func davidsonLogLik(b Battles, x []float64) float64 {
	var ll float64
	for i := range b.Wins {
		for j := i + 1; j < len(b.Wins); j++ {
			pi, pj, pt := davidsonProbs(x, i, j)
			ll += countLog(b.Wins[i][j], pi) + countLog(b.Wins[j][i], pj) + countLog(b.tie(i, j), pt)
		}
	}
	return ll
}

// countLog is n·log p with 0·log 0 = 0.
func countLog(n, p float64) float64 {
	if n == 0 {
		return 0
	}
	return n * math.Log(p)
}

// davidsonScore returns the gradient and the information of (theta[1:], log nu).
func davidsonScore(b Battles, x []float64) (*mat.VecDense, *mat.SymDense) {
	m := len(b.Wins)
	grad, hess := mat.NewVecDense(m, nil), mat.NewSymDense(m, nil)
	for i := range m {
		for j := i + 1; j < m; j++ {
			t := b.tie(i, j)
			n := b.Wins[i][j] + b.Wins[j][i] + t
			if n == 0 {
				continue
			}
			pi, pj, pt := davidsonProbs(x, i, j)
			// The sufficient statistics of a game are ½(win i - win j) for the
			// difference of strengths and the tie for log nu.
			g := (b.Wins[i][j]-b.Wins[j][i])/2 - n*(pi-pj)/2
			varD := n * (pi + pj - square(pi-pj)) / 4
			covT := -n * (pi - pj) / 2 * pt
			addGrad(grad, i, g)
			addGrad(grad, j, -g)
			addPair(hess, i, j, varD)
			addCross(hess, i, m-1, covT)
			addCross(hess, j, m-1, -covT)
			grad.SetVec(m-1, grad.AtVec(m-1)+t-n*pt)
			hess.SetSym(m-1, m-1, hess.At(m-1, m-1)+n*pt*(1-pt))
		}
	}
	return grad, hess
}

func addGrad(g *mat.VecDense, model int, v float64) {
	if model > 0 {
		g.SetVec(model-1, g.AtVec(model-1)+v)
	}
}

func addCross(h *mat.SymDense, model, col int, v float64) {
	if model > 0 {
		h.SetSym(model-1, col, h.At(model-1, col)+v)
	}
}

// eloRatings runs the online Elo update over battles in order: a and b are model
// indexes, score is a's result. The result depends on the order: it is here to
// reproduce published tables, never for a headline.
func eloRatings(models int, a, b []int, score []float64, k, base, scale, start float64) []float64 {
	r := make([]float64, models)
	for i := range r {
		r[i] = start
	}
	for g := range a {
		ea := 1 / (1 + math.Pow(base, (r[b[g]]-r[a[g]])/scale))
		r[a[g]] += k * (score[g] - ea)
		r[b[g]] += k * (1 - score[g] - (1 - ea))
	}
	return r
}

// logisticFit is a maximum likelihood logistic regression.
type logisticFit struct {
	coef []float64
	cov  *mat.SymDense
	x    [][]float64 // with the leading 1 of the intercept
	y    []float64
}

// fitLogistic regresses y (0 or 1) on rows of x with an intercept, by Newton's method.
func fitLogistic(rows [][]float64, y []float64) (logisticFit, error) {
	k := len(rows[0]) + 1
	f := logisticFit{coef: make([]float64, k), y: y, x: make([][]float64, len(rows))}
	for i, row := range rows {
		f.x[i] = append([]float64{1}, row...)
	}
	chol := &mat.Cholesky{}
	for range 100 {
		grad, hess := mat.NewVecDense(k, nil), mat.NewSymDense(k, nil)
		for i, row := range f.x {
			p := logistic(dot(row, f.coef))
			for a := range k {
				grad.SetVec(a, grad.AtVec(a)+(y[i]-p)*row[a])
				for c := a; c < k; c++ {
					hess.SetSym(a, c, hess.At(a, c)+p*(1-p)*row[a]*row[c])
				}
			}
		}
		if !chol.Factorize(hess) || chol.Cond() > 1e14 {
			return logisticFit{}, errors.New("fit logistic regression: the outcome is separable or a covariate is redundant, so no finite estimate exists")
		}
		var step mat.VecDense
		if err := chol.SolveVecTo(&step, grad); err != nil && !isCondition(err) {
			return logisticFit{}, fmt.Errorf("solve newton step: %w", err)
		}
		largest := mat.Norm(&step, math.Inf(1))
		for a := range k {
			f.coef[a] += math.Min(1, 10/largest) * step.AtVec(a)
		}
		if largest < 1e-11 {
			f.cov = mat.NewSymDense(k, nil)
			if err := chol.InverseTo(f.cov); err != nil && !isCondition(err) {
				return logisticFit{}, fmt.Errorf("invert information: %w", err)
			}
			return f, nil
		}
	}
	return logisticFit{}, errors.New("fit logistic regression: no convergence; the outcome is probably separable")
}

func dot(a, b []float64) float64 {
	var s float64
	for i := range a {
		s += a[i] * b[i]
	}
	return s
}

// clusterSE is the cluster sandwich standard error, with no small-sample factor.
func (f logisticFit) clusterSE(clusters []int32) []float64 {
	k := len(f.coef)
	groups := int32(0)
	for _, c := range clusters {
		groups = max(groups, c+1)
	}
	score := make([][]float64, groups)
	for g := range score {
		score[g] = make([]float64, k)
	}
	for i, row := range f.x {
		r := f.y[i] - logistic(dot(row, f.coef))
		for a := range k {
			score[clusters[i]][a] += r * row[a]
		}
	}
	meat := mat.NewSymDense(k, nil)
	for _, s := range score {
		for a := range k {
			for c := a; c < k; c++ {
				meat.SetSym(a, c, meat.At(a, c)+s[a]*s[c])
			}
		}
	}
	return diagonalSE(sandwichOf(f.cov, meat))
}
