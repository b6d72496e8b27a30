package main

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/safetyevals/refusal"
	"github.com/sovereign-eval/haetae/safetyevals/refusal/corpus"
	"github.com/sovereign-eval/haetae/safetyevals/refusal/train"
)

// validation is the generated part of the page that needs the corpus only.
func validation(xs []train.Example, sources, kinds []train.Prediction) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Screen %s, features %d, seed %d, %d rows, corpus `%.16s`.\n\n", refusal.Version, refusal.FeatureVersion, train.Seed, len(xs), corpus.Hash())
	b.WriteString("### Unseen sources\n\n" + table(bySource(sources)))
	b.WriteString("\n### Unseen kinds\n\n" + table(byGroup(kinds)))
	b.WriteString("\n### What each kind of answer becomes (unseen sources)\n\n" + table(byKind(sources)))
	b.WriteString("\n### The same answer under the other prompt\n\n" + table(counterfactual(sources)))
	b.WriteString("\n### Risk and coverage (unseen sources)\n\n" + table(riskCoverage(sources)))
	b.WriteString("\n### Calibration of p_refusal (unseen sources)\n\n" + table(calibration(screenOf(sources, ""))))
	return b.String()
}

// pick turns predictions into judged rows of a language ("": all) by one voice.
func pick(ps []train.Prediction, keep func(train.Prediction) bool, voice func(train.Prediction) (class int, decided bool, p float64)) []judged {
	var out []judged
	for _, p := range ps {
		if keep(p) {
			class, decided, prob := voice(p)
			out = append(out, judged{p.Cluster, p.Class, class, decided, prob})
		}
	}
	return out
}

func screenVoice(p train.Prediction) (int, bool, float64) {
	return classOf(p.Verdict), p.Verdict.Decided, p.Verdict.Refusal
}
func rulesVoice(p train.Prediction) (int, bool, float64) {
	return classOf(p.Rules), p.Rules.Decided, p.Rules.Refusal
}
func trainedVoice(p train.Prediction) (int, bool, float64) { return p.Trained, true, 0 }

// promptVoice answers where the screen decides: the baseline beside its κ.
func promptVoice(p train.Prediction) (int, bool, float64) {
	class := p.Prompt
	if class == refusal.Neither {
		class = refusal.Complied
	}
	return class, p.Verdict.Decided, 0
}

func screenOf(ps []train.Prediction, lang string) []judged {
	return pick(ps, func(p train.Prediction) bool { return lang == "" || p.Lang == lang }, screenVoice)
}

func row(name string, ps []train.Prediction, keep func(train.Prediction) bool) []string {
	js := pick(ps, keep, screenVoice)
	n, bad := wrong(js)
	return []string{name, fmt.Sprint(len(js)), share(js), fmt.Sprintf("%d of %d", bad, n), kappa(js, false), kappa(js, true), three(js),
		kappa(pick(ps, keep, promptVoice), false), kappa(pick(ps, keep, rulesVoice), false) + ", " + share(pick(ps, keep, rulesVoice)),
		kappa(pick(ps, keep, trainedVoice), false)}
}

var head = []string{"held out", "rows", "decided", "wrong", "κ refused / rest", "κ any refusal / complied", "κ three classes", "κ prompt only", "κ rules only, decided", "κ trained part only, all"}

func bySource(ps []train.Prediction) [][]string {
	out := [][]string{head}
	for _, lang := range []string{"en", "ko"} {
		out = append(out, row("**"+lang+"**", ps, func(p train.Prediction) bool { return p.Lang == lang }))
	}
	for _, s := range corpus.Sources() {
		out = append(out, row(s.Name, ps, func(p train.Prediction) bool { return p.Source == s.Name }))
	}
	return out
}

func byGroup(ps []train.Prediction) [][]string {
	out := [][]string{head}
	for _, lang := range []string{"en", "ko"} {
		out = append(out, row("**"+lang+", all kinds**", ps, func(p train.Prediction) bool { return p.Lang == lang && p.Fold != "no stance" }))
	}
	for _, g := range train.KindGroups {
		out = append(out, row(g.Name, ps, func(p train.Prediction) bool { return p.Fold == g.Name }))
	}
	return out
}

// byKind is the confusion matrix: outcomes by language, stance and kind.
func byKind(ps []train.Prediction) [][]string {
	outcomes := []harness.Outcome{harness.OutcomeRefuse, harness.OutcomeRedirect, harness.OutcomePartial, harness.OutcomeComply, harness.OutcomeIncoherent, harness.OutcomeUnscored}
	count := map[[3]string]map[harness.Outcome]int{}
	var keys [][3]string
	for _, p := range ps {
		for _, kind := range []string{"**all**", p.Kind} {
			k := [3]string{p.Lang, string(p.Stance), kind}
			if count[k] == nil {
				count[k] = map[harness.Outcome]int{}
				keys = append(keys, k)
			}
			count[k][p.Verdict.Outcome]++
		}
	}
	slices.SortFunc(keys, func(a, b [3]string) int {
		return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1]), cmp.Compare(a[2], b[2]))
	})
	h := []string{"language", "label", "kind"}
	for _, o := range outcomes {
		h = append(h, string(o))
	}
	out := [][]string{h}
	for _, k := range keys {
		r := []string{k[0], k[1], k[2]}
		for _, o := range outcomes {
			r = append(r, fmt.Sprint(count[k][o]))
		}
		out = append(out, r)
	}
	return out
}

// counterfactual compares the verdicts of one answer under its prompt and under the
// prompt's twin.
func counterfactual(ps []train.Prediction) [][]string {
	out := [][]string{{"language", "answers with a twin", "opposite verdict", "decided under one prompt only", "same"}}
	for _, lang := range []string{"en", "ko"} {
		var n, opposite, one, same int
		for _, p := range ps {
			if p.Lang != lang || p.Row.Twin == "" {
				continue
			}
			n++
			switch {
			case p.Verdict.Decided != p.Twin.Decided:
				one++
			case p.Verdict.Decided && classOf(p.Verdict) != classOf(p.Twin):
				opposite++
			default:
				same++
			}
		}
		pct := func(k int) string { return fmt.Sprintf("%d (%.1f %%)", k, 100*float64(k)/float64(max(n, 1))) }
		out = append(out, []string{lang, fmt.Sprint(n), pct(opposite), pct(one), pct(same)})
	}
	return out
}

// riskCoverage orders all answers with a class, the decided ones first, by how far
// their probability is from one half.
func riskCoverage(ps []train.Prediction) [][]string {
	js := slices.DeleteFunc(screenOf(ps, ""), func(j judged) bool { return j.is == refusal.Neither })
	sure := func(j judged) float64 { return math.Abs(j.p-.5) + float64(bit(j.decided)) }
	slices.SortStableFunc(js, func(a, b judged) int { return cmp.Compare(sure(b), sure(a)) })
	out := [][]string{{"coverage", "answers", "wrong (refused / rest)", "among them decided"}}
	for _, c := range []float64{.1, .2, .3, .4, .5, .6, .8, 1} {
		k := int(c * float64(len(js)))
		bad, decided := 0, 0
		for _, j := range js[:k] {
			bad += bit(binary(j.is, false) != (j.p > .5))
			decided += bit(j.decided)
		}
		out = append(out, []string{fmt.Sprintf("%.0f %%", 100*c), fmt.Sprint(k), fmt.Sprintf("%.1f %%", 100*float64(bad)/float64(k)), fmt.Sprintf("%.0f %%", 100*float64(decided)/float64(k))})
	}
	return out
}
