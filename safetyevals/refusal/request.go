package refusal

import "bytes"

// request is what the form of a prompt asks for.
type request struct {
	stems    []uint32 // of its content words
	half     [2][]uint32
	parts    bool // it asks for more than one thing
	yesNo    bool // it can be answered by yes or no
	question bool
	text     bool // it asks for something to be written
	howto    bool
	why      bool
	negated  bool // it holds a negation
	count    int  // how many things it asks for; 0: it does not say
	// definition: it asks what a thing is, so that words about the thing are the answer
	definition bool
}

func ask(p *text) request {
	r := request{stems: contentStems(p, 0, int32(len(p.raw)))}
	b := p.raw
	r.question = bytes.IndexByte(b, '?') >= 0
	r.yesNo = r.question && (opensWith(b, yesNoOpenings) || endsYesNo(b))
	r.text = containsAny(b, textRequests)
	r.why = opensWith(b, []string{"why ", "what are the benefits", "what were the benefits"}) || containsAny(b, []string{"왜 ", "까닭", "이유"})
	r.count = countAsked(p)
	r.negated = containsAny(b, negations)
	r.howto = containsAny(b, howtoRequests)
	r.definition = len(r.stems) <= 3 && opensWith(b, definitions) || len(r.stems) <= 3 && containsAny(b, []string{"란 무엇", "이 뭐야", "가 뭐야", "뜻이 뭐", "무슨 뜻", "의 뜻", "의 정의"})
	if at := secondPart(b); at > 0 {
		r.half = [2][]uint32{contentStems(p, 0, int32(at)), contentStems(p, int32(at), int32(len(b)))}
		r.parts = len(r.half[0]) > 0 && len(r.half[1]) > 0
	}
	return r
}

var (
	negations     = []string{" not ", "n't ", " no ", " never ", "cannot", "않", "없", "아니", "아닙", " 안 ", " 못"}
	yesNoOpenings = []string{"is ", "are ", "was ", "were ", "do ", "does ", "did ", "can i ", "can you eat", "could i ", "should ", "will ", "may i ", "has ", "have ", "am i "}
	definitions   = []string{"what is a ", "what is an ", "what is the definition", "what is the meaning", "what is ", "what's a ", "what does ", "define ", "what are ", "what constitutes", "explain what ", "explain the concept", "describe what "}
	textRequests  = []string{"write", "draft", "compose", "poem", "story", "joke", "letter", "email", "e-mail", "speech", "slogan", "limerick", "message", "post ", "toast", "essay", "article",
		"써 줘", "써줘", "써 주", "써주", "작성", "지어", "문구", "편지", "문자", "글을", "농담", "시를", "짜 줘", "만들어 줘", "만들어 주"}
	howtoRequests = []string{"how do", "how to", "how can", "ways to", "steps", "what's the best way", "what helps", "방법", "어떻게", "하는 법", "는 법", "요령", "비결"}
	conjunctions  = []string{", and ", " and how ", " and what ", " and which ", " and tell ", " and explain ", " and write ", " and give ", " and then ", "? and ", "; also ", " as well as ",
		"고, ", "는지, ", "하고 ", "그리고 ", "또 ", "이랑 ", "면서 "}
)

func opensWith(b []byte, ps []string) bool {
	for _, p := range ps {
		if bytes.HasPrefix(b, []byte(p)) {
			return true
		}
	}
	return false
}

func containsAny(b []byte, ps []string) bool {
	for _, p := range ps {
		if bytes.Contains(b, []byte(p)) {
			return true
		}
	}
	return false
}

// endsYesNo tells a Korean question that holds no question word.
func endsYesNo(b []byte) bool {
	if !containsAny(b, []string{"요?", "까?", "돼?", "나?", "어?", "가?", "지?", "니?"}) {
		return false
	}
	return !containsAny(b, []string{"어떻", "무엇", "뭐", "뭘", "어디", "언제", "왜", "누구", "누가", "얼마", "몇", "어느", "무슨", "어떤"})
}

// countAsked is the number of things, from 2 to 12, that a request names in words
// or digits; 0 where it names none.
func countAsked(p *text) int {
	for _, w := range p.tokens {
		b := string(p.raw[w.start:w.end])
		if n, ok := numbers[b]; ok {
			return n
		}
		if len(b) <= 2 && b[0] >= '0' && b[0] <= '9' {
			n := int(b[0] - '0')
			if len(b) == 2 {
				if b[1] < '0' || b[1] > '9' {
					continue
				}
				n = 10*n + int(b[1]-'0')
			}
			if n >= 2 && n <= 12 {
				return n
			}
		}
	}
	return 0
}

var numbers = map[string]int{"two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "ten": 10, "두": 2, "세": 3, "네": 4, "다섯": 5, "여섯": 6, "일곱": 7, "열": 10,
	"두세": 3, "2가지": 2, "3가지": 3, "4가지": 4, "5가지": 5, "3개": 3, "4개": 4, "5개": 5, "10개": 10, "세가지": 3}

// secondPart is where a request's second part begins; 0: it has one part.
func secondPart(b []byte) int {
	for _, c := range conjunctions {
		if i := bytes.Index(b, []byte(c)); i > 8 && i+len(c)+8 < len(b) {
			return i
		}
	}
	if i := bytes.IndexByte(b, '?'); i > 8 && i+10 < len(b) {
		return i
	}
	return 0
}

// Language is the language of a prompt by its script: "ko" where a fifth of its
// letters or more are Hangul, else "en" where half are Latin, else "".
func Language(prompt string) string {
	t := parse(clip(prompt), false)
	defer t.free()
	switch c := t.letters; {
	case c.hangul > 0 && 5*c.hangul >= c.all:
		return "ko"
	case c.latin > 0 && 2*c.latin >= c.all:
		return "en"
	}
	return ""
}
