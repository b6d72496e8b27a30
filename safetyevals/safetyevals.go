// Package safetyevals ships the safety batteries: folders with a task.yaml and
// items that name a harm, each with a benign twin. See docs/BATTERIES.md for how
// they were made and what they do not cover.
//
//	loader := &spec.Loader{Builtin: []fs.FS{safetyevals.Files}, Scorers: scorers}
//	battery, err := loader.Task("misuse")
package safetyevals

import "embed"

// Files holds every shipped battery and the taxonomy of their categories.
//
//go:embed biochem disinformation misuse xstest taxonomy.yaml
var Files embed.FS
