// Command bench measures the budgets of the design on this machine, in one run:
// what a sample costs beside a bare client, how busy the slots are, how much
// memory a plan takes, and how long a command takes to start.
//
//	bin/bench                    what `make bench` does
//	bin/bench -only cost,start   some of it
//
// Everything runs against the stub server of runners/runnertest on loopback;
// figures are ratios within this run, because machines differ and are shared.
// The exit code is 1 when a budget is missed.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// bench is one run of the command.
type bench struct {
	haetae, stub, bare string // programs
	dir                string // for stores and tasks
	missed             int
}

// part is one thing to be measured.
type part struct {
	name string
	run  func(*bench) error
}

var parts = []part{
	{"start", (*bench).start}, {"cost", (*bench).cost}, {"slots", (*bench).slots}, {"memory", (*bench).memory},
}

func main() {
	b := &bench{}
	only := flag.String("only", "", "`parts` to measure, separated by commas: start, cost, slots, memory (default all)")
	flag.StringVar(&b.haetae, "haetae", "bin/haetae", "the `program` to measure")
	flag.Parse()
	if err := b.run(*only); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
	if b.missed > 0 {
		fmt.Printf("%d budgets missed\n", b.missed)
		os.Exit(1)
	}
	fmt.Println("every budget is met")
}

func (b *bench) run(only string) error {
	chosen := strings.Split(only, ",")
	for _, name := range chosen {
		if name != "" && !slices.ContainsFunc(parts, func(p part) bool { return p.name == name }) {
			return fmt.Errorf("no part is called %q", name)
		}
	}
	dir, err := os.MkdirTemp("", "haetae-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	b.dir = dir
	if err := b.build(); err != nil {
		return err
	}
	b.about()
	for _, p := range parts {
		if only == "" || slices.Contains(chosen, p.name) {
			if err := p.run(b); err != nil {
				return fmt.Errorf("%s: %w", p.name, err)
			}
		}
	}
	return nil
}

// build makes the stub and the bare client from this repository.
func (b *bench) build() error {
	abs, err := filepath.Abs(b.haetae)
	if err != nil {
		return err
	}
	if _, err := os.Stat(abs); err != nil {
		return fmt.Errorf("%w: make build makes it", err)
	}
	b.haetae = abs
	b.stub, b.bare = filepath.Join(b.dir, "stub"), filepath.Join(b.dir, "bare")
	for out, pkg := range map[string]string{b.stub: "./runners/runnertest/stub", b.bare: "./runners/runnertest/bareclient"} {
		if _, err := usage("go", "build", "-o", out, pkg); err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) about() {
	fmt.Printf("machine: %d cores, %.0f GB of memory, %s/%s, %s\n", runtime.NumCPU(), memoryGB(), runtime.GOOS, runtime.GOARCH, runtime.Version())
	fmt.Println("store: SQLite, journal_mode=WAL, synchronous=FULL; each sample counts after its COMMIT")
}

// verdict prints a figure beside its budget and counts a miss.
func (b *bench) verdict(ok bool, what, figure, budget string) {
	word := "ok  "
	if !ok {
		word = "MISS"
		b.missed++
	}
	fmt.Printf("%s %-52s %14s   budget %s\n", word, what, figure, budget)
}

func note(what, figure string) { fmt.Printf("     %-52s %14s\n", what, figure) }
