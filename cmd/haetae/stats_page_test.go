package main

import (
	"fmt"
	"hash/fnv"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/sovereign-eval/haetae/runners/runnertest"
)

// statisticsPage returns docs/STATISTICS.md.
func statisticsPage(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile("../../docs/STATISTICS.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestStatisticsPage runs every command of the page on the files beside it, and
// compares what it prints; … stands for lines that are left out.
func TestStatisticsPage(t *testing.T) {
	ran := 0
	for _, block := range consoleBlock.FindAllStringSubmatch(statisticsPage(t), -1) {
		for _, s := range steps(block[1]) {
			ran++
			got := want(t, 0, "../../docs/statistics", s.args[1:]...).out
			rest := got
			for i, part := range strings.Split(s.out, "…\n") {
				at := strings.Index(rest, part)
				if at < 0 || i == 0 && at > 0 {
					t.Errorf("%s printed\n%s\nthe page says\n%s", strings.Join(s.args, " "), got, s.out)
					break
				}
				rest = rest[at+len(part):]
			}
		}
	}
	if ran < 15 {
		t.Errorf("the page has %d commands, want at least 15", ran)
	}
}

// TestStatisticsPageCompares makes the two runs that the page compares: 240 sums
// on 60 topics, with a server that errs on other items in the second run.
func TestStatisticsPageCompares(t *testing.T) {
	dir := t.TempDir()
	sums(t, dir, 240)
	var items strings.Builder
	for i := range 240 {
		fmt.Fprintf(&items, `{"id":"s%d","topic":"t%d","question":"What is %d plus 1?","answer":"%d"}`+"\n", i, i/4, i, i+1)
	}
	write(t, filepath.Join(dir, "sums", "items.jsonl"), items.String())
	shares := []uint32{38, 26} // percent of the sums that it gets wrong, by run
	var round atomic.Int32
	s := runnertest.NewServer()
	s.Answer = func(q runnertest.Seen) string {
		m := sum.FindStringSubmatch(q.Messages[len(q.Messages)-1].Content)
		if m == nil {
			return runnertest.Deterministic(q)
		}
		n, k := wholeOf(m[1]), int(round.Load())
		if luck(n, 0) < shares[k] || luck(n, k+1) < 8 { // mostly the same ones are hard
			return "I do not know."
		}
		return fmt.Sprintf("That makes #### %d", n+1)
	}
	url := scripted(t, s)
	var ids []string
	for k := range shares {
		round.Store(int32(k))
		out := want(t, 0, dir, "run", "sums", "-m", "scripted", "--endpoint", url, "--seed", fmt.Sprint(k+1)).out
		id, _, _ := strings.Cut(strings.TrimPrefix(out, "run "), "\n")
		ids = append(ids, id)
	}
	out := want(t, 0, dir, "compare", ids[0], "last", "--margin", "0.02").out
	out = strings.NewReplacer(ids[0], "20260401-093000-1a2b3c", ids[1], "20260402-101500-4d5e6f").Replace(out)
	shown := regexp.MustCompile("(?s)```text\n(run .*?)```").FindStringSubmatch(statisticsPage(t))
	if shown == nil || shown[1] != out {
		t.Errorf("compare printed\n%s\nthe page says\n%q", out, shown)
	}
}

func wholeOf(s string) int {
	var n int
	if _, err := fmt.Sscan(s, &n); err != nil {
		return 0
	}
	return n
}

// luck is a number below 100 that depends on both arguments only.
func luck(n, k int) uint32 {
	h := fnv.New32a()
	fmt.Fprintf(h, "%d/%d", n*7919, k)
	return h.Sum32() % 100
}

// Text in another encoding, or with a byte order mark and carriage returns, which no script
// holds.
func TestStatsReadsEncodings(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "bom.csv"), "\xef\xbb\xbfid,score\r\na,1\r\nb,0\r\n")
	if out := want(t, 0, dir, "stats", "ci", "bom.csv", "--column", "score").out; !strings.HasPrefix(out, "0.5000 ") {
		t.Errorf("with a byte order mark: %s", out)
	}
	for name, text := range map[string]string{"latin.csv": "id,score\n\xe9,1\n", "wide.csv": "\xff\xfei\x00d\x00\n\x00"} {
		write(t, filepath.Join(dir, name), text)
		if err := want(t, 1, dir, "stats", "ci", name, "--column", "score").err; !strings.Contains(err, "not UTF-8") {
			t.Errorf("%s: %s", name, err)
		}
	}
}

// The R script beside the page finds the numbers that the page prints.
func TestStatisticsPageInR(t *testing.T) {
	if testing.Short() {
		t.Skip("starts R, which takes a second: left out by -short")
	}
	r, err := exec.LookPath("Rscript")
	if err != nil {
		t.Skip("Rscript is not installed: the page's numbers are not recomputed in R")
	}
	cmd := exec.Command(r, "--vanilla", "check.R")
	cmd.Dir = "../../docs/statistics"
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("check.R: %v\n%s", err, out)
	}
	for _, line := range []string{
		"wilson 81 of 263 0.30798 0.25529 0.36621", "new - old 0.11715 0.039277 0.19503 0.0038382", "mcnemar mid-p 0.42821",
		"elo of beta 1095 1057 1133", "items for 0.03 969", "passes at row, failures 683 1", "valid at any time 1.0703e-07 0.017443",
		"agreement, kappa 0.97 0.9264 0.84443", "corrected 0.27853 0.21845 0.33673 0.029745", "log-likelihood -571.66", "hardest 3.7016",
	} {
		if !strings.Contains(strings.Join(strings.Fields(string(out)), " "), line) {
			t.Errorf("check.R does not print %q:\n%s", line, out)
		}
	}
}
