package main

import (
	"errors"
	"fmt"
	"math"

	"github.com/spf13/cobra"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/results/stats"
)

// gateOptions fix a gate on a failure rate.
type gateOptions struct {
	limit    float64
	failures int
	n        int
	column   string
	cluster  string
	bet      string
	pool     int
	level    float64
}

func (a *app) statsGateCmd() *cobra.Command {
	var o gateOptions
	cmd := &cobra.Command{
		Use:   "gate [FILE]",
		Short: "Is the failure rate below the limit?",
		Long: `Gate decides whether a failure rate is below a limit: from counts that were planned
beforehand, or from a column of outcomes (1 is a failure) fed one row after the
other, where it stops at the first row that decides. Rows must be in random order.
With --cluster whole clusters are fed, each as the share of its rows that failed, so
that failures that come together do not pass for independent evidence. The exit code is 0 where the gate passes and 3 where it fails or is undecided.`,
		Example: "  haetae stats gate --limit 0.01 --failures 0 --n 299\n  haetae stats gate outcomes.csv --column failed --limit 0.05",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			counts := cmd.Flags().Changed("n") || cmd.Flags().Changed("failures")
			if counts && len(args) == 0 {
				if err := idle(cmd.Flags(), "on counts", "column", "cluster", "bet", "pool"); err != nil {
					return err
				}
			}
			return a.statsGate(args, counts, o)
		},
	}
	fs := cmd.Flags()
	fs.Float64Var(&o.limit, "limit", 0, "failure rate that must not be reached, such as 0.01")
	fs.IntVar(&o.failures, "failures", 0, "failures seen, in place of a file")
	fs.IntVar(&o.n, "n", 0, "trials, fixed before the first one, with --failures")
	fs.StringVar(&o.column, "column", "", "column of a file with the outcomes: 1 is a failure")
	fs.StringVar(&o.cluster, "cluster", "", "column that says which rows share a source; clusters must be in random order")
	fs.StringVar(&o.bet, "bet", string(stats.MixtureBet), "of a file: mixture (a few failures delay a pass), or all_in (soonest if nothing fails, never after a failure)")
	fs.IntVar(&o.pool, "pool", 0, "of a file: items in the fixed pool that the rows were drawn from, without replacement")
	addLevelFlag(fs, &o.level)
	return cmd
}

func (a *app) statsGate(args []string, counts bool, o gateOptions) error {
	if err := checkLevel(o.level); err != nil {
		return err
	}
	switch {
	case !(o.limit > 0 && o.limit < 1):
		return harness.Usage(fmt.Errorf("--limit %v: not between 0 and 1", o.limit), "--limit 0.01 is a failure rate of one percent.")
	case counts && len(args) > 0:
		return harness.Usage(errors.New("both a file and counts"), "Give a file, or --failures and --n.")
	case counts:
		return a.gateCounts(o)
	case len(args) == 0:
		return errNoFile("haetae stats gate --limit 0.01 --failures 0 --n 299")
	}
	return a.gateFile(args[0], o)
}

func (a *app) gateCounts(o gateOptions) error {
	if o.n < 1 || o.failures < 0 || o.failures > o.n {
		return harness.Usage(fmt.Errorf("%d failures in %d trials", o.failures, o.n), "--failures is from 0 to --n, and --n at least 1.")
	}
	upper := stats.UpperBound(o.failures, o.n, o.level)
	lower := 1 - stats.UpperBound(o.n-o.failures, o.n, o.level) // one-sided, as the upper bound
	state := stats.GateOpen
	switch {
	case upper < o.limit:
		state = stats.GatePassed
	case lower > o.limit:
		state = stats.GateFailed
	}
	x := answer{question: fmt.Sprintf("is the failure rate below %s?", percentOf(o.limit)),
		assumption: "independent trials whose number was fixed beforehand"}
	x.gated(state, o)
	if state == stats.GateOpen && stats.UpperBound(0, o.n, o.level) >= o.limit {
		x.headline = fmt.Sprintf("undecided: %d trials cannot show a failure rate below %s, even without a failure", o.n, percentOf(o.limit))
	}
	x.fact("failures", "%d of %d", o.failures, o.n)
	x.fact("failure rate", "%s, below %s at %s confidence (one-sided)", num(float64(o.failures)/float64(o.n)), num(upper), percentOf(o.level))
	x.fact("method", "clopper-pearson, one-sided")
	needed := stats.FailureSize(o.limit, o.level, o.failures)
	x.fact("needed", "%d trials with no more failures would pass", needed)
	if needed < 0 {
		x.facts[len(x.facts)-1][1] = "no number of trials below 2^53 would pass"
	}
	x.result = map[string]any{"state": state, "n": o.n, "failures": o.failures, "limit": o.limit, "upper": finiteOr(upper), "lower": finiteOr(lower), "level": o.level,
		"method": "clopper-pearson, one-sided", "needed": needed}
	return a.decide(x, state)
}

// gated says what the gate decided.
func (x *answer) gated(state stats.GateState, o gateOptions) {
	x.headline = map[stats.GateState]string{
		stats.GatePassed: fmt.Sprintf("pass: the failure rate is shown to be below %s", percentOf(o.limit)),
		stats.GateFailed: fmt.Sprintf("fail: the failure rate is shown to be above %s", percentOf(o.limit)),
		stats.GateOpen:   fmt.Sprintf("undecided: neither below nor above %s is shown", percentOf(o.limit)),
	}[state]
}

// decide prints the answer; only a pass has exit code 0.
func (a *app) decide(x answer, state stats.GateState) error {
	if err := a.say(x); err != nil {
		return err
	}
	if state != stats.GatePassed {
		return silent{harness.ExitGate}
	}
	return nil
}

func (a *app) gateFile(path string, o gateOptions) error {
	s, err := a.readSheet(path)
	if err != nil {
		return err
	}
	outcomes, err := s.numbers("--column", o.column)
	if err != nil {
		return err
	}
	if o.pool > 0 && len(outcomes) > o.pool && o.cluster == "" {
		return harness.Usage(fmt.Errorf("%s has %d rows, drawn from --pool %d", s.name, len(outcomes), o.pool), "Without replacement there are at most as many rows as items in the pool.")
	}
	for i, v := range outcomes {
		if v != 0 && v != 1 {
			held := num(v)
			if math.IsNaN(v) {
				held = "no outcome"
			}
			return s.wrong(s.lines[i], "An outcome is 1 (failure) or 0. One that could not be decided counts as a failure, or stays out of the file and is reported beside the gate.", "column %s holds %s", o.column, held)
		}
	}
	alpha := math.Round((1-o.level)*1e12) / 1e12 // 0.05, not 0.050000000000000044
	plan := stats.GateSpec{Limit: o.limit, Alpha: alpha, AlphaFail: alpha, Bet: stats.GateBet(o.bet), Pool: o.pool, MaxSamples: len(outcomes)}
	if o.cluster != "" {
		return a.gateClusters(s, outcomes, plan, o)
	}
	g, err := stats.NewGate(plan)
	if err != nil {
		return harness.Usage(err, "--bet is mixture or all_in; --pool is at least the number of rows, 0 for a stream.")
	}
	needed := g.Status().CleanToPass
	for _, v := range outcomes {
		state, err := g.Observe(v == 1)
		if err != nil {
			return fmt.Errorf("gate on %s: %w", s.name, err)
		}
		if state != stats.GateOpen {
			break
		}
	}
	x := answer{assumption: "rows are in random order, from one population; the gate may look after each"}
	t := g.Status()
	x.fact("failures", "%d of the first %d rows; %d rows were not needed", t.Failures, t.N, len(outcomes)-t.N)
	x.sequential(t, float64(t.Failures)/float64(max(t.N, 1)), o)
	x.open(t, "rows", len(outcomes), needed, o)
	return a.decide(x, t.State)
}

// sequential fills an answer with what a gate says that may look at any time.
func (x *answer) sequential(t stats.GateStatus, rate float64, o gateOptions) {
	x.question = fmt.Sprintf("is the failure rate below %s?", percentOf(o.limit))
	x.gated(t.State, o)
	x.fact("failure rate", "%s %s at %s confidence, valid at any time", num(rate), between(t.Rate.Lower, t.Rate.Upper), percentOf(o.level))
	x.fact("method", "%s", t.Method)
	x.fact("guarantee", "%s", t.Guarantee)
	x.result = explained(map[string]any{"state": t.State, "n": t.N, "failures": t.Failures, "limit": o.limit, "lower": finiteOr(t.Rate.Lower), "upper": finiteOr(t.Rate.Upper),
		"level": o.level, "method": t.Method, "guarantee": t.Guarantee, "e_pass": finiteOr(t.EPass), "e_fail": finiteOr(t.EFail),
		"p_pass": finiteOr(t.PPass), "p_fail": finiteOr(t.PFail), "clean_to_pass": t.CleanToPass, "unused": t.SamplesUnused},
		map[string]string{"e_pass": "infinite: what is left of the pool cannot change it", "e_fail": "infinite: what is left of the pool cannot change it"})
}

// open says what an undecided gate lacks. needed is how many clean rows would have
// passed it from the start; -1 where more are needed than there are.
func (x *answer) open(t stats.GateStatus, what string, have, needed int, o gateOptions) {
	if t.State != stats.GateOpen {
		return
	}
	switch {
	case t.CleanToPass > 0:
		x.fact("needed", "%d more %s, all without a failure, would pass", t.CleanToPass, what)
	case needed < 0:
		x.headline = fmt.Sprintf("undecided: %d %s cannot show a failure rate below %s, even without a failure", have, what, percentOf(o.limit))
	}
}

// gateClusters feeds clusters in the order of their first rows.
func (a *app) gateClusters(s *sheet, outcomes []float64, plan stats.GateSpec, o gateOptions) error {
	clusters, err := s.clusters(o.cluster)
	if err != nil {
		return err
	}
	shares, sizes := sharesOf(outcomes, clusters)
	plan.MaxSamples = len(shares)
	g, err := stats.NewClusterGate(plan)
	if err != nil {
		return harness.Usage(err, "--bet is mixture or all_in; --pool is for rows without --cluster.")
	}
	needed := g.Status().CleanToPass
	rows, sum := 0, 0.0
	for c, share := range shares {
		state, err := g.Observe(share)
		if err != nil {
			return fmt.Errorf("gate on %s: %w", s.name, err)
		}
		rows, sum = rows+sizes[c], sum+share
		if state != stats.GateOpen {
			break
		}
	}
	t := g.Status()
	x := answer{assumption: "clusters of " + o.cluster + " are in random order and independent, rows within one may be alike; each cluster counts once, whatever its size"}
	x.fact("failures", "in %d of the first %d clusters (%d rows); %d clusters were not needed", t.Failures, t.N, rows, len(shares)-t.N)
	x.sequential(t, sum/float64(max(t.N, 1)), o)
	x.open(t, "clusters", len(shares), needed, o)
	return a.decide(x, t.State)
}

// sharesOf are the shares of failures and the sizes of clusters, numbered from 0.
func sharesOf(outcomes []float64, clusters []int32) (shares []float64, sizes []int) {
	for i, c := range clusters {
		if int(c) == len(shares) {
			shares, sizes = append(shares, 0), append(sizes, 0)
		}
		shares[c] += outcomes[i]
		sizes[c]++
	}
	for c := range shares {
		shares[c] /= float64(sizes[c])
	}
	return shares, sizes
}
