package main

import "fmt"

// kernels are those that take workers; two of them on two cores must be twoCores faster.
var kernels = []struct{ name, what string }{
	{"resampled", "bootstrap by resampling"},
	{"studentized", "studentized bootstrap"},
	{"clusters", "cluster bootstrap"},
	{"statistic", "bootstrap of any statistic"},
}

const (
	twoCores  = 1.7
	freeCores = 1.9 // what two copies of a kernel must gain on one for a round to count
	enough    = 3   // rounds that must count for a row to be measured
	wanted    = 5   // rounds that count after which no more are run
	mostTurns = 20  // rounds in all
	hopeless  = 8   // rounds none of which counted, after which no more are run
)

// turn is one round of a kernel: with one worker and with two, between two looks at how
// many cores are free.
type turn struct{ ratio, free float64 }

// newTurn reads a round from the benchmarks of a kernel.
func newTurn(found map[string]figure, name string) turn {
	at := func(sub string) figure { return found["Cores/"+name+"/"+sub] }
	return turn{
		ratio: at("workers=1").seconds / at("workers=2").seconds,
		free:  min(at("before").cores, at("after").cores),
	}
}

// cores measures each kernel until enough rounds found two cores free.
func (t *table) cores(o *ours) error {
	fmt.Fprintf(t.out, "two workers on two cores, times faster than one; beside it what two copies of the same work gain that share nothing, in the same rounds.\n"+
		"Rounds in which copies gained under %.1fx had no two free cores and do not count; a row needs %d that do.\n", freeCores, enough)
	for _, k := range kernels {
		var turns []turn
		for good := 0; good < wanted && len(turns) < mostTurns && (good > 0 || len(turns) < hopeless); {
			found, err := o.measure("Cores/"+k.name, 2, "3x")
			if err != nil {
				return err
			}
			one := newTurn(found, k.name)
			if one.free >= freeCores {
				good++
			}
			turns = append(turns, one)
		}
		t.core(k.what, turns)
	}
	return nil
}

// core prints the row of a kernel.
func (t *table) core(what string, turns []turn) {
	var ratios, free, all []float64
	for _, one := range turns {
		all = append(all, one.free)
		if one.free >= freeCores {
			ratios, free = append(ratios, one.ratio), append(free, one.free)
		}
	}
	if len(ratios) < enough {
		t.notMeasured++
		fmt.Fprintf(t.out, "n/m  %-33s not measurable: machine busy (two copies gained %.2fx, median of %d rounds; %d counted)\n",
			what, median(all), len(turns), len(ratios))
		return
	}
	ratio := median(ratios)
	fmt.Fprintf(t.out, "%s %-33s %8.2fx   target %.1fx   two copies %.2fx (%d of %d rounds)\n",
		t.verdict(ratio >= twoCores), what, ratio, twoCores, median(free), len(ratios), len(turns))
}
