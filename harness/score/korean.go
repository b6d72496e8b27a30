package score

import (
	"math/big"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Korean number words. Small units multiply the digit before them (이백 200),
// large units everything since the last large one (삼만 오천 35,000).
var (
	koreanDigits = map[rune]int64{'영': 0, '공': 0, '일': 1, '이': 2, '삼': 3, '사': 4, '오': 5, '육': 6, '륙': 6, '칠': 7, '팔': 8, '구': 9}
	koreanSmall  = map[rune]int64{'십': 10, '백': 100, '천': 1000}
	koreanLarge  = map[rune]int64{'만': 1e4, '억': 1e8, '조': 1e12, '경': 1e16}

	// What may follow a number written in words: counters, then endings.
	koreanCounters = strings.Fields("개월 시간 마리 그루 자루 송이 킬로 그램 미터 센티 리터 퍼센트 인분 봉지 상자 사람 " +
		"원 개 명 권 장 시 분 초 살 세 년 월 일 주 번 병 잔 대 점 쪽 배 층 톤 도 채 켤레")
	koreanEndings = strings.Fields("입니다 이다 이에요 예요 이고 이며 이므로 이라 이니 으로 로 은 는 이 가 을 를 과 와 의 에 도 만 뿐 보다 까지 부터 다 요 임")
)

// koreanAt reads a number with Korean words at text[i]: digits with units
// (3만 2천), Sino-Korean words with at least one unit (삼백이십), or native words
// (스물다섯). Bare digit words (이, 일, 사) are too often other words to count,
// and so are units that no counter follows (천천히, 만약).
func koreanAt(text string, i int) (n int, value string) {
	before, _ := utf8.DecodeLastRuneInString(text[:i])
	inWord := i > 0 && unicode.Is(unicode.Hangul, before)
	if isDigit(text[i]) {
		p := newKorean(text, i)
		p.run()
		if p.units == 0 {
			return 0, ""
		}
		return p.end - i, p.value()
	}
	r, _ := utf8.DecodeRuneInString(text[i:])
	if inWord || !unicode.Is(unicode.Hangul, r) {
		return 0, ""
	}
	if n, value := nativeAt(text[i:]); n > 0 {
		return n, value
	}
	p := newKorean(text, i)
	p.run()
	p.giveBack()
	bare := p.units == 1 && p.words == 0
	switch rest := text[p.end:]; {
	case p.units == 0, bare && !counted(rest), !bare && !ended(rest) && !counted(rest):
		return 0, ""
	}
	return p.end - i, p.value()
}

// ended tells whether a word may end before rest.
func ended(rest string) bool {
	r, _ := utf8.DecodeRuneInString(rest)
	return rest == "" || !unicode.Is(unicode.Hangul, r) || hasAnyPrefix(rest, koreanEndings)
}

// counted tells whether rest begins with a counter, after a space at most.
func counted(rest string) bool {
	rest = strings.TrimPrefix(rest, " ")
	for _, c := range koreanCounters {
		if strings.HasPrefix(rest, c) && ended(rest[len(c):]) {
			return true
		}
	}
	return false
}

func hasAnyPrefix(s string, list []string) bool {
	for _, p := range list {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	return false
}

type koreanParser struct {
	text   string
	i, end int
	total  *big.Rat // of finished large units
	group  *big.Rat // of the current large unit
	digit  *big.Rat // waits for its unit
	small  int64    // last small unit of the group: they only get smaller
	large  int64    // last large unit
	units  int
	words  int // digit words and digits
	mark   int // end before a space, while a digit after it waits for its unit
	last   rune
}

func newKorean(text string, i int) *koreanParser {
	return &koreanParser{text: text, i: i, end: i, total: new(big.Rat), group: new(big.Rat), small: 1e5, large: 1e18, mark: -1}
}

func (p *koreanParser) run() {
	for p.i < len(p.text) && p.step() {
		p.end = p.i
		if p.digit == nil && p.units > 0 {
			p.mark = -1
			if p.i < len(p.text) && p.text[p.i] == ' ' {
				p.mark = p.end
				p.i++
			}
		}
	}
	if p.mark >= 0 { // a number after a space that has no unit stands alone
		p.digit, p.end = nil, p.mark
	}
}

// giveBack returns a last 이 that is a particle (삼백이다, 삼백이 답) rather than
// the digit 2.
func (p *koreanParser) giveBack() {
	if p.digit == nil || p.last != '이' || p.units == 0 {
		return
	}
	rest := p.text[p.end:]
	r, _ := utf8.DecodeRuneInString(strings.TrimPrefix(rest, " "))
	if counted(rest) || !unicode.Is(unicode.Hangul, r) || hasAnyPrefix(rest, []string{"입니다", "이"}) {
		return
	}
	p.digit = nil
	p.words--
	p.end -= len("이")
}

func (p *koreanParser) step() bool {
	if isDigit(p.text[p.i]) {
		return p.figures()
	}
	r, w := utf8.DecodeRuneInString(p.text[p.i:])
	if d, ok := koreanDigits[r]; ok {
		if p.digit != nil {
			return false
		}
		p.last = r
		p.digit = new(big.Rat).SetInt64(d)
		p.words++
		p.i += w
		return true
	}
	if u, ok := koreanSmall[r]; ok {
		return p.smallUnit(u, w)
	}
	if u, ok := koreanLarge[r]; ok {
		return p.largeUnit(u, w)
	}
	return false
}

// figures reads digits, which are followed by a unit.
func (p *koreanParser) figures() bool {
	if p.digit != nil {
		return false
	}
	whole, n := digitsAt(p.text, p.i)
	j := p.i + n
	if j+1 < len(p.text) && p.text[j] == '.' && isDigit(p.text[j+1]) {
		k := j + 1
		for k < len(p.text) && isDigit(p.text[k]) {
			k++
		}
		whole, j = whole+"."+p.text[j+1:k], k
	}
	if len(whole) > 40 {
		return false
	}
	d, ok := new(big.Rat).SetString(whole)
	if !ok {
		return false
	}
	p.digit, p.i, p.last = d, j, 0
	p.words++
	return true
}

func (p *koreanParser) smallUnit(u int64, w int) bool {
	if u >= p.small {
		return false
	}
	if p.digit == nil {
		p.digit = new(big.Rat).SetInt64(1)
	}
	p.group.Add(p.group, p.digit.Mul(p.digit, new(big.Rat).SetInt64(u)))
	p.digit, p.small = nil, u
	p.units++
	p.i += w
	return true
}

func (p *koreanParser) largeUnit(u int64, w int) bool {
	if u >= p.large {
		return false
	}
	if p.digit != nil {
		p.group.Add(p.group, p.digit)
	}
	if p.group.Sign() == 0 {
		p.group.SetInt64(1)
	}
	p.total.Add(p.total, p.group.Mul(p.group, new(big.Rat).SetInt64(u)))
	p.group, p.digit, p.small, p.large = new(big.Rat), nil, 1e5, u
	p.units++
	p.i += w
	return true
}

func (p *koreanParser) value() string {
	v := new(big.Rat).Add(p.total, p.group)
	if p.digit != nil {
		v.Add(v, p.digit)
	}
	whole, fraction, _ := strings.Cut(v.FloatString(20), ".")
	return canonical(whole, fraction)
}

// Native Korean numbers below 100. The short forms stand before counters only.
var (
	nativeTens  = map[string]int{"열": 10, "스물": 20, "서른": 30, "마흔": 40, "쉰": 50, "예순": 60, "일흔": 70, "여든": 80, "아흔": 90}
	nativeUnits = map[string]int{"하나": 1, "둘": 2, "셋": 3, "넷": 4, "다섯": 5, "여섯": 6, "일곱": 7, "여덟": 8, "아홉": 9}
	nativeShort = map[string]int{"한": 1, "두": 2, "세": 3, "네": 4, "스무": 20}
)

func nativeAt(s string) (n int, value string) {
	sum := 0
	take := func(words map[string]int) bool {
		for w, v := range words {
			if strings.HasPrefix(s[n:], w) {
				n += len(w)
				sum += v
				return true
			}
		}
		return false
	}
	take(nativeTens)
	short := false
	if !take(nativeUnits) {
		short = take(nativeShort)
	}
	rest := s[n:]
	if n == 0 || short && !counted(rest) || !ended(rest) && !counted(rest) {
		return 0, ""
	}
	return n, canonical(big.NewInt(int64(sum)).String(), "")
}
