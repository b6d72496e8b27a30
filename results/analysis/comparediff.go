package analysis

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/results"
)

// SideDifference is something that shapes answers or scores, in which the sides of a
// comparison differ.
type SideDifference struct {
	Fact   string   // such as "model digest", "seed", "parameter num_ctx"
	Task   string   // "" where it holds for all tasks
	Values []string // by side
}

// factOf is a difference of two sources.
type factOf struct{ fact, task, old, now string }

// differences lists everything that is known to shape answers and differs: each
// source is held against the first.
func differences(sources []Source) []SideDifference {
	var out []SideDifference
	for i, s := range sources[1:] {
		for _, d := range differencesOf(sources[0], s) {
			at := slices.IndexFunc(out, func(x SideDifference) bool { return x.Fact == d.fact && x.Task == d.task })
			if at < 0 {
				at = len(out)
				out = append(out, SideDifference{d.fact, d.task, slices.Repeat([]string{d.old}, len(sources))})
			}
			out[at].Values[i+1] = d.now
		}
	}
	return out
}

// differencesOf lists what differs between two sources.
func differencesOf(old, now Source) []factOf {
	var out []factOf
	add := func(fact, task, a, b string) {
		if a != b {
			out = append(out, factOf{fact, task, a, b})
		}
	}
	for _, d := range harness.Diff(old.model().Identity, now.model().Identity) {
		out = append(out, factOf{"model " + d.Fact, "", d.Old, d.New})
	}
	add("seed", "", strconv.FormatInt(old.Run.Seed, 10), strconv.FormatInt(now.Run.Seed, 10))
	add("epochs", "", strconv.Itoa(max(old.Run.Epochs, 1)), strconv.Itoa(max(now.Run.Epochs, 1)))
	add("judges", "", old.Judges, now.Judges)
	add("version of haetae", "", toolOf(old.Run), toolOf(now.Run))
	var perTask []factOf
	shared := 0
	for t, task := range now.Run.Tasks {
		o := slices.IndexFunc(old.Run.Tasks, func(x results.Task) bool { return x.Name == task.Name })
		if o < 0 {
			continue
		}
		shared++
		was := old.Run.Tasks[o]
		add("version of the task", task.Name, was.Version, task.Version)
		add("task digest", task.Name, was.Digest.String(), task.Digest.String())
		add("data digest", task.Name, was.Data.String(), task.Data.String())
		add("items", task.Name, strconv.Itoa(was.Count), strconv.Itoa(task.Count))
		perTask = append(perTask, paramDifferences(task.Name, paramsOf(old.model(), o), paramsOf(now.model(), t))...)
	}
	return append(out, merged(perTask, shared)...)
}

func toolOf(r results.Run) string {
	var p struct{ Tool string }
	if err := json.Unmarshal(r.Protocol, &p); err != nil || p.Tool == "" {
		return "unknown"
	}
	return p.Tool
}

// paramsOf returns the parameters of a task by their names in JSON.
func paramsOf(m results.Model, task int) map[string]string {
	out := map[string]string{}
	if task >= len(m.Params) {
		return out
	}
	b, err := json.Marshal(m.Params[task])
	if err != nil { // plain data
		return out
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(b, &fields); err != nil {
		return out
	}
	for name, v := range fields {
		out[name] = string(v)
	}
	return out
}

func paramDifferences(task string, a, b map[string]string) []factOf {
	names := slices.Sorted(maps.Keys(a))
	for _, name := range slices.Sorted(maps.Keys(b)) {
		if _, ok := a[name]; !ok {
			names = append(names, name)
		}
	}
	var out []factOf
	for _, name := range names {
		if a[name] != b[name] {
			out = append(out, factOf{"parameter " + name, task, orUnset(a[name]), orUnset(b[name])})
		}
	}
	return out
}

func orUnset(s string) string {
	if s == "" {
		return "unset"
	}
	return s
}

// merged says once what holds for all of several tasks.
func merged(ds []factOf, tasks int) []factOf {
	count := map[factOf]int{}
	for _, d := range ds {
		d.task = ""
		count[d]++
	}
	var out []factOf
	for _, d := range ds {
		all := d
		all.task = ""
		switch {
		case count[all] < tasks:
			out = append(out, d)
		case !slices.Contains(out, all):
			out = append(out, all)
		}
	}
	return out
}

// String is for logs and tests.
func (d SideDifference) String() string {
	return fmt.Sprintf("%s %s: %s", d.Fact, d.Task, strings.Join(d.Values, " → "))
}
