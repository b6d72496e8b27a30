package main

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/results/stats"
)

func (a *app) statsAgreementCmd() *cobra.Command {
	var raters []string
	var scale string
	var seed uint64
	var level float64
	cmd := &cobra.Command{
		Use:   "agreement FILE",
		Short: "Would another rater, or judge, have said the same?",
		Long: `Agreement measures how far raters gave the same labels: one row for each item, one
column for each rater, empty where a rater gave none. Kappa and alpha collapse
where nearly all labels are alike, as refusals are; AC1 does not, so all are shown.`,
		Example: "  haetae stats agreement labels.csv --raters ann,ben\n  haetae stats agreement grades.csv --raters ann,ben,judge --scale ordinal",
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			return a.statsAgreement(args[0], raters, stats.Scale(scale), seed, level)
		},
	}
	fs := cmd.Flags()
	fs.StringSliceVar(&raters, "raters", nil, "columns with the labels of each rater")
	fs.StringVar(&scale, "scale", string(stats.NominalScale), "nominal (names), ordinal (ranks), interval or ratio (numbers)")
	fs.Uint64Var(&seed, "seed", 1, "seed of the resampling")
	addLevelFlag(fs, &level)
	return cmd
}

func (a *app) statsAgreement(path string, raters []string, scale stats.Scale, seed uint64, level float64) error {
	if err := checkLevel(level); err != nil {
		return err
	}
	if len(raters) < 2 {
		return harness.Usage(errors.New("agreement needs at least two raters"), "Name their columns: --raters ann,ben")
	}
	known := []string{string(stats.NominalScale), string(stats.OrdinalScale), string(stats.IntervalScale), string(stats.RatioScale)}
	if !slices.Contains(known, string(scale)) {
		return harness.Usage(fmt.Errorf("unknown --scale %q", scale), "%s", suggest(string(scale), known, "There are nominal, ordinal, interval and ratio."))
	}
	s, err := a.readSheet(path)
	if err != nil {
		return err
	}
	labels, names, err := s.labels(raters, scale)
	if err != nil {
		return err
	}
	r, err := stats.Agreement(labels, scale, level, seed)
	if err != nil {
		return harness.Hint(fmt.Errorf("%s: %w", s.name, err), "At least one item needs the labels of two raters.")
	}
	x := answer{question: "would another rater have said the same?",
		assumption: fmt.Sprintf("items are independent; raters labelled alone; labels are %s", scale)}
	x.headline = fmt.Sprintf("raters agree on %s of pairs; AC1 %s, alpha %s", percentOf(math.Round(r.Percent.Value*1e4)/1e4), num(r.AC1.Value), num(r.Alpha.Value))
	x.fact("n", "%d items, %d raters", r.Units, r.Raters)
	table := grid{columns: []string{"measure", "value", percentOf(level) + " interval", "method"}, text: true}
	kappa := "kappa (Cohen)"
	if len(raters) > 2 {
		kappa = "kappa (Fleiss)"
	}
	rows := []struct {
		name string
		e    stats.Estimate
	}{{"agreement", r.Percent}, {kappa, r.Kappa}, {"AC1 (Gwet)", r.AC1}, {"alpha (Krippendorff)", r.Alpha}}
	for _, m := range rows {
		table.rows = append(table.rows, []string{m.name, num(m.e.Value), between(m.e.Lower, m.e.Upper), m.e.Method})
		for _, w := range m.e.Warnings {
			x.warn(w.Code, "%s", w.Message)
		}
		if m.e.Reason.Given() {
			x.warn("undefined", "%s: %s", m.name, m.e.Reason)
		}
	}
	x.tables = append(x.tables, table)
	if len(raters) == 2 && len(names) > 0 && len(names) <= 8 {
		x.tables = append(x.tables, crossed(labels, names, raters))
	}
	x.warnings = append(r.Warnings, x.warnings...)
	x.result = map[string]any{"units": r.Units, "raters": raters, "agreement": r.Percent, "kappa": r.Kappa, "ac1": r.AC1, "alpha": r.Alpha, "labels": names}
	return a.say(x)
}

// labels reads one column for each rater. On the nominal scale labels are names,
// which are numbered in sorted order; on the others they are numbers.
func (s *sheet) labels(raters []string, scale stats.Scale) (byRater [][]float64, names []string, err error) {
	if scale != stats.NominalScale {
		for _, r := range raters {
			v, err := s.numbers("--raters", r)
			if err != nil {
				return nil, nil, err
			}
			byRater = append(byRater, v)
		}
		return byRater, nil, nil
	}
	columns := make([]int, len(raters))
	seen := map[string]bool{}
	for i, r := range raters {
		if columns[i], err = s.column("--raters", r); err != nil {
			return nil, nil, err
		}
		for _, row := range s.rows {
			if v := row[columns[i]]; v != "" {
				seen[v] = true
			}
		}
	}
	for name := range seen {
		names = append(names, name)
	}
	slices.Sort(names)
	code := map[string]float64{"": math.NaN()}
	for i, name := range names {
		code[name] = float64(i)
	}
	for _, c := range columns {
		v := make([]float64, len(s.rows))
		for i, row := range s.rows {
			v[i] = code[row[c]]
		}
		byRater = append(byRater, v)
	}
	return byRater, names, nil
}

// crossed counts the items by the labels of two raters.
func crossed(labels [][]float64, names, raters []string) grid {
	counts := make([][]int, len(names))
	for i := range counts {
		counts[i] = make([]int, len(names))
	}
	for u, v := range labels[0] {
		if w := labels[1][u]; !math.IsNaN(v) && !math.IsNaN(w) {
			counts[int(v)][int(w)]++
		}
	}
	g := grid{columns: append([]string{raters[0] + " \\ " + raters[1]}, names...)}
	for i, name := range names {
		row := []string{name}
		for _, k := range counts[i] {
			row = append(row, strconv.Itoa(k))
		}
		g.rows = append(g.rows, row)
	}
	return g
}
