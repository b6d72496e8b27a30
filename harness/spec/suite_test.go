package spec

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/harness/score"
)

const battery = `name: battery
title: {en: Battery}
version: 1.0.0
kind: safety
licence: Apache-2.0
source: written for this test
data: {file: items.jsonl, sha256: SUM}
item: {id: "{{id}}", cluster: "{{cluster}}", lang: "{{lang}}", side: "{{side}}", twin: "{{twin}}", category: "{{category}}"}
prompt: [{user: "{{text}}"}]
scorers: [outcome]
metrics: [refusal]
`

// batteryRows are 10 clusters of harmful and benign items in two languages.
func batteryRows() string {
	var b strings.Builder
	for c := range 10 {
		for _, lang := range []string{"en", "ko"} {
			fmt.Fprintf(&b, `{"id":"h%d%s","cluster":"c%d","lang":%q,"side":"harmful","twin":"b%d%s","category":"x","text":"t"}`+"\n", c, lang, c, lang, c, lang)
			fmt.Fprintf(&b, `{"id":"b%d%s","cluster":"c%d","lang":%q,"side":"benign","twin":"h%d%s","category":"x","text":"t"}`+"\n", c, lang, c, lang, c, lang)
		}
	}
	return b.String()
}

func shippedLoader(suite string) *Loader {
	l := loader()
	l.Scorers["outcome"] = score.NewFactory("", struct{}{}, func(name string, _ struct{}) (harness.Scorer, error) { return constant{name}, nil })
	data := batteryRows()
	l.Builtin = []fs.FS{fstest.MapFS{
		"battery/task.yaml":   {Data: []byte(strings.Replace(battery, "SUM", harness.HashBytes([]byte(data)).String(), 1))},
		"battery/items.jsonl": {Data: []byte(data)},
		"sums/task.yaml":      {Data: []byte(strings.Replace(sums, "items.jsonl", "items.jsonl, sha256: "+harness.HashBytes([]byte(rows)).String(), 1))},
		"sums/items.jsonl":    {Data: []byte(rows)},
		"suites/quick.yaml":   {Data: []byte(suite)},
	}}
	return l
}

const quick = `name: quick
title: {en: Quick, ko: 빠른}
defaults: {num_ctx: 2048}
epochs: 2
tasks:
  - sums
  - {task: battery, pick: {each: 3, by: [lang, side]}, generate: {max_tokens: 200}, weight: 0.5}
`

func TestSuite(t *testing.T) {
	l := shippedLoader(quick)
	s, err := l.Open("quick")
	if err != nil {
		t.Fatal(err)
	}
	if s.Path != "builtin:quick" || s.Epochs != 2 || len(s.Entries) != 2 || s.Title["ko"] != "빠른" {
		t.Errorf("%+v", s)
	}
	b := s.Entries[1]
	if b.Params.MaxTokens != 200 || b.Params.NumCtx != 2048 || b.Weight != 0.5 || b.Task.Count != 12 || b.Task.Path != "builtin:battery" {
		t.Errorf("%+v, count %d", b, b.Task.Count)
	}
	cells := map[string][]string{}
	for _, it := range collect(t, b.Task, 5) {
		key := it.Lang + string(it.Side)
		cells[key] = append(cells[key], it.Cluster)
	}
	for key, clusters := range cells {
		if !slices.Equal(clusters, cells["enharmful"]) || len(clusters) != 3 {
			t.Errorf("%s has clusters %v, en harmful %v", key, clusters, cells["enharmful"])
		}
	}
	whole, err := l.Task("battery")
	if err != nil || whole.Digest != b.Task.Digest || whole.Count != 40 {
		t.Errorf("the selection changes the digest of the task, or %v", err)
	}
}

func TestSuiteWhereAndLimit(t *testing.T) {
	l := shippedLoader("name: quick\ntitle: Q\ntasks:\n  - {task: battery, where: {lang: ko, side: [harmful]}, limit: 4}\n")
	s, err := l.Suite("quick")
	if err != nil {
		t.Fatal(err)
	}
	task := s.Entries[0].Task
	if items := collect(t, task, 0); task.Count != 4 || len(items) != 4 || items[3].ID != "h3ko" || !slices.Equal(task.Languages, []string{"ko"}) {
		t.Errorf("%d items, last %+v", task.Count, items[len(items)-1])
	}
}

func TestSuiteMistakes(t *testing.T) {
	for text, want := range map[string]string{
		"name: quick\ntitle: Q\ntasks: [smus]\n":                                           `suites/quick.yaml:3: unknown task "smus"; did you mean "sums"?`,
		"name: quick\ntitle: Q\ntasks: [{task: sums, limt: 3}]\n":                          `suites/quick.yaml:3: unknown key "limt"; did you mean "limit"?`,
		"name: quick\ntitle: Q\ntasks: [{task: sums, limit: 0}]\n":                         `suites/quick.yaml:3: limit: want 1 or more`,
		"name: quick\ntitle: Q\ntasks: []\n":                                               `suites/quick.yaml:3: tasks: the list is empty`,
		"name: quick\ntitle: Q\ntasks:\n  - {task: sums, where: {topic: huge}}\n":          `suites/quick.yaml:4: task sums: no item is selected`,
		"name: quick\ntitle: Q\ntasks:\n  - {task: battery, pick: {each: 99}}\n":           `suites/quick.yaml:4: task battery: pick: 40 items are fewer than 99 in the cell of all`,
		"name: quick\ntitle: Q\ntasks:\n  - {task: sums, pick: {each: 1, by: [colour]}}\n": `suites/quick.yaml:4: task sums: pick.by: item 1 has no "colour"`,
	} {
		if _, err := shippedLoader(text).Open("quick"); err == nil || err.Error() != want {
			t.Errorf("%s\n%v\nwant %s", text, err, want)
		}
	}
}

func TestListings(t *testing.T) {
	l := shippedLoader(quick)
	tasks, suites := l.Tasks(), l.Suites()
	if len(tasks) != 2 || tasks[0].Name != "battery" || tasks[0].Kind != harness.Safety || tasks[0].Err != nil {
		t.Errorf("%+v", tasks)
	}
	if len(suites) != 1 || !slices.Equal(suites[0].Tasks, []string{"sums", "battery"}) {
		t.Errorf("%+v", suites)
	}
	if _, err := l.Open("quik"); err == nil || !strings.Contains(err.(*harness.HintError).Hint, `Did you mean "quick"?`) {
		t.Errorf("%v", err)
	}
}

func TestSuiteOnDisk(t *testing.T) {
	dir := folder(t, map[string]string{"suite.yaml": "name: mine\ntitle: Mine\ntasks: [one, sums]\n", "one/task.yaml": strings.Replace(sums, "name: sums", "name: one", 1), "one/items.jsonl": rows})
	l := shippedLoader(quick)
	for _, arg := range []string{dir, dir + "/suite.yaml"} {
		s, err := l.Open(arg)
		if err != nil || len(s.Entries) != 2 || s.Entries[0].Task.Name != "one" {
			t.Errorf("%s: %v", arg, err)
		}
	}
	if errs := l.Lint(dir); len(errs) != 0 {
		t.Errorf("%v", errs)
	}
	if s, err := l.Open(dir + "/one"); err != nil || len(s.Entries) != 1 {
		t.Errorf("%v", err)
	}
}

func TestLint(t *testing.T) {
	dir := folder(t, map[string]string{
		"a/task.yaml": strings.Replace(sums, "prompt:", "promt:", 1), "a/items.jsonl": rows,
		"b/task.yaml": strings.Replace(sums, "items.jsonl", "none.jsonl", 1),
		"c/task.yaml": strings.Replace(sums, "{file: items.jsonl}", "{file: none.jsonl, obtain: From the author.}", 1),
	})
	var got []string
	for _, e := range loader().Lint(dir) {
		got = append(got, strings.ReplaceAll(e.Error(), dir+"/", ""))
	}
	want := []string{
		`a/task.yaml:1: missing key "prompt"`,
		`a/task.yaml:9: unknown key "promt"; did you mean "prompt"?`,
		`b/task.yaml:7: data.file: none.jsonl is not there; Put none.jsonl into DIR/sums/ or DIR/ and give --data DIR. Looked for b/none.jsonl.`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q\nwant %q", got, want)
	}
	if errs := loader().Lint(dir + "/none"); len(errs) != 1 || !strings.HasSuffix(errs[0].Error(), "/none: file does not exist") {
		t.Errorf("%v", errs)
	}
	if errs := loader().Lint(t.TempDir()); len(errs) != 1 {
		t.Errorf("%v", errs)
	}
}

func TestShippedTasksNeedDigests(t *testing.T) {
	l := loader()
	l.Builtin = []fs.FS{fstest.MapFS{"other/task.yaml": {Data: []byte(sums)}, "other/items.jsonl": {Data: []byte(rows)}}}
	_, err := l.Task("other")
	want := "other/task.yaml:1: name: a shipped task is called like its folder, \"other\"\nother/task.yaml:7: data: a shipped task gives the sha256 of its file"
	if err == nil || err.Error() != want {
		t.Errorf("%v\nwant %s", err, want)
	}
}

func TestTwins(t *testing.T) {
	l := shippedLoader(quick)
	row := func(id, side, twin string) string {
		return fmt.Sprintf(`{"id":%q,"cluster":"c","lang":"en","side":%q,"twin":%q,"category":"x","text":"t"}`+"\n", id, side, twin)
	}
	dir := folder(t, map[string]string{
		"task.yaml":   strings.Replace(battery, ", sha256: SUM", "", 1),
		"items.jsonl": row("a", "harmful", "b") + row("b", "benign", "a") + row("c", "harmful", "x") + row("d", "harmful", "e") + row("e", "harmful", "d") + row("f", "harmful", "b") + row("g", "benign", ""),
	})
	_, err := l.Task(dir)
	want := `items.jsonl:3: item "c": its twin "x" is not there
items.jsonl:4: item "d": its twin "e" is harmful as well
items.jsonl:5: item "e": its twin "d" is harmful as well
items.jsonl:6: item "f": its twin "b" names "a" as its own`
	if err == nil || strings.ReplaceAll(err.Error(), dir+"/", "") != want {
		t.Errorf("%v\nwant\n%s", err, want)
	}
}

func TestOptionalTasks(t *testing.T) {
	needy := strings.NewReplacer("name: sums", "name: needy", "{file: items.jsonl}", "{file: none.jsonl, obtain: From the author.}").Replace(sums)
	files := map[string]string{"suite.yaml": "name: mine\ntitle: Mine\ntasks: [sums, {task: needy, optional: true}]\n", "needy/task.yaml": needy}
	s, err := shippedLoader(quick).Open(folder(t, files))
	if err != nil || len(s.Entries) != 1 || len(s.Skipped) != 1 || s.Skipped[0].Task != "needy" {
		t.Errorf("%+v, %v", s, err)
	}
	for _, tasks := range []string{"[sums, needy]", "[{task: needy, optional: true}]"} {
		files["suite.yaml"] = "name: mine\ntitle: Mine\ntasks: " + tasks + "\n"
		_, err := shippedLoader(quick).Open(folder(t, files))
		if m, ok := errors.AsType[*MissingData](err); !ok || m.Task != "needy" {
			t.Errorf("%s: %v", tasks, err)
		}
	}
}
