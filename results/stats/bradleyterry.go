package stats

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/graph/simple"
	"gonum.org/v1/gonum/graph/topo"
	"gonum.org/v1/gonum/mat"
)

// Battles are the results of games between M models: Wins[i][j] games in which i beat
// j and, where draws happen, Ties[i][j] = Ties[j][i] drawn games of i and j. Counts
// may be fractional (weights). The counts are all that Bradley-Terry needs.
type Battles struct {
	Wins [][]float64
	Ties [][]float64 // nil where nothing was drawn
}

// Game is one game of models A and B, indexes from 0: Score is 1 where A won, 0 where
// B won and ½ for a draw. Games of one Cluster (a prompt, a rater) are not independent.
type Game struct {
	A, B    int
	Score   float64
	Cluster int
}

// ErrNotConnected is returned where no finite Bradley-Terry strengths exist.
var ErrNotConnected = errors.New("the win graph is not strongly connected")

// maxCount keeps sums of counts exact.
const maxCount = 1e15

// checkBattles refuses counts that are not a square table of non-negative numbers
// with symmetric ties.
func checkBattles(b Battles) error {
	m := len(b.Wins)
	if m < 2 {
		return fmt.Errorf("battles of %d models: need at least 2", m)
	}
	if b.Ties != nil && len(b.Ties) != m {
		return fmt.Errorf("ties of %d models: want %d as in the wins", len(b.Ties), m)
	}
	for i, row := range b.Wins {
		if len(row) != m || b.Ties != nil && len(b.Ties[i]) != m {
			return fmt.Errorf("row %d: want %d counts", i, m)
		}
		for j := range row {
			t := b.tie(i, j)
			if !(row[j] >= 0 && row[j] <= maxCount) || !(t >= 0 && t <= maxCount) {
				return fmt.Errorf("count of models %d and %d: want a number from 0 to 1e15", i, j)
			}
			if t != b.tie(j, i) {
				return fmt.Errorf("ties of models %d and %d: want a symmetric table", i, j)
			}
		}
	}
	return nil
}

func (b Battles) tie(i, j int) float64 {
	if b.Ties == nil {
		return 0
	}
	return b.Ties[i][j]
}

// halves returns the wins with each tie counted as half a win for both sides.
func (b Battles) halves() [][]float64 {
	w := newSquare(len(b.Wins))
	for i := range w {
		for j := range w {
			if i != j {
				w[i][j] = b.Wins[i][j] + b.tie(i, j)/2
			}
		}
	}
	return w
}

func newSquare(m int) [][]float64 {
	flat := make([]float64, m*m)
	rows := make([][]float64, m)
	for i := range rows {
		rows[i] = flat[i*m : (i+1)*m]
	}
	return rows
}

// winComponents returns the strongly connected components of the graph with an edge
// from each model to those that it beat (a tie is half a win for both), members and
// components in ascending order. Ford (1957): the maximum likelihood estimate exists
// if and only if there is one component.
func winComponents(w [][]float64) [][]int {
	g := simple.NewDirectedGraph()
	for i := range w {
		g.AddNode(simple.Node(int64(i)))
	}
	for i := range w {
		for j := range w {
			if i != j && w[i][j] > 0 {
				g.SetEdge(simple.Edge{F: simple.Node(int64(i)), T: simple.Node(int64(j))})
			}
		}
	}
	var out [][]int
	for _, scc := range topo.TarjanSCC(g) {
		members := make([]int, len(scc))
		for i, node := range scc {
			members[i] = int(node.ID())
		}
		out = append(out, members)
	}
	sortComponents(out)
	return out
}

// sortComponents orders members, and components by their first member.
func sortComponents(comps [][]int) {
	for _, members := range comps {
		slices.Sort(members)
	}
	slices.SortFunc(comps, func(a, b []int) int { return a[0] - b[0] })
}

// unboundedModels lists the models whose strength runs to infinity in either
// direction: those that never lost, or never won, against the rest of the models
// that they are linked with.
func unboundedModels(w [][]float64) []int {
	out := []int{}
	for i := range w {
		var won, lost float64
		for j := range w {
			if i != j {
				won += w[i][j]
				lost += w[j][i]
			}
		}
		if (won == 0) != (lost == 0) {
			out = append(out, i)
		}
	}
	return out
}

// btFit is a Bradley-Terry fit with model 0 as the reference: theta[0] = 0.
type btFit struct {
	theta  []float64
	info   *mat.Cholesky // of the (M-1) x (M-1) information of models 1 … M-1
	loglik float64
	iters  int
}

// fitBradleyTerry maximises the Bradley-Terry likelihood of a table of wins (halves
// for ties) by Newton's method with step halving, starting at zeros.
// It returns ErrNotConnected where there is no maximum.
func fitBradleyTerry(w [][]float64) (btFit, error) {
	m := len(w)
	theta := make([]float64, m)
	work := newBTWork(m)
	for iter := 1; iter <= 100; iter++ {
		work.score(w, theta)
		if !work.chol.Factorize(work.hess) {
			break
		}
		if err := work.chol.SolveVecTo(work.step, work.grad); err != nil {
			break
		}
		moved := work.climb(w, theta)
		if moved < 1e-6 { // what is left is the square of it
			work.score(w, theta)
			if !work.chol.Factorize(work.hess) {
				break
			}
			return btFit{theta: theta, info: work.chol, loglik: btLogLik(w, theta), iters: iter}, nil
		}
	}
	if n := len(winComponents(w)); n > 1 {
		return btFit{}, fmt.Errorf("fit strengths: %d components: %w", n, ErrNotConnected)
	}
	return btFit{}, errors.New("fit strengths: newton did not converge in 100 steps: counts differ too much in size")
}

// climb moves theta along the step, halved until the likelihood does not fall, and
// returns the largest move. Short steps of Newton's method on this concave function
// need no check.
func (k *btWork) climb(w [][]float64, theta []float64) float64 {
	largest := mat.Norm(k.step, math.Inf(1))
	scale := math.Min(1, 5/largest)
	next := k.move(theta, scale)
	if largest > 0.2 {
		before := btLogLik(w, theta)
		for btLogLik(w, next) < before-1e-12*math.Abs(before) && scale > 1e-8 {
			scale /= 2
			next = k.move(theta, scale)
		}
	}
	copy(theta, next)
	return largest * scale
}

// btWork is the storage of a fit, allocated once.
type btWork struct {
	hess *mat.SymDense
	chol *mat.Cholesky
	grad *mat.VecDense
	step *mat.VecDense
	next []float64
	odds []float64
}

func newBTWork(m int) *btWork {
	return &btWork{
		hess: mat.NewSymDense(m-1, nil),
		chol: &mat.Cholesky{},
		grad: mat.NewVecDense(m-1, nil),
		step: mat.NewVecDense(m-1, nil),
		next: make([]float64, m),
	}
}

// score fills the gradient and the information at theta.
func (k *btWork) score(w [][]float64, theta []float64) {
	m := len(w)
	grad, hess := k.grad.RawVector().Data, k.hess.RawSymmetric()
	clear(grad)
	clear(hess.Data)
	for i := range m {
		for j := i + 1; j < m; j++ {
			n := w[i][j] + w[j][i]
			if n == 0 {
				continue
			}
			p := logistic(theta[i] - theta[j])
			g, h := w[i][j]-n*p, n*p*(1-p)
			grad[j-1] -= g
			hess.Data[(j-1)*hess.Stride+j-1] += h
			if i > 0 {
				grad[i-1] += g
				hess.Data[(i-1)*hess.Stride+i-1] += h
				hess.Data[(i-1)*hess.Stride+j-1] -= h
			}
		}
	}
}

// move returns theta moved along the step.
func (k *btWork) move(theta []float64, scale float64) []float64 {
	for i := 1; i < len(theta); i++ {
		k.next[i] = theta[i] + scale*k.step.AtVec(i-1)
	}
	return k.next
}

// refit climbs from the fit of the data that d was drawn around, with that fit's
// covariance in place of a new one: each step costs one pass over the pairs. It reports
// whether it arrived.
func (k *btWork) refit(d drawnBattles, theta []float64, cov *mat.Dense) bool {
	for range 40 {
		k.packedGradient(d, theta)
		k.step.MulVec(cov, k.grad)
		largest := mat.Norm(k.step, math.Inf(1))
		if !(largest < 1) {
			return false
		}
		copy(theta[1:], k.move(theta, 1)[1:])
		if largest < 1e-8 { // the next step would be smaller by another factor of ten or more
			return true
		}
	}
	return false
}

// packedGradient fills the gradient at theta: one division a pair, where the odds of all
// models are in the range of float64.
func (k *btWork) packedGradient(d drawnBattles, theta []float64) {
	m := len(theta)
	lo, hi := slices.Min(theta), slices.Max(theta)
	wide := hi-lo > 600
	k.odds = k.odds[:0]
	for _, v := range theta {
		k.odds = append(k.odds, math.Exp(v-lo/2-hi/2))
	}
	grad := k.grad.RawVector().Data
	clear(grad)
	for i := range m - 1 {
		others := k.odds[i+1:]
		out, games := grad[i:][:len(others)], d[:len(others)]
		odds, total := k.odds[i], 0.0
		for j, other := range others {
			p := odds / (odds + other)
			if wide {
				p = logistic(theta[i] - theta[i+1+j])
			}
			g := games[j].won - games[j].played*p
			out[j] -= g
			total += g
		}
		if i > 0 {
			grad[i-1] += total
		}
		d = d[len(others):]
	}
}

// btLogLik is Σ w_ij log P(i beats j).
func btLogLik(w [][]float64, theta []float64) float64 {
	var ll float64
	for i := range w {
		for j := i + 1; j < len(w); j++ {
			if n := w[i][j] + w[j][i]; n > 0 {
				d := theta[i] - theta[j]
				ll += w[i][j]*d - n*softplus(d)
			}
		}
	}
	return ll
}

// softplus is log(1+exp(x)), without overflow.
func softplus(x float64) float64 {
	if x > 0 {
		return x + math.Log1p(math.Exp(-x))
	}
	return math.Log1p(math.Exp(x))
}

// covariance is the inverse of the information: the covariance of models 1 … M-1
// relative to model 0 if the games are independent.
func (f btFit) covariance() *mat.SymDense {
	cov := mat.NewSymDense(len(f.theta)-1, nil)
	if err := f.info.InverseTo(cov); err != nil && !isCondition(err) {
		for i := range len(f.theta) - 1 {
			for j := i; j < len(f.theta)-1; j++ {
				cov.SetSym(i, j, math.NaN())
			}
		}
	}
	return cov
}

// isCondition reports whether err only warns of a badly conditioned matrix.
func isCondition(err error) bool {
	var c mat.Condition
	return errors.As(err, &c)
}

// sandwich is V B V, the covariance that holds where games of a pair differ in their
// odds (Huber 1967, White 1982; no small-sample factor): B sums the squared scores of
// games, a tie being one game of outcome ½.
func (f btFit) sandwich(b Battles) *mat.SymDense {
	m := len(f.theta)
	meat := mat.NewSymDense(m-1, nil)
	for i := range m {
		for j := i + 1; j < m; j++ {
			p := logistic(f.theta[i] - f.theta[j])
			c := b.Wins[i][j]*square(1-p) + b.Wins[j][i]*p*p + b.tie(i, j)*square(0.5-p)
			addPair(meat, i, j, c)
		}
	}
	return sandwichOf(f.covariance(), meat)
}

// addPair adds c·xxᵀ for the contrast of models i < j to a matrix without model 0.
func addPair(s *mat.SymDense, i, j int, c float64) {
	s.SetSym(j-1, j-1, s.At(j-1, j-1)+c)
	if i > 0 {
		s.SetSym(i-1, i-1, s.At(i-1, i-1)+c)
		s.SetSym(i-1, j-1, s.At(i-1, j-1)-c)
	}
}

func sandwichOf(v, meat *mat.SymDense) *mat.SymDense {
	n, _ := v.Dims()
	var vb, vbv mat.Dense
	vb.Mul(v, meat)
	vbv.Mul(&vb, v)
	out := mat.NewSymDense(n, nil)
	for i := range n {
		for j := i; j < n; j++ {
			out.SetSym(i, j, (vbv.At(i, j)+vbv.At(j, i))/2)
		}
	}
	return out
}

// clusterSandwich is the sandwich covariance with scores summed over the games of a
// cluster before they are squared.
func (f btFit) clusterSandwich(games []Game) *mat.SymDense {
	m := len(f.theta)
	meat := mat.NewSymDense(m-1, nil)
	order := make([]int, len(games))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return games[a].Cluster - games[b].Cluster })
	score := make([]float64, m)
	for from := 0; from < len(order); {
		to := from
		clear(score)
		for to < len(order) && games[order[to]].Cluster == games[order[from]].Cluster {
			g := games[order[to]]
			d := g.Score - logistic(f.theta[g.A]-f.theta[g.B])
			score[g.A] += d
			score[g.B] -= d
			to++
		}
		for i := 1; i < m; i++ {
			for j := i; j < m && score[i] != 0; j++ {
				meat.SetSym(i-1, j-1, meat.At(i-1, j-1)+score[i]*score[j])
			}
		}
		from = to
	}
	return sandwichOf(f.covariance(), meat)
}

// sumToZero centres strengths and turns the covariance relative to model 0 into that
// of the centred strengths, P V P with P = I - 11ᵀ/M.
func sumToZero(theta []float64, v *mat.SymDense) ([]float64, *mat.SymDense) {
	m := len(theta)
	var mean float64
	for _, t := range theta {
		mean += t / float64(m)
	}
	centred := make([]float64, m)
	for i, t := range theta {
		centred[i] = t - mean
	}
	row, grand := make([]float64, m), 0.0
	for i := range m {
		for j := range m {
			row[i] += refCov(v, i, j) / float64(m)
		}
		grand += row[i] / float64(m)
	}
	out := mat.NewSymDense(m, nil)
	for i := range m {
		for j := i; j < m; j++ {
			out.SetSym(i, j, refCov(v, i, j)-row[i]-row[j]+grand)
		}
	}
	return centred, out
}

func refCov(v *mat.SymDense, i, j int) float64 {
	if i == 0 || j == 0 {
		return 0
	}
	return v.At(i-1, j-1)
}

// diagonalSE returns the square roots of the diagonal.
func diagonalSE(v *mat.SymDense) []float64 {
	n, _ := v.Dims()
	se := make([]float64, n)
	for i := range se {
		se[i] = math.Sqrt(v.At(i, i))
	}
	return se
}

// eloPerLogit turns log odds into points of the Elo scale.
const eloPerLogit = 400 / math.Ln10
