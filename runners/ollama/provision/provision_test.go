package provision

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// newCache gives a cache in an empty folder and what it logs.
func newCache(t *testing.T) (*Cache, *lockedBuffer) {
	t.Helper()
	t.Setenv("HAETAE_CACHE", t.TempDir())
	log := &lockedBuffer{}
	c, err := Open(log)
	if err != nil {
		t.Fatal(err)
	}
	return c, log
}

type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// onlyPath makes PATH one folder that holds the given shell scripts.
func onlyPath(t *testing.T, scripts map[string]string) {
	t.Helper()
	dir := t.TempDir()
	for name, body := range scripts {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\nPATH=/usr/bin:/bin\n"+body), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", dir)
}

func TestOpenPlace(t *testing.T) {
	t.Setenv("HAETAE_CACHE", "/somewhere")
	if c, err := Open(nil); err != nil || c.Dir != "/somewhere" {
		t.Errorf("Open = %+v, %v", c, err)
	}
	t.Setenv("HAETAE_CACHE", "")
	t.Setenv("XDG_CACHE_HOME", "")
	t.Setenv("HOME", "")
	if _, err := Open(nil); err == nil || !strings.Contains(err.Error(), "HAETAE_CACHE") {
		t.Errorf("Open without HOME: %v; want a remedy", err)
	}
}

func TestInstallFailureLeavesNothing(t *testing.T) {
	c, _ := newCache(t)
	broken := errors.New("broken")
	_, err := c.install(t.Context(), "servers/x", func(tmp string) error {
		if err := os.WriteFile(filepath.Join(tmp, "half"), nil, 0o644); err != nil {
			t.Fatal(err)
		}
		return broken
	})
	if !errors.Is(err, broken) {
		t.Errorf("install = %v, want the fill's error", err)
	}
	left, _ := os.ReadDir(filepath.Join(c.Dir, "servers"))
	if len(left) != 0 {
		t.Errorf("a failed install left %v", left)
	}
}

func TestInstallOnceAmongMany(t *testing.T) {
	c, _ := newCache(t)
	var mu sync.Mutex
	fills := 0
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			dir, err := c.install(t.Context(), "servers/x", func(tmp string) error {
				mu.Lock()
				defer mu.Unlock()
				fills++
				return os.WriteFile(filepath.Join(tmp, "whole"), nil, 0o644)
			})
			if err != nil || !exists(filepath.Join(dir, "whole")) {
				t.Errorf("install = %q, %v", dir, err)
			}
		})
	}
	wg.Wait()
	if fills != 1 {
		t.Errorf("filled %d times, want 1", fills)
	}
}

func TestLockWaitEndsWithContext(t *testing.T) {
	c, log := newCache(t)
	unlock, err := c.lock(t.Context(), "x")
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("no patience")
	cancel(why)
	if _, err := c.lock(ctx, "x"); !errors.Is(err, why) {
		t.Errorf("lock = %v, want the context's cause", err)
	}
	if !strings.Contains(log.String(), "waiting for another process that is making x") {
		t.Errorf("the log does not say what is waited for: %q", log.String())
	}
}

func TestKindOf(t *testing.T) {
	for version, want := range map[string]Kind{
		"0.17.4": Old, "0.24.0": Old, "0.29.9": Old, "0.30.0": Next, "0.33.3-rc1": Next, "1.0.0": Next,
	} {
		if got, err := KindOf(version); err != nil || got != want {
			t.Errorf("KindOf(%q) = %q, %v; want %q", version, got, err, want)
		}
	}
	if _, err := KindOf("dev"); err == nil {
		t.Error("KindOf(dev): no error")
	}
}

func TestParseKind(t *testing.T) {
	if k, err := ParseKind("next"); err != nil || k != Next {
		t.Errorf("ParseKind(next) = %q, %v", k, err)
	}
	if _, err := ParseKind("newest"); err == nil || !strings.Contains(err.Error(), "old or next") {
		t.Errorf("ParseKind(newest): %v; want the valid kinds", err)
	}
}

func TestHostURL(t *testing.T) {
	for host, want := range map[string]string{
		"":                       "http://127.0.0.1:11434",
		"example.test":           "http://example.test:11434",
		"example.test:80":        "http://example.test:80",
		":8080":                  "http://127.0.0.1:8080",
		"0.0.0.0":                "http://127.0.0.1:11434",
		"[::]:99":                "http://127.0.0.1:99",
		"[::1]":                  "http://[::1]:11434",
		"http://example.test":    "http://example.test:80",
		"https://example.test":   "https://example.test:443",
		"http://10.0.0.1:9/base": "http://10.0.0.1:9/base",
	} {
		if got, err := HostURL(host); err != nil || got != want {
			t.Errorf("HostURL(%q) = %q, %v; want %q", host, got, err, want)
		}
	}
	if got, err := HostURL("ftp://example.test"); err == nil {
		t.Errorf("HostURL(ftp) = %q, want an error", got)
	}
}

func TestHasV3(t *testing.T) {
	const modern = "processor\t: 0\nflags\t\t: fpu avx avx2 bmi1 bmi2 f16c fma abm movbe\n"
	if !hasV3([]byte(modern)) {
		t.Error("a processor with every flag was refused")
	}
	if hasV3([]byte(strings.Replace(modern, " avx2", "", 1))) {
		t.Error("a processor without avx2 passed")
	}
	if hasV3([]byte("Features\t: fp asimd\n")) {
		t.Error("an ARM processor passed")
	}
}
