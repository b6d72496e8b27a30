package stats

import (
	"fmt"
	"math"
	"strings"

	"gonum.org/v1/gonum/graph/simple"
	"gonum.org/v1/gonum/graph/topo"
	"gonum.org/v1/gonum/mat"
)

// BTOptions choose how [BradleyTerry] treats its battles. The zero value is the usual
// choice: a tie is half a win for both, and errors are robust.
type BTOptions struct {
	ModelTies bool    // estimate a tie parameter (Davidson 1970) in place of half wins
	Games     []Game  // the single games, where prompts or raters make them dependent
	Level     float64 // of intervals and ranks (0: 0.95)
	Seed      uint64  // of the draws behind rank intervals
}

// BTReport holds the strengths of models.
type BTReport struct {
	Strengths  []Estimate     // log odds against the mean model; they sum to 0
	Covariance [][]float64    // of the strengths
	Ranks      []RankInterval // simultaneous
	Nu         float64        // Davidson's tie parameter, NaN unless asked for
	LogLik     float64
	Components [][]int // strongly connected components of the win graph; one is well
	Unbounded  []int   // models that never lost or never won
	Method     string
	Warnings   []Warning
}

// Elo is log odds on the Elo scale around 1000: 400 points for odds of 10 to 1.
func Elo(logOdds float64) float64 { return 1000 + eloPerLogit*logOdds }

// BradleyTerry estimates strengths from battles (Bradley and Terry 1952). It answers
// "which model is preferred, and by how much?" and assumes that one number for each
// model explains all its games. Standard errors are the sandwich, clustered where
// Games give clusters. Strengths are finite only if every model can be reached from
// every other along wins (Ford 1957); where it cannot, Firth's (1993) penalised
// estimate is given, named so, with a warning. It returns ErrNotConnected where some
// models were never compared with the rest even indirectly.
func BradleyTerry(b Battles, opt BTOptions) (BTReport, error) {
	if opt.Level == 0 {
		opt.Level = 0.95
	}
	if !(opt.Level > 0 && opt.Level < 1) {
		return BTReport{}, fmt.Errorf("fit strengths: level %v: want a number between 0 and 1", opt.Level)
	}
	if err := checkBattles(b); err != nil {
		return BTReport{}, fmt.Errorf("fit strengths: %w", err)
	}
	if err := checkGames(opt.Games, len(b.Wins)); err != nil {
		return BTReport{}, fmt.Errorf("fit strengths: %w", err)
	}
	w := b.halves()
	if islands := weakComponents(w); len(islands) > 1 {
		return BTReport{}, fmt.Errorf("fit strengths: groups %v never met: let them play, or rank each group alone: %w", islands, ErrNotConnected)
	}
	rep := BTReport{Nu: math.NaN(), Components: winComponents(w), Unbounded: unboundedModels(w)}
	theta, cov, err := rep.fit(b, w, opt)
	if err != nil {
		return BTReport{}, err
	}
	rep.warnClusters(opt.Games)
	return rep, rep.finish(b, theta, cov, opt)
}

// warnClusters says where clusters of games are ignored, or too few for their sandwich.
func (rep *BTReport) warnClusters(games []Game) {
	sizes := map[int]int{}
	for _, g := range games {
		sizes[g.Cluster]++
	}
	switch {
	case len(sizes) == len(games): // every game stands alone
	case !strings.Contains(rep.Method, "cluster"):
		rep.Warnings = warn(rep.Warnings, WarnClustered, "games share clusters, which these errors ignore: intervals and places are too narrow")
	default:
		rep.Warnings = warnFewClusters(rep.Warnings, len(sizes))
	}
}

// fit chooses and runs the method.
func (rep *BTReport) fit(b Battles, w [][]float64, opt BTOptions) ([]float64, *mat.SymDense, error) {
	switch {
	case len(rep.Components) > 1:
		f, err := fitFirth(w)
		if err != nil {
			return nil, nil, err
		}
		rep.Method, rep.LogLik = "bradley-terry, firth's penalty, information errors", f.loglik
		rep.Warnings = warn(rep.Warnings, WarnFallback,
			"the win graph has %d components, so the maximum likelihood strengths are infinite: firth's penalised estimate is shown", len(rep.Components))
		return f.theta, f.covariance(), nil
	case opt.ModelTies:
		f, err := fitDavidson(b)
		if err != nil {
			return nil, nil, err
		}
		rep.Method, rep.LogLik, rep.Nu = "bradley-terry with davidson's ties, information errors", f.loglik, f.nu
		n := len(f.theta) - 1
		cov := mat.NewSymDense(n, nil)
		for i := range n {
			for j := i; j < n; j++ {
				cov.SetSym(i, j, f.cov.At(i, j))
			}
		}
		return f.theta, cov, nil
	}
	f, err := fitBradleyTerry(w)
	if err != nil {
		return nil, nil, err
	}
	rep.Method, rep.LogLik = "bradley-terry, sandwich errors", f.loglik
	if len(opt.Games) > 0 {
		rep.Method = "bradley-terry, cluster sandwich errors"
		return f.theta, f.clusterSandwich(opt.Games), nil
	}
	return f.theta, f.sandwich(b), nil
}

// finish centres the strengths and adds intervals and ranks.
func (rep *BTReport) finish(b Battles, theta []float64, cov *mat.SymDense, opt BTOptions) error {
	centred, c := sumToZero(theta, cov)
	m := len(theta)
	rep.Covariance = newSquare(m)
	for i := range m {
		for j := range m {
			rep.Covariance[i][j] = c.At(i, j)
		}
	}
	z := twoSidedZ(opt.Level)
	for i, t := range centred {
		games := 0.0
		for j := range m {
			if j != i {
				games += b.Wins[i][j] + b.Wins[j][i] + b.tie(i, j)
			}
		}
		se := math.Sqrt(math.Max(0, c.At(i, i)))
		e := Estimate{N: int(games), Clusters: int(games), Value: t, SE: se, DF: math.Inf(1),
			Lower: t - z*se, Upper: t + z*se, Level: opt.Level, Method: rep.Method}
		if games < 30 {
			e.Warnings = warn(e.Warnings, WarnSmallSample, "%g games: the normal interval is rough", games)
		}
		rep.Strengths = append(rep.Strengths, e)
	}
	ranks, err := RankIntervals(centred, rep.Covariance, opt.Level, opt.Seed)
	if err != nil {
		return err
	}
	rep.Ranks = ranks.Intervals
	return nil
}

// CountGames turns single games of the given number of models into battles.
func CountGames(models int, games []Game) (Battles, error) {
	if models < 2 || models > 10000 {
		return Battles{}, fmt.Errorf("count games: %d models: want 2 to 10,000", models)
	}
	if err := checkGames(games, models); err != nil {
		return Battles{}, fmt.Errorf("count games: %w", err)
	}
	b := Battles{Wins: newSquare(models), Ties: newSquare(models)}
	for _, g := range games {
		switch g.Score {
		case 1:
			b.Wins[g.A][g.B]++
		case 0:
			b.Wins[g.B][g.A]++
		default:
			b.Ties[g.A][g.B]++
			b.Ties[g.B][g.A]++
		}
	}
	return b, nil
}

func checkGames(games []Game, models int) error {
	for i, g := range games {
		if g.A == g.B || min(g.A, g.B) < 0 || max(g.A, g.B) >= models {
			return fmt.Errorf("game %d of models %d and %d: want two different indexes below %d", i, g.A, g.B, models)
		}
		if g.Score != 0 && g.Score != 0.5 && g.Score != 1 {
			return fmt.Errorf("game %d: score %v: want 1, ½ or 0", i, g.Score)
		}
	}
	return nil
}

// weakComponents are the groups of models linked by games, whoever won.
func weakComponents(w [][]float64) [][]int {
	g := simple.NewUndirectedGraph()
	for i := range w {
		g.AddNode(simple.Node(int64(i)))
	}
	for i := range w {
		for j := range i {
			if w[i][j]+w[j][i] > 0 {
				g.SetEdge(simple.Edge{F: simple.Node(int64(i)), T: simple.Node(int64(j))})
			}
		}
	}
	var out [][]int
	for _, comp := range topo.ConnectedComponents(g) {
		var members []int
		for _, n := range comp {
			members = append(members, int(n.ID()))
		}
		out = append(out, members)
	}
	sortComponents(out)
	return out
}
