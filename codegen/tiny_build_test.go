package codegen_test

import (
	"bytes"
	"context"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nngen/nngen/codegen"
	"github.com/nngen/nngen/codegen/bundle"
	"github.com/nngen/nngen/codegen/plan/plantest"
	"github.com/nngen/nngen/runtime"
	"github.com/nngen/nngen/runtime/safetensors"
	"github.com/nngen/nngen/spec"
)

// tinyModule is a module of tiny packages, one for each of some networks, with a program that prints the bits of what
// they predict.
type tinyModule struct {
	dir   string
	files map[string][]byte
	want  []float32 // what the program has to print
}

const tinyPath = "example.com/m"

// newTinyModule compiles networks, which share a copy of the runtime, with made-up weights.
func newTinyModule(t *testing.T, outs []*codegen.Output) *tinyModule {
	t.Helper()
	m := &tinyModule{dir: t.TempDir(), files: map[string][]byte{}}
	r := rand.New(rand.NewPCG(1, 2))
	var main program
	for i, out := range outs {
		name, weights, x := fmt.Sprintf("n%d", i), plantest.Draw(out, r), plantest.Example(out, r)
		want, unknown := plantest.Run(out, weights, x)
		o := codegen.Options{ImportPath: tinyPath + "/" + name, Runtime: tinyPath + "/rt", Weights: weights, Version: "v0"}
		at := name
		if out.Int8 != nil {
			numbers := plantest.Calibrate(t, out, weights, r)
			want, unknown = plantest.RunInt8(out, numbers, x)
			o.Int8, at = true, name+"/"+codegen.Int8Package(out.Net.Spec.Name)
			var err error
			o.Int8Weights, err = safetensors.Encode(map[string]string{"spec": out.Int8.Sum()}, out.Int8.Tensors(numbers))
			if err != nil {
				t.Fatal(err)
			}
		}
		if len(unknown) > 0 {
			t.Fatalf("functions of the runtime that this test does not know: %v", unknown)
		}
		m.want = append(m.want, slices.Concat(want...)...)
		s := *out.Net.Spec
		s.Generate = spec.Generate{Profile: spec.Tiny, Runtime: "copy", Stream: "auto"}
		tiny, problems := codegen.Compile(&s, os.DirFS(filepath.Dir(s.File)), o)
		if problems.Err() != nil {
			t.Fatal(problems)
		}
		for file, src := range tiny.Files {
			if !strings.HasSuffix(file, "_test.go") {
				m.files[name+"/"+file] = src
			}
		}
		main.network(name, at, out, x)
	}
	rt, err := bundle.Files(bundle.Config{Plain: true, Source: runtime.Source, From: codegen.RuntimePath,
		To: tinyPath + "/rt", Header: "// Copied."}, m.files)
	if err != nil {
		t.Fatal(err)
	}
	for file, src := range rt {
		m.files["rt/"+file] = src
	}
	all := maps.Clone(m.files)
	all["main.go"], all["go.mod"] = main.source(), []byte("module "+tinyPath+"\n\ngo 1.22\n")
	for file, src := range all {
		at := filepath.Join(m.dir, filepath.FromSlash(file))
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at, src, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return m
}

// program gathers the program of a tinyModule.
type program struct{ imports, body strings.Builder }

// network adds the prediction of one example, and the same step by step.
func (p *program) network(name, at string, out *codegen.Output, x [][]float32) {
	var args []string
	fmt.Fprintf(&p.imports, "\t%s %q\n", name, tinyPath+"/"+at)
	b := &p.body
	fmt.Fprintf(b, "\t{\n\t\tvar a %s.Workspace\n", name)
	for i := range x {
		fmt.Fprintf(b, "\t\tx%d := [...]float32{", i)
		for _, v := range x[i] {
			fmt.Fprintf(b, "f(%#x), ", math.Float32bits(v))
		}
		b.WriteString("}\n")
		args = append(args, fmt.Sprintf("&x%d", i))
	}
	for i, o := range out.Net.Outputs {
		fmt.Fprintf(b, "\t\tvar y%d [%d]float32\n", i, o.Layer.Shape.Size())
		args = append(args, fmt.Sprintf("&y%d", i))
	}
	fmt.Fprintf(b, "\t\ta.Predict(%s)\n", strings.Join(args, ", "))
	for i := range out.Net.Outputs {
		fmt.Fprintf(b, "\t\tshow(y%d[:])\n", i)
	}
	if out.Stream != nil && out.Int8 == nil {
		p.steps(name, out, x)
	}
	b.WriteString("\t}\n")
}

// steps adds steps, after each of which the outputs must be those of the prediction.
func (p *program) steps(name string, out *codegen.Output, x [][]float32) {
	b, steps := &p.body, out.Stream.Stream
	in, sizes := out.Plan.Step.Sizes()
	fmt.Fprintf(b, "\t\tvar s %s.State\n\t\tvar w %[1]s.StepWorkspace\n\t\tfor k := range %d {\n", name, steps)
	args := []string{"&w"}
	for i := range x {
		if len(x[i]) > in[i] {
			args = append(args, fmt.Sprintf("(*[%d]float32)(x%d[k*%[1]d:])", in[i], i))
		} else {
			args = append(args, fmt.Sprintf("&x%d", i))
		}
	}
	var checks strings.Builder
	for i, o := range out.Net.Outputs {
		fmt.Fprintf(b, "\t\t\tvar z%d [%d]float32\n", i, sizes[i])
		args = append(args, fmt.Sprintf("&z%d", i))
		if o.Layer.Shape.Size() > sizes[i] {
			fmt.Fprintf(&checks, "\t\t\tsame(z%d[:], y%[1]d[k*%[2]d:])\n", i, sizes[i])
		} else {
			fmt.Fprintf(&checks, "\t\t\tif k == %d {\n\t\t\t\tsame(z%d[:], y%[2]d[:])\n\t\t\t}\n", steps-1, i)
		}
	}
	fmt.Fprintf(b, "\t\t\ts.Step(%s)\n%s\t\t}\n", strings.Join(args, ", "), &checks)
}

func (p *program) source() []byte {
	return fmt.Appendf(nil, `package main

import (
	"math"
	"os"
	"strconv"

%s)

func f(u uint32) float32 { return math.Float32frombits(u) }

func show(y []float32) {
	for _, v := range y {
		os.Stdout.WriteString(strconv.FormatUint(uint64(math.Float32bits(v)), 16) + "\n")
	}
}

func same(z, y []float32) {
	for i, v := range z {
		if math.Float32bits(v) != math.Float32bits(y[i]) && (v == v || y[i] == y[i]) {
			panic("a step has other bits than the prediction")
		}
	}
}

func main() {
%s}
`, &p.imports, &p.body)
}

// build builds the program for a machine, and returns it with what the compiler says.
func (m *tinyModule) build(t *testing.T, flags []string, env ...string) (exe, said string) {
	t.Helper()
	exe = filepath.Join(m.dir, "all")
	c := exec.CommandContext(t.Context(), "go", slices.Concat([]string{"build", "-o", exe}, flags, []string{"."})...)
	c.Dir, c.Env = m.dir, append(os.Environ(), append(env, "CGO_ENABLED=0")...)
	b, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, b)
	}
	return exe, string(b)
}

// run runs the program, by an emulator if there is one, and compares.
func (m *tinyModule) run(t *testing.T, command ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, command[0], command[1:]...)
	var problems bytes.Buffer
	c.Stderr = &problems
	b, err := c.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, &problems)
	}
	var got []float32
	for _, line := range strings.Fields(string(b)) {
		u, err := strconv.ParseUint(line, 16, 32)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, math.Float32frombits(uint32(u)))
	}
	if i := differ(got, m.want); i >= 0 || len(got) != len(m.want) {
		t.Fatalf("of %d numbers, %d wanted, number %d differs", len(got), len(m.want), i)
	}
}

// TestTinyPackagesNeedNothing builds tiny packages of all examples, and of networks that remember, and runs them: they
// have the bits of the others. It holds what they promise: of the standard library math alone, no goroutines, maps,
// reflection, assembly, variables or functions that run at the start of a program, and nothing that escapes to the
// heap.
func TestTinyPackagesNeedNothing(t *testing.T) {
	m := newTinyModule(t, slices.Concat(plantest.ExamplesOf(t), plantest.Streams(t), int8s(t)))
	for file, src := range m.files {
		needsNothing(t, file, src)
	}
	exe, said := m.build(t, []string{"-gcflags=" + tinyPath + "/...=-m"})
	for line := range strings.Lines(said) {
		if strings.HasPrefix(line, "./main.go") || constantText.MatchString(line) {
			continue
		}
		if strings.Contains(line, "escapes to heap") || strings.Contains(line, "moved to heap") {
			t.Errorf("the compiler says: %s", line)
		}
	}
	if !strings.Contains(said, "does not escape") {
		t.Errorf("the compiler says nothing of what escapes:\n%s", said)
	}
	m.run(t, exe)
	started(t, exe)
}

// int8s returns networks of 8-bit integers.
func int8s(t *testing.T) (outs []*codegen.Output) {
	t.Helper()
	for i, text := range plantest.Int8Specs {
		outs = append(outs, plantest.Int8(t, i, text))
	}
	return outs
}

// constantText matches the text of a panic, which is constant: the compiler calls its conversion an escape, but has a
// value of read-only data for it. Long ones it cuts.
var constantText = regexp.MustCompile(`: "[^"]*("|\.\.\.) escapes to heap`)

// needsNothing reports what a tiny package may not have in a file.
func needsNothing(t *testing.T, file string, src []byte) {
	t.Helper()
	if !strings.HasSuffix(file, ".go") {
		t.Errorf("%s: not Go", file)
		return
	}
	f, err := parser.ParseFile(token.NewFileSet(), file, src, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range f.Imports {
		path, _ := strconv.Unquote(s.Path.Value)
		if path != "math" && path != "math/bits" && !strings.HasPrefix(path, tinyPath+"/") {
			t.Errorf("%s imports %s", file, path)
		}
	}
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.GenDecl:
			if d.Tok == token.VAR {
				t.Errorf("%s: a variable at package level: %v", file, d.Specs[0].(*ast.ValueSpec).Names)
			}
		case *ast.FuncDecl:
			if d.Body == nil || d.Recv == nil && d.Name.Name == "init" {
				t.Errorf("%s: %s is assembly, or runs at the start", file, d.Name.Name)
			}
		}
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt, *ast.DeferStmt, *ast.SelectStmt, *ast.MapType, *ast.ChanType, *ast.InterfaceType:
			t.Errorf("%s: a %T", file, n)
		case *ast.CallExpr:
			if id, ok := n.Fun.(*ast.Ident); ok && slices.Contains([]string{"make", "new", "append", "recover"}, id.Name) {
				t.Errorf("%s: a call of %s", file, id.Name)
			}
		}
		return true
	})
}

// started reports functions and data of tiny packages, in a program, that are no code and are not read-only.
func started(t *testing.T, exe string) {
	t.Helper()
	b, err := exec.Command("go", "tool", "nm", exe).Output()
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for line := range strings.Lines(string(b)) {
		fields := strings.Fields(line)
		kind, name := fields[len(fields)-2], fields[len(fields)-1]
		if !strings.HasPrefix(name, tinyPath+"/") {
			continue
		}
		found++
		if !strings.Contains("TtRr", kind) || strings.HasSuffix(name, ".init") || strings.HasSuffix(name, "inittask") {
			t.Errorf("a program has %s of kind %s", name, kind)
		}
	}
	if found == 0 {
		t.Error("a program has nothing of the packages")
	}
}

// elsewhere are machines that tests of tiny packages run on by emulation: without a unit for floating point, of other
// byte orders, with words of 32 bits.
var elsewhere = []struct{ name, env, emulator string }{
	{"arm5", "GOARCH=arm GOARM=5", "qemu-arm"},
	{"arm7", "GOARCH=arm GOARM=7", "qemu-arm"},
	{"mips", "GOARCH=mips GOMIPS=softfloat", "qemu-mips"},
	{"riscv64", "GOARCH=riscv64", "qemu-riscv64"},
}

// TestTinyPackagesHaveTheirBitsElsewhere runs tiny packages of some families on other machines, if NNGEN_ARCH is set.
func TestTinyPackagesHaveTheirBitsElsewhere(t *testing.T) {
	if os.Getenv("NNGEN_ARCH") == "" {
		t.Skip("builds the standard library for other machines: set NNGEN_ARCH")
	}
	m := newTinyModule(t, slices.Concat(plantest.ExamplesOf(t,
		"perceptron", "digits", "lenet_digits", "names_gru", "sunspots_lstm", "sparse"), int8s(t)))
	for _, e := range elsewhere {
		t.Run(e.name, func(t *testing.T) {
			if _, err := exec.LookPath(e.emulator); err != nil {
				t.Fatal(err)
			}
			exe, _ := m.build(t, nil, strings.Fields(e.env)...)
			m.run(t, e.emulator, exe)
		})
	}
}
