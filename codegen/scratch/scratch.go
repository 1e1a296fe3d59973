// Package scratch keeps the temporary folders, the tentative files, the child processes and the locks of a run.
//
// It exists because a run may end at any moment. A signal that can be caught ends the whole process at once: End kills
// the children and removes the folders. One that cannot be caught leaves folders behind, which the next run removes:
// each folder holds a file that its process keeps locked while it lives, so that a folder of the living is never taken
// for one of the dead, whatever their process ids. What is registered here belongs to the process, as signals do, and
// so does the registry.
package scratch

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// registry is what End ends.
var registry = struct {
	sync.Mutex
	folders   map[*Folder]bool
	locks     map[*Lock]bool
	children  map[*exec.Cmd]bool
	tentative map[*Tentative]bool
}{folders: map[*Folder]bool{}, locks: map[*Lock]bool{}, children: map[*exec.Cmd]bool{},
	tentative: map[*Tentative]bool{}}

// critical is read-locked while files are put in place, which End waits for.
var critical sync.RWMutex

// Critical calls f, which End lets come to its end. Calls do not nest.
func Critical(f func() error) error {
	critical.RLock()
	defer critical.RUnlock()
	return f()
}

// patience bounds how long End waits for children that it killed to be gone.
const patience = 100 * time.Millisecond

// End kills all children, removes all folders and tentative files, and lets go of all locks, for a process that is
// about to exit: from then on what takes or gives back any of these blocks, and Critical does. It waits for calls of
// Critical under way, which take a moment.
func End() {
	critical.Lock()
	registry.Lock()
	for cmd := range registry.children {
		kill(cmd.Process)
	}
	for start := time.Now(); time.Since(start) < patience; time.Sleep(time.Millisecond) {
		gone := true
		for cmd := range registry.children {
			gone = gone && !running(cmd.Process)
		}
		if gone {
			break
		}
	}
	for f := range registry.folders {
		f.remove()
	}
	for l := range registry.locks {
		l.release()
	}
	for t := range registry.tentative {
		remove(t.made)
	}
}

// Tentative are files in place that mean nothing without what the process is still to make: End removes them.
type Tentative struct {
	made []string // folders, outermost first, which are removed if they are empty then, and the files
}

// NewTentative makes files tentative, with the folders that were made for them, outermost first. In the function of
// Critical that puts them in place no End comes between.
func NewTentative(folders, files []string) *Tentative {
	t := &Tentative{slices.Concat(folders, files)}
	registry.Lock()
	defer registry.Unlock()
	registry.tentative[t] = true
	return t
}

// Keep lets the files stay.
func (t *Tentative) Keep() {
	registry.Lock()
	defer registry.Unlock()
	delete(registry.tentative, t)
}

// Remove removes the files, unless Keep was called.
func (t *Tentative) Remove() {
	registry.Lock()
	defer registry.Unlock()
	if registry.tentative[t] {
		delete(registry.tentative, t)
		remove(t.made)
	}
}

// Folder is a temporary folder.
type Folder struct {
	Dir   string
	owner *os.File // locked
	made  []string // folders that were not there, outermost first
}

// ownerFile is the file that the process of a folder keeps locked. It is empty until it is locked, so that a folder
// that is just being made is not taken for one whose process is gone.
const ownerFile = ".owner"

// New makes a folder in parent, that of the system for temporary files if that is "", whose name begins with prefix. It
// removes the folders there, of the same prefix, whose processes are gone. A parent that is not there is made as by
// MkdirAll.
func New(parent, prefix string) (*Folder, error) {
	f, given := &Folder{}, parent != ""
	if !given {
		parent = os.TempDir()
	}
	removeGone(parent, prefix)
	registry.Lock()
	defer registry.Unlock()
	if given {
		if err := f.mkdirAll(parent); err != nil {
			return nil, err
		}
	}
	dir, err := os.MkdirTemp(parent, prefix+strconv.Itoa(os.Getpid())+"-*")
	if err != nil {
		remove(f.made)
		return nil, err
	}
	f.Dir = dir
	if f.owner, err = os.OpenFile(filepath.Join(dir, ownerFile), os.O_CREATE|os.O_RDWR, 0o644); err != nil {
		os.RemoveAll(dir)
		remove(f.made)
		return nil, err
	}
	// Another run that looks at the folder holds the lock for a moment.
	err = flock(f.owner, true)
	if err == nil || errors.Is(err, errors.ErrUnsupported) {
		_, err = f.owner.WriteString(strconv.Itoa(os.Getpid()) + "\n")
	}
	if err != nil {
		f.remove()
		return nil, fmt.Errorf("%s: %w", f.owner.Name(), err)
	}
	registry.folders[f] = true
	return f, nil
}

// MkdirAll makes a folder anywhere, and its parents. Those that were not there are removed with f if they are empty
// then.
func (f *Folder) MkdirAll(dir string) error {
	registry.Lock()
	defer registry.Unlock()
	return f.mkdirAll(dir)
}

func (f *Folder) mkdirAll(dir string) error {
	made, err := mkdirAll(dir)
	if err != nil {
		remove(made)
		return err
	}
	f.made = append(f.made, made...)
	return nil
}

// mkdirAll makes a folder and its parents, and returns those that were not there, outermost first.
func mkdirAll(dir string) (made []string, err error) {
	for d := dir; d != filepath.Dir(d); d = filepath.Dir(d) {
		if _, err := os.Stat(d); err == nil {
			break
		}
		made = append(made, d)
	}
	slices.Reverse(made)
	return made, os.MkdirAll(dir, 0o755)
}

// Close removes the folder.
func (f *Folder) Close() {
	registry.Lock()
	defer registry.Unlock()
	if registry.folders[f] {
		delete(registry.folders, f)
		f.remove()
	}
}

// remove removes the folder: its owner's file goes last, so that a kill in between leaves a folder that can be known.
func (f *Folder) remove() {
	defer remove(f.made)
	for try := range 10 { // a child that is just being killed may still write
		time.Sleep(time.Duration(try) * time.Millisecond)
		entries, err := os.ReadDir(f.Dir)
		if err != nil {
			break
		}
		for _, e := range entries {
			if e.Name() != ownerFile {
				os.RemoveAll(filepath.Join(f.Dir, e.Name()))
			}
		}
		f.owner.Close()
		if os.RemoveAll(f.Dir) == nil {
			return
		}
	}
	f.owner.Close()
}

// young is the age below which a folder without an owner's file, or with an empty one, may be one that is just being
// made, by a process that cannot be seen from here (in another container, say).
const young = 10 * time.Second

// removeGone removes the folders in parent that New made with prefix for processes that are gone.
func removeGone(parent, prefix string) {
	for _, dir := range Abandoned(parent, prefix) {
		os.RemoveAll(dir)
	}
}

// Abandoned returns the folders in parent that New made with prefix for processes that are gone.
func Abandoned(parent, prefix string) []string {
	entries, err := os.ReadDir(parent)
	if err != nil {
		return nil
	}
	var dirs []string
	for _, e := range entries {
		rest, ok := strings.CutPrefix(e.Name(), prefix)
		digits, _, made := strings.Cut(rest, "-")
		pid, err := strconv.Atoi(digits)
		if !ok || !made || err != nil || !e.IsDir() {
			continue
		}
		if dir := filepath.Join(parent, e.Name()); abandoned(dir, pid) {
			dirs = append(dirs, dir)
		}
	}
	return dirs
}

// abandoned tells whether the process of a folder is gone.
func abandoned(dir string, pid int) bool {
	isOld := func() bool {
		info, err := os.Stat(dir)
		return err == nil && time.Since(info.ModTime()) > young
	}
	owner, err := os.OpenFile(filepath.Join(dir, ownerFile), os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return !alive(pid) && isOld()
	}
	if err != nil {
		return false
	}
	defer owner.Close()
	if err := flock(owner, false); err != nil {
		return errors.Is(err, errors.ErrUnsupported) && !alive(pid)
	}
	info, err := owner.Stat()
	return err == nil && (info.Size() > 0 || isOld()) // a loss of power leaves an empty one too
}

// Start starts a child, with its own children a group of processes that End kills, and an end of the command's context
// too. When this process is killed, the system kills the child where it can; a program that must end in any case reads
// its standard input, see package sandbox. The result waits for its end, and must be called.
func Start(cmd *exec.Cmd) (wait func() error, err error) {
	cmd.Cancel = func() error { return kill(cmd.Process) }
	return start(cmd)
}

// StartGently is Start for a child that an end of the command's context asks to stop, by an interrupt.
func StartGently(cmd *exec.Cmd) (wait func() error, err error) {
	cmd.Cancel = func() error {
		cmd.Process.Signal(os.Interrupt)
		return os.ErrProcessDone // so that its own exit code counts
	}
	return start(cmd)
}

func start(cmd *exec.Cmd) (wait func() error, err error) {
	isolate(cmd)
	registry.Lock()
	defer registry.Unlock()
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	registry.children[cmd] = true
	return func() error {
		err := cmd.Wait()
		registry.Lock()
		defer registry.Unlock()
		delete(registry.children, cmd)
		return err
	}, nil
}
