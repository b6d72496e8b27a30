package stats

import "slices"

// RatedPairs are two codes for each of some items, such as a label and the verdict of a judge:
// any whole numbers, one for each category. Clusters holds the cluster of each item, and is nil
// where items are independent.
type RatedPairs struct {
	Truth, Verdict []int
	Clusters       []int32
}

// Kappa is Cohen's (1960) kappa: "by how much does a judge agree with the labels beyond
// chance?" where items of one cluster are alike, as the answers to one prompt are.
//
// The interval is Student's t on the jackknife over clusters (Efron and Stein 1981), with
// clusters − 1 degrees of freedom, cut to −1 to 1. Where no pair differs it is that of
// (p − pₑ)/(1 − pₑ) with p the lower bound of Clopper and Pearson for each cluster as one trial
// and pₑ the agreement by chance. It is undefined, with its reason, where one list has a
// single code, which makes kappa 0 whatever the data, and where leaving out a cluster leaves a
// single one; kappa itself is where both lists have the same single code. Lists of different
// lengths give a reason too.
func (r RatedPairs) Kappa(level float64) Estimate {
	truth, verdict, clusters := r.Truth, r.Verdict, r.Clusters
	switch {
	case len(truth) != len(verdict) || clusters != nil && len(clusters) != len(truth):
		return undefinedEstimate(0, 0, level, badInput("labels, verdicts and clusters differ in length"))
	case !(level > 0 && level < 1):
		return undefinedEstimate(len(truth), 0, level, badLevel)
	case len(truth) == 0:
		return undefinedEstimate(0, 0, level, Because(ReasonNoData, "no data"))
	}
	v := newKappaVotes(truth, verdict, clusters)
	e := undefinedEstimate(len(truth), len(v.tables), level, Reason{})
	k := weightedKappa(v.total, v.credit)
	if e.Value = k.kappa; !isFinite(e.Value) {
		e.Reason = Because(ReasonOneClass, "all labels and verdicts are of one class")
		return e
	}
	switch {
	case k.observed == 1:
		low := ClopperPearson(e.Clusters, e.Clusters, level).Lower
		e.Lower, e.Upper = max(-1, (low-k.expected)/(1-k.expected)), 1
		e.Method = "cohen, clopper-pearson of clusters without disagreement"
		e.Warnings = warn(e.Warnings, WarnFallback, "no label and verdict differed: the lower bound is that of the exact interval")
	case oneCode(truth) || oneCode(verdict):
		e.Method, e.Reason = "cohen", Because(ReasonOneVerdict, "every verdict is the same, which makes kappa 0").Of(PartInterval)
	default:
		v.jackknife(&e)
	}
	return e
}

// oneCode tells whether all codes are the same.
func oneCode(codes []int) bool {
	return !slices.ContainsFunc(codes, func(c int) bool { return c != codes[0] })
}

// kappaVotes are tables of labels and verdicts, by cluster and in all.
type kappaVotes struct {
	total, credit [][]float64
	tables        [][][2]int // of each cluster, its pairs of codes
}

// newKappaVotes codes labels and verdicts by their order, and gathers them by cluster.
func newKappaVotes(truth, verdict []int, clusters []int32) kappaVotes {
	codes := slices.Concat(truth, verdict)
	slices.Sort(codes)
	codes = slices.Compact(codes)
	var v kappaVotes
	coded := [2][]int{make([]int, len(truth)), make([]int, len(truth))}
	at := map[int32]int{}
	for i := range truth {
		coded[0][i], _ = slices.BinarySearch(codes, truth[i])
		coded[1][i], _ = slices.BinarySearch(codes, verdict[i])
		c := len(v.tables)
		if clusters != nil {
			known, ok := at[clusters[i]]
			if ok {
				c = known
			}
			at[clusters[i]] = c
		}
		if c == len(v.tables) {
			v.tables = append(v.tables, nil)
		}
		v.tables[c] = append(v.tables[c], [2]int{coded[0][i], coded[1][i]})
	}
	v.total = crossTable(coded[0], coded[1], len(codes))
	v.credit, _ = agreementWeights("none", len(codes))
	return v
}

// jackknife sets the interval of e from the values without each cluster.
func (v kappaVotes) jackknife(e *Estimate) {
	e.Method = "cohen, jackknife by cluster, t"
	var without []float64
	for _, pairs := range v.tables {
		for _, p := range pairs {
			v.total[p[0]][p[1]]--
		}
		k := weightedKappa(v.total, v.credit).kappa
		for _, p := range pairs {
			v.total[p[0]][p[1]]++
		}
		if !isFinite(k) {
			e.Reason = Because(ReasonOneClassLeft, "without one cluster a single class is left").Of(PartInterval)
			return
		}
		without = append(without, k)
	}
	groups := float64(len(without))
	e.DF = groups - 1
	e.SE = (groups - 1) * standardError(without)
	half := twoSidedT(e.Level, e.DF) * e.SE
	e.Lower, e.Upper = max(-1, e.Value-half), min(1, e.Value+half)
	if e.Clusters < enoughClusters {
		e.Warnings = warn(e.Warnings, WarnFewClusters, "%d clusters: the interval is approximate below %d", e.Clusters, enoughClusters)
	}
}
