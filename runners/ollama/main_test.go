package ollama

import (
	"fmt"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/runners/ollama/ollamatest"
	"github.com/sovereign-eval/haetae/runners/runnertest"
)

func TestMain(m *testing.M) {
	code := m.Run()
	ollamatest.Stop()
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// with runs a test in fake time against a scripted server in memory.
func with(t *testing.T, setup func(*runnertest.Server, *Options), test func(*testing.T, *runnertest.Server, *Model)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := runnertest.NewServer()
		h := runnertest.Serve(t, s)
		o := Options{Dial: h.Dial, LoadTimeout: time.Minute, IdleTimeout: 10 * time.Second}
		if setup != nil {
			setup(s, &o)
		}
		m := New(h.URL, runnertest.ServerModel, o)
		defer m.Close()
		test(t, s, m)
	})
}

func mustGenerate(t *testing.T, m *Model, req harness.Request) harness.Response {
	t.Helper()
	r, err := m.Generate(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func mustDescribe(t *testing.T, m *Model) harness.Identity {
	t.Helper()
	id, err := m.Describe(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return id
}
