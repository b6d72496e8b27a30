package score

import (
	"math/big"
	"strings"
	"unicode/utf8"
)

// Korean number words. Small units multiply the digit before them (이백 200),
// large units everything since the last large one (삼만 오천 35,000).
var (
	koreanDigits = map[rune]int64{'영': 0, '공': 0, '일': 1, '이': 2, '삼': 3, '사': 4, '오': 5, '육': 6, '륙': 6, '칠': 7, '팔': 8, '구': 9}
	koreanSmall  = map[rune]int64{'십': 10, '백': 100, '천': 1000}
	koreanLarge  = map[rune]int64{'만': 1e4, '억': 1e8, '조': 1e12, '경': 1e16}
)

// koreanAt reads a Sino-Korean or mixed number at text[i] that holds at least
// one unit, such as 3만 2천 or 삼백이십. Bare digit words (이, 일, 사) are too
// often other words to count.
func koreanAt(text string, i int) (n int, value string) {
	p := koreanParser{text: text, i: i}
	if !p.run() || !p.units {
		return 0, ""
	}
	return p.end - i, p.value()
}

type koreanParser struct {
	text   string
	i, end int
	total  *big.Rat // of finished large units
	group  *big.Rat // of the current large unit
	digit  *big.Rat // waits for its unit
	small  int64    // last small unit of the group: they only get smaller
	large  int64    // last large unit
	units  bool
}

func (p *koreanParser) run() bool {
	p.total, p.group = new(big.Rat), new(big.Rat)
	p.small, p.large = 1e5, 1e18
	p.end = p.i
	for p.i < len(p.text) && p.step() {
		p.end = p.i
		if p.i < len(p.text) && p.text[p.i] == ' ' && p.units && p.digit == nil {
			p.i++
		}
	}
	return p.end > 0
}

func (p *koreanParser) step() bool {
	if isDigit(p.text[p.i]) {
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
		p.digit, p.i = d, j
		return ok
	}
	r, w := utf8.DecodeRuneInString(p.text[p.i:])
	if d, ok := koreanDigits[r]; ok {
		return p.word(d, w)
	}
	if u, ok := koreanSmall[r]; ok {
		return p.smallUnit(u, w)
	}
	if u, ok := koreanLarge[r]; ok {
		return p.largeUnit(u, w)
	}
	return false
}

// word reads a digit word. After the last unit it counts only where no further
// letters follow that make it another word: 삼백이 is 302, 백일장 is no number.
func (p *koreanParser) word(d int64, w int) bool {
	if p.digit != nil {
		return false
	}
	p.digit = new(big.Rat).SetInt64(d)
	p.i += w
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
	p.digit, p.small, p.units = nil, u, true
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
	p.group, p.digit, p.small, p.large, p.units = new(big.Rat), nil, 1e5, u, true
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
