package ollama

import (
	"context"
	"encoding/json"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/ollama/ollama/api"

	"github.com/sovereign-eval/haetae/harness"
)

// facts is what the model's description tells and requests depend on.
type facts struct {
	dialect      dialect
	show         api.ShowResponse
	showHash     string
	weights      string // SHA-256 of the weight file, "" when not told
	thinking     bool
	capabilities bool // the server tells capabilities at all
	alwaysThinks bool
	stops        []string        // of the model's own parameters
	own          *harness.Params // samplers that the model declares; nil for none
	trained      int             // context in tokens, 0 when not told
}

// context returns the tokens that a request for n can really use.
func (f *facts) context(n int) int {
	if f.trained > 0 {
		return min(n, f.trained)
	}
	return n
}

// readFacts asks for version and description and keeps the answer for
// Generate. Models that another host serves are refused here already.
func (m *Model) readFacts(ctx context.Context) (*facts, error) {
	m.factsMu.Lock()
	defer m.factsMu.Unlock()
	if f := m.facts.Load(); f != nil {
		return f, nil
	}
	f, err := m.askFacts(ctx)
	if err == nil {
		m.facts.Store(f)
	}
	return f, err
}

// askFacts asks the server, whatever is known already.
func (m *Model) askFacts(ctx context.Context) (*facts, error) {
	version, err := m.Version(ctx)
	if err != nil {
		return nil, err
	}
	var raw json.RawMessage
	if err := m.call(ctx, "api/show", api.ShowRequest{Model: m.name}, &raw); err != nil {
		return nil, err
	}
	f := &facts{dialect: readDialect(version)}
	if err := json.Unmarshal(raw, &f.show); err != nil {
		return nil, at(m.base, "api/show", fault(harness.SampleFault, CauseGarbled, err))
	}
	if f.show.RemoteHost != "" || f.show.RemoteModel != "" {
		return nil, m.remote(f.show.RemoteHost)
	}
	if f.showHash, err = hashShow(raw); err != nil {
		return nil, err
	}
	f.read()
	return f, nil
}

func (f *facts) read() {
	f.weights = weightsDigest(f.show.Modelfile)
	f.capabilities = f.show.Capabilities != nil
	for _, c := range f.show.Capabilities {
		f.thinking = f.thinking || string(c) == "thinking"
	}
	family := strings.ReplaceAll(f.show.Details.Family, "-", "")
	f.alwaysThinks = strings.EqualFold(family, "gptoss") || f.show.Parser == "harmony"
	f.stops = modelStops(f.show.Parameters)
	f.own = modelSamplers(f.show.Parameters)
	if arch, ok := f.show.ModelInfo["general.architecture"].(string); ok {
		if n, ok := f.show.ModelInfo[arch+".context_length"].(float64); ok && n > 0 && n < 1e9 {
			f.trained = int(n)
		}
	}
}

// modelStops reads the stop strings out of the parameters text, one
// `stop "…"` a line, and sorts them, since the server lists them in any order.
func modelStops(parameters string) []string {
	var out []string
	for line := range strings.Lines(parameters) {
		name, value, ok := strings.Cut(strings.TrimSpace(line), " ")
		if !ok || name != "stop" {
			continue
		}
		value = strings.TrimSpace(value)
		var s string
		if json.Unmarshal([]byte(value), &s) != nil {
			s = strings.Trim(value, `"`)
		}
		if s != "" && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	slices.Sort(out)
	return out
}

// modelSamplers reads the samplers out of the parameters text, one name and
// number a line; nil where it has none. A value that is no number, or none that
// a sampler can have, is left out.
func modelSamplers(parameters string) *harness.Params {
	var p harness.Params
	reals := map[string]**float64{"temperature": &p.Temperature, "top_p": &p.TopP, "min_p": &p.MinP, "typical_p": &p.TypicalP,
		"repeat_penalty": &p.RepeatPenalty, "presence_penalty": &p.Presence, "frequency_penalty": &p.Frequency}
	counts := map[string]**int{"top_k": &p.TopK, "repeat_last_n": &p.RepeatLastN}
	found := false
	for line := range strings.Lines(parameters) {
		f := strings.Fields(line)
		if len(f) != 2 {
			continue
		}
		v, err := strconv.ParseFloat(strings.Trim(f[1], `"`), 64)
		if err != nil || math.IsNaN(v) || math.Abs(v) > 1e6 {
			continue
		}
		if dst, ok := reals[f[0]]; ok {
			*dst, found = &v, true
		} else if dst, ok := counts[f[0]]; ok && v == math.Trunc(v) {
			*dst, found = new(int(v)), true
		}
	}
	if !found {
		return nil
	}
	return &p
}

var (
	blobName = regexp.MustCompile(`sha256[-:]([0-9a-f]{64})`)
	fromLine = regexp.MustCompile(`(?im)^FROM\s.*$`)
)

// weightsDigest takes the digest of the weight file from the first FROM line
// of a Modelfile that names a blob.
func weightsDigest(modelfile string) string {
	for _, line := range fromLine.FindAllString(modelfile, -1) {
		if d := blobName.FindStringSubmatch(line); d != nil {
			return d[1]
		}
	}
	return ""
}

// hashShow digests a model's description without what varies between two
// readings of the same model: the time of its file, the folder of its blobs,
// and the order of the options, which the server lists as its map yields them.
func hashShow(raw json.RawMessage) (string, error) {
	var m map[string]any
	if err := json.Unmarshal(raw, &m); err != nil {
		return "", err
	}
	delete(m, "modified_at")
	if s, ok := m["modelfile"].(string); ok {
		m["modelfile"] = sortedLines(fromLine.ReplaceAllStringFunc(s, func(line string) string {
			return "FROM " + blobName.FindString(line)
		}))
	}
	if s, ok := m["parameters"].(string); ok {
		m["parameters"] = sortedLines(s)
	}
	h, err := harness.HashJSON(m)
	return h.String(), err
}

func sortedLines(s string) []string {
	lines := strings.Split(s, "\n")
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	slices.Sort(lines)
	return lines
}
