package stats

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// unknownWords are the words of a code that are not in the list.
func unknownWords(code string) (out []string) {
	RenameMethod(code, func(word string) string {
		if !slices.Contains(MethodWords(), word) {
			out = append(out, word)
		}
		return word
	})
	return out
}

// checkMethod finds a method without a name.
func checkMethod(t *testing.T, what, code string) {
	t.Helper()
	code = strings.Replace(code, "bootstrap other", "bootstrap bca", 1) // the target makes that one up
	if bad := unknownWords(code); code == "" || bad != nil {
		t.Errorf("%s: the method %q has words %q that are not among MethodWords", what, code, bad)
	}
}

func TestRenameMethod(t *testing.T) {
	upper := func(w string) string { return strings.ReplaceAll(strings.ToUpper(w), "%D", "«%d»") }
	for code, want := range map[string]string{
		"wilson":                                "WILSON",
		"cr2 satterthwaite t, tango score form": "CR2 SATTERTHWAITE T, TANGO SCORE FORM",
		"bonferroni of wilson + clopper-pearson on pairs, a-only and b-only":                                            "BONFERRONI OF: WILSON + CLOPPER-PEARSON ON PAIRS, A-ONLY AND B-ONLY",
		"sign flip, exact by fft of clusters":                                                                           "SIGN FLIP, EXACT BY FFT (OF CLUSTERS)",
		"labels alone (judge weight 0), t over clusters, CR2":                                                           "LABELS ALONE (JUDGE WEIGHT 0), T OVER CLUSTERS, CR2",
		"post-stratified by verdict, wilson and mover (few judge errors, at times conservative); open labels both ways": "POST-STRATIFIED BY VERDICT, WILSON AND MOVER (FEW JUDGE ERRORS, AT TIMES CONSERVATIVE); OPEN LABELS BOTH WAYS",
		"e-process, mixture bet, without replacement from 500":                                                          "E-PROCESS, MIXTURE BET, WITHOUT REPLACEMENT FROM «500»",
		"": "",
	} {
		if got := RenameMethod(code, upper); got != want {
			t.Errorf("%q becomes %q, want %q", code, got, want)
		}
	}
}

// partial is a piece of a code that ends within a word.
var partial = regexp.MustCompile(`^ [^(]|[^,;] $`)

// Every code that the packages write, as far as it stands in their source, is made of
// the listed words. Codes that are put together as they run are checked wherever a fuzz
// target or a test of the invariants sees them.
func TestMethodsInTheSourceAreListed(t *testing.T) {
	found := 0
	for _, dir := range []string{".", "../analysis"} {
		files, err := filepath.Glob(dir + "/*.go")
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") || strings.Contains(file, "cases_") {
				continue
			}
			f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			for _, code := range methodLiterals(f) {
				found++
				if code = strings.Trim(code, ",;+ "); code == "bonferroni of" {
					continue
				}
				if strings.HasPrefix(code, "(") { // a note behind a word
					code = "t " + code
				}
				if bad := unknownWords(code); bad != nil {
					t.Errorf("%s: %q: no words %q", file, code, bad)
				}
			}
		}
	}
	if found < 60 {
		t.Errorf("only %d codes found: the search is broken", found)
	}
}

// methodLiterals are the strings that become a Method or Test: values of such fields,
// and what is passed to or returned by what sets them.
func methodLiterals(f *ast.File) (out []string) {
	literals := func(e ast.Expr) {
		ast.Inspect(e, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok && len(call.Args) > 0 { // Because("code", …)
				if id, ok := call.Fun.(*ast.Ident); ok && id.Name == "Because" {
					return false
				}
				if sel, ok := call.Fun.(*ast.SelectorExpr); ok && sel.Sel.Name == "Because" {
					return false
				}
			}
			if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
				if s, err := strconv.Unquote(lit.Value); err == nil && !partial.MatchString(s) {
					out = append(out, s)
				}
			}
			return true
		})
	}
	names := func(e ast.Expr) bool {
		switch x := e.(type) {
		case *ast.SelectorExpr:
			return x.Sel.Name == "Method" || x.Sel.Name == "Test"
		case *ast.Ident:
			return x.Name == "Method" || x.Name == "Test" || x.Name == "method"
		}
		return false
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch x := n.(type) {
		case *ast.KeyValueExpr:
			if names(x.Key) {
				literals(x.Value)
			}
		case *ast.AssignStmt:
			for i, l := range x.Lhs {
				if names(l) && len(x.Lhs) == len(x.Rhs) {
					literals(x.Rhs[i])
				}
			}
		case *ast.CallExpr:
			if id, ok := x.Fun.(*ast.Ident); ok && (id.Name == "exact" || id.Name == "estimate") && len(x.Args) == 2 {
				literals(x.Args[0])
				literals(x.Args[1])
			}
		case *ast.FuncDecl:
			if slices.Contains([]string{"exactByCluster", "signFlipOrNaN"}, x.Name.Name) {
				ast.Inspect(x.Body, func(n ast.Node) bool {
					if r, ok := n.(*ast.ReturnStmt); ok {
						for _, e := range r.Results {
							literals(e)
						}
					}
					return true
				})
			}
		}
		return true
	})
	return out
}
