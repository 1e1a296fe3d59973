package scratch

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

// Lock is a file that one process at a time holds. The system lets go of it when the process ends, however it ends.
type Lock struct {
	file *os.File
	made []string // folders that were not there, outermost first
}

// HeldError says that another process holds a lock.
type HeldError struct {
	Name string
	PID  int // 0 if that is not known
}

func (e *HeldError) Error() string {
	if e.PID == 0 {
		return fmt.Sprintf("%s is locked by another process", e.Name)
	}
	return fmt.Sprintf("%s is locked by process %d", e.Name, e.PID)
}

// Acquire takes the lock of that name, and makes its file and folder if they are not there. If another process holds
// it, Acquire waits, or without wait returns a *HeldError. On file systems without locks every process gets it.
func Acquire(name string, wait bool) (*Lock, error) {
	var made []string
	for {
		registry.Lock() // so that nothing is made behind End
		more, err := mkdirAll(filepath.Dir(name))
		made = append(made, more...)
		if err != nil {
			remove(made)
			registry.Unlock()
			return nil, err
		}
		f, err := os.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o644)
		registry.Unlock()
		if errors.Is(err, fs.ErrNotExist) {
			continue // its folder was removed with the lock of another process
		}
		if err != nil {
			remove(made)
			return nil, err
		}
		err = flock(f, wait)
		switch {
		case errors.Is(err, errWouldBlock):
			text, _ := io.ReadAll(f)
			f.Close()
			pid, _ := strconv.Atoi(strings.TrimSpace(string(text)))
			return nil, &HeldError{Name: name, PID: pid}
		case err != nil && !errors.Is(err, errors.ErrUnsupported):
			f.Close()
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		// The holder before removes the file: a lock of a file without a name excludes nobody.
		held, err := f.Stat()
		if err != nil {
			f.Close()
			return nil, err
		}
		if named, err := os.Stat(name); err != nil || !os.SameFile(named, held) {
			f.Close()
			continue
		}
		l := &Lock{file: f, made: append(made, filepath.Dir(name))}
		registry.Lock()
		registry.locks[l] = true
		registry.Unlock()
		// The id is for messages alone: on a full disk the lock is held without it.
		if f.Truncate(0) == nil {
			f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
		}
		return l, nil
	}
}

// Release lets go of the lock, and removes its file, and its folder and those that Acquire made if nothing else is in
// them.
func (l *Lock) Release() {
	registry.Lock()
	defer registry.Unlock()
	if registry.locks[l] {
		delete(registry.locks, l)
		l.release()
	}
}

func (l *Lock) release() {
	if runtime.GOOS == "windows" { // where an open file cannot be removed, so neither can that of the next holder
		l.file.Close()
	}
	os.Remove(l.file.Name())
	l.file.Close()
	remove(l.made)
}

// remove removes folders that are empty, innermost first.
func remove(folders []string) {
	for _, d := range slices.Backward(folders) {
		os.Remove(d)
	}
}
