package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/results"
	"github.com/sovereign-eval/haetae/results/analysis"
	"github.com/sovereign-eval/haetae/results/stats"
)

// compareOptions say what is compared, and how it is told.
type compareOptions struct {
	store      string
	models     []string
	margin     float64
	correction string
	level      float64
	format     string
	file       string
}

func (a *app) compareCmd() *cobra.Command {
	var o compareOptions
	cmd := &cobra.Command{
		Use:   "compare OLD [NEW]",
		Short: "Is it better? Two runs, or two models of one run, item by item",
		Long: `Compare pairs the samples of two runs, or of two models of one run, item by item,
and tests every metric: NEW − OLD. Items that share a source may be alike; p-values
are corrected for the number of metrics; ~ stands where no difference is shown. It
says in what the two sides differ besides, and counts and names what is not paired.
With --margin it also answers whether NEW is no worse than OLD by that much.`,
		Example: `  haetae compare 20260401-093000-1a2b3c last --margin 0.02
  haetae compare last --model qwen3:8b --model smollm2:135m`,
		Args: cobra.RangeArgs(1, 2),
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
	fs.StringArrayVar(&o.models, "model", nil, "model to compare, as given to -m; twice: OLD, then NEW (default: the models of the same name)")
	fs.Float64Var(&o.margin, "margin", 0, "also answer: is NEW no worse than OLD by this margin? (0.02 is two points)")
	fs.StringVar(&o.correction, "correction", "holm", "for the number of metrics: holm, hochberg, hommel, bonferroni, sidak, bh or by")
	fs.StringVar(&o.format, "format", "", "text, md or json (default: by the extension of -o, else text)")
	fs.StringVarP(&o.file, "output", "o", "", "file to write (default: stdout)")
	addLevelFlag(fs, &o.level)
	return cmd
}

func (a *app) compare(ctx context.Context, args []string, o compareOptions) error {
	if err := checkLevel(o.level); err != nil {
		return err
	}
	by, err := correctionOf(o.correction)
	if err != nil {
		return err
	}
	format, err := o.resolve(a.asJSON)
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
	d := difference{old: runs[0], now: runs[len(runs)-1], o: o, by: by}
	pairs, err := modelPairs(runs, o.models)
	if err != nil {
		return err
	}
	for _, p := range pairs {
		c, err := analysis.Compare(ctx, sourceOf(ctx, store, d.old, p[0]), sourceOf(ctx, store, d.now, p[1]), o.level)
		if err != nil {
			return err
		}
		d.pairs = append(d.pairs, c)
	}
	figures := d.figures()
	if err := analysis.Correct(figures, by); err != nil {
		return err
	}
	if len(figures) == 0 {
		return harness.Hint(errors.New("the two sides share no item of any task"), "Compare runs of the same tasks; haetae list runs --store %s shows what was measured.", o.store)
	}
	return a.writeDifference(d, format)
}

// resolve settles the format.
func (o compareOptions) resolve(asJSON bool) (string, error) {
	f := o.format
	switch {
	case asJSON:
		f = "json"
	case f == "" && o.file != "":
		_, f, _ = strings.Cut(o.file[strings.LastIndex(o.file, "/")+1:], ".")
		f = f[strings.LastIndex(f, ".")+1:]
		if f == "txt" {
			f = "text"
		}
	case f == "":
		f = "text"
	}
	switch f {
	case "text", "md", "json":
		return f, nil
	}
	return "", harness.Usage(fmt.Errorf("unknown format %q", f), "Use --format text, md or json.")
}

// sourceOf is one model of a run, with its rows task by task.
func sourceOf(ctx context.Context, store results.Store, run results.Run, model int) analysis.Source {
	return analysis.Source{Run: run, Model: model, Rows: func(task int) iter.Seq2[results.Row, error] {
		return store.Rows(ctx, run.ID, results.Query{Model: &model, Task: &task})
	}}
}

// modelPairs chooses which models are compared, as places in OLD and NEW.
func modelPairs(runs []results.Run, wanted []string) ([][2]int, error) {
	old, now := runs[0], runs[len(runs)-1]
	one := len(runs) == 1
	switch {
	case len(wanted) > 2:
		return nil, harness.Usage(fmt.Errorf("%d models are named", len(wanted)), "Name two with --model: OLD, then NEW.")
	case one && len(wanted) == 0 && len(old.Models) == 2:
		return [][2]int{{0, 1}}, nil
	case one && len(wanted) < 2:
		return nil, harness.Usage(fmt.Errorf("one run has nothing to be compared with but its models; it has %s", some(specs(old))), "Name two of its models with --model A --model B, or a second run.")
	case len(wanted) > 0:
		a, err := modelOf(old, wanted[0])
		if err != nil {
			return nil, err
		}
		b, err := modelOf(now, wanted[len(wanted)-1])
		if err != nil {
			return nil, err
		}
		if one && a == b {
			return nil, harness.Usage(fmt.Errorf("model %s is compared with itself", wanted[0]), "Name two different models.")
		}
		return [][2]int{{a, b}}, nil
	case len(old.Models) == 1 && len(now.Models) == 1:
		return [][2]int{{0, 0}}, nil
	}
	var out [][2]int
	for i, m := range old.Models {
		for k, n := range now.Models {
			if m.Spec == n.Spec {
				out = append(out, [2]int{i, k})
			}
		}
	}
	if out == nil {
		return nil, harness.Usage(fmt.Errorf("no model is in both runs: OLD has %s, NEW has %s", some(specs(old)), some(specs(now))), "Name them with --model OLD --model NEW.")
	}
	return out, nil
}

func specs(r results.Run) []string {
	var out []string
	for _, m := range r.Models {
		out = append(out, m.Spec)
	}
	return out
}

func modelOf(r results.Run, name string) (int, error) {
	for i, m := range r.Models {
		if m.Spec == name || m.Identity.Name == name {
			return i, nil
		}
	}
	return 0, harness.Usage(fmt.Errorf("run %s has no model %q", r.ID, name), "%s", suggest(name, specs(r), "It has "+strings.Join(specs(r), ", ")+"."))
}

// difference is everything that compare has to tell.
type difference struct {
	old, now results.Run
	o        compareOptions
	by       stats.Correction
	pairs    []analysis.Compared
}

// figures are all that are compared, one family.
func (d difference) figures() []*analysis.PairedFigure {
	var out []*analysis.PairedFigure
	for i := range d.pairs {
		for t := range d.pairs[i].Tasks {
			for f := range d.pairs[i].Tasks[t].Figures {
				out = append(out, &d.pairs[i].Tasks[t].Figures[f])
			}
		}
	}
	return out
}
