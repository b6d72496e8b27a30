package sqlite

import (
	"context"
	"database/sql/driver"
	"sync"

	"github.com/sovereign-eval/haetae/harness"
)

// How many entries a tail may hold before it is merged into its index. They
// sit just below the size at which a Go map doubles.
const (
	maxIDs    = 14 << 10
	maxBodies = 28 << 10
)

// tails holds the newest entries of the two indexes whose keys are hashes,
// sample_id and body_head.
//
// A hash falls on a random page of an index, so one insert costs the write of a
// whole page: 20 µs, more than everything else together. The newest entries
// stand in memory instead and enter the index in large sorted batches. What the
// index covers is recorded in the same transaction (store.ids, store.heads), so
// after a kill, and in readers beside a writer, the tails are read again from
// the rows themselves. A store that was closed has empty tails.
type tails struct {
	mu     sync.RWMutex
	ids    map[runSample]int64    // seq of samples not yet in sample_id
	bodies map[harness.Hash]int64 // n of bodies not yet in body_head
	recent map[harness.Hash]int64 // n of bodies seen lately that are in body_head
	seq    int64                  // ids holds all samples up to this
	n      int64                  // bodies holds all bodies up to this
}

type runSample struct {
	run int64
	id  harness.Hash
}

func newTails() *tails {
	return &tails{
		ids:    map[runSample]int64{},
		bodies: map[harness.Hash]int64{},
		recent: map[harness.Hash]int64{},
	}
}

// refresh reads what was committed since the last call and is in no index. In
// the process that writes it finds nothing after the first call.
func (t *tails) refresh(ctx context.Context, c *conn) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	err := c.each(ctx, "SELECT ids, heads FROM store", nil, func(r row) error {
		t.seq, t.n = max(t.seq, r.int(0)), max(t.n, r.int(1))
		return nil
	})
	if err != nil {
		return err
	}
	err = c.each(ctx, "SELECT seq, run, id FROM sample WHERE seq > ?", []driver.Value{t.seq}, func(r row) error {
		t.seq = r.int(0)
		t.ids[runSample{r.int(1), r.hash(2)}] = t.seq
		return nil
	})
	if err != nil {
		return err
	}
	return c.each(ctx, "SELECT n, hash FROM body WHERE n > ?", []driver.Value{t.n}, func(r row) error {
		t.n = r.int(0)
		t.bodies[r.hash(1)] = t.n
		return nil
	})
}

// knownBody tells whether a body is stored, as far as memory knows.
func (t *tails) knownBody(h harness.Hash) bool {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if _, ok := t.bodies[h]; ok {
		return true
	}
	_, ok := t.recent[h]
	return ok
}

// findBody returns the number of a body, 0 when there is none.
func (t *tails) findBody(ctx context.Context, c *conn, h harness.Hash) (int64, error) {
	t.mu.RLock()
	n := t.bodies[h]
	if n == 0 {
		n = t.recent[h]
	}
	t.mu.RUnlock()
	if n != 0 {
		return n, nil
	}
	return indexedBody(ctx, c, h)
}

// indexedBody looks a body up in body_head.
func indexedBody(ctx context.Context, c *conn, h harness.Hash) (int64, error) {
	return c.number(ctx, "SELECT b.n FROM body_head h JOIN body b ON b.n = h.n WHERE h.head = ? AND b.hash = ?", h[:8], h[:])
}

// findSample returns the seq of a sample, 0 when the run does not hold it.
func (t *tails) findSample(ctx context.Context, c *conn, run int64, id harness.Hash) (int64, error) {
	t.mu.RLock()
	seq := t.ids[runSample{run, id}]
	t.mu.RUnlock()
	if seq != 0 {
		return seq, nil
	}
	return c.number(ctx, "SELECT seq FROM sample_id WHERE run = ? AND id = ?", run, id[:])
}

// mergeIDs moves the tail of sample IDs into its index.
func (t *tails) mergeIDs(c *conn) error {
	err := c.tx(func() error {
		err := c.exec(`INSERT INTO sample_id (run, id, seq)
			SELECT run, id, seq FROM sample WHERE seq > (SELECT ids FROM store) ORDER BY run, id`)
		if err != nil {
			return err
		}
		return c.exec("UPDATE store SET ids = ?", t.seq)
	})
	if err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	clear(t.ids)
	return nil
}

// mergeBodies moves the tail of bodies into its index. The merged entries stay
// known until the next merge, so that answers that recur are found in memory.
func (t *tails) mergeBodies(c *conn) error {
	err := c.tx(func() error {
		err := c.exec(`INSERT INTO body_head (head, n)
			SELECT substr(hash, 1, 8), n FROM body WHERE n > (SELECT heads FROM store) ORDER BY 1, 2`)
		if err != nil {
			return err
		}
		return c.exec("UPDATE store SET heads = ?", t.n)
	})
	if err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.recent, t.bodies = t.bodies, t.recent
	clear(t.bodies)
	return nil
}
