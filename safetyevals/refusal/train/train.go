// Package train fits the trained part of the outcome classifier on the corpus:
// a linear model of hashed n-grams, then a small network, fitted with gorgonia, that
// reads the dense features and what the linear model says of rows that it has not
// seen. Equal seeds and rows give equal bytes at any GOMAXPROCS.
//
//	w, err := train.Fit(train.Examples(corpus.Rows()), train.Seed)
//	os.WriteFile("weights.bin", w.Encode(), 0o644)
//
// The shipped program does not contain this package: inference is plain Go.
package train

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/safetyevals/refusal"
	"github.com/sovereign-eval/haetae/safetyevals/refusal/corpus"
)

// Seed of the shipped weights.
const Seed = 11

// Example is a row with its features.
type Example struct {
	corpus.Row
	Vector refusal.Vector
	Class  int // refusal.Refused …
}

// Examples computes the features of rows.
func Examples(rows []corpus.Row) []Example {
	out := make([]Example, len(rows))
	for i, r := range rows {
		out[i] = Example{Row: r, Class: Class(r.Stance),
			Vector: refusal.Features(refusal.Input{Prompt: r.Prompt, Response: r.Response, Lang: r.Lang, Finish: harness.FinishStop})}
	}
	return out
}

// Class gives the class of a stance.
func Class(s harness.Stance) int {
	switch s {
	case harness.Refuse, harness.Redirect:
		return refusal.Refused
	case harness.Partial:
		return refusal.Mixed
	case harness.Comply:
		return refusal.Complied
	}
	return refusal.Neither
}

// weight of an example: the classes count alike in sum, mixtures less.
func weights(xs []Example) []float64 {
	var n [refusal.Outputs]float64
	for _, x := range xs {
		n[x.Class]++
	}
	out := make([]float64, len(xs))
	for i, x := range xs {
		out[i] = float64(len(xs)) / (refusal.Outputs * n[x.Class])
		if x.Class == refusal.Mixed {
			out[i] *= .5
		}
	}
	return out
}

// Fit trains the weights on examples of at least two sources.
func Fit(xs []Example, seed uint64) (*refusal.Weights, error) {
	w := &refusal.Weights{}
	weight := weights(xs)
	logits := heldOut(xs, weight, seed)
	w.Grams, w.Bias = fitGrams(xs, weight, seed)
	in := make([][]float64, len(xs))
	for i, x := range xs {
		in[i] = append(append(make([]float64, 0, len(x.Vector.Dense)+refusal.Outputs), x.Vector.Dense...), logits[i][:]...)
	}
	w.Mean, w.Scale = moments(in)
	for i := range xs {
		for j := range in[i] {
			in[i][j] = math.Max(-3, math.Min(3, (in[i][j]-float64(w.Mean[j]))*float64(w.Scale[j])))
		}
	}
	var err error
	if w.Hidden, w.Output, err = fitNetwork(in, xs, weight, seed); err != nil {
		return nil, fmt.Errorf("fit the network: %w", err)
	}
	return w, nil
}

// heldOut gives for each example what a linear model says that was fitted without
// its source: the network must not learn to trust n-grams more than they deserve.
func heldOut(xs []Example, weight []float64, seed uint64) [][refusal.Outputs]float64 {
	var sources []string
	for _, x := range xs {
		if !slices.Contains(sources, x.Source) {
			sources = append(sources, x.Source)
		}
	}
	const folds = 4
	out := make([][refusal.Outputs]float64, len(xs))
	for f := range min(folds, len(sources)) {
		var part []Example
		var pw []float64
		for i, x := range xs {
			if slices.Index(sources, x.Source)%folds != f {
				part, pw = append(part, x), append(pw, weight[i])
			}
		}
		var m refusal.Weights
		m.Grams, m.Bias = fitGrams(part, pw, seed)
		for i, x := range xs {
			if slices.Index(sources, x.Source)%folds == f {
				out[i] = m.GramLogits(x.Vector.Sparse)
			}
		}
	}
	return out
}

const (
	gramEpochs = 12
	gramRate   = 2.0
	gramDecay  = 1e-4
)

// fitGrams fits a multinomial logistic model of the n-grams by stochastic gradient
// descent with a falling rate and L2 decay.
func fitGrams(xs []Example, weight []float64, seed uint64) (grams, bias []float32) {
	rng := rand.New(rand.NewPCG(seed, 1))
	g := make([]float64, refusal.Buckets*refusal.Outputs)
	var b [refusal.Outputs]float64
	for epoch := range gramEpochs {
		rate := gramRate / (1 + .5*float64(epoch))
		for _, i := range rng.Perm(len(xs)) {
			s := xs[i].Vector.Sparse
			norm := 1 / math.Sqrt(float64(max(len(s), 1)))
			z := b
			for _, f := range s {
				at := int(f&(refusal.Buckets-1)) * refusal.Outputs
				sign := norm * (1 - 2*float64(f>>31))
				for k := range z {
					z[k] += sign * g[at+k]
				}
			}
			refusal.Softmax(&z)
			z[xs[i].Class]--
			for k := range z {
				z[k] *= rate * weight[i]
				b[k] -= z[k] * .1
			}
			for _, f := range s {
				at := int(f&(refusal.Buckets-1)) * refusal.Outputs
				sign := norm * (1 - 2*float64(f>>31))
				for k := range z {
					g[at+k] -= sign*z[k] + rate*gramDecay*g[at+k]
				}
			}
		}
	}
	return narrow(g), narrow(b[:])
}

func narrow(v []float64) []float32 {
	out := make([]float32, len(v))
	for i, x := range v {
		out[i] = float32(x)
	}
	return out
}

// moments gives mean and inverse deviation of each input; one that never varies
// has the scale 0.
func moments(in [][]float64) (mean, scale []float32) {
	n := float64(len(in))
	for j := range in[0] {
		var sum, squares float64
		for i := range in {
			sum += in[i][j]
		}
		for i := range in {
			squares += (in[i][j] - sum/n) * (in[i][j] - sum/n)
		}
		s := 0.0
		if d := math.Sqrt(squares / n); d > 1e-6 {
			s = 1 / d
		}
		mean, scale = append(mean, float32(sum/n)), append(scale, float32(s))
	}
	return mean, scale
}
