package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/sovereign-eval/haetae/runners/ollama/ollamatest"
)

// TestRealModel measures a real model on a real server from beginning to end: a
// run that is interrupted, its resume, the report, the samples and the doctor.
func TestRealModel(t *testing.T) {
	srv := ollamatest.Server(t)
	examples, err := filepath.Abs("../../examples/sums")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	p := follow(t, dir, "run", examples, "-m", "ollama/"+srv.Model, "--endpoint", srv.URL, "--limit", "4", "--max-tokens", "16", "--slots", "2")
	p.until("sample", 1)
	p.signal(os.Interrupt)
	p.end(130)
	before := kept(t, dir)

	p = follow(t, dir, "run", "--resume", "last")
	p.end(0)
	if got := len(p.acked()) + len(before); got != 4 {
		t.Errorf("%d samples in two parts, want 4", got)
	}
	for id, row := range kept(t, dir) {
		if row.Status != "scored" || row.Answer == "" {
			t.Errorf("sample %s: %+v", id, row)
		}
		if old, ok := before[id]; ok && old.Answer != row.Answer {
			t.Errorf("the resume changed sample %s", id)
		}
	}

	var result struct {
		Counts counts
		Models []struct {
			Identity struct{ Digest, Weights, Template, Server, Quant string }
			Params   []struct {
				MaxTokens int `json:"max_tokens"`
			}
		}
	}
	if err := json.Unmarshal([]byte(resultOf(t, dir)), &result); err != nil {
		t.Fatal(err)
	}
	if result.Counts != (counts{Planned: 4, Scored: 4}) {
		t.Errorf("%+v", result.Counts)
	}
	m := result.Models[0]
	for what, hash := range map[string]string{"digest": m.Identity.Digest, "weights": m.Identity.Weights, "template": m.Identity.Template} {
		if !regexp.MustCompile(`^[0-9a-f]{64}$`).MatchString(hash) {
			t.Errorf("%s is %q", what, hash)
		}
	}
	if m.Identity.Server != srv.Version || m.Identity.Quant == "" || m.Params[0].MaxTokens != 16 {
		t.Errorf("%+v, server %s", m, srv.Version)
	}

	out := want(t, 0, dir, "doctor", "-m", srv.Model, "--endpoint", srv.URL, "--slots", "2").out
	for _, say := range []string{"ok       identity of " + srv.Model, "tokens in force", "memory of " + srv.Model, "2 generations at a time (flag)"} {
		if !strings.Contains(out, say) {
			t.Errorf("the doctor does not say %q:\n%s", say, out)
		}
	}
	if r := want(t, 1, dir, "run", examples, "-m", srv.Model+"x", "--endpoint", srv.URL); !strings.Contains(r.err, `Did you mean "`+srv.Model) {
		t.Errorf("a mistyped model: %s", r.err)
	}
}
