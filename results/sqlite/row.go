package sqlite

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"time"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/results"
)

// row is the values of one row. Its accessors give the zero value for NULL.
type row []driver.Value

func (r row) int(i int) int64 {
	n, _ := r[i].(int64)
	return n
}

func (r row) str(i int) string {
	s, _ := r[i].(string)
	return s
}

func (r row) bytes(i int) []byte {
	b, _ := r[i].([]byte)
	return b
}

func (r row) hash(i int) (h harness.Hash) {
	copy(h[:], r.bytes(i))
	return h
}

func (r row) dur(i int) time.Duration { return time.Duration(r.int(i)) }

// time reads Unix nanoseconds; NULL is the zero time.
func (r row) time(i int) time.Time {
	if n, ok := r[i].(int64); ok {
		return time.Unix(0, n).UTC()
	}
	return time.Time{}
}

// json decodes a JSON column into v; NULL leaves it as it is.
func (r row) json(i int, v any) error {
	s, ok := r[i].(string)
	if !ok || s == "" {
		return nil
	}
	if err := json.Unmarshal([]byte(s), v); err != nil {
		return fmt.Errorf("column %d: %w: %w", i, results.ErrCorrupt, err)
	}
	return nil
}

func (r row) raw(i int) json.RawMessage {
	if s, ok := r[i].(string); ok {
		return json.RawMessage(s)
	}
	return nil
}

// The other direction: NULL for what is absent.

func nanos(t time.Time) driver.Value {
	if t.IsZero() {
		return nil
	}
	return t.UnixNano()
}

func rawValue(m json.RawMessage) driver.Value {
	if m == nil {
		return nil
	}
	return string(m)
}

func hashValue(h *harness.Hash) driver.Value {
	if h.IsZero() {
		return nil
	}
	return h[:]
}
