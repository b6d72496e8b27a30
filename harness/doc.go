// Package harness holds the words of Haetae as plain data and small interfaces:
// tasks, items, requests, responses, samples, scores, outcomes, events. It
// imports the standard library only, and every other package imports it.
//
// A measurement is one sentence in these words: a [Task] yields [Item] values;
// the engine turns each item, variant and epoch into a [Job] with a stable
// identity; a [Dispatcher] hands jobs to a [Model] when a slot is free; each
// [Response] is scored by the task's [Scorer] values and becomes a [Sample];
// a committed sample is announced to every [Sink] as an [Event].
//
// Identity is what makes a run resumable and two models comparable:
//
//	key := harness.ItemKey(task.Digest, item.ID, item.Variant, epoch)
//	seed := harness.SampleSeed(runSeed, key)         // the same for every model
//	id := harness.Identify(context, key, messages)   // what was asked, of whom, under which facts
//
// See the package example for a whole sample made by hand.
package harness
