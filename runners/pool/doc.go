// Package pool carries jobs to one model on one or more endpoints. It is the
// [harness.Dispatcher] of a single machine or a few servers.
//
//	p := pool.New([]pool.Endpoint{{Name: "http://gpu1:11434", Model: m1, Slots: 4}}, pool.Options{
//		Verify: func(ctx context.Context, e pool.Endpoint) error { return stillTheSame(ctx, e) },
//	})
//	err := p.Run(ctx, next, done)
//
// A job is pulled from next only when an endpoint has a slot free; at most
// slots + 1 generations are in flight on an endpoint, so that the server never
// waits for us. A slot is free again as soon as the answer is whole: done, which
// waits for a durable commit, runs beside the next generation, and how many of
// them may run is bounded. next is never called by two goroutines at a time; done is.
//
// Trouble has two kinds, told apart by [harness.Fault]. Endpoint trouble pauses
// the endpoint and costs no sample a try: other endpoints take its jobs over,
// it is probed with growing, jittered pauses, and Verify reads its identity again
// before it goes on. Sample trouble costs one of the sample's tries; after the
// last one the sample is an error with its cause. A hang is sample trouble only
// if the endpoint answers a probe.
//
// When next returns false the pool drains: it ends the jobs that it holds and
// returns nil. When ctx is cancelled it drops them ([Pool.Dropped] counts them)
// and returns the cause; answers that were whole by then still reach done.
package pool
