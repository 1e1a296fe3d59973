package emit

import (
	"bytes"
	"fmt"
	"go/format"
	"go/scanner"
	"go/token"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/dave/jennifer/jen"
)

// generated begins the header, which Go's tools and ours know by its pattern.
const generated = "Code generated"

// file is a Go file under construction.
type file struct {
	jen *jen.File
	net *Network
	pkg *symbols
	// probe knows the names of imports as jen does, and is for measuring code.
	probe *jen.File
	// locals are the names of parameters and variables of the functions in the file, imports the paths of packages by the
	// names that code marks them with.
	locals  map[string]bool
	imports map[string]string
}

// newFile starts a file of the package at path. Only the first file of a package has a doc.
func (net *Network) newFile(pkg *symbols, path, name, doc string) *file {
	f := &file{
		jen: jen.NewFilePathName(path, name), net: net, pkg: pkg, probe: jen.NewFilePathName(path, name),
		locals: map[string]bool{}, imports: map[string]string{},
	}
	sum := ""
	if doc != "" && path == net.ImportPath { // one file alone, so that a change of the training touches few
		sum = " (spec " + net.Checksum + ")"
	}
	f.jen.HeaderComment(fmt.Sprintf("// %s by nngen %s from %s%s; DO NOT EDIT.", generated, inline(net.Version), inline(net.SpecBase), sum))
	if doc != "" {
		for _, line := range comment(doc) {
			f.jen.PackageComment(line)
		}
	}
	return f
}

// std holds the packages of the standard library that marks may name, by their names in code.
var std = map[string]string{
	"bytes": "bytes", "context": "context", "embed": "embed", "fmt": "fmt", "math": "math", "os": "os",
	"sync": "sync", "testing": "testing", "filepath": "path/filepath", "slices": "slices", "errors": "errors",
	"io": "io",
}

var mark = regexp.MustCompile(`@(\w+)\.(\w+)`)

// text turns Go text into a statement of jennifer. A reference to another package is marked by @, as
// in @gemm.NN(n, 10, 64, …): the standard library and the runtime are known by name, and @model is
// the inference package. jennifer writes the imports.
func (f *file) text(src string) *jen.Statement {
	s := &jen.Statement{}
	for {
		at := mark.FindStringSubmatchIndex(src)
		if at == nil {
			return s.Op(src)
		}
		if at[0] > 0 {
			s.Op(src[:at[0]])
		}
		s.Add(f.qual(src[at[2]:at[3]], src[at[4]:at[5]]))
		src = src[at[1]:]
	}
}

// qual returns a name of another package: one of the standard library or of the runtime, by its name, or the inference
// package as model.
func (f *file) qual(pkg, name string) *jen.Statement {
	path := f.net.path(pkg)
	f.imports[pkg] = path
	if pkg == "model" {
		pkg = f.net.Name
	}
	f.probe.ImportName(path, pkg)
	return jen.Qual(path, name)
}

// nameImports settles the names by which the file knows other packages: their own, but for the inference package, whose
// name is the user's, where that hides or is hidden by another name of the file.
func (f *file) nameImports() {
	for pkg, path := range f.imports {
		if pkg != "model" {
			f.jen.ImportName(path, pkg)
			continue
		}
		taken := func(name string) bool {
			_, imported := f.imports[name]
			return f.locals[name] || f.pkg.has(name) || imported && name != "model"
		}
		if name := f.net.Name; !taken(name) {
			f.jen.ImportName(path, name)
			continue
		}
		alias := "model"
		for i := 2; taken(alias); i++ {
			alias = fmt.Sprintf("model%d", i)
		}
		f.jen.ImportAlias(path, alias)
	}
}

func (net *Network) path(name string) string {
	if p, ok := std[name]; ok {
		return p
	}
	if name == "model" {
		return net.ImportPath
	}
	return net.Runtime + "/" + name
}

// code returns statements that are still text.
func (f *file) code(text string) []jen.Code {
	var lines []jen.Code
	for _, line := range strings.Split(strings.Trim(text, "\n"), "\n") {
		if about, ok := strings.CutPrefix(strings.TrimLeft(line, "\t"), "// "); ok {
			for _, l := range comment(about) {
				lines = append(lines, jen.Comment(l))
			}
			continue
		}
		if line == "" {
			lines = append(lines, jen.Line())
			continue
		}
		lines = append(lines, f.text(line))
	}
	return lines
}

// render formats the file.
func (f *file) render() ([]byte, error) {
	f.nameImports()
	var b bytes.Buffer
	if err := f.jen.Render(&b); err != nil {
		return nil, err
	}
	return format.Source(wrap(groupImports(b.Bytes())))
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

// wrap breaks long lines of code after a comma, or after || where there is none. Literals and comments stay whole: what
// may be broken is told by the tokens of the source.
func wrap(src []byte) []byte {
	set := token.NewFileSet()
	f := set.AddFile("", set.Base(), len(src))
	var sc scanner.Scanner
	sc.Init(f, src, nil, 0)
	var commas, ors []int // places behind tokens
	for {
		pos, tok, _ := sc.Scan()
		switch tok {
		case token.EOF:
			return breakLines(src, commas, ors)
		case token.COMMA:
			commas = append(commas, f.Offset(pos)+len(","))
		case token.LOR:
			ors = append(ors, f.Offset(pos)+len("||"))
		}
	}
}

// breakLines breaks lines at the last of some places that leaves a line of bounded length: the first ones, or the others
// where there is none of those.
func breakLines(src []byte, first, second []int) []byte {
	var out []byte
	start := 0
	for _, line := range bytes.SplitAfter(src, []byte("\n")) {
		indent := line[:len(line)-len(bytes.TrimLeft(line, "\t"))]
		at, end, lead := start, start+len(line), 0
		for lead+width(strings.TrimRight(string(src[at:end]), "\n")) > lineLimit {
			to := lastPlace(src, first, at, end, lineLimit-10-lead)
			if to < 0 {
				to = lastPlace(src, second, at, end, lineLimit-10-lead)
			}
			if to < 0 {
				break
			}
			out = append(append(append(out, src[at:to]...), '\n'), append(indent, '\t')...)
			at, lead = to+len(" "), len(indent)+1
		}
		out = append(out, src[at:end]...)
		start = end
	}
	return out
}

// lastPlace returns the last of places that has a space behind it and at most limit characters of src[from:to] before;
// -1 if there is none.
func lastPlace(src []byte, places []int, from, to, limit int) int {
	i, _ := slices.BinarySearch(places, from)
	at := -1
	for ; i < len(places) && places[i] < to; i++ {
		if src[places[i]] == ' ' && width(string(src[from:places[i]])) <= limit {
			at = places[i]
		}
	}
	return at
}

// width returns the number of characters, a tab counting as one.
func width(line string) int { return len([]rune(line)) }
