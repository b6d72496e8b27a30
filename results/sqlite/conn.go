package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"strings"

	"modernc.org/sqlite"
)

// conn is one connection, used by one goroutine at a time. It talks to the
// driver directly: database/sql would cost a third of the time of an insert.
type conn struct {
	driver.Conn
	named    []driver.NamedValue
	prepared []driver.Stmt
}

// uri makes a driver name of a path. The characters that end a path in a URI
// are escaped.
func uri(path, query string) string {
	return "file:" + strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23").Replace(path) + "?" + query
}

func connect(ctx context.Context, path, query string, pragmas ...string) (*conn, error) {
	connector, err := sqlite.NewConnector(uri(path, query))
	if err != nil {
		return nil, err
	}
	dc, err := connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	c := &conn{Conn: dc}
	for _, p := range pragmas {
		if err := c.exec("PRAGMA " + p); err != nil {
			return nil, errors.Join(err, dc.Close())
		}
	}
	return c, nil
}

// Close closes the connection and its prepared statements, without which SQLite
// would keep the file open.
func (c *conn) Close() error {
	var err error
	for _, s := range c.prepared {
		err = errors.Join(err, s.Close())
	}
	return errors.Join(err, c.Conn.Close())
}

func (c *conn) args(v []driver.Value) []driver.NamedValue {
	c.named = c.named[:0]
	for i := range v {
		c.named = append(c.named, driver.NamedValue{Ordinal: i + 1, Value: v[i]})
	}
	return c.named
}

func (c *conn) exec(q string, v ...driver.Value) error {
	_, err := c.Conn.(driver.ExecerContext).ExecContext(context.Background(), q, c.args(v))
	return err
}

// affected is exec that tells how many rows it changed.
func (c *conn) affected(q string, v ...driver.Value) (int64, error) {
	r, err := c.Conn.(driver.ExecerContext).ExecContext(context.Background(), q, c.args(v))
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

// each calls fn with the values of every row; fn must not keep the slice.
func (c *conn) each(ctx context.Context, q string, v []driver.Value, fn func(row) error) (err error) {
	rows, err := c.Conn.(driver.QueryerContext).QueryContext(ctx, q, c.args(v))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	dest := make(row, len(rows.Columns()))
	for {
		switch err := rows.Next(dest); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		if err := fn(dest); err != nil {
			return err
		}
	}
}

// number returns the one number that a query yields, 0 when it yields none.
func (c *conn) number(ctx context.Context, q string, v ...driver.Value) (n int64, err error) {
	err = c.each(ctx, q, v, func(r row) error {
		n = r.int(0)
		return nil
	})
	return n, err
}

// tx runs fn in a write transaction.
func (c *conn) tx(fn func() error) error {
	if err := c.exec("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	err := fn()
	if err == nil {
		err = c.exec("COMMIT")
	}
	if err != nil {
		// SQLite has rolled back by itself after some errors; then this one fails.
		_ = c.exec("ROLLBACK")
	}
	return err
}

// stmt is a prepared statement with a reused list of arguments.
type stmt struct {
	s    driver.StmtExecContext
	args []driver.NamedValue
}

func (c *conn) prepare(q string) (*stmt, error) {
	s, err := c.Prepare(q)
	if err != nil {
		return nil, err
	}
	e, ok := s.(driver.StmtExecContext)
	if !ok {
		return nil, fmt.Errorf("prepare %q: the driver cannot execute statements", q)
	}
	c.prepared = append(c.prepared, s)
	return &stmt{s: e}, nil
}

func (s *stmt) exec(v ...driver.Value) error {
	for i := range v {
		if i == len(s.args) {
			s.args = append(s.args, driver.NamedValue{Ordinal: i + 1})
		}
		s.args[i].Value = v[i]
	}
	_, err := s.s.ExecContext(context.Background(), s.args)
	return err
}
