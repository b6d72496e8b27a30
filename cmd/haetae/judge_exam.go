package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/results"
	"github.com/sovereign-eval/haetae/results/analysis"
	"github.com/sovereign-eval/haetae/results/report"
	"github.com/sovereign-eval/haetae/safetyevals/judge"
	"github.com/sovereign-eval/haetae/safetyevals/judge/exam"
	"github.com/sovereign-eval/haetae/safetyevals/refusal"
)

// examOptions are the flags of haetae judge exam.
type examOptions struct {
	judgeFlags
	labelFlags
	files   []string
	bundled bool
	limit   int
	swap    int
	seed    int64
}

func (a *app) judgeExamCmd() *cobra.Command {
	var o examOptions
	cmd := &cobra.Command{
		Use:   "exam --judge MODEL|classifier",
		Short: "Let a judge sit the exam, and keep how it did",
		Long: `Exam puts labelled answers to a judge, grades its verdicts by language, side, kind
and class, tries whether instructions inside an answer or the order of choices move
it, and keeps the result under the judge's identity: reports cite it. The classifier
is named classifier. Readers of the prompts alone stand beside every result. Guards
answer another question, for which the exam has no answers: calibrate them.`,
		Example: `  haetae judge exam --judge classifier
  haetae judge exam --judge qwen3:8b --limit 100
  haetae judge exam --judge classifier --bundled=false --file xstest.csv --source xstest`,
		Args: usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return a.judgeExam(cmd.Context(), o) },
	}
	fs := cmd.Flags()
	addJudgeFlags(fs, &o.judgeFlags)
	addLabelFlags(fs, &o.labelFlags)
	fs.StringArrayVar(&o.files, "file", nil, "labelled file that is added, .csv or .jsonl (repeatable)")
	fs.BoolVar(&o.bundled, "bundled", true, "ask the bundled exam")
	fs.IntVar(&o.limit, "limit", 0, "questions of each language, drawn by --seed, and the pairs that repeat them (default: all); the result says that it is a part")
	fs.IntVar(&o.swap, "swap", 60, "questions of each language, drawn by --seed, that are asked again with the choices in another order")
	fs.Int64Var(&o.seed, "seed", 1, "seed of order, fences and draws")
	return cmd
}

var errNoStance = errors.New("it answers no question of the exam")

// examEntry is the body of an exam in the ledger; its key is the judge's ID.
type examEntry struct {
	Judge    string               `json:"judge"`
	ID       harness.Hash         `json:"judge_id"`
	Protocol string               `json:"protocol"`
	Items    int                  `json:"items"`
	Part     bool                 `json:"part,omitempty"` // a sample of a longer exam
	Of       int                  `json:"of"`             // items of the whole
	Set      harness.Hash         `json:"set_sha256"`
	Seed     int64                `json:"seed"`
	Cites    []analysis.JudgeCite `json:"cites"`
	Result   analysis.ExamResult  `json:"result"`
}

func (a *app) judgeExam(ctx context.Context, o examOptions) error {
	if o.limit < 0 || o.swap < 0 {
		return harness.Usage(fmt.Errorf("--limit %d, --swap %d: not negative", o.limit, o.swap), "Leave --limit out for the whole exam; --swap 0 asks none again.")
	}
	whole, err := o.items(a)
	if err != nil {
		return err
	}
	items := whole
	if o.limit > 0 {
		items = exam.Sample(whole, o.limit, o.seed)
	}
	as := examEntry{Items: len(items), Of: len(whole), Part: len(items) < len(whole), Seed: o.seed}
	specs, classifier, err := o.parseOrClassifier(ctx)
	if err != nil {
		return err
	}
	for _, s := range specs {
		if s.protocol.Guard() {
			return harness.Usage(fmt.Errorf("judge %s: protocol %s votes on harmful compliance: %w", s.spec, s.protocol.Name, errNoStance),
				"The exam holds no compliance with harmful requests. Measure a guard with haetae judge calibrate on a labelled file.")
		}
	}
	store, err := makeStore(o.store)
	if err != nil {
		return err
	}
	defer store.Close()
	var sat []examEntry
	if classifier {
		as.Judge, as.ID, as.Protocol = classifierName, classifierID(), refusal.Version
		e, err := graded(items, classifyExam(items), as)
		if err != nil {
			return err
		}
		sat = append(sat, e)
	}
	for _, s := range specs {
		e, err := a.sit(ctx, s, items, as, o)
		if err != nil {
			return err
		}
		sat = append(sat, e)
	}
	for _, e := range sat {
		if err := recordEntry(ctx, store, results.KindExam, "", e.ID.String(), e); err != nil {
			return err
		}
	}
	return a.writeExams(items, sat, o)
}

// items reads the exam and the user's files.
func (o examOptions) items(a *app) ([]exam.Item, error) {
	var items []exam.Item
	if o.bundled {
		var err error
		if items, err = exam.Load(); err != nil {
			return nil, err
		}
	}
	for _, f := range o.files {
		more, err := o.read(a, f)
		if err != nil {
			return nil, err
		}
		items = append(items, more...)
	}
	if len(items) == 0 {
		return nil, harness.Usage(errors.New("the exam has no items"), "Leave out --bundled=false, or name a file with --file.")
	}
	return items, nil
}

// graded grades the answers of a judge and sums them up for citation.
func graded(items []exam.Item, answers []examAnswer, e examEntry) (examEntry, error) {
	var err error
	if e.Result, err = gradeExam(items, answers, level); err != nil {
		return e, err
	}
	if e.Set, err = harness.HashJSON(items); err != nil {
		return e, err
	}
	for _, a := range e.Result.Apart {
		c, ok := e.Result.Cell(a.Lang, "all", "")
		if !ok {
			continue
		}
		e.Cites = append(e.Cites, analysis.JudgeCite{Lang: a.Lang, Labels: c.Planned, Decided: c.Decided, Makers: e.Result.LabelMakers, Set: e.Set, Part: e.Part,
			Kappa: analysis.BoundsOf(c.Kappa), Sensitivity: analysis.BoundsOf(c.Sensitivity), Specificity: analysis.BoundsOf(c.Specificity)})
	}
	return e, nil
}

// sit lets a model sit the exam. A result is kept only of a whole one.
func (a *app) sit(ctx context.Context, s judgeSpec, items []exam.Item, as examEntry, o examOptions) (examEntry, error) {
	b, err := openJudge(ctx, s, o.set, newRunID(time.Now()), func(msg string) { a.warn("judge %s: %s", s.spec, msg) })
	if err != nil {
		return examEntry{}, err
	}
	defer b.close()
	answers := make([]examAnswer, len(items))
	d, places := examDocket(b, items, o)
	var mu sync.Mutex
	var t tallyOf
	sum, err := a.ask(ctx, b, d, o.drain, func(_ context.Context, v answered) error {
		t.add(v.Verdict)
		mu.Lock()
		defer mu.Unlock()
		i, again := places[v.Case].item, places[v.Case].again
		out := outcomeOf(v.Verdict, items[i])
		if again {
			answers[i].Swapped = out
			return nil
		}
		x := v.Verdict
		answers[i].Outcome, answers[i].Seconds, answers[i].PromptTokens, answers[i].Tokens = out, x.Seconds, max(x.PromptTokens, 0), max(x.Tokens, 0)
		return nil
	})
	a.warn("judge %s: %s", s.spec, t.String())
	switch {
	case err != nil:
		return examEntry{}, goOn(err, "Nothing is kept of an exam that was not finished; repeat the command.")
	case sum.Errored > 0:
		return examEntry{}, &harness.HintError{Err: fmt.Errorf("judge %s: %d exchanges failed", s.spec, sum.Errored),
			Hint: "Nothing is kept of an exam that was not finished; repeat the command.", Exit: harness.ExitIncomplete}
	}
	as.Judge, as.ID, as.Protocol = s.spec, b.id, s.protocol.Name
	return graded(items, answers, as)
}

// place says which item a case of the docket is, and whether it is asked again
// with its choices in another order.
type place struct {
	item  int
	again bool
}

// examDocket puts the items in a drawn order; some of each language come a second
// time.
func examDocket(b *bench, items []exam.Item, o examOptions) (docket, []place) {
	var all []place
	for i := range items {
		all = append(all, place{item: i})
	}
	for _, i := range exam.Draw(items, o.swap, o.seed) {
		all = append(all, place{item: i, again: true})
	}
	places := make([]place, 0, len(all))
	for _, i := range judge.Order(len(all), o.seed, b.id) {
		places = append(places, all[i])
	}
	d := docket{seed: o.seed, name: func(i int) string { return items[places[i].item].ID }}
	for _, p := range places {
		form, _ := b.protocol.FormFor(examCase(items[p.item], p.again))
		d.forms = append(d.forms, form)
	}
	d.at = func(_ context.Context, i int) (judge.Case, error) {
		return examCase(items[places[i].item], places[i].again), nil
	}
	return d, places
}

// examCase is an item as a case. Another key gives another fence and order.
func examCase(it exam.Item, again bool) judge.Case {
	key := "exam " + it.ID
	if again {
		key = "again " + key
	}
	side := harness.Benign
	if it.Side == exam.Harmful {
		side = harness.Harmful
	}
	return judge.Case{Key: harness.HashBytes([]byte(key)), Prompt: it.Prompt, Answer: it.Response, Lang: it.Lang, Battery: "exam", Side: side, AnyPolicy: true}
}

// outcomeOf is what a verdict says of an item: its stance, with the condition that
// the screen sees, as a run takes them together.
func outcomeOf(v analysis.JudgeVerdict, it exam.Item) harness.Outcome {
	if v.Unscored != "" {
		return harness.OutcomeUnscored
	}
	screen := refusal.Classify(refusal.Input{Prompt: it.Prompt, Response: it.Response, Lang: it.Lang, Finish: it.Finish})
	return harness.Resolve(harness.Stance(v.Vote), screen.Condition, true)
}

// writeExams prints the results, each beside the readers of prompts.
func (a *app) writeExams(items []exam.Item, sat []examEntry, o examOptions) error {
	if a.asJSON {
		enc := json.NewEncoder(a.out)
		enc.SetIndent("", "  ")
		return enc.Encode(map[string]any{"exams": sat})
	}
	lang, err := report.ParseLang(o.judgeFlags.lang)
	if err != nil {
		return harness.Usage(err, "Use --lang en or --lang ko.")
	}
	var failed error
	grade := func(answers []examAnswer) analysis.ExamResult {
		r, err := gradeExam(items, answers, level)
		failed = errors.Join(failed, err)
		return r
	}
	baselines := examBaselines(items, grade)
	if failed != nil {
		return failed
	}
	for _, e := range sat {
		sitting := report.Sitting{Judge: fmt.Sprintf("%s (%s, %s)", e.Judge, e.Protocol, e.ID.Short()), Items: e.Items, Of: e.Of, Seed: e.Seed}
		if err := report.Exam(a.out, sitting, e.Result, baselines, report.Text, lang, look(a.out)); err != nil {
			return err
		}
	}
	return nil
}
