package stats

import (
	"math"
)

// irtEM is the state of one fit. Because the logit a·θ+d is linear in θ, the
// log-likelihood of a row at θ is t·θ + u - S(θ), with t = Σ a·y, u = Σ d·y and S(θ)
// the sum of log(1+exp(a·θ+d)) over the items asked, which rows share. So the E-step
// costs rows x nodes, and only the table of items x nodes needs exponentials.
type irtEM struct {
	items   int
	rows    []irtRow
	groups  [][]bool // distinct patterns of asked items; nil for all
	opt     IRTOptions
	weight  float64
	a, d    []float64
	h       float64 // step of the grid; nodes are k·h for k = lo … hi
	lo, hi  int
	prob    [][]float64 // P(right) by item and node
	softSum [][]float64 // S(θ) by group and node
	mass    [][]float64 // expected persons by group and node
	allMass []float64   // the same over all groups
	post    []float64
	eap     []float64 // posterior mean by row
	loglik  float64
	maxInfo float64
}

// irtRow is one row of answers.
type irtRow struct {
	right  []int32 // items answered right
	group  int
	weight float64
}

const irtRange = 8.5 // the N(0,1) prior has 1e-17 of its mass beyond

func newIRTEM(data IRTData, opt IRTOptions) *irtEM {
	if opt.LogSlope.SD <= 0 {
		opt.LogSlope = Normal{0.1, 0.5}
	}
	if opt.Intercept.SD <= 0 {
		opt.Intercept = Normal{0, 3}
	}
	if opt.NoPriors || opt.Rasch {
		opt.LogSlope, opt.Intercept = Normal{}, Normal{}
	}
	if opt.Tolerance <= 0 {
		opt.Tolerance = 1e-6
	}
	if opt.MaxCycles <= 0 {
		opt.MaxCycles = 2000
	}
	em := &irtEM{items: len(data.Answers[0]), opt: opt}
	em.compile(data)
	em.start(data)
	em.setGrid(0.2)
	return em
}

// compile groups rows by the set of items that they were asked.
func (em *irtEM) compile(data IRTData) {
	index := map[string]int{}
	for i, answers := range data.Answers {
		row := irtRow{weight: 1}
		if data.Weights != nil {
			row.weight = data.Weights[i]
		}
		if row.weight == 0 {
			continue
		}
		asked := make([]bool, em.items)
		key := make([]byte, em.items)
		for j, y := range answers {
			if !math.IsNaN(y) {
				asked[j], key[j] = true, 1
			}
			if y == 1 {
				row.right = append(row.right, int32(j))
			}
		}
		g, known := index[string(key)]
		if !known {
			g = len(em.groups)
			index[string(key)] = g
			em.groups = append(em.groups, asked)
		}
		row.group = g
		em.weight += row.weight
		em.rows = append(em.rows, row)
	}
	em.eap = make([]float64, len(em.rows))
}

// start sets slopes to 1 and intercepts to the smoothed logit of the share right.
func (em *irtEM) start(data IRTData) {
	em.a, em.d = make([]float64, em.items), make([]float64, em.items)
	for j := range em.items {
		right, asked := 0.5, 1.0
		for i, answers := range data.Answers {
			if math.IsNaN(answers[j]) {
				continue
			}
			w := 1.0
			if data.Weights != nil {
				w = data.Weights[i]
			}
			asked += w
			right += w * answers[j]
		}
		em.a[j] = 1
		em.d[j] = 1.2 * math.Log(right/(asked-right))
	}
}

func (em *irtEM) persons() int { return int(math.Round(em.weight)) }

// setGrid lays the nodes anew with the given step.
func (em *irtEM) setGrid(h float64) {
	em.h = h
	em.hi = int(math.Ceil(irtRange / h))
	em.lo = -em.hi
	em.allocate()
}

func (em *irtEM) nodes() int { return em.hi - em.lo + 1 }

func (em *irtEM) theta(k int) float64 { return float64(em.lo+k) * em.h }

func (em *irtEM) allocate() {
	q := em.nodes()
	em.prob = newTable(em.prob, em.items, q)
	em.softSum = newTable(em.softSum, len(em.groups), q)
	em.mass = newTable(em.mass, len(em.groups), q)
	em.allMass = make([]float64, q)
	em.post = make([]float64, q)
}

// newTable returns rows x cols of storage, reusing old where it is large enough.
func newTable(old [][]float64, rows, cols int) [][]float64 {
	if len(old) == rows && rows > 0 && cap(old[0]) >= cols {
		for i := range old {
			old[i] = old[i][:cols]
		}
		return old
	}
	flat := make([]float64, rows*cols)
	out := make([][]float64, rows)
	for i := range out {
		out[i] = flat[i*cols : (i+1)*cols : (i+1)*cols]
	}
	return out
}

// tabulate fills the probabilities and S(θ) at the present parameters. The factors
// 1+exp(-|η|) of up to 512 items are multiplied before one logarithm is taken.
func (em *irtEM) tabulate() {
	q := em.nodes()
	info := make([]float64, q)
	total := make([]float64, q)
	product := make([]float64, q)
	for k := range product {
		product[k] = 1
	}
	for j, row := range em.prob {
		a, d := em.a[j], em.d[j]
		for k := range row {
			eta := a*float64(em.lo+k)*em.h + d
			e := math.Exp(-math.Abs(eta))
			p := 1 / (1 + e)
			product[k] *= 1 + e
			if eta > 0 {
				total[k] += eta
			} else {
				p *= e
			}
			row[k] = p
			info[k] += a * a * p * (1 - p)
		}
		if j%512 == 511 || j == em.items-1 {
			for k, x := range product {
				total[k] += math.Log(x)
				product[k] = 1
			}
		}
	}
	em.maxInfo = em.largestInfo(info)
	em.groupSums(total)
}

// largestInfo is the largest test information at an ability that some row may have.
// On a new grid, where no posterior is known yet, that is any within ±4.
func (em *irtEM) largestInfo(info []float64) float64 {
	var known, central float64
	for k, v := range info {
		if em.allMass[k] > 0 {
			known = math.Max(known, v)
		}
		if math.Abs(em.theta(k)) <= 4 {
			central = math.Max(central, v)
		}
	}
	if known > 0 {
		return known
	}
	return central
}

// groupSums derives S(θ) of each pattern of asked items from the sum over all.
func (em *irtEM) groupSums(total []float64) {
	for g, asked := range em.groups {
		copy(em.softSum[g], total)
		for j, yes := range asked {
			if yes {
				continue
			}
			for k := range total {
				em.softSum[g][k] -= softplus(em.a[j]*em.theta(k) + em.d[j])
			}
		}
	}
}

// expect is the E-step: posteriors of ability, their means, the expected number of
// persons at each node, and the marginal log-likelihood.
func (em *irtEM) expect() {
	em.loglik = 0
	for g := range em.mass {
		clear(em.mass[g])
	}
	clear(em.allMass)
	logStep := math.Log(em.h) - halfLog2Pi
	for i, row := range em.rows {
		t, u := em.sufficient(row)
		soft := em.softSum[row.group]
		largest := math.Inf(-1)
		for k := range em.post {
			th := em.theta(k)
			v := t*th - soft[k] - th*th/2
			em.post[k] = v
			if v > largest {
				largest = v
			}
		}
		var sum, mean float64
		for k, v := range em.post {
			p := 0.0
			if v-largest > -45 {
				p = math.Exp(v - largest)
			}
			em.post[k] = p
			sum += p
			mean += p * em.theta(k)
		}
		em.eap[i] = mean / sum
		em.loglik += row.weight * (largest + math.Log(sum) + u + logStep)
		scale := row.weight / sum
		mass := em.mass[row.group]
		for k, p := range em.post {
			mass[k] += scale * p
		}
	}
	for _, m := range em.mass {
		for k, v := range m {
			em.allMass[k] += v
		}
	}
}

// sufficient returns Σ a·y and Σ d·y of a row.
func (em *irtEM) sufficient(row irtRow) (t, u float64) {
	for _, j := range row.right {
		t += em.a[j]
		u += em.d[j]
	}
	return t, u
}

// refine makes the grid fine enough for the narrowest posterior and trims nodes that
// carry nothing. It reports whether the tables must be filled again.
func (em *irtEM) refine() bool {
	want := math.Min(0.2, 0.7/math.Sqrt(1+em.maxInfo))
	want = math.Max(want, 0.004)
	if em.h > 1.15*want {
		em.setGrid(want)
		return true
	}
	q := em.nodes()
	first, last := 0, q-1
	for first < q && em.allMass[first] == 0 {
		first++
	}
	for last > first && em.allMass[last] == 0 {
		last--
	}
	full := int(math.Ceil(irtRange / em.h))
	const margin = 4
	if (first == 0 && em.lo > -full) || (last == q-1 && em.hi < full) {
		em.setGrid(em.h) // mass at a trimmed edge: take the whole range again
		return true
	}
	if first > 4*margin || q-1-last > 4*margin {
		em.hi = em.lo + min(last+margin, q-1)
		em.lo += max(first-margin, 0)
		em.allocate()
		return true
	}
	return false
}

// logPrior is the log density of the parameters under the priors.
func (em *irtEM) logPrior() float64 {
	var lp float64
	if em.opt.LogSlope.SD > 0 {
		for j := range em.items {
			la := math.Log(em.a[j])
			lp += em.opt.LogSlope.logPDF(la) - la + em.opt.Intercept.logPDF(em.d[j])
		}
	}
	return lp
}

// evaluateAt sets the parameters, runs the E-step, and returns the log posterior.
func (em *irtEM) evaluateAt(x []float64) float64 {
	em.unpack(x)
	em.tabulate()
	em.expect()
	for tries := 0; em.refine() && tries < 4; tries++ {
		em.tabulate()
		em.expect()
	}
	return em.loglik + em.logPrior()
}

// pack writes the parameters in coordinates in which any point is valid: log slopes
// where a prior keeps them positive.
func (em *irtEM) pack(x []float64) []float64 {
	x = x[:0]
	for _, a := range em.a {
		if em.opt.LogSlope.SD > 0 {
			a = math.Log(a)
		}
		x = append(x, a)
	}
	return append(x, em.d...)
}

func (em *irtEM) unpack(x []float64) {
	for j := range em.items {
		em.a[j] = x[j]
		if em.opt.LogSlope.SD > 0 {
			em.a[j] = math.Exp(x[j])
		}
		em.d[j] = x[em.items+j]
	}
}

// run iterates EM with SQUAREM extrapolation until no parameter moves.
func (em *irtEM) run() IRTFit {
	n := 2 * em.items
	x0, x1, x2, jump := make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)
	x0 = em.pack(x0)
	best := em.evaluateAt(x0)
	cycles, converged := 1, false
	for cycles < em.opt.MaxCycles {
		em.maximise()
		x1 = em.pack(x1)
		if converged = maxMove(x0, x1) < em.opt.Tolerance; converged {
			best = em.evaluateAt(x1)
			break
		}
		em.evaluateAt(x1)
		em.maximise()
		x2 = em.pack(x2)
		if converged = maxMove(x1, x2) < em.opt.Tolerance; converged {
			best = em.evaluateAt(x2)
			break
		}
		squarem(x0, x1, x2, jump)
		value := em.evaluateAt(jump)
		cycles += 2
		if !(value >= best-1e-9*math.Abs(best)) {
			value = em.evaluateAt(x2)
			cycles++
			copy(jump, x2)
		}
		best = value
		copy(x0, jump)
	}
	return IRTFit{A: append([]float64(nil), em.a...), D: append([]float64(nil), em.d...),
		LogLik: em.loglik, LogPost: best, Cycles: cycles, Nodes: em.nodes(), Converged: converged}
}

func maxMove(x, y []float64) float64 {
	var m float64
	for i := range x {
		if d := math.Abs(y[i] - x[i]); !(d <= m) {
			m = d
		}
	}
	return m
}

// squarem writes the squared extrapolation of three EM iterates (scheme S3).
func squarem(x0, x1, x2, out []float64) {
	var rr, vv float64
	for i := range x0 {
		r := x1[i] - x0[i]
		v := x2[i] - x1[i] - r
		rr += r * r
		vv += v * v
	}
	alpha := -1.0
	if vv > 0 {
		alpha = math.Max(-256, math.Min(-1, -math.Sqrt(rr/vv)))
	}
	for i := range x0 {
		r := x1[i] - x0[i]
		v := x2[i] - x1[i] - r
		out[i] = x0[i] - 2*alpha*r + alpha*alpha*v
	}
}
