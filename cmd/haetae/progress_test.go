package main

import (
	"strings"
	"testing"
	"time"

	"github.com/sovereign-eval/haetae/harness"
)

// TestProgressOfAResume counts what is left, not what an earlier call kept.
func TestProgressOfAResume(t *testing.T) {
	var plain, bar strings.Builder
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	sample := func(status harness.Status) *harness.Sample {
		return &harness.Sample{Status: status, Response: harness.Response{OutputTokens: 5}}
	}
	for _, p := range []harness.Sink{&plainProgress{w: &plain}, &barProgress{w: &bar}} {
		for _, e := range []harness.Event{
			{Kind: harness.RunStarted, Total: 20, Time: start},
			{Kind: harness.PhaseStarted, Model: "m", Total: 10, Skipped: 10, Time: start}, // the second model
			{Kind: harness.SampleDone, Sample: sample(harness.Scored), Total: 20, Skipped: 17, Time: start.Add(time.Second)},
			{Kind: harness.SampleDone, Sample: sample(harness.Errored), Total: 20, Skipped: 17, Time: start.Add(2 * time.Second)},
			{Kind: harness.Trouble, Message: "endpoint \x1b[31mred", Time: start.Add(2 * time.Second)},
			{Kind: harness.SampleDone, Sample: sample(harness.Scored), Total: 20, Skipped: 17, Time: start.Add(3 * time.Second)},
			{Kind: harness.Draining, Left: 30 * time.Second, Time: start.Add(3 * time.Second)},
			{Kind: harness.RunEnded, Time: start.Add(3 * time.Second)},
		} {
			if err := p.Put(t.Context(), e); err != nil {
				t.Fatal(err)
			}
		}
		if err := p.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for _, say := range []string{"m: 10 samples planned\n", "m: 3 of 3, 1 in error, 1.0 samples/s, 0s left\n", "waiting 30s for samples in flight"} {
		if !strings.Contains(plain.String(), say) {
			t.Errorf("plain progress does not say %q:\n%s", say, plain.String())
		}
	}
	if strings.Contains(plain.String(), "\x1b") || strings.Contains(bar.String(), "\x1b[31m") {
		t.Error("progress prints an escape of a server")
	}
	if !strings.Contains(bar.String(), "1 in error") || !strings.Contains(bar.String(), "3/3") {
		t.Errorf("the bar does not end:\n%q", bar.String())
	}
}
