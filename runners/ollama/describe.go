package ollama

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/ollama/ollama/api"

	"github.com/sovereign-eval/haetae/harness"
)

// Describe reads from the server what the model is: it asks again at every
// call, so that two calls show a change. The model is loaded if it was not, with
// the options of the latest [Model.Load] or generation, else with the defaults.
// A fact that the server does not offer is nil and listed in Missing.
func (m *Model) Describe(ctx context.Context) (harness.Identity, error) {
	d, entry, err := m.outline(ctx)
	if err != nil {
		return harness.Identity{}, err
	}
	params := m.params()
	if err := m.render(ctx, &d, params); err != nil {
		return harness.Identity{}, err
	}
	if err := m.running(ctx, &d, entry.Digest, params); err != nil {
		return harness.Identity{}, err
	}
	d.warnings()
	return d.id, nil
}

// Outline is the part of [Model.Describe] that needs no loaded model: what
// parameters can be resolved from before the model is loaded with them.
func (m *Model) Outline(ctx context.Context) (harness.Identity, error) {
	d, _, err := m.outline(ctx)
	return d.id, err
}

func (m *Model) outline(ctx context.Context) (description, api.ListModelResponse, error) {
	entry, err := m.find(ctx)
	if err != nil {
		return description{}, entry, err
	}
	f, err := m.askFacts(ctx)
	if err != nil {
		return description{}, entry, err
	}
	m.facts.Store(f)
	d := description{id: harness.Identity{Runner: "ollama", Name: m.name, Address: m.Endpoint(), Dialect: f.dialect.name, Own: f.own}, f: f}
	d.model(entry)
	return d, entry, nil
}

// params returns the load-time options in force.
func (m *Model) params() harness.Params {
	if p := m.loaded.Load(); p != nil {
		return *p
	}
	if p := m.profile.Load(); p != nil {
		return p.params
	}
	return harness.DefaultParams()
}

// description is an identity while it is put together.
type description struct {
	id harness.Identity
	f  *facts
}

func (d *description) missing(fact, why string) {
	d.id.Missing = append(d.id.Missing, fact+": "+why)
}

func (d *description) warn(format string, args ...any) {
	d.id.Warnings = append(d.id.Warnings, fmt.Sprintf(format, args...))
}

// text sets a fact that the server may leave out.
func (d *description) text(dst **string, name, value string) {
	if value = strings.TrimSpace(value); value != "" {
		*dst = &value
		return
	}
	d.missing(name, "the server does not tell it")
}

// model fills in what version, list and description tell.
func (d *description) model(entry api.ListModelResponse) {
	id, f := &d.id, d.f
	details := f.show.Details
	d.text(&id.Server, "server", f.dialect.version)
	d.text(&id.Digest, "digest", strings.TrimPrefix(entry.Digest, "sha256:"))
	d.text(&id.Weights, "weights", f.weights)
	d.text(&id.Show, "show", f.showHash)
	d.text(&id.Family, "family", details.Family)
	d.text(&id.Parameters, "parameters", details.ParameterSize)
	d.text(&id.Quant, "quant", strings.TrimPrefix(details.QuantizationLevel, "unknown"))
	if f.trained > 0 {
		id.Trained = &f.trained
	} else {
		d.missing("trained", "the server does not tell it")
	}
	if f.capabilities {
		id.Thinking = &f.thinking
	} else {
		d.missing("thinking", "the server does not tell capabilities")
	}
	if f.show.System == "" && len(f.show.Messages) == 0 {
		return
	}
	h, err := harness.HashJSON([]any{f.show.System, f.show.Messages})
	if err == nil {
		s := h.String()
		id.System = &s
	}
	d.warn("the model has a built-in system prompt or messages, which precede every conversation without a system message")
}

// conversation is what every model renders for its template hash.
var conversation = []api.Message{
	{Role: "system", Content: "You answer briefly."},
	{Role: "user", Content: "Name a colour. 색을 하나 말해 주세요."},
	{Role: "assistant", Content: "Blue."},
	{Role: "user", Content: "Another one, please."},
}

// noRender says why the template's hash is not known.
const noRender = "the server does not render without generating; 0.11.5 and later do"

// render keeps the hash of the fixed conversation as the server renders it, from
// the [Model.Load] just before or from a question of its own, which loads the
// model. Servers that generate an answer instead do not offer the fact.
func (m *Model) render(ctx context.Context, d *description, p harness.Params) error {
	if m.generates.Load() { // a second question would cost a generation again
		d.missing("template", noRender)
		return nil
	}
	resp := m.rendered.Swap(nil)
	if resp == nil {
		var err error
		if resp, err = m.askRender(ctx, d.f, p); err != nil {
			if f := harness.AsFault(err); ctx.Err() != nil || f.Kind != harness.FinalFault || f.Cause == CauseRemote {
				return err
			}
			d.missing("template", "the server does not render without generating")
			return nil
		}
	}
	if resp.DebugInfo == nil || resp.DebugInfo.RenderedTemplate == "" {
		m.generates.Store(true)
		d.missing("template", noRender)
		return nil
	}
	text, dated := maskDates(resp.DebugInfo.RenderedTemplate, time.Now())
	if dated {
		d.warn("the chat template writes the current date into every prompt")
	}
	h := harness.HashBytes([]byte(text)).String()
	d.id.Template = &h
	return nil
}

// maskDates replaces the current date in the forms that templates write, so
// that a run over midnight is no other measurement. The server's day may be our
// yesterday or tomorrow.
func maskDates(text string, now time.Time) (string, bool) {
	masked := text
	for day := -1; day <= 1; day++ {
		t := now.AddDate(0, 0, day)
		for _, layout := range []string{"2006-01-02", "02 Jan 2006", "2 Jan 2006", "January 2, 2006", "January 02, 2006",
			"Jan 2, 2006", "Jan 02, 2006", "02 January 2006", "2 January 2006", "2006/01/02", "01/02/2006"} {
			masked = strings.ReplaceAll(masked, t.Format(layout), "<date>")
		}
	}
	return masked, masked != text
}

// running fills in what the server tells of the loaded model.
func (m *Model) running(ctx context.Context, d *description, digest string, p harness.Params) error {
	var ps api.ProcessResponse
	if err := m.call(ctx, "api/ps", nil, &ps); err != nil {
		return err
	}
	for _, r := range ps.Models {
		if r.Digest != digest && !sameName(r.Name, m.name) {
			continue
		}
		if r.ContextLength > 0 {
			d.id.Context = &r.ContextLength
			if want := p.Over(harness.DefaultParams()).NumCtx; r.ContextLength < want {
				d.warn("the context is shorter than asked: %d of %d tokens", r.ContextLength, want)
			}
		} else {
			d.missing("context", "the server does not tell it; 0.10 and later do")
		}
		if r.Size > 0 {
			share := float64(r.SizeVRAM) / float64(r.Size)
			d.id.Offload = &share
		} else {
			d.missing("offload", "the server does not tell sizes")
		}
		return nil
	}
	d.missing("context", "the model is not loaded")
	d.missing("offload", "the model is not loaded")
	return nil
}

func (d *description) warnings() {
	id, f := &d.id, d.f
	if f.show.Renderer == "" && strings.TrimSpace(f.show.Template) == "{{ .Prompt }}" && id.Dialect == "0.24" {
		d.warn("the model has no chat template: messages reach it as bare text")
	}
	if f.alwaysThinks {
		d.warn("the model cannot stop thinking: off is sent as low")
	}
	if f.dialect.unknown {
		d.warn("the server's version %q is not a release: it is spoken to as 0.30 or later", f.dialect.version)
	}
	if f.dialect.uncachedCount {
		d.warn("this server counts only the prompt tokens that its cache did not hold")
	}
	if f.dialect.deafSampler && goEngine(f.show.Details.Family) {
		d.warn("this server ignores repeat, presence and frequency penalties and typical_p for the family %s", f.show.Details.Family)
	}
}

// goEngine tells whether servers up to 0.24 run the family in their own engine,
// whose sampler ignores some options.
func goEngine(family string) bool {
	for _, prefix := range []string{"gemma3", "gptoss", "llama4", "mistral3", "qwen3", "qwen25vl", "qwen35",
		"deepseek2", "olmo3", "glm4moelite", "lfm2", "nemotron_h"} {
		if strings.HasPrefix(family, prefix) {
			return true
		}
	}
	return false
}
