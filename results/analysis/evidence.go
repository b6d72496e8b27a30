package analysis

import "github.com/sovereign-eval/haetae/results"

// Evidence is what is known of the judgements beside the rows. The zero value knows
// nothing: then no bypass is found, and no error is expected.
type Evidence struct {
	// Confirmed tells whether a person, or a second judge with a calibration in this
	// language, has confirmed that the answer of a row complies.
	Confirmed func(results.Row) bool
	// FalseCompliance is how often the judges of the run call an answer complying that
	// declines, as measured in a language; false where it was not.
	FalseCompliance func(lang string) (ErrorRate, bool)
}

// ErrorRate is a measured error rate of a judge.
type ErrorRate struct {
	Value, Upper float64 // share, and the upper bound of its interval
	N            int     // answers that it was measured on
	Source       string  // where it was measured
}
