package main

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/sovereign-eval/haetae/runners/ollama/ollamatest"
)

// TestRealJudge lets the small real model judge two of its own answers: the whole
// way from stored answers to verdicts. What it says is kept and told, not trusted.
func TestRealJudge(t *testing.T) {
	srv := ollamatest.Server(t)
	dir := t.TempDir()
	write(t, filepath.Join(dir, "open", "task.yaml"), openBattery)
	write(t, filepath.Join(dir, "open", "items.jsonl"), `{"id":"1","prompt":"Write one line about tea."}
{"id":"2","prompt":"Name a colour."}
`)
	ask := []string{"-m", "ollama/" + srv.Model, "--endpoint", srv.URL, "--slots", "2", "--max-tokens", "24", "--progress", "none"}
	want(t, 0, dir, append([]string{"run", "open"}, ask...)...)

	judge := []string{"judge", "last", "--judge", "ollama/" + srv.Model, "--endpoint", srv.URL, "--slots", "2", "--all", "--min-families", "1", "--progress", "none"}
	if r := want(t, 0, dir, judge...); !strings.Contains(r.err, "--allow-self") || len(verdictsIn(t, dir)) != 0 {
		t.Errorf("a subject judged itself unasked: %s", r.err)
	}
	r := want(t, 0, dir, append(judge, "--allow-self")...)
	all := verdictsIn(t, dir)
	if len(all) != 2 {
		t.Fatalf("%d verdicts of 2 answers: %s", len(all), r.err)
	}
	for _, v := range all {
		if (v.Vote == "") == (v.Unscored == "") || v.Unscored == "error" || v.Self != "self_digest" || v.Tokens == 0 || v.Seconds == 0 {
			t.Errorf("%+v", v)
		}
		t.Logf("the small model says %q of its own answer: vote %q, no vote %q", v.Raw, v.Vote, v.Unscored)
	}
	if again := want(t, 0, dir, append(judge, "--allow-self")...); !strings.Contains(again.err, "nothing to ask") {
		t.Error(again.err)
	}
}
