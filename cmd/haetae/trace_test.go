//go:build linux

package main

import (
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/sovereign-eval/haetae/runners/runnertest"
)

// tracer returns the path of strace, or skips with the reason.
func tracer(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("strace is not installed")
	}
	if out, err := exec.Command(path, "-o", "/dev/null", "/bin/true").CombinedOutput(); err != nil {
		t.Skipf("strace may not trace here: %v: %s", err, out)
	}
	return path
}

// traced is haetae under strace, which writes the system calls named to a file.
func traced(t *testing.T, dir, calls string, args ...string) (cmd *exec.Cmd, trace string) {
	t.Helper()
	trace = filepath.Join(t.TempDir(), "trace")
	cmd = haetae(t, dir, args...)
	cmd.Args = append([]string{"strace", "-f", "-y", "-xx", "-qq", "-s", "9000", "-e", "signal=none", "-e", "trace=" + calls, "-o", trace, cmd.Path}, args...)
	cmd.Path = tracer(t)
	return cmd, trace
}

// TestAcknowledgedAfterSync proves by the system calls of the real program that
// each line {"event":"sample"} follows the sync that makes it true: the ID of
// the sample was written to the write-ahead log, then an fdatasync of that log
// began and ended, and only then the line was written.
func TestAcknowledgedAfterSync(t *testing.T) {
	const n = 60
	dir, args := measuring(t, n, scripted(t, runnertest.NewServer()))
	cmd, trace := traced(t, dir, "write,pwrite64,pwritev,fdatasync,fsync", append(args, "--slots", "8", "--progress", "json")...)
	p := followed(t, cmd)
	p.end(0)
	b, err := os.ReadFile(trace)
	if err != nil {
		t.Fatal(err)
	}
	acks, bad := checkSyncs(string(b), p.acked())
	for _, line := range bad {
		t.Error(line)
	}
	if acks != n {
		t.Errorf("%d acknowledgements are in the trace, want %d", acks, n)
	}
}

var resumedCall = regexp.MustCompile(`^(\d+) +<\.\.\. f?d?a?t?a?sync resumed>`)

// escaped is how strace -xx prints a string.
func escaped(b []byte) string {
	var s strings.Builder
	for _, c := range b {
		s.WriteString(`\x` + hex.EncodeToString([]byte{c}))
	}
	return s.String()
}

// checkSyncs reads a trace and returns how many of the samples with these IDs
// are acknowledged on stderr, and which of them too early.
func checkSyncs(trace string, ids []string) (acks int, bad []string) {
	type sample struct{ raw, ack string }
	left := map[string]sample{} // not acknowledged yet
	for _, id := range ids {
		raw, _ := hex.DecodeString(id)
		left[id] = sample{escaped(raw), escaped([]byte(`"id":"` + id))}
	}
	wal := escaped([]byte("-wal"))
	onWAL := func(s string) bool { return strings.Contains(s, "-wal>") || strings.Contains(s, wal+">") }
	written, synced := map[string]bool{}, map[string]bool{}
	syncing := map[string][]string{} // process -> samples written when its sync began
	settle := func(pid string) {
		for _, id := range syncing[pid] {
			synced[id] = true
		}
		delete(syncing, pid)
	}
	for line := range strings.Lines(trace) {
		pid, call, _ := strings.Cut(line, " ")
		call = strings.TrimSpace(call)
		switch {
		case strings.HasPrefix(call, "pwrite") && onWAL(call):
			for id, s := range left {
				if !written[id] && strings.Contains(call, s.raw) {
					written[id] = true
				}
			}
		case (strings.HasPrefix(call, "fdatasync(") || strings.HasPrefix(call, "fsync(")) && onWAL(call):
			syncing[pid] = nil
			for id := range written {
				syncing[pid] = append(syncing[pid], id)
			}
			if !strings.Contains(call, "<unfinished") {
				settle(pid)
			}
		case resumedCall.MatchString(line):
			settle(pid)
		case strings.HasPrefix(call, "write(2<"):
			for id, s := range left {
				if !strings.Contains(call, s.ack) {
					continue
				}
				acks++
				if !synced[id] {
					bad = append(bad, "acknowledged before its sync: "+id)
				}
				delete(left, id)
			}
		}
	}
	return acks, bad
}

// TestCheckSyncsCanFail: the proof finds an acknowledgement that came too early.
func TestCheckSyncsCanFail(t *testing.T) {
	id := strings.Repeat("1f", 32)
	raw, _ := hex.DecodeString(id)
	write := `9 pwrite64(5<a-wal>, "\x00` + escaped(raw) + `\x00", 8192, 0) = 8192` + "\n"
	sync := "9 fdatasync(5<a-wal>) = 0\n"
	ack := `9 write(2<pipe:[1]>, "` + escaped([]byte(`{"event":"sample","id":"`+id+`"}`)) + `", 99) = 99` + "\n"
	for _, c := range []struct {
		name, trace string
		bad         int
	}{
		{"in order", write + sync + ack, 0},
		{"acknowledged before the sync", write + ack + sync, 1},
		{"synced before the write", sync + write + ack, 1},
		{"another file synced", write + strings.ReplaceAll(sync, "-wal", "") + ack, 1},
		{"written while syncing", "9 fdatasync(5<a-wal> <unfinished ...>\n" + strings.Replace(write, "9", "8", 1) + "9 <... fdatasync resumed>) = 0\n" + ack, 1},
		{"acknowledged while syncing", write + "9 fdatasync(5<a-wal> <unfinished ...>\n" + ack + "9 <... fdatasync resumed>) = 0\n", 1},
		{"in order, resumed", write + "9 fdatasync(5<a-wal> <unfinished ...>\n9 <... fdatasync resumed>) = 0\n" + ack, 0},
	} {
		if acks, bad := checkSyncs(c.trace, []string{id}); acks != 1 || len(bad) != c.bad {
			t.Errorf("%s: %d acknowledgements, bad %q", c.name, acks, bad)
		}
	}
}
