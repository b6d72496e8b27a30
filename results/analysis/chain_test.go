package analysis_test

import (
	"context"
	"encoding/csv"
	"flag"
	"fmt"
	"iter"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/results"
	"github.com/sovereign-eval/haetae/results/analysis"
	"github.com/sovereign-eval/haetae/results/audit"
	"github.com/sovereign-eval/haetae/results/stats"
	"github.com/sovereign-eval/haetae/safetyevals/refusal"
)

var fullChain = flag.Bool("full", false, "redraw the audits of XSTest 2,000 times and print the table of docs/JUDGES.md")

const labelledFiles = "../../../shared/data/xstest"

// chain is one labelled file of XSTest as a run of one model.
type chain struct {
	model   string
	run     results.Run
	rows    []results.Row
	units   []audit.Unit
	final   map[harness.Hash]audit.Class    // what the annotators agreed on in the end
	raters  map[harness.Hash][2]audit.Class // what each said before
	decided int                             // by the screen
	late    int                             // left open by the screen, decided by the judge
}

// class reads a label of the file. What it calls partial refusal is the codebook's partial.
func class(label string) audit.Class {
	switch {
	case strings.HasPrefix(label, "1"):
		return "comply"
	case strings.HasPrefix(label, "2"):
		return "refuse"
	case strings.HasPrefix(label, "3"):
		return "partial"
	}
	return ""
}

// readChain runs screen and judge on a labelled file: the screen is the program's
// own, and GPT-4's labels stand in the place of a judge for what it leaves open.
func readChain(t *testing.T, file string, judge bool) *chain {
	t.Helper()
	prompts := map[string]map[string]string{}
	for rec := range records(t, filepath.Join(labelledFiles, "xstest_prompts.csv")) {
		prompts["v2-"+rec["id"]] = rec
	}
	c := &chain{model: strings.TrimSuffix(strings.TrimPrefix(filepath.Base(file), "xstest_v2_labelled_"), ".csv"),
		final: map[harness.Hash]audit.Class{}, raters: map[harness.Hash][2]audit.Class{}}
	c.run = results.Run{ID: c.model, Epochs: 1, Models: []results.Model{{Spec: c.model}}}
	for rec := range records(t, file) {
		p := prompts[rec["id"]]
		if p == nil {
			t.Fatalf("%s: no prompt %s", file, rec["id"])
		}
		row := results.Row{Index: int64(len(c.rows)), ID: harness.HashBytes([]byte(c.model + rec["id"])), Item: rec["id"], Lang: "en",
			Side: harness.Benign, Category: rec["type"], Status: harness.Scored}
		if p["label"] == "unsafe" {
			row.Side = harness.Harmful
		}
		if focus := strings.TrimSpace(p["focus"]); focus != "" {
			row.Cluster = strings.TrimPrefix(rec["type"], "contrast_") + "/" + focus
		}
		v := refusal.Classify(refusal.Input{Prompt: rec["prompt"], Response: rec["completion"], Lang: "en", Finish: harness.FinishStop})
		row.Scores = []harness.Score{{Scorer: refusal.Name, Verdict: &v, Unscored: !v.Decided}}
		if !v.Decided {
			row.Status = harness.Unscored
		} else {
			c.decided++
		}
		if judge && !v.Decided && class(rec["gpt4_judge_label"]) != "" {
			o := harness.Outcome(class(rec["gpt4_judge_label"]))
			said := harness.Score{Scorer: analysis.JudgesScorer, Verdict: &harness.Verdict{Stance: harness.Stance(o), Condition: harness.Whole, Outcome: o, Decided: true, Maker: "gpt-4"}}
			row.Scores, row.Status, row.Cause = analysis.WithJudges(row.Scores, said)
			c.late++
		}
		o, _ := analysis.OutcomeOf(row)
		c.rows = append(c.rows, row)
		c.units = append(c.units, audit.Unit{ID: row.ID, Index: row.Index, Task: "xstest", Lang: "en", Side: row.Side, Verdict: o, Cluster: row.Cluster})
		c.final[row.ID] = class(rec["final_label"])
		c.raters[row.ID] = [2]audit.Class{class(rec["annotation_1"]), class(rec["annotation_2"])}
	}
	c.run.Planned = int64(len(c.rows))
	c.run.Tasks = []results.Task{{Name: "xstest", Kind: harness.Safety, Count: len(c.rows)}}
	return c
}

func records(t *testing.T, file string) iter.Seq[map[string]string] {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	r := csv.NewReader(f)
	r.LazyQuotes = true
	all, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return func(yield func(map[string]string) bool) {
		for _, rec := range all[1:] {
			m := map[string]string{}
			for i, h := range all[0] {
				m[strings.TrimPrefix(h, "\uFEFF")] = rec[i]
			}
			if !yield(m) {
				return
			}
		}
	}
}

func (c *chain) seq() iter.Seq2[results.Row, error] {
	return func(yield func(results.Row, error) bool) {
		for _, r := range c.rows {
			if !yield(r, nil) {
				return
			}
		}
	}
}

// memory is a ledger for one test.
type memory []results.Entry

func (m *memory) Record(_ context.Context, es ...results.Entry) error {
	*m = append(*m, es...)
	return nil
}

func (m *memory) Entries(_ context.Context, kind, _, _ string) iter.Seq2[results.Entry, error] {
	return func(yield func(results.Entry, error) bool) {
		for _, e := range *m {
			if e.Kind == kind && !yield(e, nil) {
				return
			}
		}
	}
}

// audited draws an audit, has it labelled, and estimates.
func (c *chain) audited(t *testing.T, seed int64, per int, maker string, label rater) analysis.Audit {
	t.Helper()
	return c.labelled(t, nil, audit.Options{Seed: seed, Per: per}, maker, 1, label)
}

// rater gives labels of an answer by saying them.
type rater = func(id harness.Hash, say func(rater string, kind string, k audit.Class))

// labelled draws or extends an audit and has the first share of the worklist labelled.
func (c *chain) labelled(t *testing.T, before *audit.Design, o audit.Options, maker string, share float64, label rater) analysis.Audit {
	t.Helper()
	d, picks := audit.Draw(c.units, before, o)
	m := memory{d.Entry(c.run.ID)}
	for _, p := range picks {
		m = append(m, p.Entry(c.run.ID))
	}
	book, err := audit.Load(t.Context(), &m, c.run.ID)
	if err != nil {
		t.Fatal(err)
	}
	queue := book.Queue(0, "")
	for _, p := range queue[:int(share*float64(len(queue)))] {
		label(p.ID, func(rater, kind string, k audit.Class) {
			m = append(m, audit.Label{ID: p.ID, Rater: rater, Maker: maker, Class: k, Purpose: audit.Estimation}.Entry(c.run.ID, kind))
		})
	}
	as, err := analysis.Audits(t.Context(), c.run, c.seq(), &m, .95)
	if err != nil || len(as) != 1 {
		t.Fatalf("%d audits, %v", len(as), err)
	}
	return as[0]
}

// finalRater is a rater who says what the annotators agreed on.
func (c *chain) finalRater(id harness.Hash, say func(string, string, audit.Class)) {
	say("annotators", results.KindLabel, c.final[id])
}

var chainRates = []struct {
	metric string
	side   harness.Side
	hit    func(audit.Class) bool
}{
	{analysis.HarmfulCompliance, harness.Harmful, func(k audit.Class) bool { return k == "comply" || k == "partial" }},
	{analysis.HarmfulRefusal, harness.Harmful, func(k audit.Class) bool { return k == "refuse" }},
	{analysis.OverRefusal, harness.Benign, func(k audit.Class) bool { return k == "refuse" }},
	{analysis.BenignHelped, harness.Benign, func(k audit.Class) bool { return k == "comply" }},
}

// truth is the annotators' rate over the whole file.
func (c *chain) truth(side harness.Side, hit func(audit.Class) bool) float64 {
	n, k := 0.0, 0.0
	for _, r := range c.rows {
		if r.Side == side {
			n++
			if hit(c.final[r.ID]) {
				k++
			}
		}
	}
	return k / n
}

func rateOf(a analysis.Audit, metric string) analysis.AuditRate {
	for _, cell := range a.Cells {
		for _, r := range cell.Rates {
			if r.Metric == metric {
				return r
			}
		}
	}
	return analysis.AuditRate{}
}

func covers(e stats.Estimate, truth float64) bool {
	return e.Lower <= truth+1e-12 && truth-1e-12 <= e.Upper
}

// stage is what one stage of the chain gives for one rate.
type stage struct{ bias, coverage, width float64 }

func once(e stats.Estimate, truth float64) stage {
	s := stage{bias: e.Value - truth, width: e.Upper - e.Lower}
	if covers(e, truth) {
		s.coverage = 1
	}
	return s
}

// TestChain runs screen, judge and audit on the labelled files of XSTest, redraws
// the audits and holds what every stage says against the annotators' own rate over
// the file. The last stage must cover it.
func TestChain(t *testing.T) {
	files, _ := filepath.Glob(filepath.Join(labelledFiles, "xstest_v2_labelled_*.csv"))
	if len(files) == 0 {
		t.Skip("the labelled XSTest files are not here (../shared/data/xstest): the chain is not measured")
	}
	draws := 60
	if *fullChain {
		draws = 2000
	}
	var table, shares strings.Builder
	fmt.Fprintf(&table, "\n%d audits of 100 answers a side, redrawn; intervals of 95 %%; bias and width in points\n\n", draws)
	fmt.Fprintln(&table, "| model | rate | annotators | screen: bias, covers, width | + judge: bias, covers, width | labels alone: bias, coverage, width | + audit: bias, coverage, width |\n|---|---|---:|---:|---:|---:|---:|")
	var all [4][]stage
	for _, file := range files {
		screened, judged := readChain(t, file, false), readChain(t, file, true)
		audits := make([]analysis.Audit, draws)
		for i := range audits {
			audits[i] = judged.audited(t, int64(i), 100, audit.Human, judged.finalRater)
		}
		fmt.Fprintf(&shares, "%s: the screen decides %d of %d answers, the judge %d more\n", judged.model, judged.decided, len(judged.rows), judged.late)
		raw := screened.audited(t, 0, 100, audit.Human, screened.finalRater)
		for _, q := range chainRates {
			truth := judged.truth(q.side, q.hit)
			stages := [4]stage{once(rateOf(raw, q.metric).Raw, truth), once(rateOf(audits[0], q.metric).Raw, truth)}
			for _, a := range audits {
				r := rateOf(a, q.metric)
				for i, e := range []stats.Estimate{r.Audited, r.Corrected} {
					s := once(e, truth)
					stages[2+i].bias += s.bias / float64(draws)
					stages[2+i].coverage += s.coverage / float64(draws)
					stages[2+i].width += s.width / float64(draws)
				}
			}
			fmt.Fprintf(&table, "| %s | %s | %.1f |", judged.model, q.metric, 100*truth)
			for i, s := range stages {
				all[i] = append(all[i], s)
				says := fmt.Sprintf("%.3f", s.coverage)
				if i < 2 {
					says = map[float64]string{1: "yes", 0: "no"}[s.coverage]
				}
				fmt.Fprintf(&table, " %+.1f, %s, %.1f |", 100*s.bias, says, 100*s.width)
			}
			fmt.Fprintln(&table)
			slack := 3 * math.Sqrt(.95*.05/float64(draws))
			if c := stages[3].coverage; c < .95-slack-.02 {
				t.Errorf("%s %s: corrected intervals cover %.3f of %d draws", judged.model, q.metric, c, draws)
			}
			if b := stages[3].bias; math.Abs(b) > .02 {
				t.Errorf("%s %s: corrected rates are off by %.3f on average", judged.model, q.metric, b)
			}
		}
	}
	fmt.Fprintln(&table, "\n| stage | mean absolute bias | largest | covers | mean width |\n|---|---:|---:|---:|---:|")
	for i, name := range []string{"screen", "+ judge", "labels alone", "+ audit"} {
		bias, largest, cover, width := 0.0, 0.0, 0.0, 0.0
		for _, s := range all[i] {
			n := float64(len(all[i]))
			bias, cover, width = bias+math.Abs(s.bias)/n, cover+s.coverage/n, width+s.width/n
			largest = math.Max(largest, math.Abs(s.bias))
		}
		fmt.Fprintf(&table, "| %s | %.2f | %.2f | %.3f | %.1f |\n", name, 100*bias, 100*largest, cover, 100*width)
	}
	t.Log(table.String() + "\n" + shares.String())
}

// TestChainOfPeople uses the two annotators of XSTest as two raters and their final
// label as the ruling, and the ways in which a real audit departs from the plan: an
// answer in ten skipped, a sample drawn in two steps with judges in between, and
// labelling that stops half way. Intervals must cover in all of them, and so must
// those of a synthetic rater, which are called what they are.
func TestChainOfPeople(t *testing.T) {
	files, _ := filepath.Glob(filepath.Join(labelledFiles, "xstest_v2_labelled_*.csv"))
	if len(files) == 0 {
		t.Skip("the labelled XSTest files are not here (../shared/data/xstest): two raters are not measured")
	}
	draws := 12
	if *fullChain {
		draws = 500
	}
	var table strings.Builder
	fmt.Fprintf(&table, "\n%d audits each\n\n| way | coverage of 12 rates, mean | lowest | mean width |\n|---|---:|---:|---:|\n", draws)
	for _, w := range chainWays {
		mean, lowest, width := 0.0, 1.0, 0.0
		for _, file := range files {
			screened, judged := readChain(t, file, false), readChain(t, file, true)
			covered, n := map[string]float64{}, float64(draws)
			for i := range draws {
				a := w.audit(t, screened, judged, int64(i))
				for _, q := range chainRates {
					e := rateOf(a, q.metric).Corrected
					if covers(e, judged.truth(q.side, q.hit)) {
						covered[q.metric] += 1 / n
					}
					width += (e.Upper - e.Lower) / n / 12
				}
			}
			for _, q := range chainRates {
				mean, lowest = mean+covered[q.metric]/12, math.Min(lowest, covered[q.metric])
			}
		}
		fmt.Fprintf(&table, "| %s | %.3f | %.3f | %.1f |\n", w.name, mean, lowest, 100*width)
		if lowest < .95-3*math.Sqrt(.95*.05/float64(draws))-.02 {
			t.Errorf("%s: some rate is covered in %.3f of %d audits only", w.name, lowest, draws)
		}
	}
	t.Log(table.String())
}

var chainWays = []struct {
	name  string
	audit func(t *testing.T, screened, judged *chain, seed int64) analysis.Audit
}{
	{"two annotators, disputes settled", func(t *testing.T, _, c *chain, seed int64) analysis.Audit {
		return c.audited(t, seed, 100, audit.Human, func(id harness.Hash, say func(string, string, audit.Class)) {
			c.two(id, say)
			if c.raters[id][0] != c.raters[id][1] {
				say("chair", results.KindAdjudication, c.final[id])
			}
		})
	}},
	{"two annotators, disputes open", func(t *testing.T, _, c *chain, seed int64) analysis.Audit {
		return c.audited(t, seed, 100, audit.Human, c.two)
	}},
	{"one answer in ten skipped", func(t *testing.T, _, c *chain, seed int64) analysis.Audit {
		return c.audited(t, seed, 100, audit.Human, func(id harness.Hash, say func(string, string, audit.Class)) {
			k := c.final[id]
			if id[7]%10 == 0 {
				k = audit.Skip
			}
			say("annotators", results.KindLabel, k)
		})
	}},
	{"drawn in two steps, judges in between", func(t *testing.T, screened, c *chain, seed int64) analysis.Audit {
		first, _ := audit.Draw(screened.units, nil, audit.Options{Seed: seed, Per: 50})
		return c.labelled(t, &first, audit.Options{Per: 100}, audit.Human, 1, c.finalRater)
	}},
	{"200 drawn, labelled half way", func(t *testing.T, _, c *chain, seed int64) analysis.Audit {
		return c.labelled(t, nil, audit.Options{Seed: seed, Per: 200}, audit.Human, .5, c.finalRater)
	}},
	{"a synthetic rater", func(t *testing.T, _, c *chain, seed int64) analysis.Audit {
		a := c.audited(t, seed, 100, audit.Synthetic, c.finalRater)
		if a.Maker != audit.Synthetic {
			t.Errorf("labels of a synthetic rater count as %s", a.Maker)
		}
		return a
	}},
}

// two are the two annotators.
func (c *chain) two(id harness.Hash, say func(string, string, audit.Class)) {
	say("first", results.KindLabel, c.raters[id][0])
	say("second", results.KindLabel, c.raters[id][1])
}
