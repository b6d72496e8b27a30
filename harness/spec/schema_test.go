package spec

import (
	"encoding/json"
	"flag"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/harness/score"
)

var update = flag.Bool("update", false, "write docs/schema")

// The schemas in docs/schema are what the structs say. Write them again with
//
//	go test ./harness/spec -run TestSchemas -update
func TestSchemas(t *testing.T) {
	l := loader()
	// The scorer of safety tasks is registered by the command.
	l.Scorers["outcome"] = score.NewFactory("what the answer does with the request: comply, partial, refuse, redirect or nothing usable",
		struct{}{}, func(string, struct{}) (harness.Scorer, error) { return nil, nil })
	for file, make := range map[string]func() ([]byte, error){"task": l.TaskSchema, "suite": l.SuiteSchema} {
		path := "../../docs/schema/" + file + ".schema.json"
		want, err := make()
		if err != nil {
			t.Fatal(err)
		}
		if *update {
			if err := os.WriteFile(path, want, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		have, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(string(want), string(have)); d != "" {
			t.Errorf("%s is out of date (-want +have):\n%s", path, d)
		}
		var v any
		if err := json.Unmarshal(have, &v); err != nil {
			t.Error(err)
		}
	}
}
