package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/harness/engine"
	"github.com/sovereign-eval/haetae/runners/ollama"
	"github.com/sovereign-eval/haetae/runners/pool"
)

// subject is one model to be measured and the endpoints that serve it.
type subject struct {
	spec      string // as asked for
	runner    string
	name      string
	endpoints []*url.URL
}

// server holds the settings of the connection to model servers. They are
// circumstances: none of them changes an answer.
type server struct {
	slots       string // a number, or auto
	loadTimeout time.Duration
	idleTimeout time.Duration
	wait        time.Duration
}

// client is what the command needs of a runner.
type client interface {
	harness.Model
	harness.Describer
	harness.Warmer
	harness.Prober
	// Outline is the identity as far as it is known before the model is loaded.
	Outline(ctx context.Context) (harness.Identity, error)
	Slots(ctx context.Context, p harness.Params) (n int, from string, err error)
	Close() error
}

// parseSubjects reads -m and --endpoint. A model is RUNNER/NAME where RUNNER is
// in the table of runners; otherwise the whole is an Ollama name. An endpoint is
// [MODEL=]URL; one without a model serves all of them.
func parseSubjects(models, endpoints []string) ([]subject, error) {
	if len(models) == 0 {
		return nil, harness.Usage(errors.New("no model is named"), "Name one with -m, for example -m ollama/smollm2:135m.")
	}
	var all []subject
	for _, m := range models {
		s := subject{spec: m, runner: "ollama", name: m}
		if r, name, ok := strings.Cut(m, "/"); ok && slices.Contains(runnerNames, r) {
			s.runner, s.name = r, name
		}
		if strings.TrimSpace(s.name) == "" {
			return nil, harness.Usage(fmt.Errorf("model %q has no name", m), "Write -m ollama/NAME, or NAME alone.")
		}
		if slices.ContainsFunc(all, func(o subject) bool { return o.runner == s.runner && o.name == s.name }) {
			return nil, harness.Usage(fmt.Errorf("model %q is named twice", m), "Name every model once; --epochs repeats a measurement.")
		}
		all = append(all, s)
	}
	for _, e := range endpoints {
		if err := addEndpoint(all, e); err != nil {
			return nil, err
		}
	}
	return all, defaultEndpoints(all)
}

func addEndpoint(all []subject, e string) error {
	model, host := "", e
	if left, right, ok := strings.Cut(e, "="); ok && !strings.Contains(left, "://") {
		model, host = left, right
	}
	u, err := ollama.ParseHost(host)
	if err != nil {
		return harness.Usage(err, "Write --endpoint http://HOST:PORT, or MODEL=http://HOST:PORT.")
	}
	found := false
	for i := range all {
		if model == "" || all[i].spec == model || all[i].name == model {
			all[i].endpoints = append(all[i].endpoints, u)
			found = true
		}
	}
	if !found {
		var names []string
		for _, s := range all {
			names = append(names, s.spec)
		}
		return harness.Usage(fmt.Errorf("--endpoint %s: no model %q among those of -m", e, model), "%s", suggest(model, names, "Give the model as in -m."))
	}
	return nil
}

func defaultEndpoints(all []subject) error {
	for i := range all {
		if len(all[i].endpoints) > 0 {
			continue
		}
		host := env("HAETAE_ENDPOINT", os.Getenv("OLLAMA_HOST"))
		u, err := ollama.ParseHost(host)
		if err != nil {
			return harness.Usage(fmt.Errorf("read OLLAMA_HOST or HAETAE_ENDPOINT: %w", err), "Set it to HOST:PORT, or use --endpoint.")
		}
		all[i].endpoints = []*url.URL{u}
	}
	return nil
}

// connect makes one client per endpoint. Nothing is sent yet.
func (s subject) connect(set server) []client {
	slots := 0
	if n, err := strconv.Atoi(set.slots); err == nil {
		slots = n
	}
	var all []client
	for _, u := range s.endpoints {
		all = append(all, ollama.New(u, s.name, ollama.Options{Slots: slots, LoadTimeout: set.loadTimeout, IdleTimeout: set.idleTimeout}))
	}
	return all
}

// check fails early: is every server there, and does it have the model?
func (s subject) check(ctx context.Context) error {
	for _, u := range s.endpoints {
		models, err := ollama.List(ctx, u)
		if err != nil {
			return harness.Hint(fmt.Errorf("reach the model server at %s: %w", u, err),
				"Start it (ollama serve), or name another with --endpoint or OLLAMA_HOST. haetae doctor looks closer.")
		}
		var names []string
		found := false
		for _, m := range models {
			names = append(names, strings.TrimSuffix(m.Name, ":latest"))
			if m.Name != s.name && m.Name != s.name+":latest" {
				continue
			}
			if found = true; m.RemoteHost != "" {
				return harness.Hint(fmt.Errorf("model %q at %s is served by %s: its prompts would leave this network", s.name, u, m.RemoteHost),
					"Measure a model whose weights the server holds itself: haetae list models shows them.")
			}
		}
		if !found {
			return harness.Hint(fmt.Errorf("the server at %s has no model %q", u, s.name), "%s",
				suggest(s.name, names, fmt.Sprintf("Fetch it there with: ollama pull %s", s.name)))
		}
	}
	return nil
}

// outlines reads from every endpoint what can be known without loading the model.
func (s subject) outlines(ctx context.Context, set server) ([]harness.Identity, error) {
	var all []harness.Identity
	for i, c := range s.connect(set) {
		id, err := c.Outline(ctx)
		_ = c.Close() // idle connections only
		if err != nil {
			return nil, fmt.Errorf("describe %s at %s: %w", s.name, s.endpoints[i], err)
		}
		all = append(all, id)
	}
	return all, nil
}

// agree refuses an endpoint that serves something else than the first one.
func (s subject) agree(ids []harness.Identity) error {
	for i := range ids {
		if diff := harness.Diff(ids[0], ids[i]); len(diff) > 0 {
			return harness.Hint(fmt.Errorf("endpoint %s does not serve what %s serves: %s", s.endpoints[i], s.endpoints[0], engine.Describe(diff)),
				"Give all endpoints of a model the same version, weights and settings, or leave this one out.")
		}
	}
	return nil
}

// kept compares an identity that was measured with what is known now, without
// loading the model.
func (s subject) kept(before harness.Identity, now []harness.Identity) error {
	before.Context, before.Offload, before.Template = nil, nil, nil // known of a loaded model only
	for i, id := range now {
		if err := unchanged(before, id); err != nil {
			return fmt.Errorf("endpoint %s: %w", s.endpoints[i], err)
		}
	}
	return nil
}

// parseSlots checks --slots.
func parseSlots(s string) error {
	if s == "auto" {
		return nil
	}
	if n, err := strconv.Atoi(s); err != nil || n < 1 || n > 4096 {
		return harness.Usage(fmt.Errorf("invalid --slots %q", s), "Give a number from 1 to 4096, or auto to measure it.")
	}
	return nil
}

// opened is a subject whose model is loaded on every endpoint.
type opened struct {
	clients []client
	phase   engine.Phase
}

// open loads the model everywhere, reads what it is, resolves the parameters
// and measures the slots. wish holds the parameters asked for, one per task.
// before is the identity that a resumed run had: if the model differs from it,
// nothing is sent.
func (s subject) open(ctx context.Context, set server, wish []harness.Params, before *harness.Identity, trouble func(string)) (opened, error) {
	o := opened{clients: s.connect(set)}
	params, err := s.settle(ctx, o.clients[0], wish)
	if err != nil {
		return o, err
	}
	var ends []pool.Endpoint
	var ids []harness.Identity
	for i, c := range o.clients {
		if err := c.Load(ctx, params[0]); err != nil {
			return o, fmt.Errorf("load %s at %s: %w", s.name, s.endpoints[i], err)
		}
		id, err := c.Describe(ctx)
		if err != nil {
			return o, fmt.Errorf("describe %s at %s: %w", s.name, s.endpoints[i], err)
		}
		if before != nil {
			if err := unchanged(*before, id); err != nil {
				return o, err
			}
		}
		ids = append(ids, id)
		if err := s.agree(ids); err != nil {
			return o, err
		}
	}
	o.phase.Identity = ids[0]
	for i, c := range o.clients { // generates: only after every endpoint is known to be right
		n, from, err := slots(ctx, c, set, params[0])
		if err != nil {
			return o, fmt.Errorf("at %s: %w", s.endpoints[i], err)
		}
		if i == 0 {
			o.phase.Identity.SlotsFrom = from
		}
		o.phase.Slots += n
		ends = append(ends, pool.Endpoint{Name: s.endpoints[i].String(), Model: c, Slots: n})
	}
	first := o.phase.Identity
	o.phase.Identity.Slots = o.phase.Slots
	o.phase.Params = params
	o.phase.Canary = engine.Canary{Model: o.clients[0], Slots: ends[0].Slots}
	o.phase.Verify = o.verify
	o.phase.Dispatcher = pool.New(ends, pool.Options{
		ServerWait: set.wait,
		OnTrouble:  func(e pool.Event) { trouble(e.String()) },
		Verify: func(ctx context.Context, e pool.Endpoint) error {
			id, err := e.Model.(client).Describe(ctx)
			if err != nil {
				return err
			}
			return unchanged(first, id)
		},
	})
	return o, nil
}

// unchanged is an error that voids the run when the identities differ.
func unchanged(before, now harness.Identity) error {
	if diff := harness.Diff(before, now); len(diff) > 0 {
		return fmt.Errorf("%w: %s", harness.ErrVoid, engine.Describe(diff))
	}
	return nil
}

// verify reads every endpoint again and returns the first identity that differs.
func (o opened) verify(ctx context.Context) (harness.Identity, error) {
	var last harness.Identity
	for _, c := range o.clients {
		id, err := c.Describe(ctx)
		if err != nil {
			return id, err
		}
		last = id
		if len(harness.Diff(o.phase.Identity, id)) > 0 {
			break
		}
	}
	return last, nil
}

func (o opened) close() {
	for _, c := range o.clients {
		_ = c.Close() // idle connections only
	}
}

func slots(ctx context.Context, c client, set server, p harness.Params) (int, string, error) {
	if n, err := strconv.Atoi(set.slots); err == nil {
		return n, "flag", nil
	}
	return c.Slots(ctx, p)
}

// settle resolves the parameters of every task for this model: one context size
// for the run, because another would load the model again, at most the trained
// one; no reasoning for a model that has none.
func (s subject) settle(ctx context.Context, c client, wish []harness.Params) ([]harness.Params, error) {
	id, err := c.Outline(ctx)
	if err != nil {
		return nil, fmt.Errorf("describe %s: %w", s.name, err)
	}
	return settleParams(id, wish), nil
}

func settleParams(id harness.Identity, wish []harness.Params) []harness.Params {
	ctxSize := 0
	for _, p := range wish {
		ctxSize = max(ctxSize, p.NumCtx)
	}
	base := harness.DefaultParams()
	if ctxSize == 0 {
		ctxSize = base.NumCtx
	}
	if id.Trained != nil && *id.Trained > 0 {
		ctxSize = min(ctxSize, *id.Trained)
	}
	out := make([]harness.Params, len(wish))
	for i, p := range wish {
		if p.Sampling == harness.OwnSampling {
			own := harness.UsualSampling()
			if id.Own != nil {
				own = id.Own.Over(own)
			}
			p = p.Over(own)
		}
		p = p.Over(base)
		p.NumCtx = ctxSize
		if id.Thinking == nil || !*id.Thinking {
			p.Think, p.ThinkTokens = "", 0
		}
		out[i] = p
	}
	return out
}
