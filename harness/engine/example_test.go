package engine_test

import (
	"context"
	"fmt"
	"iter"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/harness/engine"
)

// one is a dispatcher with a single slot in front of a function.
type one func(harness.Request) harness.Response

func (f one) Run(_ context.Context, next func() (harness.Job, bool), done func(harness.Sample) error) error {
	for job, ok := next(); ok; job, ok = next() {
		if err := done(harness.Sample{Job: job, Response: f(job.Request), Tries: 1}); err != nil {
			return err
		}
	}
	return nil
}

// record prints what it is given to keep.
type record struct{}

func (record) Append(_ context.Context, s harness.Sample) error {
	fmt.Println(s.Item.ID, s.Response.Text, s.Scores[0].Value)
	return nil
}

func (record) Stored(context.Context) iter.Seq2[engine.Stored, error] {
	return func(func(engine.Stored, error) bool) {}
}

type equal struct{}

func (equal) Name() string { return "equal" }
func (equal) Score(_ context.Context, it harness.Item, r harness.Response) (harness.Score, error) {
	if r.Text == it.Fields["answer"] {
		return harness.Score{Value: 1}, nil
	}
	return harness.Score{}, nil
}

// A whole run of one task on one model.
func ExampleRun() {
	task := &harness.Task{
		Name: "sums", Count: 2, Scorers: []harness.Scorer{equal{}},
		Items: func(context.Context, int64) iter.Seq2[harness.Item, error] {
			return func(yield func(harness.Item, error) bool) {
				_ = yield(harness.Item{ID: "2+2", Fields: harness.Fields{"answer": "4"}, Messages: []harness.Message{{Role: "user", Content: "2+2?"}}}, nil) &&
					yield(harness.Item{ID: "3+3", Fields: harness.Fields{"answer": "6"}, Messages: []harness.Message{{Role: "user", Content: "3+3?"}}}, nil)
			}
		},
	}
	model := engine.Model{Name: "always-4", Open: func(context.Context) (engine.Phase, error) {
		return engine.Phase{
			Identity:   harness.Identity{Name: "always-4"},
			Params:     []harness.Params{harness.DefaultParams()},
			Dispatcher: one(func(harness.Request) harness.Response { return harness.Response{Text: "4"} }),
		}, nil
	}}
	sum, err := engine.Run(context.Background(), engine.Plan{Run: "example", Tasks: []*harness.Task{task}, Models: []engine.Model{model}, Record: record{}})
	fmt.Println(sum.Done, "of", sum.Planned, err)
	// Output:
	// 2+2 4 1
	// 3+3 4 0
	// 2 of 2 <nil>
}
