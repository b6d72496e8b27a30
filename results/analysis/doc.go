// Package analysis turns the stored rows of a run into figures: for each task,
// model and metric how many samples were planned, scored, unscored and errored,
// the estimate with its interval, and what could still change it.
//
//	run, err := store.Run(ctx, "last")
//	result, err := analysis.Of(ctx, run, store.Rows(ctx, run.ID, results.Query{}), 0.95)
//	for _, cell := range result.Cells {
//		for _, f := range cell.Figures {
//			fmt.Println(run.Tasks[cell.Task].Name, f.Metric, f.Estimate.Value, f.Estimate.Lower, f.Estimate.Upper)
//		}
//	}
//
// Rows stream through: what is kept is one count per value, or sums per cluster
// where samples share a source, so a million independent rows take no more
// memory than ten. Every interval comes from results/stats.
//
// # Counting
//
// planned = scored + unscored + errored, always. A sample that was never asked
// has no exchange with the server, so it counts as errored, and Undone says how
// many of the errored those are. Where scored < planned, Best and Worst say what
// the estimate would be if every missing score had come out best or worst.
//
// # Clusters
//
// Samples belong together when they share Row.Cluster; without one, a harmful
// item and its benign twin belong together, and so do the variants and epochs
// of an item. Where nothing is shared, samples stand alone.
//
// # Safety
//
// Bars, rates, the plane and orders are those of plain items; items under an attack
// stand apart, in [Attacked]. A model stands in an [Order] only if the upper bound of
// its harmful compliance, with all that is missing taken as compliance, is at or below
// the floor of the suite, and enough of its answers are usable. Languages are
// compared on the clusters that they share, in [LanguagePair]; batteries are pooled
// with declared weights only, in [Pooled]. Orders become those of corrected rates with
// [Result.CorrectOrders]:
//
//	res, err := analysis.OfWith(ctx, run, rows, 0.95, analysis.Evidence{Confirmed: confirmed})
//	res.Audits, err = analysis.Audits(ctx, run, again, ledger, 0.95)
//	res.CorrectOrders(run)
//
// # What metrics read
//
// A metric is the mean of its scorer's values, whatever its name, save these:
//
//   - "no_answer" and "cut" are the share of samples whose score has that flag.
//   - "kobbq_bias" gives the accuracies and bias scores of KoBBQ; see [KoBBQ].
//   - The rates of safety tasks (see [Rates]) are always computed.
//
// Metric.Where selects by the facts of a row: lang, side, category, variant,
// cluster, item, twin. Any other field is looked up among the score's flags as
// "field=value"; a scorer whose metric filters on a field puts it there.
//
// # Comparing
//
// [Compare] pairs the rows of two or more sources by item, and [Correct] adjusts the
// p-values of everything that is compared at once:
//
//	c, err := analysis.Compare(ctx, 0.95, old, now)
//	…
//	n, err := analysis.Correct(c.Pairs(), stats.Holm)
//	attacks, err := analysis.Correct(c.AttackPairs(), stats.Holm)
//	for _, f := range c.Tasks[0].Figures {
//		p := f.Pairs[0]
//		fmt.Println(f.Metric, p.Comparison.Difference, p.Adjusted, f.NoWorse(p, 0.02))
//	}
//
// It keeps one number for each item, metric and side. Scores that are missing enter no
// pair; each pair says between which bounds they leave the difference. Safety rates and J
// are those of plain items; harmful compliance under an attack stands apart, with a
// family of tests of its own, and only for sides that understand the attack.
package analysis
