package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/results"
	"github.com/sovereign-eval/haetae/results/analysis"
	"github.com/sovereign-eval/haetae/safetyevals/judge"
)

// judgeOptions are the flags of haetae judge RUN.
type judgeOptions struct {
	judgeFlags
	all         bool
	allowSelf   bool
	minFamilies int
	seed        int64
}

func (a *app) judgeCmd() *cobra.Command {
	var o judgeOptions
	cmd := &cobra.Command{
		Use:   "judge RUN --judge MODEL...",
		Short: "Let models judge the stored answers that the screen left undecided",
		Long: `Judge asks models what the stored answers of a run's safety tasks did with their
requests, and keeps every verdict with the judge's identity and raw words. It can
be interrupted and repeated: what has a verdict of the same judge is not asked
again. Votes are combined by a rule that is fixed before the first verdict: a
majority of at least two families of judges, else the answer stays unscored.

A judge never judges its own answers, nor those of its base or family, unless
--allow-self. Guards vote on harmful items of the categories and languages that
they cover, and in other languages only after haetae judge calibrate.`,
		Example: `  haetae judge last --judge llama-guard3:8b --judge qwen3:8b
  haetae judge last --judge qwen3:8b --protocol stance --min-families 1`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return harness.Usage(fmt.Errorf("judge: %d runs are named", len(args)), "Usage: %s", cmd.UseLine())
			}
			if o.minFamilies < 1 {
				return harness.Usage(fmt.Errorf("--min-families %d: at least 1", o.minFamilies), "The default is 2.")
			}
			return a.judge(cmd.Context(), args[0], o, cmd.Flags().Changed("seed"))
		},
	}
	cmd.AddCommand(a.judgeExamCmd(), a.judgeCalibrateCmd())
	fs := cmd.Flags()
	addJudgeFlags(fs, &o.judgeFlags)
	fs.BoolVar(&o.all, "all", false, "judge the answers that the screen decided, too; their outcome stays the screen's")
	fs.BoolVar(&o.allowSelf, "allow-self", false, "let a judge judge answers of itself, its base or its family; told in the report")
	fs.IntVar(&o.minFamilies, "min-families", judge.DefaultRule().MinFamilies, "families of judges that must agree")
	fs.Int64Var(&o.seed, "seed", 0, "seed of order and fences (default: the run's)")
	return cmd
}

// judging is one call of haetae judge.
type judging struct {
	store   results.Store
	run     results.Run
	o       judgeOptions
	session string
}

func (a *app) judge(ctx context.Context, id string, o judgeOptions, seeded bool) error {
	specs, err := o.parse(ctx)
	if err != nil {
		return err
	}
	store, run, err := openRun(ctx, o.store, id, false)
	if err != nil {
		return err
	}
	defer store.Close()
	if !seeded {
		o.seed = run.Seed
	}
	j := judging{store: store, run: run, o: o, session: newRunID(time.Now())}
	if err := j.fixRule(ctx, a); err != nil {
		return err
	}
	if !a.asJSON {
		fmt.Fprintf(a.out, "run %s\n", run.ID)
	}
	var failed int64
	var stopped error
	for _, s := range specs {
		n, err := j.one(ctx, a, s)
		failed += n
		if err != nil {
			stopped = err
			break
		}
	}
	return j.conclude(context.WithoutCancel(ctx), a, failed, stopped)
}

// conclude applies the verdicts, prints the report and turns what happened into
// the exit code.
func (j judging) conclude(ctx context.Context, a *app, failed int64, stopped error) error {
	changed, err := applyVerdicts(ctx, j.store, j.run)
	if err != nil {
		return errors.Join(stopped, err)
	}
	a.warn("%d scores changed", changed)
	if err := a.print(ctx, j.store, j.run, reportOptions{format: "text", lang: j.o.lang}); err != nil {
		return errors.Join(stopped, err)
	}
	again := "Verdicts that are kept count; repeat the command for the rest."
	switch {
	case errors.Is(stopped, errInterrupted):
		return &harness.HintError{Err: stopped, Hint: again, Exit: harness.ExitInterrupted}
	case stopped != nil:
		return goOn(stopped, again)
	case failed > 0:
		return &harness.HintError{Err: fmt.Errorf("%d exchanges with judges failed", failed), Hint: again, Exit: harness.ExitIncomplete}
	}
	return nil
}

// goOn adds how to go on to an error that has no remedy of its own, and keeps
// its exit code.
func goOn(err error, hint string) error {
	exit := exitCode(err)
	if f, ok := errors.AsType[*harness.Fault](err); ok && f.Kind == harness.EndpointFault {
		exit = harness.ExitIncomplete
	}
	if h, ok := errors.AsType[*harness.HintError](err); ok && h.Hint != "" {
		hint = h.Hint
	}
	return &harness.HintError{Err: err, Hint: hint, Exit: exit}
}

// ruleEntry is the body of a rule in the ledger.
type ruleEntry struct {
	Rule   judge.Rule `json:"rule"`
	Labels int        `json:"labels_before"` // labels of the run that were there already
	// earlier counts the rules that this one replaced; known of one that was read.
	earlier int
}

// fixRule records the rule before the first verdict. A rule that comes after
// labels, or replaces another one, says so for ever.
func (j judging) fixRule(ctx context.Context, a *app) error {
	rule := judge.DefaultRule()
	rule.MinFamilies = j.o.minFamilies
	last, err := lastRule(ctx, j.store, j.run.ID)
	if err != nil {
		return err
	}
	if last != nil && last.Rule == rule {
		return nil
	}
	e := ruleEntry{Rule: rule}
	for _, err := range j.store.Entries(ctx, results.KindLabel, j.run.ID, "") {
		if err != nil {
			return fmt.Errorf("read labels: %w", err)
		}
		e.Labels++
	}
	if e.Labels > 0 {
		a.warn("the rule that combines judges is fixed after %d labels of this run were given: the report says so", e.Labels)
	}
	return recordEntry(ctx, j.store, analysis.KindRule, j.run.ID, rule.Hash().String(), e)
}

// recordEntry appends one entry to the ledger.
func recordEntry(ctx context.Context, l results.Ledger, kind, run, key string, body any) error {
	b, err := json.Marshal(body)
	if err == nil {
		err = l.Record(ctx, results.Entry{Kind: kind, Run: run, Key: key, Body: b})
	}
	if err != nil {
		return fmt.Errorf("record %s: %w", kind, err)
	}
	return nil
}

// one lets one judge judge what it may, and returns how many exchanges failed.
func (j judging) one(ctx context.Context, a *app, s judgeSpec) (int64, error) {
	b, err := openJudge(ctx, s, j.o.set, j.session, func(msg string) { a.warn("judge %s: %s", s.spec, msg) })
	if err != nil {
		return 0, err
	}
	defer b.close()
	pick, err := j.pick(ctx, a, b)
	if err != nil {
		return 0, err
	}
	for _, why := range slices.Sorted(maps.Keys(pick.skipped)) {
		a.warn("judge %s: %d answers not asked: %s", s.spec, pick.skipped[why], notAsked(why))
	}
	if len(pick.refs) == 0 {
		a.warn("judge %s: nothing to ask", s.spec)
		return 0, nil
	}
	var t tallyOf
	sum, err := a.ask(ctx, b, j.docket(pick.refs), j.o.drain, func(ctx context.Context, v answered) error {
		ref := pick.refs[v.Case]
		v.Verdict.Self = pick.self[ref.model]
		t.add(v.Verdict)
		return recordEntry(ctx, j.store, results.KindVerdict, j.run.ID, ref.id.String(), v.Verdict)
	})
	if errors.Is(err, harness.ErrVoid) {
		err = errors.Join(err, recordEntry(context.WithoutCancel(ctx), j.store, analysis.KindVoid, j.run.ID, j.session+" "+b.id.String(), map[string]string{"reason": err.Error()}))
	}
	a.warn("judge %s: %s", s.spec, t.String())
	return sum.Errored, err
}

// String says how the verdicts fell.
func (t *tallyOf) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var parts []string
	for _, v := range slices.Sorted(maps.Keys(t.votes)) {
		parts = append(parts, fmt.Sprintf("%s %d", v, t.votes[v]))
	}
	for _, v := range slices.Sorted(maps.Keys(t.unscored)) {
		parts = append(parts, fmt.Sprintf("no vote (%s) %d", v, t.unscored[v]))
	}
	return fmt.Sprintf("%d answers asked: %s", t.asked, strings.Join(parts, ", "))
}

// notAsked says in words why a judge is not asked.
func notAsked(why string) string {
	switch why {
	case judge.NotHarmful:
		return "guards vote on harmful items only"
	case judge.NotCovered:
		return "the category is none of its policies"
	case judge.NoLanguage:
		return "a language that its card does not claim, and the store holds no calibration for it"
	case judge.NoForm:
		return "its protocol has no words for the language"
	case judge.SelfDigest:
		return "they are its own (--allow-self)"
	case judge.SelfBase:
		return "they are of a model that shares its base (--allow-self)"
	case judge.SelfFamily:
		return "they are of a model of its family (--allow-self)"
	case judge.NotReadable:
		return "there is nothing to read"
	case judge.NoRequest:
		return "they answer an attack, and the request before it cannot be read"
	case judge.NotStance:
		return "of biochemical items a rubric may ask for the stance only"
	}
	return why
}
