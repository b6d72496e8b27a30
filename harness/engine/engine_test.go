package engine

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/sovereign-eval/haetae/harness"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// memory is a record that keeps samples in a slice and can be told to fail.
type memory struct {
	mu   sync.Mutex
	kept []harness.Sample
	full int // Append fails once this many are kept; 0 never
}

func (m *memory) Append(_ context.Context, s harness.Sample) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.full > 0 && len(m.kept) >= m.full {
		return errors.New("disk full")
	}
	m.kept = append(m.kept, s)
	return nil
}

func (m *memory) Stored(context.Context) iter.Seq2[Stored, error] {
	m.mu.Lock()
	kept := slices.Clone(m.kept)
	m.mu.Unlock()
	slices.SortFunc(kept, func(a, b harness.Sample) int { return int(a.Index - b.Index) })
	return func(yield func(Stored, error) bool) {
		for _, s := range kept {
			if !yield(Stored{s.Index, s.ID}, nil) {
				return
			}
		}
	}
}

// lane is a dispatcher with a number of slots whose answers take a second each.
type lane struct {
	slots  int
	answer func(harness.Job) harness.Sample
}

func (l lane) Run(ctx context.Context, next func() (harness.Job, bool), done func(harness.Sample) error) error {
	errs := make(chan error, l.slots)
	for range l.slots {
		go func() {
			for {
				job, ok := next()
				if !ok {
					errs <- nil
					return
				}
				select {
				case <-time.After(time.Second):
				case <-ctx.Done():
					errs <- ctx.Err()
					return
				}
				if err := done(l.answer(job)); err != nil {
					errs <- err
					return
				}
			}
		}()
	}
	var all error
	for range l.slots {
		all = errors.Join(all, <-errs)
	}
	return all
}

func echo(job harness.Job) harness.Sample {
	return harness.Sample{Job: job, Status: harness.Scored, Tries: 1, Response: harness.Response{
		Text: job.Item.ID, Finish: harness.FinishStop, Start: time.Now().Add(-time.Second), Wall: time.Second, OutputTokens: 2}}
}

type matches struct{}

func (matches) Name() string { return "matches" }
func (matches) Score(_ context.Context, it harness.Item, r harness.Response) (harness.Score, error) {
	switch {
	case strings.HasPrefix(it.ID, "panic"):
		panic("scorer broke")
	case r.Text == it.ID:
		return harness.Score{Value: 1}, nil
	}
	return harness.Score{}, nil
}

func task(name string, ids ...string) *harness.Task {
	return &harness.Task{
		Name: name, Digest: harness.HashBytes([]byte(name)), Count: len(ids), Scorers: []harness.Scorer{matches{}},
		Items: func(context.Context, int64) iter.Seq2[harness.Item, error] {
			return func(yield func(harness.Item, error) bool) {
				for _, id := range ids {
					if !yield(harness.Item{ID: id, Messages: []harness.Message{{Role: "user", Content: id}}}, nil) {
						return
					}
				}
			}
		},
	}
}

func numbered(n int) (ids []string) {
	for i := range n {
		ids = append(ids, fmt.Sprint(i))
	}
	return ids
}

// log collects events.
type log struct{ events []harness.Event }

func (l *log) Put(_ context.Context, e harness.Event) error {
	l.events = append(l.events, e)
	return nil
}
func (l *log) Close() error { return nil }

func plan(rec *memory, digest string, slots int, tasks ...*harness.Task) (Plan, *log) {
	l := &log{}
	id := harness.Identity{Runner: "fake", Name: "m", Digest: &digest}
	model := Model{Name: "m", Open: func(context.Context) (Phase, error) {
		return Phase{Identity: id, Params: make([]harness.Params, len(tasks)), Slots: slots, Dispatcher: lane{slots, echo},
			Verify: func(context.Context) (harness.Identity, error) { return id, nil }}, nil
	}}
	return Plan{Run: "r", Tasks: tasks, Models: []Model{model}, Record: rec, Sinks: []harness.Sink{l}, Drain: 30 * time.Second}, l
}

func TestRunCommitsEverySampleOnceAndTellsAfterwards(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rec := &memory{}
		p, l := plan(rec, "d", 3, task("a", numbered(7)...), task("b", "x", "panic"))
		p.Epochs = 2
		sum, err := Run(t.Context(), p)
		if err != nil {
			t.Fatal(err)
		}
		if sum.Planned != 18 || sum.Done != 18 || sum.Undone != 0 || sum.Unscored != 2 {
			t.Errorf("summary %+v: want 18 planned and done, 2 unscored", sum)
		}
		ids, places := map[harness.Hash]bool{}, map[int64]bool{}
		for _, s := range rec.kept {
			ids[s.ID], places[s.Index] = true, true
		}
		if len(ids) != 18 || len(places) != 18 {
			t.Errorf("%d IDs at %d places: want 18 of each", len(ids), len(places))
		}
		told := 0
		for _, e := range l.events {
			if e.Kind == harness.SampleDone {
				told++
			}
		}
		if told != 18 {
			t.Errorf("%d samples told, want 18", told)
		}
	})
}

func TestResumeRunsOnlyWhatIsMissing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rec := &memory{}
		p, _ := plan(rec, "d", 4, task("a", numbered(10)...), task("b", numbered(10)...))
		if _, err := Run(t.Context(), p); err != nil {
			t.Fatal(err)
		}
		whole := slices.Clone(rec.kept)
		rec.kept = append(slices.Clone(whole[:3]), whole[9:14]...)
		p, _ = plan(rec, "d", 4, p.Tasks...)
		sum, err := Run(t.Context(), p)
		if err != nil || sum.Skipped != 8 || sum.Done != 12 {
			t.Fatalf("resume: %+v, %v; want 8 skipped and 12 done", sum, err)
		}
		byIndex := func(a, b harness.Sample) int { return int(a.Index - b.Index) }
		slices.SortFunc(whole, byIndex)
		slices.SortFunc(rec.kept, byIndex)
		for i := range whole {
			if whole[i].ID != rec.kept[i].ID || whole[i].Request.Seed != rec.kept[i].Request.Seed {
				t.Errorf("place %d differs from the uninterrupted run", i)
			}
		}
	})
}

func TestResumeRefusesAnotherModel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rec := &memory{}
		p, _ := plan(rec, "d", 1, task("a", numbered(4)...))
		if _, err := Run(t.Context(), p); err != nil {
			t.Fatal(err)
		}
		rec.kept = rec.kept[:2]
		p, _ = plan(rec, "other", 1, p.Tasks...)
		sum, err := Run(t.Context(), p)
		if err == nil || !strings.Contains(err.Error(), "resume at place 0") || sum.Done != 0 {
			t.Errorf("got %+v, %v; want a refusal at place 0 and nothing done", sum, err)
		}
	})
}

func TestStopDrainsAndCountsTheUndone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rec := &memory{}
		p, l := plan(rec, "d", 2, task("a", numbered(100)...))
		stopped := errors.New("SIGINT")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(2500*time.Millisecond, func() { cancel(stopped) })
		sum, err := Run(ctx, p)
		if !errors.Is(err, stopped) {
			t.Errorf("error %v, want the cause of the stop", err)
		}
		if sum.Done != 6 || sum.Undone != 94 || len(rec.kept) != 6 {
			t.Errorf("%+v with %d kept: want 6 done (4 before, 2 in flight), 94 undone", sum, len(rec.kept))
		}
		if !slices.ContainsFunc(l.events, func(e harness.Event) bool { return e.Kind == harness.Draining && e.Left == p.Drain }) {
			t.Error("no countdown was told")
		}
	})
}

func TestDrainTimeCancelsTheWork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rec := &memory{}
		p, _ := plan(rec, "d", 1, task("a", numbered(5)...))
		p.Models[0].Open = func(context.Context) (Phase, error) {
			return Phase{Params: make([]harness.Params, 1), Dispatcher: hang{}}, nil
		}
		p.Drain = 3 * time.Second
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		start := time.Now()
		sum, err := Run(ctx, p)
		if err == nil || sum.Undone != 5 {
			t.Errorf("%+v, %v: want 5 undone and an error", sum, err)
		}
		if d := time.Since(start); d != 4*time.Second {
			t.Errorf("ended after %v, want 1 s and 3 s of draining", d)
		}
	})
}

type hang struct{}

func (hang) Run(ctx context.Context, next func() (harness.Job, bool), _ func(harness.Sample) error) error {
	next()
	<-ctx.Done()
	return context.Cause(ctx)
}

func TestRecordThatFailsEndsTheRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rec := &memory{full: 5}
		p, l := plan(rec, "d", 2, task("a", numbered(50)...))
		sum, err := Run(t.Context(), p)
		if err == nil || !strings.Contains(err.Error(), "disk full") {
			t.Errorf("error %v, want the record's", err)
		}
		if sum.Done != 5 {
			t.Errorf("%d done, want 5", sum.Done)
		}
		for _, e := range l.events {
			if e.Kind == harness.SampleDone && !slices.ContainsFunc(rec.kept, func(s harness.Sample) bool { return s.ID == e.Sample.ID }) {
				t.Errorf("sample %s was told but not kept", e.Sample.ID)
			}
		}
	})
}

func TestChangedServerVoidsTheRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, _ := plan(&memory{}, "d", 1, task("a", "1"))
		open := p.Models[0].Open
		p.Models[0].Open = func(ctx context.Context) (Phase, error) {
			ph, err := open(ctx)
			ph.Verify = func(context.Context) (harness.Identity, error) {
				id, other := ph.Identity, "0.33.3"
				id.Server = &other
				return id, nil
			}
			return ph, err
		}
		var diff []harness.Difference
		p.Closed = func(_ int, _ harness.Identity, d []harness.Difference) error { diff = d; return nil }
		_, err := Run(t.Context(), p)
		if !errors.Is(err, harness.ErrVoid) || !strings.Contains(err.Error(), "server was not offered, is 0.33.3") {
			t.Errorf("error %v, want the run void with its reason", err)
		}
		if len(diff) != 1 {
			t.Errorf("told of %d differences, want 1", len(diff))
		}
	})
}

// moody answers a repeated canary otherwise for some items.
type moody struct{}

func (moody) Generate(_ context.Context, r harness.Request) (harness.Response, error) {
	if r.Params.MaxTokens > canaryTokens {
		return harness.Response{}, errors.New("canary too long")
	}
	if r.Messages[0].Content == "1" {
		return harness.Response{Text: "flipped"}, nil
	}
	return harness.Response{Text: r.Messages[0].Content}, nil
}

func TestCanariesMeasureTheFlipRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, _ := plan(&memory{}, "d", 1, task("a", numbered(9)...))
		open := p.Models[0].Open
		p.Models[0].Open = func(ctx context.Context) (Phase, error) {
			ph, err := open(ctx)
			ph.Canary, ph.Params[0].MaxTokens = Canary{Model: moody{}, Slots: 2}, 100
			return ph, err
		}
		p.Canaries = 4
		sum, err := Run(t.Context(), p)
		if err != nil {
			t.Fatal(err)
		}
		if got := sum.Phases[0]; got.Canaries != 4 || got.Flips != 1 || got.Samples != 9 || got.OutputTokens != 18 {
			t.Errorf("phase %+v: want 4 canaries, 1 flip, 9 samples, 18 tokens", got)
		}
	})
}

func TestLimitAndEmptyPlans(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, _ := plan(&memory{}, "d", 2, task("a", numbered(9)...), task("none"))
		p.Limit = 4
		sum, err := Run(t.Context(), p)
		if err != nil || sum.Planned != 4 || sum.Done != 4 {
			t.Errorf("%+v, %v: want 4 of 4", sum, err)
		}
	})
}
