package harness

import (
	"errors"
	"fmt"
)

// FaultKind says who is in trouble and what follows.
type FaultKind int

// The kinds of fault.
const (
	// SampleFault costs the sample one of its tries.
	SampleFault FaultKind = iota
	// EndpointFault pauses the endpoint and costs the sample nothing.
	EndpointFault
	// FinalFault makes the sample an error at once: trying again cannot help.
	FinalFault
)

// Fault is a failed exchange with a model server.
type Fault struct {
	Kind  FaultKind
	Cause string // one word for the record: cut, no_done, hang, status_500, context, refused, …
	Err   error
}

// Error implements error.
func (f *Fault) Error() string { return fmt.Sprintf("%s: %v", f.Cause, f.Err) }

// Unwrap returns the underlying error.
func (f *Fault) Unwrap() error { return f.Err }

// AsFault returns the fault in err. An error of another type counts as a fault
// of the sample with the cause "error".
func AsFault(err error) *Fault {
	if f, ok := errors.AsType[*Fault](err); ok {
		return f
	}
	return &Fault{Kind: SampleFault, Cause: "error", Err: err}
}

// Exit codes of the command, an interface for other programs.
const (
	ExitOK          = 0
	ExitError       = 1
	ExitUsage       = 2
	ExitGate        = 3
	ExitIncomplete  = 4
	ExitInterrupted = 130
)

// HintError is an error with a remedy for people and an exit code.
type HintError struct {
	Err  error
	Hint string // what to do about it; a sentence
	Exit int    // 0 stands for ExitError
}

// Error implements error.
func (e *HintError) Error() string { return e.Err.Error() }

// Unwrap returns the underlying error.
func (e *HintError) Unwrap() error { return e.Err }

// Hint wraps err with a remedy.
func Hint(err error, format string, args ...any) error {
	return &HintError{Err: err, Hint: fmt.Sprintf(format, args...)}
}

// Usage wraps a mistake of the caller with a remedy and the exit code 2.
func Usage(err error, format string, args ...any) error {
	return &HintError{Err: err, Hint: fmt.Sprintf(format, args...), Exit: ExitUsage}
}

// ErrVoid marks a run whose server changed while it was measured.
var ErrVoid = errors.New("the model server changed during the run")
