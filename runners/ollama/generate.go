package ollama

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/sovereign-eval/haetae/harness"
)

const (
	// MaxAnswer is the size of an answer, thinking included, above which it is
	// cancelled and ends as [harness.FinishSize].
	MaxAnswer = 1 << 20
	// maxLine bounds one line of a stream, and so the memory of a generation.
	maxLine = 4 << 20
	// repeatLimit is the number of equal pieces after which a clean end without
	// "done" is the server's repeat stop; it gives up after 31.
	repeatLimit = 30
	// coldLoad is the loading time above which a request met a cold model.
	coldLoad = 2 * time.Second
	// drainTime is how long the end of the body may take once the answer is whole.
	drainTime = time.Second
)

// Generate sends one request and returns its whole answer, or a
// [*harness.Fault] that says whose trouble it is. When ctx ends, its cause is
// returned. The response's Sent is the exact request body.
func (m *Model) Generate(ctx context.Context, req harness.Request) (harness.Response, error) {
	p, err := m.profileFor(ctx, req.Params)
	if err != nil {
		return harness.Response{}, err
	}
	g := generations.Get().(*generation)
	defer g.release()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	body := p.body(req.Messages, req.Seed)
	r := harness.Response{Sent: body, Endpoint: m.Endpoint(), Start: time.Now(), PromptTokens: -1, OutputTokens: -1, Flags: p.flags}
	var dog watchdog
	dog.start(r.Start, m.opts.LoadTimeout, cancel)
	defer dog.stop()
	resp, err := m.work.RoundTrip(m.request(ctx, body))
	if err != nil {
		return r, m.explain(transportFault(ctx, err))
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return r, m.explain(statusFault(resp))
	}
	if isHTML(resp.Header.Get("Content-Type"), nil) {
		return r, m.explain(fault(harness.SampleFault, CauseHTML, errors.New("an HTML page in place of an answer")))
	}
	g.lines.src = resp.Body
	if err := g.read(ctx, m, &dog, &r); err != nil {
		return r, m.explain(err)
	}
	r.Text, r.Thinking = string(g.answer.text), string(g.answer.thinking)
	r.Wall = time.Since(r.Start)
	if err := g.check(p, &r); err != nil {
		return r, m.explain(err)
	}
	return r, nil
}

// request makes the HTTP request around a body. The body is of a type that
// net/http knows to be in memory, so that headers and body go out in one write.
func (m *Model) request(ctx context.Context, body []byte) *http.Request {
	req := m.chat.WithContext(ctx)
	req.Body = io.NopCloser(bytes.NewReader(body))
	req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	req.ContentLength = int64(len(body))
	return req
}

// explain names model and endpoint in a fault.
func (m *Model) explain(err error) error {
	f, ok := errors.AsType[*harness.Fault](err)
	if !ok {
		return err
	}
	f.Err = fmt.Errorf("chat %s at %s: %w", m.name, m.base.Host, f.Err)
	return f
}

// profileFor returns the encoded parameters, and reads the facts of the model
// before the first request.
func (m *Model) profileFor(ctx context.Context, p harness.Params) (*profile, error) {
	f := m.facts.Load()
	if f == nil {
		var err error
		if f, err = m.readFacts(ctx); err != nil {
			return nil, err
		}
	}
	if last := m.profile.Load(); last != nil && last.facts == f && same(&last.params, &p) {
		return last, nil
	}
	next, err := newProfile(m.name, m.opts.KeepAlive, f, p)
	if err != nil {
		return nil, m.explain(fault(harness.FinalFault, CauseParams, err))
	}
	m.profile.Store(next)
	return next, nil
}

// generation is the reusable memory of one call.
type generation struct {
	lines  lines
	answer answer
	chunk  chunk
	last   []byte // the latest piece, trimmed
	equal  int    // equal pieces at the end
	pieces int
}

var generations = sync.Pool{New: func() any {
	return &generation{lines: lines{buf: make([]byte, 16<<10)}}
}}

func (g *generation) release() {
	if len(g.lines.buf) > 256<<10 || cap(g.answer.text)+cap(g.answer.thinking) > 256<<10 {
		return // leave what a huge answer grew to the collector
	}
	*g = generation{lines: lines{buf: g.lines.buf}, last: g.last[:0],
		answer: answer{text: g.answer.text[:0], thinking: g.answer.thinking[:0]}}
	generations.Put(g)
}

// read takes the stream to its end and fills what the server says into r.
func (g *generation) read(ctx context.Context, m *Model, dog *watchdog, r *harness.Response) error {
	for {
		line, err := g.lines.next()
		switch {
		case err == io.EOF:
			return g.ended(r)
		case err == errLongLine:
			g.chunk.parse(line, &g.answer) // what there is of it
			g.oversize(r)
			return nil
		case err != nil:
			return transportFault(ctx, err)
		case len(line) == 0:
			continue
		}
		if done, err := g.line(line, m, dog, r); done || err != nil {
			if done && err == nil && r.Finish != harness.FinishSize {
				dog.first(time.Since(r.Start), drainTime)
				g.lines.drain()
			}
			return err
		}
	}
}

// line takes in one line; done tells that the answer is whole.
func (g *generation) line(line []byte, m *Model, dog *watchdog, r *harness.Response) (done bool, err error) {
	c := &g.chunk
	text, thinking := len(g.answer.text), len(g.answer.thinking)
	if !c.parse(line, &g.answer) {
		cause := CauseGarbled
		if isHTML("", line) {
			cause = CauseHTML
		}
		return false, fault(harness.SampleFault, cause, fmt.Errorf("a line that is no JSON object: %s", quote(string(line[:min(len(line), 300)]))))
	}
	if err := g.refuse(c, m); err != nil {
		return false, err
	}
	if piece := g.piece(text, thinking); len(piece) > 0 {
		if g.pieces++; g.pieces == 1 {
			r.FirstToken = time.Since(r.Start)
			dog.first(r.FirstToken, m.opts.IdleTimeout)
		} else {
			dog.touch(m.opts.IdleTimeout)
		}
		g.repeats(piece)
	}
	if len(g.answer.text)+len(g.answer.thinking) > MaxAnswer {
		g.oversize(r)
		return true, nil
	}
	if !c.done {
		return false, nil
	}
	return true, g.finish(r)
}

// refuse rejects lines that end the call, whatever else they say.
func (g *generation) refuse(c *chunk, m *Model) error {
	switch {
	case c.remoteHost != "":
		return fault(harness.FinalFault, CauseRemote, fmt.Errorf("%w: %s", errRemote, quote(c.remoteHost)))
	case c.failed:
		return fault(harness.SampleFault, CauseErrorLine, errors.New("error inside the stream: "+quote(c.failure)))
	case len(c.model) > 0 && string(c.model) != m.name && !sameName(string(c.model), m.name):
		return fault(harness.FinalFault, CauseOther, errors.New("the answer names another model: "+quote(string(c.model))))
	}
	return nil
}

// piece returns what the line added.
func (g *generation) piece(text, thinking int) []byte {
	if p := g.answer.text[text:]; len(p) > 0 {
		return p
	}
	return g.answer.thinking[thinking:]
}

func (g *generation) repeats(piece []byte) {
	piece = bytes.TrimSpace(piece)
	if g.pieces > 1 && bytes.Equal(piece, g.last) {
		g.equal++
		return
	}
	g.equal = 1
	g.last = append(g.last[:0], piece...)
}

// ended judges a clean end of the stream without "done".
func (g *generation) ended(r *harness.Response) error {
	if g.equal >= repeatLimit {
		r.Finish = harness.FinishRepeat
		return nil
	}
	return fault(harness.SampleFault, CauseNoDone, fmt.Errorf("the stream ended without done after %d pieces", g.pieces))
}

func (g *generation) oversize(r *harness.Response) {
	r.Finish = harness.FinishSize
	a := &g.answer
	a.thinking = a.thinking[:min(len(a.thinking), MaxAnswer)]
	a.text = a.text[:min(len(a.text), MaxAnswer-len(a.thinking))]
}

// finish reads the counts of the final line.
func (g *generation) finish(r *harness.Response) error {
	c := &g.chunk
	switch c.doneReason {
	case "length":
		r.Finish = harness.FinishLength
	case "stop":
		r.Finish = harness.FinishStop
	case "":
		r.Finish = harness.FinishStop
		r.Flags = append(r.Flags[:len(r.Flags):len(r.Flags)], "no_done_reason")
	default: // load, unload: nothing was generated
		return fault(harness.SampleFault, CauseNoDone, errors.New("done without an answer: "+quote(c.doneReason)))
	}
	r.PromptTokens, r.OutputTokens = c.promptCount, c.evalCount
	r.Load, r.Prompt, r.Eval = time.Duration(c.loadDuration), time.Duration(c.promptDuration), time.Duration(c.evalTime)
	return nil
}

// check holds a whole answer against what was asked, and flags what a reader
// must know.
func (g *generation) check(p *profile, r *harness.Response) error {
	if r.PromptTokens >= p.context {
		return fault(harness.FinalFault, CauseContext,
			fmt.Errorf("the prompt fills the context: %d of %d tokens, so it may have been cut", r.PromptTokens, p.context))
	}
	flag := func(name string) { r.Flags = append(r.Flags[:len(r.Flags):len(r.Flags)], name) }
	if r.Load > coldLoad {
		flag("cold")
	}
	if p.facts.dialect.uncachedCount {
		flag("uncached_prompt_count")
	}
	thinks := p.think != "" && p.think != "off"
	switch {
	case !thinks && (r.Thinking != "" || strings.Contains(r.Text, "<think>")),
		thinks && strings.Contains(r.Text, "</think>"):
		flag("thinking_leak")
	case thinks && r.Text == "" && r.Thinking != "":
		flag("thinking_only")
	}
	return nil
}
