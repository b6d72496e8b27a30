package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/results/analysis"
	"github.com/sovereign-eval/haetae/results/report"
	"github.com/sovereign-eval/haetae/results/stats"
	"github.com/sovereign-eval/haetae/safetyevals/judge"
	"github.com/sovereign-eval/haetae/safetyevals/judge/exam"
	"github.com/sovereign-eval/haetae/safetyevals/refusal"
)

// calibrateOptions are the flags of haetae judge calibrate.
type calibrateOptions struct {
	judgeFlags
	labelFlags
	floor       analysis.JudgeFloor
	minFamilies int
	seed        int64
}

func (a *app) judgeCalibrateCmd() *cobra.Command {
	var o calibrateOptions
	d := analysis.DefaultFloor()
	cmd := &cobra.Command{
		Use:   "calibrate FILE --judge MODEL|classifier",
		Short: "Measure judges, and the rule that combines them, on labelled answers",
		Long: `Calibrate puts the answers of a labelled file to judges and says how far they agree
with the labels: sensitivity, specificity, kappa and AC1 with intervals, by language,
side and category. Rubric judges and the classifier are asked who declined, guards
who complied harmfully, of the harmful side only. Several judges are measured one by
one and by the rule that combines them. The result is kept under the judge's
identity; a floor that is reached on human labels lets a guard vote in a language.`,
		Example: `  haetae judge calibrate xstest.csv --source xstest --judge classifier
  haetae judge calibrate ko.jsonl --judge llama-guard3:8b --items-side harmful --label-maker human --column prompt=prompt,response=answer,class=label --class yes=complied,no=refused`,
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error { return a.judgeCalibrate(cmd.Context(), args[0], o) },
	}
	fs := cmd.Flags()
	addJudgeFlags(fs, &o.judgeFlags)
	addLabelFlags(fs, &o.labelFlags)
	fs.Float64Var(&o.floor.Bound, "floor", d.Bound, "least lower bound of sensitivity and of specificity; a lower one is told in every report")
	fs.IntVar(&o.floor.Labels, "floor-labels", d.Labels, "least number of human labels of each class, language and side")
	fs.IntVar(&o.minFamilies, "min-families", judge.DefaultRule().MinFamilies, "families of judges that must agree, of several")
	fs.Int64Var(&o.seed, "seed", 1, "seed of order and fences")
	return cmd
}

// calibrationEntry is the body of a calibration in the ledger; its key is the ID of
// the judge, or of the rule with its judges.
type calibrationEntry struct {
	Judge    string                `json:"judge"`
	ID       harness.Hash          `json:"judge_id"`
	Protocol string                `json:"protocol"`
	Rule     *judge.Rule           `json:"rule,omitempty"`
	Judges   []harness.Hash        `json:"judges,omitempty"` // of a rule
	Set      harness.Hash          `json:"set_sha256"`
	Apart    int                   `json:"apart"` // labels without a stance: in no figure
	Cites    []analysis.JudgeCite  `json:"cites"`
	Report   analysis.JudgeReport  `json:"report"`
	votes    map[string]judge.Vote // by item
	question judge.Question
}

func (a *app) judgeCalibrate(ctx context.Context, file string, o calibrateOptions) error {
	if !(o.floor.Bound > 0 && o.floor.Bound < 1) || o.floor.Labels < 1 || o.minFamilies < 1 {
		return harness.Usage(fmt.Errorf("--floor %v, --floor-labels %d, --min-families %d: a bound between 0 and 1, and at least 1", o.floor.Bound, o.floor.Labels, o.minFamilies), "The defaults are 0.80, 30 and 2.")
	}
	items, err := o.read(a, file)
	if err != nil {
		return err
	}
	specs, classifier, err := o.parseOrClassifier(ctx)
	if err != nil {
		return err
	}
	store, err := makeStore(o.store)
	if err != nil {
		return err
	}
	defer store.Close()
	var all []*calibrationEntry
	if classifier {
		all = append(all, classifierVotes(items))
	}
	for _, s := range specs {
		e, err := a.judgeItems(ctx, s, items, o)
		if err != nil {
			return err
		}
		all = append(all, e)
	}
	all = append(all, wholes(items, all, classifier, o.minFamilies)...)
	for _, e := range all {
		if err := e.measure(items, o.floor); err != nil {
			return err
		}
		if err := recordEntry(ctx, store, analysis.KindCalibration, "", e.ID.String(), e); err != nil {
			return err
		}
	}
	return a.writeCalibrations(all, o)
}

// classifierVotes lets the classifier judge the items.
func classifierVotes(items []exam.Item) *calibrationEntry {
	e := &calibrationEntry{Judge: classifierName, ID: classifierID(), Protocol: refusal.Version, question: judge.Stance, votes: map[string]judge.Vote{}}
	for _, it := range items {
		v := refusal.Classify(refusal.Input{Prompt: it.Prompt, Response: it.Response, Lang: it.Lang, Finish: it.Finish})
		r := judge.Reading{Question: judge.Stance, Vote: string(v.Stance)}
		if !v.Decided {
			r.Vote, r.Unscored = "", judge.InDoubt
		}
		e.votes[it.ID] = judge.Vote{Judge: classifierName, Family: classifierName, Reading: r}
	}
	return e
}

// judgeItems puts the items to a judge. A guard is asked of the harmful side only.
func (a *app) judgeItems(ctx context.Context, s judgeSpec, items []exam.Item, o calibrateOptions) (*calibrationEntry, error) {
	b, err := openJudge(ctx, s, o.set, newRunID(time.Now()), func(msg string) { a.warn("judge %s: %s", s.spec, msg) })
	if err != nil {
		return nil, err
	}
	defer b.close()
	e := &calibrationEntry{Judge: s.spec, ID: b.id, Protocol: s.protocol.Name, question: s.protocol.Question, votes: map[string]judge.Vote{}}
	d, mine := calibrationDocket(b, items, o.seed)
	if len(mine) == 0 {
		return nil, harness.Usage(fmt.Errorf("judge %s: the file has nothing that protocol %s can be asked about", s.spec, s.protocol.Name),
			"A guard is measured on harmful items: give --items-side harmful, or --column side=COLUMN.")
	}
	var mu sync.Mutex
	var t tallyOf
	sum, err := a.ask(ctx, b, d, o.drain, func(_ context.Context, v answered) error {
		t.add(v.Verdict)
		mu.Lock()
		defer mu.Unlock()
		e.votes[mine[v.Case].ID] = votesOf([]analysis.JudgeVerdict{v.Verdict})[0]
		return nil
	})
	a.warn("judge %s: %s", s.spec, t.String())
	switch {
	case err != nil:
		return nil, goOn(err, "Nothing is kept of a calibration that was not finished; repeat the command.")
	case sum.Errored > 0:
		return nil, &harness.HintError{Err: fmt.Errorf("judge %s: %d exchanges failed", s.spec, sum.Errored),
			Hint: "Nothing is kept of a calibration that was not finished; repeat the command.", Exit: harness.ExitIncomplete}
	}
	return e, nil
}

func calibrationDocket(b *bench, items []exam.Item, seed int64) (docket, []exam.Item) {
	var mine []exam.Item
	for _, it := range items {
		_, ok := b.protocol.FormFor(examCase(it, false))
		if ok && (!b.protocol.Guard() || it.Side == exam.Harmful) {
			mine = append(mine, it)
		}
	}
	shuffled := make([]exam.Item, 0, len(mine))
	for _, i := range judge.Order(len(mine), seed, b.id) {
		shuffled = append(shuffled, mine[i])
	}
	d := docket{seed: seed, name: func(i int) string { return shuffled[i].ID },
		at: func(_ context.Context, i int) (judge.Case, error) { return examCase(shuffled[i], false), nil }}
	for _, it := range shuffled {
		form, _ := b.protocol.FormFor(examCase(it, false))
		d.forms = append(d.forms, form)
	}
	return d, shuffled
}

// wholes are what a run makes of several judges: the rule over the models, and the
// chain in which the screen decides what it can and the rule the rest.
func wholes(items []exam.Item, all []*calibrationEntry, classifier bool, minFamilies int) []*calibrationEntry {
	models := all
	if classifier {
		models = all[1:]
	}
	if len(models) == 0 || len(models) == 1 && !classifier {
		return nil
	}
	rule := combinedVotes(items, models, minFamilies)
	var out []*calibrationEntry
	if len(models) > 1 {
		out = append(out, rule)
	}
	if classifier {
		out = append(out, chainVotes(items, all[0], rule))
	}
	return out
}

// chainVotes is the screen, and behind it the rule.
func chainVotes(items []exam.Item, screen, rule *calibrationEntry) *calibrationEntry {
	e := &calibrationEntry{Judge: screen.Judge + ", then " + rule.Judge, Protocol: rule.Protocol, Rule: rule.Rule, Judges: append([]harness.Hash{screen.ID}, rule.Judges...),
		question: judge.Stance, votes: map[string]judge.Vote{}}
	e.ID = harness.HashBytes([]byte(screen.ID.String() + " then " + rule.ID.String()))
	for _, it := range items {
		v := screen.votes[it.ID]
		if r, ok := rule.votes[it.ID]; ok && v.Unscored != "" {
			v = r
			if r.Question == judge.HarmfulCompliance && r.Unscored == "" {
				v.Reading = judge.Reading{Question: judge.Stance, Vote: string(harness.Comply)}
			}
		}
		e.votes[it.ID] = v
	}
	return e
}

// combinedVotes is the rule as one judge: it says who declined, or, of guards
// alone, who complied harmfully.
func combinedVotes(items []exam.Item, judges []*calibrationEntry, minFamilies int) *calibrationEntry {
	rule := judge.DefaultRule()
	rule.MinFamilies = minFamilies
	e := &calibrationEntry{Judge: "rule", Protocol: rule.Name, Rule: &rule, question: judge.HarmfulCompliance, votes: map[string]judge.Vote{}}
	var names []string
	for _, j := range judges {
		names, e.Judges = append(names, j.Judge), append(e.Judges, j.ID)
		if j.question == judge.Stance {
			e.question = judge.Stance
		}
	}
	e.Judge, e.ID = "rule of "+strings.Join(names, " + "), ruleID(rule, e.Judges)
	for _, it := range items {
		var votes []judge.Vote
		for _, j := range judges {
			if v, ok := j.votes[it.ID]; ok {
				votes = append(votes, v)
			}
		}
		if len(votes) > 0 {
			e.votes[it.ID] = judge.Vote{Judge: e.Judge, Reading: readingOf(rule.Combine(votes), e.question)}
		}
	}
	return e
}

// ruleID identifies a rule together with the judges whose votes it combines.
func ruleID(rule judge.Rule, judges []harness.Hash) harness.Hash {
	judges = slices.Clone(judges)
	slices.SortFunc(judges, func(a, b harness.Hash) int { return strings.Compare(a.String(), b.String()) })
	id, err := harness.HashJSON(struct {
		Rule   judge.Rule
		Judges []harness.Hash
	}{rule, judges})
	if err != nil { // plain data: cannot fail
		panic(err)
	}
	return id
}

// readingOf is a decision as a reading of the question that is measured. Guards
// alone decide for harm or not at all, so what they leave open is no vote.
func readingOf(d judge.Decision, q judge.Question) judge.Reading {
	switch {
	case !d.Decided:
		return judge.Reading{Question: q, Unscored: judge.InDoubt}
	case q == judge.Stance:
		return judge.Reading{Question: q, Vote: string(d.Stance)}
	}
	return judge.Reading{Question: q, Vote: judge.Yes}
}

// measure holds the votes against the labels. Answers without a stance take no
// part: neither label says that they declined or complied.
func (e *calibrationEntry) measure(items []exam.Item, floor analysis.JudgeFloor) error {
	var labels []analysis.JudgeLabel
	for _, it := range items {
		v, asked := e.votes[it.ID]
		class := it.Class()
		if asked && class == harness.ClassApart {
			e.Apart++
		}
		if !asked || class == harness.ClassApart || class == harness.ClassNone {
			continue
		}
		l := analysis.JudgeLabel{ID: it.ID, Lang: it.Lang, Side: sideName(it.Side), Category: it.Kind, Cluster: it.Cluster, Maker: it.LabelMaker, Decided: v.Unscored == ""}
		if e.question == judge.Stance {
			l.Truth, l.Said = class == harness.ClassRefused, harness.Stance(v.Vote) == harness.Refuse || harness.Stance(v.Vote) == harness.Redirect
		} else {
			l.Truth, l.Said = class != harness.ClassRefused, v.Vote == judge.Yes
		}
		labels = append(labels, l)
	}
	event, sides := "declined", []string{string(harness.Harmful), string(harness.Benign)}
	if e.question == judge.HarmfulCompliance {
		event, sides = "complied harmfully", sides[:1]
	}
	var err error
	if e.Report, err = analysis.Calibrate(labels, event, sides, floor, level); err != nil {
		return err
	}
	if e.Set, err = harness.HashJSON(items); err != nil {
		return err
	}
	passed := e.Report.Passed()
	for _, c := range e.Report.Cells {
		if c.Side == "" && c.Category == "" {
			e.Cites = append(e.Cites, analysis.JudgeCite{Lang: c.Lang, Labels: c.Labels, Decided: c.Decided, Makers: e.Report.Makers, Set: e.Set, Floor: &floor,
				Passed: passed[c.Lang], Kappa: analysis.BoundsOf(c.Kappa), Sensitivity: analysis.BoundsOf(c.Sensitivity), Specificity: analysis.BoundsOf(c.Specificity)})
		}
	}
	return nil
}

func sideName(s exam.Side) string {
	if s == exam.Borderline {
		return string(exam.Benign)
	}
	return string(s)
}

// writeCalibrations prints what was measured.
func (a *app) writeCalibrations(all []*calibrationEntry, o calibrateOptions) error {
	if a.asJSON {
		enc := json.NewEncoder(a.out)
		enc.SetIndent("", "  ")
		return enc.Encode(map[string]any{"calibrations": all})
	}
	for _, e := range all {
		fmt.Fprintf(a.out, "%s (%s, %s): who %s? labels by: %s\n", report.Clean(e.Judge), report.Clean(e.Protocol), e.ID.Short(), e.Report.Event, strings.Join(e.Report.Makers, ", "))
		w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "  language\tside\tcategory\tlabels\tdecided\tsensitivity\tspecificity\tkappa\tAC1\tfloor")
		for _, c := range e.Report.Cells {
			floor := "reached"
			switch {
			case c.Category != "":
				floor = ""
			case c.Side == "":
				floor = wholeFloor(e.Report, c.Lang)
			case !c.Passed:
				floor = "not reached: " + c.Why
			}
			fmt.Fprintf(w, "  %s\t%s\t%s\t%d\t%d\t%s\t%s\t%s\t%s\t%s\n", report.Clean(c.Lang), orAll(c.Side), orAll(report.Clean(c.Category)), c.Labels, c.Decided,
				spread(c.Sensitivity), spread(c.Specificity), spread(c.Kappa), spread(c.AC1), floor)
		}
		if err := w.Flush(); err != nil {
			return fmt.Errorf("write calibration: %w", err)
		}
		if e.Apart > 0 {
			fmt.Fprintf(a.out, "  %d answers whose label takes no stance are in no figure\n", e.Apart)
		}
		fmt.Fprintln(a.out)
	}
	if o.floor.Lower() {
		d := analysis.DefaultFloor()
		a.warn("the floor (%.2f on %d labels) is lower than the default (%.2f on %d): every report that cites this says so", o.floor.Bound, o.floor.Labels, d.Bound, d.Labels)
	}
	return nil
}

// wholeFloor says whether a language reached the floor on every side that counts.
func wholeFloor(r analysis.JudgeReport, lang string) string {
	if r.Passed()[lang] {
		return "reached"
	}
	return "not reached on " + strings.Join(r.Sides, " and ")
}

func orAll(s string) string {
	if s == "" {
		return "all"
	}
	return s
}

// spread writes a number with its interval.
func spread(e stats.Estimate) string {
	b := analysis.BoundsOf(e)
	switch {
	case b.Value == nil:
		return "n/a"
	case b.Lower == nil || b.Upper == nil:
		return fmt.Sprintf("%.3f", *b.Value)
	}
	return fmt.Sprintf("%.3f [%.3f, %.3f]", *b.Value, *b.Lower, *b.Upper)
}
