package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sovereign-eval/haetae/runners/runnertest"
)

// slow is a scripted server whose answers take long enough for things to
// happen in between.
func slow() *runnertest.Server {
	s := runnertest.NewServer()
	s.PieceDelay = 3 * time.Millisecond
	return s
}

// measuring returns the arguments of a run of n sums, and the folder for it.
func measuring(t *testing.T, n int, urls ...string) (dir string, args []string) {
	t.Helper()
	dir = t.TempDir()
	sums(t, dir, n)
	args = []string{"run", filepath.Join(dir, "sums"), "-m", "ollama/" + runnertest.ServerModel, "--slots", "2"}
	for _, u := range urls {
		args = append(args, "--endpoint", u)
	}
	return dir, args
}

// undisturbed is the result of the same measurement without any fault.
func undisturbed(t *testing.T, n int) string {
	t.Helper()
	dir, args := measuring(t, n, scripted(t, runnertest.NewServer()))
	want(t, 0, dir, args...)
	return resultOf(t, dir)
}

// TestFaultsOfAllKinds: every fault of the table that one try can bring meets
// some samples at their first try. No sample is harmed, and the result is that
// of a server without faults.
func TestFaultsOfAllKinds(t *testing.T) {
	const n = 60
	var faults []runnertest.Fault
	slowOnes := []runnertest.Fault{runnertest.HangBefore, runnertest.HangDuring, runnertest.EndlessNone, runnertest.HangSick}
	for _, c := range runnertest.Table {
		if c.Result.Retried() && !slices.Contains(slowOnes, c.Fault) {
			faults = append(faults, c.Fault)
		}
	}
	s := runnertest.NewServer()
	s.Script = runnertest.Mixed(3, 60, faults...)
	dir, args := measuring(t, n, scripted(t, s))
	p := follow(t, dir, args...)
	p.end(0)
	p.says("trouble", "asking again")
	if got := countsOf(t, dir); got != (counts{Planned: n, Scored: n}) {
		t.Errorf("%+v", got)
	}
	if got, want := resultOf(t, dir), undisturbed(t, n); got != want {
		t.Errorf("faults changed the result:\n%s\n%s", got, want)
	}
	if s.Calls() <= n {
		t.Errorf("%d calls for %d samples: no fault was met", s.Calls(), n)
	}
}

// TestErroredSamples: a sample that fails three times is an error with its
// cause, never a verdict; the others are scored; a resume asks only for it.
func TestErroredSamples(t *testing.T) {
	const n = 24
	var sick atomic.Bool
	sick.Store(true)
	causes := map[runnertest.Fault]string{
		runnertest.Cut: "cut", runnertest.HTML200: "html", runnertest.ErrorLine: "error_line", runnertest.NoDone: "no_done",
		runnertest.Empty500: "status_500", runnertest.Context400: "context",
	}
	order := []runnertest.Fault{runnertest.Cut, runnertest.HTML200, runnertest.ErrorLine, runnertest.NoDone, runnertest.Empty500, runnertest.Context400}
	s := runnertest.NewServer()
	s.Script = func(_ int, q runnertest.Seen) runnertest.Fault {
		if i := strings.Count(q.Messages[0].Content, "1+"); sick.Load() && i < len(order) {
			return order[i]
		}
		return runnertest.Normal
	}
	dir, args := measuring(t, n, scripted(t, s))
	p := follow(t, dir, args...)
	p.end(4)
	p.says("error", "6 samples in error, 0 undone", "haetae run --resume ")
	if got := countsOf(t, dir); got != (counts{Planned: n, Scored: n - 6, Errored: 6}) {
		t.Errorf("%+v", got)
	}
	for _, row := range kept(t, dir) {
		i := int(row.Item[0] - 'a')
		if i >= len(order) {
			if row.Status != "scored" || row.Tries != 1 {
				t.Errorf("item %s beside the errors: %+v", row.Item, row)
			}
			continue
		}
		tries := 3
		if order[i] == runnertest.Context400 {
			tries = 1 // asking again cannot help
		}
		if row.Status != "error" || row.Cause != causes[order[i]] || row.Tries != tries || len(row.Scores) != 0 || row.Error == "" {
			t.Errorf("%s: %+v, want an error %q after %d tries", order[i], row, causes[order[i]], tries)
		}
	}
	if got := state(t, dir); got != "incomplete" {
		t.Errorf("the run is %s", got)
	}

	sick.Store(false)
	before := s.Calls()
	p = follow(t, dir, "run", "--resume", "last")
	p.end(0)
	if got := len(p.acked()); got != 6 {
		t.Errorf("the resume made %d samples, want 6", got)
	}
	if got := s.Calls() - before; got > 6+canaries {
		t.Errorf("the resume asked %d times", got)
	}
	if got, want := resultOf(t, dir), undisturbed(t, n); got != want {
		t.Errorf("the result after the resume differs:\n%s\n%s", got, want)
	}
}

// TestHangs: a server that hangs, before and within an answer, costs a try.
func TestHangs(t *testing.T) {
	const n = 8
	s := runnertest.NewServer()
	s.Script = runnertest.Sequence(runnertest.HangBefore, runnertest.HangDuring)
	dir, args := measuring(t, n, scripted(t, s))
	p := follow(t, dir, append(args, "--load-timeout", "2s", "--idle-timeout", "2s")...)
	p.end(0)
	p.says("trouble", "asking again", "hang")
	if got := countsOf(t, dir); got != (counts{Planned: n, Scored: n}) {
		t.Errorf("%+v", got)
	}
}

// TestSickServer: a server that hangs and answers no probe either is in trouble
// itself. Its sample loses no try, and the run goes on when it is well again.
func TestSickServer(t *testing.T) {
	const n = 8
	s := runnertest.NewServer()
	s.Script = runnertest.Sequence(runnertest.Normal, runnertest.Normal, runnertest.HangSick)
	dir, args := measuring(t, n, scripted(t, s))
	p := follow(t, dir, append(args, "--slots", "1", "--load-timeout", "1s", "--idle-timeout", "1s")...)
	p.untilSays("trouble", "paused")
	s.Heal()
	p.end(0)
	p.says("trouble", "answers again")
	tries := 0
	for _, row := range kept(t, dir) {
		tries += row.Tries
		if row.Status != "scored" {
			t.Errorf("%+v", row)
		}
	}
	if tries > n+1 { // a second one in flight may have met the server when it was well again
		t.Errorf("%d tries for %d samples", tries, n)
	}
}

// TestModelReloadedMidRun: the same model with the same options is the same.
func TestModelReloadedMidRun(t *testing.T) {
	const n = 40
	s := slow()
	dir, args := measuring(t, n, scripted(t, s))
	p := follow(t, dir, args...)
	p.until("sample", 5)
	s.Unload()
	p.end(0)
	if len(s.Loads()) < 3 { // ours, the one forgotten, and the one again
		t.Errorf("loads: %q", s.Loads())
	}
	if got, want := resultOf(t, dir), undisturbed(t, n); got != want {
		t.Errorf("the result differs:\n%s\n%s", got, want)
	}
}

// TestHostileAnswers: whatever a model says is stored and shown harmlessly.
func TestHostileAnswers(t *testing.T) {
	const n = 6
	s := runnertest.NewServer()
	s.Script = runnertest.Sequence(runnertest.Escapes, runnertest.BadUTF8, runnertest.Huge, runnertest.Endless, runnertest.RepeatStop, runnertest.EmptyAnswer)
	dir, args := measuring(t, n, scripted(t, s))
	want(t, 0, dir, append(args, "--slots", "1")...)
	if got := countsOf(t, dir); got != (counts{Planned: n, Scored: n}) {
		t.Errorf("%+v", got)
	}
	for _, cmd := range [][]string{{"show", "last", "--limit", "0"}, {"report", "last"}, {"report", "last", "--format", "md"}, {"show", "last", "--json", "--limit", "0"}} {
		out := want(t, 0, dir, cmd...).out
		if i := strings.IndexFunc(out, func(r rune) bool {
			return r < ' ' && r != '\n' && r != '\t' || r == 0x7f || cmd[0] == "show" && cmd[2] != "--json" && r >= 0x202a && r <= 0x2069
		}); i >= 0 {
			t.Errorf("%v prints a control: %.60q", cmd, out[i:])
		}
	}
}

// TestServerDiesAndReturns: the run waits, costs no sample a try, and goes on.
func TestServerDiesAndReturns(t *testing.T) {
	const n = 60
	m := alive(t, slow())
	dir, args := measuring(t, n, m.url())
	p := follow(t, dir, args...)
	p.until("sample", 5)
	m.down()
	p.untilSays("trouble", "paused")
	if err := m.up(); err != nil {
		t.Fatal(err)
	}
	p.end(0)
	p.says("trouble", "paused", m.url())
	p.says("trouble", "answers again")
	if got, want := resultOf(t, dir), undisturbed(t, n); got != want {
		t.Errorf("the result differs:\n%s\n%s", got, want)
	}
}

// TestServerStaysAway: after --server-wait the run ends with exit code 4 and can
// be resumed; against a server that is still away the resume changes nothing.
func TestServerStaysAway(t *testing.T) {
	const n = 60
	m := alive(t, slow())
	dir, args := measuring(t, n, m.url())
	p := follow(t, dir, append(args, "--server-wait", "1s")...)
	p.until("sample", 5)
	m.down()
	p.end(4)
	p.says("error", m.url(), "haetae run --resume ")
	done := len(p.acked())
	if got := countsOf(t, dir); got != after(n, done) {
		t.Errorf("%+v after %d acknowledgements", got, done)
	}
	r := want(t, 1, dir, "run", "--resume", "last")
	if !strings.Contains(r.err, "reach the model server at "+m.url()) || r.out != "" {
		t.Errorf("resume without a server: %+v", r)
	}
	if got := state(t, dir); got != "incomplete" {
		t.Errorf("the run is %s", got)
	}
	if err := m.up(); err != nil {
		t.Fatal(err)
	}
	p = follow(t, dir, "run", "--resume", "last")
	p.end(0)
	if got := len(p.acked()); got != n-done {
		t.Errorf("the resume made %d samples, want %d", got, n-done)
	}
	if got, want := resultOf(t, dir), undisturbed(t, n); got != want {
		t.Errorf("the result differs:\n%s\n%s", got, want)
	}
}

// TestModelReplacedMidRun: the run is void, and says what changed.
func TestModelReplacedMidRun(t *testing.T) {
	s := slow()
	m := alive(t, s)
	dir, args := measuring(t, 40, m.url())
	p := follow(t, dir, args...)
	p.until("sample", 5)
	s.Change(func(f *runnertest.Facts) { f.Digest = strings.Repeat("ef", 32) })
	p.end(4)
	p.says("error", "changed during the run", "digest was abab", "is efef", "Start a new one")
	if got := state(t, dir); got != "void" {
		t.Errorf("the run is %s", got)
	}
	if out := want(t, 0, dir, "report", "last").out; !strings.Contains(out, "void") {
		t.Errorf("the report does not say that the run is void:\n%s", out)
	}
	before := s.Calls()
	r := want(t, 4, dir, "run", "--resume", "last")
	if !strings.Contains(r.err, "is void") || !strings.Contains(r.err, "start a new one") || s.Calls() != before {
		t.Errorf("resume of a void run: %+v, asked %d times", r, s.Calls()-before)
	}
}

// TestResumeOnAnotherModel: nothing is sent, the run is void, the difference is
// printed.
func TestResumeOnAnotherModel(t *testing.T) {
	s := slow()
	m := alive(t, s)
	dir, args := measuring(t, 60, m.url())
	args = args[:len(args)-4] // slots are measured, which asks the server as well
	p := follow(t, dir, append(args, "--endpoint", m.url())...)
	p.until("sample", 5)
	p.signal(os.Interrupt)
	p.end(130)
	rows := len(kept(t, dir))

	s.Change(func(f *runnertest.Facts) { f.Digest = strings.Repeat("ef", 32) })
	before, loaded := s.Calls(), len(s.Loads())
	p = follow(t, dir, "run", "--resume", "last")
	p.end(4)
	p.says("error", "digest was abab", "is efef", "Start a new one")
	if loads := len(s.Loads()); s.Calls() != before || loads != loaded {
		t.Errorf("%d generations were sent", s.Calls()-before)
	}
	if got := state(t, dir); got != "void" {
		t.Errorf("the run is %s", got)
	}
	if got := len(kept(t, dir)); got != rows {
		t.Errorf("%d samples are kept, were %d", got, rows)
	}
}

// TestContextExceededIsNotRetried, at the level of what the server saw.
func TestContextExceededIsNotRetried(t *testing.T) {
	const n = 5
	for _, f := range []runnertest.Fault{runnertest.Context400, runnertest.Context400B} {
		s := runnertest.NewServer()
		s.Script = runnertest.Always(f)
		dir, args := measuring(t, n, scripted(t, s))
		want(t, 4, dir, args...)
		if s.Calls() != n {
			t.Errorf("%s: %d requests for %d items", f, s.Calls(), n)
		}
		for _, row := range kept(t, dir) {
			if row.Cause != "context" || row.Tries != 1 {
				t.Errorf("%s: %+v", f, row)
			}
		}
	}
}

// TestEndpointsShareTheWork, and the loss of one loses no sample.
func TestEndpointsShareTheWork(t *testing.T) {
	const n = 80
	s1, s2 := slow(), slow()
	m1, m2 := alive(t, s1), alive(t, s2)
	dir, args := measuring(t, n, m1.url(), m2.url())
	want(t, 0, dir, args...)
	by := map[string]int{}
	for _, row := range kept(t, dir) {
		by[row.Endpoint]++
	}
	if by[m1.url()] < n/8 || by[m2.url()] < n/8 || by[m1.url()]+by[m2.url()] != n {
		t.Errorf("samples by endpoint: %v", by)
	}
	// One more than there are slots, whatever is repeated.
	if s1.Peak() > 3 || s2.Peak() > 3 {
		t.Errorf("%d and %d in flight at once, for 2 slots", s1.Peak(), s2.Peak())
	}
	result := undisturbed(t, n)
	if got := resultOf(t, dir); got != result {
		t.Errorf("two endpoints give another result:\n%s\n%s", got, result)
	}

	dir, args = measuring(t, n, m1.url(), m2.url())
	p := follow(t, dir, append(args, "--server-wait", "1s")...)
	p.until("sample", 10)
	m2.down()
	p.untilSays("trouble", "paused")
	p.end(4) // the endpoint that is gone cannot be read again at the end
	p.says("error", strings.TrimPrefix(m2.url(), "http://"), "haetae run --resume ")
	if got := countsOf(t, dir); got != (counts{Planned: n, Scored: n}) {
		t.Errorf("%+v", got)
	}
	want(t, 0, dir, "run", "--resume", "last", "--endpoint", m1.url())
	if got := resultOf(t, dir); got != result {
		t.Errorf("the result after the loss of an endpoint differs:\n%s\n%s", got, result)
	}
}

// TestUnlikeEndpoints are refused by name, before anything is asked.
func TestUnlikeEndpoints(t *testing.T) {
	s1, s2 := runnertest.NewServer(), runnertest.NewServer()
	s2.Change(func(f *runnertest.Facts) { f.Version = "0.24.1" })
	m1, m2 := alive(t, s1), alive(t, s2)
	dir, args := measuring(t, 10, m1.url(), m2.url())
	args = slices.DeleteFunc(args, func(a string) bool { return a == "--slots" || a == "2" }) // measured, if it came to that
	r := run(t, dir, args...)
	if r.code != 1 || !strings.Contains(r.err, m2.url()) || !strings.Contains(r.err, "server was 0.24.0, is 0.24.1") || !strings.Contains(r.err, "leave this one out") {
		t.Errorf("%+v", r)
	}
	if s1.Calls()+s2.Calls() != 0 {
		t.Errorf("%d generations were sent", s1.Calls()+s2.Calls())
	}
	if _, err := os.Stat(filepath.Join(dir, "haetae.db")); err == nil {
		t.Error("a store was left behind")
	}
}
