package exam

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// ReadCSV reads a labelled file with a heading; name stands in errors. A byte
// order mark is passed over.
func (s Source) ReadCSV(r io.Reader, name string) ([]Item, int, error) {
	in := bufio.NewReader(r)
	if mark, _ := in.Peek(3); string(mark) == "\ufeff" {
		if _, err := in.Discard(3); err != nil {
			return nil, 0, fmt.Errorf("read labelled file %s: %w", name, err)
		}
	}
	rows := csv.NewReader(in)
	head, err := rows.Read()
	if err != nil {
		return nil, 0, fmt.Errorf("read labelled file %s: heading: %w", name, err)
	}
	seen := map[string]bool{}
	for _, column := range head {
		if seen[column] {
			return nil, 0, fmt.Errorf("read labelled file %s:1: column %q stands twice", name, column)
		}
		seen[column] = true
	}
	return s.read(name, func() (row, error) {
		fields, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return row{}, io.EOF
		}
		if err != nil {
			return row{}, fmt.Errorf("read labelled file %s: %w", name, err) // names the line
		}
		line, _ := rows.FieldPos(0)
		r := row{line: line, values: make(map[string]string, len(head))}
		for i, column := range head {
			r.values[column] = fields[i]
		}
		return r, nil
	})
}

// ReadJSONL reads a labelled file of one flat JSON object a line; name stands in
// errors. Values of named columns are strings, numbers or booleans.
func (s Source) ReadJSONL(r io.Reader, name string) ([]Item, int, error) {
	scan := bufio.NewScanner(r)
	scan.Buffer(nil, maxLine)
	line := 0
	return s.read(name, func() (row, error) {
		for scan.Scan() {
			line++
			if len(bytes.TrimSpace(scan.Bytes())) == 0 {
				continue
			}
			values, err := object(scan.Bytes())
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF // of the object, not of the file
			}
			if err != nil {
				return row{}, fmt.Errorf("read labelled file %s:%d: %w", name, line, err)
			}
			return row{line: line, values: values}, nil
		}
		if err := scan.Err(); err != nil {
			return row{}, fmt.Errorf("read labelled file %s:%d: %w", name, line+1, err)
		}
		return row{}, io.EOF
	})
}

// object reads one JSON object whose keys stand once. Nested values are kept as
// they are written: no label is one of them.
func object(data []byte) (map[string]string, error) {
	if !utf8.Valid(data) {
		return nil, errors.New("not UTF-8: save the file as UTF-8")
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	if open, err := dec.Token(); err != nil || open != json.Delim('{') {
		return nil, errors.New("not a JSON object")
	}
	values := map[string]string{}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return nil, err
		}
		name, _ := key.(string)
		if _, twice := values[name]; twice {
			return nil, fmt.Errorf("key %q stands twice", name)
		}
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil {
			return nil, err
		}
		if values[name], err = text(raw); err != nil {
			return nil, err
		}
	}
	if _, err := dec.Token(); err != nil {
		return nil, err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("more follows the object")
	}
	return values, nil
}

// text is a JSON value as a label or a text; null is empty.
func text(raw json.RawMessage) (string, error) {
	switch {
	case len(raw) > 0 && raw[0] == '"':
		var s string
		err := json.Unmarshal(raw, &s)
		return s, err
	case string(raw) == "null":
		return "", nil
	}
	return strings.TrimSpace(string(raw)), nil
}
