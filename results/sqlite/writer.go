package sqlite

import (
	"context"
	"database/sql/driver"
	"fmt"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/results"
)

// maxBatch is how many appends share a transaction at most.
const maxBatch = 256

// writer owns the one connection that writes. Only its goroutine touches it.
type writer struct {
	*conn
	s      *Store
	runs   map[string]*target
	seq    int64 // last sample.seq given out
	n      int64 // last body.n given out
	broken error // a failed sync or a corrupt page: nothing more is written
	misses int   // bodies looked up in the index in vain, in a row

	begin, commit, sample, body *stmt

	// Of the transaction in progress.
	ids    map[runSample]int64
	bodies map[harness.Hash]int64
}

// target is a run that samples are appended to.
type target struct {
	n      int64
	merged filter // the sample IDs that may be in sample_id
}

func (s *Store) newWriter(ctx context.Context, c *conn) (*writer, error) {
	w := &writer{conn: c, s: s, runs: map[string]*target{},
		ids: map[runSample]int64{}, bodies: map[harness.Hash]int64{}}
	var err error
	if w.seq, err = c.number(ctx, `SELECT max((SELECT ifnull(max(seq), 0) FROM sample), ids, last_seq) FROM store`); err != nil {
		return nil, err
	}
	if w.n, err = c.number(ctx, `SELECT max((SELECT ifnull(max(n), 0) FROM body), heads) FROM store`); err != nil {
		return nil, err
	}
	for _, p := range []struct {
		to  **stmt
		sql string
	}{
		{&w.begin, "BEGIN IMMEDIATE"},
		{&w.commit, "COMMIT"},
		{&w.body, "INSERT INTO body (n, hash, size, codec, dict, data) VALUES (?, ?, ?, ?, ?, ?)"},
		{&w.sample, `INSERT INTO sample (seq, run, idx, id, key, model, task, epoch, item, variant, cluster, lang,
			side, category, twin, status, cause, error, scores, tries, finish, prompt_tokens, output_tokens,
			load, prompt, eval, first_token, wall, start, endpoint, flags, request, response, thinking)
			VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)`},
	} {
		if *p.to, err = c.prepare(p.sql); err != nil {
			return nil, err
		}
	}
	return w, nil
}

// loop serves calls until the channel is closed. All appends that wait when a
// transaction begins share it.
func (w *writer) loop(calls <-chan *call) {
	batch := make([]*call, 0, maxBatch)
	for c := range calls {
		batch = batch[:0]
		var other *call
		for ok := true; ok; {
			if c.do != nil {
				other = c
				break
			}
			batch = append(batch, c)
			if len(batch) == maxBatch {
				break
			}
			select {
			case c, ok = <-calls:
			default:
				ok = false
			}
		}
		if len(batch) > 0 {
			w.group(batch)
		}
		if other != nil {
			other.done <- w.guard(other.do)
		}
		w.mergeFull()
	}
}

// guard refuses to write after an error that makes writing dangerous, and
// remembers such an error.
func (w *writer) guard(fn func() error) error {
	if w.broken == nil && w.s.doubt.Load() {
		w.broken = results.ErrCorrupt
	}
	if w.broken != nil {
		return fmt.Errorf("an earlier write failed: %w", w.broken)
	}
	err := fn()
	if poisons(err) {
		w.broken = err
	}
	return err
}

// group commits the appends of batch in one transaction and answers them.
func (w *writer) group(batch []*call) {
	err := w.guard(func() error { return w.insertAll(batch) })
	if err == nil {
		w.publish()
		for _, c := range batch {
			if b := &c.bodies[0]; b.n != 0 && b.dict == nil {
				w.s.dicts.offer(dictKey{c.run, c.sample.Model, c.sample.Task}, b.n, c.sample.Response.Sent)
			}
		}
	}
	clear(w.ids)
	clear(w.bodies)
	for _, c := range batch {
		if err != nil {
			c.err = err
		}
		c.done <- c.err
	}
}

func (w *writer) insertAll(batch []*call) error {
	if err := w.begin.exec(); err != nil {
		return err
	}
	seq, n := w.seq, w.n
	err := func() error {
		for _, c := range batch {
			if c.err = w.insert(c); c.err != nil && !harmless(c.err) {
				return c.err
			}
		}
		return w.commit.exec()
	}()
	if err != nil {
		_ = w.conn.exec("ROLLBACK") // fails when SQLite has done it already
		w.seq, w.n = seq, n
	}
	return err
}

// publish makes the entries of a committed transaction known.
func (w *writer) publish() {
	t := w.s.tails
	t.mu.Lock()
	defer t.mu.Unlock()
	for k, seq := range w.ids {
		t.ids[k] = seq
	}
	for h, n := range w.bodies {
		t.bodies[h] = n
	}
	t.seq, t.n = w.seq, w.n
}

func (w *writer) insert(c *call) error {
	t, err := w.target(c.run)
	if err != nil {
		return err
	}
	s := c.sample
	if err := w.unique(t, s.ID); err != nil {
		return err
	}
	for i := range c.bodies {
		if err := w.insertBody(&c.bodies[i]); err != nil {
			return err
		}
	}
	r := &s.Response
	err = w.sample.exec(w.seq+1, t.n, s.Index, s.ID[:], s.Key[:], int64(s.Model), int64(s.Task), int64(s.Epoch),
		s.Item.ID, s.Item.Variant, s.Item.Cluster, s.Item.Lang, string(s.Item.Side), s.Item.Category, s.Item.Twin,
		string(s.Status), s.Cause, s.Error, jsonValue(c.scores), int64(s.Tries), string(r.Finish),
		int64(r.PromptTokens), int64(r.OutputTokens), int64(r.Load), int64(r.Prompt), int64(r.Eval),
		int64(r.FirstToken), int64(r.Wall), nanos(r.Start), r.Endpoint, jsonValue(c.flags),
		hashValue(&c.bodies[0].hash), hashValue(&c.bodies[1].hash), hashValue(&c.bodies[2].hash))
	if isConstraint(err) {
		return fmt.Errorf("plan index %d: %w", s.Index, results.ErrExists)
	}
	if err != nil {
		return err
	}
	w.seq++
	w.ids[runSample{t.n, s.ID}] = w.seq
	return nil
}

func jsonValue(b []byte) driver.Value {
	if b == nil {
		return nil
	}
	return string(b)
}

// target finds the run that samples are appended to. On its first use the IDs
// of the samples that it already holds are read into a filter.
func (w *writer) target(id string) (*target, error) {
	if t := w.runs[id]; t != nil {
		return t, nil
	}
	ctx := context.Background()
	t := &target{}
	var planned int64
	err := w.each(ctx, "SELECT n, planned FROM run WHERE id = ?", []driver.Value{id}, func(r row) error {
		t.n, planned = r.int(0), r.int(1)
		return nil
	})
	if err != nil {
		return nil, err
	}
	if t.n == 0 {
		return nil, fmt.Errorf("run %q: %w", id, results.ErrNotFound)
	}
	t.merged = newFilter(planned)
	err = w.each(ctx, "SELECT id FROM sample_id WHERE run = ?", []driver.Value{t.n}, func(r row) error {
		t.merged.add(r.hash(0))
		return nil
	})
	if err != nil {
		return nil, err
	}
	w.runs[id] = t
	return t, nil
}

// unique holds the law that a run has a sample once. What is in no index yet is
// in memory; the filter spares the index the question about new samples.
func (w *writer) unique(t *target, id harness.Hash) error {
	k := runSample{t.n, id}
	if w.ids[k] != 0 {
		return results.ErrExists
	}
	tails := w.s.tails
	tails.mu.RLock()
	seq := tails.ids[k]
	tails.mu.RUnlock()
	if seq == 0 && t.merged.has(id) {
		var err error
		if seq, err = w.number(context.Background(), "SELECT seq FROM sample_id WHERE run = ? AND id = ?", t.n, id[:]); err != nil {
			return err
		}
	}
	if seq != 0 {
		return results.ErrExists
	}
	return nil
}

// insertBody stores a body that is not there yet. Two copies of one body do no
// harm, so a store whose bodies do not recur is not asked about each.
func (w *writer) insertBody(b *body) error {
	if b.hash.IsZero() || b.known || w.bodies[b.hash] != 0 || w.s.tails.knownBody(b.hash) {
		return nil
	}
	n, err := w.storedBody(b.hash)
	if err != nil {
		return err
	}
	if n == 0 {
		var dict driver.Value
		if b.dict != nil {
			dict = b.dict.n
		}
		n = w.n + 1
		if err := w.body.exec(n, b.hash[:], int64(b.size), b.codec, dict, b.data); err != nil {
			return err
		}
		w.n, b.n = n, n
		w.bodies[b.hash] = n
	}
	return nil
}

// storedBody asks the index for a body: always while bodies are found there,
// one time in 32 after 256 misses in a row.
func (w *writer) storedBody(h harness.Hash) (int64, error) {
	t := w.s.tails
	t.mu.RLock()
	indexed := t.n > int64(len(t.bodies))
	t.mu.RUnlock()
	if !indexed {
		return 0, nil
	}
	if w.misses++; w.misses > 256 && w.misses%32 != 0 {
		return 0, nil
	}
	n, err := indexedBody(context.Background(), w.conn, h)
	if n != 0 {
		w.misses = 0
		t.mu.Lock()
		if len(t.recent) < maxBodies {
			t.recent[h] = n
		}
		t.mu.Unlock()
	}
	return n, err
}

// mergeFull moves a tail that has grown to its limit into its index. The rows
// that it indexes are committed, so a failure loses nothing: the next merge
// starts from the same place.
func (w *writer) mergeFull() {
	t := w.s.tails
	if w.broken != nil {
		return
	}
	if len(t.ids) >= maxIDs {
		_ = w.guard(w.mergeIDs)
	}
	if len(t.bodies) >= maxBodies {
		_ = w.guard(func() error { return t.mergeBodies(w.conn) })
	}
}

func (w *writer) mergeIDs() error {
	t := w.s.tails
	byRun := make(map[int64]*target, len(w.runs))
	for _, r := range w.runs {
		byRun[r.n] = r
	}
	for k := range t.ids {
		if r := byRun[k.run]; r != nil {
			r.merged.add(k.id)
		}
	}
	return t.mergeIDs(w.conn)
}
