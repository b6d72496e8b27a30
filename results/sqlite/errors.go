package sqlite

import (
	"errors"
	"fmt"

	"modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/results"
)

var errReadOnlyHandle = fmt.Errorf("the store was opened for reading: %w", results.ErrReadOnly)

// code is SQLite's primary result code in err, 0 when there is none.
func code(err error) int { return extended(err) & 0xff }

func extended(err error) int {
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return e.Code()
	}
	return 0
}

func isConstraint(err error) bool { return code(err) == lib.SQLITE_CONSTRAINT }

// noAccess tells that SQLite could not make or open one of its files.
func noAccess(err error) bool {
	return code(err) == lib.SQLITE_CANTOPEN || code(err) == lib.SQLITE_READONLY
}

// harmless tells whether an append failed by itself, so that the others of its
// transaction go on.
func harmless(err error) bool {
	return errors.Is(err, results.ErrExists) || errors.Is(err, results.ErrNotFound) || isConstraint(err)
}

// poisons tells whether writing on after err could damage the file, or claim
// what is not on the disk. A full disk does neither: it may have room again.
func poisons(err error) bool {
	if errors.Is(err, results.ErrCorrupt) {
		return true
	}
	switch code(err) {
	case lib.SQLITE_CORRUPT, lib.SQLITE_NOTADB:
		return true
	case lib.SQLITE_IOERR:
		return !outOfSpace(err)
	}
	return false
}

// outOfSpace tells of the writes that fail for want of space: a quota or a file
// size limit is not told apart from other failures to write.
func outOfSpace(err error) bool {
	switch extended(err) {
	case lib.SQLITE_IOERR_WRITE, lib.SQLITE_IOERR_SHMSIZE, lib.SQLITE_IOERR_TRUNCATE:
		return true
	}
	return code(err) == lib.SQLITE_FULL
}

// fail puts the operation, the path, a sentinel and a remedy on err.
func (s *Store) fail(op string, err error) error {
	if err == nil {
		return nil
	}
	var sentinel error
	hint := ""
	switch code(err) {
	case lib.SQLITE_CORRUPT, lib.SQLITE_NOTADB:
		sentinel = results.ErrCorrupt
		if code(err) == lib.SQLITE_NOTADB {
			sentinel = results.ErrForeign
		}
	case lib.SQLITE_FULL:
		sentinel = results.ErrFull
	case lib.SQLITE_IOERR:
		if outOfSpace(err) {
			sentinel = results.ErrFull
		} else {
			hint = "The disk does not answer as it should; look into the system's log. What was acknowledged is in the file."
		}
	case lib.SQLITE_READONLY, lib.SQLITE_PERM:
		sentinel = results.ErrReadOnly
	case lib.SQLITE_CANTOPEN:
		hint = "Look whether the folder exists and whether you may read and write in it."
	case lib.SQLITE_BUSY:
		sentinel = results.ErrLocked
	}
	if sentinel != nil && !errors.Is(err, sentinel) {
		err = fmt.Errorf("%w: %w", sentinel, err)
	}
	err = fmt.Errorf("%s: store %s: %w", op, s.path, err)
	if _, ok := errors.AsType[*harness.HintError](err); ok {
		return err
	}
	if h := remedy(err); h != "" {
		hint = h
	}
	if errors.Is(err, results.ErrCorrupt) {
		s.surveyed.Do(func() { s.readable = survey(s.path) })
		hint = s.readable + " " + hint
	}
	if hint == "" {
		return err
	}
	return harness.Hint(err, "%s", hint)
}

// remedy is what to do about the errors that have a name.
func remedy(err error) string {
	switch {
	case errors.Is(err, results.ErrCorrupt):
		return "Nothing more is written to it. Keep a copy of the file and its -wal, then recover what can be read into a new store (haetae doctor --recover NEWFILE), or restore a backup."
	case errors.Is(err, results.ErrForeign):
		return "This file is no store of haetae. Name another one with --store."
	case errors.Is(err, results.ErrNewer):
		return "Use the newer haetae that wrote it, or another file with --store."
	case errors.Is(err, results.ErrFull):
		return "Free space (or lift the quota or file size limit) where the store lies, then resume the run. What was acknowledged is safe."
	case errors.Is(err, results.ErrReadOnly):
		return "Give yourself the right to write the file and its folder, or name another file with --store."
	}
	return ""
}
