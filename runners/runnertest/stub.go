package runnertest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash/maphash"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// StubDigest is the manifest digest that a [Stub] gives its one model.
const StubDigest = "0000000000000000000000000000000000000000000000000000000000000042"

// Stub is a fast model server for measuring what a client costs. It speaks the
// parts of Ollama's native API that a runner uses, answers every prompt with a
// fixed text after Delay, at most Slots at once, and counts: GET /stub/stats,
// POST /stub/reset. It proves nothing about real models. Set the fields before
// the first request; use it as an http.Handler made by [NewStub].
type Stub struct {
	Delay  time.Duration // time that a generation takes
	Slots  int           // generations served at once; 0 is unlimited
	Answer string
	Tokens int // reported for every answer

	once    sync.Once
	slots   chan struct{}
	mux     *http.ServeMux
	seed    maphash.Seed
	served  atomic.Int64
	current atomic.Int64
	peak    atomic.Int64
	first   atomic.Int64
	last    atomic.Int64
	double  atomic.Int64
	seen    [16]struct {
		sync.Mutex
		m map[uint64]struct{}
	}
}

// StubStats are the counts of a [Stub], as GET /stub/stats gives them.
type StubStats struct {
	Served     int64   `json:"served"`
	Peak       int64   `json:"peak"`       // most requests in flight at once
	Duplicates int64   `json:"duplicates"` // requests whose body came before
	Span       float64 `json:"span_s"`     // from the first request to the last answer
	Rate       float64 `json:"rate"`       // served per second of the span
}

// NewStub returns a stub with the answer "The answer is 42.\n#### 42".
func NewStub() *Stub {
	return &Stub{Answer: "The answer is 42.\n#### 42", Tokens: 16}
}

// ServeHTTP implements http.Handler.
func (s *Stub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.once.Do(s.init)
	s.mux.ServeHTTP(w, r)
}

func (s *Stub) init() {
	if s.Slots > 0 {
		s.slots = make(chan struct{}, s.Slots)
	}
	s.seed = maphash.MakeSeed()
	s.forget()
	s.mux = http.NewServeMux()
	s.mux.HandleFunc("POST /api/chat", s.chat)
	s.mux.HandleFunc("GET /api/version", answer(map[string]any{"version": "0.24.0"}))
	s.mux.HandleFunc("GET /api/tags", answer(map[string]any{"models": []any{stubModel()}}))
	running := stubModel()
	running["size_vram"], running["context_length"], running["expires_at"] = 1000, 8192, "2099-01-01T00:00:00Z"
	s.mux.HandleFunc("GET /api/ps", answer(map[string]any{"models": []any{running}}))
	s.mux.HandleFunc("POST /api/show", answer(map[string]any{
		"license": "none", "modelfile": "FROM /models/blobs/sha256-" + StubDigest + "\n", "parameters": "",
		"template": "{{ .Prompt }}", "details": stubDetails(), "capabilities": []string{"completion"},
		"model_info":  map[string]any{"general.architecture": "llama", "llama.context_length": 8192},
		"modified_at": "2026-01-01T00:00:00Z"}))
	s.mux.HandleFunc("GET /stub/stats", func(w http.ResponseWriter, r *http.Request) { answer(s.Stats())(w, r) })
	s.mux.HandleFunc("POST /stub/reset", func(http.ResponseWriter, *http.Request) { s.Reset() })
	s.mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "Ollama is running") })
}

func stubDetails() map[string]any {
	return map[string]any{"parent_model": "", "format": "gguf", "family": "llama", "families": []string{"llama"},
		"parameter_size": "1M", "quantization_level": "F16"}
}

func stubModel() map[string]any {
	return map[string]any{"name": "stub:latest", "model": "stub:latest", "modified_at": "2026-01-01T00:00:00Z",
		"size": 1000, "digest": StubDigest, "details": stubDetails()}
}

// answer serves v as JSON.
func answer(v any) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if err := json.NewEncoder(w).Encode(v); err != nil {
			panic(http.ErrAbortHandler)
		}
	}
}

// Stats returns the counts since the start or the last reset.
func (s *Stub) Stats() StubStats {
	span := float64(s.last.Load()-s.first.Load()) / 1e9
	st := StubStats{Served: s.served.Load(), Peak: s.peak.Load(), Duplicates: s.double.Load(), Span: max(span, 0)}
	if st.Span > 0 {
		st.Rate = float64(st.Served) / st.Span
	}
	return st
}

// Reset forgets the counts.
func (s *Stub) Reset() {
	for _, n := range []*atomic.Int64{&s.served, &s.peak, &s.first, &s.last, &s.double} {
		n.Store(0)
	}
	s.forget()
}

func (s *Stub) forget() {
	for i := range s.seen {
		s.seen[i].Lock()
		s.seen[i].m = make(map[uint64]struct{})
		s.seen[i].Unlock()
	}
}

// work counts a request, waits for a slot, and takes the time of a generation.
func (s *Stub) work(body []byte) {
	c := s.current.Add(1)
	for p := s.peak.Load(); c > p && !s.peak.CompareAndSwap(p, c); p = s.peak.Load() {
	}
	s.first.CompareAndSwap(0, time.Now().UnixNano())
	if s.slots != nil {
		s.slots <- struct{}{}
	}
	if s.Delay > 0 {
		time.Sleep(s.Delay)
	}
	h := maphash.Bytes(s.seed, body)
	set := &s.seen[h%uint64(len(s.seen))]
	set.Lock()
	if _, ok := set.m[h]; ok {
		s.double.Add(1)
	}
	set.m[h] = struct{}{}
	set.Unlock()
}

func (s *Stub) finish() {
	if s.slots != nil {
		<-s.slots
	}
	s.served.Add(1)
	s.last.Store(time.Now().UnixNano())
	s.current.Add(-1)
}

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func (s *Stub) chat(w http.ResponseWriter, r *http.Request) {
	in, out := buffers.Get().(*bytes.Buffer), buffers.Get().(*bytes.Buffer)
	defer buffers.Put(in)
	defer buffers.Put(out)
	in.Reset()
	out.Reset()
	if _, err := io.Copy(in, r.Body); err != nil {
		return
	}
	var q struct {
		Model    string            `json:"model"`
		Stream   *bool             `json:"stream"`
		Messages []json.RawMessage `json:"messages"`
	}
	if err := json.Unmarshal(in.Bytes(), &q); err != nil {
		http.Error(w, `{"error":"bad json"}`, http.StatusBadRequest)
		return
	}
	if len(q.Messages) == 0 {
		w.Header().Set("Content-Type", "application/json")
		s.line(out, q.Model, "", "load")
		w.Write(out.Bytes())
		return
	}
	s.work(in.Bytes())
	defer s.finish()
	if q.Stream != nil && !*q.Stream {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		s.line(out, q.Model, s.Answer, "stop")
	} else {
		w.Header().Set("Content-Type", "application/x-ndjson")
		for piece := range strings.SplitAfterSeq(s.Answer, " ") {
			s.line(out, q.Model, piece, "")
		}
		s.line(out, q.Model, "", "stop")
	}
	w.Write(out.Bytes())
}

// line writes one line of an answer; reason is empty for all but the last.
func (s *Stub) line(out *bytes.Buffer, model, text, reason string) {
	m, _ := json.Marshal(model) // strings always encode
	t, _ := json.Marshal(text)
	fmt.Fprintf(out, `{"model":%s,"created_at":"2026-01-01T00:00:00.000000000Z","message":{"role":"assistant","content":%s},"done":%t`, m, t, reason != "")
	if reason != "" {
		fmt.Fprintf(out, `,"done_reason":%q,"total_duration":%d,"load_duration":1000,"prompt_eval_count":20,"prompt_eval_duration":1000,"eval_count":%d,"eval_duration":%d`,
			reason, int64(s.Delay)+1000, s.Tokens, int64(s.Delay)+1)
	}
	out.WriteString("}\n")
}
