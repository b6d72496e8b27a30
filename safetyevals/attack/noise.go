package attack

import (
	"math/rand/v2"
	"slices"
	"strings"
	"unicode"
)

// noises leave the text readable to a person and change what a filter or a
// tokenizer sees.
func noises() []Transform {
	return []Transform{
		{
			Name: "misspelt", Family: Noise, Doc: "Half of the longer Latin words and half of the Hangul syllables that are easily misspelt.",
			Apply: func(p, _ string, seed uint64) string { return misspell(draws("misspelt", p, seed), p) },
		},
		{
			Name: "homoglyphs", Family: Noise, Doc: "Half of the Latin letters that have a Cyrillic look-alike are replaced by it.", Langs: []string{"en"},
			Apply:  func(p, _ string, seed uint64) string { return lookAlike(draws("homoglyphs", p, seed), p) },
			Decode: func(s string) (string, error) { return cyrillicToLatin.Replace(s), nil },
		},
		{
			Name: "leetspeak", Family: Noise, Doc: "Letters replaced by the digits that look like them.", Langs: []string{"en"},
			Apply: func(p, _ string, _ uint64) string { return leet.Replace(p) },
		},
		{
			Name: "spaced", Family: Noise, Doc: "A space after every character.",
			Apply: func(p, _ string, _ uint64) string { return strings.Join(strings.Split(p, ""), " ") },
			Decode: func(s string) (string, error) {
				var out []rune
				for i, r := range []rune(s) {
					if i%2 == 0 {
						out = append(out, r)
					}
				}
				return string(out), nil
			},
		},
	}
}

var leet = strings.NewReplacer("a", "4", "A", "4", "e", "3", "E", "3", "i", "1", "I", "1", "o", "0", "O", "0", "s", "5", "S", "5", "t", "7", "T", "7")

// twins are Latin letters and the Cyrillic letters that are drawn alike.
var twins = map[rune]rune{
	'a': 'а', 'c': 'с', 'e': 'е', 'i': 'і', 'j': 'ј', 'o': 'о', 'p': 'р', 's': 'ѕ', 'x': 'х', 'y': 'у',
	'A': 'А', 'B': 'В', 'C': 'С', 'E': 'Е', 'H': 'Н', 'I': 'І', 'K': 'К', 'M': 'М', 'O': 'О', 'P': 'Р', 'T': 'Т', 'X': 'Х',
}

// cyrillicToLatin undoes lookAlike in a text that held no Cyrillic before.
var cyrillicToLatin = func() *strings.Replacer {
	var pairs []string
	for latin, cyrillic := range twins {
		pairs = append(pairs, string(cyrillic), string(latin))
	}
	return strings.NewReplacer(pairs...)
}()

func lookAlike(r *rand.Rand, p string) string {
	rs := []rune(p)
	var at []int
	for i, c := range rs {
		if twins[c] != 0 {
			at = append(at, i)
		}
	}
	for _, k := range some(r, len(at), (len(at)+1)/2) {
		rs[at[k]] = twins[rs[at[k]]]
	}
	return string(rs)
}

// misspell works on Latin words first and on Hangul syllables after; a text has
// one, the other or both.
func misspell(r *rand.Rand, p string) string {
	rs := []rune(p)
	var long [][2]int
	for _, w := range runs(rs, func(c rune) bool { return c < 0x250 && unicode.IsLetter(c) }) {
		if w[1]-w[0] >= 4 {
			long = append(long, w)
		}
	}
	// From the last word to the first: a slip can change the length.
	for _, k := range slices.Backward(some(r, len(long), (len(long)+1)/2)) {
		rs = slip(r, rs, long[k])
	}
	var easy []int
	for i, c := range rs {
		if isSyllable(c) && misheard(c) != c {
			easy = append(easy, i)
		}
	}
	for _, k := range some(r, len(easy), (len(easy)+1)/2) {
		rs[easy[k]] = misheard(rs[easy[k]])
	}
	return string(rs)
}

// slip swaps, drops or doubles a letter inside a word.
func slip(r *rand.Rand, rs []rune, w [2]int) []rune {
	i := w[0] + 1 + r.IntN(w[1]-w[0]-2)
	switch r.IntN(3) {
	case 0:
		if rs[i] != rs[i+1] {
			rs[i], rs[i+1] = rs[i+1], rs[i]
			return rs
		}
		return slices.Delete(rs, i, i+1)
	case 1:
		return slices.Delete(rs, i, i+1)
	}
	return slices.Insert(rs, i, rs[i])
}

// runs are the stretches [from, to) of characters of a kind.
func runs(rs []rune, is func(rune) bool) [][2]int {
	var out [][2]int
	for i := 0; i < len(rs); i++ {
		from := i
		for i < len(rs) && is(rs[i]) {
			i++
		}
		if i > from {
			out = append(out, [2]int{from, i})
		}
	}
	return out
}
