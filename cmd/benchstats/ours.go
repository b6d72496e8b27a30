package main

import (
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// figure is what one benchmark measured.
type figure struct{ seconds, answer float64 }

// ours are the figures of our kernels, by benchmark.
type ours struct {
	cpu                  string
	peers, limits, cores map[string]figure
}

// newOurs runs the benchmarks of results/stats; they leave their data in dir.
func newOurs(dir string) (*ours, error) {
	program := filepath.Join(dir, "stats.test")
	if _, err := output(exec.Command("go", "test", "-c", "-o", program, "./results/stats")); err != nil {
		return nil, fmt.Errorf("build the benchmarks: %w", err)
	}
	o := &ours{}
	var err error
	measure := func(pattern string, cores, rounds int, flags ...string) []string {
		var texts []string
		for range rounds {
			cmd := exec.Command(program, append([]string{"-test.run", "^$", "-test.bench", pattern, "-test.cpu", strconv.Itoa(cores)}, flags...)...)
			cmd.Env = append(os.Environ(), "HAETAE_BENCH_DATA="+dir)
			raw, failed := output(cmd)
			if failed != nil {
				err = fmt.Errorf("benchmarks %s: %w", pattern, failed)
			}
			texts = append(texts, string(raw))
		}
		return texts
	}
	half := []string{"-test.count", "5", "-test.benchtime", "0.5s"}
	o.peers, o.cpu = parseBenchmarks(measure("^BenchmarkPeers$", 1, 1, half...), median)
	o.limits, _ = parseBenchmarks(measure("^Benchmark(IRT|FiftyModels)$", 1, 1, half...), median)
	// Other programs disturb two cores more than one: the best of rounds that take turns.
	o.cores, _ = parseBenchmarks(measure("^BenchmarkCores$", 2, coreRounds, "-test.benchtime", "2x"), 0)
	return o, err
}

// coreRounds is how often each kernel runs with one worker and with two.
const coreRounds = 12

// median is the quantile of the runs that counts as the figure of a benchmark.
const median = 0.5

// parseBenchmarks reads outputs of go test -bench: a quantile of the times of each benchmark,
// in seconds, by its name without "Benchmark" and the number of cores.
func parseBenchmarks(texts []string, quantile float64) (figures map[string]figure, cpu string) {
	runs := map[string][]figure{}
	for line := range strings.Lines(strings.Join(texts, "")) {
		if name, ok := strings.CutPrefix(line, "cpu: "); ok {
			cpu = strings.TrimSpace(name)
		}
		fields := strings.Fields(line)
		if len(fields) < 4 || !strings.HasPrefix(fields[0], "Benchmark") {
			continue
		}
		name := strings.TrimPrefix(fields[0], "Benchmark")
		name = strings.TrimSuffix(name, "-2")
		var f figure
		for i := 2; i+1 < len(fields); i += 2 {
			v, err := strconv.ParseFloat(fields[i], 64)
			if err != nil {
				continue
			}
			switch fields[i+1] {
			case "ns/op":
				f.seconds = v / 1e9
			case "answer":
				f.answer = v
			}
		}
		runs[name] = append(runs[name], f)
	}
	figures = map[string]figure{}
	for name, r := range runs {
		slices.SortFunc(r, func(a, b figure) int { return cmp.Compare(a.seconds, b.seconds) })
		figures[name] = r[int(quantile*float64(len(r)))]
	}
	return figures, cpu
}
