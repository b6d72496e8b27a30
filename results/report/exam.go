package report

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/sovereign-eval/haetae/results/analysis"
	"github.com/sovereign-eval/haetae/results/stats"
)

// Exam writes how a judge did in an exam as text for a terminal, or as Markdown.
// Baselines, if any, stand below it by name for comparison.
func Exam(w io.Writer, s Sitting, r analysis.ExamResult, baselines []ExamBaseline, f Format, l Lang, o Options) error {
	d := examDocument(s, r, baselines, l)
	var err error
	switch f {
	case Text, "":
		err = writeText(w, d, l, o)
	case MarkDown:
		err = writeMarkdown(w, d, l)
	default:
		return fmt.Errorf("write exam: format %q: want %s or %s", f, Text, MarkDown)
	}
	if err != nil {
		return fmt.Errorf("write exam: %w", err)
	}
	return nil
}

// Sitting says who sat an exam, and how much of it.
type Sitting struct {
	Judge     string
	Items, Of int   // asked, and of the whole exam; a sample where there are fewer
	Seed      int64 // that drew the sample
}

// ExamBaseline is another judge, or a reader of prompts alone, in the same exam.
type ExamBaseline struct {
	Name   string
	Result analysis.ExamResult
}

func examDocument(s Sitting, r analysis.ExamResult, baselines []ExamBaseline, l Lang) document {
	d := document{heading{1, l.say("x.title", s.Judge)}}
	if s.Items < s.Of {
		d = append(d, para{text: l.say("x.sample", s.Items, s.Of, s.Seed)})
	}
	if !slices.Equal(r.LabelMakers, []string{"human"}) {
		d = append(d, para{text: l.say("x.makers", strings.Join(r.LabelMakers, ", ")), alert: true})
	}
	for _, a := range r.Apart {
		d = append(d, heading{2, l.language(a.Lang)})
		if whole, ok := r.Cell(a.Lang, "all", ""); ok {
			d = append(d, l.examFacts(whole))
		}
		if len(baselines) > 0 {
			d = append(d, heading{3, l.say("x.beside")}, l.examBeside(a.Lang, s.Judge, r, baselines))
		}
		d = append(d, heading{3, l.say("x.parts")}, l.examParts(a.Lang, r), heading{3, l.say("x.confusion")}, l.examConfusion(a.Lang, r),
			heading{3, l.say("x.other")}, l.examOther(a, r))
	}
	return append(d, l.examCost(r.Cost))
}

// kappa writes a coefficient, which has no percent, with its interval.
func (l Lang) kappa(e stats.Estimate) string {
	if math.IsNaN(e.Value) {
		return l.say("na")
	}
	s := decimal(e.Value)
	if math.IsNaN(e.Lower) || math.IsNaN(e.Upper) {
		return s
	}
	return s + " [" + decimal(e.Lower) + ", " + decimal(e.Upper) + "]"
}

func decimal(v float64) string {
	s := strconv.FormatFloat(v, 'f', 2, 64)
	return strings.Replace(strings.Replace(s, "-0.00", "0.00", 1), "-", "−", 1)
}

// share writes a share in percent with its interval.
func (l Lang) share(e stats.Estimate) string {
	if math.IsNaN(e.Value) {
		return l.say("na")
	}
	return l.number("", e.Value) + " " + l.interval("", e)
}

// examFacts are the figures of a language as a whole.
func (l Lang) examFacts(c analysis.ExamCell) facts {
	return facts{
		{l.say("x.decided"), l.say("x.of", strconv.Itoa(c.Decided), strconv.Itoa(c.Planned)) + ", " + l.share(c.Share)},
		{l.say("x.kappa"), l.kappa(c.Kappa)},
		{l.say("x.worst"), l.kappa(c.KappaWorst)},
		{l.say("x.three"), l.kappa(c.KappaThree)},
		{l.say("x.sensitivity"), l.share(c.Sensitivity)},
		{l.say("x.specificity"), l.share(c.Specificity)},
	}
}

// examBeside compares the judge with its baselines.
func (l Lang) examBeside(lang, judge string, r analysis.ExamResult, baselines []ExamBaseline) table {
	t := table{columns: []column{{title: l.say("x.judge")}, {l.say("x.decided"), true}, {l.say("x.kappa"), true}, {l.say("x.worst"), true}}}
	short, _, _ := strings.Cut(judge, " (") // the title has the whole name
	for _, b := range append([]ExamBaseline{{short, r}}, baselines...) {
		if c, ok := b.Result.Cell(lang, "all", ""); ok {
			t.rows = append(t.rows, []string{b.Name, l.number("", c.Share.Value), l.kappa(c.Kappa), l.kappa(c.KappaWorst)})
		}
	}
	return t
}

// examParts lists the parts of a language: by side, class, outcome and kind.
func (l Lang) examParts(lang string, r analysis.ExamResult) table {
	t := table{columns: []column{{title: l.say("x.by")}, {title: l.say("x.part")}, {l.say("x.answers"), true}, {l.say("x.decided"), true}, {l.say("x.right"), true}}}
	for _, c := range r.Cells {
		if c.Lang == lang && c.By != "all" {
			t.rows = append(t.rows, []string{l.say("xby." + c.By), c.Of, strconv.Itoa(c.Planned), strconv.Itoa(c.Decided), l.share(c.Right)})
		}
	}
	return t
}

// examConfusion is the table of labels (rows) and verdicts (columns).
func (l Lang) examConfusion(lang string, r analysis.ExamResult) table {
	t := table{columns: []column{{title: l.say("x.label")}}}
	for _, c := range r.Confusion {
		if c.Lang != lang {
			continue
		}
		if n := len(t.rows); n == 0 || t.rows[n-1][0] != l.say("xc."+c.Truth) {
			t.rows = append(t.rows, []string{l.say("xc." + c.Truth)})
		}
		if len(t.rows) == 1 {
			t.columns = append(t.columns, column{l.say("xc." + c.Verdict), true})
		}
		last := len(t.rows) - 1
		t.rows[last] = append(t.rows[last], strconv.Itoa(c.Count))
	}
	return t
}

// examOther are the answers without a stance and the changes that must not matter.
func (l Lang) examOther(a analysis.ExamApart, r analysis.ExamResult) facts {
	f := facts{{l.say("x.found"), l.share(a.Found)}, {l.say("x.false"), l.share(a.False)}}
	for _, c := range r.Robust {
		if c.Lang != a.Lang {
			continue
		}
		value := l.say("x.untried")
		if c.Pairs > 0 {
			value = l.say("x.changed", l.share(c.Same), strconv.Itoa(c.Pairs), strconv.Itoa(c.Lost))
		}
		f = append(f, [2]string{l.say("xr." + c.Change), value})
	}
	return f
}

// examCost says what a verdict costs.
func (l Lang) examCost(c analysis.ExamCost) facts {
	if c.Verdicts == 0 {
		return facts{{l.say("x.cost"), l.say("unknown")}}
	}
	show := func(v *float64, unit string) string {
		return opt(l, v, func(x float64) string { return strconv.FormatFloat(x, 'g', 3, 64) + unit })
	}
	return facts{{l.say("x.cost"), l.say("x.costs", show(c.Seconds, " s"), show(c.SecondsP95, " s"), show(c.PromptTokens, ""), show(c.Tokens, ""))}}
}
