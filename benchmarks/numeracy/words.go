package numeracy

import (
	"strings"
	"time"
)

var (
	enOnes = strings.Fields("zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen")
	enTens = strings.Fields("_ _ twenty thirty forty fifty sixty seventy eighty ninety")

	koDigits = []string{"", "일", "이", "삼", "사", "오", "육", "칠", "팔", "구"}
	koUnit   = []string{"", "십", "백", "천"}

	// Native numerals, in the form that stands before a counter.
	koNative     = []string{"", "한", "두", "세", "네", "다섯", "여섯", "일곱", "여덟", "아홉"}
	koNativeTens = []string{"", "열", "스물", "서른", "마흔", "쉰", "예순", "일흔", "여든", "아흔"}
)

// enWord writes n in words, 0 <= n < 1,000,000.
func enWord(n int) string {
	switch {
	case n < 20:
		return enOnes[n]
	case n < 100:
		if n%10 == 0 {
			return enTens[n/10]
		}
		return enTens[n/10] + "-" + enOnes[n%10]
	case n < 1000:
		s := enOnes[n/100] + " hundred"
		if n%100 != 0 {
			s += " and " + enWord(n%100)
		}
		return s
	}
	s := enWord(n/1000) + " thousand"
	if r := n % 1000; r >= 100 {
		s += " " + enWord(r)
	} else if r > 0 {
		s += " and " + enWord(r)
	}
	return s
}

// koSino writes n in Sino-Korean numerals, 0 < n < 100,000,000: 25000 is
// 이만 오천. A leading 일 is left out before 십, 백, 천 and 만, as people say it.
func koSino(n int) string {
	var parts []string
	if man := n / 10000; man == 1 {
		parts = append(parts, "만")
	} else if man > 1 {
		parts = append(parts, koFour(man)+"만")
	}
	if r := n % 10000; r > 0 {
		parts = append(parts, koFour(r))
	}
	return strings.Join(parts, " ")
}

func koFour(n int) string {
	s := ""
	for place := 3; place >= 0; place-- {
		p := 1
		for range place {
			p *= 10
		}
		switch d := n / p % 10; {
		case d == 0:
		case d == 1 && place > 0:
			s += koUnit[place]
		default:
			s += koDigits[d] + koUnit[place]
		}
	}
	return s
}

// koCount writes n in native numerals before a counter, 0 < n < 100: 20 is 스무,
// 23 is 스물세.
func koCount(n int) string {
	if n == 20 {
		return "스무"
	}
	return koNativeTens[n/10] + koNative[n%10]
}

// josa appends the particle that fits the last sound of a word: with when it
// ends in a consonant, without otherwise.
func josa(word, with, without string) string {
	r := []rune(word)
	last := r[len(r)-1]
	if last >= 0xAC00 && last <= 0xD7A3 && (last-0xAC00)%28 != 0 {
		return word + with
	}
	return word + without
}

var (
	enNames = []string{"Amara", "Ben", "Chloe", "Dev", "Elena", "Farid", "Grace", "Hugo"}
	koNames = []string{"민지", "서준", "하윤", "도현", "지우", "은채", "태민", "수빈"}
	koDays  = []string{"일요일", "월요일", "화요일", "수요일", "목요일", "금요일", "토요일"}
)

func (d *draw) enName() string { return d.one(enNames...) }
func (d *draw) koName() string { return d.one(koNames...) }

// date returns a day from 2001 to 2030.
func (d *draw) date() time.Time {
	return time.Date(d.from(2001, 2030), time.Month(d.from(1, 12)), d.from(1, 28), 0, 0, 0, 0, time.UTC)
}
