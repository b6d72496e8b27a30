package harness

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
)

// Hash is a SHA-256 digest. Its text form is 64 lower-case hexadecimal digits.
type Hash [sha256.Size]byte

// HashBytes returns the SHA-256 digest of b.
func HashBytes(b []byte) Hash { return sha256.Sum256(b) }

// ParseHash reads the text form, with or without the prefix "sha256:".
func ParseHash(s string) (Hash, error) {
	var h Hash
	if len(s) > 7 && s[:7] == "sha256:" {
		s = s[7:]
	}
	if len(s) != 2*len(h) {
		return h, fmt.Errorf("parse hash %q: want 64 hexadecimal digits, have %d characters", s, len(s))
	}
	if _, err := hex.Decode(h[:], []byte(s)); err != nil {
		return h, fmt.Errorf("parse hash %q: %w", s, err)
	}
	return h, nil
}

// String returns the text form.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// Short returns the first 12 digits, for people.
func (h Hash) Short() string { return hex.EncodeToString(h[:6]) }

// IsZero tells whether the hash was never set.
func (h Hash) IsZero() bool { return h == Hash{} }

// MarshalText implements encoding.TextMarshaler.
func (h Hash) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (h *Hash) UnmarshalText(b []byte) error {
	v, err := ParseHash(string(b))
	*h = v
	return err
}

// HashJSON returns the digest of v's JSON encoding. encoding/json sorts the
// keys of maps and keeps the order of struct fields, so equal values have equal
// digests.
func HashJSON(v any) (Hash, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return Hash{}, fmt.Errorf("hash json: %w", err)
	}
	return HashBytes(b), nil
}

// ItemKey identifies an item, variant and epoch of one task, whatever the
// model. Answers of different models to the same key are paired.
func ItemKey(task Hash, item, variant string, epoch int) Hash {
	var d digester
	d.bytes(task[:])
	d.str(item)
	d.str(variant)
	d.num(int64(epoch))
	return d.sum()
}

// SampleSeed is the generation seed of an item key in a run: the same for every
// model, 31 bits wide because servers take seeds as signed 32-bit numbers.
func SampleSeed(runSeed int64, key Hash) int64 {
	var d digester
	d.str("seed")
	d.num(runSeed)
	d.bytes(key[:])
	h := d.sum()
	return int64(binary.BigEndian.Uint32(h[:4]) &^ (1 << 31))
}

// Context is the part of a sample's identity that all samples of one model and
// one task in a run share. Build it once with [NewContext].
type Context struct{ h Hash }

// NewContext digests the model digest, the run seed, the generation parameters
// (without the per-sample seed) and the facts of the server read at the start.
func NewContext(model string, runSeed int64, params Params, facts Hash) (Context, error) {
	p, err := HashJSON(params)
	if err != nil {
		return Context{}, err
	}
	var d digester
	d.str(model)
	d.num(runSeed)
	d.bytes(p[:])
	d.bytes(facts[:])
	return Context{d.sum()}, nil
}

// Identify returns the sample ID: a digest of the context, the item key and the
// rendered messages.
func Identify(c Context, key Hash, messages []Message) Hash {
	d := digester{buf: make([]byte, 0, 1024)}
	d.bytes(c.h[:])
	d.bytes(key[:])
	for i := range messages {
		d.str(messages[i].Role)
		d.str(messages[i].Content)
	}
	return d.sum()
}

// digester hashes a sequence of length-prefixed fields, so that no two
// different sequences share an encoding.
type digester struct{ buf []byte }

func (d *digester) str(s string) {
	d.buf = binary.AppendUvarint(d.buf, uint64(len(s)))
	d.buf = append(d.buf, s...)
}

func (d *digester) bytes(b []byte) {
	d.buf = binary.AppendUvarint(d.buf, uint64(len(b)))
	d.buf = append(d.buf, b...)
}

func (d *digester) num(n int64) { d.buf = binary.BigEndian.AppendUint64(d.buf, uint64(n)) }

func (d *digester) sum() Hash { return sha256.Sum256(d.buf) }
