package main

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/harness/spec"
	"github.com/sovereign-eval/haetae/results/report"
)

func (a *app) lintCmd() *cobra.Command {
	var data []string
	cmd := &cobra.Command{
		Use:   "lint PATH...",
		Short: "Check tasks and suites, with all their data",
		Long: `Lint reads tasks, suites, or every one below a folder, with all their data, and
prints each mistake as file:line: message. The exit code is 1 when there is one.`,
		Example: "  haetae lint ./sums\n  haetae lint misuse biochem",
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return harness.Usage(errors.New("no path is named"), "Give the folder of a task, for example: haetae lint ./sums")
			}
			l := loader(data)
			all := spec.Errors{}
			for _, arg := range args {
				all = append(all, l.Lint(arg)...)
			}
			return a.lint(all, len(args))
		},
	}
	cmd.Flags().StringArrayVar(&data, "data", nil, "folder with data files that are not shipped (repeatable)")
	return cmd
}

func (a *app) lint(all spec.Errors, paths int) error {
	if a.asJSON {
		list := []map[string]any{}
		for _, e := range all {
			list = append(list, map[string]any{"file": e.File, "line": e.Line, "message": e.Msg})
		}
		if err := json.NewEncoder(a.out).Encode(map[string]any{"errors": list}); err != nil {
			return err
		}
	} else if len(all) == 0 {
		fmt.Fprintf(a.out, "%d checked, no mistakes\n", paths)
	} else {
		for _, e := range all {
			fmt.Fprintln(a.out, report.Clean(e.Error()))
		}
	}
	if len(all) > 0 {
		return silent{harness.ExitError}
	}
	return nil
}
