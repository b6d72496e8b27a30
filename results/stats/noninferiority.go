package stats

import "math"

// tost is the result of two one-sided tests of low < mean difference < high.
type tost struct{ TLow, PLow, THigh, PHigh, P float64 }

// equivalence tests that the mean of paired differences lies between low and high
// (Schuirmann 1987).
func equivalence(d []float64, low, high float64) tost {
	m, se, df := mean(d), standardError(d), float64(len(d)-1)
	t := tost{TLow: (m - low) / se, THigh: (m - high) / se}
	t.PLow, t.PHigh = tTail(t.TLow, df), tTail(-t.THigh, df)
	t.P = math.Max(t.PLow, t.PHigh)
	return t
}
