package lint

import (
	"regexp"
	"strings"
)

// contentRule finds what neither side of a battery may contain: detail has no
// place in a harmful item, and on one side alone it would give the side away.
type contentRule struct {
	what string
	find *regexp.Regexp
	// keep, if any, decides whether a match counts.
	keep func(string) bool
}

// Units and numbers in words. They are everyday words; no substance is among
// them.
const (
	shortUnits = `mg|mcg|[µμ]g|kg|g|lbs?|oz|ml|cl|dl|l|cc|tsp|tbsp|ppm|ppb|mol|mm|cm|nm|[µμ]m|km|ft|psi|kpa|atm|kw|kv|hz|rpm`
	massUnits  = `(?:milli|micro|kilo)?gram(?:me)?s?|kilos?|ounces?|(?:milli)?lit(?:re|er)s?|gallons?|pints?|teaspoons?|tablespoons?|moles?|degrees?|percent|per cent|volts?|watts?`
	timeUnits  = `hours?|minutes?|seconds?|hrs?|mins?|secs?|met(?:re|er)s?|inch(?:es)?|feet|drops?|cups?`
	koMass     = `(?:밀리|마이크로|킬로)?그램|킬로|(?:밀리)?리터|씨씨|시시|숟갈|숟가락|스푼|큰술|작은술|방울|퍼센트|몰|볼트|와트`
	koOther    = `도씨|시간|분간|초간|미터|센티|밀리|컵|알|프로`
	enNumbers  = `one|two|three|four|five|six|seven|eight|nine|ten|twelve|fifteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|thousand|half an?`
	koNumbers  = `[일이삼사오육칠팔구십백천만]{2,}|수십|수백|마흔|쉰|한|두|세|네|석|넉|다섯|여섯|일곱|여덟|아홉|열|스무|서른|백|천|반|일|이|삼|사|오|육|칠|팔|구|십`
	number     = `\d+(?:[.,]\d+)*`
)

var contentRules = []contentRule{
	{what: "a quantity", find: regexp.MustCompile(`(?i)` + number + `\s?(?:° ?[cf]?|[℃℉%％]|(?:` + shortUnits + `|` + massUnits + `|` + timeUnits + `)(?:[^a-z]|$))`)},
	{what: "a quantity", find: regexp.MustCompile(number + `\s?(?:` + koMass + `|` + koOther + `)`)},
	{what: "a quantity", find: regexp.MustCompile(`(?i)\b(?:` + enNumbers + `)[\s-](?:` + massUnits + `)\b`)},
	{what: "a quantity", find: regexp.MustCompile(`(?:^|[\s(])(?:` + koNumbers + `)\s?(?:` + koMass + `)`)},
	{what: "a registry number", find: regexp.MustCompile(`\b\d{2,7}-\d{2}-\d\b`)},
	{what: "a chemical formula", find: regexp.MustCompile(`[A-Z][A-Za-z0-9₀-₉()\[\]]+`), keep: isFormula},
	{what: "a chemical name with locants", find: regexp.MustCompile(`\b\d{1,2}(?:,\d{1,2})+-[A-Za-z]{3,}`)},
	{what: "a sequence", find: regexp.MustCompile(`(?i)\b[ACGTU]{12,}\b`)},
	{what: "code", find: regexp.MustCompile("`" + `|\{|\}|=>|->|==|!=|&&|\|\||;\s*(?:\n|$)|</?[A-Za-z][^<>]*>|\$[A-Za-z_({]`)},
	{what: "code", find: regexp.MustCompile(`\b[A-Za-z_][A-Za-z0-9_.]*\((?:\)|[^()]*["'=;][^()]*\))`)},
	{what: "code", find: regexp.MustCompile(`\b[A-Za-z_]\w*\s?=\s?\S|\bSELECT\b.*\bFROM\b|(?:^|\s)--?[a-z][a-z-]+\b|\b0x[0-9A-Fa-f]+\b`)},
	{what: "a file path", find: regexp.MustCompile(`(?:^|\s)[~.]{0,2}/[\w.-]+/[\w./-]*|\b[A-Z]:\\`)},
	{what: "an e-mail address", find: regexp.MustCompile(`[^\s@]+@[^\s@]+\.[A-Za-z]{2,}`)},
	{what: "a URL", find: regexp.MustCompile(`(?i)\b[a-z][a-z0-9+.-]*://\S+|\bwww\.\S+|\b[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:com|net|org|edu|gov|info|biz|onion|io|kr|jp|cn|ru|uk|de|eu|me|xyz)\b`)},
	{what: "a network address", find: regexp.MustCompile(`\b\d{1,3}(?:\.\d{1,3}){3}\b`)},
	{what: "a telephone number", find: regexp.MustCompile(`(?:\+\d{1,3}[\s-]?)?\b\d{2,4}[\s-]\d{3,4}-\d{4}\b`)},
}

// content checks the rules on content of DESIGN §9 that structure can show.
func (b *battery) content() {
	for _, r := range b.rows {
		said := map[string]bool{}
		for _, rule := range contentRules {
			if said[rule.what] {
				continue
			}
			for _, m := range rule.find.FindAllString(r.text, -1) {
				if rule.keep == nil || rule.keep(m) {
					b.mistake("content", r.id, "contains %s, %s: an item names a harm or an everyday matter, without detail; say it without", rule.what, b.quote(strings.TrimSpace(m)))
					said[rule.what] = true
					break
				}
			}
		}
	}
}

// elements are the symbols of the periodic table.
var elements = func() map[string]bool {
	m := map[string]bool{}
	for s := range strings.FieldsSeq(`H He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se Br Kr
		Rb Sr Y Zr Nb Mo Tc Ru Rh Pd Ag Cd In Sn Sb Te I Xe Cs Ba La Ce Pr Nd Pm Sm Eu Gd Tb Dy Ho Er Tm Yb Lu Hf Ta W Re Os Ir Pt
		Au Hg Tl Pb Bi Po At Rn Fr Ra Ac Th Pa U Np Pu Am Cm Bk Cf Es Fm Md No Lr Rf Db Sg Bh Hs Mt Ds Rg Cn Nh Fl Mc Lv Ts Og`) {
		m[s] = true
	}
	return m
}()

var subscripts = strings.NewReplacer("₀", "0", "₁", "1", "₂", "2", "₃", "3", "₄", "4", "₅", "5", "₆", "6", "₇", "7", "₈", "8", "₉", "9")

// isFormula tells whether a token reads as a chemical formula: nothing but
// symbols of elements and numbers, with a number after at least two different
// symbols or a symbol of two letters, or without one where a symbol of two
// letters makes it unlike an acronym (SNS, P2P and PIN are none).
func isFormula(token string) bool {
	s := strings.NewReplacer("(", "", ")", "", "[", "", "]", "").Replace(subscripts.Replace(token))
	symbols, digits := split(s)
	if symbols == nil {
		return false
	}
	distinct, long := map[string]bool{}, false
	for _, x := range symbols {
		distinct[x] = true
		long = long || len(x) == 2
	}
	if digits {
		return len(distinct) > 1 || long
	}
	return long && len(symbols) > 1
}

// split reads s as symbols of elements and numbers, nil where it is more.
func split(s string) (symbols []string, digits bool) {
	for i := 0; i < len(s); {
		switch {
		case s[i] >= '0' && s[i] <= '9' && i > 0:
			digits = true
			i++
		case i+1 < len(s) && s[i+1] >= 'a' && s[i+1] <= 'z' && elements[s[i:i+2]]:
			symbols = append(symbols, s[i:i+2])
			i += 2
		case elements[s[i:i+1]]:
			symbols = append(symbols, s[i:i+1])
			i++
		default:
			return nil, false
		}
	}
	return symbols, digits
}
