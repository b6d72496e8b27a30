package main

import (
	"fmt"
	"os"
	"time"
)

const (
	inFlight = 64
	rounds   = 3 // of each alternating comparison; medians count
)

// start measures how long the smallest command takes.
func (b *bench) start() error {
	var walls []time.Duration
	for range 21 {
		u, err := usage(b.haetae, "version")
		if err != nil {
			return err
		}
		walls = append(walls, u.wall)
	}
	m := median(walls)
	b.verdict(m < 30*time.Millisecond, "start of a command (haetae version, median of 21)", fmt.Sprintf("%.1f ms", m.Seconds()*1e3), "< 30 ms")
	return nil
}

// cost compares the CPU of a sample with that of a bare client's request.
func (b *bench) cost() error {
	s, err := b.serve()
	if err != nil {
		return err
	}
	defer s.stop()
	ratio, rate, err := b.compare(s, 30000, 0)
	if err != nil {
		return err
	}
	b.verdict(ratio <= 2.5, "CPU of a sample, whole pipeline / bare client", fmt.Sprintf("%.2f x", ratio), "<= 2.5 x")
	b.verdict(rate >= 5000, "samples per second, best of 3, all cores", fmt.Sprintf("%.0f", rate), ">= 5000 on 2 idle cores")
	ratio, rate, err = b.compare(s, 10000, 4096)
	if err != nil {
		return err
	}
	note("the same with prompts of 4 kB", fmt.Sprintf("%.2f x, %.0f/s", ratio, rate))
	return nil
}

// compare alternates the pipeline and the bare client and returns the ratio of
// their median CPU, and the best rate of the pipeline.
func (b *bench) compare(s *server, n, pad int) (ratio, rate float64, err error) {
	task, err := b.task(n, pad)
	if err != nil {
		return 0, 0, err
	}
	defer os.RemoveAll(task)
	var ours, floor []float64
	for range rounds {
		u, err := usage(b.bare, "-url", s.url+"/api/chat", "-n", fmt.Sprint(n), "-c", fmt.Sprint(inFlight), "-pad", fmt.Sprint(pad))
		if err != nil {
			return 0, 0, err
		}
		floor = append(floor, u.cpu.Seconds())
		if u, err = b.measure(s.url, task, inFlight); err != nil {
			return 0, 0, err
		}
		ours = append(ours, u.cpu.Seconds())
		rate = max(rate, float64(n)/u.wall.Seconds())
	}
	note(fmt.Sprintf("CPU a sample and a bare request, %d samples", n), fmt.Sprintf("%.0f and %.0f µs", median(ours)*1e6/float64(n), median(floor)*1e6/float64(n)))
	return median(ours) / median(floor), rate, nil
}

// slots compares how busy the pipeline and the bare client keep a server.
func (b *bench) slots() error {
	s, err := b.serve("-slots", fmt.Sprint(inFlight), "-delay", "200ms")
	if err != nil {
		return err
	}
	defer s.stop()
	const n = 64 * 200
	task, err := b.task(n, 0)
	if err != nil {
		return err
	}
	if err := s.reset(); err != nil {
		return err
	}
	if _, err := usage(b.bare, "-url", s.url+"/api/chat", "-n", fmt.Sprint(n), "-c", fmt.Sprint(inFlight)); err != nil {
		return err
	}
	bare, err := s.stats()
	if err != nil {
		return err
	}
	// The server's span begins with its first request, so the warm-up and the
	// repeated canaries are inside ours: they count against us.
	if err := s.reset(); err != nil {
		return err
	}
	if _, err := b.measure(s.url, task, inFlight); err != nil {
		return err
	}
	ours, err := s.stats()
	if err != nil {
		return err
	}
	share := ours.Rate / bare.Rate
	b.verdict(share >= .99, fmt.Sprintf("slot use, %d slots x 200 ms, ours / bare", inFlight), fmt.Sprintf("%.1f %%", 100*share), ">= 99 %")
	note("served per second, ours and bare, by the server's count", fmt.Sprintf("%.1f and %.1f", ours.Rate, bare.Rate))
	return nil
}

// memory compares the peaks of a large and a very large plan.
func (b *bench) memory() error {
	s, err := b.serve()
	if err != nil {
		return err
	}
	defer s.stop()
	var peaks []float64
	for _, n := range []int{100_000, 1_000_000} {
		task, err := b.task(n, 0)
		if err != nil {
			return err
		}
		u, err := b.measure(s.url, task, inFlight)
		if err != nil {
			return err
		}
		if err := os.RemoveAll(task); err != nil {
			return err
		}
		peaks = append(peaks, u.peak)
		note(fmt.Sprintf("peak memory and time of a plan of %d samples", n), fmt.Sprintf("%.0f MB, %.0f s", u.peak, u.wall.Seconds()))
	}
	b.verdict(peaks[1] < 300, "peak memory at 1,000,000 samples", fmt.Sprintf("%.0f MB", peaks[1]), "< 300 MB")
	b.verdict(peaks[1] <= 1.1*peaks[0], "peak memory, 1,000,000 / 100,000 samples", fmt.Sprintf("%.2f x", peaks[1]/peaks[0]), "<= 1.1 x")
	return nil
}
