package output

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/nngen/nngen/codegen/proof"
	"github.com/nngen/nngen/codegen/regular"
	"github.com/nngen/nngen/spec"
)

// plan is what is to be done.
type plan struct {
	dir     string
	name    string            // of the package
	files   map[string][]byte // all that are to be there, by path, the manifest too
	old     map[string][]byte // contents of those of files that are there
	changed []string          // to be written, sorted
	stale   []string          // to be removed, sorted
	listed  manifest          // as it will be
	durable bool              // whether it holds what cannot be made again
	renamed string            // the spec that the files were compiled from, if it is not there any more; else ""
}

func (p *plan) path(name string) string { return filepath.Join(p.dir, filepath.FromSlash(name)) }

func (p *plan) empty() bool { return len(p.changed) == 0 && len(p.stale) == 0 }

// plan compares the folder with the package.
func (p *Package) plan() (*plan, error) {
	dir := realPath(p.Dir)
	l := &plan{dir: dir, name: p.Name, files: maps.Clone(p.Files), old: map[string][]byte{}, durable: p.Trained != nil}
	maps.Copy(l.files, p.Trained)
	for name := range l.files {
		if !fs.ValidPath(name) {
			return nil, fmt.Errorf("BUG: generated path %q leaves its folder", name)
		}
	}
	was := manifestOf(dir)
	other, moved := p.owner(dir, was)
	if other == "" || moved {
		if err := p.checkTarget(dir); err != nil {
			return nil, err
		}
	}
	switch {
	case moved:
		l.renamed = other
		p.Notes = []string{fmt.Sprintf("%s: the package was that of %s, which is not there any more; it is now that of %s",
			spec.FileName(p.Dir), spec.FileName(other), spec.FileName(p.Spec))}
	case other != "":
		return nil, p.errTaken(p.Dir, other)
	}
	if err := l.read(); err != nil {
		return nil, err
	}
	if l.files[Weights] != nil {
		l.keepWeights()
	}
	l.listed = p.manifest(l, was)
	l.files[Manifest] = l.listed.encode()
	for _, name := range slices.Sorted(maps.Keys(l.files)) {
		old, ok := l.old[name]
		switch {
		case ok && bytes.Equal(old, l.files[name]):
		case ok && !p.ours(was, name, old):
			return nil, fmt.Errorf("%s: not written by nngen, or changed since%s, so it is left alone; move it away, or choose "+
				"another folder with -o", spec.FileName(relative(l.path(name))), was.unknown(name))
		default:
			l.changed = append(l.changed, name)
		}
	}
	if err := compatible(dir, p.Files); err != nil {
		return nil, err
	}
	return l, p.stale(l, was)
}

// manifestOf reads the manifest in a folder; it is empty if there is none.
func manifestOf(dir string) manifest {
	if b, err := readRegular(filepath.Join(dir, Manifest)); err == nil && bytes.HasPrefix(b, []byte(manifestTitle)) {
		return parseManifest(b)
	}
	return manifest{}
}

// parts are the ends of the names of packages that lie below that of a network.
var parts = []string{"train", "int8"}

// checkTarget is an error if the folder is one of a runtime, be it the copy of another package or that which the packages
// of a module share, or if one below it is of another spec.
func (p *Package) checkTarget(dir string) error {
	if of := runtimeAbove(dir); of != "" {
		return fmt.Errorf("%s: the folder is that of the runtime of %s; choose another with -o", spec.FileName(p.Dir), of)
	}
	for _, part := range parts {
		at := filepath.Join(dir, p.Name+part)
		if other, moved := p.owner(at, manifestOf(at)); other != "" && !moved {
			return p.errTaken(filepath.Join(p.Dir, p.Name+part), other)
		}
	}
	return nil
}

// runtimeAbove says what a runtime is for that a folder is of or lies in, "" if there is none: what files tell, and the
// folder's place, where no files are yet.
func runtimeAbove(dir string) (of string) {
	if filepath.Base(dir) == "internal" {
		if pkg := PackageOf(filepath.Dir(dir)); pkg != "" {
			return "package " + pkg
		}
	}
	for at := dir; at != filepath.Dir(at) && !isModule(at); at = filepath.Dir(at) {
		if sharedFolder(at) {
			return "the packages of the module"
		}
		if !holdsRuntime(at) {
			continue
		}
		if parent := filepath.Dir(at); filepath.Base(parent) == "internal" {
			if pkg := PackageOf(filepath.Dir(parent)); pkg != "" {
				return "package " + pkg
			}
		}
		of = "a package"
	}
	return of
}

// isModule tells whether a folder is the root of a module.
func isModule(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, "go.mod"))
	return err == nil
}

// sharedFolder tells whether a folder is that in which the packages of a module share a runtime, or are to.
func sharedFolder(dir string) bool {
	root, ok := strings.CutSuffix(filepath.ToSlash(dir), "/"+SharedFolder)
	return ok && isModule(filepath.FromSlash(root))
}

// holdsRuntime tells whether a folder has files of a copy of the runtime.
func holdsRuntime(dir string) bool {
	entries, _ := os.ReadDir(dir)
	return slices.ContainsFunc(entries, func(e fs.DirEntry) bool {
		if !strings.HasSuffix(e.Name(), ".go") {
			return false
		}
		b, err := readRegular(filepath.Join(dir, e.Name()))
		return err == nil && copied.Match(b)
	})
}

// errTaken says that a folder holds the package of another spec.
func (p *Package) errTaken(dir, other string) error {
	return fmt.Errorf("%s: the folder holds the package of %s, which %s would replace; give one of the two "+
		"another name:, or choose another folder with -o (if %[3]s takes the place of %[2]s, remove %[2]s first)",
		spec.FileName(dir), spec.FileName(relative(other)), spec.FileName(p.Spec))
}

// weightsSum returns the checksum of the weights that are there, "" without any.
func (l *plan) weightsSum() string {
	if b, ok := l.old[Weights]; ok {
		return Sum(b)
	}
	return ""
}

// relative returns a path from the working folder if that is shorter.
func relative(name string) string {
	if wd, err := os.Getwd(); err == nil {
		if abs, err := filepath.Abs(name); err == nil {
			if rel, err := filepath.Rel(wd, abs); err == nil && len(rel) < len(abs) {
				return rel
			}
		}
	}
	return name
}

// read reads the files that are to be written, as they are now, and makes sure that nothing else is in their way.
// Symbolic links are not followed.
func (l *plan) read() error {
	if info, err := os.Lstat(l.dir); err == nil && !info.IsDir() {
		return inTheWay(l.dir)
	}
	for _, name := range append(slices.Sorted(maps.Keys(l.files)), Weights, Backup, Manifest) {
		for parent := path.Dir(name); parent != "."; parent = path.Dir(parent) {
			if info, err := os.Lstat(l.path(parent)); err == nil && !info.IsDir() {
				return inTheWay(l.path(parent))
			}
		}
		b, err := readRegular(l.path(name))
		switch {
		case err == nil:
			l.old[name] = b
		case !errors.Is(err, fs.ErrNotExist):
			return err
		}
	}
	return nil
}

func inTheWay(name string) error {
	return fmt.Errorf("%s: in the way of what is generated; move it away, or choose another folder with -o", name)
}

// keepWeights keeps the weights that a training replaces.
func (l *plan) keepWeights() {
	if old, ok := l.old[Weights]; ok && !bytes.Equal(old, l.files[Weights]) {
		l.files[Backup] = old
	}
}

// manifest returns the manifest of the folder as it will be: of the files generated those without a header, and what
// trainings left.
func (p *Package) manifest(l *plan, was manifest) manifest {
	m := manifest{spec: p.specPath(l.dir), sums: map[string][]string{}}
	for name, b := range l.files {
		if !headed(name) && name != Manifest && name != proof.File {
			m.sums[name] = []string{sumOf(name, b)}
		}
	}
	trained := []string{Weights, Backup}
	if p.Trained == nil {
		trained = append(trained, slices.Collect(maps.Keys(was.sums))...)
		if len(was.sums) == 0 { // of a version that wrote no manifest
			entries, _ := os.ReadDir(l.dir)
			for _, e := range entries {
				trained = append(trained, e.Name())
			}
		}
	}
	for _, name := range trained {
		if strings.Contains(name, "/") || headed(name) || m.sums[name] != nil || name == Manifest || name == proof.File {
			continue
		}
		known := name == Weights || name == Backup
		if !known && was.sums[name] == nil && !strings.HasSuffix(name, ".svg") && name != History {
			continue
		}
		b, err := readRegular(l.path(name))
		if gone := errors.Is(err, fs.ErrNotExist); err != nil && (name == Backup || !gone) && was.sums[name] != nil {
			// Where git ignores it, a clone has the manifest alone; what cannot be read, or is a link for now, is still listed.
			m.sums[name] = was.sums[name]
		}
		if err == nil && (known || !binaryFile(name)) && p.ours(was, name, b) {
			m.sums[name] = []string{sumOf(name, b)}
		}
	}
	for _, name := range p.Kept {
		b, err := readRegular(l.path(name))
		unread := err != nil && !errors.Is(err, fs.ErrNotExist) && was.sums[name] != nil
		if m.sums[name] == nil && (unread || err == nil && was.lists(name, b)) {
			m.sums[name] = was.sums[name]
		}
	}
	return m
}

// stale finds the files of earlier runs that are no longer generated: with a header, in the folders that a package has;
// and those that the manifest lists.
func (p *Package) stale(l *plan, was manifest) error {
	folders := map[string]bool{".": true, "testdata": true, "internal": true}
	for name := range p.Files {
		for d := path.Dir(name); d != "."; d = path.Dir(d) {
			folders[d] = true
		}
	}
	entries, err := os.ReadDir(l.dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return explain(err)
	}
	for _, part := range parts {
		folders[p.Name+part], folders[p.Name+part+"/testdata"] = true, true
	}
	for _, e := range entries { // and the training package of an earlier name
		if pkg, ok := strings.CutSuffix(e.Name(), "_test.go"); ok && l.begins(e.Name(), origin.Match) {
			folders[pkg+"train"], folders[pkg+"train/testdata"] = true, true
		}
	}
	err = filepath.WalkDir(l.dir, func(at string, d fs.DirEntry, err error) error {
		if err != nil {
			if errors.Is(err, fs.ErrNotExist) {
				return nil // another run removed it
			}
			return err
		}
		rel, err := filepath.Rel(l.dir, at)
		if err != nil {
			return err
		}
		name := filepath.ToSlash(rel)
		switch {
		case d.IsDir() && !folders[name] && !runtimeFolder(name):
			return filepath.SkipDir
		case d.IsDir() || !d.Type().IsRegular() || l.files[name] != nil || !headed(name):
		case l.begins(name, copied.Match), !runtimeFolder(name) && l.begins(name, header.Match):
			l.stale = append(l.stale, name)
		}
		return nil
	})
	if err != nil {
		return explain(err)
	}
	for name := range was.sums {
		if l.files[name] != nil || l.listed.sums[name] != nil || !fs.ValidPath(name) || headed(name) {
			continue
		}
		if b, err := readRegular(l.path(name)); err == nil && was.lists(name, b) {
			l.stale = append(l.stale, name)
		}
	}
	if p.Trained != nil && l.files[proof.File] == nil {
		if b, err := readRegular(l.path(proof.File)); err == nil && proof.Ours(b) { // it is of the weights before
			l.stale = append(l.stale, proof.File)
		}
	}
	slices.Sort(l.stale)
	return nil
}

// begins tells whether the beginning of a file matches, which nothing but a regular file does.
func (l *plan) begins(name string, match func([]byte) bool) bool {
	f, err := regular.Open(l.path(name))
	if err != nil {
		return false
	}
	defer f.Close()
	b := make([]byte, 4096)
	n, err := io.ReadFull(f, b)
	return (err == nil || errors.Is(err, io.ErrUnexpectedEOF)) && match(b[:n])
}

// runtimeFolder tells whether a path is where copies of the runtime are: below internal, but neither in
// another package there that has copies of its own nor where the packages of a module share one.
func runtimeFolder(name string) bool {
	rest, ok := strings.CutPrefix(name, "internal/")
	return ok && name != SharedFolder && !strings.HasPrefix(name, SharedFolder+"/") &&
		!strings.Contains("/"+rest+"/", "/internal/")
}
