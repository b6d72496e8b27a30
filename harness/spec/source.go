package spec

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"iter"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/sovereign-eval/haetae/harness"
)

// place is where a specification stands: a file in a file system. Label is how
// people call its folder.
type place struct {
	fsys    fs.FS
	dir     string // slash-separated, in fsys
	file    string // base name
	label   string
	shipped bool // built into the program
}

// path is the file as people call it.
func (p place) path() string { return p.show(p.file) }

func (p place) show(file string) string {
	if p.label == "" || p.label == "." {
		return file
	}
	return path.Join(p.label, file)
}

// source is the rows of a task: a data file or a generator.
type source struct {
	label  string
	format string
	open   func() (fs.File, error)
	gen    func() iter.Seq2[harness.Fields, error]
	size   int64
	mod    time.Time
}

// rowAt is a row and where it stands.
type rowAt struct {
	row  harness.Fields
	n    int // from 0
	line int
}

// rows yields the rows. Each error of one row is yielded with its line; another
// error ends the sequence. sum, if not nil, is fed the bytes of the file.
func (s *source) rows(ctx context.Context, sum hash.Hash) iter.Seq2[rowAt, error] {
	if s.gen != nil {
		return s.generated(ctx)
	}
	return func(yield func(rowAt, error) bool) {
		f, err := s.open()
		if err != nil {
			yield(rowAt{}, fmt.Errorf("read data: %w", err))
			return
		}
		defer f.Close()
		if err := s.unchanged(f); err != nil {
			yield(rowAt{}, err)
			return
		}
		var r io.Reader = f
		if sum != nil {
			r = io.TeeReader(f, sum)
		}
		rows := newRowReader(r, s.format)
		for n := 0; ; n++ {
			row, line, err := rows.next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err == nil {
				err = context.Cause(ctx)
			}
			if !yield(rowAt{row, n, line}, err) {
				return
			}
			if _, one := errors.AsType[*rowError](err); err != nil && !one {
				return
			}
		}
		if _, err := io.Copy(io.Discard, r); err != nil {
			yield(rowAt{}, fmt.Errorf("read data: %w", err))
		}
	}
}

func (s *source) generated(ctx context.Context) iter.Seq2[rowAt, error] {
	return func(yield func(rowAt, error) bool) {
		n := 0
		for row, err := range s.gen() {
			if err == nil {
				err = context.Cause(ctx)
			}
			if !yield(rowAt{row, n, n + 1}, err) || err != nil {
				return
			}
			n++
		}
	}
}

// unchanged remembers size and time of the file at the first opening and
// compares them later.
func (s *source) unchanged(f fs.File) error {
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("read data: %w", err)
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("read data %s: not a regular file", s.label)
	}
	if s.mod.IsZero() && s.size == 0 {
		s.size, s.mod = info.Size(), info.ModTime()
		return nil
	}
	if info.Size() != s.size || !info.ModTime().Equal(s.mod) {
		return fmt.Errorf("read data %s: the file changed while it was used; start again", s.label)
	}
	return nil
}

// MissingData says that a task's data is not there, and what to put where.
type MissingData struct {
	Task   string
	File   string
	Obtain string   // where to get it, as the task says
	Tried  []string // where it was looked for
}

// Error implements error.
func (e *MissingData) Error() string {
	return fmt.Sprintf("task %s: data file %s is not there", e.Task, e.File)
}

// Remedy says what to put where.
func (e *MissingData) Remedy() string {
	s := fmt.Sprintf("Put %s into DIR/%s/ or DIR/ and give --data DIR.", e.File, e.Task)
	if how := strings.TrimSpace(e.Obtain); how != "" {
		s += " " + strings.TrimRight(how, ".") + "."
	}
	if len(e.Tried) > 0 {
		s += " Looked for " + strings.Join(e.Tried, ", ") + "."
	}
	return s
}

// find locates a data file: beside the specification, then in the data folders
// as DIR/TASK/FILE and DIR/FILE.
func (l *Loader) find(p place, task, file string) (*source, error) {
	if !filepath.IsLocal(file) || strings.Contains(file, `\`) {
		return nil, fmt.Errorf("%q leads out of the task's folder; name a file in it, or in the folder given by --data", file)
	}
	missing := &MissingData{Task: task, File: file}
	inFS := path.Join(p.dir, file)
	if info, err := fs.Stat(p.fsys, inFS); err == nil {
		if !info.Mode().IsRegular() {
			return nil, fmt.Errorf("%s is not a regular file", p.show(file))
		}
		return &source{label: p.show(file), open: func() (fs.File, error) { return p.fsys.Open(inFS) }}, nil
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("find data: %w", err)
	}
	if !p.shipped {
		missing.Tried = append(missing.Tried, p.show(file))
	}
	for _, dir := range l.DataDirs {
		for _, c := range []string{filepath.Join(dir, task, file), filepath.Join(dir, file)} {
			if info, err := os.Stat(c); err == nil && info.Mode().IsRegular() {
				return &source{label: c, open: func() (fs.File, error) { return os.Open(c) }}, nil
			}
			missing.Tried = append(missing.Tried, c)
		}
	}
	return nil, missing
}

// sumText is a SHA-256 digest as text.
func sumText(h hash.Hash) string { return hex.EncodeToString(h.Sum(nil)) }

func newSum() hash.Hash { return sha256.New() }
