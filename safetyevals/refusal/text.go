package refusal

import (
	"sync"
	"unicode"
	"unicode/utf8"
)

// token is a word: a run of letters, digits and apostrophes.
type token struct {
	start, end int32
	hash       uint32
	stem       uint32 // hash of the first two Hangul syllables or five other letters
	runes      int32
}

// text is one normalized text, taken apart once for everything that reads it.
type text struct {
	raw     []byte // normalized
	masked  []byte // the same with quotations blanked
	quotes  [][2]int
	quoted  int // bytes blanked; -1: nothing but a quotation, and not blanked
	tokens  []token
	sents   [][2]int // of masked, bytes
	hits    []hit
	letters letterCount
	seen    []uint64 // set of word triples
}

// pool keeps the buffers of texts that were read.
var pool = sync.Pool{New: func() any { return &text{} }}

const (
	fnvOffset = 2166136261
	fnvPrime  = 16777619
)

// parse reads s; with wording, also its quotations, sentences and phrases.
func parse(s string, wording bool) *text {
	t := pool.Get().(*text)
	t.raw = normalize(t.raw[:0], s)
	t.tokenize()
	if !wording {
		return t
	}
	t.masked = append(t.masked[:0], t.raw...)
	t.quoted, t.quotes = maskQuotes(t.masked, t.quotes)
	t.cutSentences()
	t.hits = theMatcher().find(t.masked, t.hits[:0])
	return t
}

func (t *text) free() {
	if cap(t.raw) <= 4*maxRead {
		pool.Put(t)
	}
}

// tokenize fills tokens and counts letters.
func (t *text) tokenize() {
	t.tokens, t.letters = t.tokens[:0], letterCount{}
	var cur token
	open := false
	limit := int32(5)
	for i := 0; i < len(t.raw); {
		r, n := rune(t.raw[i]), 1
		if r >= utf8.RuneSelf {
			r, n = utf8.DecodeRune(t.raw[i:])
		}
		word := t.letters.add(r) || r == '\''
		if word {
			if !open {
				cur, open, limit = token{start: int32(i), hash: fnvOffset, stem: fnvOffset}, true, 5
			}
			if r >= 0xAC00 && r <= 0xD7A3 {
				limit = 2
			}
			if cur.runes < limit {
				cur.stem = (cur.stem ^ uint32(r)) * fnvPrime
			}
			cur.hash = (cur.hash ^ uint32(r)) * fnvPrime
			cur.runes++
		} else if open {
			cur.end, open = int32(i), false
			t.tokens = append(t.tokens, cur)
		}
		i += n
	}
	if open {
		cur.end = int32(len(t.raw))
		t.tokens = append(t.tokens, cur)
	}
}

// cutSentences cuts the masked text at line ends and at .!? before a space.
func (t *text) cutSentences() {
	t.sents = t.sents[:0]
	start := -1
	for i, c := range t.masked {
		if c > ' ' && start < 0 {
			start = i
		}
		ends := c == '\n' || (c == '.' || c == '!' || c == '?') && (i+1 == len(t.masked) || t.masked[i+1] == ' ' || t.masked[i+1] == '\n')
		if ends && start >= 0 {
			end := i
			if c != '\n' {
				end++
			}
			// The number of an entry ("1.") belongs to what follows it.
			if c != '\n' && end-start <= 3 && t.masked[start] >= '0' && t.masked[start] <= '9' {
				continue
			}
			t.sents = append(t.sents, [2]int{start, end})
			start = -1
		}
	}
	if start >= 0 {
		t.sents = append(t.sents, [2]int{start, len(t.masked)})
	}
}

// letterCount counts characters by script.
type letterCount struct{ all, hangul, latin, jamo, symbols, broken int }

// add counts r and tells whether it is a letter or digit.
func (c *letterCount) add(r rune) bool {
	switch {
	case 'a' <= r && r <= 'z':
		c.latin++
		c.all++
	case r >= 0xAC00 && r <= 0xD7A3:
		c.hangul++
		c.all++
	case '0' <= r && r <= '9':
		c.all++
	case r < utf8.RuneSelf:
		if r > ' ' {
			c.symbols++
		}
		return false
	case r >= 0x3131 && r <= 0x318E:
		c.jamo++
		c.all++
	case r == unicode.ReplacementChar:
		c.broken++
		return false
	case r < 0x250 && unicode.IsLetter(r):
		c.latin++
		c.all++
	case unicode.IsLetter(r) || unicode.IsDigit(r):
		c.all++
	case !unicode.IsSpace(r):
		c.symbols++
		return false
	default:
		return false
	}
	return true
}
