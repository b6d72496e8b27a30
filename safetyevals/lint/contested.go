package lint

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/sovereign-eval/haetae/harness"
)

// ContestedFile is the name of the file beside a battery's items that holds the
// items that reviewers dispute: JSON Lines with the fields of the items. It is
// outside all rates.
const ContestedFile = "contested.jsonl"

// maxLine is the longest line of a contested file, in bytes.
const maxLine = 1 << 20

// LineFinding is a mistake in a file of its own.
type LineFinding struct {
	Line    int  // from 1
	Warning bool // worth knowing, and no mistake
	Message string
}

// Contested checks a contested file: every line is an item with an id, no id
// stands twice, and none is among the items that are asked.
func Contested(r io.Reader, items []harness.Item) ([]LineFinding, error) {
	in := map[string]bool{}
	for i := range items {
		in[Key(&items[i])] = true
	}
	var out []LineFinding
	first := map[string]int{}
	err := eachLine(r, func(line int, text []byte) {
		id, err := idOf(text)
		switch {
		case err != nil:
			out = append(out, LineFinding{line, false, err.Error()})
		case first[id] > 0:
			out = append(out, LineFinding{line, false, fmt.Sprintf("item %q stands in line %d already", id, first[id])})
		case in[id]:
			out = append(out, LineFinding{line, false, fmt.Sprintf("item %q is contested and still among the items that are asked: take it and its twin out of them", id)})
		}
		if err == nil && first[id] == 0 {
			first[id] = line
		}
	})
	if err != nil {
		return out, fmt.Errorf("read %s: %w", ContestedFile, err)
	}
	return out, nil
}

// eachLine calls f with the number and the text of each line that is not empty.
func eachLine(r io.Reader, f func(line int, text []byte)) error {
	scan := bufio.NewScanner(r)
	scan.Buffer(nil, maxLine)
	for line := 1; scan.Scan(); line++ {
		if text := bytes.TrimSpace(scan.Bytes()); len(text) > 0 {
			f(line, text)
		}
	}
	return scan.Err()
}

func idOf(line []byte) (string, error) {
	var row struct {
		ID      any    `json:"id"`
		Variant string `json:"variant"`
	}
	dec := json.NewDecoder(bytes.NewReader(line))
	dec.UseNumber()
	if err := dec.Decode(&row); err != nil {
		return "", fmt.Errorf("not an object of JSON: %w", err)
	}
	switch id := row.ID.(type) {
	case string:
		if id != "" {
			return joinKey(id, row.Variant), nil
		}
	case json.Number:
		return joinKey(id.String(), row.Variant), nil
	}
	return "", errors.New("the row has no id")
}
