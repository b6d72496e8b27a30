package ollamatest_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/sovereign-eval/haetae/runners/ollama/ollamatest"
)

func TestServerHasTheSmallModel(t *testing.T) {
	srv := ollamatest.Server(t)
	body := strings.NewReader(`{"model":"` + srv.Model + `"}`)
	resp, err := http.Post(srv.URL+"/api/show", "application/json", body)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("show %s on %s: %s", srv.Model, srv.URL, resp.Status)
	}
	if again := ollamatest.Server(t); *again != *srv {
		t.Errorf("the second call gave another server: %+v and %+v", again, srv)
	}
}
