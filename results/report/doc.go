// Package report renders a run and its analysis for people and programs: text
// for terminals, Markdown, JSON and CSV, in English and Korean.
//
//	result, err := analysis.Of(ctx, run, store.Rows(ctx, run.ID, results.Query{}), 0.95)
//	r := report.New(run, result, report.Korean)
//	err = r.Write(os.Stdout, report.Text, report.Options{Width: 100, Color: true})
//
// One sample is shown by [Sample], a comparison of runs or models by [Comparison], also
// as a page of HTML that holds no script and loads nothing.
//
// The JSON form is an interface for other programs; docs/schema/report.schema.json
// and compare.schema.json describe it. Its result holds what was measured, and is equal byte for byte for
// equal data however the run went; its circumstances hold the run's ID, times,
// speeds and troubles. JSON and CSV are the same in every language.
//
// Everything that a model, a server or a task file can influence is hostile:
// [Clean] and [Line] make it harmless on a terminal, [Markdown] in Markdown, HTML is
// escaped, and CSV cells never start a formula.
package report
