package stats

import (
	"errors"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"
)

func symOf(x [][]float64) *mat.SymDense {
	s := mat.NewSymDense(len(x), nil)
	for i := range x {
		for j := i; j < len(x); j++ {
			s.SetSym(i, j, x[i][j])
		}
	}
	return s
}

func transposed(x [][]float64) [][]float64 {
	out := newSquare(len(x))
	for i := range x {
		for j := range x {
			out[j][i] = x[i][j]
		}
	}
	return out
}

func TestBradleyTerryInvariances(t *testing.T) {
	b := arena(12, 3000)
	fit, err := BradleyTerry(b, BTOptions{})
	if err != nil {
		t.Fatal(err)
	}
	flipped, err := BradleyTerry(Battles{Wins: transposed(b.Wins), Ties: b.Ties}, BTOptions{})
	if err != nil {
		t.Fatal(err)
	}
	shifted := Battles{Wins: newSquare(12), Ties: newSquare(12)} // model i becomes i+5
	for i := range 12 {
		for j := range 12 {
			shifted.Wins[(i+5)%12][(j+5)%12] = b.Wins[i][j]
			shifted.Ties[(i+5)%12][(j+5)%12] = b.Ties[i][j]
		}
	}
	moved, err := BradleyTerry(shifted, BTOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var total float64
	for i, s := range fit.Strengths {
		near(t, "wins turned into losses", flipped.Strengths[i].Value, -s.Value, 1e-8)
		near(t, "renamed models", moved.Strengths[(i+5)%12].Value, s.Value, 1e-8)
		near(t, "error of renamed models", moved.Strengths[(i+5)%12].SE, s.SE, 1e-8)
		total += s.Value
	}
	if math.Abs(total) > 1e-9 {
		t.Errorf("strengths sum to %v", total)
	}
}

func TestBradleyTerryScoreIsZero(t *testing.T) {
	b := arena(20, 5000)
	w := b.halves()
	fit, err := fitBradleyTerry(w)
	if err != nil {
		t.Fatal(err)
	}
	for i := range w {
		var won, expected float64
		for j := range w {
			won += w[i][j]
			expected += (w[i][j] + w[j][i]) * logistic(fit.theta[i]-fit.theta[j])
		}
		near(t, "expected wins", expected-(w[i][i])*1, won, 1e-9)
	}
}

// The cluster sandwich with every game its own cluster is the plain sandwich.
func TestClusterSandwichOfSingleGames(t *testing.T) {
	rng := newStream(5, streamSimulation, 0)
	var games []Game
	for k := range 400 {
		i, j := int(rng.intn(6)), int(rng.intn(5))
		if j >= i {
			j++
		}
		games = append(games, Game{A: i, B: j, Score: float64(rng.intn(3)) / 2, Cluster: k})
	}
	b, err := CountGames(6, games)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := BradleyTerry(b, BTOptions{})
	if err != nil {
		t.Fatal(err)
	}
	single, err := BradleyTerry(b, BTOptions{Games: games})
	if err != nil {
		t.Fatal(err)
	}
	for k := range games {
		games[k].Cluster = k / 8
	}
	grouped, err := BradleyTerry(b, BTOptions{Games: games})
	if err != nil {
		t.Fatal(err)
	}
	differs := false
	for i := range plain.Strengths {
		near(t, "clustered error", single.Strengths[i].SE, plain.Strengths[i].SE, 1e-9)
		differs = differs || math.Abs(grouped.Strengths[i].SE/plain.Strengths[i].SE-1) > 1e-3
	}
	if !differs {
		t.Error("clusters of games leave all errors alone")
	}
}

func TestBradleyTerryWithoutAnAnswer(t *testing.T) {
	undefeated := Battles{Wins: [][]float64{{0, 5, 4}, {0, 0, 3}, {0, 2, 0}}}
	rep, err := BradleyTerry(undefeated, BTOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(rep.Unbounded, []int{0}) || len(rep.Components) != 2 || len(rep.Warnings) == 0 {
		t.Errorf("undefeated model: %+v, want it named, two components and a warning", rep)
	}
	if v := rep.Strengths[0].Value; !(v > 0) || math.IsInf(v, 0) {
		t.Errorf("strength of an undefeated model %v, want finite and positive", v)
	}
	islands := Battles{Wins: [][]float64{{0, 5, 0, 0}, {3, 0, 0, 0}, {0, 0, 0, 2}, {0, 0, 2, 0}}}
	if _, err := BradleyTerry(islands, BTOptions{}); !errors.Is(err, ErrNotConnected) {
		t.Errorf("two islands: %v, want ErrNotConnected", err)
	}
	if _, err := fitBradleyTerry(undefeated.halves()); !errors.Is(err, ErrNotConnected) {
		t.Errorf("maximum likelihood of an undefeated model: %v, want ErrNotConnected", err)
	}
}

// Firth's estimate maximises the likelihood plus half the log determinant of the
// information: no coordinate improves it.
func TestFirthIsAMaximum(t *testing.T) {
	w := [][]float64{{0, 5, 4, 1}, {0, 0, 3, 2}, {0, 2, 0, 0}, {0, 1, 3, 0}}
	fit, err := fitFirth(w)
	if err != nil {
		t.Fatal(err)
	}
	value := func(theta []float64) float64 {
		k := newBTWork(len(w))
		k.score(w, theta)
		var chol mat.Cholesky
		if !chol.Factorize(k.hess) {
			t.Fatal("information is not positive definite")
		}
		return btLogLik(w, theta) + chol.LogDet()/2
	}
	best := value(fit.theta)
	for i := 1; i < 4; i++ {
		for _, h := range []float64{-1e-3, 1e-3} {
			th := slices.Clone(fit.theta)
			th[i] += h
			if v := value(th); v > best {
				t.Errorf("moving model %d by %v gains %v", i, h, v-best)
			}
		}
	}
}

func TestDavidsonMatchesTies(t *testing.T) {
	b := arena(6, 2000)
	fit, err := fitDavidson(b)
	if err != nil {
		t.Fatal(err)
	}
	x := append(slices.Clone(fit.theta), math.Log(fit.nu))
	var ties, expected float64
	for i := range 6 {
		for j := range i {
			_, _, pt := davidsonProbs(x, i, j)
			ties += b.Ties[i][j]
			expected += pt * (b.Wins[i][j] + b.Wins[j][i] + b.Ties[i][j])
		}
	}
	near(t, "expected ties", expected, ties, 1e-9)
}

func TestBootstrapAgreesWithTheSandwich(t *testing.T) {
	b := arena(8, 4000)
	draws, err := BootstrapBradleyTerry(b, 600, 3)
	if err != nil {
		t.Fatal(err)
	}
	rep, err := BradleyTerry(b, BTOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range rep.Strengths {
		var x []float64
		for _, d := range draws {
			x = append(x, d[i])
		}
		if sd := math.Sqrt(variance(x)); math.Abs(sd/s.SE-1) > 0.12 {
			t.Errorf("model %d: standard error %v, resampled %v", i, s.SE, sd)
		}
	}
	again, err := BootstrapBradleyTerry(b, 5, 3)
	if err != nil {
		t.Fatal(err)
	}
	for r := range again {
		if !slices.Equal(again[r], draws[r]) {
			t.Errorf("draw %d depends on how many were asked for", r)
		}
	}
}

func TestPoissonLaw(t *testing.T) {
	for _, mu := range []float64{0.3, 4, 9.99, 10, 37, 1500} {
		law := newPoissonLaw(mu)
		rng := newStream(6, streamSimulation, 0)
		const n = 40000
		var x []float64
		for range n {
			x = append(x, law.drawExactly(&rng))
		}
		if z := (mean(x) - mu) / math.Sqrt(mu/n); math.Abs(z) > 4 {
			t.Errorf("mean %v: drawn %v", mu, mean(x))
		}
		if v := variance(x); math.Abs(v/mu-1) > 0.05 {
			t.Errorf("mean %v: variance %v", mu, v)
		}
	}
}

// A table's slots add up to the mass function.
func TestPoissonTableIsTheMassFunction(t *testing.T) {
	for _, mu := range []float64{1, 2, 9, 40, 333, 1024} {
		table := newPoissonTable(mu)
		got := make([]float64, len(table.slots))
		for k, s := range table.slots {
			keep := float64(s>>aliasBits) / (1 << (64 - aliasBits))
			got[k] += keep / float64(len(got))
			got[s&aliasMask] += (1 - keep) / float64(len(got))
		}
		for k, p := range got {
			x := float64(table.first + k)
			lgamma, _ := math.Lgamma(x + 1)
			if want := math.Exp(x*math.Log(mu) - mu - lgamma); math.Abs(p-want) > 1e-12 {
				t.Errorf("mean %v: P(%v) is %v, want %v", mu, x, p, want)
			}
		}
	}
}

// The table and the rejection draw from one law.
func TestPoissonDrawsAgree(t *testing.T) {
	law := newPoissonLaw(60)
	table, exact := newStream(1, streamSimulation, 0), newStream(1, streamSimulation, 1)
	var below [2]float64
	const n = 100_000
	for range n {
		if law.table.draw(&table) <= 55 {
			below[0]++
		}
		if law.drawExactly(&exact) <= 55 {
			below[1]++
		}
	}
	if d := math.Abs(below[0]-below[1]) / n; d > 0.008 {
		t.Errorf("P(X ≤ 55) is %v by table, %v by rejection", below[0]/n, below[1]/n)
	}
}

// The refit of a draw is the fit from scratch.
func TestRefitIsTheFit(t *testing.T) {
	battles := arena(12, 4000)
	draws, err := BootstrapBradleyTerry(battles, 5, 4)
	if err != nil {
		t.Fatal(err)
	}
	groups, drawn := battleCells(battles), newDrawnBattles(1, 12)
	for r, got := range draws {
		drawBattles(groups, drawn, 4, r)
		slow, err := fitBradleyTerry(drawn[0].square(12))
		if err != nil {
			t.Fatal(err)
		}
		at := mean(slow.theta)
		for i, v := range slow.theta {
			if math.Abs(got[i]-(v-at)) > 1e-8 {
				t.Errorf("draw %d model %d: %v, from scratch %v", r, i, got[i], v-at)
			}
		}
	}
}

// Clusters of games that the errors ignore, or that are few, are said.
func TestBradleyTerryWarnsOfClusters(t *testing.T) {
	var games []Game
	for i := range 60 {
		games = append(games, Game{A: i % 3, B: (i + 1) % 3, Score: float64(i/3%3) / 2, Cluster: i / 10})
	}
	b, err := CountGames(3, games)
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range []struct {
		opt  BTOptions
		want string
	}{
		{BTOptions{Games: games}, WarnFewClusters},
		{BTOptions{Games: games, ModelTies: true}, WarnClustered},
		{BTOptions{ModelTies: true}, ""},
	} {
		rep, err := BradleyTerry(b, k.opt)
		if err != nil {
			t.Fatal(err)
		}
		found := ""
		for _, w := range rep.Warnings {
			found += w.Code
		}
		if found != k.want {
			t.Errorf("ties %v: warnings %q, want %q", k.opt.ModelTies, found, k.want)
		}
	}
}

func TestRankIntervals(t *testing.T) {
	scores := []float64{1, 0.9, 0.4, 0.35, -0.6}
	cov := newSquare(5)
	for i := range cov {
		cov[i][i] = 0.01
	}
	exact, err := RankIntervals(scores, cov, 0.95, 1)
	if err != nil {
		t.Fatal(err)
	}
	want := []RankInterval{{1, 2}, {1, 2}, {3, 4}, {3, 4}, {5, 5}}
	if !slices.Equal(exact.Intervals, want) || exact.Steps < 2 {
		t.Errorf("%+v, want %v in two steps", exact, want)
	}
	cov[0][1], cov[1][0] = 1e-9, 1e-9 // not quite independent: by draws
	drawn, err := RankIntervals(scores, cov, 0.95, 1)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(drawn.Intervals, want) || math.Abs(drawn.Critical-exact.Critical) > 0.06 {
		t.Errorf("drawn %+v, exact %+v", drawn, exact)
	}
	tied, err := RankIntervals([]float64{1, 1, 1}, [][]float64{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}, 0.95, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range tied.Intervals {
		if r != (RankInterval{1, 3}) {
			t.Errorf("equal scores have rank %v, want 1 to 3", r)
		}
	}
}

// All intervals hold at once with at least the level: simulated with true scores whose
// ranks are known, two of them nearly tied.
func TestRankCoverage(t *testing.T) {
	truth := []float64{0.5, 0.45, 0.1, 0.09, -0.4}
	cov := newSquare(5)
	for i := range cov {
		cov[i][i] = 0.04
	}
	const runs = 200
	missed := 0
	for r := range runs {
		rng := newStream(21, streamSimulation, uint64(r))
		x := make([]float64, 5)
		for i := range x {
			x[i] = truth[i] + 0.2*rng.normal()
		}
		rep, err := RankIntervals(x, cov, 0.9, 1)
		if err != nil {
			t.Fatal(err)
		}
		for i, iv := range rep.Intervals {
			if i+1 < iv.Lower || i+1 > iv.Upper {
				missed++
				break
			}
		}
	}
	if float64(missed) > 0.1*runs+3*math.Sqrt(0.09*runs) {
		t.Errorf("%d of %d runs miss a rank, want at most 10 %%", missed, runs)
	}
}

func TestPairLaws(t *testing.T) {
	star := [][2]int{{0, 1}, {0, 2}, {0, 3}}
	got := equalPairsCritical(star, 4, 0.95, 1)
	near(t, "star", got, equicorrelatedQuantile(0.95, 3, 0.5), 1e-9)
	full := equalPairsCritical(allPairs(4), 4, 0.95, 1)
	near(t, "all pairs", full, studentizedRangeQuantile(0.95, 4)/math.Sqrt2, 1e-9)
	path := equalPairsCritical([][2]int{{0, 1}, {1, 2}, {2, 3}}, 4, 0.95, 1)
	if !(path > got-0.05 && path < full) {
		t.Errorf("path %v, want between the star %v and all pairs %v", path, got, full)
	}
	near(t, "one pair", equalPairsCritical([][2]int{{2, 3}}, 4, 0.95, 1), twoSidedZ(0.95), 1e-9)
}
