package output

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
)

// SharedFolder is where the packages of a module share a copy of the runtime, below the root of the module.
const SharedFolder = "internal/nnrt"

// Runtime is a copy of the runtime that several packages share. All that nngen writes of it is Go and assembly with the
// header of copies, so it has no manifest.
type Runtime struct {
	Dir   string
	Files map[string][]byte // by slash-separated path below Dir
}

// plan compares the folder with the runtime.
func (r *Runtime) plan() (*plan, error) {
	dir, err := filepath.Abs(r.Dir)
	if err != nil {
		return nil, explain(err)
	}
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		dir = real
	}
	l := &plan{dir: dir, files: r.Files, old: map[string][]byte{}}
	if err := l.read(); err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(l.files)) {
		old, ok := l.old[name]
		switch {
		case ok && string(old) == string(l.files[name]):
		case ok && !copied.Match(old):
			return nil, fmt.Errorf("%s: not written by nngen, so it is left alone; move it away: the folder is for the runtime that packages share", relative(l.path(name)))
		default:
			l.changed = append(l.changed, name)
		}
	}
	err = filepath.WalkDir(dir, func(at string, d fs.DirEntry, err error) error {
		if err != nil {
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			return err
		}
		rel, err := filepath.Rel(dir, at)
		if err != nil {
			return err
		}
		if name := filepath.ToSlash(rel); d.Type().IsRegular() && l.files[name] == nil && headed(name) &&
			l.begins(name, copied.Match) {
			l.stale = append(l.stale, name)
		}
		return nil
	})
	slices.Sort(l.stale)
	return l, explain(err)
}

// write makes the folder hold the runtime, before the package that needs it is put in place: the runtime of another
// version of nngen is replaced.
func (r *Runtime) write(p *Package) error {
	if _, err := p.plan(); err != nil { // what would stop the package stops the runtime too
		return err
	}
	l, err := r.plan()
	if err != nil || l.empty() && !unfinished(l.dir) {
		return err
	}
	lock, err := acquire(l.dir)
	if err != nil {
		return err
	}
	defer lock.Release()
	if err := repair(l.dir); err != nil {
		return err
	}
	if l, err = r.plan(); err != nil || l.empty() {
		return err
	}
	return l.commit(func() {})
}
