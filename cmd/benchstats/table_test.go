package main

import (
	"bytes"
	"strings"
	"testing"
)

func TestParseBenchmarks(t *testing.T) {
	found := parseBenchmarks(`goos: linux
BenchmarkPeers/sign-flip/drawn         	      30	  58415001 ns/op	         0.3120 answer	  38415001 cpu-ns/op
BenchmarkCores/resampled/before-2      	       3	  26000000 ns/op	         1.960 cores
BenchmarkCores/resampled/workers=2-2   	       3	  20000000 ns/op	  246696 B/op	      12 allocs/op
PASS
`)
	want := map[string]figure{
		"Peers/sign-flip/drawn":     {seconds: 0.038415001, answer: 0.312},
		"Cores/resampled/before":    {seconds: 0.026, cores: 1.96},
		"Cores/resampled/workers=2": {seconds: 0.02},
	}
	if len(found) != len(want) {
		t.Errorf("figures %v", found)
	}
	for name, f := range want {
		if found[name] != f {
			t.Errorf("%s: %+v, want %+v", name, found[name], f)
		}
	}
}

// Two cores are judged by the rounds in which two were free; without them by none.
func TestBusyMachineIsNotJudged(t *testing.T) {
	busy, slow, fast := turn{1.0, 1.2}, turn{1.1, 1.97}, turn{1.95, 1.98}
	for _, tc := range []struct {
		name                string
		turns               []turn
		word, summary       string
		missed, notMeasured int
	}{
		{"free and fast", []turn{busy, fast, fast, busy, fast}, "ok ", "every target is met", 0, 0},
		{"free and slow", []turn{slow, slow, fast, slow}, "MISS ", "1 targets missed", 1, 0},
		{"busy", []turn{busy, busy, fast, fast, busy}, "n/m ", "every target that could be measured is met; 1 not measurable", 0, 1},
	} {
		var out bytes.Buffer
		table := &table{out: &out}
		table.core("kernel", tc.turns)
		if !strings.HasPrefix(out.String(), tc.word) || table.missed != tc.missed || table.notMeasured != tc.notMeasured {
			t.Errorf("%s: %s missed %d, not measured %d", tc.name, out.String(), table.missed, table.notMeasured)
		}
		if !strings.HasPrefix(table.summary(), tc.summary) {
			t.Errorf("%s: %q, want %q", tc.name, table.summary(), tc.summary)
		}
		if tc.notMeasured > 0 && !strings.Contains(out.String(), "not measurable: machine busy") {
			t.Errorf("%s: %s", tc.name, out.String())
		}
	}
}

// A target without a figure of its peer, or with another answer, is missed.
func TestTargetsNeedAPeer(t *testing.T) {
	k := target{what: "work", peers: []string{"peer"}, ratio: 20, rows: []row{{"ours", "one pass", 1e-6}}}
	mine := []map[string]figure{{"ours": {seconds: 0.001, answer: 0.5}}}
	for _, tc := range []struct {
		name   string
		peer   peerFigure
		missed int
		want   string
	}{
		{"fast", peerFigure{Seconds: 0.03, Answer: 0.5}, 0, "30x"},
		{"slow", peerFigure{Seconds: 0.01, Answer: 0.5}, 1, "10x"},
		{"another answer", peerFigure{Seconds: 0.03, Answer: 0.6}, 1, "the answers differ"},
		{"no peer", peerFigure{Error: "ModuleNotFoundError"}, 1, "ModuleNotFoundError"},
	} {
		var out bytes.Buffer
		table := &table{out: &out}
		table.target(k, measured{ours: mine, peers: []peerFigure{tc.peer}})
		if table.missed != tc.missed || !strings.Contains(out.String(), tc.want) {
			t.Errorf("%s: missed %d\n%s", tc.name, table.missed, out.String())
		}
	}
}
