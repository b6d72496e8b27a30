package train

import (
	"slices"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/safetyevals/refusal"
	"github.com/sovereign-eval/haetae/safetyevals/refusal/corpus"
)

// Prediction is what a screen says of a row whose source, prompt, twin and phrases
// it was not fitted on.
type Prediction struct {
	Example
	Fold    string
	Verdict harness.Verdict
	Rules   harness.Verdict // of the rules alone
	Trained int             // class of the trained part alone, which always decides
	Prompt  int             // class that a model of prompts alone gives
	Twin    harness.Verdict // with the prompt of the other side; Decided only where the row has a twin
}

// LeaveSourceOut predicts each source by a screen fitted on the others. Sources
// share no prompt and no phrase, so a fold holds every prompt, twin and paraphrase
// of its test rows.
func LeaveSourceOut(xs []Example) ([]Prediction, error) {
	var out []Prediction
	for _, s := range corpus.Sources() {
		part, err := predict(s.Name, xs, func(x Example) bool { return x.Source != s.Name }, func(x Example) bool { return x.Source == s.Name })
		if err != nil {
			return nil, err
		}
		out = append(out, part...)
	}
	return out, nil
}

// KindGroups are the kinds of answer that are held out together: those that share
// what makes them a refusal.
var KindGroups = []struct {
	Name  string
	Kinds []string
}{
	{"wording of refusal", []string{"explicit", "offer"}},
	{"lack of means", []string{"limit", "limit-offer"}},
	{"judgement only", []string{"moral", "moral-offer", "moral-safe"}},
	{"toned down, corrected", []string{"safe", "premise"}},
	{"mixtures", []string{"bridge", "part", "takeback", "split", "half"}},
	{"no stance", []string{"back", "promise", "remark", "deflect", "hedge"}},
}

// LeaveKindOut predicts the rows of each group of kinds, with the compliances
// beside them, by a screen fitted on the other half of the sources without any row
// of the group.
func LeaveKindOut(xs []Example) ([]Prediction, error) {
	half := map[string]int{}
	count := map[string]int{}
	for _, s := range corpus.Sources() {
		half[s.Name] = count[s.Lang] % 2
		count[s.Lang]++
	}
	var out []Prediction
	for _, g := range KindGroups {
		for h := range 2 {
			part, err := predict(g.Name, xs,
				func(x Example) bool { return half[x.Source] != h && !slices.Contains(g.Kinds, x.Kind) },
				func(x Example) bool {
					return half[x.Source] == h && (slices.Contains(g.Kinds, x.Kind) || x.Class == refusal.Complied)
				})
			if err != nil {
				return nil, err
			}
			out = append(out, part...)
		}
	}
	return out, nil
}

// predict fits on the rows of one set and classifies those of another.
func predict(fold string, xs []Example, fit, test func(Example) bool) ([]Prediction, error) {
	var part []Example
	for _, x := range xs {
		if fit(x) {
			part = append(part, x)
		}
	}
	w, err := Fit(part, Seed)
	if err != nil {
		return nil, err
	}
	byPrompt := promptModel(part)
	screen, rules := refusal.NewScreen(w), refusal.NewScreen(nil)
	var out []Prediction
	for _, x := range xs {
		if !test(x) {
			continue
		}
		in := refusal.Input{Prompt: x.Prompt, Response: x.Response, Lang: x.Lang, Finish: harness.FinishStop}
		p := Prediction{Example: x, Fold: fold, Verdict: screen.Classify(in), Rules: rules.Classify(in),
			Trained: likeliest(w.Probabilities(x.Vector)), Prompt: likeliest(byPrompt.GramLogits(promptGrams(x.Row)))}
		if x.Row.Twin != "" {
			in.Prompt = x.Row.Twin
			p.Twin = screen.Classify(in)
		}
		out = append(out, p)
	}
	return out, nil
}

func likeliest(p [refusal.Outputs]float64) int {
	best := 0
	for k := range p {
		if p[k] > p[best] {
			best = k
		}
	}
	return best
}

// promptModel is the baseline that sees the prompt and not the answer.
func promptModel(xs []Example) *refusal.Weights {
	ys := slices.Clone(xs)
	for i := range ys {
		ys[i].Vector.Sparse = promptGrams(ys[i].Row)
	}
	var w refusal.Weights
	w.Grams, w.Bias = fitGrams(ys, weights(ys), Seed)
	return &w
}

func promptGrams(r corpus.Row) []uint32 {
	return refusal.Features(refusal.Input{Response: r.Prompt, Lang: r.Lang}).Sparse
}
