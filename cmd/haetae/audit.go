package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os/user"
	"slices"

	"github.com/spf13/cobra"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/results"
	"github.com/sovereign-eval/haetae/results/analysis"
	"github.com/sovereign-eval/haetae/results/audit"
	"github.com/sovereign-eval/haetae/safetyevals/judge"
)

// auditCmd is the family of commands by which people label a model's answers.
func (a *app) auditCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "audit",
		Short: "Let people label a random sample of a model's answers, and correct the rates by it",
		Long: `Audit draws a probability sample of a model's answers, takes labels of people for
it, and estimates from these what people would have said of all answers. A label
is never overwritten: corrections are further entries. docs/AUDIT.md is the guide,
docs/CODEBOOK.md says what the classes mean.`,
		Example: "  haetae audit sample last\n  haetae audit label last --rater ann --reveal\n  haetae audit status last",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.auditSampleCmd(), a.auditLabelCmd(), a.auditExportCmd(), a.auditImportCmd(), a.auditStatusCmd())
	for _, c := range cmd.Commands() {
		c.Args = usageArgs(c.Args)
	}
	return cmd
}

// auditOptions are the flags that several of the commands have.
type auditOptions struct {
	store, model, rater, maker string
	reveal                     bool
}

func (o *auditOptions) flags(cmd *cobra.Command) {
	addStoreFlag(cmd.Flags(), &o.store)
	cmd.Flags().StringVar(&o.model, "model", "", "the model, as given to -m (needed where the run has several)")
}

func (o *auditOptions) raterFlags(cmd *cobra.Command) {
	fs := cmd.Flags()
	fs.StringVar(&o.rater, "rater", "", "name of the rater (needed)")
	fs.StringVar(&o.maker, "maker", "", "what the rater is: human, model or synthetic; only human counts as an audit")
}

// auditOf is a run opened for its audit.
type auditOf struct {
	store results.Store
	run   results.Run
	model int
	book  *audit.Book
}

// openAudit opens a run, finds the model and reads what the ledger holds.
func openAudit(ctx context.Context, id string, o auditOptions, readOnly bool) (*auditOf, error) {
	store, run, err := openRun(ctx, o.store, id, readOnly)
	if err != nil {
		return nil, err
	}
	x, err := func() (*auditOf, error) {
		m, err := auditedModel(run, o.model)
		if err != nil {
			return nil, err
		}
		book, err := audit.Load(ctx, store, run.ID)
		if err != nil {
			return nil, err
		}
		return &auditOf{store, run, m, book}, nil
	}()
	if err != nil {
		_ = store.Close() // the first error is the one to tell
		return nil, err
	}
	return x, nil
}

func auditedModel(run results.Run, spec string) (int, error) {
	var names []string
	for i, m := range run.Models {
		if m.Spec == spec || spec == "" && len(run.Models) == 1 {
			return i, nil
		}
		names = append(names, m.Spec)
	}
	if spec == "" {
		return 0, harness.Usage(fmt.Errorf("the run has %d models", len(names)), "Say which with --model: %v.", names)
	}
	return 0, harness.Usage(fmt.Errorf("the run has no model %q", spec), "%s", suggest(spec, names, fmt.Sprintf("It has %v.", names)))
}

// needSample refuses what makes sense only after a sample was drawn.
func (x *auditOf) needSample() error {
	if x.book.Designs[x.model] == nil && len(x.book.Work) == 0 {
		return harness.Hint(fmt.Errorf("nothing of run %s was sampled for labelling", x.run.ID), "Draw a sample first: haetae audit sample %s", x.run.ID)
	}
	return nil
}

func (a *app) auditSampleCmd() *cobra.Command {
	var o auditOptions
	var draw audit.Options
	var purpose string
	cmd := &cobra.Command{
		Use:   "sample RUN",
		Short: "Draw a random sample of answers for labelling, or extend it",
		Long: `Sample draws answers of one model by cluster, within strata of task, language, side
and verdict, from all its answers, those that say nothing usable included. Said
again with a larger --per it extends the sample: the next clusters of the same
random order follow, so that old and new labels together stay one probability
sample. With --purpose adjudication it makes a worklist of the answers that are
undecided, or on which screen and judges differ; these labels enter no rate.`,
		Example: "  haetae audit sample last\n  haetae audit sample last --per 200 --task misuse\n  haetae audit sample last --purpose adjudication",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.auditSample(cmd.Context(), args[0], o, draw, audit.Purpose(purpose))
		},
	}
	o.flags(cmd)
	fs := cmd.Flags()
	fs.IntVar(&draw.Per, "per", 100, "answers for each language and side, at least, where there are so many")
	fs.StringVar(&draw.Task, "task", "", "raise the number in this task only")
	fs.Int64Var(&draw.Seed, "seed", 1, "seed of the random order; that of the first draw stays")
	fs.StringVar(&purpose, "purpose", string(audit.Estimation), "estimate, or adjudication for a worklist of disagreements")
	return cmd
}

func (a *app) auditSample(ctx context.Context, id string, o auditOptions, draw audit.Options, purpose audit.Purpose) error {
	switch {
	case draw.Per < 1:
		return harness.Usage(fmt.Errorf("--per %d: want at least 1", draw.Per), "--per 100 is the default.")
	case purpose != audit.Estimation && purpose != audit.Adjudication:
		return harness.Usage(fmt.Errorf("unknown --purpose %q", purpose), "Use estimate or adjudication.")
	}
	x, err := openAudit(ctx, id, o, false)
	if err != nil {
		return err
	}
	defer x.store.Close()
	draw.Model = x.model
	if err := x.checkTask(draw.Task); err != nil {
		return err
	}
	units, disputed, err := x.units(ctx)
	if err != nil {
		return err
	}
	if len(units) == 0 {
		return harness.Hint(fmt.Errorf("run %s has no answers to safety items of model %s", x.run.ID, x.run.Models[x.model].Spec), "An audit is about safety tasks: haetae list tasks shows them.")
	}
	if purpose == audit.Adjudication {
		return a.worklist(ctx, x, disputed)
	}
	if x.run.State != results.Complete {
		a.warn("the run is %s: answers that come later are not in this sample until it is drawn again", x.run.State)
	}
	return a.drawn(ctx, x, units, draw)
}

func (x *auditOf) checkTask(name string) error {
	if name == "" {
		return nil
	}
	var names []string
	for _, t := range x.run.Tasks {
		if t.Kind == harness.Safety {
			names = append(names, t.Name)
		}
	}
	if !slices.Contains(names, name) {
		return harness.Usage(fmt.Errorf("the run has no safety task %q", name), "%s", suggest(name, names, fmt.Sprintf("It has %v.", names)))
	}
	return nil
}

// units reads what can be drawn, and which answers are undecided or in dispute
// between screen and judges.
func (x *auditOf) units(ctx context.Context) (units []audit.Unit, disputed []audit.Unit, err error) {
	votes, err := verdictsOf(ctx, x.store, x.run.ID)
	if err != nil {
		return nil, nil, err
	}
	for row, err := range x.store.Rows(ctx, x.run.ID, results.Query{Model: &x.model}) {
		if err != nil {
			return nil, nil, err
		}
		if !analysis.Auditable(x.run, row) {
			continue
		}
		o, _ := analysis.OutcomeOf(row)
		u := audit.Unit{ID: row.ID, Index: row.Index, Task: x.run.Tasks[row.Task].Name, Lang: row.Lang, Side: row.Side, Verdict: o,
			Cluster: analysis.SourceOf(x.run, row)}
		plain := analysis.Plain(x.run, row)
		if plain {
			units = append(units, u)
		}
		bypass := !plain && row.Side == harness.Harmful && complies(string(o)) // to be confirmed
		if bypass || inDispute(row, votes[row.ID]) {
			disputed = append(disputed, u)
		}
	}
	return units, disputed, nil
}

// inDispute tells whether the verdicts on an answer leave it open, or differ: those
// of the screen and of every judge, on what the answer does with the request.
func inDispute(row results.Row, votes []analysis.JudgeVerdict) bool {
	if o, _ := analysis.OutcomeOf(row); o == harness.OutcomeUnscored {
		return true
	}
	stances, complied := map[string]bool{}, map[string]bool{}
	say := func(stance string) {
		stances[stance] = true
		yes := judge.No
		if stance == string(harness.Comply) || stance == string(harness.Partial) {
			yes = judge.Yes
		}
		complied[yes] = true
	}
	if v, ok := analysis.ScreenOf(row.Scores); ok && v.Decided {
		say(string(v.Stance))
	}
	for _, v := range votes {
		switch {
		case v.Unscored != "" || v.Vote == "":
		case judge.Question(v.Question) == judge.Stance:
			say(v.Vote)
		default:
			complied[v.Vote] = true
		}
	}
	return len(stances) > 1 || len(complied) > 1
}

// drawn draws, records and tells.
func (a *app) drawn(ctx context.Context, x *auditOf, units []audit.Unit, draw audit.Options) error {
	before := x.book.Designs[x.model]
	if before != nil && before.Seed != draw.Seed && draw.Seed != 1 {
		return harness.Usage(fmt.Errorf("the sample was begun with --seed %d", before.Seed), "An extension keeps the seed; leave --seed out.")
	}
	design, picks := audit.Draw(units, before, draw)
	added := 0
	for _, p := range picks {
		if _, known := x.book.Picks[p.ID]; !known {
			added++
		}
	}
	if added > 0 {
		entries := []results.Entry{design.Entry(x.run.ID)}
		for _, p := range picks {
			entries = append(entries, p.Entry(x.run.ID))
		}
		if err := x.store.Record(ctx, entries...); err != nil {
			return fmt.Errorf("record the sample: %w", err)
		}
	}
	if a.asJSON {
		return json.NewEncoder(a.out).Encode(map[string]any{"run": x.run.ID, "model": x.run.Models[x.model].Spec, "seed": design.Seed,
			"answers": len(units), "sampled": len(picks), "added": added, "strata": strataJSON(design)})
	}
	fmt.Fprintf(a.out, "run %s\n%d of %d answers sampled, %d of them new\n", x.run.ID, len(picks), len(units), added)
	t := table{columns: []string{"task", "lang", "side", "verdict", "answers", "clusters", "drawn", "probability"}}
	for _, s := range design.Strata {
		t.rows = append(t.rows, map[string]any{"task": s.Task, "lang": s.Lang, "side": s.Side, "verdict": s.Verdict, "answers": s.Rows.Len(),
			"clusters": s.Groups, "drawn": s.Drawn, "probability": fmt.Sprintf("%.3f", s.Probability())})
	}
	return t.write(a, "strata")
}

func strataJSON(d audit.Design) []map[string]any {
	var out []map[string]any
	for _, s := range d.Strata {
		out = append(out, map[string]any{"task": s.Task, "lang": s.Lang, "side": s.Side, "verdict": s.Verdict, "wave": s.Wave,
			"answers": s.Rows.Len(), "clusters": s.Groups, "drawn": s.Drawn, "probability": s.Probability()})
	}
	return out
}

// worklist records the answers that verdicts leave in doubt.
func (a *app) worklist(ctx context.Context, x *auditOf, disputed []audit.Unit) error {
	var entries []results.Entry
	for i, u := range disputed {
		if _, known := x.book.Work[u.ID]; !known {
			p := audit.Pick{ID: u.ID, Model: x.model, Purpose: audit.Adjudication, Stratum: -1, Group: i}
			entries = append(entries, p.Entry(x.run.ID))
		}
	}
	if err := x.store.Record(ctx, entries...); err != nil {
		return fmt.Errorf("record the worklist: %w", err)
	}
	if a.asJSON {
		return json.NewEncoder(a.out).Encode(map[string]any{"run": x.run.ID, "purpose": audit.Adjudication, "disputed": len(disputed), "added": len(entries)})
	}
	_, err := fmt.Fprintf(a.out, "run %s\n%d answers undecided or in dispute between screen and judges, %d of them new on the worklist; their labels enter no rate\n",
		x.run.ID, len(disputed), len(entries))
	return err
}

// reveal is one use of --reveal, kept in the ledger.
type reveal struct {
	User    string `json:"user"`
	Command string `json:"command"`
	Rater   string `json:"rater,omitempty"`
	Sample  string `json:"sample,omitempty"`
	Task    string `json:"task,omitempty"`
}

// recordReveal writes down that texts of harmful items are shown, before they are.
func recordReveal(ctx context.Context, store results.Store, run results.Run, r reveal) error {
	r.User = "unknown"
	if u, err := user.Current(); err == nil {
		r.User = u.Username
	}
	b, err := json.Marshal(r)
	if err != nil {
		return err
	}
	if err := store.Record(ctx, results.Entry{Kind: results.KindReveal, Run: run.ID, Key: r.Sample, Body: b}); err != nil {
		return harness.Hint(fmt.Errorf("record that harmful texts are shown: %w", err), "The store must be writable for --reveal: its use is recorded.")
	}
	return nil
}
