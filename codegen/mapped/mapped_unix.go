//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package mapped

import (
	"os"
	"path/filepath"
	"syscall"
)

// folder is where temporary files are made: on a disk, as folders for temporary files need not be.
func folder() string {
	if dir, err := os.UserCacheDir(); err == nil {
		dir = filepath.Join(dir, "nngen")
		if os.MkdirAll(dir, 0o700) == nil {
			return dir
		}
	}
	return ""
}

// anonymous maps a new file of n zero bytes that has no name; nil if it cannot.
func anonymous(n int) []byte {
	f, err := os.CreateTemp(folder(), ".numbers-*")
	if err != nil {
		return nil
	}
	defer f.Close()
	if os.Remove(f.Name()) != nil || reserve(f, int64(n)) != nil {
		return nil
	}
	b, err := syscall.Mmap(int(f.Fd()), 0, n, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	if err != nil {
		return nil
	}
	return b
}

func unmap(b []byte) { _ = syscall.Munmap(b) }

func file(name string) []byte {
	f, err := os.Open(name)
	if err != nil {
		return nil
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || info.Size() < leastFile || int64(int(info.Size())) != info.Size() {
		return nil
	}
	b, err := syscall.Mmap(int(f.Fd()), 0, int(info.Size()), syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_PRIVATE)
	if err != nil {
		return nil
	}
	return b
}
