package pool

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/sovereign-eval/haetae/harness"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// model is a scripted model: generate is called with the number of the call.
type model struct {
	generate func(ctx context.Context, call int64, req harness.Request) (harness.Response, error)
	probe    func(ctx context.Context) error
	calls    atomic.Int64
	now, top atomic.Int64 // in flight, and the most at once
	probes   atomic.Int64
}

func (m *model) Generate(ctx context.Context, req harness.Request) (harness.Response, error) {
	c := m.now.Add(1)
	defer m.now.Add(-1)
	for t := m.top.Load(); c > t && !m.top.CompareAndSwap(t, c); t = m.top.Load() {
	}
	return m.generate(ctx, m.calls.Add(1), req)
}

func (m *model) Probe(ctx context.Context) error {
	m.probes.Add(1)
	if m.probe == nil {
		return nil
	}
	return m.probe(ctx)
}

// takes is a model that answers after d.
func takes(d time.Duration) *model {
	return &model{generate: func(ctx context.Context, _ int64, req harness.Request) (harness.Response, error) {
		return harness.Response{Text: fmt.Sprint(req.Seed)}, sleep(ctx, d)
	}}
}

// plan yields n jobs and keeps what comes back.
type plan struct {
	mu      sync.Mutex
	n, fed  int
	feeding atomic.Bool
	samples map[int64]harness.Sample
	commit  time.Duration
	fail    error
	t       *testing.T
}

func newPlan(t *testing.T, n int) *plan {
	return &plan{n: n, samples: map[int64]harness.Sample{}, t: t}
}

func (p *plan) next() (harness.Job, bool) {
	if !p.feeding.CompareAndSwap(false, true) {
		p.t.Error("next called by two goroutines at a time")
	}
	defer p.feeding.Store(false)
	if p.fed == p.n {
		return harness.Job{}, false
	}
	p.fed++
	return harness.Job{Index: int64(p.fed - 1), Request: harness.Request{Seed: int64(p.fed - 1)}}, true
}

func (p *plan) done(s harness.Sample) error {
	time.Sleep(p.commit)
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, ok := p.samples[s.Index]; ok {
		p.t.Errorf("sample %d done twice", s.Index)
	}
	p.samples[s.Index] = s
	return p.fail
}

func (p *plan) count(status harness.Status) (n int) {
	for _, s := range p.samples {
		if s.Status == status {
			n++
		}
	}
	return n
}

func one(m harness.Model, slots int) []Endpoint { return []Endpoint{{"one", m, slots}} }

func TestEveryJobOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, p := takes(time.Second), newPlan(t, 1000)
		if err := New(one(m, 4), Options{}).Run(t.Context(), p.next, p.done); err != nil {
			t.Fatal(err)
		}
		if p.count("") != 1000 || p.samples[7].Response.Text != "7" || p.samples[7].Tries != 1 {
			t.Fatalf("%d of 1000 answered; %+v", p.count(""), p.samples[7])
		}
		if m.top.Load() != 5 {
			t.Fatalf("%d in flight at once, want slots + 1 = 5", m.top.Load())
		}
	})
}

// TestSlotsStayBusyWhileCommitting: commits take half as long as generations,
// and no slot waits for one.
func TestSlotsStayBusyWhileCommitting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := make(chan struct{}, 4) // the server's slots
		m := &model{generate: func(context.Context, int64, harness.Request) (harness.Response, error) {
			gate <- struct{}{}
			time.Sleep(200 * time.Millisecond)
			<-gate
			return harness.Response{}, nil
		}}
		p := newPlan(t, 400)
		p.commit = 100 * time.Millisecond
		start := time.Now()
		if err := New(one(m, 4), Options{}).Run(t.Context(), p.next, p.done); err != nil {
			t.Fatal(err)
		}
		if took, least := time.Since(start), 100*200*time.Millisecond+p.commit; took > least*101/100 {
			t.Fatalf("400 generations on 4 slots took %v, want at most 1%% over %v", took, least)
		}
	})
}

// TestCommitsAreBounded: when the store stalls, generation stops instead of
// piling up answers.
func TestCommitsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, p := takes(time.Millisecond), newPlan(t, 10000)
		stall := make(chan struct{})
		done := func(s harness.Sample) error { <-stall; return p.done(s) }
		errc := make(chan error)
		go func() { errc <- New(one(m, 2), Options{Pending: 7}).Run(t.Context(), p.next, done) }()
		time.Sleep(time.Hour)
		if n := m.calls.Load(); n != 2+1+7 {
			t.Errorf("%d generations while nothing could be kept, want slots + 1 + pending = 10", n)
		}
		close(stall)
		if err := <-errc; err != nil || p.count("") != 10000 {
			t.Fatal(err, p.count(""))
		}
	})
}

func sampleFault(cause string) error {
	return &harness.Fault{Kind: harness.SampleFault, Cause: cause, Err: errors.New("scripted")}
}

func endpointFault(cause string) error {
	return &harness.Fault{Kind: harness.EndpointFault, Cause: cause, Err: errors.New("scripted")}
}

func TestSampleTroubleCostsTries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tries := make(map[int64]int)
		var mu sync.Mutex
		m := &model{generate: func(_ context.Context, _ int64, req harness.Request) (harness.Response, error) {
			mu.Lock()
			defer mu.Unlock()
			tries[req.Seed]++
			if req.Seed == 3 || req.Seed == 5 && tries[5] < 3 {
				return harness.Response{}, sampleFault("cut")
			}
			return harness.Response{}, nil
		}}
		p := newPlan(t, 8)
		var waits []time.Duration
		pool := New(one(m, 1), Options{Random: func() float64 { return 1 }, Sleep: func(ctx context.Context, d time.Duration) error {
			mu.Lock()
			waits = append(waits, d)
			mu.Unlock()
			return sleep(ctx, d)
		}})
		if err := pool.Run(t.Context(), p.next, p.done); err != nil {
			t.Fatal(err)
		}
		if s := p.samples[3]; s.Status != harness.Errored || s.Cause != "cut" || s.Tries != 3 || tries[3] != 3 || s.Error == "" {
			t.Errorf("always cut: %+v after %d calls", s, tries[3])
		}
		if s := p.samples[5]; s.Status != "" || s.Tries != 3 {
			t.Errorf("cut twice: %+v", s)
		}
		if p.count("") != 7 || pool.Retries() != 4 {
			t.Errorf("%d answered, %d retries", p.count(""), pool.Retries())
		}
		for i, want := range []time.Duration{200, 200, 400, 400} {
			if waits[i] != want*time.Millisecond {
				t.Fatalf("waits %v", waits)
			}
		}
	})
}

func TestFinalFaultIsNotRetried(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &model{generate: func(context.Context, int64, harness.Request) (harness.Response, error) {
			return harness.Response{}, &harness.Fault{Kind: harness.FinalFault, Cause: "context", Err: errors.New("too long")}
		}}
		p := newPlan(t, 2)
		if err := New(one(m, 1), Options{}).Run(t.Context(), p.next, p.done); err != nil {
			t.Fatal(err)
		}
		if s := p.samples[1]; m.calls.Load() != 2 || s.Cause != "context" || s.Status != harness.Errored || s.Tries != 1 {
			t.Fatalf("%d calls, %+v", m.calls.Load(), s)
		}
	})
}

// TestEndpointTroubleCostsNoTry: the server is down for a minute.
func TestEndpointTroubleCostsNoTry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		down := func() bool { s := time.Since(start); return s > 5*time.Second && s < 65*time.Second }
		m := &model{}
		m.generate = func(ctx context.Context, _ int64, _ harness.Request) (harness.Response, error) {
			if down() {
				return harness.Response{}, endpointFault("refused")
			}
			return harness.Response{}, sleep(ctx, time.Second)
		}
		m.probe = func(context.Context) error {
			if down() {
				return endpointFault("refused")
			}
			return nil
		}
		var events []string
		var mu sync.Mutex
		verified := 0
		p := newPlan(t, 100)
		err := New(one(m, 2), Options{
			Verify: func(context.Context, Endpoint) error { verified++; return nil },
			OnTrouble: func(e Event) {
				mu.Lock()
				events = append(events, string(e.Kind))
				mu.Unlock()
			},
		}).Run(t.Context(), p.next, p.done)
		if err != nil || p.count("") != 100 {
			t.Fatal(err, p.count(""))
		}
		for i, s := range p.samples {
			if s.Tries != 1 {
				t.Errorf("sample %d: %d tries", i, s.Tries)
			}
		}
		if got := strings.Join(events, " "); got != "paused resumed" || verified != 1 {
			t.Errorf("events %q, verified %d times", got, verified)
		}
		if n := m.probes.Load(); n < 5 || n > 20 {
			t.Errorf("%d probes in a minute", n)
		}
	})
}

func TestOtherEndpointsTakeOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dead := &model{probe: func(context.Context) error { return endpointFault("refused") },
			generate: func(ctx context.Context, call int64, _ harness.Request) (harness.Response, error) {
				if call > 3 {
					return harness.Response{}, endpointFault("refused")
				}
				return harness.Response{}, sleep(ctx, time.Second)
			}}
		p := newPlan(t, 2000)
		var lost atomic.Int64
		err := New([]Endpoint{{"dead", dead, 4}, {"alive", takes(time.Second), 1}}, Options{OnTrouble: func(e Event) {
			if e.Kind == Lost && e.Endpoint == "dead" {
				lost.Add(1)
			}
		}}).Run(t.Context(), p.next, p.done)
		if err != nil || p.count("") != 2000 || lost.Load() != 1 {
			t.Fatal(err, p.count(""), lost.Load())
		}
	})
}

// TestDrainDoesNotWaitForADeadEndpoint: the last jobs were taken over, so the
// run ends although an endpoint is still in trouble.
func TestDrainDoesNotWaitForADeadEndpoint(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dead := &model{probe: func(context.Context) error { return endpointFault("refused") },
			generate: func(context.Context, int64, harness.Request) (harness.Response, error) {
				return harness.Response{}, endpointFault("refused")
			}}
		p := newPlan(t, 20)
		start := time.Now()
		err := New([]Endpoint{{"dead", dead, 4}, {"alive", takes(time.Second), 1}}, Options{}).Run(t.Context(), p.next, p.done)
		if took := time.Since(start); err != nil || p.count("") != 20 || took > 15*time.Second {
			t.Fatal(err, p.count(""), took)
		}
	})
}

func TestServerWaitEndsTheRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &model{probe: func(context.Context) error { return endpointFault("refused") },
			generate: func(ctx context.Context, call int64, _ harness.Request) (harness.Response, error) {
				if call > 3 {
					return harness.Response{}, endpointFault("refused")
				}
				return harness.Response{}, nil
			}}
		p := newPlan(t, 100)
		start := time.Now()
		pool := New(one(m, 1), Options{ServerWait: time.Minute, OnTrouble: func(e Event) {
			if e.Kind == Lost {
				synctest.Wait() // workers that may go, go now
			}
		}})
		err := pool.Run(t.Context(), p.next, p.done)
		var hint *harness.HintError
		if !errors.Is(err, ErrServerWait) || !errors.As(err, &hint) || hint.Exit != harness.ExitIncomplete || hint.Hint == "" {
			t.Fatalf("error %v", err)
		}
		if took := time.Since(start); took != time.Minute {
			t.Errorf("gave up after %v, want the minute of ServerWait", took)
		}
		if len(p.samples) != 3 || p.count(harness.Errored) != 0 || pool.Dropped() == 0 {
			t.Errorf("%d samples, %d dropped", len(p.samples), pool.Dropped())
		}
	})
}

// TestBusyServerThatAnswersProbes: a queue that stays full is trouble since
// the last answer, though every probe succeeds.
func TestBusyServerThatAnswersProbes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &model{generate: func(context.Context, int64, harness.Request) (harness.Response, error) {
			return harness.Response{}, endpointFault("busy")
		}}
		p := newPlan(t, 10)
		start := time.Now()
		err := New(one(m, 1), Options{ServerWait: time.Minute}).Run(t.Context(), p.next, p.done)
		if took := time.Since(start); !errors.Is(err, ErrServerWait) || took < time.Minute || took > 2*time.Minute {
			t.Fatal(err, took)
		}
		if n := m.calls.Load(); n > 40 {
			t.Errorf("%d calls in a minute to a full queue", n)
		}
	})
}

func TestChangedIdentityVoidsTheRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := takes(time.Second)
		inner := m.generate
		m.generate = func(ctx context.Context, call int64, r harness.Request) (harness.Response, error) {
			if call == 5 {
				return harness.Response{}, endpointFault("refused")
			}
			return inner(ctx, call, r)
		}
		p := newPlan(t, 100)
		err := New(one(m, 1), Options{Verify: func(context.Context, Endpoint) error {
			return fmt.Errorf("digest a is b: %w", harness.ErrVoid)
		}}).Run(t.Context(), p.next, p.done)
		if !errors.Is(err, harness.ErrVoid) || !strings.Contains(err.Error(), "endpoint one") {
			t.Fatalf("error %v", err)
		}
		if len(p.samples) > 6 {
			t.Errorf("%d samples after the model had changed", len(p.samples))
		}
	})
}

// TestHang: it is the sample's trouble if the endpoint answers a probe, and
// the endpoint's if not.
func TestHang(t *testing.T) {
	for _, c := range []struct {
		name  string
		probe error // of the first probe
		tries int
	}{{"healthy endpoint", nil, 2}, {"sick endpoint", endpointFault("probe"), 1}} {
		synctest.Test(t, func(t *testing.T) {
			var hung, probed atomic.Bool
			m := &model{
				generate: func(_ context.Context, _ int64, req harness.Request) (harness.Response, error) {
					if req.Seed == 2 && hung.CompareAndSwap(false, true) {
						return harness.Response{}, sampleFault("hang")
					}
					return harness.Response{}, nil
				},
				probe: func(context.Context) error {
					if probed.CompareAndSwap(false, true) {
						return c.probe
					}
					return nil
				},
			}
			p := newPlan(t, 5)
			if err := New(one(m, 1), Options{}).Run(t.Context(), p.next, p.done); err != nil {
				t.Fatal(err)
			}
			if s := p.samples[2]; s.Tries != c.tries || s.Status != "" {
				t.Errorf("%s: %d tries, status %q; want %d tries and an answer", c.name, s.Tries, s.Status, c.tries)
			}
		})
	}
}

// TestCancelDropsAndCounts: a hard stop records nothing that is not whole.
func TestCancelDropsAndCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		second := errors.New("second signal")
		p := newPlan(t, 1000)
		p.commit = 300 * time.Millisecond
		time.AfterFunc(2500*time.Millisecond, func() { cancel(second) })
		pool := New(one(takes(time.Second), 3), Options{})
		err := pool.Run(ctx, p.next, p.done)
		if !errors.Is(err, second) {
			t.Fatalf("error %v", err)
		}
		if len(p.samples) != 8 || pool.Dropped() != 4 || p.fed != 12 {
			t.Fatalf("%d samples, %d dropped of %d fed; want 8, 4, 12", len(p.samples), pool.Dropped(), p.fed)
		}
	})
}

// TestCancelLosesNoWholeAnswer: answers that wait for their commit at the hard
// stop are kept.
func TestCancelLosesNoWholeAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		p := newPlan(t, 1000)
		p.commit = time.Second
		time.AfterFunc(1200*time.Millisecond, cancel)
		pool := New(one(takes(time.Second), 3), Options{})
		err := pool.Run(ctx, p.next, p.done)
		if !errors.Is(err, context.Canceled) || len(p.samples) != 4 || pool.Dropped() != 4 {
			t.Fatal(err, len(p.samples), pool.Dropped())
		}
	})
}

func TestStoreErrorEndsTheRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlan(t, 1000)
		p.fail = errors.New("disk full")
		err := New(one(takes(time.Second), 3), Options{}).Run(t.Context(), p.next, p.done)
		if !errors.Is(err, p.fail) || len(p.samples) > 8 {
			t.Fatal(err, len(p.samples))
		}
	})
}

func TestBackoffIsCappedAndJittered(t *testing.T) {
	b := Backoff{100 * time.Millisecond, time.Second}
	for n, want := range map[int]time.Duration{1: 100, 2: 200, 4: 800, 5: 1000, 50: 1000} {
		want *= time.Millisecond
		if got := b.delay(n, 1); got != want {
			t.Errorf("attempt %d: at most %v, want %v", n, got, want)
		}
		if got := b.delay(n, 0); got != want/2 {
			t.Errorf("attempt %d: at least %v, want %v", n, got, want/2)
		}
	}
}

func TestAgreeNamesTheOddOne(t *testing.T) {
	id := func(digest string) harness.Identity { return harness.Identity{Name: "m", Digest: &digest} }
	e := []Endpoint{{Name: "http://a"}, {Name: "http://b"}, {Name: "http://c"}}
	if err := Agree(e, []harness.Identity{id("1"), id("1"), id("1")}); err != nil {
		t.Fatal(err)
	}
	err := Agree(e, []harness.Identity{id("1"), id("1"), id("2")})
	if err == nil || !strings.Contains(err.Error(), "http://c") || !strings.Contains(err.Error(), "digest is 1 there and 2 here") {
		t.Fatal(err)
	}
}
