// Package regular reads files that users name: regular ones alone, of at most so many bytes.
//
// It exists since others have no end: a pipe without a writer is waited for, and a device goes on for ever. So do some
// that a system calls regular and says to hold nothing, as /proc/kmsg: what a file holds beyond a length of 0 is not
// read.
package regular

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// Open opens a regular file for reading; it is an error if the name stands for something else.
func Open(name string) (*os.File, error) {
	f, err := os.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0) // else the opening of a pipe waits for a writer
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = &fs.PathError{Op: "open", Path: name, Err: errors.New(kind(info.Mode()) + ", not a regular file")}
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	if info.Size() == 0 {
		f.Close()
		return os.Open(os.DevNull)
	}
	return f, nil
}

// kind says what a file is that is not regular.
func kind(m fs.FileMode) string {
	switch {
	case m.IsDir():
		return "a folder"
	case m&fs.ModeNamedPipe != 0:
		return "a pipe"
	case m&fs.ModeSocket != 0:
		return "a socket"
	}
	return "a device"
}

// Read returns the contents of a regular file; more than most bytes are an error.
func Read(name string, most int64) ([]byte, error) {
	f, err := Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if info.Size() > most {
		return nil, &fs.PathError{Op: "read", Path: name, Err: tooLarge(info.Size(), most)}
	}
	b := make([]byte, 0, info.Size()+1) // files that grow meanwhile are read on
	for r := io.LimitReader(f, most+1); ; {
		n, err := r.Read(b[len(b):cap(b)])
		b = b[:len(b)+n]
		switch {
		case int64(len(b)) > most:
			return nil, &fs.PathError{Op: "read", Path: name, Err: tooLarge(int64(len(b)), most)}
		case err == io.EOF:
			return b, nil
		case err != nil:
			return nil, err
		}
		if len(b) == cap(b) {
			b = append(b, 0)[:len(b)]
		}
	}
}

// ReadAll returns what r holds; more than most bytes are an error.
func ReadAll(r io.Reader, most int64) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, most+1))
	if err == nil && int64(len(b)) > most {
		err = tooLarge(int64(len(b)), most)
	}
	return b, err
}

func tooLarge(size, most int64) error {
	return fmt.Errorf("%d bytes or more, where at most %d are read", size, most)
}
