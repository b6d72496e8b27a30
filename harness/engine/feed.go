package engine

import (
	"context"
	"fmt"
	"iter"
	"sync"

	"github.com/sovereign-eval/haetae/harness"
)

// cursor walks the stored samples beside the plan: both are in plan order, so
// resume needs no set of IDs in memory.
type cursor struct {
	next func() (Stored, error, bool)
	stop func()
	cur  Stored
	ok   bool
	err  error
}

func newCursor(seq iter.Seq2[Stored, error]) *cursor {
	c := &cursor{}
	c.next, c.stop = iter.Pull2(seq)
	c.advance()
	return c
}

func (c *cursor) advance() {
	cur, err, ok := c.next()
	c.cur, c.ok = cur, ok && err == nil
	if err != nil {
		c.err = fmt.Errorf("read stored samples: %w", err)
	}
}

// at tells whether the place index is stored, and under which ID.
func (c *cursor) at(index int64) (harness.Hash, bool, error) {
	for c.ok && c.cur.Index < index {
		c.advance()
	}
	if c.err != nil {
		return harness.Hash{}, false, c.err
	}
	if c.ok && c.cur.Index == index {
		return c.cur.ID, true, nil
	}
	return harness.Hash{}, false, nil
}

func (c *cursor) close() { c.stop() }

// feeder makes the jobs of one model, in plan order, on demand.
type feeder struct {
	run   *run
	model int
	phase Phase

	mu     sync.Mutex
	index  int64 // of the next job
	task   int
	left   int // items of the task still to come
	item   harness.Item
	epoch  int
	epochs int // of the task
	ctx    harness.Context
	pull   func() (harness.Item, error, bool)
	stop   func()
	ended  bool
	failed error
}

func newFeeder(r *run, model int, base int64, phase Phase) *feeder {
	return &feeder{run: r, model: model, phase: phase, index: base, task: -1}
}

func (f *feeder) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.stop != nil {
		f.stop()
	}
}

func (f *feeder) err() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.failed
}

// next returns the next job that the record does not hold; false when there is
// none, when the run is stopping, or after an error.
func (f *feeder) next() (harness.Job, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for !f.ended && f.run.feed.Err() == nil {
		job, ok, err := f.step()
		if err != nil {
			f.failed, f.ended = err, true
			f.run.stop(err)
		} else if ok {
			f.run.take()
			return job, true
		}
	}
	return harness.Job{}, false
}

// step moves one place on in the plan. It reports false for a place that is
// stored already, and at the end.
func (f *feeder) step() (harness.Job, bool, error) {
	if f.epoch == f.epochs {
		if err := f.advance(); err != nil || f.ended {
			return harness.Job{}, false, err
		}
	}
	job := f.job()
	f.epoch++
	f.index++
	id, stored, err := f.run.store.at(job.Index)
	if err != nil {
		return job, false, err
	}
	if !stored {
		return job, true, nil
	}
	if id != job.ID {
		return job, false, fmt.Errorf("resume at place %d (task %s, item %s): the record holds sample %s, the plan says %s: "+
			"the task, the parameters or the model are not those of the run", job.Index, f.run.plan.Tasks[f.task].Name, job.Item.ID, id.Short(), job.ID.Short())
	}
	f.run.skip()
	return job, false, nil
}

// advance goes on to the next item, of the next task if need be.
func (f *feeder) advance() error {
	for f.left == 0 {
		if f.stop != nil {
			f.stop()
			f.stop = nil
		}
		f.task++
		if f.task == len(f.run.plan.Tasks) {
			f.ended = true
			f.run.lastTaken()
			return nil
		}
		if err := f.open(f.run.plan.Tasks[f.task]); err != nil {
			return err
		}
	}
	item, err, ok := f.pull()
	if err == nil && !ok {
		err = fmt.Errorf("the data ended %d items early: it changed while the run was going on", f.left)
	}
	if err != nil {
		return fmt.Errorf("read items of task %s: %w", f.run.plan.Tasks[f.task].Name, err)
	}
	f.item, f.epoch = item, 0
	f.left--
	return nil
}

func (f *feeder) open(t *harness.Task) error {
	p := f.run.plan
	c, err := harness.NewContext(f.phase.Identity.ModelDigest(), p.Seed, f.phase.Params[f.task], f.phase.Identity.Facts())
	if err != nil {
		return err
	}
	f.ctx, f.left, f.epochs = c, ItemsPlanned(t, p.Limit), EpochsPlanned(t, p.Epochs)
	f.pull, f.stop = iter.Pull2(t.Items(context.WithoutCancel(f.run.feed), p.Seed))
	return nil
}

func (f *feeder) job() harness.Job {
	t := f.run.plan.Tasks[f.task]
	key := harness.ItemKey(t.Digest, f.item.ID, f.item.Variant, f.epoch)
	return harness.Job{
		Index: f.index, Task: f.task, Model: f.model, Epoch: f.epoch, Key: key,
		ID:   harness.Identify(f.ctx, key, f.item.Messages),
		Item: f.item,
		Request: harness.Request{
			Messages: f.item.Messages,
			Params:   f.phase.Params[f.task],
			Seed:     harness.SampleSeed(f.run.plan.Seed, key),
		},
	}
}

func (r *run) skip() {
	r.mu.Lock()
	r.sum.Skipped++
	r.mu.Unlock()
}

// take counts a job that a dispatcher has.
func (r *run) take() {
	r.mu.Lock()
	r.out++
	r.mu.Unlock()
}

// lastTaken lets canaries have the slots that come free from now on.
func (r *run) lastTaken() {
	r.mu.Lock()
	r.taken = true
	r.repeatSome()
	r.mu.Unlock()
}
