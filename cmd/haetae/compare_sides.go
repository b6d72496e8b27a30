package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/results"
	"github.com/sovereign-eval/haetae/results/analysis"
)

// side is one model of one run.
type side struct {
	run   results.Run
	model int // place in run.Models
}

// sidesToCompare chooses what is held against what, as sets of two or more sides: of
// one run its models, of several runs the models that are named, or one set for each
// model that all runs have.
func sidesToCompare(runs []results.Run, wanted []string) ([][]side, error) {
	var sets [][]side
	var err error
	switch {
	case len(runs) == 1:
		sets, err = modelsOfOne(runs[0], wanted)
	case len(wanted) > 0:
		sets, err = namedModels(runs, wanted)
	default:
		sets, err = commonModels(runs)
	}
	if err == nil && len(sets[0]) > analysis.MaxSides {
		return nil, harness.Usage(fmt.Errorf("%d sides are to be compared at once", len(sets[0])), "Name at most %d with --model.", analysis.MaxSides)
	}
	return sets, err
}

// modelsOfOne compares the models of one run: those named, else all.
func modelsOfOne(run results.Run, wanted []string) ([][]side, error) {
	var set []side
	if len(wanted) == 0 {
		for m := range run.Models {
			set = append(set, side{run, m})
		}
	}
	for i, name := range wanted {
		m, err := modelOf(run, name)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(set, func(s side) bool { return s.model == m }) {
			return nil, harness.Usage(fmt.Errorf("model %s is compared with itself", wanted[i]), "Name different models.")
		}
		set = append(set, side{run, m})
	}
	if len(set) < 2 {
		return nil, harness.Usage(fmt.Errorf("one run has nothing to be compared with but its models; it has %s", some(specs(run))), "Name two of its models with --model A --model B, or a second run.")
	}
	return [][]side{set}, nil
}

// namedModels compares one model of each run: one name for all of them, or one for
// each.
func namedModels(runs []results.Run, wanted []string) ([][]side, error) {
	if len(wanted) != 1 && len(wanted) != len(runs) {
		return nil, harness.Usage(fmt.Errorf("%d models are named for %d runs", len(wanted), len(runs)), "Name one model for all runs, or one for each in their order.")
	}
	var set []side
	for i, run := range runs {
		m, err := modelOf(run, wanted[min(i, len(wanted)-1)])
		if err != nil {
			return nil, err
		}
		set = append(set, side{run, m})
	}
	return [][]side{set}, nil
}

// commonModels compares the only models of all runs, or each model that all have.
func commonModels(runs []results.Run) ([][]side, error) {
	alone := make([]side, len(runs))
	for i, run := range runs {
		alone[i] = side{run, 0}
		if len(run.Models) == 0 {
			return nil, harness.Hint(fmt.Errorf("run %s has no model", run.ID), "Compare runs that measured a model.")
		}
	}
	if !slices.ContainsFunc(runs, func(r results.Run) bool { return len(r.Models) != 1 }) {
		return [][]side{alone}, nil
	}
	var sets [][]side
	for m, model := range runs[0].Models {
		set := []side{{runs[0], m}}
		for _, run := range runs[1:] {
			if k := slices.Index(specs(run), model.Spec); k >= 0 {
				set = append(set, side{run, k})
			}
		}
		if len(set) == len(runs) {
			sets = append(sets, set)
		}
	}
	if sets == nil {
		var have []string
		for _, run := range runs {
			have = append(have, run.ID+" has "+some(specs(run)))
		}
		return nil, harness.Usage(errors.New("no model is in all runs: "+strings.Join(have, ", ")), "Name one for each run with --model OLD --model NEW.")
	}
	return sets, nil
}

func specs(r results.Run) []string {
	var out []string
	for _, m := range r.Models {
		out = append(out, m.Spec)
	}
	return out
}

func modelOf(r results.Run, name string) (int, error) {
	for i, m := range r.Models {
		if m.Spec == name || m.Identity.Name == name {
			return i, nil
		}
	}
	return 0, harness.Usage(fmt.Errorf("run %s has no model %q", r.ID, name), "%s", suggest(name, specs(r), "It has "+strings.Join(specs(r), ", ")+"."))
}
