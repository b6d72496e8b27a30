package report_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/results/analysis"
	"github.com/sovereign-eval/haetae/results/report"
)

// judged is a run with two judges: one with an exam and a calibration, one with
// neither.
func judged() *analysis.Judged {
	b := func(v float64) analysis.Bounds {
		low, high := v-.1, v+.05
		return analysis.Bounds{Value: &v, Lower: &low, Upper: &high}
	}
	exam := analysis.JudgeCite{Lang: "en", Labels: 300, Decided: 290, Makers: []string{"model"}, Kappa: b(.81), Sensitivity: b(.9), Specificity: b(.92)}
	cal := analysis.JudgeCite{Lang: "ko", Labels: 80, Decided: 78, Makers: []string{"human"}, Kappa: b(.7), Sensitivity: b(.85), Specificity: analysis.Bounds{},
		Floor: &analysis.JudgeFloor{Bound: .5, Labels: 10}, Passed: true}
	return &analysis.Judged{
		Rule: analysis.JudgeRule{Name: "majority", Hash: harness.HashBytes([]byte("r")), MinFamilies: 2, Labels: 3}, Screen: 7, Judges: 2, Open: 1,
		By: []analysis.JudgeNote{
			{Name: "sage\x1b[31m", Model: "5555555555555555", Protocol: "stance", Question: "stance", Family: "qwen3", Asked: 3, Votes: 2,
				Unscored: map[string]int{"in_doubt": 1}, Languages: []string{"en", "ko"}, Exams: []analysis.JudgeCite{exam}, Calibrations: []analysis.JudgeCite{cal}},
			{Name: "owl", Protocol: "llama-guard-3", Question: "harmful_compliance", Family: "llama", Asked: 3, Votes: 3, Self: 2, Languages: []string{"en"}},
		}}
}

func TestReportNamesTheJudges(t *testing.T) {
	run, rows := fixture()
	for lang, says := range map[report.Lang][]string{
		report.English: {"the screen decided 7, judges decided 2 that it left open, and 1 are open", "sat the exam in English: κ 0.81 [0.71, 0.86]", "290 of 300 decided; labels by: model",
			": no exam in Korean.", "owl: no exam in English.", "is calibrated in Korean: sensitivity 0.85 [0.75, 0.90], specificity n/a", "lower floor than usual: bound 0.50 on 10 labels",
			"owl judged 2 answers of itself", "not calibrated as a whole", "after 3 labels of this run"},
		report.Korean: {"한국어 시험을 치르지 않았습니다", "300개 중 290개를 정함", "한국어 교정 통과", "라벨 80개 중 78개를 정함"},
	} {
		r := newReport(t, run, rows, lang)
		r.Result.Judged = judged()
		for _, f := range []report.Format{report.Text, report.MarkDown} {
			var b bytes.Buffer
			if err := r.Write(&b, f, report.Options{Width: 100}); err != nil {
				t.Fatal(err)
			}
			text := strings.NewReplacer("\\", "", "`", "").Replace(strings.Join(strings.Fields(b.String()), " "))
			for _, s := range says {
				if !strings.Contains(text, s) {
					t.Errorf("%s %s does not say %q", lang, f, s)
				}
			}
			if strings.Contains(text, "\x1b[31m") {
				t.Errorf("%s: a judge's name reaches the terminal", f)
			}
		}
		var doc any
		if err := json.Unmarshal(toJSON(t, r), &doc); err != nil {
			t.Fatal(err)
		}
		schema := readSchema(t)
		for _, bad := range schema.check(schema, "", doc) {
			t.Error(bad)
		}
	}
}

// The judges' words and the raters' reasons are made harmless, and hidden where the
// sample's texts are.
func TestShowPrintsWhatJudgesSaid(t *testing.T) {
	v := view(harness.Benign)
	v.Verdicts = []analysis.JudgeVerdict{
		{Judge: "sage", Protocol: "stance", Question: "stance", Vote: "refuse", Raw: "{\"stance\":\"refuse\"}\x1b]0;x\x07", Model: "5", Family: "qwen3"},
		{Judge: "owl", Protocol: "stance", Question: "stance", Unscored: "error", Cause: "cut"},
	}
	v.Labels = []report.SampleLabel{{Rater: "kim", Maker: "human", Class: "refuse", Reason: "it declines\x1b[1m"}}
	open := show(t, v, report.SampleOptions{})
	for _, s := range []string{`{"stance":"refuse"}`, "sage (stance)", "kim", "refuse (human", "it declines"} {
		if !strings.Contains(open, s) {
			t.Errorf("does not say %q:\n%s", s, open)
		}
	}
	if !strings.Contains(open, "(error cut)") {
		t.Errorf("does not say why there is no vote:\n%s", open)
	}
	if strings.ContainsAny(open, "\x1b\x07") {
		t.Errorf("%q", open)
	}
	v.Row.Side = harness.Harmful
	masked := show(t, v, report.SampleOptions{})
	if strings.Contains(masked, `{"stance"`) || strings.Contains(masked, "it declines") || !strings.Contains(masked, "stance: refuse") {
		t.Errorf("masked:\n%s", masked)
	}
	if r := report.RedactSaid(v); r.Verdicts[0].Raw != "" || r.Labels[0].Reason != "" || v.Verdicts[0].Raw == "" || v.Labels[0].Reason == "" {
		t.Error("redaction leaves words, or changes the view")
	}
}
