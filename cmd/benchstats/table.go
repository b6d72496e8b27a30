package main

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"time"
)

// target is a kernel and how many times faster than its peer it must be.
type target struct {
	name, peer string  // benchmark of ours, figure of the peer
	what       string  // the name in the table
	ratio      float64 // 0: shown, not judged
	apart      float64 // how far the two answers may lie apart: rounding, or the noise of both draws
}

// What is drawn is shown beside what is computed without draws.
var targets = []target{
	{"bootstrap/graded/percentile", "bootstrap/graded/percentile", "percentile bootstrap, graded", 20, 3e-4},
	{"bootstrap/graded/percentile/drawn", "bootstrap/graded/percentile", "  by 9,999 resamples", 0, 4e-4},
	{"bootstrap/graded/bca", "bootstrap/graded/bca", "BCa bootstrap, graded", 20, 3e-4},
	{"bootstrap/graded/bca/drawn", "bootstrap/graded/bca", "  by 9,999 resamples", 0, 4e-4},
	{"bootstrap/binary/percentile", "bootstrap/binary/percentile", "percentile bootstrap, binary", 1000, 5e-4},
	{"bootstrap/binary/bca", "bootstrap/binary/bca", "BCa bootstrap, binary", 1000, 5e-4},
	{"sign-flip/inverted", "sign-flip", "paired permutation", 500, 0.015},
	{"sign-flip/drawn", "sign-flip", "  by 9,999 sign patterns", 0, 0.02},
	{"clustered-se", "clustered-se", "clustered SE, 1,000,000 rows", 25, 1e-7},
	{"bradley-terry", "bradley-terry", "Bradley-Terry, 100 bootstraps", 20, 0.02},
	{"krippendorff/nominal", "krippendorff/nominal", "Krippendorff alpha, nominal", 20, 1e-4},
	{"krippendorff/ordinal", "krippendorff/ordinal", "Krippendorff alpha, ordinal", 20, 1e-4},
}

// limit is a kernel and the time that it may take.
type limit struct {
	name, what string
	seconds    float64
}

var limits = []limit{
	{"IRT/2pl", "2PL IRT, 100 models x 1,000 items", 1},
	{"FiftyModels", "50 models x 100,000 items, 1,225 pairs, Holm", 2},
}

// kernels are those that take workers; two of them on two cores must be twoCores faster.
var kernels = []struct{ name, what string }{
	{"resampled", "bootstrap by resampling"},
	{"studentized", "studentized bootstrap"},
	{"clusters", "cluster bootstrap"},
	{"statistic", "bootstrap of any statistic"},
}

const twoCores = 1.7

// table prints figures beside their targets and counts those missed.
type table struct {
	out    io.Writer
	missed int
}

// verdict is the first word of a row.
func (t *table) verdict(ok bool) string {
	if ok {
		return "ok  "
	}
	t.missed++
	return "MISS"
}

func (t *table) ratios(ours map[string]figure, peers map[string]peerFigure) {
	fmt.Fprintln(t.out, "one core, n = 10,000 and B = 9,999 unless said; ratio = the peer's time / ours")
	fmt.Fprintf(t.out, "     %-31s %9s %9s %8s %8s  %s\n", "", "ours", "peer", "ratio", "target", "peer")
	for _, k := range targets {
		t.ratio(k, ours["Peers/"+k.name], peers[k.peer])
	}
}

func (t *table) ratio(k target, o figure, p peerFigure) {
	word, wanted, speed := "    ", "", p.Seconds/o.seconds
	known := p.Seconds > 0 && o.seconds > 0
	same := known && math.Abs(o.answer-p.Answer) <= k.apart
	if k.ratio > 0 {
		word, wanted = t.verdict(known && same && speed >= k.ratio), fmt.Sprintf("%.0fx", k.ratio)
	}
	reached := "-"
	if known {
		reached = fmt.Sprintf("%.0fx", speed)
	}
	fmt.Fprintf(t.out, "%s %-31s %9s %9s %8s %8s  %s %s\n", word, k.what, took(o.seconds), took(p.Seconds), reached, wanted, p.Peer, p.Version)
	switch {
	case !known:
		fmt.Fprintf(t.out, "     no figure of the peer: %s\n", cmp.Or(p.Error, "it printed none"))
	case !same:
		fmt.Fprintf(t.out, "     the answers differ: ours %v, %s %v\n", o.answer, p.Peer, p.Answer)
	}
}

func (t *table) limits(ours map[string]figure) {
	fmt.Fprintln(t.out, "one core, at most")
	for _, k := range limits {
		s := ours[k.name].seconds
		fmt.Fprintf(t.out, "%s %-45s %9s   limit %s\n", t.verdict(s > 0 && s < k.seconds), k.what, took(s), took(k.seconds))
	}
}

func (t *table) cores(ours map[string]figure) {
	fmt.Fprintln(t.out, "two workers on two cores, times faster than one (best of rounds)")
	for _, k := range kernels {
		one, two := ours["Cores/"+k.name+"/workers=1"].seconds, ours["Cores/"+k.name+"/workers=2"].seconds
		ratio := one / two
		fmt.Fprintf(t.out, "%s %-45s %8.2fx   target %.1fx\n", t.verdict(ratio >= twoCores), k.what, ratio, twoCores)
	}
}

// took is a time in three digits.
func took(seconds float64) string {
	d := time.Duration(seconds * 1e9)
	switch {
	case d <= 0:
		return "-"
	case d < 10*time.Microsecond:
		return fmt.Sprintf("%.2f µs", seconds*1e6)
	case d < time.Millisecond:
		return fmt.Sprintf("%.0f µs", seconds*1e6)
	case d < 10*time.Millisecond:
		return fmt.Sprintf("%.2f ms", seconds*1e3)
	case d < time.Second:
		return fmt.Sprintf("%.1f ms", seconds*1e3)
	}
	return fmt.Sprintf("%.2f s", seconds)
}
