package prompt

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/sovereign-eval/haetae/harness"
)

// Filters are the filters of templates: name and what it does. An argument is
// written |name:"argument".
var Filters = map[string]string{
	"trim":    "text without white space around it",
	"lower":   "text in lower case",
	"upper":   "text in upper case",
	"default": "the argument where the field is missing or null",
	"join":    "the elements of a list, with the argument between them (a comma and a space)",
	"letters": `the elements of a list as lettered lines; the argument shows the first label, such as "(A) " ("A. ")`,
	"list":    "the list that the text holds, in JSON or Python notation",
	"first":   "the first element of a list",
	"last":    "the last element of a list",
	"length":  "the number of elements of a list, or of characters of a text",
	"after":   "what stands after the last occurrence of the argument",
	"before":  "what stands before the first occurrence of the argument",
	"match":   "what the regular expression in the argument matches: its first group, or all",
	"map":     `the text replaced by a table, such as "safe=benign,unsafe=harmful"`,
	"json":    "the value in JSON notation",
	"fill":    `the text with fields of the row in its places {field}, and line ends for \n; the argument names other fields, such as "a=choices.0"`,
}

// filter is one step of an expression. Exactly one of the kinds of argument is
// used, by name.
type filter struct {
	name  string
	arg   string
	re    *regexp.Regexp
	table map[string]string
	fill  fillTable
}

func newFilter(name, arg string, has bool) (filter, error) {
	f := filter{name: name, arg: arg}
	if _, ok := Filters[name]; !ok {
		names := make([]string, 0, len(Filters))
		for n := range Filters {
			names = append(names, n)
		}
		slices.Sort(names)
		return f, fmt.Errorf("unknown filter %q; filters are %s", name, strings.Join(names, ", "))
	}
	needs := slices.Contains([]string{"default", "after", "before", "match", "map"}, name)
	takes := needs || slices.Contains([]string{"join", "letters", "fill"}, name)
	switch {
	case needs && !has:
		return f, fmt.Errorf(`filter %s needs an argument: |%s:"…"`, name, name)
	case has && !takes:
		return f, fmt.Errorf("filter %s takes no argument", name)
	}
	var err error
	switch name {
	case "join":
		if !has {
			f.arg = ", "
		}
	case "letters":
		if !has {
			f.arg = "A. "
		}
		_, _, err = cutLabel(f.arg)
	case "match":
		f.re, err = regexp.Compile(arg)
	case "map":
		f.table, err = parseTable(arg)
	case "fill":
		f.fill, err = parseFill(arg)
	case "after", "before":
		if arg == "" {
			err = fmt.Errorf("filter %s: the argument is empty", name)
		}
	}
	return f, err
}

func parseTable(s string) (map[string]string, error) {
	t := map[string]string{}
	for entry := range strings.SplitSeq(s, ",") {
		k, v, ok := strings.Cut(entry, "=")
		if !ok {
			return nil, fmt.Errorf("filter map: %q is not of the form old=new", entry)
		}
		t[strings.TrimSpace(k)] = strings.TrimSpace(v)
	}
	return t, nil
}

func (f *filter) apply(v any, row harness.Fields) (any, error) {
	switch f.name {
	case "default":
		if v == nil {
			return f.arg, nil
		}
		return v, nil
	case "join", "letters", "first", "last":
		list, ok := v.([]any)
		if !ok {
			return nil, fmt.Errorf("the value is a %s, not a list", kind(v))
		}
		return f.onList(list)
	case "length":
		if list, ok := v.([]any); ok {
			return len(list), nil
		}
	case "json":
		b, err := json.Marshal(v)
		return string(b), err
	case "list":
		if list, ok := v.([]any); ok {
			return list, nil
		}
	}
	b, err := appendValue(nil, v)
	if err != nil {
		return nil, err
	}
	if f.name == "fill" {
		return f.fill.fill(string(b), row)
	}
	return f.onText(string(b))
}

func (f *filter) onText(s string) (any, error) {
	switch f.name {
	case "trim":
		return strings.TrimSpace(s), nil
	case "lower":
		return strings.ToLower(s), nil
	case "upper":
		return strings.ToUpper(s), nil
	case "length":
		return utf8.RuneCountInString(s), nil
	case "list":
		return ParseList(s)
	case "after":
		i := strings.LastIndex(s, f.arg)
		if i < 0 {
			return nil, fmt.Errorf("%q does not hold %q", clip(s), f.arg)
		}
		return s[i+len(f.arg):], nil
	case "before":
		i := strings.Index(s, f.arg)
		if i < 0 {
			return nil, fmt.Errorf("%q does not hold %q", clip(s), f.arg)
		}
		return s[:i], nil
	case "map":
		if v, ok := f.table[s]; ok {
			return v, nil
		}
		return nil, fmt.Errorf("no entry for %q", clip(s))
	}
	m := f.re.FindStringSubmatch(s)
	if m == nil {
		return nil, fmt.Errorf("%q does not match %s", clip(s), f.re)
	}
	return m[min(1, len(m)-1)], nil
}

func (f *filter) onList(list []any) (any, error) {
	if f.name == "first" || f.name == "last" {
		if len(list) == 0 {
			return nil, fmt.Errorf("the list is empty")
		}
		if f.name == "first" {
			return list[0], nil
		}
		return list[len(list)-1], nil
	}
	var b []byte
	var before, after string
	var labels Labels
	if f.name == "letters" {
		var err error
		if labels, before, err = cutLabel(f.arg); err != nil {
			return nil, err
		}
		after = f.arg[len(before)+len(labels[0]):]
		if len(list) > len(labels) {
			return nil, fmt.Errorf("%d elements are more than the %d labels from %q", len(list), len(labels), labels[0])
		}
	}
	for i, v := range list {
		switch {
		case labels != nil:
			if i > 0 {
				b = append(b, '\n')
			}
			b = append(b, before...)
			b = append(b, labels[i]...)
			b = append(b, after...)
		case i > 0:
			b = append(b, f.arg...)
		}
		var err error
		if b, err = appendValue(b, v); err != nil {
			return nil, fmt.Errorf("element %d: %w", i, err)
		}
	}
	return string(b), nil
}

func clip(s string) string {
	if len(s) <= 60 {
		return s
	}
	return strings.ToValidUTF8(s[:60], "") + "…"
}

// Labels name the choices of a question, in order.
type Labels []string

// Alphabets are the labels that choices may carry, by their first label.
var Alphabets = map[string]Labels{
	"A": split("ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
	"a": split("abcdefghijklmnopqrstuvwxyz"),
	"1": {"1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15", "16", "17", "18", "19", "20"},
	"①": split("①②③④⑤⑥⑦⑧⑨⑩"),
	"가": split("가나다라마바사아자차카타파하"),
	"ㄱ": split("ㄱㄴㄷㄹㅁㅂㅅㅇㅈㅊㅋㅌㅍㅎ"),
}

func split(s string) Labels { return strings.Split(s, "") }

// cutLabel finds the first label of an alphabet in a pattern such as "(A) ".
func cutLabel(pattern string) (Labels, string, error) {
	for i, r := range pattern {
		if a, ok := Alphabets[string(r)]; ok {
			return a, pattern[:i], nil
		}
	}
	return nil, "", fmt.Errorf("filter letters: %q shows no first label (A, a, 1, ①, 가 or ㄱ)", pattern)
}
