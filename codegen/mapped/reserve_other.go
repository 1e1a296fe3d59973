//go:build darwin || freebsd || netbsd || openbsd || dragonfly

package mapped

import "os"

// reserve makes a file of n bytes.
func reserve(f *os.File, n int64) error { return f.Truncate(n) }
