// Package benchmarks ships the capability tasks and the suites. A task is a
// folder with a task.yaml and its data; Go appears only to embed them and to
// generate items from a seed.
//
//	loader := &spec.Loader{Builtin: []fs.FS{benchmarks.Files}, Generators: benchmarks.Generators()}
//	suite, err := loader.Suite("quick")
package benchmarks

import (
	"embed"

	"github.com/sovereign-eval/haetae/benchmarks/numeracy"
	"github.com/sovereign-eval/haetae/harness/spec"
)

// Files holds every shipped capability task and suite.
//
//go:embed suites gsm8k hangul kobbq numeracy/task.yaml
var Files embed.FS

// Generators are the generators that a task's data can name.
func Generators() map[string]spec.Generator {
	return map[string]spec.Generator{"numeracy": numeracy.Generator{}}
}
