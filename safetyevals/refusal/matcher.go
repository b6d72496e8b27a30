package refusal

import (
	_ "embed"
	"fmt"
	"strings"
	"sync"
	"unicode/utf8"
)

//go:embed lexicon.txt
var lexiconText string

// class is a class of wording; its name is the one in lexicon.txt.
type class uint8

const (
	cSubject class = iota
	cNeg
	cService
	cDecline
	cPolicy
	cApology
	cSelf
	cLimit
	cOffer
	cTurn
	cPart
	cMoral
	cJudge
	cSoft
	cContra
	cAsk
	cLead
	cUndo
	cRef
	cKNeg
	cKService
	cKWeak
	cHold
	classes
)

var classNames = [classes]string{"subject", "neg", "service", "decline", "policy", "apology", "self", "limit", "offer", "turn", "part",
	"moral", "judge", "soft", "contra", "ask", "lead", "undo", "ref", "kneg", "kservice", "kweak", "hold"}

// phrase is one entry of the lexicon after its choices are spelled out.
type phrase struct {
	text  string
	class class
	left  bool // must begin at a word's beginning
	right bool // must end at a word's end
}

// parseLexicon reads the format that the head of lexicon.txt describes.
func parseLexicon(text string) ([]phrase, error) {
	names := map[string]class{}
	for i, n := range classNames {
		names[n] = class(i)
	}
	var out []phrase
	current, known := class(0), false
	for n, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "["):
			name, _, _ := strings.Cut(line[1:], "]")
			if current, known = names[name]; !known {
				return nil, fmt.Errorf("lexicon.txt:%d: unknown class %q", n+1, name)
			}
		case !known:
			if out != nil {
				return nil, fmt.Errorf("lexicon.txt:%d: phrase without a class", n+1)
			}
		default:
			for _, s := range choices(line) {
				p := phrase{text: strings.Trim(s, "^*"), class: current}
				p.left = p.text[0] < utf8.RuneSelf || s[0] == '^'
				p.right = !strings.HasSuffix(s, "*") && p.text[len(p.text)-1] < utf8.RuneSelf && wordByte(p.text[len(p.text)-1])
				out = append(out, p)
			}
		}
	}
	return out, nil
}

// choices spells out {a|b} from left to right; spaces are made single.
func choices(s string) []string {
	head, rest, ok := strings.Cut(s, "{")
	if !ok {
		return []string{strings.Join(strings.Fields(s), " ")}
	}
	inner, tail, _ := strings.Cut(rest, "}")
	var out []string
	for alt := range strings.SplitSeq(inner, "|") {
		out = append(out, choices(head+alt+tail)...)
	}
	return out
}

// matcher finds every phrase of the lexicon in one pass over a text: the
// automaton of Aho and Corasick (CACM 18:6, 1975) with its transitions spelled
// out, over classes of bytes.
type matcher struct {
	byteClass [256]uint8
	width     int
	next      []uint16 // state*width + byte class
	out       [][]uint16
	phrases   []phrase
}

// theMatcher is built at the first answer that is read: programs that classify
// nothing do not pay for it.
var theMatcher = sync.OnceValue(func() *matcher {
	ps, err := parseLexicon(lexiconText)
	if err != nil {
		panic(err) // embedded and tested
	}
	return newMatcher(ps)
})

func newMatcher(phrases []phrase) *matcher {
	m := &matcher{phrases: phrases, width: 1}
	states := 1
	for _, p := range phrases {
		states += len(p.text)
		for i := range len(p.text) {
			if m.byteClass[p.text[i]] == 0 {
				m.byteClass[p.text[i]] = uint8(m.width)
				m.width++
			}
		}
	}
	m.next = make([]uint16, m.width, min(states, 1<<16)*m.width)
	m.out = make([][]uint16, 1)
	for i, p := range phrases {
		s := 0
		for j := range len(p.text) {
			e := s*m.width + int(m.byteClass[p.text[j]])
			if m.next[e] == 0 {
				if len(m.out) == 1<<16 {
					panic("lexicon.txt has too many phrases for 16-bit states")
				}
				m.next[e] = uint16(len(m.out))
				m.next = append(m.next, make([]uint16, m.width)...)
				m.out = append(m.out, nil)
			}
			s = int(m.next[e])
		}
		m.out[s] = append(m.out[s], uint16(i))
	}
	m.link()
	return m
}

// link turns the tree of phrases into the automaton, breadth first.
func (m *matcher) link() {
	fail := make([]uint16, len(m.out))
	var queue []uint16
	for c := range m.width {
		if s := m.next[c]; s != 0 {
			queue = append(queue, s)
		}
	}
	for len(queue) > 0 {
		s := int(queue[0])
		queue = queue[1:]
		f := int(fail[s])
		m.out[s] = append(m.out[s], m.out[f]...)
		for c := range m.width {
			e := s*m.width + c
			if t := m.next[e]; t != 0 {
				fail[t] = m.next[f*m.width+c]
				queue = append(queue, t)
			} else {
				m.next[e] = m.next[f*m.width+c]
			}
		}
	}
}

// hit is a phrase found in a text, bytes start to end.
type hit struct {
	start, end int32
	class      class
}

// find appends the phrases of b to hits, by their ends. A phrase that overlaps a
// negation that is none ("no problem", 어렵지 않다) is left out.
func (m *matcher) find(b []byte, hits []hit) []hit {
	s := 0
	undone := false
	for i, c := range b {
		s = int(m.next[s*m.width+int(m.byteClass[c])])
		for _, o := range m.out[s] {
			p := &m.phrases[o]
			start := i + 1 - len(p.text)
			if p.left && start > 0 && wordByte(b[start-1]) || p.right && i+1 < len(b) && wordByte(b[i+1]) {
				continue
			}
			undone = undone || p.class == cUndo
			hits = append(hits, hit{int32(start), int32(i + 1), p.class})
		}
	}
	if undone {
		hits = undo(hits)
	}
	return hits
}

// undo drops the hits that overlap one of class undo, and those themselves.
func undo(hits []hit) []hit {
	var spans []hit
	for _, h := range hits {
		if h.class == cUndo {
			spans = append(spans, h)
		}
	}
	kept := hits[:0]
next:
	for _, h := range hits {
		if h.class == cUndo {
			continue
		}
		for _, u := range spans {
			if h.start < u.end && u.start < h.end && (h.class == cKNeg || h.class == cDecline || h.class == cNeg || h.class == cLead || h.class == cApology) {
				continue next
			}
		}
		kept = append(kept, h)
	}
	return kept
}
