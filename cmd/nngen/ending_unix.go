//go:build unix

package main

import (
	"os/signal"
	"syscall"
)

// ignoreLimits makes a file that grows beyond what the shell allows (ulimit -f) an error of writing, not a signal.
func ignoreLimits() { signal.Ignore(syscall.SIGXFSZ) }
