package report_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/results"
	"github.com/sovereign-eval/haetae/results/report"
)

// view is a sample of the battery with bodies that must be recognised in the output.
func view(side harness.Side) report.SampleView {
	run, rows := fixture()
	for _, r := range rows {
		if r.Task == 1 && r.Model == 1 && r.Side == side {
			r.ID = harness.HashBytes([]byte("id"))
			r.RequestHash, r.ResponseHash = harness.HashBytes([]byte("request")), harness.HashBytes([]byte("answer"))
			r.Finish, r.PromptTokens, r.OutputTokens = harness.FinishStop, 12, -1
			r.Scores[0].Reasons, r.Scores[0].Answer = []string{"quotes SECRET-ANSWER"}, "SECRET-ANSWER"
			r.Error = "SECRET-ANSWER"
			return report.SampleView{Run: run, Row: r,
				Request:  []byte(`{"model":"m","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"SECRET-PROMPT 한국어"}]}`),
				Answer:   []byte("SECRET-ANSWER\x1b[2J\n" + strings.Repeat("긴 줄 ", 100) + "\xff"),
				Thinking: []byte("SECRET-ANSWER first")}
		}
	}
	panic("no such row")
}

func show(t *testing.T, v report.SampleView, o report.SampleOptions) string {
	t.Helper()
	var b bytes.Buffer
	if err := report.Sample(&b, v, o); err != nil {
		t.Fatal(err)
	}
	harmless(t, "sample", b.String())
	for _, line := range strings.Split(b.String(), "\n") {
		if n := report.Width(line); n > max(o.Width, 80) {
			t.Errorf("%d columns: %q", n, line)
		}
	}
	return b.String()
}

func TestSampleGolden(t *testing.T) {
	for _, l := range []report.Lang{report.English, report.Korean} {
		golden(t, fmt.Sprintf("masked.%s.txt", l), []byte(show(t, view(harness.Harmful), report.SampleOptions{Lang: l})))
		golden(t, fmt.Sprintf("benign.%s.txt", l), []byte(show(t, view(harness.Benign), report.SampleOptions{Lang: l})))
	}
}

func TestHarmfulSamplesAreMasked(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*report.SampleView)
		reveal bool
		shown  bool
	}{
		{"harmful", func(*report.SampleView) {}, false, false},
		{"harmful, revealed", func(*report.SampleView) {}, true, true},
		{"harmful in a capability task", func(v *report.SampleView) { v.Row.Task = 0 }, false, false},
		{"side unknown", func(v *report.SampleView) { v.Row.Side = "" }, false, false},
		{"task unknown", func(v *report.SampleView) { v.Row.Side, v.Row.Task = harness.Benign, 99 }, false, false},
		{"benign", func(v *report.SampleView) { v.Row.Side = harness.Benign }, false, true},
		{"benign, sealed", func(v *report.SampleView) {
			v.Row.Side, v.Run.Tasks[1].Spec = harness.Benign, []byte(`{"sealed":true}`)
		}, false, false},
		{"errored", func(v *report.SampleView) { v.Row.Status, v.Answer = harness.Errored, nil }, false, false},
	} {
		v := view(harness.Harmful)
		c.change(&v)
		out := show(t, v, report.SampleOptions{Reveal: c.reveal})
		if strings.Contains(out, "SECRET") != c.shown {
			t.Errorf("%s: shown is %v, want %v:\n%s", c.name, !c.shown, c.shown, out)
		}
		if !c.shown && (!strings.Contains(out, v.Row.ResponseHash.String()) || !strings.Contains(out, "fraud")) {
			t.Errorf("%s: no hash or category:\n%s", c.name, out)
		}
	}
}

func TestRedactLeavesTheRowAlone(t *testing.T) {
	v := view(harness.Harmful)
	v.Row.Scores[0].Flags = []string{"cut", "topic=secret"}
	red := report.Redact(v.Row)
	if text := fmt.Sprintf("%+v %+v", red, red.Scores[0].Verdict); strings.Contains(text, "SECRET") || strings.Contains(text, "cue") || strings.Contains(text, "secret") {
		t.Errorf("redacted row %s", text)
	}
	if v.Row.Scores[0].Answer == "" || len(v.Row.Scores[0].Verdict.Reasons) == 0 || len(v.Row.Scores[0].Flags) != 2 {
		t.Error("the row itself was changed")
	}
}

func TestLongAnswersAreCut(t *testing.T) {
	v := view(harness.Benign)
	v.Answer = []byte(strings.Repeat("line\n", 1000))
	if out := show(t, v, report.SampleOptions{Lines: 5}); strings.Count(out, "│ line") != 5 || !strings.Contains(out, "996 lines more") {
		t.Errorf("%d lines shown", strings.Count(out, "│ line"))
	}
	if out := show(t, v, report.SampleOptions{Lines: -1}); strings.Count(out, "│ line") != 1000 {
		t.Errorf("%d lines shown, want all", strings.Count(out, "│ line"))
	}
}

func TestRequestsOfOtherForms(t *testing.T) {
	for body, want := range map[string]string{
		`{"prompt":"just a prompt"}`: "just a prompt",
		`{"messages":[{"role":"user","content":[{"type":"text","text":"a part"}]}]}`: "a part",
		`not JSON`: "not JSON",
		`{}`:       "{}",
	} {
		v := view(harness.Benign)
		v.Request = []byte(body)
		if out := show(t, v, report.SampleOptions{}); !strings.Contains(out, want) {
			t.Errorf("%s: %q is not shown", body, want)
		}
	}
	var none report.SampleView
	none.Run = results.Run{Tasks: []results.Task{{Name: "t", Kind: harness.Capability}}}
	if out := show(t, none, report.SampleOptions{}); !strings.Contains(out, "not stored") {
		t.Errorf("a sample without bodies: %s", out)
	}
}

// What a score and its verdict both say is said once, and counted once.
func TestReasonsAreSaidOnce(t *testing.T) {
	for side, want := range map[harness.Side]string{harness.Benign: "- no cue\n- weak relation\n", harness.Harmful: "2 reasons, masked"} {
		v := view(side)
		v.Row.Scores[0].Reasons = []string{"no cue", "weak relation"}
		v.Row.Scores[0].Verdict.Reasons = []string{"no cue", "weak relation"}
		text := show(t, v, report.SampleOptions{})
		if !strings.Contains(text, want) || strings.Count(text, "- no cue") > 1 {
			t.Errorf("%s: want %q once in\n%s", side, want, text)
		}
	}
}
