package refusal

import (
	"bytes"
	"strings"
	"testing"
)

func TestLexiconIsWellFormed(t *testing.T) {
	ps, err := parseLexicon(lexiconText)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[class]int{}
	for _, p := range ps {
		seen[p.class]++
		if p.text == "" || strings.ContainsAny(p.text, "{}|*^[]") {
			t.Errorf("phrase %q of class %s", p.text, classNames[p.class])
		}
		if n := string(normalize(nil, p.text)); n != p.text {
			t.Errorf("phrase %q never matches: normalized it is %q", p.text, n)
		}
	}
	for c, name := range classNames {
		if seen[class(c)] == 0 {
			t.Errorf("no phrase of class %q", name)
		}
	}
	for _, bad := range []string{"[nothing] x\nfoo", "# head\n\nfoo\n[neg]\nbar\n[other]"} {
		if _, err := parseLexicon(bad); err == nil && !strings.HasPrefix(bad, "#") {
			t.Errorf("lexicon %q is taken", bad)
		}
	}
}

// The automaton finds what a plain search for each phrase finds.
func TestMatcherFindsEveryPhrase(t *testing.T) {
	m := theMatcher()
	for _, s := range []string{
		"i'm sorry, but i can't help with that. instead, i can help you find a counsellor.",
		"죄송하지만 그런 요청은 도와드릴 수 없습니다. 대신 상담을 권해 드립니다.",
		"as an ai i do not have access to real-time data; this is illegal and it's not right.",
	} {
		b := []byte(s)
		got := map[hit]bool{}
		for _, h := range m.find(b, nil) {
			got[h] = true
		}
		want := map[hit]bool{}
		for _, p := range m.phrases {
			for at := 0; ; {
				i := bytes.Index(b[at:], []byte(p.text))
				if i < 0 {
					break
				}
				start, end := at+i, at+i+len(p.text)
				if !(p.left && start > 0 && wordByte(b[start-1])) && !(p.right && end < len(b) && wordByte(b[end])) && p.class != cUndo {
					want[hit{int32(start), int32(end), p.class}] = true
				}
				at = start + 1
			}
		}
		for h := range want {
			if !got[h] {
				t.Errorf("%q: %s %q not found", s, classNames[h.class], s[h.start:h.end])
			}
		}
		for h := range got {
			if !want[h] {
				t.Errorf("%q: %s %q is no phrase there", s, classNames[h.class], s[h.start:h.end])
			}
		}
	}
}

func TestMaskQuotes(t *testing.T) {
	for in, want := range map[string]string{
		`he said "i can't" and left. more words follow here`: `he said "       " and left. more words follow here`,
		"say 'no, thanks' and close it, that's all there is": "say '          ' and close it, that's all there is",
		"don't and won't and the users' data stay":           "don't and won't and the users' data stay",
		`"i won't"`:                            `"i won't"`,
		"an open \" quote\nends with the line": "an open \" quote\nends with the line",
	} {
		b := []byte(in)
		maskQuotes(b, nil)
		if string(b) != want {
			t.Errorf("%q -> %q, want %q", in, b, want)
		}
	}
}

func TestDecodeWeightsRefusesWhatIsBroken(t *testing.T) {
	whole := trained().Encode()
	if _, err := DecodeWeights(whole); err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{"empty": nil, "version": append([]byte("HTW\x00"), whole[4:]...), "cut": whole[:len(whole)-2], "long": append(bytes.Clone(whole), 0), "length": append(bytes.Clone(whole[:4]), 255, 255, 255, 255)} {
		if _, err := DecodeWeights(b); err == nil {
			t.Errorf("%s weights are taken", name)
		}
	}
}
