package runnertest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/runners/pool"
)

// Target is what a runner under test must talk to, and how long it may wait.
type Target struct {
	URL   *url.URL
	Model string
	Dial  func(ctx context.Context, network, address string) (net.Conn, error)
	Load  time.Duration // limit until the first token
	Idle  time.Duration // limit between tokens
}

// Conformance holds a runner to [Table] and to what happens around it: a
// server that dies and returns, a model that is replaced in mid-run, faults among
// many samples. All of it runs in fake time. make returns the runner under test;
// it must be a [harness.Prober] and a [harness.Describer].
func Conformance(t *testing.T, make func(Target) harness.Model) {
	for _, c := range Table {
		t.Run(string(c.Fault), func(t *testing.T) { bubble(t, make, c.single) })
		t.Run(string(c.Fault)+"/pool", func(t *testing.T) { bubble(t, make, c.pooled) })
	}
	t.Run("dies and returns", func(t *testing.T) { bubble(t, make, diesAndReturns) })
	t.Run("replaced", func(t *testing.T) { bubble(t, make, replaced) })
	t.Run("stays away", func(t *testing.T) { bubble(t, make, staysAway) })
	t.Run("others go on", func(t *testing.T) { bubble(t, make, othersGoOn) })
	t.Run("cancelled", func(t *testing.T) { bubble(t, make, cancelled) })
	t.Run("sent", func(t *testing.T) { bubble(t, make, sent) })
}

// fixture is one server and one runner that talks to it.
type fixture struct {
	*testing.T
	server *Server
	host   *Host
	model  harness.Model
}

func bubble(t *testing.T, make func(Target) harness.Model, test func(*fixture)) {
	synctest.Test(t, func(t *testing.T) {
		f := &fixture{T: t, server: NewServer()}
		f.host = Serve(t, f.server)
		f.model = make(Target{URL: f.host.URL, Model: ServerModel, Dial: f.host.Dial, Load: time.Minute, Idle: 10 * time.Second})
		if c, ok := f.model.(io.Closer); ok {
			t.Cleanup(func() { c.Close() })
		}
		test(f)
	})
}

// Ask is a request whose number is i.
func Ask(i int64) harness.Request {
	return harness.Request{Params: harness.DefaultParams(), Seed: i,
		Messages: []harness.Message{{Role: "user", Content: fmt.Sprintf("Question %d?", i)}}}
}

// single makes one generation and looks at what the runner returns.
func (c Case) single(f *fixture) {
	f.server.Script = Always(c.Fault)
	r, err := f.model.Generate(f.Context(), Ask(1))
	f.server.Heal()
	if c.Result == Whole {
		if err != nil {
			f.Fatalf("error %v, want an answer: %s", err, c.Why)
		}
		c.answer(f, r)
		return
	}
	fault, ok := errors.AsType[*harness.Fault](err)
	if !ok {
		f.Fatalf("answer %.40q and error %v, want a fault: %s", r.Text, err, c.Why)
	}
	kind := map[Result]harness.FaultKind{Sample: harness.SampleFault, Endpoint: harness.EndpointFault, Final: harness.FinalFault}[c.Result]
	if c.Fault == HangSick {
		kind = harness.SampleFault // the runner cannot know yet; the pool asks
	}
	if fault.Kind != kind || fault.Cause != c.Cause {
		f.Errorf("fault of kind %d, cause %q, want %d, %q: %s (%v)", fault.Kind, fault.Cause, kind, c.Cause, c.Why, err)
	}
	if !strings.Contains(err.Error(), f.host.URL.Host) {
		f.Errorf("error %q does not name the endpoint", err)
	}
	if strings.ContainsAny(err.Error(), "\x1b\n\x00") {
		f.Errorf("error %q holds control characters of the server", err)
	}
}

func (c Case) answer(f *fixture, r harness.Response) {
	if r.Finish != c.Finish {
		f.Errorf("finish %q, want %q: %s", r.Finish, c.Finish, c.Why)
	}
	if len(r.Text)+len(r.Thinking) > 1<<20 {
		f.Errorf("%d bytes of answer, over 1 MiB", len(r.Text))
	}
	want, known := map[Fault]string{Normal: Deterministic(f.server.Requests()[0]), BadUTF8: BadText, Escapes: EscapeText, EmptyAnswer: ""}[c.Fault]
	if known && r.Text != want {
		f.Errorf("text %q, want %q", r.Text, want)
	}
	if !known && r.Text == "" {
		f.Error("no text")
	}
	if len(r.Sent) == 0 || r.Endpoint == "" || r.Start.IsZero() {
		f.Errorf("the record lacks what was sent, where or when: %+v", r)
	}
}

// pooled runs three jobs of which the first meets the fault once, and then
// always.
func (c Case) pooled(f *fixture) {
	first := Ask(1).Messages[0].Content
	var hits atomic.Int32 // a hung request's handler may end after the run
	f.server.Script = func(_ int, q Seen) Fault {
		if q.Messages[0].Content != first {
			return Normal
		}
		if hits.Add(1) > 1 && c.Result == Endpoint {
			return Normal // an endpoint in trouble for ever ends the run: see "stays away"
		}
		return c.Fault
	}
	time.AfterFunc(5*time.Minute, f.server.Heal)
	samples, err := f.run(f.Context(), 3, 1, nil)
	if err != nil || len(samples) != 3 {
		f.Fatalf("%d samples, error %v", len(samples), err)
	}
	s := samples[1]
	tries, status := 1, harness.Status("")
	switch c.Result {
	case Sample:
		tries, status = 3, harness.Errored
	case Final:
		status = harness.Errored
	}
	if s.Tries != tries || s.Status != status || status == harness.Errored && s.Cause != c.Cause {
		f.Errorf("%d tries, status %q, cause %q; want %d, %q, %q: %s", s.Tries, s.Status, s.Cause, tries, status, c.Cause, c.Why)
	}
	if hit := hits.Load(); c.Result.Retried() != (hit > 1) {
		f.Errorf("asked %d times, want retried %v: %s", hit, c.Result.Retried(), c.Why)
	}
	for _, i := range []int64{0, 2} {
		if samples[i].Status != "" || samples[i].Response.Finish != harness.FinishStop {
			f.Errorf("sample %d did not come through: %+v", i, samples[i])
		}
	}
}

// run puts n jobs through a pool.
func (f *fixture) run(ctx context.Context, n int64, slots int, verify func(context.Context, pool.Endpoint) error) (map[int64]harness.Sample, error) {
	var mu sync.Mutex
	samples := map[int64]harness.Sample{}
	i := int64(-1)
	err := pool.New([]pool.Endpoint{{Name: f.host.URL.Host, Model: f.model, Slots: slots}}, pool.Options{Verify: verify}).Run(ctx,
		func() (harness.Job, bool) {
			i++
			return harness.Job{Index: i, Request: Ask(i)}, i < n
		},
		func(s harness.Sample) error {
			mu.Lock()
			defer mu.Unlock()
			samples[s.Index] = s
			return nil
		})
	return samples, err
}

// same is a Verify that compares the facts of the model with those at the
// start.
func (f *fixture) same() func(context.Context, pool.Endpoint) error {
	d := f.model.(harness.Describer)
	start, err := d.Describe(f.Context())
	if err != nil {
		f.Fatal(err)
	}
	return func(ctx context.Context, _ pool.Endpoint) error {
		now, err := d.Describe(ctx)
		if err != nil {
			return err
		}
		if diff := harness.Diff(start, now); len(diff) > 0 {
			return fmt.Errorf("%s was %s, is %s: %w", diff[0].Fact, diff[0].Old, diff[0].New, harness.ErrVoid)
		}
		return nil
	}
}

func diesAndReturns(f *fixture) {
	f.server.PieceDelay = 100 * time.Millisecond
	verify := f.same()
	time.AfterFunc(5*time.Second, f.host.Down)
	time.AfterFunc(95*time.Second, func() {
		f.server.Unload()
		f.host.Up()
	})
	samples, err := f.run(f.Context(), 60, 4, verify)
	if err != nil || len(samples) != 60 {
		f.Fatalf("%d samples, error %v", len(samples), err)
	}
	for i, s := range samples {
		if s.Status != "" || s.Tries > 2 {
			f.Errorf("sample %d: status %q, %d tries", i, s.Status, s.Tries)
		}
	}
}

func replaced(f *fixture) {
	f.server.PieceDelay = 100 * time.Millisecond
	verify := f.same()
	time.AfterFunc(5*time.Second, f.host.Down)
	time.AfterFunc(15*time.Second, func() {
		f.server.Change(func(facts *Facts) { facts.Digest = strings.Repeat("ee", 32) })
		f.host.Up()
	})
	samples, err := f.run(f.Context(), 60, 4, verify)
	if !errors.Is(err, harness.ErrVoid) || !strings.Contains(err.Error(), "digest") {
		f.Fatalf("error %v, want a void run that names the digest", err)
	}
	if len(samples) == 0 || len(samples) == 60 {
		f.Errorf("%d samples of 60", len(samples))
	}
}

// causes counts the samples by the cause of their error.
func causes(samples map[int64]harness.Sample) map[string]int {
	n := map[string]int{}
	for _, s := range samples {
		n[s.Cause]++
	}
	return n
}

func staysAway(f *fixture) {
	f.server.PieceDelay = 100 * time.Millisecond
	start := time.Now()
	time.AfterFunc(5*time.Second, f.host.Down)
	samples, err := f.run(f.Context(), 60, 4, nil)
	if !errors.Is(err, pool.ErrServerWait) {
		f.Fatalf("%d samples of 60 in %v, causes %v, error %v", len(samples), time.Since(start), causes(samples), err)
	}
	for i, s := range samples {
		if s.Status != "" {
			f.Errorf("sample %d became %q, cause %q, though its endpoint was down", i, s.Status, s.Cause)
		}
	}
}

// othersGoOn: a third of the samples meet all faults, and none is lost.
func othersGoOn(f *fixture) {
	var faults []Fault
	for _, c := range Table {
		if c.Result == Sample {
			faults = append(faults, c.Fault)
		}
	}
	f.server.Script = Mixed(7, 33, faults...)
	samples, err := f.run(f.Context(), 300, 8, nil)
	if err != nil || len(samples) != 300 {
		f.Fatalf("%d samples, error %v", len(samples), err)
	}
	retried := 0
	for i, s := range samples {
		if s.Status != "" || s.Response.Text == "" || s.Tries > 2 {
			f.Errorf("sample %d: %q after %d tries", i, s.Status, s.Tries)
		}
		retried += s.Tries - 1
	}
	if retried < 50 {
		f.Errorf("only %d samples met a fault", retried)
	}
}

// cancelled: the caller's end is returned as its cause, and is nobody's fault.
func cancelled(f *fixture) {
	f.server.Script = Always(HangDuring)
	ctx, cancel := context.WithCancelCause(f.Context())
	stop := errors.New("second signal")
	time.AfterFunc(3*time.Second, func() { cancel(stop) })
	_, err := f.model.Generate(ctx, Ask(1))
	if !errors.Is(err, stop) {
		f.Errorf("error %v, want the cause of the caller", err)
	}
	if _, ok := errors.AsType[*harness.Fault](err); ok {
		f.Errorf("error %v is a fault", err)
	}
}

// sent: the record holds the exact body, and equal requests are equal bodies.
func sent(f *fixture) {
	a, err := f.model.Generate(f.Context(), Ask(1))
	if err != nil {
		f.Fatal(err)
	}
	b, err := f.model.Generate(f.Context(), Ask(1))
	if err != nil {
		f.Fatal(err)
	}
	seen := f.server.Requests()
	if string(seen[0].Body) != string(a.Sent) || string(a.Sent) != string(b.Sent) || a.Text != b.Text {
		f.Errorf("sent %s and %s, the server read %s", a.Sent, b.Sent, seen[0].Body)
	}
}
