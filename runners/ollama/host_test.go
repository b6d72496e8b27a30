package ollama

import (
	"errors"
	"testing"

	"github.com/sovereign-eval/haetae/harness"
)

func TestParseHost(t *testing.T) {
	for in, want := range map[string]string{
		"":                           "http://127.0.0.1:11434",
		"gpu1":                       "http://gpu1:11434",
		"gpu1:8080":                  "http://gpu1:8080",
		":8080":                      "http://127.0.0.1:8080",
		"0.0.0.0":                    "http://127.0.0.1:11434",
		"0.0.0.0:5000":               "http://127.0.0.1:5000",
		"[::]:5000":                  "http://[::1]:5000",
		"::1":                        "http://[::1]:11434",
		"[2001:db8::1]":              "http://[2001:db8::1]:11434",
		"http://gpu1":                "http://gpu1:80",
		"https://gpu1":               "https://gpu1:443",
		"https://gpu1:8443/ollama/":  "https://gpu1:8443/ollama",
		"  \"127.0.0.1:9\" ":         "http://127.0.0.1:9",
		"http://127.0.0.1:11434/a/b": "http://127.0.0.1:11434/a/b",
	} {
		u, err := ParseHost(in)
		if err != nil || u.String() != want {
			t.Errorf("ParseHost(%q) = %v, %v; want %s", in, u, err, want)
		}
	}
	for _, in := range []string{"gpu1:port", "gpu1:70000", "gpu1:0", "ftp://gpu1", "user@gpu1", "gpu1?x=1", "gpu1:1:2", "gpu 1", "a/b?c"} {
		u, err := ParseHost(in)
		var hint *harness.HintError
		if !errors.As(err, &hint) || hint.Exit != harness.ExitUsage || hint.Hint == "" {
			t.Errorf("ParseHost(%q) = %v, %v; want a usage error with a remedy", in, u, err)
		}
	}
}

func TestDialects(t *testing.T) {
	for version, want := range map[string]struct {
		name            string
		draft, ps, deaf bool
		unknown         bool
	}{
		"0.24.0":     {"0.24", false, true, true, false},
		"0.17.4":     {"0.24", false, true, true, false},
		"0.30.0":     {"0.30", true, true, false, false},
		"0.33.0-rc2": {"0.30", true, false, false, false},
		"0.32.4":     {"0.30", true, false, false, false},
		"v1.2":       {"0.30", true, false, false, false},
		"0.0.0":      {"0.30", true, true, false, true},
		"nightly":    {"0.30", true, true, false, true},
		"":           {"0.30", true, true, false, true},
	} {
		d := readDialect(version)
		if d.name != want.name || d.draft != want.draft || d.crashingPS != want.ps || d.deafSampler != want.deaf || d.unknown != want.unknown {
			t.Errorf("%q: %+v, want %+v", version, d, want)
		}
	}
	if !readDialect("0.30.0").uncachedCount || readDialect("0.30.1").uncachedCount {
		t.Error("only 0.30.0 leaves out cached prompt tokens")
	}
}

func TestSameName(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"qwen3:8b", "qwen3:8b", true}, {"qwen3", "qwen3:latest", true}, {"Qwen3", "qwen3:LATEST", true},
		{"library/qwen3", "qwen3", true}, {"registry.ollama.ai/library/qwen3", "qwen3", true},
		{"hf.co/a/b:Q4", "hf.co/a/b:q4", true}, {"hf.co/a/b", "hf.co/a/b:latest", true},
		{"qwen3:8b", "qwen3", false}, {"a/qwen3", "qwen3", false}, {"localhost:5000/a", "localhost:5000/a:latest", true},
	} {
		if got := sameName(c.a, c.b); got != c.want {
			t.Errorf("sameName(%q, %q) = %v", c.a, c.b, got)
		}
	}
}
