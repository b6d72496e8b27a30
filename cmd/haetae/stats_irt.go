package main

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/results/stats"
)

// irtOptions say where the answers stand and what is fitted.
type irtOptions struct {
	columns []string
	key     string
	rasch   bool
	items   int
}

func (a *app) statsIRTCmd() *cobra.Command {
	var o irtOptions
	cmd := &cobra.Command{
		Use:   "irt FILE",
		Short: "Which items are hard, and which tell good models from bad?",
		Long: `IRT fits the two-parameter logistic model of item response theory, or Rasch's, to
right and wrong answers: one row for each item, one column for each model, 1 or 0,
empty where a model was not asked. It prints the items from easy to hard, with
how well each is described, and the ability of each model.`,
		Example: "  haetae stats irt answers.csv --key id\n  haetae stats irt answers.csv --key id --rasch --items 0 --json",
		Args:    cobra.ExactArgs(1),
		RunE:    func(_ *cobra.Command, args []string) error { return a.statsIRT(args[0], o) },
	}
	fs := cmd.Flags()
	fs.StringSliceVar(&o.columns, "columns", nil, "columns with the models' answers (default: all others)")
	fs.StringVar(&o.key, "key", "", "column that names the item")
	fs.BoolVar(&o.rasch, "rasch", false, "one slope for all items (Rasch)")
	fs.IntVar(&o.items, "items", 20, "items to print; 0 prints all")
	return cmd
}

func (a *app) statsIRT(path string, o irtOptions) error {
	if o.items < 0 {
		return harness.Usage(fmt.Errorf("--items %d: not negative", o.items), "--items 0 prints all.")
	}
	s, err := a.readSheet(path)
	if err != nil {
		return err
	}
	if o.columns == nil {
		o.columns = s.otherColumns(o.key)
	}
	data := stats.IRTData{}
	for _, c := range o.columns {
		v, err := s.numbers("--columns", c)
		if err != nil {
			return err
		}
		for i, x := range v {
			if x != 0 && x != 1 && !math.IsNaN(x) {
				return s.wrong(s.lines[i], "Answers are 1, 0, true or false, empty where a model was not asked; name the item's column with --key.", "column %s holds %s", c, num(x))
			}
		}
		data.Answers = append(data.Answers, v)
	}
	names := make([]string, len(s.rows))
	for i := range names {
		names[i] = strconv.Itoa(i + 1)
	}
	if o.key != "" {
		if names, err = s.texts("--key", o.key); err != nil {
			return err
		}
	}
	fit, err := stats.FitIRT(data, stats.IRTOptions{Rasch: o.rasch})
	if err != nil {
		return harness.Hint(fmt.Errorf("%s: %w", s.name, err), "Items are rows and models are columns, at least two of each; it has the columns %s.", strings.Join(s.columns, ", "))
	}
	return a.irtAnswer(data, fit, names, o)
}

func (a *app) irtAnswer(data stats.IRTData, fit stats.IRTFit, names []string, o irtOptions) error {
	checks, err := fit.ItemFit(data)
	if err != nil {
		return fmt.Errorf("check items: %w", err)
	}
	model := "2PL: P(right) = 1/(1+exp(−a(θ−b))), log-normal prior on a, normal on the intercept −ab"
	if o.rasch {
		model = "Rasch: P(right) = 1/(1+exp(−a(θ−b))), one a for all items"
	}
	x := answer{question: "which items are hard, and which tell good models from bad?",
		assumption: "one ability lies behind all items, and answers are independent given it; items of a shared passage break that"}
	x.fact("model", "%s, θ ~ N(0, 1); marginal likelihood by EM", model)
	x.fact("n", "%d items, %d models", len(names), len(data.Answers))
	x.fact("fit", "log-likelihood %s after %d cycles", num(fit.LogLik), fit.Cycles)
	b := fit.B()
	order := make([]int, len(names))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int {
		switch {
		case b[i] < b[j]:
			return -1
		case b[i] > b[j]:
			return 1
		}
		return 0
	})
	items := grid{columns: []string{"item", "difficulty b", "slope a", "infit", "outfit", "p (S-X²)"}}
	list := []any{}
	for n, i := range order {
		c := checks[i]
		if o.items == 0 || n < o.items {
			items.rows = append(items.rows, []string{names[i], num(b[i]), num(fit.A[i]), num(c.Infit), num(c.Outfit), pvalue(c.P)})
		}
		list = append(list, explained(map[string]any{"item": names[i], "difficulty": finiteOr(b[i]), "slope": finiteOr(fit.A[i]), "infit": finiteOr(c.Infit), "outfit": finiteOr(c.Outfit), "p": finiteOr(c.P)}, map[string]string{
			"p": "too few models for each number of right answers", "infit": "no answers to the item", "outfit": "no answers to the item"}))
	}
	people, models, best, err := abilities(data, fit, o.columns)
	if err != nil {
		return err
	}
	x.headline = fmt.Sprintf("hardest item: %s (b = %s); ablest model: %s", names[order[len(order)-1]], num(b[order[len(order)-1]]), best)
	x.tables = []grid{people, items}
	if more := len(order) - len(items.rows); more > 0 {
		x.warn("shortened", "%d harder items are not printed: --items 0 prints all", more)
	}
	if len(data.Answers) < 30 {
		x.warn(stats.WarnSmallSample, "only %d models: the priors decide much of the slopes; use abilities and rough difficulties only", len(data.Answers))
	}
	if !fit.Converged {
		x.warn("not_converged", "the fit has not converged: read nothing into the last digits")
	}
	x.warnings = append(fit.Warnings, x.warnings...)
	x.result = map[string]any{"items": list, "models": models, "log_likelihood": finiteOr(fit.LogLik), "converged": fit.Converged, "cycles": fit.Cycles}
	return a.say(x)
}

// abilities places every model on the scale of the items.
func abilities(data stats.IRTData, fit stats.IRTFit, columns []string) (t grid, list []any, best string, err error) {
	t = grid{columns: []string{"model", "ability (EAP)", "± SD", "WLE", "items"}}
	top := math.Inf(-1)
	for m, answers := range data.Answers {
		ab, err := fit.Bank().Ability(answers)
		if err != nil {
			return t, nil, "", fmt.Errorf("ability of %s: %w", columns[m], err)
		}
		if ab.EAP > top {
			top, best = ab.EAP, columns[m]
		}
		t.rows = append(t.rows, []string{columns[m], num(ab.EAP), num(ab.PSD), num(ab.WLE), strconv.Itoa(ab.Answered)})
		list = append(list, map[string]any{"model": columns[m], "eap": finiteOr(ab.EAP), "psd": finiteOr(ab.PSD), "wle": finiteOr(ab.WLE), "answered": ab.Answered})
	}
	return t, list, best, nil
}
