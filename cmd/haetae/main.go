// Command haetae measures what foundation models can do and what they refuse,
// on one's own servers, and keeps evidence of it.
//
//	haetae run quick -m ollama/smollm2:135m     # measure, then print the report
//	haetae report last --lang ko -o report.md   # the same figures in Korean
//	haetae show last --failures                 # the samples behind them
//
// Every command explains itself with --help. The contract for other programs,
// with flags, exit codes and formats, is docs/CLI.md.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/results/report"
)

// gcPercent keeps the heap small. What a run holds does not grow with its plan,
// and collecting it twice as often costs under 2 % of its CPU.
const gcPercent = 50

func main() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	os.Exit(Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// Main runs one command and returns its exit code.
func Main(args []string, in io.Reader, out, errw io.Writer) int {
	a := &app{in: in, out: out, err: errw}
	ctx, stop := a.signals(context.Background())
	defer stop()
	root := a.root()
	root.SetArgs(args)
	root.SetIn(in)
	root.SetOut(out)
	root.SetErr(errw)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return harness.ExitOK
	}
	code := exitCode(err)
	if cause := context.Cause(ctx); code == harness.ExitError && errors.Is(cause, errInterrupted) {
		err, code = cause, harness.ExitInterrupted // whatever it broke, the signal is the reason
	}
	a.complain(err)
	return code
}

// app is what the commands share.
type app struct {
	in       io.Reader
	out, err io.Writer
	progress string          // --progress, resolved
	asJSON   bool            // --json
	hard     context.Context // done at the second signal
}

// errInterrupted ends a run that a signal stopped.
var errInterrupted = errors.New("interrupted")

// signals makes a context that the first signal ends; the second ends a.hard.
func (a *app) signals(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	hard, kill := context.WithCancelCause(context.Background())
	a.hard = hard
	ch := make(chan os.Signal, 2)
	signal.Notify(ch, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	done := make(chan struct{})
	go func() {
		for _, end := range []context.CancelCauseFunc{cancel, kill} {
			select {
			case s := <-ch:
				end(fmt.Errorf("%w by %v", errInterrupted, s))
			case <-done:
				return
			}
		}
	}()
	return ctx, func() {
		signal.Stop(ch)
		close(done)
		cancel(nil)
		kill(nil)
	}
}

// silent carries an exit code whose reason has been told already.
type silent struct{ code int }

func (s silent) Error() string { return fmt.Sprintf("exit %d", s.code) }

// exitCode maps an error to the code that other programs branch on.
func exitCode(err error) int {
	if s, ok := errors.AsType[silent](err); ok {
		return s.code
	}
	if errors.Is(err, errInterrupted) {
		return harness.ExitInterrupted
	}
	if errors.Is(err, harness.ErrVoid) {
		return harness.ExitIncomplete
	}
	if h, ok := errors.AsType[*harness.HintError](err); ok && h.Exit != 0 {
		return h.Exit
	}
	return harness.ExitError
}

// complain tells people, or a program that reads JSON Lines, what went wrong.
func (a *app) complain(err error) {
	if _, ok := errors.AsType[silent](err); ok {
		return
	}
	hint := ""
	if h, ok := errors.AsType[*harness.HintError](err); ok {
		hint = h.Hint
	}
	if a.progress == "json" {
		line := map[string]any{"event": "error", "message": err.Error()}
		if hint != "" {
			line["hint"] = hint
		}
		_ = json.NewEncoder(a.err).Encode(line) // nowhere left to report to
		return
	}
	fmt.Fprintf(a.err, "haetae: %s\n", report.Clean(err.Error()))
	if hint != "" {
		fmt.Fprintf(a.err, "        %s\n", report.Clean(hint))
	}
}

// warn tells something that does not stop the command.
func (a *app) warn(format string, args ...any) {
	msg := fmt.Sprintf(format, args...)
	if a.progress == "json" {
		_ = json.NewEncoder(a.err).Encode(map[string]any{"event": "warning", "message": msg})
		return
	}
	fmt.Fprintf(a.err, "haetae: %s\n", report.Clean(msg))
}
