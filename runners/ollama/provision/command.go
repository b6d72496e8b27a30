package provision

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// Missing names, in one message, everything that a step needs and this machine
// lacks, with the remedy.
type Missing struct {
	For   string   // the step, such as "build ollama 0.24.0"
	Needs []string // each names one thing and how to get it
}

func (m *Missing) Error() string {
	return fmt.Sprintf("%s: this machine lacks\n  - %s\nor install Ollama yourself (an ollama program on PATH, or a server named by OLLAMA_HOST) and run this again",
		m.For, strings.Join(m.Needs, "\n  - "))
}

// reportEvery is how often a long step says that it is still alive.
const reportEvery = 30 * time.Second

// step runs one long command under a title: it says what it does and about how
// long that takes, keeps the whole output in logs/, and on failure returns the
// end of that output.
func (c *Cache) step(ctx context.Context, title, takes string, cmd *exec.Cmd) error {
	c.logf("%s (%s)", title, takes)
	start := time.Now()
	logFile, err := c.createLog("build-" + filepath.Base(cmd.Path))
	if err != nil {
		return err
	}
	defer logFile.Close()
	var tail tailBuffer
	cmd.Stdout = &teeFile{file: logFile, tail: &tail}
	cmd.Stderr = cmd.Stdout
	cmd.WaitDelay = 5 * time.Second
	ownGroup(cmd)
	cmd.Cancel = func() error { signalGroup(cmd.Process.Pid, syscall.SIGTERM); return nil }

	done := make(chan struct{})
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		c.reportAlive(title, start, done)
	}()
	err = cmd.Run()
	close(done)
	<-stopped
	if ctx.Err() != nil {
		return fmt.Errorf("%s: %w", title, context.Cause(ctx))
	}
	if err != nil {
		return fmt.Errorf("%s: %s: %w; the end of its output (all of it: %s):\n%s",
			title, filepath.Base(cmd.Path), err, logFile.Name(), tail.lines(15))
	}
	c.logf("  done in %s", time.Since(start).Round(100*time.Millisecond))
	return nil
}

func (c *Cache) reportAlive(title string, start time.Time, done <-chan struct{}) {
	tick := time.NewTicker(reportEvery)
	defer tick.Stop()
	for {
		select {
		case <-done:
			return
		case <-tick.C:
			c.logf("  %s: %s so far", title, time.Since(start).Round(time.Second))
		}
	}
}

// keepLogs is how many log files stay in the cache.
const keepLogs = 40

func (c *Cache) createLog(name string) (*os.File, error) {
	dir := c.path("logs")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("make %s: %w; set HAETAE_CACHE to a folder you can write", dir, err)
	}
	old, _ := filepath.Glob(filepath.Join(dir, "*.log"))
	for i := 0; i < len(old)-keepLogs; i++ { // the names begin with the time
		_ = os.Remove(old[i])
	}
	f, err := os.CreateTemp(dir, time.Now().UTC().Format("20060102-150405-")+name+"-*.log")
	if err != nil {
		return nil, fmt.Errorf("create a log: %w", err)
	}
	return f, nil
}

// environ is the process's environment without the variables whose names begin
// with one of drop, and with set added.
func environ(drop []string, set ...string) []string {
	env := make([]string, 0, len(os.Environ())+len(set))
next:
	for _, kv := range os.Environ() {
		for _, prefix := range drop {
			if strings.HasPrefix(kv, prefix) {
				continue next
			}
		}
		env = append(env, kv)
	}
	return append(env, set...)
}

// firstOnPath returns the first of names that PATH has.
func firstOnPath(names ...string) (string, bool) {
	for _, name := range names {
		if p, err := exec.LookPath(name); err == nil || errors.Is(err, exec.ErrDot) {
			return p, true
		}
	}
	return "", false
}

type teeFile struct {
	file *os.File
	tail *tailBuffer
}

func (t *teeFile) Write(p []byte) (int, error) {
	t.tail.add(p)
	return t.file.Write(p)
}

// tailBuffer keeps the last bytes that were written to it.
type tailBuffer struct{ buf []byte }

func (t *tailBuffer) add(p []byte) {
	const limit = 8 << 10
	t.buf = append(t.buf, p...)
	if len(t.buf) > 2*limit {
		t.buf = append([]byte(nil), t.buf[len(t.buf)-limit:]...)
	}
}

func (t *tailBuffer) lines(n int) string {
	lines := bytes.Split(bytes.TrimSpace(t.buf), []byte("\n"))
	if len(lines) > n {
		lines = lines[len(lines)-n:]
	}
	return string(bytes.Join(lines, []byte("\n")))
}
