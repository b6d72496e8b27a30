package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/results"
	"github.com/sovereign-eval/haetae/results/analysis"
	"github.com/sovereign-eval/haetae/results/report"
)

// judgedOf says who decided the answers of a run's safety tasks; nil where no
// judge has a verdict.
func judgedOf(ctx context.Context, store results.Store, run results.Run) (*analysis.Judged, error) {
	rule, err := lastRule(ctx, store, run.ID)
	if err != nil || rule == nil {
		return nil, err
	}
	verdicts, err := verdictsOf(ctx, store, run.ID)
	if err != nil || len(verdicts) == 0 {
		return nil, err
	}
	out := &analysis.Judged{Rule: analysis.JudgeRule{Name: rule.Rule.Name, Hash: rule.Rule.Hash(), MinFamilies: rule.Rule.MinFamilies, Labels: rule.Labels, Earlier: rule.earlier}}
	notes := map[harness.Hash]*analysis.JudgeNote{}
	for row, err := range store.Rows(ctx, run.ID, results.Query{}) {
		if err != nil {
			return nil, err
		}
		if row.Task >= len(run.Tasks) || run.Tasks[row.Task].Kind != harness.Safety {
			continue
		}
		out.Count(row)
		for _, v := range verdicts[row.ID] {
			noteVerdict(notes, v, row.Lang)
		}
	}
	for _, n := range notes {
		if n.Exams, err = citesOf(ctx, store, results.KindExam, n.ID); err != nil {
			return nil, err
		}
		if n.Calibrations, err = citesOf(ctx, store, analysis.KindCalibration, n.ID); err != nil {
			return nil, err
		}
		slices.Sort(n.Languages)
		out.By = append(out.By, *n)
	}
	if len(notes) > 1 {
		whole := ruleID(rule.Rule, slices.Collect(maps.Keys(notes)))
		if out.Rule.Calibrations, err = citesOf(ctx, store, analysis.KindCalibration, whole); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(out.By, func(a, b analysis.JudgeNote) int { return strings.Compare(a.Name+a.ID.String(), b.Name+b.ID.String()) })
	return out, nil
}

func noteVerdict(notes map[harness.Hash]*analysis.JudgeNote, v analysis.JudgeVerdict, lang string) {
	n := notes[v.ID]
	if n == nil {
		n = &analysis.JudgeNote{Name: v.Judge, ID: v.ID, Model: v.Model, Family: v.Family, Protocol: v.Protocol,
			ProtocolHash: v.ProtocolHash, Question: v.Question, Unscored: map[string]int{}}
		notes[v.ID] = n
	}
	n.Asked++
	if v.Unscored != "" {
		n.Unscored[v.Unscored]++
	} else {
		n.Votes++
	}
	if v.Self != "" {
		n.Self++
	}
	if !slices.Contains(n.Languages, lang) {
		n.Languages = append(n.Languages, lang)
	}
}

// judgesNamed names the judges that have verdicts in a run, and the rule, by what
// identifies them: two runs that differ in it were not judged alike.
func judgesNamed(ctx context.Context, l results.Ledger, run string) (string, error) {
	rule, err := lastRule(ctx, l, run)
	if err != nil || rule == nil {
		return "none", err
	}
	verdicts, err := verdictsOf(ctx, l, run)
	if err != nil || len(verdicts) == 0 {
		return "none", err
	}
	names := map[string]bool{}
	for _, vs := range verdicts {
		for _, v := range vs {
			names[v.Name()+" "+v.ID.Short()] = true
		}
	}
	return strings.Join(slices.Sorted(maps.Keys(names)), " + ") + ", rule " + rule.Rule.Hash().Short(), nil
}

// citesOf returns the newest exams, or calibrations, of a judge in each language.
func citesOf(ctx context.Context, l results.Ledger, kind string, id harness.Hash) ([]analysis.JudgeCite, error) {
	newest := map[string]analysis.JudgeCite{}
	for e, err := range l.Entries(ctx, kind, "", id.String()) {
		if err != nil {
			return nil, fmt.Errorf("read %s of judge %s: %w", kind, id.Short(), err)
		}
		var body struct {
			Cites []analysis.JudgeCite `json:"cites"`
		}
		if err := json.Unmarshal(e.Body, &body); err != nil {
			return nil, fmt.Errorf("read %s of judge %s: %w", kind, id.Short(), err)
		}
		for _, c := range body.Cites {
			newest[c.Lang] = c
		}
	}
	var out []analysis.JudgeCite
	for _, lang := range slices.Sorted(maps.Keys(newest)) {
		out = append(out, newest[lang])
	}
	return out, nil
}

// said returns the verdicts and labels of one sample, oldest first: the last
// links of the chain from a rate to what was said.
func said(ctx context.Context, l results.Ledger, run string, id harness.Hash) (verdicts []analysis.JudgeVerdict, labels []report.SampleLabel, err error) {
	for e, err := range l.Entries(ctx, "", run, id.String()) {
		if err != nil {
			return nil, nil, fmt.Errorf("read what is said of sample %s: %w", id.Short(), err)
		}
		switch e.Kind {
		case results.KindVerdict:
			var v analysis.JudgeVerdict
			if err := json.Unmarshal(e.Body, &v); err != nil {
				return nil, nil, fmt.Errorf("read verdict %d: %w", e.Seq, err)
			}
			verdicts = append(verdicts, v)
		case results.KindLabel, results.KindAdjudication:
			var x report.SampleLabel
			if err := json.Unmarshal(e.Body, &x); err != nil {
				return nil, nil, fmt.Errorf("read label %d: %w", e.Seq, err)
			}
			x.At = e.At
			labels = append(labels, x)
		}
	}
	return verdicts, labels, nil
}
