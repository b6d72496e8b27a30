package corpus

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// fill puts a name in the place of a slot and chooses the Korean particle after
// it: 은(는), 을(를) by the final sound.
func fill(s, slot, name string) string {
	s = strings.ReplaceAll(s, slot, name)
	last, _ := utf8.DecodeLastRuneInString(name)
	closed := last >= 0xAC00 && last <= 0xD7A3 && (last-0xAC00)%28 != 0
	for _, p := range [][2]string{{"은", "는"}, {"을", "를"}} {
		want := p[1]
		if closed {
			want = p[0]
		}
		s = strings.ReplaceAll(s, name+p[0]+"("+p[1]+")", name+want)
	}
	return s
}

// upper begins a sentence with a capital letter.
func upper(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[n:]
}

// stop ends a sentence.
func stop(s string) string {
	if strings.ContainsAny(s[len(s)-1:], ".?!\":") {
		return s
	}
	return s + "."
}

// list numbers sentences, one a line.
func list(sentences []string) string {
	var b strings.Builder
	for i, s := range sentences {
		fmt.Fprintf(&b, "\n%d. %s", i+1, s)
	}
	return b.String()
}
