package stats

import (
	"fmt"
	"math"
	"math/bits"
	"math/rand/v2"
	"regexp"
)

// Every random number of this package is a function of (seed, stream, replicate): stream
// names the use ("bootstrap", "sign flip", …), replicate the resample. Workers that share
// the replicates among them in any way therefore draw the same numbers.

// Streams of random numbers, one for each use.
const (
	streamBootstrap uint64 = iota + 1
	streamPermutation
	streamSignFlip
	streamSimulation
	streamRanks
)

// mix64 is the output function of SplitMix64 (Steele, Lea and Flood 2014): a bijection that
// spreads close inputs over all 64 bits.
func mix64(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

const goldenGamma = 0x9e3779b97f4a7c15

// splitMix is the SplitMix64 generator; its state may be any number.
type splitMix struct{ state uint64 }

func (s *splitMix) Uint64() uint64 {
	s.state += goldenGamma
	return mix64(s.state)
}

// wyrand is Wang Yi's generator (2020): one multiplication a word, state any number. It
// implements rand.Source; kernels copy its two lines, since an interface call costs more
// than the draw.
type wyrand struct{ state uint64 }

const (
	wyIncrement = 0xa0761d6478bd642f
	wyMask      = 0xe7037ed1a0b428db
)

func (w *wyrand) Uint64() uint64 {
	w.state += wyIncrement
	hi, lo := bits.Mul64(w.state, w.state^wyMask)
	return hi ^ lo
}

// streamState is the starting state of the generator of one replicate.
func streamState(seed, stream, replicate uint64) uint64 {
	return mix64(mix64(mix64(seed+goldenGamma)^stream*goldenGamma) + replicate*goldenGamma)
}

// newStream is the generator of one replicate.
func newStream(seed, stream, replicate uint64) wyrand {
	return wyrand{state: streamState(seed, stream, replicate)}
}

// float64 is uniform on [0, 1) with 53 bits.
func (w *wyrand) float64() float64 { return float64(w.Uint64()>>11) * 0x1p-53 }

// intn is uniform on 0..n−1 without bias (Lemire 2019), for 0 < n < 2^32.
func (w *wyrand) intn(n uint32) uint32 {
	for {
		prod := uint64(uint32(w.Uint64()>>32)) * uint64(n)
		if uint32(prod) >= n || uint32(prod) >= -n%n {
			return uint32(prod >> 32)
		}
	}
}

// normal is standard normal, by inversion: one word a number, so that the count of draws
// never depends on their values.
func (w *wyrand) normal() float64 {
	return NormalQuantile((float64(w.Uint64()>>12) + 0.5) * 0x1p-52)
}

// philox4x64 is one block of Philox4x64-10 (Salmon, Moraes, Dror and Shaw 2011): a pure
// function of key and counter.
func philox4x64(key [2]uint64, ctr [4]uint64) [4]uint64 {
	const (
		m0, m1 = 0xd2e7470ee14c6c93, 0xca5a826395121157
		w0, w1 = 0x9e3779b97f4a7c15, 0xbb67ae8584caa73b
	)
	for range 10 {
		hi0, lo0 := bits.Mul64(m0, ctr[0])
		hi1, lo1 := bits.Mul64(m1, ctr[2])
		ctr = [4]uint64{hi1 ^ ctr[1] ^ key[0], lo1, hi0 ^ ctr[3] ^ key[1], lo0}
		key[0] += w0
		key[1] += w1
	}
	return ctr
}

// rngCases are the reference vectors of the generators.
func rngCases() map[string]caseFunc {
	return map[string]caseFunc{
		"rng_splitmix64": splitmixCase,
		"rng_pcg":        pcgCase,
		"rng_chacha8":    chachaCase,
		"rng_philox":     philoxCase,
	}
}

const vectorLength = 5

func splitmixCase(in args) (output, error) {
	s := splitMix{state: in.uint64("seed")}
	words := make([]any, vectorLength)
	for i := range words {
		words[i] = fmt.Sprint(s.Uint64())
	}
	return output{"uint64": words}, nil
}

var pcgCall = regexp.MustCompile(`NewPCG\(\s*(\w+)\s*,\s*(\w+)\s*\)`)

func pcgCase(in args) (output, error) {
	m := pcgCall.FindStringSubmatch(in.str("constructor"))
	if m == nil {
		return nil, fmt.Errorf("constructor %q: want rand.NewPCG(SEED1,SEED2)", in.str("constructor"))
	}
	s1, s2 := toUint64("first seed", m[1]), toUint64("second seed", m[2])
	words, ints, floats := make([]any, vectorLength), make([]any, vectorLength), make([]float64, vectorLength)
	src, byInt, byFloat := rand.NewPCG(s1, s2), rand.New(rand.NewPCG(s1, s2)), rand.New(rand.NewPCG(s1, s2))
	for i := range words {
		words[i] = hex64(src.Uint64())
		ints[i] = byInt.IntN(1000)
		floats[i] = byFloat.Float64()
	}
	return output{"uint64": words, "intn1000": ints, "float64": floats}, nil
}

func chachaCase(in args) (output, error) {
	text := in.str("seed_ascii")
	if len(text) != 32 {
		return nil, fmt.Errorf("seed_ascii has %d bytes: want 32", len(text))
	}
	src := rand.NewChaCha8([32]byte([]byte(text)))
	words := make([]any, vectorLength)
	for i := range words {
		words[i] = hex64(src.Uint64())
	}
	return output{"uint64": words}, nil
}

func philoxCase(in args) (output, error) {
	keys, counters := in.list("key"), in.list("counter")
	if len(keys) != 2 || len(counters) != 4 {
		return nil, fmt.Errorf("key has %d words and counter %d: want 2 and 4", len(keys), len(counters))
	}
	var key [2]uint64
	var ctr [4]uint64
	for i := range key {
		key[i] = toUint64(index("key", i), keys[i])
	}
	for i := range ctr {
		ctr[i] = toUint64(index("counter", i), counters[i])
	}
	words, hexes := make([]any, 4), make([]any, 4)
	for i, w := range philox4x64(key, ctr) {
		words[i], hexes[i] = fmt.Sprint(w), hex64(w)
	}
	return output{"uint64": words, "hex": hexes}, nil
}

func hex64(w uint64) string { return fmt.Sprintf("0x%016x", w) }

var _ rand.Source = (*wyrand)(nil)

// maxExactInt is the largest whole number below which every float64 is exact.
const maxExactInt = 1 << 53

// roundInt is x as an int, within the exact range.
func roundInt(x float64) int {
	return int(math.Round(max(-maxExactInt, min(maxExactInt, x))))
}
