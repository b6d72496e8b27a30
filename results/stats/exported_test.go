package stats

import (
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// fuzzedBy names the fuzz target of every exported function and method.
var fuzzedBy = map[string]string{
	"AdjustP":                       "FuzzSamples",
	"Agreement":                     "FuzzAgreement",
	"AnyDifference":                 "FuzzManyModels",
	"Because":                       "FuzzAssumptions",
	"BootstrapBradleyTerry":         "FuzzBradleyTerry",
	"BradleyTerry":                  "FuzzBradleyTerry",
	"Bootstrap.BootstrapStatistic":  "FuzzSamples",
	"Bootstrap.Mean":                "FuzzAssumptions",
	"Bootstrap.PairedDifference":    "FuzzAssumptions",
	"Calibration":                   "FuzzCalibrationAndDrift",
	"Classification":                "FuzzClassification",
	"ClopperPearson":                "FuzzProportion",
	"ClusterGate.Observe":           "FuzzClusterGate",
	"ClusterGate.Status":            "FuzzClusterGate",
	"ClusterSums.Mean":              "FuzzAssumptions",
	"ClusteredMean.Interval":        "FuzzAssumptions",
	"ClusteredProportion.Compare":   "FuzzAssumptions",
	"ClusteredProportion.Summary":   "FuzzAssumptions",
	"CompareAll":                    "FuzzManyModels",
	"Comparison.Equivalent":         "FuzzAssumptions",
	"Comparison.Interval":           "FuzzAssumptions",
	"Comparison.MarshalJSON":        "FuzzAssumptions",
	"Comparison.NoWorseThan":        "FuzzAssumptions",
	"Comparison.Significant":        "FuzzAssumptions",
	"ConfidenceSequence":            "FuzzGate",
	"Contrast.Compare":              "FuzzContrast",
	"Contrast.Summary":              "FuzzContrast",
	"CountGames":                    "FuzzBradleyTerry",
	"Design.MDE":                    "FuzzProportion",
	"Design.Questions":              "FuzzProportion",
	"DesignEffect":                  "FuzzProportion",
	"Drift":                         "FuzzCalibrationAndDrift",
	"Elo":                           "FuzzProportion",
	"Estimate.Interval":             "FuzzAssumptions",
	"Estimate.MarshalJSON":          "FuzzAssumptions",
	"Estimate.UnmarshalJSON":        "FuzzAssumptions",
	"Estimates.Pool":                "FuzzEstimates",
	"FailureSize":                   "FuzzProportion",
	"FitIRT":                        "FuzzIRT",
	"Gate.Observe":                  "FuzzGate",
	"Gate.Status":                   "FuzzGate",
	"GradedScore.Compare":           "FuzzAssumptions",
	"GradedScore.Summary":           "FuzzAssumptions",
	"IRTFit.B":                      "FuzzIRT",
	"IRTFit.Bank":                   "FuzzIRT",
	"IRTFit.ItemFit":                "FuzzIRT",
	"IndependentProportion.Compare": "FuzzAssumptions",
	"IndependentProportion.Summary": "FuzzAssumptions",
	"Interval.Contains":             "FuzzProportion",
	"Interval.Width":                "FuzzProportion",
	"ItemBank.Ability":              "FuzzIRT",
	"ItemBank.Information":          "FuzzIRT",
	"ItemBank.NextItem":             "FuzzIRT",
	"JudgeCorrected":                "FuzzJudgeCorrected",
	"JudgePanel":                    "FuzzAgreement",
	"McNemar":                       "FuzzProportion",
	"MethodWords":                   "FuzzAssumptions",
	"ModelEstimates.RankSums":       "FuzzEstimates",
	"NewClusterGate":                "FuzzClusterGate",
	"NewGate":                       "FuzzGate",
	"NormalQuantile":                "FuzzProportion",
	"PairComparison.Significant":    "FuzzManyModels",
	"PairedCounts.BonettPrice":      "FuzzProportion",
	"PairedCounts.Difference":       "FuzzProportion",
	"PairedCounts.N":                "FuzzProportion",
	"PairedCounts.Newcombe10":       "FuzzProportion",
	"PairedCounts.Tango":            "FuzzProportion",
	"PairedProportion.Compare":      "FuzzAssumptions",
	"PairedProportion.Summary":      "FuzzAssumptions",
	"PairedScore.Compare":           "FuzzAssumptions",
	"PairedScore.Summary":           "FuzzAssumptions",
	"PassAtK":                       "FuzzProportion",
	"PassHatK":                      "FuzzProportion",
	"PermutationTest":               "FuzzSamples",
	"PlanGate":                      "FuzzProportion",
	"Quantile":                      "FuzzSamples",
	"RankIntervals":                 "FuzzRankIntervals",
	"RankRateSums":                  "FuzzRankIntervals",
	"RankScores":                    "FuzzManyModels",
	"RatedPairs.Kappa":              "FuzzEstimates",
	"Reason.Given":                  "FuzzAssumptions",
	"Reason.Of":                     "FuzzAssumptions",
	"Reason.String":                 "FuzzAssumptions",
	"RenameMethod":                  "FuzzAssumptions",
	"RepeatedEpochs.Compare":        "FuzzAssumptions",
	"RepeatedEpochs.Summary":        "FuzzAssumptions",
	"RunCases":                      "FuzzRunCases",
	"SignFlip":                      "FuzzSamples",
	"SumClusters":                   "FuzzAssumptions",
	"TQuantile":                     "FuzzProportion",
	"Trials.ExpectedHits":           "FuzzEstimates",
	"UpperBound":                    "FuzzProportion",
	"Warning.String":                "FuzzAssumptions",
	"WeightedShares.Sum":            "FuzzContrast",
	"Wilson":                        "FuzzProportion",
	"ZeroFailureSize":               "FuzzProportion",
}

// parsed reads the package's documentation and the bodies of its tests' functions.
func parsed(t *testing.T) (*doc.Package, map[string]*ast.FuncDecl) {
	t.Helper()
	fset := token.NewFileSet()
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var files []*ast.File
	tests := map[string]*ast.FuncDecl{}
	for _, name := range names {
		f, err := parser.ParseFile(fset, name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
		if !strings.HasSuffix(name, "_test.go") {
			continue
		}
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil {
				tests[fn.Name.Name] = fn
			}
		}
	}
	pkg, err := doc.NewFromFiles(fset, files, "github.com/sovereign-eval/haetae/results/stats")
	if err != nil {
		t.Fatal(err)
	}
	return pkg, tests
}

// exported lists functions as "F" and methods as "T.M".
func exported(pkg *doc.Package) []string {
	var names []string
	for _, f := range pkg.Funcs {
		names = append(names, f.Name)
	}
	for _, typ := range pkg.Types {
		for _, f := range typ.Funcs {
			names = append(names, f.Name)
		}
		for _, m := range typ.Methods {
			names = append(names, typ.Name+"."+m.Name)
		}
	}
	slices.Sort(names)
	return names
}

// TestEveryExportedEntryIsFuzzed fails where an exported function or method has no fuzz
// target in the table, or a target that does not call it.
func TestEveryExportedEntryIsFuzzed(t *testing.T) {
	pkg, tests := parsed(t)
	left := maps.Clone(fuzzedBy)
	for _, name := range exported(pkg) {
		target := fuzzedBy[name]
		delete(left, name)
		switch fn := tests[target]; {
		case target == "":
			t.Errorf("%s has no fuzz target: write one and list it in fuzzedBy", name)
		case fn == nil || !strings.HasPrefix(target, "Fuzz"):
			t.Errorf("%s: there is no fuzz target %s", name, target)
		case !mentions(fn, tests, name[strings.LastIndexByte(name, '.')+1:], map[string]bool{}):
			t.Errorf("%s: %s does not call it", name, target)
		}
	}
	for name := range left {
		t.Errorf("fuzzedBy lists %s, which is not exported", name)
	}
}

// mentions reports whether a function of the tests, or one of the tests that it calls, names
// an identifier.
func mentions(fn *ast.FuncDecl, tests map[string]*ast.FuncDecl, name string, seen map[string]bool) bool {
	found := false
	seen[fn.Name.Name] = true
	ast.Inspect(fn, func(n ast.Node) bool {
		id, ok := n.(*ast.Ident)
		if !ok || found {
			return !found
		}
		if helper := tests[id.Name]; helper != nil && !seen[id.Name] {
			found = mentions(helper, tests, name, seen)
		}
		found = found || id.Name == name
		return !found
	})
	return found
}

// TestEveryExportedFunctionHasAnExample wants ExampleF for functions, and for methods an example
// that calls them or shows their type.
func TestEveryExportedFunctionHasAnExample(t *testing.T) {
	pkg, tests := parsed(t)
	named, called := map[string]bool{}, map[string]bool{}
	for name, fn := range tests {
		rest, ok := strings.CutPrefix(name, "Example")
		if !ok {
			continue
		}
		named[rest] = true
		ast.Inspect(fn, func(n ast.Node) bool {
			if id, ok := n.(*ast.Ident); ok {
				called[id.Name] = true
			}
			return true
		})
	}
	functions := 0
	for _, name := range exported(pkg) {
		typ, method, isMethod := strings.Cut(name, ".")
		if !isMethod {
			functions++
		}
		if !named[typ] && (!isMethod || !called[method] && !called[typ]) {
			t.Errorf("%s has no example", name)
		}
	}
	if functions > 40 {
		t.Errorf("%d exported functions: about thirty are wanted, the rest is reached by name", functions)
	}
}
