package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/safetyevals/judge/exam"
)

// labelFlags say how a labelled file of the user is read.
type labelFlags struct {
	source  string
	columns []string
	classes []string
	maker   string
	rowLang string
	rowSide string
}

func addLabelFlags(fs *pflag.FlagSet, f *labelFlags) {
	fs.StringVar(&f.source, "source", "", "file of a known form: "+strings.Join(slices.Sorted(maps.Keys(exam.Sources)), ", "))
	fs.StringArrayVar(&f.columns, "column", nil, "FIELD=COLUMN of the file, for prompt, response and class; also id, cluster, lang, side, kind (repeatable)")
	fs.StringArrayVar(&f.classes, "class", nil, "LABEL=OUTCOME: refuse, redirect, partial, comply, refused, complied, … or skip (repeatable)")
	fs.StringVar(&f.maker, "label-maker", "", "who labelled the file: human, model or synthetic")
	fs.StringVar(&f.rowLang, "items-lang", "", "language of rows without a lang column (default: the source's, else en)")
	fs.StringVar(&f.rowSide, "items-side", "", "side of rows without a side column: harmful, benign or borderline")
}

// form puts the source of a labelled file together.
func (f labelFlags) form() (exam.Source, error) {
	s := exam.Source{Name: "file", Lang: "en"}
	if f.source != "" {
		known, ok := exam.Sources[f.source]
		if !ok {
			names := slices.Sorted(maps.Keys(exam.Sources))
			return s, harness.Usage(fmt.Errorf("unknown --source %q", f.source), "%s", suggest(f.source, names, "There are "+strings.Join(names, ", ")+"; other files are read with --column and --class."))
		}
		s = known
	}
	if len(f.columns) > 0 {
		m, err := exam.ParseColumns(strings.Join(f.columns, ","))
		if err != nil {
			return s, harness.Usage(err, "Write --column prompt=COLUMN --column response=COLUMN --column class=COLUMN.")
		}
		s.Columns = merged(s.Columns, m)
	}
	if len(f.classes) > 0 {
		m, err := exam.ParseClasses(strings.Join(f.classes, ","))
		if err != nil {
			return s, harness.Usage(err, "Write --class LABEL=refuse --class LABEL=comply.")
		}
		s.Classes = merged(s.Classes, m)
	}
	if f.maker != "" {
		s.LabelMaker = f.maker
	}
	if f.rowLang != "" {
		s.Lang = f.rowLang
	}
	if f.rowSide != "" {
		s.Side = exam.Side(f.rowSide)
	}
	if s.Side != "" && s.Side != exam.Harmful && s.Side != exam.Benign && s.Side != exam.Borderline {
		return s, harness.Usage(fmt.Errorf("unknown --items-side %q", f.rowSide), "It is harmful, benign or borderline.")
	}
	if err := s.Check(); err != nil {
		return s, harness.Usage(err, "--source reads known files; other ones need --column, --class and --label-maker.")
	}
	return s, nil
}

func merged[V any](a, b map[string]V) map[string]V {
	out := maps.Clone(a)
	if out == nil {
		out = map[string]V{}
	}
	maps.Copy(out, b)
	return out
}

// read reads a labelled file.
func (f labelFlags) read(a *app, path string) ([]exam.Item, error) {
	s, err := f.form()
	if err != nil {
		return nil, err
	}
	items, skipped, err := s.ReadFile(path)
	if err != nil {
		return nil, harness.Hint(err, "Mend the file, or say with --column and --class how it is to be read.")
	}
	if skipped > 0 {
		a.warn("%s: %d rows are left out: their label says neither", path, skipped)
	}
	return items, nil
}
