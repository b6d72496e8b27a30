package sqlite

import (
	"context"
	"database/sql/driver"
	"fmt"

	"github.com/klauspost/compress/zstd"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/results"
)

// How a body is stored.
const (
	codecRaw  = 0
	codecZstd = 1
)

const (
	// Shorter bodies are stored as they are: a zstd frame around them is no smaller.
	minCompress = 48
	// No body is larger: an answer ends at 1 MiB, a request is held by a context.
	maxBody = 256 << 20
)

// codec compresses and restores bodies. It is safe for concurrent use.
type codec struct {
	enc *zstd.Encoder
	dec *zstd.Decoder
}

func newCodec() (*codec, error) {
	enc, err := zstd.NewWriter(nil,
		zstd.WithEncoderLevel(zstd.SpeedFastest),
		zstd.WithEncoderConcurrency(4),
		zstd.WithLowerEncoderMem(true),
		zstd.WithWindowSize(256<<10),
		zstd.WithSingleSegment(true),
		zstd.WithEncoderCRC(false)) // the body's name is its SHA-256
	if err != nil {
		return nil, err
	}
	dec, err := zstd.NewReader(nil,
		zstd.WithDecoderConcurrency(4),
		zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxMemory(maxBody))
	if err != nil {
		return nil, err
	}
	return &codec{enc, dec}, nil
}

func (c *codec) close() {
	c.dec.Close()
	_ = c.enc.Close() // nothing was streamed
}

// body is one body on its way into the store.
type body struct {
	hash  harness.Hash // zero when there is none
	size  int
	known bool // stored already: data is not set
	codec int64
	data  []byte
}

// pack compresses raw into b.data, whose memory it reuses.
func (c *codec) pack(b *body, raw []byte) {
	b.codec = codecRaw
	if len(raw) >= minCompress {
		if b.data = c.enc.EncodeAll(raw, b.data[:0]); len(b.data) < len(raw) {
			b.codec = codecZstd
			return
		}
	}
	if b.data = append(b.data[:0], raw...); b.data == nil {
		b.data = []byte{} // nil would be NULL
	}
}

// unpack restores a body and proves by its hash that it is the one that was stored.
func (c *codec) unpack(h harness.Hash, size, codec int64, data []byte) ([]byte, error) {
	if size < 0 || size > maxBody {
		return nil, fmt.Errorf("body %s: size %d: %w", h.Short(), size, results.ErrCorrupt)
	}
	out := data
	switch codec {
	case codecRaw:
	case codecZstd:
		var err error
		if out, err = c.dec.DecodeAll(data, make([]byte, 0, size)); err != nil {
			return nil, fmt.Errorf("body %s: %w: %w", h.Short(), results.ErrCorrupt, err)
		}
	default:
		return nil, fmt.Errorf("body %s: unknown codec %d: %w", h.Short(), codec, results.ErrCorrupt)
	}
	if harness.HashBytes(out) != h {
		return nil, fmt.Errorf("body %s: the bytes do not have this hash: %w", h.Short(), results.ErrCorrupt)
	}
	if out == nil {
		out = []byte{}
	}
	return out, nil
}

// Body implements [results.Store].
func (s *Store) Body(ctx context.Context, h harness.Hash) ([]byte, error) {
	var out []byte
	err := s.read(ctx, func(c *conn) error {
		n, err := s.tails.findBody(ctx, c, h)
		if err != nil {
			return err
		}
		if n == 0 {
			return results.ErrNotFound
		}
		return c.each(ctx, "SELECT size, codec, data FROM body WHERE n = ?", []driver.Value{n}, func(r row) (err error) {
			out, err = s.codec.unpack(h, r.int(0), r.int(1), r.bytes(2))
			return err
		})
	})
	if err != nil {
		return nil, s.fail("read body "+h.Short(), err)
	}
	return out, nil
}
