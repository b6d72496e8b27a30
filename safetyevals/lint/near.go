package lint

import (
	"cmp"
	"slices"
)

// nearLimit is the largest part of their character 3-grams (Jaccard) that two
// prompts of different clusters may share.
const nearLimit = 0.45

// maxPairs is how many pairs are looked for: where a task asks thousands of
// prompts of one form, naming a few is enough.
const maxPairs = 1000

// duplicates checks that no prompt is asked twice: word for word anywhere, or
// nearly so in different clusters.
func (b *battery) duplicates() {
	first := map[string]int{}
	for _, r := range b.rows {
		text := folded(r.text)
		if at, ok := first[text]; ok && text != "" {
			b.mistake("duplicate", r.id, "has the same prompt as %q: write it anew, or take one out", b.rows[at].id)
			continue
		}
		first[text] = r.at
	}
	for _, p := range near(b.rows, nearLimit, func(i, j int) bool {
		return b.rows[i].cluster != b.rows[j].cluster && folded(b.rows[i].text) != folded(b.rows[j].text)
	}) {
		b.composition("duplicate", b.rows[p.second].id, "shares %.0f %% of its character 3-grams with %q of another cluster (at most %.0f %%): write it anew, or give both one cluster",
			100*p.jaccard, b.rows[p.first].id, 100*nearLimit)
	}
}

// pair is two rows whose prompts are alike.
type pair struct {
	first, second int // rows, first < second
	jaccard       float64
}

// near finds the pairs of rows in one language whose sets of character 3-grams
// have a Jaccard index above limit, among those that count; it stops after
// maxPairs. Only the rarest grams of a set are indexed: two sets that share more
// than limit meet in those (prefix filter of Bayardo, Ma and Srikant, WWW 2007).
func near(rows []row, limit float64, counts func(i, j int) bool) []pair {
	sets := gramSets(rows)
	type key struct {
		lang string
		gram int32
	}
	index := map[key][]int{}
	var out []pair
	for i, set := range sets {
		tried := map[int]bool{}
		for _, g := range set[:len(set)-int(limit*float64(len(set)))] {
			k := key{rows[i].Lang, g}
			for _, j := range index[k] {
				if tried[j] {
					continue
				}
				tried[j] = true
				if v := jaccard(sets[j], set); v > limit && counts(j, i) {
					out = append(out, pair{j, i, v})
				}
			}
			index[k] = append(index[k], i)
		}
		if len(out) >= maxPairs {
			break
		}
	}
	slices.SortFunc(out, func(x, y pair) int {
		return cmp.Or(cmp.Compare(x.second, y.second), cmp.Compare(x.first, y.first))
	})
	return out
}

// gramSets are the sets of 3-grams of the rows. Grams are numbered from the
// rarest to the most frequent, and each set is sorted.
func gramSets(rows []row) [][]int32 {
	number := map[string]int32{}
	var count []int
	sets := make([][]int32, len(rows))
	for i, r := range rows {
		grams(folded(r.text), 3, func(g string) {
			n, ok := number[g]
			if !ok {
				n = int32(len(count))
				number[g] = n
				count = append(count, 0)
			}
			sets[i] = append(sets[i], n)
		})
		slices.Sort(sets[i])
		sets[i] = slices.Compact(sets[i])
		for _, g := range sets[i] {
			count[g]++
		}
	}
	order := make([]int32, len(count))
	for g := range order {
		order[g] = int32(g)
	}
	slices.SortFunc(order, func(x, y int32) int { return cmp.Or(cmp.Compare(count[x], count[y]), cmp.Compare(x, y)) })
	rank := make([]int32, len(count))
	for i, g := range order {
		rank[g] = int32(i)
	}
	for _, s := range sets {
		for i, g := range s {
			s[i] = rank[g]
		}
		slices.Sort(s)
	}
	return sets
}

// jaccard is the size of the intersection of two sorted sets over that of their
// union.
func jaccard(a, b []int32) float64 {
	both := 0
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i] == b[j]:
			both++
			i++
			j++
		case a[i] < b[j]:
			i++
		default:
			j++
		}
	}
	return float64(both) / float64(len(a)+len(b)-both)
}
