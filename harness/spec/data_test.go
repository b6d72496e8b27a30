package spec

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/sovereign-eval/haetae/harness"
)

// readAll reads every row of a data file; errors of one row stand in their place.
func readAll(text, format string) []string {
	var out []string
	r := newRowReader(strings.NewReader(text), format)
	for range 1000 {
		row, line, err := r.next()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			out = append(out, fmt.Sprintf("%d: error: %v", line, err))
			if _, one := errors.AsType[*rowError](err); one {
				continue
			}
			return out
		}
		b, _ := json.Marshal(row)
		out = append(out, fmt.Sprintf("%d: %s", line, b))
	}
	return append(out, "does not end")
}

func TestFormats(t *testing.T) {
	for name, c := range map[string]struct {
		format, text string
		want         []string
	}{
		"jsonl":         {"jsonl", "{\"a\":1}\n\n  {\"a\":[\"x\",null,true]}  \r\n{\"a\":{\"b\":-1.5e3}}", []string{`1: {"a":1}`, `3: {"a":["x",null,true]}`, `4: {"a":{"b":-1.5e3}}`}},
		"jsonl bom":     {"jsonl", "\ufeff{\"a\":1}\n", []string{`1: {"a":1}`}},
		"jsonl errors":  {"jsonl", "[1]\n{\"a\":1,\"a\":2}\n{\"a\":1} x\n{\"a\":01}\n", []string{"1: error: a row is a JSON object: { … }", `2: error: bad JSON at column 11: duplicate key "a"`, "3: error: bad JSON at column 9: text after the row", "4: error: bad JSON at column 8: bad number"}},
		"json":          {"json", "[\n {\"a\":1},\n\n {\"a\":2}\n]\n", []string{`2: {"a":1}`, `4: {"a":2}`}},
		"json empty":    {"json", "[]", nil},
		"json no array": {"json", "{\"a\":1}", []string{"1: error: the file is a JSON array of rows: [{ … }, { … }]"}},
		"json cut":      {"json", "[{\"a\":1},\n{\"a\"", []string{`1: {"a":1}`, "2: error: bad JSON: unexpected EOF"}},
		"json tail":     {"json", "[{\"a\":1}] x", []string{`1: {"a":1}`, "1: error: text after the array"}},
		"csv":           {"csv", "\ufeffa,b\r\n1,\"x, \"\"y\"\"\nz\"\r\n2,\r\n", []string{`2: {"a":"1","b":"x, \"y\"\nz"}`, `4: {"a":"2","b":""}`}},
		"csv short row": {"csv", "a,b\n1\n2,3\n", []string{"2: error: the row has 1 fields, the header 2", `3: {"a":"2","b":"3"}`}},
		"csv twice":     {"csv", "a,a\n1,2\n", []string{`1: error: two columns are called "a"`}},
		"csv empty":     {"csv", "", []string{"1: error: the file is empty; its first line names the columns"}},
		"csv no name":   {"csv", ",a\n0,1\n", []string{`2: {"a":"1","column1":"0"}`}},
		"csv quote":     {"csv", "a\nx\"y\n", []string{`2: error: bare " in non-quoted-field`}},
		"tsv":           {"tsv", "a\tb\n1\tx, y\n", []string{`2: {"a":"1","b":"x, y"}`}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := readAll(c.text, c.format); !slices.Equal(got, c.want) {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

func TestLongRows(t *testing.T) {
	long := strings.Repeat("x", maxRow+(1<<18))
	for format, text := range map[string]string{"jsonl": `{"a":"` + long, "json": `[{"a":"` + long, "csv": "a\n\"" + long} {
		got := readAll(text, format)
		if len(got) != 1 || !strings.Contains(got[0], "longer than 16777216 bytes") {
			t.Errorf("%s: %.200q", format, got)
		}
	}
	fine := readAll(`{"a":"`+long[:1<<18]+`"}`+"\n{\"b\":1}\n", "jsonl")
	if len(fine) != 2 || fine[1] != `2: {"b":1}` {
		t.Errorf("%.100q", fine)
	}
}

func TestParseRowAgrees(t *testing.T) {
	for _, s := range []string{
		`{"a":"\u00e9\n\"\\\/\b\f\r\t","b":"\ud83d\ude00","c":"\ud83d","d":"\ud83dx","e":"한국어"}`,
		`{}`, `{"a":{}, "b":[], "c":[[1,2],[3]]}`, `{"n":[0,-0,1.5,1e10,1E-5]}`, `{"a" : true , "b":false}`,
	} {
		got, err := parseRow([]byte(s))
		if err != nil {
			t.Errorf("%s: %v", s, err)
		}
		if want := reference(t, s); !reflect.DeepEqual(map[string]any(got), want) {
			t.Errorf("%s: got %v, want %v", s, got, want)
		}
	}
	for _, s := range []string{``, `{`, `{"a"}`, `{"a":}`, `{"a":1,}`, `{"a":[1,]}`, `{"a":"x`, `{"a":"\x"}`, `{"a":"\u12"}`, `{"a":1.}`, `{"a":-}`, `{"a":1e}`, `{"a":tru}`, "{\"a\":\"\n\"}", `{a:1}`,
		`{"a":` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + `}`} {
		if _, err := parseRow([]byte(s)); err == nil {
			t.Errorf("%s: no error", s)
		}
	}
}

func reference(t testing.TB, s string) map[string]any {
	t.Helper()
	var want map[string]any
	dec := json.NewDecoder(strings.NewReader(s))
	dec.UseNumber()
	if err := dec.Decode(&want); err != nil {
		t.Fatal(err)
	}
	return want
}

// dice is a generator of sums.
type dice struct{}

func (dice) Version() string { return "1" }
func (dice) Check(o map[string]any) error {
	for k := range o {
		if k != "sides" {
			return fmt.Errorf("unknown option %q", k)
		}
	}
	return nil
}
func (dice) Rows(n int, seed int64, _ map[string]any) iter.Seq2[harness.Fields, error] {
	return func(yield func(harness.Fields, error) bool) {
		for i := range n {
			if !yield(harness.Fields{"id": fmt.Sprint(i), "topic": "t", "question": fmt.Sprint(seed, "+", i), "answer": fmt.Sprint(seed + int64(i))}, nil) {
				return
			}
		}
	}
}

func TestGenerator(t *testing.T) {
	l := loader()
	l.Generators = map[string]Generator{"dice": dice{}}
	read := func(gen string) (*harness.Task, error) {
		return l.Task(folder(t, map[string]string{"task.yaml": strings.Replace(sums, "file: items.jsonl", gen, 1)}))
	}
	a, err := read("generator: {name: dice, rows: 5, seed: 7, options: {sides: 6}}")
	if err != nil {
		t.Fatal(err)
	}
	b, err := read("generator: {name: dice, rows: 5, seed: 8}")
	if err != nil {
		t.Fatal(err)
	}
	if a.Count != 5 || a.Digest == b.Digest || !a.DataDigest.IsZero() {
		t.Errorf("count %d, digests %s %s", a.Count, a.Digest, b.Digest)
	}
	if items := collect(t, a, 0); items[4].Fields["answer"] != "11" {
		t.Errorf("%+v", items[4])
	}
	for gen, want := range map[string]string{
		"generator: {name: dice, rows: 0}":                     "task.yaml:7: data.generator.rows: want 1 to 100000000",
		"generator: {name: dice, rows: 3, options: {side: 6}}": `task.yaml:7: data.generator.options: unknown option "side"`,
		"generator: {name: dce, rows: 3}":                      `task.yaml:7: unknown generator "dce"; did you mean "dice"?`,
	} {
		if _, err := read(gen); err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%s: %v, want %s", gen, err, want)
		}
	}
}

func TestDataFolders(t *testing.T) {
	task := strings.Replace(sums, "{file: items.jsonl}", "{file: items.jsonl, obtain: From the author.}", 1)
	dir := folder(t, map[string]string{"task.yaml": task})
	for name, files := range map[string]map[string]string{
		"by task": {"sums/items.jsonl": rows}, "plain": {"items.jsonl": rows},
	} {
		l := loader()
		l.DataDirs = []string{t.TempDir(), folder(t, files)}
		if got, err := l.Task(dir); err != nil || got.Count != 2 {
			t.Errorf("%s: %v", name, err)
		}
	}
	l := loader()
	l.DataDirs = []string{"data"}
	_, err := l.Task(dir)
	m, ok := errors.AsType[*MissingData](err)
	if !ok || m.Error() != "task sums: data file items.jsonl is not there" {
		t.Fatalf("%v", err)
	}
	want := "Put items.jsonl into DIR/sums/ or DIR/ and give --data DIR. From the author. Looked for " +
		filepath.ToSlash(dir) + "/items.jsonl, data/sums/items.jsonl, data/items.jsonl."
	if m.Remedy() != want {
		t.Errorf("remedy %q\nwant   %q", m.Remedy(), want)
	}
	if h, ok := errors.AsType[*harness.HintError](err); !ok || h.Hint != want {
		t.Errorf("hint %v", h)
	}
	if d, err := l.Describe(dir); err != nil || d.Missing == nil || d.Title["ko"] != "덧셈" {
		t.Errorf("%+v, %v", d, err)
	}
}

func TestChangedFile(t *testing.T) {
	dir := folder(t, map[string]string{"task.yaml": sums, "items.jsonl": rows})
	task, err := loader().Task(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "items.jsonl"), []byte(rows+rows), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, err := range task.Items(t.Context(), 0) {
		if err == nil || !strings.Contains(err.Error(), "the file changed while it was used") {
			t.Errorf("%v", err)
		}
	}
}

func TestCancelledItems(t *testing.T) {
	task, err := loader().Task(folder(t, map[string]string{"task.yaml": sums, "items.jsonl": rows}))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, err := range task.Items(ctx, 0) {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%v", err)
		}
	}
}

func TestIDsSpill(t *testing.T) {
	ids := newIDSet()
	defer ids.close()
	n := 3*runLength + 10
	for i := range n {
		if err := ids.add(ids.hash(fmt.Sprint(i), "")); err != nil {
			t.Fatal(err)
		}
	}
	if len(ids.runs) != 3 {
		t.Errorf("%d runs on disk, want 3", len(ids.runs))
	}
	if got, err := ids.repeated(10); err != nil || len(got) != 0 {
		t.Errorf("%v, %v", got, err)
	}
	for _, i := range []int{5, 2*runLength + 7, n - 1} {
		if err := ids.add(ids.hash(fmt.Sprint(i), "")); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := ids.repeated(10); err != nil || len(got) != 3 {
		t.Errorf("%d repeated, %v; want 3", len(got), err)
	}
	if ids.hash("a", "b") == ids.hash("ab", "") {
		t.Error("variant and id run together")
	}
}

// Reading a task holds no more for many rows than for few.
func TestMemoryIsBounded(t *testing.T) {
	peak := func(n int) uint64 {
		dir := benchDir(t, n)
		runtime.GC()
		var top, m runtime.MemStats
		task, err := loader().Task(dir)
		if err != nil {
			t.Fatal(err)
		}
		k := 0
		for _, err := range task.Items(t.Context(), 1) {
			if err != nil {
				t.Fatal(err)
			}
			if k++; k%(n/4) == 0 {
				runtime.GC()
				runtime.ReadMemStats(&m)
				top.HeapAlloc = max(top.HeapAlloc, m.HeapAlloc)
			}
		}
		return top.HeapAlloc
	}
	few, many := peak(8_000), peak(80_000)
	if many > few+(2<<20) {
		t.Errorf("heap in use %d bytes for 8,000 rows, %d for 80,000", few, many)
	}
}
