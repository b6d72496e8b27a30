package spec

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/sovereign-eval/haetae/harness"
)

// maxRow is the longest row that is read, in bytes.
const maxRow = 16 << 20

// rowReader yields the rows of a data file. next returns io.EOF at the end; an
// error about one row is a *rowError, after which next may be called again.
type rowReader interface {
	next() (row harness.Fields, line int, err error)
}

// rowError is a row that cannot be read, while those after it may be.
type rowError struct{ err error }

func (e *rowError) Error() string { return e.err.Error() }
func (e *rowError) Unwrap() error { return e.err }

// formatOf tells the format of a file by its name.
func formatOf(file, format string) (string, error) {
	if format != "" {
		return format, nil
	}
	switch ext := strings.ToLower(path.Ext(file)); ext {
	case ".jsonl", ".ndjson":
		return "jsonl", nil
	case ".json", ".csv", ".tsv":
		return ext[1:], nil
	}
	return "", fmt.Errorf("the extension of %q does not tell its format; give format: jsonl, json, csv or tsv", file)
}

func newRowReader(r io.Reader, format string) rowReader {
	b := bufio.NewReaderSize(r, 64<<10)
	if c, _ := b.Peek(3); string(c) == "\ufeff" {
		b.Discard(3)
	}
	switch format {
	case "json":
		return newArray(b)
	case "csv":
		return newTable(b, ',')
	case "tsv":
		return newTable(b, '\t')
	}
	return &lines{r: b}
}

// lines reads JSON Lines. Empty lines are passed over.
type lines struct {
	r    *bufio.Reader
	line int
	long []byte
}

func (l *lines) next() (harness.Fields, int, error) {
	for {
		b, err := l.read()
		if len(b) == 0 && err != nil {
			return nil, l.line, err
		}
		l.line++
		if len(bytes.TrimSpace(b)) == 0 {
			continue
		}
		row, err := parseRow(b)
		if err != nil {
			return nil, l.line, &rowError{err}
		}
		return row, l.line, nil
	}
}

// read returns the next line, which is valid until the next call.
func (l *lines) read() ([]byte, error) {
	b, err := l.r.ReadSlice('\n')
	if !errors.Is(err, bufio.ErrBufferFull) {
		if errors.Is(err, io.EOF) && len(b) > 0 {
			err = nil
		}
		return b, err
	}
	l.long = append(l.long[:0], b...)
	for errors.Is(err, bufio.ErrBufferFull) {
		if len(l.long) > maxRow {
			return nil, fmt.Errorf("line %d is longer than %d bytes", l.line+1, maxRow)
		}
		b, err = l.r.ReadSlice('\n')
		l.long = append(l.long, b...)
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return l.long, err
}

// array reads a JSON array of objects, one at a time.
type array struct {
	src *meter
	dec *json.Decoder
	in  bool
	bad error
}

func newArray(r io.Reader) *array {
	m := &meter{r: r, track: true}
	return &array{src: m, dec: json.NewDecoder(m)}
}

func (a *array) next() (harness.Fields, int, error) {
	if a.bad != nil {
		return nil, 0, a.bad
	}
	fail := func(err error) (harness.Fields, int, error) {
		a.bad = err
		return nil, a.src.lineAt(a.dec.InputOffset()), err
	}
	if !a.in {
		a.in = true
		if t, err := a.dec.Token(); err != nil || t != json.Delim('[') {
			return fail(errors.New("the file is a JSON array of rows: [{ … }, { … }]"))
		}
	}
	a.src.mark()
	if !a.dec.More() {
		if _, err := a.dec.Token(); err != nil {
			return fail(fmt.Errorf("the array does not end: %w", err))
		}
		if _, err := a.dec.Token(); !errors.Is(err, io.EOF) {
			return fail(errors.New("text after the array"))
		}
		a.bad = io.EOF
		return nil, 0, io.EOF
	}
	var raw json.RawMessage
	if err := a.dec.Decode(&raw); err != nil {
		at := a.src.n
		if se, ok := errors.AsType[*json.SyntaxError](err); ok {
			at = se.Offset
		}
		a.bad = fmt.Errorf("bad JSON: %w", err)
		return nil, a.src.lineAt(at), a.bad
	}
	line := a.src.lineAt(a.dec.InputOffset() - int64(len(raw)))
	row, err := parseRow(raw)
	if err != nil {
		return nil, line, &rowError{err}
	}
	return row, line, nil
}

// meter bounds what is read between two marks, and finds lines by offset.
type meter struct {
	r        io.Reader
	track    bool    // record line ends
	n        int64   // bytes read
	since    int64   // n at the last mark
	newlines []int64 // offsets of line ends that were not passed yet
	line     int     // line ends that were passed
}

func (m *meter) Read(b []byte) (int, error) {
	if m.n-m.since > maxRow {
		return 0, fmt.Errorf("a row is longer than %d bytes", maxRow)
	}
	n, err := m.r.Read(b)
	for i, c := range b[:n] {
		if m.track && c == '\n' {
			m.newlines = append(m.newlines, m.n+int64(i))
		}
	}
	m.n += int64(n)
	return n, err
}

func (m *meter) mark() { m.since = m.n }

// lineAt returns the line of an offset. Offsets must not go back.
func (m *meter) lineAt(offset int64) int {
	k, _ := slices.BinarySearch(m.newlines, offset)
	m.line += k
	m.newlines = slices.Delete(m.newlines, 0, k)
	return m.line + 1
}

// table reads CSV or TSV by RFC 4180 with a header row.
type table struct {
	src    *meter
	csv    *csv.Reader
	header []string
	bad    error
}

func newTable(r io.Reader, comma rune) *table {
	m := &meter{r: r}
	t := &table{src: m, csv: csv.NewReader(m)}
	t.csv.Comma, t.csv.ReuseRecord, t.csv.FieldsPerRecord = comma, true, -1
	return t
}

func (t *table) next() (harness.Fields, int, error) {
	if t.bad != nil {
		return nil, 0, t.bad
	}
	if t.header == nil {
		if err := t.readHeader(); err != nil {
			t.bad = err
			return nil, 1, err
		}
	}
	t.src.mark()
	rec, err := t.csv.Read()
	if err != nil {
		t.bad = err
		if pe, ok := errors.AsType[*csv.ParseError](err); ok {
			t.bad = pe.Err
			return nil, pe.Line, pe.Err
		}
		return nil, 0, err
	}
	line, _ := t.csv.FieldPos(0)
	if len(rec) != len(t.header) {
		return nil, line, &rowError{fmt.Errorf("the row has %d fields, the header %d", len(rec), len(t.header))}
	}
	row := make(harness.Fields, len(rec))
	for i, v := range rec {
		if !utf8.ValidString(v) {
			return nil, line, &rowError{errors.New("the row is not valid UTF-8")}
		}
		row[t.header[i]] = v
	}
	return row, line, nil
}

func (t *table) readHeader() error {
	rec, err := t.csv.Read()
	if errors.Is(err, io.EOF) {
		return errors.New("the file is empty; its first line names the columns")
	}
	if err != nil {
		return err
	}
	for i, h := range rec {
		h = strings.TrimSpace(h)
		if h == "" {
			h = fmt.Sprintf("column%d", i+1)
		}
		if slices.Contains(t.header, h) {
			return fmt.Errorf("two columns are called %q", h)
		}
		t.header = append(t.header, strings.Clone(h))
	}
	return nil
}
