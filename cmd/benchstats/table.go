package main

import (
	"fmt"
	"io"
	"math"
	"time"
)

// target is work that peers do too, and how many times faster than they one of ours must be.
type target struct {
	what  string   // the name in the table
	peers []string // figures of the Python peers; the fastest counts
	r     string   // figure of R, shown beside them
	ratio float64
	rows  []row
}

// row is a benchmark of ours. The first of a target is judged, the others are shown.
type row struct {
	name, what string
	apart      float64 // how far its answer may lie from the peer's: rounding, or the noise of both draws
}

var targets = []target{
	{"percentile bootstrap, graded", []string{"bootstrap/graded/percentile"}, "R/bootstrap/graded/percentile", 20, []row{
		{"bootstrap/graded/percentile", "by fourier inversion, no draws", 3e-4},
		{"bootstrap/graded/percentile/drawn", "by 9,999 resamples", 4e-4}}},
	{"BCa bootstrap, graded", []string{"bootstrap/graded/bca"}, "R/bootstrap/graded/bca", 20, []row{
		{"bootstrap/graded/bca", "by fourier inversion, no draws", 3e-4},
		{"bootstrap/graded/bca/drawn", "by 9,999 resamples", 4e-4}}},
	{"percentile bootstrap, binary", []string{"bootstrap/binary/percentile"}, "R/bootstrap/binary/percentile", 1000, []row{
		{"bootstrap/binary/percentile", "by the binomial law, no draws", 5e-4},
		{"bootstrap/binary/percentile/drawn", "by 9,999 resamples", 6e-4}}},
	{"BCa bootstrap, binary", []string{"bootstrap/binary/bca"}, "R/bootstrap/binary/bca", 1000, []row{
		{"bootstrap/binary/bca", "by the binomial law, no draws", 5e-4},
		{"bootstrap/binary/bca/drawn", "by 9,999 resamples", 6e-4}}},
	{"paired permutation", []string{"sign-flip/pairs", "sign-flip/differences"}, "", 500, []row{
		{"sign-flip/inverted", "by fourier inversion, no draws", 0.015},
		{"sign-flip/drawn", "by 9,999 sign patterns", 0.02}}},
	{"clustered SE, 1,000,000 rows", []string{"clustered-se"}, "R/clustered-se", 25, []row{
		{"clustered-se", "one pass", 1e-7}}},
	{"Bradley-Terry, 100 bootstraps", []string{"bradley-terry"}, "", 20, []row{
		{"bradley-terry", "100 models, 1,000,000 battles", 0.02}}},
	{"Krippendorff alpha, nominal", []string{"krippendorff/nominal"}, "", 20, []row{
		{"krippendorff/nominal", "5 raters, 10,000 units", 1e-4}}},
	{"Krippendorff alpha, ordinal", []string{"krippendorff/ordinal"}, "", 20, []row{
		{"krippendorff/ordinal", "5 raters, 10,000 units", 1e-4}}},
}

// rounds is how often ours and the peers take turns at a target.
const rounds = 3

// limit is a kernel and the time that it may take.
type limit struct {
	name, what string
	seconds    float64
}

var limits = []limit{
	{"IRT/2pl", "2PL IRT, 100 models x 1,000 items", 1},
	{"FiftyModels", "50 models x 100,000 items, 1,225 pairs, Holm", 2},
}

// table prints figures beside their targets and counts those missed.
type table struct {
	out                 io.Writer
	missed, notMeasured int
}

// verdict is the first word of a row.
func (t *table) verdict(ok bool) string {
	if ok {
		return "ok  "
	}
	t.missed++
	return "MISS"
}

// summary is the last line.
func (t *table) summary() string {
	text := "every target is met"
	if t.missed > 0 {
		text = fmt.Sprintf("%d targets missed", t.missed)
	} else if t.notMeasured > 0 {
		text = "every target that could be measured is met"
	}
	if t.notMeasured > 0 {
		text += fmt.Sprintf("; %d not measurable, neither met nor missed: run again on an idle machine", t.notMeasured)
	}
	return text
}

func (t *table) ratios(o *ours, py, r *peers) error {
	fmt.Fprintf(t.out, "one core, n = 10,000 and B = 9,999 unless said; processor time, medians of %d rounds in turns; ratio = the peer's time / ours\n", rounds)
	fmt.Fprintf(t.out, "     %-33s %9s %9s %8s %7s  %s\n", "", "ours", "peer", "ratio", "target", "peer")
	for _, k := range targets {
		m, err := k.measure(o, py, r)
		if err != nil {
			return err
		}
		t.target(k, m)
	}
	return nil
}

// measured is what the rounds of a target gave.
type measured struct {
	ours  []map[string]figure
	peers []peerFigure // the fastest of each round
	r     peerFigure
}

func (k target) measure(o *ours, py, r *peers) (measured, error) {
	var m measured
	for range rounds {
		mine := map[string]figure{}
		for _, row := range k.rows {
			found, err := o.measure("Peers/"+row.name, 1, "0.3s")
			if err != nil {
				return m, err
			}
			mine[row.name] = found["Peers/"+row.name]
		}
		m.ours = append(m.ours, mine)
		var fastest peerFigure
		for _, name := range k.peers {
			f, err := py.ask(name)
			if err != nil {
				return m, err
			}
			if fastest.Seconds == 0 || f.Error == "" && f.Seconds < fastest.Seconds {
				fastest = f
			}
		}
		m.peers = append(m.peers, fastest)
	}
	if k.r == "" {
		return m, nil
	}
	var err error
	m.r, err = r.ask(k.r)
	return m, err
}

// target prints the rows of a target: ours by each way beside the Python peer, then R.
func (t *table) target(k target, m measured) {
	for i, row := range k.rows {
		t.row(k, row, m, i == 0)
	}
	if k.r == "" {
		return
	}
	mine := m.median(k.rows[0].name)
	if m.r.Seconds <= 0 {
		fmt.Fprintf(t.out, "       no figure of R: %s\n", m.r.Error)
		return
	}
	fmt.Fprintf(t.out, "       %-31s %9s %9s %7.0fx %7s  %s %s, once\n", "beside R", took(mine.seconds), took(m.r.Seconds), m.r.Seconds/mine.seconds, "", m.r.Peer, m.r.Version)
}

// median is our median time for a row, and its answer.
func (m measured) median(name string) figure {
	var seconds []float64
	for _, round := range m.ours {
		seconds = append(seconds, round[name].seconds)
	}
	return figure{seconds: median(seconds), answer: m.ours[0][name].answer}
}

func (t *table) row(k target, row row, m measured, judged bool) {
	mine, peer := m.median(row.name), m.peers[0]
	var theirs, ratios []float64
	known := mine.seconds > 0
	for i, p := range m.peers {
		known = known && p.Seconds > 0
		theirs = append(theirs, p.Seconds)
		ratios = append(ratios, p.Seconds/m.ours[i][row.name].seconds)
	}
	same := known && math.Abs(mine.answer-peer.Answer) <= row.apart
	word, what, wanted, reached := "    ", "  "+row.what, "", "-"
	if judged {
		word, wanted = t.verdict(known && same && median(ratios) >= k.ratio), fmt.Sprintf("%.0fx", k.ratio)
		fmt.Fprintf(t.out, "     %s\n", k.what)
	}
	if known {
		reached = fmt.Sprintf("%.0fx", median(ratios))
	}
	fmt.Fprintf(t.out, "%s %-33s %9s %9s %8s %7s  %s %s\n", word, what, took(mine.seconds), took(median(theirs)), reached, wanted, peer.Peer, peer.Version)
	switch {
	case !known:
		fmt.Fprintf(t.out, "       no figure of the peer: %s\n", peer.Error)
	case !same:
		fmt.Fprintf(t.out, "       the answers differ: ours %v, %s %v\n", mine.answer, peer.Peer, peer.Answer)
	}
}

func (t *table) limits(o *ours) error {
	fmt.Fprintln(t.out, "one core, at most")
	for _, k := range limits {
		var seconds []float64
		for range rounds {
			found, err := o.measure(k.name, 1, "0.5s")
			if err != nil {
				return err
			}
			seconds = append(seconds, found[k.name].seconds)
		}
		s := median(seconds)
		fmt.Fprintf(t.out, "%s %-45s %9s   limit %s\n", t.verdict(s > 0 && s < k.seconds), k.what, took(s), took(k.seconds))
	}
	return nil
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
