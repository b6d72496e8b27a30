package spec

import (
	"context"
	"errors"
	"reflect"
	"testing"
	"testing/fstest"
)

// Any task.yaml either is read, and then yields as many items as it counted, or
// gives errors with a position; it never panics.
func FuzzTask(f *testing.F) {
	f.Add([]byte(sums), []byte(rows))
	f.Add([]byte(quiz), []byte(quizRows(3)))
	f.Add([]byte("name: [\n"), []byte("{"))
	f.Add([]byte("a: &a [*a]\n"), []byte(""))
	f.Fuzz(func(t *testing.T, spec, data []byte) {
		p := place{fsys: fstest.MapFS{"task.yaml": {Data: spec}, "items.jsonl": {Data: data}, "items.csv": {Data: data}}, dir: ".", file: "task.yaml"}
		task, err := loader().task(p, overrides{})
		if err != nil {
			if errs, ok := errors.AsType[Errors](err); ok && (len(errs) == 0 || errs[0].File == "" || errs[0].Msg == "") {
				t.Errorf("error without a place: %#v", errs)
			}
			return
		}
		n := 0
		for _, err := range task.Items(context.Background(), 1) {
			if err != nil {
				t.Fatal(err)
			}
			n++
		}
		if n != task.Count {
			t.Errorf("%d items, counted %d", n, task.Count)
		}
	})
}

func FuzzSuite(f *testing.F) {
	f.Add([]byte(quick))
	f.Fuzz(func(t *testing.T, text []byte) {
		l := shippedLoader(string(text))
		_, _ = l.Open("quick")
	})
}

// What parseRow accepts encoding/json accepts too, with the same value.
func FuzzRow(f *testing.F) {
	f.Add([]byte(`{"a":"\u00e9","b":[1,2.5e3,null,true],"c":{"d":{}}}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		row, err := parseRow(line)
		if err != nil {
			return
		}
		if want := reference(t, string(line)); !reflect.DeepEqual(map[string]any(row), want) {
			t.Errorf("%q: %v, want %v", line, row, want)
		}
	})
}
