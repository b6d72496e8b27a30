package analysis

import (
	"maps"
	"slices"
	"strings"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/results"
)

// metric gathers one declared metric of a cell: over all rows and by language.
type metric struct {
	harness.Metric
	all      part
	byLang   map[string]*part
	unknown  map[string]bool // fields of Where that no row carries
	contexts *contexts       // KoBBQ only
}

// part is one set of rows of a metric.
type part struct {
	tally
	counts   Counts
	unplaced int64 // rows that may or may not belong here
}

func (m *metric) add(a *accumulator, row *results.Row, cluster int) {
	score := scoreOf(row, m.Scorer)
	match, unknown := matches(m.Where, row, score)
	if unknown != "" && row.Status == harness.Scored {
		if m.unknown == nil {
			m.unknown = map[string]bool{}
		}
		m.unknown[unknown] = true
	}
	if m.Name == KoBBQ {
		if m.contexts == nil {
			m.contexts = &contexts{}
		}
		if match {
			m.contexts.add(a, row, score, cluster)
		}
		return
	}
	value, status := m.value(a, row, score)
	if m.byLang == nil {
		m.byLang = map[string]*part{}
	}
	lang := m.byLang[row.Lang]
	if lang == nil {
		lang = &part{}
		m.byLang[row.Lang] = lang
	}
	for _, p := range []*part{&m.all, lang} {
		switch {
		case unknown != "":
			p.unplaced++
		case match:
			p.counts.add(status)
			if status == harness.Scored {
				p.tally.add(cluster, value)
			}
		}
	}
}

// value is what the metric reads from a row: a number, or why there is none.
func (m *metric) value(a *accumulator, row *results.Row, s *harness.Score) (float64, harness.Status) {
	switch {
	case row.Status == harness.Errored:
		return 0, harness.Errored
	case s == nil || s.Unscored:
		return 0, harness.Unscored
	case m.Name == "no_answer" || m.Name == "cut":
		if slices.Contains(s.Flags, m.Name) {
			return 1, harness.Scored
		}
		return 0, harness.Scored
	case !(s.Value >= 0 && s.Value <= 1):
		a.badScores++
		return 0, harness.Unscored
	}
	return s.Value, harness.Scored
}

// scoreOf returns the score of the named scorer, or the first; nil without one.
func scoreOf(row *results.Row, scorer string) *harness.Score {
	for i := range row.Scores {
		if scorer == "" || row.Scores[i].Scorer == scorer {
			return &row.Scores[i]
		}
	}
	return nil
}

// matches tells whether a row meets every condition of a metric. unknown names a
// field that neither the row nor the score tells.
func matches(where map[string]string, row *results.Row, s *harness.Score) (ok bool, unknown string) {
	ok = true
	if len(where) == 0 {
		return true, ""
	}
	for _, field := range slices.Sorted(maps.Keys(where)) {
		v, known := fieldOf(field, row, s)
		switch {
		case !known:
			unknown = field
		case v != where[field]:
			ok = false
		}
	}
	if !ok {
		return false, ""
	}
	return unknown == "", unknown
}

func fieldOf(field string, row *results.Row, s *harness.Score) (string, bool) {
	switch field {
	case "lang":
		return row.Lang, true
	case "side":
		return string(row.Side), true
	case "category":
		return row.Category, true
	case "variant":
		return row.Variant, true
	case "cluster":
		return row.Cluster, true
	case "item":
		return row.Item, true
	case "twin":
		return row.Twin, true
	}
	if s != nil {
		for _, f := range s.Flags {
			if k, v, ok := strings.Cut(f, "="); ok && k == field {
				return v, true
			}
		}
	}
	return "", false
}

// isField tells whether a flag carries a field of the item, as "field=value".
func isField(flag string) bool { return strings.Contains(flag, "=") }

// figures are the metric's numbers: over all rows, then by language where there
// is more than one.
func (m *metric) figures(a *accumulator, p *plan, level float64) []Figure {
	if m.Name == KoBBQ {
		if m.contexts == nil {
			m.contexts = &contexts{}
		}
		out := m.contexts.figures(a, p, level)
		for i := range out {
			out[i].Where = m.Where
		}
		return out
	}
	langs := slices.Sorted(maps.Keys(m.byLang))
	lang := ""
	if len(langs) == 1 {
		lang = langs[0]
	}
	if len(m.Where) == 0 && (len(a.attacks) == 0 || a.rows >= a.planned) {
		m.all.counts.undone(a.planned - a.attacked)
	} else {
		m.all.unplaced += max(a.planned-a.rows, 0)
	}
	out := []Figure{m.figure(lang, &m.all, level)}
	if len(langs) > 1 {
		for _, l := range langs {
			part := m.byLang[l]
			c, unplaced := a.counted(p, partKey{lang: l})
			part.unplaced += unplaced
			if len(m.Where) == 0 {
				part.counts.undone(c.Planned)
			} else {
				part.unplaced += c.Undone
			}
			out = append(out, m.figure(l, part, level))
		}
	}
	return out
}

func (m *metric) figure(lang string, pt *part, level float64) Figure {
	f := Figure{Metric: m.Name, Lang: lang, Where: m.Where, Counts: pt.counts, LowerIsBetter: m.LowerIsBetter}
	if m.Graded || !pt.tally.binary() {
		f.Estimate = mean(pt.tally, level)
	} else {
		f.Estimate = proportion(pt.tally, level)
	}
	n, sum := pt.tally.total()
	f.bound(sum, float64(n), f.missing(pt.unplaced))
	f.Warnings = figureWarnings(f, pt.unplaced)
	for _, field := range slices.Sorted(maps.Keys(m.unknown)) {
		f.Warnings = append(f.Warnings, Warning{WarnWhere, []string{field}})
	}
	return f
}

// cases are the lowest and highest mean of n values in [0, 1] with a known sum and
// some more that are missing; NaN of nothing.
func cases(sum, n, missing float64) (low, high float64) {
	return sum / (n + missing), (sum + missing) / (n + missing)
}

// bound sets the best and worst case of a mean; both are the estimate where nothing
// is missing.
func (f *Figure) bound(sum, n, missing float64) {
	low, high := cases(sum, n, missing)
	f.Best, f.Worst = high, low
	if f.LowerIsBetter {
		f.Best, f.Worst = low, high
	}
}

// missing is the number of samples without a score, and of those that may or may
// not belong here.
func (c Counts) missing(unplaced int64) float64 { return float64(c.Planned - c.Scored + unplaced) }
