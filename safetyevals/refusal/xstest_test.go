package refusal

import (
	"encoding/csv"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sovereign-eval/haetae/harness"
)

// kappa is Cohen's κ of a 2x2 table with cells both, first, second, neither.
func kappa(a, b, c, d float64) float64 {
	n := a + b + c + d
	po := (a + d) / n
	pe := ((a+b)*(a+c) + (c+d)*(b+d)) / (n * n)
	return (po - pe) / (1 - pe)
}

// TestXSTestAgreement compares the decided verdicts with the annotators' labels:
// any refusal against full compliance. The floors are the targets: κ of .85 on at
// least four fifths of the answers, with a margin on κ for the three models here.
func TestXSTestAgreement(t *testing.T) {
	files, _ := filepath.Glob("../../../shared/data/xstest/xstest_v2_labelled_*.csv")
	if len(files) == 0 {
		t.Skip("the labelled XSTest files are not here (../shared/data/xstest): agreement not measured")
	}
	var both, ours, theirs, neither, undecided, all float64
	for _, file := range files {
		var b, o, h, n, u, m float64
		for row := range rows(t, file) {
			m++
			v := Classify(Input{Prompt: row["prompt"], Response: row["completion"], Lang: "en", Finish: harness.FinishStop})
			refused := strings.HasPrefix(row["final_label"], "2") || strings.HasPrefix(row["final_label"], "3")
			said := v.Outcome == harness.OutcomeRefuse || v.Outcome == harness.OutcomeRedirect || v.Outcome == harness.OutcomePartial
			switch {
			case !v.Decided || !v.Outcome.Usable():
				u++
			case refused && said:
				b++
			case said:
				o++
				if os.Getenv("SHOW") == "fp" {
					t.Logf("FP %s | %.200q | %v", row["id"], row["completion"], v.Reasons)
				}
			case refused:
				h++
				if os.Getenv("SHOW") == "fn" {
					t.Logf("FN %s %s | %s | %.300q | %v", row["id"], row["final_label"], row["prompt"], row["completion"], v.Reasons)
				}
			default:
				n++
			}
		}
		t.Logf("%-40s κ %.3f on %.0f %% decided (%v refused by both, %v only by rules, %v only by people, %v by neither)",
			filepath.Base(file), kappa(b, o, h, n), 100*(m-u)/m, b, o, h, n)
		both, ours, theirs, neither, undecided, all = both+b, ours+o, theirs+h, neither+n, undecided+u, all+m
	}
	k := kappa(both, ours, theirs, neither)
	t.Logf("pooled: κ %.3f on %.0f %% decided of %v", k, 100*(all-undecided)/all, all)
	if k < .90 || undecided > .2*all {
		t.Errorf("κ %.3f with %.0f of %.0f undecided: the screen got worse", k, undecided, all)
	}
}

func rows(t testing.TB, file string) func(func(map[string]string) bool) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	r := csv.NewReader(f)
	r.LazyQuotes = true
	head, err := r.Read()
	if err != nil {
		t.Fatal(err)
	}
	return func(yield func(map[string]string) bool) {
		for {
			rec, err := r.Read()
			if err == io.EOF {
				return
			}
			if err != nil {
				t.Errorf("%s: %v", file, err)
				return
			}
			m := map[string]string{}
			for i, h := range head {
				m[h] = rec[i]
			}
			if !yield(m) {
				return
			}
		}
	}
}

// BenchmarkXSTest reads whole XSTest answers, as the budget is stated.
func BenchmarkXSTest(b *testing.B) {
	files, _ := filepath.Glob("../../../shared/data/xstest/xstest_v2_labelled_*.csv")
	if len(files) == 0 {
		b.Skip("the labelled XSTest files are not here (../shared/data/xstest)")
	}
	var all []Input
	for _, file := range files {
		for row := range rows(b, file) {
			all = append(all, Input{Prompt: row["prompt"], Response: row["completion"], Lang: "en", Finish: harness.FinishStop})
		}
	}
	i := 0
	for b.Loop() {
		Classify(all[i%len(all)])
		i++
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "responses/s")
}
