// Command benchstats measures the speed targets of the statistics on this machine: our
// kernels beside scipy, statsmodels, krippendorff and R, which do the same work on the same
// data in the same run, each on one thread and in turns with ours.
//
//	go run ./cmd/benchstats               what `make bench-stats` does
//	go run ./cmd/benchstats -python PATH  with the packages of another Python
//
// Our figures come from the benchmarks of results/stats; the peers' from peers.py and
// peers.R, which this program holds. It installs what the peers need where it may (Debian's
// packages as root, krippendorff with pip into a temporary folder). The exit code is 1 when a
// target is missed, when an answer differs from the peer's, or when a target has no figure
// of a peer. R has no targets: without it its rows say why.
//
// What runs on one core is compared in processor time, which other programs hardly change. Two
// cores can only be measured where two are free. Beside each kernel two copies of it run at
// once that share nothing; rounds in which these gain less than two free cores would give do
// not count, and a row without enough rounds that do is "not measurable": neither met nor missed.
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"strings"
)

func main() {
	python := flag.String("python", "/usr/bin/python3", "the `program` that runs the peers")
	two := flag.Bool("cores", false, "measure only what a second core gains, without the peers")
	flag.Parse()
	t, err := run(*python, *two)
	if err != nil {
		fmt.Fprintln(os.Stderr, "benchstats:", err)
		os.Exit(1)
	}
	fmt.Println(t.summary())
	if t.missed > 0 {
		os.Exit(1)
	}
}

// run measures and prints everything.
func run(python string, two bool) (*table, error) {
	dir, err := os.MkdirTemp("", "haetae-benchstats-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	o, err := newOurs(dir)
	if err != nil {
		return nil, err
	}
	fmt.Printf("machine: %s, %d cores, %s/%s, %s%s\n", o.cpu, runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, runtime.Version(), load())
	t := &table{out: os.Stdout}
	if two {
		return t, t.cores(o)
	}
	py, err := startPython(python, dir)
	if err != nil {
		return nil, err
	}
	defer py.close()
	r := startR(dir)
	defer r.close()
	if err := t.ratios(o, py, r); err != nil {
		return nil, err
	}
	if err := t.limits(o); err != nil {
		return nil, err
	}
	return t, t.cores(o)
}

// load is the load of the machine before the run, where it is known.
func load() string {
	raw, err := os.ReadFile("/proc/loadavg")
	if fields := strings.Fields(string(raw)); err == nil && len(fields) > 0 {
		return ", load " + fields[0]
	}
	return ""
}
