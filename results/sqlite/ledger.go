package sqlite

import (
	"context"
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/sovereign-eval/haetae/results"
)

// pageEntries is how many entries are read at once.
const pageEntries = 256

// Record implements [results.Ledger]. The entries are written in a transaction
// of their own between two group commits.
func (s *Store) Record(ctx context.Context, entries ...results.Entry) error {
	const op = "record in the ledger"
	for i, e := range entries {
		switch {
		case e.Kind == "":
			return s.fail(op, fmt.Errorf("entry %d: the kind is empty", i+1))
		case !json.Valid(e.Body):
			return s.fail(op, fmt.Errorf("entry %d: the body is not one JSON value", i+1))
		}
	}
	if len(entries) == 0 {
		return nil
	}
	err := s.exclusive(ctx, func() error {
		c := s.writer.conn
		return c.tx(func() error { return insertEntries(c, entries) })
	})
	return s.fail(op, err)
}

func insertEntries(c *conn, entries []results.Entry) error {
	runs := map[string]driver.Value{"": nil}
	now := time.Now()
	for _, e := range entries {
		run, known := runs[e.Run]
		if !known {
			n, err := runNumber(context.Background(), c, e.Run)
			if err != nil {
				return fmt.Errorf("run %q: %w", e.Run, err)
			}
			run, runs[e.Run] = n, n
		}
		at := e.At
		if at.IsZero() {
			at = now
		}
		err := c.exec("INSERT INTO ledger (kind, run, key, at, body) VALUES (?, ?, ?, ?, ?)",
			e.Kind, run, e.Key, at.UnixNano(), string(e.Body))
		if err != nil {
			return err
		}
	}
	return nil
}

// Entries implements [results.Ledger]. A reader of a file that was never opened
// for writing since ledgers exist finds it empty.
func (s *Store) Entries(ctx context.Context, kind, run, key string) iter.Seq2[results.Entry, error] {
	const op = "read the ledger"
	return func(yield func(results.Entry, error) bool) {
		after, page := int64(0), make([]results.Entry, 0, pageEntries)
		for {
			page = page[:0]
			err := s.read(ctx, func(c *conn) error {
				where, args, err := entryFilter(ctx, c, kind, run, key)
				if err != nil {
					return err
				}
				if has, err := hasLedger(ctx, c); err != nil || !has {
					return err
				}
				return c.each(ctx, "SELECT l.seq, l.kind, ifnull(r.id, ''), l.key, l.at, l.body FROM ledger l LEFT JOIN run r ON r.n = l.run"+
					where+" AND l.seq > ? ORDER BY l.seq LIMIT ?", append(args, after, int64(pageEntries)), func(r row) error {
					page = append(page, results.Entry{Seq: r.int(0), Kind: r.str(1), Run: r.str(2), Key: r.str(3), At: r.time(4), Body: r.raw(5)})
					return nil
				})
			})
			if err != nil {
				yield(results.Entry{}, s.fail(op, err))
				return
			}
			for i := range page {
				if !yield(page[i], nil) {
					return
				}
			}
			if len(page) < pageEntries {
				return
			}
			after = page[len(page)-1].Seq
		}
	}
}

// hasLedger asks the file, not the moment of its opening: a writer beside a
// reader may have brought it forward since.
func hasLedger(ctx context.Context, c *conn) (bool, error) {
	v, err := c.number(ctx, "PRAGMA user_version")
	return v >= ledgerVersion, err
}

// entryFilter is the condition of a reading. The plus keeps SQLite from any
// index but that of the key, which picks the fewest entries.
func entryFilter(ctx context.Context, c *conn, kind, run, key string) (string, []driver.Value, error) {
	var b strings.Builder
	b.WriteString(" WHERE true")
	var args []driver.Value
	plus := ""
	if key != "" {
		b.WriteString(" AND l.key = ?")
		args, plus = append(args, key), "+"
	}
	if kind != "" {
		b.WriteString(" AND " + plus + "l.kind = ?")
		args = append(args, kind)
	}
	if run != "" {
		n, err := runNumber(ctx, c, run)
		if err != nil {
			return "", nil, fmt.Errorf("run %q: %w", run, err)
		}
		b.WriteString(" AND " + plus + "l.run = ?")
		args = append(args, n)
	}
	return b.String(), args, nil
}
