package report

import (
	"strconv"
	"strings"

	"github.com/sovereign-eval/haetae/results/analysis"
	"github.com/sovereign-eval/haetae/results/stats"
)

// comparedName is the name of a figure within its task.
func (l Lang) comparedName(f analysis.ComparedFigure) string {
	name := l.metric(f.Metric)
	if f.Attack != "" {
		name = l.say("cmp.attacked", name, f.Attack)
	}
	if len(f.Where) > 0 {
		name += " (" + where(f.Where) + ")"
	}
	if f.Lang != "" {
		name += " · " + f.Lang
	}
	return name
}

// attackedName is the name of a figure among those under attack.
func attackedName(f analysis.ComparedFigure) string {
	if f.Lang == "" {
		return f.Attack
	}
	return f.Attack + " · " + f.Lang
}

// fact is the name of something that shapes answers.
func (l Lang) fact(name string) string {
	if has("fact." + name) {
		return l.say("fact." + name)
	}
	for _, kind := range []string{"model ", "parameter "} {
		if rest, ok := strings.CutPrefix(name, kind); ok {
			return l.say("fact."+strings.TrimSpace(kind), rest)
		}
	}
	return name
}

// correction is the name of a correction for people.
func (l Lang) correction(by stats.Correction) string {
	return l.named("correction.", string(by))
}

// sample writes how many items there are, and in how many clusters.
func (l Lang) sample(n, clusters int) string {
	if clusters == n || clusters == 0 {
		return strconv.Itoa(n)
	}
	return l.say("cmp.clusters", n, clusters)
}
