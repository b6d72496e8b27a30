//go:build linux

package main

import (
	"bytes"
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/sovereign-eval/haetae/runners/runnertest"
)

// TestStoreInUse: a second process is refused and told by whom; reading goes on.
func TestStoreInUse(t *testing.T) {
	s, open := gated(t, 4)
	m := alive(t, s)
	dir, args := measuring(t, 10, m.url())
	p := follow(t, dir, args...)
	p.until("sample", 4)
	pid := fmt.Sprintf("process %d", p.cmd.Process.Pid)
	for _, other := range [][]string{args, {"run", "--resume", "last"}, {"score", "last"}, {"show", "last", "--reveal"}} {
		r := want(t, 1, dir, other...)
		if !strings.Contains(r.err, "in use by another process: "+pid) || !strings.Contains(r.err, "Wait until it has ended") || r.out != "" {
			t.Errorf("%v beside a run: %+v", other, r)
		}
	}
	if got := len(kept(t, dir)); got != 4 {
		t.Errorf("a reader sees %d samples, want 4", got)
	}
	if out := want(t, 0, dir, "report", "last").out; !strings.Contains(out, "in progress") {
		t.Errorf("the report of a run that goes on does not say so:\n%s", out)
	}
	open()
	p.end(0)
	if got := countsOf(t, dir); got != (counts{Planned: 10, Scored: 10}) {
		t.Errorf("%+v", got)
	}
}

// TestNewerStore is refused and not changed.
func TestNewerStore(t *testing.T) {
	dir, args := measuring(t, 2, scripted(t, runnertest.NewServer()))
	want(t, 0, dir, args...)
	path := filepath.Join(dir, "haetae.db")
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("PRAGMA user_version = 999"); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	before := read(t, path)
	for _, cmd := range [][]string{args, {"report", "last"}, {"run", "--resume", "last"}, {"list", "runs"}} {
		r := want(t, 1, dir, cmd...)
		if !strings.Contains(r.err, "written by a newer version") || !strings.Contains(r.err, "Use the newer haetae that wrote it") || r.out != "" {
			t.Errorf("%v: %+v", cmd, r)
		}
	}
	if out := want(t, 1, dir, "doctor", "--endpoint", args[len(args)-1]).out; !strings.Contains(out, "Use the newer haetae") || strings.Contains(out, "--recover") {
		t.Errorf("the doctor of a newer store:\n%s", out)
	}
	if !bytes.Equal(before, read(t, path)) {
		t.Error("the newer store was changed")
	}
}

// TestCutStore: a store that lost its end is refused, and not written to.
func TestCutStore(t *testing.T) {
	dir, args := measuring(t, 30, scripted(t, runnertest.NewServer()))
	want(t, 0, dir, args...)
	path := filepath.Join(dir, "haetae.db")
	if err := os.Truncate(path, int64(len(read(t, path))/2)); err != nil {
		t.Fatal(err)
	}
	before := read(t, path)
	for _, cmd := range [][]string{args, {"report", "last"}, {"show", "last"}} {
		r := want(t, 1, dir, cmd...)
		if !strings.Contains(r.err, "corrupt") || !strings.Contains(r.err, "Nothing more is written to it") {
			t.Errorf("%v: %+v", cmd, r)
		}
	}
	url := args[len(args)-1]
	if out := want(t, 1, dir, "doctor", "--endpoint", url).out; !strings.Contains(out, "problem  store: ") || !strings.Contains(out, "--recover") {
		t.Errorf("the doctor of a damaged store:\n%s", out)
	}
	if out := want(t, 0, dir, "doctor", "--recover", "rescued.db").out; !strings.Contains(out, "recovered") {
		t.Errorf("recovery: %s", out)
	}
	want(t, 0, dir, "report", "last", "--store", "rescued.db")
	if !bytes.Equal(before, read(t, path)) {
		t.Error("the damaged store was changed")
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestReadOnlyStore can be read; a run is refused before anything is asked.
func TestReadOnlyStore(t *testing.T) {
	s := runnertest.NewServer()
	dir, args := measuring(t, 4, scripted(t, s))
	want(t, 0, dir, args...)
	asked := s.Calls()
	for _, c := range []struct {
		path string
		mode os.FileMode
		back os.FileMode
	}{{filepath.Join(dir, "haetae.db"), 0o444, 0o644}, {dir, 0o555, 0o755}} {
		for d := filepath.Dir(dir); d != os.TempDir() && d != "/"; d = filepath.Dir(d) {
			if err := os.Chmod(d, 0o755); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Chmod(c.path, c.mode); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = os.Chmod(c.path, c.back) })
	}
	as := func(args ...string) ran {
		cmd := haetae(t, dir, args...)
		if os.Geteuid() == 0 { // root may write everywhere: be nobody
			cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
			cmd.Path = forAll(t)
		}
		var out, errs bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &errs
		if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
			t.Skipf("a process of another user cannot be started here: %v", err)
		}
		return ran{cmd.ProcessState.ExitCode(), out.String(), errs.String()}
	}
	for _, cmd := range [][]string{args, {"run", "--resume", "last"}, {"score", "last"}, append(args, "--store", "new.db")} {
		if r := as(cmd...); r.code != 1 || !strings.Contains(r.err, "read-only") || !strings.Contains(r.err, "name another file with --store") || r.out != "" {
			t.Errorf("%v: %+v", cmd, r)
		}
	}
	if s.Calls() != asked {
		t.Errorf("%d answers were asked for", s.Calls()-asked)
	}
	if r := as("report", "last"); r.code != 0 || !strings.Contains(r.out, "scored 4") {
		t.Errorf("report: %+v", r)
	}
	if r := as("report", "last", "-o", "x.md"); r.code != 1 || !strings.Contains(r.err, "write x.md") {
		t.Errorf("report -o: %+v", r)
	}
}

// forAll copies this program to where every user can run it.
func forAll(t *testing.T) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "haetae")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	path := filepath.Join(dir, "haetae")
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := exec.Command("cp", self, path).Run(); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestFullDisk: the run ends with a clear error, nothing acknowledged is lost,
// and with room again the run is resumed to the same result.
func TestFullDisk(t *testing.T) {
	const n = 400
	disk := t.TempDir()
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=700k"); err != nil {
		t.Skipf("a small file system cannot be mounted here: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(disk, syscall.MNT_DETACH) })
	dir, args := measuring(t, n, scripted(t, runnertest.NewServer()))
	store := filepath.Join(disk, "haetae.db")
	p := follow(t, dir, append(args, "--store", store)...)
	p.end(1)
	p.says("error", "no space left", store)
	p.says("error", "Free space")
	if len(p.acked()) == 0 || len(p.acked()) == n {
		t.Fatalf("%d samples were acknowledged: the disk was not full in between", len(p.acked()))
	}
	if err := syscall.Mount("", disk, "", syscall.MS_REMOUNT, "size=64m"); err != nil {
		t.Fatal(err)
	}
	have := want(t, 0, dir, "show", "last", "--json", "--limit", "0", "--store", store).out
	for _, id := range p.acked() {
		if !strings.Contains(have, id) {
			t.Errorf("sample %s was acknowledged and is gone", id)
		}
	}
	want(t, 0, dir, "run", "--resume", "last", "--store", store)
	got := want(t, 0, dir, "report", "last", "--json", "--store", store).out
	if a, b := resultIn(t, got), undisturbed(t, n); a != b {
		t.Errorf("the result after a full disk differs:\n%s\n%s", a, b)
	}
}
