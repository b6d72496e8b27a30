package sqlite

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/sovereign-eval/haetae/harness"
)

// Health is what a full check of a store found.
type Health struct {
	Runs, Samples, Bodies int64
	Entries               int64    // of the ledger
	Problems              []string // at most 100; empty when the store is whole
}

const maxProblems = 100

func (h *Health) add(format string, args ...any) {
	if len(h.Problems) < maxProblems {
		h.Problems = append(h.Problems, fmt.Sprintf(format, args...))
	}
}

// Check reads the whole store: the structure of the file, that the two indexes
// agree with the rows, that the ledger is whole, that every body has the bytes that its hash names, and
// that no row names a body that is not there. It takes about a minute for a
// million samples and changes nothing.
func (s *Store) Check(ctx context.Context) (Health, error) {
	var h Health
	err := s.read(ctx, func(c *conn) error {
		err := c.each(ctx, fmt.Sprintf("PRAGMA integrity_check(%d)", maxProblems), nil, func(r row) error {
			if r.str(0) != "ok" {
				h.add("%s", r.str(0))
			}
			return nil
		})
		if err != nil || len(h.Problems) > 0 {
			return err
		}
		for q, to := range map[string]*int64{
			"SELECT count(*) FROM run": &h.Runs, "SELECT count(*) FROM sample": &h.Samples, "SELECT count(*) FROM body": &h.Bodies,
		} {
			if *to, err = c.number(ctx, q); err != nil {
				return err
			}
		}
		for q, what := range map[string]string{
			`SELECT count(*) FROM sample s WHERE seq <= (SELECT ids FROM store) AND NOT EXISTS
				(SELECT 1 FROM sample_id i WHERE i.run = s.run AND i.id = s.id AND i.seq = s.seq)`: "samples are missing in sample_id",
			`SELECT count(*) FROM sample_id i WHERE NOT EXISTS
				(SELECT 1 FROM sample s WHERE s.seq = i.seq)`: "entries of sample_id lead nowhere",
			`SELECT count(*) FROM body b WHERE n <= (SELECT heads FROM store) AND NOT EXISTS
				(SELECT 1 FROM body_head h WHERE h.head = substr(b.hash, 1, 8) AND h.n = b.n)`: "bodies are missing in body_head",
		} {
			n, err := c.number(ctx, q)
			if err != nil {
				return err
			}
			if n > 0 {
				h.add("%d %s", n, what)
			}
		}
		if err := s.checkLedger(ctx, c, &h); err != nil {
			return err
		}
		if err := s.checkBodies(ctx, c, &h); err != nil {
			return err
		}
		return s.checkReferences(ctx, c, &h)
	})
	return h, s.fail("check", err)
}

func (s *Store) checkLedger(ctx context.Context, c *conn, h *Health) error {
	if has, err := hasLedger(ctx, c); err != nil || !has {
		return err
	}
	return c.each(ctx, "SELECT l.seq, l.body, l.run IS NULL OR r.n IS NOT NULL FROM ledger l LEFT JOIN run r ON r.n = l.run", nil, func(r row) error {
		h.Entries++
		if !json.Valid([]byte(r.str(1))) {
			h.add("entry %d of the ledger is no JSON", r.int(0))
		}
		if r.int(2) == 0 {
			h.add("the run of entry %d of the ledger is missing", r.int(0))
		}
		return nil
	})
}

func (s *Store) checkBodies(ctx context.Context, c *conn, h *Health) error {
	return c.each(ctx, "SELECT n, hash, size, codec, dict, data FROM body", nil, func(r row) error {
		if _, err := s.restore(ctx, c, r.hash(1), r.int(2), r.int(3), r[4], r.bytes(5)); err != nil {
			h.add("body %d: %v", r.int(0), err)
		}
		return nil
	})
}

func (s *Store) checkReferences(ctx context.Context, c *conn, h *Health) error {
	return c.each(ctx, "SELECT seq, request, response, thinking FROM sample", nil, func(r row) error {
		for i, name := range []string{"request", "response", "thinking"} {
			hash := r.hash(1 + i)
			if hash == (harness.Hash{}) {
				continue
			}
			n, err := s.tails.findBody(ctx, c, hash)
			if err != nil {
				return err
			}
			if n == 0 {
				h.add("sample %d: the body of its %s %s is missing", r.int(0), name, hash.Short())
			}
		}
		return nil
	})
}
