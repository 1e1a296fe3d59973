package plan

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/nngen/nngen/codegen/ir"
	nnrt "github.com/nngen/nngen/runtime"
	"github.com/nngen/nngen/runtime/abi"
	"github.com/nngen/nngen/runtime/attention"
	"github.com/nngen/nngen/runtime/cpu"
)

// longPackages returns the packages whose part longRows a plan of one call brings into a copy, in order.
func longPackages(c Call, output int, elsewhere ...string) (pkgs []string) {
	p := &Plan{One: &Func{Single: true, Graph: &ir.Graph{
		Outputs: []ir.Output{{Name: "y", Value: &ir.Value{Shape: ir.Shape{3, output}}}},
	}}}
	if c.Pkg != "" {
		p.One.Paragraphs = []Paragraph{{Steps: []Step{{Stmts: []Stmt{c}}}}}
	}
	has := Variants(0, func(pkg, name string) bool { return slices.Contains(elsewhere, pkg+"."+name) }, p)
	for _, pkg := range []string{"loss", "norm", "vec"} {
		if has("", pkg, longRows) {
			pkgs = append(pkgs, pkg)
		}
	}
	return pkgs
}

// TestOnlySizesOfRowsBringInLongRows has calls with a row of as many elements as a kernel gets at a time, with one more,
// and with other numbers that are larger.
func TestOnlySizesOfRowsBringInLongRows(t *testing.T) {
	const most, more = cpu.CallElements, Int(1 << 20)
	shape := func(queries, keys int) Arg {
		return attentionStruct(attention.Shape{TQ: queries, TK: keys, Heads: int(more), Dim: int(more), Causal: true})
	}
	for _, c := range []struct {
		callee string // more than one for calls of the same form
		args   func(row int) []Arg
		pkg    string
	}{
		{"vec.Softmax vec.SoftmaxGrad vec.LogSoftmax vec.LogSoftmaxGrad",
			func(row int) []Arg { return []Arg{more, Int(row)} }, "vec"},
		{"norm.LayerNorm norm.LayerNormGrad", func(row int) []Arg { return []Arg{more, Int(row)} }, "norm"},
		{"norm.RMSNorm norm.RMSNormGrad norm.UnitNorm norm.UnitNormGrad", // by vec.Dot
			func(row int) []Arg { return []Arg{more, Int(row)} }, "vec"},
		{"loss.CategoricalCrossEntropyLogits loss.KLDivergenceLogits", func(row int) []Arg { return []Arg{more, Int(row), Real(more)} }, "loss"},
		{"attention.Forward attention.Backward attention.Step",
			func(row int) []Arg { return []Arg{more, shape(int(more), row)} }, "vec"},
		{"attention.Steps", func(row int) []Arg { return []Arg{Taken{}, more, shape(int(more), row)} }, "vec"},
	} {
		for _, callee := range strings.Fields(c.callee) {
			pkg, name, _ := strings.Cut(callee, ".")
			f := Callee{Pkg: pkg, Name: name}
			if _, ok := longRowsOf[f]; !ok {
				t.Errorf("%s has no row of the table", callee)
			}
			if got := longPackages(Call{f, c.args(most)}, 1, "vec.Softmax"); got != nil {
				t.Errorf("%s of %d elements brings in the long rows of %v", callee, most, got)
			}
			if got := longPackages(Call{f, c.args(most + 1)}, 1); !slices.Equal(got, []string{c.pkg}) {
				t.Errorf("%s of %d elements brings in the long rows of %v, want %s", callee, most+1, got, c.pkg)
			}
		}
	}
	for _, other := range []Callee{{Pkg: "vec", Name: "AddRow"}, {Pkg: "vec", Name: "SumRows"}, {Pkg: "loss", Name: "Huber"}} {
		if got := longPackages(Call{other, []Arg{more, more}}, 1, "vec.Softmax"); got != nil {
			t.Errorf("%s, of no rows, brings in the long rows of %v", other.Name, got)
		}
	}
	// token.Draw has rows of the classes of an output.
	for classes, want := range map[int][]string{most: nil, most + 1: {"vec"}} {
		if got := longPackages(Call{}, classes, "vec.Softmax"); !slices.Equal(got, want) {
			t.Errorf("texts of %d tokens bring in the long rows of %v, want %v", classes, got, want)
		}
	}
	if got := longPackages(Call{}, most+1); got != nil {
		t.Errorf("an output of which no text is drawn brings in the long rows of %v", got)
	}
}

// TestKernelsOfRowsFollowAllTheirCallers has the kernels of a loss for the widths of two outputs, one of which comes to
// it by another loss.
func TestKernelsOfRowsFollowAllTheirCallers(t *testing.T) {
	of := func(name string, classes Int) *AddLoss {
		return &AddLoss{Loss: Call{Callee{Pkg: "loss", Name: name}, []Arg{Count(1), classes}}}
	}
	p := &Plan{One: &Func{Graph: &ir.Graph{}}, Gradient: &Func{Training: true, Paragraphs: []Paragraph{{Steps: []Step{{
		Stmts: []Stmt{of(crossEntropy, 4), of(divergence, 100)}}}}}}}
	has := Variants(32, func(pkg, name string) bool { return false }, p)
	for _, classes := range []int{4, 12, 100} {
		kernel := abi.CrossEntropyKernels[abi.RowWidth(classes)]
		if got := has("amd64", kernel, ""); got != (classes != 12) {
			t.Errorf("%s, for %d classes, is there: %t", kernel, classes, got)
		}
	}
}

// boundedRows tells why the rows of functions that come to longRows need no place in longRowsOf.
var boundedRows = map[string]string{
	"token.Draw":            "as long as an output: Variants looks at those",
	"fit.allSmall":          "parts of 1<<16 elements",
	"fit.squares":           "parts of cpu.CallElements",
	"sparse.weightsGeneric": "a tile of 64 examples",
}

// TestLongRowsOfIsWhole finds in the source of the runtime the functions that come to longRows, of each package: those
// that plans may call are those of the table, and what calls them from another package is there too, or bounds its rows.
func TestLongRowsOfIsWhole(t *testing.T) {
	uses, reaches := runtimeUses(t), map[string]map[string]bool{}
	for again := true; again; {
		again = false
		for name, of := range uses {
			if boundedRows[name] != "" {
				continue
			}
			for used := range of {
				pkgs := reaches[used]
				if pkg, ok := strings.CutSuffix(used, "."+longRows); ok {
					pkgs = map[string]bool{pkg: true}
				}
				for pkg := range pkgs {
					if reaches[name] == nil {
						reaches[name] = map[string]bool{}
					}
					again = again || !reaches[name][pkg]
					reaches[name][pkg] = true
				}
			}
		}
	}
	planned := map[Callee]bool{}
	for _, k := range Kernels() {
		for _, c := range k.Calls {
			for name := range uses {
				if pkg, fn, _ := strings.Cut(name, "."); pkg == c.Pkg && (fn == c.Name || c.Name == "" && ast.IsExported(fn)) {
					planned[Callee{Pkg: pkg, Name: fn}] = true
				}
			}
		}
	}
	found := 0
	for c := range planned {
		pkgs := slices.Sorted(maps.Keys(reaches[c.Pkg+"."+c.Name]))
		row, listed := longRowsOf[c]
		switch {
		case len(pkgs) > 0 && (!listed || !slices.Equal(pkgs, []string{row.pkg})):
			t.Errorf("%s.%s comes to the long rows of %v, which longRowsOf does not say", c.Pkg, c.Name, pkgs)
		case len(pkgs) == 0 && listed:
			t.Errorf("%s.%s is in longRowsOf, but comes to no long rows", c.Pkg, c.Name)
		case listed:
			found++
		}
	}
	if found != len(longRowsOf) {
		t.Errorf("%d of the %d functions of longRowsOf are called by plans", found, len(longRowsOf))
	}
	for name, pkgs := range reaches {
		pkg, fn, _ := strings.Cut(name, ".")
		if !pkgs[pkg] && !slices.ContainsFunc([]string{"attention", "norm"}, func(p string) bool { return p == pkg }) {
			t.Errorf("%s.%s comes to long rows of another package, and nothing says how long its rows are", pkg, fn)
		}
	}
	for name := range boundedRows {
		if uses[name] == nil {
			t.Errorf("there is no %s to excuse", name)
		}
	}
}

// runtimeUses returns the names, as pkg.Name, that each function and method of the packages of the runtime uses.
func runtimeUses(t *testing.T) map[string]map[string]bool {
	uses := map[string]map[string]bool{}
	err := fs.WalkDir(nnrt.Source, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go") || strings.HasPrefix(name, "tiny/") {
			return err
		}
		src, err := fs.ReadFile(nnrt.Source, name)
		if err != nil {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, src, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		imported, pkg := map[string]bool{}, path.Base(path.Dir(name))
		for _, s := range f.Imports {
			imported[path.Base(strings.Trim(s.Path.Value, `"`))] = true
		}
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Body == nil {
				continue
			}
			key := pkg + "." + fn.Name.Name
			if uses[key] == nil {
				uses[key] = map[string]bool{}
			}
			ast.Inspect(fn.Body, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.SelectorExpr:
					if x, ok := n.X.(*ast.Ident); ok && imported[x.Name] {
						uses[key][x.Name+"."+n.Sel.Name] = true
						return false
					}
				case *ast.Ident:
					uses[key][pkg+"."+n.Name] = true
				}
				return true
			})
		}
		return nil
	})
	if err != nil || len(uses) < 500 {
		t.Fatalf("%d functions were seen: %v", len(uses), err)
	}
	return uses
}
