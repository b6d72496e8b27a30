//go:build unix

package stats

import (
	"syscall"
	"testing"
	"time"
)

// cpuClock starts a clock of the processor time of this process; the function that it returns
// reports what an iteration took as "cpu-ns/op".
func cpuClock(b *testing.B) (spent func()) {
	read := func() time.Duration {
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			b.Fatal(err)
		}
		return time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	start := read()
	return func() { b.ReportMetric(float64(read()-start)/float64(b.N), "cpu-ns/op") }
}
