package audit

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/printer"
	"go/token"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

// mutants calls f with changed copies of a Go file: of each call that has none, one, or one more of its arguments; of
// each list its elements likewise; of each function without a body, and with an empty one.
func mutants(t *testing.T, src []byte, f func(what string, src []byte)) {
	t.Helper()
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, "", src, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	shown := func(what string) {
		var b bytes.Buffer
		if err := printer.Fprint(&b, set, file); err != nil {
			t.Fatal(err)
		}
		f(what, b.Bytes())
	}
	lists := func(at ast.Node, list *[]ast.Expr) {
		kept := *list
		defer func() { *list = kept }()
		if len(kept) == 0 {
			return
		}
		for _, changed := range [][]ast.Expr{nil, kept[1:], kept[:len(kept)-1], slices.Concat(kept[:1], kept),
			slices.Concat([]ast.Expr{ast.NewIdent("nil")}, kept[1:])} {
			*list = changed
			shown(fmt.Sprintf("line %d: %s", set.Position(at.Pos()).Line, text(at)))
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			lists(n, &n.Args)
		case *ast.CompositeLit:
			lists(n, &n.Elts)
		case *ast.FuncDecl:
			body := n.Body
			for _, n.Body = range []*ast.BlockStmt{nil, {}} {
				shown(nameOf(n))
			}
			n.Body = body
		}
		return true
	})
}

// TestNothingMakesItPanic audits packages of which something was changed: calls and lists without their elements, with
// some, or with more, functions without a body, and what no list is short of. NNGEN_AUDIT=all tries each such change,
// else one of each thirty.
func TestNothingMakesItPanic(t *testing.T) {
	const small = "version: 1\nname: m\ntask: regression\n"
	count := 0
	for _, c := range []struct {
		spec    string
		changes []change
	}{
		{small + "inputs:\n  - {name: x, shape: [4, 4, 2]}\nlayers:\n  - conv2d: {name: c, filters: 3, kernel_size: 3}\n" +
			"  - batch_norm\n  - flatten\n  - dense: {name: h, units: 7, activation: elu, sparsity: {density: {density: 0.5, " +
			"seed: 2}}}\n" + "  - dropout: {rate: 0.5}\n  - output: {name: y}\noptimizer: {adam: {weight_decay: 0.03}}\n" +
			"training: {batch_size: 5, clip_norm: 3, clip_value: 0.5}\n", []change{
			{"mtrain/mtrain.go", "Batch = 5", "Batch = 0"},
			{"mtrain/mtrain.go", "Batch = 5", "Batch = Batch"},
			{"m.go", "w[0].Data", "load()"},
			{"m.go", "Shape: []int{", "Shape: int{"},
			{"m.go", "Shape: []int{3}", "Shape: 3"},
			{"m.go", "*Model {\n\tm :=", "*Model\n\nfunc un() {\n\tm :="},
		}},
		{small + "weights: float16\n" + series + "layers: [multi_head_attention: {name: a, num_heads: 1, key_dim: 3, " +
			"causal: true}, conv1d: {name: c, filters: 3, kernel_size: 2, padding: causal}, lstm: {name: l, units: 3}, " +
			"output: {units: 1}]\ntraining: {batch_size: 5}\n", nil},
		{small + "inputs:\n  - {name: x, shape: [6, 2]}\n  - {name: keep, shape: [6]}\nlayers: [gru: {name: a, units: 3, " +
			"from: [x, keep]}, output: {units: 1}]\ntraining: {batch_size: 5}\n", []change{
			{"step.go", "xKeep[0] > 0.5", "xKeep+xKeep[0] > 0.5"},
			{"step.go", "(s *State) Step", "() Step"},
		}},
	} {
		out := network(t, c.spec)
		files := maps.Clone(out.Files)
		run := func(name, what string, src []byte) {
			defer func() {
				if r := recover(); r != nil {
					t.Errorf("%s: %s: %v", name, what, r)
				}
			}()
			files[name] = src
			if r, err := Run(out.Net, files); err == nil && r == nil {
				t.Errorf("%s: %s: no report", name, what)
			}
		}
		for _, name := range slices.Sorted(maps.Keys(out.Files)) {
			src := out.Files[name]
			if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") || strings.Count(name, "/") > 1 ||
				strings.Contains(name, "/") && !strings.HasPrefix(name, "mtrain/") {
				continue
			}
			mutants(t, src, func(what string, src []byte) {
				if count++; count%30 == 0 || os.Getenv("NNGEN_AUDIT") == "all" {
					run(name, what, src)
				}
			})
			files[name] = src
		}
		for _, m := range c.changes {
			changed := strings.Replace(string(out.Files[m.file]), m.from, m.to, 1)
			if changed == string(out.Files[m.file]) {
				t.Fatalf("%s has no %q:\n%s", m.file, m.from, changed)
			}
			run(m.file, m.to, []byte(changed))
			files[m.file] = out.Files[m.file]
		}
	}
	if count < 1000 {
		t.Errorf("only %d changes", count)
	}
}
