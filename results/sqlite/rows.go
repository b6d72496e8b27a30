package sqlite

import (
	"context"
	"database/sql/driver"
	"encoding/hex"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/results"
)

// pageRows is how many rows are read at once. No read transaction is open
// while they are handed out: a slow reader would keep the WAL from shrinking.
const pageRows = 1024

const rowColumns = `SELECT seq, idx, id, key, model, task, epoch, item, variant, cluster, lang, side, category, twin,
	status, cause, error, scores, tries, finish, prompt_tokens, output_tokens, load, prompt, eval, first_token,
	wall, start, endpoint, flags, request, response, thinking FROM sample`

func scanRow(r row) (results.Row, error) {
	out := results.Row{
		Seq: r.int(0), Index: r.int(1), ID: r.hash(2), Key: r.hash(3),
		Model: int(r.int(4)), Task: int(r.int(5)), Epoch: int(r.int(6)),
		Item: r.str(7), Variant: r.str(8), Cluster: r.str(9), Lang: r.str(10), Side: harness.Side(r.str(11)),
		Category: r.str(12), Twin: r.str(13),
		Status: harness.Status(r.str(14)), Cause: r.str(15), Error: r.str(16), Tries: int(r.int(18)),
		Finish: harness.Finish(r.str(19)), PromptTokens: int(r.int(20)), OutputTokens: int(r.int(21)),
		Load: r.dur(22), Prompt: r.dur(23), Eval: r.dur(24), FirstToken: r.dur(25), Wall: r.dur(26),
		Start: r.time(27), Endpoint: r.str(28),
		RequestHash: r.hash(30), ResponseHash: r.hash(31), ThinkingHash: r.hash(32),
	}
	if err := r.json(17, &out.Scores); err != nil {
		return out, fmt.Errorf("sample %s: scores: %w", out.ID.Short(), err)
	}
	if err := r.json(29, &out.Flags); err != nil {
		return out, fmt.Errorf("sample %s: flags: %w", out.ID.Short(), err)
	}
	return out, nil
}

// runNumber finds a run by its whole ID.
func runNumber(ctx context.Context, c *conn, id string) (int64, error) {
	n, err := c.number(ctx, "SELECT n FROM run WHERE id = ?", id)
	if err == nil && n == 0 {
		err = results.ErrNotFound
	}
	return n, err
}

// Rows implements [results.Store]. Rows are read in pages, each a view of its
// own moment: rows that are committed meanwhile appear if their place is ahead.
func (s *Store) Rows(ctx context.Context, run string, q results.Query) iter.Seq2[results.Row, error] {
	op := fmt.Sprintf("read rows of run %q", run)
	return func(yield func(results.Row, error) bool) {
		left := q.Limit
		after, page := start(q), make([]results.Row, 0, pageRows)
		for {
			want := pageRows
			if q.Limit > 0 {
				want = min(want, left)
			}
			page = page[:0]
			err := s.read(ctx, func(c *conn) error {
				n, err := runNumber(ctx, c, run)
				if err != nil {
					return err
				}
				where, args, err := s.where(ctx, c, n, q)
				if err != nil {
					return err
				}
				args = append(args, after, int64(want))
				return c.each(ctx, rowColumns+where+" AND idx > ? ORDER BY idx LIMIT ?", args, func(r row) error {
					v, err := scanRow(r)
					page = append(page, v)
					return err
				})
			})
			if err != nil {
				yield(results.Row{}, s.fail(op, err))
				return
			}
			for i := range page {
				if !yield(page[i], nil) {
					return
				}
			}
			left -= len(page)
			if len(page) < want || q.Limit > 0 && left <= 0 {
				return
			}
			after = page[len(page)-1].Index
		}
	}
}

// start is the index before the first that is wanted.
func start(q results.Query) int64 {
	if q.HasAfter {
		return q.After
	}
	return -1 << 63
}

// where is the condition of a query, with its arguments.
func (s *Store) where(ctx context.Context, c *conn, run int64, q results.Query) (string, []driver.Value, error) {
	var b strings.Builder
	b.WriteString(" WHERE run = ?")
	args := []driver.Value{run}
	if q.Model != nil {
		b.WriteString(" AND model = ?")
		args = append(args, int64(*q.Model))
	}
	if q.Task != nil {
		b.WriteString(" AND task = ?")
		args = append(args, int64(*q.Task))
	}
	if q.Status != "" {
		b.WriteString(" AND status = ?")
		args = append(args, string(q.Status))
	}
	if q.ID != "" {
		seqs, err := s.samplesWithPrefix(ctx, c, run, q.ID)
		if err != nil {
			return "", nil, err
		}
		b.WriteString(" AND +seq IN (" + joinInts(seqs) + ")")
	}
	return b.String(), args, nil
}

func joinInts(n []int64) string {
	b := make([]byte, 0, 16*len(n))
	for i, v := range n {
		if i > 0 {
			b = append(b, ',')
		}
		b = fmt.Append(b, v)
	}
	return string(b)
}

// samplesWithPrefix returns the seq of every sample of a run whose ID begins
// with the hexadecimal digits of prefix.
func (s *Store) samplesWithPrefix(ctx context.Context, c *conn, run int64, prefix string) ([]int64, error) {
	low, high, ok := hexRange(prefix)
	if !ok {
		return nil, nil
	}
	var seqs []int64
	err := c.each(ctx, "SELECT seq FROM sample_id WHERE run = ? AND id BETWEEN ? AND ?",
		[]driver.Value{run, low[:], high[:]}, func(r row) error {
			seqs = append(seqs, r.int(0))
			return nil
		})
	if err != nil {
		return nil, err
	}
	s.tails.mu.RLock()
	defer s.tails.mu.RUnlock()
	for k, seq := range s.tails.ids {
		if k.run == run && slices.Compare(k.id[:], low[:]) >= 0 && slices.Compare(k.id[:], high[:]) <= 0 {
			seqs = append(seqs, seq)
		}
	}
	return seqs, nil
}

// hexRange returns the lowest and highest hash with a prefix of hexadecimal digits.
func hexRange(prefix string) (low, high harness.Hash, ok bool) {
	const digits = 2 * len(low)
	if len(prefix) > digits {
		return low, high, false
	}
	_, e1 := hex.Decode(low[:], []byte(prefix+strings.Repeat("0", digits-len(prefix))))
	_, e2 := hex.Decode(high[:], []byte(prefix+strings.Repeat("f", digits-len(prefix))))
	return low, high, e1 == nil && e2 == nil
}

// Done implements [results.Store].
func (s *Store) Done(ctx context.Context, run string) iter.Seq2[results.Done, error] {
	op := fmt.Sprintf("read samples of run %q", run)
	return func(yield func(results.Done, error) bool) {
		after, page := int64(-1<<63), make([]results.Done, 0, 8*pageRows)
		for {
			page = page[:0]
			err := s.read(ctx, func(c *conn) error {
				n, err := runNumber(ctx, c, run)
				if err != nil {
					return err
				}
				return c.each(ctx, "SELECT idx, id, status FROM sample WHERE run = ? AND idx > ? ORDER BY idx LIMIT ?",
					[]driver.Value{n, after, int64(cap(page))}, func(r row) error {
						page = append(page, results.Done{Index: r.int(0), ID: r.hash(1), Status: harness.Status(r.str(2))})
						return nil
					})
			})
			if err != nil {
				yield(results.Done{}, s.fail(op, err))
				return
			}
			for i := range page {
				if !yield(page[i], nil) {
					return
				}
			}
			if len(page) < cap(page) {
				return
			}
			after = page[len(page)-1].Index
		}
	}
}

// Forget implements [results.Store].
func (s *Store) Forget(ctx context.Context, run string) (removed int64, err error) {
	ids := map[runSample]int64{}
	err = s.exclusive(ctx, func() error {
		c := s.writer.conn
		err := c.tx(func() error {
			n, err := runNumber(context.Background(), c, run)
			if err != nil {
				return err
			}
			args := []driver.Value{n, string(harness.Errored)}
			const which = " FROM sample WHERE run = ? AND status = ?"
			err = c.each(context.Background(), "SELECT id, seq"+which, args, func(r row) error {
				ids[runSample{n, r.hash(0)}] = r.int(1)
				return nil
			})
			if err != nil {
				return err
			}
			for _, q := range []string{
				`INSERT INTO forgotten SELECT seq, run, idx, id, status, cause, error, tries, start, ?3 FROM sample WHERE run = ?1 AND status = ?2`,
				"DELETE FROM sample_id WHERE run = ?1 AND id IN (SELECT id FROM sample WHERE run = ?1 AND status = ?2)",
				"UPDATE store SET last_seq = max(last_seq, (SELECT ifnull(max(seq), 0) FROM sample))",
				"DELETE FROM sample WHERE run = ?1 AND status = ?2",
			} {
				if err := c.exec(q, append(args, time.Now().UnixNano())[:strings.Count(q, "?")]...); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		s.tails.mu.Lock()
		defer s.tails.mu.Unlock()
		for k := range ids {
			delete(s.tails.ids, k)
		}
		return nil
	})
	if err != nil {
		return 0, s.fail(fmt.Sprintf("forget errors of run %q", run), err)
	}
	return int64(len(ids)), nil
}

// Rescore implements [results.Store].
func (s *Store) Rescore(ctx context.Context, run string, id harness.Hash, status harness.Status, cause string, scores []harness.Score) error {
	op := fmt.Sprintf("rescore sample %s of run %q", id.Short(), run)
	text, err := encodeScores(scores)
	if err != nil {
		return s.fail(op, err)
	}
	if len(scores) == 0 {
		text = nil
	}
	err = s.exclusive(ctx, func() error {
		c := s.writer.conn
		n, err := runNumber(context.Background(), c, run)
		if err != nil {
			return err
		}
		seq, err := s.tails.findSample(context.Background(), c, n, id)
		if err != nil {
			return err
		}
		if seq == 0 {
			return results.ErrNotFound
		}
		return c.exec("UPDATE sample SET status = ?, cause = ?, scores = ? WHERE seq = ?",
			string(status), cause, jsonValue(text), seq)
	})
	return s.fail(op, err)
}
