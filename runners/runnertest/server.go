package runnertest

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/sovereign-eval/haetae/harness"
)

// ServerModel is the name of the one model of a [Server].
const ServerModel = "scripted:latest"

// Seen is one generation request as the server read it.
type Seen struct {
	Body      []byte            `json:"-"`
	Header    http.Header       `json:"-"`
	Model     string            `json:"model"`
	Messages  []harness.Message `json:"messages"`
	Stream    *bool             `json:"stream"`
	Think     any               `json:"think"`
	KeepAlive any               `json:"keep_alive"`
	Truncate  *bool             `json:"truncate"`
	Shift     *bool             `json:"shift"`
	Options   map[string]any    `json:"options"`
	Render    bool              `json:"_debug_render_only"`
}

// Facts are what a [Server] tells about itself and its model.
type Facts struct {
	Name         string // of the model; "" is [ServerModel]
	Version      string
	Digest       string
	Weights      string
	Template     string
	System       string
	Parameters   string
	Family       string
	Quant        string
	Capabilities []string
	Trained      int
	RemoteHost   string
	VRAM         int64 // of a size of 1000
	NoRender     bool  // does not know _debug_render_only: generates instead
	NoContext    bool  // does not tell the context in force
}

// Server is a scripted model server with the part of Ollama's native API that a
// runner uses. It is an http.Handler. Fields are set before the first request,
// Facts by [Server.Change] at any time.
type Server struct {
	Script     Script              // nil answers normally
	Answer     func(r Seen) string // the text of a normal answer; nil is [Deterministic]
	PieceDelay time.Duration       // before each piece of an answer
	LoadDelay  time.Duration       // of loading the model
	Slots      int                 // generations at a time; 0 is unlimited

	mu      sync.Mutex
	facts   Facts
	seen    []Seen
	calls   int
	loads   []string // load-time options of each load
	sick    chan struct{}
	slots   chan struct{}
	current int
	peak    int
	paths   map[string]int
}

// NewServer returns a server of version 0.24.0 whose model has a context of
// 8192 tokens and runs on a GPU.
func NewServer() *Server {
	return &Server{paths: map[string]int{}, facts: Facts{
		Version: "0.24.0", Digest: strings.Repeat("ab", 32), Weights: strings.Repeat("cd", 32),
		Template: "{{ range .Messages }}<|{{ .Role }}|>{{ .Content }}{{ end }}", Parameters: "stop \"<|end|>\"\ntemperature 0.6",
		Family: "llama", Quant: "Q8_0", Capabilities: []string{"completion"}, Trained: 8192, VRAM: 1000,
	}}
}

// Change changes the facts, as a server that was updated or a model that was
// pulled again would.
func (s *Server) Change(f func(*Facts)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(&s.facts)
}

// Requests returns the generation requests so far, in order, at most the first
// 10,000.
func (s *Server) Requests() []Seen {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Seen(nil), s.seen...)
}

// Calls returns the number of generation requests so far.
func (s *Server) Calls() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls
}

// Loads returns the load-time options of every load of the model so far.
func (s *Server) Loads() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.loads...)
}

// Hits returns how often a path, such as /api/ps, was asked for.
func (s *Server) Hits(path string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.paths[path]
}

// Peak returns the most generations that were in flight at once.
func (s *Server) Peak() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.peak
}

// Heal ends the sickness of [HangSick].
func (s *Server) Heal() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sick != nil {
		close(s.sick)
		s.sick = nil
	}
}

// Unload forgets the loaded model, as an expired keep-alive would.
func (s *Server) Unload() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.loads = append(s.loads, "")
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.paths[r.URL.Path]++
	facts, sick := s.facts, s.sick
	s.mu.Unlock()
	if sick != nil {
		select {
		case <-sick:
		case <-r.Context().Done():
			return
		}
	}
	switch r.URL.Path {
	case "/api/version":
		answer(map[string]any{"version": facts.Version})(w, r)
	case "/api/tags":
		answer(map[string]any{"models": []any{facts.listed()}})(w, r)
	case "/api/ps":
		answer(map[string]any{"models": s.running(facts)})(w, r)
	case "/api/show":
		s.show(w, r, facts)
	case "/api/chat":
		s.chat(w, r, facts)
	default:
		http.NotFound(w, r)
	}
}

func (f Facts) name() string { return cmp.Or(f.Name, ServerModel) }

func (f Facts) details() map[string]any {
	return map[string]any{"format": "gguf", "family": f.Family, "parameter_size": "1M", "quantization_level": f.Quant}
}

func (f Facts) listed() map[string]any {
	m := map[string]any{"name": f.name(), "model": f.name(), "size": 1000, "digest": f.Digest, "details": f.details()}
	if f.RemoteHost != "" {
		m["remote_host"] = f.RemoteHost
	}
	return m
}

func (s *Server) running(f Facts) []any {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.loads) == 0 || s.loads[len(s.loads)-1] == "" {
		return []any{}
	}
	m := f.listed()
	m["size_vram"] = f.VRAM
	if !f.NoContext {
		var ctx int
		fmt.Sscanf(s.loads[len(s.loads)-1], "num_ctx=%d", &ctx)
		m["context_length"] = min(ctx, f.Trained)
	}
	return []any{m}
}

func (s *Server) show(w http.ResponseWriter, r *http.Request, f Facts) {
	var q struct{ Model string }
	if err := json.NewDecoder(r.Body).Decode(&q); err != nil || !strings.HasPrefix(f.name(), strings.TrimSuffix(q.Model, ":latest")) {
		s.missing(w, q.Model)
		return
	}
	m := map[string]any{"modelfile": "# comment\nFROM /usr/share/ollama/.ollama/models/blobs/sha256-" + f.Weights + "\n" + f.Parameters + "\n",
		"parameters": f.Parameters, "template": f.Template, "details": f.details(), "capabilities": f.Capabilities,
		"model_info":  map[string]any{"general.architecture": f.Family, f.Family + ".context_length": f.Trained},
		"modified_at": time.Now().Format(time.RFC3339Nano)}
	if f.System != "" {
		m["system"] = f.System
	}
	if f.RemoteHost != "" {
		m["remote_host"], m["remote_model"] = f.RemoteHost, "big"
	}
	answer(m)(w, r)
}

func (s *Server) missing(w http.ResponseWriter, model string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusNotFound)
	fmt.Fprintf(w, `{"error":"model %q not found"}`, model)
}

func (s *Server) chat(w http.ResponseWriter, r *http.Request, f Facts) {
	q := Seen{Header: r.Header}
	var err error
	if q.Body, err = io.ReadAll(r.Body); err != nil {
		return
	}
	if err := json.Unmarshal(q.Body, &q); err != nil {
		http.Error(w, `{"error":"invalid JSON"}`, http.StatusBadRequest)
		return
	}
	reply := &reply{w: w, r: r, s: s, q: q, load: s.load(r.Context(), q), gap: s.PieceDelay}
	switch {
	case len(q.Messages) == 0:
		w.Header().Set("Content-Type", "application/json")
		reply.final("load", 0)
	case q.Render && !f.NoRender:
		answer(map[string]any{"model": q.Model, "message": map[string]string{"role": "assistant"}, "done": false,
			"_debug_info": map[string]string{"rendered_template": render(f, q.Messages)}})(w, r)
	case q.Render: // generates: an answer of one token
		reply.final("length", 1)
	default:
		reply.play(s.begin(q))
		s.end()
	}
}

func render(f Facts, messages []harness.Message) string {
	var b strings.Builder
	b.WriteString(f.Template + f.System)
	for _, m := range messages {
		fmt.Fprintf(&b, "<|%s|>%s", m.Role, m.Content)
	}
	return b.String()
}

// load loads the model if a load-time option differs, and returns how long it
// took.
func (s *Server) load(ctx context.Context, q Seen) time.Duration {
	o := q.Options
	key := fmt.Sprintf("num_ctx=%v num_batch=%v draft=%v shift=%v", o["num_ctx"], o["num_batch"], o["draft_num_predict"], q.Shift == nil || *q.Shift)
	s.mu.Lock()
	warm := len(s.loads) > 0 && s.loads[len(s.loads)-1] == key
	if !warm {
		s.loads = append(s.loads, key)
	}
	s.mu.Unlock()
	if warm {
		return 50 * time.Millisecond
	}
	pause(ctx, s.LoadDelay)
	return s.LoadDelay + 60*time.Millisecond
}

func pause(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// begin notes a generation, waits for a slot and returns how to answer it.
func (s *Server) begin(q Seen) Fault {
	s.mu.Lock()
	n := s.calls
	s.calls++
	if len(s.seen) < 10_000 {
		s.seen = append(s.seen, q)
	}
	s.current++
	s.peak = max(s.peak, s.current)
	if s.slots == nil {
		s.slots = make(chan struct{}, max(s.Slots, 1))
	}
	s.mu.Unlock()
	if s.Slots > 0 {
		s.slots <- struct{}{}
	}
	if s.Script == nil {
		return Normal
	}
	f := s.Script(n, q)
	if f == HangSick {
		s.mu.Lock()
		s.sick = make(chan struct{})
		s.mu.Unlock()
		return HangBefore
	}
	return f
}

func (s *Server) end() {
	s.mu.Lock()
	s.current--
	s.mu.Unlock()
	if s.Slots > 0 {
		<-s.slots
	}
}

// Deterministic is the text of a normal answer: some words and a number that
// depend on nothing but the messages, the seed and the token limit.
func Deterministic(q Seen) string {
	h := fnv.New64a()
	for _, m := range q.Messages {
		fmt.Fprintf(h, "%s %d %s", m.Role, len(m.Content), m.Content)
	}
	fmt.Fprint(h, q.Options["seed"])
	sum := h.Sum64()
	words := []string{"the", "river", "answers", "slowly", "because", "every", "stone", "remembers", "그리고", "바람은", "말이", "없다"}
	var b strings.Builder
	for i := range 3 + sum%9 {
		b.WriteString(words[(sum>>(5*i%59))%uint64(len(words))] + " ")
	}
	fmt.Fprintf(&b, "#### %d", sum%100)
	return b.String()
}
