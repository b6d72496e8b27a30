package ollama

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"
)

func TestChunkShapes(t *testing.T) {
	for _, c := range []struct {
		name, line     string
		text, thinking string
		check          func(chunk) bool
	}{
		{"piece", `{"model":"m","created_at":"2026-01-01T00:00:00Z","message":{"role":"assistant","content":"Hi \"you\"\n"},"done":false}`,
			"Hi \"you\"\n", "", func(c chunk) bool { return !c.done && string(c.model) == "m" }},
		{"final", `{"model":"m","message":{"role":"assistant","content":""},"done":true,"done_reason":"length","load_duration":12,"prompt_eval_count":3,"prompt_eval_duration":4,"eval_count":5,"eval_duration":6}`,
			"", "", func(c chunk) bool {
				return c.done && c.doneReason == "length" && c.loadDuration == 12 && c.promptCount == 3 && c.promptDuration == 4 && c.evalCount == 5 && c.evalTime == 6
			}},
		{"thinking", `{"message":{"content":"a","thinking":"b"},"done":false}`, "a", "b", func(chunk) bool { return true }},
		{"surrogates", `{"message":{"content":"\ud83d\ude00 \ud83d \ude00 \ud83dx \ud83d\u0041"}}`, "😀 � � �x �A", "", func(chunk) bool { return true }},
		{"escapes", `{"message":{"content":"\u003cb\u003e\/\b\f\r\t\\ \u0000\u001b"}}`, "<b>/\b\f\r\t\\ \x00\x1b", "", func(chunk) bool { return true }},
		{"raw bytes", "{\"message\":{\"content\":\"a\xff\xfeb\"}}", "a\xff\xfeb", "", func(chunk) bool { return true }},
		{"spaces", " { \"message\" : { \"content\" : \"a\" } , \"done\" : true } ", "a", "", func(c chunk) bool { return c.done }},
		{"lists", `{"message":{"content":"a","tool_calls":[{"f":1}]},"logprobs":[{"bytes":[1,2]}],"done":true}`, "a", "", func(c chunk) bool { return c.done }},
		{"nulls", `{"message":{"content":"a","thinking":null},"done_reason":null,"eval_count":null}`, "a", "", func(c chunk) bool { return c.evalCount == -1 }},
		{"error", `{"error":"out of \"memory\""}`, "", "", func(c chunk) bool { return c.failed && c.failure == `out of "memory"` }},
		{"nested error", `{"error":{"message":"x"}}`, "", "", func(c chunk) bool { return c.failed && c.failure != "" }},
		{"remote", `{"message":{"content":"a"},"remote_host":"https://example.test"}`, "a", "", func(c chunk) bool { return c.remoteHost == "https://example.test" }},
		{"twice", `{"message":{"content":"a"},"message":{"content":"b"}}`, "b", "", func(chunk) bool { return true }},
		{"floats", `{"message":{"content":"a"},"x":1.5e3,"y":-2,"done":true}`, "a", "", func(c chunk) bool { return c.done }},
		{"empty", `{}`, "", "", func(c chunk) bool { return !c.done && c.promptCount == -1 }},
	} {
		a := answer{text: []byte("before "), thinking: []byte("b4 ")}
		var got chunk
		if !got.parse([]byte(c.line), &a) || string(a.text) != "before "+c.text || string(a.thinking) != "b4 "+c.thinking || !c.check(got) {
			t.Errorf("%s: text %q, thinking %q, %+v", c.name, a.text, a.thinking, got)
		}
	}
	for _, line := range []string{"", "null", "[]", "1", `"x"`, "{", `{"done":tru}`, `{"message":{"content":"a\x"}}`, `{"message":{"content":"\u12"}}`,
		`{"done":true}}`, `{"done":"yes"}`, `{"message":"text"}`, "<html>", `{"eval_count":"many"}`, "{\"message\":{\"content\":\"\n\"}}", `{"done":true,}`, `{"eval_count":01}`} {
		var c chunk
		if c.parse([]byte(line), new(answer)) {
			t.Errorf("%q is taken for a line of an answer: %+v", line, c)
		}
	}
}

// TestChunkSalvage: of a line that is cut off, the text up to there is kept.
func TestChunkSalvage(t *testing.T) {
	a := answer{text: []byte("one ")}
	var c chunk
	if c.parse([]byte(`{"message":{"content":"two thr`), &a) || string(a.text) != "one two thr" {
		t.Errorf("%q", a.text)
	}
}

func TestLines(t *testing.T) {
	long := strings.Repeat("x", 100_000)
	in := "a\n\nbb\r\n" + long + "\nlast"
	for name, r := range map[string]io.Reader{
		"whole": strings.NewReader(in), "bytes": iotest.OneByteReader(strings.NewReader(in)),
		"half": iotest.HalfReader(strings.NewReader(in)), "data with EOF": iotest.DataErrReader(strings.NewReader(in)),
	} {
		l := lines{src: r, buf: make([]byte, 16)}
		for _, want := range []string{"a", "", "bb", long, "last"} {
			if got, err := l.next(); err != nil || string(got) != want {
				t.Fatalf("%s: line %.20q, %v; want %.20q", name, got, err, want)
			}
		}
		if _, err := l.next(); err != io.EOF {
			t.Errorf("%s: error %v, want EOF", name, err)
		}
	}
	broken := errors.New("reset")
	l := lines{src: io.MultiReader(strings.NewReader("a\nhalf"), iotest.ErrReader(broken)), buf: make([]byte, 16)}
	if got, err := l.next(); err != nil || string(got) != "a" {
		t.Fatal(string(got), err)
	}
	if got, err := l.next(); !errors.Is(err, broken) || got != nil {
		t.Errorf("a line that broke off is %q, %v", got, err)
	}
	l = lines{src: strings.NewReader(strings.Repeat("y", maxLine+10)), buf: make([]byte, 16)}
	if got, err := l.next(); err != errLongLine || len(got) < maxLine {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}

// oracle reads a line with encoding/json alone.
func oracle(line []byte) (text, thinking string, done, ok bool) {
	var top struct {
		Message    json.RawMessage
		Done       json.RawMessage
		DoneReason json.RawMessage `json:"done_reason"`
	}
	var keys map[string]json.RawMessage
	if json.Unmarshal(line, &top) != nil || json.Unmarshal(line, &keys) != nil || keys == nil {
		return "", "", false, false
	}
	read := func(m map[string]json.RawMessage, key string, v any) {
		if raw, found := m[key]; found && string(raw) != "null" {
			ok = ok && json.Unmarshal(raw, v) == nil
		}
	}
	ok = true
	var message map[string]json.RawMessage
	read(keys, "message", &message)
	read(keys, "done", &done)
	read(message, "content", &text)
	read(message, "thinking", &thinking)
	return text, thinking, done, ok
}

// FuzzChunk holds the parser to encoding/json: what both accept they read
// alike, but for raw bytes that are no UTF-8, which ours keeps.
func FuzzChunk(f *testing.F) {
	for _, s := range []string{
		`{"model":"m","message":{"role":"assistant","content":"Hi"},"done":false}`,
		`{"message":{"content":"\ud83d\ude00\u12","thinking":"x"},"done":true,"done_reason":"stop","eval_count":5}`,
		`{"message":{"content":"a"},"message":null,"done":true}`, "{\"message\":{\"content\":\"\xff\"}}",
		`{"error":{"a":[1,2,{"b":null}]},"done":true}`, `{"logprobs":[{"token":"a"}],"x":-1.5e-3}`,
		`{"message":{"content":"a","content":"b\n"},"eval_count":1e3}`, `{"_debug_info":{"rendered_template":"x\"y"}}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		var a answer
		var c chunk
		got := c.parse(line, &a)
		text, thinking, done, ok := oracle(line)
		if !got {
			return // stricter where types are wrong in keys that the oracle does not read
		}
		if !json.Valid(line) {
			t.Fatalf("%q is no JSON", line)
		}
		if !ok || c.done != done {
			t.Fatalf("%q: done %v, want %v (%v)", line, c.done, done, ok)
		}
		if utf8.Valid(line) && (string(a.text) != text || string(a.thinking) != thinking) {
			t.Fatalf("%q: text %q, thinking %q; want %q, %q", line, a.text, a.thinking, text, thinking)
		}
	})
}

// FuzzStream feeds arbitrary bytes through the line splitter and the parser: no
// input may crash them, loop, or be taken for a whole answer without "done".
func FuzzStream(f *testing.F) {
	f.Add([]byte("{\"message\":{\"content\":\"a\"}}\n{\"done\":true,\"done_reason\":\"stop\"}\n"), uint8(3))
	f.Add([]byte("\n\n{\"error\":\"x\"}\nrest"), uint8(1))
	f.Add([]byte("<html>\n"), uint8(200))
	f.Fuzz(func(t *testing.T, data []byte, size uint8) {
		l := lines{src: bytes.NewReader(data), buf: make([]byte, int(size)+1)}
		var rebuilt []byte
		for {
			line, err := l.next()
			if err != nil {
				break
			}
			var c chunk
			if c.parse(line, new(answer)) && c.done && !bytes.Contains(line, []byte("done")) && !bytes.Contains(line, []byte(`\u`)) {
				t.Fatalf("%q counts as done", line)
			}
			rebuilt = append(append(rebuilt, line...), '\n')
		}
		want := bytes.ReplaceAll(append(bytes.TrimSuffix(data, []byte("\n")), '\n'), []byte("\r\n"), []byte("\n"))
		if len(data) == 0 {
			want = nil
		}
		if got := bytes.ReplaceAll(rebuilt, []byte("\r\n"), []byte("\n")); !bytes.Equal(got, want) && !bytes.HasSuffix(data, []byte("\r")) && !bytes.Contains(data, []byte("\r\r")) {
			t.Fatalf("lines of %q are %q", data, got)
		}
	})
}
