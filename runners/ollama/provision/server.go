package provision

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Kind is one of the two kinds of Ollama server, which speak different dialects.
type Kind string

const (
	// Any is whatever server is there; the one that is built is an Old one.
	Any Kind = ""
	// Old servers, up to 0.24, compute in their own runner.
	Old Kind = "old"
	// Next servers, from 0.30 on, start a llama-server.
	Next Kind = "next"
)

// The versions that are built from source.
const (
	OldVersion      = "0.24.0"
	NextVersion     = "0.33.3"
	llamaBinVersion = "11434.0.0"
)

// ParseKind reads "old", "next" or "" (Any).
func ParseKind(s string) (Kind, error) {
	switch k := Kind(s); k {
	case Any, Old, Next:
		return k, nil
	}
	return Any, fmt.Errorf("parse server kind %q: want old or next", s)
}

// KindOf returns the kind of the server that reports version.
func KindOf(version string) (Kind, error) {
	major, rest, _ := strings.Cut(version, ".")
	minor, _, _ := strings.Cut(rest, ".")
	a, errA := strconv.Atoi(major)
	b, errB := strconv.Atoi(minor)
	if errA != nil || errB != nil {
		return Any, fmt.Errorf("parse server version %q: want numbers such as 0.24.0", version)
	}
	if a > 0 || b >= 30 {
		return Next, nil
	}
	return Old, nil
}

// Want says which server program is asked for.
type Want struct {
	Kind Kind
	// Path allows an ollama program of that kind on PATH.
	Path bool
}

// Binary is a server program on this machine.
type Binary struct {
	File    string // the ollama program, an absolute path
	Version string
	Kind    Kind
	Built   bool // made by this package rather than found on PATH
}

// Server returns a server program: the one on PATH if it is wanted and of the
// right kind, else the one in the cache, which it builds from source if it is
// not there. A build takes minutes and says so; *Missing names what it lacks.
func (c *Cache) Server(ctx context.Context, w Want) (Binary, error) {
	if w.Path {
		if bin, ok := c.onPath(ctx, w.Kind); ok {
			return bin, nil
		}
	}
	if w.Kind == Next {
		return c.buildNext(ctx)
	}
	return c.buildOld(ctx)
}

var clientVersion = regexp.MustCompile(`(?m)version is ([0-9][0-9A-Za-z.+-]*)`)

// onPath returns the ollama program on PATH if it is of the kind.
func (c *Cache) onPath(ctx context.Context, kind Kind) (Binary, bool) {
	file, ok := firstOnPath("ollama")
	if !ok {
		return Binary{}, false
	}
	if abs, err := filepath.Abs(file); err == nil {
		file = abs
	}
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, file, "--version")
	// Port 1 answers nobody, so that the program tells its own version and not a server's.
	cmd.Env = environ([]string{"OLLAMA_"}, "OLLAMA_HOST=127.0.0.1:1", "HOME="+c.path("home"))
	out, err := cmd.CombinedOutput()
	match := clientVersion.FindSubmatch(out)
	if match == nil {
		c.logf("passing over %s: it does not tell its version (%v)", file, err)
		return Binary{}, false
	}
	version := string(match[1])
	got, err := KindOf(version)
	if err != nil || kind != Any && got != kind {
		c.logf("passing over %s: its version is %s", file, version)
		return Binary{}, false
	}
	return Binary{File: file, Version: version, Kind: got}, true
}
