package ollama

import (
	"context"
	"fmt"
	"net/http/httptest"
	"net/url"
	"sync/atomic"
	"testing"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/runners/runnertest"
)

const inFlight = 64

func stubURL(tb testing.TB) *url.URL {
	s := httptest.NewServer(runnertest.NewStub())
	tb.Cleanup(s.Close)
	u, err := url.Parse(s.URL)
	if err != nil {
		tb.Fatal(err)
	}
	return u
}

// BenchmarkGenerate and BenchmarkBare include the stub server, which runs in
// the same process: compare the two, not their absolute values.
func BenchmarkGenerate(b *testing.B) {
	m := New(stubURL(b), "stub", Options{Slots: inFlight})
	defer m.Close()
	params := harness.DefaultParams()
	if err := m.Load(context.Background(), params); err != nil {
		b.Fatal(err)
	}
	var n atomic.Int64
	b.ReportAllocs()
	b.SetParallelism(inFlight / 2)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			i := n.Add(1)
			r, err := m.Generate(context.Background(), harness.Request{Params: params, Seed: i,
				Messages: []harness.Message{{Role: "user", Content: fmt.Sprintf("Question %d: what is %d plus 42?", i, i)}}})
			if err != nil || r.Finish != harness.FinishStop {
				b.Error(err, r.Finish)
				return
			}
		}
	})
}

func BenchmarkBare(b *testing.B) {
	c := runnertest.Bare{URL: stubURL(b).JoinPath("api/chat").String(), Requests: int64(b.N), InFlight: inFlight}
	b.ReportAllocs()
	if err := c.Run(); err != nil {
		b.Fatal(err)
	}
}
