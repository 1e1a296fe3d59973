package output

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// SharedFolder is where the packages of a module share a copy of the runtime, below the root of the module.
const SharedFolder = "internal/nnrt"

// Runtime is a copy of the runtime that several packages share. All that nngen writes of it is Go and assembly with the
// header of copies, so it has no manifest.
type Runtime struct {
	Dir   string
	Files map[string][]byte // by slash-separated path below Dir
	// Module is the root of the module, ImportPath that of Dir, and Pin the constant in Dir that packages name which were
	// compiled for this runtime.
	Module, ImportPath, Pin string
	// Command are the words that run nngen.
	Command string
	// Several says that the same run writes other packages too, and asks for Outdated itself when all are there.
	Several bool
}

// plan compares the folder with the runtime.
func (r *Runtime) plan() (*plan, error) {
	dir := realPath(r.Dir)
	l := &plan{dir: dir, files: r.Files, old: map[string][]byte{}}
	if err := l.read(); err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(l.files)) {
		old, ok := l.old[name]
		switch {
		case ok && string(old) == string(l.files[name]):
		case ok && !copied.Match(old):
			return nil,
				fmt.Errorf("%s: not written by nngen, so it is left alone; move it away: the folder is for the runtime that "+
					"packages share", relative(l.path(name)))
		default:
			l.changed = append(l.changed, name)
		}
	}
	err := filepath.WalkDir(dir, func(at string, d fs.DirEntry, err error) error {
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

// mostFolders bounds how many folders of a module are looked into.
const mostFolders = 10000

// Walk calls each for the folders below root, the one of a module, that hold a package of nngen's, with the path of its
// spec that the manifest has. What cannot be read is passed over.
func Walk(root string, each func(dir, spec string)) {
	folders := 0
	filepath.WalkDir(root, func(at string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return nil
		}
		if name := d.Name(); at != root && (strings.HasPrefix(name, ".") || name == "vendor" || name == "node_modules" ||
			name == "testdata") {
			return filepath.SkipDir
		}
		if folders++; folders > mostFolders {
			return filepath.SkipAll
		}
		if spec := SpecOf(at); spec != "" {
			each(at, spec)
		}
		return nil
	})
}

// Outdated says of the packages of the module, other than those in some folders, that share the runtime but were
// compiled for another one: what they are, and what to run.
func (r *Runtime) Outdated(folders []string) []string {
	var except []string
	for _, d := range folders {
		except = append(except, realPath(d))
	}
	var specs []string
	Walk(r.Module, func(dir, spec string) {
		if PackageOf(dir) == "" || slices.Contains(except, realPath(dir)) {
			return
		}
		shares := false
		for _, src := range sources(dir) {
			if !origin.Match(src) {
				continue
			}
			if bytes.Contains(src, []byte("."+r.Pin+"\n")) {
				return
			}
			shares = shares || importsAny(src, r.ImportPath)
		}
		if shares {
			specs = append(specs, relative(filepath.Join(dir, filepath.FromSlash(spec))))
		}
	})
	if specs == nil {
		return nil
	}
	slices.Sort(specs)
	return []string{fmt.Sprintf("the packages of %s share the runtime in %s, but were compiled for another one; "+
		"run: %s compile %s", strings.Join(specs, " and "), relative(r.Dir), r.Command, strings.Join(specs, " "))}
}

// sources returns the Go files of a folder, those that can be read.
func sources(dir string) (list [][]byte) {
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") || !e.Type().IsRegular() {
			continue
		}
		if src, err := readFile(filepath.Join(dir, e.Name())); err == nil {
			list = append(list, src)
		}
	}
	return list
}

// importsAny tells whether a Go file imports a package, or one below it.
func importsAny(src []byte, path string) bool {
	return slices.ContainsFunc(imports(src), func(at string) bool {
		return at == path || strings.HasPrefix(at, path+"/")
	})
}

// Imports tells whether a Go file of a folder imports a package, or one below it.
func Imports(dir, path string) bool {
	return slices.ContainsFunc(sources(dir), func(src []byte) bool { return importsAny(src, path) })
}

// ModuleImports tells whether a Go file of a module imports the runtime that its packages share, but for those of that
// itself; also where that is not known, since there are too many folders.
func ModuleImports(root, path string) bool {
	found, folders := false, 0
	filepath.WalkDir(root, func(at string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return nil
		}
		if name := d.Name(); at == filepath.Join(root, filepath.FromSlash(SharedFolder)) ||
			at != root && (strings.HasPrefix(name, ".") || name == "vendor" || name == "node_modules") {
			return filepath.SkipDir
		}
		folders++
		if found = folders > mostFolders || Imports(at, path); found {
			return filepath.SkipAll
		}
		return nil
	})
	return found
}
