package spec

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/sovereign-eval/haetae/harness"
)

const quiz = `name: quiz
title: {en: Quiz}
version: 1.0.0
kind: capability
licence: Apache-2.0
source: written for this test
data: {file: items.csv}
choices: {from: ["{{a}}", "{{b}}", "{{c}}", "{{d}}"], answer: "{{answer}}"}
item: {id: "{{id}}", lang: "{{lang}}"}
prompt:
  - system: Answer with a letter.
  - user: "{{question}}\n{{choices|letters:'(A) '}}"
scorers: [choice]
metrics: [accuracy]
`

func quizRows(n int) string {
	var b strings.Builder
	b.WriteString("id,lang,question,a,b,c,d,answer\n")
	for i := range n {
		lang := []string{"en", "ko"}[i%2]
		b.WriteString(strings.ReplaceAll("#,"+lang+",question #,w#,x#,y#,z#,w#\n", "#", string(rune('a'+i%26))+string(rune('a'+i/26))))
	}
	return b.String()
}

func read(t *testing.T, files map[string]string) *harness.Task {
	t.Helper()
	task, err := loader().Task(folder(t, files))
	if err != nil {
		t.Fatal(err)
	}
	return task
}

func TestChoiceOrders(t *testing.T) {
	with := func(order string) *harness.Task {
		return read(t, map[string]string{"items.csv": quizRows(40), "task.yaml": strings.Replace(quiz, `answer: "{{answer}}"`, `answer: "{{answer}}", order: `+order, 1)})
	}
	fixed := with("fixed")
	if !slices.Equal(fixed.Languages, []string{"en", "ko"}) {
		t.Errorf("languages %v", fixed.Languages)
	}
	items := collect(t, fixed, 1)
	if got := items[0].Messages[1].Content; got != "question aa\n(A) waa\n(B) xaa\n(C) yaa\n(D) zaa" || items[0].Fields["correct"] != "A" {
		t.Errorf("%q, correct %v", got, items[0].Fields["correct"])
	}
	rotate := with("rotate")
	places := map[any]int{}
	for _, it := range collect(t, rotate, 1) {
		places[it.Fields["correct"]]++
		list := it.Fields["choices"].([]any)
		label := it.Fields["correct"].(string)
		if !strings.HasPrefix(list[label[0]-'A'].(string), "w") {
			t.Errorf("correct %s does not name the right choice in %v", label, list)
		}
	}
	for _, l := range []string{"A", "B", "C", "D"} {
		if places[l] != 10 {
			t.Errorf("right answers by place %v, want 10 each", places)
		}
	}
	for _, order := range []string{"rotate", "shuffle"} {
		task := with(order)
		text := func(seed int64) string {
			var b strings.Builder
			for _, it := range collect(t, task, seed) {
				b.WriteString(it.Fields["correct"].(string))
			}
			return b.String()
		}
		if a, again, other := text(1), text(1), text(2); a != again || a == other {
			t.Errorf("%s: seed 1 %s and %s, seed 2 %s", order, a, again, other)
		}
	}
	cyclic := with("cyclic")
	items = collect(t, cyclic, 1)
	if cyclic.Count != 160 || len(items) != 160 || items[1].Variant != "order2" || items[1].Cluster != "aa" || items[1].Fields["correct"] != "D" {
		t.Errorf("%d items, second %+v", len(items), items[1])
	}
}

func TestChoiceMistakes(t *testing.T) {
	for edit, want := range map[string]string{
		`answer: "{{question}}"`:                         `items.csv:2: choices.answer: "question aa" is none of the 4 choices (by text)`,
		`answer: "7", answer_is: number`:                 `items.csv:2: choices.answer: "7" is none of the 4 choices (by number)`,
		`answer: "{{answer}}", order: random`:            `task.yaml:8: choices.order: unknown value "random"; valid are cyclic, fixed, rotate, shuffle`,
		`answer: "{{answer}}", mark: {best: "{{best}}"}`: `task.yaml:8: choices.mark.best: unknown field "best" (items.csv:2 has a, answer, b, c, d, id, lang, question)`,
	} {
		got := mistakes(t, map[string]string{"items.csv": quizRows(1), "task.yaml": strings.Replace(quiz, `answer: "{{answer}}"`, edit, 1)})
		if len(got) != 1 || got[0] != want {
			t.Errorf("%s:\n%q\nwant %q", edit, got, want)
		}
	}
	dup := strings.Replace(quizRows(1), "xaa", "waa", 1)
	if got := mistakes(t, map[string]string{"items.csv": dup, "task.yaml": quiz}); len(got) != 1 || got[0] != `items.csv:2: choices.answer: choices 1 and 2 are both "waa"` {
		t.Errorf("%q", got)
	}
}

func TestVariantsColumnsSelect(t *testing.T) {
	task := read(t, map[string]string{"items.jsonl": rows + `{"id":"3","topic":"large","question":"q","answer":"1"}` + "\n", "task.yaml": strings.NewReplacer(
		"item:", `columns: {plain: "{{question|lower}}", pair: ["{{id}}", "{{answer}}"]}
select: {topic: [small, medium]}
exclude: {ids: ["2"], reason: it is wrong}
variants:
  - {name: formal, columns: {ask: "Please: {{plain}}"}}
  - {name: short, columns: {ask: "{{pair|join:'/'}}"}}
item:`, "{{question}} End", "{{ask}} End", `, cluster: "{{topic}}"`, "").Replace(sums)})
	items := collect(t, task, 0)
	if len(items) != 2 || task.Count != 2 || items[0].Variant != "formal" || items[1].Variant != "short" || items[0].Cluster != "1" {
		t.Fatalf("%+v", items)
	}
	if a, b := items[0].Messages[0].Content, items[1].Messages[0].Content; a != "Please: what is 2 plus 42? End with #### and the number." || b != "1/44 End with #### and the number." {
		t.Errorf("%q, %q", a, b)
	}
	if !slices.Equal(task.Notes, []string{"without items 2: it is wrong"}) {
		t.Errorf("notes %v", task.Notes)
	}
}

func TestRowNumber(t *testing.T) {
	task := read(t, map[string]string{"items.jsonl": rows, "task.yaml": strings.Replace(sums, `id: "{{id}}"`, `id: "n{{row}}"`, 1)})
	if items := collect(t, task, 0); items[1].ID != "n2" {
		t.Errorf("id %q", items[1].ID)
	}
}

func TestFewshot(t *testing.T) {
	spec := strings.Replace(sums, "generate:", `fewshot:
  file: train.jsonl
  k: 2
  seed: 3
  messages:
    - user: "{{question}}"
    - assistant: "#### {{answer}}"
generate:`, 1)
	without := read(t, map[string]string{"task.yaml": spec, "items.jsonl": rows})
	if !slices.Equal(without.Notes, []string{"0-shot: no training file given"}) {
		t.Errorf("notes %v", without.Notes)
	}
	files := map[string]string{"task.yaml": spec, "items.jsonl": rows, "train.jsonl": strings.ReplaceAll(rows, `"id":"`, `"id":"t`) + `{"id":"t3","question":"3?","answer":"3"}` + "\n"}
	with := read(t, files)
	if !slices.Equal(with.Notes, []string{"2-shot from train.jsonl"}) || with.Digest == without.Digest {
		t.Errorf("notes %v", with.Notes)
	}
	a, b := collect(t, with, 1), collect(t, with, 2)
	if len(a[0].Messages) != 5 || a[0].Messages[1].Role != "assistant" || a[0].Messages[0] != b[1].Messages[0] {
		t.Errorf("%+v", a[0].Messages)
	}
	files["train.jsonl"] = rows[:strings.Index(rows, "\n")+1]
	if got := mistakes(t, files); len(got) != 1 || got[0] != "train.jsonl: 1 rows are fewer than the 2 examples asked for" {
		t.Errorf("%q", got)
	}
	files["task.yaml"] = strings.Replace(spec, "train.jsonl", "items.jsonl", 1)
	if got := mistakes(t, files); len(got) != 1 || got[0] != "task.yaml:12: fewshot.file: examples come from another file than the items" {
		t.Errorf("%q", got)
	}
	files["task.yaml"] = strings.Replace(spec, "train.jsonl", "none.jsonl\n  required: true", 1)
	_, err := loader().Task(folder(t, files))
	if m, ok := errors.AsType[*MissingData](err); !ok || m.File != "none.jsonl" {
		t.Errorf("%v", err)
	}
}

func TestMetricsCarryFields(t *testing.T) {
	task := read(t, map[string]string{"items.jsonl": rows, "task.yaml": strings.Replace(sums, "[accuracy]", "[accuracy, {name: accuracy, where: {topic: small, lang: en}, graded: true}]", 1)})
	m := task.Metrics[1]
	if m.Name != "accuracy" || m.Where["topic"] != "small" || !m.Graded || m.LowerIsBetter {
		t.Errorf("%+v", m)
	}
	s, err := task.Scorers[0].Score(t.Context(), collect(t, task, 0)[0], harness.Response{Text: "#### 44"})
	if err != nil || !slices.Equal(s.Flags, []string{"topic=small"}) || task.Scorers[0].Name() != "numeric" {
		t.Errorf("%+v, %v", s, err)
	}
	if got := mistakes(t, map[string]string{"items.jsonl": rows, "task.yaml": strings.Replace(sums, "[accuracy]", "[{name: accuracy, where: {topc: small}}]", 1)}); len(got) == 0 ||
		!strings.Contains(got[0], `a metric selects by the field "topc"`) {
		t.Errorf("%q", got)
	}
}

func TestDigestFollowsContent(t *testing.T) {
	files := map[string]string{"task.yaml": sums, "items.jsonl": rows}
	a := read(t, files)
	b := read(t, map[string]string{"task.yaml": "# a comment\n" + sums, "items.jsonl": rows})
	c := read(t, map[string]string{"task.yaml": sums, "items.jsonl": rows + "\n"})
	d := read(t, map[string]string{"task.yaml": strings.Replace(sums, "64", "65", 1), "items.jsonl": rows})
	if a.Digest != b.Digest {
		t.Error("a comment changes the digest")
	}
	if a.Digest == c.Digest || a.Digest == d.Digest {
		t.Error("data or parameters do not change the digest")
	}
}
