// Package audit draws the answers of a model that people label, keeps what they
// say of them in the ledger of a store, and tells what stands.
//
//	design, picks := audit.Draw(units, nil, audit.Options{Model: 0, Seed: 1, Per: 100})
//	err = store.Record(ctx, design.Entry(run.ID))      // and one entry for each pick
//	…
//	book, err := audit.Load(ctx, store, run.ID)
//	for _, p := range book.Queue(0, "ann") { … }       // what ann has still to label
//	v, state := book.Value(id, audit.Human, helped)    // 1, 0 or open, of what stands
//
// # The sample
//
// A stratum is a task, language, side and verdict of the screen at the moment of
// the first draw; which answers it holds is written down then and never changes,
// though verdicts may. Within a stratum answers that share a source are a group,
// groups stand in an order that a seed makes random, and the first m of M are
// drawn: simple random sampling of clusters, with inclusion probability m/M for
// every answer of the stratum. All answers can be drawn, those that say nothing
// usable and those without a verdict included; only samples without any answer
// cannot. At least two groups of every stratum are drawn, the rest in proportion.
//
// To extend a sample, m grows and the next groups of the same order follow. The
// first m' of a random order are a simple random sample as well, so the old and
// the new answers together are one probability sample with m'/M, and no label is
// lost. Answers that came after the first draw become strata of their own.
//
// The same holds for a sample that is not fully labelled yet: the groups of a
// stratum that are labelled up to the first gap are a simple random sample of so
// many. [Book.Inclusion] gives that probability; labels beyond the gap wait.
//
// A worklist of disagreements has the purpose [Adjudication]: it was picked for
// its verdicts, so its labels enter no estimate.
//
// # Labels
//
// A label has a rater, a maker (human, model or synthetic), a class, a time and
// often a reason. It is never overwritten: a correction, and taking a label back,
// are further entries. Where raters of a maker agree on what is asked, that
// stands; where they do not, it is open until an adjudication settles it.
package audit
