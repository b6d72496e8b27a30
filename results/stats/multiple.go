package stats

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// Correction is a method of adjusting p-values for multiple comparisons.
type Correction string

// The corrections that AdjustP knows. Holm holds under any dependence and is the default of
// this package; BH controls the false discovery rate and is for exploration.
const (
	Bonferroni Correction = "bonferroni"
	Sidak      Correction = "sidak"
	Holm       Correction = "holm"
	Hochberg   Correction = "hochberg"
	Hommel     Correction = "hommel"
	BH         Correction = "bh" // Benjamini and Hochberg (1995)
	BY         Correction = "by" // Benjamini and Yekutieli (2001): BH under any dependence
)

// AdjustP returns p-values adjusted for their number, in the order of p: each is the smallest
// family-wise error (or false discovery) rate at which its hypothesis is rejected. It is an
// error where a p-value is not in [0, 1] or the correction is unknown. Hommel costs O(n²), the
// others O(n log n). (Holm 1979; Hochberg 1988; Hommel 1988; formulas as in R's p.adjust.)
func AdjustP(p []float64, by Correction) ([]float64, error) {
	for i, v := range p {
		if !(v >= 0 && v <= 1) {
			return nil, fmt.Errorf("adjust p[%d] = %v: not in [0, 1]", i, v)
		}
	}
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return compareFloat(p[i], p[j]) })
	sorted := make([]float64, len(p))
	for r, i := range order {
		sorted[r] = p[i]
	}
	adjusted, err := adjustSorted(sorted, by)
	if err != nil {
		return nil, err
	}
	out := make([]float64, len(p))
	for r, i := range order {
		out[i] = min(1, adjusted[r])
	}
	return out, nil
}

// adjustSorted adjusts ascending p-values.
func adjustSorted(p []float64, by Correction) ([]float64, error) {
	n := float64(len(p))
	switch by {
	case Bonferroni:
		return scaled(p, func(int, float64) float64 { return n }), nil
	case Sidak:
		out := make([]float64, len(p))
		for i, v := range p {
			out[i] = -math.Expm1(n * math.Log1p(-v))
		}
		return out, nil
	case Holm:
		return runningMax(scaled(p, func(_ int, rank float64) float64 { return n - rank + 1 })), nil
	case Hochberg:
		return runningMin(scaled(p, func(_ int, rank float64) float64 { return n - rank + 1 })), nil
	case BH:
		return runningMin(scaled(p, func(_ int, rank float64) float64 { return n / rank })), nil
	case BY:
		var harmonic float64
		for i := range p {
			harmonic += 1 / float64(i+1)
		}
		return runningMin(scaled(p, func(_ int, rank float64) float64 { return n / rank * harmonic })), nil
	case Hommel:
		return hommel(p), nil
	}
	return nil, fmt.Errorf("adjust p: unknown correction %q: want bonferroni, sidak, holm, hochberg, hommel, bh or by", by)
}

func scaled(p []float64, factor func(i int, rank float64) float64) []float64 {
	out := make([]float64, len(p))
	for i, v := range p {
		out[i] = v * factor(i, float64(i+1))
	}
	return out
}

func runningMax(p []float64) []float64 {
	for i := 1; i < len(p); i++ {
		p[i] = max(p[i], p[i-1])
	}
	return p
}

func runningMin(p []float64) []float64 {
	for i := len(p) - 2; i >= 0; i-- {
		p[i] = min(p[i], p[i+1])
	}
	return p
}

// hommel is the closed test with Simes' inequality, for ascending p (Wright 1992).
func hommel(p []float64) []float64 {
	n := len(p)
	if n == 0 {
		return nil
	}
	simes := math.Inf(1)
	for i, v := range p {
		simes = min(simes, float64(n)*v/float64(i+1))
	}
	out := make([]float64, n)
	for i := range out {
		out[i] = max(simes, p[i])
	}
	for m := n - 1; m >= 2; m-- {
		fm := float64(m)
		high := math.Inf(1) // the m−1 largest
		for j := 2; j <= m; j++ {
			high = min(high, fm*p[n-m+j-1]/float64(j))
		}
		for i := range p {
			q := high
			if i <= n-m {
				q = min(fm*p[i], high)
			} else {
				q = min(fm*p[n-m], high)
			}
			out[i] = max(out[i], q)
		}
	}
	return out
}

// parseCorrection reads a name as people write it.
func parseCorrection(name string) Correction {
	switch s := strings.ToLower(strings.NewReplacer("_", "", "-", "", " ", "").Replace(name)); s {
	case "bh", "fdr", "fdrbh", "benjaminihochberg":
		return BH
	case "by", "fdrby", "benjaminiyekutieli":
		return BY
	case "simeshochberg":
		return Hochberg
	case "šidák":
		return Sidak
	default:
		return Correction(s)
	}
}

// combinedP holds three combinations of independent p-values into one.
type combinedP struct {
	FisherStat, Fisher, StoufferZ, Stouffer, Cauchy float64
}

// combineP combines p-values: Fisher's −2Σln p, Stouffer's ΣΦ⁻¹(1−p)/√k, and the Cauchy
// combination (Liu and Xie 2020), which tolerates dependence.
func combineP(p []float64) combinedP {
	k := float64(len(p))
	var c combinedP
	var cauchy float64
	for _, v := range p {
		c.FisherStat -= 2 * math.Log(v)
		c.StoufferZ -= NormalQuantile(v)
		if v < 1e-15 {
			cauchy += 1 / (v * math.Pi)
		} else {
			cauchy += math.Tan((0.5 - v) * math.Pi)
		}
	}
	c.Fisher = chi2Tail(c.FisherStat, 2*k)
	c.StoufferZ /= math.Sqrt(k)
	c.Stouffer = normalSurvival(c.StoufferZ)
	c.Cauchy = math.Atan2(1, cauchy/k) / math.Pi // the Cauchy tail, without 1 − atan
	return c
}
