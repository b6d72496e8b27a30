package stats

import (
	"encoding/json"
	"fmt"
	"math"
	"sort"
	"strconv"
	"strings"
)

// args is the decoded input of a case: keys to json.Number, string, bool, nil, []any or
// map[string]any. Its getters convert with a clear error, which they raise by panicking
// with an inputError that evaluate turns into the error of the case.
type args map[string]any

// inputError says what is wrong with the input of a case.
type inputError struct{ text string }

func (e inputError) Error() string { return e.text }

// reject ends the case with an error about its input.
func reject(format string, a ...any) {
	panic(inputError{fmt.Sprintf(format, a...)})
}

func (a args) value(key string) any {
	v, ok := a[key]
	if !ok {
		keys := make([]string, 0, len(a))
		for k := range a {
			keys = append(keys, k)
		}
		sort.Strings(keys)
		got := strings.Join(keys, ", ")
		if len(keys) == 0 {
			got = "nothing"
		}
		reject("missing input %q (got %s)", key, got)
	}
	return v
}

// has reports whether key is given and not null.
func (a args) has(key string) bool { return a[key] != nil }

// float is a number; "NaN", "+Inf" and "-Inf" are numbers too.
func (a args) float(key string) float64 { return toFloat(key, a.value(key)) }

// floatOr is float with a default for a key that is missing or null.
func (a args) floatOr(key string, def float64) float64 {
	if !a.has(key) {
		return def
	}
	return a.float(key)
}

// confidence is a level in (0, 1) under key.
func (a args) confidence(key string) float64 {
	v := a.floatOr(key, 0.95)
	if !(v > 0 && v < 1) {
		reject("%s is %v: want a number between 0 and 1, such as 0.95", key, v)
	}
	return v
}

// prob is a number in [0, 1] under key.
func (a args) prob(key string) float64 {
	v := a.float(key)
	if !(v >= 0 && v <= 1) {
		reject("%s is %v: want a number in [0, 1]", key, v)
	}
	return v
}

// int is a whole number of magnitude up to 2^53.
func (a args) int(key string) int { return toInt(key, a.value(key)) }

// intOr is int with a default for a key that is missing or null.
func (a args) intOr(key string, def int) int {
	if !a.has(key) {
		return def
	}
	return a.int(key)
}

// count is a whole number that is not negative.
func (a args) count(key string) int {
	v := a.int(key)
	if v < 0 {
		reject("%s is %d: want 0 or more", key, v)
	}
	return v
}

// boolOr is true or false, with a default for a key that is missing or null.
func (a args) boolOr(key string, def bool) bool {
	if !a.has(key) {
		return def
	}
	v, ok := a[key].(bool)
	if !ok {
		reject("%s is %s: want true or false", key, described(a[key]))
	}
	return v
}

// str is a string.
func (a args) str(key string) string {
	v, ok := a.value(key).(string)
	if !ok {
		reject("%s is %s: want a string", key, described(a[key]))
	}
	return v
}

// strOr is str with a default for a key that is missing or null.
func (a args) strOr(key, def string) string {
	if !a.has(key) {
		return def
	}
	return a.str(key)
}

// list is a JSON list of anything.
func (a args) list(key string) []any { return toList(key, a.value(key)) }

// floats is a list of numbers.
func (a args) floats(key string) []float64 {
	return toFloats(key, a.value(key))
}

// nullable is a list of numbers in which null stands for a missing one, given as NaN.
func (a args) nullable(key string) []float64 {
	list := a.list(key)
	out := make([]float64, len(list))
	for i, v := range list {
		if v == nil {
			out[i] = math.NaN()
		} else {
			out[i] = toFloat(index(key, i), v)
		}
	}
	return out
}

// ints is a list of whole numbers.
func (a args) ints(key string) []int {
	list := a.list(key)
	out := make([]int, len(list))
	for i, v := range list {
		out[i] = toInt(index(key, i), v)
	}
	return out
}

// counts is a list of whole numbers that are not negative.
func (a args) counts(key string) []int {
	out := a.ints(key)
	for i, v := range out {
		if v < 0 {
			reject("%s is %d: want 0 or more", index(key, i), v)
		}
	}
	return out
}

// matrix is a list of lists of numbers, which may differ in length.
func (a args) matrix(key string) [][]float64 {
	list := a.list(key)
	out := make([][]float64, len(list))
	for i, v := range list {
		out[i] = toFloats(index(key, i), v)
	}
	return out
}

// rect is a matrix with rows of equal length.
func (a args) rect(key string) [][]float64 {
	m := a.matrix(key)
	for i := range m {
		if len(m[i]) != len(m[0]) {
			reject("%s has %d values, row 0 has %d: want rows of equal length", index(key, i), len(m[i]), len(m[0]))
		}
	}
	return m
}

// intMatrix is a list of lists of whole numbers.
func (a args) intMatrix(key string) [][]int {
	m := a.matrix(key)
	out := make([][]int, len(m))
	for i, row := range m {
		out[i] = make([]int, len(row))
		for j, v := range row {
			out[i][j] = wholeNumber(fmt.Sprintf("%s[%d][%d]", key, i, j), v)
		}
	}
	return out
}

// ratio is a list [x, n] of a count x among n, 0 ≤ x ≤ n.
func (a args) ratio(key string) (x, n int) {
	v := a.ints(key)
	if len(v) != 2 {
		reject("%s has %d values: want [x, n]", key, len(v))
	}
	if v[0] < 0 || v[0] > v[1] {
		reject("%s is [%d, %d]: want 0 <= x <= n", key, v[0], v[1])
	}
	return v[0], v[1]
}

// labels is a list of names: strings, or numbers and booleans written as strings.
func (a args) labels(key string) []string {
	list := a.list(key)
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = toLabel(v)
	}
	return out
}

// clusters is the list of cluster names at the key clusters, coded 0, 1, … in the order of first appearance. n is
// the length that it must have.
func (a args) clusters(n int) []int32 {
	names := a.labels("clusters")
	if len(names) != n {
		reject("clusters has %d values for %d samples", len(names), n)
	}
	codes := map[string]int32{}
	out := make([]int32, len(names))
	for i, name := range names {
		code, ok := codes[name]
		if !ok {
			code = int32(len(codes))
			codes[name] = code
		}
		out[i] = code
	}
	return out
}

// uint64 is a whole number up to 2^64 − 1, also given as a string, in hexadecimal after 0x.
func (a args) uint64(key string) uint64 { return toUint64(key, a.value(key)) }

func toUint64(key string, v any) uint64 {
	s := toLabel(v)
	u, err := strconv.ParseUint(s, 0, 64)
	if err != nil {
		reject("%s is %s: want a whole number below 2^64", key, described(v))
	}
	return u
}

func index(key string, i int) string { return fmt.Sprintf("%s[%d]", key, i) }

func toList(key string, v any) []any {
	list, ok := v.([]any)
	if !ok {
		reject("%s is %s: want a list", key, described(v))
	}
	return list
}

func toFloats(key string, v any) []float64 {
	list := toList(key, v)
	out := make([]float64, len(list))
	for i, x := range list {
		out[i] = toFloat(index(key, i), x)
	}
	return out
}

func toFloat(key string, v any) float64 {
	switch v := v.(type) {
	case json.Number:
		f, err := v.Float64()
		if err != nil {
			reject("%s is %s: not a number that fits 64 bits", key, v)
		}
		return f
	case bool:
		if v {
			return 1
		}
		return 0
	case string:
		switch v {
		case "NaN":
			return math.NaN()
		case "+Inf", "Inf":
			return math.Inf(1)
		case "-Inf":
			return math.Inf(-1)
		}
	}
	reject("%s is %s: want a number", key, described(v))
	return 0
}

func toInt(key string, v any) int { return wholeNumber(key, toFloat(key, v)) }

func wholeNumber(key string, f float64) int {
	if f != math.Trunc(f) || math.Abs(f) > 1<<53 {
		reject("%s is %v: want a whole number", key, f)
	}
	return int(f)
}

func toLabel(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		return wholeText(v.String())
	case nil:
		return "null"
	case bool:
		return strconv.FormatBool(v)
	}
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(b)
}

// wholeText writes a whole number that came as 7.0 or 7e0 as 7, and leaves others alone, so
// that a name or a seed is the same however the program before wrote it.
func wholeText(number string) string {
	if !strings.ContainsAny(number, ".eE") {
		return number
	}
	f, err := strconv.ParseFloat(number, 64)
	if err != nil || f != math.Trunc(f) || math.Abs(f) > 1<<53 {
		return number
	}
	return strconv.FormatFloat(f, 'f', 0, 64)
}

// described is a decoded JSON value in an error, without Go's notation for it.
func described(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case json.Number:
		return v.String()
	case bool:
		return strconv.FormatBool(v)
	case string:
		if len(v) > 40 {
			v = strings.ToValidUTF8(v[:40], "") + "…"
		}
		return strconv.Quote(v)
	case []any:
		if len(v) == 0 {
			return "an empty list"
		}
		return "a list"
	case map[string]any:
		return "an object"
	}
	return fmt.Sprintf("a %T", v)
}

// sameLength rejects two lists that differ in length.
func sameLength(nameA string, a int, nameB string, b int) {
	if a != b {
		reject("%s has %d values, %s has %d: want equal lengths", nameA, a, nameB, b)
	}
}
