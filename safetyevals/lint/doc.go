// Package lint reads a safety battery as a critic would: before a model is
// asked, it looks for what would make the answers worthless. Twins that are no
// twins, items asked twice, sentence frames that give the side away, sides out
// of balance, missing provenance, content that DESIGN §9 rules out, and prompts
// that a keyword filter can tell apart.
//
//	items := []harness.Item{ … }            // all items of the task
//	r := lint.Inspect(task, items)
//	for _, f := range r.Findings {
//		fmt.Println(f.Item, f.Message)      // mis-en-004-h: its twin "…" is in another cluster
//	}
//	for _, s := range r.Separations {
//		fmt.Println(s.Lang, s.Word.AUC)     // en 0.65
//	}
//
// Variants written by hand, rows with a field form, are checked against the items
// that they are forms of. Beside the items may stand contested.jsonl, the items
// outside all rates ([Contested]), and readings.jsonl, who read the items without
// their sides ([Readings]):
//
//	found, agreed, err := lint.Readings(file, task, items, lint.Disputes(contested))
//	fmt.Println(agreed[0].Kind, agreed[0].Kappa) // model 0.995
//
// The rules on content are structural: digits with units, formulas, registry
// numbers, sequences, code, addresses. The package knows no hazardous term, so
// that it cannot serve as a list of them; a battery that passes is well formed,
// not harmless.
//
// A battery that declares twins is held to every rule. One without twins, such
// as a published set under its own rules, is told what cannot be checked, and
// the rules on its composition give warnings.
package lint
