package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/sovereign-eval/haetae/results/analysis"
)

// judges says who decided what the screen left open, and what is known of them.
func (r *Report) judges() document {
	j, l := r.Result.Judged, r.Lang
	if j == nil {
		return nil
	}
	d := document{heading{2, l.say("h.judges")},
		para{text: l.say("j.who", j.Screen, j.Judges, j.Open) + " " + l.say("j.rule", j.Rule.Name, j.Rule.Hash.Short(), j.Rule.MinFamilies)}}
	t := table{columns: []column{{l.say("j.judge"), false}, {l.say("j.protocol"), false}, {l.say("j.question"), false},
		{l.say("j.asked"), true}, {l.say("j.votes"), true}}}
	var told list
	for _, n := range j.By {
		t.rows = append(t.rows, []string{n.Name, n.Protocol, l.say("question." + n.Question), strconv.Itoa(n.Asked), strconv.Itoa(n.Votes)})
		t.details = append(t.details, r.judgeDetail(n))
		told = append(told, r.judgeNotes(n)...)
	}
	d = append(d, t)
	if len(j.By) > 1 {
		told = append(told, r.ruleNotes(j)...)
	}
	if j.Rule.Labels > 0 {
		told = append(told, l.say("j.late", j.Rule.Labels))
	}
	if j.Rule.Earlier > 0 {
		told = append(told, l.say("j.replaced", j.Rule.Earlier))
	}
	return append(d, told)
}

// judgeDetail identifies a judge and says why it gave no vote.
func (r *Report) judgeDetail(n analysis.JudgeNote) string {
	l := r.Lang
	s := l.say("j.identity", n.ID.Short(), short(n.Model), n.ProtocolHash.Short(), n.Family)
	if len(n.Unscored) > 0 {
		var parts []string
		for _, why := range sortedKeys(n.Unscored) {
			words := why
			if _, known := message("jr." + why); known {
				words = l.say("jr." + why)
			}
			parts = append(parts, fmt.Sprintf("%s %d", words, n.Unscored[why]))
		}
		s += "; " + l.say("j.novote", strings.Join(parts, ", "))
	}
	return s
}

// judgeNotes cite the exam and the calibration of a judge in every language that
// it judged and in the report's own, or say that there is none.
func (r *Report) judgeNotes(n analysis.JudgeNote) list {
	l := r.Lang
	var out list
	langs := append([]string(nil), n.Languages...)
	if !slices.Contains(langs, string(l)) {
		langs = append(langs, string(l))
	}
	for _, lang := range langs {
		name := l.language(lang)
		calibrated := name
		if c, ok := analysis.Cite(n.Exams, lang); ok {
			if c.Part {
				name = l.say("j.part", name)
			}
			out = append(out, l.say("j.exam", n.Name, name, l.bounds(c.Kappa), l.bounds(c.Sensitivity), l.bounds(c.Specificity),
				c.Decided, c.Labels, strings.Join(c.Makers, ", ")))
		} else {
			out = append(out, l.say("j.exam.none", n.Name, name))
		}
		if c, ok := analysis.Cite(n.Calibrations, lang); ok {
			out = append(out, r.calibration(n.Name, c, calibrated)...)
		}
	}
	if n.Self > 0 {
		out = append(out, l.say("j.self", n.Name, n.Self))
	}
	return out
}

// ruleNotes say whether the rule with its judges was measured as a whole.
func (r *Report) ruleNotes(j *analysis.Judged) list {
	l := r.Lang
	if len(j.Rule.Calibrations) == 0 {
		return list{l.say("j.whole.none")}
	}
	var out list
	for _, c := range j.Rule.Calibrations {
		out = append(out, r.calibration(l.say("j.whole"), c, l.language(c.Lang))...)
	}
	return out
}

func (r *Report) calibration(who string, c analysis.JudgeCite, lang string) list {
	l := r.Lang
	key := "j.cal.failed"
	if c.Passed {
		key = "j.cal.passed"
	}
	out := list{l.say(key, who, lang, l.bounds(c.Sensitivity), l.bounds(c.Specificity), c.Decided, c.Labels, strings.Join(c.Makers, ", "))}
	if c.Floor != nil && c.Floor.Lower() {
		d := analysis.DefaultFloor()
		out = append(out, l.say("j.floor", who, lang, c.Floor.Bound, c.Floor.Labels, d.Bound, d.Labels))
	}
	return out
}

// bounds writes a number with its interval.
func (l Lang) bounds(b analysis.Bounds) string {
	if b.Value == nil {
		return l.say("na")
	}
	if b.Lower == nil || b.Upper == nil {
		return fmt.Sprintf("%.2f", *b.Value)
	}
	return fmt.Sprintf("%.2f [%.2f, %.2f]", *b.Value, *b.Lower, *b.Upper)
}

// short cuts a digest for people.
func short(digest string) string { return digest[:min(len(digest), 12)] }

func sortedKeys(m map[string]int) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// judgesJSON is the same for programs; nil where nobody judged.
func (r *Report) judgesJSON() any {
	j := r.Result.Judged
	if j == nil {
		return nil
	}
	by := []any{}
	for _, n := range j.By {
		by = append(by, object{"judge": n.Name, "id": n.ID, "model_digest": n.Model, "family": n.Family, "protocol": n.Protocol,
			"protocol_sha256": n.ProtocolHash, "question": n.Question, "asked": n.Asked, "votes": n.Votes, "unscored": orEmpty(n.Unscored),
			"self": n.Self, "languages": strs(n.Languages), "exams": cites(n.Exams), "calibrations": cites(n.Calibrations)})
	}
	return object{"decided_by_screen": j.Screen, "decided_by_judges": j.Judges, "open": j.Open, "by": by,
		"rule": object{"name": j.Rule.Name, "sha256": j.Rule.Hash, "min_families": j.Rule.MinFamilies, "labels_before": j.Rule.Labels,
			"earlier": j.Rule.Earlier, "calibrations": cites(j.Rule.Calibrations)}}
}

func orEmpty(m map[string]int) map[string]int {
	if m == nil {
		return map[string]int{}
	}
	return m
}

func cites(all []analysis.JudgeCite) []analysis.JudgeCite {
	if all == nil {
		return []analysis.JudgeCite{}
	}
	return all
}

// verdicts shows what each judge said of a sample, in its own words made
// harmless; of a masked sample the words are left out.
func (s *sampleScreen) verdicts(v SampleView, masked bool) {
	if len(v.Verdicts) == 0 {
		return
	}
	l := s.lang
	s.title("s.verdicts")
	for _, x := range v.Verdicts {
		vote := l.say("question."+x.Question) + ": " + x.Vote
		if x.Unscored != "" {
			vote = l.say("question."+x.Question) + ": " + l.say("s.unscored") + " (" + strings.TrimSuffix(x.Unscored+" "+x.Cause, " ") + ")"
		}
		if len(x.Codes) > 0 {
			vote += " [" + strings.Join(x.Codes, ", ") + "]"
		}
		s.facts(facts{{x.Name(), vote}, {"", l.say("j.identity", x.ID.Short(), short(x.Model), x.ProtocolHash.Short(), x.Family)}})
		switch {
		case x.Raw == "":
		case masked:
			s.line("  " + l.say("s.words.masked", len(x.Raw)))
		default:
			s.body(x.Raw)
		}
	}
}

// labels shows the labels that were given to a sample.
func (s *sampleScreen) labels(v SampleView, masked bool) {
	if len(v.Labels) == 0 {
		return
	}
	s.title("s.labels")
	for _, x := range v.Labels {
		text := fmt.Sprintf("%s (%s, %s)", x.Class, x.Maker, x.At.UTC().Format("2006-01-02 15:04"))
		if x.Reason != "" && !masked {
			text += ": " + x.Reason
		}
		s.facts(facts{{x.Rater, text}})
	}
}
