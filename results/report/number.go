package report

import (
	"math"
	"strconv"
	"strings"

	"github.com/sovereign-eval/haetae/results/analysis"
	"github.com/sovereign-eval/haetae/results/stats"
)

// signed tells whether a metric is a difference, which has a sign and no percent.
func signed(metric string) bool {
	return metric == analysis.J || metric == analysis.KoBBQBiasAmbiguous || metric == analysis.KoBBQBiasDisambiguated
}

// number writes a value of a metric: a share in percent, a difference with its
// sign, and n/a where it is undefined.
func (l Lang) number(metric string, v float64) string {
	switch {
	case math.IsNaN(v) || math.IsInf(v, 0):
		return l.say("na")
	case signed(metric):
		s := strconv.FormatFloat(v, 'f', 2, 64)
		if v > 0 {
			s = "+" + s
		}
		return strings.Replace(strings.Replace(s, "-0.00", "0.00", 1), "-", "−", 1)
	}
	return percent(v) + " %"
}

func percent(v float64) string { return strconv.FormatFloat(100*v, 'f', 1, 64) }

// interval writes the bounds of an estimate.
func (l Lang) interval(metric string, e stats.Estimate) string {
	if math.IsNaN(e.Lower) || math.IsNaN(e.Upper) {
		return l.say("na")
	}
	if signed(metric) {
		return "[" + l.number(metric, e.Lower) + ", " + l.number(metric, e.Upper) + "]"
	}
	return "[" + percent(e.Lower) + ", " + percent(e.Upper) + "]"
}

// reason says why a number is undefined.
func (l Lang) reason(r stats.Reason) string {
	s := r.Text
	if key := "reason." + r.Code; has(key) {
		args := make([]any, len(r.Args))
		for i, a := range r.Args {
			args[i] = a
		}
		s = l.say(key, args...)
	}
	if r.Part != "" {
		s = l.say("part."+r.Part, s)
	}
	return s
}

// method is the name of a method for people; in English its code.
func (l Lang) method(code string) string {
	if l == English {
		return code
	}
	return stats.RenameMethod(code, func(word string) string { return l.named("method.", word) })
}

// warning is the sentence of a warning.
func (l Lang) warning(w analysis.Warning) string {
	key := "w." + w.Code
	if !has(key) {
		return strings.TrimSpace(w.Code + " " + strings.Join(w.Args, " "))
	}
	args := make([]any, len(w.Args))
	for i, a := range w.Args {
		args[i] = a
	}
	switch w.Code {
	case analysis.WarnNoUsable:
		args[0] = l.language(w.Args[0])
	case analysis.WarnFewUsable, analysis.WarnOneSide:
		args[0] = l.say(w.Args[0])
	}
	if l != English && strings.HasPrefix(w.Code, analysis.WarnStats) {
		return l.say(key) // the argument is an English sentence
	}
	return l.say(key, args...)
}

// language is the name of a language code.
func (l Lang) language(code string) string {
	return l.named("lang.", code)
}

// named is the message for a name of some kind, or the name itself where there is
// none.
func (l Lang) named(kind, name string) string {
	if has(kind + name) {
		return l.say(kind + name)
	}
	return name
}

// metric is the name of a metric for people.
func (l Lang) metric(name string) string {
	return l.named("m.", name)
}

// figure is the name of a figure: its metric and what it selects.
func (l Lang) figure(f analysis.Figure) string {
	if len(f.Where) == 0 {
		return l.metric(f.Metric)
	}
	return l.metric(f.Metric) + " (" + where(f.Where) + ")"
}

// opt writes a fact that may not be offered.
func opt[T any](l Lang, v *T, show func(T) string) string {
	if v == nil {
		return l.say("unknown")
	}
	return show(*v)
}

func same(s string) string { return s }
