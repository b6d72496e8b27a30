package ollama

import (
	"context"
	"sync/atomic"
	"time"
)

// watchdog cancels a generation whose tokens stay away: first for the time that
// loading a model may take, then for the time between two tokens. It costs one
// timer and no goroutine; a token only moves a deadline.
type watchdog struct {
	timer    *time.Timer
	cancel   context.CancelCauseFunc
	deadline atomic.Int64 // nanoseconds since base
	base     time.Time
}

func (w *watchdog) start(now time.Time, first time.Duration, cancel context.CancelCauseFunc) {
	w.base, w.cancel = now, cancel
	w.deadline.Store(int64(first))
	w.timer = time.AfterFunc(first, w.fire)
}

func (w *watchdog) fire() {
	left := time.Duration(w.deadline.Load()) - time.Since(w.base)
	if left > 0 {
		w.timer.Reset(left)
		return
	}
	w.cancel(errHang)
}

// first is called with the first token's age: the short limit starts.
func (w *watchdog) first(since, idle time.Duration) {
	w.deadline.Store(int64(since + idle))
	w.timer.Reset(idle)
}

func (w *watchdog) touch(idle time.Duration) {
	w.deadline.Store(int64(time.Since(w.base) + idle))
}

func (w *watchdog) stop() { w.timer.Stop() }
