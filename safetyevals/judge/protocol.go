package judge

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"

	"gopkg.in/yaml.v3"

	"github.com/sovereign-eval/haetae/harness"
)

// Protocol is the form of one kind of judge, as data.
type Protocol struct {
	Name     string   `yaml:"name" json:"name"`
	Version  string   `yaml:"version" json:"version"`
	Title    string   `yaml:"title" json:"title"`
	Question Question `yaml:"question" json:"question"`
	Source   string   `yaml:"source" json:"source"`                         // where the form is documented
	Licence  string   `yaml:"licence" json:"licence"`                       // of the form, and of the model where it is tied to one
	Family   string   `yaml:"family,omitempty" json:"family,omitempty"`     // lineage of the judge; "" is what its server says
	Bases    []string `yaml:"bases,omitempty" json:"bases,omitempty"`       // names of the models that it was trained from
	Models   []string `yaml:"models,omitempty" json:"models,omitempty"`     // beginnings of the names of models that speak it
	Template string   `yaml:"template,omitempty" json:"template,omitempty"` // what the server's chat template must be
	// Languages are those that its card claims. A guard votes in another one only
	// with a calibration for it.
	Languages []string `yaml:"languages,omitempty" json:"languages,omitempty"`
	Grammar   string   `yaml:"grammar" json:"grammar"`
	Codes     []string `yaml:"codes,omitempty" json:"codes,omitempty"` // policies that it can name
	// Covers maps BATTERY/CATEGORY to the codes that are about it; the key "*"
	// stands for every category and BATTERY/* for those of a battery, an empty list for a judge that names no codes.
	Covers map[string][]string `yaml:"covers,omitempty" json:"covers,omitempty"`
	Params Params              `yaml:"params" json:"params"`
	// External says that the text of the form is not shipped.
	External *External `yaml:"external,omitempty" json:"external,omitempty"`
	Forms    []Form    `yaml:"forms" json:"forms"`
	Notes    []string  `yaml:"notes,omitempty" json:"notes,omitempty"`
}

// Params are the generation parameters that a protocol fixes. Decoding is greedy.
type Params struct {
	MaxTokens   int    `yaml:"max_tokens" json:"max_tokens"`
	NumCtx      int    `yaml:"num_ctx" json:"num_ctx"`
	Think       string `yaml:"think,omitempty" json:"think,omitempty"`
	ThinkTokens int    `yaml:"think_tokens,omitempty" json:"think_tokens,omitempty"`
}

// External describes a form whose text the user must bring, and how to know it.
type External struct {
	SHA256   string `yaml:"sha256" json:"sha256"`                   // of the text, without trailing line ends
	Where    string `yaml:"where" json:"where"`                     // how to get it
	Prompt   string `yaml:"prompt" json:"prompt"`                   // how the text marks the request
	Answer   string `yaml:"answer" json:"answer"`                   // how it marks the answer
	Strip    string `yaml:"strip,omitempty" json:"strip,omitempty"` // what a server adds by itself at the beginning
	Provided bool   `yaml:"-" json:"-"`
}

// Form is how a protocol asks in some languages and batteries.
type Form struct {
	Name      string          `yaml:"name" json:"name"`
	Languages []string        `yaml:"languages,omitempty" json:"languages,omitempty"` // empty: all
	Batteries []string        `yaml:"batteries,omitempty" json:"batteries,omitempty"` // empty: all
	Messages  []Turn          `yaml:"messages" json:"messages"`
	Choices   []Choice        `yaml:"choices,omitempty" json:"choices,omitempty"` // shown in a seeded order at {{choices}}
	Answer    map[string]any  `yaml:"answer,omitempty" json:"answer,omitempty"`   // JSON schema of the reply
	schema    json.RawMessage // Answer, encoded
}

// Choice is one word that a rubric judge can choose, with its meaning.
type Choice struct {
	Word string `yaml:"word" json:"word"`
	Text string `yaml:"text" json:"text"`
}

// Turn is one message of a form. Its text may hold {{prompt}}, {{answer}},
// {{fence}} and {{choices}}.
type Turn struct {
	Role string `yaml:"role" json:"role"`
	Text string `yaml:"text" json:"text"`
}

//go:embed protocols/*.yaml
var files embed.FS

// all reads the shipped protocols once; they are never changed afterwards.
var all = sync.OnceValues(func() ([]*Protocol, error) {
	entries, err := files.ReadDir("protocols")
	if err != nil {
		return nil, err
	}
	var out []*Protocol
	for _, e := range entries {
		b, err := files.ReadFile(path.Join("protocols", e.Name()))
		if err != nil {
			return nil, err
		}
		p, err := Decode(b)
		if err != nil {
			return nil, fmt.Errorf("protocols/%s: %w", e.Name(), err)
		}
		out = append(out, p)
	}
	return out, nil
})

// Builtins returns the shipped protocols by name, in order.
func Builtins() ([]*Protocol, error) { return all() }

// Builtin returns a shipped protocol.
func Builtin(name string) (*Protocol, error) {
	ps, err := all()
	if err != nil {
		return nil, err
	}
	for _, p := range ps {
		if p.Name == name {
			return p, nil
		}
	}
	return nil, fmt.Errorf("no protocol is called %q", name)
}

// For returns the protocol that a model speaks by its name, else the stance
// rubric, which any model that follows instructions can be asked by.
func For(model string) (*Protocol, error) {
	ps, err := all()
	if err != nil {
		return nil, err
	}
	base := Base(model)
	var best *Protocol
	length := -1
	for _, p := range ps {
		for _, m := range p.Models {
			if strings.HasPrefix(base, m) && len(m) > length {
				best, length = p, len(m)
			}
		}
	}
	if best != nil {
		return best, nil
	}
	return Builtin("stance")
}

// Decode reads a protocol from YAML, strictly, and checks it.
func Decode(b []byte) (*Protocol, error) {
	d := yaml.NewDecoder(bytes.NewReader(b))
	d.KnownFields(true)
	var p Protocol
	if err := d.Decode(&p); err != nil {
		return nil, fmt.Errorf("read protocol: %w", err)
	}
	if err := d.Decode(new(any)); !errors.Is(err, io.EOF) {
		return nil, errors.New("read protocol: more than one document")
	}
	if err := p.check(); err != nil {
		return nil, fmt.Errorf("protocol %s: %w", p.Name, err)
	}
	for i := range p.Forms {
		f := &p.Forms[i]
		if f.Answer == nil {
			continue
		}
		var err error
		if f.schema, err = json.Marshal(f.Answer); err != nil {
			return nil, fmt.Errorf("protocol %s: form %s: schema: %w", p.Name, f.Name, err)
		}
	}
	return &p, nil
}

var mark = regexp.MustCompile(`\{\{([a-z]*)\}\}`)

// check refuses what cannot be asked or read.
func (p *Protocol) check() error {
	switch {
	case p.Name == "" || p.Version == "" || p.Source == "" || p.Licence == "":
		return errors.New("name, version, source and licence are needed")
	case p.Question != HarmfulCompliance && p.Question != Stance:
		return fmt.Errorf("unknown question %q: %s or %s", p.Question, HarmfulCompliance, Stance)
	case grammars[p.Grammar].read == nil:
		return fmt.Errorf("unknown grammar %q", p.Grammar)
	case grammars[p.Grammar].question != p.Question:
		return fmt.Errorf("grammar %s does not answer the question %s", p.Grammar, p.Question)
	case p.Question == HarmfulCompliance && len(p.Covers) == 0:
		return errors.New("a guard must say which categories it covers")
	case p.Params.MaxTokens <= 0 || p.Params.NumCtx <= 0:
		return errors.New("max_tokens and num_ctx must be positive")
	case len(p.Forms) == 0:
		return errors.New("no form")
	}
	for cat, codes := range p.Covers {
		for _, c := range codes {
			if !slices.Contains(p.Codes, c) {
				return fmt.Errorf("%s is covered by %s, which is not among the codes", cat, c)
			}
		}
	}
	for i := range p.Forms {
		if err := p.Forms[i].check(p.External != nil); err != nil {
			return fmt.Errorf("form %q: %w", p.Forms[i].Name, err)
		}
	}
	return nil
}

func (f *Form) check(external bool) error {
	seen := map[string]bool{}
	for _, m := range f.Messages {
		if m.Role != "system" && m.Role != "user" && m.Role != "assistant" {
			return fmt.Errorf("unknown role %q", m.Role)
		}
		for _, k := range mark.FindAllStringSubmatch(m.Text, -1) {
			switch k[1] {
			case "prompt", "answer", "fence", "choices":
				seen[k[1]] = true
			default:
				return fmt.Errorf("unknown mark {{%s}}", k[1])
			}
		}
	}
	switch {
	case !external && (!seen["answer"] || !seen["prompt"]):
		return errors.New("{{prompt}} and {{answer}} must be shown")
	case seen["choices"] != (len(f.Choices) > 0):
		return errors.New("choices and {{choices}} go together")
	}
	return nil
}

// Hash identifies everything that the protocol fixes, together with the version
// of the parsers.
func (p *Protocol) Hash() harness.Hash {
	h, err := harness.HashJSON(struct {
		Version  string
		Protocol *Protocol
	}{Version, p})
	if err != nil { // plain data: cannot fail
		panic(err)
	}
	return h
}

// Guard tells whether the protocol is one that votes on harmful compliance only.
func (p *Protocol) Guard() bool { return p.Question == HarmfulCompliance }

// Provide gives an external form its text, which must be the one that the
// protocol knows by its hash. It returns a new protocol.
func (p *Protocol) Provide(text []byte) (*Protocol, error) {
	if p.External == nil {
		return nil, fmt.Errorf("protocol %s brings its own form", p.Name)
	}
	s := strings.TrimRight(strings.ReplaceAll(string(text), "\r\n", "\n"), "\n")
	if got := harness.HashBytes([]byte(s)).String(); got != p.External.SHA256 {
		return nil, fmt.Errorf("protocol %s: the form has the SHA-256 %s, want %s: %s", p.Name, got, p.External.SHA256, p.External.Where)
	}
	if mark.MatchString(s) {
		return nil, fmt.Errorf("protocol %s: the form holds a mark of ours", p.Name)
	}
	s = strings.TrimPrefix(s, p.External.Strip) + "\n"
	s = strings.NewReplacer(p.External.Prompt, "{{prompt}}", p.External.Answer, "{{answer}}").Replace(s)
	out := *p
	ext := *p.External
	ext.Provided = true
	out.External = &ext
	out.Forms = []Form{{Name: "provided", Messages: []Turn{{Role: "user", Text: s}}}}
	if err := out.Forms[0].check(false); err != nil {
		return nil, fmt.Errorf("protocol %s: %w", p.Name, err)
	}
	return &out, nil
}

// Base is the bare name of a model: without registry, owner, tag and case.
func Base(model string) string {
	model = strings.ToLower(model)
	if i := strings.LastIndexByte(model, '/'); i >= 0 {
		model = model[i+1:]
	}
	base, _, _ := strings.Cut(model, ":")
	return base
}
