// Package spec reads task.yaml and suite.yaml and the data they name, and makes
// [harness.Task] values of them. A benchmark is added by adding files.
//
//	loader := &spec.Loader{Scorers: score.Builtin(), Metrics: spec.Metrics()}
//	task, err := loader.Task("examples/sums")
//	for item, err := range task.Items(ctx, seed) {
//		…
//	}
//
// Decoding is strict. Every mistake of a file is reported at once as
// "file:line: message", with the nearest valid name where one was misspelt:
//
//	sums/task.yaml:9: unknown key "promt"; did you mean "prompt"?
//
// # Fields
//
// Templates read the fields of a row by name: the keys of a JSON object, the
// header of CSV and TSV. To these come row (the number of the row, from 1, where
// the data has no field of that name), the fields under columns and variants,
// and, where a task has choices, choices and labels (lists in the order shown),
// correct (the label of the right answer) and the fields under mark. A field by
// which a metric selects is carried to the report as a flag of the score.
//
// # Data
//
// Data is JSON Lines, a JSON array, CSV or TSV, and is read twice: [Loader.Task]
// checks every row (digest, identifiers, templates, targets), so that nothing
// in it can stop a run half way; Items then streams it. Neither pass holds more
// than a few rows in memory.
package spec
