package provision

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// The module archive of Ollama leaves out its C++ vendor folder. Two of the
// three headers that the build then misses are in these packages; the third is
// the stand-in miniaudio.h.
var (
	headerPackages = []string{"nlohmann-json3-dev", "libstb-dev"}
	headerFiles    = []string{"nlohmann/json.hpp", "nlohmann/json_fwd.hpp", "stb/stb_image.h"}
)

// findHeaders reports whether the headers must come from Debian's packages, or
// names what is needed where that is impossible.
func (c *Cache) findHeaders() (debian bool, need string) {
	if hasHeaders("/usr/include") {
		return false, ""
	}
	if hasHeaders(c.path("headers", "debian", "usr", "include")) {
		return true, ""
	}
	_, apt := firstOnPath("apt-get")
	_, dpkg := firstOnPath("dpkg-deb")
	if apt && dpkg {
		return true, ""
	}
	return false, "the headers " + strings.Join(headerFiles, ", ") +
		" in /usr/include, and apt-get with dpkg-deb to fetch them: install your system's packages of nlohmann-json and stb"
}

func hasHeaders(root string) bool {
	for _, f := range headerFiles {
		if !exists(filepath.Join(root, f)) {
			return false
		}
	}
	return true
}

// headers makes the missing headers available and returns the compiler flags
// that find them.
func (c *Cache) headers(ctx context.Context, debian bool) (string, error) {
	standIn, err := c.install(ctx, "headers/stand-in", func(tmp string) error {
		dir := filepath.Join(tmp, "miniaudio")
		if err := os.Mkdir(dir, 0o755); err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(dir, "miniaudio.h"), miniaudio, 0o644)
	})
	if err != nil {
		return "", err
	}
	system := "/usr/include"
	if debian {
		dir, err := c.install(ctx, "headers/debian", func(tmp string) error { return c.fillHeaders(ctx, tmp) })
		if err != nil {
			return "", err
		}
		system = filepath.Join(dir, "usr", "include")
	}
	if strings.ContainsAny(standIn+system, " \t'\"") {
		return "", fmt.Errorf("use headers in %s: the compiler flags of Go cannot hold this path; set HAETAE_CACHE to one without spaces and quotes", standIn)
	}
	return fmt.Sprintf("-I%s -I%s -I%s/stb", standIn, system, system), nil
}

// fillHeaders fetches Debian's packages and unpacks them into dir. It uses
// package lists of its own, so it needs no root and changes nothing outside dir.
func (c *Cache) fillHeaders(ctx context.Context, dir string) error {
	state := filepath.Join(dir, "apt")
	for _, sub := range []string{"lists/partial", "cache/archives/partial"} {
		if err := os.MkdirAll(filepath.Join(state, sub), 0o755); err != nil {
			return fmt.Errorf("fetch headers: %w", err)
		}
	}
	apt := func(args ...string) *exec.Cmd {
		cmd := exec.CommandContext(ctx, "apt-get", append([]string{"-q",
			"-o", "Dir::State::lists=" + state + "/lists",
			"-o", "Dir::Cache=" + state + "/cache",
			"-o", "APT::Sandbox::User=", "-o", "Acquire::Retries=2"}, args...)...)
		cmd.Dir = dir
		cmd.Env = environ(nil, "DEBIAN_FRONTEND=noninteractive", "LC_ALL=C")
		return cmd
	}
	if err := c.step(ctx, "read Debian's package lists", "once; seconds", apt("update")); err != nil {
		return err
	}
	names := strings.Join(headerPackages, " and ")
	download := apt(append([]string{"download"}, headerPackages...)...)
	if err := c.step(ctx, "fetch Debian's packages "+names, "once; seconds", download); err != nil {
		return err
	}
	debs, _ := filepath.Glob(filepath.Join(dir, "*.deb"))
	for _, deb := range debs {
		if out, err := exec.CommandContext(ctx, "dpkg-deb", "-x", deb, dir).CombinedOutput(); err != nil {
			return fmt.Errorf("unpack %s: %w: %s", filepath.Base(deb), err, out)
		}
		_ = os.Remove(deb)
	}
	_ = os.RemoveAll(state)
	if !hasHeaders(filepath.Join(dir, "usr", "include")) {
		return fmt.Errorf("fetch headers: the packages %s lack one of %s", names, strings.Join(headerFiles, ", "))
	}
	return nil
}
