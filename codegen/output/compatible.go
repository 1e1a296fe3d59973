package output

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// compatible checks the Go files of others in the folders of generated packages: they must be of the same
// package and declare no name that a generated file declares, or the package does not build. Files with a
// build constraint may be for other builds and are not looked at.
func compatible(dir string, files map[string][]byte) error {
	folders := map[string]bool{}
	for name := range files {
		if strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") {
			folders[path.Dir(name)] = true
		}
	}
	var problems []error
	for folder := range folders {
		entries, err := os.ReadDir(filepath.Join(dir, filepath.FromSlash(folder)))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		var ours *declared // of the folder; nil until a file of someone else is found
		for _, e := range entries {
			name := path.Join(folder, e.Name())
			if _, generated := files[name]; generated || !e.Type().IsRegular() || !strings.HasSuffix(name, ".go") {
				continue
			}
			file := relative(filepath.Join(dir, filepath.FromSlash(name)))
			src, err := os.ReadFile(file)
			if errors.Is(err, fs.ErrNotExist) || err == nil && header.Match(src) {
				continue // ours, or there no more: another run that puts its files in place removes some of them
			}
			if err != nil {
				return err
			}
			if ours == nil {
				if ours, err = declaredIn(folder, files); err != nil {
					return err
				}
			}
			if err := ours.check(file, src); err != nil {
				problems = append(problems, err)
			}
		}
	}
	slices.SortFunc(problems, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return errors.Join(problems...)
}

// declared is what the generated files of a package declare: by name, the file.
type declared struct {
	pkg   string
	names map[string]string
}

// declaredIn reads what the generated files of a folder declare.
func declaredIn(folder string, files map[string][]byte) (*declared, error) {
	d := &declared{names: map[string]string{}}
	for name, src := range files {
		if path.Dir(name) != folder || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, src, parser.SkipObjectResolution)
		if err != nil {
			return nil, fmt.Errorf("BUG: generated %s is not Go: %w", name, err)
		}
		d.pkg = f.Name.Name
		for _, id := range topLevel(f) {
			d.names[id.Name] = path.Base(name)
		}
	}
	return d, nil
}

// check says what keeps a file of someone else from being in the package; nil for nothing.
func (d *declared) check(file string, src []byte) error {
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, file, src, parser.ParseComments|parser.SkipObjectResolution)
	if f == nil || f.Name == nil || constrained(f) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("%w; the package would not build", err)
	}
	test := strings.HasSuffix(file, "_test.go")
	if f.Name.Name != d.pkg && (!test || f.Name.Name != d.pkg+"_test") {
		return fmt.Errorf("%s: the file is of package %s, but generated files beside it are of package %s; move it away",
			fset.Position(f.Name.Pos()), f.Name.Name, d.pkg)
	}
	if f.Name.Name != d.pkg {
		return nil
	}
	for _, id := range topLevel(f) {
		if at, ok := d.names[id.Name]; ok {
			return fmt.Errorf("%s: %s is also declared by the generated %s; rename it", fset.Position(id.Pos()), id.Name, at)
		}
	}
	return nil
}

// constrained tells whether a file has a build constraint.
func constrained(f *ast.File) bool {
	for _, g := range f.Comments {
		if g.Pos() > f.Package {
			return false
		}
		for _, c := range g.List {
			if strings.HasPrefix(c.Text, "//go:build") {
				return true
			}
		}
	}
	return false
}

// topLevel returns the names that a file declares for its package.
func topLevel(f *ast.File) []*ast.Ident {
	var names []*ast.Ident
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Recv == nil {
				names = append(names, d.Name)
			}
		case *ast.GenDecl:
			for _, s := range d.Specs {
				switch s := s.(type) {
				case *ast.TypeSpec:
					names = append(names, s.Name)
				case *ast.ValueSpec:
					names = append(names, s.Names...)
				}
			}
		}
	}
	return slices.DeleteFunc(names, func(id *ast.Ident) bool { return id.Name == "_" || id.Name == "init" })
}
