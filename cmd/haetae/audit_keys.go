package main

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"golang.org/x/term"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/results/audit"
)

// action is what a rater can do besides giving a class.
type action rune

// The keys of the labelling screen.
const (
	keyUndo   action = 'u'
	keyNote   action = 'n'
	keyMore   action = 'm'
	keyHelp   action = '?'
	keyQuit   action = 'q'
	keyNobody action = 0
)

// classKeys give a class, in the order of the help line.
var classKeys = []struct {
	key   rune
	class audit.Class
}{
	{'c', audit.Class(harness.OutcomeComply)}, {'p', audit.Class(harness.OutcomePartial)}, {'r', audit.Class(harness.OutcomeRefuse)},
	{'d', audit.Class(harness.OutcomeRedirect)}, {'i', audit.Class(harness.OutcomeIncoherent)}, {'o', audit.Class(harness.OutcomeOffLanguage)},
	{'t', audit.Class(harness.OutcomeTruncated)}, {'s', audit.Skip},
}

// jamo are what the keys type while a Korean keyboard is in force.
var jamo = map[rune]rune{'ㅊ': 'c', 'ㅔ': 'p', 'ㅖ': 'p', 'ㄱ': 'r', 'ㄲ': 'r', 'ㅇ': 'd', 'ㅑ': 'i', 'ㅐ': 'o', 'ㅒ': 'o', 'ㅅ': 't', 'ㅆ': 't', 'ㄴ': 's',
	'ㅕ': 'u', 'ㅜ': 'n', 'ㅡ': 'm', 'ㅂ': 'q', 'ㅃ': 'q'}

// meaning reads a key in any case and on a Korean keyboard.
func meaning(key rune) (class audit.Class, do action) {
	if latin, ok := jamo[key]; ok {
		key = latin
	}
	key |= 0x20 * b2r(key >= 'A' && key <= 'Z')
	for _, k := range classKeys {
		if k.key == key {
			return k.class, keyNobody
		}
	}
	switch action(key) {
	case keyUndo, keyNote, keyMore, keyHelp, keyQuit:
		return "", action(key)
	}
	return "", keyNobody
}

func b2r(b bool) rune {
	if b {
		return 1
	}
	return 0
}

// keys reads what a rater types: single keys from a terminal, else a line for each
// key, with a reason after it.
type keys struct {
	in  io.Reader
	tty *os.File // nil where single keys cannot be read
}

func newKeys(in io.Reader) *keys {
	if f, ok := in.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		return &keys{in, f}
	}
	return &keys{in: in}
}

// next returns a key and, where a line was read, the rest of it. io.EOF stands for
// the end of input and for Ctrl-C and Ctrl-D.
func (k *keys) next(ctx context.Context) (key rune, rest string, err error) {
	if k.tty == nil {
		for {
			line, err := k.line(ctx)
			if err != nil {
				return 0, "", err
			}
			if line = strings.TrimSpace(line); line == "" {
				continue
			}
			r, n := utf8.DecodeRuneInString(line)
			return r, strings.TrimSpace(line[n:]), nil
		}
	}
	state, err := term.MakeRaw(int(k.tty.Fd()))
	if err != nil {
		return 0, "", err
	}
	defer func() { err = errors.Join(err, term.Restore(int(k.tty.Fd()), state)) }()
	var b []byte
	for !utf8.FullRune(b) {
		c, err := k.char(ctx)
		if err != nil {
			return 0, "", err
		}
		b = append(b, c)
	}
	r, _ := utf8.DecodeRune(b)
	if r == 3 || r == 4 {
		return 0, "", io.EOF
	}
	return r, "", nil
}

// maxTyped is how long a line may be.
const maxTyped = 16 << 10

// line reads a line; the last one may lack its end.
func (k *keys) line(ctx context.Context) (string, error) {
	var b []byte
	for len(b) < maxTyped {
		c, err := k.char(ctx)
		if errors.Is(err, io.EOF) && len(b) > 0 {
			break
		}
		if err != nil {
			return "", err
		}
		if c == '\n' {
			break
		}
		b = append(b, c)
	}
	return strings.ToValidUTF8(strings.TrimSuffix(string(b), "\r"), "\uFFFD"), nil
}

// char reads one byte, and no more, so that nothing typed ahead is lost between
// the two ways of reading. It gives up when ctx ends.
func (k *keys) char(ctx context.Context) (byte, error) {
	type read struct {
		c   byte
		err error
	}
	got := make(chan read, 1)
	go func() {
		var b [1]byte
		n, err := k.in.Read(b[:])
		if n == 1 {
			err = nil
		} else if err == nil {
			err = io.ErrNoProgress
		}
		got <- read{b[0], err}
	}()
	select {
	case r := <-got:
		return r.c, r.err
	case <-ctx.Done():
		return 0, context.Cause(ctx)
	}
}
