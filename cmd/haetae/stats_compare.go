package main

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/results/stats"
)

// pairOptions say what is compared, and how.
type pairOptions struct {
	key        string
	column     string
	columns    []string
	cluster    string
	scale      []float64
	margin     float64
	lower      bool
	unpaired   bool
	correction string
	level      float64
}

func (a *app) statsCompareCmd() *cobra.Command {
	var o pairOptions
	cmd := &cobra.Command{
		Use:   "compare OLD [NEW]",
		Short: "Is one better than the other? The difference of paired scores",
		Long: `Compare takes two files whose rows are paired by a key column, or one file with a
column for each model. The difference is NEW − OLD; with columns the later one
less the earlier. It prints ~ where no difference is shown. With --margin it also
answers whether NEW is no worse than OLD by that much. Several columns are
compared pair by pair, corrected for their number.`,
		Example: `  haetae stats compare old.csv new.csv --key id --column score --margin 0.02
  haetae stats compare scores.csv --columns old,new --cluster topic`,
		Args: cobra.RangeArgs(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("margin") && !(o.margin >= 0) {
				return harness.Usage(fmt.Errorf("--margin %v: not negative", o.margin), "--margin 0.02 asks whether NEW is worse by less than 0.02.")
			}
			if !cmd.Flags().Changed("margin") {
				o.margin = math.NaN()
			}
			if err := o.idle(cmd.Flags(), len(args)); err != nil {
				return err
			}
			return a.statsCompare(args, o)
		},
	}
	fs := cmd.Flags()
	fs.StringVar(&o.key, "key", "", "column that names the item, in both files")
	fs.StringVar(&o.column, "column", "", "column with the scores, in both files")
	fs.StringSliceVar(&o.columns, "columns", nil, "columns of one file to compare: OLD,NEW[,...]")
	fs.StringVar(&o.cluster, "cluster", "", "column that says which items share a source")
	fs.Float64SliceVar(&o.scale, "range", nil, "lowest and highest possible score, such as 1,5")
	fs.Float64Var(&o.margin, "margin", 0, "also answer: is NEW no worse than OLD by this margin?")
	fs.BoolVar(&o.lower, "lower-is-better", false, "low scores are good: the margin is a rise")
	fs.BoolVar(&o.unpaired, "unpaired", false, "the files hold different items")
	fs.StringVar(&o.correction, "correction", "holm", "of several comparisons: holm, hochberg, hommel, bonferroni, sidak, bh or by")
	addLevelFlag(fs, &o.level)
	return cmd
}

// idle refuses flags that would be ignored.
func (o pairOptions) idle(fs *pflag.FlagSet, files int) error {
	if files == 1 {
		if err := idle(fs, "on the columns of one file: every row is a pair", "key", "column", "unpaired"); err != nil {
			return err
		}
	}
	if len(o.columns) < 3 {
		if err := idle(fs, "on one comparison", "correction"); err != nil {
			return err
		}
	}
	if math.IsNaN(o.margin) {
		return idle(fs, "without --margin", "lower-is-better")
	}
	return nil
}

func (a *app) statsCompare(args []string, o pairOptions) error {
	if err := checkLevel(o.level); err != nil {
		return err
	}
	if len(args) == 1 {
		return a.compareColumns(args[0], o)
	}
	switch {
	case len(o.columns) > 0:
		return harness.Usage(errors.New("--columns with two files"), "Two files are compared by --column; --columns names columns of one file.")
	case o.unpaired == (o.key != ""):
		return harness.Usage(errors.New("are the rows of both files the same items?"), "Name the column that pairs them with --key, or say --unpaired.")
	case args[0] == "-" && args[1] == "-":
		return harness.Usage(errors.New("both files are standard input"), "Name at least one file.")
	}
	old, err := a.readSheet(args[0])
	if err != nil {
		return err
	}
	now, err := a.readSheet(args[1])
	if err != nil {
		return err
	}
	if o.unpaired {
		return a.compareUnpaired(old, now, o)
	}
	return a.comparePaired(old, now, o)
}

// matched are the scores of the items that two files share.
type matched struct {
	old, now         []float64
	clusters         []string
	onlyOld, onlyNow []string
}

// pairUp joins two files by their keys, in the order of the second.
func pairUp(old, now *sheet, o pairOptions) (m matched, err error) {
	left, err := old.keys(o.key)
	if err != nil {
		return m, err
	}
	right, err := now.keys(o.key)
	if err != nil {
		return m, err
	}
	x, err := old.numbers("--column", o.column)
	if err != nil {
		return m, err
	}
	y, err := now.numbers("--column", o.column)
	if err != nil {
		return m, err
	}
	var clusters []string
	if o.cluster != "" {
		if clusters, err = now.texts("--cluster", o.cluster); err != nil {
			return m, err
		}
	}
	key, err := now.texts("--key", o.key)
	if err != nil {
		return m, err
	}
	for i, k := range key {
		j, ok := left[k]
		if !ok {
			m.onlyNow = append(m.onlyNow, k)
			continue
		}
		m.old, m.now = append(m.old, x[j]), append(m.now, y[i])
		if clusters != nil {
			m.clusters = append(m.clusters, clusters[i])
		}
	}
	for _, k := range slices.SortedFunc(maps.Keys(left), func(p, q string) int { return left[p] - left[q] }) {
		if _, ok := right[k]; !ok {
			m.onlyOld = append(m.onlyOld, k)
		}
	}
	return m, nil
}

func (a *app) comparePaired(old, now *sheet, o pairOptions) error {
	m, err := pairUp(old, now, o)
	if err != nil {
		return err
	}
	if len(m.old) == 0 {
		return harness.Hint(fmt.Errorf("no key of %s stands in %s", old.name, now.name), "Both files need the same values in the column %s.", o.key)
	}
	x := answer{question: "is NEW different from OLD on the same items?", assumption: "rows with one " + o.key + " are one item; " + apart(o.cluster)}
	var clusters []int32
	if m.clusters != nil {
		clusters = codes(m.clusters)
	}
	how, err := pairAssumption(o, m.old, m.now)
	if err != nil {
		return err
	}
	x.compared(how.Compare(stats.Obs{Values: m.now, Clusters: clusters}, stats.Obs{Values: m.old}, o.level), o)
	for _, side := range []struct {
		name string
		keys []string
	}{{old.name, m.onlyOld}, {now.name, m.onlyNow}} {
		if len(side.keys) > 0 {
			x.warn("unmatched", "left out, only in %s: %s (%s)", side.name, plural(len(side.keys), "item"), some(side.keys))
		}
	}
	return a.say(x)
}

// pairAssumption is what paired scores are.
func pairAssumption(o pairOptions, lists ...[]float64) (stats.Assumption, error) {
	lo, hi, err := scaleOf(o.scale)
	if err != nil {
		return nil, err
	}
	if isBinary(lists...) && len(o.scale) == 0 {
		return stats.PairedProportion{}, nil
	}
	return stats.PairedScore{Min: lo, Max: hi}, nil
}

func apart(cluster string) string {
	if cluster == "" {
		return "items are independent: name --cluster if some share a source"
	}
	return "items of one " + cluster + " may be alike, different ones are independent"
}

// some names the first of many.
func some(names []string) string {
	const most = 5
	text := ""
	for i, n := range names[:min(len(names), most)] {
		if i > 0 {
			text += ", "
		}
		text += n
	}
	if more := len(names) - most; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

func (a *app) compareUnpaired(old, now *sheet, o pairOptions) error {
	before, err := old.numbers("--column", o.column)
	if err != nil {
		return err
	}
	after, err := now.numbers("--column", o.column)
	if err != nil {
		return err
	}
	ca, err := now.clusters(o.cluster)
	if err != nil {
		return err
	}
	cb, err := old.clusters(o.cluster)
	if err != nil {
		return err
	}
	lo, hi, err := scaleOf(o.scale)
	if err != nil {
		return err
	}
	var how stats.Assumption = stats.GradedScore{Min: lo, Max: hi}
	switch {
	case isBinary(before, after) && len(o.scale) == 0 && o.cluster != "":
		how = stats.ClusteredProportion{}
	case isBinary(before, after) && len(o.scale) == 0:
		how = stats.IndependentProportion{}
	}
	x := answer{question: "is NEW different from OLD on different items?", assumption: "two independent samples of items; " + apart(o.cluster)}
	x.compared(how.Compare(stats.Obs{Values: after, Clusters: ca}, stats.Obs{Values: before, Clusters: cb}, o.level), o)
	return a.say(x)
}

// compared fills an answer with a comparison, NEW first.
func (x *answer) compared(c stats.Comparison, o pairOptions) {
	verdict := "~ no difference is shown"
	if c.Significant() {
		verdict = signedNum(c.Difference) + " NEW − OLD"
	}
	if math.IsNaN(c.P) {
		verdict = "n/a no test is possible"
	}
	x.headline = fmt.Sprintf("%s, %s at %s confidence, %s", verdict, between(c.Lower, c.Upper), percentOf(c.Level), pIs(c.P))
	x.fact("OLD", "%s", num(c.B))
	x.fact("NEW", "%s", num(c.A))
	x.fact("difference", "%s (%s = %s)", signedNum(c.Difference), c.EffectName, num(c.Effect))
	x.fact("method", "%s; test: %s", c.Method, c.Test)
	what := "pairs"
	if o.unpaired {
		what = "rows of both"
	}
	x.fact("n ("+what+")", "%s", samples(c.N, c.Clusters))
	x.fact("detectable", "%s", detectable(c))
	if !math.IsNaN(c.Correlation) {
		x.fact("correlation", "%s of the paired scores: the higher, the more pairing saves", num(c.Correlation))
	}
	result := map[string]any{"comparison": c, "new": finiteOr(c.A), "old": finiteOr(c.B), "significant": c.Significant()}
	if !math.IsNaN(o.margin) {
		shown, text := noWorse(c, o.margin, o.lower)
		x.fact(fmt.Sprintf("no worse by %g", o.margin), "%s", text)
		result["margin"], result["no_worse"] = o.margin, shown
	}
	if c.Reason.Given() {
		x.fact("undefined", "%s", c.Reason)
	}
	x.warnings = append(x.warnings, c.Warnings...)
	x.result = result
}

// detectable says which difference such data show.
func detectable(c stats.Comparison) string {
	switch {
	case math.IsNaN(c.MDE):
		return "n/a (MDE: the pairs have no spread that tells an error)"
	case c.EffectName == "cohen_h" && c.MDE >= 1:
		return "none (MDE: no difference of shares is large enough for so few data)"
	}
	return num(c.MDE) + " (MDE: the true difference that such data show with 80 % power)"
}

// noWorse answers whether NEW is no worse than OLD by a margin.
func noWorse(c stats.Comparison, margin float64, lowerIsBetter bool) (bool, string) {
	best, worst, shown := c.Upper, c.Lower, c.NoWorseThan(margin)
	if lowerIsBetter {
		best, worst, shown = -c.Lower, -c.Upper, c.Upper < margin
	}
	switch {
	case math.IsNaN(worst):
		return false, "not shown: the interval is undefined"
	case shown:
		return true, fmt.Sprintf("shown, at one-sided error rate %s", percentOf((1-c.Level)/2))
	case best < -margin:
		return false, "no: NEW is worse by more than the margin"
	case math.IsNaN(c.MDE) && (c.Upper-c.Lower)/2 > margin:
		return false, "not shown; the interval is wider than the margin: ask more items"
	case c.MDE > margin:
		return false, fmt.Sprintf("not shown; with a detectable difference of %s these data can hardly show it: ask more items", num(c.MDE))
	}
	return false, "not shown"
}

// compareColumns compares the columns of one file.
func (a *app) compareColumns(path string, o pairOptions) error {
	s, err := a.readSheet(path)
	if err != nil {
		return err
	}
	if len(o.columns) < 2 {
		return harness.Usage(fmt.Errorf("%s: which columns are compared?", s.name), "Give --columns OLD,NEW, or a second file. It has the columns %s.", strings.Join(s.columns, ", "))
	}
	by, err := correctionOf(o.correction)
	if err != nil {
		return err
	}
	scores := make([][]float64, len(o.columns))
	for i, c := range o.columns {
		if scores[i], err = s.numbers("--columns", c); err != nil {
			return err
		}
	}
	clusters, err := s.clusters(o.cluster)
	if err != nil {
		return err
	}
	if len(scores) == 2 {
		how, err := pairAssumption(o, scores...)
		if err != nil {
			return err
		}
		x := answer{question: "is NEW (" + o.columns[1] + ") different from OLD (" + o.columns[0] + ") on the same items?", assumption: "every row is one item; " + apart(o.cluster)}
		x.compared(how.Compare(stats.Obs{Values: scores[1], Clusters: clusters}, stats.Obs{Values: scores[0]}, o.level), o)
		return a.say(x)
	}
	return a.compareMany(s, scores, clusters, by, o)
}

// compareMany compares every pair of more than two columns.
func (a *app) compareMany(s *sheet, scores [][]float64, clusters []int32, by stats.Correction, o pairOptions) error {
	if !math.IsNaN(o.margin) || len(o.scale) > 0 {
		return harness.Usage(errors.New("--margin and --range are for two columns"), "Compare the two columns that the question is about.")
	}
	pairs, err := stats.CompareAll(scores, clusters, o.level, by)
	if err != nil {
		return fmt.Errorf("compare columns of %s: %w", s.name, err)
	}
	x := answer{question: "which of these models differ on the same items?", assumption: "every row is one item, asked of every model; " + apart(o.cluster)}
	table := grid{columns: []string{"second − first", "difference", fmt.Sprintf("%s interval", percentOf(o.level)), "p", "p corrected", "MDE"}}
	shown := 0
	list := []any{}
	for _, p := range pairs {
		verdict := "~"
		if p.Significant() {
			verdict, shown = signedNum(-p.Difference), shown+1
		}
		first, second := o.columns[p.First], o.columns[p.Second]
		table.rows = append(table.rows, []string{second + " − " + first, verdict, between(-p.Upper, -p.Lower), pvalue(p.P), pvalue(p.Adjusted), num(p.MDE)})
		list = append(list, explained(map[string]any{"second": second, "first": first, "second_minus_first": finiteOr(-p.Difference), "lower": finiteOr(-p.Upper),
			"upper": finiteOr(-p.Lower), "p": finiteOr(p.P), "p_corrected": finiteOr(p.Adjusted), "significant": p.Significant(), "method": p.Method,
			"test": p.Test, "n": p.N, "clusters": p.Clusters, "mde": finiteOr(p.MDE), "correlation": finiteOr(p.Correlation)}, map[string]string{
			"lower": p.Reason.String(), "upper": p.Reason.String(), "p": "the data allow no test", "mde": "the differences have no spread that tells an error",
			"correlation": "the scores of a model have no spread"}))
		for _, w := range p.Warnings {
			x.warn(w.Code, "%s", w.Message)
		}
	}
	x.headline = fmt.Sprintf("%d of %d pairs differ at %s confidence, corrected for their number (%s)", shown, len(pairs), percentOf(o.level), by)
	x.fact("method", "%s; test: %s", pairs[0].Method, pairs[0].Test)
	x.fact("n", "%s", samples(pairs[0].N, pairs[0].Clusters))
	x.fact("intervals", "of each pair for itself; the corrected p decides")
	if left := len(s.rows) - pairs[0].N; left > 0 {
		x.warn(stats.WarnMissing, "left out for all, without a score of some model: %s", plural(left, "row"))
	}
	x.tables, x.result = []grid{table}, map[string]any{"pairs": list, "correction": by}
	return a.say(x)
}
