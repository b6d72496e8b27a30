package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/results"
	"github.com/sovereign-eval/haetae/results/report"
	"github.com/sovereign-eval/haetae/results/sqlite"
	"github.com/sovereign-eval/haetae/runners/gpu"
	"github.com/sovereign-eval/haetae/runners/ollama"
)

// finding is one line of the doctor.
type finding struct {
	Check  string `json:"check"`
	Status string `json:"status"` // ok, warning, problem or unknown
	Detail string `json:"detail"`
	Remedy string `json:"remedy,omitempty"`
}

func (a *app) doctorCmd() *cobra.Command {
	var f measureFlags
	var rescue string
	cmd := &cobra.Command{
		Use:   "doctor [-m MODEL]",
		Short: "Explain what this machine and its model servers offer, and what to do about it",
		Long: `Doctor looks at the model server, the model named by -m (which is loaded for that),
its context and slots, GPUs and driver, the store with its disk, and the clock.
It changes nothing. --recover copies what can be read of a damaged store into a
new file. The exit code is 1 when something would stop a run.`,
		Example: `  haetae doctor -m ollama/smollm2:135m
  haetae doctor --store damaged.db --recover rescued.db`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := parseSlots(f.Slots); err != nil {
				return err
			}
			f.set.slots = f.Slots
			if rescue != "" {
				return a.recoverStore(cmd.Context(), f.store, rescue)
			}
			found, err := examine(cmd.Context(), &f)
			if err != nil {
				return err
			}
			return a.prescribe(found)
		},
	}
	flags := cmd.Flags()
	flags.StringArrayVarP(&f.Models, "model", "m", nil, "model to look at (repeatable)")
	flags.StringArrayVar(&f.Endpoints, "endpoint", nil, "[MODEL=]URL of a model server (repeatable)")
	flags.StringVar(&f.Slots, "slots", "auto", "a number, or auto to measure the slots of the model")
	addStoreFlag(flags, &f.store)
	flags.StringVar(&rescue, "recover", "", "new `file` for what can be read of the store")
	return cmd
}

// recoverStore copies what can be read of a damaged store.
func (a *app) recoverStore(ctx context.Context, from, to string) error {
	got, err := sqlite.Recover(ctx, from, to)
	if err != nil {
		return err
	}
	if a.asJSON {
		return json.NewEncoder(a.out).Encode(map[string]any{"store": to, "runs": got.Runs, "samples": got.Samples, "bodies": got.Bodies, "entries": got.Entries, "lost": got.Lost})
	}
	_, err = fmt.Fprintf(a.out, "%s: %d runs, %d samples, %d bodies, %d entries of the ledger recovered; %d rows lost\n", to, got.Runs, got.Samples, got.Bodies, got.Entries, got.Lost)
	return err
}

// examineStore reads the whole store, if there is one.
func examineStore(ctx context.Context, path string) finding {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return finding{"store", "ok", path + " is not there yet: the first run makes it", ""}
	}
	d := finding{Check: "store", Status: "problem", Remedy: fmt.Sprintf("Keep a copy, then: haetae doctor --store %s --recover NEWFILE", path)}
	s, err := sqlite.Open(path, sqlite.Options{ReadOnly: true})
	if err != nil {
		d.Detail = err.Error()
		if h, ok := errors.AsType[*harness.HintError](err); ok && !errors.Is(err, results.ErrCorrupt) {
			d.Remedy = h.Hint
		}
		return d
	}
	defer s.Close()
	h, err := s.Check(ctx)
	switch {
	case err != nil:
		d.Detail = err.Error()
	case len(h.Problems) > 0:
		d.Detail = fmt.Sprintf("%s has %d problems, the first: %s", path, len(h.Problems), h.Problems[0])
	default:
		return finding{"store", "ok", fmt.Sprintf("%s is whole: %d runs, %d samples, %d bodies", path, h.Runs, h.Samples, h.Bodies), ""}
	}
	return d
}

// examine makes all findings. Trouble found is a finding, not an error.
func examine(ctx context.Context, f *measureFlags) ([]finding, error) {
	var out []finding
	if len(f.Models) == 0 {
		out = append(out, examineServers(ctx, f.Endpoints)...)
	} else {
		subjects, err := parseSubjects(f.Models, f.Endpoints)
		if err != nil {
			return nil, err
		}
		for _, s := range subjects {
			out = append(out, examineModel(ctx, s, f.set)...)
		}
	}
	return append(out, examineGPU(ctx), examineStore(ctx, f.store), examineDisk(f.store), examineClock()), nil
}

func examineServers(ctx context.Context, endpoints []string) []finding {
	if len(endpoints) == 0 {
		endpoints = []string{env("HAETAE_ENDPOINT", os.Getenv("OLLAMA_HOST"))}
	}
	var out []finding
	for _, e := range endpoints {
		u, err := ollama.ParseHost(e)
		if err != nil {
			out = append(out, finding{"server", "problem", err.Error(), "Write --endpoint http://HOST:PORT."})
			continue
		}
		models, err := ollama.List(ctx, u)
		if err != nil {
			out = append(out, finding{"server", "problem", fmt.Sprintf("%s: %v", u, err), "Start it with ollama serve, or name another with --endpoint or OLLAMA_HOST."})
			continue
		}
		var names []string
		for _, m := range models {
			names = append(names, m.Name)
		}
		d := finding{"server", "ok", fmt.Sprintf("%s answers and has %d models: %s", u, len(names), strings.Join(names, ", ")), ""}
		if len(names) == 0 {
			d.Status, d.Remedy = "warning", "Fetch a model there, for example with ollama pull smollm2:135m."
		}
		out = append(out, d)
	}
	return out
}

// examineModel loads a model on every endpoint and tells what it is there.
func examineModel(ctx context.Context, s subject, set server) []finding {
	if err := s.check(ctx); err != nil {
		d := finding{Check: "model " + s.spec, Status: "problem", Detail: err.Error()}
		if h, ok := errors.AsType[*harness.HintError](err); ok {
			d.Remedy = h.Hint
		}
		return []finding{d}
	}
	var out []finding
	for i, c := range s.connect(set) {
		out = append(out, examineEndpoint(ctx, s, s.endpoints[i].String(), c, set)...)
		_ = c.Close() // idle connections only
	}
	return out
}

func examineEndpoint(ctx context.Context, s subject, at string, c client, set server) []finding {
	check := func(what string) string { return fmt.Sprintf("%s of %s at %s", what, s.name, at) }
	id, err := c.Describe(ctx)
	if err != nil {
		return []finding{{check("identity"), "problem", err.Error(), "The server's log tells why; ollama ps shows what is loaded."}}
	}
	out := []finding{{check("identity"), "ok", fmt.Sprintf("server %s, digest %.12s, %s, %s %s", told(id.Server), told(id.Digest), told(id.Family), told(id.Parameters), told(id.Quant)), ""}}
	if id.Context != nil {
		out = append(out, finding{check("context"), "ok", fmt.Sprintf("%d tokens in force, trained with %s", *id.Context, toldInt(id.Trained)), ""})
	}
	if id.Offload != nil {
		out = append(out, offload(check("memory"), *id.Offload))
	}
	for _, w := range id.Warnings {
		out = append(out, finding{check("warning"), "warning", w, ""})
	}
	for _, w := range id.Missing {
		out = append(out, finding{check("fact"), "unknown", w, ""})
	}
	n, from, err := slots(ctx, c, set, settleParams(id, []harness.Params{{}})[0])
	switch {
	case err != nil:
		out = append(out, finding{check("slots"), "problem", err.Error(), ""})
	case n == 1 && from != "flag":
		out = append(out, finding{check("slots"), "warning", fmt.Sprintf("1 generation at a time (%s)", from), "Set OLLAMA_NUM_PARALLEL on the server to serve several at a time; each needs memory for its own context."})
	default:
		out = append(out, finding{check("slots"), "ok", fmt.Sprintf("%d generations at a time (%s)", n, from), ""})
	}
	return out
}

// offload says where the model's weights are.
func offload(check string, share float64) finding {
	switch {
	case share <= 0:
		return finding{check, "warning", "the model runs on the CPU", "With a GPU in this machine, see the line gpu; a model that does not fit into its memory runs on the CPU."}
	case share < 1:
		return finding{check, "warning", fmt.Sprintf("only %.0f %% of the model is in GPU memory; the rest runs on the CPU", share*100),
			"Free GPU memory, or ask for a shorter context (--num-ctx) or fewer slots."}
	}
	return finding{check, "ok", "the whole model is in GPU memory", ""}
}

func told(s *string) string {
	if s == nil {
		return "not told"
	}
	return *s
}

func toldInt(n *int) string {
	if n == nil {
		return "an unknown number"
	}
	return fmt.Sprint(*n)
}

func examineGPU(ctx context.Context) finding {
	r, err := gpu.Read(ctx)
	switch {
	case errors.Is(err, gpu.ErrNoDriver):
		return finding{"gpu", "unknown", err.Error() + "; models run on the CPU unless the server is elsewhere", ""}
	case err != nil:
		return finding{"gpu", "problem", err.Error(), "The driver is there but does not answer: nvidia-smi shows why."}
	case len(r.GPUs) == 0:
		return finding{"gpu", "warning", "the driver is there, but no GPU", ""}
	}
	d := finding{Check: "gpu", Status: "ok", Detail: fmt.Sprintf("driver %s, CUDA %s", told(r.Driver), told(r.CUDA))}
	for _, g := range r.GPUs {
		d.Detail += fmt.Sprintf("; %s (%s)", g.Name, g.UUID)
		if g.MemoryTotal != nil && g.MemoryUsed != nil {
			d.Detail += fmt.Sprintf(", %.0f of %.0f MiB used", *g.MemoryUsed, *g.MemoryTotal)
		}
		if len(g.Throttling) > 0 {
			d.Status, d.Remedy = "warning", "Clocks are lowered: timings of this run will not compare with others."
			d.Detail += ", throttled by " + strings.Join(g.Throttling, ", ")
		}
	}
	return d
}

// examineDisk tells how much room the store has. A sample takes about 2 kB.
func examineDisk(store string) finding {
	dir := filepath.Dir(store)
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return finding{"disk", "problem", fmt.Sprintf("%s: %v", dir, err), "Name a store in a folder that exists with --store."}
	}
	free := float64(st.Bavail) * float64(st.Bsize) / 1e9
	d := finding{"disk", "ok", fmt.Sprintf("%.1f GB free for %s", free, store), ""}
	if free < 1 {
		d.Status, d.Remedy = "warning", "A million samples take about 2 GB: free some room, or put the store elsewhere with --store."
	}
	return d
}

func (a *app) prescribe(found []finding) error {
	problems := 0
	for _, d := range found {
		if d.Status == "problem" {
			problems++
		}
	}
	if a.asJSON {
		if err := json.NewEncoder(a.out).Encode(map[string]any{"findings": found}); err != nil {
			return err
		}
	} else {
		for _, d := range found {
			fmt.Fprintf(a.out, "%-8s %s: %s\n", d.Status, report.Clean(d.Check), report.Clean(d.Detail))
			if d.Remedy != "" {
				fmt.Fprintf(a.out, "         %s\n", report.Clean(d.Remedy))
			}
		}
	}
	if problems > 0 {
		return silent{harness.ExitError}
	}
	return nil
}
