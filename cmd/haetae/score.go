package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"reflect"

	"github.com/spf13/cobra"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/harness/engine"
	"github.com/sovereign-eval/haetae/results"
	"github.com/sovereign-eval/haetae/results/analysis"
)

func (a *app) scoreCmd() *cobra.Command {
	var store, lang string
	var data []string
	cmd := &cobra.Command{
		Use:   "score RUN",
		Short: "Score the stored answers of a run again; no model is needed",
		Long: `Score reads the answers of a run from the store and scores them with today's
scorers, then prints the report. The tasks must be those of the run; only
their scorers may have changed.`,
		Example: "  haetae score last",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkLang(lang); err != nil {
				return err
			}
			return a.rescore(cmd.Context(), args[0], store, data, lang)
		},
	}
	fs := cmd.Flags()
	addStoreFlag(fs, &store)
	fs.StringArrayVar(&data, "data", nil, "folder with data files that are not shipped (repeatable; default: those of the run)")
	fs.StringVar(&lang, "lang", env("HAETAE_LANG", "en"), "language of the report: en or ko")
	return cmd
}

func (a *app) rescore(ctx context.Context, id, path string, data []string, lang string) error {
	store, run, err := openRun(ctx, path, id, false)
	if err != nil {
		return err
	}
	defer store.Close()
	tasks, err := tasksOf(run, data)
	if err != nil {
		return err
	}
	changed, err := rescoreRows(ctx, store, run, tasks)
	if err != nil {
		return err
	}
	if _, err := applyVerdicts(ctx, store, run); err != nil { // they stand beside the new scores as beside the old
		return err
	}
	if !a.asJSON {
		fmt.Fprintf(a.out, "run %s\n", run.ID)
	}
	a.warn("%d scores changed", changed)
	return a.print(ctx, store, run, reportOptions{format: "text", lang: lang})
}

// tasksOf loads the tasks of a run as they were measured.
func tasksOf(run results.Run, data []string) ([]*harness.Task, error) {
	var p protocol
	if err := json.Unmarshal(run.Protocol, &p); err != nil {
		return nil, fmt.Errorf("read protocol of run %s: %w", run.ID, err)
	}
	if len(data) > 0 {
		p.Data = absolute(data)
	}
	c, err := choose(p)
	if err != nil {
		return nil, err
	}
	if len(c.tasks) != len(run.Tasks) {
		return nil, fmt.Errorf("the run has %d tasks, now there are %d", len(run.Tasks), len(c.tasks))
	}
	for i, t := range c.tasks {
		if t.DataDigest != run.Tasks[i].Data {
			return nil, harness.Hint(fmt.Errorf("the data of task %s is not what it was", t.Name), "Restore its file, or name the folder that holds it with --data.")
		}
	}
	repeatAs(c.tasks, run.Tasks)
	return c.tasks, nil
}

// rescoreRows walks rows and items side by side, both in plan order, and returns
// how many rows got other scores.
func rescoreRows(ctx context.Context, store results.Store, run results.Run, tasks []*harness.Task) (int, error) {
	changed := 0
	for m := range run.Models {
		for t, task := range tasks {
			n, err := rescoreTask(ctx, store, run, m, t, task)
			if err != nil {
				return changed, fmt.Errorf("score task %s again: %w", task.Name, err)
			}
			changed += n
		}
	}
	return changed, nil
}

func rescoreTask(ctx context.Context, store results.Store, run results.Run, m, t int, task *harness.Task) (int, error) {
	next, stop := iter.Pull2(task.Items(ctx, run.Seed))
	defer stop()
	var item harness.Item
	have := false
	changed := 0
	for row, err := range store.Rows(ctx, run.ID, results.Query{Model: &m, Task: &t}) {
		if err != nil {
			return changed, err
		}
		for !have || item.ID != row.Item || item.Variant != row.Variant {
			var ok bool
			if item, err, ok = next(); err != nil {
				return changed, err
			} else if !ok {
				return changed, fmt.Errorf("item %s is in the run but no longer in the task", row.Item)
			}
			have = true
		}
		did, err := rescoreRow(ctx, store, run.ID, task, item, row)
		if err != nil {
			return changed, fmt.Errorf("sample %s: %w", row.ID.Short(), err)
		}
		if did {
			changed++
		}
	}
	return changed, nil
}

func rescoreRow(ctx context.Context, store results.Store, run string, task *harness.Task, item harness.Item, row results.Row) (bool, error) {
	if row.Status == harness.Errored {
		return false, nil
	}
	text, err := body(ctx, store, row.ResponseHash)
	if err != nil {
		return false, err
	}
	thinking, err := body(ctx, store, row.ThinkingHash)
	if err != nil {
		return false, err
	}
	s := harness.Sample{Job: harness.Job{Item: item}, Response: harness.Response{Text: string(text), Thinking: string(thinking),
		Finish: row.Finish, PromptTokens: row.PromptTokens, OutputTokens: row.OutputTokens, Flags: row.Flags}}
	engine.Score(ctx, task.Scorers, &s)
	if reflect.DeepEqual(s.Scores, analysis.WithoutJudges(row.Scores)) { // status and cause follow from the scores
		return false, nil
	}
	return true, store.Rescore(ctx, run, row.ID, s.Status, s.Cause, s.Scores)
}

// body reads a stored body; the zero hash is an empty one.
func body(ctx context.Context, store results.Store, h harness.Hash) ([]byte, error) {
	if h.IsZero() {
		return nil, nil
	}
	return store.Body(ctx, h)
}

// rowOf returns one sample of a run.
func rowOf(ctx context.Context, store results.Store, run string, id harness.Hash) (results.Row, error) {
	for row, err := range store.Rows(ctx, run, results.Query{ID: id.String()}) {
		return row, err
	}
	return results.Row{}, fmt.Errorf("sample %s: %w", id.Short(), results.ErrNotFound)
}

// bodies reads the request and the answer of a row.
func bodies(ctx context.Context, store results.Store, row results.Row) (request, answer []byte, err error) {
	if request, err = body(ctx, store, row.RequestHash); err != nil {
		return nil, nil, fmt.Errorf("read request of sample %s: %w", row.ID.Short(), err)
	}
	if answer, err = body(ctx, store, row.ResponseHash); err != nil {
		return nil, nil, fmt.Errorf("read answer of sample %s: %w", row.ID.Short(), err)
	}
	return request, answer, nil
}

// openRun opens a store and finds a run in it. The caller closes the store.
func openRun(ctx context.Context, path, id string, readOnly bool) (results.Store, results.Run, error) {
	store, err := openStore(path, readOnly)
	if err != nil {
		return nil, results.Run{}, err
	}
	run, err := findRun(ctx, store, id, path)
	if err != nil {
		_ = store.Close() // the first error is the one to tell
		return nil, results.Run{}, err
	}
	return store, run, nil
}

// findRun explains how to find a run that is not there.
func findRun(ctx context.Context, store results.Store, id, path string) (results.Run, error) {
	run, err := store.Run(ctx, id)
	switch {
	case errors.Is(err, results.ErrNotFound):
		return run, harness.Hint(fmt.Errorf("run %s: %w", id, err), "haetae list runs --store %s shows what is there.", path)
	case errors.Is(err, results.ErrAmbiguous):
		return run, harness.Usage(fmt.Errorf("run %s: %w", id, err), "Give more of the ID: haetae list runs --store %s shows them.", path)
	case err != nil:
		return run, fmt.Errorf("run %s: %w", id, err)
	}
	return run, nil
}
