package ollama

import (
	"math"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

const hexDigits = "0123456789abcdef"

// appendString appends s as a JSON string, as encoding/json writes it with
// SetEscapeHTML(false): invalid UTF-8 becomes \ufffd.
func appendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if c >= ' ' && c != '"' && c != '\\' {
				i++
				continue
			}
			dst = appendEscape(append(dst, s[start:i]...), c)
			i++
			start = i
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 {
			dst = append(append(dst, s[start:i]...), `\ufffd`...)
			start = i + 1
		} else if r == '\u2028' || r == '\u2029' {
			dst = append(append(dst, s[start:i]...), `\u202`...)
			dst = append(dst, hexDigits[r&0xF])
			start = i + size
		}
		i += size
	}
	return append(append(dst, s[start:]...), '"')
}

func appendEscape(dst []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\b':
		return append(dst, `\b`...)
	case '\f':
		return append(dst, `\f`...)
	case '\n':
		return append(dst, `\n`...)
	case '\r':
		return append(dst, `\r`...)
	case '\t':
		return append(dst, `\t`...)
	}
	return append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&0xF])
}

// appendFloat appends f as encoding/json writes a float64. f is finite.
func appendFloat(dst []byte, f float64) []byte {
	format := byte('f')
	if abs := math.Abs(f); abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		format = 'e'
	}
	dst = strconv.AppendFloat(dst, f, format, -1, 64)
	if n := len(dst); format == 'e' && n >= 4 && dst[n-4] == 'e' && (dst[n-3] == '-' || dst[n-3] == '+') && dst[n-2] == '0' {
		dst[n-2] = dst[n-1]
		dst = dst[:n-1]
	}
	return dst
}

// unquote appends to dst the text of the JSON string that starts after the
// opening quote at b[i], and returns the index after its closing quote. Raw
// bytes that are no valid UTF-8 are kept; half surrogates become U+FFFD. With
// ok false the string is broken or unfinished, and dst holds what came before.
func unquote(dst, b []byte, i int) (out []byte, next int, ok bool) {
	start := i
	for i < len(b) {
		c := b[i]
		if c >= ' ' && c != '"' && c != '\\' {
			i++
			continue
		}
		dst = append(dst, b[start:i]...)
		if c == '"' {
			return dst, i + 1, true
		}
		if c != '\\' {
			return dst, i, false
		}
		if dst, i, ok = unescape(dst, b, i+1); !ok {
			return dst, i, false
		}
		start = i
	}
	return append(dst, b[start:]...), i, false
}

// unescape appends the character of the escape whose letter is b[i].
func unescape(dst, b []byte, i int) (out []byte, next int, ok bool) {
	if i >= len(b) {
		return dst, i, false
	}
	c := b[i]
	switch c {
	case '"', '\\', '/':
	case 'n':
		c = '\n'
	case 't':
		c = '\t'
	case 'r':
		c = '\r'
	case 'b':
		c = '\b'
	case 'f':
		c = '\f'
	case 'u':
		r := hex4(b, i+1)
		if r < 0 {
			return dst, i, false
		}
		i += 5
		if utf16.IsSurrogate(r) {
			r, i = surrogate(r, b, i)
		}
		return utf8.AppendRune(dst, r), i, true
	default:
		return dst, i, false
	}
	return append(dst, c), i + 1, true
}

// surrogate joins r with the low half that may follow at b[i]. A high half
// without a low one is U+FFFD, and what follows is read on its own.
func surrogate(r rune, b []byte, i int) (rune, int) {
	if i+1 < len(b) && b[i] == '\\' && b[i+1] == 'u' {
		if full := utf16.DecodeRune(r, hex4(b, i+2)); full != utf8.RuneError {
			return full, i + 6
		}
	}
	return utf8.RuneError, i
}

// hex4 reads four hexadecimal digits at b[i]; -1 where there are none.
func hex4(b []byte, i int) rune {
	if i+4 > len(b) {
		return -1
	}
	var r rune
	for _, c := range b[i : i+4] {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		default:
			return -1
		}
		r = r<<4 | rune(c)
	}
	return r
}
