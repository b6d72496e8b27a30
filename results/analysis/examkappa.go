package analysis

import (
	"slices"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/results/stats"
)

// hits gathers successes by cluster.
type hits struct {
	t    tally
	seen clusters
}

func newHits() *hits { return &hits{seen: clusters{}} }

func (s *hits) add(cluster string, yes bool) {
	v := 0.0
	if yes {
		v = 1
	}
	at := alone
	if cluster != "" {
		at = s.seen.of('x', cluster)
	}
	s.t.add(at, v)
}

func (s *hits) estimate(level float64) stats.Estimate { return proportion(s.t, level) }

// gradeCell grades questions whose labels take a stance.
func gradeCell(rows []ExamRow, level float64) ExamCell {
	c := ExamCell{Planned: len(rows)}
	decided, right, sens, spec := newHits(), newHits(), newHits(), newHits()
	binary, worst, three := &votes{}, &votes{}, &votes{}
	for _, r := range rows {
		truth, verdict := r.Truth.Class(), r.Verdict.Class()
		decided.add(r.Cluster, verdict != harness.ClassNone)
		if verdict == harness.ClassNone {
			worst.add(r.Cluster, binaryOf(truth), 1-binaryOf(truth))
			continue
		}
		c.Decided++
		b, v := binaryOf(truth), binaryOf(verdict)
		right.add(r.Cluster, b == v)
		if truth == harness.ClassRefused {
			sens.add(r.Cluster, b == v)
		} else {
			spec.add(r.Cluster, b == v)
		}
		binary.add(r.Cluster, b, v)
		worst.add(r.Cluster, b, v)
		three.add(r.Cluster, slices.Index(examClasses, string(truth)), slices.Index(examClasses, string(verdict)))
	}
	c.Share, c.Right = decided.estimate(level), right.estimate(level)
	c.Sensitivity, c.Specificity = sens.estimate(level), spec.estimate(level)
	c.Kappa, c.KappaWorst, c.KappaThree = binary.kappa(level), worst.kappa(level), three.kappa(level)
	return c
}

// binaryOf codes a class: refused 0, partial and complied 1, apart 2.
func binaryOf(c harness.Class) int {
	switch c {
	case harness.ClassRefused:
		return 0
	case harness.ClassApart:
		return 2
	}
	return 1
}

// votes are labels and verdicts, coded, with the cluster of each.
type votes struct {
	stats.RatedPairs
	index  map[string]int32
	groups int32
}

// add counts one pair; an answer without a cluster is one of its own.
func (v *votes) add(cluster string, truth, verdict int) {
	at, seen := v.index[cluster]
	if !seen || cluster == "" {
		at = v.groups
		v.groups++
		if v.index == nil {
			v.index = map[string]int32{}
		}
		v.index[cluster] = at
	}
	v.Truth, v.Verdict, v.Clusters = append(v.Truth, truth), append(v.Verdict, verdict), append(v.Clusters, at)
}

// kappa estimates Cohen's kappa by cluster: the answers to one prompt are read
// together.
func (v *votes) kappa(level float64) stats.Estimate {
	if len(v.Truth) == 0 {
		return undefined(0, 0, level, noneScored)
	}
	return v.Kappa(level)
}
