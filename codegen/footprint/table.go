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
var table = sync.OnceValue(func() symbols {
	t := symbols{map[string]symbol{}, map[string]int{}}
	for line := range strings.Lines(symbolText) {
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
})

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
	declared map[string]bool // @gemm.NN, @gemm.Layer.Apply
	kept     map[string]int  // instructions of kernels
	whole    func(kernel string) int
}

// copiesOf returns the copies of a network; nil if it uses the whole runtime.
func copiesOf(n Network) *copies {
	c := &copies{declared: map[string]bool{}, kept: map[string]int{}}
	for name, src := range n.Files {
		dir, ok := strings.CutPrefix(path.Dir(name), "internal/")
		switch {
		case !ok:
		case strings.HasSuffix(name, "_amd64.s"):
			count(c.kept, dir, src)
		case strings.HasSuffix(name, ".go"):
			c.declare(dir, src)
		}
	}
	if len(c.declared) == 0 {
		return nil
	}
	whole := map[string]map[string]int{}
	c.whole = func(kernel string) int {
		dir := strings.TrimPrefix(packageOf(kernel), ours)
		if whole[dir] == nil {
			whole[dir] = map[string]int{}
			names, _ := fs.Glob(n.Source, dir+"/*_amd64.s")
			for _, name := range names {
				src, _ := fs.ReadFile(n.Source, name)
				count(whole[dir], dir, src)
			}
		}
		return whole[dir][kernel]
	}
	return c
}

// declare notes the functions of a file.
func (c *copies) declare(dir string, src []byte) {
	f, err := parser.ParseFile(token.NewFileSet(), "", src, parser.SkipObjectResolution)
	if err != nil {
		panic("BUG: a copy is not Go: " + err.Error())
	}
	for _, d := range f.Decls {
		if fn, ok := d.(*ast.FuncDecl); ok {
			name := ours + dir + "."
			if fn.Recv != nil {
				t := fn.Recv.List[0].Type
				if x, ok := t.(*ast.IndexListExpr); ok {
					t = x.X
				}
				name += receiver(t) + "."
			}
			c.declared[name+fn.Name.Name] = true
		}
	}
}

// count adds the instructions of each function of an assembly file.
func count(to map[string]int, dir string, src []byte) {
	name := ""
	for line := range strings.Lines(string(src)) {
		if rest, ok := strings.CutPrefix(line, "TEXT ·"); ok {
			fn, _, _ := strings.Cut(rest, "(")
			name = ours + dir + "." + fn
			continue
		}
		if name != "" && strings.HasPrefix(line, "\t") && !strings.HasPrefix(line, "\t//") && !strings.HasPrefix(line, "\t#") {
			to[name]++
		}
	}
}

// has tells whether a symbol is among the copies, and cuts a kernel to what is left of it.
func (c *copies) has(s *symbol) bool {
	if c == nil || s.kind != codeSymbol || !strings.HasPrefix(s.name, ours) {
		return true
	}
	if s.assembly {
		whole := c.whole(s.name)
		if whole > 0 {
			s.size = s.size * c.kept[s.name] / whole
		}
		return c.kept[s.name] > 0
	}
	parts := belongs.FindStringSubmatch(s.name)
	if parts == nil || parts[3] == "init" {
		return true
	}
	at := parts[1] + "."
	if parts[2] != "" {
		return c.declared[at+parts[2]+"."+parts[3]]
	}
	return c.declared[at+parts[3]] || parts[4] != "" && c.declared[at+parts[3]+"."+parts[4]]
}
