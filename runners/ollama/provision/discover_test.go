package provision

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// findCache is a cache whose default address nobody answers and whose PATH can
// build nothing.
func findCache(t *testing.T) (*Cache, *lockedBuffer) {
	t.Helper()
	c, log := newCache(t)
	c.defaultURL = "http://127.0.0.1:1"
	onlyPath(t, nil)
	return c, log
}

func TestFindPrefersTheNamedServer(t *testing.T) {
	c, _ := findCache(t)
	named, standard := &fakeOllamaAPI{model: SmolLM2.Name}, &fakeOllamaAPI{model: SmolLM2.Name}
	c.defaultURL = serveAPI(t, standard)
	url := serveAPI(t, named)
	t.Setenv("OLLAMA_HOST", strings.TrimPrefix(url, "http://"))
	f, err := c.Find(t.Context(), SmolLM2, false)
	if err != nil || f.URL != url || f.Version != "0.24.0" || f.Process != nil {
		t.Fatalf("Find = %+v, %v; want %s", f, err, url)
	}
	f.Stop() // must not touch a server that somebody else runs
	t.Setenv("OLLAMA_HOST", "")
	if f, err = c.Find(t.Context(), SmolLM2, false); err != nil || f.URL != c.defaultURL {
		t.Fatalf("Find = %+v, %v; want the default address", f, err)
	}
	if named.writes+standard.writes != 0 {
		t.Error("a server was changed")
	}
}

func TestFindLeavesAServerWithoutTheModelAlone(t *testing.T) {
	c, log := findCache(t)
	api := &fakeOllamaAPI{model: "other:1"}
	t.Setenv("OLLAMA_HOST", serveAPI(t, api))
	if f, err := c.Find(t.Context(), SmolLM2, false); err == nil {
		t.Errorf("Find = %+v; nothing else is there", f)
	}
	if api.writes != 0 {
		t.Errorf("the server was changed %d times", api.writes)
	}
	if !strings.Contains(log.String(), "PULL=1") {
		t.Errorf("the log does not offer PULL=1: %q", log.String())
	}
}

func TestFindPullsWhereItMay(t *testing.T) {
	c, _ := findCache(t)
	api := &fakeOllamaAPI{}
	api.pull = func(w http.ResponseWriter, _ *http.Request) {
		api.mu.Lock()
		api.model = SmolLM2.Name
		api.mu.Unlock()
		fmt.Fprintln(w, `{"status":"success"}`)
	}
	url := serveAPI(t, api)
	t.Setenv("OLLAMA_HOST", url)
	f, err := c.Find(t.Context(), SmolLM2, true)
	if err != nil || f.URL != url {
		t.Fatalf("Find = %+v, %v; want %s", f, err, url)
	}
}

func TestFindPassesOverWhatIsNoOllama(t *testing.T) {
	c, log := findCache(t)
	t.Setenv("OLLAMA_HOST", "ftp://example.test")
	if _, err := c.Find(t.Context(), SmolLM2, false); err == nil || !strings.Contains(err.Error(), "OLLAMA_HOST") {
		t.Errorf("Find with a wrong OLLAMA_HOST = %v", err)
	}
	t.Setenv("OLLAMA_HOST", "127.0.0.1:1")
	_, err := c.Find(t.Context(), SmolLM2, false)
	if err == nil || !strings.Contains(err.Error(), "go: install Go") {
		t.Errorf("Find with nothing to use = %v; want what is missing", err)
	}
	if !strings.Contains(log.String(), "no server at http://127.0.0.1:1 (OLLAMA_HOST)") {
		t.Errorf("log: %q", log.String())
	}
}
