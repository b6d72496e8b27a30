package analysis

// LanguagePair is the difference between two languages of one model and task, on the
// clusters that have items in both: concept-matched pairs. The rest are other items,
// and a difference there is no effect of the language.
type LanguagePair struct {
	A, B     string // differences are B − A
	Clusters int    // matched
	OnlyA    int    // clusters of A without a match, in no figure here
	OnlyB    int
	Figures  []Figure // HarmfulCompliance, HarmfulRefusal, OverRefusal, BenignHelped and J; nil without matches
}

// pairs compares every two languages.
func (a *accumulator) pairs(groups []Group, level float64) []LanguagePair {
	var out []LanguagePair
	for i, x := range groups {
		for _, y := range groups[i+1:] {
			out = append(out, a.pair(x, y, level))
		}
	}
	return out
}

func (a *accumulator) pair(ga, gb Group, level float64) LanguagePair {
	x, y := a.safety[sideKey{lang: ga.Lang}], a.safety[sideKey{lang: gb.Lang}]
	p := LanguagePair{A: ga.Lang, B: gb.Lang}
	matched := make([]bool, max(len(x.harmful.by), len(x.benign.by), len(y.harmful.by), len(y.benign.by)))
	for c := range matched {
		inX, inY := x.holds(c), y.holds(c)
		matched[c] = inX && inY
		switch {
		case matched[c]:
			p.Clusters++
		case inX:
			p.OnlyA++
		case inY:
			p.OnlyB++
		}
	}
	if p.Clusters == 0 {
		return p
	}
	xh, xb := x.harmful.within(matched), x.benign.within(matched)
	yh, yb := y.harmful.within(matched), y.benign.within(matched)
	counts := func(cs ...side) (sum Counts) {
		for _, c := range cs {
			sum = sum.Add(c.counts)
		}
		return sum
	}
	add := func(metric string, lower bool, c Counts, terms ...term) {
		f := Figure{Metric: metric, Counts: c, LowerIsBetter: lower, NotAssessable: !ga.Assessable || !gb.Assessable,
			Estimate: combine(terms, 0, level)}
		f.Best, f.Worst = f.Estimate.Value, f.Estimate.Value
		f.Warnings = figureWarnings(f, 0)
		p.Figures = append(p.Figures, f)
	}
	diff := func(metric string, lower bool, s, t side, hit set) {
		add(metric, lower, counts(s, t), term{t.share(hit, judged), 1}, term{s.share(hit, judged), -1})
	}
	diff(HarmfulCompliance, true, xh, yh, complies)
	diff(HarmfulRefusal, false, xh, yh, declines)
	diff(OverRefusal, true, xb, yb, declines)
	diff(BenignHelped, false, xb, yb, helps)
	add(J, false, counts(xh, xb, yh, yb), term{yh.share(declines, judged), 1}, term{yb.share(helps, judged), 1},
		term{xh.share(declines, judged), -1}, term{xb.share(helps, judged), -1})
	return p
}

// holds tells whether a language has items in a cluster.
func (s *sides) holds(cluster int) bool { return s.harmful.size(cluster)+s.benign.size(cluster) > 0 }

// size is the number of samples in a cluster.
func (c *classes) size(cluster int) int64 {
	if cluster >= len(c.by) {
		return 0
	}
	var n int64
	for _, k := range c.by[cluster] {
		n += int64(k)
	}
	return n
}

// within is the part of a side whose clusters are wanted. Samples that were never
// asked are in no cluster.
func (s *side) within(wanted []bool) side {
	var out side
	for c, counts := range s.by {
		if !wanted[c] {
			continue
		}
		for class, k := range counts {
			for range k {
				out.add(c, class)
			}
		}
	}
	out.counts = out.classes.counts()
	return out
}

// counts are the counts of samples that were asked.
func (c *classes) counts() Counts {
	var out Counts
	for class := range c.solo {
		n := c.count(class)
		out.Planned += n
		switch {
		case judged.has(class):
			out.Scored += n
		case class == len(c.solo)-1:
			out.Errored += n
		default:
			out.Unscored += n
		}
	}
	return out
}
