package report

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bounds of what [Clean] lets through.
const (
	maxLine  = 2000 // columns of one line
	maxMarks = 4    // combining marks on one character
)

// Clean makes any string harmless on a terminal: model names, answers and error
// texts are written by others. Line feeds and tabs stay; carriage returns before
// a line feed are dropped. Every other control character, escape, bidirectional
// control, invisible or private character becomes visible text, invalid UTF-8
// becomes U+FFFD, marks stacked on one character are cut to four, and a line is
// cut after 2,000 columns with the number of characters that are missing.
func Clean(s string) string {
	s = strings.ReplaceAll(s, "\r\n", "\n")
	var b strings.Builder
	b.Grow(len(s))
	for i, line := range strings.Split(s, "\n") {
		if i > 0 {
			b.WriteByte('\n')
		}
		cleanLine(&b, line, maxLine)
	}
	return b.String()
}

// Line is Clean for a place that has one line of at most width columns: line
// feeds and tabs become visible, and what does not fit is replaced by an ellipsis.
func Line(s string, width int) string {
	s = strings.ReplaceAll(s, "\r\n", "\n")
	s = strings.NewReplacer("\n", "␊", "\t", " ").Replace(s)
	if over := cutBytes(s, 4*maxLine); over < len(s) {
		s = s[:over] + "…"
	}
	var b strings.Builder
	cleanLine(&b, s, maxLine)
	return truncate(b.String(), width)
}

// cleanLine writes one line, cut after width columns.
func cleanLine(b *strings.Builder, line string, width int) {
	used, marks := 0, 0
	for i, r := range line {
		out := visible(r, line[i:])
		w := Width(out)
		if unicode.In(r, unicode.Mn, unicode.Me) {
			if marks++; marks > maxMarks {
				continue
			}
		} else {
			marks = 0
		}
		if used+w > width {
			fmt.Fprintf(b, "… (+%d)", utf8.RuneCountInString(line[i:]))
			return
		}
		used += w
		b.WriteString(out)
	}
}

// visible returns the text that stands for a character. rest starts with it.
func visible(r rune, rest string) string {
	switch {
	case r == utf8.RuneError:
		return "\uFFFD"
	case r == '\t':
		return "\t"
	case r < 0x20:
		return string('␀' + r)
	case r == 0x7f:
		return "␡"
	case r == 0x200d && joins(rest):
		return string(r)
	case r == 0xfe0f: // emoji presentation of what stands before it
		return string(r)
	case unicode.Is(unicode.Mn, r), unicode.Is(unicode.Me, r), unicode.Is(unicode.Mc, r):
		return string(r)
	case blank(r), !unicode.IsPrint(r) && r != ' ' && !unicode.Is(unicode.Zs, r):
		return fmt.Sprintf("⟨U+%04X⟩", r)
	}
	return string(r)
}

// joins tells whether a zero-width joiner stands before a pictograph, where it is
// a part of an emoji.
func joins(rest string) bool {
	_, n := utf8.DecodeRuneInString(rest)
	next, _ := utf8.DecodeRuneInString(rest[n:])
	return unicode.Is(unicode.So, next)
}

// blank tells of characters that print nothing though they count as letters.
func blank(r rune) bool {
	switch r {
	case 0x115f, 0x1160, 0x3164, 0xffa0, 0x2800:
		return true
	}
	return false
}

// cutBytes returns the end of the last whole character within n bytes of s.
func cutBytes(s string, n int) int {
	if len(s) <= n {
		return len(s)
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return n
}

// Markdown makes a string harmless inside a line or table cell of Markdown: it is
// cleaned as by [Line], and nothing in it is markup, HTML or a link.
func Markdown(s string) string {
	s = Line(s, maxLine)
	var b strings.Builder
	for _, r := range s {
		switch {
		case strings.ContainsRune("&<>", r):
			b.WriteString(map[rune]string{'&': "&amp;", '<': "&lt;", '>': "&gt;"}[r])
		case strings.ContainsRune("\\`*_[]|~#!$", r):
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '@':
			b.WriteString("&#64;")
		default:
			b.WriteRune(r)
		}
	}
	return strings.NewReplacer("://", "&#58;//", "www.", "www&#46;").Replace(b.String())
}
