package sqlite

import (
	"context"
	"fmt"

	"github.com/sovereign-eval/haetae/results"
)

// applicationID marks a file as a store of this program: "HAET" in the header.
const applicationID = 0x48414554

// schema is version 1. The package documentation explains it.
const schema = `
CREATE TABLE store (
  one      INTEGER PRIMARY KEY CHECK (one = 1),
  uuid     TEXT    NOT NULL,
  created  INTEGER NOT NULL,            -- Unix nanoseconds, as all times here
  ids      INTEGER NOT NULL DEFAULT 0,  -- sample_id holds every sample.seq up to this
  heads    INTEGER NOT NULL DEFAULT 0,  -- body_head holds every body.n up to this
  last_seq INTEGER NOT NULL DEFAULT 0   -- highest sample.seq ever removed
) STRICT;
CREATE TABLE run (
  n        INTEGER PRIMARY KEY,
  id       TEXT    NOT NULL UNIQUE,
  state    TEXT    NOT NULL,
  started  INTEGER,
  ended    INTEGER,
  seed     INTEGER NOT NULL,
  epochs   INTEGER NOT NULL,
  planned  INTEGER NOT NULL,
  resumes  INTEGER NOT NULL,
  reason   TEXT    NOT NULL,
  protocol TEXT,                        -- JSON
  models   TEXT    NOT NULL,            -- JSON list
  tasks    TEXT    NOT NULL,            -- JSON list
  meta     TEXT                         -- JSON
) STRICT;
CREATE TABLE sample (
  seq           INTEGER PRIMARY KEY,    -- commit order
  run           INTEGER NOT NULL REFERENCES run (n),
  idx           INTEGER NOT NULL,       -- place in the plan
  id            BLOB    NOT NULL,       -- sample ID
  key           BLOB    NOT NULL,       -- item key: pairs models
  model         INTEGER NOT NULL,
  task          INTEGER NOT NULL,
  epoch         INTEGER NOT NULL,
  item          TEXT    NOT NULL,
  variant       TEXT    NOT NULL,
  cluster       TEXT    NOT NULL,
  lang          TEXT    NOT NULL,
  side          TEXT    NOT NULL,
  category      TEXT    NOT NULL,
  twin          TEXT    NOT NULL,
  status        TEXT    NOT NULL,       -- scored, unscored, error
  cause         TEXT    NOT NULL,
  error         TEXT    NOT NULL,
  scores        TEXT,                   -- JSON list
  tries         INTEGER NOT NULL,
  finish        TEXT    NOT NULL,
  prompt_tokens INTEGER NOT NULL,
  output_tokens INTEGER NOT NULL,
  load          INTEGER NOT NULL,       -- nanoseconds, as the next four
  prompt        INTEGER NOT NULL,
  eval          INTEGER NOT NULL,
  first_token   INTEGER NOT NULL,
  wall          INTEGER NOT NULL,
  start         INTEGER,
  endpoint      TEXT    NOT NULL,
  flags         TEXT,                   -- JSON list
  request       BLOB,                   -- SHA-256 of the body, as the next two
  response      BLOB,
  thinking      BLOB
) STRICT;
CREATE UNIQUE INDEX sample_plan ON sample (run, idx);
CREATE TABLE sample_id (
  run INTEGER NOT NULL,
  id  BLOB    NOT NULL,
  seq INTEGER NOT NULL,
  PRIMARY KEY (run, id)
) STRICT, WITHOUT ROWID;
CREATE TABLE body (
  n     INTEGER PRIMARY KEY,
  hash  BLOB    NOT NULL,               -- SHA-256 of the uncompressed bytes
  size  INTEGER NOT NULL,               -- uncompressed bytes
  codec INTEGER NOT NULL,               -- 0 as it is, 1 zstd
  dict  INTEGER,                        -- body.n of the zstd dictionary, which has none itself
  data  BLOB    NOT NULL
) STRICT;
CREATE TABLE body_head (
  head BLOB    NOT NULL,                -- first 8 bytes of body.hash
  n    INTEGER NOT NULL,
  PRIMARY KEY (head, n)
) STRICT, WITHOUT ROWID;
CREATE TABLE forgotten (
  seq     INTEGER PRIMARY KEY,
  run     INTEGER NOT NULL REFERENCES run (n),
  idx     INTEGER NOT NULL,
  id      BLOB    NOT NULL,
  status  TEXT    NOT NULL,
  cause   TEXT    NOT NULL,
  error   TEXT    NOT NULL,
  tries   INTEGER NOT NULL,
  start   INTEGER,
  removed INTEGER NOT NULL              -- when
) STRICT;
`

// ledgerSchema leads to version 2. The triggers hold the law of the ledger
// against every program that writes to the file.
const ledgerSchema = `
CREATE TABLE ledger (
  seq  INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT    NOT NULL,
  run  INTEGER REFERENCES run (n),      -- NULL: belongs to no run
  key  TEXT    NOT NULL,
  at   INTEGER NOT NULL,
  body TEXT    NOT NULL                 -- JSON
) STRICT;
CREATE INDEX ledger_kind ON ledger (kind, run);
CREATE INDEX ledger_run ON ledger (run);
CREATE INDEX ledger_key ON ledger (key);
CREATE TRIGGER ledger_never_changes BEFORE UPDATE ON ledger
  BEGIN SELECT RAISE(ABORT, 'the ledger only grows'); END;
CREATE TRIGGER ledger_never_replaces BEFORE INSERT ON ledger WHEN EXISTS (SELECT 1 FROM ledger WHERE seq = NEW.seq)
  BEGIN SELECT RAISE(ABORT, 'the ledger only grows'); END;
CREATE TRIGGER ledger_never_shrinks BEFORE DELETE ON ledger
  BEGIN SELECT RAISE(ABORT, 'the ledger only grows'); END;
`

// ledgerVersion is the first version that has a ledger.
const ledgerVersion = 2

// migrations[i] leads from version i to version i+1. The list only grows: a
// released step is never edited. So far steps have only added tables, and a
// reader takes an older file as it is, without them.
var migrations = []string{schema, ledgerSchema}

// migrate brings the database from version have to the newest, all steps in one
// transaction, so that a kill leaves the old version whole.
func migrate(c *conn, steps []string, have int) error {
	if have == len(steps) {
		return nil
	}
	return c.tx(func() error {
		for v := have; v < len(steps); v++ {
			if err := c.exec(steps[v]); err != nil {
				return fmt.Errorf("migrate from version %d: %w", v, err)
			}
		}
		if err := c.exec(fmt.Sprintf("PRAGMA application_id = %d", applicationID)); err != nil {
			return err
		}
		return c.exec(fmt.Sprintf("PRAGMA user_version = %d", len(steps)))
	})
}

// identify reads whose file this is and its schema version; 0 stands for a new,
// empty database.
func identify(ctx context.Context, c *conn, newest int) (version int, err error) {
	app, err := c.number(ctx, "PRAGMA application_id")
	if err != nil {
		return 0, err
	}
	v, err := c.number(ctx, "PRAGMA user_version")
	if err != nil {
		return 0, err
	}
	tables, err := c.number(ctx, "SELECT count(*) FROM sqlite_schema")
	if err != nil {
		return 0, err
	}
	switch {
	case app == 0 && v == 0 && tables == 0:
		return 0, nil
	case app != applicationID || v < 1:
		return 0, results.ErrForeign
	case v > int64(newest):
		return int(v), fmt.Errorf("schema version %d, this program knows %d: %w", v, newest, results.ErrNewer)
	}
	return int(v), nil
}
