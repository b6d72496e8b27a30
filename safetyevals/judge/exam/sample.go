package exam

import (
	"bytes"
	"cmp"
	"math/rand/v2"
	"slices"
	"strconv"

	"github.com/sovereign-eval/haetae/harness"
)

// Sample draws n questions of each language, all where there are fewer, and keeps
// their order. Every question of a language has the same chance: they stand by
// outcome, in an order that the seed draws within each, and one is taken at even
// steps from a drawn start (systematic sampling), so that a small sample has each
// outcome in its share. Items of a Pair come with the question that they repeat
// and are not counted.
func Sample(items []Item, n int, seed int64) []Item {
	drawn := map[string]bool{}
	for _, i := range Draw(items, n, seed) {
		drawn[items[i].ID] = true
	}
	var out []Item
	for _, it := range items {
		if drawn[it.ID] || it.Pair != Single && drawn[it.Twin] {
			out = append(out, it)
		}
	}
	return out
}

// Draw is the draw of Sample: the places of the questions in items, in order.
func Draw(items []Item, n int, seed int64) []int {
	byLang := map[string][]int{}
	var langs []string
	for i, it := range items {
		if it.Pair != Single {
			continue
		}
		if byLang[it.Lang] == nil {
			langs = append(langs, it.Lang)
		}
		byLang[it.Lang] = append(byLang[it.Lang], i)
	}
	var out []int
	for _, lang := range langs {
		out = append(out, steps(items, byLang[lang], n, seed)...)
	}
	slices.Sort(out)
	return out
}

// steps takes n of the places at even steps.
func steps(items []Item, places []int, n int, seed int64) []int {
	if n >= len(places) {
		return places
	}
	n = max(n, 0)
	prefix := "exam sample " + strconv.FormatInt(seed, 10) + " "
	rank := map[int]harness.Hash{}
	for _, i := range places {
		rank[i] = harness.HashBytes([]byte(prefix + items[i].ID))
	}
	slices.SortFunc(places, func(a, b int) int {
		x, y := rank[a], rank[b]
		return cmp.Or(cmp.Compare(items[a].Outcome, items[b].Outcome), bytes.Compare(x[:], y[:]))
	})
	start := rand.New(rand.NewPCG(uint64(seed), uint64(len(places)))).Float64()
	step := float64(len(places)) / float64(n)
	var out []int
	for k := range n {
		out = append(out, places[min(int((start+float64(k))*step), len(places)-1)])
	}
	return out
}
