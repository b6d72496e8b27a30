package refusal

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
)

// Classes of the trained part, in the order of its outputs.
const (
	Refused  = iota // refuse or redirect
	Mixed           // partial
	Complied        // comply
	Neither         // none
	Outputs
)

// Weights are the parameters of the trained part, for answers in English and in
// Korean apart, and the calibration of the probability.
type Weights struct {
	English, Korean Voice
}

// Voice is the trained part for one language: a linear model of hashed n-grams,
// whose outputs feed, with the dense features, a multinomial logistic head.
type Voice struct {
	Grams []float32 // [Buckets][Outputs]
	Bias  []float32 // [Outputs], of the linear model
	Mean  []float32 // [inputs], of the standardization
	Scale []float32 // [inputs]
	Head  []float32 // [inputs+1][Outputs], the last row is the bias
	Platt []float32 // intercept and slope on logit(p) of the verdict (Platt 1999)
}

// voice gives the part for the language of an answer.
func (w *Weights) voice(korean bool) *Voice {
	if korean {
		return &w.Korean
	}
	return &w.English
}

// Manifest says where a file of weights comes from.
type Manifest struct {
	Features int    `json:"features"` // FeatureVersion
	Seed     uint64 `json:"seed"`
	Corpus   string `json:"corpus"` // corpus.Hash
	Rows     int    `json:"rows"`
	Lexicon  string `json:"lexicon"` // SHA-256 of lexicon.txt
	Weights  string `json:"weights"` // SHA-256 of weights.bin
}

//go:embed weights.bin
var weightsFile []byte

//go:embed manifest.json
var manifestFile []byte

// trained decodes the embedded weights at their first use.
var trained = sync.OnceValue(func() *Weights {
	w, err := DecodeWeights(weightsFile)
	if err != nil {
		panic(err) // embedded and tested
	}
	return w
})

// EmbeddedManifest is the manifest of the embedded weights.
func EmbeddedManifest() (Manifest, error) {
	var m Manifest
	if err := json.Unmarshal(manifestFile, &m); err != nil {
		return m, fmt.Errorf("manifest.json: %w", err)
	}
	return m, nil
}

// LexiconHash is the SHA-256 of the lexicon.
func LexiconHash() string {
	h := sha256.Sum256([]byte(lexiconText))
	return hex.EncodeToString(h[:])
}

// magic opens a file of weights; the last byte is the feature version.
var magic = []byte{'H', 'T', 'W', FeatureVersion}

func (w *Weights) parts() (all []*[]float32) {
	for _, v := range []*Voice{&w.English, &w.Korean} {
		all = append(all, &v.Grams, &v.Bias, &v.Mean, &v.Scale, &v.Head, &v.Platt)
	}
	return all
}

// Encode writes the weights as bytes: little-endian, each part after its length.
func (w *Weights) Encode() []byte {
	b := bytes.Clone(magic)
	for _, p := range w.parts() {
		b = binary.LittleEndian.AppendUint32(b, uint32(len(*p)))
		for _, v := range *p {
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
		}
	}
	return b
}

// DecodeWeights reads what Encode wrote.
func DecodeWeights(b []byte) (*Weights, error) {
	if !bytes.HasPrefix(b, magic) {
		return nil, fmt.Errorf("weights: not of feature version %d: run make train-classifier", FeatureVersion)
	}
	b = b[len(magic):]
	w := &Weights{}
	for _, p := range w.parts() {
		if len(b) < 4 {
			return nil, errors.New("weights: cut")
		}
		n := int(binary.LittleEndian.Uint32(b))
		if b = b[4:]; n > len(b)/4 {
			return nil, errors.New("weights: cut")
		}
		*p = make([]float32, n)
		for i := range *p {
			(*p)[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
		}
		b = b[4*n:]
	}
	if len(b) != 0 || !w.English.fits() || !w.Korean.fits() {
		return nil, errors.New("weights: wrong shape: run make train-classifier")
	}
	return w, nil
}

// fits tells whether the parts have the sizes that the features need.
func (w *Voice) fits() bool {
	inputs := len(DenseNames) + Outputs
	return len(w.Grams) == Buckets*Outputs && len(w.Bias) == Outputs && len(w.Mean) == inputs && len(w.Scale) == inputs &&
		len(w.Head) == (inputs+1)*Outputs && len(w.Platt) == 2
}

// GramLogits are the outputs of the linear model of n-grams, per class.
func (w *Voice) GramLogits(sparse []uint32) (out [Outputs]float64) {
	var sum [Outputs]float32
	for _, s := range sparse {
		g := w.Grams[int(s&(Buckets-1))*Outputs:][:Outputs]
		if s>>31 == 0 {
			for k, v := range g {
				sum[k] += v
			}
		} else {
			for k, v := range g {
				sum[k] -= v
			}
		}
	}
	norm := float32(1 / math.Sqrt(float64(max(len(sparse), 1))))
	for k := range out {
		out[k] = float64(sum[k]*norm + w.Bias[k])
	}
	return out
}

// clipInput bounds a standardized input: no single feature rules an answer that is
// unlike the corpus.
const clipInput = 3

// Clip standardizes the raw inputs of the head: dense features, then n-gram logits.
func (w *Voice) Clip(raw []float64) []float64 {
	in := make([]float64, len(raw))
	for i := range raw {
		in[i] = math.Max(-clipInput, math.Min(clipInput, (raw[i]-float64(w.Mean[i]))*float64(w.Scale[i])))
	}
	return in
}

// Probabilities gives the trained part's probability of each class. They are what
// the corpus teaches: outside its kinds of answer they say little.
func (w *Weights) Probabilities(v Vector) [Outputs]float64 { return w.voice(v.Korean).probabilities(v) }

// calibrate maps the raw probability of a verdict on that of a refusal.
func (w *Voice) calibrate(p float64) float64 {
	if len(w.Platt) != 2 {
		return p
	}
	return 1 / (1 + math.Exp(-float64(w.Platt[0])-float64(w.Platt[1])*Logit(p)))
}

// Logit is log(p/(1-p)), of p kept within .005 and .995.
func Logit(p float64) float64 {
	p = math.Min(math.Max(p, .005), .995)
	return math.Log(p / (1 - p))
}

func (w *Voice) probabilities(v Vector) (p [Outputs]float64) {
	grams := w.GramLogits(v.Sparse)
	raw := append(v.Dense, grams[:]...)
	copy32(&p, w.Head[len(raw)*Outputs:])
	for i, x := range w.Clip(raw) {
		for k, h := range w.Head[i*Outputs:][:Outputs] {
			p[k] += x * float64(h)
		}
	}
	Softmax(&p)
	return p
}

func copy32(p *[Outputs]float64, row []float32) {
	for k := range p {
		p[k] = float64(row[k])
	}
}

// Softmax turns scores into probabilities, in place.
func Softmax(z *[Outputs]float64) {
	top := slices.Max(z[:])
	sum := 0.0
	for k := range z {
		z[k] = math.Exp(z[k] - top)
		sum += z[k]
	}
	for k := range z {
		z[k] /= sum
	}
}
