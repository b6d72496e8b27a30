package stats

import "math"

// ClusterSums are the sufficient statistics of a clustered mean: for each cluster the sum of
// its scores and the number of them.
type ClusterSums struct {
	Sums  []float64
	Sizes []int
}

// SumClusters adds the scores of each cluster; clusters holds the cluster of each score, in
// any coding, and is nil where each score stands alone. It is one pass over the scores.
// Clusters come in the order of their code where codes are dense (0 ≤ code < 4·len + 1024),
// else of their first appearance. It is empty where the lengths differ.
func SumClusters(scores []float64, clusters []int32) ClusterSums {
	if clusters == nil {
		sizes := make([]int, len(scores))
		for i := range sizes {
			sizes[i] = 1
		}
		return ClusterSums{Sums: scores, Sizes: sizes}
	}
	if len(clusters) != len(scores) || len(scores) == 0 {
		return ClusterSums{}
	}
	lo, hi := int32(math.MaxInt32), int32(math.MinInt32)
	for _, c := range clusters {
		lo, hi = min(lo, c), max(hi, c)
	}
	if lo >= 0 && int(hi) < 4*len(scores)+1024 {
		return sumDense(scores, clusters, int(hi)+1)
	}
	return sumSparse(scores, clusters)
}

func sumDense(scores []float64, clusters []int32, codes int) ClusterSums {
	type cell struct {
		sum  float64
		size int
	}
	cells := make([]cell, codes)
	for i, c := range clusters {
		cell := &cells[c]
		cell.sum += scores[i]
		cell.size++
	}
	out := ClusterSums{Sums: make([]float64, 0, codes), Sizes: make([]int, 0, codes)}
	for _, cell := range cells {
		if cell.size > 0 {
			out.Sums = append(out.Sums, cell.sum)
			out.Sizes = append(out.Sizes, cell.size)
		}
	}
	return out
}

func sumSparse(scores []float64, clusters []int32) ClusterSums {
	var out ClusterSums
	at := map[int32]int{}
	for i, c := range clusters {
		k, ok := at[c]
		if !ok {
			k = len(out.Sums)
			at[c] = k
			out.Sums = append(out.Sums, 0)
			out.Sizes = append(out.Sizes, 0)
		}
		out.Sums[k] += scores[i]
		out.Sizes[k]++
	}
	return out
}

// ClusteredMean is the mean of clustered scores with its cluster-robust standard errors.
type ClusteredMean struct {
	N        int     // scores
	Clusters int     // clusters with at least one score
	Mean     float64 // of all scores
	CR0      float64 // Liang and Zeger (1986)
	CR1      float64 // CR0·√(G/(G−1))
	CR2      float64 // Bell and McCaffrey (2002): unbiased where scores are independent
	CR3      float64 // jackknife over clusters
	DF       float64 // Satterthwaite degrees of freedom of CR2
}

// Mean estimates the mean of all scores and its standard errors in one pass over the
// clusters. All but Mean are NaN with fewer than two clusters.
//
// With S_c the sum of the deviations of cluster c from the mean and w_c its share of the
// scores, CR0² = ΣS_c²/n², CR2² = ΣS_c²/(1−w_c)/n² and CR3² = ΣS_c²/(1−w_c)²/n². The degrees of
// freedom are (tr M)²/tr(M²) for M_cd = [n_c·1(c=d) − n_c n_d/n]/√((1−w_c)(1−w_d)) (Pustejovsky
// and Tipton 2018), expanded so that the cost is linear in the clusters.
func (s ClusterSums) Mean() ClusteredMean {
	var total, size float64
	var groups int
	for c, k := range s.Sizes {
		if k > 0 && c < len(s.Sums) {
			total += s.Sums[c]
			size += float64(k)
			groups++
		}
	}
	nan := math.NaN()
	m := ClusteredMean{N: int(size), Clusters: groups, Mean: total / size, CR0: nan, CR1: nan, CR2: nan, CR3: nan, DF: nan}
	if groups < 2 {
		return m
	}
	var v0, v2, v3, sizes2, u1, u2 float64
	for c, k := range s.Sizes {
		if k <= 0 || c >= len(s.Sums) {
			continue
		}
		nc := float64(k)
		dev := s.Sums[c] - nc*m.Mean
		rest := 1 - nc/size
		d2 := dev * dev
		v0 += d2
		v2 += d2 / rest
		v3 += d2 / (rest * rest)
		u := nc * nc / rest
		sizes2 += nc * nc
		u1 += u
		u2 += u * u
	}
	m.CR0 = math.Sqrt(v0) / size
	m.CR1 = m.CR0 * math.Sqrt(float64(groups)/float64(groups-1))
	m.CR2 = math.Sqrt(v2) / size
	m.CR3 = math.Sqrt(v3) / size
	m.DF = size * size / (sizes2 + (u1*u1-u2)/(size*size))
	return m
}

// Interval is mean ± t·CR2, with Satterthwaite's degrees of freedom. It may leave the range
// of the scores, and is NaN for a level outside 0 to 1.
func (m ClusteredMean) Interval(level float64) Interval {
	if !(level > 0 && level < 1) {
		return Interval{math.NaN(), math.NaN()}
	}
	half := twoSidedT(level, m.DF) * m.CR2
	return Interval{m.Mean - half, m.Mean + half}
}

// effectiveClusters is Kish's number of equal clusters worth as much as these:
// (Σn_c)²/Σn_c². It is the effective sample size where a cluster's scores are all alike.
func (s ClusterSums) effectiveClusters() float64 {
	var n, n2 float64
	for _, k := range s.Sizes {
		f := float64(max(k, 0))
		n += f
		n2 += f * f
	}
	return n * n / n2
}

// DesignEffect is Kish's 1 + (m−1)ρ: by how much clusters of size m with intraclass
// correlation ρ inflate the variance of a mean.
func DesignEffect(size, icc float64) float64 { return 1 + (size-1)*icc }
