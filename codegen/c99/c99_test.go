package c99_test

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

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
	ins, outs := ports(out)
	m := &machine{slots: map[int][]float32{}, in: x, unknown: map[string]bool{}}
	for _, o := range out.Net.Outputs {
		m.out = append(m.out, make([]float32, o.Layer.Shape.Size()))
	}
	m.plan = plan.Portable(out.Infer, nil, ins, outs)
	for _, s := range m.plan.One.Graph.Slots {
		m.slots[s.ID] = make([]float32, s.Size)
	}
	m.params = plan.Folded(out.Infer, weights)
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
			compare(t, predicted(t, outs...), cc, append(sanitized, "-std=c99"))
		})
	}
}

// caseSpec returns the text of a network around a case of a kind.
func caseSpec(name string, d *op.Def, c op.Case) string {
	var b strings.Builder
	fmt.Fprintf(&b, "version: 1\nname: %s\ntask: regression\ninputs:\n", name)
	var from []string
	for j, s := range c.In {
		fmt.Fprintf(&b, "  - {name: in%d, shape: %s}\n", j, strings.Join(strings.Fields(fmt.Sprint([]int(s))), ", "))
		from = append(from, fmt.Sprintf("in%d", j))
	}
	from, fronts := c.Fronts(from)
	fmt.Fprintf(&b, "layers:\n%s  - %s: {%s}\n  - flatten\n  - output: {name: out, units: 2}\n",
		fronts, d.Kind.Name, c.Keys("it", from))
	return b.String()
}

// examplesOf compiles the networks of some examples, of all without names.
func examplesOf(t *testing.T, names ...string) (all []*codegen.Output) {
	t.Helper()
	specs, err := filepath.Glob("../../generated/*/*.yaml")
	if err != nil || len(specs) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	for _, file := range specs {
		if len(names) > 0 && !slices.Contains(names, strings.TrimSuffix(filepath.Base(file), ".yaml")) {
			continue
		}
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, compile(t, file, src, os.DirFS(filepath.Dir(file))))
	}
	return all
}

// TestExamplesHaveTheBitsOfTheRuntime does the same for the networks of the examples.
func TestExamplesHaveTheBitsOfTheRuntime(t *testing.T) {
	cc := compiler(t)
	compare(t, predicted(t, examplesOf(t)...), cc, append(sanitized, "-std=c99"))
}

// TestLongAttentionHasTheBitsOfTheRuntime has more weights than attention makes at a time, with and without a mask, and
// so works through several blocks of queries.
func TestLongAttentionHasTheBitsOfTheRuntime(t *testing.T) {
	cc := compiler(t)
	var outs []*codegen.Output
	for i, layers := range []string{
		"input: {shape: [160, 4]}\nlayers: [multi_head_attention: {num_heads: 2, causal: true}, flatten, output: {units: 1}]",
		"inputs: [{name: x, shape: [160, 4]}, {name: keep, shape: [160]}]\n" +
			"layers: [multi_head_attention: {num_heads: 2, from: [x, keep]}, flatten, output: {units: 1}]",
	} {
		outs = append(outs, compile(t, "m.yaml", fmt.Appendf(nil, "version: 1\nname: m%d\ntask: regression\n%s\n", i, layers), nil))
	}
	compare(t, predicted(t, outs...), cc, append(sanitized, "-std=c99"))
}

// TestSwitchesThatChangeBitsAreRefused compiles with floats that a compiler may reorder, or keeps in wider registers.
func TestSwitchesThatChangeBitsAreRefused(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skip("the switches are those of amd64")
	}
	want(t, "gcc")
	n := predicted(t, examplesOf(t, "xor")...)[0]
	dir := t.TempDir()
	for name, b := range map[string][]byte{n.name() + ".c": n.files.Source, n.name() + ".h": n.files.Header} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for flag, wrong := range map[string]bool{"-O2": false, "-ffast-math": true, "-mfpmath=387": true} {
		c := exec.Command("gcc", flag, "-fsyntax-only", n.name()+".c")
		c.Dir = dir
		if b, err := c.CombinedOutput(); wrong != strings.Contains(string(b), "other bits come of it") || wrong != (err != nil) {
			t.Errorf("%s: %v\n%s", flag, err, b)
		}
	}
}

// TestCompilersAgree builds networks of each family by the compilers that there are, with flags that let them fuse and
// vectorise what the file does not forbid, and for microcontrollers with and without a floating-point unit.
func TestCompilersAgree(t *testing.T) {
	families := []string{"digits", "lenet_digits", "names_gru", "sunspots_lstm", "names_transformer", "sparse"}
	networks := predicted(t, examplesOf(t, families...)...)
	for _, cc := range []string{"gcc", "clang"} {
		for _, flags := range [][]string{{"-O3", "-std=gnu11"}, {"-Os", "-std=c99"}, {"-O3", "-std=gnu11", "-march=native"}} {
			t.Run(strings.Join(append([]string{cc}, flags...), " "), func(t *testing.T) {
				want(t, cc)
				compare(t, networks, cc, flags)
			})
		}
	}
	for _, m := range []struct{ board, cpu, float string }{
		{"mps2-an386", "cortex-m4", "-mfloat-abi=hard -mfpu=fpv4-sp-d16"}, {"mps2-an385", "cortex-m3", "-mfloat-abi=soft"},
	} {
		t.Run(m.cpu, func(t *testing.T) {
			want(t, "arm-none-eabi-gcc", "qemu-system-arm")
			start, err := filepath.Abs("testdata/cortex_m.c")
			if err != nil {
				t.Fatal(err)
			}
			flags := append(strings.Fields(m.float), "-O2", "-std=c99", "-mthumb", "-mcpu="+m.cpu, "--specs=rdimon.specs",
				"-nostartfiles", "-T", strings.TrimSuffix(start, ".c")+".ld", start)
			compare(t, networks, "arm-none-eabi-gcc", flags, "qemu-system-arm", "-M", m.board, "-nographic", "-monitor", "none",
				"-serial", "none", "-semihosting", "-kernel")
		})
	}
}

// want skips a test without some programs, unless NNGEN_C says that they must be there.
func want(t *testing.T, programs ...string) {
	t.Helper()
	for _, name := range programs {
		if _, err := exec.LookPath(name); err != nil {
			if os.Getenv("NNGEN_C") != "" {
				t.Fatal(err)
			}
			t.Skip(err)
		}
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

// network is one of those that a test compares, with examples and what the runtime predicts for them.
type network struct {
	out     *codegen.Output
	files   *c99.Files
	x, want [][][]float32 // of each example the inputs, and the outputs
}

func (n *network) name() string { return n.out.Net.Spec.Name }

// examples is the number of examples of each network.
const examples = 3

// predicted returns networks with made-up weights and what the runtime predicts.
func predicted(t *testing.T, outs ...*codegen.Output) []network {
	t.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	var all []network
	for _, out := range outs {
		weights := draw(out, r)
		files, err := c99.Write(out.Net, out.Infer, out.Stream, weights, out.Net.Spec.Name+".h", "v0")
		if err != nil {
			t.Fatal(err)
		}
		n := network{out: out, files: files}
		for range examples {
			x := example(out, r)
			y, unknown := run(out, weights, x)
			if len(unknown) > 0 {
				t.Fatalf("functions of the runtime that this test does not know: %v", unknown)
			}
			n.x, n.want = append(n.x, x), append(n.want, y)
		}
		all = append(all, n)
	}
	return all
}

// sanitized are the flags of a compiler that finds undefined behaviour and accesses beyond arrays.
var sanitized = []string{"-O0", "-fsanitize=undefined,address", "-fno-sanitize-recover"}

// compare predicts the examples of networks with C: built by a command with some flags, run by another.
func compare(t *testing.T, networks []network, cc string, flags []string, runner ...string) {
	t.Helper()
	dir := t.TempDir()
	put := func(name string, b []byte) {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	args := append([]string{"-Wall", "-Wextra", "-Wpedantic", "-Werror", "-o", "all"}, flags...)
	for _, n := range networks {
		put(n.name()+".c", n.files.Source)
		put(n.name()+".h", n.files.Header)
		args = append(args, n.name()+".c")
	}
	put("main.c", program(networks))
	build := exec.Command(cc, append(args, "main.c", "-lm")...)
	build.Dir = dir
	if b, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, b)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, filepath.Join(dir, "all"))
	if len(runner) > 0 {
		c = exec.CommandContext(ctx, runner[0], append(runner[1:], filepath.Join(dir, "all"))...)
	}
	var problems bytes.Buffer
	c.Stderr = &problems
	b, err := c.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, &problems)
	}
	lines := strings.Fields(string(b))
	for _, n := range networks {
		for i, y := range n.want {
			for _, v := range slices.Concat(y...) {
				if len(lines) == 0 {
					t.Fatalf("%s: too few predictions", n.name())
				}
				bits, err := strconv.ParseUint(lines[0], 16, 32)
				if err != nil {
					t.Fatal(err)
				}
				if got := math.Float32frombits(uint32(bits)); uint32(bits) != math.Float32bits(v) && (got == got || v == v) {
					t.Fatalf("%s: example %d: C gives %v, Go %v", n.name(), i, got, v)
				}
				lines = lines[1:]
			}
		}
	}
	if len(lines) > 0 {
		t.Errorf("%d predictions too many", len(lines))
	}
}

// steps feeds an example step by step, and prints a word where the outputs are not those of the prediction.
func (n *network) steps(b *strings.Builder) {
	ins, outs := ports(n.out)
	in, out := plan.Portable(n.out.Infer, n.out.Stream, ins, outs).Step.Sizes()
	fmt.Fprintf(b, "\t\t%s_State s = {0};\n", n.name())
	args := []string{"&s"}
	if n.files.StepWorkspace > 0 {
		fmt.Fprintf(b, "\t\tstatic %s_StepWorkspace sa;\n", n.name())
		args = append(args, "&sa")
	}
	for i, x := range n.x[0] {
		if len(x) == in[i] {
			args = append(args, fmt.Sprintf("x%d", i))
		} else {
			args = append(args, fmt.Sprintf("x%d + k * %d", i, in[i]))
		}
	}
	for i := range outs {
		fmt.Fprintf(b, "\t\tstatic float z%d[%d];\n", i, out[i])
		args = append(args, fmt.Sprintf("z%d", i))
	}
	steps := n.out.Stream.Stream
	fmt.Fprintf(b, "\t\tfor (int k = 0; k < %d; k++) {\n\t\t\t%s_step(%s);\n", steps, n.name(), strings.Join(args, ", "))
	for i, y := range n.want[0] {
		at, when := "0", fmt.Sprintf("k == %d", steps-1)
		if len(y) == steps*out[i] {
			at, when = fmt.Sprintf("k * %d", out[i]), "1"
		}
		fmt.Fprintf(b, "\t\t\tif (%s && memcmp(z%d, y%[2]d + %s, sizeof z%[2]d) != 0) {\n\t\t\t\tprintf(\"step_%%d_differs\\n\", k);\n\t\t\t}\n", when, i, at)
	}
	b.WriteString("\t\t}\n")
}

// ports returns the names of inputs and outputs.
func ports(out *codegen.Output) (ins, outs []string) {
	for _, in := range out.Net.Inputs {
		ins = append(ins, in.Name)
	}
	for _, o := range out.Net.Outputs {
		outs = append(outs, o.Name)
	}
	return ins, outs
}

// TestStepsHaveTheBitsOfPredictions runs networks of all kinds that carry something step by step.
func TestStepsHaveTheBitsOfPredictions(t *testing.T) {
	cc := compiler(t)
	const series, tokens = "input: {shape: [6, 2]}\n", "input: {shape: [6]}\n"
	const masked = "inputs: [{name: x, shape: [6, 2]}, {name: keep, shape: [6]}]\n"
	var outs []*codegen.Output
	for i, layers := range []string{
		series + "layers: [lstm: {units: 3}, output: {units: 1}]",
		series + "layers: [gru: {units: 3, reset_after: false}, output: {units: 1}]",
		series + "layers: [gru: {units: 3, return_sequences: true}, dropout: {rate: 0.5}, simple_rnn: {units: 2}, output: {units: 2}]",
		series + "layers: [gru: {units: 3, return_sequences: true}, output: {units: 1}]",
		series + "layers: [conv1d: {filters: 3, kernel_size: 2, padding: causal, dilation_rate: 3}, output: {units: 1}]",
		series + "layers: [dense: {name: a, units: 3}, gru: {name: b, units: 3, return_sequences: true}, add: {from: [a, b]}, " +
			"layer_norm, output: {units: 1}]",
		tokens + "layers: [embedding: {input_dim: 9, output_dim: 2}, positional_encoding, gru: {units: 3}, output: {units: 1}]",
		masked + "layers: [lstm: {name: a, units: 3, from: [x, keep]}, output: {units: 1}]",
		tokens + "layers: [padding_mask: {name: keep}, embedding: {name: e, input_dim: 9, output_dim: 2, from: x}, " +
			"gru: {name: a, units: 3, from: [e, keep]}, output: {units: 1}]",
	} {
		out := compile(t, "m.yaml", fmt.Appendf(nil, "version: 1\nname: m%d\ntask: regression\n%s\n", i, layers), nil)
		if out.Stream == nil {
			t.Fatalf("%s: no stream", layers)
		}
		outs = append(outs, out)
	}
	compare(t, predicted(t, append(outs, examplesOf(t, "names_gru", "sunspots_lstm")...)...), cc, append(sanitized, "-std=c99"))
}

// program returns the main function, which prints the bits of the predictions of each network, one after another.
func program(networks []network) []byte {
	var head, body strings.Builder
	for k, n := range networks {
		fmt.Fprintf(&head, "#include \"%s.h\"\n", n.name())
		fmt.Fprintf(&body, "\tfor (int i = 0; i < %d; i++) {\n", examples)
		var args []string
		if n.files.Workspace > 0 {
			fmt.Fprintf(&body, "\t\tstatic %s_Workspace a;\n", n.name())
			args = append(args, "&a")
		}
		for i := range n.out.Net.Inputs {
			fmt.Fprintf(&head, "static const uint32_t in%d_%d[%d][%d] = {", k, i, examples, len(n.x[0][i]))
			for _, x := range n.x {
				head.WriteString("{")
				for _, v := range x[i] {
					fmt.Fprintf(&head, "%#x,", math.Float32bits(v))
				}
				head.WriteString("},\n")
			}
			head.WriteString("};\n")
			fmt.Fprintf(&body, "\t\tstatic float x%d[%d];\n\t\tmemcpy(x%[1]d, in%[3]d_%[1]d[i], sizeof x%[1]d);\n",
				i, len(n.x[0][i]), k)
			args = append(args, fmt.Sprintf("x%d", i))
		}
		for i, y := range n.want[0] {
			fmt.Fprintf(&body, "\t\tstatic float y%d[%d];\n", i, len(y))
			args = append(args, fmt.Sprintf("y%d", i))
		}
		fmt.Fprintf(&body, "\t\t%s_predict(%s);\n", n.name(), strings.Join(args, ", "))
		for i, y := range n.want[0] {
			fmt.Fprintf(&body, "\t\tprint(y%d, %d);\n", i, len(y))
		}
		if n.out.Stream != nil {
			n.steps(&body)
		}
		body.WriteString("\t}\n")
	}
	return fmt.Appendf(nil, `#include <stdint.h>
#include <stdio.h>
#include <string.h>
%s
static void print(const float *y, int n) {
	for (int i = 0; i < n; i++) {
		uint32_t u;
		memcpy(&u, y + i, sizeof u);
		printf("%%08lx\n", (unsigned long)u);
	}
}

int main(void) {
%s	return 0;
}
`, &head, &body)
}
