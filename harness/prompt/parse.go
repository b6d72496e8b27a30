package prompt

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// parseExpr reads an expression and its closing braces from the start of s, and
// returns how many bytes that took.
func parseExpr(s string) (*expr, int, error) {
	p := parser{s: s}
	e, err := p.expr()
	if err != nil {
		shown := s
		if i := strings.Index(shown, "}}"); i >= 0 {
			shown = shown[:i]
		}
		if len(shown) > 40 {
			shown = strings.ToValidUTF8(shown[:40], "") + "…"
		}
		return nil, 0, fmt.Errorf("{{%s}}: %w", shown, err)
	}
	return e, p.i, nil
}

type parser struct {
	s string
	i int
}

func (p *parser) expr() (*expr, error) {
	var e expr
	p.space()
	var err error
	if e.root, err = p.name(); err != nil {
		return nil, err
	}
	for p.eat('.') {
		name, err := p.name()
		if err != nil {
			return nil, err
		}
		e.path = append(e.path, name)
	}
	p.space()
	for p.eat('|') {
		p.space()
		f, err := p.filter()
		if err != nil {
			return nil, err
		}
		e.filters = append(e.filters, f)
		p.space()
	}
	if !strings.HasPrefix(p.s[p.i:], "}}") {
		return nil, fmt.Errorf("expected }} or |")
	}
	e.src = strings.TrimSpace(p.s[:p.i])
	p.i += 2
	return &e, nil
}

func (p *parser) filter() (filter, error) {
	name, err := p.name()
	if err != nil {
		return filter{}, err
	}
	arg, has := "", false
	if p.eat(':') {
		has = true
		if arg, err = p.argument(); err != nil {
			return filter{}, err
		}
	}
	return newFilter(name, arg, has)
}

func (p *parser) argument() (string, error) {
	if p.i < len(p.s) && (p.s[p.i] == '"' || p.s[p.i] == '\'') {
		return p.quoted()
	}
	return p.name()
}

// name reads a bare name, or a quoted one, which may hold any character.
func (p *parser) name() (string, error) {
	if p.i < len(p.s) && (p.s[p.i] == '"' || p.s[p.i] == '\'') {
		return p.quoted()
	}
	start := p.i
	for p.i < len(p.s) {
		r, n := utf8.DecodeRuneInString(p.s[p.i:])
		if r == utf8.RuneError || r != '_' && r != '-' && !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) {
			break
		}
		p.i += n
	}
	if p.i == start {
		return "", fmt.Errorf("expected a name")
	}
	return p.s[start:p.i], nil
}

// quoted reads a string in double quotes, with Go's escapes, or in single
// quotes, where only the quote itself and the backslash are escaped.
func (p *parser) quoted() (string, error) {
	quote := p.s[p.i]
	for j := p.i + 1; j < len(p.s); j++ {
		switch p.s[j] {
		case '\\':
			j++
		case quote:
			raw := p.s[p.i : j+1]
			p.i = j + 1
			if quote == '\'' {
				return unescape(raw[1 : len(raw)-1]), nil
			}
			s, err := strconv.Unquote(strings.ReplaceAll(raw, "\n", `\n`))
			if err != nil {
				return "", fmt.Errorf("bad string %s", raw)
			}
			return s, nil
		}
	}
	return "", fmt.Errorf("a string does not end")
}

// unescape keeps every backslash that stands before something else than a
// single quote or a backslash, so that patterns need no doubling.
func unescape(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	return strings.NewReplacer(`\\`, `\`, `\'`, `'`).Replace(s)
}

func (p *parser) eat(c byte) bool {
	if p.i < len(p.s) && p.s[p.i] == c {
		p.i++
		return true
	}
	return false
}

func (p *parser) space() {
	for p.i < len(p.s) && strings.IndexByte(" \t\r\n", p.s[p.i]) >= 0 {
		p.i++
	}
}
