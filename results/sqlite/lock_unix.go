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
	deadline := time.Now().Add(wait)
	for {
		l, err := tryLock(path + "-lock")
		if l != nil || err != nil {
			return l, err
		}
		if time.Now().After(deadline) {
			return nil, locked(path + "-lock")
		}
		time.Sleep(poll)
	}
}

// tryLock returns nothing when another process holds the lock.
func tryLock(name string) (*lock, error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o644)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil, harness.Hint(err, "Create the folder first, or name another file with --store.")
	case errors.Is(err, os.ErrPermission), errors.Is(err, syscall.EROFS):
		return nil, fmt.Errorf("%w: %w", results.ErrReadOnly, err)
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return nil, fmt.Errorf("%w: %w", results.ErrFull, err)
	case err != nil:
		return nil, err
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) || errors.Is(err, syscall.EINTR) {
		return nil, f.Close()
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("lock %s: %w", name, err), f.Close())
	}
	// The holder before us may have deleted the file between our two calls.
	mine, err := f.Stat()
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	if there, err := os.Stat(name); err != nil || !os.SameFile(mine, there) {
		return nil, f.Close()
	}
	l := &lock{f: f}
	l.was = l.holder().Inode
	if err := l.write(l.was); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return l, nil
}

// locked names the process that holds the lock.
func locked(name string) error {
	who := "another process"
	if f, err := os.Open(name); err == nil {
		if pid := (&lock{f: f}).holder().PID; pid != 0 {
			who = fmt.Sprintf("process %d", pid)
		}
		_ = f.Close()
	}
	return harness.Hint(fmt.Errorf("%w: %s", results.ErrLocked, who),
		"A run of %s writes to this store. Wait until it has ended, or name another file with --store. Reading is possible meanwhile.", who)
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

// release gives the lock back. The file stays only when its note is needed:
// when a -wal remains.
func (l *lock) release(path string) error {
	if l == nil {
		return nil
	}
	if _, wal := inode(path + "-wal"); wal == 0 {
		_ = os.Remove(l.f.Name())
	}
	return l.f.Close()
}
