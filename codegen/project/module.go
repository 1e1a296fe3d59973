package project

import (
	"cmp"
	"errors"
	"fmt"
	"go/build"
	"go/version"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"

	"github.com/nngen/nngen/codegen/regular"
)

var errNoModule = errors.New("not inside a Go module; run: go mod init example.com/name")

// leastGo is the least language version that generated code needs: it ranges over integers.
const leastGo = "1.22"

// goModule is a module of the user's: its folder, and what its go.mod says.
type goModule struct {
	root string
	path string
	file *modfile.File
}

// maxModule is how many bytes of a go.mod are read, as the go command does.
const maxModule = 16 << 20

// findModule reads the go.mod of a folder, or of the nearest folder above that has one.
func findModule(dir string) (*goModule, error) {
	for root := dir; ; root = filepath.Dir(root) {
		name := filepath.Join(root, "go.mod")
		b, err := regular.Read(name, maxModule)
		switch {
		case err == nil:
			return parseModule(root, name, b)
		case !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrInvalid) && !errors.Is(err, syscall.ENOTDIR):
			return nil, err
		case root == filepath.Dir(root):
			return nil, fmt.Errorf("%s: %w", dir, errNoModule)
		}
	}
}

// parseModule reads a go.mod, of which a newer Go may understand more than this program.
func parseModule(root, name string, b []byte) (*goModule, error) {
	f, err := modfile.Parse(name, b, nil)
	if err != nil {
		f, err = modfile.ParseLax(name, b, nil)
	}
	if err != nil {
		return nil, err
	}
	if f.Module == nil {
		return nil, fmt.Errorf("%s: no module line; run: go mod init example.com/name", name)
	}
	return &goModule{root: root, path: f.Module.Mod.Path, file: f}, nil
}

// hasTool tells whether a module has a tool line for a package.
func (m *goModule) hasTool(pkg string) bool {
	return slices.ContainsFunc(m.file.Tool, func(t *modfile.Tool) bool { return t.Path == pkg })
}

// tool returns how go runs nngen as a tool in a folder of the module: by go.mod, or by another .mod file beside it, for
// -modfile; "" if none has the line.
func (m *goModule) tool(folder string) string {
	if m.hasTool(toolPath) {
		return "go tool nngen"
	}
	others, _ := os.ReadDir(m.root)
	for _, e := range others {
		if filepath.Ext(e.Name()) != ".mod" {
			continue
		}
		name := filepath.Join(m.root, e.Name())
		b, err := regular.Read(name, maxModule)
		if err != nil {
			continue
		}
		other, err := parseModule(m.root, name, b)
		if err != nil || !other.hasTool(toolPath) {
			continue
		}
		if rel, err := filepath.Rel(folder, name); err == nil && !strings.ContainsAny(rel, " \t\"'`") {
			return "go tool -modfile=" + filepath.ToSlash(rel) + " nngen"
		}
	}
	return ""
}

// Generator returns how a go:generate line in a folder, which need not exist yet, runs nngen: as a tool.
func Generator(folder string) string {
	if abs, err := filepath.Abs(folder); err == nil {
		if m, err := findModule(abs); err == nil {
			return cmp.Or(m.tool(abs), "go tool nngen")
		}
	}
	return "go tool nngen"
}

// goVersion returns the version of the language that the module is in: 1.16 for one that does not say, as go takes it.
func (m *goModule) goVersion() string {
	if m.file.Go == nil {
		return "1.16"
	}
	return m.file.Go.Version
}

// runtimeFile is the file of the runtime that tells its edition.
const runtimeFile = "runtime/abi/edition.go"

// maxEdition is how many bytes are read of that file.
const maxEdition = 1 << 16

var editionLine = regexp.MustCompile(`(?m)^const Edition = "(\w+)"`)

// edition returns that of the runtime which packages of the module import, see package abi, and what of nngen go.mod asks
// for; "" if it cannot be told. A runtime that was there before editions were counted has none.
func (m *goModule) edition() (edition, of string) {
	if m.inWorkspace() {
		return "", ""
	}
	for _, r := range m.file.Require {
		if r.Mod.Path == modulePath {
			of = r.Mod.Version
		}
	}
	if of == "" {
		return "", ""
	}
	folder := func() string { return cached(modulePath, of) }
	switch r := m.replaced(of); {
	case r == nil:
	case r.New.Version != "":
		of = r.New.Version
		folder = func() string { return cached(r.New.Path, of) }
	case filepath.IsAbs(r.New.Path):
		of = "that in " + r.New.Path
		folder = func() string { return r.New.Path }
	default:
		of = "that in " + r.New.Path
		folder = func() string { return filepath.Join(m.root, filepath.FromSlash(r.New.Path)) }
	}
	edition = editionIn(filepath.Join(m.root, "vendor", filepath.FromSlash(modulePath)))
	if edition == "" { // vendor has what is imported alone
		edition = editionIn(folder())
	}
	return edition, of
}

// editionIn returns the edition of the runtime in a folder of nngen's module, "none" for one from before editions were
// counted, "" without a runtime.
func editionIn(folder string) string {
	name := filepath.Join(folder, filepath.FromSlash(runtimeFile))
	if info, err := os.Stat(filepath.Dir(name)); folder == "" || err != nil || !info.IsDir() {
		return ""
	}
	b, err := regular.Read(name, maxEdition)
	if found := editionLine.FindSubmatch(b); err == nil && found != nil {
		return string(found[1])
	}
	return "none"
}

// cached returns the folder of a version of a module in the go command's cache; its name is "" for what is none.
func cached(path, version string) string {
	path, err := module.EscapePath(path)
	if err != nil {
		return ""
	}
	if version, err = module.EscapeVersion(version); err != nil {
		return ""
	}
	return filepath.Join(moduleCache(), filepath.FromSlash(path+"@"+version))
}

// replaced returns what go.mod puts in the place of a version of nngen, nil for nothing: a line for that version goes before
// one for all.
func (m *goModule) replaced(version string) (by *modfile.Replace) {
	for _, r := range m.file.Replace {
		if r.Old.Path == modulePath && (r.Old.Version == version || r.Old.Version == "" && by == nil) {
			by = r
		}
	}
	return by
}

// inWorkspace tells whether a go.work says what the module is built with.
func (m *goModule) inWorkspace() bool { return m.workspace() != "" }

// workspace returns the go.work that says what the module is built with; "" for none.
func (m *goModule) workspace() string {
	switch file := os.Getenv("GOWORK"); file {
	case "":
	case "off":
		return ""
	default:
		return file
	}
	for dir := m.root; ; dir = filepath.Dir(dir) {
		name := filepath.Join(dir, "go.work")
		if _, err := os.Stat(name); err == nil {
			return name
		}
		if dir == filepath.Dir(dir) {
			return ""
		}
	}
}

// has tells whether go.mod requires nngen's module, or is its own.
func (m *goModule) has() bool {
	return m.path == modulePath ||
		slices.ContainsFunc(m.file.Require, func(r *modfile.Require) bool { return r.Mod.Path == modulePath })
}

// finds tells whether packages of the module can import those of nngen: by its go.mod, or that of a member of its
// workspace. Of a workspace that cannot be read it is taken for granted: go says what is wrong with that.
func (m *goModule) finds() bool {
	file := m.workspace()
	if m.has() || file == "" {
		return m.has()
	}
	b, err := regular.Read(file, maxModule)
	if err != nil {
		return true
	}
	work, err := modfile.ParseWork(file, b, nil)
	if err != nil {
		return true
	}
	for _, use := range work.Use {
		dir := filepath.FromSlash(use.Path)
		if !filepath.IsAbs(dir) {
			dir = filepath.Join(filepath.Dir(file), dir)
		}
		name := filepath.Join(dir, "go.mod")
		if b, err := regular.Read(name, maxModule); err == nil {
			if member, err := parseModule(dir, name, b); err == nil && member.has() {
				return true
			}
		}
	}
	return false
}

// atVersion is what stands behind a path of nngen where no go.mod says which version is meant.
func atVersion() string {
	if v := Version(); v != devVersion {
		return "@" + v
	}
	return "@latest"
}

// moduleCache returns the folder in which the go command keeps modules.
func moduleCache() string {
	if dir := os.Getenv("GOMODCACHE"); dir != "" {
		return dir
	}
	ask := exec.Command("go", "env", "GOMODCACHE")      // which go env -w may have set
	ask.Env = append(os.Environ(), "GOTOOLCHAIN=local") // no other Go is downloaded for a question
	if out, err := ask.Output(); err == nil {
		if dir := strings.TrimSpace(string(out)); dir != "" {
			return dir
		}
	}
	first, _, _ := strings.Cut(build.Default.GOPATH, string(filepath.ListSeparator))
	return filepath.Join(first, "pkg", "mod")
}

// unimportable says why no package can be imported from a folder.
type unimportable struct{ dir, why string }

func (e *unimportable) Error() string {
	return fmt.Sprintf("%q: no package can be imported from %s", e.dir, e.why)
}

// importPath returns the import path of a folder, which need not exist yet. It is an error if generated packages could
// not be built there.
func importPath(dir string) (string, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	m, err := findModule(abs)
	if err != nil {
		return "", err
	}
	mod := filepath.Join(m.root, "go.mod")
	if v := m.goVersion(); version.Compare("go"+v, "go"+leastGo) < 0 {
		said := "says go " + v
		if m.file.Go == nil {
			said = "has no go line, which go takes for go " + v
		}
		return "", fmt.Errorf("%s: it %s, but generated code needs at least go %s; run: go mod edit -go=%s",
			mod, said, leastGo, leastGo)
	}
	if err := module.CheckImportPath(m.path); err != nil {
		return "", fmt.Errorf("%s: %q is no path of a module: %s", mod, m.path, reason(err))
	}
	if slices.Contains(strings.Split(m.path, "/"), "vendor") {
		return "", fmt.Errorf("%s: no package of the module %q can be imported, which has vendor in its path; rename it",
			mod, m.path)
	}
	rel, err := filepath.Rel(m.root, abs)
	if err != nil {
		return "", err
	}
	p := path.Join(m.path, filepath.ToSlash(rel))
	if err := module.CheckImportPath(p); err != nil {
		return "", &unimportable{dir, "this folder: " + reason(err)}
	}
	if slices.Contains(strings.Split(filepath.ToSlash(rel), "/"), "vendor") {
		return "", &unimportable{dir, "a folder called vendor"}
	}
	return p, nil
}

// CheckFolder is an error if packages generated in a folder, which need not exist yet, could not be built there, as
// where there is no module; CheckNewFolder allows that, which a later go mod init mends.
func CheckFolder(dir string) error {
	_, err := importPath(dir)
	if e := new(unimportable); errors.As(err, &e) {
		return fmt.Errorf("%w; choose another", e)
	}
	return err
}

// CheckNewFolder is CheckFolder but for the module.
func CheckNewFolder(dir string) error {
	if err := CheckFolder(dir); !errors.Is(err, errNoModule) {
		return err
	}
	return nil
}

// reason returns what is wrong with an import path, without the path.
func reason(err error) string {
	var e *module.InvalidPathError
	if errors.As(err, &e) {
		return e.Err.Error()
	}
	return err.Error()
}
