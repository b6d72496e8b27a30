package report

import (
	"fmt"
	"io"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"github.com/sovereign-eval/haetae/results/analysis"
	"github.com/sovereign-eval/haetae/results/stats"
)

// Comparison is what several runs or models say of the same items, ready to be
// written.
//
//	c, err := analysis.Compare(ctx, 0.95, old, now)
//	…
//	n, err := analysis.Correct(c.Pairs(), stats.Holm)
//	…
//	attacks, err := analysis.Correct(c.AttackPairs(), stats.Holm)
//	…
//	cmp := report.Comparison{Compared: []analysis.Compared{c}, Level: 0.95, Margin: math.NaN(), Correction: stats.Holm, Family: n, AttackFamily: attacks}
//	err = cmp.Write(os.Stdout, report.Text, report.Options{})
type Comparison struct {
	Compared   []analysis.Compared // each of its own sides; one family of tests
	Level      float64             // confidence of intervals and tests
	Margin     float64             // of "no worse", in units of the scores; NaN where it is not asked
	Correction stats.Correction
	Gated      bool // the verdicts on the margin are a gate: its decision is told
	Family     int  // tests that the correction counts, as analysis.Correct returned it
	// AttackFamily is the same of the pairs under attack, which are a family of their own.
	AttackFamily int
	Lang         Lang
}

// HTML is a page of its own: no scripts, nothing from outside.
const HTML Format = "html"

// ComparisonFormats lists the formats of comparisons by the names that people type.
var ComparisonFormats = [...]Format{Text, MarkDown, HTML, JSON, CSV}

// ParseComparisonFormat reads the name of a format; the empty name is Text.
func ParseComparisonFormat(s string) (Format, error) {
	switch strings.ToLower(s) {
	case "html", "htm":
		return HTML, nil
	}
	f, err := ParseFormat(s)
	if err != nil {
		return "", fmt.Errorf("comparison format %q: want text, md, html, json or csv", s)
	}
	return f, nil
}

// ComparisonFormatOf is the format that a file's extension implies.
func ComparisonFormatOf(file string) (Format, error) {
	ext := strings.TrimPrefix(filepath.Ext(file), ".")
	if ext == "" {
		return "", fmt.Errorf("comparison file %q: no extension: want .txt, .md, .html, .json or .csv", file)
	}
	return ParseComparisonFormat(ext)
}

// Write writes the comparison in a format. The first lines of the text name the runs.
// The error is that of the writer, or names a format that is not known.
func (c Comparison) Write(w io.Writer, f Format, o Options) error {
	if c.Lang == "" {
		c.Lang = English
	}
	var err error
	switch f {
	case Text, "":
		if err = c.writeRuns(w); err == nil {
			err = writeText(w, c.document(), c.Lang, o)
		}
	case MarkDown:
		err = writeMarkdown(w, c.document(), c.Lang)
	case HTML:
		err = writeHTML(w, c.Lang.say("cmp.title"), c.document(), c.Lang)
	case JSON:
		err = c.writeJSON(w)
	case CSV:
		err = c.writeCSV(w)
	default:
		_, err = ParseComparisonFormat(string(f))
	}
	if err != nil {
		return fmt.Errorf("write comparison: %w", err)
	}
	return nil
}

// runs are the IDs of the runs that are compared, in order, each once.
func (c Comparison) runs() []string {
	var out []string
	for _, x := range c.Compared {
		for _, s := range x.Sides {
			if !slices.Contains(out, s.Run) {
				out = append(out, s.Run)
			}
		}
	}
	return out
}

// writeRuns writes "run NEW" and "against run OLD", which programs read.
func (c Comparison) writeRuns(w io.Writer) error {
	runs := c.runs()
	for i := len(runs) - 1; i >= 0; i-- {
		word := "run "
		if i < len(runs)-1 {
			word = "against run "
		}
		if _, err := fmt.Fprintln(w, word+Line(runs[i], 0)); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintln(w)
	return err
}

// Tally counts what the pairs of a comparison show.
type Tally struct {
	Pairs, Tested         int
	Better, Poorer, Alike int                      // Alike: no difference is shown
	NotAssessable         int                      // pairs of which a side has too few usable answers
	NotUnderstood         int                      // pairs under an attack that a side does not understand; in no other count
	Incomplete            int                      // items and tasks that a side lacks, and runs that are not complete
	Verdicts              map[analysis.Verdict]int // of "no worse", where a margin is asked
}

// Gate is what the verdicts of all pairs decide together.
type Gate string

// The decisions.
const (
	GatePassed    Gate = "passed"    // every pair is shown to be no worse by the margin
	GateBreached  Gate = "breached"  // a pair is shown to be worse by more
	GateUndecided Gate = "undecided" // neither, or a side lacks something
)

// Gate decides from the verdicts. What a side lacks altogether could not be bounded,
// so it leaves the gate undecided unless it is breached.
func (t Tally) Gate() Gate {
	switch {
	case t.Verdicts[analysis.Worse] > 0:
		return GateBreached
	case t.Pairs > 0 && t.Incomplete == 0 && t.Verdicts[analysis.NoWorse] == t.Pairs:
		return GatePassed
	}
	return GateUndecided
}

// Tally counts what is shown, over all pairs of all figures. Pairs that a figure of
// many sides leaves out because one is not assessable are counted as such.
func (c Comparison) Tally() Tally {
	t := Tally{Verdicts: map[analysis.Verdict]int{}}
	for _, x := range c.Compared {
		t.Incomplete += len(x.Partly)
		for _, w := range x.Warnings {
			if w.Code == analysis.WarnState {
				t.Incomplete++
			}
		}
		for _, task := range x.Tasks {
			for _, u := range task.Absent {
				t.Incomplete += u.N
			}
			for _, f := range task.All() {
				c.count(&t, f, len(x.Sides)*(len(x.Sides)-1)/2-len(f.Pairs))
			}
		}
	}
	return t
}

// count adds the pairs of a figure, and those that it leaves out. What is not
// understood says nothing, and neither passes a gate nor stops one.
func (c Comparison) count(t *Tally, f analysis.ComparedFigure, without int) {
	if n := len(f.Pairs); f.Attack != "" {
		t.NotUnderstood += without
		without = 0
		f.Pairs = slices.DeleteFunc(slices.Clone(f.Pairs), func(p analysis.Pair) bool { return p.NotAssessable })
		t.NotUnderstood += n - len(f.Pairs)
	}
	asked := !math.IsNaN(c.Margin)
	t.Pairs += len(f.Pairs) + without
	t.NotAssessable += without
	if asked && without > 0 {
		t.Verdicts[analysis.NoVerdict] += without
	}
	for _, p := range f.Pairs {
		if !math.IsNaN(p.Adjusted) {
			t.Tested++
		}
		switch change := f.Change(p); {
		case p.NotAssessable:
			t.NotAssessable++
		case change == analysis.Better:
			t.Better++
		case change == analysis.Poorer:
			t.Poorer++
		default:
			t.Alike++
		}
		if asked {
			t.Verdicts[f.NoWorse(p, c.Margin)]++
		}
	}
}

// each calls f for every pair of every figure.
func (c Comparison) each(f func(*analysis.ComparedFigure, *analysis.Pair)) {
	for _, x := range c.Compared {
		for t := range x.Tasks {
			for _, figure := range x.Tasks[t].All() {
				for p := range figure.Pairs {
					f(&figure, &figure.Pairs[p])
				}
			}
		}
	}
}
