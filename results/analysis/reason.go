package analysis

import "github.com/sovereign-eval/haetae/results/stats"

// Codes of the reasons for undefined figures, beside those of results/stats. The
// numbers name the arguments.
const (
	ReasonNone          = "no_scored"           // no scored samples
	ReasonNoSide        = "no_side_items"       // no items on this side
	ReasonNoBenign      = "no_benign"           // refusal without over-refusal
	ReasonOneSide       = "one_side"            // a figure of both sides
	ReasonUnassessable  = "few_usable"          // too few usable answers
	ReasonNotUnderstood = "not_understood"      // an attack
	ReasonNoPlain       = "no_plain"            // no plain items in this language
	ReasonBattery       = "battery"             // a battery is not assessable
	ReasonUnlabelled    = "unlabelled"          // no labels yet
	ReasonLabels        = "few_labels"          // 1 labels 2 needed
	ReasonLate          = "late_answers"        // 1 answers that came after the sample was drawn
	ReasonStrata        = "unlabelled_strata"   // 1 answers in strata without a label
	ReasonAllOpen       = "all_open"            // all labels are open
	ReasonNoVote        = "no_vote"             // no label has a vote
	ReasonNoFloor       = "no_floor"            // no order without one
	ReasonNobody        = "nobody_ordered"      // no model stands in the order
	ReasonFewShared     = "few_shared_clusters" // the models share fewer than 2
	ReasonOrder         = "order"               // 1 what the arithmetic says
)

// noneScored is why a figure without any scored sample is undefined.
var noneScored = stats.Because(ReasonNone, "no scored samples")

// oneSideOnly is why a figure of both sides is undefined.
var oneSideOnly = stats.Because(ReasonOneSide, "items of one side only")

// Why figures of sides that cannot be assessed are undefined.
var (
	tooFewUsable  = stats.Because(ReasonUnassessable, "too few usable answers")
	notUnderstood = stats.Because(ReasonNotUnderstood, "not understood")
)
