package main

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/results/stats"
)

// rankOptions say where the models' scores, or their battles, stand.
type rankOptions struct {
	columns []string
	key     string
	cluster string
	lower   bool
	battles bool
	a, b    string
	winner  string
	ties    bool
	seed    uint64
	level   float64
}

func (a *app) statsRankCmd() *cobra.Command {
	var o rankOptions
	cmd := &cobra.Command{
		Use:   "rank FILE",
		Short: "Which places may each model truly hold?",
		Long: `Rank puts intervals on the places of several models that answered the same items:
one row for each item, one column for each model. The intervals are all right at
once with the stated confidence. With --battles every row is one game of two
models, and strengths come from the model of Bradley and Terry.`,
		Example: "  haetae stats rank scores.csv --key id\n  haetae stats rank games.csv --battles --a model_a --b model_b --winner winner",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			idleFlags, where := []string{"a", "b", "winner", "model-ties"}, "without --battles"
			if o.battles {
				idleFlags, where = []string{"columns", "key", "lower-is-better"}, "with --battles"
			}
			if err := idle(cmd.Flags(), where, idleFlags...); err != nil {
				return err
			}
			return a.statsRank(args[0], o)
		},
	}
	fs := cmd.Flags()
	fs.StringSliceVar(&o.columns, "columns", nil, "columns with the models' scores (default: all others)")
	fs.StringVar(&o.key, "key", "", "column that names the item; it holds no scores")
	fs.StringVar(&o.cluster, "cluster", "", "column that says which rows share a source")
	fs.BoolVar(&o.lower, "lower-is-better", false, "the lowest score is first")
	fs.BoolVar(&o.battles, "battles", false, "rows are games of two models")
	fs.StringVar(&o.a, "a", "model_a", "column with the first model of a game")
	fs.StringVar(&o.b, "b", "model_b", "column with the second model of a game")
	fs.StringVar(&o.winner, "winner", "winner", "column with the winner: a, b, the names of these columns, a model's name, or tie")
	fs.BoolVar(&o.ties, "model-ties", false, "estimate how often games are drawn (Davidson) in place of half wins")
	fs.Uint64Var(&o.seed, "seed", 1, "seed of the draws behind the intervals")
	addLevelFlag(fs, &o.level)
	return cmd
}

func (a *app) statsRank(path string, o rankOptions) error {
	if err := checkLevel(o.level); err != nil {
		return err
	}
	s, err := a.readSheet(path)
	if err != nil {
		return err
	}
	if o.battles {
		return a.rankBattles(s, o)
	}
	if o.columns == nil {
		o.columns = s.otherColumns(o.key, o.cluster)
	}
	if len(o.columns) < 2 {
		return harness.Usage(fmt.Errorf("%s: a ranking needs at least two models", s.name), "Give --columns; the file has the columns %s.", strings.Join(s.columns, ", "))
	}
	scores := make([][]float64, len(o.columns))
	for m, c := range o.columns {
		if scores[m], err = s.numbers("--columns", c); err != nil {
			return err
		}
	}
	clusters, err := s.clusters(o.cluster)
	if err != nil {
		return err
	}
	return a.rankScores(s, scores, clusters, o)
}

func (a *app) rankScores(s *sheet, scores [][]float64, clusters []int32, o rankOptions) error {
	scores, clusters, left := complete(scores, clusters)
	if len(scores[0]) < 2 {
		return harness.Hint(fmt.Errorf("%s: %d rows have a score of every model", s.name, len(scores[0])), "Fill the gaps, or leave out a model with --columns.")
	}
	r, err := stats.RankScores(scores, clusters, o.lower, o.level, o.seed)
	if err != nil {
		return fmt.Errorf("rank models of %s: %w", s.name, err)
	}
	means, towards := make([]float64, len(scores)), make([]float64, len(scores))
	for m, x := range scores {
		means[m] = stats.SumClusters(x, clusters).Mean().Mean
		if towards[m] = means[m]; o.lower {
			towards[m] = -means[m]
		}
	}
	x := answer{question: "which places may each model truly hold?", assumption: "every row is one item, asked of every model; " + apart(o.cluster)}
	x.ranked(o.columns, towards, means, nil, r.Intervals, "mean", o.level)
	x.fact("method", "%s", r.Method)
	x.fact("n", "%d items in %d clusters, %d models", len(scores[0]), distinct(clusters, len(scores[0])), len(scores))
	if clusters == nil {
		g, err := stats.AnyDifference(transposed(scores))
		if err != nil {
			return fmt.Errorf("test any difference of %s: %w", s.name, err)
		}
		x.fact("any difference", "%s, %s", g.Method, pIs(g.P))
		x.result.(map[string]any)["any_difference"] = map[string]any{"p": finiteOr(g.P), "method": g.Method}
	}
	x.warnings = append(x.warnings, r.Warnings...)
	if left > 0 {
		x.warn(stats.WarnMissing, "left out for all, without a score of some model: %s", plural(left, "row"))
	}
	return a.say(x)
}

// complete leaves out the rows that lack a score of some model.
func complete(scores [][]float64, clusters []int32) (kept [][]float64, c []int32, left int) {
	kept = make([][]float64, len(scores))
	for i := range scores[0] {
		if slices.ContainsFunc(scores, func(m []float64) bool { return math.IsNaN(m[i]) }) {
			left++
			continue
		}
		for m := range scores {
			kept[m] = append(kept[m], scores[m][i])
		}
		if clusters != nil {
			c = append(c, clusters[i])
		}
	}
	return kept, c, left
}

// distinct counts clusters; n where every row stands alone.
func distinct(clusters []int32, n int) int {
	if clusters == nil {
		return n
	}
	seen := map[int32]bool{}
	for _, c := range clusters {
		seen[c] = true
	}
	return len(seen)
}

func transposed(scores [][]float64) [][]float64 {
	out := make([][]float64, len(scores[0]))
	for i := range out {
		out[i] = make([]float64, len(scores))
		for m := range scores {
			out[i][m] = scores[m][i]
		}
	}
	return out
}

// ranked fills an answer with models in order, their scores and places. more is a
// text for each model, shown after the score.
func (x *answer) ranked(models []string, order, scores []float64, more []string, ranks []stats.RankInterval, what string, level float64) {
	at := make([]int, len(models))
	for i := range at {
		at[i] = i
	}
	slices.SortStableFunc(at, func(i, j int) int {
		switch {
		case order[i] > order[j]:
			return -1
		case order[i] < order[j]:
			return 1
		}
		return 0
	})
	t := grid{columns: []string{"model", what, "places"}}
	if more != nil {
		t.columns = []string{"model", what, percentOf(level) + " interval", "places"}
	}
	list := []any{}
	var first []string
	for _, i := range at {
		places := strconv.Itoa(ranks[i].Lower)
		if ranks[i].Lower != ranks[i].Upper {
			places += "–" + strconv.Itoa(ranks[i].Upper)
		}
		row := []string{models[i], num(scores[i])}
		if more != nil { // whole points
			row[1] = fmt.Sprintf("%.0f", scores[i])
		}
		if more != nil {
			row = append(row, more[i])
		}
		t.rows = append(t.rows, append(row, places))
		list = append(list, map[string]any{"model": models[i], what: finiteOr(scores[i]), "best_place": ranks[i].Lower, "worst_place": ranks[i].Upper})
		if ranks[i].Lower == 1 {
			first = append(first, models[i])
		}
	}
	x.headline = fmt.Sprintf("the first place may be that of %s, at %s confidence for all places together", strings.Join(first, ", "), percentOf(level))
	x.tables = append(x.tables, t)
	x.result = map[string]any{"models": list, "level": level}
}

func (a *app) rankBattles(s *sheet, o rankOptions) error {
	games, models, err := s.games(o)
	if err != nil {
		return err
	}
	b, err := stats.CountGames(len(models), games)
	if err != nil {
		return fmt.Errorf("count games of %s: %w", s.name, err)
	}
	r, err := stats.BradleyTerry(b, stats.BTOptions{ModelTies: o.ties, Games: games, Level: o.level, Seed: o.seed})
	if errors.Is(err, stats.ErrNotConnected) {
		return harness.Hint(fmt.Errorf("%s: %w", s.name, err), "Some models never met the others, even indirectly: let them play, or rank the groups apart.")
	}
	if err != nil {
		return fmt.Errorf("rank models of %s: %w", s.name, err)
	}
	elo, intervals := make([]float64, len(models)), make([]string, len(models))
	for i, e := range r.Strengths {
		elo[i] = stats.Elo(e.Value)
		intervals[i] = fmt.Sprintf("[%.0f, %.0f]", stats.Elo(e.Lower), stats.Elo(e.Upper))
	}
	x := answer{question: "which model is preferred, and by how much?", assumption: "one strength for each model explains all its games; "}
	if o.cluster == "" {
		x.assumption += "games are independent: name --cluster if some share a prompt or a rater"
	} else {
		x.assumption += "games of one " + o.cluster + " may be alike"
	}
	x.ranked(models, elo, elo, intervals, r.Ranks, "elo", o.level)
	x.fact("method", "%s", r.Method)
	x.fact("n", "%d games, %d models", len(games), len(models))
	x.warnings = append(x.warnings, r.Warnings...)
	x.result.(map[string]any)["strengths"] = r.Strengths
	return a.say(x)
}

// games reads one game a row.
func (s *sheet) games(o rankOptions) (games []stats.Game, models []string, err error) {
	left, err := s.texts("--a", o.a)
	if err != nil {
		return nil, nil, err
	}
	right, err := s.texts("--b", o.b)
	if err != nil {
		return nil, nil, err
	}
	winner, err := s.texts("--winner", o.winner)
	if err != nil {
		return nil, nil, err
	}
	clusters, err := s.clusters(o.cluster)
	if err != nil {
		return nil, nil, err
	}
	models = append(slices.Clone(left), right...)
	slices.Sort(models)
	models = slices.Compact(models)
	place := map[string]int{}
	for i, m := range models {
		place[m] = i
	}
	for i := range left {
		g := stats.Game{A: place[left[i]], B: place[right[i]], Cluster: i}
		if clusters != nil {
			g.Cluster = int(clusters[i])
		}
		switch w := winner[i]; {
		case g.A == g.B:
			return nil, nil, s.wrong(s.lines[i], "A game has two different models.", "%s plays itself", left[i])
		case w == left[i] || w == o.a || strings.EqualFold(w, "a"):
			g.Score = 1
		case w == right[i] || w == o.b || strings.EqualFold(w, "b"):
			g.Score = 0
		case strings.HasPrefix(strings.ToLower(w), "tie") || strings.EqualFold(w, "draw"):
			g.Score = 0.5
		default:
			return nil, nil, s.wrong(s.lines[i], "The winner is a, b, "+o.a+", "+o.b+", a model of the row, or tie.", "unknown winner %q", w)
		}
		games = append(games, g)
	}
	return games, models, nil
}
