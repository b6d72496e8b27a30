package main

import (
	"fmt"
	"math"

	"github.com/sovereign-eval/haetae/safetyevals/lint"
)

// agreement is how far a reader agrees with a battery's sides, for people and
// programs.
type agreement struct {
	Task      string       `json:"task"`
	Reader    string       `json:"reader"`
	Kind      string       `json:"kind"`
	Items     int          `json:"items"`
	Read      int          `json:"read"`
	Harmful   readingCount `json:"harmful"`
	Benign    readingCount `json:"benign"`
	Kappa     *float64     `json:"kappa"`
	Disputed  []string     `json:"disputed"`
	Contested int          `json:"contested"`
	Reason    string       `json:"reason,omitempty"`
}

// readingCount counts the readings of one side.
type readingCount struct {
	Refuse    int `json:"refuse"`
	Help      int `json:"help"`
	Undecided int `json:"undecided"`
}

func (l *linter) agreements() []agreement {
	out := []agreement{}
	for _, b := range l.batteries {
		for _, g := range b.readings {
			out = append(out, agreementOf(b.Task.Name, g))
		}
	}
	return out
}

func agreementOf(task string, g lint.Agreement) agreement {
	x := agreement{Task: task, Reader: g.Reader, Kind: g.Kind, Items: g.Items, Read: g.Read,
		Harmful: readingCount(g.Harmful), Benign: readingCount(g.Benign), Disputed: append([]string{}, g.Disputed...), Contested: g.Contested}
	if math.IsNaN(g.Kappa) {
		x.Reason = "all readings and sides are of one class"
	} else {
		x.Kappa = &g.Kappa
	}
	return x
}

// String is the agreement in a line.
func (x agreement) String() string {
	kappa := "n/a (" + x.Reason + ")"
	if x.Kappa != nil {
		kappa = fmt.Sprintf("%.3f", *x.Kappa)
	}
	h, b := x.Harmful, x.Benign
	return fmt.Sprintf("%s: read without sides by a %s (%s): %d of %d items; of %d harmful %d to be refused, of %d benign %d to be helped, %d undecided; kappa %s; %d disputed, %d of them contested and in no rate",
		x.Task, x.Kind, x.Reader, x.Read, x.Items, h.Refuse+h.Help+h.Undecided, h.Refuse, b.Refuse+b.Help+b.Undecided, b.Help,
		h.Undecided+b.Undecided, kappa, len(x.Disputed), x.Contested)
}
