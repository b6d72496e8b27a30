package benchmarks_test

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/sovereign-eval/haetae/benchmarks"
	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/harness/score"
	"github.com/sovereign-eval/haetae/harness/spec"
	"github.com/sovereign-eval/haetae/safetyevals"
	"github.com/sovereign-eval/haetae/safetyevals/lint"
	"github.com/sovereign-eval/haetae/safetyevals/refusal"
)

// loader reads the shipped tasks as the command line does.
func loader(data ...string) *spec.Loader {
	scorers := score.Builtin()
	scorers[refusal.Name] = score.NewFactory("outcome", struct{}{}, func(string, struct{}) (harness.Scorer, error) {
		return refusal.Scorer{}, nil
	})
	return &spec.Loader{
		Scorers: scorers, Metrics: spec.Metrics(), Generators: benchmarks.Generators(),
		Builtin: []fs.FS{benchmarks.Files, safetyevals.Files}, DataDirs: data,
	}
}

// shared is a folder of other projects' data, where this checkout has one.
func shared(t *testing.T, name string) string {
	t.Helper()
	dir := filepath.Join("..", "..", "shared", "data", name)
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("the data of another project is not here: %v", err)
	}
	return dir
}

func load(t *testing.T, name string, data ...string) *harness.Task {
	t.Helper()
	task, err := loader(data...).Task(name)
	if err != nil {
		t.Fatal(err)
	}
	return task
}

// with reads a shipped task on rows of the test's own: its specification without
// the digest of the known file, beside the given files.
func with(t *testing.T, fsys fs.FS, name string, files map[string]string) *harness.Task {
	t.Helper()
	text, err := fs.ReadFile(fsys, name+"/task.yaml")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	text = regexp.MustCompile(`(?m)^  sha256: .*\n`).ReplaceAll(text, nil)
	if err := os.WriteFile(filepath.Join(dir, "task.yaml"), text, 0o600); err != nil {
		t.Fatal(err)
	}
	for file, content := range files {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	task, err := loader().Task(dir)
	if err != nil {
		t.Fatal(err)
	}
	return task
}

func items(t *testing.T, task *harness.Task, seed int64) []harness.Item {
	t.Helper()
	var out []harness.Item
	for it, err := range task.Items(t.Context(), seed) {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, it)
	}
	return out
}

// own are the tasks whose items are shipped; known are those on the user's data.
var (
	own       = []string{"biochem", "disinformation", "hangul", "misuse", "numeracy"}
	batteries = []string{"biochem", "disinformation", "misuse"}
	known     = map[string]string{"gsm8k": "gsm8k", "kobbq": "korean/kobbq", "xstest": "xstest"}
)

func TestEveryShippedTaskAndSuiteLoads(t *testing.T) {
	l := loader()
	var names []string
	for _, info := range l.Tasks() {
		names = append(names, info.Name)
		if info.Err != nil {
			t.Errorf("%s: %v", info.Name, info.Err)
		}
		if info.Title["en"] == "" || info.Title["ko"] == "" {
			t.Errorf("%s: titles %v, want English and Korean", info.Name, info.Title)
		}
		if _, users := known[info.Name]; users != (info.Missing != nil) {
			t.Errorf("%s: missing data %v", info.Name, info.Missing)
		} else if users && info.Missing.Obtain == "" {
			t.Errorf("%s does not say where to obtain %s", info.Name, info.Missing.File)
		}
		if errs := l.Lint(info.Name); len(errs) > 0 {
			t.Errorf("lint %s: %v", info.Name, errs)
		}
	}
	want := slices.Clone(own)
	for name := range known {
		want = append(want, name)
	}
	slices.Sort(want)
	if !slices.Equal(names, want) {
		t.Errorf("tasks %v, want %v", names, want)
	}
	for _, name := range []string{"quick", "full", "safety", "variants"} {
		if _, err := l.Suite(name); err != nil {
			t.Errorf("suite %s: %v", name, err)
		}
	}
}

// The digest of a user's file is checked: this is the file that was measured.
func TestKnownFilesMatchTheirDigests(t *testing.T) {
	for name, dir := range known {
		t.Run(name, func(t *testing.T) {
			task := load(t, name, shared(t, dir))
			if task.DataDigest == (harness.Hash{}) {
				t.Error("no digest of the data")
			}
		})
	}
}

func TestAnotherFileIsRefused(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "test.jsonl"), []byte(`{"question":"1+1?","answer":"#### 2"}`+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := loader(dir).Task("gsm8k")
	if err == nil || !strings.Contains(err.Error(), "data.sha256") {
		t.Errorf("a file with another digest: %v", err)
	}
}

// Items written here carry their canary, and nobody else's data is shipped.
func TestShippedDataIsOursAndMarked(t *testing.T) {
	for _, fsys := range []fs.FS{benchmarks.Files, safetyevals.Files} {
		err := fs.WalkDir(fsys, ".", func(file string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() || filepath.Ext(file) == ".yaml" || filepath.Base(file) == lint.ReadingsFile {
				return err
			}
			if base := filepath.Base(file); base != "items.jsonl" && base != lint.ContestedFile {
				t.Errorf("%s is shipped", file)
				return nil
			}
			yaml, err := fs.ReadFile(fsys, filepath.Dir(file)+"/task.yaml")
			if err != nil {
				return err
			}
			canary := regexp.MustCompile(`haetae-canary:[0-9a-f-]{36}`).Find(yaml)
			rows, err := fs.ReadFile(fsys, file)
			for i, line := range bytes.Split(bytes.TrimSpace(rows), []byte("\n")) {
				if canary == nil || !bytes.Contains(line, canary) {
					t.Errorf("%s:%d: without the canary %q", file, i+1, canary)
				}
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
}

// Rows that a generator draws by chance may meet; those that were written may not.
func TestNoQuestionIsAskedTwice(t *testing.T) {
	seen := map[string]string{}
	for _, name := range own {
		if name == "numeracy" {
			continue
		}
		for _, it := range items(t, load(t, name), 1) {
			key := it.Messages[len(it.Messages)-1].Content
			if list, ok := it.Fields["choices"].([]any); ok {
				sorted := slices.Clone(list)
				slices.SortFunc(sorted, func(a, b any) int { return strings.Compare(a.(string), b.(string)) })
				var b strings.Builder
				for _, c := range sorted {
					b.WriteString("\x00" + c.(string))
				}
				key = it.Fields["question"].(string) + b.String()
			}
			if first, dup := seen[key]; dup {
				t.Errorf("%s and %s ask the same", first, it.ID)
			}
			seen[key] = it.ID
		}
	}
}

func TestBatteryCells(t *testing.T) {
	for _, name := range batteries {
		cells := map[string]int{}
		for _, it := range items(t, load(t, name), 1) {
			cells[it.Lang+" "+string(it.Side)]++
		}
		for _, cell := range []string{"en benign", "en harmful", "ko benign", "ko harmful"} {
			if cells[cell] < 40 {
				t.Errorf("%s: %d items %s, want 40 or more", name, cells[cell], cell)
			}
		}
		if len(cells) != 4 {
			t.Errorf("%s: cells %v", name, cells)
		}
	}
}

// Every item that is asked was read without its side, as it stands.
func TestEveryBatteryItemWasRead(t *testing.T) {
	for _, name := range batteries {
		text, err := fs.ReadFile(safetyevals.Files, name+"/"+lint.ReadingsFile)
		if err != nil {
			t.Fatal(err)
		}
		var contested []harness.Item
		if text, err := fs.ReadFile(safetyevals.Files, name+"/"+lint.ContestedFile); err == nil {
			contested = lint.Disputes(bytes.NewReader(text))
		}
		found, agreed, err := lint.Readings(bytes.NewReader(text), load(t, name), items(t, load(t, name), 1), contested)
		if err != nil || len(found) > 0 {
			t.Error(name, found, err)
		}
		for _, a := range agreed {
			if a.Kind != "model" {
				t.Errorf("%s: read by a %s: nobody in this project is a human rater", name, a.Kind)
			}
			if a.Read != a.Items || len(a.Disputed) != a.Contested {
				t.Errorf("%s: %+v", name, a)
			}
		}
		if len(agreed) == 0 {
			t.Errorf("%s: no readings", name)
		}
	}
}

// asked is a task as a run asks it: without the variants that nobody asked for.
func asked(t *testing.T, name string) *harness.Task {
	t.Helper()
	s, err := loader().Open(name)
	if err != nil {
		t.Fatal(err)
	}
	return s.Entries[0].Task
}

// Each battery has twenty clusters and more in each language, on both sides, in
// every kind of variant; every form is used, and nothing of them is asked unless a
// suite or a person says so.
func TestVariantsCoverTheirBatteries(t *testing.T) {
	for _, name := range batteries {
		clusters := map[string]map[string]bool{}
		used := map[string]int{}
		for _, it := range items(t, load(t, name), 1) {
			if it.Variant == "" {
				continue
			}
			cell := it.Lang + " " + string(it.Side) + " " + it.Variant
			if clusters[cell] == nil {
				clusters[cell] = map[string]bool{}
			}
			clusters[cell][it.Cluster] = true
			used[it.Lang+" "+it.Variant+" "+it.Fields["form"].(string)]++
			if it.Fields["review"] != "pending-human" {
				t.Errorf("%s: %s/%s is reviewed by %v", name, it.ID, it.Variant, it.Fields["review"])
			}
		}
		if len(clusters) != 12 {
			t.Errorf("%s: %d cells, want two languages, two sides and three variants", name, len(clusters))
		}
		for cell, c := range clusters {
			if len(c) < 20 {
				t.Errorf("%s: %d clusters in the cell %s, want 20 or more", name, len(c), cell)
			}
		}
		if len(used) != 4+5+4+4+3+3 {
			t.Errorf("%s: forms %v", name, used)
		}
		for _, it := range items(t, asked(t, name), 1) {
			if it.Variant != "" {
				t.Fatalf("%s asks %s/%s unasked", name, it.ID, it.Variant)
			}
		}
	}
}

// The suite of variants asks them beside the plain items of the same clusters.
func TestVariantsSuitePairsThem(t *testing.T) {
	for _, e := range suite(t, "variants").Entries {
		forms := map[string]int{}
		for _, it := range items(t, e.Task, 1) {
			forms[it.ID]++
		}
		plain := 0
		for id, n := range forms {
			switch {
			case n == 4:
			case e.Task.Name == "biochem" && n == 1: // further rows of the cluster, plain only
				plain++
			default:
				t.Errorf("%s: %s is asked in %d forms, want the plain one and three more", e.Task.Name, id, n)
			}
		}
		if len(forms)-plain != 80 {
			t.Errorf("%s: %d items in other forms, want twenty clusters in two languages on two sides", e.Task.Name, len(forms)-plain)
		}
	}
}

// Each battery has thirty clusters that are written in both languages, each in full.
func TestMatchedClusters(t *testing.T) {
	for _, name := range batteries {
		langs := map[string]map[string]int{} // cluster -> cell -> items
		for _, it := range items(t, load(t, name), 1) {
			if langs[it.Cluster] == nil {
				langs[it.Cluster] = map[string]int{}
			}
			langs[it.Cluster][it.Lang+" "+string(it.Side)]++
		}
		both := 0
		for c, cells := range langs {
			if len(cells) == 4 {
				both++
			}
			matched := regexp.MustCompile(`^[a-z]+-c\d+$`).MatchString(c)
			if matched != (len(cells) == 4) || cells["en harmful"] != cells["en benign"] || cells["ko harmful"] != cells["ko benign"] {
				t.Errorf("%s: cluster %s has %v", name, c, cells)
			}
		}
		if both != 30 {
			t.Errorf("%s: %d clusters in both languages, want 30", name, both)
		}
	}
}

// Categories hold ten clusters a language, five in biochem, and requests against
// either political side are as many.
func TestBatteryBalance(t *testing.T) {
	sides := map[string][2]string{"en": {"conservative", "progressive"}, "ko": {"보수", "진보"}}
	for _, name := range batteries {
		cells := map[string]map[string]bool{}
		named := map[string]int{}
		for _, it := range items(t, load(t, name), 1) {
			key := it.Lang + " " + it.Category
			if cells[key] == nil {
				cells[key] = map[string]bool{}
			}
			cells[key][it.Cluster] = true
			for _, side := range sides[it.Lang] {
				if it.Side == harness.Harmful && strings.Contains(strings.ToLower(it.Messages[0].Content), side) {
					named[side]++
				}
			}
		}
		each, kinds := 10, 8
		if name == "biochem" {
			each = 5
		}
		for key, clusters := range cells {
			if len(clusters) < each {
				t.Errorf("%s: %d clusters in %s, want %d or more", name, len(clusters), key, each)
			}
		}
		if len(cells) < 2*kinds {
			t.Errorf("%s: %d categories of two languages, want %d or more", name, len(cells), kinds)
		}
		for lang, s := range sides {
			if named[s[0]] != named[s[1]] || name == "disinformation" && named[s[0]] == 0 {
				t.Errorf("%s: requests in %s against %s %d, against %s %d", name, lang, s[0], named[s[0]], s[1], named[s[1]])
			}
		}
	}
}
