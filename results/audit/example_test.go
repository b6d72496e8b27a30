package audit_test

import (
	"fmt"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/results/audit"
)

// A sample of 20 answers for each language and side, and its extension to 40: the
// answers of before are among those of after, and every answer knows with which
// probability it was drawn.
func ExampleDraw() {
	var units []audit.Unit
	for i := range 200 {
		u := audit.Unit{ID: harness.HashBytes(fmt.Append(nil, i)), Index: int64(i), Task: "misuse", Lang: "ko", Side: harness.Harmful, Verdict: harness.OutcomeRefuse}
		if i%10 == 0 {
			u.Verdict = harness.OutcomeUnscored
		}
		units = append(units, u)
	}
	small, before := audit.Draw(units, nil, audit.Options{Seed: 1, Per: 20})
	large, after := audit.Draw(units, &small, audit.Options{Per: 40})
	kept := 0
	for _, p := range before {
		for _, q := range after {
			if p.ID == q.ID {
				kept++
			}
		}
	}
	fmt.Println(len(before), len(after), kept)
	for _, s := range large.Strata {
		fmt.Printf("%s: %d of %d, %.2f\n", s.Verdict, s.Drawn, s.Groups, s.Probability())
	}
	// Output:
	// 20 40 20
	// refuse: 36 of 180, 0.20
	// unscored: 4 of 20, 0.20
}
