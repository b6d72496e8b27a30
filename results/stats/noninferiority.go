package stats

import "math"

// nonInferior is the one-sided p-value of "the new rate is worse than the old by margin or
// more" for xNew of nNew and xOld of nOld independent trials: small means no worse. Score test
// of Miettinen and Nurminen (1985) at −margin. NaN for impossible counts or a margin outside
// [0, 1).
func nonInferior(xNew, nNew, xOld, nOld int, margin float64) float64 {
	if badCounts(xNew, nNew, 0.5) || badCounts(xOld, nOld, 0.5) || nNew == 0 || nOld == 0 || !(margin >= 0 && margin < 1) {
		return math.NaN()
	}
	_, z := twoProportions{float64(xNew), float64(nNew), float64(xOld), float64(nOld)}.z(-margin)
	return normalSurvival(z)
}

// nonInferiorPaired is the same for n pairs of which newOnly and oldOnly differ: the score
// test of Nam (1997) and Tango (1998).
func nonInferiorPaired(newOnly, oldOnly, n int, margin float64) (z, p float64) {
	if min(newOnly, oldOnly) < 0 || n < 1 || newOnly+oldOnly > n || !(margin >= 0 && margin < 1) {
		return math.NaN(), math.NaN()
	}
	z = tangoZ(float64(newOnly), float64(oldOnly), float64(n), -margin)
	return z, normalSurvival(z)
}

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
