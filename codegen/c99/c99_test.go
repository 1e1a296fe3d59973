package c99_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/nngen/nngen/codegen"
	"github.com/nngen/nngen/codegen/c99"
	"github.com/nngen/nngen/codegen/golden"
	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/codegen/plan"
	"github.com/nngen/nngen/spec"
)

// compile compiles a spec that must be fine.
func compile(t *testing.T, file string, src []byte, files fs.FS) *codegen.Output {
	t.Helper()
	s, problems := spec.Parse(file, src, op.Schema())
	if problems.Err() != nil {
		t.Fatalf("%v\n%s", problems, src)
	}
	out, problems := codegen.Compile(s, files, codegen.Options{ImportPath: "example.com/m", Runtime: "example.com/nnrt"})
	if problems.Err() != nil {
		t.Fatalf("%v\n%s", problems, src)
	}
	return out
}

// draw makes weights of a network up, of the size of initial ones.
func draw(out *codegen.Output, r *rand.Rand) map[string][]float32 {
	all := map[string][]float32{}
	for _, p := range out.Net.Params {
		rule := golden.Draw(p)
		x := make([]float32, p.Size())
		for i := range x {
			x[i] = float32(rule[0] + rule[1]*(2*r.Float64()-1))
			if p.Role == ir.Running {
				x[i] = r.Float32() + 0.5
			}
		}
		for i, v := range p.Values {
			x[i] = float32(v)
		}
		all[p.Name] = x
	}
	return all
}

// example makes an example up: tokens where a layer looks them up, 0 at some places, else numbers of some sizes.
func example(out *codegen.Output, r *rand.Rand) [][]float32 {
	var all [][]float32
	for _, in := range out.Net.Inputs {
		rows := 0
		for _, n := range out.Infer.Nodes {
			if n.Prim == ir.LookupPrim && rooted(n.Args[0], in.Name) {
				rows = n.Args[1].Shape[0]
			}
		}
		x := make([]float32, in.Shape.Size())
		for i := range x {
			switch x[i] = float32(r.NormFloat64() * math.Pow(4, float64(r.IntN(3)-1))); {
			case rows > 0:
				x[i] = float32(r.IntN(rows))
			case r.IntN(8) == 0:
				x[i] = 0
			}
		}
		all = append(all, x)
	}
	return all
}

// rooted tells whether a value is an input.
func rooted(v *ir.Value, input string) bool {
	for v.Of != nil {
		v = v.Of
	}
	return v.Def.Prim == ir.InputPrim && v.Def.Text("name") == input
}

// machine runs the calls of a plan by the runtime's functions.
type machine struct {
	plan    *plan.Plan
	slots   map[int][]float32
	params  map[string][]float32
	in, out [][]float32
	unknown map[string]bool
}

// run computes one example with the functions of the runtime.
func run(out *codegen.Output, weights map[string][]float32, x [][]float32) ([][]float32, map[string]bool) {
	var ins, outs []string
	m := &machine{slots: map[int][]float32{}, in: x, unknown: map[string]bool{}}
	for _, in := range out.Net.Inputs {
		ins = append(ins, in.Name)
	}
	for _, o := range out.Net.Outputs {
		outs = append(outs, o.Name)
		m.out = append(m.out, make([]float32, o.Layer.Shape.Size()))
	}
	m.plan = plan.Portable(out.Infer, ins, outs)
	for _, s := range m.plan.One.Graph.Slots {
		m.slots[s.ID] = make([]float32, s.Size)
	}
	m.params = c99.Folded(out.Infer, weights)
	m.plan.One.Visit(func(s plan.Stmt) {
		switch s := s.(type) {
		case plan.Call:
			m.call(s)
		case plan.Clear:
			clear(m.span(s.Dst.(plan.Span)))
		case plan.Copy:
			src, ok := s.Src.(plan.Span)
			if call, isCall := s.Src.(plan.Call); isCall {
				copy(m.span(s.Dst.(plan.Span)), m.call(call)[0].Interface().([]float32))
			} else if ok {
				copy(m.span(s.Dst.(plan.Span)), m.span(src))
			}
		case plan.Guarded:
			if m.span(s.Mask.(plan.Span))[0] > 0.5 {
				m.call(s.Call)
			}
		default:
			panic(fmt.Sprintf("%T", s))
		}
	})
	return m.out, m.unknown
}

func (m *machine) span(s plan.Span) []float32 {
	var x []float32
	switch s.Mem {
	case plan.Slot:
		x = m.slots[s.Slot.ID]
	case plan.Parameter:
		x = m.params[s.Param.Name]
	case plan.Input:
		x = m.in[s.Port]
	case plan.Output:
		x = m.out[s.Port]
	}
	if s.Len >= 0 {
		x = x[:s.Len]
	}
	return x[s.From:]
}

// call calls a function of the runtime.
func (m *machine) call(c plan.Call) []reflect.Value {
	f, ok := functions[c.Pkg+"."+c.Name]
	if !ok {
		m.unknown[c.Pkg+"."+c.Name] = true
		return []reflect.Value{reflect.ValueOf([]float32(nil))}
	}
	fn := reflect.ValueOf(f)
	var args []reflect.Value
	for i, a := range c.Args {
		args = append(args, m.arg(a, fn.Type().In(i)))
	}
	return fn.Call(args)
}

// arg returns an argument as a type wants it.
func (m *machine) arg(a plan.Arg, t reflect.Type) reflect.Value {
	v := reflect.New(t).Elem()
	switch a := a.(type) {
	case plan.Int:
		v.SetInt(int64(a))
	case plan.Real:
		v.SetFloat(float64(float32(a)))
	case plan.Flag:
		v.SetBool(bool(a))
	case plan.Nil:
	case plan.Name:
		v.SetInt(-1) // lookup.None
	case plan.Ints:
		v.Set(reflect.ValueOf([]int(a)))
	case plan.Span:
		v.Set(reflect.ValueOf(m.span(a)))
	case plan.Struct:
		for _, f := range a.Fields {
			v.FieldByName(f.Name).Set(m.arg(f.Arg, v.FieldByName(f.Name).Type()))
		}
	case plan.Var:
		v.Set(m.variable(a.Name))
	case plan.Epilogue:
		v.Set(reflect.ValueOf(m.epilogue(a)))
	default:
		panic(fmt.Sprintf("%T", a))
	}
	return v
}

// TestEveryKindHasTheBitsOfTheRuntime compiles the C of all cases of all kinds of layers, under sanitizers, and compares
// what it predicts with what the functions of the runtime give.
func TestEveryKindHasTheBitsOfTheRuntime(t *testing.T) {
	cc := compiler(t)
	for _, d := range op.All() {
		t.Run(d.Kind.Name, func(t *testing.T) {
			t.Parallel()
			var outs []*codegen.Output
			for i, c := range d.Cases {
				outs = append(outs, compile(t, "m.yaml", []byte(caseSpec(fmt.Sprint("m", i), d, c)), nil))
			}
			compare(t, cc, outs...)
		})
	}
}

// caseSpec returns the text of a network around a case of a kind.
func caseSpec(name string, d *op.Def, c op.Case) string {
	var b strings.Builder
	fmt.Fprintf(&b, "version: 1\nname: %s\ntask: regression\ninputs:\n", name)
	var from []string
	for j, s := range c.In {
		fmt.Fprintf(&b, "  - {name: in%d, shape: [%s]}\n", j, strings.Trim(strings.Join(strings.Fields(fmt.Sprint([]int(s))), ", "), "[]"))
		from = append(from, fmt.Sprintf("in%d", j))
	}
	from, fronts := c.Fronts(from)
	fmt.Fprintf(&b, "layers:\n%s  - %s: {%s}\n  - flatten\n  - output: {name: out, units: 2}\n", fronts, d.Kind.Name, c.Keys("it", from))
	return b.String()
}

// TestExamplesHaveTheBitsOfTheRuntime does the same for the networks of the examples.
func TestExamplesHaveTheBitsOfTheRuntime(t *testing.T) {
	cc := compiler(t)
	specs, err := filepath.Glob("../../generated/*/*.yaml")
	if err != nil || len(specs) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	for _, file := range specs {
		t.Run(filepath.Base(file), func(t *testing.T) {
			src, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			compare(t, cc, compile(t, file, src, os.DirFS(filepath.Dir(file))))
		})
	}
}

// compiler returns a C compiler.
func compiler(t *testing.T) string {
	t.Helper()
	for _, name := range []string{os.Getenv("CC"), "gcc", "cc", "clang"} {
		if p, err := exec.LookPath(name); name != "" && err == nil {
			return p
		}
	}
	t.Skip("no C compiler: set CC")
	return ""
}

// network is one of those that a test compares.
type network struct {
	out   *codegen.Output
	files *c99.Files
}

func (n *network) name() string { return n.out.Net.Spec.Name }

// compare predicts some examples of networks with C and with the runtime.
func compare(t *testing.T, cc string, outs ...*codegen.Output) {
	t.Helper()
	const examples = 3
	r := rand.New(rand.NewPCG(1, 2))
	var input bytes.Buffer
	var networks []network
	var want []float32
	for _, out := range outs {
		weights := draw(out, r)
		files, err := c99.Write(out.Net, out.Infer, weights, out.Net.Spec.Name+".h", "v0")
		if err != nil {
			t.Fatal(err)
		}
		networks = append(networks, network{out, files})
		for range examples {
			x := example(out, r)
			y, unknown := run(out, weights, x)
			if len(unknown) > 0 {
				t.Fatalf("functions of the runtime that this test does not know: %v", unknown)
			}
			for _, v := range x {
				binary.Write(&input, binary.LittleEndian, v)
			}
			for _, v := range y {
				want = append(want, v...)
			}
		}
	}
	got := predict(t, cc, networks, examples, &input, len(want), "-O0", "-fsanitize=undefined,address", "-fno-sanitize-recover")
	for i, v := range want {
		if math.Float32bits(v) != math.Float32bits(got[i]) && (v == v || got[i] == got[i]) {
			t.Fatalf("number %d of %d: C gives %v, Go %v", i, len(want), got[i], v)
		}
	}
}

// predict builds a program of the C of networks and of some lines that feed it, and runs it.
func predict(t *testing.T, cc string, networks []network, examples int, input io.Reader, n int, flags ...string) []float32 {
	t.Helper()
	dir := t.TempDir()
	put := func(name string, b []byte) {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	args := append([]string{"-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-o", "all"}, flags...)
	for _, w := range networks {
		put(w.name()+".c", w.files.Source)
		put(w.name()+".h", w.files.Header)
		args = append(args, w.name()+".c")
	}
	put("main.c", program(networks, examples))
	build := exec.Command(cc, append(args, "main.c", "-lm")...)
	build.Dir = dir
	if b, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, b)
	}
	c := exec.Command(filepath.Join(dir, "all"))
	c.Stdin = input
	var problems bytes.Buffer
	c.Stderr = &problems
	b, err := c.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, &problems)
	}
	got := make([]float32, n)
	if err := binary.Read(bytes.NewReader(b), binary.LittleEndian, got); err != nil {
		t.Fatalf("%d bytes for %d numbers: %v", len(b), n, err)
	}
	return got
}

// program returns the main function, which predicts some examples of each network, one after another.
func program(networks []network, examples int) []byte {
	var includes, body strings.Builder
	for _, w := range networks {
		var args, reads, writes []string
		fmt.Fprintf(&includes, "#include \"%s.h\"\n", w.name())
		fmt.Fprintf(&body, "\tfor (int i = 0; i < %d; i++) {\n", examples)
		if w.files.Workspace > 0 {
			fmt.Fprintf(&body, "\t\tstatic %s_Workspace a;\n", w.name())
			args = append(args, "&a")
		}
		for i, in := range w.out.Net.Inputs {
			fmt.Fprintf(&body, "\t\tstatic float x%d[%d];\n", i, in.Shape.Size())
			args = append(args, fmt.Sprintf("x%d", i))
			reads = append(reads, fmt.Sprintf("fread(x%d, sizeof x%[1]d, 1, stdin) != 1", i))
		}
		for i, o := range w.out.Net.Outputs {
			fmt.Fprintf(&body, "\t\tstatic float y%d[%d];\n", i, o.Layer.Shape.Size())
			args = append(args, fmt.Sprintf("y%d", i))
			writes = append(writes, fmt.Sprintf("\t\tfwrite(y%d, sizeof y%[1]d, 1, stdout);\n", i))
		}
		fmt.Fprintf(&body, "\t\tif (%s) {\n\t\t\treturn 1;\n\t\t}\n\t\t%s_predict(%s);\n%s\t}\n",
			strings.Join(reads, " || "), w.name(), strings.Join(args, ", "), strings.Join(writes, ""))
	}
	return fmt.Appendf(nil, "#include <stdio.h>\n%s\nint main(void) {\n%s\treturn 0;\n}\n", &includes, &body)
}
