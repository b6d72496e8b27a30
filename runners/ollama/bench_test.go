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

var (
	pieceLine = []byte(`{"model":"stub","created_at":"2026-01-01T00:00:00.000000000Z","message":{"role":"assistant","content":" answer\n"},"done":false}`)
	finalLine = []byte(`{"model":"stub","created_at":"2026-01-01T00:00:00.000000000Z","message":{"role":"assistant","content":""},"done":true,"done_reason":"stop","total_duration":1000,"load_duration":1000,"prompt_eval_count":20,"prompt_eval_duration":1000,"eval_count":16,"eval_duration":1}`)
)

// TestHotPathAllocations: a line costs no memory, a request one piece.
func TestHotPathAllocations(t *testing.T) {
	a := answer{text: make([]byte, 0, 1<<10), thinking: make([]byte, 0, 64)}
	var c chunk
	if n := testing.AllocsPerRun(100, func() {
		a.text = a.text[:0]
		c.parse(pieceLine, &a)
		c.parse(finalLine, &a)
	}); n != 0 {
		t.Errorf("%v allocations for two lines", n)
	}
	p, err := newProfile("stub", 0, new(facts), harness.DefaultParams())
	if err != nil {
		t.Fatal(err)
	}
	messages := []harness.Message{{Role: "user", Content: "Question 1: what is 1 plus 42?"}}
	if n := testing.AllocsPerRun(100, func() { p.body(messages, 7) }); n != 1 {
		t.Errorf("%v allocations for a request", n)
	}
}

func BenchmarkLine(b *testing.B) {
	a := answer{text: make([]byte, 0, 1<<10)}
	var c chunk
	b.ReportAllocs()
	b.SetBytes(int64(len(pieceLine)))
	for b.Loop() {
		a.text = a.text[:0]
		c.parse(pieceLine, &a)
	}
}

func BenchmarkRequest(b *testing.B) {
	p, err := newProfile("stub", 0, new(facts), harness.DefaultParams())
	if err != nil {
		b.Fatal(err)
	}
	messages := []harness.Message{{Role: "user", Content: "Question 1: what is 1 plus 42?"}}
	b.ReportAllocs()
	for b.Loop() {
		p.body(messages, 7)
	}
}
