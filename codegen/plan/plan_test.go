package plan_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nngen/nngen/codegen"
	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/codegen/plan"
	"github.com/nngen/nngen/spec"
)

// TestEachPrimitiveHasAKernel names the primitives that no row does.
func TestEachPrimitiveHasAKernel(t *testing.T) {
	has := map[*ir.Prim]bool{}
	for _, k := range plan.Kernels() {
		has[k.Prim] = true
	}
	for _, p := range ir.Prims() {
		if !has[p] {
			t.Errorf("no kernel row does %s", p.Name)
		}
	}
}

// TestExamplesHavePlans builds the plan of each example, and finds each of its statements in the emitted code.
func TestExamplesHavePlans(t *testing.T) {
	files, err := filepath.Glob("../../generated/*/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			src, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			s, problems := spec.Parse(file, src, op.Schema())
			if problems.Err() != nil {
				t.Fatal(problems.Err())
			}
			out, problems := codegen.Compile(s, os.DirFS(filepath.Dir(file)), codegen.Options{ImportPath: "example.com/m"})
			if problems.Err() != nil {
				t.Fatal(problems.Err())
			}
			p := out.Plan
			if len(p.One.Paragraphs) == 0 || len(p.Batch.Paragraphs) == 0 {
				t.Error("nothing predicts")
			}
			if len(out.Net.Inputs) > 1 || len(out.Net.Outputs) > 1 {
				return // arrays are named after ports
			}
			emitted := ""
			for name, src := range out.Files {
				if !strings.HasPrefix(name, "internal/") && !strings.HasSuffix(name, "_test.go") {
					emitted += bare(string(src))
				}
			}
			for _, f := range []*plan.Func{p.One, p.Batch, p.Step, p.Gradient, p.Evaluate} {
				if f == nil {
					continue
				}
				f.Visit(func(s plan.Stmt) {
					want := bare(f.Text(s)) // the inference package is called model where another package has its name
					named := strings.ReplaceAll(want, "&model.", "&"+out.Net.Spec.Name+".")
					if !strings.Contains(emitted, want) && !strings.Contains(emitted, named) {
						t.Errorf("%s: no statement\n%s", f.Name, f.Text(s))
					}
				})
			}
		})
	}
}

// bare returns Go text without spaces, and without the commas that end lines of their own.
func bare(src string) string {
	return strings.ReplaceAll(strings.Join(strings.Fields(src), ""), ",)", ")")
}
