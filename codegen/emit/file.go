package emit

import (
	"bytes"
	"fmt"
	"go/format"
	"maps"
	pathpkg "path"
	"slices"
	"strings"

	"github.com/dave/jennifer/jen"
)

// generated begins the header, which Go's tools and ours know by its pattern.
const generated = "Code generated"

// file is a Go file under construction. Declarations are printed as they are made, so that the syntax of one alone is in
// memory: that of all takes some hundred bytes for each of the source.
type file struct {
	jen  *jen.File  // what stands above the declarations
	next *jen.Group // the declaration that is being made, with its comment
	text bytes.Buffer
	err  error // the first of printing
	net  *Network
	pkg  *symbols
	// model is the name of the inference package in the file.
	model string
	// probe knows the names of imports as jen does, and is for measuring code.
	probe *jen.File
	// locals are the names of parameters and variables of the functions in the file, imports the paths of packages by the
	// names that code has for them.
	locals  map[string]bool
	imports map[string]string
}

// newFile starts a file of the package at path, to which the inference package has the name model. Only the first file
// of a package has a doc.
func (net *Network) newFile(pkg *symbols, path, name, doc, model string) *file {
	f := &file{
		jen: jen.NewFilePathName(path, name), next: declarations(), net: net, pkg: pkg, model: model,
		probe: jen.NewFilePathName(path, name), locals: map[string]bool{}, imports: map[string]string{},
	}
	f.jen.NoFormat = true // render does it, once
	sum := ""
	if doc != "" && path == net.ImportPath { // one file alone, so that a change of the training touches few
		sum = " (spec " + net.Checksum + ")"
	}
	f.jen.HeaderComment(fmt.Sprintf("// %s by nngen %s from %s%s; DO NOT EDIT.", generated, inline(net.Version),
		inline(net.SpecBase), sum))
	if doc != "" {
		for _, line := range comment(doc) {
			f.jen.PackageComment(line)
		}
	}
	return f
}

// std holds the packages of the standard library that code may name, by their names in it.
var std = map[string]string{
	"bytes": "bytes", "context": "context", "embed": "embed", "fmt": "fmt", "math": "math", "os": "os",
	"sync": "sync", "testing": "testing", "filepath": "path/filepath", "slices": "slices", "errors": "errors",
	"io": "io", "image": "image", "atomic": "sync/atomic", "time": "time", "json": "encoding/json",
}

// shared is the name of the package that holds the others of a shared runtime.
const shared = "nnrt"

// qual returns a name of another package: one of the standard library or of the runtime, by its name, the inference
// package as model, or what pins a shared runtime as shared.
func (f *file) qual(pkg, name string) *jen.Statement {
	path := f.net.path(pkg)
	f.imports[pkg] = path
	if pkg == "model" {
		pkg = f.net.Name
	}
	f.probe.ImportName(path, pkg)
	if path == f.net.ImportPath && f.model != pathpkg.Base(path) {
		f.jen.ImportAlias(path, f.model)
	} else {
		f.jen.ImportName(path, pkg)
	}
	return jen.Qual(path, name)
}

// modelName returns the name by which the file is to know the inference package, which is told once all names of the
// package are declared: its own, which is the user's, but where that hides or is hidden by another name of the file.
func (f *file) modelName() string {
	taken := func(name string) bool {
		_, imported := f.imports[name]
		return f.locals[name] || f.pkg.has(name) || imported && name != "model"
	}
	if _, named := f.imports["model"]; !named || !taken(f.net.Name) {
		return f.net.Name
	}
	alias := "model"
	for i := 2; taken(alias); i++ {
		alias = fmt.Sprintf("model%d", i)
	}
	return alias
}

func (net *Network) path(name string) string {
	if p, ok := std[name]; ok {
		return p
	}
	switch name {
	case "model":
		return net.ImportPath
	case shared:
		return net.Runtime
	}
	return net.Runtime + "/" + name
}

// declarations returns an empty list of declarations, in a line each.
func declarations() *jen.Group { return jen.NewFile("").Group }

// end prints the declaration that was made last, with an empty line before it. It prints nothing if there is none.
func (f *file) end() {
	var b bytes.Buffer
	if err := f.next.RenderWithFile(&b, f.jen); err != nil && f.err == nil {
		f.err = err
	}
	f.next = declarations()
	if src := bytes.TrimSpace(b.Bytes()); len(src) > 0 {
		f.text.WriteByte('\n')
		f.text.Write(src)
		f.text.WriteByte('\n')
	}
}

// render returns the file as gofmt has it.
func (f *file) render() ([]byte, error) {
	f.end()
	if f.err != nil {
		return nil, f.err
	}
	var b bytes.Buffer
	if err := f.jen.Render(&b); err != nil {
		return nil, err
	}
	head, err := format.Source(groupImports(b.Bytes()))
	return append(head, f.text.Bytes()...), err
}

// groupImports puts an empty line between the imports of the standard library and the others.
func groupImports(src []byte) []byte {
	from := bytes.Index(src, []byte("\nimport (\n"))
	if from < 0 {
		return src
	}
	from += len("\nimport (\n")
	to := from + bytes.Index(src[from:], []byte("\n)"))
	var first, second []string
	for _, line := range strings.Split(string(src[from:to]), "\n") {
		path := strings.Trim(line[strings.IndexByte(line, '"'):], `"`)
		if slices.Contains(slices.Collect(maps.Values(std)), path) {
			first = append(first, line)
		} else {
			second = append(second, line)
		}
	}
	if len(first) == 0 || len(second) == 0 {
		return src
	}
	groups := strings.Join(first, "\n") + "\n\n" + strings.Join(second, "\n")
	return slices.Concat(src[:from], []byte(groups), src[to:])
}
