//go:build unix

package sqlite

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
	"time"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/results"
)

// lock is the right to write a store: an advisory lock on a file beside it,
// which the system releases when the process ends, however it ends. The file
// itself cannot carry the lock: closing any descriptor of it would drop the
// locks that SQLite holds in this process.
type lock struct {
	f   *os.File
	was uint64 // inode of the database when it was last opened for writing
}

// holder is what the lock file says.
type holder struct {
	PID   int    `json:"pid"`
	Inode uint64 `json:"inode"` // of the database when it was last opened for writing
}

const poll = 25 * time.Millisecond

// acquire takes the lock, waiting at most wait for another process.
func acquire(path string, wait time.Duration) (*lock, error) {
	f, err := os.OpenFile(path+"-lock", os.O_RDWR|os.O_CREATE, 0o644)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil, harness.Hint(err, "Create the folder first, or name another file with --store.")
	case errors.Is(err, os.ErrPermission), errors.Is(err, syscall.EROFS):
		return nil, fmt.Errorf("%w: %w", results.ErrReadOnly, err)
	case err != nil:
		return nil, err
	}
	deadline := time.Now().Add(wait)
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		switch {
		case err == nil:
			l := &lock{f: f}
			l.was = l.holder().Inode
			return l, l.write(l.was)
		case errors.Is(err, syscall.EINTR):
			continue
		case !errors.Is(err, syscall.EWOULDBLOCK):
			return nil, errors.Join(fmt.Errorf("lock %s: %w", f.Name(), err), f.Close())
		case time.Now().After(deadline):
			h := (&lock{f: f}).holder()
			return nil, errors.Join(harness.Hint(fmt.Errorf("%w: process %d", results.ErrLocked, h.PID),
				"Process %d writes to this store. Wait until it has ended, or name another file with --store. Reading is possible meanwhile.", h.PID), f.Close())
		}
		time.Sleep(poll)
	}
}

func (l *lock) holder() (h holder) {
	b, err := io.ReadAll(io.NewSectionReader(l.f, 0, 4096))
	if err == nil {
		_ = json.Unmarshal(b, &h) // a torn line names nobody
	}
	return h
}

func inode(path string) (ino uint64, size int64) {
	fi, err := os.Stat(path)
	if err != nil {
		return 0, 0
	}
	if st, ok := fi.Sys().(*syscall.Stat_t); ok {
		ino = st.Ino
	}
	return ino, fi.Size()
}

// match refuses a database that took the place of the one to which the -wal
// beside it belongs.
func (l *lock) match(path string) error {
	if l == nil {
		return nil
	}
	now, _ := inode(path)
	if _, wal := inode(path + "-wal"); wal == 0 || l.was == 0 || l.was == now {
		return nil
	}
	return harness.Hint(fmt.Errorf("%w: %s-wal belongs to another file than the one that is there now", results.ErrCorrupt, path),
		"If you copied %s and its -wal together, delete %s-lock and try again. If you put another file in its place, move the -wal and -shm away first.", path, path)
}

// sign writes which file is locked from now on.
func (l *lock) sign(path string) error {
	ino, _ := inode(path)
	return l.write(ino)
}

// write says who holds the lock.
func (l *lock) write(inode uint64) error {
	b, err := json.Marshal(holder{PID: os.Getpid(), Inode: inode})
	if err != nil {
		return err
	}
	if err := l.f.Truncate(0); err != nil {
		return err
	}
	_, err = l.f.WriteAt(append(b, '\n'), 0)
	return err
}

func (l *lock) release() error {
	if l == nil {
		return nil
	}
	return l.f.Close()
}
