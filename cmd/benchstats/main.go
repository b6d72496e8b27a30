// Command benchstats measures the speed targets of the statistics on this machine: our
// kernels beside scipy, statsmodels and krippendorff, which do the same work on the same data
// in the same run, each on one thread.
//
//	go run ./cmd/benchstats               what `make bench-stats` does
//	go run ./cmd/benchstats -python PATH  with the packages of another Python
//
// Our figures come from the benchmarks of results/stats, medians of a few runs; the peers'
// from peers.py, which this program holds. It installs what the peers need where it may
// (Debian's packages as root, krippendorff with pip into a temporary folder). The exit code is
// 1 when a target is missed, when an answer differs from the peer's, or when a target has no
// figure of a peer.
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"
)

func main() {
	python := flag.String("python", "/usr/bin/python3", "the `program` that runs the peers")
	flag.Parse()
	missed, err := run(*python)
	if err != nil {
		fmt.Fprintln(os.Stderr, "benchstats:", err)
		os.Exit(1)
	}
	if missed > 0 {
		fmt.Printf("%d targets missed\n", missed)
		os.Exit(1)
	}
	fmt.Println("every target is met")
}

// run measures everything and returns the number of targets missed.
func run(python string) (int, error) {
	dir, err := os.MkdirTemp("", "haetae-benchstats-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	p, err := newPeers(python, dir)
	if err != nil {
		return 0, err
	}
	ours, err := newOurs(dir)
	if err != nil {
		return 0, err
	}
	fmt.Printf("machine: %s, %d cores, %s/%s, %s\n", ours.cpu, runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, runtime.Version())
	figures, err := p.measure(dir)
	if err != nil {
		return 0, err
	}
	t := table{out: os.Stdout}
	t.ratios(ours.peers, figures)
	t.limits(ours.limits)
	t.cores(ours.cores)
	return t.missed, nil
}
