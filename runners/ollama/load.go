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
// it again at the first one. It waits as long as LoadTimeout. Where the server
// can render without generating, the question for the rendered conversation is
// what loads the model, and the next [Model.Describe] uses the answer.
func (m *Model) Load(ctx context.Context, p harness.Params) error {
	f, err := m.readFacts(ctx)
	if err != nil {
		return err
	}
	m.rendered.Store(nil)
	resp, err := m.askRender(ctx, f, p)
	if fl := harness.AsFault(err); err != nil && ctx.Err() == nil && fl.Kind == harness.FinalFault && fl.Cause != CauseRemote {
		resp, err = m.askLoad(ctx, f, p) // a server that refuses to render
	} else if err == nil {
		m.rendered.Store(resp)
	}
	switch {
	case err != nil:
		return fmt.Errorf("load %s: %w", m.name, err)
	case !resp.Done && resp.DebugInfo == nil:
		return fmt.Errorf("load %s: %w", m.name, fault(harness.SampleFault, CauseNoDone, errors.New("the server did not say that it is done")))
	}
	m.loaded.Store(&p)
	return nil
}

// askLoad asks for nothing: the server loads the model and answers.
func (m *Model) askLoad(ctx context.Context, f *facts, p harness.Params) (*api.ChatResponse, error) {
	req, err := m.adminRequest(f, p, nil)
	if err != nil {
		return nil, err
	}
	return m.ask(ctx, req)
}

// askRender asks for the exact prompt of the fixed conversation. Servers that do
// not know the question generate one token.
func (m *Model) askRender(ctx context.Context, f *facts, p harness.Params) (*api.ChatResponse, error) {
	req, err := m.adminRequest(f, p, conversation)
	if err != nil {
		return nil, err
	}
	req.DebugRenderOnly = true
	req.Options["num_predict"] = 1
	return m.ask(ctx, req)
}

// ask sends an administrative chat request and refuses an answer that came from
// elsewhere.
func (m *Model) ask(ctx context.Context, req *api.ChatRequest) (*api.ChatResponse, error) {
	resp := new(api.ChatResponse)
	if err := m.call(ctx, "api/chat", req, resp); err != nil {
		return nil, err
	}
	if resp.RemoteHost != "" {
		return nil, m.remote(resp.RemoteHost)
	}
	return resp, nil
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
