package ollama

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/ollama/ollama/api"

	"github.com/sovereign-eval/haetae/harness"
)

const (
	maxAdmin     = 16 << 20    // bytes of an answer about the server or the model
	adminTimeout = time.Minute // for one, unless the model is loaded for it
)

// call asks the server something that generates nothing. in is the JSON body,
// nil for a GET; out takes the JSON answer.
func call(ctx context.Context, rt http.RoundTripper, base *url.URL, path string, in, out any) error {
	method, body := http.MethodGet, io.Reader(nil)
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return fmt.Errorf("call %s: %w", path, err)
		}
		method, body = http.MethodPost, bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, base.JoinPath(path).String(), body)
	if err != nil {
		return fmt.Errorf("call %s: %w", path, err)
	}
	req.Header.Set("User-Agent", "haetae")
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := rt.RoundTrip(req)
	if err != nil {
		return at(base, path, transportFault(ctx, err))
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return at(base, path, statusFault(resp))
	}
	b, err := io.ReadAll(io.LimitReader(resp.Body, maxAdmin+1))
	switch {
	case err != nil:
		return at(base, path, transportFault(ctx, err))
	case len(b) > maxAdmin:
		return at(base, path, fault(harness.SampleFault, CauseGarbled, errors.New("an answer over 16 MiB")))
	case isHTML(resp.Header.Get("Content-Type"), b):
		return at(base, path, fault(harness.SampleFault, CauseHTML, errors.New("an HTML page: no Ollama server at this address")))
	}
	if err := json.Unmarshal(b, out); err != nil {
		return at(base, path, fault(harness.SampleFault, CauseGarbled, err))
	}
	return nil
}

// at names the call in a fault.
func at(base *url.URL, path string, err error) error {
	if f, ok := errors.AsType[*harness.Fault](err); ok {
		f.Err = fmt.Errorf("%s at %s: %w", path, base.Host, f.Err)
	}
	return err
}

// call asks within a time limit: that of loading where the call may load the
// model. Running into it is a hang.
func (m *Model) call(ctx context.Context, path string, in, out any) error {
	limit := adminTimeout
	if path == "api/chat" {
		limit = m.opts.LoadTimeout
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	t := time.AfterFunc(limit, func() { cancel(errHang) })
	defer t.Stop()
	return call(ctx, m.admin, m.base, path, in, out)
}

// Version asks a server for its version.
func (m *Model) Version(ctx context.Context) (string, error) {
	var v struct {
		Version string `json:"version"`
	}
	if err := m.call(ctx, "api/version", nil, &v); err != nil {
		return "", err
	}
	if v.Version == "" {
		return "", at(m.base, "api/version", fault(harness.SampleFault, CauseGarbled, errors.New("an answer without a version: no Ollama server at this address")))
	}
	return v.Version, nil
}

// Probe asks whether the server is alive. A server that is not is an endpoint
// fault, whatever it did instead of answering.
func (m *Model) Probe(ctx context.Context) error {
	inner, cancel := context.WithTimeout(ctx, m.opts.ProbeTimeout)
	defer cancel()
	_, err := m.Version(inner)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	}
	if f, ok := errors.AsType[*harness.Fault](err); ok && f.Kind == harness.EndpointFault {
		return err
	}
	return fault(harness.EndpointFault, CauseProbe, fmt.Errorf("probe %s: %w", m.base.Host, err))
}

// List returns the models that the server at endpoint has, as it lists them.
// Models that it passes on to another host have RemoteHost set.
func List(ctx context.Context, endpoint *url.URL) ([]api.ListModelResponse, error) {
	m := New(endpoint, "", Options{})
	defer m.Close()
	return m.list(ctx)
}

func (m *Model) list(ctx context.Context) ([]api.ListModelResponse, error) {
	var l api.ListResponse
	if err := m.call(ctx, "api/tags", nil, &l); err != nil {
		return nil, err
	}
	return l.Models, nil
}

// find returns the server's entry for the model.
func (m *Model) find(ctx context.Context) (api.ListModelResponse, error) {
	models, err := m.list(ctx)
	if err != nil {
		return api.ListModelResponse{}, err
	}
	var names []string
	for _, l := range models {
		if sameName(l.Name, m.name) {
			if l.RemoteHost != "" {
				return l, m.remote(l.RemoteHost)
			}
			return l, nil
		}
		names = append(names, l.Name)
	}
	has := "has no models"
	if len(names) > 0 {
		has = "has " + strings.Join(names[:min(len(names), 20)], ", ")
	}
	err = fault(harness.FinalFault, CauseNoModel, fmt.Errorf("model %q: not on the server at %s", m.name, m.base.Host))
	return api.ListModelResponse{}, harness.Hint(err, "the server %s; fetch another one with: ollama pull %s", has, m.name)
}

func (m *Model) remote(host string) error {
	err := fault(harness.FinalFault, CauseRemote, fmt.Errorf("model %s: %w: %s", m.name, errRemote, quote(host)))
	return harness.Hint(err, "measure a model whose weights are on the server; prompts must not leave it")
}

// sameName compares model names as the server does: case does not matter, and
// host, namespace and tag have defaults.
func sameName(a, b string) bool { return strings.EqualFold(fullName(a), fullName(b)) }

func fullName(s string) string {
	s = strings.TrimPrefix(strings.TrimPrefix(s, "https://"), "http://")
	s = strings.TrimPrefix(strings.TrimPrefix(s, "registry.ollama.ai/"), "library/")
	if i := strings.LastIndexByte(s, '/'); !strings.Contains(s[i+1:], ":") {
		s += ":latest"
	}
	return s
}
