package ollama

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/runners/runnertest"
)

func TestDescribe(t *testing.T) {
	with(t, nil, func(t *testing.T, s *runnertest.Server, m *Model) {
		if err := m.Load(t.Context(), harness.Params{NumCtx: 2048}); err != nil {
			t.Fatal(err)
		}
		id := mustDescribe(t, m)
		if id.Runner != "ollama" || id.Name != runnertest.ServerModel || *id.Server != "0.24.0" || id.Dialect != "0.24" ||
			*id.Digest != strings.Repeat("ab", 32) || *id.Family != "llama" || *id.Parameters != "1M" || *id.Context != 2048 ||
			*id.Trained != 8192 || *id.Offload != 1 || *id.Thinking || id.System != nil || id.Address != m.Endpoint() {
			t.Errorf("%+v", id)
		}
		if len(id.Missing) != 0 || len(id.Warnings) != 0 {
			t.Errorf("missing %q, warnings %q", id.Missing, id.Warnings)
		}
	})
}

// TestFactsAreStable: two readings of the same model, a day apart, and with its
// options listed in another order, are the same facts.
func TestFactsAreStable(t *testing.T) {
	with(t, nil, func(t *testing.T, s *runnertest.Server, m *Model) {
		a := mustDescribe(t, m)
		time.Sleep(24 * time.Hour)
		s.Change(func(f *runnertest.Facts) {
			lines := strings.Split(f.Parameters, "\n")
			slices.Reverse(lines)
			f.Parameters = strings.Join(lines, "\n")
		})
		if diff := harness.Diff(a, mustDescribe(t, m)); len(diff) != 0 {
			t.Errorf("differences %+v", diff)
		}
		s.Change(func(f *runnertest.Facts) { f.Parameters += "\ntop_k 1" })
		if diff := harness.Diff(a, mustDescribe(t, m)); len(diff) != 1 || diff[0].Fact != "show" {
			t.Errorf("another parameter gives differences %+v", diff)
		}
	})
}

func TestDescribeWarnings(t *testing.T) {
	for _, c := range []struct {
		change func(*runnertest.Facts)
		want   string
	}{
		{func(f *runnertest.Facts) { f.Trained = 1024 }, "shorter than asked: 1024 of 4096"},
		{func(f *runnertest.Facts) { f.Template = "{{ .Prompt }}" }, "no chat template"},
		{func(f *runnertest.Facts) { f.Family, f.Capabilities = "gptoss", []string{"thinking"} }, "cannot stop thinking"},
		{func(f *runnertest.Facts) { f.Version = "0.0.0" }, "not a release"},
	} {
		with(t, change(c.change), func(t *testing.T, _ *runnertest.Server, m *Model) {
			if id := mustDescribe(t, m); !hasWarning(id, c.want) {
				t.Errorf("warnings %q, want %q", id.Warnings, c.want)
			}
		})
	}
}

// Where the weights are is a fact; those who show it say what it means.
func TestDescribeOffload(t *testing.T) {
	for vram, want := range map[int64]float64{0: 0, 400: .4, 1000: 1} {
		with(t, change(func(f *runnertest.Facts) { f.VRAM = vram }), func(t *testing.T, _ *runnertest.Server, m *Model) {
			if id := mustDescribe(t, m); id.Offload == nil || *id.Offload != want || len(id.Warnings) > 0 {
				t.Errorf("%d of 1000 bytes in GPU memory: offload %v, warnings %q", vram, id.Offload, id.Warnings)
			}
		})
	}
}

func TestFactsThatAreNotOffered(t *testing.T) {
	with(t, change(func(f *runnertest.Facts) {
		f.Capabilities, f.NoContext, f.NoRender, f.Quant, f.Trained, f.Weights = nil, true, true, "", 0, "unknown"
	}), func(t *testing.T, _ *runnertest.Server, m *Model) {
		id := mustDescribe(t, m)
		for _, fact := range []string{"thinking", "context", "template", "quant", "trained", "weights"} {
			if !slices.ContainsFunc(id.Missing, func(s string) bool { return strings.HasPrefix(s, fact+": ") }) {
				t.Errorf("%s is not among the missing %q", fact, id.Missing)
			}
		}
		if id.Thinking != nil || id.Context != nil || id.Template != nil || id.Quant != nil || id.Trained != nil || id.Weights != nil {
			t.Errorf("a fact that is not offered is not nil: %+v", id)
		}
	})
}

// TestRemoteModelsAreRefused before a prompt is sent.
func TestRemoteModelsAreRefused(t *testing.T) {
	with(t, change(func(f *runnertest.Facts) { f.RemoteHost = "https://example.test" }), func(t *testing.T, s *runnertest.Server, m *Model) {
		_, err := m.Describe(t.Context())
		wantFault(t, err, harness.FinalFault, CauseRemote)
		err = m.Load(t.Context(), harness.DefaultParams())
		wantFault(t, err, harness.FinalFault, CauseRemote)
		_, err = m.Generate(t.Context(), runnertest.Ask(1))
		wantFault(t, err, harness.FinalFault, CauseRemote)
		if s.Calls() != 0 || s.Hits("/api/chat") != 0 {
			t.Error("something was sent to a model that another host serves")
		}
	})
}

func TestUnknownModel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := runnertest.Serve(t, runnertest.NewServer())
		m := New(h.URL, "qwen9:1b", Options{Dial: h.Dial})
		defer m.Close()
		_, err := m.Describe(t.Context())
		wantFault(t, err, harness.FinalFault, CauseNoModel)
		var hint *harness.HintError
		if !errors.As(err, &hint) || !strings.Contains(hint.Hint, runnertest.ServerModel) || !strings.Contains(hint.Hint, "ollama pull qwen9:1b") {
			t.Errorf("error %v, hint %+v", err, hint)
		}
		_, err = m.Generate(t.Context(), runnertest.Ask(1))
		wantFault(t, err, harness.FinalFault, CauseNoModel)
	})
}

// TestNotAnOllamaServer: pages, other services and silence are told apart from
// a model server at the first call.
func TestNotAnOllamaServer(t *testing.T) {
	for name, c := range map[string]struct {
		handler http.HandlerFunc
		kind    harness.FaultKind
		cause   string
	}{
		"page":    {func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<!DOCTYPE html><html></html>") }, harness.SampleFault, CauseHTML},
		"other":   {func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"name":"search engine"}`) }, harness.SampleFault, CauseGarbled},
		"text":    {func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "It works!") }, harness.SampleFault, CauseGarbled},
		"nothing": {http.NotFound, harness.FinalFault, "status_404"},
		"redirect": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://elsewhere.test/", http.StatusFound)
		}, harness.FinalFault, "status_302"},
		"login": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) }, harness.FinalFault, "status_401"},
	} {
		synctest.Test(t, func(t *testing.T) {
			h := runnertest.Serve(t, c.handler)
			var dialled []string
			m := New(h.URL, "m", Options{Dial: func(ctx context.Context, network, addr string) (net.Conn, error) {
				dialled = append(dialled, addr)
				return h.Dial(ctx, network, addr)
			}})
			defer m.Close()
			_, err := m.Generate(t.Context(), runnertest.Ask(1))
			f, ok := errors.AsType[*harness.Fault](err)
			if !ok || f.Kind != c.kind || f.Cause != c.cause {
				t.Errorf("%s: %v", name, err)
			}
			if slices.ContainsFunc(dialled, func(a string) bool { return a != h.URL.Host }) {
				t.Errorf("%s: connected to %q", name, dialled)
			}
			err = m.Probe(t.Context())
			if f, ok := errors.AsType[*harness.Fault](err); !ok || f.Kind != harness.EndpointFault {
				t.Errorf("%s: probe %v", name, err)
			}
		})
	}
}

func TestServerDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := runnertest.Serve(t, runnertest.NewServer())
		h.Down()
		m := New(h.URL, "m", Options{Dial: h.Dial})
		defer m.Close()
		_, err := m.Describe(t.Context())
		wantFault(t, err, harness.EndpointFault, CauseRefused)
		_, err = m.Generate(t.Context(), runnertest.Ask(1))
		wantFault(t, err, harness.EndpointFault, CauseRefused)
		wantFault(t, m.Probe(t.Context()), harness.EndpointFault, CauseRefused)
		broken := New(h.URL, "m", Options{Dial: func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("no route") }})
		_, err = broken.Generate(t.Context(), runnertest.Ask(1))
		wantFault(t, err, harness.EndpointFault, CauseDial)
	})
}

// TestProbeOfASilentServer ends after the probe's own limit.
func TestProbeOfASilentServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := runnertest.Serve(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
		m := New(h.URL, "m", Options{Dial: h.Dial})
		defer m.Close()
		start := time.Now()
		wantFault(t, m.Probe(t.Context()), harness.EndpointFault, CauseProbe)
		if took := time.Since(start); took != 5*time.Second {
			t.Errorf("took %v", took)
		}
	})
}

// TestSilentServer: no question waits for ever.
func TestSilentServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := runnertest.Serve(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
		m := New(h.URL, "m", Options{Dial: h.Dial})
		defer m.Close()
		_, err := m.Generate(t.Context(), runnertest.Ask(1))
		wantFault(t, err, harness.SampleFault, CauseHang)
		_, err = m.Describe(t.Context())
		wantFault(t, err, harness.SampleFault, CauseHang)
	})
}

// TestNoProxyIsAsked: proxy variables name a listener, and the runner's
// transports do not look at them.
func TestNoProxyIsAsked(t *testing.T) {
	t.Setenv("HTTP_PROXY", "http://proxy.test:3128")
	t.Setenv("HTTPS_PROXY", "http://proxy.test:3128")
	t.Setenv("ALL_PROXY", "http://proxy.test:3128")
	synctest.Test(t, func(t *testing.T) {
		h := runnertest.Serve(t, runnertest.NewServer())
		m := New(h.URL, runnertest.ServerModel, Options{Dial: func(ctx context.Context, network, addr string) (net.Conn, error) {
			if addr != h.URL.Host {
				t.Errorf("connection to %s", addr)
			}
			return h.Dial(ctx, network, addr)
		}})
		defer m.Close()
		mustGenerate(t, m, runnertest.Ask(1))
		mustDescribe(t, m)
		if m.work.Proxy != nil || m.admin.Proxy != nil {
			t.Error("a transport has a proxy")
		}
	})
}

// TestConnectionsAreReused: answers are read to their end.
func TestConnectionsAreReused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := runnertest.Serve(t, runnertest.NewServer())
		dials := 0
		m := New(h.URL, runnertest.ServerModel, Options{Dial: func(ctx context.Context, network, addr string) (net.Conn, error) {
			dials++
			return h.Dial(ctx, network, addr)
		}})
		defer m.Close()
		for i := range 50 {
			mustGenerate(t, m, runnertest.Ask(int64(i)))
			synctest.Wait()
		}
		if dials != 2 {
			t.Errorf("%d connections for 50 generations and the description, want one for each kind", dials)
		}
	})
}

// TestProxyInFrontOfTheServer: an endpoint may have a path.
func TestProxyInFrontOfTheServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := runnertest.NewServer()
		h := runnertest.Serve(t, http.StripPrefix("/gpu/1", s))
		u, err := ParseHost("http://model.test:11434/gpu/1/")
		if err != nil {
			t.Fatal(err)
		}
		m := New(u, runnertest.ServerModel, Options{Dial: h.Dial})
		defer m.Close()
		mustGenerate(t, m, runnertest.Ask(1))
		mustDescribe(t, m)
	})
}

func TestTimesAndCounts(t *testing.T) {
	with(t, func(s *runnertest.Server, _ *Options) {
		s.PieceDelay = time.Second
		s.Answer = func(runnertest.Seen) string { return "one two three" }
	}, func(t *testing.T, s *runnertest.Server, m *Model) {
		before := time.Now()
		r := mustGenerate(t, m, runnertest.Ask(1))
		if r.FirstToken != time.Second || r.Wall != 3*time.Second || !r.Start.Equal(before) {
			t.Errorf("first token %v, wall %v, start %v", r.FirstToken, r.Wall, r.Start)
		}
		if r.OutputTokens != 4 || r.PromptTokens != 12 || r.Eval != 3*time.Millisecond || r.Prompt != 2*time.Millisecond || r.Load != 60*time.Millisecond {
			t.Errorf("%+v", r)
		}
	})
}

// TestWatchdog: loading may take long, silence between tokens may not, and each
// token starts the time anew.
func TestWatchdog(t *testing.T) {
	with(t, func(s *runnertest.Server, o *Options) {
		o.LoadTimeout, o.IdleTimeout = time.Hour, 10*time.Second
		s.LoadDelay, s.PieceDelay = 50*time.Minute, 9*time.Second
	}, func(t *testing.T, s *runnertest.Server, m *Model) {
		if r := mustGenerate(t, m, runnertest.Ask(1)); r.FirstToken < 50*time.Minute {
			t.Errorf("first token after %v", r.FirstToken)
		}
		s.Script = runnertest.Always(runnertest.HangDuring)
		start := time.Now()
		_, err := m.Generate(t.Context(), runnertest.Ask(1))
		wantFault(t, err, harness.SampleFault, CauseHang)
		if took := time.Since(start); took != 28*time.Second { // two pieces of 9s, then silence
			t.Errorf("hung for %v", took)
		}
		s.Script = runnertest.Always(runnertest.HangBefore)
		start = time.Now()
		_, err = m.Generate(t.Context(), runnertest.Ask(1))
		wantFault(t, err, harness.SampleFault, CauseHang)
		if took := time.Since(start); took != time.Hour {
			t.Errorf("hung for %v before the first token", took)
		}
	})
}

func TestSlots(t *testing.T) {
	for _, n := range []int{1, 2, 4, 7, 64} {
		with(t, func(s *runnertest.Server, _ *Options) {
			s.Slots, s.PieceDelay = n, 20*time.Millisecond
			s.Answer = func(runnertest.Seen) string { return strings.Repeat("1 2 3 4 ", 20) }
		}, func(t *testing.T, s *runnertest.Server, m *Model) {
			got, from, err := m.Slots(t.Context(), harness.DefaultParams())
			if err != nil || got != n || from != "measured" {
				t.Errorf("a server of %d slots: %d, %s, %v", n, got, from, err)
			}
			if calls := s.Calls(); n == 1 && calls != 4 {
				t.Errorf("%d generations to find a single slot", calls)
			}
		})
	}
	with(t, func(s *runnertest.Server, _ *Options) { s.Answer = func(runnertest.Seen) string { return "no" } },
		func(t *testing.T, _ *runnertest.Server, m *Model) {
			if n, from, err := m.Slots(t.Context(), harness.DefaultParams()); n != 1 || from != "assumed" || err != nil {
				t.Errorf("answers too short to overlap: %d, %s, %v", n, from, err)
			}
		})
	for _, c := range []struct {
		fault runnertest.Fault
		ends  bool
	}{{runnertest.Error500, false}, {runnertest.Busy503, false}, {runnertest.Cut, false}, {runnertest.Missing404, true}, {runnertest.Remote, true}} {
		with(t, func(s *runnertest.Server, _ *Options) { s.Script = runnertest.Always(c.fault) },
			func(t *testing.T, _ *runnertest.Server, m *Model) {
				n, from, err := m.Slots(t.Context(), harness.DefaultParams())
				if c.ends != (err != nil) || !c.ends && (n != 1 || from != "assumed") {
					t.Errorf("a server that answers with %s: %d, %s, %v", c.fault, n, from, err)
				}
			})
	}
}

func TestModelStops(t *testing.T) {
	got := modelStops("temperature                    0.6\nstop                           \"<|im_end|>\"\nstop \"a\\\"b\"\nstop plain\nstopx \"no\"\n")
	if want := []string{"<|im_end|>", `a"b`, "plain"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestList(t *testing.T) {
	srv := stubURL(t)
	models, err := List(t.Context(), srv)
	if err != nil || len(models) != 1 || models[0].Name != "stub:latest" || models[0].Digest != runnertest.StubDigest {
		t.Errorf("%+v, %v", models, err)
	}
}
