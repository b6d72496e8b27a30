package main

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// examineClock tells whether the kernel's clock is kept by a time service.
func examineClock() finding {
	now := time.Now().UTC().Format(time.RFC3339)
	var t unix.Timex
	state, err := unix.Adjtimex(&t)
	switch {
	case err != nil:
		return finding{"clock", "unknown", fmt.Sprintf("%s; cannot ask the kernel whether it is synchronised: %v", now, err), ""}
	case state == unix.TIME_ERROR || t.Status&unix.STA_UNSYNC != 0:
		return finding{"clock", "warning", now + "; not synchronised", "Evidence carries times: run a time service such as chrony or systemd-timesyncd."}
	}
	return finding{"clock", "ok", now + ", synchronised", ""}
}
