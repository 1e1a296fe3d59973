package footprint_test

import (
	"bufio"
	"bytes"
	"context"
	"debug/elf"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/nngen/nngen/codegen"
	"github.com/nngen/nngen/codegen/footprint"
	"github.com/nngen/nngen/codegen/sandbox"
	nnrt "github.com/nngen/nngen/runtime"
)

// left are the packages of the runtime whose functions no inference package comes to.
var left = []string{"fit", "optim", "initial", "dropout", "loss", "workers"}

// module is the name of the temporary modules of these tests.
const module = "footprint.test"

// hello is the program beside which a network's code is counted.
const hello = "package main\n\nimport (\n\t\"fmt\"\n\t\"os\"\n)\n\n" +
	"func main() { fmt.Println(\"hello\", len(os.Args)) }\n"

// TestTheTableOfSymbolsIsThatOfTheRuntime links the whole runtime and compares the table: what the functions that
// packages call come to, and the size of each. With NNGEN_UPDATE it writes the table.
func TestTheTableOfSymbolsIsThatOfTheRuntime(t *testing.T) {
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		t.Skip("the table is that of linux/amd64")
	}
	if testing.Short() {
		t.Skip("links and disassembles")
	}
	got := makeTable(t)
	if os.Getenv("NNGEN_UPDATE") != "" {
		if err := os.WriteFile("symbols.txt", got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile("symbols.txt")
	if err != nil {
		t.Fatal(err)
	}
	compareTables(t, rows(want), rows(got))
}

// TestTheConstantsAreThoseOfLinkedPrograms derives the constants from the record of linked programs, and compares. With
// NNGEN_UPDATE it links the programs, and writes the record and the constants, with the table as its file has it.
func TestTheConstantsAreThoseOfLinkedPrograms(t *testing.T) {
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		t.Skip("the constants are those of linux/amd64")
	}
	if os.Getenv("NNGEN_UPDATE") != "" {
		if err := footprint.ReadTable(); err != nil {
			t.Fatal(err)
		}
		subjects := programs()
		measure(t, subjects)
		var rows []measured
		for _, s := range subjects {
			sums, err := footprint.Sums(s.network)
			if err != nil {
				t.Fatal(err)
			}
			rows = append(rows, measured{s.String(), float64(s.linked.Code), float64(s.linked.Emitted), sums})
		}
		if err := os.WriteFile(record, writeRecord(rows), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	rows := readRecord(t)
	if got, want := names(rows), subjectNames(); !slices.Equal(got, want) {
		t.Fatalf("the record is of other programs: NNGEN_UPDATE=1 go test ./codegen/footprint -run Constants\n%q\n%q",
			got, want)
	}
	c := derive(t, fitted(rows))
	c.report(t, rows)
	got := c.source(t)
	if os.Getenv("NNGEN_UPDATE") != "" {
		if err := os.WriteFile("constants.go", got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile("constants.go")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("constants.go is not what follows from %s:\n%s", record, got)
	}
}

// compareTables compares sizes: those of functions within 10 % and 64 bytes, since compilers differ, and in all within
// 2 %.
func compareTables(t *testing.T, want, got map[string]int) {
	t.Helper()
	sumWant, sumGot := 0, 0
	for name, n := range got {
		m, ok := want[name]
		switch {
		case !strings.Contains(name, " @"): // of Go's own packages
		case !ok && n > 256:
			t.Errorf("the table lacks %s, of %d bytes", name, n)
		case ok && max(n-m, m-n) > n/10+64:
			t.Errorf("%s has %d bytes, the table says %d", name, n, m)
		}
		sumGot += n
		sumWant += m
	}
	if d := sumGot - sumWant; max(d, -d) > sumGot/50 {
		t.Errorf("all have %d bytes, the table says %d", sumGot, sumWant)
	}
	if t.Failed() {
		t.Log("the runtime has changed: NNGEN_UPDATE=1 go test ./codegen/footprint -run Symbols")
	}
}

// rows returns the sizes of a table by kind and name.
func rows(b []byte) map[string]int {
	all := map[string]int{}
	for line := range strings.Lines(string(b)) {
		if f := strings.Fields(line); line[0] != '#' {
			n, _ := strconv.Atoi(f[1])
			all[f[0]+" "+f[2]] = n
		}
	}
	return all
}

// makeTable links a program that names all that packages may call.
func makeTable(t *testing.T) []byte {
	files, _, err := codegen.SharedRuntime(module+"/nnrt", "test")
	if err != nil {
		t.Fatal(err)
	}
	functions, types := exported(t, files)
	var imports, typeImports, uses, sizes strings.Builder
	// name returns the name under which a program imports a package.
	name := func(imports *strings.Builder, dir string) string {
		as := "p" + strings.ReplaceAll(dir, "/", "_")
		if line := fmt.Sprintf("\t%s %q\n", as, module+"/nnrt/"+dir); !strings.Contains(imports.String(), line) {
			imports.WriteString(line)
		}
		return as
	}
	for _, f := range functions {
		p := name(&imports, f.dir)
		if f.of == "" {
			fmt.Fprintf(&uses, "\t%s.%s,\n", p, f.name)
		} else {
			fmt.Fprintf(&uses, "\t(%s%s.%s).%s,\n", f.star, p, f.of, f.name)
		}
	}
	for _, f := range types {
		fmt.Fprintf(&sizes, "\tfmt.Println(\"S\", unsafe.Sizeof(*new(%s.%s%s)), %q)\n",
			name(&typeImports, f.dir), f.name, f.of, "@"+f.dir+"."+f.name)
	}
	shared := files
	files = map[string][]byte{}
	for name, src := range shared {
		files["nnrt/"+name] = src
	}
	files["hello/main.go"] = []byte(hello)
	files["all/main.go"] = fmt.Appendf(nil, "package main\n\nimport (\n\t\"fmt\"\n\t\"os\"\n"+
		"%s)\n\nvar all = []any{\n%s}\n\nfunc main() { fmt.Println(len(os.Args), len(all)) }\n",
		imports.String(), uses.String())
	files["sizes/main.go"] = fmt.Appendf(nil, "package main\n\nimport (\n\t\"fmt\"\n\t\"unsafe\"\n\n"+
		"%s)\n\nfunc main() {\n%s}\n", typeImports.String(),
		sizes.String())
	m, err := sandbox.New(module, files)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	base, all := link(t, m, "hello"), link(t, m, "all")
	typeSizes, err := exec.Command(build(t, m, "sizes")).Output()
	if err != nil {
		t.Fatal(err)
	}
	edges := all.calls(t)
	for from, to := range all.edges {
		for s := range to {
			add(edges, from, s)
		}
	}
	addTexts(t, shared, all.symbols, edges)
	var open []string
	for _, f := range functions {
		switch {
		case f.of == "":
			open = append(open, "@"+f.dir+"."+f.name)
		case f.star == "":
			open = append(open, "@"+f.dir+"."+f.of+"."+f.name)
		default:
			open = append(open, "@"+f.dir+".(*"+f.of+")."+f.name)
		}
		open = append(open, "@"+f.dir+".init")
	}
	lines := map[string]bool{}
	visited := map[string]bool{}
	for len(open) > 0 {
		s := open[len(open)-1]
		open = open[:len(open)-1]
		if visited[s] || strings.Contains(s, ".map.init.") || base.symbols[s] != (sym{}) {
			continue
		}
		visited[s] = true
		to := slices.Sorted(maps.Keys(edges[s]))
		open = append(open, to...)
		row, ok := all.symbols[s]
		if !ok {
			continue
		}
		kind := row.kind
		if row.assembly {
			kind = "TA"
		}
		line := fmt.Sprintf("%s %d %s", kind, row.size, s)
		for _, d := range flat(edges, all.symbols, base.symbols, s) {
			line += " " + d
		}
		lines[line] = true
	}
	var b bytes.Buffer
	b.WriteString("# Symbols of the runtime on linux/amd64: kind, bytes, name, and the symbols that it uses; " +
		"TA is assembly.\n")
	sorted := slices.SortedFunc(maps.Keys(lines), func(x, y string) int {
		return strings.Compare(strings.SplitN(x, " ", 3)[2], strings.SplitN(y, " ", 3)[2])
	})
	for _, l := range sorted {
		b.WriteString(l + "\n")
	}
	b.Write(typeSizes)
	return b.Bytes()
}

// addTexts adds the constants of the runtime that hold tables as texts, which have no symbols of their own in a program, and
// the functions that name them.
func addTexts(t *testing.T, files map[string][]byte, symbols map[string]sym, edges map[string]map[string]bool) {
	t.Helper()
	const least = 256 // bytes
	texts := map[string]bool{}
	visit := func(f func(dir string, d ast.Decl)) {
		for name, src := range files {
			if !strings.HasSuffix(name, ".go") {
				continue
			}
			parsed, err := parser.ParseFile(token.NewFileSet(), name, src, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range parsed.Decls {
				f(path.Dir(name), d)
			}
		}
	}
	visit(func(dir string, d ast.Decl) {
		g, ok := d.(*ast.GenDecl)
		if !ok || g.Tok != token.CONST {
			return
		}
		for _, s := range g.Specs {
			s := s.(*ast.ValueSpec)
			for i, v := range s.Values {
				if n := textBytes(v); n >= least {
					name := "@" + dir + "." + s.Names[i].Name
					symbols[name], texts[name] = sym{kind: "D", size: n}, true
				}
			}
		}
	})
	if len(texts) == 0 {
		t.Fatal("no constants hold tables")
	}
	visit(func(dir string, d ast.Decl) {
		f, ok := d.(*ast.FuncDecl)
		if !ok {
			return
		}
		from := "@" + dir + "." + f.Name.Name
		if f.Recv != nil {
			of, star := f.Recv.List[0].Type, false
			if s, ok := of.(*ast.StarExpr); ok {
				of, star = s.X, true
			}
			id, ok := of.(*ast.Ident)
			if !ok {
				return // of a generic type
			}
			if from = "@" + dir + "." + id.Name + "." + f.Name.Name; star {
				from = "@" + dir + ".(*" + id.Name + ")." + f.Name.Name
			}
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if id, ok := n.(*ast.Ident); ok {
				if to := "@" + dir + "." + id.Name; texts[to] {
					add(edges, from, to)
				}
			}
			return true
		})
	})
}

// textBytes returns the length of a constant of texts that are joined; 0 if it is something else.
func textBytes(e ast.Expr) int {
	switch e := e.(type) {
	case *ast.BasicLit:
		if s, err := strconv.Unquote(e.Value); err == nil && e.Kind == token.STRING {
			return len(s)
		}
	case *ast.BinaryExpr:
		return textBytes(e.X) + textBytes(e.Y)
	}
	return 0
}

// flat returns the symbols of the table that one uses, directly or by way of data without a row.
func flat(uses map[string]map[string]bool, symbols, base map[string]sym, of string) []string {
	found := map[string]bool{}
	seen := map[string]bool{of: true}
	open := slices.Collect(maps.Keys(uses[of]))
	for len(open) > 0 {
		s := open[len(open)-1]
		open = open[:len(open)-1]
		if seen[s] || strings.Contains(s, ".map.init.") || base[s] != (sym{}) {
			continue
		}
		seen[s] = true
		if _, ok := symbols[s]; ok {
			found[s] = true
			continue
		}
		open = append(open, slices.Collect(maps.Keys(uses[s]))...)
	}
	return slices.Sorted(maps.Keys(found))
}

// named is an exported declaration of a package of the runtime.
type named struct{ dir, star, of, name string }

// exported returns the functions and the types that a runtime exports, on each machine.
func exported(t *testing.T, files map[string][]byte) (functions, types []named) {
	generic := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		dir := path.Dir(name)
		src := files[name]
		if !strings.HasSuffix(name, ".go") || dir == "golden" || bytes.Contains(src, []byte("//go:build")) ||
			strings.HasSuffix(name, "_amd64.go") || strings.HasSuffix(name, "_arm64.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, src, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			switch d := d.(type) {
			case *ast.GenDecl:
				for _, s := range d.Specs {
					if s, ok := s.(*ast.TypeSpec); ok && s.Name.IsExported() {
						t := named{dir: dir, name: s.Name.Name}
						if s.TypeParams != nil { // which are behind pointers
							generic[dir+"."+s.Name.Name] = true
							t.of = "[int]"
						}
						types = append(types, t)
					}
				}
			case *ast.FuncDecl:
				if !d.Name.IsExported() || d.Type.TypeParams != nil || slices.Contains(left, dir) {
					continue
				}
				f := named{dir: dir, name: d.Name.Name}
				if d.Recv != nil {
					r := d.Recv.List[0].Type
					if s, ok := r.(*ast.StarExpr); ok {
						f.star, r = "*", s.X
					}
					id, ok := r.(*ast.Ident)
					if !ok || !id.IsExported() {
						continue
					}
					f.of = id.Name
				}
				functions = append(functions, f)
			}
		}
	}
	if len(functions) < 100 {
		t.Fatalf("only %d functions", len(functions))
	}
	return slices.DeleteFunc(functions, func(f named) bool { return generic[f.dir+"."+f.of] }), types
}

// sym is a symbol of a program.
type sym struct {
	kind     string
	size     int
	assembly bool
}

// program is a linked program.
type program struct {
	exe      string
	symbols  map[string]sym
	edges    map[string]map[string]bool // of those that the linker tells
	sections map[string]int
}

// build builds a program without inlining its paths.
func build(t *testing.T, m *sandbox.Module, folder string, flags ...string) string {
	t.Helper()
	exe, err := m.Build(context.Background(), folder, flags...)
	if err != nil {
		t.Fatal(err)
	}
	return exe
}

// short cuts the import path of the runtime, and what marks the calling convention of assembly.
func short(s string) string {
	s = strings.TrimSuffix(strings.ReplaceAll(s, module+"/nnrt/", "@"), ".abi0")
	if i := strings.Index(s, " <"); i >= 0 {
		s = s[:i]
	}
	return s
}

// link links a program and lists its symbols.
func link(t *testing.T, m *sandbox.Module, folder string) program {
	t.Helper()
	p := program{exe: m.Path("bin-" + folder), symbols: map[string]sym{}, edges: map[string]map[string]bool{}}
	cmd := exec.Command("go", "build", "-ldflags=-dumpdep", "-o", p.exe, "./"+folder)
	cmd.Dir = m.Dir
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=-mod=mod")
	deps, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%.2000s", err, deps)
	}
	for line := range strings.Lines(string(deps)) {
		if a, b, ok := strings.Cut(strings.TrimSpace(line), " -> "); ok {
			add(p.edges, short(a), short(b))
		}
	}
	p.symbols, p.sections = read(t, p.exe)
	return p
}

// read returns the symbols of a program and the sizes of its sections.
func read(t *testing.T, exe string) (map[string]sym, map[string]int) {
	t.Helper()
	f, err := elf.Open(exe)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	list, err := f.Symbols()
	if err != nil {
		t.Fatal(err)
	}
	symbols, sections := map[string]sym{}, map[string]int{}
	for _, s := range f.Sections {
		sections[s.Name] = int(s.Size)
	}
	for _, s := range list {
		if int(s.Section) >= len(f.Sections) {
			continue
		}
		kind := "D"
		switch name := f.Sections[s.Section].Name; {
		case name == ".text":
			kind = "T"
		case strings.HasSuffix(name, "bss"):
			kind = "B"
		}
		if symbols[short(s.Name)].assembly {
			continue // the wrapper of a kernel for Go's calls
		}
		symbols[short(s.Name)] = sym{kind, int(s.Size), strings.HasSuffix(s.Name, ".abi0")}
	}
	return symbols, sections
}

// calls returns what the functions of a program name, as it is disassembled; of assembly only what its text names, since
// Go's disassembler takes some instructions of AVX-512 for others.
func (p program) calls(t *testing.T) map[string]map[string]bool {
	cmd := exec.Command("go", "tool", "objdump", p.exe)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	all := map[string]map[string]bool{}
	name := regexp.MustCompile(`[\s$,]([^\s$,]+?)(?:\+\d+)?\(SB\)`)
	from, text := "", inAssembly(t)
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		line := lines.Text()
		if rest, ok := strings.CutPrefix(line, "TEXT "); ok {
			fn, _, _ := strings.Cut(rest, "(SB)")
			from = short(fn)
			continue
		}
		if !strings.Contains(line, "(SB)") {
			continue
		}
		for _, f := range name.FindAllStringSubmatch(line, -1) {
			to := short(f[1])
			if p.symbols[from].assembly && !text[to[strings.LastIndex(to, ".")+1:]] {
				continue
			}
			if to != from {
				add(all, from, to)
			}
		}
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	return all
}

// inAssembly returns what the assembly of the runtime names, without packages.
func inAssembly(t *testing.T) map[string]bool {
	t.Helper()
	names, name := map[string]bool{}, regexp.MustCompile(`(\w+)(?:<>)?(?:[+-]\d+)?\(SB\)`)
	files, err := fs.Glob(nnrt.Source, "*/*_amd64.s")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files of assembly: %v", len(files), err)
	}
	for _, file := range files {
		src, err := fs.ReadFile(nnrt.Source, file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range name.FindAllSubmatch(src, -1) {
			names[string(m[1])] = true
		}
	}
	return names
}

func add(m map[string]map[string]bool, from, to string) {
	if m[from] == nil {
		m[from] = map[string]bool{}
	}
	m[from][to] = true
}
