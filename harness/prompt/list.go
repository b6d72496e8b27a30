package prompt

import (
	"encoding/json"
	"fmt"
	"strings"
)

// ParseList reads a list of texts and numbers in JSON or Python notation, such
// as ['a', "b's", 3]. Data files made with pandas hold such cells.
func ParseList(s string) ([]any, error) {
	var list []any
	dec := json.NewDecoder(strings.NewReader(s))
	dec.UseNumber()
	if err := dec.Decode(&list); err == nil && list != nil && !dec.More() {
		return list, nil
	}
	p := listParser{s: strings.TrimSpace(s)}
	list, err := p.list()
	if err != nil {
		return nil, fmt.Errorf("parse list %q: %w", clip(s), err)
	}
	return list, nil
}

type listParser struct {
	s string
	i int
}

func (p *listParser) list() ([]any, error) {
	if !p.eat('[') || !strings.HasSuffix(p.s, "]") {
		return nil, fmt.Errorf("no [ … ]")
	}
	out := []any{}
	for {
		if p.eat(']') {
			break
		}
		v, err := p.element()
		if err != nil {
			return nil, err
		}
		out = append(out, v)
		if p.eat(']') {
			break
		}
		if !p.eat(',') {
			return nil, fmt.Errorf("expected a comma after element %d", len(out))
		}
	}
	if p.i != len(p.s) {
		return nil, fmt.Errorf("text after the list")
	}
	return out, nil
}

func (p *listParser) element() (any, error) {
	p.space()
	if p.i >= len(p.s) {
		return nil, fmt.Errorf("the list does not end")
	}
	quote := p.s[p.i]
	if quote != '\'' && quote != '"' {
		start := p.i
		for p.i < len(p.s) && !strings.ContainsRune(",] \t\n", rune(p.s[p.i])) {
			p.i++
		}
		word := p.s[start:p.i]
		var n json.Number
		if err := json.Unmarshal([]byte(word), &n); err != nil || n == "" {
			return nil, fmt.Errorf("%q is neither a quoted text nor a number", clip(word))
		}
		return n, nil
	}
	var b strings.Builder
	for p.i++; p.i < len(p.s); p.i++ {
		switch c := p.s[p.i]; {
		case c == quote:
			p.i++
			return b.String(), nil
		case c == '\\' && p.i+1 < len(p.s):
			p.i++
			switch e := p.s[p.i]; e {
			case 'n':
				b.WriteByte('\n')
			case 't':
				b.WriteByte('\t')
			case '\'', '"', '\\':
				b.WriteByte(e)
			default:
				return nil, fmt.Errorf(`unknown escape \%c`, e)
			}
		default:
			b.WriteByte(c)
		}
	}
	return nil, fmt.Errorf("a text does not end")
}

func (p *listParser) eat(c byte) bool {
	p.space()
	if p.i < len(p.s) && p.s[p.i] == c {
		p.i++
		return true
	}
	return false
}

func (p *listParser) space() {
	for p.i < len(p.s) && strings.IndexByte(" \t\r\n", p.s[p.i]) >= 0 {
		p.i++
	}
}
