package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/sovereign-eval/haetae/runners/runnertest"
)

// used is what a process cost.
type used struct {
	cpu  time.Duration
	wall time.Duration
	peak float64 // resident memory, MB
	out  string
}

// usage runs a program to its end.
func usage(name string, args ...string) (used, error) {
	var out, errs bytes.Buffer
	cmd := exec.Command(name, args...)
	cmd.Stdout, cmd.Stderr = &out, &errs
	start := time.Now()
	err := cmd.Run()
	u := used{wall: time.Since(start), out: out.String()}
	if err != nil {
		return u, fmt.Errorf("%s %s: %w\n%s", filepath.Base(name), strings.Join(args, " "), err, errs.Bytes())
	}
	u.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	if ru, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		u.peak = float64(ru.Maxrss) / 1024 // kB on Linux
	}
	return u, nil
}

// server is a running stub.
type server struct {
	url string
	cmd *exec.Cmd
}

// serve starts a stub on a free port.
func (b *bench) serve(args ...string) (*server, error) {
	cmd := exec.Command(b.stub, append([]string{"-addr", "127.0.0.1:0"}, args...)...)
	pipe, err := cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(pipe).ReadString('\n')
	if err != nil {
		return nil, fmt.Errorf("start the stub: %w", err)
	}
	_, url, _ := strings.Cut(strings.TrimSpace(line), "listening on ")
	return &server{url, cmd}, nil
}

func (s *server) stop() {
	_ = s.cmd.Process.Kill() // a process of ours
	_ = s.cmd.Wait()
}

func (s *server) reset() error {
	resp, err := http.Post(s.url+"/stub/reset", "", nil)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

func (s *server) stats() (st runnertest.StubStats, err error) {
	resp, err := http.Get(s.url + "/stub/stats")
	if err != nil {
		return st, err
	}
	defer resp.Body.Close()
	return st, json.NewDecoder(resp.Body).Decode(&st)
}

// task writes a task like the one of the design with n items, each with pad
// further bytes of prompt.
func (b *bench) task(n, pad int) (string, error) {
	dir := filepath.Join(b.dir, fmt.Sprintf("sums-%d-%d", n, pad))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	if err := os.WriteFile(filepath.Join(dir, "task.yaml"), []byte(taskYAML), 0o644); err != nil {
		return "", err
	}
	f, err := os.Create(filepath.Join(dir, "items.jsonl"))
	if err != nil {
		return "", err
	}
	w := bufio.NewWriter(f)
	text := strings.Repeat("x", pad)
	for i := range n {
		fmt.Fprintf(w, "{\"id\":\"%d\",\"topic\":\"t%d\",\"question\":\"Question %d: what is %d plus 42?%s\",\"answer\":\"%d\"}\n", i, i%100, i, i, text, i+42)
	}
	if err := w.Flush(); err != nil {
		return "", err
	}
	return dir, f.Close()
}

const taskYAML = `name: sums
title: {en: Sums}
version: 1.0.0
kind: capability
licence: Apache-2.0
source: written for this measurement
data: {file: items.jsonl}
item: {id: "{{id}}", cluster: "{{topic}}"}
prompt:
  - user: "{{question}} End with #### and the number."
generate: {max_tokens: 64, temperature: 0}
scorers:
  - numeric: {pattern: "#### (-?[0-9.,]+)", target: "{{answer}}"}
metrics: [accuracy]
`

// measure runs the whole pipeline on a fresh store.
func (b *bench) measure(url, task string, slots int) (used, error) {
	store := filepath.Join(b.dir, "bench.db")
	for _, f := range []string{store, store + "-wal", store + "-shm", store + ".lock"} {
		if err := os.RemoveAll(f); err != nil {
			return used{}, err
		}
	}
	return usage(b.haetae, "run", task, "-m", "ollama/stub", "--endpoint", url, "--slots", fmt.Sprint(slots), "--store", store, "--progress", "none")
}

func median[T int64 | float64 | time.Duration](v []T) T {
	slices.Sort(v)
	return v[len(v)/2]
}

// memoryGB is the machine's memory as /proc tells it; 0 where it does not.
func memoryGB() float64 {
	b, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return 0
	}
	var kb float64
	if _, err := fmt.Sscanf(string(b), "MemTotal: %f kB", &kb); err != nil {
		return 0
	}
	return kb / 1e6
}
