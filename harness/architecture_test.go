package harness_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/sovereign-eval/haetae"

// mayImport lists, for each part of the tree, the parts of our own that it may
// import besides the core. The longest matching prefix counts. It is the
// picture in docs/ARCHITECTURE.md; a new arrow is a decision, made here.
// "x/..." stands for x and everything below it.
var mayImport = map[string][]string{
	"harness":                 {},
	"harness/spec":            {"harness/prompt", "harness/score"},
	"harness/prompt":          {},
	"harness/score":           {"harness/prompt"},
	"harness/engine":          {},
	"benchmarks":              {"benchmarks/...", "harness/score", "harness/prompt", "harness/spec"},
	"safetyevals":             {"harness/prompt", "harness/score", "harness/spec", "safetyevals/..."},
	"runners":                 {"runners/..."},
	"results":                 {},
	"results/sqlite":          {"results"},
	"results/storetest":       {"results"},
	"results/stats":           {},
	"results/audit":           {"results", "results/stats"},
	"results/audit/worksheet": {"results", "results/audit", "results/report"},
	"results/analysis":        {"results", "results/stats", "results/audit"},
	"results/report":          {"results", "results/stats", "results/analysis", "results/audit"},
	"cmd":                     {"harness/...", "benchmarks/...", "safetyevals/...", "runners/...", "results/...", "cmd/..."},
}

// onlyIn lists the packages that may import a dependency directly.
var onlyIn = map[string][]string{
	"gonum.org/v1/gonum":             {"results/stats", "safetyevals/refusal"},
	"gorgonia.org/":                  {"safetyevals/refusal"},
	"github.com/nats-io/":            {"runners/nats"},
	"modernc.org/":                   {"results/sqlite"},
	"github.com/jackc/pgx":           {"results/postgres"},
	"github.com/spf13/":              {"cmd/haetae"},
	"github.com/schollz/progressbar": {"cmd/haetae"},
	"github.com/ollama/ollama/api":   {"runners/ollama"},
	"github.com/klauspost/compress":  {"results/sqlite", "results/postgres", "results/export", "results/bundle"},
	"gopkg.in/yaml.v3":               {"harness/spec", "safetyevals", "cmd/haetae"},
}

// pkg is what the go command says of a package.
type pkg struct {
	ImportPath, Name, Doc string
	Imports               []string
	Dir                   string
}

func packages(t *testing.T) []pkg {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Name,Doc,Imports,Dir", module+"/...")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.Bytes())
	}
	var all []pkg
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p pkg
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	if len(all) < 5 {
		t.Fatalf("go list found %d packages only", len(all))
	}
	return all
}

func within(p, dir string) bool {
	return p == dir || strings.HasPrefix(p, strings.TrimSuffix(dir, "/")+"/")
}

// matches tells whether an entry of mayImport allows a package.
func matches(entry, p string) bool {
	if dir, ok := strings.CutSuffix(entry, "/..."); ok {
		return within(p, dir)
	}
	return entry == p
}

// rules returns the allowed imports of a package and whether a rule exists.
func rules(p string) ([]string, bool) {
	for dir := p; dir != "."; dir = path.Dir(dir) {
		if allowed, ok := mayImport[dir]; ok {
			return allowed, true
		}
	}
	return nil, false
}

func TestImportsPointOneWay(t *testing.T) {
	for _, p := range packages(t) {
		self := strings.TrimPrefix(p.ImportPath, module+"/")
		allowed, ok := rules(self)
		if !ok {
			t.Errorf("%s: no rule says what it may import; add one to mayImport", self)
		}
		for _, imp := range p.Imports {
			if dep, ours := strings.CutPrefix(imp, module+"/"); ours {
				if dep != "harness" && !slices.ContainsFunc(allowed, func(a string) bool { return matches(a, dep) }) {
					t.Errorf("%s imports %s: not among %v", self, dep, allowed)
				}
				continue
			}
			if self == "harness" && strings.Contains(strings.SplitN(imp, "/", 2)[0], ".") {
				t.Errorf("harness imports %s: the core imports the standard library only", imp)
			}
			for lib, places := range onlyIn {
				if strings.HasPrefix(imp, lib) && !slices.ContainsFunc(places, func(d string) bool { return within(self, d) }) {
					t.Errorf("%s imports %s: only %v may", self, imp, places)
				}
			}
		}
	}
}

func TestRunnersAndResultsNeverMeet(t *testing.T) {
	for _, p := range packages(t) {
		self := strings.TrimPrefix(p.ImportPath, module+"/")
		for _, imp := range p.Imports {
			dep := strings.TrimPrefix(imp, module+"/")
			if within(self, "runners") && within(dep, "results") || within(self, "results") && within(dep, "runners") {
				t.Errorf("%s imports %s", self, dep)
			}
		}
	}
}

func TestEveryPackageIsDocumentedAndWellNamed(t *testing.T) {
	for _, p := range packages(t) {
		self := strings.TrimPrefix(p.ImportPath, module+"/")
		if p.Doc == "" {
			t.Errorf("%s has no package comment", self)
		}
		if slices.Contains([]string{"util", "utils", "common", "helper", "helpers", "types", "pkg", "misc"}, p.Name) {
			t.Errorf("%s is called %s: name a package for what it is", self, p.Name)
		}
	}
}
