//go:build unix

package fuzzing

import (
	"syscall"
	"time"
)

// Processors returns the time that the process took of processors: on a busy machine what it does takes longer than
// that, so tests of what something costs compare this.
func Processors() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
