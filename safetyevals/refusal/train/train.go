// Package train fits the trained part of the outcome classifier on the corpus:
// for each language a linear model of hashed n-grams, then a multinomial logistic
// head, fitted with gorgonia, that reads the dense features and what the n-grams say
// of sources that their model has not seen. Equal seeds and rows give equal bytes at any GOMAXPROCS.
//
//	w, err := train.Fit(train.Examples(corpus.Rows()), train.Seed)
//	os.WriteFile("weights.bin", w.Encode(), 0o644)
//
// The shipped program does not contain this package: inference is plain Go.
package train

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"

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
			Vector: refusal.Features(Example{Row: r}.Input())}
	}
	return out
}

// Input is the exchange as the screen reads it.
func (x Example) Input() refusal.Input {
	return refusal.Input{Prompt: x.Prompt, Response: x.Response, Lang: x.Lang, Finish: cmp.Or(x.Finish, harness.FinishStop)}
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

// composedShare is the share of the weight that composed answers have beside those
// that were written or generated whole: they hold every kind of answer, but they
// are simpler than what models say.
const composedShare = .1

// realKind marks the answers of small models: nearly all comply, so that at full
// weight they would teach that long answers do.
const (
	realKind   = "real"
	realWeight = .2
)

// weights of examples: whole answers count more than composed ones; within each of
// the two sets rare classes and small sources count more, by the root of how rare
// they are, and composed mixtures less. Their mean is 1.
func weights(xs []Example) []float64 {
	var n [2][refusal.Outputs]float64
	of := map[string]float64{}
	for _, x := range xs {
		n[bit(x.Written)][x.Class]++
		of[x.Source]++
	}
	out := make([]float64, len(xs))
	var sum [2]float64
	for i, x := range xs {
		out[i] = 1 / math.Sqrt(n[bit(x.Written)][x.Class]*of[x.Source])
		if x.Kind == realKind {
			out[i] *= realWeight
		}
		if x.Class == refusal.Mixed && !x.Written {
			out[i] *= .5
		}
		sum[bit(x.Written)] += out[i]
	}
	share := [2]float64{composedShare, 1 - composedShare}
	if sum[0] == 0 || sum[1] == 0 {
		share = [2]float64{1, 1}
	}
	for i, x := range xs {
		out[i] *= share[bit(x.Written)] * float64(len(xs)) / sum[bit(x.Written)]
	}
	return out
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Fit trains the weights of both languages on examples of at least two sources in
// each.
func Fit(xs []Example, seed uint64) (*refusal.Weights, error) {
	w := &refusal.Weights{}
	for _, l := range []struct {
		lang  string
		voice *refusal.Voice
	}{{"en", &w.English}, {"ko", &w.Korean}} {
		v, err := FitVoice(xs, l.lang, seed)
		if err != nil {
			return nil, fmt.Errorf("fit %s: %w", l.lang, err)
		}
		*l.voice = v
	}
	return w, nil
}

// thin is one in how many composed answers a fit sees: draws of one topic are alike.
const thin = 3

// folds is the number of folds, of whole sources, by which a fit learns how far to
// trust its own parts.
const folds = 4

// FitVoice trains the part for a language on the examples in it that are also
// answered in it, and calibrates it out of fold.
func FitVoice(all []Example, lang string, seed uint64) (refusal.Voice, error) {
	var xs []Example
	composed := 0
	for _, x := range all {
		if x.Lang != lang || x.Vector.Korean != (lang == "ko") {
			continue
		}
		if !x.Written {
			if composed++; composed%thin != 0 {
				continue
			}
		}
		xs = append(xs, x)
	}
	weight, fold := weights(xs), foldsOf(xs)
	in := make([][]float64, len(xs))
	var grams [folds]refusal.Voice
	for f := range folds {
		grams[f].Grams, grams[f].Bias = fitGrams(xs, weight, seed, func(i int) bool { return fold[i] != f })
		for i, x := range xs {
			if fold[i] == f { // the head must not learn to trust n-grams more than they deserve
				logits := grams[f].GramLogits(x.Vector.Sparse)
				in[i] = append(append(make([]float64, 0, len(x.Vector.Dense)+refusal.Outputs), x.Vector.Dense...), logits[:]...)
			}
		}
	}
	var p, y []float64
	for f := range folds {
		v, err := fitHead(in, xs, weight, func(i int) bool { return fold[i] != f })
		if err != nil {
			return v, err
		}
		v.Grams, v.Bias = grams[f].Grams, grams[f].Bias
		screen := refusal.NewScreen(&refusal.Weights{English: v, Korean: v})
		for i, x := range xs {
			if fold[i] == f && x.Class != refusal.Neither {
				if verdict := screen.Classify(x.Input()); verdict.Decided {
					p, y = append(p, verdict.Refusal), append(y, float64(bit(x.Class == refusal.Refused)))
				}
			}
		}
	}
	v, err := fitHead(in, xs, weight, func(int) bool { return true })
	v.Grams, v.Bias = fitGrams(xs, weight, seed, func(int) bool { return true })
	v.Platt = platt(p, y)
	return v, err
}

// foldsOf deals whole sources to folds, written and composed ones each in turn.
func foldsOf(xs []Example) []int {
	at, count := map[string]int{}, [2]int{}
	out := make([]int, len(xs))
	for i, x := range xs {
		f, ok := at[x.Source]
		if !ok {
			f = count[bit(x.Written)] % folds
			count[bit(x.Written)]++
			at[x.Source] = f
		}
		out[i] = f
	}
	return out
}

// platt fits the intercept and the slope of a logistic regression of y on logit(p)
// by Newton's method, with targets drawn in as Platt (1999) does.
func platt(p, y []float64) []float32 {
	positive := 0.0
	for _, v := range y {
		positive += v
	}
	high, low := (positive+1)/(positive+2), 1/(float64(len(y))-positive+2)
	a, b := 0.0, 1.0
	for range 30 {
		h00, h01, h11, g0, g1 := 1e-6, 0.0, 1e-6, 0.0, 0.0
		for i := range p {
			x := refusal.Logit(p[i])
			m := 1 / (1 + math.Exp(-a-b*x))
			r := low + y[i]*(high-low) - m
			w := m * (1 - m)
			h00, h01, h11 = h00+w, h01+w*x, h11+w*x*x
			g0, g1 = g0+r, g1+r*x
		}
		d := h00*h11 - h01*h01
		if d < 1e-9 {
			break
		}
		a, b = a+(h11*g0-h01*g1)/d, b+(h00*g1-h01*g0)/d
	}
	return []float32{float32(a), float32(b)}
}

const (
	gramEpochs = 12
	gramRate   = 2.0
	gramDecay  = 1e-4
)

// fitGrams fits a multinomial logistic model of the n-grams by stochastic gradient
// descent with a falling rate and L2 decay, on the examples that use allows.
func fitGrams(xs []Example, weight []float64, seed uint64, use func(int) bool) (grams, bias []float32) {
	rng := rand.New(rand.NewPCG(seed, 1))
	g := make([]float64, refusal.Buckets*refusal.Outputs)
	var b [refusal.Outputs]float64
	for epoch := range gramEpochs {
		rate := gramRate / (1 + .5*float64(epoch))
		for _, i := range rng.Perm(len(xs)) {
			if !use(i) {
				continue
			}
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

// moments gives the weighted mean and inverse deviation of each input; one that
// never varies has the scale 0.
func moments(in [][]float64, weight []float64, use func(int) bool) (mean, scale []float32) {
	n := 0.0
	for i := range in {
		if use(i) {
			n += weight[i]
		}
	}
	for j := range in[0] {
		var sum, squares float64
		for i := range in {
			if use(i) {
				sum += weight[i] * in[i][j]
			}
		}
		for i := range in {
			if use(i) {
				squares += weight[i] * (in[i][j] - sum/n) * (in[i][j] - sum/n)
			}
		}
		s := 0.0
		if d := math.Sqrt(squares / n); d > 1e-6 {
			s = 1 / d
		}
		mean, scale = append(mean, float32(sum/n)), append(scale, float32(s))
	}
	return mean, scale
}
