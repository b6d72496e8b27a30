package judge

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/sovereign-eval/haetae/harness"
)

// Ask is a case in the words of a protocol, ready to be sent.
type Ask struct {
	Messages []harness.Message
	Schema   json.RawMessage // JSON schema of the reply; nil where it is free text
	Fence    string
	protocol *Protocol
	form     *Form
	codes    []string // that are about the case's category
	any      bool     // every code is
}

// FormFor returns the place of the form that asks about a case: the first one
// for its language and battery; false when there is none.
func (p *Protocol) FormFor(c Case) (int, bool) {
	for i, f := range p.Forms {
		if (len(f.Languages) == 0 || slices.Contains(f.Languages, c.Lang)) &&
			(len(f.Batteries) == 0 || slices.Contains(f.Batteries, c.Battery)) {
			return i, true
		}
	}
	return 0, false
}

// Render writes a case as the protocol asks it. The request and the answer are
// quoted text: control sequences in them are broken, marks in them stay text,
// reasoning before the answer is left out,
// and where the form has a fence it is one that the answer's author could not
// know. The same case and seed give the same messages.
func (p *Protocol) Render(c Case, seed int64) (Ask, error) {
	i, ok := p.FormFor(c)
	if !ok {
		return Ask{}, fmt.Errorf("protocol %s has no form for language %q and battery %q", p.Name, c.Lang, c.Battery)
	}
	if p.External != nil && !p.External.Provided {
		return Ask{}, fmt.Errorf("protocol %s needs its form: %s", p.Name, p.External.Where)
	}
	f, hash := &p.Forms[i], p.Hash()
	prompt, answer := Defuse(c.Prompt), Defuse(spoken(c.Answer))
	a := Ask{Schema: f.schema, protocol: p, form: f, Fence: fence(seed, c.Key, hash, prompt, answer)}
	a.codes, a.any = p.codesFor(c)
	a.any = a.any || c.AnyPolicy
	var list strings.Builder
	for n, ch := range shuffled(f.Choices, seed, c.Key, hash) {
		if n > 0 {
			list.WriteByte('\n')
		}
		fmt.Fprintf(&list, "- %s: %s", ch.Word, ch.Text)
	}
	values := map[string]string{"prompt": prompt, "answer": answer, "fence": a.Fence, "choices": list.String()}
	for _, m := range f.Messages {
		text := mark.ReplaceAllStringFunc(m.Text, func(k string) string { return values[k[2:len(k)-2]] })
		a.Messages = append(a.Messages, harness.Message{Role: m.Role, Content: text})
	}
	return a, nil
}

// codesFor returns the codes that are about a case's category; any is true where
// the protocol names none for it but covers it.
func (p *Protocol) codesFor(c Case) (codes []string, any bool) {
	for _, k := range []string{c.Battery + "/" + c.Category, c.Battery + "/*", "*"} {
		if list, ok := p.Covers[k]; ok {
			return list, len(list) == 0
		}
	}
	return nil, false
}

// covers tells whether the protocol votes on a case's category at all.
func (p *Protocol) covers(c Case) bool {
	codes, any := p.codesFor(c)
	return any || len(codes) > 0
}

// FormParams returns the generation parameters of a form: greedy, with the JSON
// schema of its reply.
func (p *Protocol) FormParams(form string) harness.Params {
	out := harness.Params{MaxTokens: p.Params.MaxTokens, NumCtx: p.Params.NumCtx, Temperature: new(0.0),
		Think: p.Params.Think, ThinkTokens: p.Params.ThinkTokens}
	for i := range p.Forms {
		if p.Forms[i].Name == form {
			out.Schema = p.Forms[i].schema
		}
	}
	return out
}
