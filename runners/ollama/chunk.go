package ollama

import (
	"encoding/json"
	"strings"
)

// chunk is what one line of a streamed answer says, except for the text, which
// is appended to the answer as it is read. Counts that are absent are -1.
type chunk struct {
	done       bool
	doneReason string
	failure    string // text of the key "error"
	failed     bool
	remoteHost string
	model      []byte // a part of the line
	debug      bool   // only _debug_info came: nothing was generated

	promptCount, evalCount                 int
	loadDuration, promptDuration, evalTime int64 // nanoseconds
}

// answer collects the pieces of a streamed answer.
type answer struct{ text, thinking []byte }

// parse reads one line. The usual shape is read by hand; anything else goes to
// encoding/json. It appends the line's pieces to a and returns false if the line
// is no JSON object of a known shape; then a holds what could be read of it.
func (c *chunk) parse(line []byte, a *answer) bool {
	text, thinking := len(a.text), len(a.thinking)
	p := lineParser{b: line, c: c, a: a, text: text, thinking: thinking}
	c.reset()
	if p.object(p.topLevel) && p.end() {
		return true
	}
	kept := *a
	a.text, a.thinking = a.text[:text], a.thinking[:thinking]
	c.reset()
	if c.parseAny(line, a) {
		return true
	}
	*a = kept
	return false
}

func (c *chunk) reset() { *c = chunk{promptCount: -1, evalCount: -1} }

// lineParser reads the usual shape of a line: an object of scalars and one
// nested message.
type lineParser struct {
	b              []byte
	i              int
	c              *chunk
	a              *answer
	text, thinking int // lengths before this line: a repeated key replaces
}

// object calls field with each key; field reads the value.
func (p *lineParser) object(field func(key []byte) bool) bool {
	if !p.eat('{') {
		return false
	}
	if p.eat('}') {
		return true
	}
	for {
		key, ok := p.key()
		if !ok || !field(key) {
			return false
		}
		if p.eat(',') {
			continue
		}
		return p.eat('}')
	}
}

func (p *lineParser) topLevel(key []byte) (ok bool) {
	c := p.c
	switch string(key) {
	case "message":
		return p.object(p.message)
	case "done":
		c.done, ok = p.boolean()
	case "done_reason":
		c.doneReason, ok = p.str()
	case "error":
		c.failed = true
		c.failure, ok = p.str()
	case "remote_host":
		c.remoteHost, ok = p.str()
	case "model":
		c.model, ok = p.plain()
	case "prompt_eval_count":
		return p.count(&c.promptCount)
	case "eval_count":
		return p.count(&c.evalCount)
	case "load_duration":
		c.loadDuration, ok = p.integer()
	case "prompt_eval_duration":
		c.promptDuration, ok = p.integer()
	case "eval_duration":
		c.evalTime, ok = p.integer()
	case "_debug_info":
		c.debug = true
		return p.skip(0)
	default:
		return p.skip(0)
	}
	return ok
}

func (p *lineParser) message(key []byte) (ok bool) {
	switch string(key) {
	case "content":
		if !p.eat('"') {
			return false
		}
		p.a.text, p.i, ok = unquote(p.a.text[:p.text], p.b, p.i)
		return ok
	case "thinking":
		if !p.eat('"') {
			return false
		}
		p.a.thinking, p.i, ok = unquote(p.a.thinking[:p.thinking], p.b, p.i)
		return ok
	}
	return p.skip(0)
}

func (p *lineParser) space() {
	for p.i < len(p.b) {
		switch p.b[p.i] {
		case ' ', '\t', '\r', '\n':
			p.i++
		default:
			return
		}
	}
}

func (p *lineParser) eat(c byte) bool {
	p.space()
	if p.i < len(p.b) && p.b[p.i] == c {
		p.i++
		return true
	}
	return false
}

func (p *lineParser) end() bool {
	p.space()
	return p.i == len(p.b)
}

func (p *lineParser) key() ([]byte, bool) {
	k, ok := p.plain()
	return k, ok && p.eat(':')
}

// plain reads a string without escapes, as a part of the line.
func (p *lineParser) plain() ([]byte, bool) {
	if !p.eat('"') {
		return nil, false
	}
	for j := p.i; j < len(p.b); j++ {
		switch c := p.b[j]; {
		case c == '"':
			s := p.b[p.i:j]
			p.i = j + 1
			return s, true
		case c == '\\' || c < ' ':
			return nil, false
		}
	}
	return nil, false
}

func (p *lineParser) str() (string, bool) {
	start := p.i
	if s, ok := p.plain(); ok {
		return intern(s), true
	}
	if p.i = start; !p.eat('"') {
		return "", false
	}
	out, i, ok := unquote(nil, p.b, p.i)
	p.i = i
	return string(out), ok
}

// intern saves the allocation for the words that end nearly every answer.
func intern(b []byte) string {
	switch string(b) {
	case "stop":
		return "stop"
	case "length":
		return "length"
	}
	return string(b)
}

func (p *lineParser) boolean() (v, ok bool) {
	p.space()
	switch rest := p.b[p.i:]; {
	case len(rest) >= 4 && string(rest[:4]) == "true":
		p.i += 4
		return true, true
	case len(rest) >= 5 && string(rest[:5]) == "false":
		p.i += 5
		return false, true
	}
	return false, false
}

func (p *lineParser) count(n *int) bool {
	v, ok := p.integer()
	if ok {
		*n = int(v)
	}
	return ok
}

// integer reads a plain non-negative integer of at most 18 digits; the rest is
// for encoding/json.
func (p *lineParser) integer() (int64, bool) {
	p.space()
	start, v := p.i, int64(0)
	for p.i < len(p.b) && p.b[p.i] >= '0' && p.b[p.i] <= '9' {
		v = v*10 + int64(p.b[p.i]-'0')
		p.i++
	}
	digits := p.i - start
	if digits == 0 || digits > 18 || digits > 1 && p.b[start] == '0' {
		return 0, false
	}
	if p.i < len(p.b) && strings.IndexByte(".eE", p.b[p.i]) >= 0 {
		return 0, false
	}
	return v, true
}

// skip reads a value of any kind whose text does not matter. Lists are left to
// encoding/json, as are objects in objects in objects.
func (p *lineParser) skip(depth int) bool {
	p.space()
	if p.i >= len(p.b) {
		return false
	}
	switch c := p.b[p.i]; {
	case c == '"':
		_, ok := p.plain()
		return ok
	case c == 't', c == 'f':
		_, ok := p.boolean()
		return ok
	case c == '{' && depth < 3:
		return p.object(func([]byte) bool { return p.skip(depth + 1) })
	}
	_, ok := p.integer()
	return ok
}

// parseAny reads any valid JSON object. Names are matched exactly, as a
// server writes them.
func (c *chunk) parseAny(line []byte, a *answer) bool {
	var top map[string]json.RawMessage
	if json.Unmarshal(line, &top) != nil || top == nil {
		return false
	}
	ok := true
	read := func(m map[string]json.RawMessage, key string, v any) {
		if raw, found := m[key]; found && string(raw) != "null" && json.Unmarshal(raw, v) != nil {
			ok = false
		}
	}
	var message map[string]json.RawMessage
	var text, thinking, model string
	read(top, "message", &message)
	read(message, "content", &text)
	read(message, "thinking", &thinking)
	read(top, "model", &model)
	read(top, "done", &c.done)
	read(top, "done_reason", &c.doneReason)
	read(top, "remote_host", &c.remoteHost)
	read(top, "prompt_eval_count", &c.promptCount)
	read(top, "eval_count", &c.evalCount)
	read(top, "load_duration", &c.loadDuration)
	read(top, "prompt_eval_duration", &c.promptDuration)
	read(top, "eval_duration", &c.evalTime)
	if raw, found := top["error"]; found {
		c.failed = true
		if json.Unmarshal(raw, &c.failure) != nil {
			c.failure = string(raw)
		}
	}
	_, c.debug = top["_debug_info"]
	c.model = []byte(model)
	if ok {
		a.text = append(a.text, text...)
		a.thinking = append(a.thinking, thinking...)
	}
	return ok
}
