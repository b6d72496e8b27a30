package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/results/report"
)

// plainEvery is the time between two lines of plain progress: seldom enough for
// the log of a CI job, often enough to see a hang.
const plainEvery = 5 * time.Second

// newProgress returns the sink that --progress asks for.
func (a *app) newProgress() harness.Sink {
	kind := a.progress
	if kind == "auto" {
		kind = "plain"
		if f, ok := a.err.(*os.File); ok && term.IsTerminal(int(f.Fd())) && os.Getenv("TERM") != "dumb" {
			kind = "bar"
		}
	}
	switch kind {
	case "json":
		return &jsonProgress{w: a.err}
	case "none":
		return silence{}
	case "bar":
		return &barProgress{w: a.err}
	}
	return &plainProgress{w: a.err}
}

// oneAtATime lets dispatchers tell of trouble while the engine tells of samples.
type oneAtATime struct {
	mu   sync.Mutex
	sink harness.Sink
}

func (o *oneAtATime) Put(ctx context.Context, e harness.Event) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.sink.Put(ctx, e)
}

func (o *oneAtATime) Close() error { return o.sink.Close() }

type silence struct{}

func (silence) Put(context.Context, harness.Event) error { return nil }
func (silence) Close() error                             { return nil }

// tally counts what people want to see of a phase.
type tally struct {
	model       string
	done, total int64 // of the phase, without samples that an earlier call kept
	before      int64 // kept samples of earlier phases
	places      int64 // of the phase, kept ones and all
	errors      int64
	tokens      int64
	started     time.Time
}

func (t *tally) put(e harness.Event) {
	switch e.Kind {
	case harness.PhaseStarted:
		*t = tally{model: e.Model, total: e.Total, places: e.Total, before: e.Skipped, started: e.Time}
	case harness.SampleDone:
		t.done++
		t.total = t.places - (e.Skipped - t.before)
		t.tokens += int64(max(e.Sample.Response.OutputTokens, 0))
		if e.Sample.Status == harness.Errored {
			t.errors++
		}
	}
}

func (t *tally) rate(now time.Time) float64 {
	return float64(t.done) / max(now.Sub(t.started).Seconds(), 1e-9)
}

// barProgress draws one bar per phase on a terminal.
type barProgress struct {
	w   io.Writer
	bar *progressbar.ProgressBar
	t   tally
}

func (p *barProgress) Put(_ context.Context, e harness.Event) error {
	p.t.put(e)
	switch e.Kind {
	case harness.Loading:
		p.clear()
		fmt.Fprintf(p.w, "\r%s: loading, and measuring how many answers it gives at a time\n", report.Clean(e.Model))
	case harness.PhaseStarted:
		p.clear()
		p.bar = progressbar.NewOptions64(e.Total,
			progressbar.OptionSetWriter(p.w), progressbar.OptionThrottle(100*time.Millisecond),
			progressbar.OptionSetDescription(report.Clean(e.Model)), progressbar.OptionShowCount(),
			progressbar.OptionShowIts(), progressbar.OptionSetItsString("samples"), progressbar.OptionSetPredictTime(true),
			progressbar.OptionFullWidth(), progressbar.OptionUseANSICodes(true))
	case harness.SampleDone:
		if p.bar == nil {
			return nil
		}
		if p.t.errors > 0 {
			p.bar.Describe(fmt.Sprintf("%s, %d in error", report.Clean(p.t.model), p.t.errors))
		}
		if p.bar.GetMax64() != p.t.total {
			p.bar.ChangeMax64(p.t.total)
		}
		return p.bar.Add(1)
	case harness.Trouble:
		p.clear()
		fmt.Fprintf(p.w, "\r%s\n", report.Clean(e.Message))
	case harness.Draining:
		p.clear()
		fmt.Fprintf(p.w, "\rstopping: waiting %v for samples in flight; interrupt again to cancel them\n", e.Left.Round(time.Second))
	case harness.RunEnded:
		p.clear()
	}
	return nil
}

func (p *barProgress) clear() {
	if p.bar != nil {
		_ = p.bar.Clear() // a display: the record is elsewhere
	}
}

func (p *barProgress) Close() error { return nil }

// plainProgress writes a line every few seconds.
type plainProgress struct {
	w    io.Writer
	t    tally
	last time.Time
}

func (p *plainProgress) Put(_ context.Context, e harness.Event) error {
	p.t.put(e)
	switch e.Kind {
	case harness.Loading:
		fmt.Fprintf(p.w, "%s: loading, and measuring how many answers it gives at a time\n", report.Clean(e.Model))
	case harness.PhaseStarted:
		fmt.Fprintf(p.w, "%s: %d samples planned\n", report.Clean(e.Model), e.Total)
		p.last = e.Time
	case harness.SampleDone:
		if e.Time.Sub(p.last) < plainEvery && p.t.done < p.t.total {
			return nil
		}
		p.last = e.Time
		rate := p.t.rate(e.Time)
		left := time.Duration(float64(p.t.total-p.t.done)/rate) * time.Second
		fmt.Fprintf(p.w, "%s: %d of %d, %d in error, %.1f samples/s, %v left\n",
			report.Clean(p.t.model), p.t.done, p.t.total, p.t.errors, rate, left.Round(time.Second))
	case harness.Trouble:
		fmt.Fprintln(p.w, report.Clean(e.Message))
	case harness.Draining:
		fmt.Fprintf(p.w, "stopping: waiting %v for samples in flight; interrupt again to cancel them\n", e.Left.Round(time.Second))
	}
	return nil
}

func (p *plainProgress) Close() error { return nil }

// jsonProgress writes every event as a JSON line. A line {"event":"sample"}
// stands for a committed sample.
type jsonProgress struct {
	w   io.Writer
	buf []byte
}

func (p *jsonProgress) Put(_ context.Context, e harness.Event) error {
	b := append(p.buf[:0], `{"event":`...)
	b = strconv.AppendQuote(b, string(e.Kind))
	b = append(b, `,"run":`...)
	b = appendJSON(b, e.Run)
	b = append(b, `,"time":"`...)
	b = e.Time.UTC().AppendFormat(b, time.RFC3339Nano)
	b = append(b, '"')
	field := func(name, value string) {
		if value != "" {
			b = append(append(append(b, `,"`...), name...), `":`...)
			b = appendJSON(b, value)
		}
	}
	number := func(name string, value int64) {
		b = append(append(append(b, `,"`...), name...), `":`...)
		b = strconv.AppendInt(b, value, 10)
	}
	field("model", e.Model)
	field("task", e.Task)
	if s := e.Sample; s != nil {
		b = append(b, `,"id":"`...)
		b = append(b, s.ID.String()...)
		b = append(b, '"')
		field("item", s.Item.ID)
		field("variant", s.Item.Variant)
		field("status", string(s.Status))
		field("cause", s.Cause)
		number("epoch", int64(s.Epoch))
	}
	switch e.Kind {
	case harness.RunStarted, harness.PhaseStarted, harness.RunEnded:
		number("total", e.Total)
		number("skipped", e.Skipped)
	case harness.Draining:
		number("left_s", int64(e.Left/time.Second))
	}
	field("message", e.Message)
	p.buf = append(b, '}', '\n')
	_, err := p.w.Write(p.buf)
	return err
}

func (p *jsonProgress) Close() error { return nil }
