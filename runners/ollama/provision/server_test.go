package provision

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// fakeGo answers `go env CC` and `go env CXX` with names of scripts beside it,
// and builds a server that is a text file with its own command line in it.
const fakeGo = `
case "$1" in
env) case "$2" in CC) echo fakecc ;; CXX) echo fakecxx ;; esac ;;
install)
	mkdir -p "$GOBIN"
	echo "$@" > "$GOBIN/ollama"
	env >> "$GOBIN/ollama"
	chmod +x "$GOBIN/ollama" ;;
esac
`

const fakeOllama = `echo "Warning: could not connect to a running Ollama instance"
echo "Warning: client version is 0.31.0"
`

func TestServerOnPath(t *testing.T) {
	c, log := newCache(t)
	onlyPath(t, map[string]string{"ollama": fakeOllama})
	for _, kind := range []Kind{Any, Next} {
		bin, err := c.Server(t.Context(), Want{Kind: kind, Path: true})
		if err != nil {
			t.Fatalf("kind %q: %v", kind, err)
		}
		if bin.Built || bin.Version != "0.31.0" || bin.Kind != Next || !filepath.IsAbs(bin.File) {
			t.Errorf("kind %q: %+v", kind, bin)
		}
	}
	// The other kind is not taken from PATH; here nothing can build it.
	_, err := c.Server(t.Context(), Want{Kind: Old, Path: true})
	var missing *Missing
	if !errors.As(err, &missing) {
		t.Fatalf("Server(Old) = %v, want *Missing", err)
	}
	if !strings.Contains(log.String(), "passing over") || !strings.Contains(log.String(), "0.31.0") {
		t.Errorf("the log does not say why PATH was passed over: %q", log.String())
	}
}

func TestServerUnreadableVersion(t *testing.T) {
	c, log := newCache(t)
	onlyPath(t, map[string]string{"ollama": "exit 3\n"})
	if _, err := c.Server(t.Context(), Want{Path: true}); err == nil {
		t.Error("a program without a version was used")
	}
	if !strings.Contains(log.String(), "does not tell its version") {
		t.Errorf("log: %q", log.String())
	}
}

func TestMissingNamesEverythingAtOnce(t *testing.T) {
	c, _ := newCache(t)
	onlyPath(t, map[string]string{"go": `echo nosuchcompiler`})
	_, err := c.Server(t.Context(), Want{Kind: Next})
	var missing *Missing
	if !errors.As(err, &missing) {
		t.Fatalf("Server = %v, want *Missing", err)
	}
	text := err.Error()
	for _, want := range []string{"a C compiler (nosuchcompiler)", "a C++ compiler", "pip", "apt-get install g++", "apt-get install python3-pip", "OLLAMA_HOST"} {
		if !strings.Contains(text, want) {
			t.Errorf("the message lacks %q:\n%s", want, text)
		}
	}
}

func TestBuildOld(t *testing.T) {
	c, log := newCache(t)
	// Headers as an earlier run would have left them, so that no package is fetched.
	for _, f := range headerFiles {
		file := c.path("headers", "debian", "usr", "include", f)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	onlyPath(t, map[string]string{"go": fakeGo, "fakecc": "", "fakecxx": ""})
	t.Setenv("CGO_ENABLED", "0")
	t.Setenv("GOFLAGS", "-mod=vendor")
	t.Setenv("CGO_CPPFLAGS", "-Iown")
	bin, err := c.Server(t.Context(), Want{Kind: Old, Path: true})
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(bin.File)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"-X github.com/ollama/ollama/version.Version=" + OldVersion,
		"github.com/ollama/ollama@v" + OldVersion,
		"CGO_ENABLED=1", "GOFLAGS=\n", "GOWORK=off", "CGO_CXXFLAGS=-O3",
		"CGO_CPPFLAGS=-Iown -I" + c.path("headers", "stand-in"),
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the build's command line and environment lack %q:\n%s", want, text)
		}
	}
	if !strings.Contains(log.String(), "minutes on two cores") {
		t.Errorf("the log does not say how long it takes: %q", log.String())
	}
	onlyPath(t, nil)
	again, err := c.Server(t.Context(), Want{Kind: Old, Path: true})
	if err != nil || again != bin {
		t.Errorf("the second call = %+v, %v; want the cached %+v", again, err, bin)
	}
}

func TestBuildFailureShowsTheEndOfTheOutput(t *testing.T) {
	c, _ := newCache(t)
	onlyPath(t, map[string]string{"go": `echo compiling; echo "fatal error: no such header" >&2; exit 2`})
	err := c.step(t.Context(), "build x", "soon", goInstall(t.Context(), t.TempDir(), OldVersion))
	if err == nil || !strings.Contains(err.Error(), "build x: go: exit status 2") ||
		!strings.Contains(err.Error(), "fatal error: no such header") {
		t.Errorf("error = %v", err)
	}
}
