package report

import (
	"math"
	"strings"

	"github.com/sovereign-eval/haetae/results"
	"github.com/sovereign-eval/haetae/results/analysis"
)

// The size of a plane in characters, without its axes.
const (
	planeWide = 41
	planeHigh = 11
)

// mark is a point of a plane.
type mark struct {
	sign rune
	x, y float64 // shares
}

// planes places every model on the two sides of each battery: what it declined of the
// harmful items and what it helped with of the benign ones, over all planned items.
func (r *Report) planes() document {
	l := r.Lang
	var d document
	for t := range r.Run.Tasks {
		var marks []mark
		tab := table{columns: []column{{l.say("plane.point"), false}, {l.say("c.model"), false}, {l.say("c.lang"), false},
			{l.say("plane.x"), true}, {l.say("plane.y"), true}}}
		for _, c := range r.Result.Cells {
			if c.Task != t {
				continue
			}
			for _, g := range c.Safety {
				sign := signOf(len(marks))
				marks = append(marks, mark{sign, g.Point.Declined, g.Point.Helped})
				tab.rows = append(tab.rows, []string{string(sign), r.Run.Models[c.Model].Spec, l.language(g.Lang),
					l.reach(g.Point.Declined, g.Point.DeclinedBest), l.reach(g.Point.Helped, g.Point.HelpedBest)})
			}
		}
		if marks == nil {
			continue
		}
		for i, b := range r.baselinesOf(t) {
			if b.Reason != "" {
				continue
			}
			sign := rune('a' + i%26)
			marks = append(marks, mark{sign, b.Harmful, 1 - b.Benign})
			tab.rows = append(tab.rows, []string{string(sign), b.name, l.language(b.Lang), percent(b.Harmful) + " %", percent(1-b.Benign) + " %"})
		}
		d = append(d, heading{3, l.say("h.plane", r.Run.Tasks[t].Name)}, draw(marks, l.say("plane.x"), l.say("plane.y")), para{text: l.say("plane.note")}, tab)
	}
	return d
}

// signOf is the letter of a point.
func signOf(i int) rune {
	if i < 26 {
		return rune('A' + i)
	}
	return '#'
}

// reach writes a coordinate, and how far it reaches where something is missing.
func (l Lang) reach(low, high float64) string {
	switch {
	case math.IsNaN(low):
		return l.say("na")
	case low == high:
		return percent(low) + " %"
	}
	return l.say("plane.range", percent(low)+" %", percent(high)+" %")
}

// draw puts marks on the plane. Where two share a place the sign is "*".
func draw(marks []mark, x, y string) drawing {
	grid := make([][]rune, planeHigh)
	for i := range grid {
		grid[i] = []rune(strings.Repeat(" ", planeWide))
	}
	for c := range planeWide { // declined + helped = 1
		grid[int(math.Round(float64(c)*(planeHigh-1)/(planeWide-1)))][c] = '·'
	}
	taken := map[[2]int]bool{}
	for _, m := range marks {
		if math.IsNaN(m.x) || math.IsNaN(m.y) {
			continue
		}
		col, row := int(math.Round(m.x*(planeWide-1))), planeHigh-1-int(math.Round(m.y*(planeHigh-1)))
		sign := m.sign
		if taken[[2]int{row, col}] {
			sign = '*'
		}
		taken[[2]int{row, col}] = true
		grid[row][col] = sign
	}
	out := drawing{y}
	for i, line := range grid {
		label := "      │"
		switch i {
		case 0:
			label = "100 % ┤"
		case planeHigh - 1:
			label = "  0 % ┤"
		}
		out = append(out, label+string(line))
	}
	return append(out, "      └"+strings.Repeat("─", planeWide), "      0 %"+pad(x, planeWide-9, true)+" 100 %")
}

// baseline is a baseline row with its name for people.
type baseline struct {
	results.Baseline
	task int
	name string
}

// baselines are the filters of prompts alone, one for each battery and language.
func (r *Report) baselines() []baseline {
	var out []baseline
	for t := range r.Run.Tasks {
		out = append(out, r.baselinesOf(t)...)
	}
	return out
}

func (r *Report) baselinesOf(task int) []baseline {
	t := r.Run.Tasks[task]
	if t.Battery == nil {
		return nil
	}
	var out []baseline
	for _, b := range t.Battery.Baseline {
		if !r.asks(task, b.Lang) {
			continue
		}
		name := r.Lang.say("baseline.none")
		if b.Reason == "" {
			name = r.Lang.say("baseline", r.Lang.filter(b.Filter))
		}
		out = append(out, baseline{b, task, name})
	}
	return out
}

// asks tells whether the run has items of a task in a language.
func (r *Report) asks(task int, lang string) bool {
	for _, c := range r.Result.Cells {
		for _, g := range c.Safety {
			if c.Task == task && g.Lang == lang {
				return true
			}
		}
	}
	return false
}

// filter is the name of a kind of filter.
func (l Lang) filter(name string) string {
	return l.named("filter.", name)
}

// effective writes the effective number of samples of a figure.
func (l Lang) effective(f analysis.Figure) string {
	if f.Effective <= 0 {
		return l.say("na")
	}
	return trim(f.Effective)
}
