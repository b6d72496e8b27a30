package main

import (
	"fmt"
	"math"
	"slices"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/results/stats"
	"github.com/sovereign-eval/haetae/safetyevals/refusal"
	"github.com/sovereign-eval/haetae/safetyevals/refusal/train"
)

// judged is one label beside what a classifier said.
type judged struct {
	cluster string
	is      int // class by label: refusal.Refused …
	said    int // class by the classifier
	decided bool
	p       float64
}

// binary maps a class to 1 (refused) or 0; any also counts mixtures as refused.
func binary(class int, any bool) bool {
	return class == refusal.Refused || any && class == refusal.Mixed
}

// classOf gives the class of a verdict.
func classOf(v harness.Verdict) int { return train.Class(v.Stance) }

// settled keeps the decided rows with a class of agreement: answers without a stance
// are scored apart.
func settled(js []judged) []judged {
	return slices.DeleteFunc(slices.Clone(js), func(j judged) bool { return !j.decided || j.is == refusal.Neither || j.said == refusal.Neither })
}

// kappa is Cohen's κ of refused against the rest with its interval over clusters.
func kappa(js []judged, any bool) string {
	clusters := byCluster(settled(js))
	if len(clusters) < 5 {
		return "n/a"
	}
	e := stats.Bootstrap{Method: stats.Percentile, Replicates: 2000, Seed: 7}.BootstrapStatistic(len(clusters), func(index []int32) float64 {
		var c [2][2]float64
		for _, i := range index {
			for _, j := range clusters[i] {
				c[bit(binary(j.is, any))][bit(binary(j.said, any))]++
			}
		}
		return cohen(c)
	}, .95)
	if math.IsNaN(e.Value) {
		return "n/a"
	}
	return fmt.Sprintf("%.2f (%.2f–%.2f)", e.Value, e.Lower, e.Upper)
}

// byCluster groups answers by their cluster, in the order of first appearance.
func byCluster(js []judged) [][]judged {
	at := map[string]int{}
	var out [][]judged
	for _, j := range js {
		k, ok := at[j.cluster]
		if !ok {
			k = len(out)
			at[j.cluster], out = k, append(out, nil)
		}
		out[k] = append(out[k], j)
	}
	return out
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

func cohen(c [2][2]float64) float64 {
	n := c[0][0] + c[0][1] + c[1][0] + c[1][1]
	po := (c[0][0] + c[1][1]) / n
	pe := ((c[0][0]+c[0][1])*(c[0][0]+c[1][0]) + (c[1][0]+c[1][1])*(c[0][1]+c[1][1])) / (n * n)
	if pe == 1 { // both gave one class to all: nothing to agree on by chance
		return 1
	}
	return (po - pe) / (1 - pe)
}

// three is κ of refused, partial and complied.
func three(js []judged) string {
	js = settled(js)
	var c [3][3]float64
	for _, j := range js {
		c[j.is][j.said]++
	}
	n, po, pe := float64(len(js)), 0.0, 0.0
	for k := range 3 {
		row, col := 0.0, 0.0
		for l := range 3 {
			row, col = row+c[k][l], col+c[l][k]
		}
		po, pe = po+c[k][k]/n, pe+row*col/(n*n)
	}
	if n == 0 || pe == 1 {
		return "n/a"
	}
	return fmt.Sprintf("%.2f", (po-pe)/(1-pe))
}

// share of the rows with a class that were decided.
func share(js []judged) string {
	n, d := 0, 0
	for _, j := range js {
		if j.is != refusal.Neither {
			n++
			d += bit(j.decided)
		}
	}
	if n == 0 {
		return "n/a"
	}
	return fmt.Sprintf("%.0f %%", 100*float64(d)/float64(n))
}

// wrong counts decided rows whose binary class differs.
func wrong(js []judged) (n, bad int) {
	for _, j := range settled(js) {
		n++
		bad += bit(binary(j.is, false) != binary(j.said, false))
	}
	return n, bad
}

// calibration measures the probabilities of decided rows against the labels.
func calibration(js []judged) [][]string {
	js = slices.DeleteFunc(slices.Clone(js), func(j judged) bool { return !j.decided || j.is == refusal.Neither })
	p, y := make([]float64, len(js)), make([]float64, len(js))
	clusters := make([]string, len(js))
	for i, j := range js {
		p[i], y[i], clusters[i] = j.p, float64(bit(binary(j.is, false))), j.cluster
	}
	c, err := stats.Calibration(p, y, 10, .95, 7)
	if err != nil {
		return [][]string{{"not measured: " + err.Error()}}
	}
	slope, lower, upper := slopeOf(p, y, clusters)
	verdict := "not calibrated"
	if lower <= 1 && 1 <= upper {
		verdict = "calibrated"
	}
	e, eLow, eHigh := spread(js, func(js []judged) float64 { return expected(js) })
	b, bLow, bHigh := spread(js, func(js []judged) float64 {
		sum := 0.0
		for _, j := range js {
			d := j.p - float64(bit(binary(j.is, false)))
			sum += d * d
		}
		return sum / float64(len(js))
	})
	return [][]string{{"measure", "value"},
		{"decided answers with a class", fmt.Sprint(len(js))},
		{"slope of logit(p), 95 % interval over clusters", fmt.Sprintf("%.2f (%.2f–%.2f): %s", slope, lower, upper, verdict)},
		{"Brier score", fmt.Sprintf("%.3f (%.3f–%.3f)", b, bLow, bHigh)},
		{"expected calibration error, 10 bins", fmt.Sprintf("%.3f (%.3f–%.3f); a calibrated score would show %.3f", e, eLow, eHigh, c.NullECE)},
		{"area under the ROC curve", fmt.Sprintf("%.3f", c.AUROC.Value)},
	}
}

// spread is a statistic with its bootstrap interval over clusters.
func spread(js []judged, stat func([]judged) float64) (value, lower, upper float64) {
	clusters := byCluster(js)
	e := stats.Bootstrap{Method: stats.Percentile, Replicates: 1000, Seed: 7}.BootstrapStatistic(len(clusters), func(index []int32) float64 {
		var part []judged
		for _, i := range index {
			part = append(part, clusters[i]...)
		}
		return stat(part)
	}, .95)
	return e.Value, e.Lower, e.Upper
}

// expected is the expected calibration error over ten bins of equal width.
func expected(js []judged) float64 {
	var n, p, y [10]float64
	for _, j := range js {
		b := min(int(10*j.p), 9)
		n[b]++
		p[b] += j.p
		y[b] += float64(bit(binary(j.is, false)))
	}
	e := 0.0
	for b := range n {
		e += math.Abs(p[b]-y[b]) / float64(len(js))
	}
	return e
}

// slopeOf is the slope of a logistic regression of the outcome on logit(p), by
// Newton's method, with an interval from the cluster-robust variance (Liang and
// Zeger 1986).
func slopeOf(p, y []float64, clusters []string) (slope, lower, upper float64) {
	x := make([]float64, len(p))
	for i := range p {
		q := math.Min(math.Max(p[i], 1e-4), 1-1e-4)
		x[i] = math.Log(q / (1 - q))
	}
	a, b := 0.0, 0.0
	var h [3]float64
	for range 50 {
		var ga, gb float64
		h = [3]float64{1e-9, 0, 1e-9}
		for i := range x {
			m := 1 / (1 + math.Exp(-a-b*x[i]))
			r, v := y[i]-m, m*(1-m)
			ga, gb = ga+r, gb+r*x[i]
			h[0], h[1], h[2] = h[0]+v, h[1]+v*x[i], h[2]+v*x[i]*x[i]
		}
		d := h[0]*h[2] - h[1]*h[1]
		a, b = a+(h[2]*ga-h[1]*gb)/d, b+(h[0]*gb-h[1]*ga)/d
	}
	score := map[string][2]float64{}
	for i := range x {
		r := y[i] - 1/(1+math.Exp(-a-b*x[i]))
		s := score[clusters[i]]
		score[clusters[i]] = [2]float64{s[0] + r, s[1] + r*x[i]}
	}
	d := h[0]*h[2] - h[1]*h[1]
	variance := 0.0
	for _, s := range score {
		u := (h[0]*s[1] - h[1]*s[0]) / d
		variance += u * u
	}
	se := math.Sqrt(variance)
	return b, b - 1.96*se, b + 1.96*se
}
