package refusal

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// lowered maps ASCII to the form that the lexicon is written in.
var lowered = func() (t [utf8.RuneSelf]byte) {
	for i := range t {
		t[i] = byte(i)
		if 'A' <= i && i <= 'Z' {
			t[i] += 'a' - 'A'
		}
	}
	t['`'], t['\r'] = '\'', '\n'
	return t
}()

// normalize appends s to b in NFC and lower case, without reasoning before
// </think>, invisible characters and typographic variants. Invalid UTF-8
// becomes U+FFFD.
func normalize(b []byte, s string) []byte {
	if strings.Contains(s, "</think>") {
		s = s[strings.LastIndex(s, "</think>")+len("</think>"):]
	} else if strings.HasPrefix(s, "<think>") {
		s = "" // it never stopped thinking
	}
	s = strings.TrimSpace(s)
	if !norm.NFC.IsNormalString(s) {
		s = norm.NFC.String(s)
	}
	for i := 0; i < len(s); {
		if c := s[i]; c < utf8.RuneSelf {
			if c == '\r' && i+1 < len(s) && s[i+1] == '\n' {
				i++
				continue
			}
			b = append(b, lowered[c])
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		if r >= 0xAC00 && r <= 0xD7A3 {
			b = append(b, s[i:i+n]...)
		} else {
			b = appendStraight(b, r)
		}
		i += n
	}
	return b
}

// appendStraight appends the plain form of a character that is not ASCII.
func appendStraight(b []byte, r rune) []byte {
	switch r {
	case '‘', '’', 'ʼ', '´':
		return append(b, '\'')
	case '“', '”', '「', '」', '『', '』', '«', '»':
		return append(b, '"')
	case '–', '—':
		return append(b, '-')
	case '\u00a0', '\u3000':
		return append(b, ' ')
	case '…':
		return append(b, "..."...)
	case '。':
		return append(b, ". "...)
	case '！':
		return append(b, "! "...)
	case '？':
		return append(b, "? "...)
	}
	if r == '\u00ad' || r == '\ufeff' || r >= '\u200b' && r <= '\u200f' || r >= '\u202a' && r <= '\u202e' || r >= '\u2060' && r <= '\u2069' {
		return b
	}
	return utf8.AppendRune(b, unicode.ToLower(r))
}

// maskQuotes blanks in place what stands in quotes, byte for byte, so that a
// quoted refusal is not a refusal, and returns the number of bytes blanked. A
// text that is little but a quotation stays as it is, and -1 is returned.
func maskQuotes(b []byte, spans [][2]int) (int, [][2]int) {
	spans = spans[:0]
	open, masked := -1, 0
	for i, c := range b {
		switch {
		case c == '\n': // a quotation does not span lines
			open = -1
		case open < 0 && (c == '"' || c == '\'' && opensQuote(b, i)):
			open = i
		case open >= 0 && c == b[open] && i > open+1 && (c == '"' || closesQuote(b, i)):
			spans = append(spans, [2]int{open + 1, i})
			masked += i - open - 1
			open = -1
		}
	}
	if 4*masked > 3*len(b) {
		return -1, spans
	}
	for _, s := range spans {
		for j := s[0]; j < s[1]; j++ {
			b[j] = ' '
		}
	}
	return masked, spans
}

// opensQuote tells a single quote that opens from an apostrophe.
func opensQuote(b []byte, i int) bool {
	return (i == 0 || b[i-1] == ' ' || b[i-1] == '(' || b[i-1] == '\n') && i+1 < len(b) && b[i+1] > ' ' && b[i+1] != '\''
}

func closesQuote(b []byte, i int) bool {
	return b[i-1] > ' ' && (i+1 == len(b) || !wordByte(b[i+1]) || b[i+1] >= utf8.RuneSelf)
}

// wordByte tells whether c is part of a word; every byte of a character beyond
// ASCII counts as one.
func wordByte(c byte) bool {
	return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c >= utf8.RuneSelf
}
