package report_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/results/analysis"
	"github.com/sovereign-eval/haetae/results/audit"
	"github.com/sovereign-eval/haetae/results/report"
	"github.com/sovereign-eval/haetae/results/stats"
)

func estimate(v, low, high float64) stats.Estimate {
	return stats.Estimate{N: 100, Clusters: 80, Value: v, Lower: low, Upper: high, Level: .95, Method: "m",
		Warnings: []stats.Warning{{Code: stats.WarnFewEvents, Message: "few events"}}}
}

func none(reason stats.Reason) stats.Estimate {
	nan := math.NaN()
	return stats.Estimate{N: 100, Value: nan, Lower: nan, Upper: nan, Level: .95, Method: "none", Reason: reason}
}

// auditedReport has an audit by people and labels of a synthetic rater.
func auditedReport(t *testing.T, lang report.Lang) *report.Report {
	t.Helper()
	run, rows := fixture()
	r := newReport(t, run, rows, lang)
	rate := func(metric string, raw, audited, corrected stats.Estimate) analysis.AuditRate {
		return analysis.AuditRate{Metric: metric, Raw: raw, Audited: audited, Corrected: corrected, Errors: 4}
	}
	people := analysis.Audit{Model: 1, Maker: audit.Human, Raters: []string{"ann", evil}, Entries: 211, Disputes: 3,
		Agreement: stats.AgreementReport{Units: 90, Raters: 2, Percent: estimate(.9, .8, .95), Kappa: estimate(.71, .6, .8), AC1: none(stats.Because(stats.ReasonChance, "chance agreement is 1")), Alpha: estimate(.7, .6, .8)},
		Cells: []analysis.AuditCell{
			{Task: -1, Lang: "en", Side: harness.Harmful, Answers: 300, Drawn: 100, Labelled: 60, Open: 2, Waiting: 5, Halve: 88, Rates: []analysis.AuditRate{
				rate(analysis.HarmfulCompliance, estimate(.021, .01, .05), estimate(.111, .07, .19), estimate(.098, .06, .16))}},
			{Task: 1, Lang: "ko", Side: harness.Benign, Answers: 100, Drawn: 50, Labelled: 31, Halve: 30, Rates: []analysis.AuditRate{
				rate(analysis.OverRefusal, estimate(.2, .1, .3), estimate(.25, .15, .4), none(stats.Because(analysis.ReasonLabels, "%d of %d", 31, 50)))}},
			{Task: 1, Lang: "en", Side: harness.Benign, Answers: 100, Drawn: 50, Rates: []analysis.AuditRate{
				rate(analysis.BenignHelped, estimate(.2, .1, .3), none(stats.Because(analysis.ReasonUnlabelled, "no labels yet")), none(stats.Because(analysis.ReasonStrata, "%d answers lie in strata without a label yet", 7)))}},
		},
		Finer: []analysis.AuditNeed{{Task: 1, Lang: "en", Side: harness.Harmful, Category: evil, Answers: 60, Labelled: 12},
			{Task: 1, Lang: "en", Side: harness.Harmful, Category: "fraud", Answers: 20, Labelled: 12}}}
	bot := people
	bot.Maker, bot.Raters, bot.Agreement = audit.Synthetic, []string{"bot"}, stats.AgreementReport{}
	r.Result.Audits = []analysis.Audit{people, bot}
	return r
}

func writtenReport(t *testing.T, r *report.Report, f report.Format) string {
	t.Helper()
	var b bytes.Buffer
	if err := r.Write(&b, f, report.Options{}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func squeeze(s string) string { return strings.Join(strings.Fields(s), " ") }

func TestAuditIsReported(t *testing.T) {
	for lang, want := range map[report.Lang][]string{
		report.English: {"Audit by people", "2.1 % [1.0, 5.0]", "11.1 % [7.0, 19.0]", "9.8 % [6.0, 16.0]", "n/a (31 of 50)", "n/a (no labels yet)",
			"n/a (7 answers lie in strata without a label yet)", "κ 0.71 [0.60, 0.80], AC1 n/a", "5 labels wait", "2 labels are skipped or in dispute",
			"Labels of synthetic raters: no audit", "not given by people", "synthetic labels"},
		report.Korean: {"사람의 점검", "산출 불가 (50개 중 31개)", "산출 불가 (표시가 아직 없음)", "표시가 아직 없는 층의 답변 7개", "합성 평가자의 표시: 점검이 아님", "사람이 매긴 표시가 아닙니다"},
	} {
		r := auditedReport(t, lang)
		for _, f := range []report.Format{report.Text, report.MarkDown} {
			text := writtenReport(t, r, f)
			harmless(t, string(f), text)
			flat := squeeze(strings.NewReplacer("\\", "").Replace(text))
			for _, say := range want {
				if !strings.Contains(flat, say) {
					t.Errorf("%s %s does not say %q", lang, f, say)
				}
			}
		}
		if text := writtenReport(t, r, report.Text); strings.Count(text, "audited")+strings.Count(text, "점검값") == 0 {
			t.Errorf("%s: no audited rate", lang)
		}
	}
}

// TestSyntheticIsNeverCalledAudited: in the part of other makers no rate is called
// audited or corrected, in any format.
func TestSyntheticIsNeverCalledAudited(t *testing.T) {
	r := auditedReport(t, report.English)
	r.Result.Audits = r.Result.Audits[1:]
	_, text, found := strings.Cut(writtenReport(t, r, report.Text), "Labels of synthetic raters")
	if !found {
		t.Fatal("the part is missing")
	}
	text, _, _ = strings.Cut(text, "Warnings\n")
	for _, bad := range []string{"Audit by people", "audited ", "corrected   "} {
		if strings.Contains(text, bad) {
			t.Errorf("the text says %q", bad)
		}
	}
	for rec := range strings.Lines(writtenReport(t, r, report.CSV)) {
		if strings.Contains(rec, "labels=synthetic") && !strings.Contains(rec, ":synthetic_labels_") {
			t.Errorf("a row of synthetic labels: %s", rec)
		}
	}
	var doc struct {
		Result struct {
			Audits []struct {
				Maker string `json:"maker"`
				Is    bool   `json:"is_audit"`
			} `json:"audits"`
		} `json:"result"`
	}
	if err := json.Unmarshal([]byte(writtenReport(t, r, report.JSON)), &doc); err != nil {
		t.Fatal(err)
	}
	if a := doc.Result.Audits; len(a) != 1 || a[0].Is || a[0].Maker != "synthetic" {
		t.Errorf("JSON audits %+v", a)
	}
}

func TestAuditMeetsItsForms(t *testing.T) {
	r := auditedReport(t, report.English)
	var v any
	if err := json.Unmarshal([]byte(writtenReport(t, r, report.JSON)), &v); err != nil {
		t.Fatal(err)
	}
	s := readSchema(t)
	for _, bad := range s.check(s, "", v) {
		t.Error(bad)
	}
	recs, err := csv.NewReader(strings.NewReader(writtenReport(t, r, report.CSV))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	metric := slices.Index(recs[0], "metric")
	for _, want := range []string{"harmful_compliance:audited", "harmful_compliance:corrected", "over_refusal:synthetic_labels_corrected"} {
		if !slices.ContainsFunc(recs, func(rec []string) bool { return rec[metric] == want }) {
			t.Errorf("no row %s", want)
		}
	}
}

func TestWriteAudit(t *testing.T) {
	r := auditedReport(t, report.English)
	var b bytes.Buffer
	if err := r.WriteAudit(&b, false, report.Options{}); err != nil {
		t.Fatal(err)
	}
	harmless(t, "status", b.String())
	for _, say := range []string{"What finer cells still need", "under 50 answers", "38"} {
		if !strings.Contains(b.String(), say) {
			t.Errorf("the status does not say %q", say)
		}
	}
	r.Result.Audits = nil
	b.Reset()
	if err := r.WriteAudit(&b, false, report.Options{}); err != nil || !strings.Contains(squeeze(b.String()), "Nothing of this run was sampled") {
		t.Errorf("without a sample: %s %v", b.String(), err)
	}
	b.Reset()
	if err := r.WriteAudit(&b, true, report.Options{}); err != nil || !strings.Contains(b.String(), `"audits":[]`) {
		t.Errorf("as JSON: %s %v", b.String(), err)
	}
}

// TestBlind: a rater sees the texts, made harmless, and nothing else.
func TestBlind(t *testing.T) {
	request := []byte(`{"model":"secret-model","messages":[{"role":"system","content":"be brief"},{"role":"user","content":"the question"}],"options":{"seed":1}}`)
	for _, answer := range []string{"the answer", evil, "", strings.Repeat("line\n", 100)} {
		var b bytes.Buffer
		if err := report.Blind(&b, request, []byte(answer), report.SampleOptions{Lines: 10}); err != nil {
			t.Fatal(err)
		}
		harmless(t, "blind", b.String())
		for _, say := range []string{"the question", "be brief", "[user]"} {
			if !strings.Contains(b.String(), say) {
				t.Errorf("%q is not shown", say)
			}
		}
		if strings.Contains(b.String(), "secret-model") || strings.Contains(b.String(), "seed") {
			t.Error("the request's other parts are shown")
		}
		if n := strings.Count(b.String(), "line"); n > 11 {
			t.Errorf("%d lines of 10 are shown", n)
		}
	}
	if got := report.Prompt([]byte(`{"messages":[{"role":"user","content":"q"}]}`)); got != "q" {
		t.Errorf("prompt %q", got)
	}
}
