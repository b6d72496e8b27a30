package stats

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
)

// resamplingCases are the ideal bootstraps, BCa, permutation tests and quantiles.
func resamplingCases() map[string]caseFunc {
	return map[string]caseFunc{
		"bca":                     bcaCase,
		"bootstrap_edge":          bootstrapEdgeCase,
		"bootstrap_ideal_binary":  idealBinaryCase,
		"bootstrap_ideal_lattice": idealLatticeCase,
		"bootstrap_ideal_mean":    idealMeanCase,
		"bootstrap_ideal_cluster": idealClusterCase,
		"quantile_types":          quantileTypesCase,
		"permutation_p":           permutationPCase,
		"permutation_two_sample":  twoSampleCase,
		"sign_flip":               signFlipCase,
		"sign_flip_clustered":     signFlipClusteredCase,
		"sign_flip_lattice":       signFlipLatticeCase,
	}
}

var quantileKind = regexp.MustCompile(`type\s*([1-9])`)

// otherStatistic is a statistic of a sample that no case here computes.
var otherStatistic = regexp.MustCompile(`(?i)median|varianc|trim|quantile|percentile`)

// meansOnly rejects a case that asks for a statistic other than a mean or a sum.
func meansOnly(in args) {
	if s := in.strOr("statistic", "mean"); otherStatistic.MatchString(s) {
		reject("statistic is %q: this case computes the mean only", s)
	}
}

func bcaCase(in args) (output, error) {
	reps := slices.Clone(in.floats("replicates"))
	if len(reps) == 0 {
		reject("replicates is empty")
	}
	kind := 7
	if m := quantileKind.FindStringSubmatch(in.strOr("quantile", "type 7")); m != nil {
		kind, _ = strconv.Atoi(m[1])
	}
	slices.Sort(reps)
	law := replicateLaw{reps, in.float("theta_hat")}
	a := newBCaLevels(law.position(), influenceAcceleration(in.floats("jackknife")), in.confidence("confidence"))
	q := func(p float64) float64 {
		if math.IsNaN(p) {
			return p
		}
		return quantileType(reps, p, kind)
	}
	return output{"z0": a.Z0, "acceleration": a.A, "alpha1": a.Alpha1, "alpha2": a.Alpha2,
		"lower": q(a.Alpha1), "upper": q(a.Alpha2)}, nil
}

// bootstrapSummary gives what the ideal bootstrap of a mean says: deviations d with
// multiplicities w (nil: 1 each) of data with the given law.
func bootstrapSummary(law bootstrapLaw, d, w []float64, level float64) output {
	a := newBCaLevels(law.position(), acceleration(d, w), level)
	bca := any([]float64{law.quantile(a.Alpha1), law.quantile(a.Alpha2)})
	if math.IsNaN(a.Alpha1 + a.Alpha2) {
		bca = math.NaN()
	}
	return output{
		"percentile":   Percentile.interval(law, 0, 0, level),
		"z0_mean_rule": a.Z0, "acceleration": a.A, "alpha1": a.Alpha1, "alpha2": a.Alpha2, "bca": bca,
	}
}

// bootstrapEdgeCase says what a bootstrap of data without spread gives: the point, and no BCa.
func bootstrapEdgeCase(in args) (output, error) {
	x := in.floats("data")
	if len(x) == 0 {
		reject("data is empty")
	}
	law, err := idealMean(x)
	if err != nil {
		return nil, err
	}
	d := deviations(x)
	out := bootstrapSummary(law, d, nil, in.confidence("confidence"))
	if slices.Min(x) == slices.Max(x) {
		out["bca"] = math.NaN()
	}
	out["se"] = idealSE(d)
	return out, nil
}

func deviations(x []float64) []float64 {
	m := mean(x)
	d := make([]float64, len(x))
	for i, v := range x {
		d[i] = v - m
	}
	return d
}

// idealSE is √Σd²/n, the standard error of infinitely many resamples.
func idealSE(d []float64) float64 {
	var ss float64
	for _, v := range d {
		ss += v * v
	}
	return math.Sqrt(ss) / float64(len(d))
}

func idealBinaryCase(in args) (output, error) {
	x, n := counted(in, "successes")
	if n == 0 {
		reject("n is 0")
	}
	p, fn := float64(x)/float64(n), float64(n)
	out := bootstrapSummary(binomialLaw{x, n}, []float64{1 - p, -p}, []float64{float64(x), fn - float64(x)}, in.confidence("confidence"))
	out["se"] = bernoulliSE(p, fn)
	return out, nil
}

func idealLatticeCase(in args) (output, error) {
	values, counts := in.floats("values"), in.counts("counts")
	sameLength("values", len(values), "counts", len(counts))
	var n int
	for _, c := range counts {
		if n += c; n > 1e6 {
			reject("more than a million scores")
		}
	}
	if n == 0 {
		reject("counts are all 0")
	}
	x := make([]float64, 0, n)
	for i, c := range counts {
		for range c {
			x = append(x, values[i])
		}
	}
	l, ok := findLattice(x)
	if !ok || l.width*n > 1<<26 {
		reject("values do not lie on a lattice of at most %d steps", maxLatticeWidth)
	}
	law := newLatticeLaw(l)
	out := bootstrapSummary(law, deviations(x), nil, in.confidence("confidence"))
	_, out["cdf_at_observed"] = law.sum.split(law.observed)
	out["n"], out["mean"], out["se"] = n, mean(x), idealSE(deviations(x))
	return out, nil
}

func idealMeanCase(in args) (output, error) {
	meansOnly(in)
	x := in.floats("data")
	if len(x) == 0 {
		reject("data is empty")
	}
	law, err := idealMean(x)
	if err != nil {
		return nil, err
	}
	d := deviations(x)
	out := bootstrapSummary(law, d, nil, in.confidence("confidence"))
	n := float64(len(x))
	out["se"], out["mean"], out["resamples_enumerated"] = idealSE(d), mean(x), math.Pow(n, n)
	return out, nil
}

// idealMean is the law of the resampled mean: by convolution on a lattice, else by
// enumerating the multisets.
func idealMean(x []float64) (bootstrapLaw, error) {
	if l, ok := findLattice(x); ok && l.width*len(x) <= 1<<26 {
		return newLatticeLaw(l), nil
	}
	sizes := make([]int, len(x))
	for i := range sizes {
		sizes[i] = 1
	}
	return enumerateClusters(ClusterSums{x, sizes})
}

func idealClusterCase(in args) (output, error) {
	meansOnly(in)
	x := in.floats("scores")
	s := SumClusters(x, in.clusters(len(x)))
	if len(s.Sums) == 0 {
		reject("scores is empty")
	}
	law, err := enumerateClusters(s)
	if err != nil {
		return nil, err
	}
	m, se := law.moments()
	g := float64(len(s.Sums))
	return output{"resamples_enumerated": math.Pow(g, g), "mean": m, "se": se,
		"percentile": Percentile.interval(law, 0, 0, in.confidence("confidence"))}, nil
}

// weightedLaw is a finite law: ascending values with their probabilities.
type weightedLaw struct {
	values, prob []float64
	observed     float64
}

// maxMultisets bounds the enumeration of an ideal bootstrap.
const maxMultisets = 3e6

// enumerateClusters is the law of the ratio mean over all draws of whole clusters with
// replacement. Draws that differ in their order only are visited once, with their
// multinomial probability.
func enumerateClusters(s ClusterSums) (weightedLaw, error) {
	g := len(s.Sums)
	if logChoose(2*g-1, g) > math.Log(maxMultisets) {
		return weightedLaw{}, fmt.Errorf("%d clusters have too many resamples to enumerate: at most 12, or scores on a lattice without clusters", g)
	}
	type atom struct{ value, prob float64 }
	var atoms []atom
	logFact := make([]float64, g+1)
	for k := 1; k <= g; k++ {
		logFact[k] = logFact[k-1] + math.Log(float64(k))
	}
	var visit func(c, left int, sum, size, logP float64)
	visit = func(c, left int, sum, size, logP float64) {
		if c == g-1 {
			f := float64(left)
			sum, size, logP = sum+f*s.Sums[c], size+f*float64(s.Sizes[c]), logP-logFact[left]
			atoms = append(atoms, atom{sum / size, math.Exp(logP)})
			return
		}
		for k := range left + 1 {
			f := float64(k)
			visit(c+1, left-k, sum+f*s.Sums[c], size+f*float64(s.Sizes[c]), logP-logFact[k])
		}
	}
	visit(0, g, 0, 0, logFact[g]-float64(g)*math.Log(float64(g)))
	slices.SortFunc(atoms, func(a, b atom) int { return compareFloat(a.value, b.value) })
	law := weightedLaw{observed: s.Mean().Mean}
	for _, a := range atoms {
		law.values, law.prob = append(law.values, a.value), append(law.prob, a.prob)
	}
	return law, nil
}

func (l weightedLaw) quantile(p float64) float64 {
	var f float64
	for i, v := range l.values {
		if f += l.prob[i]; f >= p*(1-1e-12) && (i+1 == len(l.values) || l.values[i+1]-v > tieTolerance*math.Abs(v)) {
			return v
		}
	}
	return l.values[len(l.values)-1]
}

func (l weightedLaw) position() float64 {
	tol := tieTolerance * math.Max(math.Abs(l.observed), math.Max(math.Abs(l.values[0]), math.Abs(l.values[len(l.values)-1])))
	var below, equal float64
	for i, v := range l.values {
		switch {
		case v < l.observed-tol:
			below += l.prob[i]
		case v <= l.observed+tol:
			equal += l.prob[i]
		}
	}
	return below + equal/2
}

func (l weightedLaw) moments() (mean, sd float64) {
	for i, v := range l.values {
		mean += l.prob[i] * v
	}
	var ss float64
	for i, v := range l.values {
		ss += l.prob[i] * (v - mean) * (v - mean)
	}
	return mean, math.Sqrt(ss)
}

func quantileTypesCase(in args) (output, error) {
	x := slices.Clone(in.floats("data"))
	if len(x) == 0 || countMissing(x) > 0 {
		reject("data is empty or has values that are not finite")
	}
	slices.Sort(x)
	out := output{}
	for kind := 1; kind <= 9; kind++ {
		q := make([]float64, 0, 8)
		for i, p := range in.floats("p") {
			if !(p >= 0 && p <= 1) {
				reject("p[%d] is %v: want a number in [0, 1]", i, p)
			}
			q = append(q, quantileType(x, p, kind))
		}
		out[fmt.Sprintf("type%d", kind)] = q
	}
	return out, nil
}

func permutationPCase(in args) (output, error) {
	b, n := in.count("exceed"), in.count("resamples")
	if b > n {
		reject("exceed is %d of %d resamples", b, n)
	}
	return output{"p": permutationP(b, n)}, nil
}

func twoSampleCase(in args) (output, error) {
	meansOnly(in)
	t := permuteTwoSamples(in.floats("a"), in.floats("b"), 0)
	return output{"p_two_sided": t.TwoSided, "p_greater": t.Greater, "permutations": t.Permutations, "method": t.Method}, nil
}

func signFlipCase(in args) (output, error) {
	meansOnly(in)
	a, b := pairedLists(in)
	var aOnly, bOnly int
	for i := range a {
		switch {
		case a[i] > b[i]:
			aOnly++
		case a[i] < b[i]:
			bOnly++
		}
	}
	t := SignFlip(differences(a, b), 0)
	return output{"p_two_sided": t.P, "count": t.Count, "total": t.Total, "a_only": aOnly, "b_only": bOnly, "method": t.Method}, nil
}

func signFlipClusteredCase(in args) (output, error) {
	a, b := pairedLists(in)
	s := SumClusters(differences(a, b), in.clusters(len(a)))
	t := SignFlip(s.Sums, 0)
	return output{"p_two_sided": t.P, "cluster_sums": s.Sums, "method": t.Method}, nil
}

func signFlipLatticeCase(in args) (output, error) {
	t := SignFlip(in.floats("differences_x100"), 0)
	return output{"p_two_sided": t.P, "method": t.Method}, nil
}
