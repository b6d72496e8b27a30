package attack

import (
	"strings"

	"golang.org/x/text/unicode/norm"
)

// Romanize writes Korean in the Revised Romanization (국어의 로마자 표기법,
// Ministry of Culture and Tourism notice 2000-8): by pronunciation, with
// liaison, palatalisation, aspiration by ㅎ, nasal and lateral assimilation,
// without tensing. Three things depend on what a word is and are decided one
// way: ㅎ after ㄱ, ㄷ, ㅂ is written out (as in nouns), ㄴ before ㄹ becomes l,
// and no ㄴ is inserted between the parts of a compound. Other characters stay.
func Romanize(p string) string {
	rs := []rune(norm.NFC.String(p))
	var b strings.Builder
	at := 0
	for _, w := range runs(rs, isSyllable) {
		b.WriteString(string(rs[at:w[0]]))
		b.WriteString(romanizeWord(rs[w[0]:w[1]]))
		at = w[1]
	}
	b.WriteString(string(rs[at:]))
	return b.String()
}

func romanizeWord(word []rune) string {
	syl := make([]syllable, len(word))
	for i, r := range word {
		syl[i] = split(r)
	}
	var b strings.Builder
	for i := range syl {
		lateral := i > 0 && syl[i-1].jong == 'ㄹ' && syl[i].cho == 'ㄹ'
		if i+1 < len(syl) {
			meet(&syl[i], &syl[i+1])
		} else {
			syl[i].jong = coda(syl[i].jong)
		}
		if lateral {
			b.WriteByte('l')
		} else {
			b.WriteString(onsets[syl[i].cho])
		}
		b.WriteString(nuclei[syl[i].jung])
		b.WriteString(codas[syl[i].jong])
	}
	return b.String()
}

// clusters are finals of two letters.
var clusters = map[rune][2]rune{
	'ㄳ': {'ㄱ', 'ㅅ'}, 'ㄵ': {'ㄴ', 'ㅈ'}, 'ㄶ': {'ㄴ', 'ㅎ'}, 'ㄺ': {'ㄹ', 'ㄱ'}, 'ㄻ': {'ㄹ', 'ㅁ'}, 'ㄼ': {'ㄹ', 'ㅂ'},
	'ㄽ': {'ㄹ', 'ㅅ'}, 'ㄾ': {'ㄹ', 'ㅌ'}, 'ㄿ': {'ㄹ', 'ㅍ'}, 'ㅀ': {'ㄹ', 'ㅎ'}, 'ㅄ': {'ㅂ', 'ㅅ'},
}

// halves splits a final into what stays and what can move: (0, x) for one letter.
func halves(jong rune) (stays, moves rune) {
	if c, ok := clusters[jong]; ok {
		return c[0], c[1]
	}
	return 0, jong
}

// meet changes the final of one syllable and the initial of the next as they
// are pronounced together.
func meet(a, b *syllable) {
	stays, moves := halves(a.jong)
	bright := b.jung == 'ㅣ' || b.jung == 'ㅕ'
	switch {
	case a.jong == 0:
		return
	case b.cho == 'ㅇ' && a.jong != 'ㅇ':
		switch {
		case moves == 'ㅎ' && stays == 0:
			a.jong = 0
			return
		case moves == 'ㅎ':
			stays, moves = 0, stays
		case moves == 'ㄷ' && b.jung == 'ㅣ':
			moves = 'ㅈ'
		case moves == 'ㅌ' && b.jung == 'ㅣ':
			moves = 'ㅊ'
		}
		a.jong, b.cho = stays, moves
	case b.cho == 'ㅎ' && (moves == 'ㅈ' || (moves == 'ㄷ' || moves == 'ㅌ') && bright):
		a.jong, b.cho = stays, 'ㅊ'
	case moves == 'ㅎ' && aspirated[b.cho] != 0:
		a.jong, b.cho = stays, aspirated[b.cho]
	case moves == 'ㅎ' && b.cho == 'ㅅ':
		a.jong = stays
	}
	a.jong = coda(a.jong)
	assimilate(a, b)
}

var aspirated = map[rune]rune{'ㄱ': 'ㅋ', 'ㄷ': 'ㅌ', 'ㅈ': 'ㅊ'}

// coda is the one of the seven final sounds that a final stands for.
func coda(jong rune) rune {
	switch jong {
	case 'ㄱ', 'ㄲ', 'ㅋ', 'ㄳ', 'ㄺ':
		return 'ㄱ'
	case 'ㄷ', 'ㅅ', 'ㅆ', 'ㅈ', 'ㅊ', 'ㅌ', 'ㅎ':
		return 'ㄷ'
	case 'ㅂ', 'ㅍ', 'ㅄ', 'ㄿ':
		return 'ㅂ'
	case 'ㄴ', 'ㄵ', 'ㄶ':
		return 'ㄴ'
	case 'ㄹ', 'ㄼ', 'ㄽ', 'ㄾ', 'ㅀ':
		return 'ㄹ'
	case 'ㅁ', 'ㄻ':
		return 'ㅁ'
	}
	return jong
}

func assimilate(a, b *syllable) {
	nasal := map[rune]rune{'ㄱ': 'ㅇ', 'ㄷ': 'ㄴ', 'ㅂ': 'ㅁ'}
	switch {
	case nasal[a.jong] != 0 && (b.cho == 'ㄴ' || b.cho == 'ㅁ'):
		a.jong = nasal[a.jong]
	case nasal[a.jong] != 0 && b.cho == 'ㄹ':
		a.jong, b.cho = nasal[a.jong], 'ㄴ'
	case (a.jong == 'ㅁ' || a.jong == 'ㅇ') && b.cho == 'ㄹ':
		b.cho = 'ㄴ'
	case a.jong == 'ㄴ' && b.cho == 'ㄹ', a.jong == 'ㄹ' && b.cho == 'ㄴ':
		a.jong, b.cho = 'ㄹ', 'ㄹ'
	}
}

var (
	onsets = map[rune]string{'ㄱ': "g", 'ㄲ': "kk", 'ㄴ': "n", 'ㄷ': "d", 'ㄸ': "tt", 'ㄹ': "r", 'ㅁ': "m", 'ㅂ': "b", 'ㅃ': "pp", 'ㅅ': "s",
		'ㅆ': "ss", 'ㅇ': "", 'ㅈ': "j", 'ㅉ': "jj", 'ㅊ': "ch", 'ㅋ': "k", 'ㅌ': "t", 'ㅍ': "p", 'ㅎ': "h"}
	nuclei = map[rune]string{'ㅏ': "a", 'ㅐ': "ae", 'ㅑ': "ya", 'ㅒ': "yae", 'ㅓ': "eo", 'ㅔ': "e", 'ㅕ': "yeo", 'ㅖ': "ye", 'ㅗ': "o", 'ㅘ': "wa",
		'ㅙ': "wae", 'ㅚ': "oe", 'ㅛ': "yo", 'ㅜ': "u", 'ㅝ': "wo", 'ㅞ': "we", 'ㅟ': "wi", 'ㅠ': "yu", 'ㅡ': "eu", 'ㅢ': "ui", 'ㅣ': "i"}
	codas = map[rune]string{'ㄱ': "k", 'ㄴ': "n", 'ㄷ': "t", 'ㄹ': "l", 'ㅁ': "m", 'ㅂ': "p", 'ㅇ': "ng"}
)
