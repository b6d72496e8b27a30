package spec

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strconv"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/harness/prompt"
	"github.com/sovereign-eval/haetae/harness/score"
)

// program is a task's templates, compiled: it makes items of rows.
type program struct {
	kind     harness.Kind
	shared   harness.Fields // that every row has beside its own
	columns  []computed
	keep     map[string]values
	exclude  map[string]bool
	choices  *choiceProgram
	variants []variantProgram
	item     map[string]*prompt.Template // by key of itemSpec
	chat     *prompt.Chat
	scorers  []harness.Scorer
	paths    []string // of the scorers in the specification
	number   bool     // a template reads the field row: the number of the row, from 1
}

type computed struct {
	name string
	path string
	one  *prompt.Template
	many []*prompt.Template
}

type variantProgram struct {
	name    string
	columns []computed
}

// rowField is the field that holds the number of the row, where the data has no
// field of that name.
const rowField = "row"

// atPath is an error about the value at a path of the specification.
type atPath struct {
	path string
	err  error
}

func (e *atPath) Error() string { return e.path + ": " + e.err.Error() }
func (e *atPath) Unwrap() error { return e.err }

func (c *computed) value(f harness.Fields) (any, error) {
	if c.many == nil {
		v, err := c.one.Value(f)
		if err != nil {
			return nil, &atPath{c.path, err}
		}
		return v, nil
	}
	list := make([]any, len(c.many))
	for i, t := range c.many {
		v, err := t.Value(f)
		if err != nil {
			return nil, &atPath{join(c.path, strconv.Itoa(i)), err}
		}
		list[i] = v
	}
	return list, nil
}

// items makes the items of row number n. It returns none for a row that is not
// selected. The row belongs to the items afterwards.
func (p *program) items(row harness.Fields, n int, seed int64) ([]harness.Item, error) {
	if _, own := row[rowField]; p.number && !own {
		row[rowField] = json.Number(strconv.Itoa(n + 1))
	}
	for name, v := range p.shared {
		if _, own := row[name]; own {
			return nil, &atPath{"constants.columns." + name, errors.New("the rows have a field of this name; call the constant something else")}
		}
		row[name] = v
	}
	for i := range p.columns {
		v, err := p.columns[i].value(row)
		if err != nil {
			return nil, err
		}
		row[p.columns[i].name] = v
	}
	if keep, err := p.selects(row); !keep {
		return nil, err
	}
	id, err := p.render("id", row)
	if err != nil {
		return nil, err
	}
	if id == "" {
		return nil, &atPath{"item.id", errors.New("the identifier is empty")}
	}
	if p.exclude[id] {
		return nil, nil
	}
	if p.variants == nil && p.choices == nil {
		it, err := p.one(row, id, "")
		return []harness.Item{it}, err
	}
	return p.expand(row, id, n, seed)
}

// expand makes an item of each variant and, where every order of the choices is
// asked, of each order.
func (p *program) expand(row harness.Fields, id string, n int, seed int64) ([]harness.Item, error) {
	variants := p.variants
	if variants == nil {
		variants = []variantProgram{{}}
	}
	var out []harness.Item
	for _, v := range variants {
		f := maps.Clone(row)
		for i := range v.columns {
			x, err := v.columns[i].value(f)
			if err != nil {
				return nil, err
			}
			f[v.columns[i].name] = x
		}
		orders := []order{{fields: f}}
		if p.choices != nil {
			var err error
			if orders, err = p.choices.orders(f, id, n, seed); err != nil {
				return nil, err
			}
		}
		for _, o := range orders {
			it, err := p.one(o.fields, id, joinVariant(v.name, o.name))
			if err != nil {
				return nil, err
			}
			out = append(out, it)
		}
	}
	if len(out) > 1 {
		for i := range out {
			if out[i].Cluster == "" {
				out[i].Cluster = id
			}
		}
	}
	return out, nil
}

func joinVariant(parts ...string) string {
	out := ""
	for _, p := range parts {
		switch {
		case p == "":
		case out == "":
			out = p
		default:
			out += "/" + p
		}
	}
	return out
}

// one makes an item of finished fields.
func (p *program) one(f harness.Fields, id, variant string) (harness.Item, error) {
	it := harness.Item{ID: id, Fields: f}
	var side, own string
	for _, x := range [...]struct {
		key string
		dst *string
	}{{"cluster", &it.Cluster}, {"lang", &it.Lang}, {"side", &side}, {"category", &it.Category}, {"twin", &it.Twin}, {"variant", &own}} {
		v, err := p.render(x.key, f)
		if err != nil {
			return it, err
		}
		*x.dst = v
	}
	it.Side, it.Variant = harness.Side(side), joinVariant(own, variant)
	if err := p.checkItem(&it); err != nil {
		return it, err
	}
	var err error
	if it.Messages, err = p.chat.Messages(f); err != nil {
		at := "prompt"
		if te, ok := errors.AsType[*prompt.TurnError](err); ok {
			at, err = join(at, strconv.Itoa(te.Turn)), te.Err
		}
		return it, &atPath{at, err}
	}
	return it, nil
}

func (p *program) checkItem(it *harness.Item) error {
	switch {
	case p.kind == harness.Safety && it.Side != harness.Harmful && it.Side != harness.Benign:
		return &atPath{"item.side", fmt.Errorf("%q is neither harmful nor benign", string(it.Side))}
	case p.kind != harness.Safety && it.Side != "":
		return &atPath{"item.side", errors.New("only safety tasks have sides")}
	case it.Lang != "" && !langCode.MatchString(it.Lang):
		return &atPath{"item.lang", fmt.Errorf("%q is no language code, such as en or ko", it.Lang)}
	}
	return nil
}

// render renders a template of item, "" where the task gives none.
func (p *program) render(key string, f harness.Fields) (string, error) {
	t := p.item[key]
	if t == nil {
		return "", nil
	}
	s, err := t.Render(f)
	if err != nil {
		return "", &atPath{"item." + key, err}
	}
	return s, nil
}

func (p *program) selects(row harness.Fields) (bool, error) {
	for field, want := range p.keep {
		v, ok := row[field]
		if !ok {
			return false, &atPath{"select." + field, &prompt.UnknownField{Field: field, Have: names(row)}}
		}
		if !has(want, scalarText(v)) {
			return false, nil
		}
	}
	return true, nil
}

// check asks every scorer whether the item suits it.
func (p *program) check(it harness.Item) error {
	for i, s := range p.scorers {
		c, ok := s.(score.Checker)
		if !ok {
			continue
		}
		if err := c.Check(it); err != nil {
			path := p.paths[i]
			if oe, ok := errors.AsType[*score.OptionError](err); ok {
				return &atPath{join(path, oe.Option), oe.Err}
			}
			return &atPath{path, err}
		}
	}
	return nil
}

// scalarText is a plain value as text, "" for lists, maps and null.
func scalarText(v any) string {
	switch x := v.(type) {
	case string:
		return x
	case json.Number:
		return x.String()
	case bool:
		return strconv.FormatBool(x)
	case float64:
		return strconv.FormatFloat(x, 'g', -1, 64)
	case int:
		return strconv.Itoa(x)
	}
	return ""
}
