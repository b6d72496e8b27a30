// Package prompt renders what is asked: templates, chats and few-shot examples.
// It is pure, and a template executes no code: it names fields of a row and
// passes them through a fixed set of filters.
//
//	t, err := prompt.Compile("{{question}}\n{{choices|letters}}\nAnswer:")
//	text, err := t.Render(harness.Fields{"question": "2 + 2?", "choices": []any{"3", "4"}})
//	// 2 + 2?
//	// A. 3
//	// B. 4
//	// Answer:
//
// An expression is a field, followed by names or list positions inside it, and
// by filters with at most one argument:
//
//	{{answer}}  {{meta.source}}  {{options.0}}  {{"Best Answer"}}  {{name|default:"none"|upper}}
//
// The filters are listed at [Filters]. A field that a row does not have is an
// [*UnknownField]; nothing is ever rendered in its place, unless the template
// says default. A backslash before two braces makes them literal: \{{.
package prompt
