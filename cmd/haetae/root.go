package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/harness/spec"
)

// root assembles the command tree. One file per command holds its flags.
func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "haetae",
		Short: "Measure what foundation models can do and what they refuse, and keep evidence of it",
		Long: `Haetae drives models on your own servers (Ollama first), runs capability benchmarks
and safety batteries on them, and reports figures with their intervals.

Exit codes: 0 complete; 1 error; 2 usage; 3 a gate breached; 4 incomplete
(samples in error or undone, or the server changed); 130 interrupted.`,
		Example: `  haetae run quick -m ollama/smollm2:135m
  haetae report last --format md -o report.md`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.NoArgs,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	root.SetFlagErrorFunc(flagError)
	root.PersistentFlags().BoolVar(&a.asJSON, "json", false, "print one JSON document on stdout")
	root.PersistentFlags().StringVar(&a.progress, "progress", env("HAETAE_PROGRESS", "auto"), "auto, bar, plain, json (stderr as JSON Lines) or none")
	root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error { return a.settle() }
	root.AddCommand(a.runCmd(), a.planCmd(), a.listCmd(), a.showCmd(), a.lintCmd(),
		a.reportCmd(), a.compareCmd(), a.scoreCmd(), a.classifyCmd(), a.judgeCmd(), a.auditCmd(), a.statsCmd(), a.doctorCmd(), a.versionCmd())
	for _, c := range root.Commands() {
		c.Args = usageArgs(c.Args)
	}
	root.Args = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return nil
		}
		var names []string
		for _, c := range cmd.Commands() {
			names = append(names, c.Name())
		}
		return harness.Usage(fmt.Errorf("unknown command %q", args[0]), "%s", suggest(args[0], names, "Run haetae --help for the commands."))
	}
	return root
}

// settle checks the flags that all commands have.
func (a *app) settle() error {
	kinds := []string{"auto", "bar", "plain", "json", "none"}
	for _, k := range kinds {
		if a.progress == k {
			return nil
		}
	}
	bad := a.progress
	a.progress = "plain"
	return harness.Usage(fmt.Errorf("unknown --progress %q", bad), "Use %s.", strings.Join(kinds, ", "))
}

// usageArgs gives a mistake in the arguments the exit code 2.
func usageArgs(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if check == nil {
			return nil
		}
		if err := check(cmd, args); err != nil {
			return harness.Usage(err, "Usage: %s", cmd.UseLine())
		}
		return nil
	}
}

// flagError names the nearest flag when one is unknown.
func flagError(cmd *cobra.Command, err error) error {
	if missing, ok := errors.AsType[*pflag.NotExistError](err); ok {
		var names []string
		cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
		near := suggest(missing.GetSpecifiedName(), names, "")
		if near != "" {
			near = strings.Replace(near, `"`, `"--`, 1)
		}
		return harness.Usage(err, "%s", strings.TrimSpace(near+" Run "+cmd.CommandPath()+" --help for the flags."))
	}
	return harness.Usage(err, "Run %s --help for the flags.", cmd.CommandPath())
}

// suggest returns `Did you mean "x"?`, or other where no name is near.
func suggest(word string, names []string, other string) string {
	if near := spec.Nearest(word, names); near != "" {
		return fmt.Sprintf("Did you mean %q?", near)
	}
	return other
}

func env(name, def string) string {
	if v := os.Getenv(name); v != "" {
		return v
	}
	return def
}
