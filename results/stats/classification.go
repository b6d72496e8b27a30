package stats

import (
	"fmt"
	"math"
	"slices"
)

// ClassScores says how well predicted classes match true ones.
type ClassScores struct {
	Classes          []int     // in ascending order
	F1               []float64 // by class; NaN for one that is neither true nor predicted
	Recall           []float64 // by class; NaN for one that never occurs
	Macro, Weighted  float64   // means of F1: of classes alike, and by how often they occur
	BalancedAccuracy float64   // mean recall of the classes that occur
	MCC              float64   // Matthews correlation, any number of classes (Gorodkin 2004)
	Accuracy         Estimate  // with Wilson's interval
}

// Classification scores predictions against the truth, item by item. It answers "how good
// is this classifier?"; items are taken as independent. Where classes are lopsided, as
// refusals are, read balanced accuracy and MCC, not accuracy.
func Classification(truth, predicted []int, level float64) (ClassScores, error) {
	if len(truth) != len(predicted) || len(truth) == 0 {
		return ClassScores{}, fmt.Errorf("score classes: %d true, %d predicted: want equal lists that are not empty", len(truth), len(predicted))
	}
	classes := append(slices.Clone(truth), predicted...)
	slices.Sort(classes)
	classes = slices.Compact(classes)
	code := func(x []int) []int {
		out := make([]int, len(x))
		for i, v := range x {
			out[i], _ = slices.BinarySearch(classes, v)
		}
		return out
	}
	t, p := code(truth), code(predicted)
	s := scoreClasses(t, p, len(classes))
	hits := 0
	for i := range t {
		if t[i] == p[i] {
			hits++
		}
	}
	n := len(t)
	ci := Wilson(hits, n, level)
	acc := Estimate{N: n, Clusters: n, Value: float64(hits) / float64(n), SE: math.NaN(), DF: math.Inf(1),
		Lower: ci.Lower, Upper: ci.Upper, Level: level, Method: "wilson"}
	if math.IsNaN(ci.Lower) {
		acc = undefinedEstimate(n, n, level, Because(ReasonLevel, "the level is not between 0 and 1"))
	}
	return ClassScores{Classes: classes, F1: s.f1, Recall: s.recall, Macro: s.macro, Weighted: s.weighted,
		BalancedAccuracy: s.balanced, MCC: multiMatthews(t, p, len(classes)), Accuracy: acc}, nil
}

// multiMatthews is the correlation of two classifications (Gorodkin 2004).
func multiMatthews(truth, pred []int, q int) float64 {
	t, p := make([]float64, q), make([]float64, q)
	var hits float64
	n := float64(len(truth))
	for i := range truth {
		t[truth[i]]++
		p[pred[i]]++
		if truth[i] == pred[i] {
			hits++
		}
	}
	den := math.Sqrt(n*n-dot(p, p)) * math.Sqrt(n*n-dot(t, t))
	if !(den > 0) {
		return math.NaN()
	}
	return (hits*n - dot(t, p)) / den
}

// classScores holds the scores of a classification: F1 by class, in the order of the
// classes, and their aggregates.
type classScores struct {
	f1, recall, support []float64
	macro, weighted     float64
	balanced            float64
}

// scoreClasses compares predicted with true class codes below q. The F1 of a class
// that is neither predicted nor true is 0/0, NaN; means take the defined ones only,
// and balanced accuracy the classes that occur in truth.
func scoreClasses(truth, pred []int, q int) classScores {
	s := classScores{f1: make([]float64, q), recall: make([]float64, q), support: make([]float64, q)}
	hit, predicted := make([]float64, q), make([]float64, q)
	for i, t := range truth {
		s.support[t]++
		predicted[pred[i]]++
		if t == pred[i] {
			hit[t]++
		}
	}
	var macro, weighted, weight, balanced, classes, occurring float64
	for k := range q {
		s.f1[k], s.recall[k] = 2*hit[k]/(s.support[k]+predicted[k]), hit[k]/s.support[k]
		if s.support[k]+predicted[k] > 0 {
			macro += s.f1[k]
			classes++
			weighted += s.support[k] * s.f1[k]
			weight += s.support[k]
		}
		if s.support[k] > 0 {
			balanced += s.recall[k]
			occurring++
		}
	}
	s.macro, s.weighted, s.balanced = macro/classes, weighted/weight, balanced/occurring
	return s
}
