package emulate

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
)

// self is the path by which this package is imported.
const self = "github.com/nngen/nngen/runtime/internal/emulate"

// Overlay writes what stands in for the assembly of some packages, given by their folders, when it is emulated, to a
// folder, and returns the file to pass to the go command as -overlay. All functions in assembly for amd64 become Go
// functions that call [Program.Call], and kerneltest.Emulated becomes true.
func Overlay(folder, runtime string, packages []string) (string, error) {
	replace := map[string]string{}
	write := func(of, text string) error {
		name := filepath.Join(folder, fmt.Sprintf("%d_%s", len(replace), filepath.Base(of)))
		replace[of] = name
		return os.WriteFile(name, []byte(text), 0o644)
	}
	emulated := filepath.Join(runtime, "internal", "kerneltest", "emulated.go")
	old, err := os.ReadFile(emulated)
	if err != nil {
		return "", err
	}
	const said = "const Emulated = false"
	if !bytes.Contains(old, []byte(said)) {
		return "", fmt.Errorf("%s does not say %q", emulated, said)
	}
	if err := write(emulated, strings.Replace(string(old), said, "const Emulated = true", 1)); err != nil {
		return "", err
	}
	for _, dir := range packages {
		files, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil {
			return "", err
		}
		for _, name := range files {
			text, err := standIn(name)
			if err != nil {
				return "", err
			}
			if text == "" {
				continue
			}
			if err := write(name, text); err != nil {
				return "", err
			}
		}
		assembly, err := filepath.Glob(filepath.Join(dir, "*_amd64.s"))
		if err != nil {
			return "", err
		}
		for _, name := range assembly {
			replace[name] = "" // is not there
		}
	}
	list, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	name := filepath.Join(folder, "overlay.json")
	return name, os.WriteFile(name, list, 0o644)
}

// standIn returns a file of declarations of functions in assembly as one that emulates them; "" if it has none that
// are for amd64. For
//
//	func dotAVX2(x, y *float32, n int) float32
//
// it is
//
//	func dotAVX2(x, y *float32, n int) (ret float32) {
//		frame := struct {
//			x, y *float32
//			n    int
//			_    [0]uintptr
//			ret  float32
//		}{x: x, y: y, n: n}
//		emulate.Of("/folder").Call("dotAVX2", unsafe.Pointer(&frame))
//		return frame.ret
//	}
func standIn(name string) (string, error) {
	src, err := os.ReadFile(name)
	if err != nil {
		return "", err
	}
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, name, src, parser.ParseComments)
	if err != nil {
		return "", err
	}
	constraint, _, _ := strings.Cut(string(src), "package ")
	if strings.HasSuffix(name, "_arm64.go") || strings.HasSuffix(name, "_test.go") {
		return "", nil
	}
	var out strings.Builder
	fmt.Fprintf(&out, "%spackage %s\n\nimport (\n\"unsafe\"\n\n%q\n)\n", constraint, file.Name.Name, self)
	any := false
	for _, d := range file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || f.Body != nil {
			if any || ok {
				return "", nil // a file of Go, as it is
			}
			continue
		}
		any = true
		text := func(n ast.Node) string { return string(src[set.Position(n.Pos()).Offset:set.Position(n.End()).Offset]) }
		var fields, values []string
		for _, p := range f.Type.Params.List {
			for _, id := range p.Names {
				fields = append(fields, id.Name+" "+text(p.Type))
				values = append(values, id.Name+": "+id.Name)
			}
		}
		result, back := "", ""
		if r := f.Type.Results; r != nil {
			result, back = " "+text(r.List[0].Type), "\n\treturn frame.ret"
			fields = append(fields, "_ [0]uintptr", "ret"+result)
		}
		fmt.Fprintf(&out, "\nfunc %s%s%s {\nframe := struct{ %s }{%s}\n", f.Name.Name, text(f.Type.Params), result,
			strings.Join(fields, "; "), strings.Join(values, ", "))
		fmt.Fprintf(&out, "emulate.Of(%q).Call(%q, unsafe.Pointer(&frame))%s\n}\n", filepath.Dir(name), f.Name.Name, back)
	}
	if !any {
		return "", nil
	}
	formatted, err := format.Source([]byte(out.String()))
	return string(formatted), err
}
