package stats

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"runtime"
	"strings"
	"sync"
)

// caseFunc computes one statistic from a case's input. It may panic with an inputError (the
// getters of args do); any other panic is a fault of ours, and is reported as an error too.
type caseFunc func(in args) (output, error)

// output holds the numbers of a case under the names of the published schema.
type output map[string]any

// caseTables lists the tables of statistics that RunCases knows; each file of statistics
// that can be called by name adds one.
func caseTables() []func() map[string]caseFunc {
	return []func() map[string]caseFunc{
		rngCases,
		intervalCases,
		comparisonCases,
		resamplingCases,
		distributionCases,
		regressionCases,
		labelCases,
		modelCases,
		seriesCases,
	}
}

// dispatch joins the tables into one. A name in two tables is a programming error that
// TestTablesAreDisjoint finds.
var dispatch = sync.OnceValue(func() map[string]caseFunc {
	all := map[string]caseFunc{}
	for _, table := range caseTables() {
		for name, f := range table() {
			all[name] = f
		}
	}
	return all
})

// RunCases computes statistics by name. in is a JSON list of cases
//
//	[{"id": "a", "stat": "wilson", "input": {"successes": 81, "n": 263, "confidence": 0.95}}]
//
// and the result is a JSON list with, for each case in order, {"id", "output"} or
// {"id", "error"}. One invalid case does not stop the rest. NaN and the infinities are
// written, and may be given, as the strings "NaN", "+Inf" and "-Inf". The error is not nil
// only where in as a whole is not a JSON list.
func RunCases(in []byte) ([]byte, error) {
	var cases []json.RawMessage
	if err := json.Unmarshal(in, &cases); err != nil {
		return nil, fmt.Errorf("read cases: %s: want a JSON list of {\"id\", \"stat\", \"input\"}", jsonFault(in, err))
	}
	results := make([]caseResult, len(cases))
	for i, raw := range cases {
		results[i] = runCase(i, raw)
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(results); err != nil {
		return nil, fmt.Errorf("write results: %w", err)
	}
	return out.Bytes(), nil
}

// caseResult is one answer: Output, or Error where it is not empty.
type caseResult struct {
	ID     json.RawMessage `json:"id"`
	Output any             `json:"output,omitempty"`
	Error  string          `json:"error,omitempty"`
}

// runCase answers case i, counted from 0; messages count from 1, as people do.
func runCase(i int, raw json.RawMessage) caseResult {
	bad := func(id json.RawMessage, format string, a ...any) caseResult {
		return caseResult{ID: id, Error: fmt.Sprintf("case %d: ", i+1) + fmt.Sprintf(format, a...)}
	}
	null := json.RawMessage("null")
	var c map[string]json.RawMessage
	if kind := jsonKind(raw); kind != "an object" || json.Unmarshal(raw, &c) != nil {
		return bad(null, `it is %s: want an object {"id", "stat", "input"}`, kind)
	}
	id := c["id"]
	if id == nil {
		id = null
	}
	var stat string
	switch kind := jsonKind(c["stat"]); {
	case c["stat"] == nil:
		return bad(id, `it has no "stat": name a statistic, such as "wilson"`)
	case kind != "a string" || json.Unmarshal(c["stat"], &stat) != nil:
		return bad(id, `stat is %s: want the name of a statistic, such as "wilson"`, kind)
	}
	out, err := evaluate(stat, c["input"])
	if err != nil {
		return caseResult{ID: id, Error: err.Error()}
	}
	return caseResult{ID: id, Output: out}
}

// jsonKind says what a JSON value is, by how it begins.
func jsonKind(raw json.RawMessage) string {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 {
		return "missing"
	}
	switch raw[0] {
	case '{':
		return "an object"
	case '[':
		return "a list"
	case '"':
		return "a string"
	case 't', 'f':
		return "true or false"
	case 'n':
		return "null"
	}
	return "a number"
}

// jsonFault says where a document stops being JSON.
func jsonFault(in []byte, err error) string {
	var syntax *json.SyntaxError
	if !errors.As(err, &syntax) {
		return "the document is " + jsonKind(in)
	}
	before := in[:min(max(0, syntax.Offset-1), int64(len(in)))]
	line := bytes.Count(before, []byte("\n")) + 1
	column := len(before) - bytes.LastIndexByte(before, '\n')
	return fmt.Sprintf("not JSON at line %d, column %d: %v", line, column, syntax)
}

// evaluate runs one statistic, with every panic turned into an error.
func evaluate(stat string, input json.RawMessage) (out any, err error) {
	f, ok := dispatch()[stat]
	if !ok {
		return nil, fmt.Errorf("unknown statistic %q: nearest is %q", stat, nearestStat(stat))
	}
	in, err := decodeArgs(input)
	if err != nil {
		return nil, fmt.Errorf("%s input: %w", stat, err)
	}
	defer func() {
		if r := recover(); r != nil {
			out, err = nil, panicError(stat, r)
		}
	}()
	res, err := f(in)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", stat, err)
	}
	return encodable(map[string]any(res)), nil
}

// panicError describes a recovered panic: a fault of the input by name, else of the code.
func panicError(stat string, r any) error {
	var bad inputError
	if err, ok := r.(error); ok && errors.As(err, &bad) {
		return fmt.Errorf("%s: %w", stat, bad)
	}
	if err, ok := r.(runtime.Error); ok {
		return fmt.Errorf("%s: internal error: %w", stat, err)
	}
	return fmt.Errorf("%s: internal error: %v", stat, r)
}

// decodeArgs reads an input object, keeping numbers exact.
func decodeArgs(raw json.RawMessage) (args, error) {
	in := args{}
	switch kind := jsonKind(raw); kind {
	case "missing", "null":
		return in, nil
	case "an object":
	default:
		return nil, fmt.Errorf(`it is %s: want an object of named values, such as {"successes": 81, "n": 263}`, kind)
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	if err := dec.Decode(&in); err != nil {
		return nil, err
	}
	return in, nil
}

// encodable replaces numbers that JSON cannot hold by their names.
func encodable(v any) any {
	switch v := v.(type) {
	case float64:
		return encodableFloat(v)
	case []float64:
		out := make([]any, len(v))
		for i, x := range v {
			out[i] = encodableFloat(x)
		}
		return out
	case [][]float64:
		out := make([]any, len(v))
		for i, x := range v {
			out[i] = encodable(x)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, x := range v {
			out[i] = encodable(x)
		}
		return out
	case Interval:
		return []any{encodableFloat(v.Lower), encodableFloat(v.Upper)}
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, x := range v {
			out[k] = encodable(x)
		}
		return out
	}
	return v
}

func encodableFloat(x float64) any {
	switch {
	case math.IsNaN(x):
		return "NaN"
	case math.IsInf(x, 1):
		return "+Inf"
	case math.IsInf(x, -1):
		return "-Inf"
	}
	return x
}

// nearestStat suggests a known name: the one that shares most letter pairs with s.
func nearestStat(s string) string {
	best, bestScore := "", -1.0
	for name := range dispatch() {
		score := pairOverlap(s, name)
		if score > bestScore || score == bestScore && name < best {
			best, bestScore = name, score
		}
	}
	return best
}

// pairOverlap is the Dice coefficient of the letter pairs of a and b.
func pairOverlap(a, b string) float64 {
	if len(a) < 2 || len(b) < 2 {
		return 0
	}
	a = a[:min(len(a), 64)]
	var shared int
	for i := 0; i+2 <= len(a); i++ {
		if strings.Contains(b, a[i:i+2]) {
			shared++
		}
	}
	return 2 * float64(shared) / float64(len(a)+len(b)-2)
}
