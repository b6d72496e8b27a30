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

// Weights are the parameters of the trained part: a linear model of hashed n-grams,
// whose outputs feed, with the dense features, a network of one hidden layer.
type Weights struct {
	Grams  []float32 // [Buckets][Outputs]
	Bias   []float32 // [Outputs], of the linear model
	Mean   []float32 // [inputs], of the standardization
	Scale  []float32 // [inputs]
	Hidden []float32 // [inputs+1][units], the last row is the bias
	Output []float32 // [units+1][Outputs]
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

func (w *Weights) parts() []*[]float32 {
	return []*[]float32{&w.Grams, &w.Bias, &w.Mean, &w.Scale, &w.Hidden, &w.Output}
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
	inputs := len(DenseNames) + Outputs
	if len(w.Grams) != Buckets*Outputs || len(w.Bias) != Outputs || len(w.Mean) != inputs || len(w.Scale) != inputs ||
		len(w.Hidden)%(inputs+1) != 0 || len(w.Output) != (w.units()+1)*Outputs || len(b) != 0 {
		return nil, errors.New("weights: wrong shape: run make train-classifier")
	}
	return w, nil
}

func (w *Weights) units() int { return len(w.Hidden) / (len(DenseNames) + Outputs + 1) }

// GramLogits are the outputs of the linear model of n-grams, per class.
func (w *Weights) GramLogits(sparse []uint32) (out [Outputs]float64) {
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

// Standardize gives the inputs of the network.
func (w *Weights) Standardize(v Vector) []float64 {
	in := append(make([]float64, 0, len(w.Mean)), v.Dense...)
	for _, g := range w.GramLogits(v.Sparse) {
		in = append(in, g)
	}
	for i := range in {
		in[i] = math.Max(-clipInput, math.Min(clipInput, (in[i]-float64(w.Mean[i]))*float64(w.Scale[i])))
	}
	return in
}

// Probabilities gives the trained part's probability of each class. They are what
// the corpus teaches: outside its kinds of answer they say little.
func (w *Weights) Probabilities(v Vector) (p [Outputs]float64) {
	in, units := w.Standardize(v), w.units()
	hidden := make([]float64, units)
	for j := range hidden {
		hidden[j] = float64(w.Hidden[len(in)*units+j])
	}
	for i, x := range in {
		row := w.Hidden[i*units:][:units]
		for j := range hidden {
			hidden[j] += x * float64(row[j])
		}
	}
	for k := range p {
		p[k] = float64(w.Output[units*Outputs+k])
		for j, h := range hidden {
			if h > 0 {
				p[k] += h * float64(w.Output[j*Outputs+k])
			}
		}
	}
	Softmax(&p)
	return p
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
