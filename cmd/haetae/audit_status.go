package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/sovereign-eval/haetae/results"
	"github.com/sovereign-eval/haetae/results/analysis"
	"github.com/sovereign-eval/haetae/results/report"
)

func (a *app) auditStatusCmd() *cobra.Command {
	var store, lang string
	cmd := &cobra.Command{
		Use:   "status RUN",
		Short: "Show what is labelled, what is still needed, and the rates so far",
		Long: `Status shows for every language and side what was sampled and labelled, the rates
raw, from the labels alone, and corrected, how far raters agree, what finer cells
would need for a corrected rate, and how many further labels would halve an
interval.`,
		Example: "  haetae audit status last --lang ko",
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.auditStatus(cmd.Context(), args[0], store, lang)
		},
		Args: cobra.ExactArgs(1),
	}
	addStoreFlag(cmd.Flags(), &store)
	cmd.Flags().StringVar(&lang, "lang", env("HAETAE_LANG", "en"), "language: en or ko")
	return cmd
}

func (a *app) auditStatus(ctx context.Context, id, path, lang string) error {
	_, l, err := reportOptions{lang: lang}.resolve(a.asJSON)
	if err != nil {
		return err
	}
	store, run, err := openRun(ctx, path, id, true)
	if err != nil {
		return err
	}
	defer store.Close()
	audits, err := analysis.Audits(ctx, run, store.Rows(ctx, run.ID, results.Query{}), store, level)
	if err != nil {
		return err
	}
	r := report.New(run, analysis.Result{Level: level, Audits: audits}, l)
	return r.WriteAudit(a.out, a.asJSON, look(a.out))
}
