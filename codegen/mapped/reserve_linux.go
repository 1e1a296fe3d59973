package mapped

import (
	"errors"
	"os"
	"syscall"
)

// reserve makes a file of n bytes, which the disk has room for: a page that it had none for would end the process.
func reserve(f *os.File, n int64) error {
	err := syscall.Fallocate(int(f.Fd()), 0, 0, n)
	if errors.Is(err, syscall.EOPNOTSUPP) || errors.Is(err, syscall.ENOSYS) {
		return f.Truncate(n)
	}
	return err
}
