package stats

import (
	"math"
	"math/bits"
	"slices"

	"gonum.org/v1/gonum/dsp/fourier"
)

// SignFlipTest is the result of a paired randomisation test: how often random signs of the
// differences give a sum at least as far from 0 as the observed one.
type SignFlipTest struct {
	P      float64 // two-sided p-value
	Count  float64 // sign patterns at least as extreme; NaN by Monte Carlo
	Total  float64 // all sign patterns; NaN by Monte Carlo
	Method string  // how it was computed; exact unless it says Monte Carlo
}

// resampleCount is B of a Monte Carlo test of n items: 99,999, fewer where that would take
// more than some seconds.
func resampleCount(n int) int {
	return max(999, min(99999, int(4e9/float64(n))))
}

// SignFlip tests whether paired differences are symmetric about 0 (Fisher's randomisation).
// For clustered pairs give the sums of the clusters: whole clusters flip. The test is exact
// where the differences lie on a lattice (binomial, dynamic programming or FFT) or number at
// most 36 (enumeration in two halves); for more continuous differences the law of the sum is
// inverted from its characteristic function, as good as exact for p ≥ 1e-9; else it draws up
// to 99,999 sign patterns from seed and reports (b+1)/(B+1), which is never 0 (Phipson and
// Smyth 2010). Differences equal in
// decimals count as ties. P is NaN where a difference is not finite, 1 without differences.
func SignFlip(differences []float64, seed uint64) SignFlipTest {
	d := make([]float64, 0, len(differences))
	for _, v := range differences {
		if !isFinite(v) {
			return SignFlipTest{P: math.NaN(), Count: math.NaN(), Total: math.NaN(), Method: "none"}
		}
		if v != 0 {
			d = append(d, v)
		}
	}
	zeros := len(differences) - len(d)
	t := signFlip(d, seed)
	t.Total = math.Exp2(float64(len(differences)))
	t.Count *= math.Exp2(float64(zeros))
	if math.IsNaN(t.Count) {
		t.Total = math.NaN()
	}
	return t
}

// signFlip chooses the method for differences of which none is 0.
func signFlip(d []float64, seed uint64) SignFlipTest {
	if len(d) == 0 {
		return SignFlipTest{P: 1, Count: 1, Method: "no difference"}
	}
	if codes, _, ok := zeroLattice(d); ok && !slices.Contains(codes, 0) {
		if t, ok := signFlipLattice(codes); ok {
			return t
		}
	}
	if len(d) <= 36 {
		return signFlipHalves(d)
	}
	if p, ok := signFlipInverted(d); ok {
		return SignFlipTest{P: p, Count: math.NaN(), Method: "sign flip, fourier inversion"}
	}
	p := signFlipMonteCarlo(d, resampleCount(len(d)), seed)
	return SignFlipTest{P: p, Count: math.NaN(), Method: "sign flip, monte carlo"}
}

// signFlipOrNaN is the p-value and the name of the exact test of cluster sums.
func signFlipOrNaN(sums []float64) (p float64, name string) {
	t := SignFlip(sums, 0)
	if t.Method == "no difference" {
		return t.P, "sign flip of clusters: none differs"
	}
	return t.P, t.Method + " of clusters"
}

// signFlipLattice is exact for whole differences; false where it would cost too much.
func signFlipLattice(codes []int) (SignFlipTest, bool) {
	weights := make([]int, len(codes))
	var total, obs int
	var squares float64
	same := true
	for i, c := range codes {
		weights[i] = max(c, -c)
		total += weights[i]
		obs += c
		squares += float64(c) * float64(c)
		same = same && weights[i] == weights[0]
	}
	obs = max(obs, -obs)
	all := math.Exp2(float64(len(codes)))
	exact := func(p float64, method string) (SignFlipTest, bool) {
		return SignFlipTest{P: p, Count: math.Round(p * all), Method: method}, true
	}
	cut := (total - obs) / 2 // plus-signed steps at or below this are as extreme
	switch {
	case obs == 0:
		return exact(1, "sign flip, exact")
	case same:
		atMost, _ := binomialTails(cut/weights[0], len(codes), 0.5)
		return exact(min(1, 2*atMost), "sign flip, exact binomial")
	case float64(cut)*float64(len(codes)) < 3e7:
		return exact(min(1, 2*subsetTail(weights, cut)), "sign flip, exact by dynamic programming")
	case math.Sqrt(squares)*float64(distinctCount(weights)) < 1<<19:
		p := signFlipFFT(weights, total, obs, math.Sqrt(squares))
		return SignFlipTest{P: p, Count: math.NaN(), Method: "sign flip, exact by fft"}, true
	}
	return SignFlipTest{}, false
}

func distinctCount(x []int) int {
	seen := map[int]struct{}{}
	for _, v := range x {
		seen[v] = struct{}{}
	}
	return len(seen)
}

// subsetTail is P(Σ of a random half-probability subset of weights ≤ cut).
func subsetTail(weights []int, cut int) float64 {
	p := make([]float64, cut+1)
	p[0] = 1
	for _, w := range weights {
		for k := cut; k >= 0; k-- {
			v := p[k]
			if k >= w {
				v += p[k-w]
			}
			p[k] = v / 2
		}
	}
	return sum(p)
}

// signFlipFFT inverts Π cos(t·w), the characteristic function of the signed sum, on a window
// of 14 standard deviations. Its absolute error is near 1e-15.
func signFlipFFT(weights []int, total, obs int, sd float64) float64 {
	size := nextPow2(min(2*total+1, int(28*sd)+1))
	count := map[int]int{}
	for _, w := range weights {
		count[w]++
	}
	distinct := make([]int, 0, len(count))
	for w := range count {
		distinct = append(distinct, w)
	}
	slices.Sort(distinct)
	coef := make([]complex128, size/2+1)
	for j := range coef {
		v := 1.0
		for _, w := range distinct {
			angle := 2 * math.Pi * float64(j*w%size) / float64(size)
			v *= math.Pow(math.Cos(angle), float64(count[w]))
		}
		coef[j] = complex(v, 0)
	}
	seq := fourier.NewFFT(size).Sequence(nil, coef)
	var inner float64 // P(|S| < obs)
	for s := -obs + 1; s < obs; s++ {
		if k := (s%size + size) % size; 2*max(s, -s) < size {
			inner += seq[k]
		}
	}
	return max(0, min(1, 1-inner/float64(size)))
}

// signFlipHalves enumerates all 2^n patterns as pairs of two halves of 2^(n/2) sums each.
func signFlipHalves(d []float64) SignFlipTest {
	var obs, scale float64
	for _, v := range d {
		obs += v
		scale += math.Abs(v)
	}
	limit := math.Abs(obs) - scale*tieTolerance
	h := len(d) / 2
	left, right := signedSums(d[:h]), signedSums(d[h:])
	slices.Sort(left)
	slices.Sort(right)
	total := math.Exp2(float64(len(d)))
	if limit <= 0 {
		return SignFlipTest{P: 1, Count: total, Method: "sign flip, exact enumeration"}
	}
	// Σ ≥ limit: for each left sum, ascending, the right sums that suffice grow. The other
	// tail is its mirror image.
	var upper float64
	j := len(right)
	for _, l := range left {
		for j > 0 && l+right[j-1] >= limit {
			j--
		}
		upper += float64(len(right) - j)
	}
	return SignFlipTest{P: 2 * upper / total, Count: 2 * upper, Method: "sign flip, exact enumeration"}
}

// signedSums are the sums of all sign patterns of d.
func signedSums(d []float64) []float64 {
	sums := make([]float64, 1, 1<<len(d))
	for _, v := range d {
		n := len(sums)
		for i := range n {
			sums = append(sums, sums[i]-v)
			sums[i] += v
		}
	}
	return sums
}

// signFlipMonteCarlo is (b+1)/(B+1) over B random sign patterns. Tables hold the signed sums
// of each 4 differences, so that a pattern costs one look-up for 4 items (the "four
// Russians" trick).
func signFlipMonteCarlo(d []float64, replicates int, seed uint64) float64 {
	tables := signTables(d)
	var obs, scale float64
	for _, v := range d {
		obs += v
		scale += math.Abs(v)
	}
	limit := math.Abs(obs) - scale*tieTolerance
	exceed := 0
	for r := range replicates {
		state := streamState(seed, streamSignFlip, uint64(r))
		if math.Abs(signedSum(tables, state)) >= limit {
			exceed++
		}
	}
	return permutationP(exceed, replicates)
}

// signTables holds, for each 4 differences, the 16 signed sums, padded to whole words of 16.
func signTables(d []float64) [][16]float64 {
	words := (len(d) + 63) / 64
	tables := make([][16]float64, 16*words)
	for t := range tables {
		for pattern := range 16 {
			for b := range 4 {
				if i := 4*t + b; i < len(d) {
					tables[t][pattern] += d[i] * float64(1-2*(pattern>>b&1))
				}
			}
		}
	}
	return tables
}

// signedSum is one random signed sum: each word of the generator signs 64 items.
func signedSum(tables [][16]float64, state uint64) float64 {
	var s0, s1, s2, s3 float64
	for ; len(tables) >= 16; tables = tables[16:] {
		state += wyIncrement
		hi, lo := bits.Mul64(state, state^wyMask)
		w := hi ^ lo
		t := (*[16][16]float64)(tables)
		s0 += t[0][w&15] + t[1][w>>4&15] + t[2][w>>8&15] + t[3][w>>12&15]
		s1 += t[4][w>>16&15] + t[5][w>>20&15] + t[6][w>>24&15] + t[7][w>>28&15]
		s2 += t[8][w>>32&15] + t[9][w>>36&15] + t[10][w>>40&15] + t[11][w>>44&15]
		s3 += t[12][w>>48&15] + t[13][w>>52&15] + t[14][w>>56&15] + t[15][w>>60]
	}
	return s0 + s1 + s2 + s3
}

// permutationP is the p-value (b+1)/(B+1) of b exceedances in B resamples: the observed
// arrangement is one of those counted, so it is never 0.
func permutationP(exceed, resamples int) float64 {
	if exceed < 0 || resamples < 0 || exceed > resamples {
		return math.NaN()
	}
	return (float64(exceed) + 1) / (float64(resamples) + 1)
}

// twoSampleTest is the result of a two-sample permutation test of the difference of means.
type twoSampleTest struct {
	TwoSided, Greater float64
	Permutations      float64 // C(n, n_a), all of which were counted unless Method says Monte Carlo
	Method            string
}

// PermutationTest tests whether two independent samples have the same distribution, by the
// difference of their means over all assignments of the labels (Fisher and Pitman): exact on
// lattice scores and for up to 10⁶ assignments, else up to 99,999 random ones from seed. It
// returns the two-sided p-value and the method; NaN for an empty sample or values that are
// not finite.
func PermutationTest(a, b []float64, seed uint64) (p float64, method string) {
	t := permuteTwoSamples(a, b, seed)
	return t.TwoSided, t.Method
}

func permuteTwoSamples(a, b []float64, seed uint64) twoSampleTest {
	pool := append(slices.Clone(a), b...)
	if len(a) == 0 || len(b) == 0 || countMissing(pool) > 0 {
		return twoSampleTest{math.NaN(), math.NaN(), math.NaN(), "none"}
	}
	total := math.Round(math.Exp(logChoose(len(pool), len(a))))
	if l, ok := findLattice(pool); ok {
		if l.width == 1 {
			t := permuteBinary(l.codes, len(a))
			t.Permutations = total
			return t
		}
		top, _ := codeSums(l.codes, len(a))
		if float64(len(pool))*float64(len(a))*float64(top+1) < 2e8 && float64(len(a))*float64(top+1) < 4e6 {
			t := permuteLattice(l.codes, len(a))
			t.Permutations = total
			return t
		}
	}
	if total <= 1e6 {
		t := permuteEnumerate(pool, len(a))
		t.Permutations = total
		return t
	}
	t := permuteMonteCarlo(pool, len(a), resampleCount(10*len(pool)), seed)
	t.Permutations = total
	return t
}

// logChoose is ln C(n, k).
func logChoose(n, k int) float64 {
	return -math.Log(float64(n+1)) - logBeta(float64(k+1), float64(n-k+1))
}

// codeSums is the sum of all codes and that of the first m.
func codeSums(codes []int, m int) (all, first int) {
	for i, c := range codes {
		all += c
		if i < m {
			first += c
		}
	}
	return all, first
}

// permuteBinary is the test of scores with two values, in time that grows with their spread
// only: the higher ones among the m of the first sample are hypergeometric.
func permuteBinary(codes []int, m int) twoSampleTest {
	n := len(codes)
	top, obs := codeSums(codes, m)
	t := twoSampleTest{Method: "permutation, exact hypergeometric", TwoSided: 1}
	least, most := max(0, m-(n-top)), min(m, top)
	t.Greater = 1 - hypergeometricAtMost(obs-1, m, top, n)
	if float64(obs)*float64(n) > float64(m)*float64(top) {
		t.Greater = hypergeometricSum(obs, most, 1, m, top, n)
	}
	// |S − E S| ≥ |obs − E S| in whole numbers, E S = m·top/n.
	if far := abs(n*obs - m*top); far > 0 {
		low, high := floorDiv(m*top-far, n), -floorDiv(-(m*top+far), n)
		t.TwoSided = 0
		if low >= least {
			t.TwoSided += hypergeometricSum(low, least, -1, m, top, n)
		}
		if high <= most {
			t.TwoSided += hypergeometricSum(high, most, 1, m, top, n)
		}
	}
	t.TwoSided, t.Greater = clamp(t.TwoSided, 0, 1), clamp(t.Greater, 0, 1)
	return t
}

// floorDiv is ⌊a/b⌋ for b > 0.
func floorDiv(a, b int) int {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// permuteLattice counts the subsets of each size and sum by dynamic programming, in
// probabilities: f[j][s] is that of a random subset of the first i items having size j and
// sum s, given that the whole subset has size m.
func permuteLattice(codes []int, m int) twoSampleTest {
	n := len(codes)
	top, obs := codeSums(codes, m)
	f := make([][]float64, m+1)
	for j := range f {
		f[j] = make([]float64, top+1)
	}
	f[0][0] = 1
	for i, c := range codes {
		for j := min(i+1, m); j >= 0; j-- {
			// After i items with j taken the next is taken with probability (m−j)/(n−i).
			skip := 1 - float64(m-j)/float64(n-i)
			take := 0.0
			if j > 0 {
				take = float64(m-j+1) / float64(n-i)
			}
			row := f[j]
			for s := top; s >= 0; s-- {
				v := row[s] * max(skip, 0)
				if s >= c && j > 0 {
					v += f[j-1][s-c] * take
				}
				row[s] = v
			}
		}
	}
	// |S − E S| ≥ |obs − E S| in whole numbers, E S = m·top/n.
	far := abs(n*obs - m*top)
	t := twoSampleTest{Method: "permutation, exact by dynamic programming"}
	for s, p := range f[m] {
		if abs(n*s-m*top) >= far {
			t.TwoSided += p
		}
		if s >= obs {
			t.Greater += p
		}
	}
	t.TwoSided, t.Greater = min(1, t.TwoSided), min(1, t.Greater)
	return t
}

func abs(v int) int { return max(v, -v) }

// permuteEnumerate visits every subset of size m.
func permuteEnumerate(pool []float64, m int) twoSampleTest {
	n := len(pool)
	count := newExceedances(pool, m)
	pick := make([]int, m)
	for i := range pick {
		pick[i] = i
	}
	var all float64
	for {
		var s float64
		for _, i := range pick {
			s += pool[i]
		}
		count.add(s)
		all++
		i := m - 1
		for i >= 0 && pick[i] == n-m+i {
			i--
		}
		if i < 0 {
			break
		}
		pick[i]++
		for j := i + 1; j < m; j++ {
			pick[j] = pick[j-1] + 1
		}
	}
	return twoSampleTest{TwoSided: float64(count.far) / all, Greater: float64(count.greater) / all,
		Method: "permutation, exact enumeration"}
}

// exceedances counts sums of subsets that are as extreme as the observed one.
type exceedances struct {
	centre, farLimit, greaterLimit float64
	far, greater                   int
}

func newExceedances(pool []float64, m int) *exceedances {
	var obs, scale float64
	for i, v := range pool {
		if i < m {
			obs += v
		}
		scale += math.Abs(v)
	}
	centre := float64(m) / float64(len(pool)) * sum(pool)
	tol := scale * tieTolerance
	return &exceedances{centre: centre, farLimit: math.Abs(obs-centre) - tol, greaterLimit: obs - tol}
}

func (e *exceedances) add(s float64) {
	if math.Abs(s-e.centre) >= e.farLimit {
		e.far++
	}
	if s >= e.greaterLimit {
		e.greater++
	}
}

// permuteMonteCarlo draws random subsets by a partial Fisher-Yates shuffle of the smaller
// sample.
func permuteMonteCarlo(pool []float64, m, replicates int, seed uint64) twoSampleTest {
	count := newExceedances(pool, m)
	n := len(pool)
	draw := min(m, n-m)
	whole := sum(pool)
	scratch := slices.Clone(pool)
	swapped := make([]int, draw)
	for r := range replicates {
		g := newStream(seed, streamPermutation, uint64(r))
		var s float64
		for i := range draw {
			j := i + int(g.intn(uint32(n-i)))
			scratch[i], scratch[j] = scratch[j], scratch[i]
			swapped[i] = j
			s += scratch[i]
		}
		for i := draw - 1; i >= 0; i-- { // back to the same start for every replicate
			j := swapped[i]
			scratch[i], scratch[j] = scratch[j], scratch[i]
		}
		if draw != m {
			s = whole - s
		}
		count.add(s)
	}
	return twoSampleTest{TwoSided: permutationP(count.far, replicates), Greater: permutationP(count.greater, replicates),
		Method: "permutation, monte carlo"}
}
