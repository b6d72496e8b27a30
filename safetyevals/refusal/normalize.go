package refusal

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// straight maps typographic variants to the form that the rules are written in.
var straight = strings.NewReplacer("\r\n", "\n", "\r", "\n", "‘", "'", "’", "'", "ʼ", "'", "`", "'", "“", `"`, "”", `"`,
	"「", `"`, "」", `"`, "『", `"`, "』", `"`, "«", `"`, "»", `"`, "–", "-", "—", "-", "\u00a0", " ", "…", "...", "。", ". ", "！", "! ", "？", "? ")

// normalize returns s in NFC and lower case, without reasoning before
// </think>, invisible characters and typographic variants. Invalid UTF-8
// becomes U+FFFD.
func normalize(s string) string {
	if i := strings.LastIndex(s, "</think>"); i >= 0 {
		s = s[i+len("</think>"):]
	}
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\uFFFD")
	}
	s = strings.Map(func(r rune) rune {
		if r == '\u00ad' || r == '\ufeff' || r >= '\u200b' && r <= '\u200f' || r >= '\u202a' && r <= '\u202e' || r >= '\u2060' && r <= '\u2069' {
			return -1
		}
		return r
	}, s)
	return strings.TrimSpace(strings.ToLower(straight.Replace(norm.NFC.String(s))))
}

// maskQuotes blanks what stands in double quotes or code, byte for byte, so that
// a quoted refusal is not a refusal. An answer that is little but a quotation
// stays as it is.
func maskQuotes(s string) string {
	b, open, masked := []byte(s), -1, 0
	for i := 0; i < len(b); i++ {
		switch {
		case b[i] == '\n' && open >= 0: // a quotation does not span lines
			open = -1
		case b[i] == '"' && open < 0:
			open = i
		case b[i] == '"':
			for j := open + 1; j < i; j++ {
				b[j] = ' '
			}
			masked += i - open - 1
			open = -1
		}
	}
	if 4*masked > 3*len(s) {
		return s
	}
	return string(b)
}

// words splits into lower-case words: runs of letters and digits.
func words(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '\'' })
}

func countWords(s string) int { return len(words(s)) }

// sentences cuts at line ends and at .!? before a space.
func sentences(s string) []string {
	var out []string
	start := 0
	cut := func(end int) {
		if t := strings.TrimSpace(s[start:end]); t != "" {
			out = append(out, t)
		}
		start = end
	}
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\n':
			cut(i + 1)
		case '.', '!', '?':
			if i+1 == len(s) || s[i+1] == ' ' || s[i+1] == '\n' {
				cut(i + 1)
			}
		}
	}
	cut(len(s))
	return out
}
