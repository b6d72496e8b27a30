package main

import (
	"errors"
	"fmt"
	"math"

	"github.com/spf13/cobra"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/results/stats"
)

// powerOptions describe a planned measurement.
type powerOptions struct {
	difference  float64
	n           int
	sd          float64
	rate        float64
	rho         float64
	within      float64
	epochs      int
	clusterSize float64
	icc         float64
	power       float64
	limit       float64
	failures    int
	trueRate    float64
	level       float64
}

// spreadFlags are the flags of how a difference spreads and how surely it is to be seen, and
// one more.
func spreadFlags(more string) []string {
	return []string{"sd", "rate", "rho", "within", "epochs", "cluster-size", "icc", "power", more}
}

func (a *app) statsPowerCmd() *cobra.Command {
	var o powerOptions
	cmd := &cobra.Command{
		Use:   "power",
		Short: "How many items are needed to see a difference, or to show a low failure rate?",
		Long: `Power plans a comparison of two models on the same items (--difference, or --n for
the smallest difference that n items see), or a limit on a failure rate (--limit).
The spread of the differences between items comes from --sd, or from --rate and
--rho: the share of right answers and the correlation of both models' answers.`,
		Example: `  haetae stats power --difference 0.03
  haetae stats power --n 500 --rate 0.7 --rho 0.5
  haetae stats power --limit 0.01 --failures 1`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.check(cmd.Flags().Changed); err != nil {
				return err
			}
			idleFlags, where := []string{"failures", "true-rate"}, "without --limit"
			switch fs := cmd.Flags(); {
			case !fs.Changed("limit") && fs.Changed("rho") && !fs.Changed("rate"):
				idleFlags, where = []string{"rho"}, "without --rate"
			case fs.Changed("limit") && fs.Changed("n"):
				idleFlags, where = spreadFlags("failures"), "with --limit and --n"
			case fs.Changed("limit"):
				idleFlags, where = spreadFlags("true-rate"), "with --limit alone"
			}
			if err := idle(cmd.Flags(), where, idleFlags...); err != nil {
				return err
			}
			if cmd.Flags().Changed("limit") {
				return a.powerLimit(o, cmd.Flags().Changed("n"))
			}
			return a.powerDifference(o, cmd.Flags().Changed("difference"), cmd.Flags().Changed("sd"), cmd.Flags().Changed("rate"))
		},
	}
	fs := cmd.Flags()
	fs.Float64Var(&o.difference, "difference", 0, "true difference that is to be seen")
	fs.IntVar(&o.n, "n", 0, "items, in place of --difference; or trials of a gate with --limit")
	fs.Float64Var(&o.sd, "sd", 1.0/3, "standard deviation of the item-wise difference of expected scores")
	fs.Float64Var(&o.rate, "rate", 0.5, "share of right answers of both models, in place of --sd")
	fs.Float64Var(&o.rho, "rho", 0.5, "correlation of the answers of both models, with --rate")
	fs.Float64Var(&o.within, "within", 0, "variance of one item's score from sampling answers, each model")
	fs.IntVar(&o.epochs, "epochs", 1, "answers sampled for each item, with --within")
	fs.Float64Var(&o.clusterSize, "cluster-size", 1, "items that share a source")
	fs.Float64Var(&o.icc, "icc", 0, "how alike the items of a source are, 0 to 1")
	fs.Float64Var(&o.power, "power", 0.8, "probability of seeing the difference")
	fs.Float64Var(&o.limit, "limit", 0, "failure rate to stay below")
	fs.IntVar(&o.failures, "failures", 0, "failures to tolerate, with --limit")
	fs.Float64Var(&o.trueRate, "true-rate", 0, "the model's true failure rate, with --limit and --n")
	addLevelFlag(fs, &o.level)
	return cmd
}

func (o powerOptions) check(changed func(string) bool) error {
	bad := func(remedy, format string, args ...any) error {
		return harness.Usage(fmt.Errorf(format, args...), "%s", remedy)
	}
	open := func(v float64) bool { return v > 0 && v < 1 }
	switch {
	case !changed("difference") && !changed("n") && !changed("limit"):
		return harness.Usage(errors.New("what is to be planned?"), "Give --difference, --n or --limit, for example: haetae stats power --difference 0.03")
	case changed("difference") && !(o.difference > 0 && !math.IsInf(o.difference, 0)):
		return bad("--difference 0.03 is three points of a share.", "--difference %v: more than 0", o.difference)
	case changed("difference") && (changed("n") || changed("limit")):
		return harness.Usage(errors.New("--difference with --n or --limit"), "Ask one question at a time.")
	case changed("n") && o.n < 2:
		return bad("--n is a number of items.", "--n %d: at least 2", o.n)
	case changed("limit") && !open(o.limit):
		return bad("--limit 0.01 is one percent.", "--limit %v: not between 0 and 1", o.limit)
	case changed("sd") && changed("rate"):
		return harness.Usage(errors.New("both --sd and --rate"), "Give one of them.")
	case !(o.sd > 0) || math.IsInf(o.sd, 0) || !(o.within >= 0) || math.IsInf(o.within, 0):
		return bad("They are spreads of scores.", "--sd %v, --within %v: not negative, --sd more than 0", o.sd, o.within)
	case !open(o.rate) || !(o.rho >= -1 && o.rho < 1):
		return bad("For example --rate 0.7 --rho 0.5.", "--rate %v, --rho %v: a share and a correlation below 1", o.rate, o.rho)
	case o.epochs < 1 || o.failures < 0:
		return bad("They are counts.", "--epochs %d, --failures %d: at least 1 and 0", o.epochs, o.failures)
	case !(o.clusterSize >= 1) || math.IsInf(o.clusterSize, 0) || !(o.icc >= 0 && o.icc <= 1):
		return bad("For example --cluster-size 5 --icc 0.2.", "--cluster-size %v, --icc %v: at least 1, and from 0 to 1", o.clusterSize, o.icc)
	case !open(o.power):
		return bad("80 % is --power 0.8.", "--power %v: not between 0 and 1", o.power)
	case !(o.trueRate >= 0 && o.trueRate < 1):
		return bad("--true-rate 0.002 is two in a thousand.", "--true-rate %v: from 0 to below 1", o.trueRate)
	}
	return checkLevel(o.level)
}

func (a *app) powerDifference(o powerOptions, wanted, sd, rate bool) error {
	omega2 := o.sd * o.sd
	spread := fmt.Sprintf("the difference of an item has a standard deviation of %s", num(o.sd))
	switch {
	case rate:
		omega2 = 2 * o.rate * (1 - o.rate) * (1 - o.rho)
		spread = fmt.Sprintf("both models are right on %s of items, with a correlation of %s: variance 2p(1−p)(1−ρ) = %s", percentOf(o.rate), num(o.rho), num(omega2))
	case !sd:
		spread += " (the default of Miller 2024; measure your own in a pilot)"
	}
	d := stats.Design{Omega2: omega2, Sigma2A: o.within, Sigma2B: o.within, KA: o.epochs, KB: o.epochs, Alpha: 1 - o.level, Power: o.power}
	deff := stats.DesignEffect(o.clusterSize, o.icc)
	d.Inflate = deff
	x := answer{assumption: "both models answer the same items; " + spread}
	if deff > 1 {
		x.assumption += fmt.Sprintf("; %g items share a source with intraclass correlation %g (design effect %s)", o.clusterSize, o.icc, num(deff))
	}
	result := map[string]any{"variance": omega2, "within": o.within, "epochs": o.epochs, "design_effect": deff, "power": o.power, "level": o.level}
	if wanted {
		n := math.Ceil(d.Questions(o.difference) - 1e-9)
		x.question = fmt.Sprintf("how many items show a true difference of %s?", num(o.difference))
		x.headline = fmt.Sprintf("%.0f items", n)
		if n == 1 {
			x.headline = "1 item"
		}
		result["items"], result["difference"] = n, o.difference
	} else {
		mde := d.MDE(o.n)
		x.question = fmt.Sprintf("which difference do %d items show?", o.n)
		x.headline = fmt.Sprintf("%s is the smallest true difference that %d items show", num(mde), o.n)
		result["items"], result["difference"] = o.n, finiteOr(mde)
	}
	x.fewItems(d, o, wanted, deff)
	x.fact("method", "(z(α/2) + z(β))² · (ω² + 2σ²/K) / δ², Miller 2024")
	x.fact("power", "%s at two-sided error rate %s", percentOf(o.power), percentOf(1-o.level))
	x.warn("plan", "a plan is as good as its spread: too small a guess leaves the comparison blind")
	x.result = result
	return a.say(x)
}

// fewItems warns of a plan that is too small for the normal law.
func (x *answer) fewItems(d stats.Design, o powerOptions, wanted bool, deff float64) {
	student := d
	student.Student = true
	const enough = 100
	if wanted {
		if d.Questions(o.difference) < enough*deff {
			x.warn("few_items", "the formula takes the spread for known: with so few items Student's t needs %.0f (z²/2 more, Guenther 1981)", math.Ceil(student.Questions(o.difference)))
		}
		return
	}
	switch mde := student.MDE(o.n); {
	case math.IsNaN(mde):
		x.warn("few_items", "the formula takes the spread for known: so few items show nothing to Student's t")
	case float64(o.n) < enough*deff:
		x.warn("few_items", "the formula takes the spread for known: so few items show %s to Student's t (z²/2 items fewer, Guenther 1981)", num(mde))
	}
}

// powerLimit plans a test of a failure rate.
func (a *app) powerLimit(o powerOptions, fixed bool) error {
	x := answer{assumption: "independent trials of one model, drawn at random from what is to be vouched for"}
	if !fixed {
		n := stats.FailureSize(o.limit, o.level, o.failures)
		if n < 0 {
			return harness.Usage(fmt.Errorf("no number of trials below 2^53 shows a rate below %v", o.limit), "Choose a higher --limit.")
		}
		x.question = fmt.Sprintf("how many trials with at most %s show a failure rate below %s?", plural(o.failures, "failure"), percentOf(o.limit))
		x.headline = fmt.Sprintf("%d trials", n)
		x.fact("method", "smallest n with P(Binomial(n, limit) ≤ failures) ≤ 1 − level, exact")
		x.fact("level", "%s, one-sided", percentOf(o.level))
		x.result = map[string]any{"trials": n, "failures": o.failures, "limit": o.limit, "level": o.level}
		x.warn("plan", "a model whose true rate is just below the limit seldom passes: see --n with --true-rate")
		return a.say(x)
	}
	if o.n > 10_000_000 {
		return harness.Usage(fmt.Errorf("--n %d: more than 10,000,000", o.n), "Plan a smaller gate.")
	}
	g := stats.PlanGate(o.n, o.limit, o.trueRate, 1-o.level)
	x.question = fmt.Sprintf("which result in %d trials shows a failure rate below %s?", o.n, percentOf(o.limit))
	x.headline = fmt.Sprintf("at most %s; a model that fails in %s passes with probability %s", plural(g.MaxFailures, "failure"), percentOf(o.trueRate), num(g.Power))
	if g.MaxFailures < 0 {
		x.headline = fmt.Sprintf("none: %d trials are too few, at least %d without a failure are needed", o.n, stats.ZeroFailureSize(o.limit, o.level))
	}
	x.fact("method", "exact binomial")
	x.fact("error rate", "%s: a model at the limit passes with this probability", num(g.Alpha))
	x.result = map[string]any{"trials": o.n, "max_failures": g.MaxFailures, "power": finiteOr(g.Power), "alpha": finiteOr(g.Alpha), "limit": o.limit, "true_rate": o.trueRate, "level": o.level}
	return a.say(x)
}
