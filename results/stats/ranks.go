package stats

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// RankInterval is the set of ranks that a model may hold: 1 is best.
type RankInterval struct {
	Lower, Upper int
}

// RankReport holds rank intervals that are all right at once with the stated level.
type RankReport struct {
	Intervals []RankInterval
	Critical  float64 // critical value of the last step
	Steps     int     // step-down steps
	Level     float64
	Method    string
	Warnings  []Warning
}

// RankIntervals puts intervals on the ranks of models with estimated scores (higher is
// better) and the covariance of the estimates (nil rows off the diagonal are not
// allowed; independent scores have zeros there). It answers "which places may each
// model truly hold?": with the given probability every model's true rank lies in its
// interval, all models together (Mogstad, Romano, Shaikh and Wilhelm 2024). A model's
// best possible rank is 1 + the number of models shown to be better. The critical value
// comes from seeded Gaussian draws and is exact where the scores are independent with
// equal errors; step-down sharpens it. It returns an error for a covariance that is not
// square, symmetric and finite.
func RankIntervals(scores []float64, covariance [][]float64, level float64, seed uint64) (RankReport, error) {
	return rankMeans(scores, covariance, math.Inf(1), level, seed)
}

// rankMeans is RankIntervals for scores whose errors were themselves estimated, with df
// degrees of freedom: each critical value c of the normal law becomes the one of Student's t
// with the same two-sided tail, 2(1 − Φ(c)). +Inf stands for known errors.
func rankMeans(scores []float64, covariance [][]float64, df, level float64, seed uint64) (RankReport, error) {
	if !(df > 0) {
		return RankReport{}, fmt.Errorf("rank models: %v degrees of freedom: want more than 0", df)
	}
	if err := checkRankInput(scores, covariance, level); err != nil {
		return RankReport{}, fmt.Errorf("rank models: %w", err)
	}
	m := len(scores)
	se, degenerate := pairErrors(covariance)
	r := RankReport{Level: level, Method: "step-down, gaussian draws"}
	sigma, equal := equalIndependent(covariance)
	var draws *maxStatistic
	if equal {
		r.Method = "step-down, exact for equal independent errors"
	} else {
		draws = newMaxStatistic(covariance, se, seed)
	}
	if !math.IsInf(df, 1) {
		r.Method += ", t"
	}
	if degenerate {
		r.Warnings = warn(r.Warnings, WarnConstant, "some differences have no error: their order is taken as known")
	}
	pairs := allPairs(m)
	better := newBoolSquare(m)
	for len(pairs) > 0 {
		r.Steps++
		if equal && sigma > 0 {
			r.Critical = equalPairsCritical(pairs, m, level, seed)
		} else if draws != nil {
			r.Critical = draws.quantile(pairs, level)
		}
		r.Critical = studentised(r.Critical, df)
		var left [][2]int
		for _, p := range pairs {
			i, j := p[0], p[1]
			d := scores[i] - scores[j]
			switch {
			case math.Abs(d) <= r.Critical*se[i][j]:
				left = append(left, p)
			case d > 0:
				better[i][j] = true
			default:
				better[j][i] = true
			}
		}
		if len(left) == len(pairs) {
			break
		}
		pairs = left
	}
	r.Intervals = rankSets(better)
	return r, nil
}

// studentised is the quantile of Student's t with the two-sided tail that c has under the
// normal law.
func studentised(c, df float64) float64 {
	if math.IsInf(df, 1) || !(c > 0) {
		return c
	}
	return -TQuantile(twoSidedNormalP(c)/2, df)
}

func checkRankInput(scores []float64, cov [][]float64, level float64) error {
	if len(scores) == 0 {
		return errors.New("no scores")
	}
	if !(level > 0 && level < 1) {
		return fmt.Errorf("level %v: want a number between 0 and 1", level)
	}
	if len(cov) != len(scores) {
		return fmt.Errorf("covariance of %d models for %d scores", len(cov), len(scores))
	}
	for i, row := range cov {
		if len(row) != len(scores) {
			return fmt.Errorf("covariance row %d has %d values: want %d", i, len(row), len(scores))
		}
		if math.IsNaN(scores[i]) || math.IsInf(scores[i], 0) {
			return fmt.Errorf("score %d is %v: want a finite number", i, scores[i])
		}
		for j, v := range row {
			if math.IsNaN(v) || math.IsInf(v, 0) || i == j && v < 0 {
				return fmt.Errorf("covariance of %d and %d is %v: want finite, with variances of at least 0", i, j, v)
			}
			if j < i && math.Abs(v-cov[j][i]) > 1e-9*(math.Abs(v)+math.Abs(cov[j][i])) {
				return fmt.Errorf("covariance of %d and %d is not symmetric", i, j)
			}
		}
	}
	return nil
}

func newBoolSquare(m int) [][]bool {
	out := make([][]bool, m)
	for i := range out {
		out[i] = make([]bool, m)
	}
	return out
}

// rankSets turns "i is shown to be better than j" into intervals.
func rankSets(better [][]bool) []RankInterval {
	m := len(better)
	out := make([]RankInterval, m)
	for i := range out {
		out[i] = RankInterval{1, m}
		for j := range m {
			if better[j][i] {
				out[i].Lower++
			}
			if better[i][j] {
				out[i].Upper--
			}
		}
	}
	return out
}

func allPairs(m int) [][2]int {
	var pairs [][2]int
	for i := range m {
		for j := i + 1; j < m; j++ {
			pairs = append(pairs, [2]int{i, j})
		}
	}
	return pairs
}

// pairErrors are the standard errors of the differences.
func pairErrors(cov [][]float64) (se [][]float64, degenerate bool) {
	se = newSquare(len(cov))
	for i := range cov {
		for j := range cov {
			v := cov[i][i] + cov[j][j] - 2*cov[i][j]
			if v <= 1e-14*(cov[i][i]+cov[j][j]) {
				v = 0
				degenerate = degenerate || i != j
			}
			se[i][j] = math.Sqrt(v)
		}
	}
	return se, degenerate
}

// equalIndependent reports whether the covariance is a multiple of the identity.
func equalIndependent(cov [][]float64) (variance float64, yes bool) {
	for i, row := range cov {
		for j, v := range row {
			if i != j && v != 0 || i == j && math.Abs(v-cov[0][0]) > 1e-12*cov[0][0] {
				return 0, false
			}
		}
	}
	return cov[0][0], true
}

// equalPairsCritical is the level-quantile of max |Z_i - Z_j|/√2 over pairs, for
// independent standard normals. Components of the graph of pairs are independent: a
// complete one has the studentised range, a star Dunnett's law, and any other is
// simulated with a fixed seed.
func equalPairsCritical(pairs [][2]int, m int, level float64, seed uint64) float64 {
	var laws []func(c float64) float64
	for _, comp := range pairComponents(pairs, m) {
		laws = append(laws, comp.law(m, seed))
	}
	return maxQuantile(len(pairs), level, func(c float64) float64 {
		prob := 1.0
		for _, law := range laws {
			prob *= law(c)
		}
		return prob
	})
}

// maxQuantile inverts the law of the maximum of k standard normals' sizes. It lies
// between that of one and Bonferroni's bound; false position in Illinois form gets there
// in a few calls.
func maxQuantile(k int, level float64, law func(c float64) float64) float64 {
	lo, hi := twoSidedZ(level), twoSidedZ(1-(1-level)/float64(k))+1e-9
	fLo, fHi := law(lo)-level, law(hi)-level
	if fLo >= 0 {
		return lo
	}
	for fHi < 0 { // only a simulated law can pass Bonferroni's bound
		hi += 0.1
		fHi = law(hi) - level
	}
	side := 0
	for range 200 {
		c := lo - fLo*(hi-lo)/(fHi-fLo)
		if !(c > lo && c < hi) {
			c = lo + (hi-lo)/2
		}
		f := law(c) - level
		if f == 0 || hi-lo < 1e-14*hi {
			return c
		}
		if f > 0 {
			hi, fHi = c, f
			if side == 1 {
				fLo /= 2
			}
			side = 1
		} else {
			lo, fLo = c, f
			if side == -1 {
				fHi /= 2
			}
			side = -1
		}
	}
	return lo + (hi-lo)/2
}

// pairComponent is a connected part of the graph of pairs.
type pairComponent struct {
	nodes int
	pairs [][2]int
}

func pairComponents(pairs [][2]int, m int) []pairComponent {
	parent := make([]int, m)
	for i := range parent {
		parent[i] = i
	}
	root := func(i int) int {
		for parent[i] != i {
			parent[i] = parent[parent[i]]
			i = parent[i]
		}
		return i
	}
	for _, p := range pairs {
		parent[root(p[0])] = root(p[1])
	}
	at := map[int]int{}
	var out []pairComponent
	for _, p := range pairs {
		r := root(p[0])
		if _, known := at[r]; !known {
			at[r] = len(out)
			out = append(out, pairComponent{})
		}
		out[at[r]].pairs = append(out[at[r]].pairs, p)
	}
	for i := range m {
		if c, ok := at[root(i)]; ok {
			out[c].nodes++
		}
	}
	return out
}

// law is P(max |Z_i - Z_j| <= c√2 over the pairs of the component).
func (g pairComponent) law(m int, seed uint64) func(c float64) float64 {
	k := len(g.pairs)
	degree := make([]int, m)
	for _, p := range g.pairs {
		degree[p[0]]++
		degree[p[1]]++
	}
	switch {
	case k == 1:
		return func(c float64) float64 { return 1 - twoSidedNormalP(c) }
	case k == g.nodes*(g.nodes-1)/2:
		return func(c float64) float64 { return studentizedRangeCDF(c*math.Sqrt2, g.nodes) }
	case k == g.nodes-1 && slices.Max(degree) == k:
		return func(c float64) float64 { return equicorrelatedCDF(c, k, 0.5) }
	}
	identity, se := newSquare(m), newSquare(m)
	for i := range m {
		identity[i][i] = 1
		for j := range m {
			se[i][j] = math.Sqrt2
		}
	}
	maxima := newMaxStatistic(identity, se, seed).maxima(g.pairs)
	slices.Sort(maxima)
	return func(c float64) float64 {
		at, _ := slices.BinarySearch(maxima, c)
		return float64(at) / float64(len(maxima))
	}
}

// equicorrelatedCDF is P(max |Z_i| <= c) for k standard normals with common correlation
// rho in [0, 1]: Dunnett's law with infinite degrees of freedom at rho = ½. The
// integral over the shared factor uses the trapezoidal rule, exact to rounding here.
func equicorrelatedCDF(c float64, k int, rho float64) float64 {
	if c <= 0 {
		return 0
	}
	if rho >= 1 {
		return 1 - twoSidedNormalP(c)
	}
	shared, own := math.Sqrt(rho), math.Sqrt(1-rho)
	step := math.Min(1./32, own/math.Max(shared, 1e-3)/4)
	var sum float64
	n := int(9 / step)
	for i := -n; i <= n; i++ {
		x := float64(i) * step
		p := normalCDF((c-shared*x)/own) - normalCDF((-c-shared*x)/own)
		sum += normalPDF(x) * math.Pow(p, float64(k))
	}
	return math.Min(1, sum*step)
}

// equicorrelatedQuantile is the two-sided critical value of k comparisons.
func equicorrelatedQuantile(level float64, k int, rho float64) float64 {
	if k < 1 || !(level > 0 && level < 1) {
		return math.NaN()
	}
	return maxQuantile(k, level, func(c float64) float64 { return equicorrelatedCDF(c, k, rho) })
}

// maxStatistic draws the estimation errors of all models once, so that every step of
// the step-down uses the same draws.
type maxStatistic struct {
	draws [][]float64
	se    [][]float64
}

const rankDraws = 10000

func newMaxStatistic(cov, se [][]float64, seed uint64) *maxStatistic {
	m := len(cov)
	root := covarianceRoot(cov)
	s := &maxStatistic{draws: make([][]float64, rankDraws), se: se}
	flat := make([]float64, rankDraws*m)
	z := make([]float64, m)
	for r := range s.draws {
		rng := newStream(seed, streamRanks, uint64(r))
		for i := range z {
			z[i] = rng.normal()
		}
		x := flat[r*m : (r+1)*m]
		for i := range x {
			x[i] = dot(root[i], z)
		}
		s.draws[r] = x
	}
	return s
}

// covarianceRoot returns R with R·Rᵀ = cov, through eigenvectors because the covariance
// of centred strengths is singular.
func covarianceRoot(cov [][]float64) [][]float64 {
	m := len(cov)
	root := newSquare(m)
	sym := mat.NewSymDense(m, nil)
	for i := range m {
		for j := i; j < m; j++ {
			sym.SetSym(i, j, cov[i][j])
		}
	}
	var eig mat.EigenSym
	if !eig.Factorize(sym, true) {
		for i := range m {
			root[i][i] = math.Sqrt(cov[i][i])
		}
		return root
	}
	values := eig.Values(nil)
	var vectors mat.Dense
	eig.VectorsTo(&vectors)
	for i := range m {
		for j, v := range values {
			root[i][j] = vectors.At(i, j) * math.Sqrt(math.Max(0, v))
		}
	}
	return root
}

// maxima are the largest studentised differences over the pairs, one for each draw.
func (s *maxStatistic) maxima(pairs [][2]int) []float64 {
	type scaled struct {
		i, j    int32
		inverse float64
	}
	use := make([]scaled, 0, len(pairs))
	for _, p := range pairs {
		if se := s.se[p[0]][p[1]]; se > 0 {
			use = append(use, scaled{int32(p[0]), int32(p[1]), 1 / se})
		}
	}
	out := make([]float64, len(s.draws))
	for r, x := range s.draws {
		var most float64
		for _, p := range use {
			if d := math.Abs(x[p.i]-x[p.j]) * p.inverse; d > most {
				most = d
			}
		}
		out[r] = most
	}
	return out
}

// quantile is the critical value of the pairs: drawn, and exact for a single one.
func (s *maxStatistic) quantile(pairs [][2]int, level float64) float64 {
	if len(pairs) == 1 {
		return twoSidedZ(level)
	}
	maxima := s.maxima(pairs)
	slices.Sort(maxima)
	return maxima[min(int(math.Ceil(level*float64(len(maxima)+1)))-1, len(maxima)-1)]
}

// naiveRanks is 1 + the number of models whose lower bound exceeds the model's upper
// bound, as arenas print it. It has no simultaneous coverage: here to reproduce them.
func naiveRanks(lower, upper []float64) []int {
	out := make([]int, len(upper))
	for i, u := range upper {
		out[i] = 1
		for _, l := range lower {
			if l > u {
				out[i]++
			}
		}
	}
	return out
}
