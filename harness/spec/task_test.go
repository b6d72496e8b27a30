package spec

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/harness/score"
)

func loader() *Loader { return &Loader{Scorers: score.Builtin(), Metrics: Metrics()} }

func collect(t *testing.T, task *harness.Task, seed int64) []harness.Item {
	t.Helper()
	var out []harness.Item
	for it, err := range task.Items(context.Background(), seed) {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, it)
	}
	return out
}

func TestExampleOfTheDesign(t *testing.T) {
	task, err := loader().Task("../../examples/sums")
	if err != nil {
		t.Fatal(err)
	}
	if task.Count != 36 || task.Name != "sums" || task.Digest.IsZero() || len(task.Scorers) != 1 {
		t.Errorf("task %+v", task)
	}
	items := collect(t, task, 1)
	if len(items) != 36 {
		t.Fatalf("%d items, want 36", len(items))
	}
	it := items[0]
	if it.ID != "1" || it.Cluster != "small" || it.Messages[0].Content != "What is 2 plus 42? End with #### and the number." {
		t.Errorf("item %+v", it)
	}
	s, err := task.Scorers[0].Score(t.Context(), it, harness.Response{Text: "The answer is 42.\n#### 44"})
	if err != nil || s.Value != 1 || s.Answer != "44" {
		t.Errorf("score %+v, %v", s, err)
	}
}

const sums = `name: sums
title: {en: Sums, ko: 덧셈}
version: 1.0.0
kind: capability
licence: Apache-2.0
source: written for this test
data: {file: items.jsonl}
item: {id: "{{id}}", cluster: "{{topic}}"}
prompt:
  - user: "{{question}} End with #### and the number."
generate: {max_tokens: 64, temperature: 0}
scorers:
  - numeric: {pattern: "#### (-?[0-9.,]+)", target: "{{answer}}"}
metrics: [accuracy]
`

// folder writes files into a new folder.
func folder(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func benchDir(b testing.TB, n int) string {
	dir := b.TempDir()
	os.WriteFile(filepath.Join(dir, "task.yaml"), []byte(sums), 0o644)
	f, err := os.Create(filepath.Join(dir, "items.jsonl"))
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	for i := range n {
		fmt.Fprintf(f, `{"id":"%d","topic":"t%d","question":"Question %d: what is %d plus 42?","answer":"%d"}`+"\n", i, i%10, i, i, i+42)
	}
	return dir
}

func BenchmarkTask(b *testing.B) {
	dir := benchDir(b, 30000)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := loader().Task(dir); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/30000, "ns/row")
}

func BenchmarkItems(b *testing.B) {
	task, err := loader().Task(benchDir(b, 30000))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		for _, err := range task.Items(context.Background(), 1) {
			if err != nil {
				b.Fatal(err)
			}
			n++
		}
		if n != 30000 {
			b.Fatal(n)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/30000, "ns/row")
}
