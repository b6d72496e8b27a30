//go:build linux

package main

import (
	"bytes"
	"encoding/hex"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/sovereign-eval/haetae/runners/runnertest"
)

// inNamespace tells this test binary that it is alone in a network namespace.
const inNamespace = "HAETAE_TEST_IN_NAMESPACE"

// eavesdropper listens where the proxy variables point to and counts who comes.
func eavesdropper(t *testing.T) (env []string, heard *atomic.Int64) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	heard = new(atomic.Int64)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			heard.Add(1)
			_ = c.Close()
		}
	}()
	proxy := "http://" + l.Addr().String()
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"} {
		env = append(env, name+"="+proxy, strings.ToLower(name)+"="+proxy)
	}
	return append(env, "NO_PROXY=", "no_proxy="), heard
}

// TestWorksWhereOnlyLoopbackExists runs the program in a network namespace that
// has nothing but loopback, with a model server on it, beside a listener named
// in the proxy variables, which must see nothing.
func TestWorksWhereOnlyLoopbackExists(t *testing.T) {
	if os.Getenv(inNamespace) == "" {
		self, err := os.Executable()
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(self, "-test.run=^TestWorksWhereOnlyLoopbackExists$", "-test.v")
		cmd.Env = append(os.Environ(), inNamespace+"=1")
		cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
		if os.Geteuid() != 0 {
			cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
			cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
		}
		var out bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &out
		if err := cmd.Start(); err != nil {
			t.Skipf("a network namespace cannot be made here (TestConnectsToLoopbackOnly stands in its place): %v", err)
		}
		if err := cmd.Wait(); err != nil || !strings.Contains(out.String(), "--- PASS") {
			t.Fatalf("in the namespace: %v\n%s", err, out.String())
		}
		return
	}
	raiseLoopback(t)
	if c, err := net.Dial("tcp", "198.51.100.1:80"); err == nil {
		_ = c.Close()
		t.Fatal("this namespace reaches another host")
	}
	env, heard := eavesdropper(t)
	l, err := net.Listen("tcp", farAddress+":0")
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(runnertest.NewServer())
	_ = server.Listener.Close() // takes the other one instead
	server.Listener = l
	server.Start()
	t.Cleanup(server.Close)
	url := server.URL
	honoured(t, env, url)
	dir, args := measuring(t, 8, url)
	for _, args := range [][]string{
		args, {"run", "--resume", "last"}, {"report", "last"}, {"score", "last"}, {"list", "tasks"}, {"version"},
		{"list", "models", "--endpoint", url}, {"doctor", "-m", runnertest.ServerModel, "--endpoint", url},
	} {
		cmd := haetae(t, dir, args...)
		cmd.Env = append(cmd.Env, env...)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v: %v\n%s", args, err, out)
		}
	}
	if n := heard.Load(); n != 0 {
		t.Errorf("the proxy saw %d connections", n)
	}
	if got := countsOf(t, dir); got != (counts{Planned: 8, Scored: 8}) {
		t.Errorf("%+v", got)
	}
}

// farAddress is given to the loopback interface: clients that honour proxy
// variables make an exception of 127.0.0.1, and none of this one.
const farAddress = "192.0.2.7"

// honoured checks that the usual client would ask the proxy for url, so that the
// silence of the proxy means something.
func honoured(t *testing.T, env []string, url string) {
	t.Helper()
	for _, e := range env {
		name, value, _ := strings.Cut(e, "=")
		t.Setenv(name, value)
	}
	r, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if proxy, err := http.ProxyFromEnvironment(r); proxy == nil {
		t.Fatalf("the variables name no proxy for %s: %v", url, err)
	}
}

// raiseLoopback starts the one interface that a new namespace has.
func raiseLoopback(t *testing.T) {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	lo, err := unix.NewIfreq("lo")
	if err != nil {
		t.Fatal(err)
	}
	lo.SetUint16(unix.IFF_UP)
	if err := unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, lo); err != nil {
		t.Fatal(err)
	}
	alias, err := unix.NewIfreq("lo:1")
	if err != nil {
		t.Fatal(err)
	}
	if err := alias.SetInet4Addr(net.ParseIP(farAddress).To4()); err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlIfreq(fd, unix.SIOCSIFADDR, alias); err != nil {
		t.Fatal(err)
	}
}

var (
	connected = regexp.MustCompile(`(?:connect|sendto)\(.*sa_family=(AF_\w+)(.*)`)
	quoted    = regexp.MustCompile(`"((?:\\x[0-9a-f]{2})+)"`)
)

// TestConnectsToLoopbackOnly proves by system calls that the program connects
// to nothing but the model server that it was told of.
func TestConnectsToLoopbackOnly(t *testing.T) {
	env, heard := eavesdropper(t)
	dir, args := measuring(t, 8, scripted(t, runnertest.NewServer()))
	cmd, trace := traced(t, dir, "connect,sendto", args...)
	cmd.Env = append(cmd.Env, env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	server := args[len(args)-1]
	port := server[strings.LastIndexByte(server, ':')+1:]
	n := 0
	for line := range strings.Lines(string(read(t, trace))) {
		m := connected.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		n++
		if m[1] != "AF_INET" || !strings.Contains(m[2], "htons("+port+")") || !strings.Contains(unescape(m[2]), "127.0.0.1") {
			t.Errorf("connects elsewhere: %s", unescape(line))
		}
	}
	if n == 0 {
		t.Error("the trace holds no connection at all")
	}
	if heard.Load() != 0 {
		t.Errorf("the proxy saw %d connections", heard.Load())
	}
}

// unescape turns what strace -xx prints into text.
func unescape(s string) string {
	return quoted.ReplaceAllStringFunc(s, func(q string) string {
		b, err := hex.DecodeString(strings.ReplaceAll(strings.Trim(q, `"`), `\x`, ""))
		if err != nil {
			return q
		}
		return string(b)
	})
}
