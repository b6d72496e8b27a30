package ollamatest_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/sovereign-eval/haetae/runners/ollama/ollamatest"
	"github.com/sovereign-eval/haetae/runners/ollama/provision"
)

func TestRealServerHasTheSmallModel(t *testing.T) {
	srv := ollamatest.Server(t)
	if status := call(t, http.MethodPost, srv.URL+"/api/show", srv.Model); status != http.StatusOK {
		t.Fatalf("show %s on %s: status %d", srv.Model, srv.URL, status)
	}
	if again := ollamatest.Server(t); *again != *srv {
		t.Errorf("the second call gave another server: %+v and %+v", again, srv)
	}
}

// What a test does to its private server's models must not reach the shared one.
func TestRealPrivateServerOwnsItsModels(t *testing.T) {
	private, process := ollamatest.Private(t, provision.Options{Parallel: 1, NoCloud: true})
	if private.URL == ollamatest.Server(t).URL {
		t.Fatal("the private server is the shared one")
	}
	if status := call(t, http.MethodDelete, private.URL+"/api/delete", private.Model); status != http.StatusOK {
		t.Fatalf("delete %s: status %d", private.Model, status)
	}
	process.Stop()
	srv := ollamatest.Server(t)
	if status := call(t, http.MethodPost, srv.URL+"/api/show", srv.Model); status != http.StatusOK {
		t.Errorf("the shared server lost %s: status %d", srv.Model, status)
	}
}

func call(t *testing.T, method, url, model string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(`{"model":"`+model+`"}`))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode
}
