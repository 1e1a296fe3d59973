package emit

import (
	"bytes"
	"fmt"
	"go/format"
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
}

// newFile starts a file of the package at path. Only the first file of a package has a doc.
func (net *Network) newFile(path, name, doc string) *file {
	f := &file{jen: jen.NewFilePathName(path, name), net: net}
	f.jen.HeaderComment(fmt.Sprintf("%s by nngen %s from %s (spec %s); DO NOT EDIT.", generated, net.Version, net.SpecBase, net.Checksum))
	if doc != "" {
		for _, line := range strings.Split(strings.TrimRight(doc, "\n"), "\n") {
			f.jen.PackageComment(strings.TrimRight("// "+line, " "))
		}
	}
	return f
}

// std holds the packages of the standard library that marks may name, by their names in code.
var std = map[string]string{
	"bytes": "bytes", "context": "context", "embed": "embed", "fmt": "fmt", "math": "math", "os": "os",
	"sync": "sync", "testing": "testing", "filepath": "path/filepath", "slices": "slices", "errors": "errors",
}

// locals are names in generated functions that would hide a package of that name.
var locals = []string{
	"a", "b", "c", "ctx", "err", "first", "g", "i", "loss", "m", "n", "o", "out", "p", "r", "s", "scale", "seed", "sum", "t", "total", "tr",
	"validation", "w", "weights", "x", "y",
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
		name, path := src[at[2]:at[3]], f.net.path(src[at[2]:at[3]])
		switch {
		case name == "model" && slices.Contains(locals, f.net.Name):
			f.jen.ImportAlias(path, "model")
		case name == "model":
			f.jen.ImportName(path, f.net.Name)
		default:
			f.jen.ImportName(path, name)
		}
		s.Qual(path, src[at[4]:at[5]])
		src = src[at[1]:]
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

// decl appends top-level text, formatted as by fmt.Sprintf if there are arguments.
func (f *file) decl(src string, args ...any) {
	if len(args) > 0 {
		src = fmt.Sprintf(src, args...)
	}
	for _, line := range strings.Split(strings.Trim(src, "\n"), "\n") {
		f.jen.Add(f.text(line))
	}
	f.jen.Line()
}

// render formats the file.
func (f *file) render() ([]byte, error) {
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

// lineLimit is the number of characters of the longest line.
const lineLimit = 120

// wrap breaks long lines: code after a comma, or after || where there is none; comments between words, what is too
// much going on in the next line of the paragraph. The header stays one line, as Go's pattern wants it.
func wrap(src []byte) []byte {
	lines := strings.Split(string(src), "\n")
	var out []string
	for i := 0; i < len(lines); i++ {
		line := lines[i]
		indent := line[:len(line)-len(strings.TrimLeft(line, "\t"))]
		if prefix := indent + "// "; strings.HasPrefix(line, prefix) && !strings.HasPrefix(line, prefix+generated) {
			for width(line) > lineLimit {
				at := lastSpace(line)
				if at <= len(prefix) {
					break
				}
				out = append(out, line[:at])
				line = prefix + line[at+1:]
				if i+1 < len(lines) && strings.HasPrefix(lines[i+1], prefix) {
					i++
					line += " " + strings.TrimPrefix(lines[i], prefix)
				}
			}
			out = append(out, line)
			continue
		}
		for width(line) > lineLimit {
			at, skip := lastBreak(line)
			if at < 0 {
				break
			}
			out = append(out, line[:at+skip])
			line = indent + "\t" + line[at+skip+1:]
		}
		out = append(out, line)
	}
	return []byte(strings.Join(out, "\n"))
}

// width returns the number of characters, a tab counting as one.
func width(line string) int { return len([]rune(line)) }

// lastSpace returns the place of the last space that leaves a line of bounded length; -1 if there is none.
func lastSpace(line string) int {
	at, count := -1, 0
	for i, r := range line {
		if count++; count > lineLimit {
			break
		}
		if r == ' ' {
			at = i
		}
	}
	return at
}

// lastBreak returns the place and length of the last comma, or of the last || if there is none, outside strings and
// comments that leaves a line of bounded length; -1 if there is neither.
func lastBreak(line string) (at, length int) {
	at, or, count, quoted := -1, -1, 0, false
scan:
	for i, r := range line {
		count++
		if count > lineLimit-10 {
			break
		}
		switch {
		case r == '"' && (i == 0 || line[i-1] != '\\'):
			quoted = !quoted
		case quoted:
		case strings.HasPrefix(line[i:], "//"):
			break scan
		case strings.HasPrefix(line[i:], ", "):
			at = i
		case strings.HasPrefix(line[i:], "|| "):
			or = i
		}
	}
	if at < 0 {
		return or, len("||")
	}
	return at, len(",")
}
