//go:build unix

package sqlite_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/results"
	"github.com/sovereign-eval/haetae/results/sqlite"
)

// A run with one sample, stored and read again.
func Example() {
	dir, err := os.MkdirTemp("", "store")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	s, err := sqlite.Open(filepath.Join(dir, "haetae.db"), sqlite.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()

	ctx := context.Background()
	if err := s.Create(ctx, results.Run{ID: "2f6b", State: results.Running, Planned: 1}); err != nil {
		log.Fatal(err)
	}
	key := harness.ItemKey(harness.HashBytes([]byte("sums")), "1", "", 1)
	err = s.Append(ctx, "2f6b", harness.Sample{
		Job:      harness.Job{Key: key, ID: harness.HashBytes(key[:]), Item: harness.Item{ID: "1"}},
		Status:   harness.Scored,
		Scores:   []harness.Score{{Scorer: "numeric", Value: 1, Answer: "44"}},
		Response: harness.Response{Text: "2 plus 42 is 44.\n#### 44", Finish: harness.FinishStop},
		Tries:    1,
	})
	if err != nil {
		log.Fatal(err)
	}
	run, err := s.Run(ctx, "last") // rows want the whole ID
	if err != nil {
		log.Fatal(err)
	}
	for row, err := range s.Rows(ctx, run.ID, results.Query{}) {
		if err != nil {
			log.Fatal(err)
		}
		answer, err := s.Body(ctx, row.ResponseHash)
		fmt.Printf("item %s: score %v, answer %q, %v\n", row.Item, row.Scores[0].Value, answer, err)
	}
	// Output:
	// item 1: score 1, answer "2 plus 42 is 44.\n#### 44", <nil>
}
