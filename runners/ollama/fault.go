package ollama

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"unicode/utf8"

	"github.com/sovereign-eval/haetae/harness"
)

// Causes of faults, as they stand in the record.
const (
	CauseRefused   = "refused"     // endpoint: nobody listens there
	CauseDial      = "dial"        // endpoint: no connection for another reason
	CauseBusy      = "busy"        // endpoint: its queue is full
	CauseProbe     = "probe"       // endpoint: alive no more
	CauseCut       = "cut"         // sample: the connection broke
	CauseNoDone    = "no_done"     // sample: a clean end that is no end of an answer
	CauseHang      = "hang"        // sample, if the endpoint is healthy: no token in time
	CauseHTML      = "html"        // sample: a page where an answer was due
	CauseGarbled   = "garbled"     // sample: a line that is no JSON object
	CauseErrorLine = "error_line"  // sample: an error inside a 200
	CauseContext   = "context"     // final: the prompt is over the context
	CauseNoModel   = "no_model"    // final: the server does not have the model
	CauseRemote    = "remote"      // final: the answer was made elsewhere
	CauseOther     = "other_model" // final: another model answered
	CauseParams    = "params"      // final: parameters that cannot be sent
)

var (
	errHang   = errors.New("nothing came in time")
	errRemote = errors.New("the server passes this model on to another host")
)

func fault(kind harness.FaultKind, cause string, err error) error {
	return &harness.Fault{Kind: kind, Cause: cause, Err: err}
}

// transportFault explains why no response came, or why it broke off.
func transportFault(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		if errors.Is(cause, errHang) {
			return fault(harness.SampleFault, CauseHang, cause)
		}
		return cause
	}
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "dial" {
		if errors.Is(err, syscall.ECONNREFUSED) {
			return fault(harness.EndpointFault, CauseRefused, err)
		}
		return fault(harness.EndpointFault, CauseDial, err)
	}
	if dial, ok := errors.AsType[*dialError](err); ok {
		return fault(harness.EndpointFault, CauseDial, dial.err)
	}
	return fault(harness.SampleFault, CauseCut, err)
}

// dialError marks an error of opening a connection, whatever made it.
type dialError struct{ err error }

func (e *dialError) Error() string { return e.err.Error() }
func (e *dialError) Unwrap() error { return e.err }

// statusFault explains a response whose status is not 200.
func statusFault(resp *http.Response) error {
	body, _ := io.ReadAll(io.LimitReader(resp.Body, 64<<10)) // a part is as good as the whole here
	text := errorText(body)
	err := fmt.Errorf("status %d: %s", resp.StatusCode, quote(text))
	cause := fmt.Sprintf("status_%d", resp.StatusCode)
	switch code := resp.StatusCode; {
	case code == http.StatusServiceUnavailable || code == http.StatusTooManyRequests:
		return fault(harness.EndpointFault, CauseBusy, err)
	case code < 400: // redirects are not followed: prompts go nowhere else
		return fault(harness.FinalFault, cause, err)
	case isHTML(resp.Header.Get("Content-Type"), body):
		return fault(harness.SampleFault, CauseHTML, err)
	case code >= 500 || code == 499 || code == http.StatusRequestTimeout:
		return fault(harness.SampleFault, cause, err)
	case code == http.StatusBadRequest && overContext(text):
		return fault(harness.FinalFault, CauseContext, err)
	case code == http.StatusNotFound && isModelMissing(text):
		return fault(harness.FinalFault, CauseNoModel, err)
	}
	return fault(harness.FinalFault, cause, err)
}

// overContext recognises the refusals of both dialects: "the input length
// exceeds the context length" and llama-server's "request (N tokens) exceeds the
// available context size".
func overContext(text string) bool {
	text = strings.ToLower(text)
	return strings.Contains(text, "context") && (strings.Contains(text, "exceed") ||
		strings.Contains(text, "length") || strings.Contains(text, "size")) ||
		strings.Contains(text, "too large") || strings.Contains(text, "too long")
}

func isModelMissing(text string) bool {
	text = strings.ToLower(text)
	return strings.Contains(text, "model") && strings.Contains(text, "not found")
}

// errorText takes the message out of an error body: {"error": "…"}, the nested
// form {"error": {"message": "…"}}, one inside the other's text, or plain text.
func errorText(body []byte) string {
	text := strings.TrimSpace(string(body))
	for range 3 {
		var e struct {
			Error   json.RawMessage `json:"error"`
			Message string          `json:"message"`
		}
		if json.Unmarshal([]byte(text), &e) != nil {
			break
		}
		switch {
		case e.Message != "":
			text = e.Message
		case len(e.Error) == 0 || json.Unmarshal(e.Error, &text) != nil: // no string: an object, perhaps
			text = string(e.Error)
		}
	}
	return text
}

func isHTML(contentType string, body []byte) bool {
	return strings.HasPrefix(contentType, "text/html") || bytes.HasPrefix(bytes.TrimSpace(body), []byte("<"))
}

// quote makes a server's words harmless: at most 300 bytes, escaped.
func quote(s string) string {
	if s == "" {
		return "an empty body"
	}
	if len(s) > 300 {
		s = s[:300]
		for len(s) > 0 && !utf8.RuneStart(s[len(s)-1]) {
			s = s[:len(s)-1]
		}
		return fmt.Sprintf("%+q…", s)
	}
	return fmt.Sprintf("%q", s)
}
