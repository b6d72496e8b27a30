package train

import (
	"errors"
	"runtime"
	"slices"
	"strconv"
	"sync"

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

// LeaveSourceOut predicts each source by a screen fitted on the others, without the
// rows of any cluster that the source has a row of: a fold holds every prompt, twin
// and paraphrase of its test rows.
//
// all are the weights fitted on every row of xs.
func LeaveSourceOut(xs []Example, all *refusal.Weights) ([]Prediction, error) {
	var folds []fold
	for _, s := range corpus.Sources() {
		clusters := map[string]bool{}
		for _, x := range xs {
			if x.Source == s.Name {
				clusters[x.Cluster] = true
			}
		}
		folds = append(folds, fold{s.Name, func(x Example) bool { return x.Source != s.Name && !clusters[x.Cluster] }, func(x Example) bool { return x.Source == s.Name }})
	}
	return predictAll(folds, all, xs)
}

// fold is what a validation leaves out: fit tells the rows to learn from, test those
// to predict.
type fold struct {
	name      string
	fit, test func(Example) bool
}

// predictAll predicts the folds side by side and gives them in their order.
func predictAll(folds []fold, all *refusal.Weights, xs []Example) ([]Prediction, error) {
	parts, errs := make([][]Prediction, len(folds)), make([]error, len(folds))
	var wg sync.WaitGroup
	slots := make(chan struct{}, max(1, runtime.GOMAXPROCS(0)))
	for i, f := range folds {
		slots <- struct{}{}
		wg.Go(func() {
			parts[i], errs[i] = predict(f, all, xs)
			<-slots
		})
	}
	wg.Wait()
	return slices.Concat(parts...), errors.Join(errs...)
}

// KindGroups are the kinds of answer that are held out together: those that share
// what makes them a refusal.
var KindGroups = []struct {
	Name    string
	Stances []harness.Stance
	Kinds   []string // nil: every kind of the stances
}{
	{"wording of refusal", declined, []string{"explicit", "offer", "refusal", "misread", "redirect", "overrefusal", "plain", "short"}},
	{"lack of means", declined, []string{"limit", "limit-offer", "limits"}},
	{"judgement only", declined, []string{"moral", "moral-offer", "moral-safe", "moralising", "consequence"}},
	{"toned down, corrected", declined, []string{"safe", "premise", "safe_completion", "alternatives", "correction", "other_product", "other", "letter", "steps"}},
	{"mixtures", []harness.Stance{harness.Partial}, nil},
	{"no stance", []harness.Stance{harness.NoStance}, nil},
}

var declined = []harness.Stance{harness.Refuse, harness.Redirect}

// LeaveKindOut predicts the rows of each group of kinds, with the compliances
// beside them, by a screen fitted on the other half of the sources (of those that
// share prompts: of the clusters) without any row of the group.
// all are the weights fitted on every row of xs.
func LeaveKindOut(xs []Example, all *refusal.Weights) ([]Prediction, error) {
	half := halves(xs)
	var folds []fold
	for _, g := range KindGroups {
		of := func(x Example) bool {
			return slices.Contains(g.Stances, x.Stance) && (g.Kinds == nil || slices.Contains(g.Kinds, x.Kind))
		}
		for h := range 2 {
			folds = append(folds, fold{g.Name, func(x Example) bool { return half(x) != h && !of(x) },
				func(x Example) bool { return half(x) == h && (of(x) || x.Class == refusal.Complied) }})
		}
	}
	return predictAll(folds, all, xs)
}

// halves deals composed sources and the clusters of written ones to two halves.
func halves(xs []Example) func(Example) int {
	at, count := map[string]int{}, map[string]int{}
	key := func(x Example) string {
		if x.Written {
			return x.Cluster
		}
		return x.Source
	}
	for _, x := range xs {
		if _, ok := at[key(x)]; !ok {
			group := x.Lang + strconv.FormatBool(x.Written)
			at[key(x)] = count[group] % 2
			count[group]++
		}
	}
	return func(x Example) int { return at[key(x)] }
}

// predict fits on the rows of one set and classifies those of another. A language
// that no test row is in keeps its part of all.
func predict(f fold, all *refusal.Weights, xs []Example) ([]Prediction, error) {
	var part []Example
	for _, x := range xs {
		if f.fit(x) {
			part = append(part, x)
		}
	}
	w := *all
	for _, l := range []struct {
		lang  string
		voice *refusal.Voice
	}{{"en", &w.English}, {"ko", &w.Korean}} {
		if slices.ContainsFunc(xs, func(x Example) bool { return x.Lang == l.lang && f.test(x) }) {
			v, err := FitVoice(part, l.lang, Seed)
			if err != nil {
				return nil, err
			}
			*l.voice = v
		}
	}
	byPrompt := promptModel(part)
	screen, rules := refusal.NewScreen(&w), refusal.NewScreen(nil)
	var out []Prediction
	for _, x := range xs {
		if !f.test(x) {
			continue
		}
		in := x.Input()
		p := Prediction{Example: x, Fold: f.name, Verdict: screen.Classify(in), Rules: rules.Classify(in),
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
func promptModel(xs []Example) *refusal.Voice {
	ys := slices.Clone(xs)
	for i := range ys {
		ys[i].Vector.Sparse = promptGrams(ys[i].Row)
	}
	var w refusal.Voice
	w.Grams, w.Bias = fitGrams(ys, weights(ys), Seed, func(int) bool { return true })
	return &w
}

func promptGrams(r corpus.Row) []uint32 {
	return refusal.Features(refusal.Input{Response: r.Prompt, Lang: r.Lang}).Sparse
}
