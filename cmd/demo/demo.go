//go:build unix

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/sovereign-eval/haetae/runners/ollama/provision"
)

// demo is one `make demo`.
type demo struct {
	cache  *provision.Cache
	haetae string // the program
	dir    string // where the store and the reports go
	suites []string
	pull   bool // a running server may pull the model
}

func (d *demo) store() string { return filepath.Join(d.dir, "haetae.db") }

// run finds a server, measures the model and writes the reports. What an earlier
// demo measured in the same circumstances is reused: a finished run prints its
// report again, an interrupted one goes on.
func (d *demo) run() int {
	start := time.Now()
	if _, err := os.Stat(d.haetae); err != nil {
		return fail(fmt.Errorf("find haetae: %w; run `make build` first", err))
	}
	if err := os.MkdirAll(d.dir, 0o755); err != nil {
		return fail(fmt.Errorf("make the demo's folder: %w", err))
	}
	model := provision.SmolLM2
	fmt.Fprintf(os.Stderr, "haetae demo: the suites %s on the real model %s, in %s\n", strings.Join(d.suites, " and "), model.Name, d.dir)
	server, err := provisioning(func(ctx context.Context) (*provision.Found, error) {
		return d.cache.Find(ctx, model, d.pull)
	})
	if err != nil {
		return fail(err)
	}
	defer server.Stop()

	code, err := d.measure(server, model)
	if err != nil {
		return fail(err)
	}
	if code != 0 && code != exitIncomplete {
		if code == exitInterrupted {
			fmt.Fprintln(os.Stderr, "demo: interrupted; run it again and it goes on where it stopped")
		}
		return code
	}
	if c := d.reports(); c != 0 {
		return c
	}
	fmt.Fprintf(os.Stderr, "demo: done in %s\n", time.Since(start).Round(time.Second))
	return code
}

// measure runs the suites, or resumes the last run of it where that can still
// measure the same thing.
func (d *demo) measure(server *provision.Found, model provision.Model) (int, error) {
	now, err := d.circumstances(server, model)
	if err != nil {
		return 0, err
	}
	args := append([]string{"run"}, d.suites...)
	args = append(args, "-m", "ollama/"+model.Name, "--endpoint", server.URL, "--store", d.store())
	if resume, err := d.resumable(now); err != nil {
		return 0, err
	} else if resume {
		args = append(args, "--resume", "last")
	}
	if err := d.remember(now); err != nil {
		return 0, err
	}
	return command(d.haetae, args), nil
}

// resumable reports whether the last run can go on, and says why not.
func (d *demo) resumable(now circumstances) (bool, error) {
	before, found := d.recall()
	if !found {
		return false, nil
	}
	if before != now {
		fmt.Fprintf(os.Stderr, "demo: a new run, because %s changed since the last one\n", now.differences(before))
		return false, nil
	}
	state, err := d.lastState()
	if err != nil {
		return false, err
	}
	if state == "void" {
		fmt.Fprintln(os.Stderr, "demo: a new run, because the last one is void")
	}
	return state != "void", nil
}

// lastState returns the state of the last run in the store, "" if there is none.
func (d *demo) lastState() (string, error) {
	out, err := exec.Command(d.haetae, "list", "runs", "--store", d.store(), "--json").Output()
	var list struct {
		Runs []struct{ State string } // oldest first
	}
	if err == nil {
		err = json.Unmarshal(out, &list)
	}
	if err != nil {
		return "", fmt.Errorf("list the runs of %s: %w; if the file is damaged, remove it", d.store(), err)
	}
	if len(list.Runs) == 0 {
		return "", nil
	}
	return list.Runs[len(list.Runs)-1].State, nil
}

// reports writes the last run's report beside its store.
func (d *demo) reports() int {
	for _, format := range []string{"md", "json"} {
		file := filepath.Join(d.dir, "report."+format)
		args := []string{"report", "last", "--store", d.store(), "--format", format, "-o", file}
		if code := command(d.haetae, args); code != 0 {
			return code
		}
		fmt.Fprintf(os.Stderr, "demo: wrote %s\n", file)
	}
	return 0
}
