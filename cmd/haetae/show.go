package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/results"
	"github.com/sovereign-eval/haetae/results/analysis"
	"github.com/sovereign-eval/haetae/results/report"
)

// showOptions select samples and say how they are shown.
type showOptions struct {
	store    string
	sample   string
	failures bool
	task     string
	model    string
	outcome  string
	limit    int
	skip     int
	reveal   bool
	lines    int
	lang     string
}

func (a *app) showCmd() *cobra.Command {
	var o showOptions
	cmd := &cobra.Command{
		Use:   "show RUN",
		Short: "Show samples: what was asked, answered, scored, and why",
		Long: `Show pages through the samples of a run in plan order. Whatever a model wrote is
made harmless for the terminal. The texts of harmful items and of their answers
are masked until --reveal, and each use of that is recorded with the run.`,
		Example: "  haetae show last --failures --limit 5\n  haetae show last --sample 3fa9c1",
		Args:    cobra.ExactArgs(1),
		RunE:    func(cmd *cobra.Command, args []string) error { return a.show(cmd.Context(), args[0], o) },
	}
	fs := cmd.Flags()
	addStoreFlag(fs, &o.store)
	fs.StringVar(&o.sample, "sample", "", "only the sample with this ID, or with this beginning of it")
	fs.BoolVar(&o.failures, "failures", false, "only samples that are wrong, in doubt or in error")
	fs.StringVar(&o.task, "task", "", "only this task")
	fs.StringVar(&o.model, "model", "", "only this model, as given to -m")
	fs.StringVar(&o.outcome, "outcome", "", "only this outcome of safety items, such as refuse")
	fs.IntVar(&o.limit, "limit", 10, "samples to show; 0 shows all")
	fs.IntVar(&o.skip, "skip", 0, "samples to pass over first: the next page")
	fs.BoolVar(&o.reveal, "reveal", false, "show the texts of harmful items; recorded with the run")
	fs.IntVar(&o.lines, "lines", 0, "lines of each text (default 200; negative: all)")
	fs.StringVar(&o.lang, "lang", env("HAETAE_LANG", "en"), "language: en or ko")
	return cmd
}

func (a *app) show(ctx context.Context, id string, o showOptions) error {
	lang, err := report.ParseLang(o.lang)
	if err != nil {
		return harness.Usage(err, "Use --lang en or --lang ko.")
	}
	if err := o.check(); err != nil {
		return err
	}
	store, run, err := openRun(ctx, o.store, id, !o.reveal)
	if err != nil {
		return err
	}
	defer store.Close()
	q, err := o.query(run)
	if err != nil {
		return err
	}
	if o.reveal {
		if err := recordReveal(ctx, store, run, reveal{Command: "show", Sample: o.sample, Task: o.task}); err != nil {
			return err
		}
	}
	if !a.asJSON {
		fmt.Fprintf(a.out, "run %s\n", run.ID)
	}
	shown, matched := 0, 0
	enc := json.NewEncoder(a.out)
	for row, err := range store.Rows(ctx, run.ID, q) {
		if err != nil {
			return err
		}
		if !o.wants(row) {
			continue
		}
		matched++
		if matched <= o.skip || o.limit > 0 && shown == o.limit {
			continue
		}
		shown++
		if !a.asJSON {
			fmt.Fprintln(a.out)
		}
		if err := a.showOne(ctx, store, run, row, o, lang, enc); err != nil {
			return err
		}
	}
	return a.showEnd(o, shown, matched)
}

// showEnd says what there is besides what was shown.
func (a *app) showEnd(o showOptions, shown, matched int) error {
	switch {
	case matched == 0 && o.sample != "":
		return harness.Hint(fmt.Errorf("no sample of the run has an ID that begins with %q", o.sample), "haetae show RUN lists the samples with their IDs.")
	case a.asJSON:
		return nil
	case matched == 0:
		fmt.Fprintln(a.out, "no sample matches")
	case o.skip+shown < matched:
		fmt.Fprintf(a.out, "\n%d of %d samples; the next page: --skip %d\n", shown, matched, o.skip+shown)
	case shown < matched:
		fmt.Fprintf(a.out, "\n%d of %d samples; these are the last\n", shown, matched)
	}
	return nil
}

// check refuses what no sample can have.
func (o showOptions) check() error {
	known := []string{string(harness.OutcomeError), string(harness.OutcomeUnscored), string(harness.OutcomeComply), string(harness.OutcomePartial),
		string(harness.OutcomeRefuse), string(harness.OutcomeRedirect), string(harness.OutcomeTruncated), string(harness.OutcomeOffLanguage), string(harness.OutcomeIncoherent)}
	switch {
	case o.limit < 0:
		return harness.Usage(fmt.Errorf("--limit %d: not negative", o.limit), "--limit 0 shows all.")
	case o.skip < 0:
		return harness.Usage(fmt.Errorf("--skip %d: not negative", o.skip), "--skip 10 shows what follows the first ten.")
	case o.outcome != "" && !slices.Contains(known, o.outcome):
		return harness.Usage(fmt.Errorf("unknown --outcome %q", o.outcome), "%s", suggest(o.outcome, known, "There are "+strings.Join(known, ", ")+"."))
	}
	return nil
}

// query narrows what the store reads.
func (o showOptions) query(run results.Run) (results.Query, error) {
	q := results.Query{ID: o.sample}
	find := func(what, name string, n int, at func(int) string) (*int, error) {
		var names []string
		for i := range n {
			if at(i) == name {
				return &i, nil
			}
			names = append(names, at(i))
		}
		return nil, harness.Usage(fmt.Errorf("the run has no %s %q", what, name), "%s", suggest(name, names, fmt.Sprintf("It has %v.", names)))
	}
	var err error
	if o.task != "" {
		q.Task, err = find("task", o.task, len(run.Tasks), func(i int) string { return run.Tasks[i].Name })
	}
	if o.model != "" && err == nil {
		q.Model, err = find("model", o.model, len(run.Models), func(i int) string { return run.Models[i].Spec })
	}
	return q, err
}

// wants tells whether a row passes the filters that the store does not know.
func (o showOptions) wants(row results.Row) bool {
	if o.outcome != "" {
		if out, _ := analysis.OutcomeOf(row); string(out) != o.outcome {
			return false
		}
	}
	return !o.failures || failed(row)
}

// failed tells whether a sample is one to look at: in error, in doubt, wrong, a
// harmful request served or a benign one not.
func failed(row results.Row) bool {
	if row.Status != harness.Scored || len(row.Scores) == 0 {
		return true
	}
	out, _ := analysis.OutcomeOf(row)
	switch row.Side {
	case harness.Harmful:
		return out != harness.OutcomeRefuse && out != harness.OutcomeRedirect
	case harness.Benign:
		return out != harness.OutcomeComply
	}
	return row.Scores[0].Value < 1
}

func (a *app) showOne(ctx context.Context, store results.Store, run results.Run, row results.Row, o showOptions, lang report.Lang, enc *json.Encoder) error {
	v := report.SampleView{Run: run, Row: row}
	var err error
	for _, b := range []struct {
		hash harness.Hash
		to   *[]byte
	}{{row.RequestHash, &v.Request}, {row.ResponseHash, &v.Answer}, {row.ThinkingHash, &v.Thinking}} {
		if *b.to, err = body(ctx, store, b.hash); err != nil {
			return fmt.Errorf("read sample %s: %w", row.ID.Short(), err)
		}
	}
	if v.Verdicts, v.Labels, err = said(ctx, store, run.ID, row.ID); err != nil {
		return err
	}
	if a.asJSON {
		return enc.Encode(sampleJSON(run, row, v, o.reveal))
	}
	return report.Sample(a.out, v, report.SampleOptions{Options: look(a.out), Lang: lang, Reveal: o.reveal, Lines: o.lines})
}

// sampleJSON is one line of show --json. Masked texts are left out; their hashes
// stay.
func sampleJSON(run results.Run, row results.Row, v report.SampleView, reveal bool) map[string]any {
	masked := report.Masked(run, row) && !reveal
	if masked {
		row, v = report.Redact(row), report.RedactSaid(v)
	}
	m := map[string]any{
		"run": run.ID, "id": row.ID, "model": run.Models[row.Model].Spec, "task": run.Tasks[row.Task].Name, "item": row.Item, "variant": row.Variant,
		"epoch": row.Epoch, "cluster": row.Cluster, "lang": row.Lang, "side": row.Side, "category": row.Category, "status": row.Status,
		"cause": row.Cause, "error": row.Error, "tries": row.Tries, "finish": row.Finish, "prompt_tokens": row.PromptTokens,
		"output_tokens": row.OutputTokens, "scores": row.Scores, "request_sha256": row.RequestHash, "answer_sha256": row.ResponseHash,
		"flags": row.Flags, "wall_ns": row.Wall, "endpoint": row.Endpoint, "verdicts": v.Verdicts, "labels": v.Labels,
	}
	if masked {
		m["masked"] = true
		return m
	}
	m["request"] = json.RawMessage(v.Request)
	if !json.Valid(v.Request) {
		m["request"] = string(v.Request)
	}
	m["answer"], m["thinking"] = string(v.Answer), string(v.Thinking)
	return m
}
