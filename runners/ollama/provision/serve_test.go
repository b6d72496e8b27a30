//go:build unix

package provision

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// The test binary is its own fake server ("serve"), and its own parent that is
// killed ("parent"). It counts as a server program because Start only runs
// `FILE serve` and asks for /api/version.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case "serve":
			os.Exit(fakeServe())
		case "parent":
			os.Exit(fakeParent())
		}
	}
	os.Exit(m.Run())
}

// fakeServe answers at OLLAMA_HOST: its version, its environment, and /hold,
// which stays open until the process ends.
func fakeServe() int {
	if os.Getenv("FAKE_FAILS") != "" {
		fmt.Fprintln(os.Stderr, "Error: the disk is on fire")
		return 1
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/api/version", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"version":"0.24.0"}`)
	})
	mux.HandleFunc("/env", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(os.Environ())
	})
	mux.HandleFunc("/hold", func(w http.ResponseWriter, r *http.Request) {
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
	fmt.Fprintln(os.Stderr, http.ListenAndServe(os.Getenv("OLLAMA_HOST"), mux))
	return 1
}

// fakeParent starts a server, prints its address and waits to be killed.
func fakeParent() int {
	c, err := Open(os.Stderr)
	if err != nil {
		return 1
	}
	p, err := c.startFake()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Println(p.URL)
	_, _ = io.Copy(io.Discard, os.Stdin)
	p.Stop()
	return 0
}

func (c *Cache) startFake(env ...string) (*Process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return c.Start(context.Background(), Binary{File: self, Kind: Old}, Options{Models: c.Models("fake"), NoCloud: true, Env: env})
}

func TestStartAndStop(t *testing.T) {
	c, _ := newCache(t)
	t.Setenv("OLLAMA_HOST", "198.51.100.1:1")
	t.Setenv("OLLAMA_KV_CACHE_TYPE", "q4_0")
	p, err := c.startFake("EXTRA=1")
	if err != nil {
		t.Fatal(err)
	}
	defer p.Stop()
	if p.Version != "0.24.0" || !strings.HasPrefix(p.URL, "http://127.0.0.1:") {
		t.Errorf("process = %+v", p)
	}
	resp, err := http.Get(p.URL + "/env")
	if err != nil {
		t.Fatal(err)
	}
	var env []string
	err = json.NewDecoder(resp.Body).Decode(&env)
	resp.Body.Close()
	if err != nil {
		t.Fatal(err)
	}
	all := strings.Join(env, "\n")
	for _, want := range []string{"OLLAMA_NUM_PARALLEL=4", "OLLAMA_NO_CLOUD=1", "OLLAMA_MODELS=" + c.Models("fake"), "EXTRA=1", "HOME=" + c.Dir} {
		if !strings.Contains(all, want) {
			t.Errorf("the server's environment lacks %s", want)
		}
	}
	for _, never := range []string{"OLLAMA_KV_CACHE_TYPE", "198.51.100.1"} {
		if strings.Contains(all, never) {
			t.Errorf("the server sees the user's %s", never)
		}
	}
	if !exists(p.LogPath) {
		t.Errorf("no log at %s", p.LogPath)
	}
	held := hold(t, p.URL)
	p.Stop()
	held()
	p.Stop() // again: no effect
	if p.PID() != 0 {
		t.Errorf("PID after Stop = %d", p.PID())
	}
}

func TestStartFailureShowsTheLog(t *testing.T) {
	c, _ := newCache(t)
	_, err := c.startFake("FAKE_FAILS=1")
	if err == nil || !strings.Contains(err.Error(), "the disk is on fire") {
		t.Errorf("Start = %v; want the end of the server's log", err)
	}
}

// A server must not outlive the process that started it, however that dies.
func TestServerEndsWithKilledParent(t *testing.T) {
	newCache(t)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	parent := exec.Command(self, "parent")
	out, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdin, err := parent.StdinPipe() // held open until the end, so only the kill ends it
	if err != nil {
		t.Fatal(err)
	}
	defer stdin.Close()
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	url, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("the parent started no server: %v", err)
	}
	held := hold(t, strings.TrimSpace(url))
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	held()
	_ = parent.Wait()
}

// hold opens a connection that lasts as long as the server; the function it
// returns waits for its end.
func hold(t *testing.T, url string) (ended func()) {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(conn, "GET /hold HTTP/1.1\r\nHost: x\r\n\r\n")
	r := bufio.NewReader(conn)
	if line, err := r.ReadString('\n'); err != nil || !strings.Contains(line, "200") {
		t.Fatalf("hold a connection: %q, %v", line, err)
	}
	return func() {
		defer conn.Close()
		// Ends by the reset or close that the server's death causes; if the server
		// lived on, the test would end by its own time limit.
		_, _ = io.Copy(io.Discard, r)
	}
}
