//go:build !unix

package stats

import "testing"

// cpuClock knows no processor time here: the figure stays that of the wall clock.
func cpuClock(*testing.B) (spent func()) { return func() {} }
