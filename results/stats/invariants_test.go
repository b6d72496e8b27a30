package stats

import (
	"math"
	"slices"
	"testing"
)

// invariants are what must hold whatever the data, and the tests that hold it.
var invariants = []struct {
	what  string
	tests []string
}{
	{"the order of items does not matter", []string{"TestMeanIsFreeOfOrder", "TestAgreementIgnoresOrder", "TestJudgeMirrorsAndIgnoresOrder"}},
	{"the names of clusters do not matter", []string{"TestClusterNamesDoNotMatter"}},
	{"the names of models do not matter", []string{"TestModelNamesDoNotMatter", "TestBradleyTerryInvariances", "TestIRTIgnoresTheOrderOfPersonsAndCountsOfRows"}},
	{"items repeated inside their clusters leave CR0", []string{"TestDuplicatesInsideClustersChangeNothing"}},
	{"clusters of one item give the independent error", []string{"TestSingletonClustersAreIndependent"}},
	{"swapping a and b changes the sign and no p-value", []string{"TestSwapNegates"}},
	{"Clopper-Pearson holds mid-P", []string{"TestIntervalsMirrorAndNest"}},
	{"x of n and n − x of n are mirror images", []string{"TestIntervalsMirrorAndNest", "TestJudgeMirrorsAndIgnoresOrder"}},
	{"raw ≤ Holm ≤ Bonferroni, and BH ≤ BY", []string{"TestCorrectionsAreOrdered"}},
	{"pass@1 = c/n = pass^1", []string{"TestPassAtOneIsTheRate"}},
	{"alpha is 1 only where all agree on two categories or more", []string{"TestAlphaIsOneOnlyWhereAllAgree"}},
	{"Bradley-Terry is free of translation, and transposing the wins negates it", []string{"TestBradleyTerryInvariances"}},
	{"an ability grows with every right answer", []string{"TestAbilityGrowsWithEachAnswer"}},
	{"e-values have mean 1 under their hypothesis", []string{"TestEValuesHaveMeanOne", "TestPoolEValuesHaveMeanOne", "TestBetHasMeanOne"}},
	{"1 and 64 workers give the same bits", []string{"TestBootstrapIsFreeOfWorkers", "TestBlocksAreFreeOfWorkers", "TestDrawsDoNotDependOnWorkers"}},
	{"the ideal bootstrap of 0/1 scores is binomial", []string{"TestLatticeBootstrapIsBinomial", "TestCountedBootstrapIsTheGeneralOne"}},
	{"Clopper-Pearson covers at least its level for all n to 50", []string{"TestClopperPearsonIsExactForAllSmallN"}},
	{"every interval covers what it says", []string{"TestCoverageOfProportions", "TestCoverageOfPairs", "TestCoverageOfClusters", "TestCoverageOfJudges",
		"TestCoverageOnXSTest", "TestJudgeCoverageOfDesigns", "TestRankCoverage", "TestEmpiricalBernsteinCovers", "TestOrderStatisticsCover"}},
	{"inner loops allocate nothing", []string{"TestInnerLoopsDoNotAllocate"}},
}

func TestEveryInvariantIsTested(t *testing.T) {
	_, tests := parsed(t)
	for _, i := range invariants {
		for _, name := range i.tests {
			if tests[name] == nil {
				t.Errorf("%s: there is no %s", i.what, name)
			}
		}
	}
}

// The same clusters under other codes, dense, sparse and negative, are the same.
func TestClusterNamesDoNotMatter(t *testing.T) {
	r := testRand(31)
	x := randomScores(r, 200)
	clusters := randomClusters(r, 200, 25)
	want := ClusteredProportion{}.Summary(Obs{Values: randomBits(testRand(32), 200, 0.6), Clusters: clusters}, 0.95)
	mean := SumClusters(x, clusters).Mean()
	for _, rename := range []func(int32) int32{
		func(c int32) int32 { return 24 - c },
		func(c int32) int32 { return -c },
		func(c int32) int32 { return 70_000_000 * (c % 29) },
	} {
		other := make([]int32, len(clusters))
		for i, c := range clusters {
			other[i] = rename(c)
		}
		got := SumClusters(x, other).Mean()
		near(t, "mean", got.Mean, mean.Mean, 1e-12)
		near(t, "CR2", got.CR2, mean.CR2, 1e-10)
		near(t, "DF", got.DF, mean.DF, 1e-10)
		e := ClusteredProportion{}.Summary(Obs{Values: randomBits(testRand(32), 200, 0.6), Clusters: other}, 0.95)
		near(t, "lower", e.Lower, want.Lower, 1e-10)
		near(t, "upper", e.Upper, want.Upper, 1e-10)
	}
}

// Pairs, their p-values and ranks follow the models under any order of them.
func TestModelNamesDoNotMatter(t *testing.T) {
	r := testRand(33)
	const models, items = 5, 300
	scores := make([][]float64, models)
	means, errors := make([]float64, models), newSquare(models)
	for m := range scores {
		scores[m] = randomBits(r, items, 0.3+0.12*float64(m))
		means[m] = mean(scores[m])
		errors[m][m] = square(standardError(scores[m]))
	}
	order := []int{3, 0, 4, 2, 1}
	moved, movedMeans, movedErrors := make([][]float64, models), make([]float64, models), newSquare(models)
	for k, m := range order {
		moved[k], movedMeans[k], movedErrors[k][k] = scores[m], means[m], errors[m][m]
	}
	clusters := randomClusters(r, items, 60)
	before, err := CompareAll(scores, clusters, 0.95, Holm)
	if err != nil {
		t.Fatal(err)
	}
	after, err := CompareAll(moved, clusters, 0.95, Holm)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range after {
		first, second, sign := order[c.First], order[c.Second], 1.0
		if first > second {
			first, second, sign = second, first, -1
		}
		k := slices.IndexFunc(before, func(b PairComparison) bool { return b.First == first && b.Second == second })
		near(t, "difference", sign*c.Difference, before[k].Difference, 1e-12)
		near(t, "p", c.P, before[k].P, 1e-9)
		near(t, "adjusted", c.Adjusted, before[k].Adjusted, 1e-9)
	}
	ranks, err := RankIntervals(means, errors, 0.95, 1)
	if err != nil {
		t.Fatal(err)
	}
	movedRanks, err := RankIntervals(movedMeans, movedErrors, 0.95, 1)
	if err != nil {
		t.Fatal(err)
	}
	for k, m := range order {
		if movedRanks.Intervals[k] != ranks.Intervals[m] {
			t.Errorf("model %d: ranks %v, moved %v", m, ranks.Intervals[m], movedRanks.Intervals[k])
		}
	}
}

// Ten times as many resamples, draws or steps allocate as often.
func TestInnerLoopsDoNotAllocate(t *testing.T) {
	x := benchScores(3000)
	few := benchScores(200)
	clustered := SumClusters(few, randomClusters(testRand(4), 200, 30))
	total := func(index []int32) float64 {
		var s float64
		for _, i := range index {
			s += few[i]
		}
		return s
	}
	battles := arena(8, 4000)
	gate, err := NewGate(GateSpec{Limit: 1e-6, Alpha: 1e-9})
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range []struct {
		name string
		run  func(times int)
	}{
		{"resampled means by blocks", func(times int) { resampleMeans(x, make([]float64, 20*times), 1, 1) }},
		{"resampled means", func(times int) { resampleMeans(few, make([]float64, 20*times), 1, 1) }},
		{"resampled clusters", func(times int) {
			resampleClusters(clustered, make([]float64, 20*times), make([]float64, 20*times), 1, 1)
		}},
		{"any statistic", func(times int) {
			Bootstrap{Method: Percentile, Replicates: 20 * times, Workers: 1}.BootstrapStatistic(200, total, 0.95)
		}},
		{"sign flips", func(times int) { signFlipMonteCarlo(few, 20*times, 1) }},
		{"permutations", func(times int) { permuteMonteCarlo(few, 80, 20*times, 1) }},
		{"gate", func(times int) {
			for range 20 * times {
				if _, err := gate.Observe(false); err != nil {
					t.Fatal(err)
				}
			}
		}},
		{"battles drawn and fitted anew", func(times int) {
			if _, err := BootstrapBradleyTerry(battles, 4*times, 1); err != nil {
				t.Fatal(err)
			}
		}},
	} {
		once := testing.AllocsPerRun(3, func() { k.run(1) })
		tenfold := testing.AllocsPerRun(3, func() { k.run(10) })
		if math.Abs(tenfold-once) > 2+once/100 { // the race detector adds a few
			t.Errorf("%s: %v allocations, for ten times the work %v", k.name, once, tenfold)
		}
	}
}
