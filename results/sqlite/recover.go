package sqlite

import (
	"bytes"
	"context"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	lib "modernc.org/sqlite/lib"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/results"
)

// Recovered counts what was copied out of a damaged store.
type Recovered struct {
	Runs, Samples, Bodies int64
	Entries               int64 // of the ledger
	Lost                  int64 // rows whose place was found and that could not be read
}

// tables are copied in this order, each in the order of its key. least is a key
// that the table is known to have reached.
var tables = []struct{ name, key, least string }{
	{"run", "n", "SELECT 0"},
	{"sample", "seq", "SELECT ids FROM store"},
	{"body", "n", "SELECT heads FROM store"},
	{"forgotten", "seq", "SELECT 0"},
	{"ledger", "seq", "SELECT 0"},
}

// Recover copies what can be read of the store at from into a new store at to.
// It reads past damaged pages, row by row; from is not changed. A sample that
// was read is copied even when one of its bodies is lost: [Store.Check] of the
// new store names those.
func Recover(ctx context.Context, from, to string) (got Recovered, err error) {
	if fi, err := os.Stat(to); err == nil && fi.Size() > 0 {
		return got, harness.Hint(fmt.Errorf("recover into %s: %w", to, results.ErrExists), "Name a file that does not exist.")
	}
	src := &Store{path: from, dicts: newDicts()}
	c, err := connectDamaged(ctx, from)
	if err != nil {
		return got, src.fail("recover", err)
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	dst, err := Open(to, Options{})
	if err != nil {
		return got, err
	}
	defer func() { err = errors.Join(err, dst.Close()) }()
	counts := []*int64{&got.Runs, &got.Samples, &got.Bodies, new(int64), &got.Entries}
	for i, t := range tables {
		if n, err := c.number(ctx, "SELECT count(*) FROM sqlite_schema WHERE name = ?", t.name); err == nil && n == 0 {
			continue // an older file
		}
		p := salvage{src: c, table: t.name, key: t.key, least: t.least, lost: &got.Lost}
		if err := p.all(ctx, func(rows []row) error {
			n, err := dst.adopt(ctx, t.name, rows)
			*counts[i] += n
			return err
		}); err != nil {
			return got, src.fail("recover table "+t.name, err)
		}
	}
	return got, dst.reload(ctx)
}

// connectDamaged opens a file that SQLite would refuse for its length.
func connectDamaged(ctx context.Context, path string) (*conn, error) {
	return connect(ctx, path, "mode=ro", "busy_timeout = 5000", "query_only = 1", "writable_schema = 1", "cell_size_check = 1")
}

// salvage reads a damaged table.
type salvage struct {
	src               *conn
	table, key, least string
	lost              *int64
}

const (
	salvagePage = 256
	giveUp      = 1 << 12 // keys in a row that lead to nothing, when the end is not known
)

// all yields the readable rows in portions, in the order of the key.
func (p *salvage) all(ctx context.Context, fn func([]row) error) error {
	last, err := p.src.number(ctx, fmt.Sprintf("SELECT max(%s) FROM %s", p.key, p.table))
	beyond := int64(0) // how far to look past last when it is not known to be the last
	if err != nil {
		beyond = giveUp
		last, _ = p.src.number(ctx, p.least)
	}
	for at := int64(0); at < last+beyond; {
		rows, err := p.read(ctx, fmt.Sprintf("%s > ? ORDER BY %s LIMIT %d", p.key, p.key, salvagePage), at)
		switch {
		case err == nil && len(rows) == 0:
			return nil
		case err == nil:
			at = rows[len(rows)-1].int(0)
		case code(err) == lib.SQLITE_CORRUPT || code(err) == lib.SQLITE_IOERR:
			if rows, err = p.singly(ctx, at, last); err != nil {
				return err
			}
			at += salvagePage
		default:
			return err
		}
		if len(rows) == 0 {
			continue
		}
		if beyond > 0 {
			last = max(last, rows[len(rows)-1].int(0))
		}
		if err := fn(rows); err != nil {
			return err
		}
	}
	return nil
}

// singly asks for each of the next keys by itself.
func (p *salvage) singly(ctx context.Context, at, last int64) (rows []row, err error) {
	for k := at + 1; k <= at+salvagePage; k++ {
		one, err := p.read(ctx, p.key+" = ?", k)
		switch {
		case err == nil:
			rows = append(rows, one...)
		case code(err) != lib.SQLITE_CORRUPT && code(err) != lib.SQLITE_IOERR:
			return nil, err
		case k <= last:
			*p.lost++
		}
	}
	return rows, ctx.Err()
}

func (p *salvage) read(ctx context.Context, where string, arg int64) (rows []row, err error) {
	err = p.src.each(ctx, fmt.Sprintf("SELECT %s, * FROM %s WHERE %s", p.key, p.table, where), []driver.Value{arg}, func(r row) error {
		rows = append(rows, append(row(nil), r...))
		return nil
	})
	return rows, err
}

// adopt inserts rows as they are. What breaks a law of the new store is left out.
func (s *Store) adopt(ctx context.Context, table string, rows []row) (n int64, err error) {
	err = s.exclusive(ctx, func() error {
		c := s.writer.conn
		return c.tx(func() error {
			columns, err := c.number(ctx, "SELECT count(*) FROM pragma_table_info(?)", table)
			if err != nil {
				return err
			}
			for _, r := range rows {
				if int64(len(r)) != columns+1 {
					return fmt.Errorf("table %s has %d columns, want %d: its description is damaged or of another version", table, len(r)-1, columns)
				}
				if !s.intact(ctx, table, r) {
					continue
				}
				values := r[1:]
				q := fmt.Sprintf("INSERT OR IGNORE INTO %s VALUES (?%s)", table, strings.Repeat(", ?", len(values)-1))
				for i, v := range values {
					if b, ok := v.([]byte); ok && b == nil {
						values[i] = []byte{}
					}
				}
				k, err := c.affected(q, values...)
				if err != nil && !isConstraint(err) {
					return err
				}
				n += k
			}
			return nil
		})
	})
	return n, err
}

// intact tells whether a row was read whole. The end of a page that the file
// does not hold reads as zeros. r[k] is the column k of the schema, from 1.
func (s *Store) intact(ctx context.Context, table string, r row) bool {
	switch table {
	case "sample":
		for _, i := range []int{4, 5, 32, 33, 34} {
			h := r.bytes(i)
			if h == nil && i > 5 {
				continue
			}
			if len(h) != len(harness.Hash{}) || bytes.HasSuffix(h, make([]byte, 8)) {
				return false
			}
		}
		valid := func(text string) bool { return text == "" || json.Valid([]byte(text)) }
		return !strings.Contains(r.str(30), "\x00") && valid(r.str(19)) && valid(r.str(31))
	case "body":
		_, err := s.restore(ctx, s.writer.conn, r.hash(2), r.int(3), r.int(4), r[5], r.bytes(6))
		return err == nil
	case "ledger":
		return json.Valid([]byte(r.str(6)))
	case "run":
		_, err := scanRun(row{r[2], r[3], r[4], r[5], r[6], r[7], r[8], r[9], r[10], r[11], r[12], r[13], r[14]})
		return err == nil
	}
	return true
}

// reload indexes rows that were not appended.
func (s *Store) reload(ctx context.Context) error {
	return s.exclusive(ctx, func() error {
		w := s.writer
		if err := w.exec("DELETE FROM sample WHERE seq NOT IN (SELECT min(seq) FROM sample GROUP BY run, id)"); err != nil {
			return err
		}
		if err := s.tails.refresh(ctx, w.conn); err != nil {
			return err
		}
		w.seq, w.n = s.tails.seq, s.tails.n
		if err := w.mergeIDs(); err != nil {
			return err
		}
		return s.tails.mergeBodies(w.conn)
	})
}

// survey tells in a sentence what can still be read of a damaged store, within
// two seconds.
func survey(path string) string {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	c, err := connectDamaged(ctx, path)
	if err != nil {
		return "Nothing of it can be read."
	}
	defer func() { _ = c.Close() }()
	var n [2]int64
	for i, q := range []string{"SELECT n FROM run", "SELECT seq FROM sample ORDER BY seq"} {
		err = c.each(ctx, q, nil, func(row) error {
			n[i]++
			return nil
		})
	}
	more := ""
	if err != nil {
		more = " at least"
	}
	return fmt.Sprintf("%d runs and%s %d samples can still be read.", n[0], more, n[1])
}
