package lint

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/sovereign-eval/haetae/harness"
)

// asked is what the user says in an item, without worked examples and without
// the words that the task's templates put around every item. templates are those
// of the user's turns, nil where they are not known.
func asked(it *harness.Item, templates []string) string {
	var parts []string
	for _, m := range it.Messages {
		if m.Role == "user" {
			parts = append(parts, m.Content)
		}
	}
	if n := len(parts) - len(templates); len(templates) > 0 && n >= 0 {
		parts = parts[n:]
		for i, t := range templates {
			parts[i] = unwrap(parts[i], t)
		}
	}
	return strings.TrimSpace(strings.Join(parts, "\n"))
}

// unwrap takes from a rendered text what its template has before the first and
// after the last field.
func unwrap(text, template string) string {
	first, last := strings.Index(template, "{{"), strings.LastIndex(template, "}}")
	if first < 0 || last < first {
		return text
	}
	return strings.TrimSuffix(strings.TrimPrefix(text, template[:first]), template[last+2:])
}

// words are the runs of letters, digits and apostrophes, in lower case.
func words(s string) []string {
	return strings.FieldsFunc(strings.ToLower(s), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '\'' && r != '’'
	})
}

// folded is s in lower case with single spaces.
func folded(s string) string { return strings.Join(strings.Fields(strings.ToLower(s)), " ") }

// grams calls f with every run of n characters of s.
func grams(s string, n int, f func(string)) {
	var starts []int
	for i := range s {
		starts = append(starts, i)
	}
	starts = append(starts, len(s))
	for i := 0; i+n < len(starts); i++ {
		f(s[starts[i]:starts[i+n]])
	}
}

var (
	lineEnd  = regexp.MustCompile(`\s*\n\s*`)
	stop     = regexp.MustCompile(`[.!?…。？！]+["'”’)\]]*(?:\s|$)`)
	shortens = regexp.MustCompile(`(?i)(^|[\s("'])(mrs?|ms|dr|st|prof|sr|jr|vs|etc|e\.g|i\.e|[a-z](\.[a-z])*)$`)
)

// sentences counts the sentences of s. A line of its own is a sentence; the dot
// of an abbreviation ends none, nor does an ellipsis before a small letter.
func sentences(s string) int {
	n := 0
	for _, line := range lineEnd.Split(strings.TrimSpace(s), -1) {
		open := 0
		for _, at := range stop.FindAllStringIndex(line, -1) {
			before := line[open:at[0]]
			if goesOn(line, at) || len(words(before)) == 0 {
				continue
			}
			n, open = n+1, at[1]
		}
		if len(words(line[open:])) > 0 {
			n++
		}
	}
	return n
}

// goesOn tells whether the stop in line[at[0]:at[1]] ends no sentence.
func goesOn(line string, at []int) bool {
	if at[1] == len(line) {
		return false
	}
	next, _ := utf8.DecodeRuneInString(line[at[1]:])
	switch mark := strings.TrimSpace(line[at[0]:at[1]]); mark {
	case ".":
		return shortens.MatchString(line[:at[0]])
	case "…", "..", "...":
		return unicode.IsLower(next)
	}
	return false
}

// shares are the parts of the letters of s that are Hangul and Latin; ok is
// false where s has no letters.
func shares(s string) (hangul, latin float64, ok bool) {
	var letters, h, l int
	for _, r := range s {
		if !unicode.IsLetter(r) {
			continue
		}
		letters++
		switch {
		case unicode.Is(unicode.Hangul, r):
			h++
		case unicode.Is(unicode.Latin, r):
			l++
		}
	}
	if letters == 0 {
		return 0, 0, false
	}
	return float64(h) / float64(letters), float64(l) / float64(letters), true
}

func characters(s string) int { return utf8.RuneCountInString(s) }
