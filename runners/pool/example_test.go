package pool_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/runners/pool"
)

// shaky fails once for every second request.
type shaky struct{ failed sync.Map }

func (s *shaky) Generate(_ context.Context, req harness.Request) (harness.Response, error) {
	if _, before := s.failed.LoadOrStore(req.Seed, true); req.Seed%2 == 1 && !before {
		return harness.Response{}, &harness.Fault{Kind: harness.SampleFault, Cause: "cut", Err: errors.New("connection reset")}
	}
	return harness.Response{Text: fmt.Sprint("answer ", req.Seed), Finish: harness.FinishStop}, nil
}

func Example() {
	p := pool.New([]pool.Endpoint{{Name: "http://gpu1:11434", Model: new(shaky), Slots: 1}}, pool.Options{
		Pending: 1,
		Sleep:   func(context.Context, time.Duration) error { return nil }, // no pause between tries
	})
	n := int64(0)
	next := func() (harness.Job, bool) {
		n++
		return harness.Job{Index: n, Request: harness.Request{Seed: n}}, n <= 3
	}
	var mu sync.Mutex
	tries := 0
	done := func(s harness.Sample) error { // keep it; return when it is on disk
		mu.Lock()
		defer mu.Unlock()
		tries += s.Tries
		return nil
	}
	if err := p.Run(context.Background(), next, done); err != nil {
		fmt.Println(err)
	}
	fmt.Println(tries, "tries,", p.Retries(), "lost")
	// Output: 5 tries, 2 lost
}
