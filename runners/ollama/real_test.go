package ollama

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/runners/ollama/ollamatest"
	"github.com/sovereign-eval/haetae/runners/ollama/provision"
)

// real returns a runner for the real small model on a real server. The kind of
// server, and so the dialect, is chosen by the environment: see ollamatest.
func real(t *testing.T) (*Model, *ollamatest.Info) {
	t.Helper()
	srv := ollamatest.Server(t)
	u, err := ParseHost(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	m := New(u, srv.Model, Options{Slots: 4}) // bursts are no larger
	t.Cleanup(func() { m.Close() })
	return m, srv
}

// realParams are the same for all tests, so that the model is loaded once.
func realParams() harness.Params {
	p := harness.DefaultParams()
	p.NumCtx, p.MaxTokens = 1024, 8
	return p
}

func question(text string) harness.Request {
	return harness.Request{Params: realParams(), Seed: 11, Messages: []harness.Message{{Role: "user", Content: text}}}
}

func TestRealChat(t *testing.T) {
	m, srv := real(t)
	if err := m.Load(t.Context(), realParams()); err != nil {
		t.Fatal(err)
	}
	r := mustGenerate(t, m, question("Name the capital of France."))
	if strings.TrimSpace(r.Text) == "" || r.Finish != harness.FinishStop && r.Finish != harness.FinishLength {
		t.Errorf("finish %q, text %q", r.Finish, r.Text)
	}
	if r.PromptTokens <= 5 || r.PromptTokens > 200 || r.OutputTokens <= 0 || r.OutputTokens > 8 {
		t.Errorf("%d prompt tokens, %d output tokens", r.PromptTokens, r.OutputTokens)
	}
	if r.Eval <= 0 || r.Prompt <= 0 || r.FirstToken <= 0 || r.Wall < r.FirstToken {
		t.Errorf("times: prompt %v, eval %v, first token %v, wall %v", r.Prompt, r.Eval, r.FirstToken, r.Wall)
	}
	if slices.Contains(r.Flags, "cold") {
		t.Errorf("flags %q after a warm-up: load took %v", r.Flags, r.Load)
	}
	t.Logf("%s %s: %q", srv.Version, srv.Model, r.Text)
}

func TestRealLengthIsReported(t *testing.T) {
	m, _ := real(t)
	q := question("Count upwards from one, one number a line, and never stop.")
	q.Params.MaxTokens = 5
	r := mustGenerate(t, m, q)
	if r.Finish != harness.FinishLength && r.Finish != harness.FinishStop || r.OutputTokens > 5 {
		t.Errorf("finish %q after %d tokens", r.Finish, r.OutputTokens)
	}
}

func TestRealPitfall01PromptOverContext(t *testing.T) {
	m, _ := real(t)
	_, err := m.Generate(t.Context(), question(strings.Repeat("All work and no play makes for a dull day. ", 400)))
	wantFault(t, err, harness.FinalFault, CauseContext)
	t.Log(err)
}

func TestRealPitfall08ThinkOnlyWhereThereIsThinking(t *testing.T) {
	m, _ := real(t)
	q := question("Say yes.")
	q.Params.Think = "off"
	if r := mustGenerate(t, m, q); strings.Contains(string(r.Sent), `"think"`) || r.Thinking != "" {
		t.Errorf("sent %s, thinking %q", r.Sent, r.Thinking)
	}
	q.Params.Think = "on"
	_, err := m.Generate(t.Context(), q)
	wantFault(t, err, harness.FinalFault, CauseParams)
}

func TestRealDescribe(t *testing.T) {
	m, srv := real(t)
	if err := m.Load(t.Context(), realParams()); err != nil {
		t.Fatal(err)
	}
	id := mustDescribe(t, m)
	want, err := provision.ModelDigest(t.Context(), srv.URL, srv.Model)
	if err != nil {
		t.Fatal(err)
	}
	if id.Digest == nil || *id.Digest != strings.TrimPrefix(want, "sha256:") {
		t.Errorf("digest %v, want %s", id.Digest, want)
	}
	if id.Weights == nil || len(*id.Weights) != 64 || id.Template == nil || len(*id.Template) != 64 || id.Show == nil {
		t.Errorf("weights %v, template %v, show %v; missing %q", id.Weights, id.Template, id.Show, id.Missing)
	}
	if id.Context == nil || *id.Context != 1024 || id.Trained == nil || *id.Trained < 1024 || id.Offload == nil {
		t.Errorf("context %v, trained %v, offload %v", id.Context, id.Trained, id.Offload)
	}
	if id.Thinking == nil || *id.Thinking || id.Quant == nil || id.Family == nil {
		t.Errorf("thinking %v, quant %v, family %v", id.Thinking, id.Quant, id.Family)
	}
	if id.Dialect != map[provision.Kind]string{provision.Old: "0.24", provision.Next: "0.30"}[srv.Kind] {
		t.Errorf("dialect %s of server %s", id.Dialect, srv.Version)
	}
	for range 4 { // the server lists options in random order
		if diff := harness.Diff(id, mustDescribe(t, m)); len(diff) != 0 {
			t.Fatalf("two readings differ: %+v", diff)
		}
	}
	t.Logf("missing %q, warnings %q", id.Missing, id.Warnings)
}

// TestRealPitfall06Determinism reports, and does not demand, that greedy
// decoding repeats: batching may flip a token.
func TestRealPitfall06Determinism(t *testing.T) {
	m, _ := real(t)
	const n = 2
	alone := mustGenerate(t, m, question("Write one sentence about the sea.")).Text
	var wg sync.WaitGroup
	texts := make([]string, n)
	for i := range n {
		wg.Go(func() {
			r, err := m.Generate(t.Context(), question("Write one sentence about the sea."))
			if err != nil {
				t.Error(err)
			}
			texts[i] = r.Text
		})
	}
	wg.Wait()
	same := 0
	for _, s := range texts {
		if s == alone {
			same++
		}
	}
	t.Logf("%d of %d parallel answers equal the one given alone: %q", same, n, alone)
}

// TestRealPitfall13OneLoad: warm-up, description and generations agree in every
// load-time option.
func TestRealPitfall13OneLoad(t *testing.T) {
	m, _ := real(t)
	if err := m.Load(t.Context(), realParams()); err != nil {
		t.Fatal(err)
	}
	mustDescribe(t, m)
	q := question("Say yes.")
	q.Params.MaxTokens = 2
	for range 2 {
		if r := mustGenerate(t, m, q); r.Load > 2*time.Second {
			t.Errorf("loaded again: %v", r.Load)
		}
	}
}

func TestRealSlots(t *testing.T) {
	m, _ := real(t)
	n, from, err := m.Slots(t.Context(), realParams())
	if err != nil || n < 1 || n > 4 {
		t.Errorf("%d slots, %s, %v", n, from, err)
	}
	t.Logf("%d slots, %s", n, from)
}

func TestRealUnknownModel(t *testing.T) {
	_, srv := real(t)
	u, err := ParseHost(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	m := New(u, "no-such-model:1b", Options{})
	defer m.Close()
	_, err = m.Generate(t.Context(), question("hi"))
	wantFault(t, err, harness.FinalFault, CauseNoModel)
	_, err = m.Describe(t.Context())
	wantFault(t, err, harness.FinalFault, CauseNoModel)
}
