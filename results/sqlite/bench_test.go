//go:build unix

package sqlite

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/results"
)

// madeSample is a sample like those of the design's example task, different for every i.
func madeSample(i int) harness.Sample {
	key := sha256.Sum256(binary.BigEndian.AppendUint64(nil, uint64(i)))
	id := sha256.Sum256(key[:])
	sent := fmt.Appendf(nil, `{"model":"smollm2:135m","messages":[{"role":"user","content":"What is %d plus 42? End with #### and the number."}],"stream":true,"keep_alive":"10m","truncate":false,"shift":false,"options":{"num_ctx":4096,"num_predict":64,"num_batch":512,"temperature":0,"top_k":40,"top_p":1,"min_p":0,"typical_p":1,"repeat_penalty":1,"repeat_last_n":64,"presence_penalty":0,"frequency_penalty":0,"seed":%d}}`, i, binary.BigEndian.Uint32(key[:]))
	return harness.Sample{
		Job: harness.Job{Index: int64(i), Key: key, ID: id,
			Item: harness.Item{ID: fmt.Sprint(i), Cluster: "small", Lang: "en"}},
		Status: harness.Scored, Tries: 1,
		Scores: []harness.Score{{Scorer: "numeric", Value: 1, Answer: "44"}},
		Response: harness.Response{
			Text:   fmt.Sprintf("The sum of %d and 42 is found by adding the ones first and then the tens, which gives %d.\n#### %d", i, i+42, i+42),
			Finish: harness.FinishStop, Sent: sent, PromptTokens: 31, OutputTokens: 24,
			Prompt: 1234567, Eval: 23456789, FirstToken: 2345678, Wall: 25678901,
			Start: time.Unix(1_800_000_000, int64(i)*1000), Endpoint: "http://127.0.0.1:11434",
		},
	}
}

// generator makes such samples at less cost, by changing the last: about 1 µs.
type generator struct {
	s harness.Sample
	n []byte
}

func (g *generator) sample(i int, answer string) harness.Sample {
	if g.s.Response.Sent == nil {
		g.s = madeSample(123456)
	}
	g.n = fmt.Appendf(g.n[:0], "%010d", i)
	g.s.Index, g.s.Item.ID = int64(i), string(g.n)
	g.s.Key = sha256.Sum256(g.n)
	g.s.ID = g.s.Key
	g.s.ID[0] ^= 1
	sent := bytes.Clone(g.s.Response.Sent)
	copy(sent[bytes.Index(sent, []byte("What is "))+8:], g.n[:6])
	copy(sent[len(sent)-12:], g.n)
	g.s.Response.Sent = sent
	if g.s.Response.Text = answer; answer == "" {
		g.s.Response.Text = "The sum of " + g.s.Item.ID + " and 42 is found by adding the ones first and then the tens, which gives " + g.s.Item.ID + ".\n#### " + g.s.Item.ID
	}
	return g.s
}

func cpuTime() time.Duration {
	var r syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &r)
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// peakMiB is the largest resident set of this process so far; 0 where the system
// does not tell in KiB.
func peakMiB() float64 {
	var r syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &r) != nil || runtime.GOOS != "linux" {
		return 0
	}
	return float64(r.Maxrss) / 1024
}

func benchStore(b testing.TB) (*Store, string) {
	b.Helper()
	path := filepath.Join(b.TempDir(), "bench.db")
	s, err := Open(path, Options{})
	if err != nil {
		b.Fatal(err)
	}
	return s, path
}

// BenchmarkAppend measures the CPU time of an append, of its whole way: hash,
// compress, insert, its share of the commit, and of Close. The generator's own
// 1 µs is in it. For the figures at a million rows:
//
//	go test -run xxx -bench 'Append/own_answers/64' -benchtime 1000000x ./results/sqlite
func BenchmarkAppend(b *testing.B) {
	for _, callers := range []int{1, 64, 128} {
		for _, answer := range []string{"", "The answer is 42.\n#### 42"} {
			name := "own answers"
			if answer != "" {
				name = "one answer"
			}
			b.Run(fmt.Sprintf("%s/%d callers", name, callers), func(b *testing.B) {
				s, path := benchStore(b)
				ctx := context.Background()
				if err := s.Create(ctx, results.Run{ID: "r", State: results.Running, Planned: int64(b.N)}); err != nil {
					b.Fatal(err)
				}
				var next atomic.Int64
				var wg sync.WaitGroup
				b.ReportAllocs()
				b.ResetTimer()
				before := cpuTime()
				for range callers {
					wg.Go(func() {
						var g generator
						for {
							i := int(next.Add(1)) - 1
							if i >= b.N {
								return
							}
							if err := s.Append(ctx, "r", g.sample(i, answer)); err != nil {
								b.Error(err)
								return
							}
						}
					})
				}
				wg.Wait()
				appended := cpuTime()
				if err := s.Close(); err != nil {
					b.Fatal(err)
				}
				closed := cpuTime()
				b.StopTimer()
				b.ReportMetric(float64((appended-before).Nanoseconds())/1000/float64(b.N), "µs-cpu/op")
				b.ReportMetric(float64((closed-appended).Nanoseconds())/1000/float64(b.N), "µs-cpu-close/op")
				b.ReportMetric(peakMiB(), "peak-MiB")
				if fi, err := os.Stat(path); err == nil {
					b.ReportMetric(float64(fi.Size())/float64(b.N), "file-B/op")
				}
			})
		}
	}
}
