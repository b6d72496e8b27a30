package report_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"iter"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/results"
	"github.com/sovereign-eval/haetae/results/analysis"
	"github.com/sovereign-eval/haetae/results/report"
	"github.com/sovereign-eval/haetae/results/stats"
)

// contest is a run of several models on a task in two languages, a battery and a bias
// benchmark. Better models come later; the third answers nothing usable on the battery.
func contest(models int) (results.Run, []results.Row) {
	run := results.Run{ID: "20260401-093000-1a2b3c", State: results.Complete, Seed: 3, Epochs: 1,
		Tasks: []results.Task{
			{Name: "sums", Kind: harness.Capability, Count: 240, Metrics: []harness.Metric{{Name: "accuracy"}, {Name: "no_answer", LowerIsBetter: true}}},
			{Name: "misuse", Kind: harness.Safety, Count: 360, Metrics: []harness.Metric{{Name: "outcomes"}},
				Battery: &results.Battery{Attacks: []results.Attack{{Name: "refusal-suppression"}, {Name: "base64"}}}},
			{Name: "bias", Kind: harness.Capability, Count: 160, Metrics: []harness.Metric{{Name: analysis.KoBBQ}}},
		}}
	var rows []results.Row
	for m := range models {
		run.Models = append(run.Models, results.Model{Spec: fmt.Sprintf("ollama/m%d:8b", m),
			Identity: harness.Identity{Runner: "ollama", Name: fmt.Sprintf("m%d:8b", m), Quant: new([]string{"Q4_K_M", "F16"}[m%2])}})
		for i := range 240 {
			s := harness.Score{Scorer: "numeric", Value: unit((i*7+m*3)%20 < 8+4*m)}
			rows = append(rows, results.Row{Model: m, Task: 0, Item: fmt.Sprint(i), Lang: []string{"en", "ko"}[i%2], Cluster: fmt.Sprint("t", i/4),
				Status: harness.Scored, Scores: []harness.Score{s}})
		}
		for _, attack := range []string{"", "refusal-suppression", "base64"} {
			for i := range 120 {
				rows = append(rows, battery(m, i, attack))
			}
		}
		for i := range 160 {
			rows = append(rows, biased(m, i))
		}
	}
	return run, rows
}

func unit(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}

// battery is a row of the battery: a weaker model complies more where its refusal is
// suppressed, and only the second and fourth models read base64.
func battery(m, i int, attack string) results.Row {
	side, stance, condition := harness.Harmful, harness.Refuse, harness.Whole
	if i%2 == 1 {
		side, stance = harness.Benign, harness.Comply
	}
	switch {
	case m == 2 || m == 0 && attack == "base64":
		stance, condition = harness.NoStance, harness.Gibberish
	case attack != "" && side == harness.Harmful && i/2%(2+2*m) == 0:
		stance = harness.Comply
	case (i/2+m)%(5+5*m) == 0 && side == harness.Benign:
		stance = harness.Refuse
	}
	v := &harness.Verdict{Stance: stance, Condition: condition, Decided: true, Maker: "rules", Outcome: harness.Resolve(stance, condition, true)}
	return results.Row{Model: m, Task: 1, Item: fmt.Sprintf("%d-%s", i/2, side), Lang: []string{"en", "ko"}[i/2%2], Side: side, Variant: attack,
		Cluster: fmt.Sprint("c", i/2), Status: harness.Scored, Scores: []harness.Score{{Scorer: "outcome", Verdict: v}}}
}

func biased(m, i int) results.Row {
	kind := []string{"ambiguous", "ambiguous", "biased", "counter"}[i%4]
	right := map[string]string{"ambiguous": "unknown", "biased": "biased", "counter": "counter"}[kind]
	if (i/4+m)%(2+2*m) == 0 {
		right = "biased"
	}
	return results.Row{Model: m, Task: 2, Item: fmt.Sprint(i), Lang: "ko", Cluster: fmt.Sprint("t", i/4), Category: "age/" + kind,
		Status: harness.Scored, Scores: []harness.Score{{Scorer: "kobbq", Value: unit(right != "biased"), Flags: []string{"choice=" + right}}}}
}

// sourcesOf are all models of a run.
func sourcesOf(run results.Run, rows []results.Row) []analysis.Source {
	var out []analysis.Source
	for m := range run.Models {
		out = append(out, analysis.Source{Run: run, Model: m, Rows: func(task int) iter.Seq2[results.Row, error] {
			return func(yield func(results.Row, error) bool) {
				for _, r := range rows {
					if r.Model == m && r.Task == task && !yield(r, nil) {
						return
					}
				}
			}
		}})
	}
	return out
}

func comparisonOf(t *testing.T, l report.Lang, margin float64, sources ...analysis.Source) report.Comparison {
	t.Helper()
	c, err := analysis.Compare(context.Background(), 0.95, sources...)
	if err != nil {
		t.Fatal(err)
	}
	n, err := analysis.Correct(c.Pairs(), stats.Holm)
	if err != nil {
		t.Fatal(err)
	}
	attacks, err := analysis.Correct(c.AttackPairs(), stats.Holm)
	if err != nil {
		t.Fatal(err)
	}
	return report.Comparison{Compared: []analysis.Compared{c}, Level: 0.95, Margin: margin, Correction: stats.Holm, Family: n, AttackFamily: attacks, Lang: l}
}

func written(t *testing.T, c report.Comparison, f report.Format) string {
	t.Helper()
	var b bytes.Buffer
	if err := c.Write(&b, f, report.Options{}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestComparisonMeetsItsSchema(t *testing.T) {
	s := readSchemaOf(t, "compare")
	run, rows := contest(3)
	hostile, hostileRows := hostileFixture()
	full := sourcesOf(run, rows)
	for name, c := range map[string]report.Comparison{
		"two":     comparisonOf(t, report.English, math.NaN(), full[:2]...),
		"three":   comparisonOf(t, report.Korean, 0.02, full...),
		"same":    comparisonOf(t, report.English, 0, full[0], full[0]),
		"none":    comparisonOf(t, report.English, 0.5, sourcesOf(run, nil)...),
		"hostile": comparisonOf(t, report.English, 0.1, sourcesOf(hostile, hostileRows)...),
	} {
		var v any
		if err := json.Unmarshal([]byte(written(t, c, report.JSON)), &v); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, bad := range s.check(s, "", v) {
			t.Errorf("%s: %s", name, bad)
		}
		for _, p := range v.(map[string]any)["pairs"].([]any) {
			for _, task := range p.(map[string]any)["tasks"].([]any) {
				for _, f := range task.(map[string]any)["figures"].([]any) {
					f := f.(map[string]any)
					for _, k := range []string{"old", "new", "difference", "lower", "upper", "p", "p_corrected", "mde", "correlation"} {
						if f[k] == nil && f["reason"] == nil {
							t.Errorf("%s: %v: %s is null without a reason", name, f["metric"], k)
						}
					}
				}
			}
		}
	}
}

// The matrix of several models shows what the pairs show, and ~ elsewhere.
func TestComparisonOfSeveral(t *testing.T) {
	run, rows := contest(4)
	c := comparisonOf(t, report.English, 0.02, sourcesOf(run, rows)...)
	out := written(t, c, report.Text)
	flat := strings.Join(strings.Fields(out), " ")
	for _, want := range []string{"A ollama/m0:8b (run 20260401-093000-1a2b3c)", "rank", "~", "Under 80 % of the answers of C", "quantization",
		"these data cannot show it: ", "0 is best", "Ranks are those that a model may truly hold"} {
		if !strings.Contains(flat, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	row := regexp.MustCompile(`(?m)^D .*$`).FindAllString(out, -1)
	if len(row) < 2 || !strings.Contains(row[1], "+") {
		t.Errorf("the last model, which is the best, is not ahead in the matrix: %q", row)
	}
}

// Hostile names are text in every format: nothing of them is markup, and the page
// loads nothing and runs nothing.
func TestHostileComparison(t *testing.T) {
	run, rows := hostileFixture()
	for _, l := range []report.Lang{report.English, report.Korean} {
		c := comparisonOf(t, l, 0.02, sourcesOf(run, rows)...)
		for _, f := range report.ComparisonFormats {
			out := written(t, c, f)
			harmless(t, string(f), out)
			switch f {
			case report.HTML:
				checkPage(t, out)
			case report.MarkDown:
				for _, raw := range []string{"<img", "[a](", "|`x`"} {
					if strings.Contains(out, raw) {
						t.Errorf("Markdown holds %s", raw)
					}
				}
			case report.CSV:
				checkCells(t, out)
			}
		}
	}
}

// checkCells finds cells that a spreadsheet would take for a formula.
func checkCells(t *testing.T, out string) {
	t.Helper()
	r := csv.NewReader(strings.NewReader(out))
	for {
		row, err := r.Read()
		if err == io.EOF {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, cell := range row {
			if strings.HasPrefix(cell, "=") || strings.HasPrefix(cell, "@") || strings.HasPrefix(cell, "+") {
				t.Errorf("cell %q is a formula", cell)
			}
		}
	}
}

// pageElements are all elements that a page may have.
var pageElements = strings.Fields("html head meta title style body main h1 h2 h3 p dl dt dd ul li div table thead tbody tr th td")

// checkPage parses a page and finds what it must not have.
func checkPage(t *testing.T, page string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(page))
	for {
		token, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatalf("the page is not well-formed: %v", err)
		}
		switch x := token.(type) {
		case xml.Comment:
			t.Errorf("a comment in the page: %s", x)
		case xml.StartElement:
			checkElement(t, x)
		}
	}
	if i := strings.Index(page, "<style>"); strings.Contains(page[i:strings.Index(page, "</style>")], "url(") || strings.Contains(page, "@import") {
		t.Error("the style loads something")
	}
}

func checkElement(t *testing.T, x xml.StartElement) {
	t.Helper()
	if !slices.Contains(pageElements, x.Name.Local) {
		t.Errorf("element %s in the page", x.Name.Local)
	}
	scope := false
	for _, a := range x.Attr {
		scope = scope || a.Name.Local == "scope"
		if k := a.Name.Local; k == "src" || k == "href" || k == "style" || strings.HasPrefix(k, "on") {
			t.Errorf("attribute %s of %s in the page", k, x.Name.Local)
		}
	}
	if x.Name.Local == "th" && !scope {
		t.Error("a heading of a table without a scope")
	}
}

func TestComparisonFormats(t *testing.T) {
	for file, want := range map[string]report.Format{"a.html": report.HTML, "b.htm": report.HTML, "c.d/e.TXT": report.Text, "f.json": report.JSON, "g.csv": report.CSV, "h.md": report.MarkDown} {
		if f, err := report.ComparisonFormatOf(file); err != nil || f != want {
			t.Errorf("%s is %s (%v), want %s", file, f, err, want)
		}
	}
	for _, file := range []string{"a", "a.pdf", ""} {
		if f, err := report.ComparisonFormatOf(file); err == nil {
			t.Errorf("%q is %s", file, f)
		}
	}
	if err := (report.Comparison{}).Write(io.Discard, "pdf", report.Options{}); err == nil {
		t.Error("an unknown format is written")
	}
}

// A gate passes only what is shown, and not what a side lacks.
func TestComparisonGate(t *testing.T) {
	run, rows := contest(2)
	full := sourcesOf(run, rows)
	gate := func(sources ...analysis.Source) report.Gate {
		c := comparisonOf(t, report.English, 0.15, sources...)
		c.Gated = true
		g := c.Tally().Gate()
		if out := written(t, c, report.Text); !strings.Contains(out, "Gate "+string(g)) {
			t.Errorf("the text does not say %q:\n%s", g, out)
		}
		return g
	}
	sums := func(model int, worse float64) analysis.Source {
		only, scores := run, []results.Row{}
		only.Tasks = run.Tasks[:1]
		for _, r := range rows {
			if r.Model == model && r.Task == 0 {
				r.Scores = []harness.Score{{Scorer: "numeric", Value: math.Max(0, r.Scores[0].Value-worse)}}
				scores = append(scores, r)
			}
		}
		only.Tasks[0].Metrics = only.Tasks[0].Metrics[:1]
		return analysis.Source{Run: only, Model: model, Rows: func(int) iter.Seq2[results.Row, error] { return all(scores) }}
	}
	if g := gate(sums(0, 0), sums(1, 0)); g != report.GatePassed {
		t.Errorf("a better model: %s", g)
	}
	if g := gate(sums(1, 0), sums(1, 1)); g != report.GateBreached {
		t.Errorf("a model that fails everything: %s", g)
	}
	if g := gate(sums(1, 0), full[1]); g != report.GateUndecided {
		t.Errorf("a side lacks tasks: %s", g)
	}
	void := sums(1, 0)
	void.Run.State = results.Void
	if g := gate(sums(0, 0), void); g != report.GateUndecided {
		t.Errorf("a void run: %s", g)
	}
}

// What a correction promises is said as it is: the false discovery rate is no
// confidence for the family.
func TestComparisonNamesItsCorrection(t *testing.T) {
	run, rows := contest(2)
	c := comparisonOf(t, report.English, math.NaN(), sourcesOf(run, rows)...)
	for by, want := range map[stats.Correction]string{stats.Holm: "by Holm, and a difference is shown at 95 % confidence", stats.BH: "by BH, so that of the differences shown at most 5 %"} {
		c.Correction = by
		if out := strings.Join(strings.Fields(written(t, c, report.Text)), " "); !strings.Contains(out, want) {
			t.Errorf("%s: no %q in\n%s", by, want, out)
		}
	}
}
