package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/sovereign-eval/haetae/harness"
)

// sheet is a file of scores: rows with a text for each column, "" where there is
// nothing, and the line each row stands on.
type sheet struct {
	name    string
	columns []string
	rows    [][]string
	lines   []int
	nested  map[string]int // line of the first list or object in a column, of JSON Lines
}

// readSheet reads CSV or TSV with a header, or JSON Lines.
func (a *app) readSheet(path string) (*sheet, error) {
	b, err := a.readInput(path)
	if err != nil {
		return nil, err
	}
	b = bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))
	s := &sheet{name: inputName(path)}
	if line := notUTF8(b); line > 0 {
		return nil, s.wrong(line, "Save the file as UTF-8; a spreadsheet calls it “CSV UTF-8”.", "the text is not UTF-8")
	}
	ext := strings.ToLower(filepath.Ext(path))
	switch first := bytes.TrimSpace(b); {
	case ext == ".jsonl" || ext == ".ndjson" || path == "-" && bytes.HasPrefix(first, []byte("{")):
		err = s.readJSON(b)
	case ext == ".tsv":
		err = s.readCSV(b, '\t')
	default:
		err = s.readCSV(b, separatorOf(b))
	}
	if err != nil {
		return nil, err
	}
	if len(s.rows) == 0 {
		return nil, harness.Hint(fmt.Errorf("%s: no rows", s.name), "The file needs a header and at least one row below it, or one JSON object a line.")
	}
	return s, nil
}

// notUTF8 is the first line with bytes that are no UTF-8, or with a zero byte, as UTF-16
// has; 0 where there is none.
func notUTF8(b []byte) int {
	if utf8.Valid(b) && bytes.IndexByte(b, 0) < 0 {
		return 0
	}
	for n, line := range bytes.Split(b, []byte("\n")) {
		if !utf8.Valid(line) || bytes.IndexByte(line, 0) >= 0 {
			return n + 1
		}
	}
	return 1
}

// separatorOf is what the header puts between its names: a comma, or a semicolon or a tab
// where it has no comma.
func separatorOf(b []byte) rune {
	header, _, _ := bytes.Cut(bytes.TrimLeft(b, "\r\n"), []byte("\n"))
	for _, sep := range ",;\t" {
		if bytes.ContainsRune(header, sep) {
			return sep
		}
	}
	return ','
}

// wrong is an error at a line, with what to do about it.
func (s *sheet) wrong(line int, remedy, format string, args ...any) error {
	return harness.Hint(fmt.Errorf("%s:%d: %w", s.name, line, fmt.Errorf(format, args...)), "%s", remedy)
}

func (s *sheet) readCSV(b []byte, comma rune) error {
	r := csv.NewReader(bytes.NewReader(b))
	r.Comma = comma
	const remedy = "Write comma-separated values with a header, every row with as many fields; quote a field that holds a comma or a line break. Semicolons or tabs are taken where the header has no comma."
	for {
		row, err := r.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			if p, ok := errors.AsType[*csv.ParseError](err); ok {
				return s.wrong(p.Line, remedy, "%w", p.Err)
			}
			return fmt.Errorf("read %s: %w", s.name, err)
		}
		line, _ := r.FieldPos(0)
		for i := range row {
			row[i] = strings.TrimSpace(row[i])
		}
		if s.columns == nil {
			if err := s.header(row, line); err != nil {
				return err
			}
			continue
		}
		s.rows, s.lines = append(s.rows, row), append(s.lines, line)
	}
}

// header takes the names of the columns, which must differ.
func (s *sheet) header(row []string, line int) error {
	for i, name := range row {
		if slices.Contains(row[:i], name) {
			return s.wrong(line, "Give every column a name of its own in the first line.", "two columns are named %q", name)
		}
	}
	s.columns = row
	return nil
}

func (s *sheet) readJSON(b []byte) error {
	place := map[string]int{}
	s.nested = map[string]int{}
	for n, raw := range bytes.Split(b, []byte("\n")) {
		if len(bytes.TrimSpace(raw)) == 0 {
			continue
		}
		var object map[string]any
		d := json.NewDecoder(bytes.NewReader(raw))
		d.UseNumber()
		err := d.Decode(&object)
		if err == nil && object == nil {
			err = errors.New("not an object")
		}
		if err == nil && d.More() {
			err = errors.New("more than one value on the line")
		}
		if err != nil {
			return s.wrong(n+1, `Write one JSON object a line, such as {"id":"q1","score":1}.`, "%w", err)
		}
		row := make([]string, len(s.columns))
		for _, name := range sortedKeys(object) {
			text, plain := plainText(object[name])
			if _, known := s.nested[name]; !plain && !known {
				s.nested[name] = n + 1
			}
			i, ok := place[name]
			if !ok {
				i = len(s.columns)
				place[name] = i
				s.columns = append(s.columns, name)
				row = append(row, "")
			}
			row[i] = text
		}
		s.rows, s.lines = append(s.rows, row), append(s.lines, n+1)
	}
	for i, row := range s.rows { // rows from before a column first appeared
		s.rows[i] = append(row, make([]string, len(s.columns)-len(row))...)
	}
	return nil
}

func sortedKeys(m map[string]any) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// plainText is a JSON value as a field of a table; false for a list or an object, which
// no field holds.
func plainText(v any) (string, bool) {
	switch v := v.(type) {
	case nil:
		return "", true
	case string:
		return strings.TrimSpace(v), true
	case json.Number:
		return v.String(), true
	case bool:
		return strconv.FormatBool(v), true
	}
	return "", false
}

// column finds a column by its name.
func (s *sheet) column(flag, name string) (int, error) {
	if name == "" {
		return 0, harness.Usage(fmt.Errorf("%s: which column? give %s", s.name, flag), "It has the columns %s.", strings.Join(s.columns, ", "))
	}
	i := slices.Index(s.columns, name)
	if i < 0 {
		return 0, harness.Usage(fmt.Errorf("%s has no column %q (%s)", s.name, name, flag), "%s", suggest(name, s.columns, "It has the columns "+strings.Join(s.columns, ", ")+"."))
	}
	if line := s.nested[name]; line > 0 {
		return 0, s.wrong(line, "Give numbers, texts, true, false or null.", "%q holds a list or an object", name)
	}
	return i, nil
}

// numbers reads a column of scores. Empty, NA and NaN are missing; true and false
// are 1 and 0.
func (s *sheet) numbers(flag, name string) ([]float64, error) {
	c, err := s.column(flag, name)
	if err != nil {
		return nil, err
	}
	out := make([]float64, len(s.rows))
	for i, row := range s.rows {
		v, err := number(row[c])
		if err != nil {
			remedy := "Scores are numbers, true or false; leave the field empty where there is none."
			if _, comma := number(strings.Replace(row[c], ",", ".", 1)); comma == nil {
				remedy = "Write a decimal point: " + strings.Replace(row[c], ",", ".", 1)
			} else if flag == "--columns" {
				remedy += " Name the columns with scores by --columns, the others by --key or --cluster."
			}
			return nil, s.wrong(s.lines[i], remedy, "column %s: %w", name, err)
		}
		out[i] = v
	}
	return out, nil
}

func number(s string) (float64, error) {
	switch strings.ToLower(s) {
	case "", "na", "n/a", "nan", "null":
		return math.NaN(), nil
	case "true":
		return 1, nil
	case "false":
		return 0, nil
	}
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsInf(v, 0) {
		return 0, fmt.Errorf("%q is not a number", s)
	}
	return v, nil
}

// texts reads a column as it stands; every row must have something there.
func (s *sheet) texts(flag, name string) ([]string, error) {
	c, err := s.column(flag, name)
	if err != nil {
		return nil, err
	}
	out := make([]string, len(s.rows))
	for i, row := range s.rows {
		if row[c] == "" {
			return nil, s.wrong(s.lines[i], "Every row needs a value in the column of "+flag+".", "column %s is empty", name)
		}
		out[i] = row[c]
	}
	return out, nil
}

// clusters reads the column that says which rows belong together; nil where name
// is empty.
func (s *sheet) clusters(name string) ([]int32, error) {
	if name == "" {
		return nil, nil
	}
	names, err := s.texts("--cluster", name)
	if err != nil {
		return nil, err
	}
	return codes(names), nil
}

// codes numbers names in the order of their appearance.
func codes(names []string) []int32 {
	seen := map[string]int32{}
	out := make([]int32, len(names))
	for i, name := range names {
		code, ok := seen[name]
		if !ok {
			code = int32(len(seen))
			seen[name] = code
		}
		out[i] = code
	}
	return out
}

// keys maps the value of a key column, which no two rows share, to its row.
func (s *sheet) keys(name string) (map[string]int, error) {
	names, err := s.texts("--key", name)
	if err != nil {
		return nil, err
	}
	out := make(map[string]int, len(names))
	for i, k := range names {
		if first, twice := out[k]; twice {
			return nil, s.wrong(s.lines[i], "Every item stands on one row; for repeated answers use the mean of each item.", "key %q stands on line %d already", k, s.lines[first])
		}
		out[k] = i
	}
	return out, nil
}

// otherColumns are those that hold scores: all but the named ones.
func (s *sheet) otherColumns(but ...string) []string {
	var out []string
	for _, c := range s.columns {
		if !slices.Contains(but, c) {
			out = append(out, c)
		}
	}
	return out
}

// isBinary tells whether all values that are there are 0 or 1.
func isBinary(lists ...[]float64) bool {
	for _, list := range lists {
		for _, v := range list {
			if v != 0 && v != 1 && !math.IsNaN(v) {
				return false
			}
		}
	}
	return true
}
