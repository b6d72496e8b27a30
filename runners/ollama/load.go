package ollama

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/ollama/ollama/api"

	"github.com/sovereign-eval/haetae/harness"
)

// Load makes the server load the model with exactly the options that
// generations with p will have: another value of a load-time option would load
// it again at the first one. It waits as long as LoadTimeout.
func (m *Model) Load(ctx context.Context, p harness.Params) error {
	f, err := m.readFacts(ctx)
	if err != nil {
		return err
	}
	req, err := m.adminRequest(f, p, nil)
	if err != nil {
		return err
	}
	var resp api.ChatResponse
	switch err := m.call(ctx, "api/chat", req, &resp); {
	case err != nil:
		return fmt.Errorf("load %s: %w", m.name, err)
	case resp.RemoteHost != "":
		return m.remote(resp.RemoteHost)
	case !resp.Done:
		return fmt.Errorf("load %s: %w", m.name, fault(harness.SampleFault, CauseNoDone, errors.New("the server did not say that it is done")))
	}
	m.loaded.Store(&p)
	return nil
}

// adminRequest is a request that generates nothing but loads the model as a
// generation with p would.
func (m *Model) adminRequest(f *facts, p harness.Params, messages []api.Message) (*api.ChatRequest, error) {
	prof, err := newProfile(m.name, m.opts.KeepAlive, f, p)
	if err != nil {
		return nil, m.explain(fault(harness.FinalFault, CauseParams, err))
	}
	req := new(api.ChatRequest)
	if err := json.Unmarshal(prof.body(nil, 0), req); err != nil { // our own encoding: cannot fail
		return nil, fmt.Errorf("encode request: %w", err)
	}
	req.Stream = new(bool)
	req.Messages = messages
	if messages == nil {
		req.Messages = []api.Message{}
	}
	return req, nil
}
