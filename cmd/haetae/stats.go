package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/results/stats"
)

func (a *app) statsCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "stats",
		Short: "Intervals, comparisons, sample sizes, agreement and ranks of any scores",
		Long: `Stats answers one question with each subcommand, from flags or from a file of
scores: CSV or TSV with a header, or JSON Lines (a name ending in .jsonl); - is
standard input. Every answer states what was assumed, the method, the number of
samples and what to beware of. docs/STATISTICS.md says which one to use when.`,
		Example: `  haetae stats ci --successes 81 --n 263
  haetae stats compare old.csv new.csv --key id --column score --margin 0.02
  haetae stats power --difference 0.03`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cmd.Help()
			}
			var names []string
			for _, c := range cmd.Commands() {
				names = append(names, c.Name())
			}
			return harness.Usage(fmt.Errorf("unknown command %q of haetae stats", args[0]), "%s", suggest(args[0], names, "Run haetae stats --help for the commands."))
		},
	}
	cmd.AddCommand(a.statsRunCmd(), a.statsCICmd(), a.statsCompareCmd(), a.statsPowerCmd(),
		a.statsAgreementCmd(), a.statsRankCmd(), a.statsIRTCmd(), a.statsGateCmd())
	for _, c := range cmd.Commands() {
		c.Args = usageArgs(c.Args)
	}
	return cmd
}

func (a *app) statsRunCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "run FILE",
		Short: "Compute statistics by name: cases in, results out, as JSON",
		Long: `Run reads a JSON list of cases {"id", "stat", "input"} and prints a JSON list with
{"id", "output"} or {"id", "error"} for each, in the same order. An invalid case
does not stop the rest. Undefined and infinite numbers are the strings "NaN",
"+Inf" and "-Inf".`,
		Example: "  haetae stats run cases.json\n  haetae stats run - < cases.json",
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			in, err := a.readInput(args[0])
			if err != nil {
				return err
			}
			const remedy = `Give a JSON list such as [{"id":"a","stat":"wilson","input":{"successes":81,"n":263,"confidence":0.95}}].`
			if t := bytes.TrimSpace(in); len(t) == 0 || t[0] != '[' {
				return harness.Hint(fmt.Errorf("%s: not a JSON list of cases", inputName(args[0])), remedy)
			}
			out, err := stats.RunCases(in)
			if err != nil {
				return harness.Hint(fmt.Errorf("%s: %w", inputName(args[0]), err), remedy)
			}
			_, err = a.out.Write(out)
			return err
		},
	}
}

// readInput reads a whole file, or standard input where it is "-".
func (a *app) readInput(path string) ([]byte, error) {
	if path == "-" {
		b, err := io.ReadAll(a.in)
		if err != nil {
			return nil, fmt.Errorf("read standard input: %w", err)
		}
		return b, nil
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, harness.Hint(fmt.Errorf("read: %w", err), "Name a file that exists, or - for standard input.")
	}
	return b, nil
}

// inputName is how an input is called in messages.
func inputName(path string) string {
	if path == "-" {
		return "standard input"
	}
	return path
}

// addLevelFlag declares the confidence of intervals.
func addLevelFlag(fs *pflag.FlagSet, level *float64) {
	fs.Float64Var(level, "level", 0.95, "confidence of the interval, between 0 and 1")
}

// checkLevel refuses a confidence that no interval has.
func checkLevel(level float64) error {
	if !(level > 0 && level < 1) {
		return harness.Usage(fmt.Errorf("--level %v: not between 0 and 1", level), "95 %% is --level 0.95.")
	}
	return nil
}

// idle refuses flags that would be ignored, in the situation that where names.
func idle(fs *pflag.FlagSet, where string, flags ...string) error {
	for _, name := range flags {
		if fs.Changed(name) {
			return harness.Usage(fmt.Errorf("--%s has no effect %s", name, where), "Leave it out, or see the command's --help for what it goes with.")
		}
	}
	return nil
}

// correctionOf checks the name of a correction for several comparisons.
func correctionOf(name string) (stats.Correction, error) {
	by := stats.Correction(name)
	if _, err := stats.AdjustP(nil, by); err != nil {
		known := []string{"holm", "hochberg", "hommel", "bonferroni", "sidak", "bh", "by"}
		return "", harness.Usage(fmt.Errorf("unknown --correction %q", name), "%s", suggest(name, known, "There are holm, hochberg, hommel, bonferroni, sidak, bh and by."))
	}
	return by, nil
}

// errNoFile asks for a file of scores.
func errNoFile(example string) error {
	return harness.Usage(errors.New("no data: neither a file nor counts"), "For example: %s", example)
}
