//go:build unix

package fuzzing

import (
	"syscall"
	"time"
)

// processors returns the time that the process took of processors: on a busy machine an execution takes longer than that.
func processors() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
