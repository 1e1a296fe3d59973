package output

import (
	"bytes"
	"errors"
	"fmt"
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// compatible checks the files of others in the folders of generated packages: those of Go must be of the same package
// and declare no name that a generated file declares, and those of other languages want cgo, or the package or its tests
// do not build. Go files whose build constraint is not met here may be for other builds and are not looked at.
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
		var foreign []string
		cgo := false
		for _, e := range entries {
			name := path.Join(folder, e.Name())
			file := relative(filepath.Join(dir, filepath.FromSlash(name)))
			info, err := os.Stat(file) // which follows links, as the go command does
			if err != nil || !info.Mode().IsRegular() {
				continue
			}
			if slices.Contains(foreignLanguages, path.Ext(name)) && buildable(file) {
				foreign = append(foreign, file)
			}
			if _, generated := files[name]; generated || !strings.HasSuffix(name, ".go") {
				continue
			}
			src, err := readFile(file)
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
			uses, err := ours.check(file, src)
			if err != nil {
				problems = append(problems, err)
			}
			cgo = cgo || uses
		}
		if !cgo {
			for _, file := range foreign {
				problems = append(problems, fmt.Errorf("%s: the go command builds no package with such a file unless it uses cgo; "+
					"move it to another folder", file))
			}
		}
	}
	slices.SortFunc(problems, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return errors.Join(problems...)
}

// foreignLanguages are the extensions of source files that the go command refuses in a package without cgo.
var foreignLanguages = []string{".c", ".cc", ".cpp", ".cxx", ".f", ".F", ".f90", ".for", ".m", ".swig", ".swigcxx"}

// buildable tells whether the name and the build constraints of a file, if it has any, are met here.
func buildable(file string) bool {
	ok, err := build.Default.MatchFile(filepath.Dir(file), filepath.Base(file))
	return ok || err != nil
}

// declared is what the generated files of a folder declare.
type declared struct {
	pkg string
	// names has, for the package and for that of external tests, the file by name. A method or a field is called Type.Name.
	// What generated files import is there too: a name cannot be declared for a file and for its package.
	names map[string]map[string]string
}

// declaredIn reads what the generated files of a folder declare.
func declaredIn(folder string, files map[string][]byte) (*declared, error) {
	d := &declared{names: map[string]map[string]string{}}
	for name, src := range files {
		if path.Dir(name) != folder || !strings.HasSuffix(name, ".go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, src, parser.SkipObjectResolution)
		if err != nil {
			return nil, fmt.Errorf("BUG: generated %s is not Go: %w", name, err)
		}
		if !strings.HasSuffix(name, "_test.go") {
			d.pkg = f.Name.Name
		}
		names := d.names[f.Name.Name]
		if names == nil {
			names = map[string]string{}
			d.names[f.Name.Name] = names
		}
		for _, n := range declarations(f) {
			names[n.name] = path.Base(name)
		}
		for _, i := range f.Imports {
			names[imported(i)] = path.Base(name)
		}
	}
	return d, nil
}

// imported returns the name of an import of generated code, whose packages are called as the ends of their paths.
func imported(i *ast.ImportSpec) string {
	if i.Name != nil {
		return i.Name.Name
	}
	p := strings.Trim(i.Path.Value, `"`)
	if base := path.Base(p); len(base) > 1 && base[0] == 'v' && strings.Trim(base[1:], "0123456789") == "" {
		p = path.Dir(p)
	}
	return path.Base(p)
}

// check says whether a file of someone else uses cgo, and what keeps it from being in the package; nil for nothing.
func (d *declared) check(file string, src []byte) (cgo bool, err error) {
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, file, src, parser.ParseComments|parser.SkipObjectResolution)
	if f == nil || f.Name == nil || constrained(f) && !buildable(file) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("%w; the package would not build", err)
	}
	cgo = usesCgo(f)
	test := strings.HasSuffix(file, "_test.go")
	if f.Name.Name != d.pkg && isDirective(f, src) {
		return cgo, fmt.Errorf("%s: the file is of package %s, but generated files beside it are of package %s; change line "+
			"%d to: package %[3]s; and the name of the spec in the go:generate line, if it has another too",
			fset.Position(f.Name.Pos()), f.Name.Name, d.pkg, fset.Position(f.Package).Line)
	}
	if f.Name.Name != d.pkg && (!test || f.Name.Name != d.pkg+"_test") {
		return cgo, fmt.Errorf("%s: the file is of package %s, but generated files beside it are of package %s; move it away",
			fset.Position(f.Name.Pos()), f.Name.Name, d.pkg)
	}
	names := d.names[f.Name.Name]
	for _, n := range declarations(f) {
		if at, ok := names[n.name]; ok && !n.field {
			return cgo, fmt.Errorf("%s: %s is also declared by the generated %s; rename it", fset.Position(n.pos), n.name, at)
		}
	}
	return cgo, nil
}

// isDirective tells whether a file is what init writes beside a spec: a package clause and a line for go generate.
func isDirective(f *ast.File, src []byte) bool {
	return len(f.Decls) == 0 && len(f.Comments) == 1 && len(f.Comments[0].List) == 1 &&
		strings.HasPrefix(f.Comments[0].List[0].Text, "//go:generate ") &&
		len(bytes.Fields(src)) == 2+len(strings.Fields(f.Comments[0].List[0].Text))
}

func usesCgo(f *ast.File) bool {
	return slices.ContainsFunc(f.Imports, func(i *ast.ImportSpec) bool { return i.Path.Value == `"C"` })
}

// TakesC says why a folder is none for C source: a Go package is there, and would no longer build.
func TakesC(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil // what is in the way is found when files are written
	}
	some := ""
	for _, e := range entries {
		file := filepath.Join(dir, e.Name())
		if !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
			continue
		}
		src, err := readFile(file)
		if err != nil || !buildable(file) {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, src, parser.ImportsOnly)
		switch {
		case err != nil:
		case usesCgo(f):
			return nil
		case some == "":
			some = file
		}
	}
	if some != "" {
		return fmt.Errorf("%s: a Go package is in this folder, and the go command builds none with C files beside it "+
			"unless it "+
			"uses cgo; choose another folder", relative(some))
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

// declaration is a name that a file declares for its package, or as Type.Name a method or a field of a type.
type declaration struct {
	name  string
	pos   token.Pos
	field bool
}

// declarations returns what a file declares, with the methods and the fields of its types.
func declarations(f *ast.File) []declaration {
	var all []declaration
	add := func(of string, field bool, ids ...*ast.Ident) {
		for _, id := range ids {
			if id.Name != "_" && (of != "" || id.Name != "init") {
				all = append(all, declaration{of + id.Name, id.Pos(), field})
			}
		}
	}
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Recv == nil {
				add("", false, d.Name)
			} else if of := receiver(d); of != "" {
				add(of+".", false, d.Name)
			}
		case *ast.GenDecl:
			for _, s := range d.Specs {
				switch s := s.(type) {
				case *ast.TypeSpec:
					add("", false, s.Name)
					if t, ok := s.Type.(*ast.StructType); ok {
						for _, field := range t.Fields.List {
							add(s.Name.Name+".", true, field.Names...)
						}
					}
				case *ast.ValueSpec:
					add("", false, s.Names...)
				}
			}
		}
	}
	return all
}

// receiver returns the name of the type whose method a function is; "" for none that is plain.
func receiver(d *ast.FuncDecl) string {
	if len(d.Recv.List) != 1 {
		return ""
	}
	t := d.Recv.List[0].Type
	if star, ok := t.(*ast.StarExpr); ok {
		t = star.X
	}
	id, _ := t.(*ast.Ident)
	if id == nil {
		return ""
	}
	return id.Name
}
