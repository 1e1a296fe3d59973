//go:build !unix

package output

import "io/fs"

// manyNames tells whether a file has several names, where that can be seen.
func manyNames(fs.FileInfo) bool { return false }
