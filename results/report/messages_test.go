package report

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/results"
	"github.com/sovereign-eval/haetae/results/analysis"
	"github.com/sovereign-eval/haetae/results/stats"
)

var verb = regexp.MustCompile(`%(\[(\d+)\])?[sdq]`)

// verbs are the places of the arguments that a message uses, sorted.
func verbs(s string) []string {
	var out []string
	for i, m := range verb.FindAllStringSubmatch(s, -1) {
		at := m[2]
		if at == "" {
			at = strconv.Itoa(i + 1)
		}
		out = append(out, at)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// allMessages puts the tables together.
func allMessages(t *testing.T) map[string]text {
	all := maps.Clone(messages)
	for _, table := range []map[string]text{compareMessages, safetyMessages, methodMessages} {
		for key, m := range table {
			if _, twice := all[key]; twice {
				t.Errorf("%s stands in two tables", key)
			}
			all[key] = m
		}
	}
	return all
}

func TestMessagesExistInBothLanguages(t *testing.T) {
	for key, m := range allMessages(t) {
		if m.en == "" || m.ko == "" {
			t.Errorf("%s: %q, %q", key, m.en, m.ko)
		}
		if en, ko := verbs(m.en), verbs(m.ko); !slices.Equal(en, ko) && !strings.HasPrefix(key, "w.stats_") {
			t.Errorf("%s: arguments %v in English, %v in Korean", key, en, ko)
		}
		if m.en == m.ko && strings.ContainsFunc(verb.ReplaceAllString(m.en, ""), unicode.IsLetter) && m.en != "J" && !strings.HasPrefix(key, "part.") {
			t.Errorf("%s is not translated: %q", key, m.en)
		}
		if strings.ContainsFunc(m.en, func(r rune) bool { return unicode.Is(unicode.Hangul, r) }) {
			t.Errorf("%s: Korean in the English message %q", key, m.en)
		}
	}
}

// Every key that the package says by name is in the table, and every key in the
// table is said.
func TestMessageKeysAreUsed(t *testing.T) {
	used := map[string]bool{}
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") || strings.HasSuffix(e.Name(), "messages.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), e.Name(), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
				if s, err := strconv.Unquote(lit.Value); err == nil {
					used[s] = true
				}
			}
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) == 0 {
				return true
			}
			sel, ok := call.Fun.(*ast.SelectorExpr)
			if !ok || sel.Sel.Name != "say" {
				return true
			}
			if lit, ok := call.Args[0].(*ast.BasicLit); ok {
				if key, _ := strconv.Unquote(lit.Value); !has(key) {
					t.Errorf("%s: no message %q", e.Name(), key)
				}
			}
			return true
		})
	}
	for key := range allMessages(t) {
		prefix := key[:strings.Index(key+".", ".")+min(1, strings.Count(key, "."))]
		if !used[key] && !used[prefix] {
			t.Errorf("message %q is never said", key)
		}
	}
}

func TestEveryWordOfTheDesignHasAMessage(t *testing.T) {
	var keys []string
	for _, o := range harness.Outcomes {
		keys = append(keys, "o."+string(o))
	}
	for _, m := range analysis.Rates {
		keys = append(keys, "m."+m)
	}
	for _, s := range []results.State{results.Running, results.Interrupted, results.Incomplete, results.Complete, results.Void} {
		keys = append(keys, "state."+string(s))
	}
	for _, s := range []analysis.System{analysis.SystemNone, analysis.SystemModel, analysis.SystemOperator} {
		keys = append(keys, "system."+string(s))
	}
	for _, s := range []harness.Status{harness.Scored, harness.Unscored, harness.Errored} {
		keys = append(keys, "status."+string(s))
	}
	for _, c := range constants(t, "../analysis/result.go", "Warn") {
		if c != analysis.WarnStats {
			keys = append(keys, "w."+c)
		}
	}
	for _, c := range constants(t, "../stats/estimate.go", "Warn") {
		keys = append(keys, "w."+analysis.WarnStats+c)
	}
	for _, c := range constants(t, "../analysis/kobbq.go", "KoBBQ") {
		if c != analysis.KoBBQ {
			keys = append(keys, "m."+c)
		}
	}
	for _, k := range keys {
		if !has(k) {
			t.Errorf("no message %q", k)
		}
	}
}

// constants reads the string constants of a file whose names begin with prefix.
func constants(t *testing.T, file, prefix string) []string {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, d := range f.Decls {
		g, ok := d.(*ast.GenDecl)
		if !ok || g.Tok != token.CONST {
			continue
		}
		for _, s := range g.Specs {
			v := s.(*ast.ValueSpec)
			for i, name := range v.Names[:min(len(v.Names), len(v.Values))] {
				if lit, ok := v.Values[i].(*ast.BasicLit); ok && strings.HasPrefix(name.Name, prefix) {
					s, err := strconv.Unquote(lit.Value)
					if err != nil {
						t.Fatal(err)
					}
					out = append(out, s)
				}
			}
		}
	}
	if len(out) == 0 {
		t.Fatalf("no constants %s in %s", prefix, file)
	}
	return out
}

func TestBarsShareTheirCells(t *testing.T) {
	for _, counts := range [][]int64{{1}, {1, 1, 1, 1, 1, 1, 1, 1, 1}, {1000, 1}, {1, 0, 0, 999, 1, 1}, {3, 3, 3}, {0, 0, 0, 0, 7}} {
		b := analysis.Bar{Outcomes: map[harness.Outcome]int64{}}
		for i, n := range counts {
			b.Outcomes[harness.Outcomes[i]] = n
			b.Planned += n
		}
		for _, n := range []int{9, 10, 17, 40} {
			sum := 0
			for i, k := range cells(b, n) {
				sum += k
				if (k > 0) != (b.Outcomes[harness.Outcomes[i]] > 0) {
					t.Errorf("%v in %d cells: %d for outcome %d", counts, n, k, i)
				}
			}
			if sum != n {
				t.Errorf("%v: %d cells, want %d", counts, sum, n)
			}
		}
	}
	if got := cells(analysis.Bar{}, 10); got != [len(harness.Outcomes)]int{} {
		t.Errorf("an empty bar has cells %v", got)
	}
}

// Every reason for an undefined number has words in both languages, and needs no more
// arguments than its code carries.
func TestReasonsHaveWords(t *testing.T) {
	codes := append(constants(t, "../stats/reason.go", "Reason"), constants(t, "../analysis/reason.go", "Reason")...)
	for _, c := range codes {
		if !has("reason." + c) {
			t.Errorf("no message for the reason %q", c)
		}
	}
	for _, p := range constants(t, "../stats/reason.go", "Part") {
		if !has("part." + p) {
			t.Errorf("no message for the part %q", p)
		}
	}
	r := stats.Because(analysis.ReasonLabels, "%d of %d", 31, 50)
	if en, ko := English.reason(r), Korean.reason(r); en != r.String() || ko != "50개 중 31개" {
		t.Errorf("%q, %q", en, ko)
	}
	r = stats.Because(stats.ReasonOneCluster, "one cluster: no standard error").Of(stats.PartInterval)
	if en, ko := English.reason(r), Korean.reason(r); en != r.String() || ko != "신뢰구간 산출 불가: 군집이 하나라 표준오차 없음" {
		t.Errorf("%q, %q", en, ko)
	}
}

// Every word of a method, and every correction, has a name in both languages, and
// another for each. English names are the codes.
func TestMethodsHaveNames(t *testing.T) {
	names := map[string]string{}
	for _, word := range stats.MethodWords() {
		m, ok := message("method." + word)
		if !ok || m.en != word {
			t.Errorf("method %q: message %+v", word, m)
		}
		if !strings.ContainsFunc(m.ko, func(r rune) bool { return unicode.Is(unicode.Hangul, r) }) {
			t.Errorf("method %q is %q in Korean", word, m.ko)
		}
		if other, twice := names[m.ko]; twice {
			t.Errorf("%q names %q and %q", m.ko, word, other)
		}
		names[m.ko] = word
	}
	for _, c := range constants(t, "../stats/multiple.go", "") {
		if !has("correction." + c) {
			t.Errorf("no name of the correction %q", c)
		}
	}
	code := "bonferroni of clopper-pearson on pairs, a-only and b-only + tango score"
	if en, ko := English.method(code), Korean.method(code); en != code || ko != "본페로니 결합: 쌍 단위 클로퍼-피어슨 정확 구간, 한쪽만 성공한 경우를 따로 + 탱고 점수 구간" {
		t.Errorf("%q, %q", en, ko)
	}
}
