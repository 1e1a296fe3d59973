//go:build unix

package output

import (
	"io/fs"
	"syscall"
)

// manyNames tells whether a file has several names.
func manyNames(info fs.FileInfo) bool {
	s, ok := info.Sys().(*syscall.Stat_t)
	return ok && s.Nlink > 1
}
