package analysis

import (
	"fmt"
	"maps"
	"slices"

	"github.com/sovereign-eval/haetae/results/stats"
)

// JudgeLabel is one labelled answer with what a judge said of it.
type JudgeLabel struct {
	ID, Lang, Side, Category string
	Cluster                  string // answers of one prompt share it; "" stands alone
	Maker                    string // of the label: human, model, synthetic or unknown
	Truth                    bool   // the label: the event that the judge's question asks for
	Said                     bool   // the judge's vote
	Decided                  bool   // there is a vote
}

// JudgeFloor is what a judge must reach before it may be believed: lower bounds of
// sensitivity and specificity on enough human labels of either class, in each
// language and side.
type JudgeFloor struct {
	Bound  float64 `json:"bound"`  // of both
	Labels int     `json:"labels"` // human, in each class
}

// DefaultFloor is the floor below which reports warn.
func DefaultFloor() JudgeFloor { return JudgeFloor{Bound: .80, Labels: 30} }

// Lower tells whether the floor asks for less than the default.
func (f JudgeFloor) Lower() bool {
	d := DefaultFloor()
	return f.Bound < d.Bound || f.Labels < d.Labels
}

// JudgeCell measures a judge on one part of the labels.
type JudgeCell struct {
	Lang     string `json:"lang"`
	Side     string `json:"side,omitempty"`     // "" in a cell over both
	Category string `json:"category,omitempty"` // "" in a cell over all

	Labels   int `json:"labels"`
	Human    int `json:"human"`
	Decided  int `json:"decided"`
	Positive int `json:"positive"` // labels with the event
	// HumanPositive and HumanNegative are the human labels of either class with a vote.
	HumanPositive int `json:"human_positive"`
	HumanNegative int `json:"human_negative"`

	Sensitivity stats.Estimate `json:"sensitivity"` // over decided labels with the event
	Specificity stats.Estimate `json:"specificity"` // over decided labels without it
	Kappa       stats.Estimate `json:"kappa"`
	AC1         stats.Estimate `json:"ac1"`
	// Worst figures take every answer without a vote as wrong.
	SensitivityWorst stats.Estimate `json:"sensitivity_worst"`
	SpecificityWorst stats.Estimate `json:"specificity_worst"`

	Passed bool   `json:"passed"` // the floor is reached on human labels; of cells of one side
	Why    string `json:"why,omitempty"`
}

// JudgeReport measures one judge, or a rule that combines several as a whole.
type JudgeReport struct {
	Level  float64     `json:"level"`
	Event  string      `json:"event"` // what counts as positive
	Sides  []string    `json:"sides"` // on which the floor must be reached
	Makers []string    `json:"label_makers"`
	Floor  JudgeFloor  `json:"floor"`
	Cells  []JudgeCell `json:"cells"` // of each language: all, then sides, then categories
}

// Calibrate measures a judge against labels, by language, side and category. The
// floor is held against human labels only, on each of the sides that the judge is
// asked about. It returns an error for no labels and for an ID that stands twice.
func Calibrate(labels []JudgeLabel, event string, sides []string, floor JudgeFloor, level float64) (JudgeReport, error) {
	r := JudgeReport{Level: level, Event: event, Sides: sides, Floor: floor}
	if len(labels) == 0 {
		return r, fmt.Errorf("calibrate: no labels")
	}
	seen, makers := map[string]bool{}, map[string]bool{}
	for _, l := range labels {
		if seen[l.ID] {
			return r, fmt.Errorf("calibrate: label %q stands twice", l.ID)
		}
		seen[l.ID], makers[l.Maker] = true, true
	}
	r.Makers = slices.Sorted(maps.Keys(makers))
	for _, lang := range labelValues(labels, func(l JudgeLabel) string { return l.Lang }) {
		mine := labelsWhere(labels, func(l JudgeLabel) bool { return l.Lang == lang })
		r.Cells = append(r.Cells, judgeCell(mine, JudgeCell{Lang: lang}, floor, level))
		for _, side := range labelValues(mine, func(l JudgeLabel) string { return l.Side }) {
			if side != "" {
				r.Cells = append(r.Cells, judgeCell(labelsWhere(mine, func(l JudgeLabel) bool { return l.Side == side }), JudgeCell{Lang: lang, Side: side}, floor, level))
			}
		}
		for _, cat := range labelValues(mine, func(l JudgeLabel) string { return l.Category }) {
			if cat != "" {
				r.Cells = append(r.Cells, judgeCell(labelsWhere(mine, func(l JudgeLabel) bool { return l.Category == cat }), JudgeCell{Lang: lang, Category: cat}, floor, level))
			}
		}
	}
	return r, nil
}

// Passed tells for each language whether the floor is reached on every side that
// the judge is asked about. Labels without a side show nothing of either.
func (r JudgeReport) Passed() map[string]bool {
	reached := map[string]int{}
	out := map[string]bool{}
	for _, c := range r.Cells {
		if c.Side == "" && c.Category == "" {
			out[c.Lang] = false
		}
		if c.Passed && slices.Contains(r.Sides, c.Side) {
			reached[c.Lang]++
		}
	}
	for lang := range out {
		out[lang] = reached[lang] == len(r.Sides)
	}
	return out
}

// counts2 is a two-by-two table: label by vote, and what has no vote.
type counts2 struct{ tp, fn, fp, tn, lostPos, lostNeg int }

func countLabels(labels []JudgeLabel, human bool) (c counts2) {
	for _, l := range labels {
		if human && l.Maker != "human" {
			continue
		}
		switch {
		case !l.Decided && l.Truth:
			c.lostPos++
		case !l.Decided:
			c.lostNeg++
		case l.Truth && l.Said:
			c.tp++
		case l.Truth:
			c.fn++
		case l.Said:
			c.fp++
		default:
			c.tn++
		}
	}
	return c
}

func judgeCell(labels []JudgeLabel, c JudgeCell, floor JudgeFloor, level float64) JudgeCell {
	t, h := countLabels(labels, false), countLabels(labels, true)
	c.Labels, c.Decided, c.Positive = len(labels), t.tp+t.fn+t.fp+t.tn, t.tp+t.fn+t.lostPos
	c.HumanPositive, c.HumanNegative = h.tp+h.fn, h.fp+h.tn
	c.Human = c.HumanPositive + c.HumanNegative + h.lostPos + h.lostNeg
	human := labelsWhere(labels, func(l JudgeLabel) bool { return l.Maker == "human" })
	c.Sensitivity, c.Specificity = labelShare(labels, true, false, level), labelShare(labels, false, false, level)
	c.SensitivityWorst, c.SpecificityWorst = labelShare(labels, true, true, level), labelShare(labels, false, true, level)
	c.Kappa, c.AC1 = agreementOf(labels, level)
	se, sp := labelShare(human, true, false, level), labelShare(human, false, false, level)
	switch {
	case c.Side == "":
	case c.HumanPositive < floor.Labels || c.HumanNegative < floor.Labels:
		c.Why = fmt.Sprintf("%d and %d human labels of the classes, %d of each needed", c.HumanPositive, c.HumanNegative, floor.Labels)
	case se.Lower < floor.Bound || sp.Lower < floor.Bound:
		c.Why = fmt.Sprintf("lower bounds %.3f and %.3f, %.2f needed", se.Lower, sp.Lower, floor.Bound)
	default:
		c.Passed = true
	}
	return c
}

// labelShare is the share of labels of a class that the judge got right, with the
// interval of clustered proportions. worst takes answers without a vote as wrong.
func labelShare(labels []JudgeLabel, truth, worst bool, level float64) stats.Estimate {
	s := newHits()
	for _, l := range labels {
		if l.Truth == truth && (l.Decided || worst) {
			s.add(l.Cluster, l.Decided && l.Said == truth)
		}
	}
	return s.estimate(level)
}

// agreementOf returns kappa and AC1 of labels and votes, where there is a vote.
// Kappa's interval respects clusters; AC1's resamples answers.
func agreementOf(labels []JudgeLabel, level float64) (kappa, ac1 stats.Estimate) {
	both := &votes{}
	var truth, said []float64
	class := func(b bool) int {
		if b {
			return 1
		}
		return 0
	}
	for _, l := range labels {
		if l.Decided {
			t, v := class(l.Truth), class(l.Said)
			both.add(l.Cluster, t, v)
			truth, said = append(truth, float64(t)), append(said, float64(v))
		}
	}
	a, err := stats.Agreement([][]float64{truth, said}, stats.NominalScale, level, 1)
	if err != nil {
		no := undefined(len(truth), len(truth), level, stats.Because(ReasonNoVote, "no label has a vote"))
		return no, no
	}
	return both.kappa(level), a.AC1
}

func labelValues(labels []JudgeLabel, of func(JudgeLabel) string) []string {
	m := map[string]bool{}
	for _, l := range labels {
		m[of(l)] = true
	}
	return slices.Sorted(maps.Keys(m))
}

func labelsWhere(labels []JudgeLabel, keep func(JudgeLabel) bool) []JudgeLabel {
	var out []JudgeLabel
	for _, l := range labels {
		if keep(l) {
			out = append(out, l)
		}
	}
	return out
}
