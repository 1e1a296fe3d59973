package c99_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nngen/nngen/codegen"
	"github.com/nngen/nngen/codegen/c99"
	"github.com/nngen/nngen/codegen/plan/plantest"
)

// int8Networks returns networks in 8-bit integers with what the runtime predicts.
func int8Networks(t *testing.T) (all []network) {
	t.Helper()
	r := rand.New(rand.NewPCG(3, 4))
	for i, text := range plantest.Int8Specs {
		out := plantest.Int8(t, i, text)
		weights := plantest.Draw(out, r)
		numbers := plantest.Calibrate(t, out, weights, r)
		arrays := c99.Floats(nil)
		for q, a := range numbers {
			arrays[q.Name] = a
		}
		n := network{out: out, int8: true}
		var err error
		n.files, err = c99.Write(c99.Network{Net: out.Net, Name: n.name(), Infer: out.Int8Infer, Weights: arrays}, "v0")
		if err != nil {
			t.Fatal(err)
		}
		for range examples {
			x := plantest.Example(out, r)
			y, unknown := plantest.RunInt8(out, numbers, x)
			if len(unknown) > 0 {
				t.Fatalf("functions of the runtime that this test does not know: %v", unknown)
			}
			n.x, n.want = append(n.x, x), append(n.want, y)
		}
		all = append(all, n)
	}
	return all
}

// name is that of the files and of all that others see.
func (n *network) name() string {
	if n.int8 {
		return codegen.Int8Package(n.out.Net.Spec.Name)
	}
	return n.out.Net.Spec.Name
}

// TestNetworksOfIntegersHaveTheBitsOfTheRuntime compares networks of 8-bit integers, under sanitizers.
func TestNetworksOfIntegersHaveTheBitsOfTheRuntime(t *testing.T) {
	compare(t, int8Networks(t), compiler(t), append(sanitized, "-std=c99"))
}

// TestWholeNumbersHaveTheBitsOfTheRuntime predicts from int8 numbers to int8 numbers, under sanitizers, and compares
// with the runtime; and compares the classes and the numbers of bytes.
func TestWholeNumbersHaveTheBitsOfTheRuntime(t *testing.T) {
	cc, dir := compiler(t), t.TempDir()
	r := rand.New(rand.NewPCG(5, 6))
	var includes, body strings.Builder
	args := append([]string{"-Wall", "-Wextra", "-Wpedantic", "-Werror", "-o", "all", "-std=c99"}, sanitized...)
	put := func(name string, b []byte) {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	numbers := func(x []int8) string { return strings.Trim(strings.Join(strings.Fields(fmt.Sprint(x)), ","), "[]") }
	for i, text := range plantest.Int8Specs {
		if strings.Contains(text, "remember") || strings.Contains(text, "tokens") {
			continue // which are in float32
		}
		out := plantest.Compile(t, "m.yaml", fmt.Appendf(nil, "version: 1\nname: w%d\n%squantize: {io: int8}\n", i, text),
			nil)
		all := plantest.Calibrate(t, out, plantest.Draw(out, r), r)
		arrays := c99.Floats(nil)
		for q, a := range all {
			arrays[q.Name] = a
		}
		borders := out.Borders(all)
		name := out.Net.Spec.Name
		files, err := c99.Write(c99.Network{Net: out.Net, Name: name, Infer: out.Int8Infer, Core: out.Int8Core,
			Borders: &borders,
			Weights: arrays}, "v0")
		if err != nil {
			t.Fatal(err)
		}
		put(name+".c", files.Source)
		put(name+".h", files.Header)
		args = append(args, name+".c")
		fmt.Fprintf(&includes, "#include \"%s.h\"\n", name)
		for range examples {
			x := make([]int8, out.Net.Inputs[0].Shape.Size())
			for j := range x {
				x[j] = int8(r.IntN(256) - 128)
			}
			y, _ := plantest.Whole(out, all, [][]int8{x}, false)
			fmt.Fprintf(&body, "\t{\n\t\tconst int8_t x[] = {%s}, want[] = {%s};\n\t\tint8_t y[%d];\n", numbers(x),
				numbers(y[0]), len(y[0]))
			memory := ""
			if files.Int8Workspace > 0 {
				fmt.Fprintf(&body, "\t\tstatic %s_WorkspaceInt8 a;\n", name)
				memory = "&a, "
			}
			fmt.Fprintf(&body, "\t\t%s_predict_int8(%sx, y);\n\t\tcheck(\"%[1]s\", memcmp(y, want, sizeof y));\n", name, memory)
			if len(out.Net.Outputs[0].Classes) > 0 && out.Net.Steps == 1 {
				best := 0
				for j, v := range y[0] {
					if v > y[0][best] {
						best = j
					}
				}
				if out.Net.Outputs[0].Task == "binary" && int(y[0][0]) >= borders.Out[0].Threshold {
					best = 1
				}
				fmt.Fprintf(&body, "\t\tcheck(\"class of %s\", %[1]s_classify_int8(y) != %d);\n", name, best)
			}
			fmt.Fprintf(&body, "\t}\n")
		}
		for v, q := range borders.In[0].Bytes {
			fmt.Fprintf(&body, "\tcheck(\"byte of %s\", %[1]s_quantize_byte(%d) != %d);\n", name, v, q)
		}
	}
	put("main.c", fmt.Appendf(nil, `#include <stdint.h>
#include <stdio.h>
#include <string.h>
%s
static int failed;

static void check(const char *what, int differs) {
	if (differs) {
		printf("%%s differs\\n", what);
		failed = 1;
	}
}

int main(void) {
%s	return failed;
}
`, &includes, &body))
	build := exec.Command(cc, append(args, "main.c", "-lm")...)
	build.Dir = dir
	if b, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, b)
	}
	if b, err := exec.Command(filepath.Join(dir, "all")).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, b)
	}
}
