package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// figure is the median of one benchmark.
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
	for _, part := range []struct {
		pattern, cpu string
		into         *map[string]figure
	}{
		{"^BenchmarkPeers$", "1", &o.peers},
		{"^Benchmark(IRT|FiftyModels)$", "1", &o.limits},
		{"^BenchmarkCores$", "2", &o.cores},
	} {
		cmd := exec.Command(program, "-test.run", "^$", "-test.bench", part.pattern,
			"-test.cpu", part.cpu, "-test.count", "5", "-test.benchtime", "0.5s")
		cmd.Env = append(os.Environ(), "HAETAE_BENCH_DATA="+dir)
		raw, err := output(cmd)
		if err != nil {
			return nil, fmt.Errorf("benchmarks %s: %w", part.pattern, err)
		}
		*part.into, o.cpu = parseBenchmarks(string(raw))
	}
	return o, nil
}

// parseBenchmarks reads the output of go test -bench: the median time of each benchmark, in
// seconds, its name without "Benchmark", the first part and the number of cores.
func parseBenchmarks(text string) (figures map[string]figure, cpu string) {
	runs := map[string][]figure{}
	for line := range strings.Lines(text) {
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
		slices.SortFunc(r, func(a, b figure) int {
			switch {
			case a.seconds < b.seconds:
				return -1
			case a.seconds > b.seconds:
				return 1
			}
			return 0
		})
		figures[name] = r[len(r)/2]
	}
	return figures, cpu
}
