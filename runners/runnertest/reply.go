package runnertest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// reply writes one answer of a [Server].
type reply struct {
	w    http.ResponseWriter
	r    *http.Request
	s    *Server
	q    Seen
	load time.Duration // as the final line tells it
	gap  time.Duration // before each piece
}

// play answers as the script says.
func (p *reply) play(f Fault) {
	switch f {
	case Empty500:
		p.w.WriteHeader(http.StatusInternalServerError)
	case Error500:
		p.status(500, `{"error":"model runner has unexpectedly stopped, this may be due to resource limitations or an internal error"}`)
	case HTML500:
		p.html(http.StatusBadGateway)
	case HTML200:
		p.html(http.StatusOK)
	case Busy503:
		p.status(503, `{"error":"server busy, please try again.  maximum pending requests exceeded"}`)
	case Context400:
		p.status(400, `{"error":"the input length exceeds the context length"}`)
	case Context400B:
		p.status(400, `{"error":"request (5120 tokens) exceeds the available context size (4096 tokens), try increasing it"}`)
	case Missing404:
		p.s.missing(p.w, p.q.Model)
	case Cancelled:
		p.status(499, `{"error":"client connection closed before server finished loading, aborting load"}`)
	case CutBefore:
		panic(http.ErrAbortHandler)
	case HangBefore:
		<-p.r.Context().Done()
	case NotRun:
		p.final("load", 0)
	default:
		p.stream(f)
	}
}

func (p *reply) status(code int, body string) {
	p.w.Header().Set("Content-Type", "application/json; charset=utf-8")
	p.w.WriteHeader(code)
	fmt.Fprint(p.w, body)
}

func (p *reply) html(code int) {
	p.w.Header().Set("Content-Type", "text/html")
	p.w.WriteHeader(code)
	fmt.Fprint(p.w, "<html><body><h1>Bad Gateway</h1></body></html>\n")
}

// stream gives the answers that begin with pieces of text.
func (p *reply) stream(f Fault) {
	p.w.Header().Set("Content-Type", "application/x-ndjson")
	switch f {
	case Cut, ErrorLine, Garbled, HangDuring, NoDone:
		p.started(f)
	case RepeatStop:
		p.repeat(31)
	case ShortRepeat:
		p.repeat(29)
	case Endless:
		for i := 0; p.piece(fmt.Sprintf("piece %d of an endless answer, %s", i, strings.Repeat("on and ", 100))); i++ {
		}
	case EndlessNone:
		for p.piece("") {
			pause(p.r.Context(), time.Second)
		}
	case Huge:
		p.piece(strings.Repeat("ten megabytes of text in one line, ", 10<<20/35))
		p.final("stop", 1)
	case HugeMany:
		for range 160 {
			p.piece(strings.Repeat("sixty-four kilobytes of text a line, ", 64<<10/37))
		}
		p.final("stop", 160)
	case Remote:
		fmt.Fprintf(p.w, `{"model":%q,"remote_model":"big","remote_host":"https://example.test","message":{"content":"hi"},"done":false}`+"\n", p.q.Model)
		p.final("stop", 1)
	case OtherModel:
		p.q.Model = "alias:latest"
		p.normal("another model speaking")
	default:
		p.whole(f)
	}
}

// started gives two pieces and then breaks off.
func (p *reply) started(f Fault) {
	p.piece("The answer")
	p.piece(" begins")
	switch f {
	case Cut:
		panic(http.ErrAbortHandler)
	case ErrorLine:
		fmt.Fprintln(p.w, `{"error":"an error was encountered while running the model: unexpected EOF"}`)
	case Garbled:
		fmt.Fprint(p.w, `{"model":"scripted:latest","message":{"role":"assistant","cont`)
	case HangDuring:
		<-p.r.Context().Done()
	}
}

// whole gives the answers that end with done.
func (p *reply) whole(f Fault) {
	switch f {
	case Drip:
		p.gap = max(p.gap, time.Second)
		p.normal("one two three four five six seven eight nine ten")
	case EmptyAnswer:
		p.final("stop", 1)
	case BadUTF8:
		fmt.Fprintf(p.w, `{"model":%q,"message":{"role":"assistant","content":"%s"},"done":false}`+"\n", p.q.Model, BadText)
		p.final("stop", 3)
	case Escapes:
		p.piece(EscapeText)
		p.final("stop", 5)
	case Truncated:
		p.piece("cut at the")
		p.final("length", 3)
	case Cold:
		p.load = 3 * time.Second
		p.normal("a cold answer")
	case LeakThink:
		fmt.Fprintf(p.w, `{"model":%q,"message":{"role":"assistant","content":"","thinking":"let me think"},"done":false}`+"\n", p.q.Model)
		p.normal("thought through")
	default:
		text := Deterministic
		if p.s.Answer != nil {
			text = p.s.Answer
		}
		p.normal(text(p.q))
	}
}

// normal streams text word by word, up to the token limit.
func (p *reply) normal(text string) {
	limit := 1 << 30
	if n, ok := p.q.Options["num_predict"].(float64); ok && n > 0 {
		limit = int(n)
	}
	n := 0
	for word := range strings.SplitAfterSeq(text, " ") {
		if n == limit {
			p.final("length", n)
			return
		}
		if !p.piece(word) {
			return
		}
		n++
	}
	p.final("stop", n+1)
}

func (p *reply) repeat(n int) {
	for i := range n {
		p.piece([]string{"so ", " so", "so"}[i%3])
	}
}

// piece writes one line of text; false when the client has gone.
func (p *reply) piece(text string) bool {
	pause(p.r.Context(), p.gap)
	t, _ := json.Marshal(text) // strings always encode
	_, err := fmt.Fprintf(p.w, `{"model":%q,"created_at":"2026-01-01T00:00:00Z","message":{"role":"assistant","content":%s},"done":false}`+"\n", p.q.Model, t)
	p.flush()
	return err == nil && p.r.Context().Err() == nil
}

func (p *reply) flush() {
	if f, ok := p.w.(http.Flusher); ok {
		f.Flush()
	}
}

func (p *reply) final(reason string, tokens int) {
	prompt := 10
	for _, m := range p.q.Messages {
		prompt += len(m.Content) / 4
	}
	fmt.Fprintf(p.w, `{"model":%q,"created_at":"2026-01-01T00:00:00Z","message":{"role":"assistant","content":""},"done_reason":%q,"done":true,`+
		`"total_duration":%d,"load_duration":%d,"prompt_eval_count":%d,"prompt_eval_duration":2000000,"eval_count":%d,"eval_duration":3000000}`+"\n",
		p.q.Model, reason, p.load+5*time.Millisecond, p.load, prompt, tokens)
}
