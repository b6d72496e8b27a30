package spec

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Error is one mistake in a file.
type Error struct {
	File string
	Line int // from 1; 0 where the file as a whole is meant
	Msg  string
}

// Error implements error: "file:line: message".
func (e Error) Error() string {
	if e.Line == 0 {
		return e.File + ": " + e.Msg
	}
	return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Msg)
}

// Errors are all mistakes found in a file and in the data it names.
type Errors []Error

// Error implements error, one mistake a line.
func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i := range e {
		lines[i] = e[i].Error()
	}
	return strings.Join(lines, "\n")
}

// sorted returns e by file and line, the first file first.
func (e Errors) sorted() Errors {
	place := map[string]int{}
	for _, x := range e {
		if _, ok := place[x.File]; !ok {
			place[x.File] = len(place)
		}
	}
	slices.SortStableFunc(e, func(a, b Error) int {
		return cmp.Or(cmp.Compare(place[a.File], place[b.File]), cmp.Compare(a.Line, b.Line), strings.Compare(a.Msg, b.Msg))
	})
	return slices.Compact(e)
}

// err returns e as an error, nil when it is empty.
func (e Errors) err() error {
	if len(e) == 0 {
		return nil
	}
	return e.sorted()
}

// Nearest returns the name that is closest to word, or "" when none is close:
// at most a third of its letters differ, counted as optimal string alignment.
func Nearest(word string, names []string) string {
	best, at := "", 1+(len([]rune(word))+1)/3
	for _, n := range slices.Sorted(slices.Values(names)) {
		if d := distance(strings.ToLower(word), strings.ToLower(n)); d < at || best == "" && d == at {
			best, at = n, d
		}
	}
	return best
}

// didYouMean is "; did you mean …?", or the list of names if that is short.
func didYouMean(word string, names []string) string {
	if n := Nearest(word, names); n != "" {
		return fmt.Sprintf("; did you mean %q?", n)
	}
	if len(names) > 0 && len(names) <= 20 {
		return "; valid are " + strings.Join(slices.Sorted(slices.Values(names)), ", ")
	}
	return ""
}

// distance counts insertions, deletions, substitutions and swaps of neighbours.
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	if len(x) > 64 || len(y) > 64 {
		return 64
	}
	var before []int
	last := make([]int, len(y)+1)
	for j := range last {
		last[j] = j
	}
	for i := range x {
		row := make([]int, len(y)+1)
		row[0] = i + 1
		for j := range y {
			cost := 1
			if x[i] == y[j] {
				cost = 0
			}
			row[j+1] = min(last[j+1]+1, row[j]+1, last[j]+cost)
			if i > 0 && j > 0 && x[i] == y[j-1] && x[i-1] == y[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last = last, row
	}
	return last[len(y)]
}
