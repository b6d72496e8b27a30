package worksheet

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// Bounds of a file that is read.
const (
	maxFile = 256 << 20
	maxRows = 1 << 20
)

// Read reads a sheet that came back: JSON Lines when its first character is a
// brace, else CSV with a comma, semicolon or tab between cells, as spreadsheets
// of all countries save it. name is for messages, which begin with name:line.
func Read(r io.Reader, name string) ([]Row, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	if len(b) > maxFile {
		return nil, fmt.Errorf("read %s: more than %d MiB", name, maxFile>>20)
	}
	b = bytes.TrimPrefix(b, []byte(byteOrderMark))
	if !utf8.Valid(b) {
		line := 1 + bytes.Count(b[:len(b)-len(invalid(b))], []byte("\n"))
		return nil, fmt.Errorf("%s:%d: not UTF-8 text: save the sheet as CSV UTF-8", name, line)
	}
	var rows []Row
	if t := bytes.TrimLeft(b, " \t\r\n"); len(t) > 0 && t[0] == '{' {
		rows, err = readJSONL(b, name)
	} else {
		rows, err = readCSV(b, name)
	}
	if err == nil && len(rows) > maxRows {
		err = fmt.Errorf("read %s: more than %d rows", name, maxRows)
	}
	if err != nil {
		return nil, err
	}
	return rows, nil
}

// invalid is the rest of b from its first byte that is not UTF-8.
func invalid(b []byte) []byte {
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		if r == utf8.RuneError && n == 1 {
			return b
		}
		b = b[n:]
	}
	return nil
}

func readJSONL(b []byte, name string) ([]Row, error) {
	var rows []Row
	line := 0
	for text := range bytes.Lines(b) {
		line++
		if text = bytes.TrimSpace(text); len(text) == 0 {
			continue
		}
		d := json.NewDecoder(bytes.NewReader(text))
		d.DisallowUnknownFields()
		row := Row{Line: line}
		err := d.Decode(&row)
		if err == nil && d.More() {
			err = errors.New("more than one JSON value on the line")
		}
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, line, err)
		}
		rows = append(rows, row)
	}
	return rows, nil
}

func readCSV(b []byte, name string) ([]Row, error) {
	r := csv.NewReader(bytes.NewReader(b))
	r.Comma = separator(b)
	head, err := r.Read()
	if errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: the file is empty", name)
	}
	if err != nil {
		return nil, csvError(name, err)
	}
	place, err := header(head)
	if err != nil {
		return nil, fmt.Errorf("%s:1: %w", name, err)
	}
	var rows []Row
	for {
		rec, err := r.Read()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return nil, csvError(name, err)
		}
		line, _ := r.FieldPos(0)
		get := func(column string) string {
			if i, ok := place[column]; ok {
				return strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(rec[i]), "'"))
			}
			return ""
		}
		row := Row{Sheet: get("sheet"), ID: get("id"), Class: get("class"), Reason: get("reason"), Line: line}
		if row == (Row{Line: line}) {
			continue // an empty line of the spreadsheet
		}
		row.Prompt, row.Answer = get("prompt"), get("answer")
		rows = append(rows, row)
	}
}

// header finds the columns by name. prompt and answer may have been removed.
func header(head []string) (map[string]int, error) {
	place := map[string]int{}
	for i, h := range head {
		h = strings.ToLower(strings.TrimSpace(h))
		if h == "" {
			continue
		}
		if !slices.Contains(columns, h) {
			return nil, fmt.Errorf("unknown column %.40q: want %s", h, strings.Join(columns, ", "))
		}
		if _, twice := place[h]; twice {
			return nil, fmt.Errorf("column %q stands there twice", h)
		}
		place[h] = i
	}
	for _, c := range []string{"sheet", "id", "class"} {
		if _, ok := place[c]; !ok {
			return nil, fmt.Errorf("no column %q: keep the columns %s", c, strings.Join(columns, ", "))
		}
	}
	return place, nil
}

// separator is what stands between the names of the first line.
func separator(b []byte) rune {
	line, _, _ := bytes.Cut(b, []byte("\n"))
	best, most := ',', 0
	for _, c := range ",;\t" {
		if n := bytes.Count(line, []byte(string(c))); n > most {
			best, most = c, n
		}
	}
	return best
}

func csvError(name string, err error) error {
	if p, ok := errors.AsType[*csv.ParseError](err); ok {
		return fmt.Errorf("%s:%d: %w", name, p.Line, p.Err)
	}
	return fmt.Errorf("read %s: %w", name, err)
}
