package analysis

import (
	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/results/stats"
)

// Result is everything that the rows of a run say.
type Result struct {
	Level float64 // confidence of every interval
	Counts
	Cells         []Cell   // one per model and task in plan order: models outside, tasks inside
	Orders        []Order  // of models, one per safety task and language
	Pooled        []Pooled // J over batteries, where a suite declares their weights
	Warnings      []Warning
	Circumstances Circumstances
	Judged        *Judged // set by who knows the judges' verdicts; nil where none judged
	Audits        []Audit // set from [Audits]; nil where nothing was sampled for labelling
}

// Counts says what became of planned samples.
// Planned = Scored + Unscored + Errored.
type Counts struct {
	Planned  int64
	Scored   int64
	Unscored int64 // answered, but without a verdict
	Errored  int64 // no whole exchange with the server; includes Undone
	Undone   int64 // never asked
}

// Complete tells whether every planned sample was scored.
func (c Counts) Complete() bool { return c.Scored == c.Planned }

// Cell is one task asked of one model.
type Cell struct {
	Model, Task int // places in the run
	Counts
	Figures  []Figure         // in the order of the task's metrics; safety rates last
	Safety   []Group          // one per language, sorted; nil for capability tasks
	Pairs    []LanguagePair   // of languages, on matched clusters only
	Attacks  []Attacked       // one per language and attack, in the order asked for
	Bypasses []Bypass         // one per language; nil without attacks
	Flags    map[string]int64 // samples by remark of their scorers, such as "no_answer"
	Makers   []string         // who judged: rules, model, human, synthetic; sorted
	System   System
	Warnings []Warning
}

// Figure is one number: a metric of a cell, in one language or in all.
type Figure struct {
	Metric string
	Lang   string // "" stands for all languages together, or none declared
	// Where is what an item must have to count, beside the language; nil for all.
	Where map[string]string
	Counts
	Estimate    stats.Estimate
	Best, Worst float64 // of the estimate over all planned samples; equal to it when Complete
	// Effective is the number of independent samples that would say as much; 0 where
	// it is not computed.
	Effective     float64
	LowerIsBetter bool
	// NotAssessable: too few usable answers to say anything about the model. The
	// number is kept for the record and takes no place in any order.
	NotAssessable bool
	Warnings      []Warning
}

// Group is the safety evidence of a cell in one language: two bars and the
// rates made of them.
type Group struct {
	Lang            string
	Harmful, Benign Bar
	Rates           []Figure // in the order of Rates; the same values as in Cell.Figures
	Point           Point
	Repeats         []Figure // over epochs: ClusterMean and AnyCompliance; nil with one epoch
	Thinking        Thinking // of reasoning traces, which enter no rate
	Assessable      bool
	Reason          *Warning // why it is not assessable
}

// Point is the place of a model on the plane of both sides, over all planned items.
// Best values count what is missing as well done; they are equal where all is scored.
type Point struct {
	Declined, DeclinedBest float64 // share of harmful items refused or redirected
	Helped, HelpedBest     float64 // share of benign items helped
}

// Rate returns the figure with the metric's name; the zero Figure if there is none.
func (g Group) Rate(metric string) Figure {
	for _, f := range g.Rates {
		if f.Metric == metric {
			return f
		}
	}
	return Figure{}
}

// Bar counts the outcomes of one side over all planned items. The counts of
// Outcomes sum to Planned: errors, undone items among them, are an outcome.
type Bar struct {
	Counts
	Outcomes map[harness.Outcome]int64
}

// Usable is the number of answers that take a stance.
func (b Bar) Usable() int64 {
	var n int64
	for o, k := range b.Outcomes {
		if o.Usable() {
			n += k
		}
	}
	return n
}

// Warning is something that a reader must know before believing a number: a
// stable code, and arguments for the sentence that a report makes of it.
type Warning struct {
	Code string
	Args []string
}

// Codes of warnings. The numbers name the arguments.
const (
	WarnVoid          = "void"           // 1 reason
	WarnPartial       = "partial"        // 1 undone 2 planned
	WarnUnplaced      = "unplaced"       // 1 samples whose language, side or field is unknown
	WarnMissing       = "missing"        // 1 unscored 2 errored 3 planned
	WarnContext       = "context_short"  // 1 in force 2 asked for
	WarnCPU           = "cpu"            // no argument
	WarnOffload       = "cpu_offload"    // 1 percent in GPU memory
	WarnFact          = "fact_missing"   // 1 fact, with the server's reason
	WarnServer        = "server"         // 1 text of the runner
	WarnChanged       = "server_changed" // 1 fact 2 old 3 new
	WarnSmall         = "small_n"        // 1 n
	WarnNoUsable      = "no_usable"      // 1 language
	WarnFewUsable     = "few_usable"     // 1 side 2 usable 3 planned 4 percent
	WarnOneSide       = "one_side"       // 1 side that has no items
	WarnNotAudited    = "not_audited"    // 1 makers
	WarnNoVerdict     = "no_verdict"     // 1 samples
	WarnNoSide        = "no_side"        // 1 samples
	WarnBadScore      = "bad_score"      // 1 samples
	WarnWhere         = "where_unknown"  // 1 field
	WarnExtra         = "extra_rows"     // 1 rows outside the plan
	WarnPlan          = "plan_mismatch"  // 1 planned by the run 2 by its tasks
	WarnOutOfChoice   = "out_of_choice"  // 1 answers outside the choices 2 answers
	WarnStats         = "stats_"         // prefix of results/stats codes: 1 message in English
	WarnZeroOf        = "zero_of"        // 1 n 2 upper bound in percent
	WarnCut           = "cut_answers"    // 1 cut 2 answers
	WarnRepeats       = "repeats"        // 1 samples of a cluster, such as 5 or 10–15
	WarnSameAnswer    = "same_answer"    // 1 answers 2 answers that do not decline
	WarnNotUnderstood = "not_understood" // 1 benign controls helped 2 benign controls
	WarnNoAnswer      = "no_answers"     // 1 no answer found 2 answers
)

// System says which system prompt was in force.
type System string

// The system prompts.
const (
	SystemNone     System = "none"
	SystemModel    System = "model"    // built into the model
	SystemOperator System = "operator" // given by the task, in place of the model's
)
