package plan_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/nngen/nngen/codegen"
	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/codegen/pass"
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

// TestGoldens runs each testdata/pass/pick_<case>.txtar: the graph `before` of a prediction, and the plan `want` of it
// once its values are placed. NNGEN_UPDATE=1 writes what Build gives.
func TestGoldens(t *testing.T) {
	files, err := filepath.Glob("../../testdata/pass/pick_*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no goldens: %v", err)
	}
	for _, file := range files {
		a, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		g, err := ir.Parse(string(a.Files[0].Data))
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		for _, p := range g.Params {
			p.Ident = spec.Ident(strings.ReplaceAll(p.Name, ".", "_"))
		}
		pass.Run(g, pass.Forward, pass.Options{})
		graphs := plan.Graphs{Infer: g}
		for _, n := range g.Nodes {
			if n.Prim == ir.InputPrim {
				graphs.Inputs = append(graphs.Inputs, n.Text("name"))
			}
		}
		for _, o := range g.Outputs {
			graphs.Outputs = append(graphs.Outputs, o.Name)
		}
		got := "\n" + plan.Build(graphs).String()
		if os.Getenv("NNGEN_UPDATE") != "" {
			a.Files = append(a.Files[:1], txtar.File{Name: "want", Data: []byte(strings.TrimPrefix(got, "\n"))})
			if err := os.WriteFile(file, txtar.Format(a), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if len(a.Files) < 2 {
			t.Fatalf("%s: no section want; run with NNGEN_UPDATE=1 and read what it writes", file)
		}
		if diff := cmp.Diff("\n"+string(a.Files[1].Data), got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", file, diff)
		}
	}
}

// bare returns Go text without spaces, and without the commas that end lines of their own.
func bare(src string) string {
	return strings.ReplaceAll(strings.Join(strings.Fields(src), ""), ",)", ")")
}

// TestRowsOfABatchFollowFromWeightsAndWorkspace compiles networks whose pieces the cache bounds, those whose weights
// are too many to be read again for each few examples, and one with a large table of which an example reads a row.
func TestRowsOfABatchFollowFromWeightsAndWorkspace(t *testing.T) {
	dense := func(units ...string) string {
		layers := ""
		for _, u := range units {
			layers += "  - dense: {units: " + u + ", activation: relu}\n"
		}
		return layers
	}
	const image = "input: {shape: [32, 32, 3]}\n"
	for _, c := range []struct {
		name, input, layers string
		want                int
	}{
		{"small", "input: {shape: [4]}\n", dense("16"), 256},
		{"wide", "input: {shape: [2048]}\n", dense("2048", "2048", "2048", "2048"), 128},
		{"middle", "input: {shape: [784]}\n", dense("512", "512"), 64},
		{"image", image, "  - conv2d: {filters: 64, kernel_size: 3, padding: same}\n  - flatten\n" + dense("32"), 8},
		{"table", "input: {shape: [64]}\n", "  - embedding: {input_dim: 100000, output_dim: 64}\n" +
			"  - flatten\n" + dense("8"), 8},
	} {
		t.Run(c.name, func(t *testing.T) {
			src := "version: 1\nname: net\ntask: regression\n" + c.input + "layers:\n" + c.layers +
				"  - output: {units: 1}\ngenerate: {train: false}\n"
			s, problems := spec.Parse("net.yaml", []byte(src), op.Schema())
			if problems.Err() != nil {
				t.Fatal(problems.Err())
			}
			out, problems := codegen.Compile(s, nil, codegen.Options{ImportPath: "example.com/net"})
			if problems.Err() != nil {
				t.Fatal(problems.Err())
			}
			if got := out.Plan.BatchRows; got != c.want {
				t.Errorf("%d rows, want %d", got, c.want)
			}
		})
	}
}

// TestConvolutionsOfManyImagesBringInAVX512 has a step of as many images as a convolution does much for, and of fewer:
// no product of the plan, which are of an image or less, does so.
func TestConvolutionsOfManyImagesBringInAVX512(t *testing.T) {
	src := "version: 1\nname: net\ntask: regression\ninput: {shape: [28, 28, 1]}\nlayers:\n" +
		"  - conv2d: {filters: 6, kernel_size: 5, padding: same}\n  - flatten\n  - output: {units: 1}\n" +
		"generate: {train: false}\n"
	s, problems := spec.Parse("net.yaml", []byte(src), op.Schema())
	if problems.Err() != nil {
		t.Fatal(problems.Err())
	}
	out, problems := codegen.Compile(s, nil, codegen.Options{ImportPath: "example.com/net"})
	if problems.Err() != nil {
		t.Fatal(problems.Err())
	}
	const image = 28 * 28 * 5 * 5 * 6
	enough := (1<<23 + image - 1) / image
	for rows, want := range map[int]bool{0: false, enough - 1: false, enough: true} {
		if got := plan.Wide(rows, image, out.Plan); got != want {
			t.Errorf("of %d images: %v, want %v", rows, got, want)
		}
	}
}

// TestKernelsAreMadeWhereTheyPay compiles a network by tables in which made kernels are faster or slower.
func TestKernelsAreMadeWhereTheyPay(t *testing.T) {
	const faster, slower = "1.5 1.1", "1.2 0.8"
	for _, c := range []struct {
		kernels, relu, tanh, activation string
		made                            bool
	}{
		{"auto", faster, slower, "relu", true},
		{"auto", slower, faster, "relu", false},
		{"auto", faster, slower, "tanh", false},
		{"auto", slower, faster, "tanh", true},
		{"made", slower, slower, "relu", true},
		{"library", faster, faster, "relu", false},
	} {
		plan.UseMeasurements(t, fmt.Sprintf("relu 4 %[1]s\nrelu 16 %[1]s\ntanh 4 %[2]s\ntanh 16 %[2]s\n", c.relu, c.tanh))
		s, problems := spec.Parse("net.yaml", fmt.Appendf(nil, `version: 1
name: net
input: {shape: [4]}
task: regression
layers:
  - dense: {units: 16, activation: %s}
  - output: {units: 3}
generate: {kernels: %s}
`, c.activation, c.kernels), op.Schema())
		if err := problems.Err(); err != nil {
			t.Fatal(err)
		}
		out, problems := codegen.Compile(s, nil, codegen.Options{ImportPath: "example.com/m"})
		if err := problems.Err(); err != nil {
			t.Fatal(err)
		}
		if made := out.Plan.Made != nil; made != c.made {
			t.Errorf("%+v: made is %t", c, made)
		}
	}
}

// TestAttentionOverManyKeysIsCut compiles attention over as many keys as a kernel gets at a time, and over more, with
// copies of the runtime.
func TestAttentionOverManyKeysIsCut(t *testing.T) {
	for keys, want := range map[int]bool{1 << 16: false, 70_000: true} {
		src := fmt.Sprintf("version: 1\nname: m\ntask: regression\ninputs: [{name: q, shape: [2, 3]}, "+
			"{name: k, shape: [%d, 3]}]\nlayers:\n  - multi_head_attention: {from: [q, k], num_heads: 1, key_dim: 2}\n"+
			"  - flatten\n  - output: {units: 1}\n", keys)
		s, problems := spec.Parse("m.yaml", []byte(src), op.Schema())
		if problems.Err() != nil {
			t.Fatal(problems.Err())
		}
		out, problems := codegen.Compile(s, os.DirFS("."), codegen.Options{ImportPath: "example.com/m"})
		if problems.Err() != nil {
			t.Fatal(problems.Err())
		}
		if got := strings.Contains(string(out.Files["internal/vec/vec.go"]), "func softmaxLong("); got != want {
			t.Errorf("the copy for %d keys has a softmax of long rows: %t", keys, got)
		}
	}
}
