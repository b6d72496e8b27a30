package stats

import "fmt"

// Reason says why a number is undefined: a stable code for programs, the arguments of
// its sentence, and the sentence in English. The zero Reason says that all numbers are
// defined.
type Reason struct {
	Code string
	Args []string // in the order of the sentence, such as numbers
	Text string   // in English, of the code and the arguments
	Part string   // what it is of, where that is not the whole: PartInterval, PartA or PartB
}

// Codes of the reasons that this package gives.
const (
	ReasonNoData       = "no_data"             // nothing to work on
	ReasonLevel        = "bad_level"           // the level is not between 0 and 1
	ReasonInput        = "bad_input"           // data that do not fit together: 1 in what
	ReasonGraded       = "not_binary"          // graded scores where 0 and 1 are assumed
	ReasonOneCluster   = "one_cluster"         // no standard error
	ReasonNoSpread     = "no_spread"           // between clusters, and no known range
	ReasonResamples    = "resamples"           // the resamples do not tell an interval
	ReasonStatistic    = "undefined_statistic" // the statistic does not exist on the data
	ReasonChance       = "chance_agreement"    // chance agreement is 1
	ReasonOneClass     = "one_class"           // all labels and verdicts are of one class
	ReasonOneVerdict   = "one_verdict"         // every verdict is the same
	ReasonAlike        = "all_alike"           // no item tells any two models apart
	ReasonNoLabels     = "no_labels"           // nor known errors of the judge
	ReasonFewLabels    = "too_few_labels"      // for a standard error
	ReasonJudge        = "useless_judge"       // sensitivity + specificity ≤ 1
	ReasonRecorded     = "recorded"            // read from a record without codes: 1 the sentence
	ReasonOneClassLeft = "one_class_left"      // without one cluster a single class is left
	ReasonOverflow     = "overflow"            // beyond the arithmetic
)

// Parts of what a reason is of.
const (
	PartInterval = "interval" // the estimate itself is defined
	PartA        = "a"        // of two sets of data
	PartB        = "b"
)

// badLevel is the reason of a level that is none.
var badLevel = Because(ReasonLevel, "level is not between 0 and 1")

// Because makes a reason from its code and its sentence in English, whose arguments it
// keeps.
func Because(code, format string, args ...any) Reason {
	r := Reason{Code: code, Text: format}
	for _, a := range args {
		r.Args = append(r.Args, fmt.Sprint(a))
	}
	if len(args) > 0 {
		r.Text = fmt.Sprintf(format, args...)
	}
	return r
}

// badInput is the reason of data that do not fit together; its sentence is its one
// argument.
func badInput(format string, args ...any) Reason {
	text := Because("", format, args...).Text
	return Reason{Code: ReasonInput, Args: []string{text}, Text: text}
}

// Given reports whether there is a reason.
func (r Reason) Given() bool { return r.Code != "" }

// Of is the reason for a part.
func (r Reason) Of(part string) Reason {
	r.Part = part
	return r
}

// String is the sentence in English.
func (r Reason) String() string {
	switch {
	case r.Part == PartInterval:
		return "interval undefined: " + r.Text
	case r.Part != "":
		return r.Part + ": " + r.Text
	}
	return r.Text
}
