package spec

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const rows = `{"id":"1","topic":"small","question":"What is 2 plus 42?","answer":"44"}
{"id":"2","topic":"small","question":"What is 1 plus 1?","answer":"2"}
`

// mistakes returns the errors of a folder, with the folder's name left out.
func mistakes(t *testing.T, files map[string]string) []string {
	t.Helper()
	dir := folder(t, files)
	_, err := loader().Task(dir)
	if err == nil {
		return nil
	}
	return strings.Split(strings.ReplaceAll(err.Error(), dir+"/", ""), "\n")
}

func TestMistakes(t *testing.T) {
	edit := func(pairs ...string) string { return strings.NewReplacer(pairs...).Replace(sums) }
	for name, c := range map[string]struct {
		task, items string
		want        []string
	}{
		"none": {sums, rows, nil},
		"unknown key": {edit("prompt:", "promt:"), rows, []string{
			`task.yaml:1: missing key "prompt"`, `task.yaml:9: unknown key "promt"; did you mean "prompt"?`}},
		"nested unknown key": {edit("max_tokens", "max_token"), rows, []string{
			`task.yaml:11: unknown key "max_token"; did you mean "max_tokens"?`}},
		"wrong type": {edit("max_tokens: 64", "max_tokens: many"), rows, []string{
			`task.yaml:11: generate.max_tokens: want a whole number, have "many"`}},
		"list for text": {edit("name: sums", "name: [sums]"), rows, []string{
			`task.yaml:1: name: want text, have a list`}},
		"text for list": {edit("metrics: [accuracy]", "metrics: accuracy"), rows, []string{
			`task.yaml:14: metrics: want a list, have "accuracy"`}},
		"duplicate key": {edit("version: 1.0.0", "version: 1.0.0\nname: again"), rows, []string{
			`task.yaml:4: duplicate key "name"; it stands in line 1 already`}},
		"no licence": {edit("licence: Apache-2.0\n", ""), rows, []string{
			`task.yaml:1: missing key "licence": say under which terms the items may be used (an SPDX name, such as CC-BY-4.0)`}},
		"empty source": {edit("written for this test", `""`), rows, []string{`task.yaml:6: source: is empty`}},
		"null source":  {edit("written for this test", ""), rows, []string{`task.yaml:6: source: no value given`}},
		"unknown kind": {edit("kind: capability", "kind: capabilty"), rows, []string{
			`task.yaml:4: kind: unknown value "capabilty"; did you mean "capability"?`}},
		"unknown scorer": {edit("numeric:", "numerc:"), rows, []string{
			`task.yaml:13: unknown scorer "numerc"; did you mean "numeric"?`}},
		"unknown option": {edit("pattern:", "patern:"), rows, []string{
			`task.yaml:13: unknown key "patern"; did you mean "pattern"?`}},
		"bad pattern": {edit(`#### (-?[0-9.,]+)`, "(("), rows, []string{
			"task.yaml:13: numeric.pattern: error parsing regexp: missing closing ): `((`"}},
		"unknown metric": {edit("[accuracy]", "[acuracy]"), rows, []string{
			`task.yaml:14: unknown metric "acuracy"; did you mean "accuracy"?`}},
		"metric of the other kind": {edit("[accuracy]", "[j]"), rows, []string{
			`task.yaml:14: metric j belongs to safety tasks`}},
		"unknown role": {edit("- user:", "- usr:"), rows, []string{
			`task.yaml:10: unknown role "usr"; did you mean "user"?`}},
		"no user turn": {edit("- user:", "- system:"), rows, []string{
			`task.yaml:9: prompt: the last message is the user's: it is what the model answers`}},
		"unknown field": {edit("{{question}}", "{{qestion}}"), rows, []string{
			`task.yaml:10: prompt.0: unknown field "qestion"; did you mean "question"? (items.jsonl:1 has answer, id, question, topic)`}},
		"unknown field of a scorer": {edit("{{answer}}", "{{anwser}}"), rows, []string{
			`task.yaml:13: scorers.0.target: unknown field "anwser"; did you mean "answer"? (items.jsonl:1 has answer, id, question, topic)`}},
		"bad template": {edit("{{question}}", "{{question"), rows, []string{
			`task.yaml:10: prompt.0: {{question End with #### and the number.}}: expected }} or |`}},
		"unknown filter": {edit("{{topic}}", "{{topic|uper}}"), rows, []string{
			`task.yaml:8: item.cluster: {{topic|uper}}: unknown filter "uper"; filters are after, before, default, fill, first, join, json, last, length, letters, list, lower, map, match, trim, upper`}},
		"missing file": {edit("items.jsonl", "rows.jsonl"), rows, []string{
			`task.yaml:7: data.file: rows.jsonl is not there; Put rows.jsonl into DIR/sums/ or DIR/ and give --data DIR. Looked for rows.jsonl.`}},
		"file outside": {edit("items.jsonl", "../items.jsonl"), rows, []string{
			`task.yaml:7: data.file: "../items.jsonl" leads out of the task's folder; name a file in it, or in the folder given by --data`}},
		"unknown format": {edit("items.jsonl", "items.txt"), rows, []string{
			`task.yaml:7: data.file: the extension of "items.txt" does not tell its format; give format: jsonl, json, csv or tsv`}},
		"wrong digest": {edit("items.jsonl", "items.jsonl, sha256: "+strings.Repeat("0", 64)), rows, []string{
			`task.yaml:7: data.sha256: items.jsonl has 3ad3face4fb16dc734bf9781751a4ac4cb6a117a1f8e0e418a59ab1a321d8929`}},
		"bad digest": {edit("items.jsonl", "items.jsonl, sha256: 12"), rows, []string{
			`task.yaml:7: data.sha256: want 64 hexadecimal digits in lower case`}},
		"unknown generator": {edit("file: items.jsonl", "generator: {name: dice, rows: 3}"), rows, []string{
			`task.yaml:7: unknown generator "dice"`}},
		"anchor": {edit("name: sums", "name: &a sums"), rows, []string{
			`task.yaml:1: anchors and aliases are not read; write the value out`}},
		"tag":             {edit("name: sums", "name: !!binary c3Vtcw=="), rows, []string{`task.yaml:1: the tag !!binary is not read`}},
		"second document": {sums + "---\nname: x\n", rows, []string{`task.yaml:15: a second document; a file holds one`}},
		"not yaml":        {"name: [", rows, []string{`task.yaml:1: did not find expected node content`}},
		"empty":           {"", rows, []string{`task.yaml:1: the file is empty`}},
		"a list":          {"- a\n", rows, []string{`task.yaml:1: the file: want keys and values, have a list`}},
		"deep":            {"name: " + strings.Repeat("[", 40) + strings.Repeat("]", 40), rows, []string{`task.yaml:1: nested deeper than 24 levels`}},
		"long":            {"#" + strings.Repeat("x", maxFile), rows, []string{`task.yaml: the file has 1048577 bytes, more than the 1048576 that are read`}},
		"two at once": {edit("licence: Apache-2.0\n", "", "[accuracy]", "[acuracy]", "prompt:", "promt:"), rows, []string{
			`task.yaml:1: missing key "licence": say under which terms the items may be used (an SPDX name, such as CC-BY-4.0)`,
			`task.yaml:1: missing key "prompt"`,
			`task.yaml:8: unknown key "promt"; did you mean "prompt"?`,
			`task.yaml:13: unknown metric "acuracy"; did you mean "accuracy"?`}},
		"bad row": {sums, rows + "{\"id\":\"3\",\n", []string{`items.jsonl:3: bad JSON at column 12: expected a string`}},
		"row without a field": {sums, rows + `{"id":"3","topic":"t","answer":"1"}` + "\n", []string{
			`items.jsonl:3: prompt.0: no field "question" in this row`}},
		"target that is no number": {sums, rows + `{"id":"3","topic":"t","question":"q","answer":"x"}` + "\n", []string{
			`items.jsonl:3: scorers.0.target: "x" is not a number`}},
		"duplicate id": {sums, rows + rows, []string{
			`items.jsonl:3: duplicate item id "1"; it stands in line 1 already: every item has its own`,
			`items.jsonl:4: duplicate item id "2"; it stands in line 2 already: every item has its own`}},
		"empty id": {sums, strings.Replace(rows, `"2"`, `""`, 1), []string{`items.jsonl:2: item.id: the identifier is empty`}},
		"no rows":  {sums, "", []string{`items.jsonl:1: no rows, or none that is selected`}},
		"not utf-8": {sums, "{\"id\":\"\xff\"}\n", []string{
			`items.jsonl:1: the row is not valid UTF-8`}},
		"side of a capability task": {edit(`{id: "{{id}}",`, `{id: "{{id}}", side: harmful,`), rows, []string{
			`items.jsonl:1: item.side: only safety tasks have sides`, `items.jsonl:2: item.side: only safety tasks have sides`}},
		"two scorers of one name": {edit("metrics:", "  - numeric\nmetrics:"), rows, []string{
			`task.yaml:14: scorers: two are called "numeric"; give one of them another name: {numeric: {name: …}}`}},
		"sealed": {edit("kind:", "sealed: true\nkind:"), rows + `{"id":"3","topic":"t","question":"q","answer":"secret"}` + "\n", []string{
			`items.jsonl:3: scorers.0.target: the row does not suit it (the task is sealed)`}},
	} {
		t.Run(name, func(t *testing.T) {
			got := mistakes(t, map[string]string{"task.yaml": c.task, "items.jsonl": c.items, "items.txt": "x"})
			if d := cmp.Diff(c.want, got); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

func TestNearest(t *testing.T) {
	names := []string{"accuracy", "mean", "numeric"}
	for word, want := range map[string]string{"acuracy": "accuracy", "mena": "mean", "numeirc": "numeric", "xyz": "", "": ""} {
		if got := Nearest(word, names); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", word, got, want)
		}
	}
}

func TestUnknownTask(t *testing.T) {
	_, err := loader().Task("nothing")
	if err == nil || err.Error() != `unknown task or suite "nothing"` {
		t.Errorf("%v", err)
	}
	if _, err := loader().Task("./nothing"); err == nil || !strings.Contains(err.Error(), "read ./nothing: file does not exist") {
		t.Errorf("%v", err)
	}
	if _, err := loader().Task(t.TempDir()); err == nil || !strings.Contains(err.Error(), "no task.yaml and no suite.yaml") {
		t.Errorf("%v", err)
	}
	var e Errors
	if !errors.As(error(Errors{{"a", 1, "b"}}), &e) || e[0].Error() != "a:1: b" {
		t.Error(e)
	}
}
