package prompt

import (
	"fmt"
	"strings"

	"github.com/sovereign-eval/haetae/harness"
)

// fillTable is where the places of a text in single braces are found: place and
// the field whose value goes there. A place that it does not name is the field
// of the same name.
type fillTable map[string]*expr

// parseFill reads an argument such as "a=choices.0, b=choices.1".
func parseFill(arg string) (fillTable, error) {
	t := fillTable{}
	if strings.TrimSpace(arg) == "" {
		return t, nil
	}
	for entry := range strings.SplitSeq(arg, ",") {
		place, field, ok := strings.Cut(entry, "=")
		place = strings.TrimSpace(place)
		if n := placeLen("{" + place + "}"); !ok || n == 0 || n != len(place)+2 {
			return nil, fmt.Errorf("filter fill: %q is not of the form place=field", entry)
		}
		e, _, err := parseExpr(field + "}}")
		if err != nil {
			return nil, err
		}
		t[place] = e
	}
	return t, nil
}

// placeLen is the length of the place that s begins with, braces included; 0 if
// there is none.
func placeLen(s string) int {
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c == '}' && i > 1:
			return i + 1
		case c == '_', 'a' <= c|0x20 && c|0x20 <= 'z', i > 1 && '0' <= c && c <= '9':
		default:
			return 0
		}
	}
	return 0
}

// fill puts fields into the places of a text, once: what a field holds is never
// read for places of its own.
func (t fillTable) fill(text string, f harness.Fields) (string, error) {
	var b []byte
	for text != "" {
		i := strings.IndexAny(text, `{\`)
		if i < 0 {
			break
		}
		b = append(b, text[:i]...)
		text = text[i:]
		if strings.HasPrefix(text, `\n`) {
			b, text = append(b, '\n'), text[2:]
			continue
		}
		n := 0
		if text[0] == '{' {
			n = placeLen(text)
		}
		if n == 0 {
			b, text = append(b, text[0]), text[1:]
			continue
		}
		place := text[1 : n-1]
		e := t[place]
		if e == nil {
			e = &expr{src: place, root: place}
		}
		v, err := e.eval(f)
		if err != nil {
			return "", err
		}
		if b, err = appendValue(b, v); err != nil {
			return "", fmt.Errorf("{%s}: %w", place, err)
		}
		text = text[n:]
	}
	return string(append(b, text...)), nil
}
