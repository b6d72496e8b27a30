package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/harness/spec"
	"github.com/sovereign-eval/haetae/results/report"
	"github.com/sovereign-eval/haetae/runners/ollama"
	"github.com/sovereign-eval/haetae/safetyevals/attack"
)

func (a *app) listCmd() *cobra.Command {
	var store, lang string
	var data, endpoints []string
	what := []string{"tasks", "suites", "models", "runs", "transforms"}
	cmd := &cobra.Command{
		Use:     "list tasks|suites|models|runs|transforms",
		Short:   "List what can be measured, and what was",
		Example: "  haetae list tasks\n  haetae list runs --store results.db",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return fmt.Errorf("want one of %s", strings.Join(what, ", "))
			}
			return nil
		},
		ValidArgs: what,
		RunE: func(cmd *cobra.Command, args []string) error {
			var t table
			var err error
			switch args[0] {
			case "tasks":
				t = listTasks(loader(data).Tasks(), lang)
			case "suites":
				t = listSuites(loader(data).Suites(), lang)
			case "models":
				t, err = listModels(cmd.Context(), endpoints)
			case "transforms":
				t = listTransforms()
			case "runs":
				t, err = listRuns(cmd.Context(), store)
			default:
				return harness.Usage(fmt.Errorf("list %q: unknown", args[0]), "%s", suggest(args[0], what, "Use one of "+strings.Join(what, ", ")+"."))
			}
			if err != nil {
				return err
			}
			return t.write(a, args[0])
		},
	}
	fs := cmd.Flags()
	addStoreFlag(fs, &store)
	fs.StringArrayVar(&data, "data", nil, "folder with data files that are not shipped (repeatable)")
	fs.StringArrayVar(&endpoints, "endpoint", nil, "URL of a model server (repeatable)")
	fs.StringVar(&lang, "lang", env("HAETAE_LANG", "en"), "language of titles: en or ko")
	return cmd
}

// table is a list for people and programs: columns and one row per thing.
type table struct {
	columns []string
	rows    []map[string]any
}

// write prints the table; with --json one document whose key is name.
func (t *table) write(a *app, name string) error {
	if a.asJSON {
		rows := t.rows
		if rows == nil {
			rows = []map[string]any{}
		}
		return json.NewEncoder(a.out).Encode(map[string]any{name: rows})
	}
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, strings.ToUpper(strings.Join(t.columns, "\t")))
	for _, row := range t.rows {
		cells := make([]string, len(t.columns))
		for i, c := range t.columns {
			cells[i] = report.Line(cell(row[c]), 100)
		}
		fmt.Fprintln(w, strings.Join(cells, "\t"))
	}
	return w.Flush()
}

// cell is how a value looks in a table for people.
func cell(v any) string {
	switch v := v.(type) {
	case []string:
		return strings.Join(v, " ")
	case time.Time:
		return v.Local().Format("2006-01-02 15:04:05")
	}
	return fmt.Sprint(v)
}

func listTasks(all []spec.Listing, lang string) table {
	t := table{columns: []string{"name", "kind", "licence", "state", "title"}}
	for _, l := range all {
		state := "ready"
		row := map[string]any{"name": l.Name, "kind": l.Kind, "version": l.Version, "licence": l.Licence, "source": l.Source, "path": l.Path, "title": inLang(l.Title, lang)}
		switch {
		case l.Err != nil:
			state = "broken: " + l.Err.Error()
		case l.Missing != nil:
			state, row["remedy"] = "needs your data", l.Missing.Remedy()
		}
		row["state"] = state
		t.rows = append(t.rows, row)
	}
	return t
}

func listSuites(all []spec.Listing, lang string) table {
	t := table{columns: []string{"name", "tasks", "title"}}
	for _, l := range all {
		tasks := l.Tasks
		if l.Err != nil {
			tasks = []string{"broken: " + l.Err.Error()}
		}
		t.rows = append(t.rows, map[string]any{"name": l.Name, "tasks": tasks, "version": l.Version, "path": l.Path, "title": inLang(l.Title, lang)})
	}
	return t
}

// listTransforms lists what --attack and the key attacks of a suite can name.
func listTransforms() table {
	t := table{columns: []string{"name", "family", "languages", "what"}}
	for _, x := range attack.All() {
		langs := x.Langs
		if len(langs) == 0 {
			langs = []string{"any"}
		}
		t.rows = append(t.rows, map[string]any{"name": x.Name, "family": x.Family, "languages": langs, "what": x.Doc, "decodes": x.Decode != nil})
	}
	return t
}

func inLang(title map[string]string, lang string) string {
	if s, ok := title[lang]; ok {
		return s
	}
	return title["en"]
}

func listModels(ctx context.Context, endpoints []string) (table, error) {
	t := table{columns: []string{"model", "family", "parameters", "quant", "digest", "endpoint"}}
	if len(endpoints) == 0 {
		endpoints = []string{env("HAETAE_ENDPOINT", os.Getenv("OLLAMA_HOST"))}
	}
	for _, e := range endpoints {
		u, err := ollama.ParseHost(e)
		if err != nil {
			return t, harness.Usage(err, "Write --endpoint http://HOST:PORT.")
		}
		models, err := ollama.List(ctx, u)
		if err != nil {
			return t, harness.Hint(fmt.Errorf("reach the model server at %s: %w", u, err), "Start it (ollama serve), or name another with --endpoint or OLLAMA_HOST.")
		}
		for _, m := range models {
			t.rows = append(t.rows, map[string]any{"model": "ollama/" + m.Name, "family": m.Details.Family, "parameters": m.Details.ParameterSize,
				"quant": m.Details.QuantizationLevel, "digest": m.Digest[:min(12, len(m.Digest))], "endpoint": u.String()})
		}
	}
	return t, nil
}

func listRuns(ctx context.Context, path string) (table, error) {
	t := table{columns: []string{"run", "state", "started", "planned", "models", "tasks"}}
	store, err := openStore(path, true)
	if err != nil {
		return t, err
	}
	defer store.Close()
	runs, err := store.Runs(ctx)
	if err != nil {
		return t, fmt.Errorf("list runs of %s: %w", path, err)
	}
	for _, r := range runs {
		var models, tasks []string
		for _, m := range r.Models {
			models = append(models, m.Spec)
		}
		for _, x := range r.Tasks {
			tasks = append(tasks, x.Name)
		}
		t.rows = append(t.rows, map[string]any{"run": r.ID, "state": r.State, "started": r.Started.UTC(), "planned": r.Planned,
			"models": models, "tasks": tasks, "reason": r.Reason, "resumes": r.Resumes})
	}
	return t, nil
}
