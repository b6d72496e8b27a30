package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/results"
	"github.com/sovereign-eval/haetae/results/analysis"
	"github.com/sovereign-eval/haetae/results/report"
)

// level is the confidence level of every interval in a report.
const level = 0.95

// reportOptions are how and where a report is written.
type reportOptions struct {
	format string // "" is implied by the file, else text
	file   string // "" is stdout
	lang   string
}

func (a *app) reportCmd() *cobra.Command {
	var o reportOptions
	var store string
	cmd := &cobra.Command{
		Use:     "report RUN",
		Short:   "Write the report of a run",
		Example: "  haetae report last --lang ko\n  haetae report last -o report.md",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, run, err := openRun(cmd.Context(), store, args[0], true)
			if err != nil {
				return err
			}
			defer s.Close()
			return a.print(cmd.Context(), s, run, o)
		},
	}
	fs := cmd.Flags()
	addStoreFlag(fs, &store)
	fs.StringVar(&o.format, "format", "", "text, md, json or csv (default: by the extension of -o, else text)")
	fs.StringVarP(&o.file, "output", "o", "", "file to write (default: stdout)")
	fs.StringVar(&o.lang, "lang", env("HAETAE_LANG", "en"), "language: en or ko")
	return cmd
}

// resolve settles format and language.
func (o reportOptions) resolve(asJSON bool) (report.Format, report.Lang, error) {
	lang, err := report.ParseLang(o.lang)
	if err != nil {
		return "", "", harness.Usage(err, "Use --lang en or --lang ko.")
	}
	f, err := chooseFormat(asJSON, o.format, o.file, report.ParseFormat, report.FormatOf)
	if err != nil {
		return "", "", harness.Usage(err, "Use --format text, md, json or csv.")
	}
	return f, lang, nil
}

// chooseFormat is the format that flags ask for: --json, else by name, else by the
// extension of the file.
func chooseFormat(asJSON bool, name, file string, parse, ofFile func(string) (report.Format, error)) (report.Format, error) {
	switch {
	case asJSON:
		return report.JSON, nil
	case name == "" && file != "":
		return ofFile(file)
	}
	return parse(name)
}

// print analyses a run and writes its report.
func (a *app) print(ctx context.Context, store results.Store, run results.Run, o reportOptions) error {
	format, lang, err := o.resolve(a.asJSON)
	if err != nil {
		return err
	}
	ev, err := evidenceOf(ctx, store, run)
	if err != nil {
		return err
	}
	res, err := analysis.OfWith(ctx, run, store.Rows(ctx, run.ID, results.Query{}), level, ev)
	if err != nil {
		return err
	}
	if res.Judged, err = judgedOf(ctx, store, run); err != nil {
		return err
	}
	if res.Audits, err = analysis.Audits(ctx, run, store.Rows(ctx, run.ID, results.Query{}), store, level); err != nil {
		return err
	}
	res.CorrectOrders(run)
	r := report.New(run, res, lang)
	if o.file == "" {
		return r.Write(a.out, format, look(a.out))
	}
	return writeFile(o.file, func(w io.Writer) error { return r.Write(w, format, report.Options{}) })
}

// look fits the text format to a terminal.
func look(w io.Writer) report.Options {
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return report.Options{}
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		width = 0
	}
	return report.Options{Width: min(width, 120), Color: os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"}
}

// writeFile writes a whole file or none: beside it first, then renamed.
func writeFile(path string, write func(io.Writer) error) error {
	var b bytes.Buffer
	if err := write(&b); err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return harness.Hint(fmt.Errorf("write %s: %w", path, err), "Give -o a file in a folder that exists and can be written.")
	}
	defer os.Remove(tmp.Name()) // gone already when all went well
	_, err = tmp.Write(b.Bytes())
	if cerr := tmp.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Chmod(tmp.Name(), 0o644)
	}
	if err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}
