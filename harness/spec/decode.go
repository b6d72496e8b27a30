package spec

import (
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

const (
	maxFile  = 1 << 20 // bytes of a YAML file
	maxDepth = 24      // nesting of a YAML file
	maxErrs  = 50      // mistakes reported of one file
)

// decoder decodes one YAML file strictly and remembers where each value stood.
type decoder struct {
	file  string
	errs  Errors
	lines map[string]int  // path such as data.sha256 or scorers.0 -> line
	bad   map[string]bool // paths whose values could not be read
}

// nodeDecoder is a type that reads its own YAML.
type nodeDecoder interface {
	decodeNode(d *decoder, n *yaml.Node, path string)
}

// decodeFile decodes text into v, a pointer to a struct.
func decodeFile(file string, text []byte, v any) *decoder {
	d := &decoder{file: file, lines: map[string]int{}, bad: map[string]bool{}}
	if len(text) > maxFile {
		d.add(0, "the file has %d bytes, more than the %d that are read", len(text), maxFile)
		return d
	}
	root, err := parseYAML(text)
	if err != nil {
		line, msg := yamlError(err)
		d.add(line, "%s", msg)
		return d
	}
	if d.plain(root, 0) {
		d.value(root, reflect.ValueOf(v).Elem(), "")
	}
	return d
}

// plain refuses what a specification has no use for: anchors, aliases, custom
// tags and deep nesting.
func (d *decoder) plain(n *yaml.Node, depth int) bool {
	switch {
	case depth > maxDepth:
		d.add(n.Line, "nested deeper than %d levels", maxDepth)
		return false
	case n.Kind == yaml.AliasNode || n.Anchor != "":
		d.add(n.Line, "anchors and aliases are not read; write the value out")
		return false
	case n.Style&yaml.TaggedStyle != 0:
		d.add(n.Line, "the tag %s is not read", n.Tag)
		return false
	}
	for _, c := range n.Content {
		if !d.plain(c, depth+1) {
			return false
		}
	}
	return true
}

func (d *decoder) add(line int, format string, args ...any) {
	if len(d.errs) < maxErrs {
		d.errs = append(d.errs, Error{d.file, line, fmt.Sprintf(format, args...)})
	}
}

// at reports a mistake in the value at path, or in the nearest one around it.
func (d *decoder) at(path, format string, args ...any) {
	d.add(d.line(path), format, args...)
}

// given tells whether the value at path was given, and read.
func (d *decoder) given(path string) bool {
	_, ok := d.lines[path]
	return ok && !d.bad[path]
}

func (d *decoder) line(path string) int {
	for path != "" {
		if line, ok := d.lines[path]; ok {
			return line
		}
		path = path[:max(strings.LastIndexByte(path, '.'), 0)]
	}
	return max(1, d.lines[""])
}

// value decodes n into v.
func (d *decoder) value(n *yaml.Node, v reflect.Value, path string) {
	if _, ok := d.lines[path]; !ok {
		d.lines[path] = n.Line
	}
	if nd, ok := v.Addr().Interface().(nodeDecoder); ok {
		nd.decodeNode(d, n, path)
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		p := reflect.New(v.Type().Elem())
		d.value(n, p.Elem(), path)
		v.Set(p)
	case reflect.Struct:
		d.structure(n, v, path)
	case reflect.Slice:
		d.slice(n, v, path)
	case reflect.Map:
		d.mapping(n, v, path)
	default:
		d.scalar(n, v, path)
	}
}

func (d *decoder) slice(n *yaml.Node, v reflect.Value, path string) {
	if n.Kind != yaml.SequenceNode {
		d.add(n.Line, "%s: want a list, have %s", name(path), describe(n))
		return
	}
	s := reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content))
	for i, c := range n.Content {
		d.value(c, s.Index(i), join(path, strconv.Itoa(i)))
	}
	v.Set(s)
}

func (d *decoder) mapping(n *yaml.Node, v reflect.Value, path string) {
	m := reflect.MakeMap(v.Type())
	d.pairs(n, path, func(key, val *yaml.Node) {
		e := reflect.New(v.Type().Elem()).Elem()
		p := join(path, key.Value)
		d.lines[p] = key.Line
		d.value(val, e, p)
		m.SetMapIndex(reflect.ValueOf(key.Value), e)
	})
	v.Set(m)
}

// pairs calls f for every key of a mapping, once.
func (d *decoder) pairs(n *yaml.Node, path string, f func(key, val *yaml.Node)) {
	if n.Kind != yaml.MappingNode {
		d.add(n.Line, "%s: want keys and values, have %s", name(path), describe(n))
		return
	}
	seen := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, val := n.Content[i], n.Content[i+1]
		if key.Kind != yaml.ScalarNode {
			d.add(key.Line, "%s: a key is a plain word", name(path))
			continue
		}
		if first, dup := seen[key.Value]; dup {
			d.add(key.Line, "duplicate key %q; it stands in line %d already", key.Value, first)
			continue
		}
		seen[key.Value] = key.Line
		f(key, val)
	}
}

func (d *decoder) structure(n *yaml.Node, v reflect.Value, path string) {
	t := v.Type()
	index := map[string]int{}
	var names []string
	for i := range t.NumField() {
		if f := fieldOf(t.Field(i)); f.name != "" {
			index[f.name] = i
			names = append(names, f.name)
		}
	}
	given := map[string]bool{}
	d.pairs(n, path, func(key, val *yaml.Node) {
		i, ok := index[key.Value]
		if !ok {
			d.add(key.Line, "unknown key %q%s", key.Value, didYouMean(key.Value, names))
			return
		}
		given[key.Value] = true
		p := join(path, key.Value)
		d.lines[p] = key.Line
		before := len(d.errs)
		if isNull(val) {
			d.add(key.Line, "%s: no value given", name(p))
		} else {
			d.value(val, v.Field(i), p)
		}
		if d.bad[p] = len(d.errs) > before; d.bad[p] {
			return
		}
		f := fieldOf(t.Field(i))
		if len(f.enum) > 0 && v.Field(i).Kind() == reflect.String && !f.allows(v.Field(i).String()) {
			d.add(val.Line, "%s: unknown value %q%s", name(p), val.Value, didYouMean(val.Value, f.enum))
		}
	})
	if n.Kind != yaml.MappingNode {
		return
	}
	for i := range t.NumField() {
		if f := fieldOf(t.Field(i)); f.required && !given[f.name] {
			d.add(n.Line, "missing key %q%s", f.name, f.because())
		}
	}
}

func (d *decoder) scalar(n *yaml.Node, v reflect.Value, path string) {
	bad := func(want string) { d.add(n.Line, "%s: want %s, have %s", name(path), want, describe(n)) }
	if n.Kind != yaml.ScalarNode {
		bad(wanted(v.Kind()))
		return
	}
	switch v.Kind() {
	case reflect.String:
		if n.Tag == "!!null" {
			bad("text")
			return
		}
		v.SetString(n.Value)
	case reflect.Bool:
		if n.Tag != "!!bool" {
			bad("true or false")
			return
		}
		v.SetBool(strings.EqualFold(n.Value, "true"))
	case reflect.Int, reflect.Int64:
		i, err := strconv.ParseInt(n.Value, 10, v.Type().Bits())
		if n.Tag != "!!int" || err != nil {
			bad("a whole number")
			return
		}
		v.SetInt(i)
	case reflect.Float64:
		f, err := strconv.ParseFloat(n.Value, 64)
		if n.Tag != "!!int" && n.Tag != "!!float" || err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
			bad("a number")
			return
		}
		v.SetFloat(f)
	default:
		d.add(n.Line, "%s: a %s cannot be read", name(path), v.Type())
	}
}

func wanted(k reflect.Kind) string {
	switch k {
	case reflect.String:
		return "text"
	case reflect.Bool:
		return "true or false"
	case reflect.Float64:
		return "a number"
	}
	return "a whole number"
}

func describe(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "keys and values"
	case yaml.SequenceNode:
		return "a list"
	}
	if isNull(n) {
		return "nothing"
	}
	v := n.Value
	if len(v) > 40 {
		v = strings.ToValidUTF8(v[:40], "") + "…"
	}
	return strconv.Quote(v)
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

func name(path string) string {
	if path == "" {
		return "the file"
	}
	return path
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// field is what the tags of a struct field say.
type field struct {
	name     string
	required bool
	why      string
	doc      string
	enum     []string
}

func fieldOf(f reflect.StructField) field {
	tag := f.Tag.Get("yaml")
	if tag == "" || tag == "-" {
		return field{}
	}
	n, opt, _ := strings.Cut(tag, ",")
	out := field{name: n, required: opt == "required", why: f.Tag.Get("why"), doc: f.Tag.Get("doc")}
	if e := f.Tag.Get("enum"); e != "" {
		out.enum = strings.Split(e, "|")
	}
	return out
}

func (f field) allows(v string) bool {
	for _, e := range f.enum {
		if e == v {
			return true
		}
	}
	return false
}

func (f field) because() string {
	if f.why == "" {
		return ""
	}
	return ": " + f.why
}

// nested decodes a value that stands inside one with its own decoder.
func (d *decoder) nested(n *yaml.Node, v any, path string) {
	d.value(n, reflect.ValueOf(v).Elem(), path)
}

// sorted are the mistakes by line.
func (d *decoder) sorted() Errors { return d.errs.sorted() }

// text decodes a scalar as text.
func (d *decoder) text(n *yaml.Node, s *string, path string) {
	d.value(n, reflect.ValueOf(s).Elem(), path)
}

// single decodes a mapping with exactly one key.
func (d *decoder) single(n *yaml.Node, path, want string, f func(key, val *yaml.Node)) {
	if n.Kind != yaml.MappingNode || len(n.Content) != 2 {
		d.add(n.Line, "%s: want %s, have %s", name(path), want, describe(n))
		return
	}
	d.pairs(n, path, f)
}

func has[T comparable](list []T, v T) bool {
	for _, x := range list {
		if x == v {
			return true
		}
	}
	return false
}

// withoutName takes the key name out of a scorer's options: it belongs to the
// task, not to the scorer.
func withoutName(n *yaml.Node) (*yaml.Node, string) {
	for i := 0; n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == "name" && n.Content[i+1].Kind == yaml.ScalarNode {
			c := *n
			c.Content = append(append([]*yaml.Node{}, n.Content[:i]...), n.Content[i+2:]...)
			return &c, n.Content[i+1].Value
		}
	}
	return n, ""
}
