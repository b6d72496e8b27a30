package stats

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// maximise is the M-step: Newton steps of each item (of all items jointly in the Rasch
// model) on the expected complete-data log posterior. The first step of an item uses
// the table of the E-step; more follow only while they still move it.
func (em *irtEM) maximise() {
	right, rightTheta := make([]float64, em.items), make([]float64, em.items)
	for i, row := range em.rows {
		for _, j := range row.right {
			right[j] += row.weight
			rightTheta[j] += row.weight * em.eap[i]
		}
	}
	if em.opt.Rasch {
		em.maximiseRasch(right, rightTheta)
		return
	}
	mass := make([]float64, em.nodes())
	for j := range em.items {
		em.maximiseItem(j, right[j], rightTheta[j], em.massOf(j, mass))
	}
}

// massOf is the expected number of persons at each node among those asked item j.
func (em *irtEM) massOf(j int, buf []float64) []float64 {
	if len(em.groups) == 1 && em.groups[0][j] {
		return em.mass[0]
	}
	clear(buf)
	for g, asked := range em.groups {
		if asked[j] {
			for k, v := range em.mass[g] {
				buf[k] += v
			}
		}
	}
	return buf
}

// itemScore is the gradient and negative Hessian of one item in (a, d).
type itemScore struct{ ga, gd, haa, had, hdd float64 }

func (em *irtEM) itemScore(prob, mass []float64, right, rightTheta float64) itemScore {
	s := itemScore{ga: rightTheta, gd: right}
	for k, m := range mass {
		if m == 0 {
			continue
		}
		th := em.theta(k)
		e := m * prob[k]
		v := e * (1 - prob[k])
		s.ga -= e * th
		s.gd -= e
		s.haa += v * th * th
		s.had += v * th
		s.hdd += v
	}
	return s
}

// addPriors adds the priors' part of the score at (a, d).
func (em *irtEM) addPriors(s *itemScore, a, d float64) {
	ls, ic := em.opt.LogSlope, em.opt.Intercept
	if !(ls.SD > 0) {
		return
	}
	z := (math.Log(a) - ls.Mean) / (ls.SD * ls.SD)
	s.ga -= (1 + z) / a
	s.haa += (1/(ls.SD*ls.SD) - 1 - z) / (a * a)
	s.gd -= (d - ic.Mean) / (ic.SD * ic.SD)
	s.hdd += 1 / (ic.SD * ic.SD)
}

func (em *irtEM) maximiseItem(j int, right, rightTheta float64, mass []float64) {
	a, d := em.a[j], em.d[j]
	prob := em.prob[j]
	for step := range 8 {
		if step > 0 {
			for k := range prob {
				prob[k] = logistic(a*em.theta(k) + d)
			}
		}
		s := em.itemScore(prob, mass, right, rightTheta)
		em.addPriors(&s, a, d)
		if s.haa <= 0 { // far out in the log-normal's tail: move along the gradient only
			s.haa, s.had = math.Abs(s.haa)+1, 0
		}
		det := s.haa*s.hdd - s.had*s.had
		if !(det > 1e-12*s.haa*s.hdd) {
			s.haa, s.hdd = s.haa+1e-3, s.hdd+1e-3
			det = s.haa*s.hdd - s.had*s.had
		}
		da := (s.hdd*s.ga - s.had*s.gd) / det
		dd := (s.haa*s.gd - s.had*s.ga) / det
		scale := math.Min(1, 1/math.Max(math.Abs(da), math.Abs(dd)))
		if em.opt.LogSlope.SD > 0 && a+scale*da < a/3 {
			scale = -a / 1.5 / da
		}
		a += scale * da
		d += scale * dd
		if math.Max(math.Abs(da), math.Abs(dd)) < 0.05 {
			break // quadratic from here on: the next cycle goes on
		}
	}
	const bound = 50 // slopes of separable items run away: stop where it no longer matters
	em.a[j], em.d[j] = clamp(a, -bound, bound), clamp(d, -4*bound, 4*bound)
}

func clamp(x, lo, hi float64) float64 { return math.Max(lo, math.Min(hi, x)) }

// maximiseRasch takes one Newton step of the common slope and all intercepts, whose
// Hessian is an arrow.
func (em *irtEM) maximiseRasch(right, rightTheta []float64) {
	mass := make([]float64, em.nodes())
	scores := make([]itemScore, em.items)
	var ga, haa float64
	for j := range em.items {
		s := em.itemScore(em.prob[j], em.massOf(j, mass), right[j], rightTheta[j])
		s.hdd += 1e-12
		scores[j] = s
		ga += s.ga - s.had*s.gd/s.hdd
		haa += s.haa - s.had*s.had/s.hdd
	}
	da := 0.0
	if haa > 0 {
		da = clamp(ga/haa, -0.5, 0.5)
	}
	for j, s := range scores {
		em.a[j] += da
		em.d[j] += clamp((s.gd-s.had*da)/s.hdd, -1, 1)
	}
}

// standardErrors inverts the observed information by Louis's (1982) formula: the
// complete-data information less the posterior variance of the score.
func (em *irtEM) standardErrors() (sea, sed []float64) {
	const jointly = 100
	em.evaluateAt(em.pack(nil))
	sea, sed = make([]float64, em.items), make([]float64, em.items)
	if em.opt.Rasch {
		return em.raschErrors(sea, sed)
	}
	if em.items > jointly {
		for j := range em.items {
			em.invertBlock([]int{j}, sea, sed)
		}
		return sea, sed
	}
	all := make([]int, em.items)
	for j := range all {
		all[j] = j
	}
	em.invertBlock(all, sea, sed)
	return sea, sed
}

// invertBlock writes the standard errors of some items treated jointly.
func (em *irtEM) invertBlock(items []int, sea, sed []float64) {
	info := em.observedInformation(items)
	v := invertSym(info)
	for b, j := range items {
		sea[j], sed[j] = math.Sqrt(v.At(2*b, 2*b)), math.Sqrt(v.At(2*b+1, 2*b+1))
	}
}

// invertSym inverts a positive definite matrix, with NaN throughout where it is not.
func invertSym(s *mat.SymDense) *mat.SymDense {
	n := s.SymmetricDim()
	out := mat.NewSymDense(n, nil)
	var chol mat.Cholesky
	if chol.Factorize(s) {
		if err := chol.InverseTo(out); err == nil || isCondition(err) {
			return out
		}
	}
	for i := range n {
		for j := i; j < n; j++ {
			out.SetSym(i, j, math.NaN())
		}
	}
	return out
}

// observedInformation is that of (a, d) of the given items, in that order.
func (em *irtEM) observedInformation(items []int) *mat.SymDense {
	n := 2 * len(items)
	info := mat.NewSymDense(n, nil)
	buf := make([]float64, em.nodes())
	for b, j := range items {
		s := em.itemScore(em.prob[j], em.massOf(j, buf), 0, 0)
		em.addPriors(&s, em.a[j], em.d[j])
		info.SetSym(2*b, 2*b, s.haa)
		info.SetSym(2*b, 2*b+1, s.had)
		info.SetSym(2*b+1, 2*b+1, s.hdd)
	}
	score, mean := make([]float64, n), make([]float64, n)
	cov := newSquare(n)
	for _, row := range em.rows {
		em.scoreVariance(row, items, score, mean, cov)
		for i := range n {
			for k := i; k < n; k++ {
				info.SetSym(i, k, info.At(i, k)-row.weight*cov[i][k])
			}
		}
	}
	return info
}

// scoreVariance writes the posterior covariance of a row's score.
func (em *irtEM) scoreVariance(row irtRow, items []int, score, mean []float64, cov [][]float64) {
	post := em.posterior(row)
	y := make([]float64, em.items)
	for _, j := range row.right {
		y[j] = 1
	}
	clear(mean)
	for i := range cov {
		clear(cov[i])
	}
	for k, p := range post {
		if p == 0 {
			continue
		}
		for b, j := range items {
			r := 0.0
			if em.groups[row.group][j] {
				r = y[j] - em.prob[j][k]
			}
			score[2*b], score[2*b+1] = r*em.theta(k), r
		}
		for i, s := range score {
			mean[i] += p * s
			for l := i; l < len(score); l++ {
				cov[i][l] += p * s * score[l]
			}
		}
	}
	for i := range cov {
		for l := i; l < len(cov); l++ {
			cov[i][l] -= mean[i] * mean[l]
		}
	}
}

// posterior returns the normalised posterior of a row's ability on the grid.
func (em *irtEM) posterior(row irtRow) []float64 {
	t, _ := em.sufficient(row)
	soft := em.softSum[row.group]
	post := make([]float64, em.nodes())
	largest := math.Inf(-1)
	for k := range post {
		th := em.theta(k)
		post[k] = t*th - soft[k] - th*th/2
		largest = math.Max(largest, post[k])
	}
	var sum float64
	for k, v := range post {
		post[k] = math.Exp(v - largest)
		sum += post[k]
	}
	for k := range post {
		post[k] /= sum
	}
	return post
}

// raschErrors are those of the common slope and the intercepts.
func (em *irtEM) raschErrors(sea, sed []float64) ([]float64, []float64) {
	all := make([]int, em.items)
	for j := range all {
		all[j] = j
	}
	full := em.observedInformation(all)
	n := em.items + 1
	info := mat.NewSymDense(n, nil)
	at := func(i int) int { // column i of the full matrix is column at(i) of the model's
		if i%2 == 0 {
			return 0
		}
		return 1 + i/2
	}
	for i := range 2 * em.items {
		for k := range 2 * em.items {
			if r, c := at(i), at(k); r <= c {
				info.SetSym(r, c, info.At(r, c)+full.At(i, k))
			}
		}
	}
	v := invertSym(info)
	for j := range em.items {
		sea[j], sed[j] = math.Sqrt(v.At(0, 0)), math.Sqrt(v.At(j+1, j+1))
	}
	return sea, sed
}
