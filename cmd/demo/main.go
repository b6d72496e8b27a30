//go:build unix

// Command demo is what `make demo` and `make test` run.
//
// Without arguments it measures a real small model from nothing: it finds or
// builds a model server, fetches the model, runs the suites quick and batteries and
// writes the report as demo/report.md and demo/report.json. A second run reuses all
// of it.
//
//	bin/demo                          what `make demo` does
//	PULL=1 bin/demo                   lets a running server pull the model
//	bin/demo serve -- go test ./...   runs a command beside a private test server
//
// The exit code is that of the command it ran: see the exit codes of haetae.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/sovereign-eval/haetae/runners/ollama/provision"
)

// Exit codes, as those of haetae.
const (
	exitError       = 1
	exitUsage       = 2
	exitIncomplete  = 4
	exitInterrupted = 130
)

var stopSignals = []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP}

func main() { os.Exit(run(os.Args[1:])) }

func run(args []string) int {
	cache, err := provision.Open(os.Stderr)
	if err != nil {
		return fail(err)
	}
	if len(args) > 0 && args[0] == "serve" {
		return serve(cache, args[1:])
	}
	d := demo{cache: cache, pull: os.Getenv("PULL") == "1"}
	flags := flag.NewFlagSet("demo", flag.ContinueOnError)
	flags.StringVar(&d.haetae, "haetae", "bin/haetae", "the haetae program")
	flags.StringVar(&d.dir, "dir", "demo", "folder for the store and the reports")
	suites := flags.String("suites", "quick,batteries", "the suites to run, with commas")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return 0
		}
		return exitUsage
	}
	if flags.NArg() > 0 {
		fmt.Fprintf(os.Stderr, "demo: unknown argument %q; want flags, or serve -- COMMAND\n", flags.Arg(0))
		return exitUsage
	}
	d.suites = strings.Split(*suites, ",")
	return d.run()
}

// errStopped is an error after a stop signal.
var errStopped = errors.New("stopped")

// provisioning runs f with a context that the first stop signal cancels. While a
// child runs, signals go to the child instead: see command.
func provisioning[T any](f func(context.Context) (T, error)) (T, error) {
	ctx, stop := signal.NotifyContext(context.Background(), stopSignals...)
	defer stop()
	got, err := f(ctx)
	if err != nil && ctx.Err() != nil {
		err = fmt.Errorf("%w: %w", errStopped, err)
	}
	return got, err
}

func fail(err error) int {
	fmt.Fprintln(os.Stderr, "demo:", err)
	if errors.Is(err, errStopped) {
		return exitInterrupted
	}
	return exitError
}
