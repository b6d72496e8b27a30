package spec

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// schemaer is a type with its own decoder, and so with its own schema.
type schemaer interface {
	schema(g *schemas) map[string]any
}

// schemas generates JSON Schemas from the structs that the decoder fills.
type schemas struct{ l *Loader }

// TaskSchema returns the JSON Schema (draft 2020-12) of task.yaml, with the
// scorers, metrics and generators that the loader knows.
func (l *Loader) TaskSchema() ([]byte, error) {
	return l.schema("task.yaml: one benchmark or battery", reflect.TypeFor[taskFile]())
}

// SuiteSchema returns the JSON Schema of suite.yaml.
func (l *Loader) SuiteSchema() ([]byte, error) {
	return l.schema("suite.yaml: tasks that are measured together", reflect.TypeFor[suiteFile]())
}

func (l *Loader) schema(title string, t reflect.Type) ([]byte, error) {
	g := &schemas{l}
	m := g.of(t)
	m["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	m["title"] = title
	b, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write schema: %w", err)
	}
	return append(b, '\n'), nil
}

func (g *schemas) of(t reflect.Type) map[string]any {
	if s, ok := reflect.New(t).Interface().(schemaer); ok {
		return s.schema(g)
	}
	switch t.Kind() {
	case reflect.Pointer:
		return g.of(t.Elem())
	case reflect.Struct:
		return g.object(t)
	case reflect.Slice:
		return map[string]any{"type": "array", "items": g.of(t.Elem())}
	case reflect.Map:
		return map[string]any{"type": "object", "additionalProperties": g.of(t.Elem())}
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Int, reflect.Int64:
		return map[string]any{"type": "integer"}
	case reflect.Float64:
		return map[string]any{"type": "number"}
	}
	return text()
}

// text accepts every plain value: the decoder reads numbers as they are written
// where it wants text.
func text() map[string]any { return map[string]any{"type": []string{"string", "number", "boolean"}} }

func (g *schemas) object(t reflect.Type) map[string]any {
	props := map[string]any{}
	required := []string{}
	for i := range t.NumField() {
		f := fieldOf(t.Field(i))
		if f.name == "" {
			continue
		}
		s := g.of(t.Field(i).Type)
		if len(f.enum) > 0 {
			s = map[string]any{"enum": f.enum}
		}
		if f.doc != "" {
			s["description"] = f.doc
		}
		props[f.name] = s
		if f.required {
			required = append(required, f.name)
		}
	}
	out := map[string]any{"type": "object", "properties": props, "additionalProperties": false}
	if len(required) > 0 {
		out["required"] = required
	}
	return out
}

func oneOf(list ...map[string]any) map[string]any { return map[string]any{"oneOf": list} }

func (*texts) schema(*schemas) map[string]any {
	return oneOf(text(), map[string]any{"type": "object", "minProperties": 1, "additionalProperties": text(),
		"propertyNames": map[string]any{"pattern": langCode.String()}})
}

func (*values) schema(*schemas) map[string]any {
	return oneOf(text(), map[string]any{"type": "array", "items": text()})
}

func (*templates) schema(*schemas) map[string]any {
	return oneOf(text(), map[string]any{"type": "array", "items": text()})
}

func (*columns) schema(g *schemas) map[string]any {
	return map[string]any{"type": "object", "additionalProperties": g.of(reflect.TypeFor[templates]())}
}

func (*options) schema(*schemas) map[string]any { return map[string]any{"type": "object"} }

func (*turnSpec) schema(*schemas) map[string]any {
	props := map[string]any{}
	for _, r := range roles {
		props[r] = text()
	}
	return map[string]any{"type": "object", "properties": props, "additionalProperties": false, "minProperties": 1, "maxProperties": 1}
}

func (*scorerSpec) schema(g *schemas) map[string]any {
	props := map[string]any{}
	for name, f := range g.l.Scorers {
		s := g.of(reflect.TypeOf(f.Options()).Elem())
		s["description"] = f.Doc
		if s["properties"].(map[string]any)["name"] == nil {
			s["properties"].(map[string]any)["name"] = map[string]any{"type": "string", "description": "what results call it; the kind, unless given"}
		}
		props[name] = s
	}
	kinds := slices.Sorted(maps.Keys(g.l.Scorers))
	return oneOf(map[string]any{"enum": kinds},
		map[string]any{"type": "object", "properties": props, "additionalProperties": false, "minProperties": 1, "maxProperties": 1})
}

func (*metricSpec) schema(g *schemas) map[string]any {
	var docs []string
	kinds := slices.Sorted(maps.Keys(g.l.Metrics))
	for _, k := range kinds {
		docs = append(docs, k+": "+g.l.Metrics[k].Doc)
	}
	name := map[string]any{"enum": kinds, "description": strings.Join(docs, "; ")}
	o := g.object(reflect.TypeFor[metricFields]())
	o["properties"].(map[string]any)["name"] = name
	return oneOf(map[string]any{"enum": kinds}, o)
}

func (*entrySpec) schema(g *schemas) map[string]any {
	return oneOf(text(), g.object(reflect.TypeFor[entryFields]()))
}
