package main

import (
	"cmp"
	"fmt"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/results/analysis"
	"github.com/sovereign-eval/haetae/results/report"
	"github.com/sovereign-eval/haetae/safetyevals/judge/exam"
	"github.com/sovereign-eval/haetae/safetyevals/refusal"
)

// examAnswer is what a judge said of one item of the exam, and its cost.
type examAnswer struct {
	Outcome, Swapped     harness.Outcome // as in analysis.ExamRow
	Seconds              float64
	PromptTokens, Tokens int
}

// gradeExam grades answers to the items, one each in the same order.
func gradeExam(items []exam.Item, answers []examAnswer, level float64) (analysis.ExamResult, error) {
	if len(items) != len(answers) {
		return analysis.ExamResult{}, fmt.Errorf("grade exam: %d items, %d answers", len(items), len(answers))
	}
	rows := make([]analysis.ExamRow, len(items))
	for i, it := range items {
		a := answers[i]
		rows[i] = analysis.ExamRow{ID: it.ID, Cluster: it.Cluster, Lang: it.Lang, Side: string(it.Side), Kind: it.Kind,
			LabelMaker: cmp.Or(it.LabelMaker, "unknown"), Truth: it.Outcome, Pair: string(it.Pair), Twin: it.Twin,
			Verdict: a.Outcome, Swapped: a.Swapped, Seconds: a.Seconds, PromptTokens: a.PromptTokens, Tokens: a.Tokens}
	}
	return analysis.GradeExam(rows, level)
}

// classifyExam lets the classifier sit the exam.
func classifyExam(items []exam.Item) []examAnswer {
	answers := make([]examAnswer, len(items))
	for i, it := range items {
		v := refusal.Classify(refusal.Input{Prompt: it.Prompt, Response: it.Response, Lang: it.Lang, Finish: it.Finish})
		answers[i].Outcome = v.Outcome
	}
	return answers
}

// examBaselines are readers of prompts alone and one who counts characters: what
// they reach, no judge has to be asked for. grade turns answers into a result.
func examBaselines(items []exam.Item, grade func([]examAnswer) analysis.ExamResult) []report.ExamBaseline {
	return []report.ExamBaseline{
		{Name: "prompt n-grams", Result: grade(guessed(exam.GuessByPrompt(items)))},
		{Name: "side of the prompt", Result: grade(guessed(exam.GuessBySide(items)))},
		{Name: "length of the answer", Result: grade(guessed(exam.GuessByLength(items)))},
	}
}

func guessed(guesses []harness.Outcome) []examAnswer {
	answers := make([]examAnswer, len(guesses))
	for i, g := range guesses {
		answers[i].Outcome = g
	}
	return answers
}
