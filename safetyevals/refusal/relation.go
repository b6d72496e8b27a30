package refusal

// stops are words too common to show a relation.
var stops = func() map[string]bool {
	m := map[string]bool{}
	for _, w := range words("the a an of to in on for and or is are was were be been do does did how what when where why who which i you he she it we they me my your his her its our their can could would should will with from by at as that this these those there here have has had not no if then than so some any all about into out up down over just please tell give explain write make get use way best") {
		m[stem(w)] = true
	}
	return m
}()

// stem is a crude stem: the first two Hangul syllables or five Latin letters.
func stem(w string) string {
	n, limit := 0, 5
	for i, r := range w {
		if r >= 0xAC00 && r <= 0xD7A3 {
			limit = 2
		}
		if n == limit {
			return w[:i]
		}
		n++
	}
	return w
}

// relation is the share of the request's content words whose stem returns in
// the answer, 0..1. It is 0 where the request has none.
func relation(p, r string) float64 {
	want := map[string]bool{}
	for _, w := range words(p) {
		if s := stem(w); !stops[s] && len(s) > 2 {
			want[s] = true
		}
	}
	if len(want) == 0 {
		return 0
	}
	hit := map[string]bool{}
	for _, w := range words(r) {
		if s := stem(w); want[s] {
			hit[s] = true
		}
	}
	return float64(len(hit)) / float64(len(want))
}
