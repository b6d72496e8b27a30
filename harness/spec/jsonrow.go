package spec

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/sovereign-eval/haetae/harness"
)

// parseRow reads one JSON object. It is what a row costs, so it is written out:
// the texts of the row share one string, and numbers stay as they are written.
// It is stricter than encoding/json in refusing a key that comes twice and text
// that is not UTF-8.
func parseRow(line []byte) (harness.Fields, error) {
	if !utf8.Valid(line) {
		return nil, errors.New("the row is not valid UTF-8")
	}
	p := rowParser{s: string(line)}
	p.space()
	if p.peek() != '{' {
		return nil, errors.New("a row is a JSON object: { … }")
	}
	m, err := p.object(0)
	if err != nil {
		return nil, fmt.Errorf("bad JSON at column %d: %w", p.i+1, err)
	}
	p.space()
	if p.i != len(p.s) {
		return nil, fmt.Errorf("bad JSON at column %d: text after the row", p.i+1)
	}
	return m, nil
}

const maxRowDepth = 32

type rowParser struct {
	s string
	i int
}

func (p *rowParser) space() {
	for p.i < len(p.s) {
		switch p.s[p.i] {
		case ' ', '\t', '\r', '\n':
			p.i++
		default:
			return
		}
	}
}

func (p *rowParser) peek() byte {
	if p.i < len(p.s) {
		return p.s[p.i]
	}
	return 0
}

func (p *rowParser) object(depth int) (map[string]any, error) {
	p.i++
	m := make(map[string]any, 8)
	for p.space(); p.peek() != '}'; {
		key, err := p.text()
		if err != nil {
			return nil, err
		}
		if _, dup := m[key]; dup {
			return nil, fmt.Errorf("duplicate key %q", key)
		}
		if p.space(); p.peek() != ':' {
			return nil, errors.New("expected a colon")
		}
		p.i++
		if m[key], err = p.value(depth); err != nil {
			return nil, err
		}
		if p.space(); p.peek() != ',' {
			break
		}
		p.i++
		p.space()
		if p.peek() == '}' {
			return nil, errors.New("expected a key after the comma")
		}
	}
	if p.peek() != '}' {
		return nil, errors.New("expected a comma or }")
	}
	p.i++
	return m, nil
}

func (p *rowParser) list(depth int) ([]any, error) {
	p.i++
	l := []any{}
	for p.space(); p.peek() != ']'; {
		v, err := p.value(depth)
		if err != nil {
			return nil, err
		}
		l = append(l, v)
		if p.space(); p.peek() != ',' {
			break
		}
		p.i++
		p.space()
		if p.peek() == ']' {
			return nil, errors.New("expected a value after the comma")
		}
	}
	if p.peek() != ']' {
		return nil, errors.New("expected a comma or ]")
	}
	p.i++
	return l, nil
}

func (p *rowParser) value(depth int) (any, error) {
	p.space()
	switch c := p.peek(); {
	case c == '"':
		return p.text()
	case c == '{' || c == '[':
		if depth >= maxRowDepth {
			return nil, fmt.Errorf("nested deeper than %d levels", maxRowDepth)
		}
		if c == '{' {
			return p.object(depth + 1)
		}
		return p.list(depth + 1)
	case c == '-' || c >= '0' && c <= '9':
		return p.number()
	}
	for _, w := range [...]struct {
		word  string
		value any
	}{{"true", true}, {"false", false}, {"null", nil}} {
		if strings.HasPrefix(p.s[p.i:], w.word) {
			p.i += len(w.word)
			return w.value, nil
		}
	}
	return nil, errors.New("expected a value")
}

func (p *rowParser) number() (json.Number, error) {
	start := p.i
	if p.peek() == '-' {
		p.i++
	}
	whole := p.i
	n := p.digits()
	if n == 0 || n > 1 && p.s[whole] == '0' {
		return "", errors.New("bad number")
	}
	if p.peek() == '.' {
		p.i++
		if p.digits() == 0 {
			return "", errors.New("bad number")
		}
	}
	if c := p.peek(); c == 'e' || c == 'E' {
		p.i++
		if c := p.peek(); c == '+' || c == '-' {
			p.i++
		}
		if p.digits() == 0 {
			return "", errors.New("bad number")
		}
	}
	return json.Number(p.s[start:p.i]), nil
}

func (p *rowParser) digits() int {
	start := p.i
	for p.i < len(p.s) && p.s[p.i] >= '0' && p.s[p.i] <= '9' {
		p.i++
	}
	return p.i - start
}

// text reads a string. One without escapes is a part of the line's string.
func (p *rowParser) text() (string, error) {
	if p.peek() != '"' {
		return "", errors.New("expected a string")
	}
	p.i++
	start := p.i
	for ; p.i < len(p.s); p.i++ {
		switch c := p.s[p.i]; {
		case c == '"':
			p.i++
			return p.s[start : p.i-1], nil
		case c == '\\':
			return p.escaped(start)
		case c < 0x20:
			return "", errors.New("control character in a string")
		}
	}
	return "", errors.New("a string does not end")
}

func (p *rowParser) escaped(start int) (string, error) {
	b := append(make([]byte, 0, 2*(p.i-start)+32), p.s[start:p.i]...)
	for p.i < len(p.s) {
		c := p.s[p.i]
		p.i++
		switch {
		case c == '"':
			return string(b), nil
		case c < 0x20:
			return "", errors.New("control character in a string")
		case c != '\\':
			b = append(b, c)
			continue
		}
		e := p.peek()
		p.i++
		if k := strings.IndexByte(`"\/bfnrt`, e); k >= 0 && e != 0 {
			b = append(b, "\"\\/\b\f\n\r\t"[k])
			continue
		}
		if e != 'u' {
			return "", errors.New("unknown escape in a string")
		}
		r, ok := p.hex4()
		if !ok {
			return "", errors.New(`bad \u escape`)
		}
		if utf16.IsSurrogate(r) {
			r = p.pair(r)
		}
		b = utf8.AppendRune(b, r)
	}
	return "", errors.New("a string does not end")
}

// pair reads the second half of a surrogate pair; a lone half is U+FFFD, as in
// encoding/json.
func (p *rowParser) pair(high rune) rune {
	if !strings.HasPrefix(p.s[p.i:], `\u`) {
		return utf8.RuneError
	}
	save := p.i
	p.i += 2
	low, ok := p.hex4()
	if r := utf16.DecodeRune(high, low); ok && r != utf8.RuneError {
		return r
	}
	p.i = save
	return utf8.RuneError
}

func (p *rowParser) hex4() (rune, bool) {
	if p.i+4 > len(p.s) {
		return 0, false
	}
	n, err := strconv.ParseUint(p.s[p.i:p.i+4], 16, 32)
	if err != nil {
		return 0, false
	}
	p.i += 4
	return rune(n), true
}
