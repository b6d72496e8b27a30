// Package stats holds the statistics of an evaluation: intervals, comparisons,
// resampling, power, agreement, ranks and judge error, on plain slices.
//
// Callers state what their data are, and the package chooses the method and names it:
//
//	obs := stats.Obs{
//		Values:   []float64{1, 0, 1, 1, 1, 0}, // one score for each sample
//		Clusters: []int32{0, 0, 1, 1, 2, 2},   // samples of one passage share a cluster
//	}
//	est := stats.ClusteredProportion{}.Summary(obs, 0.95)
//	fmt.Printf("%.2f [%.2f, %.2f] %s\n", est.Value, est.Lower, est.Upper, est.Method)
//
// Every Estimate and Comparison carries the number of samples and of clusters, the
// interval with its level, the method, and warnings as data. What is undefined is NaN with
// a Reason; it is never 0. No function panics on any input, none reads a clock, a file or a
// global source of randomness: each random draw is a function of (seed, stream, replicate),
// so one worker and sixty-four print the same digits.
//
// Distribution tails are our own where a library loses digits (a tail is never computed as
// one minus a cumulative probability); gonum supplies linear algebra, the FFT and the
// normal quantile.
package stats
