package stats

import (
	"encoding/csv"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// judgeCell adds up the intervals of one cell of a table of judges.
type judgeCell struct {
	coverageRow
	runs float64
}

// judgeMethods are the columns of those tables: ours, and what others print.
var judgeMethods = []string{"JudgeCorrected", "judge alone (peers)", "labels alone, normal (peers)"}

func newJudgeCell(cell string, runs int) judgeCell {
	return judgeCell{coverageRow{cell: cell, coverage: make([]float64, len(judgeMethods))}, float64(runs)}
}

// add counts one audit whose true rate is known, and returns our estimate.
func (c *judgeCell) add(a JudgeAudit, truth float64) JudgeEstimate {
	e := JudgeCorrected(a, 0.95)
	items := len(a.Judge)
	covered := []bool{
		e.Lower <= truth+1e-12 && truth-1e-12 <= e.Upper,
		Wilson(roundInt(e.Raw*float64(items)), items, 0.95).Contains(truth),
		math.Abs(e.LabelsOnly-truth) <= twoSidedZ(0.95)*bernoulliSE(e.LabelsOnly, float64(e.Labelled)),
	}
	for k, hit := range covered {
		if hit {
			c.coverage[k] += 1 / c.runs
		}
	}
	if saysConservative(e.Method, e.Warnings) {
		c.named += 1 / c.runs
	}
	c.width += e.Interval().Width() / c.runs
	return e
}

// check fails a cell below 93.5 %, or above 96.5 % where fewer than the given share of its
// intervals say that they are conservative, each within the error of the simulation.
func (c judgeCell) check(t *testing.T, named float64) {
	t.Helper()
	slack := 3 * math.Sqrt(0.05*0.95/c.runs)
	if v := c.coverage[0]; v < 0.935-slack || v > 0.965+slack && c.named < named-1e-9 {
		t.Errorf("%s: coverage %.4f, %.0f %% named conservative", c.cell, v, 100*c.named)
	}
}

// judgeErrors are sensitivities and specificities of GPT-4's labels and of string matching, as
// measured on the labelled XSTest answers of three models.
var judgeErrors = [][2]float64{{0.93, 0.81}, {1, 0.76}, {0.74, 1}, {1, 0.51}, {0.71, 0.60}, {0.96, 0.20}}

// TestCoverageOfJudges simulates audits: of some thousand answers, judged with the errors
// measured on XSTest, some are labelled at random.
func TestCoverageOfJudges(t *testing.T) {
	runs, items, rates, sizes := 300, 400, []float64{0.02, 0.3, 0.9}, []int{50, 200}
	if *full {
		runs, items = 4000, 1000
		rates, sizes = []float64{0.005, 0.02, 0.05, 0.1, 0.3, 0.5, 0.7, 0.9, 0.98, 0.995}, []int{50, 100, 200, 500}
	}
	table := coverageTable{name: "judges", methods: judgeMethods,
		title: fmt.Sprintf("Seeded, %d simulations a cell of %d answers; inside: at least 10 events and 10 non-events are expected among the labels.", runs, items)}
	for _, errs := range judgeErrors {
		for _, rate := range rates {
			for _, n := range sizes {
				cell := newJudgeCell(fmt.Sprintf("sensitivity %g, specificity %g, rate %g, %d labels", errs[0], errs[1], rate, n), runs)
				cell.inside = float64(n)*min(rate, 1-rate) >= 10
				for r := range runs {
					a, truth := auditOf(items, n, rate, 1-errs[0], 1-errs[1], uint64(r))
					cell.add(a, truth)
				}
				table.rows = append(table.rows, cell.coverageRow)
				if !*full || cell.inside {
					cell.check(t, 0.9)
				}
			}
		}
	}
	table.publish(t)
}

// xstest reads the labels of one model's answers: for an endpoint, what people and the two
// shipped judges say.
func xstest(t *testing.T, model, endpoint string) (human, gpt, match []float64) {
	t.Helper()
	path := filepath.Join("..", "..", "..", "shared", "data", "xstest", "xstest_v2_labelled_"+model+".csv")
	f, err := os.Open(path)
	if err != nil {
		t.Skipf("labelled XSTest answers are not here: %v", err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	column := map[string]int{}
	for i, name := range rows[0] {
		column[name] = i
	}
	event := func(label string) float64 {
		refused, helped := strings.HasPrefix(label, "2"), strings.HasPrefix(label, "1")
		if endpoint == "refused" && refused || endpoint == "complied" && !refused || endpoint == "helped" && helped {
			return 1
		}
		return 0
	}
	for _, row := range rows[1:] {
		if harmful := strings.HasPrefix(row[column["type"]], "contrast"); harmful == (endpoint == "helped") {
			continue
		}
		human = append(human, event(row[column["final_label"]]))
		gpt = append(gpt, event(row[column["gpt4_judge_label"]]))
		match = append(match, event(row[column["strmatch_label"]]))
	}
	return human, gpt, match
}

// xstestJudges are five judges of answers: the two shipped, and three that tell nothing or worse.
func xstestJudges(gpt, match []float64) []struct {
	name     string
	verdicts []float64
} {
	rng := newStream(41, streamSimulation, 0)
	inverted, coin := make([]float64, len(gpt)), make([]float64, len(gpt))
	for i, v := range gpt {
		inverted[i], coin[i] = 1-v, float64(rng.intn(2))
	}
	return []struct {
		name     string
		verdicts []float64
	}{{"GPT-4", gpt}, {"string match", match}, {"constant", slices.Repeat([]float64{1}, len(gpt))}, {"inverted", inverted}, {"coin", coin}}
}

// TestCoverageOnXSTest redraws labels from real ones: the interval covers what people said of
// all answers, whoever judges, and never has zero width; with enough events it is no wider
// than the labels alone by over 5 %.
func TestCoverageOnXSTest(t *testing.T) {
	if testing.Short() {
		t.Skip("a simulation of seconds: left out by -short")
	}
	runs := 500
	if *full {
		runs = 10_000
	}
	table := coverageTable{name: "xstest", methods: judgeMethods,
		title: fmt.Sprintf("%d redraws a cell; inside: at least 10 events and 10 non-events are expected among the labels.", runs)}
	for _, model := range []string{"gpt4", "llama2new", "mistralguard"} {
		for _, endpoint := range []string{"refused", "complied", "helped"} {
			human, gpt, match := xstest(t, model, endpoint)
			for _, judge := range xstestJudges(gpt, match) {
				for _, n := range []int{50, 100, 200} {
					name := fmt.Sprintf("%s, %s, judge %s, %d of %d labelled", model, endpoint, judge.name, n, len(human))
					cell := redrawLabels(t, name, human, judge.verdicts, n, runs)
					cell.check(t, 1)
					table.rows = append(table.rows, cell.coverageRow)
				}
			}
		}
	}
	table.publish(t)
}

// redrawLabels labels n answers at random, again and again.
func redrawLabels(t *testing.T, name string, human, judge []float64, n, runs int) judgeCell {
	t.Helper()
	truth, items := mean(human), float64(len(human))
	a := JudgeAudit{Judge: judge, Human: make([]float64, len(human))}
	cell := newJudgeCell(name, runs)
	cell.inside = float64(n)*min(truth, 1-truth) >= 10
	for r := range runs {
		rng := newStream(43, streamSimulation, uint64(r))
		label(&rng, &a, human, n)
		e := cell.add(a, truth)
		if !(e.Upper > e.Lower) {
			t.Fatalf("%s: zero width: %+v", name, e)
		}
		p := e.LabelsOnly
		if x := p * float64(n); x < 10 || float64(n)-x < 10 || n == len(human) {
			continue
		}
		se := math.Sqrt((1 - float64(n)/items) * p * (1 - p) / float64(n-1))
		if w := 2 * twoSidedT(0.95, float64(n-1)) * se; e.Interval().Width() > 1.05*w {
			t.Errorf("%s: width %v, labels alone %v (%s)", name, e.Interval().Width(), w, e.Method)
		}
	}
	return cell
}
