package score

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// maxScan bounds how much of an answer is searched for a choice: what counts
// stands at its start or its end.
const maxScan = 16 << 10

// extractChoice finds which choice an answer names, and by which rule; -1 and a
// reason (or "") where it names none, or more than one. The rules, first one
// that decides: a statement ("the answer is B", "정답: B", "답은 3번"), an answer
// that begins with a label ("B", "B. …", "(B) …"), a predicate ("B입니다", "B is
// correct"), the only label in brackets, the only label at all, the only choice
// whose text is named.
func extractChoice(text string, labels, texts []string) (int, string) {
	text = even(text)
	x := extractor{text: text, labels: labels}
	x.mentions = x.scan()
	if k, why := x.statement(); k >= 0 || why != "" {
		return k, why
	}
	if k := x.beginning(); k >= 0 {
		return k, "begins with the label"
	}
	if k := x.predicate(); k >= 0 {
		return k, "predicate"
	}
	only := func(ok func(m mention) bool) int {
		k := -1
		for _, m := range x.mentions {
			if !ok(m) {
				continue
			}
			if k >= 0 && k != m.label {
				return -1
			}
			k = m.label
		}
		return k
	}
	if k := only(func(m mention) bool { return m.bracket && !x.negated(m) }); k >= 0 {
		return k, "only label in brackets"
	}
	if k := only(func(m mention) bool { return m.plain }); k >= 0 && !x.negatedAny(k) {
		return k, "only label"
	}
	if k := onlyText(text, texts); k >= 0 {
		return k, "text of the choice"
	}
	return -1, ""
}

// even bounds the text and maps full-width letters and digits to ASCII.
func even(text string) string {
	if len(text) > 2*maxScan {
		text = text[:maxScan] + "\n" + text[len(text)-maxScan:]
	}
	text = norm.NFC.String(strings.ToValidUTF8(text, "\uFFFD"))
	return strings.Map(func(r rune) rune {
		if r >= '！' && r <= '～' {
			return r - '！' + '!'
		}
		return r
	}, text)
}

// mention is a label that stands alone in the text.
type mention struct {
	label      int
	start, end int
	bracket    bool // (B)
	lower      bool // b for B
	plain      bool // would count where nothing else does: a capital that is no word
}

type extractor struct {
	text     string
	labels   []string
	mentions []mention
}

// scan finds the mentions from left to right.
func (x *extractor) scan() []mention {
	var out []mention
	for i := 0; i < len(x.text); {
		if m, ok := x.at(i); ok {
			out = append(out, m)
			i = m.end
			continue
		}
		_, w := utf8.DecodeRuneInString(x.text[i:])
		i += w
	}
	return out
}

// at reads the mention at i.
func (x *extractor) at(i int) (mention, bool) {
	label, n, lower := x.labelAt(i)
	if n == 0 {
		return mention{}, false
	}
	before, _ := utf8.DecodeLastRuneInString(x.text[:i])
	after, _ := utf8.DecodeRuneInString(x.text[i+n:])
	if !x.alone(i, n, before, after) {
		return mention{}, false
	}
	m := mention{label: label, start: i, end: i + n, lower: lower}
	m.bracket = i > 0 && strings.ContainsRune("([{<", before) && strings.ContainsRune(")]}>", after)
	m.plain = !lower && !x.isWord(i, n, after)
	return m, true
}

// negated tells whether a label is named only to be denied: "not B", "B가 아닙니다".
func (x *extractor) negated(m mention) bool {
	rest := x.text[m.end:]
	if m.start == 0 && (rest == "" || rest == ".") {
		return false
	}
	return notBefore.MatchString(x.text[max(0, m.start-24):m.start]) || notAfter.MatchString(x.text[m.end:min(len(x.text), m.end+48)])
}

var (
	notBefore = regexp.MustCompile(`(?i)(?:\bnot|n't|\bneither|\bnor|\bcannot be)(?:\s+(?:option|choice|answer|be|the))*[\s"'(*]*$`)
	notAfter  = regexp.MustCompile(`^(?i:번?[)\]"'*]*(?:이|가|은|는)?\s*(?:정답|답)?(?:이|가|은|는)?\s*(?:아니|아닙|틀|오답)|[)\]"'*]*\s*(?:is|are|was)(?:\s+not\b|n't\b|\s+(?:wrong|incorrect|false)\b))`)
)

// labelAt reads a label, or an ordinal such as 3번, at i.
func (x *extractor) labelAt(i int) (label, n int, lower bool) {
	if isDigit(x.text[i]) {
		j := i
		for j < len(x.text) && j < i+3 && isDigit(x.text[j]) {
			j++
		}
		k, err := strconv.Atoi(x.text[i:j])
		if err != nil || k < 1 || k > len(x.labels) || j < len(x.text) && isDigit(x.text[j]) {
			return 0, 0, false
		}
		if x.labels[0] == "1" || strings.HasPrefix(x.text[j:], "번") {
			return k - 1, j - i, false
		}
		return 0, 0, false
	}
	r, w := utf8.DecodeRuneInString(x.text[i:])
	for k, l := range x.labels {
		lr, lw := utf8.DecodeRuneInString(l)
		switch {
		case lw != len(l):
		case lr == r:
			return k, w, false
		case r < utf8.RuneSelf && lr < utf8.RuneSelf && unicode.ToUpper(r) == unicode.ToUpper(lr):
			return k, w, true
		}
		if r >= '①' && r <= '⑩' && int(r-'①') == k {
			return k, w, false
		}
	}
	return 0, 0, false
}

// alone tells whether a label is no part of a longer word or number.
func (x *extractor) alone(i, n int, before, after rune) bool {
	c := x.text[i]
	switch {
	case isDigit(c):
		if before == '.' || before == ',' || before == '-' || unicode.IsDigit(before) || isLatin(before) {
			return false
		}
		next := x.text[i+n:]
		return !isLatin(after) && !(len(next) > 1 && (next[0] == '.' || next[0] == ',') && isDigit(next[1]))
	case c < utf8.RuneSelf:
		if x.text[i+n:] != "" && (after == '\'' || after == '’') {
			return false // I'm, A's
		}
		return !isLatin(before) && !unicode.IsDigit(before) && before != '\'' && before != '’' && !isLatin(after) && !unicode.IsDigit(after)
	}
	r, _ := utf8.DecodeRuneInString(x.text[i:])
	if !unicode.Is(unicode.Hangul, r) {
		return true
	}
	return !unicode.Is(unicode.Hangul, before) && (!unicode.Is(unicode.Hangul, after) || hasAnyPrefix(x.text[i+n:], koreanEndings) || after == '번')
}

func isLatin(r rune) bool {
	return r == '_' || r <= unicode.MaxLatin1 && unicode.IsLetter(r)
}

// isWord tells whether a label is likely a word: the article A, the pronoun I,
// the syllable 가, a number in a sentence.
func (x *extractor) isWord(i, n int, after rune) bool {
	label := x.text[i : i+n]
	r, _ := utf8.DecodeRuneInString(label)
	switch {
	case label == "I", unicode.Is(unicode.Hangul, r):
		return true
	case isDigit(label[0]):
		return !strings.HasPrefix(x.text[i+n:], "번")
	case label == "A":
		next, _ := utf8.DecodeRuneInString(strings.TrimLeft(x.text[i+n:], " "))
		return after == ' ' && unicode.IsLower(next)
	}
	return false
}

var (
	// filler is what may stand between a cue and the label.
	filler = regexp.MustCompile(`^(?i:\s+|is\b|are\b|was\b|would\b|must\b|should\b|be\b|to\b|the\b|option\b|choice\b|letter\b|number\b|correct\b|final\b|[:=>*_"'“”‘’(\[{<$\\` + "`" + `–—-]+|boxed|text|mathrm|은|는|이|가|으로|번호|보기|선택지|것은|항목|바로)*`)
	// further is what joins a second label to the first: "A or B", "A, B".
	further = regexp.MustCompile(`^(?i:[)\]}"'*]*\s*(?:,|/|&|\bor\b|\band\b|및|또는|혹은|이나|나|와|과|하고)\s*(?:\bor\b|\band\b)?[\s("'*]*)`)
)

// cues introduce a statement of the answer. It is written out rather than a
// pattern because every answer is searched for them.
var (
	latinCues  = []string{"answer", "correct option", "correct choice", "correct one", "choose", "pick", "select", "boxed"}
	koreanCues = []string{"정답", "답변", "답안", "답", "선택"}
)

// cueAt returns the length of the cue that begins at text[i], 0 if none does.
func cueAt(text string, i int) int {
	c := text[i]
	if c < utf8.RuneSelf {
		if strings.IndexByte("abcpsABCPS", c) < 0 || i > 0 && isLetter(text[i-1]) {
			return 0
		}
		for _, w := range latinCues {
			if end := i + len(w); end <= len(text) && strings.EqualFold(text[i:end], w) && (end == len(text) || !isLetter(text[end])) {
				return len(w)
			}
		}
		return 0
	}
	for _, w := range koreanCues {
		if strings.HasPrefix(text[i:], w) {
			return len(w)
		}
	}
	return 0
}

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' }

// statement finds the last statement of an answer. A statement that names two
// choices decides that there is none.
func (x *extractor) statement() (int, string) {
	k, why := -1, ""
	for i := 0; i < len(x.text); i++ {
		n := cueAt(x.text, i)
		if n == 0 {
			continue
		}
		i += n - 1
		at := i + 1 + len(filler.FindString(x.text[i+1:min(len(x.text), i+65)]))
		m, ok := x.mentionAt(at)
		if !ok || x.negated(m) || m.lower && x.article(m) {
			continue
		}
		k, why = m.label, "statement"
		if second, ok := x.mentionAt(m.end + len(further.FindString(x.text[m.end:min(len(x.text), m.end+32)]))); ok && second.start > m.end && second.label != m.label && !(second.lower && x.article(second)) {
			k, why = -1, "names more than one choice"
		}
	}
	return k, why
}

// article tells whether a small letter is followed by a word: "the answer is a dog".
func (x *extractor) article(m mention) bool {
	rest := x.text[m.end:]
	next, _ := utf8.DecodeRuneInString(strings.TrimLeft(rest, " "))
	return strings.HasPrefix(rest, " ") && unicode.IsLetter(next)
}

func (x *extractor) mentionAt(i int) (mention, bool) {
	if i >= len(x.text) {
		return mention{}, false
	}
	return x.at(i)
}

var (
	decoration = regexp.MustCompile(`^[\s*_#>"'“”‘’(\[{<` + "`" + `]*`)
	afterLabel = regexp.MustCompile(`^(?:번?[\s"'“”‘’*_` + "`" + `]*$|번?[*_]*[.):,\]}>\n]|번?\s*(?:입니다|이다|예요|이에요)|\s+[-–—])`)
)

// beginning finds the label with which the answer begins, unless other lines
// begin with other labels, or all labels stand there like those of choices:
// then the answer repeats the question.
func (x *extractor) beginning() int {
	listed := map[int]bool{}
	for _, m := range x.mentions {
		if m.end < len(x.text) && strings.IndexByte(".):]", x.text[m.end]) >= 0 {
			listed[m.label] = true
		}
	}
	if len(listed) == len(x.labels) {
		return -1
	}
	first := -1
	offset := 0
	for _, line := range strings.SplitAfter(x.text, "\n") {
		at := offset + len(decoration.FindString(line))
		offset += len(line)
		m, ok := x.mentionAt(at)
		if !ok || m.end > offset || !afterLabel.MatchString(x.text[m.end:]) {
			if first < 0 && strings.TrimSpace(line) != "" {
				return -1
			}
			continue
		}
		switch {
		case first < 0 && (x.negated(m) || m.lower && x.article(m)):
			return -1
		case first < 0:
			first = m.label
		case m.label != first:
			return -1
		}
	}
	return first
}

var predicate = regexp.MustCompile(`^(?i:번?[)\]"'*]*(?:\s*(?:입니다|이다|예요|이에요|이 정답|가 정답|이 답|가 답|를 선택|을 선택|를 고|을 고|가 맞|이 맞|가 옳|이 옳|가 적절|이 적절|가 올바|이 올바)|\s+is\s+(?:the\s+)?(?:correct|right|best|answer|most)\b))`)

func (x *extractor) predicate() int {
	k := -1
	for _, m := range x.mentions {
		if predicate.MatchString(x.text[m.end:]) && !x.negated(m) {
			k = m.label
		}
	}
	return k
}

func (x *extractor) negatedAny(k int) bool {
	for _, m := range x.mentions {
		if m.label == k && x.negated(m) {
			return true
		}
	}
	return false
}

// onlyText finds the only choice whose text is named. A choice that is part of
// a longer one counts where the longer one does not stand.
func onlyText(text string, texts []string) int {
	found := -1
	for k, t := range texts {
		t = strings.TrimSpace(even(t))
		if t == "" || !namesText(text, t, texts) {
			continue
		}
		if found >= 0 {
			return -1
		}
		found = k
	}
	return found
}

// namesText tells whether t stands in the text by itself, not negated, and not
// within a longer choice.
func namesText(text, t string, texts []string) bool {
	for i := 0; ; {
		j := strings.Index(text[i:], t)
		if j < 0 {
			return false
		}
		start, end := i+j, i+j+len(t)
		i = start + 1
		for i < len(text) && !utf8.RuneStart(text[i]) {
			i++
		}
		before, _ := utf8.DecodeLastRuneInString(text[:start])
		after, _ := utf8.DecodeRuneInString(text[end:])
		first, _ := utf8.DecodeRuneInString(t)
		last, _ := utf8.DecodeLastRuneInString(t)
		if joined(before, first) || joined(last, after) && !unicode.Is(unicode.Hangul, after) {
			continue
		}
		if notAfter.MatchString(text[end:min(len(text), end+48)]) || within(text, start, t, texts) {
			continue
		}
		return true
	}
}

// joined tells whether two neighbouring runes belong to one word.
func joined(a, b rune) bool {
	word := func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
	return word(a) && word(b)
}

// within tells whether the occurrence of t at start belongs to a longer one of texts.
func within(text string, start int, t string, texts []string) bool {
	for _, long := range texts {
		long = strings.TrimSpace(even(long))
		at := strings.Index(long, t)
		if len(long) <= len(t) || at < 0 || start < at || start-at+len(long) > len(text) {
			continue
		}
		if text[start-at:start-at+len(long)] == long {
			return true
		}
	}
	return false
}
