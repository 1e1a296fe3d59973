//go:build !unix

package fuzzing

import "time"

var start = time.Now()

// Processors returns the time that passes, where what the process took of processors is not known.
func Processors() time.Duration { return time.Since(start) }
