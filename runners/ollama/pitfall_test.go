package ollama

import (
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ollama/ollama/api"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/runners/runnertest"
)

// The numbered pitfalls of evaluating on Ollama. Each test shows that one is
// prevented by what is sent, or detected in what comes back.

func change(f func(*runnertest.Facts)) func(*runnertest.Server, *Options) {
	return func(s *runnertest.Server, _ *Options) { s.Change(f) }
}

func wantFault(t *testing.T, err error, kind harness.FaultKind, cause string) {
	t.Helper()
	f, ok := errors.AsType[*harness.Fault](err)
	if !ok || f.Kind != kind || f.Cause != cause {
		t.Errorf("error %v (%+v), want a fault of kind %d with cause %q", err, f, kind, cause)
	}
}

func hasWarning(id harness.Identity, part string) bool {
	return slices.ContainsFunc(id.Warnings, func(w string) bool { return strings.Contains(w, part) })
}

func TestPitfall01SilentPromptTruncation(t *testing.T) {
	with(t, nil, func(t *testing.T, s *runnertest.Server, m *Model) {
		mustGenerate(t, m, runnertest.Ask(1))
		q := s.Requests()[0]
		if q.Truncate == nil || *q.Truncate || q.Shift == nil || *q.Shift || q.Options["num_ctx"] != 4096.0 {
			t.Errorf("the request lets the server cut: %s", q.Body)
		}
		// A server too old for truncate:false cuts, and reports a full context.
		req := runnertest.Ask(2)
		req.Params.NumCtx = 64
		req.Messages[0].Content = strings.Repeat("long ", 100)
		_, err := m.Generate(t.Context(), req)
		wantFault(t, err, harness.FinalFault, CauseContext)
		// So does one that clamps num_ctx to the trained context without a word.
		s.Change(func(f *runnertest.Facts) { f.Trained = 100 })
		mustDescribe(t, m)
		req.Params.NumCtx = 4096
		_, err = m.Generate(t.Context(), req)
		wantFault(t, err, harness.FinalFault, CauseContext)
	})
}

func TestPitfall02SilentSamplingDefaults(t *testing.T) {
	with(t, nil, func(t *testing.T, s *runnertest.Server, m *Model) {
		mustGenerate(t, m, harness.Request{Messages: runnertest.Ask(1).Messages}) // no parameter set
		sent := s.Requests()[0].Options
		hardware := []string{"num_gpu", "main_gpu", "use_mmap", "num_thread"} // the server's to decide
		for _, f := range reflect.VisibleFields(reflect.TypeFor[api.Options]()) {
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			if name == "" || name == "stop" || slices.Contains(hardware, name) {
				continue
			}
			if _, ok := sent[name]; !ok {
				t.Errorf("option %s is left to the server", name)
			}
			delete(sent, name)
		}
		if len(sent) != 0 {
			t.Errorf("options that the server does not know: %v", sent)
		}
	})
}

func TestPitfall03PenaltiesIgnoredByGoEngine(t *testing.T) {
	for _, c := range []struct {
		family, version string
		want            bool
	}{{"qwen3", "0.24.0", true}, {"llama", "0.24.0", false}, {"qwen3", "0.30.1", false}} {
		with(t, change(func(f *runnertest.Facts) { f.Family, f.Version = c.family, c.version }),
			func(t *testing.T, _ *runnertest.Server, m *Model) {
				if got := hasWarning(mustDescribe(t, m), "ignores repeat"); got != c.want {
					t.Errorf("%+v: warning %v", c, got)
				}
			})
	}
}

func TestPitfall04BuiltInSystemPrompt(t *testing.T) {
	with(t, nil, func(t *testing.T, s *runnertest.Server, m *Model) {
		plain := mustDescribe(t, m)
		s.Change(func(f *runnertest.Facts) { f.System = "You are a pirate." })
		pirate := mustDescribe(t, m)
		if plain.System != nil || pirate.System == nil || !hasWarning(pirate, "built-in system prompt") {
			t.Errorf("system %v then %v, warnings %q", plain.System, pirate.System, pirate.Warnings)
		}
		if *plain.Template == *pirate.Template || plain.Facts() == pirate.Facts() {
			t.Error("a built-in system prompt does not show in the rendering and the facts")
		}
	})
}

func TestPitfall05TemplateDrift(t *testing.T) {
	with(t, nil, func(t *testing.T, s *runnertest.Server, m *Model) {
		before := mustDescribe(t, m)
		s.Change(func(f *runnertest.Facts) { f.Template += " " })
		after := mustDescribe(t, m)
		if *before.Template == *after.Template {
			t.Error("another rendering under the same digest goes unseen")
		}
		s.Change(func(f *runnertest.Facts) { f.Template = "Today Date: " + time.Now().Format("02 Jan 2006") })
		today := mustDescribe(t, m)
		s.Change(func(f *runnertest.Facts) {
			f.Template = "Today Date: " + time.Now().AddDate(0, 0, 1).Format("02 Jan 2006")
		})
		tomorrow := mustDescribe(t, m)
		if *today.Template != *tomorrow.Template || !hasWarning(today, "current date") {
			t.Errorf("a date in the template changes its hash, or is not warned of: %q", today.Warnings)
		}
		s.Change(func(f *runnertest.Facts) { f.NoRender = true })
		if id := mustDescribe(t, m); id.Template != nil || !slices.ContainsFunc(id.Missing, func(s string) bool { return strings.HasPrefix(s, "template: ") }) {
			t.Errorf("a server that cannot render: template %v, missing %q", id.Template, id.Missing)
		}
	})
}

func TestPitfall06SeedIsSentAndRequestsRepeat(t *testing.T) {
	with(t, nil, func(t *testing.T, s *runnertest.Server, m *Model) {
		a, b, c := mustGenerate(t, m, runnertest.Ask(5)), mustGenerate(t, m, runnertest.Ask(5)), mustGenerate(t, m, runnertest.Ask(6))
		if string(a.Sent) != string(b.Sent) || string(a.Sent) == string(c.Sent) {
			t.Error("equal requests must be equal bytes, and seeds must show")
		}
		if o := s.Requests()[0].Options; o["seed"] != 5.0 || o["temperature"] != 0.0 {
			t.Errorf("options %v", o)
		}
	})
}

func TestPitfall07RepeatStopEndsWithoutDone(t *testing.T) {
	with(t, func(s *runnertest.Server, _ *Options) {
		s.Script = runnertest.Sequence(runnertest.RepeatStop, runnertest.ShortRepeat)
	}, func(t *testing.T, s *runnertest.Server, m *Model) {
		r := mustGenerate(t, m, runnertest.Ask(1))
		if r.Finish != harness.FinishRepeat || r.OutputTokens != -1 || !strings.HasPrefix(r.Text, "so  soso") {
			t.Errorf("%+v", r)
		}
		_, err := m.Generate(t.Context(), runnertest.Ask(1))
		wantFault(t, err, harness.SampleFault, CauseNoDone)
		if n := s.Requests()[0].Options["num_predict"]; n != 256.0 {
			t.Errorf("num_predict %v", n)
		}
		req := runnertest.Ask(1)
		req.Params.MaxTokens = -1
		_, err = m.Generate(t.Context(), req)
		wantFault(t, err, harness.FinalFault, CauseParams)
	})
}

func TestPitfall08ThinkingIsOnByDefault(t *testing.T) {
	thinks := func(family string) func(*runnertest.Server, *Options) {
		return change(func(f *runnertest.Facts) { f.Capabilities, f.Family = append(f.Capabilities, "thinking"), family })
	}
	for _, c := range []struct {
		asked, family string
		want          any
	}{{"", "qwen3", false}, {"off", "qwen3", false}, {"on", "qwen3", true}, {"high", "gptoss", "high"}, {"off", "gptoss", "low"}} {
		with(t, thinks(c.family), func(t *testing.T, s *runnertest.Server, m *Model) {
			req := runnertest.Ask(1)
			req.Params.Think, req.Params.ThinkTokens = c.asked, 1000
			r := mustGenerate(t, m, req)
			q := s.Requests()[0]
			if q.Think != c.want {
				t.Errorf("think %q on %s is sent as %v, want %v", c.asked, c.family, q.Think, c.want)
			}
			if n := q.Options["num_predict"].(float64); (n == 1256) != (c.want != false) {
				t.Errorf("think %v: num_predict %v", c.want, n)
			}
			if c.asked == "off" && c.want == "low" && !slices.Contains(r.Flags, "think_low") {
				t.Errorf("flags %q", r.Flags)
			}
		})
	}
	with(t, func(s *runnertest.Server, _ *Options) { s.Script = runnertest.Sequence(runnertest.LeakThink) },
		func(t *testing.T, s *runnertest.Server, m *Model) {
			r := mustGenerate(t, m, runnertest.Ask(1))
			if s.Requests()[0].Think != nil {
				t.Error("think is sent to a model that cannot")
			}
			if r.Thinking != "let me think" || !slices.Contains(r.Flags, "thinking_leak") {
				t.Errorf("%+v", r)
			}
			req := runnertest.Ask(1)
			req.Params.Think = "on"
			_, err := m.Generate(t.Context(), req)
			wantFault(t, err, harness.FinalFault, CauseParams)
			if s.Calls() != 1 {
				t.Error("a request that must fail was sent")
			}
		})
}

// raw returns the keys of the first request's body.
func raw(t *testing.T, s *runnertest.Server) map[string]json.RawMessage {
	t.Helper()
	var m map[string]json.RawMessage
	if err := json.Unmarshal(s.Requests()[0].Body, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestPitfall09NoServerSideFormat(t *testing.T) {
	with(t, nil, func(t *testing.T, s *runnertest.Server, m *Model) {
		mustGenerate(t, m, runnertest.Ask(1))
		if _, ok := raw(t, s)["format"]; ok {
			t.Error("format is sent: it restarts generations of thinking models and is ignored by others")
		}
	})
}

func TestPitfall10QuantizationIsPartOfTheIdentity(t *testing.T) {
	with(t, nil, func(t *testing.T, s *runnertest.Server, m *Model) {
		a := mustDescribe(t, m)
		s.Change(func(f *runnertest.Facts) { f.Quant, f.Weights = "Q4_K_M", strings.Repeat("ef", 32) })
		b := mustDescribe(t, m)
		if *a.Quant != "Q8_0" || *b.Quant != "Q4_K_M" || *a.Weights != strings.Repeat("cd", 32) || a.Facts() == b.Facts() {
			t.Errorf("%v %v, weights %v %v", *a.Quant, *b.Quant, *a.Weights, *b.Weights)
		}
	})
}

func TestPitfall11MutableTag(t *testing.T) {
	with(t, nil, func(t *testing.T, s *runnertest.Server, m *Model) {
		a := mustDescribe(t, m)
		s.Change(func(f *runnertest.Facts) { f.Digest = strings.Repeat("99", 32) })
		diff := harness.Diff(a, mustDescribe(t, m))
		if len(diff) != 1 || diff[0].Fact != "digest" || diff[0].New != strings.Repeat("99", 32) {
			t.Errorf("differences %+v", diff)
		}
	})
}

func TestPitfall12RunnerCrash(t *testing.T) {
	with(t, func(s *runnertest.Server, _ *Options) {
		s.Script = runnertest.Sequence(runnertest.Error500, runnertest.ErrorLine)
	}, func(t *testing.T, _ *runnertest.Server, m *Model) {
		_, err := m.Generate(t.Context(), runnertest.Ask(1))
		wantFault(t, err, harness.SampleFault, "status_500")
		_, err = m.Generate(t.Context(), runnertest.Ask(1))
		wantFault(t, err, harness.SampleFault, CauseErrorLine)
		mustGenerate(t, m, runnertest.Ask(1))
	})
}

func TestPitfall13ReloadAndExpiry(t *testing.T) {
	for _, version := range []string{"0.24.0", "0.33.3"} {
		with(t, func(s *runnertest.Server, _ *Options) {
			s.LoadDelay = 30 * time.Second
			s.Change(func(f *runnertest.Facts) { f.Version = version })
		}, func(t *testing.T, s *runnertest.Server, m *Model) {
			req := runnertest.Ask(1)
			req.Params.NumCtx = 2048
			if err := m.Load(t.Context(), req.Params); err != nil {
				t.Fatal(err)
			}
			mustDescribe(t, m)
			r := mustGenerate(t, m, req)
			if loads := s.Loads(); len(loads) != 1 {
				t.Errorf("%s: warm-up, description and generation load the model %d times: %q", version, len(loads), loads)
			}
			if slices.Contains(r.Flags, "cold") {
				t.Error("a warm sample is flagged as cold")
			}
			s.Unload()
			if r = mustGenerate(t, m, req); !slices.Contains(r.Flags, "cold") || r.Load < 30*time.Second {
				t.Errorf("a load in mid-run goes unseen: %q, %v", r.Flags, r.Load)
			}
			if q := s.Requests()[0]; q.KeepAlive != 600.0 {
				t.Errorf("keep_alive %v, want the number 600", q.KeepAlive)
			}
		})
	}
}

func TestPitfall14NoPollingOfRunningModels(t *testing.T) {
	with(t, nil, func(t *testing.T, s *runnertest.Server, m *Model) {
		if err := m.Load(t.Context(), harness.DefaultParams()); err != nil {
			t.Fatal(err)
		}
		mustGenerate(t, m, runnertest.Ask(1))
		if err := m.Probe(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := s.Hits("/api/ps"); n != 0 {
			t.Errorf("/api/ps was asked %d times: it can crash a server that is loading", n)
		}
		mustDescribe(t, m)
		if n := s.Hits("/api/ps"); n != 1 {
			t.Errorf("a description asks /api/ps %d times", n)
		}
	})
}

func TestPitfall15NoLogprobs(t *testing.T) {
	with(t, nil, func(t *testing.T, s *runnertest.Server, m *Model) {
		mustGenerate(t, m, runnertest.Ask(1))
		for _, key := range []string{"logprobs", "top_logprobs", "raw"} {
			if _, ok := raw(t, s)[key]; ok {
				t.Errorf("%s is sent: its entries do not line up with the text", key)
			}
		}
	})
}

func TestPitfall16PromptCounts(t *testing.T) {
	with(t, change(func(f *runnertest.Facts) { f.Version = "0.30.0" }), func(t *testing.T, _ *runnertest.Server, m *Model) {
		if r := mustGenerate(t, m, runnertest.Ask(1)); !slices.Contains(r.Flags, "uncached_prompt_count") {
			t.Errorf("flags %q", r.Flags)
		}
		if id := mustDescribe(t, m); !hasWarning(id, "cache did not hold") {
			t.Errorf("warnings %q", id.Warnings)
		}
	})
	var c chunk
	if !c.parse([]byte(`{"done":true}`), new(answer)) || c.promptCount != -1 || c.evalCount != -1 {
		t.Errorf("counts that are not told: %d and %d, want -1", c.promptCount, c.evalCount)
	}
}

func TestPitfall17SpeculativeDecoding(t *testing.T) {
	for version, want := range map[string]bool{"0.24.0": false, "0.30.0": true, "0.33.3": true, "0.0.0": true} {
		with(t, change(func(f *runnertest.Facts) { f.Version = version }), func(t *testing.T, s *runnertest.Server, m *Model) {
			mustGenerate(t, m, runnertest.Ask(1))
			n, ok := s.Requests()[0].Options["draft_num_predict"]
			if ok != want || ok && n != 0.0 {
				t.Errorf("%s: draft_num_predict %v, sent %v", version, n, ok)
			}
		})
	}
}
