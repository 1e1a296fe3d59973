package output

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"syscall"

	"github.com/nngen/nngen/codegen/regular"
)

// mostSource bounds a source file, which is parsed as a whole, mostNote what a training began with, and mostBytes any
// other: weights have as many.
const (
	mostSource = 256 << 20
	mostNote   = 4 << 10
	mostBytes  = 4 << 30
)

// readFile reads a regular file, perhaps one that a link leads to, of a folder that is not nngen's alone. What holds more
// than a file of its kind may is an error, as is what has no end.
func readFile(name string) ([]byte, error) {
	most := int64(mostBytes)
	if strings.HasSuffix(name, ".go") || strings.HasSuffix(name, ".s") || strings.HasSuffix(name, ".yaml") {
		most = mostSource
	}
	return regular.Read(name, most)
}

// readRegular reads a file that is neither a link nor anything else.
func readRegular(name string) ([]byte, error) {
	info, err := os.Lstat(name)
	if err != nil {
		if errors.Is(err, syscall.ENOTDIR) {
			return nil, fs.ErrNotExist // what is in the way is found at its parent
		}
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, inTheWay(name)
	}
	return readFile(name)
}
