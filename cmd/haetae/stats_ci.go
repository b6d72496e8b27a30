package main

import (
	"errors"
	"fmt"
	"math"

	"github.com/spf13/cobra"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/results/stats"
)

// ciOptions say what the data of an interval are.
type ciOptions struct {
	successes, n int
	column       string
	cluster      string
	assume       string
	exact        bool
	scale        []float64
	judge        string
	human        string
	inclusion    string
	population   bool
	level        float64
}

func (a *app) statsCICmd() *cobra.Command {
	var o ciOptions
	cmd := &cobra.Command{
		Use:   "ci [FILE]",
		Short: "How good is it, and how sure are we? A share or a mean with its interval",
		Long: `Ci gives a share or a mean with its interval, from counts or from a column of
scores. Rows that share a source (a passage, a template, a question asked again)
are not independent: name the column that says so with --cluster. With --judge
and --human the rate is corrected for the errors of a judge by the human labels
of a random sample of the rows.`,
		Example: `  haetae stats ci --successes 81 --n 263
  haetae stats ci scores.csv --column score --cluster topic
  haetae stats ci judged.csv --judge verdict --human label`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return a.statsCI(cmd, args, o) },
	}
	fs := cmd.Flags()
	fs.IntVar(&o.successes, "successes", 0, "number of successes, in place of a file")
	fs.IntVar(&o.n, "n", 0, "number of trials, with --successes")
	fs.StringVar(&o.column, "column", "", "column with the scores")
	fs.StringVar(&o.cluster, "cluster", "", "column that says which rows share a source")
	fs.StringVar(&o.assume, "assume", "auto", "what the scores are: proportion (each 0 or 1), score (graded), epochs (each cluster is one question asked several times), or auto")
	fs.BoolVar(&o.exact, "exact", false, "Clopper-Pearson in place of Wilson: never below the level, wider")
	fs.Float64SliceVar(&o.scale, "range", nil, "lowest and highest possible score, such as 1,5")
	fs.StringVar(&o.judge, "judge", "", "column with a judge's verdicts on all rows, 0 to 1")
	fs.StringVar(&o.human, "human", "", "column with human labels, empty where nobody labelled")
	fs.StringVar(&o.inclusion, "inclusion", "", "column with each row's probability of being chosen for a label (default: all alike)")
	fs.BoolVar(&o.population, "population", false, "with --judge: ask about the population behind the rows, not about these rows")
	addLevelFlag(fs, &o.level)
	return cmd
}

func (a *app) statsCI(cmd *cobra.Command, args []string, o ciOptions) error {
	if err := checkLevel(o.level); err != nil {
		return err
	}
	counts := cmd.Flags().Changed("successes") || cmd.Flags().Changed("n")
	switch {
	case counts && len(args) > 0:
		return harness.Usage(errors.New("both a file and counts"), "Give a file, or --successes and --n.")
	case counts:
		if err := idle(cmd.Flags(), "on counts", "column", "cluster", "assume", "range", "judge", "human", "inclusion", "population"); err != nil {
			return err
		}
		return a.ciCounts(o)
	case len(args) == 0:
		return errNoFile("haetae stats ci --successes 81 --n 263")
	case (o.judge == "") != (o.human == ""):
		return harness.Usage(errors.New("--judge and --human go together"), "Name the judge's column and the column with human labels.")
	}
	idleFlags, where := []string{"inclusion", "population"}, "without --judge"
	if o.judge != "" {
		idleFlags, where = []string{"column", "assume", "range", "exact"}, "with --judge"
	}
	if err := idle(cmd.Flags(), where, idleFlags...); err != nil {
		return err
	}
	s, err := a.readSheet(args[0])
	if err != nil {
		return err
	}
	if o.judge != "" {
		return a.ciJudge(s, o)
	}
	return a.ciScores(s, o)
}

func (a *app) ciCounts(o ciOptions) error {
	if o.n < 1 || o.successes < 0 || o.successes > o.n {
		return harness.Usage(fmt.Errorf("%d successes in %d trials", o.successes, o.n), "--successes is from 0 to --n, and --n at least 1.")
	}
	x := answer{question: "what share of trials succeeds?", assumption: "independent trials, each a success or not"}
	if o.n > 10_000_000 {
		return harness.Usage(fmt.Errorf("--n %d: more than 10,000,000", o.n), "At that size what an interval leaves out is larger than the interval.")
	}
	values := make([]float64, o.n)
	for i := range o.successes {
		values[i] = 1
	}
	x.estimated(stats.IndependentProportion{Exact: o.exact}.Summary(stats.Obs{Values: values}, o.level))
	return a.say(x)
}

func (a *app) ciScores(s *sheet, o ciOptions) error {
	values, err := s.numbers("--column", o.column)
	if err != nil {
		return err
	}
	clusters, err := s.clusters(o.cluster)
	if err != nil {
		return err
	}
	x := answer{}
	how, err := o.assumption(values, &x)
	if err != nil {
		return err
	}
	x.estimated(how.Summary(stats.Obs{Values: values, Clusters: clusters}, o.level))
	return a.say(x)
}

// assumption chooses what to assume of scores, and says so.
func (o ciOptions) assumption(values []float64, x *answer) (stats.Assumption, error) {
	lo, hi, err := scaleOf(o.scale)
	if err != nil {
		return nil, err
	}
	kind := o.assume
	if kind == "auto" {
		kind = "score"
		if isBinary(values) {
			kind = "proportion"
		}
	}
	independent := "; rows are independent: name --cluster if some share a source"
	if o.cluster != "" {
		independent = "; rows of one " + o.cluster + " may be alike, different ones are independent"
	}
	switch kind {
	case "proportion":
		x.question, x.assumption = "what share of rows succeeds?", "each score is 0 or 1"+independent
		switch {
		case len(o.scale) > 0:
			return nil, harness.Usage(errors.New("--range has no effect on scores of 0 and 1"), "Say --assume score if they are grades of a wider scale.")
		case o.cluster != "" && o.exact:
			return nil, harness.Usage(errors.New("--exact with --cluster: an exact interval takes every row for a trial of its own"), "Leave --exact out: with few clusters or events each cluster is one exact trial.")
		case o.cluster != "":
			return stats.ClusteredProportion{}, nil
		}
		return stats.IndependentProportion{Exact: o.exact}, nil
	case "score":
		if o.exact {
			return nil, errExactMean()
		}
		x.question, x.assumption = "what is the mean score?", "graded scores"+independent
		return stats.GradedScore{Min: lo, Max: hi}, nil
	case "epochs":
		if o.exact {
			return nil, errExactMean()
		}
		if o.cluster == "" {
			return nil, harness.Usage(errors.New("--assume epochs: which question does a row belong to?"), "Name its column with --cluster.")
		}
		x.question, x.assumption = "what is the mean over questions?", "every "+o.cluster+" is a question that was asked several times; questions are independent and count alike"
		return stats.RepeatedEpochs{Min: lo, Max: hi}, nil
	}
	known := []string{"auto", "proportion", "score", "epochs"}
	return nil, harness.Usage(fmt.Errorf("unknown --assume %q", o.assume), "%s", suggest(o.assume, known, "There are auto, proportion, score and epochs."))
}

// errExactMean refuses --exact for means.
func errExactMean() error {
	return harness.Usage(errors.New("--exact: not for means"), "Exact intervals are of shares, of scores that are 0 or 1.")
}

// scaleOf reads --range; 0, 0 stands for an unknown range.
func scaleOf(r []float64) (lo, hi float64, err error) {
	if len(r) == 0 {
		return 0, 0, nil
	}
	if len(r) != 2 || !(r[0] < r[1]) || math.IsInf(r[0], 0) || math.IsInf(r[1], 0) {
		return 0, 0, harness.Usage(fmt.Errorf("--range %v: not a lowest and a highest score", r), "For grades from 1 to 5: --range 1,5")
	}
	return r[0], r[1], nil
}

// ciJudge corrects a judge's rate by human labels.
func (a *app) ciJudge(s *sheet, o ciOptions) error {
	audit := stats.JudgeAudit{Population: o.population}
	var err error
	if audit.Judge, err = s.numbers("--judge", o.judge); err != nil {
		return err
	}
	if audit.Human, err = s.numbers("--human", o.human); err != nil {
		return err
	}
	if o.inclusion != "" {
		if audit.Inclusion, err = s.numbers("--inclusion", o.inclusion); err != nil {
			return err
		}
	}
	if audit.Clusters, err = s.clusters(o.cluster); err != nil {
		return err
	}
	e := stats.JudgeCorrected(audit, o.level)
	x := answer{question: "what rate would people have found, given that the judge errs?",
		assumption: "the labelled rows are a random sample, drawn with the stated probabilities; labels that someone picked are not"}
	if o.inclusion == "" {
		x.assumption += " (all rows had the same)"
	}
	x.estimated(e.Estimate)
	x.fact("the judge alone", "%s over all rows, uncorrected", num(e.Raw))
	x.fact("the labels alone", "%s over %d labelled rows", num(e.LabelsOnly), e.Labelled)
	x.fact("judge errors", "%d of %d labelled rows", e.Errors, e.Labelled)
	x.result = map[string]any{"estimate": e.Estimate, "judge_alone": finiteOr(e.Raw), "labels_alone": finiteOr(e.LabelsOnly),
		"labelled": e.Labelled, "judge_errors": e.Errors, "lambda": finiteOr(e.Lambda)}
	return a.say(x)
}
