package ollama

import (
	"bytes"
	"encoding/json"
	"math"
	"reflect"
	"testing"
	"time"

	"github.com/ollama/ollama/api"

	"github.com/sovereign-eval/haetae/harness"
)

// wire is the request as encoding/json would write it.
type wire struct {
	Model     string            `json:"model"`
	Messages  []harness.Message `json:"messages"`
	Stream    bool              `json:"stream"`
	KeepAlive int               `json:"keep_alive"`
	Truncate  bool              `json:"truncate"`
	Shift     bool              `json:"shift"`
	Think     any               `json:"think,omitempty"`
	Options   struct {
		NumCtx        int      `json:"num_ctx"`
		NumBatch      int      `json:"num_batch"`
		NumKeep       int      `json:"num_keep"`
		NumPredict    int      `json:"num_predict"`
		Temperature   float64  `json:"temperature"`
		TopK          int      `json:"top_k"`
		TopP          float64  `json:"top_p"`
		MinP          float64  `json:"min_p"`
		TypicalP      float64  `json:"typical_p"`
		RepeatPenalty float64  `json:"repeat_penalty"`
		RepeatLastN   int      `json:"repeat_last_n"`
		Presence      float64  `json:"presence_penalty"`
		Frequency     float64  `json:"frequency_penalty"`
		Draft         *int     `json:"draft_num_predict,omitempty"`
		Stop          []string `json:"stop,omitempty"`
		Seed          int64    `json:"seed"`
	} `json:"options"`
}

func plainJSON(t *testing.T, v any) []byte {
	t.Helper()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		t.Fatal(err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// FuzzRequest holds the encoder to encoding/json, byte for byte.
func FuzzRequest(f *testing.F) {
	f.Add("m:1b", "user", "What is 2 plus 42?", "stop\n", int64(7), 0.7, 0.95, 64, uint8(0))
	f.Add("m", "system", "\xff\u2028\u2029\x00\x1b<&>\"\\ 한국어 😀", "", int64(-1), 1e-7, 1e21, 1, uint8(3))
	f.Fuzz(func(t *testing.T, name, role, content, stop string, seed int64, temperature, topP float64, tokens int, flags uint8) {
		p := harness.Params{MaxTokens: tokens, Temperature: &temperature, TopP: &topP, ThinkTokens: 10}
		fa := &facts{thinking: flags&1 != 0, dialect: dialect{draft: flags&2 != 0}}
		if stop != "" {
			p.Stop = []string{stop, stop + "x"}
		}
		prof, err := newProfile(name, 10*time.Minute, fa, p)
		if err != nil {
			if (tokens > 0 || tokens == 0) && !math.IsInf(temperature+topP, 0) && !math.IsNaN(temperature+topP) {
				t.Fatal(err)
			}
			return
		}
		messages := []harness.Message{{Role: role, Content: content}, {Role: "user", Content: stop}}
		got := prof.body(messages, seed)
		w := wire{Model: name, Messages: messages, Stream: true, KeepAlive: 600}
		if fa.thinking {
			w.Think = false
		}
		full := p.Over(harness.DefaultParams())
		o := &w.Options
		o.NumCtx, o.NumBatch, o.NumKeep, o.NumPredict = full.NumCtx, full.NumBatch, numKeep, full.MaxTokens
		o.Temperature, o.TopK, o.TopP, o.MinP, o.TypicalP = temperature, *full.TopK, topP, *full.MinP, *full.TypicalP
		o.RepeatPenalty, o.RepeatLastN, o.Presence, o.Frequency = *full.RepeatPenalty, *full.RepeatLastN, *full.Presence, *full.Frequency
		o.Stop, o.Seed = p.Stop, seed
		if fa.dialect.draft {
			o.Draft = new(int)
		}
		if want := plainJSON(t, w); !bytes.Equal(got, want) {
			t.Fatalf("encoded\n%s\nwant\n%s", got, want)
		}
	})
}

// TestRequestIsReadByTheServersTypes: Ollama's own type reads what we wrote.
func TestRequestIsReadByTheServersTypes(t *testing.T) {
	p := harness.Params{MaxTokens: 7, Stop: []string{"\n\n"}, Temperature: new(0.5), Think: "high", ThinkTokens: 100}
	prof, err := newProfile("m", -1, &facts{thinking: true, stops: []string{"<|end|>", "\n\n"}}, p)
	if err != nil {
		t.Fatal(err)
	}
	var q api.ChatRequest
	if err := json.Unmarshal(prof.body([]harness.Message{{Role: "user", Content: "hi"}}, 42), &q); err != nil {
		t.Fatal(err)
	}
	var o api.Options
	if err := o.FromMap(q.Options); err != nil {
		t.Fatal(err)
	}
	if q.Model != "m" || len(q.Messages) != 1 || q.Messages[0].Content != "hi" || !*q.Stream || *q.Truncate || *q.Shift || q.Think.Value != "high" {
		t.Errorf("%+v", q)
	}
	if q.KeepAlive.Duration < 1<<60 {
		t.Errorf("keep_alive for ever is read as %v", q.KeepAlive)
	}
	if o.Seed != 42 || o.NumPredict != 107 || o.Temperature != 0.5 || o.NumCtx != 4096 || o.NumBatch != 512 || o.RepeatPenalty != 1 ||
		!reflect.DeepEqual(o.Stop, []string{"\n\n", "<|end|>"}) {
		t.Errorf("%+v", o)
	}
}

// A JSON schema goes out as the server's format; without one there is none.
func TestSchemaIsTheServersFormat(t *testing.T) {
	const schema = `{"type":"object","properties":{"stance":{"enum":["refuse","comply"]}}}`
	for want, p := range map[string]harness.Params{schema: {Schema: json.RawMessage(schema)}, "": {}} {
		prof, err := newProfile("m", 0, &facts{}, p)
		if err != nil {
			t.Fatal(err)
		}
		var q api.ChatRequest
		if err := json.Unmarshal(prof.body([]harness.Message{{Role: "user", Content: "hi"}}, 42), &q); err != nil {
			t.Fatal(err)
		}
		if string(q.Format) != want || q.Options["seed"] != 42.0 {
			t.Errorf("format %s and options %v, want %q", q.Format, q.Options, want)
		}
	}
}

func TestParametersThatCannotBeSent(t *testing.T) {
	for name, p := range map[string]harness.Params{
		"no tokens": {MaxTokens: -5}, "no context": {NumCtx: -1}, "not a number": {Temperature: new(math.NaN())},
		"infinite": {TopP: new(math.Inf(1))}, "think word": {Think: "sometimes"}, "negative thinking": {ThinkTokens: -1}, "batch": {NumBatch: -1},
		"schema": {Schema: json.RawMessage(`{"type":`)},
	} {
		if _, err := newProfile("m", 0, &facts{thinking: true}, p); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestSameParams(t *testing.T) {
	a := harness.DefaultParams()
	b := harness.DefaultParams()
	if !same(&a, &b) {
		t.Error("equal values behind other pointers")
	}
	v := reflect.ValueOf(&b).Elem()
	for i := range v.NumField() {
		b = harness.DefaultParams()
		switch f := v.Field(i); f.Kind() {
		case reflect.Int:
			f.SetInt(f.Int() + 1)
		case reflect.String:
			f.SetString("x")
		case reflect.Slice:
			if f.Type().Elem().Kind() == reflect.Uint8 {
				f.SetBytes([]byte(`{}`))
			} else {
				f.Set(reflect.ValueOf([]string{"x"}))
			}
		case reflect.Pointer:
			n := reflect.New(f.Type().Elem())
			if n.Elem().CanInt() {
				n.Elem().SetInt(99)
			} else {
				n.Elem().SetFloat(99)
			}
			f.Set(n)
		default:
			t.Fatalf("field %s is of a kind that this test does not know", v.Type().Field(i).Name)
		}
		if same(&a, &b) {
			t.Errorf("a change of %s goes unseen: a cached request would be sent in its place", v.Type().Field(i).Name)
		}
	}
}
