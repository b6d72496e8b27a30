package report

import (
	"strings"
	"unicode"

	"golang.org/x/text/width"
)

// Width is the number of terminal columns that s takes: two for East Asian wide
// and full-width characters, none for marks and joiners, one for the rest.
func Width(s string) int {
	n := 0
	for _, r := range s {
		n += runeWidth(r)
	}
	return n
}

func runeWidth(r rune) int {
	switch {
	case r < 0x20 || r == 0x7f:
		return 0
	case r < 0x300:
		return 1
	case r >= 0x1160 && r <= 0x11ff: // Hangul vowels and finals join the initial
		return 0
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}

// truncate cuts s to at most n columns, the last one an ellipsis if anything is cut.
func truncate(s string, n int) string {
	if n <= 0 || Width(s) <= n {
		return s
	}
	used := 0
	for i, r := range s {
		if used += runeWidth(r); used > n-1 {
			return s[:i] + "…"
		}
	}
	return s
}

// pad fills s with spaces to n columns, on the left when right is set.
func pad(s string, n int, right bool) string {
	gap := strings.Repeat(" ", max(n-Width(s), 0))
	if right {
		return gap + s
	}
	return s + gap
}

// wrap breaks s into lines of at most n columns, at spaces where there are any.
// The lines after the first are indented by hang columns.
func wrap(s string, n, hang int) []string { return flow(strings.Fields(s), n, hang) }

// flow sets words, which may hold spaces of their own, in lines as wrap does.
func flow(words []string, n, hang int) []string {
	n = max(n, hang+2)
	var lines []string
	line, used := "", 0
	flush := func() {
		lines = append(lines, strings.TrimRight(line, " "))
		line, used = strings.Repeat(" ", hang), hang
	}
	for _, word := range words {
		for {
			w := Width(word)
			fresh := strings.TrimSpace(line) == ""
			gap := 1
			if fresh {
				gap = 0
			}
			if used+gap+w <= n {
				line += strings.Repeat(" ", gap) + word
				used += gap + w
				break
			}
			if !fresh {
				flush()
				continue
			}
			cut := fit(word, n-used) // longer than a line: break inside
			line += word[:cut]
			word = word[cut:]
			flush()
		}
	}
	if strings.TrimSpace(line) != "" || len(lines) == 0 {
		flush()
	}
	return lines
}

// fit returns how many bytes of s fit into n columns, at least one character.
func fit(s string, n int) int {
	used := 0
	for i, r := range s {
		used += runeWidth(r)
		if used > n && i > 0 {
			return i
		}
	}
	return len(s)
}
