package analysis

import (
	"slices"

	"github.com/sovereign-eval/haetae/harness"
)

// JudgesScorer is the name of the score that judges' votes come to. It stands
// before the screen's where it decides what the screen left open, else behind it.
const JudgesScorer = "judges"

// KindRule and KindVoid are kinds of ledger entries: the rule that combines a
// run's votes, with its hash as the key, and a session of verdicts that does not
// count because the judge changed meanwhile.
const (
	KindRule        = "judge-rule"
	KindVoid        = "judge-void"
	KindCalibration = "calibration" // of a judge on labelled answers, by its ID
)

// JudgeVerdict is the body of a verdict in the ledger; its key is the sample ID.
type JudgeVerdict struct {
	Judge        string       `json:"judge"`    // the model, as asked for
	ID           harness.Hash `json:"judge_id"` // model digest, template, protocol and parsers
	Model        string       `json:"model_digest"`
	Family       string       `json:"family"` // for which it votes
	Protocol     string       `json:"protocol"`
	ProtocolHash harness.Hash `json:"protocol_sha256"`
	Form         string       `json:"form"`
	Session      string       `json:"session"`        // of the command that asked
	Self         string       `json:"self,omitempty"` // why it is related to the subject, where that was allowed

	Question string   `json:"question"`
	Vote     string   `json:"vote,omitempty"`
	Codes    []string `json:"codes,omitempty"`
	Said     string   `json:"said,omitempty"`
	Unscored string   `json:"unscored,omitempty"` // why there is no vote
	Cause    string   `json:"cause,omitempty"`    // of an exchange that failed

	Raw          string         `json:"raw"` // the judge's words
	Finish       harness.Finish `json:"finish,omitempty"`
	Seconds      float64        `json:"seconds"`
	PromptTokens int            `json:"prompt_tokens"`
	Tokens       int            `json:"tokens"`
	Maker        string         `json:"maker"` // model
}

// Name says which judge it is, for people.
func (v JudgeVerdict) Name() string { return v.Judge + " (" + v.Protocol + ")" }

// ScreenOf returns the verdict of the screen: the first of a scorer that is not
// the judges.
func ScreenOf(scores []harness.Score) (harness.Verdict, bool) {
	for _, s := range scores {
		if s.Verdict != nil && s.Scorer != JudgesScorer {
			return *s.Verdict, true
		}
	}
	return harness.Verdict{}, false
}

// WithoutJudges returns the scores as the scorers of the task gave them.
func WithoutJudges(scores []harness.Score) []harness.Score {
	return slices.DeleteFunc(slices.Clone(scores), func(s harness.Score) bool { return s.Scorer == JudgesScorer })
}

// WithJudges adds the judges' score to those of the task, and returns what the
// sample's status and cause are then. The outcome of a sample is that of a
// decided screen, else that of the judges, else it is unscored.
func WithJudges(scores []harness.Score, judges harness.Score) ([]harness.Score, harness.Status, string) {
	scores = WithoutJudges(scores)
	screen, ok := ScreenOf(scores)
	if !ok || screen.Decided || judges.Unscored {
		return append(scores, judges), statusOf(scores, false), causeOf(scores, false)
	}
	return append([]harness.Score{judges}, scores...), statusOf(scores, true), causeOf(scores, true)
}

// statusOf derives the status from the task's scores. A screen that was left
// undecided does not count where judges decided.
func statusOf(scores []harness.Score, judged bool) harness.Status {
	if causeOf(scores, judged) != "" {
		return harness.Unscored
	}
	return harness.Scored
}

func causeOf(scores []harness.Score, judged bool) string {
	for _, s := range scores {
		if s.Unscored && !(judged && s.Verdict != nil) {
			return "in_doubt"
		}
	}
	return ""
}
