package provision

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

//go:embed miniaudio.h
var miniaudio []byte

const ollamaModule = "github.com/ollama/ollama"

// buildOld returns the cached server of OldVersion, built on first use.
func (c *Cache) buildOld(ctx context.Context) (Binary, error) {
	dir, err := c.install(ctx, "servers/ollama-"+OldVersion, func(tmp string) error {
		return c.fillOld(ctx, tmp)
	})
	if err != nil {
		return Binary{}, err
	}
	return Binary{File: filepath.Join(dir, "bin", "ollama"), Version: OldVersion, Kind: Old, Built: true}, nil
}

func (c *Cache) fillOld(ctx context.Context, tmp string) error {
	title := "build ollama " + OldVersion + " from source"
	needs := compilers(ctx)
	debian, need := c.findHeaders()
	if need != "" {
		needs = append(needs, need)
	}
	if len(needs) > 0 {
		return &Missing{For: title, Needs: needs}
	}
	include, err := c.headers(ctx, debian)
	if err != nil {
		return err
	}
	optimise := "-O3" + cpuFlag()
	cmd := goInstall(ctx, tmp, OldVersion,
		"CGO_CPPFLAGS="+joined(os.Getenv("CGO_CPPFLAGS"), include),
		"CGO_CFLAGS="+joined(os.Getenv("CGO_CFLAGS"), optimise),
		"CGO_CXXFLAGS="+joined(os.Getenv("CGO_CXXFLAGS"), optimise))
	return c.step(ctx, title, "once; 3 to 10 minutes on two cores", cmd)
}

// goInstall is the command that puts a server program into dir/bin. Without the
// linker flag the server would report version 0.0.0.
func goInstall(ctx context.Context, dir, version string, env ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "go", "install",
		"-ldflags", "-X "+ollamaModule+"/version.Version="+version, ollamaModule+"@"+"v"+version)
	cmd.Dir = dir // outside any module
	cmd.Env = environ([]string{"GOFLAGS=", "GOWORK=", "GOBIN=", "GOOS=", "GOARCH=", "CGO_ENABLED="},
		append([]string{"GOFLAGS=", "GOWORK=off", "CGO_ENABLED=1", "GOBIN=" + filepath.Join(dir, "bin")}, env...)...)
	return cmd
}

func joined(parts ...string) string { return strings.TrimSpace(strings.Join(parts, " ")) }

// compilers returns what is missing of the Go tool and its C and C++ compilers.
func compilers(ctx context.Context) []string {
	var needs []string
	if _, ok := firstOnPath("go"); !ok {
		return []string{"go: install Go 1.26 or later and put it on PATH"}
	}
	for _, tool := range []struct{ variable, name string }{{"CC", "a C compiler"}, {"CXX", "a C++ compiler"}} {
		out, err := exec.CommandContext(ctx, "go", "env", tool.variable).Output()
		words := strings.Fields(string(out))
		if err == nil && len(words) > 0 {
			if _, ok := firstOnPath(words[0]); ok {
				continue
			}
		}
		name := "one"
		if len(words) > 0 {
			name = words[0]
		}
		needs = append(needs, fmt.Sprintf("%s (%s): on Debian `apt-get install g++`", tool.name, name))
	}
	return needs
}

// cpuFlag returns the compiler flag for this processor. Without the vector units
// of x86-64-v3 the small model runs at a fifth of its speed.
func cpuFlag() string {
	if runtime.GOARCH != "amd64" {
		return ""
	}
	info, err := os.ReadFile("/proc/cpuinfo")
	if err != nil || !hasV3(info) {
		return ""
	}
	return " -march=x86-64-v3"
}

// hasV3 reports whether the text of /proc/cpuinfo lists what x86-64-v3 adds.
func hasV3(cpuinfo []byte) bool {
	for line := range bytes.Lines(cpuinfo) {
		name, flags, _ := strings.Cut(string(line), ":")
		if strings.TrimSpace(name) != "flags" {
			continue
		}
		have := make(map[string]bool)
		for _, f := range strings.Fields(flags) {
			have[f] = true
		}
		for _, f := range []string{"avx", "avx2", "bmi1", "bmi2", "f16c", "fma", "abm", "movbe"} {
			if !have[f] {
				return false
			}
		}
		return true
	}
	return false
}
