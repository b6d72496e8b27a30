package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	lib "modernc.org/sqlite/lib"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/results"
)

const (
	pageSize   = 8192
	cacheKiB   = 8 << 10
	checkpoint = 4000 // pages of WAL before it is copied into the file: 32 MiB
	readers    = 4
	headerSize = 512 // bytes of the smallest database
)

// Options say how a store is opened. The zero value opens it for writing and
// creates the file when it is missing.
type Options struct {
	ReadOnly bool          // read beside a writer; the file is never changed
	Wait     time.Duration // how long to wait for another process that writes
}

// Store is a store in one SQLite file. It is safe for concurrent use.
type Store struct {
	path     string
	readOnly bool
	lock     *lock
	codec    *codec
	tails    *tails
	dicts    *dicts
	readPool chan *conn // read-only connections; nil stands for one not yet made
	calls    chan *call
	gone     chan struct{} // closed when the writer has ended

	steps []string    // of migration
	doubt atomic.Bool // a corrupt page was met: nothing more is written

	surveyed sync.Once
	readable string // what can be read of a damaged file, in words

	closing sync.RWMutex
	closed  bool
	writer  *writer
}

var _ results.Store = (*Store)(nil)

// Open opens or creates the store at path.
//
// Errors wrap [results.ErrLocked] (another process writes; its number is in the
// text), [results.ErrNewer], [results.ErrForeign] (not a store),
// [results.ErrCorrupt], [results.ErrReadOnly] or [results.ErrNotFound], and
// carry a remedy ([harness.HintError]). A file that is refused is not changed.
func Open(path string, o Options) (*Store, error) { return openAs(path, o, migrations) }

func openAs(path string, o Options, steps []string) (*Store, error) {
	s := &Store{path: path, readOnly: o.ReadOnly, tails: newTails(), dicts: newDicts(), steps: steps}
	if err := s.open(o); err != nil {
		return nil, s.fail("open", errors.Join(err, s.release()))
	}
	return s, nil
}

func (s *Store) open(o Options) (err error) {
	if s.path == "" {
		return harness.Usage(errors.New("the path is empty"), "Name a file with --store.")
	}
	if s.path, err = filepath.Abs(s.path); err != nil {
		return err
	}
	if s.codec, err = newCodec(); err != nil {
		return err
	}
	fresh, err := s.inspect()
	if err != nil {
		return err
	}
	if !s.readOnly {
		if s.lock, err = acquire(s.path, o.Wait); err != nil {
			return err
		}
	}
	if !fresh {
		if err := s.probe(); err != nil {
			return err
		}
	}
	if !s.readOnly {
		if err := s.openWriter(); err != nil {
			return err
		}
	}
	s.readPool = make(chan *conn, readers)
	for range readers {
		s.readPool <- nil
	}
	if s.readOnly {
		return nil
	}
	s.calls, s.gone = make(chan *call, maxBatch), make(chan struct{})
	go func() {
		defer close(s.gone)
		s.writer.loop(s.calls)
	}()
	return nil
}

// inspect looks at the file without opening it as a database. It tells whether
// the store must be created.
func (s *Store) inspect() (fresh bool, err error) {
	if err := localDisk(filepath.Dir(s.path)); err != nil {
		return false, err
	}
	fi, err := os.Stat(s.path)
	switch {
	case errors.Is(err, os.ErrNotExist) && s.readOnly:
		return false, harness.Hint(fmt.Errorf("%w: no such file", results.ErrNotFound),
			"Start a run to create it, or name another file with --store.")
	case errors.Is(err, os.ErrNotExist):
		return true, nil
	case err != nil:
		return false, err
	case fi.IsDir():
		return false, harness.Hint(errors.New("it is a folder"), "Name a file, such as %s.", filepath.Join(s.path, "haetae.db"))
	}
	if 0 < fi.Size() && fi.Size() < headerSize {
		return false, results.ErrForeign // SQLite would take it for an empty one
	}
	return fi.Size() == 0, nil
}

// probe reads whose file this is through a connection that cannot write, before
// any other touches it.
func (s *Store) probe() error {
	ctx := context.Background()
	dial := s.connectReader
	if _, wal := inode(s.path + "-wal"); wal == 0 && s.lock != nil {
		// Nobody writes, and no -shm is left beside a file that is refused.
		dial = func(ctx context.Context) (*conn, error) { return s.dial(ctx, immutable) }
	}
	c, err := dial(ctx)
	if err != nil {
		return err
	}
	return errors.Join(s.examine(ctx, c), c.Close())
}

func (s *Store) examine(ctx context.Context, c *conn) error {
	version, err := identify(ctx, c, len(s.steps))
	switch {
	case code(err) == lib.SQLITE_NOTADB && s.lock != nil && s.lock.was != 0:
		return fmt.Errorf("%w: %w", results.ErrCorrupt, err) // it was a store once
	case err != nil:
		return err
	case version == 0 && s.readOnly:
		return harness.Hint(fmt.Errorf("%w: the file is empty", results.ErrNotFound), "Start a run to fill it, or name another file with --store.")
	case version == 0:
		return nil
	}
	if err := s.lock.match(s.path); err != nil {
		return err
	}
	return s.structure(ctx, c, version)
}

const immutable = "mode=ro&immutable=1"

// connectReader opens a connection that cannot write. In a folder in which
// SQLite cannot make its shared memory, a file without a -wal is read as one
// that nobody changes.
func (s *Store) connectReader(ctx context.Context) (*conn, error) {
	c, err := s.dial(ctx, "mode=ro")
	if s.readOnly && noAccess(err) {
		if _, wal := inode(s.path + "-wal"); wal == 0 {
			return s.dial(ctx, immutable)
		}
	}
	return c, err
}

// dial opens a connection and reads the first page through it. What is wrong
// beyond access shows to who reads on.
func (s *Store) dial(ctx context.Context, query string) (*conn, error) {
	c, err := connect(ctx, s.path, query, "busy_timeout = 5000", "query_only = 1", "cache_size = -4096")
	if err != nil {
		return nil, err
	}
	if _, err := c.number(ctx, "PRAGMA schema_version"); noAccess(err) {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// structure is a check that costs the same for any size of file: every table's
// root is read, and the file is as long as it says.
func (s *Store) structure(ctx context.Context, c *conn, version int) error {
	pages, err := c.number(ctx, "PRAGMA page_count")
	if err != nil {
		return err
	}
	size, err := c.number(ctx, "PRAGMA page_size")
	if err != nil {
		return err
	}
	fi, err := os.Stat(s.path)
	if err != nil {
		return err
	}
	wal, err := os.Stat(s.path + "-wal")
	noWAL := err != nil || wal.Size() == 0
	if noWAL && fi.Size() < pages*size {
		return fmt.Errorf("%w: it should hold %d bytes and holds %d", results.ErrCorrupt, pages*size, fi.Size())
	}
	queries := []string{
		"SELECT count(*) FROM store",
		"SELECT n FROM run ORDER BY n DESC LIMIT 1",
		"SELECT seq FROM sample ORDER BY seq DESC LIMIT 1",
		"SELECT seq FROM sample_id ORDER BY run DESC, id DESC LIMIT 1",
		"SELECT idx FROM sample INDEXED BY sample_plan ORDER BY run DESC, idx DESC LIMIT 1",
		"SELECT n FROM body ORDER BY n DESC LIMIT 1",
		"SELECT n FROM body_head ORDER BY head DESC, n DESC LIMIT 1",
	}
	if version >= ledgerVersion {
		queries = append(queries, "SELECT seq FROM ledger ORDER BY seq DESC LIMIT 1")
	}
	for _, q := range queries {
		if _, err := c.number(ctx, q); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) openWriter() error {
	ctx := context.Background()
	c, err := connect(ctx, s.path, "mode=rwc",
		"busy_timeout = 5000",
		fmt.Sprintf("page_size = %d", pageSize),
		"journal_mode = WAL",
		"synchronous = FULL",
		"foreign_keys = ON",
		fmt.Sprintf("cache_size = -%d", cacheKiB),
		fmt.Sprintf("wal_autocheckpoint = %d", checkpoint),
		"journal_size_limit = 67108864")
	if err != nil {
		return err
	}
	err = func() error {
		version, err := identify(ctx, c, len(s.steps))
		if err != nil {
			return err
		}
		if err := migrate(c, s.steps, version); err != nil {
			return err
		}
		if err := ensureStore(c); err != nil {
			return err
		}
		if err := s.lock.sign(s.path); err != nil {
			return err
		}
		if err := s.tails.refresh(ctx, c); err != nil {
			return err
		}
		s.writer, err = s.newWriter(ctx, c)
		return err
	}()
	if err != nil {
		return errors.Join(err, c.Close())
	}
	return nil
}

// read runs fn on a read-only connection of its own.
func (s *Store) read(ctx context.Context, fn func(*conn) error) (err error) {
	s.closing.RLock()
	if s.closed {
		s.closing.RUnlock()
		return results.ErrClosed
	}
	s.closing.RUnlock()
	var c *conn
	select {
	case c = <-s.readPool:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	defer func() { s.readPool <- c }()
	if c == nil {
		if c, err = s.connectReader(ctx); err != nil {
			return err
		}
	}
	if s.readOnly {
		err = s.tails.refresh(ctx, c)
	}
	if err == nil {
		err = fn(c)
	}
	if code(err) == lib.SQLITE_CORRUPT {
		s.doubt.Store(true)
	}
	return err
}

// Close waits for the appends in progress, completes the indexes, copies the
// WAL into the file and releases the lock. Later calls give results.ErrClosed.
func (s *Store) Close() error {
	s.closing.Lock()
	if s.closed {
		s.closing.Unlock()
		return nil
	}
	s.closed = true
	s.closing.Unlock()
	if s.calls != nil {
		close(s.calls)
		<-s.gone
	}
	if err := s.release(); err != nil {
		return s.fail("close", err)
	}
	return nil
}

// release gives everything back. After a fault that makes writing dangerous
// the readers are closed last: only the last connection copies the WAL into
// the file, and one that cannot write does not.
func (s *Store) release() error {
	var err error
	closeReaders := func() {
		if s.readPool == nil {
			return
		}
		for range readers {
			if c := <-s.readPool; c != nil {
				err = errors.Join(err, c.Close())
			}
		}
		s.readPool = nil
	}
	if w := s.writer; w != nil && (w.broken != nil || s.doubt.Load()) {
		guard, e := connect(context.Background(), s.path, "mode=ro", "query_only = 1")
		if e == nil {
			_, _ = guard.number(context.Background(), "PRAGMA user_version") // takes the shared lock
		}
		err = errors.Join(err, w.Close())
		closeReaders()
		if e == nil {
			err = errors.Join(err, guard.Close())
		}
	} else {
		closeReaders()
		if w != nil {
			err = errors.Join(w.finish(), w.Close())
		}
	}
	if s.codec != nil {
		s.codec.close()
	}
	if s.readOnly {
		tidy(s.path)
	}
	return errors.Join(err, s.lock.release(s.path))
}

// tidy removes the empty -wal and the -shm that readers cannot remove, if
// nobody writes. It matters to nobody when it does not succeed.
func tidy(path string) {
	if _, wal := inode(path + "-wal"); wal > 0 {
		return
	}
	if _, shm := inode(path + "-shm"); shm == 0 {
		return
	}
	l, err := tryLock(path + "-lock")
	if l == nil || err != nil {
		return
	}
	if c, err := connect(context.Background(), path, "mode=rw"); err == nil {
		_, _ = c.number(context.Background(), "PRAGMA schema_version")
		_ = c.Close()
	}
	_ = l.release(path)
}

// finish completes the indexes and empties the WAL.
func (w *writer) finish() error {
	if len(w.s.tails.ids) > 0 {
		if err := w.mergeIDs(); err != nil {
			return err
		}
	}
	if len(w.s.tails.bodies) > 0 {
		if err := w.s.tails.mergeBodies(w.conn); err != nil {
			return err
		}
	}
	return w.exec("PRAGMA wal_checkpoint(TRUNCATE)")
}
