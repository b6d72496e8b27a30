package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/results"
	"github.com/sovereign-eval/haetae/results/audit/worksheet"
	"github.com/sovereign-eval/haetae/results/report"
)

func (a *app) auditExportCmd() *cobra.Command {
	var o auditOptions
	var file, format string
	cmd := &cobra.Command{
		Use:   "export RUN",
		Short: "Write a blind sheet of what a rater has still to label",
		Long: `Export writes what was asked and answered with an empty class, as CSV that
spreadsheets open safely or as JSON Lines. The sheet names no model, verdict or
stratum. Texts of harmful items need --reveal, which is recorded.`,
		Example: "  haetae audit export last --rater ben --reveal -o ben.csv",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.auditExport(cmd.Context(), args[0], o, file, format)
		},
	}
	o.flags(cmd)
	fs := cmd.Flags()
	fs.StringVar(&o.rater, "rater", "", "leave out what this rater has labelled")
	fs.BoolVar(&o.reveal, "reveal", false, "include the texts of harmful items; recorded in the ledger")
	fs.StringVarP(&file, "output", "o", "", "file to write (default: stdout)")
	fs.StringVar(&format, "format", "", "csv or jsonl (default: by the extension of -o, else csv)")
	return cmd
}

func (a *app) auditExport(ctx context.Context, id string, o auditOptions, file, format string) error {
	write, err := sheetWriter(format, file)
	if err != nil {
		return err
	}
	x, err := openAudit(ctx, id, o, !o.reveal)
	if err != nil {
		return err
	}
	defer x.store.Close()
	if err := x.needSample(); err != nil {
		return err
	}
	if o.reveal {
		if err := recordReveal(ctx, x.store, x.run, reveal{Command: "audit export", Rater: o.rater}); err != nil {
			return err
		}
	}
	rows, masked, err := x.sheet(ctx, o)
	if err != nil {
		return err
	}
	if masked > 0 {
		a.warn("%d harmful or sealed items are left out: --reveal includes them, and is recorded", masked)
	}
	if file == "" {
		return write(a.out, rows)
	}
	if err := writeFile(file, func(w io.Writer) error { return write(w, rows) }); err != nil {
		return err
	}
	if o.reveal { // it may hold harmful texts: nobody else's business
		if err := os.Chmod(file, 0o600); err != nil {
			return fmt.Errorf("write %s: %w", file, err)
		}
	}
	a.warn("%s: %d answers to label", file, len(rows))
	return nil
}

func sheetWriter(format, file string) (func(io.Writer, []worksheet.Row) error, error) {
	if format == "" {
		format = strings.TrimPrefix(filepath.Ext(file), ".")
	}
	switch format {
	case "", "csv":
		return worksheet.WriteCSV, nil
	case "jsonl":
		return worksheet.WriteJSONL, nil
	}
	return nil, harness.Usage(fmt.Errorf("sheet format %q: want csv or jsonl", format), "Name the file FILE.csv or FILE.jsonl, or use --format.")
}

// sheet is the rows of a blind sheet; masked counts those left out.
func (x *auditOf) sheet(ctx context.Context, o auditOptions) (rows []worksheet.Row, masked int, err error) {
	for _, p := range x.book.Queue(x.model, o.rater) {
		row, err := rowOf(ctx, x.store, x.run.ID, p.ID)
		if err != nil {
			return nil, 0, err
		}
		if report.Masked(x.run, row) && !o.reveal {
			masked++
			continue
		}
		prompt, answer, err := x.texts(ctx, row)
		if err != nil {
			return nil, 0, err
		}
		rows = append(rows, worksheet.Row{Sheet: worksheet.ID(x.run.ID, x.model), ID: p.ID.String(), Prompt: prompt, Answer: answer})
	}
	return rows, masked, nil
}

// texts is what was asked and answered in a sample.
func (x *auditOf) texts(ctx context.Context, row results.Row) (prompt, answer string, err error) {
	request, response, err := bodies(ctx, x.store, row)
	return report.Prompt(request), string(response), err
}

func (a *app) auditImportCmd() *cobra.Command {
	var o auditOptions
	var correct, check bool
	cmd := &cobra.Command{
		Use:   "import RUN FILE",
		Short: "Take the labels of a sheet that came back, all or none",
		Long: `Import reads a sheet of haetae audit export that a rater has filled in; rows without
a class are left for later. A sheet with an unknown answer, an answer twice, an
unknown class, the text of another answer, or of another run or model is refused as
a whole, with the lines. The file - stands for stdin.`,
		Example: "  haetae audit import last ben.csv --rater ben --maker human",
		Args:    cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.auditImport(cmd.Context(), args[0], args[1], o, correct, check)
		},
	}
	o.flags(cmd)
	o.raterFlags(cmd)
	cmd.Flags().BoolVar(&correct, "correct", false, "record other labels for answers that the rater has labelled: the old ones stay in the ledger")
	cmd.Flags().BoolVar(&check, "check", false, "only look for faults")
	return cmd
}

func (a *app) auditImport(ctx context.Context, id, file string, o auditOptions, correct, check bool) error {
	x, err := openAudit(ctx, id, o, check)
	if err != nil {
		return err
	}
	defer x.store.Close()
	if err := x.needSample(); err != nil {
		return err
	}
	if err := o.who(x.book, false); err != nil {
		return err
	}
	rows, err := a.readLabels(file)
	if err != nil {
		return harness.Hint(err, "Nothing was imported. Correct the sheet and import it again.")
	}
	labels, err := worksheet.Labels(file, rows, worksheet.Intake{Book: x.book, Sheet: worksheet.ID(x.run.ID, x.model), Model: x.model,
		Rater: o.rater, Maker: o.maker, Correct: correct, At: time.Now(),
		Texts: func(id harness.Hash) (prompt, answer string, err error) {
			row, err := rowOf(ctx, x.store, x.run.ID, id)
			if err != nil {
				return "", "", err
			}
			return x.texts(ctx, row)
		}})
	if err != nil {
		return harness.Hint(err, "Nothing was imported. Correct the sheet and import it again.")
	}
	if !check {
		var entries []results.Entry
		for _, l := range labels {
			entries = append(entries, l.Entry(x.run.ID, results.KindLabel))
			x.book.Put(l, results.KindLabel)
		}
		if err := x.store.Record(ctx, entries...); err != nil {
			return fmt.Errorf("record labels: %w", err)
		}
	}
	left := len(x.book.Queue(x.model, o.rater))
	if a.asJSON {
		return json.NewEncoder(a.out).Encode(map[string]any{"run": x.run.ID, "rater": o.rater, "maker": o.maker, "rows": len(rows), "labels": len(labels), "left": left, "checked_only": check})
	}
	verb := "imported"
	if check {
		verb = "would be imported"
	}
	_, err = fmt.Fprintf(a.out, "run %s\n%d labels %s of %d rows, as %s; %d left for %s\n", x.run.ID, len(labels), verb, len(rows), o.maker, left, report.Line(o.rater, 60))
	return err
}

func (a *app) readLabels(file string) ([]worksheet.Row, error) {
	if file == "-" {
		return worksheet.Read(a.in, "stdin")
	}
	f, err := os.Open(file)
	if errors.Is(err, os.ErrNotExist) {
		return nil, harness.Hint(err, "Name the file that the rater sent back.")
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return worksheet.Read(f, file)
}
