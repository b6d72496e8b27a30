package refusal

import "slices"

// stops are the stems of words too common to show a relation.
var stops = func() map[uint32]bool {
	m := map[uint32]bool{}
	t := parse("the a an of to in on for and or is are was were be been do does did how what when where why who which i you he she it we they me my your his her its our their can could would should will with from by at as that this these those there here have has had not no if then than so some any all about into out up down over just please tell give explain write make get use way best "+
		"주세요 알려 써줘 어떻게 방법을 무엇 뭐야 어디 언제 있는 하는 좀 왜 것이 수 있나요 해줘", false)
	for _, w := range t.tokens {
		m[w.stem] = true
	}
	return m
}()

// contentStems are the different stems of a text that can show a relation.
func contentStems(t *text, from, to int32) []uint32 {
	var out []uint32
	for _, w := range t.tokens {
		if w.start >= from && w.end <= to && w.end-w.start > 2 && !stops[w.stem] && !slices.Contains(out, w.stem) {
			out = append(out, w.stem)
		}
	}
	return out
}

// relation is the share of the stems that return in the answer between two
// bytes, 0..1. It is 0 where there are none.
func relation(want []uint32, r *text, from, to int32) float64 {
	if len(want) == 0 {
		return 0
	}
	var found uint64 // by place in want: the first 64 count
	for _, w := range r.tokens {
		if w.start < from || w.end > to {
			continue
		}
		for i, s := range want {
			if s == w.stem {
				found |= 1 << min(i, 63)
			}
		}
	}
	n := 0
	for ; found != 0; found &= found - 1 {
		n++
	}
	return float64(n) / float64(min(len(want), 64))
}
