package c99_test

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nngen/nngen/codegen"
	"github.com/nngen/nngen/codegen/c99"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/codegen/plan"
	"github.com/nngen/nngen/codegen/plan/plantest"
)

// TestEveryKindHasTheBitsOfTheRuntime compiles the C of all cases of all kinds of layers, under sanitizers, and
// compares what it predicts with what the functions of the runtime give.
func TestEveryKindHasTheBitsOfTheRuntime(t *testing.T) {
	cc := compiler(t)
	for _, d := range op.All() {
		t.Run(d.Kind.Name, func(t *testing.T) {
			t.Parallel()
			var outs []*codegen.Output
			for i, c := range d.Cases {
				outs = append(outs, plantest.Compile(t, "m.yaml", []byte(plantest.CaseSpec(fmt.Sprint("m", i), d, c)), nil))
			}
			compare(t, predicted(t, outs...), cc, append(sanitized, "-std=c99"))
		})
	}
}

// TestRandomChainsHaveTheBitsOfTheRuntime does the same for networks of layers one behind the other, of any kinds whose
// shapes fit.
func TestRandomChainsHaveTheBitsOfTheRuntime(t *testing.T) {
	cc, chains := compiler(t), 12
	if testing.Short() {
		chains = 2
	}
	var outs []*codegen.Output
	for i := range chains {
		src := strings.Replace(plantest.ChainSpec(1, i, "{task: regression, units: 3}", "{task: binary}",
			"{task: multiclass, units: 4}"), "name: m\n", fmt.Sprintf("name: m%d\n", i), 1)
		outs = append(outs, plantest.Compile(t, "m.yaml", []byte(src), nil))
	}
	compare(t, predicted(t, outs...), cc, append(sanitized, "-std=c99"))
}

// TestRandomNetworksHaveTheBitsOfTheRuntime does the same for networks whose layers branch and join, share parameters
// and masks, and have several inputs and outputs; NNGEN_CASES says how many.
func TestRandomNetworksHaveTheBitsOfTheRuntime(t *testing.T) {
	cc, networks := compiler(t), plantest.Networks
	if testing.Short() {
		networks = 2
	}
	if n, err := strconv.Atoi(os.Getenv("NNGEN_CASES")); err == nil {
		networks = n
	}
	var outs []*codegen.Output
	for i := range networks {
		src := strings.Replace(plantest.NetworkSpec(1, i, []string{"sgd"}, []string{"{task: regression, units: 3}",
			"{task: binary}", "{task: multiclass, units: 4}", "{quantiles: [0.1, 0.9], units: 2}",
			"{task: multiclass, units: 4, calibrate: temperature, reject: 0.7}"}),
			"name: m\n", fmt.Sprintf("name: m%d\n", i), 1)
		outs = append(outs, plantest.Compile(t, "m.yaml", []byte(src), nil))
	}
	compare(t, predicted(t, outs...), cc, append(sanitized, "-std=c99"))
}

// TestExamplesHaveTheBitsOfTheRuntime does the same for the networks of the examples.
func TestExamplesHaveTheBitsOfTheRuntime(t *testing.T) {
	cc := compiler(t)
	compare(t, predicted(t, plantest.ExamplesOf(t)...), cc, append(sanitized, "-std=c99"))
}

// TestLongAttentionHasTheBitsOfTheRuntime has more weights than attention makes at a time, with and without a mask, and
// so works through several blocks of queries.
func TestLongAttentionHasTheBitsOfTheRuntime(t *testing.T) {
	cc := compiler(t)
	compare(t, predicted(t, plantest.LongAttention(t)...), cc, append(sanitized, "-std=c99"))
}

// TestSwitchesThatChangeBitsAreRefused compiles with floats that a compiler may reorder, or keeps in wider registers.
func TestSwitchesThatChangeBitsAreRefused(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skip("the switches are those of amd64")
	}
	want(t, "gcc")
	n := predicted(t, plantest.ExamplesOf(t, "xor")...)[0]
	dir := t.TempDir()
	for name, b := range map[string][]byte{n.name() + ".c": n.files.Source, n.name() + ".h": n.files.Header} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for flag, wrong := range map[string]bool{"-O2": false, "-ffast-math": true, "-mfpmath=387": true} {
		c := exec.Command("gcc", flag, "-fsyntax-only", n.name()+".c")
		c.Dir = dir
		if b, err := c.CombinedOutput(); wrong != strings.Contains(string(b), "other bits come of it") ||
			wrong != (err != nil) {
			t.Errorf("%s: %v\n%s", flag, err, b)
		}
	}
}

// TestCompilersAgree builds networks of each family by the compilers that there are, with flags that let them fuse and
// vectorise what the file does not forbid, and for microcontrollers with and without a floating-point unit.
func TestCompilersAgree(t *testing.T) {
	families := []string{"digits", "lenet_digits", "names_gru", "sunspots_lstm", "names_transformer", "sparse"}
	networks := append(predicted(t, plantest.ExamplesOf(t, families...)...), int8Networks(t)...)
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
	int8    bool // whether it is that of 8-bit integers
	files   *c99.Files
	x, want [][][]float32 // of each example the inputs, and the outputs
}

// examples is the number of examples of each network.
const examples = 3

// predicted returns networks with made-up weights and what the runtime predicts.
func predicted(t *testing.T, outs ...*codegen.Output) []network {
	t.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	var all []network
	for _, out := range outs {
		weights := plantest.Draw(out, r)
		files, err := c99.Write(c99.Network{Net: out.Net, Name: out.Net.Spec.Name, Infer: out.Infer, Step: out.Stream,
			Weights: c99.Floats(weights)}, "v0")
		if err != nil {
			t.Fatal(err)
		}
		n := network{out: out, files: files}
		for range examples {
			x := plantest.Example(out, r)
			y, unknown := plantest.Run(out, weights, x)
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
	ins, outs := plantest.Ports(n.out)
	in, out := plan.Portable(n.out.Infer, n.out.Stream, nil, ins, outs).Step.Sizes()
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
		fmt.Fprintf(b,
			"\t\t\tif (%s && memcmp(z%d, y%[2]d + %s, sizeof z%[2]d) != 0) {\n\t\t\t\tprintf(\"step_%%d_differs\\n\", k);\n"+
				"\t\t\t}\n", when, i, at)
	}
	b.WriteString("\t\t}\n")
}

// TestStepsHaveTheBitsOfPredictions runs networks of all kinds that carry something step by step.
func TestStepsHaveTheBitsOfPredictions(t *testing.T) {
	cc := compiler(t)
	outs := plantest.Streams(t)
	compare(t, predicted(t, append(outs, plantest.ExamplesOf(t, "names_gru", "sunspots_lstm")...)...), cc,
		append(sanitized, "-std=c99"))
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
		if n.out.Stream != nil && !n.int8 {
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
