package footprint

import (
	_ "embed"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// ours stands in the table for the import path of the runtime.
const ours = "@"

//go:embed symbols.txt
var symbolText string

// The kinds of symbols, as the table has them.
const (
	codeSymbol   = 'T'
	dataSymbol   = 'D'
	memorySymbol = 'B' // zero at the start
	typeSize     = 'S' // no symbol: the size of an exported type
)

// symbol is a row of the table.
type symbol struct {
	name     string
	kind     byte
	size     int
	assembly bool
	uses     []string
}

// symbols are the rows of the table.
type symbols struct {
	byName map[string]symbol
	types  map[string]int
}

// table returns the table.
var table = sync.OnceValue(func() symbols { return readTable(symbolText) })

// readTable returns the table in a text.
func readTable(text string) symbols {
	t := symbols{map[string]symbol{}, map[string]int{}}
	for line := range strings.Lines(text) {
		if line[0] == '#' {
			continue
		}
		words := strings.Fields(line)
		size, err := strconv.Atoi(words[1])
		if err != nil {
			panic(fmt.Sprintf("BUG: symbols.txt: %s", line))
		}
		if words[0][0] == typeSize {
			t.types[words[2]] = size
			continue
		}
		t.byName[words[2]] = symbol{words[2], words[0][0], size, words[0] == "TA", words[3:]}
	}
	return t
}

// closure returns the symbols that uses come to, as far as copies have them.
func (t symbols) closure(u use, c *copies) []symbol {
	var open []string
	for f := range u.functions {
		open = append(open, f[0]+"."+f[1])
	}
	for name := range t.byName {
		if at, of, method, ok := methodOf(name); ok && u.functions[[2]string{at, of}] && u.selected[method] {
			open = append(open, name)
		}
	}
	seen := map[string]bool{}
	var all []symbol
	for len(open) > 0 {
		name := open[len(open)-1]
		open = open[:len(open)-1]
		s, ok := t.byName[name]
		if !ok || seen[name] || !c.has(&s) {
			continue
		}
		seen[name] = true
		all = append(all, s)
		open = append(open, s.uses...)
		if at := packageOf(name); at != "" { // whose variables are set when the program starts
			open = append(open, at+".init")
		}
	}
	return all
}

var (
	method  = regexp.MustCompile(`^(@[\w/]+)\.(?:\(\*)?([A-Z]\w*)\)?\.([A-Z]\w*)$`)
	belongs = regexp.MustCompile(`^(@[\w/]+)\.(?:\(\*(\w+)\)\.)?(\w+)(?:\.(\w+))?`)
)

// methodOf returns the package, the type and the name of an exported method.
func methodOf(name string) (at, of, m string, ok bool) {
	parts := method.FindStringSubmatch(name)
	if parts == nil {
		return "", "", "", false
	}
	return parts[1], parts[2], parts[3], true
}

// packageOf returns the package of the runtime that a symbol is of; "" if it is of none.
func packageOf(name string) string {
	parts := belongs.FindStringSubmatch(name)
	if parts == nil {
		return ""
	}
	return parts[1]
}

// copies are what a network has of the runtime, below its own packages.
type copies struct {
	kept  extents
	whole func(dir string) extents // of a package of the runtime
}

// extents are how long functions are: the instructions of kernels, the nodes of the syntax trees of Go functions, by
// name as in the table, those of methods as @gemm.Layer.Apply.
type extents map[string]int

// copiesOf returns the copies of a network; nil if it uses the whole runtime.
func copiesOf(n Network) *copies {
	c := &copies{kept: extents{}}
	for name, src := range n.Files {
		if dir, ok := strings.CutPrefix(path.Dir(name), "internal/"); ok {
			c.kept.add(dir, name, src)
		}
	}
	if len(c.kept) == 0 {
		return nil
	}
	read := map[string]extents{}
	c.whole = func(dir string) extents {
		if read[dir] == nil {
			read[dir] = extents{}
			names, _ := fs.Glob(n.Source, dir+"/*.*")
			for _, name := range names {
				src, _ := fs.ReadFile(n.Source, name)
				read[dir].add(dir, name, src)
			}
		}
		return read[dir]
	}
	return c
}

// add notes the functions of a file, if it is one for amd64.
func (e extents) add(dir, name string, src []byte) {
	switch {
	case strings.HasSuffix(name, "_amd64.s"):
		e.addAssembly(dir, src)
	case strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") && !strings.HasSuffix(name, "_noasm.go"):
		e.addGo(dir, src)
	}
}

func (e extents) addGo(dir string, src []byte) {
	f, err := parser.ParseFile(token.NewFileSet(), "", src, parser.SkipObjectResolution)
	if err != nil {
		panic("BUG: a file of the runtime is not Go: " + err.Error())
	}
	for _, d := range f.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok || fn.Body == nil {
			continue
		}
		name := ours + dir + "."
		if fn.Recv != nil {
			name += receiver(fn.Recv.List[0].Type) + "."
		}
		ast.Inspect(fn, func(ast.Node) bool { e[name+fn.Name.Name]++; return true })
	}
}

func (e extents) addAssembly(dir string, src []byte) {
	name := ""
	for line := range strings.Lines(string(src)) {
		if rest, ok := strings.CutPrefix(line, "TEXT ·"); ok {
			fn, _, _ := strings.Cut(rest, "(")
			name = ours + dir + "." + fn
			continue
		}
		code, _, _ := strings.Cut(line, "//")
		if _, behind, ok := strings.Cut(code, ": "); ok && !strings.HasPrefix(code, "\t") { // a label
			code = "\t" + behind
		}
		if name != "" && strings.HasPrefix(code, "\t") && strings.TrimSpace(code) != "" && code[1] != '#' {
			e[name] += 1 + strings.Count(code, "; ")
		}
	}
}

// has tells whether a symbol is among the copies, and cuts it to the part that they have of it.
func (c *copies) has(s *symbol) bool {
	if c == nil || s.kind != codeSymbol || !strings.HasPrefix(s.name, ours) {
		return true
	}
	parts := belongs.FindStringSubmatch(s.name)
	if parts == nil || parts[3] == "init" {
		return true
	}
	dir := strings.TrimPrefix(parts[1], ours)
	names := []string{parts[1] + "." + parts[3], parts[1] + "." + parts[3] + "." + parts[4]} // a function, or T.method
	if parts[2] != "" {
		names = []string{parts[1] + "." + parts[2] + "." + parts[3]} // (*T).method
	}
	for _, name := range names {
		if kept := c.kept[name]; kept > 0 {
			if whole := c.whole(dir)[name]; whole > kept {
				s.size = s.size * kept / whole
			}
			return true
		}
	}
	return false
}
