package sqlite

import (
	"context"
	"database/sql/driver"
	"fmt"
	"slices"
	"sync"

	"github.com/klauspost/compress/zstd"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/results"
)

const (
	maxDicts    = 4       // at once, for writing: about 1 MiB each
	maxDecoders = 16      // at once, for reading
	minDict     = 128     // bytes of a request that is worth it
	maxDict     = 1 << 18 // bytes
	dictID      = 1       // in the frame; which body it is says the column
)

// dicts are the dictionaries in use. The requests of one model and task differ
// in a question and a seed only, so the first of them is stored alone and
// serves the others as dictionary: 35 bytes are left of 480, in half the time.
// Answers have none: each can be read by itself.
type dicts struct {
	mu       sync.RWMutex
	writing  map[dictKey]*dict
	order    []dictKey // of writing, oldest first
	decoders map[int64]*zstd.Decoder
}

type dictKey struct {
	run         string
	model, task int
}

type dict struct {
	n   int64
	enc *zstd.Encoder
}

func newDicts() *dicts {
	return &dicts{writing: map[dictKey]*dict{}, decoders: map[int64]*zstd.Decoder{}}
}

func (d *dicts) get(k dictKey) *dict {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.writing[k]
}

// offer makes a stored body the dictionary of k, if k has none.
func (d *dicts) offer(k dictKey, n int64, raw []byte) {
	if len(raw) < minDict || len(raw) > maxDict || d.get(k) != nil {
		return
	}
	enc, err := newEncoder(zstd.WithEncoderDictRaw(dictID, slices.Clone(raw)), zstd.WithNoEntropyCompression(true))
	if err != nil {
		return // without a dictionary it takes more room, nothing else
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.order) == maxDicts {
		delete(d.writing, d.order[0])
		d.order = slices.Delete(d.order, 0, 1)
	}
	d.writing[k] = &dict{n, enc}
	d.order = append(d.order, k)
}

// decoder returns the decoder with the body n as its dictionary.
func (s *Store) decoder(ctx context.Context, c *conn, n int64) (*zstd.Decoder, error) {
	d := s.dicts
	d.mu.RLock()
	dec := d.decoders[n]
	d.mu.RUnlock()
	if dec != nil {
		return dec, nil
	}
	err := c.each(ctx, "SELECT hash, size, codec, data FROM body WHERE n = ? AND dict IS NULL", []driver.Value{n}, func(r row) error {
		raw, err := s.codec.unpack(s.codec.dec, r.hash(0), r.int(1), r.int(2), r.bytes(3))
		if err != nil {
			return err
		}
		dec, err = newDecoder(zstd.WithDecoderDictRaw(dictID, raw))
		return err
	})
	if err != nil {
		return nil, err
	}
	if dec == nil {
		return nil, fmt.Errorf("dictionary %d is missing: %w", n, results.ErrCorrupt)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.decoders) == maxDecoders {
		clear(d.decoders)
	}
	d.decoders[n] = dec
	return dec, nil
}

// restore unpacks a body with the dictionary that it names.
func (s *Store) restore(ctx context.Context, c *conn, h harness.Hash, size, codec int64, dict driver.Value, data []byte) ([]byte, error) {
	dec := s.codec.dec
	if n, ok := dict.(int64); ok {
		var err error
		if dec, err = s.decoder(ctx, c, n); err != nil {
			return nil, fmt.Errorf("body %s: %w", h.Short(), err)
		}
	}
	return s.codec.unpack(dec, h, size, codec, data)
}
