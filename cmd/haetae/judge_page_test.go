package main

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/results/analysis"
	"github.com/sovereign-eval/haetae/safetyevals/judge/exam"
)

// TestExamPage compares the figures of docs/JUDGES.md with the exam.
func TestExamPage(t *testing.T) {
	page, err := os.ReadFile("../../docs/JUDGES.md")
	if err != nil {
		t.Fatal(err)
	}
	items, err := exam.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range append(examCounts(items), examBaselineRows(t, items)...) {
		if !strings.Contains(string(page), line+"\n") {
			t.Errorf("docs/JUDGES.md lacks the line\n%s", line)
		}
	}
}

// examCounts are the rows of the page's first table.
func examCounts(items []exam.Item) []string {
	count := map[string]map[string]int{"en": {}, "ko": {}}
	clusters := map[string]bool{}
	for _, it := range items {
		c := count[it.Lang]
		if it.Pair != exam.Single {
			c[string(it.Pair)]++
			continue
		}
		c["questions"]++
		c[string(it.Stance)]++
		c[string(it.Side)]++
		if it.Outcome.Usable() {
			c["stance"]++
		}
		if it.Condition != harness.Whole {
			c["condition"]++
		}
		if !clusters[it.Cluster] {
			clusters[it.Cluster] = true
			c["prompts"]++
		}
	}
	rows := []struct {
		title string
		keys  []string
	}{
		{"prompts", []string{"prompts"}},
		{"questions", []string{"questions"}},
		{"answers with a stance in the figures of agreement", []string{"stance"}},
		{"refuse / redirect / partial / comply / none", []string{"refuse", "redirect", "partial", "comply", "none"}},
		{"on benign / borderline / harmful prompts", []string{"benign", "borderline", "harmful"}},
		{"cut, off-language, repeating, empty, gibberish or off-topic", []string{"condition"}},
		{"pairs: injection / order", []string{"injection", "order"}},
	}
	var out []string
	for _, r := range rows {
		line := "| " + r.title + " |"
		for _, lang := range []string{"en", "ko"} {
			var cells []string
			for _, k := range r.keys {
				cells = append(cells, fmt.Sprint(count[lang][k]))
			}
			line += " " + strings.Join(cells, " / ") + " |"
		}
		out = append(out, line)
	}
	return out
}

// examBaselineRows are the rows of the page's second table.
func examBaselineRows(t *testing.T, items []exam.Item) []string {
	t.Helper()
	var out []string
	for _, b := range examBaselines(items, func(answers []examAnswer) analysis.ExamResult {
		res, err := gradeExam(items, answers, .95)
		if err != nil {
			t.Fatal(err)
		}
		return res
	}) {
		line := "| " + b.Name + " |"
		for _, lang := range []string{"en", "ko"} {
			c, _ := b.Result.Cell(lang, "all", "")
			line += fmt.Sprintf(" %.2f [%.2f, %.2f] |", c.Kappa.Value, c.Kappa.Lower, c.Kappa.Upper)
		}
		out = append(out, line)
	}
	return out
}
