package score

import (
	"strings"
	"unicode/utf8"
)

// findNumber returns the first or last number of a text in canonical decimal
// form: no sign +, no leading zeros, no trailing zeros of a fraction, no
// thousands separators. Digits may be full width. With korean, numbers in
// Hangul and mixed forms count as well.
func findNumber(text string, last, korean bool) (string, bool) {
	text = narrow(text)
	var found string
	ok := false
	for i := 0; i < len(text); {
		n, value := numberAt(text, i, korean)
		if n == 0 {
			_, w := utf8.DecodeRuneInString(text[i:])
			i += w
			continue
		}
		found, ok = value, true
		if !last {
			break
		}
		i += n
	}
	return found, ok
}

// numberAt reads the number that starts at text[i], and returns its length in
// bytes, 0 if there is none.
func numberAt(text string, i int, korean bool) (int, string) {
	start := i
	negative := false
	if text[i] == '-' {
		// A hyphen between digits or letters is no sign: 3-4, COVID-19.
		if i > 0 && isWord(text[i-1]) {
			return 0, ""
		}
		negative = true
		i++
		if i < len(text) && text[i] == '$' {
			i++
		}
	}
	if i >= len(text) {
		return 0, ""
	}
	if korean {
		if n, value := koreanAt(text, i); n > 0 {
			return i + n - start, sign(value, negative)
		}
	}
	whole, n := digitsAt(text, i)
	j := i + n
	fraction := ""
	if j+1 < len(text) && text[j] == '.' && isDigit(text[j+1]) {
		k := j + 1
		for k < len(text) && isDigit(text[k]) {
			k++
		}
		fraction, j = text[j+1:k], k
	}
	if whole == "" && fraction == "" {
		return 0, ""
	}
	return j - start, sign(canonical(whole, fraction), negative)
}

// digitsAt reads digits with thousands separators at text[i]. A comma counts as
// a separator where three digits follow it, and no fourth.
func digitsAt(text string, i int) (digits string, n int) {
	j := i
	for j < len(text) && isDigit(text[j]) {
		j++
	}
	digits = text[i:j]
	if digits == "" {
		return "", 0
	}
	var b strings.Builder
	for j+3 < len(text) && text[j] == ',' && isDigit(text[j+1]) && isDigit(text[j+2]) && isDigit(text[j+3]) &&
		(j+4 == len(text) || !isDigit(text[j+4])) {
		if b.Len() == 0 {
			b.WriteString(digits)
		}
		b.WriteString(text[j+1 : j+4])
		j += 4
	}
	if b.Len() > 0 {
		digits = b.String()
	}
	return digits, j - i
}

func canonical(whole, fraction string) string {
	whole = strings.TrimLeft(whole, "0")
	if whole == "" {
		whole = "0"
	}
	if fraction = strings.TrimRight(fraction, "0"); fraction != "" {
		return whole + "." + fraction
	}
	return whole
}

func sign(value string, negative bool) string {
	if negative && value != "0" && value != "" {
		return "-" + value
	}
	return value
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isWord(c byte) bool {
	return isDigit(c) || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

// narrow maps full-width digits and the signs that stand for a minus to ASCII.
func narrow(s string) string {
	ascii := true
	for i := 0; i < len(s); i++ {
		if s[i] >= 0x80 {
			ascii = false
			break
		}
	}
	if ascii {
		return s
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '０' && r <= '９':
			return r - '０' + '0'
		case r == '−' || r == '－':
			return '-'
		case r == '，':
			return ','
		case r == '．':
			return '.'
		}
		return r
	}, s)
}
