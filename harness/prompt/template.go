package prompt

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/sovereign-eval/haetae/harness"
)

// MaxSource is the longest template that is compiled, in bytes.
const MaxSource = 1 << 18

// Template is compiled text. It is safe for concurrent use.
type Template struct {
	src   string
	parts []part
}

// part is literal text, or an expression where expr is set.
type part struct {
	text string
	expr *expr
}

type expr struct {
	src     string // as written, without braces
	root    string
	path    []string
	filters []filter
}

// UnknownField says that a template names a field that a row does not have.
type UnknownField struct {
	Field string   // as the template writes it
	Have  []string // fields of the row, sorted
}

// Error implements error.
func (e *UnknownField) Error() string {
	return fmt.Sprintf("unknown field %q; the row has %s", e.Field, strings.Join(e.Have, ", "))
}

// Compile reads a template. Errors name the expression.
func Compile(src string) (*Template, error) {
	if len(src) > MaxSource {
		return nil, fmt.Errorf("compile template: %d bytes are more than %d", len(src), MaxSource)
	}
	t := &Template{src: src}
	rest := src
	var text strings.Builder
	for {
		i := strings.Index(rest, "{{")
		if i < 0 {
			text.WriteString(rest)
			break
		}
		if i > 0 && rest[i-1] == '\\' {
			text.WriteString(rest[:i-1])
			text.WriteString("{{")
			rest = rest[i+2:]
			continue
		}
		text.WriteString(rest[:i])
		e, n, err := parseExpr(rest[i+2:])
		if err != nil {
			return nil, err
		}
		if text.Len() > 0 {
			t.parts = append(t.parts, part{text: text.String()})
			text.Reset()
		}
		t.parts = append(t.parts, part{expr: e})
		rest = rest[i+2+n:]
	}
	if text.Len() > 0 {
		t.parts = append(t.parts, part{text: text.String()})
	}
	return t, nil
}

// MustCompile is Compile for templates that are part of a program.
func MustCompile(src string) *Template {
	t, err := Compile(src)
	if err != nil {
		panic(err)
	}
	return t
}

// String returns the source.
func (t *Template) String() string { return t.src }

// Fields returns the names of the fields that the template names, sorted.
func (t *Template) Fields() []string {
	var names []string
	for _, p := range t.parts {
		if p.expr != nil && !slices.Contains(names, p.expr.root) {
			names = append(names, p.expr.root)
		}
	}
	slices.Sort(names)
	return names
}

// Constant returns the text of a template that reads no field.
func (t *Template) Constant() (string, bool) {
	switch {
	case len(t.parts) == 0:
		return "", true
	case len(t.parts) == 1 && t.parts[0].expr == nil:
		return t.parts[0].text, true
	}
	return "", false
}

// Append renders the template onto dst.
func (t *Template) Append(dst []byte, f harness.Fields) ([]byte, error) {
	for i := range t.parts {
		p := &t.parts[i]
		if p.expr == nil {
			dst = append(dst, p.text...)
			continue
		}
		v, err := p.expr.eval(f)
		if err != nil {
			return dst, err
		}
		if dst, err = appendValue(dst, v); err != nil {
			return dst, fmt.Errorf("{{%s}}: %w", p.expr.src, err)
		}
	}
	return dst, nil
}

// Render renders the template. A template that is one field shares the field's
// string.
func (t *Template) Render(f harness.Fields) (string, error) {
	if s, ok := t.Constant(); ok {
		return s, nil
	}
	if len(t.parts) == 1 {
		v, err := t.parts[0].expr.eval(f)
		if err != nil {
			return "", err
		}
		if s, ok := v.(string); ok {
			return s, nil
		}
	}
	b, err := t.Append(nil, f)
	return string(b), err
}

// Value is Render, except that a template that is a single expression keeps the
// type of its value: a list stays a list.
func (t *Template) Value(f harness.Fields) (any, error) {
	if len(t.parts) == 1 && t.parts[0].expr != nil {
		return t.parts[0].expr.eval(f)
	}
	return t.Render(f)
}

func (e *expr) eval(f harness.Fields) (any, error) {
	v, err := e.lookup(f)
	if err != nil {
		if len(e.filters) == 0 || e.filters[0].name != "default" {
			return nil, err
		}
		v = nil
	}
	for i := range e.filters {
		if v, err = e.filters[i].apply(v, f); err != nil {
			return nil, fmt.Errorf("{{%s}}: %s: %w", e.src, e.filters[i].name, err)
		}
	}
	return v, nil
}

func (e *expr) lookup(f harness.Fields) (any, error) {
	v, ok := f[e.root]
	if !ok {
		return nil, unknown(e.root, f)
	}
	for i, name := range e.path {
		switch x := v.(type) {
		case map[string]any:
			if v, ok = x[name]; !ok {
				return nil, unknown(e.root+"."+strings.Join(e.path[:i+1], "."), x)
			}
		case []any:
			k, err := strconv.Atoi(name)
			if err != nil || k < 0 || k >= len(x) {
				return nil, fmt.Errorf("{{%s}}: no position %q in a list of %d", e.src, name, len(x))
			}
			v = x[k]
		default:
			return nil, fmt.Errorf("{{%s}}: nothing inside a %s", e.src, kind(v))
		}
	}
	return v, nil
}

func unknown(field string, f map[string]any) error {
	e := &UnknownField{Field: field}
	for name := range f {
		e.Have = append(e.Have, name)
	}
	slices.Sort(e.Have)
	return e
}

func appendValue(dst []byte, v any) ([]byte, error) {
	switch x := v.(type) {
	case string:
		return append(dst, x...), nil
	case json.Number:
		return append(dst, x...), nil
	case bool:
		return strconv.AppendBool(dst, x), nil
	case float64:
		return strconv.AppendFloat(dst, x, 'g', -1, 64), nil
	case int:
		return strconv.AppendInt(dst, int64(x), 10), nil
	case int64:
		return strconv.AppendInt(dst, x, 10), nil
	case nil:
		return dst, fmt.Errorf(`the value is null; write |default:"…" to allow that`)
	}
	return dst, fmt.Errorf("the value is a %s, which is no text; use a part of it, |join or |letters", kind(v))
}

func kind(v any) string {
	switch v.(type) {
	case string:
		return "text"
	case json.Number, float64, int, int64:
		return "number"
	case bool:
		return "boolean"
	case nil:
		return "null"
	case []any:
		return "list"
	case map[string]any:
		return "map"
	}
	return fmt.Sprintf("%T", v)
}
