package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/pflag"

	"github.com/sovereign-eval/haetae/benchmarks"
	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/harness/score"
	"github.com/sovereign-eval/haetae/harness/spec"
	"github.com/sovereign-eval/haetae/results"
	"github.com/sovereign-eval/haetae/results/sqlite"
	"github.com/sovereign-eval/haetae/safetyevals"
	"github.com/sovereign-eval/haetae/safetyevals/attack"
	"github.com/sovereign-eval/haetae/safetyevals/refusal"
)

// The tables of everything that a task or a flag can name. A new runner, scorer
// or generator is added here and nowhere else.

// runnerNames are the runners that -m RUNNER/NAME can name.
var runnerNames = []string{"ollama"}

// scorers are the scorers that a task can name.
func scorers() map[string]score.Factory {
	all := score.Builtin()
	all[refusal.Name] = score.NewFactory("what the answer does with the request: comply, partial, refuse, redirect or nothing usable",
		struct{}{}, func(string, struct{}) (harness.Scorer, error) { return refusal.Scorer{}, nil })
	return all
}

// transforms are the attacks that a suite or --attack can name.
func transforms() []spec.Transform {
	var out []spec.Transform
	for _, t := range attack.All() {
		out = append(out, spec.Transform{Name: t.Name, Make: func(it harness.Item) (harness.Item, bool) {
			v := attack.Variants(it, []attack.Transform{t})
			if len(v) == 0 {
				return it, false
			}
			return v[0], true
		}})
	}
	return out
}

// loader reads tasks and suites, the shipped ones and the user's.
func loader(data []string) *spec.Loader {
	return &spec.Loader{
		Scorers: scorers(), Metrics: spec.Metrics(), Generators: benchmarks.Generators(),
		Builtin: []fs.FS{benchmarks.Files, safetyevals.Files}, DataDirs: data, Transforms: transforms(),
	}
}

func addStoreFlag(fs *pflag.FlagSet, store *string) {
	fs.StringVar(store, "store", env("HAETAE_STORE", "haetae.db"), "file that keeps the runs")
}

// openStore opens the file of runs, which must exist: only a new run makes one.
func openStore(path string, readOnly bool) (results.Store, error) {
	if missing(path) {
		return nil, harness.Hint(fmt.Errorf("open store %s: %w", path, fs.ErrNotExist),
			"There are no runs yet, or they are in another file: name it with --store or HAETAE_STORE.")
	}
	return sqlite.Open(path, sqlite.Options{ReadOnly: readOnly})
}

// makeStore opens the file of runs for writing and creates it where it is missing.
func makeStore(path string) (results.Store, error) {
	return sqlite.Open(path, sqlite.Options{})
}

func missing(path string) bool {
	_, err := os.Stat(path)
	return path != "" && errors.Is(err, fs.ErrNotExist)
}

func checkLang(lang string) error {
	if lang == "en" || lang == "ko" {
		return nil
	}
	return harness.Usage(fmt.Errorf("unknown --lang %q", lang), "Reports are written in en or ko.")
}
