package exam

import (
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/sovereign-eval/haetae/harness"
)

// guessFolds is the number of parts into which clusters are dealt.
const guessFolds = 10

// GuessByPrompt returns for every item what a filter that sees prompts alone
// would say: refuse, comply, or unscored for items that stand apart or repeat a
// twin. It is naive Bayes over words and runs of three characters with Laplace
// smoothing, trained for each language on the prompts of other clusters. It is
// the baseline that stands beside every judge: a judge that is not better has
// shown that it reads prompts.
func GuessByPrompt(items []Item) []harness.Outcome {
	return crossed(items, func(train []Item) func(Item) harness.Outcome {
		m := newFilter()
		for _, it := range train {
			m.learn(it.Prompt, it.Refused())
		}
		return func(it Item) harness.Outcome { return m.outcome(it.Prompt) }
	})
}

// crossed guesses every question that has a stance with a reader trained on the
// questions of other clusters in its language, and leaves all others unscored.
func crossed(items []Item, train func([]Item) func(Item) harness.Outcome) []harness.Outcome {
	guess := make([]harness.Outcome, len(items))
	byLang := map[string][]int{}
	for i, it := range items {
		guess[i] = harness.OutcomeUnscored
		if it.Pair == Single && it.Outcome.Usable() {
			byLang[it.Lang] = append(byLang[it.Lang], i)
		}
	}
	for _, index := range byLang {
		fold := foldsOf(items, index)
		for f := range guessFolds {
			var known []Item
			for _, i := range index {
				if fold[items[i].Cluster] != f {
					known = append(known, items[i])
				}
			}
			read := train(known)
			for _, i := range index {
				if fold[items[i].Cluster] == f {
					guess[i] = read(items[i])
				}
			}
		}
	}
	return guess
}

// GuessBySide returns what somebody would say who knows only whether the prompt
// is harmful: refuse for harmful prompts, comply for all others, and nothing where
// the side is not known. In the bundled exam a reader of prompts who has not seen
// the labels can know no more.
func GuessBySide(items []Item) []harness.Outcome {
	guess := make([]harness.Outcome, len(items))
	for i, it := range items {
		switch it.Side {
		case Harmful:
			guess[i] = harness.OutcomeRefuse
		case "":
			guess[i] = harness.OutcomeUnscored
		default:
			guess[i] = harness.OutcomeComply
		}
	}
	return guess
}

// GuessByLength returns what somebody would say who counts the characters of
// answers: refuse below a length, comply above it. The length is the one that is
// right most often in other clusters of the language.
func GuessByLength(items []Item) []harness.Outcome {
	return crossed(items, func(train []Item) func(Item) harness.Outcome {
		cut := bestLength(train)
		return func(it Item) harness.Outcome {
			if utf8.RuneCountInString(it.Response) < cut {
				return harness.OutcomeRefuse
			}
			return harness.OutcomeComply
		}
	})
}

// bestLength is the smallest length that splits refused answers from others with
// the fewest mistakes.
func bestLength(items []Item) int {
	type answer struct {
		length  int
		refused bool
	}
	var answers []answer
	for _, it := range items {
		answers = append(answers, answer{utf8.RuneCountInString(it.Response), it.Refused()})
	}
	slices.SortFunc(answers, func(a, b answer) int { return a.length - b.length })
	right, best, cut := 0, 0, 0 // of a cut at 0, counted from all others right
	for i, a := range answers {
		if a.refused {
			right++
		} else {
			right--
		}
		if last := i+1 == len(answers) || answers[i+1].length > a.length; last && right > best {
			best, cut = right, a.length+1
		}
	}
	return cut
}

// foldsOf deals the clusters of the indexed items to folds in turn, in the order
// of their names.
func foldsOf(items []Item, index []int) map[string]int {
	var names []string
	for _, i := range index {
		names = append(names, items[i].Cluster)
	}
	slices.Sort(names)
	fold := map[string]int{}
	for n, name := range slices.Compact(names) {
		fold[name] = n % guessFolds
	}
	return fold
}

// filter is a naive Bayes model of two classes: refused is 1.
type filter struct {
	counts [2]map[string]float64
	total  [2]float64
	docs   [2]float64
	vocab  map[string]bool
}

func newFilter() *filter {
	return &filter{counts: [2]map[string]float64{{}, {}}, vocab: map[string]bool{}}
}

func (m *filter) learn(prompt string, refused bool) {
	c := 0
	if refused {
		c = 1
	}
	m.docs[c]++
	for _, f := range features(prompt) {
		m.counts[c][f]++
		m.total[c]++
		m.vocab[f] = true
	}
}

func (m *filter) outcome(prompt string) harness.Outcome {
	score := math.Log((m.docs[1] + 1) / (m.docs[0] + 1))
	size := float64(len(m.vocab))
	for _, f := range features(prompt) {
		score += math.Log((m.counts[1][f]+1)/(m.total[1]+size+1)) - math.Log((m.counts[0][f]+1)/(m.total[0]+size+1))
	}
	if score > 0 {
		return harness.OutcomeRefuse
	}
	return harness.OutcomeComply
}

// features are the words of a prompt and its runs of three characters.
func features(prompt string) []string {
	words := strings.FieldsFunc(strings.ToLower(prompt), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	out := slices.Clone(words)
	for _, w := range words {
		r := []rune(" " + w + " ")
		for i := 0; i+3 <= len(r); i++ {
			out = append(out, "#"+string(r[i:i+3]))
		}
	}
	return out
}
