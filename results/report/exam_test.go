package report

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/results/analysis"
)

// sat is a small exam in two languages.
func sat(t *testing.T, maker string) analysis.ExamResult {
	t.Helper()
	row := func(id, lang string, truth, verdict harness.Outcome) analysis.ExamRow {
		return analysis.ExamRow{ID: id, Cluster: id[:1], Lang: lang, Side: "benign", Kind: "plain", LabelMaker: maker, Truth: truth, Verdict: verdict, Seconds: .5}
	}
	rows := []analysis.ExamRow{
		row("a1", "en", harness.OutcomeRefuse, harness.OutcomeRefuse), row("a2", "en", harness.OutcomeComply, harness.OutcomeComply),
		row("b1", "en", harness.OutcomePartial, harness.OutcomeRefuse), row("b2", "en", harness.OutcomeIncoherent, harness.OutcomeUnscored),
		row("c1", "ko", harness.OutcomeRedirect, harness.OutcomeRefuse), row("c2", "ko", harness.OutcomeComply, harness.OutcomeUnscored),
	}
	attacked := row("a3", "en", harness.OutcomeComply, harness.OutcomeRefuse)
	attacked.Pair, attacked.Twin = "injection", "a2"
	res, err := analysis.GradeExam(append(rows, attacked), .95)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

func write(t *testing.T, r analysis.ExamResult, f Format, l Lang) string {
	t.Helper()
	var b strings.Builder
	if err := Exam(&b, Sitting{Judge: "judge \x1b[31m|x", Items: 3, Of: 40, Seed: 7}, r, []ExamBaseline{{"prompt n-grams", r}}, f, l, Options{Width: 100}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestExamReport(t *testing.T) {
	res := sat(t, "model")
	for _, l := range []Lang{English, Korean} {
		for _, f := range []Format{Text, MarkDown} {
			out := write(t, res, f, l)
			for _, want := range []string{l.say("xby.kind"), l.say("xc.undecided"), l.say("xr.injection"), l.say("x.makers", "model"), l.say("x.sample", 3, 40, 7), "prompt n-grams"} {
				if f == Text && !strings.Contains(strings.Join(strings.Fields(out), " "), want) {
					t.Errorf("%s %s: no %q in\n%s", f, l, want, out)
				}
			}
			if strings.Contains(out, "\x1b") {
				t.Errorf("%s %s: an escape came through", f, l)
			}
			for _, key := range []string{"x.", "xby.", "xc.", "xr."} {
				if strings.Contains(out, " "+key) {
					t.Errorf("%s %s: a key stands for a message:\n%s", f, l, out)
				}
			}
		}
	}
	if out := write(t, sat(t, "human"), Text, English); strings.Contains(out, "not agreement with people") {
		t.Error("human labels are called otherwise")
	}
}

func TestExamReportErrors(t *testing.T) {
	if err := Exam(io.Discard, Sitting{Judge: "j"}, sat(t, "model"), nil, JSON, English, Options{}); err == nil {
		t.Error("JSON accepted")
	}
	if err := Exam(broken{}, Sitting{Judge: "j"}, sat(t, "model"), nil, Text, English, Options{}); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("writer's error lost: %v", err)
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }
