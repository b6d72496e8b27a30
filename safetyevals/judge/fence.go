package judge

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/sovereign-eval/haetae/harness"
)

// fence returns a mark that stands around quoted text: the same for a case, a
// protocol and a seed, and not to be foretold by who wrote the text. It never
// occurs in the texts that it fences.
func fence(seed int64, key, protocol harness.Hash, texts ...string) string {
	for n := byte(0); ; n++ {
		h := draw("fence", seed, key, protocol, n)
		f := "quote-" + hex.EncodeToString(h[:8])
		if !strings.Contains(strings.Join(texts, "\x00"), f) {
			return f
		}
	}
}

// shuffled returns the choices in the order that the case gets.
func shuffled(choices []Choice, seed int64, key, protocol harness.Hash) []Choice {
	h := draw("order", seed, key, protocol, 0)
	r := rand.New(rand.NewPCG(binary.BigEndian.Uint64(h[:8]), binary.BigEndian.Uint64(h[8:16])))
	out := append([]Choice(nil), choices...)
	r.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}

// Order returns the order in which n cases are judged: a permutation decided by
// the seed and the judge, so that no model's answers stand together.
func Order(n int, seed int64, judge harness.Hash) []int {
	h := draw("cases", seed, judge, harness.Hash{}, 0)
	return rand.New(rand.NewPCG(binary.BigEndian.Uint64(h[:8]), binary.BigEndian.Uint64(h[8:16]))).Perm(n)
}

func draw(what string, seed int64, key, protocol harness.Hash, n byte) [sha256.Size]byte {
	b := make([]byte, 0, 128)
	b = append(b, what...)
	b = binary.BigEndian.AppendUint64(b, uint64(seed))
	b = append(append(b, key[:]...), protocol[:]...)
	return sha256.Sum256(append(b, n))
}

// spoken is an answer without the reasoning that stands before it: the codebook
// labels the two apart. Only a block at the very beginning counts, so that a tag
// further on hides nothing.
func spoken(answer string) string {
	s := strings.TrimLeft(answer, " \t\r\n")
	if !strings.HasPrefix(s, "<think>") {
		return answer
	}
	_, rest, _ := strings.Cut(s, "</think>")
	return strings.TrimLeft(rest, " \t\r\n")
}

// tokens are the control sequences of chat templates, and the tags in which
// judges give their verdicts: inside quoted text they mean nothing, and must not
// reach a tokenizer as what they look like.
var tokens = regexp.MustCompile(`(?i)<[|｜]|[|｜]>|<(/?(?:s|start_of_turn|end_of_turn|bos|eos|pad|unk|think|thinking|score|confidence|system|user|assistant|human|model|tool_call|tool_response|answer|response|request)\b[^<>\n]{0,40}>)|<<(/?sys>>)|\[(/?(?:inst|system_prompt|available_tools|tool_calls|tool_results)\])`)

// Defuse breaks control sequences with a space after their first character. It
// keeps every other character, and defused text stays as it is.
func Defuse(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	s = strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' || r == 0x7f {
			return ' '
		}
		return r
	}, s)
	for tokens.MatchString(s) {
		s = tokens.ReplaceAllStringFunc(s, func(t string) string {
			_, size := utf8.DecodeRuneInString(t)
			return t[:size] + " " + t[size:]
		})
	}
	return s
}
