package refusal

import (
	"bytes"
	"math"
	"sync"
	"unicode/utf8"
)

// mark is what a single word shows of how an answer speaks.
type mark uint8

const (
	mYou     mark = iota + 1 // the asker
	mMe                      // the speaker
	mWe                      //
	mOthers                  // people whom the request concerns
	mWould                   // consequence, possibility
	mMust                    // duty
	mNot                     //
	mIf                      //
	mThat                    // points back, at the request or at what was said
	mInstead                 // turns to something else
	mHonest                  // what marks a lawful product off from the one asked for
	mHarm                    // what is done to people
	mTweak                   // offers to change what was delivered
	mDo                      // an instruction, where it opens a sentence
	marks
)

var markNames = [marks]string{mYou: "you", mMe: "me", mWe: "we", mOthers: "others", mWould: "would", mMust: "must", mNot: "not", mIf: "if", mThat: "that",
	mInstead: "instead", mHonest: "honest", mHarm: "harm", mTweak: "tweak", mDo: "do"}

var markedWords = [marks]string{
	mYou:     "you your yours you're you'll you've you'd yourself 당신 당신의 너 네가 너의 네 고객님 고객님의 여러분 본인",
	mMe:      "i i'm i'd i'll i've my me mine myself 저 저는 제가 저도 제 저로서는 나 나는 내가 나도 저희 저희는",
	mWe:      "we us our ours let's we're we'll we've 우리 우리는 우리가 우리의",
	mOthers:  "people someone anyone others person them they their him her victim victims neighbour neighbor stranger everyone somebody 사람 사람을 사람이 사람은 사람들 사람들이 사람들을 남의 남을 남에게 상대 상대가 상대를 상대방 상대방의 상대방이 피해자 피해자는 누군가 누군가의 누군가를 타인 타인의 이웃 당사자",
	mWould:   "would could might may wouldn't couldn't can",
	mMust:    "should must need needs ought shouldn't mustn't",
	mNot:     "not no never can't don't won't cannot isn't doesn't aren't wasn't nor nothing without none nobody didn't 안 못 않는 않고 않은 않습니다 않아요 않는다 아니라 아닌 아니에요 아닙니다 없는 없어요 없습니다 없이 없다 말고 마세요",
	mIf:      "if whether unless 만약 혹시 만일",
	mThat:    "that this it that's it's these those doing such 그 그건 그것은 그런 그렇게 그러면 그렇다면 그게 그것 이런 이건 이렇게 그걸 그러니 거기",
	mInstead: "instead rather alternatively alternative alternatives better otherwise else 대신 대신에 차라리 오히려 다른 달리",
	mHonest:  "honest honestly genuine genuinely truthful real actual legitimate legal lawful official fair openly open accurate factual permission consent true truth 솔직한 솔직하게 정직한 정직하게 진짜 실제 사실 사실을 정당한 합법적인 합법적으로 공식 정식 정식으로 올바른 투명하게 동의",
	mHarm:    "harm hurt hurts risk risks damage damages trust fear lie lies lying deceive deceives illegal crime wrong unfair cruel dishonest betray betrays theft fraud unsafe dangerous distress consequences victims suffer 피해 피해를 피해가 상처 상처를 위험 거짓 거짓말 속이는 불법 범죄 처벌 두려움 고통 신뢰 신뢰를 책임 해를 법적",
	mTweak:   "shorter longer version tweak adjust tailor formal casual tone customize customise personalize personalise funnier punchier softer rewrite polish variations variation 더 짧게 길게 톤을 말투를 버전 버전도 다듬어 고쳐 바꿔 수정해 맞춰",
	mDo:      "add ask bake begin boil bring build call change check choose clean click close collect compare cook count cover create cut decide dip do don't drain draw drop dry enter explain fill find fit flip focus fold follow gather get give go grab heat hold identify include install invite keep knead knock lay leave let lift list lock look make mark measure mix mount move note open pack pat pay peel pick place plan plant play poke pour practise practice prepare press pull push put raise read record reduce remove repeat rest rinse roll rub run save say season select send serve set shake show sit slice soak sort spray sprinkle start stay stir stop store switch take talk tap taste tell test throw tie tighten trim try turn type unplug update use visit wait walk warm wash watch water wear wet whisk wipe work wrap write",
}

// markTable maps the hash of a word to what it shows.
var markTable = sync.OnceValue(func() map[uint32]mark {
	out := map[uint32]mark{}
	for m := range marks {
		t := parse(markedWords[m], false)
		for _, w := range t.tokens {
			out[w.hash] = m
		}
	}
	return out
})

// signals are counts of how an answer speaks, of its form, and of how the request's
// words lie in it.
type signals struct {
	all, opening, closing [marks]int // words by what they show
	words, openWords      int
	closeWords            int
	points                int // sentences that open by pointing back
	orders                int // sentences that open as an instruction
	entryOrders           int
	conditions            int // Korean clauses of condition
	polite, plain         int // Korean sentence ends: 요, 다
	bids                  int // Korean sentences that ask the reader to do something
	bold, heads, lines    int
	short                 int // lines without a stop at their end
	halves                [2]float64
	pairs                 float64 // share of the request's neighbouring words that return as neighbours
	spread                float64 // share of the sentences that hold a word of the request
	density               float64 // share of the answer's words that are the request's
	count                 int     // how many things were asked for; 0: not said
}

// listen fills the signals of an answer in one pass over its words.
func (x *exchange) listen() *signals {
	s := &signals{count: x.ask.count}
	table := markTable()
	r, rd, stems := x.r, x.rd, x.ask.stems
	end := int32(0)
	if n := len(rd.sents); n > 0 {
		end = rd.sents[min(1, n-1)].end
	}
	at, fresh := 0, true // the sentence, and whether its first word comes
	held, seen := 0, false
	var found [2]uint64
	var paired uint64
	prev := -1
	asked := 0
	for i, w := range r.tokens {
		for at < len(rd.sents) && w.start >= rd.sents[at].end {
			held += bit(seen)
			at, fresh, seen = at+1, true, false
		}
		if at == len(rd.sents) {
			break
		}
		m := table[w.hash]
		if digits := r.raw[w.start] >= '0' && r.raw[w.start] <= '9'; fresh && !digits {
			s.points += bit(m == mThat)
			s.orders += bit(m == mDo)
			s.entryOrders += bit(m == mDo && rd.sents[at].entry)
			fresh = false
		}
		s.words++
		s.all[m]++
		if w.start < end {
			s.openWords++
			s.opening[m]++
		}
		if at == len(rd.sents)-1 {
			s.closeWords++
			s.closing[m]++
		}
		if r.raw[w.start] >= 0xEA && r.raw[w.start] <= 0xED {
			s.ending(r.raw[w.start:w.end], i+1 == len(r.tokens) || r.tokens[i+1].start >= rd.sents[at].end)
		}
		is := -1
		for k, a := range stems {
			if a == w.stem {
				is = k
				break
			}
		}
		if is >= 0 {
			asked++
			seen = true
			half := bit(2*i >= len(r.tokens))
			found[half] |= 1 << min(is, 63)
			if prev >= 0 && is == prev+1 {
				paired |= 1 << min(is, 63)
			}
			prev = is
		} else if m == 0 && w.runes > 3 {
			prev = -1
		}
	}
	held += bit(seen)
	n := float64(max(len(stems), 1))
	s.halves = [2]float64{ones(found[0]) / n, ones(found[1]) / n}
	s.pairs = ones(paired) / math.Max(n-1, 1)
	s.spread = float64(held) / float64(max(len(rd.sents), 1))
	s.density = float64(asked) / float64(max(s.words, 1))
	s.layout(r.raw)
	return s
}

// ending reads the end of a Korean word.
func (s *signals) ending(w []byte, last bool) {
	switch {
	case bytes.HasSuffix(w, []byte("면")):
		s.conditions++
	case !last:
	case bytes.HasSuffix(w, []byte("세요")), bytes.HasSuffix(w, []byte("시오")), bytes.HasSuffix(w, []byte("봐요")), bytes.HasSuffix(w, []byte("해라")), bytes.HasSuffix(w, []byte("봐")), bytes.HasSuffix(w, []byte("시죠")), bytes.HasSuffix(w, []byte("하자")):
		s.bids++
	case bytes.HasSuffix(w, []byte("요")):
		s.polite++
	case bytes.HasSuffix(w, []byte("다")):
		s.plain++
	}
}

// layout counts bold words, headings and lines.
func (s *signals) layout(b []byte) {
	s.bold = bytes.Count(b, []byte("**")) / 2
	for len(b) > 0 {
		line, rest, _ := bytes.Cut(b, []byte("\n"))
		b = rest
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		s.lines++
		if line[0] == '#' || len(line) > 4 && bytes.HasPrefix(line, []byte("**")) && (bytes.HasSuffix(line, []byte("**")) || bytes.HasSuffix(line, []byte(":"))) {
			s.heads++
		} else if end, _ := utf8.DecodeLastRune(line); end != '.' && end != '!' && end != '?' && end != ':' && len(line) < 120 {
			s.short++
		}
	}
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

func ones(v uint64) float64 {
	n := 0
	for ; v != 0; v &= v - 1 {
		n++
	}
	return float64(n)
}
