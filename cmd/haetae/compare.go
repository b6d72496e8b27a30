package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"

	"github.com/spf13/cobra"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/results"
	"github.com/sovereign-eval/haetae/results/analysis"
	"github.com/sovereign-eval/haetae/results/report"
)

// compareOptions say what is compared, and how it is told.
type compareOptions struct {
	store      string
	models     []string
	margin     float64 // NaN where it is not asked
	gate       bool
	correction string
	level      float64
	format     string
	file       string
	lang       string
}

func (a *app) compareCmd() *cobra.Command {
	var o compareOptions
	cmd := &cobra.Command{
		Use:   "compare OLD [NEW...]",
		Short: "Is it better? Two or more runs or models, item by item",
		Long: `Compare pairs the samples of two runs, or of two models of one run, item by item,
and tests every metric: NEW − OLD. Of more runs or models it compares every pair and
says which ranks each may truly hold. Items that share a source may be alike; p-values
are corrected for the number of differences; ~ stands where none is shown. Batteries
also have the difference of J, and of harmful compliance under each attack that both
sides understand. It says in
what the sides differ besides, counts and names what is not paired, and what the
missing scores could change. With --margin it also answers whether NEW is no worse than
OLD by that much, and with --gate the exit code says so.`,
		Example: `  haetae compare 20260401-093000-1a2b3c last --margin 0.02
  haetae compare last --model qwen3:8b --model smollm2:135m
  haetae compare last --lang ko -o compare.html`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			switch changed := cmd.Flags().Changed("margin"); {
			case !changed:
				o.margin = math.NaN()
			case !(o.margin >= 0 && o.margin <= 1):
				return harness.Usage(fmt.Errorf("--margin %v: not between 0 and 1", o.margin), "--margin 0.02 is two percentage points.")
			}
			return a.compare(cmd.Context(), args, o)
		},
	}
	fs := cmd.Flags()
	addStoreFlag(fs, &o.store)
	fs.StringArrayVar(&o.models, "model", nil, "model to compare, as given to -m; of one run twice or more: OLD, then NEW (default: all of one run, or those of the same name)")
	fs.Float64Var(&o.margin, "margin", 0, "also answer: is NEW no worse than OLD by this margin? (0.02 is two points)")
	fs.BoolVar(&o.gate, "gate", false, "with --margin: exit code 3 where NEW is shown to be worse by more, 4 where it is not decided")
	fs.StringVar(&o.correction, "correction", "holm", "for the number of differences: holm, hochberg, hommel, bonferroni, sidak, bh or by")
	fs.StringVar(&o.format, "format", "", "text, md, html, json or csv (default: by the extension of -o, else text)")
	fs.StringVarP(&o.file, "output", "o", "", "file to write (default: stdout)")
	fs.StringVar(&o.lang, "lang", env("HAETAE_LANG", "en"), "language: en or ko")
	addLevelFlag(fs, &o.level)
	return cmd
}

// check reads the options that are words or numbers.
func (o compareOptions) check(asJSON bool) (c report.Comparison, f report.Format, err error) {
	if err := checkLevel(o.level); err != nil {
		return c, f, err
	}
	if o.gate && math.IsNaN(o.margin) {
		return c, f, harness.Usage(errors.New("--gate without --margin"), "--margin 0.02 --gate passes what is no worse by two points.")
	}
	c = report.Comparison{Level: o.level, Margin: o.margin, Gated: o.gate}
	if c.Correction, err = correctionOf(o.correction); err != nil {
		return c, f, err
	}
	if c.Lang, err = report.ParseLang(o.lang); err != nil {
		return c, f, harness.Usage(err, "Use --lang en or --lang ko.")
	}
	if f, err = chooseFormat(asJSON, o.format, o.file, report.ParseComparisonFormat, report.ComparisonFormatOf); err != nil {
		return c, f, harness.Usage(err, "Use --format text, md, html, json or csv.")
	}
	return c, f, nil
}

func (a *app) compare(ctx context.Context, args []string, o compareOptions) error {
	c, format, err := o.check(a.asJSON)
	if err != nil {
		return err
	}
	store, err := openStore(o.store, true)
	if err != nil {
		return err
	}
	defer store.Close()
	var runs []results.Run
	for _, id := range args {
		run, err := findRun(ctx, store, id, o.store)
		if err != nil {
			return err
		}
		runs = append(runs, run)
	}
	sets, err := sidesToCompare(runs, o.models)
	if err != nil {
		return err
	}
	if err := compareAll(ctx, store, sets, &c); err != nil {
		return err
	}
	if t := c.Tally(); t.Pairs == 0 {
		return harness.Hint(errors.New("the sides share no item of any task"), "Compare runs of the same tasks; haetae list runs --store %s shows what was measured.", o.store)
	}
	if err := a.writeComparison(c, format, o.file); err != nil {
		return err
	}
	return gateCode(c)
}

// compareAll compares each set of sides; all plain items are one family of tests, all
// under attack another.
func compareAll(ctx context.Context, store results.Store, sets [][]side, c *report.Comparison) error {
	var pairs, attacks []*analysis.Pair
	for _, set := range sets {
		var sources []analysis.Source
		for _, s := range set {
			src := sourceOf(ctx, store, s)
			var err error
			if src.Judges, err = judgesNamed(ctx, store, s.run.ID); err != nil {
				return err
			}
			sources = append(sources, src)
		}
		x, err := analysis.Compare(ctx, c.Level, sources...)
		if err != nil {
			return err
		}
		c.Compared = append(c.Compared, x)
	}
	for i := range c.Compared {
		pairs = append(pairs, c.Compared[i].Pairs()...)
		attacks = append(attacks, c.Compared[i].AttackPairs()...)
	}
	var err error
	if c.Family, err = analysis.Correct(pairs, c.Correction); err != nil {
		return err
	}
	c.AttackFamily, err = analysis.Correct(attacks, c.Correction)
	return err
}

// sourceOf is one model of a run, with its rows task by task.
func sourceOf(ctx context.Context, store results.Store, s side) analysis.Source {
	return analysis.Source{Run: s.run, Model: s.model, Rows: func(task int) iter.Seq2[results.Row, error] {
		return store.Rows(ctx, s.run.ID, results.Query{Model: &s.model, Task: &task})
	}}
}

// writeComparison prints the comparison, or writes it to a file.
func (a *app) writeComparison(c report.Comparison, f report.Format, file string) error {
	if file == "" {
		return c.Write(a.out, f, look(a.out))
	}
	return writeFile(file, func(w io.Writer) error { return c.Write(w, f, report.Options{}) })
}

// gateCode turns the verdicts into an exit code where a gate was asked for.
func gateCode(c report.Comparison) error {
	switch gate := c.Tally().Gate(); {
	case !c.Gated || gate == report.GatePassed:
		return nil
	case gate == report.GateBreached:
		return silent{harness.ExitGate}
	}
	return silent{harness.ExitIncomplete}
}
