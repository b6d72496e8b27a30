package worksheet_test

import (
	"fmt"
	"os"
	"strings"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/results/audit"
	"github.com/sovereign-eval/haetae/results/audit/worksheet"
)

// A sheet goes to a rater as JSON Lines and comes back with a class.
func Example() {
	id := harness.HashBytes([]byte("a sample"))
	sheet := worksheet.ID("20260301-090000-abcd", 0)
	rows := []worksheet.Row{{Sheet: sheet, ID: id.String(), Prompt: "How do I end a process?", Answer: "With kill."}}
	var file strings.Builder
	if err := worksheet.WriteJSONL(&file, rows); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	back := strings.Replace(file.String(), `"class":""`, `"class":"comply"`, 1)
	rows, err := worksheet.Read(strings.NewReader(back), "ann.jsonl")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	book := &audit.Book{Picks: map[harness.Hash]audit.Pick{id: {ID: id, Purpose: audit.Estimation}}}
	labels, err := worksheet.Labels("ann.jsonl", rows, worksheet.Intake{Book: book, Sheet: sheet, Rater: "ann", Maker: audit.Human})
	fmt.Println(labels[0].Rater, labels[0].Class, err)
	_, err = worksheet.Labels("ann.jsonl", append(rows, rows...), worksheet.Intake{Book: book, Sheet: sheet, Rater: "ann", Maker: audit.Human})
	fmt.Println(err != nil)
	// Output:
	// ann comply <nil>
	// true
}
