// Command bareclient is the floor that a runner is measured against: it sends n
// chat requests by net/http, decodes each answer, keeps nothing, and prints its
// own CPU time a request.
package main

import (
	"flag"
	"fmt"
	"log"
	"syscall"
	"time"

	"github.com/sovereign-eval/haetae/runners/runnertest"
)

func main() {
	var c runnertest.Bare
	flag.StringVar(&c.URL, "url", "http://127.0.0.1:11500/api/chat", "chat `endpoint`")
	flag.Int64Var(&c.Requests, "n", 20000, "requests")
	flag.IntVar(&c.InFlight, "c", 64, "requests in flight")
	flag.IntVar(&c.Padding, "pad", 0, "`bytes` of further prompt text")
	flag.Parse()
	start := time.Now()
	if err := c.Run(); err != nil {
		log.Fatal(err)
	}
	wall := time.Since(start).Seconds()
	var use syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &use); err != nil {
		log.Fatal(err)
	}
	cpu := float64(use.Utime.Nano()+use.Stime.Nano()) / 1e3
	fmt.Printf("requests %d wall_s %.3f rate %.0f cpu_us_per_request %.1f\n",
		c.Requests, wall, float64(c.Requests)/wall, cpu/float64(c.Requests))
}
