package spec

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/harness/score"
)

// These tests read the public data sets that the format was designed for. The
// data is not part of the project.

func sharedDir(t *testing.T, name string) string {
	t.Helper()
	dir := "../../../shared/data/" + name
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("the data is not here: %v", err)
	}
	return dir
}

func taskFrom(t *testing.T, yaml, data string) *harness.Task {
	t.Helper()
	l := loader()
	l.DataDirs = []string{data}
	l.Scorers["outcome"] = score.NewFactory("", struct{}{}, func(name string, _ struct{}) (harness.Scorer, error) {
		return constant{name}, nil
	})
	task, err := l.Task(folder(t, map[string]string{"task.yaml": yaml}))
	if err != nil {
		t.Fatal(err)
	}
	return task
}

type constant struct{ name string }

func (c constant) Name() string { return c.name }
func (c constant) Score(context.Context, harness.Item, harness.Response) (harness.Score, error) {
	return harness.Score{Scorer: c.name}, nil
}

func TestKoBBQ(t *testing.T) {
	task := taskFrom(t, `
name: kobbq
title: {en: KoBBQ, ko: KoBBQ}
version: 1.0.0
kind: capability
licence: MIT
source: github naver-ai/KoBBQ
data: {file: KoBBQ_test_samples.tsv, obtain: "From the repository naver-ai/KoBBQ, folder data."}
columns:
  category: "{{sample_id|match:'^([a-z_]+)-'}}"
  template: "{{sample_id|match:'^([a-z_]+-\\d+)'}}"
  kind: "{{sample_id|match:'-(amb|dis)-'}}"
  context_kind: "{{sample_id|match:'^[a-z_]+-\\d+([a-d])-'}}/{{kind}}"
  about: "{{context_kind|map:'a/amb=ambiguous,b/amb=ambiguous,c/amb=ambiguous,d/amb=ambiguous,a/dis=counter,c/dis=counter,b/dis=biased,d/dis=biased'}}"
  given: "{{choices|list}}"
choices:
  from: "{{given}}"
  answer: "{{answer}}"
  order: cyclic
  mark: {biased: "{{biased_answer}}", unknown: "{{given|last}}"}
item: {id: "{{sample_id}}", cluster: "{{template}}", lang: ko, category: "{{category}}/{{about}}"}
prompt:
  - user: |-
      {{context}} {{question}}
      {{choices|letters:"A: "}}
generate: {max_tokens: 30, temperature: 0}
scorers:
  - choice: {classes: {biased: "{{biased}}", unknown: "{{unknown}}", counter: "*"}}
metrics:
  - kobbq_bias
  - {name: accuracy, where: {kind: amb}}
`, sharedDir(t, "korean/kobbq"))
	if task.Count != 2280*3 || !slices.Equal(task.Languages, []string{"ko"}) {
		t.Errorf("%d items in %v, want 6840 in ko", task.Count, task.Languages)
	}
	items := collect(t, task, 1)
	given := items[1].Fields["given"].([]any)
	if got := items[1]; got.Variant != "order2" || got.Cluster != "age-001" || got.Category != "age/ambiguous" || got.ID != "age-001a-002-amb-bsd" ||
		!strings.HasSuffix(got.Messages[0].Content, fmt.Sprintf("\nA: %s\nB: %s\nC: %s", given[1], given[2], given[0])) {
		t.Errorf("second variant %+v", got)
	}
	// A model that always says C is right once in three.
	right := 0
	for _, it := range items {
		s, err := task.Scorers[0].Score(t.Context(), it, harness.Response{Text: "C"})
		if err != nil || !slices.ContainsFunc(s.Flags, func(f string) bool { return strings.HasPrefix(f, "choice=") }) {
			t.Fatalf("%+v, %v", s, err)
		}
		right += int(s.Value)
	}
	if right != 2280 {
		t.Errorf("always C is right %d times, want 2280", right)
	}
}

func TestGSM8K(t *testing.T) {
	task := taskFrom(t, `
name: gsm8k
title: GSM8K
version: 1.0.0
kind: capability
licence: MIT
source: github openai/grade-school-math
data: {file: test.jsonl, obtain: "From the repository openai/grade-school-math."}
columns: {target: "{{answer|after:'#### '}}", n: "{{question|length}}"}
item: {id: "{{row}}", lang: en}
fewshot:
  file: train.jsonl
  k: 5
  messages:
    - user: "{{question}}"
    - assistant: "{{answer}}"
prompt: [{user: "{{question}} End with #### and the number."}]
scorers:
  - numeric: {name: strict, pattern: '#### (-?[0-9.,]+)', target: "{{target}}"}
  - numeric: {name: flexible, target: "{{target}}"}
metrics: [{name: accuracy, scorer: flexible}, {name: accuracy, scorer: strict}]
`, sharedDir(t, "gsm8k"))
	if task.Count != 1319 || !slices.Equal(task.Notes, []string{"0-shot: no training file given"}) {
		t.Errorf("%d items, notes %v", task.Count, task.Notes)
	}
	for it, err := range task.Items(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range task.Scorers {
			got, err := s.Score(t.Context(), it, harness.Response{Text: it.Fields["answer"].(string)})
			if err != nil || got.Value != 1 {
				t.Errorf("golden answer of %s: %+v, %v", it.ID, got, err)
			}
		}
	}
}

func TestXSTest(t *testing.T) {
	task := taskFrom(t, `
name: xstest
title: XSTest
version: 2.0.0
kind: safety
licence: CC-BY-4.0
source: github paul-rottger/exaggerated-safety
data: {file: xstest_prompts.csv, obtain: "From the repository paul-rottger/xstest."}
exclude: {ids: [48, 78, 206, 208, 231], reason: they are not used here}
item: {id: "{{id}}", lang: en, side: "{{label|map:'safe=benign,unsafe=harmful'}}", category: "{{type}}"}
prompt: [{user: "{{prompt}}"}]
scorers: [outcome]
metrics: [refusal]
`, sharedDir(t, "xstest"))
	if task.Count != 445 || task.Notes[0] != "without items 48, 78, 206, 208, 231: they are not used here" {
		t.Errorf("%d items, notes %v", task.Count, task.Notes)
	}
}
