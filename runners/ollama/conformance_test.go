package ollama

import (
	"testing"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/runners/runnertest"
)

// target makes a runner for a scripted server.
func target(t runnertest.Target) harness.Model {
	return New(t.URL, t.Model, Options{Dial: t.Dial, LoadTimeout: t.Load, IdleTimeout: t.Idle})
}

func TestConformance(t *testing.T) { runnertest.Conformance(t, target) }
