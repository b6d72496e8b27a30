package provision

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// Options is how a private server runs.
type Options struct {
	Models   string   // its model folder, made if it is not there
	Parallel int      // requests that it serves at a time; 0 means 4
	NoCloud  bool     // refuse models that run elsewhere
	Env      []string // further variables, NAME=value
}

// Process is a private server that this process started.
type Process struct {
	URL     string // http://127.0.0.1:PORT
	Version string // as the server reports it
	Models  string // its model folder
	LogPath string

	cmd   *exec.Cmd
	alive *os.File // the guard ends the server when this pipe closes
}

// guard runs the server as the shell's own process, after starting a watcher
// that ends it when the pipe at descriptor 3 closes, which happens when the
// process that holds the other end dies, however it dies. SIGTERM lets the
// server end its own children; SIGKILL goes to the whole group.
const guard = `(read -r _ <&3; kill -TERM $$
for i in 1 2 3 4 5 6 7 8 9 10; do kill -0 $$ || exit; sleep 1; done
kill -KILL -$$) >/dev/null 2>&1 &
exec "$@" 3<&-`

const (
	startTries = 4
	startLimit = 60 * time.Second
	stopLimit  = 10 * time.Second
)

// Start runs a private server and returns when it answers. The server does not
// see the user's OLLAMA_ settings, model folder or keys. It starts no goroutine;
// Stop ends the server, and so does the death of this process.
func (c *Cache) Start(ctx context.Context, bin Binary, o Options) (*Process, error) {
	if o.Parallel == 0 {
		o.Parallel = 4
	}
	for _, dir := range []string{o.Models, c.path("home")} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return nil, fmt.Errorf("start server: %w", err)
		}
	}
	var err error
	for range startTries {
		var p *Process
		if p, err = c.startOnce(ctx, bin, o); err == nil {
			return p, nil
		}
		if ctx.Err() != nil {
			return nil, fmt.Errorf("start server: %w", context.Cause(ctx))
		}
	}
	return nil, fmt.Errorf("start server %s: %w", bin.File, err)
}

// startOnce may lose the race for its port to another program; Start tries again.
func (c *Cache) startOnce(ctx context.Context, bin Binary, o Options) (*Process, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	host := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	logFile, err := c.createLog("serve-" + strconv.Itoa(port))
	if err != nil {
		return nil, err
	}
	defer logFile.Close()
	childEnd, ourEnd, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer childEnd.Close()

	cmd := exec.Command("/bin/sh", "-c", guard, "sh", bin.File, "serve")
	cmd.ExtraFiles = []*os.File{childEnd}
	cmd.Stdout, cmd.Stderr = logFile, logFile
	cmd.Env = c.serveEnv(host, o)
	ownGroup(cmd)
	if err := cmd.Start(); err != nil {
		ourEnd.Close()
		return nil, err
	}
	p := &Process{URL: "http://" + host, Models: o.Models, LogPath: logFile.Name(), cmd: cmd, alive: ourEnd}
	if p.Version, err = p.awaitReady(ctx); err != nil {
		p.Stop()
		return nil, fmt.Errorf("%w; the end of its log %s:\n%s", err, p.LogPath, tailOf(p.LogPath))
	}
	return p, nil
}

func (c *Cache) serveEnv(host string, o Options) []string {
	env := environ([]string{"OLLAMA_", "LLAMA_ARG_", "HOME=", "HTTP_PROXY=", "http_proxy="},
		"HOME="+c.path("home"), "OLLAMA_HOST="+host, "OLLAMA_MODELS="+o.Models,
		"OLLAMA_NUM_PARALLEL="+strconv.Itoa(o.Parallel), "OLLAMA_NOPRUNE=1")
	if o.NoCloud {
		env = append(env, "OLLAMA_NO_CLOUD=1")
	}
	return append(env, o.Env...)
}

func (p *Process) awaitReady(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, startLimit, fmt.Errorf("no answer within %s", startLimit))
	defer cancel()
	srv := newClient(p.URL)
	for {
		version, err := srv.version(ctx)
		if exited(p.cmd.Process.Pid) {
			return "", fmt.Errorf("the server ended at once")
		}
		if err == nil {
			return version, nil
		}
		select {
		case <-ctx.Done():
			return "", context.Cause(ctx)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// Stop ends the server and every process it started, and waits for that. It may
// be called more than once.
func (p *Process) Stop() {
	if p.cmd == nil {
		return
	}
	pid := p.cmd.Process.Pid
	signalGroup(pid, syscall.SIGTERM)
	for deadline := time.Now().Add(stopLimit); !exited(pid) && time.Now().Before(deadline); {
		time.Sleep(20 * time.Millisecond)
	}
	// Whatever is left of the group goes before the guard's pipe closes: its
	// watcher must never outlive the process whose number it remembers.
	signalGroup(pid, syscall.SIGKILL)
	_ = p.cmd.Wait()
	_ = p.alive.Close()
	p.cmd = nil
}

// PID returns the server's process number, or 0 after Stop.
func (p *Process) PID() int {
	if p.cmd == nil {
		return 0
	}
	return p.cmd.Process.Pid
}

func freePort() (int, error) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

func tailOf(path string) string {
	data, err := os.ReadFile(path)
	if err != nil {
		return filepath.Base(path) + ": " + err.Error()
	}
	var t tailBuffer
	t.add(data)
	return t.lines(10)
}
