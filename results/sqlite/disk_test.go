//go:build linux

package sqlite

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/sovereign-eval/haetae/results"
	"github.com/sovereign-eval/haetae/results/storetest"
)

// TestFullDisk fills a small file system.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=2m"); err != nil {
		t.Skipf("a file system of 2 MB cannot be mounted here: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	path := filepath.Join(dir, "haetae.db")
	s := opened(t, path, Options{})
	ctx := t.Context()
	must(t, s.Create(ctx, storetest.NewRun("r")))
	stored, err := 0, error(nil)
	for err == nil {
		if err = s.Append(ctx, "r", storetest.Sample(stored)); err == nil {
			stored++
		}
	}
	wantRefusal(t, err, results.ErrFull, path)
	if err := s.Close(); err != nil { // no room to complete the index, and said so
		wantRefusal(t, err, results.ErrFull, path)
	}
	whole(t, path, int64(stored))
	must(t, syscall.Mount("", dir, "", syscall.MS_REMOUNT, "size=16m"))
	s = opened(t, path, Options{})
	appendAll(t, s, stored, stored+50)
	must(t, s.Close())
	whole(t, path, int64(stored)+50)
}

// TestFileSizeLimit runs into ulimit -f in a child process.
func TestFileSizeLimit(t *testing.T) {
	path := filepath.Join(t.TempDir(), "haetae.db")
	c := spawn(t, "append", path, "/bin/sh", "-c", `ulimit -f 1000; exec "$0"`)
	acked := map[int64]bool{}
	failed := ""
	for c.out.Scan() {
		if strings.HasPrefix(c.out.Text(), "error") {
			failed = c.out.Text()
			continue
		}
		collect(t, acked, c.out.Text())
	}
	c.kill()
	if !strings.Contains(failed, results.ErrFull.Error()) || !strings.Contains(failed, path) {
		t.Errorf("the error is %q", failed)
	}
	verifyKilled(t, path, acked)
	whole(t, path, -1)
}

// TestReadOnlyFolder: as a user who may read the folder only.
func TestReadOnlyFolder(t *testing.T) {
	path := filledFile(t, 5)
	dir := filepath.Dir(path)
	for d := dir; d != "/tmp" && d != "/"; d = filepath.Dir(d) {
		_ = os.Chmod(d, 0o755)
	}
	must(t, os.Chmod(path, 0o444))
	must(t, os.Chmod(dir, 0o555))
	t.Cleanup(func() { _ = os.Chmod(dir, 0o755) })
	asNobody(t, func() {
		_, err := Open(path, Options{})
		wantRefusal(t, err, results.ErrReadOnly, path)
		_, err = Open(filepath.Join(dir, "new.db"), Options{})
		wantRefusal(t, err, results.ErrReadOnly, dir)
		s, err := Open(path, Options{ReadOnly: true})
		if err != nil {
			t.Error(err)
			return
		}
		if got := len(storetest.All(t, s.Rows(t.Context(), "r", results.Query{}))); got != 5 {
			t.Errorf("%d rows, want 5", got)
		}
		must(t, s.Close())
	})
}

// asNobody runs fn on a thread that has no rights on others' files.
func asNobody(t *testing.T, fn func()) {
	t.Helper()
	if os.Geteuid() != 0 {
		fn()
		return
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // the thread ends with this goroutine
		_, _, _ = syscall.RawSyscall(syscall.SYS_SETFSUID, 65534, 0, 0)
		fn()
	}()
	<-done
}

// TestReplacedUnderWAL: after a kill another file takes the place of the store,
// and the -wal of the old one remains.
func TestReplacedUnderWAL(t *testing.T) {
	path := filepath.Join(t.TempDir(), "haetae.db")
	c := spawn(t, "append", path)
	for range 50 {
		c.out.Scan()
	}
	c.kill()
	must(t, os.Rename(path, path+".old"))
	must(t, os.Rename(filledFile(t, 7), path))
	unchanged(t, path, func() {
		_, err := Open(path, Options{})
		wantRefusal(t, err, results.ErrCorrupt, path)
	})
	must(t, os.Rename(path+"-wal", path+".old-wal"))
	_ = os.Remove(path + "-shm")
	s := opened(t, path, Options{})
	must(t, s.Close())
	whole(t, path, 7)
	s = opened(t, path+".old", Options{}) // and the old one is replayed
	if got := len(storetest.All(t, s.Done(t.Context(), "r"))); got < 50 {
		t.Errorf("%d samples, want 50 at least", got)
	}
}

// TestSyncBeforeAck proves by the system calls of a writing process that each
// acknowledgement follows an fdatasync of the WAL that covers it: the sample's
// mark was written to the WAL, then the WAL was synced, then Append returned.
func TestSyncBeforeAck(t *testing.T) {
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("strace is not installed")
	}
	if out, err := exec.Command(strace, "-o", "/dev/null", "/bin/true").CombinedOutput(); err != nil {
		t.Skipf("strace may not trace here: %v: %s", err, out)
	}
	dir := t.TempDir()
	trace := filepath.Join(dir, "trace")
	path := filepath.Join(dir, "haetae.db")
	c := spawn(t, "append-320", path, strace, "-f", "-y", "-qq", "-s", "9000",
		"-e", "trace=write,pwrite64,pwritev,fdatasync,fsync", "-e", "signal=none", "-o", trace)
	for c.out.Scan() {
	}
	must(t, c.cmd.Wait())
	b, err := os.ReadFile(trace)
	must(t, err)
	acks, bad := proof(string(b))
	for _, line := range bad {
		t.Error(line)
	}
	if acks != 320 {
		t.Errorf("%d acknowledgements were seen, want 320", acks)
	}
	t.Logf("%d acknowledgements follow a sync that covers them", acks)
}

var (
	markPattern   = regexp.MustCompile(`item-(\d+)polite`)
	ackPattern    = regexp.MustCompile(`write\(1<[^>]*>, "ack (\d+)\\n"`)
	resumePattern = regexp.MustCompile(`^(\d+) +<\.\.\. (\w+) resumed>`)
)

// proof reads a trace. A mark counts as written when its first write to the WAL
// begins, and as synced when a sync of the WAL ends that began afterwards.
func proof(trace string) (acks int, bad []string) {
	written, synced := map[string]bool{}, map[string]bool{}
	syncing := map[string][]string{} // process -> marks written when its sync began
	for line := range strings.Lines(trace) {
		pid, rest, _ := strings.Cut(line, " ")
		wal := strings.Contains(rest, "-wal>")
		ended := !strings.Contains(rest, "<unfinished")
		switch {
		case wal && strings.Contains(rest, "pwrite"):
			for _, m := range markPattern.FindAllStringSubmatch(rest, -1) {
				written[m[1]] = true
			}
		case wal && strings.Contains(rest, "sync("):
			var marks []string
			for m := range written {
				marks = append(marks, m)
			}
			syncing[pid] = marks
			if ended {
				settle(syncing, pid, synced)
			}
		case strings.Contains(rest, "sync resumed>"):
			if m := resumePattern.FindStringSubmatch(line); m != nil {
				settle(syncing, m[1], synced)
			}
		}
		if m := ackPattern.FindStringSubmatch(rest); m != nil {
			acks++
			if !synced[m[1]] {
				bad = append(bad, "acknowledged before its sync: "+m[1])
			}
		}
	}
	return acks, bad
}

func settle(syncing map[string][]string, pid string, synced map[string]bool) {
	for _, m := range syncing[pid] {
		synced[m] = true
	}
	delete(syncing, pid)
}

// TestProofCanFail: the proof finds an acknowledgement that came too early.
func TestProofCanFail(t *testing.T) {
	write := `9 pwrite64(5<a-wal>, "item-1politec", 8192, 0) = 8192` + "\n"
	sync := `9 fdatasync(5<a-wal>) = 0` + "\n"
	ack := `9 write(1<pipe:[1]>, "ack 1\n", 6) = 6` + "\n"
	for _, c := range []struct {
		trace string
		bad   int
	}{
		{write + sync + ack, 0},
		{write + ack + sync, 1},
		{sync + write + ack, 1},
		{write + strings.ReplaceAll(sync, "-wal", "") + ack, 1},
		{"9 fdatasync(5<a-wal> <unfinished ...>\n" + strings.Replace(write, "9", "8", 1) + "9 <... fdatasync resumed>) = 0\n" + ack, 1},
		{write + "9 fdatasync(5<a-wal> <unfinished ...>\n" + ack + "9 <... fdatasync resumed>) = 0\n", 1},
		{write + "9 fdatasync(5<a-wal> <unfinished ...>\n9 <... fdatasync resumed>) = 0\n" + ack, 0},
	} {
		if acks, bad := proof(c.trace); acks != 1 || len(bad) != c.bad {
			t.Errorf("%d acks, bad %q, want %d:\n%s", acks, bad, c.bad, c.trace)
		}
	}
}
