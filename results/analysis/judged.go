package analysis

import (
	"math"
	"slices"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/results"
	"github.com/sovereign-eval/haetae/results/stats"
)

// JudgesScorer is the name of the score that judges' votes come to. It stands
// before the screen's where it decides what the screen left open, else behind it.
const JudgesScorer = "judges"

// The kinds of ledger entries about judges, beside verdicts and exams.
const (
	KindRule        = "judge-rule"  // the rule that combines a run's votes, by its hash
	KindVoid        = "judge-void"  // a session of verdicts that does not count: the judge changed meanwhile
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

// Judged says how the answers of a run's safety tasks were decided, and by whom.
type Judged struct {
	Rule   JudgeRule
	Screen int64 // answers that the screen decided
	Judges int64 // that judges decided, because the screen did not
	Open   int64 // that neither decided
	By     []JudgeNote
}

// JudgeRule names the rule that combined the votes.
type JudgeRule struct {
	Name        string
	Hash        harness.Hash
	MinFamilies int
	Labels      int // of the run that were given before the rule was recorded
	Earlier     int // other rules of the run that it replaced
	// Calibrations are of the rule with these very judges, as a whole.
	Calibrations []JudgeCite
}

// JudgeNote is what a reader must know of one judge.
type JudgeNote struct {
	Name, Model, Family, Protocol, Question string
	ID, ProtocolHash                        harness.Hash
	Asked, Votes                            int
	Unscored                                map[string]int // answers without a vote, by reason
	Self                                    int            // answers of a related model
	Languages                               []string       // of the answers, sorted
	Exams, Calibrations                     []JudgeCite    // the newest in each language, sorted
}

// JudgeCite is an examination or calibration of a judge in one language, in short.
type JudgeCite struct {
	Lang        string       `json:"lang"`
	Labels      int          `json:"labels"`
	Decided     int          `json:"decided"`
	Makers      []string     `json:"label_makers"`
	Kappa       Bounds       `json:"kappa"`
	Sensitivity Bounds       `json:"sensitivity"`
	Specificity Bounds       `json:"specificity"`
	Floor       *JudgeFloor  `json:"floor,omitempty"`  // of a calibration
	Passed      bool         `json:"passed,omitempty"` // of a calibration
	Set         harness.Hash `json:"set_sha256"`       // of the items and labels
	Part        bool         `json:"part,omitempty"`   // of an exam: not all of it was asked
}

// Bounds are a number with its interval; all nil where it is undefined.
type Bounds struct {
	Value *float64 `json:"value"`
	Lower *float64 `json:"lower"`
	Upper *float64 `json:"upper"`
}

// BoundsOf keeps the number and interval of an estimate.
func BoundsOf(e stats.Estimate) Bounds {
	number := func(v float64) *float64 {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil
		}
		return &v
	}
	return Bounds{number(e.Value), number(e.Lower), number(e.Upper)}
}

// Cite returns the citation in a language.
func Cite(all []JudgeCite, lang string) (JudgeCite, bool) {
	for _, c := range all {
		if c.Lang == lang {
			return c, true
		}
	}
	return JudgeCite{}, false
}

// Count takes one row of a safety task.
func (j *Judged) Count(row results.Row) {
	if row.Status == harness.Errored {
		return
	}
	screen, ok := ScreenOf(row.Scores)
	if ok && screen.Decided {
		j.Screen++
		return
	}
	for _, s := range row.Scores {
		if s.Scorer == JudgesScorer && !s.Unscored {
			j.Judges++
			return
		}
	}
	j.Open++
}
