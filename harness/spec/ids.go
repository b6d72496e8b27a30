package spec

import (
	"bufio"
	"cmp"
	"encoding/binary"
	"fmt"
	"hash/maphash"
	"io"
	"os"
	"slices"
)

// runLength is how many hashes are sorted in memory: 256 KiB.
const runLength = 1 << 15

// idSet finds texts that were added twice in bounded memory: it sorts 64-bit
// hashes in runs, spills full runs to a temporary file, and merges them. What
// it returns are candidates, to be confirmed by the texts themselves.
type idSet struct {
	seed maphash.Seed
	run  []uint64
	buf  []byte // of a run
	file *os.File
	runs []int64 // offsets of the spilled runs
	end  int64
}

func newIDSet() *idSet { return &idSet{seed: maphash.MakeSeed()} }

// hash is the hash of an item's identity.
func (s *idSet) hash(id, variant string) uint64 {
	if variant == "" {
		return maphash.String(s.seed, id)
	}
	var h maphash.Hash
	h.SetSeed(s.seed)
	h.WriteString(id)
	h.WriteByte(0)
	h.WriteString(variant)
	return h.Sum64()
}

// add adds a hash.
func (s *idSet) add(h uint64) error {
	s.run = append(s.run, h)
	if len(s.run) < runLength {
		return nil
	}
	return s.spill()
}

func (s *idSet) spill() error {
	if s.file == nil {
		f, err := os.CreateTemp("", "haetae-ids-*")
		if err != nil {
			return fmt.Errorf("check identifiers: %w", err)
		}
		s.file = f
	}
	slices.Sort(s.run)
	b := s.buf[:0]
	for _, h := range s.run {
		b = binary.LittleEndian.AppendUint64(b, h)
	}
	s.buf = b
	if _, err := s.file.Write(b); err != nil {
		return fmt.Errorf("check identifiers: %w", err)
	}
	s.runs = append(s.runs, s.end)
	s.end += int64(len(b))
	s.run = s.run[:0]
	return nil
}

// close removes the temporary file.
func (s *idSet) close() {
	s.run = nil
	if s.file != nil {
		s.file.Close()
		os.Remove(s.file.Name())
		s.file = nil
	}
}

// repeated returns the hashes that were added more than once, at most limit.
func (s *idSet) repeated(limit int) (map[uint64]bool, error) {
	out := map[uint64]bool{}
	last, first := uint64(0), true
	err := s.sorted(func(h uint64) bool {
		if !first && h == last {
			out[h] = true
		}
		last, first = h, false
		return len(out) < limit
	})
	return out, err
}

// cursor reads one sorted run.
type cursor struct {
	head uint64
	r    *bufio.Reader
	mem  []uint64
}

func (c *cursor) next() (bool, error) {
	if c.r == nil {
		if len(c.mem) == 0 {
			return false, nil
		}
		c.head, c.mem = c.mem[0], c.mem[1:]
		return true, nil
	}
	var b [8]byte
	if _, err := io.ReadFull(c.r, b[:]); err != nil {
		if err == io.EOF {
			return false, nil
		}
		return false, fmt.Errorf("check identifiers: %w", err)
	}
	c.head = binary.LittleEndian.Uint64(b[:])
	return true, nil
}

// sorted calls yield for every hash in ascending order until it returns false.
func (s *idSet) sorted(yield func(uint64) bool) error {
	slices.Sort(s.run)
	cursors := []*cursor{{mem: s.run}}
	for i, start := range s.runs {
		end := s.end
		if i+1 < len(s.runs) {
			end = s.runs[i+1]
		}
		cursors = append(cursors, &cursor{r: bufio.NewReaderSize(io.NewSectionReader(s.file, start, end-start), 4096)})
	}
	live := cursors[:0]
	for _, c := range cursors {
		ok, err := c.next()
		if err != nil {
			return err
		}
		if ok {
			live = append(live, c)
		}
	}
	for len(live) > 0 {
		c := slices.MinFunc(live, func(a, b *cursor) int { return cmp.Compare(a.head, b.head) })
		if !yield(c.head) {
			return nil
		}
		ok, err := c.next()
		if err != nil {
			return err
		}
		if !ok {
			live = slices.DeleteFunc(live, func(x *cursor) bool { return x == c })
		}
	}
	return nil
}
