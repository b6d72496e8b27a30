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
type figure struct{ seconds, answer, cores float64 }

// ours runs our benchmarks.
type ours struct {
	cpu          string
	program, dir string
}

// newOurs builds the benchmarks of results/stats and runs those that peers repeat once: they
// leave their data in dir.
func newOurs(dir string) (*ours, error) {
	o := &ours{program: filepath.Join(dir, "stats.test"), dir: dir}
	if _, err := output(exec.Command("go", "test", "-c", "-o", o.program, "./results/stats")); err != nil {
		return nil, fmt.Errorf("build the benchmarks: %w", err)
	}
	text, err := o.text("Peers", 1, "1x")
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(text) {
		if name, ok := strings.CutPrefix(line, "cpu: "); ok {
			o.cpu = strings.TrimSpace(name)
		}
	}
	return o, nil
}

// text is what a benchmark, by name with slashes, and those below it print.
func (o *ours) text(name string, cores int, benchtime string) (string, error) {
	parts := strings.Split(name, "/")
	parts[0] = "Benchmark" + parts[0]
	for i, p := range parts {
		parts[i] = "^" + p + "$"
	}
	cmd := exec.Command(o.program, "-test.run", "^$", "-test.bench", strings.Join(parts, "/"),
		"-test.cpu", strconv.Itoa(cores), "-test.benchtime", benchtime)
	cmd.Env = append(os.Environ(), "HAETAE_BENCH_DATA="+o.dir)
	raw, err := output(cmd)
	if err != nil {
		return "", fmt.Errorf("benchmark %s: %w", name, err)
	}
	return string(raw), nil
}

// measure runs a benchmark and returns the figures of it and of those below it.
func (o *ours) measure(name string, cores int, benchtime string) (map[string]figure, error) {
	text, err := o.text(name, cores, benchtime)
	if err != nil {
		return nil, err
	}
	return parseBenchmarks(text), nil
}

// parseBenchmarks reads the output of go test -bench: figures by name without "Benchmark"
// and the number of cores.
func parseBenchmarks(text string) map[string]figure {
	figures := map[string]figure{}
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) < 4 || !strings.HasPrefix(fields[0], "Benchmark") {
			continue
		}
		name := strings.TrimPrefix(fields[0], "Benchmark")
		if cut := strings.LastIndexByte(name, '-'); cut > 0 {
			if _, err := strconv.Atoi(name[cut+1:]); err == nil {
				name = name[:cut]
			}
		}
		var f figure
		for i := 2; i+1 < len(fields); i += 2 {
			v, err := strconv.ParseFloat(fields[i], 64)
			if err != nil {
				continue
			}
			switch fields[i+1] {
			case "ns/op":
				f.seconds = cmp.Or(f.seconds, v/1e9)
			case "cpu-ns/op": // where it is known, it counts
				f.seconds = v / 1e9
			case "answer":
				f.answer = v
			case "cores":
				f.cores = v
			}
		}
		figures[name] = f
	}
	return figures
}

// median is the middle of some values, 0 of none.
func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Clone(values)
	slices.SortFunc(sorted, cmp.Compare[float64])
	return sorted[len(sorted)/2]
}
