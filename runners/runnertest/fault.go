package runnertest

import (
	"hash/fnv"
	"sync"
)

// Fault is one way in which the scripted [Server] answers a generation.
type Fault string

// The faults, and the ways of answering that only look like one.
const (
	Normal      Fault = "normal"       // a whole answer
	CutBefore   Fault = "cut_before"   // the connection closes before any byte
	Cut         Fault = "cut"          // the connection closes within the stream
	NoDone      Fault = "no_done"      // the stream ends cleanly without done
	RepeatStop  Fault = "repeat_stop"  // 31 equal pieces, then a clean end without done
	ShortRepeat Fault = "short_repeat" // 29 equal pieces, then a clean end without done
	Empty500    Fault = "empty_500"
	Error500    Fault = "error_500" // with a JSON error, as a crashed runner gives it
	HTML500     Fault = "html_500"
	HTML200     Fault = "html_200"
	ErrorLine   Fault = "error_line" // an error inside a 200
	Garbled     Fault = "garbled"    // half a line inside a 200
	Busy503     Fault = "busy_503"   // the queue is full
	HangBefore  Fault = "hang_before"
	HangDuring  Fault = "hang_during"
	HangSick    Fault = "hang_sick" // hangs, and answers no probe either until [Server.Heal]
	Drip        Fault = "drip"      // slow pieces, each in time
	Context400  Fault = "context_400"
	Context400B Fault = "context_400_b" // in the words of a llama-server
	Missing404  Fault = "missing_404"   // the model is gone
	Cancelled   Fault = "cancelled_499" // another client's cancelled load
	NotRun      Fault = "not_run"       // done, but only loaded
	Remote      Fault = "remote"        // the answer names a remote host
	OtherModel  Fault = "other_model"   // the answer names another model
	EmptyAnswer Fault = "empty_answer"
	Endless     Fault = "endless"     // pieces for ever
	EndlessNone Fault = "endless_nil" // empty pieces for ever
	Huge        Fault = "huge"        // 10 MB in one line
	HugeMany    Fault = "huge_many"   // 10 MB in lines of 64 KB
	BadUTF8     Fault = "bad_utf8"
	Escapes     Fault = "escapes" // terminal escapes and bidi controls
	Truncated   Fault = "truncated"
	Cold        Fault = "cold" // a whole answer after a load of 3 seconds
	LeakThink   Fault = "leak_think"
)

// BadText is the text of [BadUTF8], and EscapeText that of [Escapes].
const (
	BadText    = "caf\xe9 \xff\xfe done"
	EscapeText = "\x1b]0;title\x07\x1b[2J\x1b[31mred\x1b[0m \u202egnp.exe\u2069"
)

// Script decides how the n-th generation (from 0) is answered.
type Script func(n int, r Seen) Fault

// Always answers every generation in the same way.
func Always(f Fault) Script { return func(int, Seen) Fault { return f } }

// Sequence answers the first generations as listed and all further ones
// normally.
func Sequence(faults ...Fault) Script {
	return func(n int, _ Seen) Fault {
		if n < len(faults) {
			return faults[n]
		}
		return Normal
	}
}

// Mixed gives percent of all requests one of the faults at their first try and
// answers every later try normally. Which request gets which fault depends on
// its body and the seed alone.
func Mixed(seed byte, percent int, faults ...Fault) Script {
	var mu sync.Mutex
	tried := map[uint64]bool{}
	return func(_ int, r Seen) Fault {
		h := fnv.New64a()
		h.Write([]byte{seed})
		h.Write(r.Body)
		sum := h.Sum64()
		mu.Lock()
		defer mu.Unlock()
		if tried[sum] || sum>>32%100 >= uint64(percent) {
			return Normal
		}
		tried[sum] = true
		return faults[sum%uint64(len(faults))]
	}
}
