package main

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/sovereign-eval/haetae/harness"
)

// protocol is everything that was fixed before the first call of a run: what a
// resume needs to continue it. It is kept with the run as JSON.
type protocol struct {
	Tool   string   `json:"tool"`  // version of this binary
	Tasks  []string `json:"tasks"` // as asked for; files as absolute paths
	Data   []string `json:"data,omitempty"`
	Models []string `json:"models"`
	Seed   int64    `json:"seed"`
	Epochs int      `json:"epochs"`
	Limit  int      `json:"limit"`
	// Attacks are those of --attack; nil: what the suites ask for.
	Attacks []string `json:"attacks,omitempty"`
	// EpochsGiven: --epochs stands over what suites say of single tasks.
	EpochsGiven bool           `json:"epochs_given,omitempty"`
	Params      harness.Params `json:"params"` // of the flags
	// Circumstances: they may differ at a resume.
	Endpoints []string `json:"endpoints,omitempty"`
	Slots     string   `json:"slots"`
}

// measureFlags are the flags that run and plan share.
type measureFlags struct {
	protocol
	store       string
	temperature float64
	set         server
	drain       time.Duration
	resume      string
	lang        string
}

// addMeasureFlags declares the flags of a measurement, so that a plan is asked
// for with the arguments of the run.
func addMeasureFlags(fs *pflag.FlagSet, f *measureFlags) {
	fs.StringArrayVarP(&f.Models, "model", "m", nil, "model to measure, RUNNER/NAME or an Ollama name (repeatable)")
	fs.StringArrayVar(&f.Endpoints, "endpoint", nil, "[MODEL=]URL of a model server (repeatable; default OLLAMA_HOST, then 127.0.0.1:11434)")
	fs.StringArrayVar(&f.Data, "data", nil, "folder with data files that are not shipped (repeatable)")
	fs.IntVar(&f.Limit, "limit", 0, "items per task (default: all)")
	fs.Int64Var(&f.Seed, "seed", 1, "seed of the run")
	fs.IntVar(&f.Epochs, "epochs", 0, "repetitions of every item, each with its own seed (default: the suite's, else 1)")
	fs.StringVar(&f.Slots, "slots", "auto", "generations that an endpoint serves at a time, or auto to measure it")
	fs.IntVar(&f.Params.NumCtx, "num-ctx", 0, "context in tokens, one value for the run (default 4096, or the trained context if smaller)")
	fs.IntVar(&f.Params.MaxTokens, "max-tokens", 0, "new tokens per answer (default: the task's)")
	fs.StringSliceVar(&f.Attacks, "attack", nil, "attacks on the items of safety tasks: names of haetae list transforms, all, or none (default: the suite's)")
	fs.StringVar(&f.Params.Sampling, "sampling", "", "where samplers that are not given come from: neutral, or model for what the model declares (default: the suite's, else neutral)")
	fs.Float64Var(&f.temperature, "temperature", 0, "sampling temperature (default: the task's, else 0)")
	fs.StringVar(&f.Params.Think, "think", "", "off, on, low, medium or high, where the model can reason (default off)")
	fs.IntVar(&f.Params.ThinkTokens, "think-tokens", 0, "tokens for reasoning, added to the limit of the answer")
	fs.StringVar(&f.lang, "lang", env("HAETAE_LANG", "en"), "language of the report: en or ko")
	fs.DurationVar(&f.drain, "drain", 30*time.Second, "longest wait for samples in flight after an interrupt")
	fs.DurationVar(&f.set.wait, "server-wait", 10*time.Minute, "how long a server may be away before the run ends, resumable")
	fs.DurationVar(&f.set.loadTimeout, "load-timeout", 10*time.Minute, "time until the first token")
	fs.DurationVar(&f.set.idleTimeout, "idle-timeout", 2*time.Minute, "time between two tokens")
}

// check refuses values that no measurement can have.
func (f *measureFlags) check(cmd *cobra.Command) error {
	changed := cmd.Flags().Changed
	if changed("temperature") {
		f.Params.Temperature = &f.temperature
	}
	f.EpochsGiven = changed("epochs")
	bad := func(format string, args ...any) error {
		return harness.Usage(fmt.Errorf(format, args...), "Run %s --help for the flags.", cmd.CommandPath())
	}
	switch {
	case changed("limit") && f.Limit < 1:
		return bad("--limit %d: at least one item must be asked", f.Limit)
	case changed("epochs") && f.Epochs < 1:
		return bad("--epochs %d: at least 1", f.Epochs)
	case changed("num-ctx") && f.Params.NumCtx < 16:
		return bad("--num-ctx %d: at least 16 tokens", f.Params.NumCtx)
	case changed("max-tokens") && f.Params.MaxTokens < 1:
		return bad("--max-tokens %d: at least 1", f.Params.MaxTokens)
	case f.Params.ThinkTokens < 0:
		return bad("--think-tokens %d: not negative", f.Params.ThinkTokens)
	case changed("temperature") && (f.temperature < 0 || f.temperature > 10 || f.temperature != f.temperature):
		return bad("--temperature %v: from 0 to 10", f.temperature)
	case f.Params.Sampling != "" && !slices.Contains([]string{"neutral", harness.OwnSampling}, f.Params.Sampling):
		return bad("--sampling %q: neutral or model", f.Params.Sampling)
	case f.drain < 0:
		return bad("--drain %v: not negative", f.drain)
	case changed("server-wait") && f.set.wait <= 0:
		return bad("--server-wait %v: more than 0", f.set.wait)
	case changed("load-timeout") && f.set.loadTimeout <= 0:
		return bad("--load-timeout %v: more than 0", f.set.loadTimeout)
	case changed("idle-timeout") && f.set.idleTimeout <= 0:
		return bad("--idle-timeout %v: more than 0", f.set.idleTimeout)
	case f.Params.Think != "" && !slices.Contains([]string{"off", "on", "low", "medium", "high"}, f.Params.Think):
		return bad("--think %q: off, on, low, medium or high", f.Params.Think)
	}
	for _, d := range f.Data {
		if fi, err := os.Stat(d); err != nil || !fi.IsDir() {
			return harness.Usage(fmt.Errorf("--data %s: no such folder", d), "Name the folder that holds the data files; haetae list tasks --json says what each task needs.")
		}
	}
	if err := checkLang(f.lang); err != nil {
		return err
	}
	return parseSlots(f.Slots)
}

// circumstantial flags may differ between a run and its resume.
var circumstantial = []string{"endpoint", "slots", "progress", "json", "store", "resume", "drain", "server-wait", "load-timeout", "idle-timeout", "lang", "help"}

// matches checks that arguments repeated at a resume are those of the run.
func (f *measureFlags) matches(cmd *cobra.Command, args []string, old protocol) error {
	var diff []string
	if len(args) > 0 && !slices.Equal(absolute(args), old.Tasks) {
		diff = append(diff, fmt.Sprintf("tasks %s (the run has %s)", strings.Join(args, " "), strings.Join(old.Tasks, " ")))
	}
	was := map[string]any{
		"model": old.Models, "data": old.Data, "limit": old.Limit, "seed": old.Seed, "epochs": old.Epochs,
		"num-ctx": old.Params.NumCtx, "max-tokens": old.Params.MaxTokens, "temperature": value(old.Params.Temperature),
		"think": old.Params.Think, "think-tokens": old.Params.ThinkTokens, "attack": old.Attacks, "sampling": old.Params.Sampling,
	}
	is := map[string]any{
		"model": f.Models, "data": absolute(f.Data), "limit": f.Limit, "seed": f.Seed, "epochs": f.Epochs,
		"num-ctx": f.Params.NumCtx, "max-tokens": f.Params.MaxTokens, "temperature": f.temperature,
		"think": f.Params.Think, "think-tokens": f.Params.ThinkTokens, "attack": f.Attacks, "sampling": f.Params.Sampling,
	}
	cmd.Flags().Visit(func(fl *pflag.Flag) {
		if slices.Contains(circumstantial, fl.Name) {
			return
		}
		if now, then := fmt.Sprint(is[fl.Name]), fmt.Sprint(was[fl.Name]); now != then {
			diff = append(diff, fmt.Sprintf("--%s %s (the run has %s)", fl.Name, now, then))
		}
	})
	if len(diff) > 0 {
		return harness.Usage(fmt.Errorf("resume with other arguments: %s", strings.Join(diff, "; ")),
			"Leave them out to continue the run as it was, or start a new run without --resume.")
	}
	return nil
}

func value(p *float64) float64 {
	if p == nil {
		return 0
	}
	return *p
}

// absolute makes arguments that are files or folders independent of the working
// folder; names of shipped tasks and suites stay.
func absolute(args []string) []string {
	out := make([]string, 0, len(args))
	for _, a := range args {
		if _, err := os.Stat(a); err == nil {
			if abs, err := filepath.Abs(a); err == nil {
				a = abs
			}
		}
		out = append(out, a)
	}
	return out
}

func (p protocol) json() json.RawMessage {
	b, err := json.Marshal(p)
	if err != nil { // plain data: cannot fail
		panic(err)
	}
	return b
}

// newRunID makes an ID that sorts by time and is easy to tell apart by its
// beginning.
func newRunID(now time.Time) string {
	var b [3]byte
	_, _ = rand.Read(b[:]) // never fails
	return now.UTC().Format("20060102-150405-") + hex.EncodeToString(b[:])
}
