package sqlite

import (
	"context"
	"database/sql/driver"
	"fmt"
	"runtime"

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

func newEncoder(extra ...zstd.EOption) (*zstd.Encoder, error) {
	return zstd.NewWriter(nil, append([]zstd.EOption{
		zstd.WithEncoderLevel(zstd.SpeedFastest),
		zstd.WithEncoderConcurrency(min(4, runtime.GOMAXPROCS(0))),
		zstd.WithLowerEncoderMem(true),
		zstd.WithWindowSize(256 << 10),
		zstd.WithSingleSegment(true),
		zstd.WithEncoderCRC(false), // the body's name is its SHA-256
	}, extra...)...)
}

func newDecoder(extra ...zstd.DOption) (*zstd.Decoder, error) {
	return zstd.NewReader(nil, append([]zstd.DOption{
		zstd.WithDecoderConcurrency(min(4, runtime.GOMAXPROCS(0))),
		zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxMemory(maxBody),
	}, extra...)...)
}

func newCodec() (*codec, error) {
	enc, err := newEncoder()
	if err != nil {
		return nil, err
	}
	dec, err := newDecoder()
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
	dict  *dict // nil when there is none
	data  []byte
	n     int64 // its number, when this call stored it
}

// pack compresses raw into b.data, whose memory it reuses.
func (c *codec) pack(b *body, raw []byte) {
	enc := c.enc
	if b.dict != nil {
		enc = b.dict.enc
	}
	if len(raw) >= minCompress {
		if b.data = enc.EncodeAll(raw, b.data[:0]); len(b.data) < len(raw) {
			b.codec = codecZstd
			return
		}
	}
	b.codec, b.dict = codecRaw, nil
	if b.data = append(b.data[:0], raw...); b.data == nil {
		b.data = []byte{} // nil would be NULL
	}
}

// unpack restores a body and proves by its hash that it is the one that was stored.
func (c *codec) unpack(dec *zstd.Decoder, h harness.Hash, size, codec int64, data []byte) ([]byte, error) {
	if size < 0 || size > maxBody {
		return nil, fmt.Errorf("body %s: size %d: %w", h.Short(), size, results.ErrCorrupt)
	}
	out := data
	switch codec {
	case codecRaw:
	case codecZstd:
		var err error
		if out, err = dec.DecodeAll(data, make([]byte, 0, size)); err != nil {
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
		return c.each(ctx, "SELECT size, codec, dict, data FROM body WHERE n = ?", []driver.Value{n}, func(r row) (err error) {
			out, err = s.restore(ctx, c, h, r.int(0), r.int(1), r[2], r.bytes(3))
			return err
		})
	})
	if err != nil {
		return nil, s.fail("read body "+h.Short(), err)
	}
	return out, nil
}
